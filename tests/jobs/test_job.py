from __future__ import annotations

import logging

import pytest
from flask import Flask

from tests.jobs import samples
from webshop.jobs import JobFailedError


def test_a_job_is_a_function_that_tests_and_commands_can_call(app: Flask) -> None:
    assert samples.divide(shop_id=8) == 1


def test_what_redis_keeps_of_a_failure_says_nothing_about_its_cause(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(JobFailedError) as caught:
        samples.divide(shop_id=7)
    assert str(caught.value) == "divide ended in ZeroDivisionError; see the log"
    assert caught.value.__suppress_context__
    assert "job_failed" in caplog.text
