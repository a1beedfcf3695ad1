"""Hand a mail to the SMTP server the operator named.

TLS is demanded: from the first byte (smtps) or by STARTTLS (smtp); only a server on this machine may
do without. Errors carry codes and kinds, never addresses or texts of the server.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from webshop.exceptions import RejectedError, RetryableRemoteError

TIMEOUT_SECONDS = 15
_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Attachment:
    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True)
class Message:
    """One mail to one address; `message_id` stays the same when it is sent again."""

    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    message_id: str
    sent_at: datetime
    attachments: Sequence[Attachment] = ()


def send(url: str, message: Message) -> None:
    """Deliver a mail to the server.

    :raise RetryableRemoteError: when it may be taken later: no connection, or the server says so (4xx).
    :raise RejectedError: when it never will be: the server refuses it (5xx), or it is no mail.
    """
    mail = build(message)
    try:
        with _connect(url) as server:
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(next(iter(error.recipients.values()))[0], "recipient") from None
    except smtplib.SMTPResponseException as error:
        # A server that refuses our own credentials refuses every mail: that is for the operator, and passes.
        is_ours = isinstance(error, smtplib.SMTPAuthenticationError)
        raise _refusal(499 if is_ours else error.smtp_code, "login" if is_ours else "message") from None
    except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
        raise RetryableRemoteError(type(error).__name__, remote="smtp", operation="send") from None


def build(message: Message) -> EmailMessage:
    """Put a mail together.

    :raise RejectedError: when something in it would break out of its header.
    """
    for text in (message.sender, message.recipient, message.subject, message.message_id):
        if not text.isprintable():
            raise RejectedError("a header with control characters", remote="smtp", operation="build", code="HEADER")
    mail = EmailMessage()
    name, address = parseaddr(message.sender)
    try:
        mail["From"] = Address(name, addr_spec=address)
        mail["To"] = Address(addr_spec=message.recipient)
    except (ValueError, IndexError, HeaderParseError):
        raise RejectedError("no address", remote="smtp", operation="build", code="ADDRESS") from None
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.sent_at)
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    for attachment in message.attachments:
        kind, _, subtype = attachment.content_type.partition("/")
        mail.add_attachment(attachment.data, maintype=kind, subtype=subtype, filename=attachment.name)
    return mail


def _connect(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    try:
        if parts.scheme == "smtp" and host not in _LOOPBACK:
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _refusal(status: int, code: str) -> RetryableRemoteError | RejectedError:
    kind = RejectedError if status >= 500 else RetryableRemoteError
    return kind("the server refuses the mail", remote="smtp", operation="send", status=status, code=code.upper())
