"""Trouble with a remote, as a code for the pages, a pause for its budget and a time to try again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from webshop.exceptions import (
    BudgetEmptyError,
    CredentialsUnreadableError,
    PartnerAccessError,
    ReconnectRequiredError,
    RetryableRemoteError,
    ThrottledError,
    WebshopError,
)
from webshop.extensions import clock, db
from webshop.models import Connection, Remote
from webshop.services import budgets
from webshop.services.connections import mark_error

logger = logging.getLogger(__name__)

PAUSE_AFTER_429 = {Remote.AMAZON: timedelta(minutes=3), Remote.SNELSTART: timedelta(minutes=1)}
RETRY_AFTER_TROUBLE = timedelta(minutes=5)


def note(
    connection: Connection, remote: Remote, trouble: WebshopError, *, operation: str = "searchOrders"
) -> tuple[str | None, datetime]:
    """Write trouble on the connection; return its code, None when nothing is wrong, and when to try again.

    `operation` is Amazon's, whose budget a pause is for.
    """
    db.session.rollback()
    if isinstance(trouble, BudgetEmptyError):
        # Nothing is wrong: the remote's own limit says when to go on.
        return None, trouble.due_at
    now = clock.now()
    code, retry_at = code_of(trouble, remote), now + RETRY_AFTER_TROUBLE
    if isinstance(trouble, ThrottledError):
        pause = timedelta(seconds=trouble.retry_after) if trouble.retry_after else PAUSE_AFTER_429[remote]
        retry_at = now + pause
        budgets.pause(_budget_key(connection, remote, operation), retry_at)
    mark_error(connection, code, needs_reconnect=isinstance(trouble, ReconnectRequiredError))
    if isinstance(trouble, PartnerAccessError):
        logger.error("partner_access_refused", extra={"remote": remote.value, "code": trouble.code})
    if isinstance(trouble, CredentialsUnreadableError):
        logger.error("encryption_key_missing", extra={"shop_id": connection.shop_id, "remote": remote.value})
    return code, retry_at


def _budget_key(connection: Connection, remote: Remote, operation: str) -> str:
    if remote is Remote.SNELSTART:
        return budgets.snelstart_key(connection.account_id)
    return budgets.amazon_key(connection.account_id, operation)


def code_of(trouble: WebshopError, remote: Remote) -> str:
    """Return the code under which the pages have words for trouble."""
    if isinstance(trouble, CredentialsUnreadableError):
        return "ENCRYPTION_KEY_MISSING"
    name = remote.value.upper()
    if isinstance(trouble, ReconnectRequiredError):
        return f"{name}_RECONNECT"
    if isinstance(trouble, ThrottledError):
        return f"{name}_THROTTLED"
    if isinstance(trouble, PartnerAccessError):
        return f"{name}_PARTNER_ACCESS"
    if isinstance(trouble, RetryableRemoteError):
        return f"{name}_UNREACHABLE"
    return f"{name}_REFUSED"
