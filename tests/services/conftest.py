from __future__ import annotations

import pytest
from flask import Flask

from tests.support.scenario import Scenario, connect_order_shop, connect_shop
from webshop.sandbox import Sandbox


@pytest.fixture
def scenario(app: Flask, sandbox: Sandbox) -> Scenario:
    scenario = connect_shop(app, sandbox)
    sandbox.world.log.clear()
    return scenario


@pytest.fixture
def order_scenario(app: Flask, sandbox: Sandbox) -> Scenario:
    """A shop that posts sales orders."""
    scenario = connect_order_shop(app, sandbox)
    sandbox.world.log.clear()
    return scenario
