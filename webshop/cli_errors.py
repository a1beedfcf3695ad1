"""What an operator sees when a command cannot do its work: one sentence, and where to look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from webshop.exceptions import WebshopError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show our own errors and a missing database as a sentence; anything else is a bug and keeps its traceback.

    :raise click.ClickException: instead of those.
    """
    try:
        yield
    except WebshopError as error:
        raise click.ClickException(str(error)) from error
    except (OperationalError, ProgrammingError) as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise click.ClickException(
            f"the database does not work: {reason}. Check DATABASE_URL and run `flask --app app db upgrade`;"
            " `flask --app app doctor` says more"
        ) from error
