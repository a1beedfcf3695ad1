"""The operator's command for the keys that seal secrets and buyers' data."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from webshop.cli_errors import plain_errors
from webshop.services import key_rotation

keys = AppGroup("keys", help="The keys that seal secrets and buyers' data.")


@keys.command("rotate")
@plain_errors()
def rotate() -> None:
    """Seal everything anew with the first key of ENCRYPTION_KEYS; afterwards the others can be taken out.

    Exit with status 1 when something could not be opened.
    """
    broken = 0
    for name, outcome in key_rotation.rotate().items():
        broken += len(outcome.broken)
        unopened = f" cannot be opened: {len(outcome.broken)}" if outcome.broken else ""
        click.echo(f"{name}: {outcome.resealed} sealed anew{unopened}")
        for key in outcome.broken:
            click.echo(f"  {name} of {key}: no listed key opens it", err=True)
    if broken:
        raise SystemExit(1)
    click.echo("everything is sealed with the newest key: the older ones can be taken out of ENCRYPTION_KEYS")


COMMANDS = (keys,)
