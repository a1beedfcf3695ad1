"""A demo shop on the sandbox: made at the first start, worked on, and shown as a table.

Everything goes through the services the real shops use; only filling the sandbox is the demo's own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import click
from babel.numbers import format_currency
from sqlalchemy import select

from webshop.cli_errors import plain_errors
from webshop.extensions import clock, db, remote_session, settings, transaction
from webshop.models import Order, OrderState, Remote, Role, RunKind, Shop, User
from webshop.services import (
    accounts,
    connections,
    key_trial,
    mapping,
    onboarding,
    reference_lists,
    setup,
    sku_rates,
    totals,
)
from webshop.services.runs import run_shop

SHOP_NAME = "Demowinkel"
MARKETPLACE_ID = "A1805IZSGTT6HS"
LOGINS = (
    ("eigenaar@demo.nl", "demo-eigenaar", Role.OWNER),
    ("boekhouder@demo.nl", "demo-boekhouder", Role.ACCOUNTANT),
)
STAFF_LOGIN = ("support@demo.nl", "demo-support")
DAYS, ORDERS = 10, 90
BAD_INPUTS = ("missing_money", "other_currency", "wrong_total", "no_country", "script_tag")
WAIT_SECONDS = 90


@click.command("demo")
@click.option("--wait", "is_waiting", is_flag=True, help="Fetch and post now, and show the result.")
@plain_errors()
def demo(is_waiting: bool) -> None:
    """Make the demo shop on the sandbox, unless it is there already."""
    if not settings().is_sandbox_used:
        raise click.ClickException("the demo needs the sandbox: unset the addresses of Amazon and SnelStart")
    shop = _find_shop()
    if shop is None:
        shop = _make_shop()
    else:
        click.echo(f"  Demo      {SHOP_NAME} is there already, it goes on with the same data")
    if is_waiting:
        _work(shop)
        click.echo(_table(shop))


def _find_shop() -> Shop | None:
    return db.session.scalars(select(Shop).where(Shop.name == SHOP_NAME).order_by(Shop.id)).first()


def _make_shop() -> Shop:
    click.echo(f"  Demo      filling the sandbox with {ORDERS} orders of the last {DAYS} days")
    seller = _control("sellers", name="Demowinkel B.V.", marketplaces=["NL", "DE"], orders_per_day=24)
    now = clock.now()
    since, until = now - timedelta(days=DAYS), now - timedelta(minutes=5)
    _control("orders", seller_id=seller["seller_id"], count=ORDERS, since=since.isoformat(), until=until.isoformat())
    for kind in BAD_INPUTS:
        _control("orders", seller_id=seller["seller_id"], bad_input=kind)
    administration = _control("administrations", name="Demowinkel administratie")
    shop = _make_rows()
    click.echo("  Demo      connecting Amazon")
    connections.connect_amazon(shop.id, seller["seller_id"], seller["refresh_token"], name="Demowinkel B.V.")
    click.echo("  Demo      connecting SnelStart")
    _connect_snelstart(shop, administration["key"])
    return shop


def _make_rows() -> Shop:
    with transaction() as session:
        users = [_make_user(email, password) for email, password, _role in LOGINS]
        _make_user(*STAFF_LOGIN, is_staff=True)
        shop = onboarding.create_shop(SHOP_NAME, MARKETPLACE_ID, users[0])
        for user, (_email, _password, role) in list(zip(users, LOGINS, strict=True))[1:]:
            onboarding.add_member(shop, user, role)
        shop.start_on = (clock.now() - timedelta(days=DAYS)).date()
        shop.is_fba_used, shop.fba_dispatch_country = True, "NL"
        session.flush()
    setup.agree_for(shop.id, users[0])
    return shop


def _make_user(email: str, password: str, *, is_staff: bool = False) -> User:
    return onboarding.create_user(email, password_hash=accounts.hash_password(password), is_staff=is_staff)


def _connect_snelstart(shop: Shop, key: str) -> None:
    company = key_trial.try_snelstart_key(key)
    connection = connections.connect_snelstart(shop.id, key, company)
    access = connections.open_snelstart(connection)
    reference_lists.refresh(access.administration_id, access.client)
    access.purse.give_back()
    with transaction() as session:
        mapping.propose_mapping(session.get_one(Shop, shop.id), access.administration_id)
        sku_rates.store(shop.id, _rates_of_articles())
        session.get_one(Shop, shop.id).is_posting_automatic = True
        owner = session.scalars(select(User).where(User.email == LOGINS[0][0])).one()
    setup.confirm_vat(shop.id, owner)


def _rates_of_articles() -> dict[tuple[str, str], Decimal]:
    """Return what a shop owner knows of the articles: which are books and food, at 9 %."""
    answer = remote_session().get(f"{settings().sandbox_url}/control/articles", timeout=60)
    return {(row["sku"], ""): Decimal(row["percentage"]) for row in answer.json()["articles"]}


def _control(path: str, **body: Any) -> dict[str, Any]:
    """Ask the sandbox's control page for something.

    :raise click.ClickException: when it refuses, with its reason.
    """
    answer = remote_session().post(f"{settings().sandbox_url}/control/{path}", json=body, timeout=60)
    if not answer.ok:
        raise click.ClickException(f"the sandbox refused {path}: {answer.text[:200]}")
    document: dict[str, Any] = answer.json()
    return document


def _work(shop: Shop) -> None:
    """Fetch and post until nothing is due, telling what happens."""
    deadline = time.monotonic() + WAIT_SECONDS
    is_more_due = True
    while is_more_due and time.monotonic() < deadline:
        result = run_shop(shop.id, kind=RunKind.MANUAL.value)
        if result.state is None:
            # The worker got there first: wait for it.
            time.sleep(0.5)
            continue
        click.echo(f"  Demo      fetched {result.fetched}, posted {result.posted}, errors {result.errors}")
        is_more_due = result.is_more_due
        if result.error_code:
            click.echo(f"  Demo      trouble: {result.error_code}")
            return


@dataclass(frozen=True)
class _Books:
    """What stands in SnelStart under numbers of this shop's orders."""

    entries: int
    total: Decimal


def _read_books(shop: Shop) -> _Books:
    connection = connections.find_connection(shop.id, Remote.SNELSTART)
    if connection is None:
        return _Books(0, Decimal(0))
    access = connections.open_snelstart(connection)
    numbers = set(db.session.scalars(select(Order.amazon_order_id).where(Order.shop_id == shop.id)))
    db.session.commit()
    entries, total, skip = 0, Decimal(0), 0
    while True:
        page = access.client.sales_invoices_page(modified_since=None, skip=skip)
        ours = [invoice for invoice in page if invoice.number in numbers]
        entries, total = entries + len(ours), total + sum((invoice.total or Decimal(0) for invoice in ours), Decimal(0))
        skip += len(page)
        if len(page) < 500:
            access.purse.give_back()
            return _Books(entries, total)


def _table(shop: Shop) -> str:
    sums = totals.sums_per_state(shop.id)
    books = _read_books(shop)
    posted = sums.get(OrderState.POSTED.value, (0, Decimal(0)))
    fetched = (sum(orders for orders, _ in sums.values()), sum((total for _, total in sums.values()), Decimal(0)))
    rows = [("fetched from Amazon", *fetched), ("posted", *posted)]
    rows += [
        (label, *sums.get(state.value, (0, Decimal(0))))
        for label, state in (
            ("open", OrderState.OPEN),
            ("errors", OrderState.ERROR),
            ("unknown", OrderState.UNKNOWN),
            ("skipped", OrderState.SKIPPED),
        )
    ]
    rows += [("in SnelStart", books.entries, books.total)]
    rows += [("difference", posted[0] - books.entries, posted[1] - books.total)]
    lines = [f"  {label:<22}{orders:>6}{_euro(total):>16}" for label, orders, total in rows]
    rule = "  " + "-" * 44
    head = f"\n  {SHOP_NAME}, licence {shop.licence_key}\n  {'':<22}{'orders':>6}{'amount':>16}"
    return "\n".join([head, rule, *lines[:-2], rule, *lines[-2:], rule, _addresses()])


def _euro(amount: Decimal) -> str:
    return format_currency(amount, "EUR", locale="nl_NL").replace("\xa0", " ")


def _addresses() -> str:
    current = settings()
    logins = [(email, password) for email, password, _role in LOGINS] + [STAFF_LOGIN]
    lines = [
        f"  Dashboard   {current.public_url}/login",
        f"  Sandbox     {current.sandbox_url}  (what stands at Amazon and in SnelStart, faults, mail)",
        *(f"  Log in as   {email} / {password}" for email, password in logins),
    ]
    return "\n".join(lines) + "\n"
