from __future__ import annotations

import pytest
from flask import Flask

from tests.support.scenario import Scenario, connect_shop
from webshop.sandbox import Sandbox


@pytest.fixture
def scenario(app: Flask, sandbox: Sandbox) -> Scenario:
    scenario = connect_shop(app, sandbox)
    sandbox.world.log.clear()
    return scenario
