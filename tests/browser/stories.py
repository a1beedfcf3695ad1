"""A shop with something on every page, for the browser tests and the screenshots."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from flask import Flask

from tests import factories
from webshop.domain.booking import Issue
from webshop.extensions import clock, transaction
from webshop.models import OrderState, PostingState, Remote, Role, Shop, User
from webshop.services.connections import find_connection

OWNER, ACCOUNTANT, NEWCOMER = "noor@fietsbel.test", "boekhouder@kantoor.test", "nieuw@winkel.test"
SETUP = ("terms", "amazon", "snelstart", "snelstart/key", "settings", "vat", "trial-run")
COUNTRIES = ("NL", "NL", "NL", "DE", "NL", "BE", "NL", "FR")
HOSTILE_TITLE = '<script>alert(1)</script>"><img src=x onerror=alert(2)> {{7*7}} hx-get="/evil"'


def tell(app: Flask) -> dict[str, str]:
    """Make everything and return the addresses worth a look, by name."""
    with app.app_context(), transaction():
        owner = factories.user(OWNER, name="Noor de Vries")
        shop = factories.connected_shop(owner)
        accountant = factories.user(ACCOUNTANT, name="Boekhouder")
        factories.membership(accountant, shop, Role.ACCOUNTANT)
        pages = _orders(shop) | _newcomer()
        for hours in range(6):
            started_at = clock.now() - timedelta(minutes=18 + 60 * hours)
            factories.run(shop, started_at=started_at, fetched=7 - hours, posted=5 - hours % 3, errors=hours % 2)
        factories.run(shop, started_at=clock.now() - timedelta(hours=7), fetched=0, error_code="SNELSTART_UNREACHABLE")
        place = f"/shops/{shop.public_id}"
        return (
            {
                "public": "/",
                "login": "/login",
                "overview": f"{place}/",
                "report": f"{place}/report",
                "report-empty": f"{place}/report?country=LV",
                "errors": f"{place}/errors",
                "open": f"{place}/open",
                "not-found": "/nergens",
            }
            | {"setup-" + step.replace("/", "-"): f"{place}/setup/{step}" for step in SETUP}
            | {name: f"{place}/orders/{order_id}" for name, order_id in pages.items()}
        )


def _orders(shop: Shop) -> dict[str, str]:
    snelstart = find_connection(shop.id, Remote.SNELSTART)
    assert snelstart is not None
    administration_id = snelstart.account_id
    now = clock.now()
    posted = None
    for number in range(64):
        posted = factories.order(
            shop,
            OrderState.POSTED,
            purchased_at=now - timedelta(hours=3, minutes=37 * number),
            country=COUNTRIES[number % len(COUNTRIES)],
            total=Decimal(1299 + number * 731) / 100,
            treatment="NL_DOMESTIC",
        )
        factories.posting(posted, administration_id)
    failed = _failures(shop)
    for number, status in enumerate(("UNSHIPPED", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED")):
        issue = Issue("ORDER_STATUS_NOT_ELIGIBLE", {"status": status, "statuses": "SHIPPED"})
        waiting = factories.order(
            shop,
            issue=issue,
            amazon_status=status,
            purchased_at=now - timedelta(hours=number + 1),
            total=None if status == "PENDING" else Decimal("34.90"),
        )
    due = factories.order(shop, purchased_at=now - timedelta(minutes=50), due_at=now + timedelta(minutes=12))
    unknown = factories.order(shop, OrderState.UNKNOWN, issue=Issue("SNELSTART_WRITE_UNKNOWN", {}))
    factories.posting(unknown, administration_id, PostingState.UNKNOWN, lookup_at=now + timedelta(seconds=80))
    factories.order(shop, OrderState.SKIPPED, issue=Issue("ORDER_CANCELLED", {}), amazon_status="CANCELLED")
    assert posted is not None
    return {
        "order-posted": posted.public_id,
        "order-failed": failed,
        "order-waiting": waiting.public_id,
        "order-due": due.public_id,
        "order-unknown": unknown.public_id,
    }


def _failures(shop: Shop) -> str:
    for country, percentage in (("DE", "19"), ("DE", "7"), ("AT", "20"), ("BE", "6")):
        factories.order(
            shop,
            OrderState.ERROR,
            country=country,
            total=Decimal("249.50"),
            issue=Issue("VAT_MAPPING_MISSING", {"country": country, "percentage": percentage}),
        )
    for _number in range(2):
        factories.order(
            shop,
            OrderState.ERROR,
            total=Decimal("1034.20"),
            issue=Issue("SNELSTART_LEDGER_INACTIVE", {"code": "BOE-0008", "message": "Grootboek is niet actief"}),
        )
    failed = factories.order(
        shop,
        OrderState.ERROR,
        title=HOSTILE_TITLE,
        issue=Issue("SNELSTART_REJECTED", {"code": "ALG-0001", "message": HOSTILE_TITLE}),
    )
    return failed.public_id


def _newcomer() -> dict[str, str]:
    user: User = factories.user(NEWCOMER, name="Sam Jansen")
    factories.shop(user, name="Nieuwe winkel", is_posting_automatic=False)
    factories.connected_shop(user, name="Verse start")
    return {}
