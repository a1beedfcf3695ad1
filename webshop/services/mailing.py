"""Send the mails that were written.

A mail is claimed before it is sent. A process that is killed between the two leaves it claimed until
the claim runs out, and then it is sent again: a mail may go twice, never zero times, because without
an installation link or a reset nobody gets in, while a double one is only untidy. It carries the same
Message-ID both times, so that many mailboxes show it once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from sqlalchemy import ColumnElement, and_, or_, select, update

from webshop.clients import smtp
from webshop.exceptions import RejectedError, RemoteError, WebshopError
from webshop.extensions import clock, settings, transaction, vault
from webshop.models import Mail, MailState
from webshop.services import audit, invoice_files
from webshop.services.connections import http_client
from webshop.services.notifications import place_of
from webshop.vault import SealBrokenError

log = structlog.get_logger(__name__)

CLAIM = timedelta(minutes=5)
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""How long after each failed attempt the next one comes; after the last it is given up."""
AT_MOST = 200
_WAITING = (MailState.PENDING.value, MailState.SENDING.value)


def send_due_mails(is_stopping: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Send what is due, the oldest first; return how many were sent, wait for another try, or were given up."""
    counts = dict.fromkeys((MailState.SENT.value, MailState.PENDING.value, MailState.FAILED.value), 0)
    with transaction() as session:
        due = session.scalars(
            select(Mail.id).where(_is_due(clock.now())).order_by(Mail.due_at, Mail.id).limit(AT_MOST)
        ).all()
    for mail_id in due:
        if is_stopping():
            break
        mail = _claim(mail_id)
        if mail is not None:
            counts[_finish(mail, _try(mail))] += 1
    return counts


def _is_due(now: datetime) -> ColumnElement[bool]:
    # Further ahead than any wait of ours: the clock was wrong when it was written.
    is_time = or_(Mail.due_at <= now, Mail.due_at > now + BACK_OFF[-1] + CLAIM)
    return and_(Mail.state.in_(_WAITING), is_time)


def _claim(mail_id: int) -> Mail | None:
    """Take a mail, unless another process has it."""
    now = clock.now()
    with transaction() as session:
        mail = session.scalars(
            update(Mail)
            .where(Mail.id == mail_id, _is_due(now))
            .values(state=MailState.SENDING.value, due_at=now + CLAIM, attempts=Mail.attempts + 1)
            .returning(Mail)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if mail is not None:
            session.expunge(mail)
    return mail


def _try(mail: Mail) -> WebshopError | None:
    """Send a mail and return what went wrong, if anything."""
    try:
        _send(mail)
    except (RemoteError, SealBrokenError) as error:
        return error
    return None


def _send(mail: Mail) -> None:
    content = json.loads(vault().open(mail.sealed_content or "", bound_to=place_of(mail.cause)))
    current = settings()
    host = urlsplit(current.public_url).hostname
    message = smtp.Message(
        sender=current.mail_from,
        recipient=mail.recipient,
        subject=mail.subject,
        text=content["txt"],
        html=content["html"],
        message_id=f"<mail-{mail.id}-{mail.created_at:%Y%m%d%H%M%S}@{host}>",
        sent_at=mail.created_at,
        attachments=_attachments(content.get("invoice")),
    )
    if current.smtp_url:
        smtp.send(current.smtp_url, message)
    else:
        _drop_into_sandbox(message)


def _attachments(invoice_id: str | None) -> Sequence[smtp.Attachment]:
    """Make the files of the invoice that a mail is about: of each mail only their name is kept."""
    if invoice_id is None:
        return ()
    with transaction():
        return invoice_files.attachments_of(invoice_id)


def _drop_into_sandbox(message: smtp.Message) -> None:
    """Put a mail into the sandbox's mailbox, in which development reads it."""
    smtp.build(message)  # what could not be mailed must not look as if it could
    answer = http_client("mailbox").send(
        "POST",
        f"{settings().sandbox_url}/mailbox",
        operation="deliver",
        json={
            "to": message.recipient,
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "attachments": ", ".join(attachment.name for attachment in message.attachments),
        },
    )
    if not answer.is_success:
        raise RejectedError("refused", remote="mailbox", operation="deliver", status=answer.status)


def _finish(mail: Mail, error: WebshopError | None) -> str:
    """Write how it went and return the mail's state; what was sent or given up loses its content."""
    values = _sent() if error is None else _failed(mail, error)
    with transaction() as session:
        # Only as the claim that sent it: another one may have begun meanwhile.
        mine = (Mail.id == mail.id) & (Mail.attempts == mail.attempts) & (Mail.state == MailState.SENDING.value)
        session.execute(update(Mail).where(mine).values(**values))
        if values["state"] == MailState.FAILED.value:
            facts = {"kind": mail.kind, "code": values["last_error"]}
            audit.record("mail_failed", shop_id=mail.shop_id, facts=facts)
    return str(values["state"])


def _sent() -> dict[str, object]:
    return {"state": MailState.SENT.value, "sent_at": clock.now(), "sealed_content": None, "last_error": None}


def _failed(mail: Mail, error: WebshopError) -> dict[str, object]:
    code = _code_of(error)
    log.warning("mail_not_sent", mail=mail.id, kind=mail.kind, attempt=mail.attempts, error=code)
    is_final = isinstance(error, (RejectedError, SealBrokenError)) or mail.attempts > len(BACK_OFF)
    if is_final:
        return {"state": MailState.FAILED.value, "sealed_content": None, "last_error": code}
    return {
        "state": MailState.PENDING.value,
        "due_at": clock.now() + BACK_OFF[mail.attempts - 1],
        "last_error": code,
    }


def _code_of(error: WebshopError) -> str:
    if not isinstance(error, RemoteError):
        return type(error).__name__
    return " ".join(str(part) for part in (error.status, error.code or error.message) if part)[:60]
