"""The operator's commands after a restore, and to compare a shop's bookings with SnelStart."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from flask.cli import AppGroup, with_appcontext

from webshop.cli_errors import plain_errors
from webshop.cli_lookup import find_shop
from webshop.services import recovery
from webshop.services.shop_reconcile import reconcile_shop

epoch = AppGroup("recovery-epoch", help="After a restore of a backup: nothing is made until the books are read again.")


@epoch.command("start")
@click.option("--backup-at", help="When the backup was made, such as 2026-11-24T03:00:00+01:00; UTC without a zone.")
@plain_errors()
def start_epoch(backup_at: str | None) -> None:
    """Stop every booking until all documents since the backup were read again."""
    stopped = recovery.start_epoch(None if backup_at is None else _moment(backup_at))
    click.echo(f"stopped={len(stopped)}")
    since = "the shops' start dates" if backup_at is None else f"a day before {backup_at}"
    click.echo(
        "Nothing is made in these administrations until their sales documents were read again."
        f" The next runs do that, from {since} on, and the epoch of an administration then closes by itself."
        " Orders from before now are looked up in SnelStart before they are booked, also afterwards."
        " Start the workers and the clock, and see how far it is with: flask --app app recovery-epoch show"
    )
    _show()


@epoch.command("show")
@plain_errors()
def show_epochs() -> None:
    """Show which administrations are stopped, and how far their reading is."""
    _show()


@click.command("reconcile")
@click.argument("licence")
@with_appcontext
@plain_errors()
def reconcile(licence: str) -> None:
    """Compare a shop's bookings with SnelStart now; adopt what stands there and tell what differs."""
    counts = reconcile_shop(find_shop(licence))
    click.echo(
        f"read={counts.read} adopted={counts.adopted} changed={counts.changed} gone={counts.gone} found={counts.found}"
    )


def _show() -> None:
    found = recovery.statuses()
    for status in found:
        state = "closed" if status.closed_at else f"open, reading {status.reading}" if status.reading else "open"
        backup = f"{status.backup_at:%Y-%m-%d %H:%M} UTC" if status.backup_at else "not given"
        click.echo(
            f"{status.administration_id}  {status.name}  shops={status.shops}  backup {backup}"
            f"  started {status.started_at:%Y-%m-%d %H:%M} UTC  {state}"
        )
    if not found:
        click.echo("no recovery epoch was ever started")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.ClickException("the time of the backup must look like 2026-11-24T03:00:00+01:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


COMMANDS = (epoch, reconcile)
