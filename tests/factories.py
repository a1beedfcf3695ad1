"""Rows for tests, as plain functions with defaults: call them in an application context and commit."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from webshop.domain.booking import Issue
from webshop.domain.periods import local_date
from webshop.extensions import clock, db
from webshop.models import (
    AT_AMAZON,
    Administration,
    Agreement,
    CachedList,
    Checkout,
    CheckoutState,
    Connection,
    LedgerCache,
    Membership,
    MigrationState,
    Order,
    OrderState,
    Posting,
    PostingKind,
    PostingState,
    Product,
    Purpose,
    Remote,
    Role,
    Run,
    RunKind,
    RunState,
    SaleMigration,
    Schedule,
    Shop,
    User,
)
from webshop.models.base import Model
from webshop.services import accounts, audit, mapping, totals
from webshop.services.agreements import VERSIONS
from webshop.services.invoice_amounts import amounts_for
from webshop.services.onboarding import new_licence_key
from webshop.services.translation import stored_issues

PASSWORD = "correct horse battery staple"
MARKETPLACE_NL = "A1805IZSGTT6HS"
LEDGER_HIGH = "00000000-0000-4000-8000-000000008000"
LEDGER_LOW = "00000000-0000-4000-8000-000000008010"

Row = TypeVar("Row", bound=Model)

_numbers = itertools.count(1)


def user(email: str = "", *, password: str = PASSWORD, **values: Any) -> User:
    number = next(_numbers)
    row = User(
        email=email or f"user{number}@example.test",
        password_hash=accounts.hash_password(password),
        created_at=clock.now(),
        **values,
    )
    return _add(row)


def shop(owner: User | None = None, *, due_in: timedelta = timedelta(minutes=42), **values: Any) -> Shop:
    """Make a shop that posts by itself, with its place in the schedule; without connections."""
    values = {
        "name": "Fietsbel & Zo",
        "marketplace_id": MARKETPLACE_NL,
        "is_posting_automatic": True,
        "start_on": local_date(clock.now() - timedelta(days=365)),
        "fba_dispatch_country": "NL",
    } | values
    row = _add(Shop(licence_key=new_licence_key(), created_at=clock.now(), **values))
    due_at = clock.now() + due_in
    _add(Schedule(shop_id=row.id, due_at=due_at, slot_at=due_at))
    if owner is not None:
        membership(owner, row)
    return row


def membership(member: User, of: Shop, role: Role = Role.OWNER) -> Membership:
    return _add(Membership(user_id=member.id, shop_id=of.id, role=role.value, created_at=clock.now()))


def paid_checkout(of: Shop, product: Product = Product.SUBSCRIPTION, units: int = 1, **values: Any) -> Checkout:
    """Make a checkout at the shop's own amounts that was paid just now, without its invoice."""
    amounts, now = amounts_for(of, product, units), clock.now()
    values = {
        "net": amounts.net,
        "vat": amounts.vat,
        "total": amounts.total,
        "created_at": now,
        "paid_at": now,
    } | values
    state = CheckoutState.PAID.value
    return _add(Checkout(shop_id=of.id, product=product.value, units=units, state=state, **values))


def sale_migration(of: Shop, owner: User) -> SaleMigration:
    """Make a migration that waits for the owner's approval."""
    return _add(
        SaleMigration(
            shop_id=of.id,
            requested_by=owner.id,
            seller_id="S",
            marketplace_id=of.marketplace_id,
            from_on=date(2025, 1, 1),
            until_on=date(2025, 2, 1),
            state=MigrationState.QUOTED.value,
            counted=10,
            units=1,
            price=Decimal("67.50"),
            created_at=clock.now(),
        )
    )


def connection(of: Shop, remote: Remote, account_id: str = "", **values: Any) -> Connection:
    """Connect a shop, without credentials; a SnelStart connection gets its administration's row."""
    account_id = account_id or f"account-{next(_numbers)}"
    if remote is Remote.SNELSTART and db.session.get(Administration, account_id) is None:
        _add(Administration(administration_id=account_id, name="Fietsbel B.V.", sealed_fingerprint_key=""))
    values = {"last_success_at": clock.now() - timedelta(minutes=18), "account_name": "Fietsbel B.V."} | values
    return _add(
        Connection(
            shop_id=of.id,
            remote=remote.value,
            account_id=account_id,
            connected_at=clock.now() - timedelta(days=30),
            **values,
        )
    )


def connected_shop(owner: User | None = None, **values: Any) -> Shop:
    """Make an installed shop: both connections, the administration's lists and the proposed VAT table."""
    now = clock.now()
    installed: dict[str, Any] = {"is_fba_used": True, "vat_confirmed_at": now, "setup_finished_at": now}
    row = shop(owner, **installed | values)
    if owner is not None:
        agreements(row, owner)
    connection(row, Remote.AMAZON)
    administration_id = connection(row, Remote.SNELSTART).account_id
    for name, rows in _lists().items():
        _add(LedgerCache(administration_id=administration_id, name=name.value, rows=rows, fetched_at=clock.now()))
    mapping.propose_mapping(row, administration_id)
    db.session.flush()
    return row


def agreements(of: Shop, owner: User) -> None:
    """Let the owner agree to the terms that are in force."""
    for document, version in VERSIONS.items():
        _add(
            Agreement(
                shop_id=of.id, user_id=owner.id, document=document.value, version=version, accepted_at=clock.now()
            )
        )


def order(of: Shop, state: OrderState = OrderState.OPEN, *, issue: Issue | None = None, **values: Any) -> Order:
    """Make an order of 121.00 to the Netherlands, counted in the shop's totals."""
    number = next(_numbers)
    purchased_at: datetime = values.pop("purchased_at", clock.now() - timedelta(minutes=90 + number))
    country, total = values.pop("country", "NL"), values.pop("total", Decimal("121.00"))
    amazon_order_id = values.pop("amazon_order_id", f"404-{number:07}-{number * 7919 % 10**7:07}")
    title = values.pop("title", "Fietsbel messing 60 mm")
    values = {
        "amazon_status": "SHIPPED",
        "fulfilled_by": "MERCHANT",
        "currency": "EUR",
        "issues": stored_issues([issue] if issue else []),
        "first_seen_at": purchased_at + timedelta(minutes=20),
        "last_updated_at": purchased_at + timedelta(minutes=20),
        "purge_on": local_date(purchased_at + timedelta(days=40)),
    } | values
    row = Order(
        shop_id=of.id,
        amazon_order_id=amazon_order_id,
        marketplace_id=of.marketplace_id,
        purchased_at=purchased_at,
        booked_on=local_date(purchased_at),
        country=country,
        total=total,
        state=state.value,
        **({"amazon_total": total} | values),
    )
    if row.content is None:
        row.content = content(row, title=title)
    _add(row)
    changes = totals.Changes(of.id)
    changes.add(totals.counted(row))
    changes.add(totals.Entry(row.booked_on, AT_AMAZON, row.amazon_total or Decimal(0)))
    changes.write()
    return row


def content(of: Order, *, title: str = "Fietsbel messing 60 mm") -> dict[str, Any]:
    """Return the neutral form of an order of one item with shipping costs."""
    total = of.total or Decimal(0)
    shipping = min(total, Decimal("4.95"))
    item = {
        "item_id": "1",
        "sku": "BEL-60",
        "asin": "B000BEL060",
        "title": title,
        "quantity": 2,
        "amounts": {"ITEM": str(total - shipping), "SHIPPING": str(shipping)},
        "taxes": {},
        "tax_total": "0",
        "total": str(total),
        "collected_by_amazon": False,
        "reporting_scheme": None,
    }
    return {
        "order_id": of.amazon_order_id,
        "marketplace_id": of.marketplace_id,
        "channel_name": "AMAZON",
        "purchased_at": of.purchased_at.isoformat(),
        "status": of.amazon_status,
        "fulfilled_by": of.fulfilled_by,
        "currency": of.currency,
        "grand_total": str(total),
        "items": [item],
        "destination": {"country": of.country, "territory": None, "is_undecided": False},
        "delivery_tip": "0",
        "programs": [],
        "replaces_order": False,
        "buyer_vat_number": None,
        "ship_from_country": None,
        "payment_method": None,
        "problems": [],
    }


def move(of: Order, state: OrderState) -> None:
    """Bring an order to another state, without issues and with the totals that go with it."""
    changes = totals.Changes(of.shop_id)
    changes.remove(totals.counted(of))
    of.state, of.issues, of.due_at = state.value, [], None
    changes.add(totals.counted(of))
    changes.write()


def posting(of: Order, administration_id: str, state: PostingState = PostingState.POSTED, **values: Any) -> Posting:
    """Make the posting of an order's sale, at the high rate."""
    total = of.total or Decimal(0)
    vat = (total * 21 / 121).quantize(Decimal("0.01"))
    sent_at = values.pop("sent_at", of.first_seen_at + timedelta(minutes=1))
    is_posted = state is PostingState.POSTED
    if is_posted:
        values = {"posted_at": sent_at, "external_number": of.amazon_order_id} | values
    kind = PostingKind.SALES_ENTRY.value
    values = {"payload": payload(of, total, vat), "kind": kind, "attempt": 1, "sent_at": sent_at} | values
    row = _add(
        Posting(
            administration_id=administration_id,
            amazon_order_id=of.amazon_order_id,
            purpose=Purpose.SALE.value,
            shop_id=of.shop_id,
            order_id=of.id,
            state=state.value,
            payload_hash="0" * 64,
            total=total,
            **values,
        )
    )
    if is_posted:
        audit.record(
            "posted", shop_id=of.shop_id, order_id=of.id, facts={"number": row.external_number, "total": str(total)}
        )
    return row


def payload(of: Order, total: Decimal, vat: Decimal) -> dict[str, Any]:
    """Return what is stored of a sales entry: amounts as text."""
    return {
        "factuurnummer": of.amazon_order_id,
        "klant": {"id": "00000000-0000-4000-8000-0000000000c1"},
        "factuurdatum": f"{of.booked_on.isoformat()}T00:00:00",
        "betalingstermijn": 14,
        "omschrijving": f"Amazon {of.amazon_order_id}",
        "factuurbedrag": str(total),
        "boekingsregels": [
            {
                "omschrijving": f"Amazon {of.amazon_order_id} 21%",
                "grootboek": {"id": LEDGER_HIGH},
                "bedrag": str(total - vat),
                "btwSoort": "Hoog",
            }
        ],
        "btw": [{"btwSoort": "VerkopenHoog", "btwBedrag": str(vat)}],
    }


def run(of: Shop, **values: Any) -> Run:
    started_at = values.pop("started_at", clock.now() - timedelta(minutes=18))
    values = {"state": RunState.FINISHED.value, "finished_at": started_at + timedelta(seconds=9)} | values
    return _add(Run(shop_id=of.id, kind=RunKind.HOURLY.value, lease_token=1, started_at=started_at, **values))


def _lists() -> dict[CachedList, list[dict[str, Any]]]:
    countries = ("NL", "DE", "BE", "FR", "AT", "ES", "IT")
    return {
        CachedList.COMPANY: [{"is_foreign_vat_invoiced": False, "is_small_business_scheme": False}],
        CachedList.LEDGERS: [
            _ledger(LEDGER_HIGH, 8000, "Omzet verkopen hoog", 12),
            _ledger(LEDGER_LOW, 8010, "Omzet verkopen laag", 11),
        ],
        CachedList.COUNTRIES: [{"code": code, "country_id": f"country-{code}", "name": code} for code in countries],
        CachedList.VAT_RATES: [_rate("HIGH", "21"), _rate("LOW", "9")],
        CachedList.JOURNALS: [],
    }


def _ledger(ledger_id: str, number: int, name: str, function: int) -> dict[str, Any]:
    return {
        "ledger_id": ledger_id,
        "number": number,
        "name": name,
        "function": function,
        "is_active": True,
        "is_cost_centre_required": False,
        "rate_code": None,
    }


def _rate(kind: str, percentage: str) -> dict[str, Any]:
    return {"kind": kind, "percentage": percentage, "valid_from": "2019-01-01", "valid_until": "9999-12-31"}


def _add(row: Row) -> Row:
    db.session.add(row)
    db.session.flush()
    return row
