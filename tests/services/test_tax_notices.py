"""Before a VAT return a shop hears what is missing in it, and before the threshold that it comes near."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from tests import factories
from tests.support.clock import FrozenClock
from webshop.extensions import db, transaction
from webshop.models import OrderState, RateTotal, Shop
from webshop.services import tax_notices, threshold
from webshop.services.overview import load_overview
from webshop.services.quarters import Quarter, quarter_at_stake, quarter_warning

THIRD, FOURTH = Quarter(date(2026, 7, 1), date(2026, 9, 30)), Quarter(date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("today", "quarter"),
    [
        (date(2026, 9, 16), None),
        (date(2026, 9, 17), THIRD),
        (date(2026, 9, 30), THIRD),
        (date(2026, 10, 1), THIRD),
        (date(2026, 10, 30), THIRD),
        (date(2026, 10, 31), None),
        (date(2026, 12, 18), FOURTH),
        (date(2027, 1, 1), FOURTH),
        (date(2027, 1, 30), FOURTH),
        (date(2027, 1, 31), None),
    ],
)
def test_a_quarter_is_at_stake_two_weeks_before_its_end_and_a_month_after(today: date, quarter: Quarter | None) -> None:
    assert quarter_at_stake(today) == quarter


@pytest.mark.parametrize(
    ("first", "last"), [((1, 1), (3, 31)), ((4, 1), (6, 30)), ((7, 1), (9, 30)), ((10, 1), (12, 31))]
)
def test_a_quarter_runs_from_its_first_day_to_its_last(first: tuple[int, int], last: tuple[int, int]) -> None:
    assert quarter_at_stake(date(2028, *last)) == Quarter(date(2028, *first), date(2028, *last))


def notices(app: Flask, shop_id: int) -> list[tuple[str, str, str | None]]:
    with app.app_context():
        warning = quarter_warning(shop_id)
        assert load_overview(db.session.get_one(Shop, shop_id)).warning == warning
        return [(one.level, str(one.text), one.endpoint) for one in tax_notices.quarter_notices(warning)]


@pytest.mark.database
def test_what_is_not_booked_of_the_quarter_is_told_and_nothing_else(app: Flask, clock: FrozenClock) -> None:
    clock.advance(days=(date(2027, 1, 10) - clock.now().date()).days)
    with app.app_context(), transaction():
        shop = factories.connected_shop()
        shop_id = shop.id
        in_quarter = clock.now() - timedelta(days=20)
        for state in OrderState:
            factories.order(shop, state, purchased_at=in_quarter, total=Decimal("100.50"))
            factories.order(shop, state, purchased_at=clock.now() - timedelta(hours=5), total=Decimal("7.00"))
        factories.order(shop, OrderState.ERROR, purchased_at=clock.now() - timedelta(days=90), total=Decimal("9.50"))
        other_id = factories.connected_shop().id
    ((level, text, endpoint),) = notices(app, shop_id)
    assert (level, endpoint) == ("red", "dashboard.errors")
    assert "4 bestellingen van kwartaal 4 van 2026" in text
    assert "311,00" in text
    assert notices(app, other_id) == []


@pytest.mark.database
@pytest.mark.parametrize(
    ("net", "is_oss", "level", "percentage"),
    [
        ("7999.99", False, "green", 79),
        ("8000.00", False, "amber", 80),
        ("10000.00", False, "amber", 100),
        ("10000.01", False, "red", 100),
        ("25000", True, "green", 250),
        ("-20", False, "green", 0),
    ],
)
def test_the_meter_warns_from_eighty_percent_on(
    app: Flask, net: str, is_oss: bool, level: str, percentage: int
) -> None:
    with app.app_context(), transaction() as session:
        shop_id = factories.shop(is_oss_registered=is_oss).id
        other_id = factories.shop().id
        for of, day, treatment, amount in (
            (shop_id, date(2026, 1, 1), "EU_B2C_BELOW_THRESHOLD", Decimal(net) - 100),
            (shop_id, date(2026, 11, 22), "EU_B2C_OSS", Decimal(100)),
            (shop_id, date(2025, 12, 31), "EU_B2C_OSS", Decimal(5000)),
            (shop_id, date(2026, 5, 1), "NL_DOMESTIC", Decimal(5000)),
            (shop_id, date(2026, 5, 1), "ICP", Decimal(5000)),
            (other_id, date(2026, 5, 1), "EU_B2C_OSS", Decimal(5000)),
        ):
            session.add(
                RateTotal(
                    shop_id=of,
                    day=day,
                    treatment=treatment,
                    country="DE",
                    percentage=Decimal(19),
                    orders=1,
                    net=amount,
                    vat=Decimal(0),
                )
            )
    with app.app_context():
        shop = db.session.get_one(Shop, shop_id)
        meter = threshold.load_meter(shop)
        assert load_overview(shop).meter == meter
        assert (meter.net, meter.level, meter.percentage) == (Decimal(net), level, percentage)
        told = list(tax_notices.threshold_notices(meter))
    assert [one.level for one in told] == ([] if level == "green" else [level])
