"""The operator's commands: `flask --app app …`."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict
from typing import Any, BinaryIO

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select

from webshop import cli_keys, cli_recovery, demo
from webshop.cli_errors import plain_errors
from webshop.cli_lookup import find_order, find_shop, find_user
from webshop.domain.booking import Translation
from webshop.extensions import db, settings, transaction
from webshop.models import Connection, Order, OrderState, RunKind, Schedule, Shop
from webshop.services import (
    accounts,
    audit,
    business_buyers,
    onboarding,
    order_decisions,
    rate_totals,
    sku_rates,
    totals,
    whereabouts,
)
from webshop.services import privacy as privacy_service
from webshop.services.health import check_installation
from webshop.services.preview import Preview, preview_order
from webshop.services.runs import run_shop

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")

staff = AppGroup("staff", help="Our own support people.")
shop = AppGroup("shop", help="Shops and their runs.")
order = AppGroup("order", help="One order of a shop.")
privacy = AppGroup("privacy", help="Buyers' data.")


def init_app(app: Flask) -> None:
    own = (staff, shop, order, privacy, doctor, sandbox, demo.demo)
    for command in (*own, *cli_keys.COMMANDS, *cli_recovery.COMMANDS):
        app.cli.add_command(command)


@staff.command("create")
@click.argument("email")
@plain_errors()
def create_staff(email: str) -> None:
    """Make a member of the support staff and print a first password once."""
    email = accounts.normalise_email(email)
    if not EMAIL.fullmatch(email) or len(email) > accounts.EMAIL_LIMIT:
        raise click.ClickException("this is no e-mail address")
    password = secrets.token_urlsafe(15)
    with transaction():
        user = onboarding.create_user(email, password_hash=accounts.hash_password(password), is_staff=True)
    click.echo(f"{user.email} can log in with: {password}")


@shop.command("list")
@plain_errors()
def list_shops() -> None:
    """List the shops: licence key, name, state of both connections, when due."""
    connections: dict[int, list[str]] = {}
    for connection in db.session.scalars(select(Connection).order_by(Connection.remote)):
        connections.setdefault(connection.shop_id, []).append(f"{connection.remote}={connection.state}")
    rows = db.session.execute(select(Shop, Schedule).join(Schedule, Schedule.shop_id == Shop.id).order_by(Shop.id))
    for row, schedule in rows:
        states = " ".join(connections.get(row.id, ["not connected"]))
        if row.deleted_at is not None:
            states = f"deleted {row.deleted_at:%Y-%m-%d}"
        click.echo(f"{row.licence_key}  {row.name}  {states}  due {schedule.due_at:%Y-%m-%d %H:%M} UTC")


@shop.command("show")
@click.argument("licence")
@plain_errors()
def show_shop(licence: str) -> None:
    """Show one shop's settings and counts."""
    found = find_shop(licence)
    for column in Shop.__table__.columns:
        if column.name not in ("id", "public_id"):
            click.echo(f"{column.name}: {getattr(found, column.name)}")
    for state, (orders, total) in totals.sums_per_state(found.id).items():
        click.echo(f"{state}: {orders} orders, {total} EUR")


@shop.command("sync")
@click.argument("licence")
@plain_errors()
def sync_shop(licence: str) -> None:
    """Fetch and post now, in this process and without Redis."""
    found = find_shop(licence)
    fetched, is_more_due = 0, True
    while is_more_due:
        result = run_shop(found.id, kind=RunKind.MANUAL.value)
        if result.state is None:
            raise click.ClickException("another run is working on this shop; try again in a moment")
        fetched += result.fetched
        is_more_due = result.is_more_due
        if result.error_code:
            click.echo(f"trouble: {result.error_code}", err=True)
            break
    click.echo(f"fetched={fetched} {_counts(found.id)}")


def _counts(shop_id: int) -> str:
    sums = totals.sums_per_state(shop_id)
    names = {"posted": OrderState.POSTED, "open": OrderState.OPEN, "errors": OrderState.ERROR}
    names["unknown"] = OrderState.UNKNOWN
    return " ".join(f"{name}={sums.get(state.value, (0,))[0]}" for name, state in names.items())


@shop.command("recount")
@click.argument("licence")
@plain_errors()
def recount_shop(licence: str) -> None:
    """Count the shop's orders and its booked VAT again, when the totals are in doubt."""
    found = find_shop(licence)
    with transaction():
        totals.rebuild(found.id)
        rate_totals.rebuild(found.id)
    click.echo(_counts(found.id))


@shop.command("rates")
@click.argument("licence")
@click.argument("file", type=click.File("rb"))
def import_rates(licence: str, file: BinaryIO) -> None:
    """Read VAT rates per product from a CSV file: sku;percentage or sku;country;percentage."""
    found = find_shop(licence)
    result = sku_rates.read_csv(file.read(sku_rates.LONGEST_FILE + 1))
    for line, problem in result.problems:
        click.echo(f"line {line}: {problem} cannot be read, the line is left out", err=True)
    with transaction():
        sku_rates.store(found.id, result.rates)
        audit.record("sku_rates_imported", shop_id=found.id, facts={"rates": len(result.rates)})
    click.echo(f"imported={len(result.rates)} left_out={len(result.problems)}")


@order.command("vat-number")
@click.argument("licence")
@click.argument("amazon_order_id")
@click.argument("number")
def give_vat_number(licence: str, amazon_order_id: str, number: str) -> None:
    """Give the VAT number of a business buyer, which Amazon does not, and let the order be tried again."""
    found = find_order(licence, amazon_order_id)
    with transaction():
        check = business_buyers.give_vat_number(found, number)
    click.echo(f"{check.masked}: {check.status.value}")


@order.command("show")
@click.argument("licence")
@click.argument("amazon_order_id")
@plain_errors()
def show_order(licence: str, amazon_order_id: str) -> None:
    """Show where an order stands and why."""
    found = find_order(licence, amazon_order_id)
    preview = preview_order(found)
    click.echo(f"{found.amazon_order_id}: {found.state}, {found.amazon_status} at Amazon, total {found.total}")
    for issue in found.issues:
        click.echo(f"  {issue['code']} {json.dumps(issue['facts'])}")
    if preview.posting is not None:
        posting = preview.posting
        click.echo(
            f"  {posting.kind} {posting.state}, attempt {posting.attempt}, number {posting.external_number},"
            f" id {posting.external_id}"
        )


@order.command("preview")
@click.argument("licence")
@click.argument("amazon_order_id")
@click.option("--json", "is_json", is_flag=True, help="Print the preview as JSON.")
@plain_errors()
def preview(licence: str, amazon_order_id: str, is_json: bool) -> None:
    """Show the booking as it will be sent, or was."""
    found = find_order(licence, amazon_order_id)
    document = _document(found, preview_order(found))
    if is_json:
        click.echo(json.dumps(document, indent=2, default=str, ensure_ascii=False))
        return
    for name, value in document.items():
        click.echo(f"{name}: {json.dumps(value, default=str, ensure_ascii=False)}")


def _document(found: Order, shown: Preview) -> dict[str, Any]:
    return {
        "order": found.amazon_order_id,
        "state": found.state,
        **_translated(shown.translation),
        "will_be_sent": shown.payload,
        "was_sent": shown.posting.payload if shown.posting else None,
        "difference": shown.difference,
        "changed_since_sent": [asdict(change) for change in shown.changes],
    }


def _translated(translation: Translation | None) -> dict[str, Any]:
    if translation is None:
        return {"outcome": None, "treatment": None, "issues": [], "groups": []}
    return {
        "outcome": translation.outcome.value,
        "treatment": translation.treatment.value,
        "issues": [{"code": issue.code, "facts": dict(issue.facts)} for issue in translation.issues],
        "groups": [
            {
                "country": group.country,
                "percentage": group.percentage,
                "gross": group.gross,
                "net": group.net,
                "vat": group.vat,
                "rate_source": group.rate_source,
            }
            for group in translation.groups
        ],
    }


@order.command("fetch")
@click.argument("licence")
@click.argument("amazon_order_id")
@plain_errors()
def fetch_order(licence: str, amazon_order_id: str) -> None:
    """Fetch one order from Amazon by its number, whether it is known or not."""
    found = find_shop(licence)
    is_stored = whereabouts.fetch_by_number(found, amazon_order_id.strip())
    click.echo("fetched" if is_stored else "this order belongs to another marketplace: not fetched")


@order.command("repost")
@click.argument("licence")
@click.argument("amazon_order_id")
@click.option("--user", "email", required=True, help="The owner who decided it.")
@click.option("--reason", required=True)
@plain_errors()
def repost_order(licence: str, amazon_order_id: str, email: str, reason: str) -> None:
    """Book an order again after its document was deleted in SnelStart; the owner's decision."""
    order_decisions.repost_order(find_order(licence, amazon_order_id), find_user(email), reason)
    click.echo("the next run books it again")


@order.command("skip")
@click.argument("licence")
@click.argument("amazon_order_id")
@click.option("--user", "email", required=True, help="The user who decided it.")
@click.option("--reason", default="", help="Why it is not booked.")
@click.option("--undo", "is_undone", is_flag=True, help="Take it back.")
@plain_errors()
def skip_order(licence: str, amazon_order_id: str, email: str, reason: str, is_undone: bool) -> None:
    """Do not book an order, or take that back."""
    found, user = find_order(licence, amazon_order_id), find_user(email)
    if is_undone:
        order_decisions.undo_skip(found, user)
    else:
        order_decisions.skip_order(found, user, reason)
    click.echo("the next run works on it again" if is_undone else "skipped")


@order.command("booked")
@click.argument("licence")
@click.argument("amazon_order_id")
@click.option("--user", "email", required=True, help="The user who booked it.")
@click.option("--number", default="", help="Its number in SnelStart.")
@click.option("--undo", "is_undone", is_flag=True, help="Take it back.")
@plain_errors()
def mark_booked(licence: str, amazon_order_id: str, email: str, number: str, is_undone: bool) -> None:
    """Take an order as booked by hand, or take that back."""
    found, user = find_order(licence, amazon_order_id), find_user(email)
    if is_undone:
        order_decisions.undo_booked_elsewhere(found, user)
    else:
        order_decisions.mark_booked_elsewhere(found, user, number)
    click.echo("the next run works on it again" if is_undone else "taken as booked")


@order.command("look-up")
@click.argument("licence")
@click.argument("amazon_order_id")
@click.option("--user", "email", required=True, help="The user who asks.")
@plain_errors()
def look_up_order(licence: str, amazon_order_id: str, email: str) -> None:
    """Let an uncertain order be looked up in SnelStart as soon as that is safe."""
    at = order_decisions.look_up_now(find_order(licence, amazon_order_id), find_user(email))
    click.echo(f"looked up from {at:%Y-%m-%d %H:%M:%S} UTC")


@privacy.command("purge")
@plain_errors()
def purge() -> None:
    """Remove buyers' data whose time is over; the clock does this every night."""
    for step, rows in privacy_service.purge().items():
        click.echo(f"{step}={rows}")
    click.echo("everything whose time is over is removed")


@click.command("doctor")
@plain_errors()
def doctor() -> None:
    """Check the installation; exit with status 1 when something is wrong."""
    checks = check_installation()
    for check in checks:
        click.echo(f"{'ok  ' if check.is_ok else 'FAIL'} {check.name}: {check.text}")
    if not all(check.is_ok for check in checks):
        raise SystemExit(1)


@click.command("sandbox")
@click.option("--port", type=click.IntRange(1, 65535), help="Where it listens; one above the web port when not given.")
def sandbox(port: int | None) -> None:
    """Serve the Amazon and SnelStart look-alikes on this machine."""
    from webshop.sandbox.server import serve

    current = settings()
    serve(port or current.sandbox_port, str(current.var_dir / "sandbox.sqlite"), public_url=current.public_url)
