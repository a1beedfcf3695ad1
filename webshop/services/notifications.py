"""Write mails, each in the transaction of what causes it and never twice for one cause.

Writing is all that happens here: a job sends them (mailing.py). So a mail about something that was
rolled back does not exist, and a mail server that is away holds up nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_babel import force_locale
from sqlalchemy import select

from webshop.extensions import clock, db, vault
from webshop.models import (
    Connection,
    Invoice,
    Mail,
    MailState,
    Membership,
    Order,
    ProblemReport,
    Role,
    SaleMigration,
    Shop,
    User,
)
from webshop.models.base import insert
from webshop.services import company_letters, letters
from webshop.services.health_texts import describe_light
from webshop.services.letters import Letter

LONGEST_SUBJECT = 200
LONGEST_CAUSE = 160
DEFAULT_LOCALE = "nl"


@dataclass(frozen=True)
class Recipient:
    email: str
    locale: str = DEFAULT_LOCALE
    user_id: int | None = None


def recipient(user: User) -> Recipient:
    return Recipient(user.email, user.locale, user.id)


def owners_of(shop: Shop) -> list[Recipient]:
    """Return who gets the mails about a shop: its owners, and the extra address in the first one's language."""
    owners = db.session.scalars(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.shop_id == shop.id, Membership.role == Role.OWNER.value, User.is_active.is_(True))
        .order_by(Membership.id)
    ).all()
    found = [recipient(owner) for owner in owners]
    if shop.extra_email and shop.extra_email not in {owner.email for owner in owners}:
        found.append(Recipient(shop.extra_email, found[0].locale if found else DEFAULT_LOCALE))
    return found


def write_mail(kind: str, cause: str, to: Recipient, make: Callable[[], Letter], *, shop: Shop | None = None) -> bool:
    """Add a mail to the caller's transaction; False when this cause was mailed to this address before.

    `make` puts the letter into words and is called in the recipient's language.
    """
    cause = _with_address(cause, to.email)
    if db.session.scalar(select(Mail.id).where(Mail.cause == cause)) is not None:
        return False
    with force_locale(to.locale):
        letter = make()
        context = {"letter": letter, "licence_keys": _licence_keys(to, shop), "locale": to.locale}
        content = {name: render_template(f"mail/letter.{name}", **context) for name in ("txt", "html")}
        if letter.invoice:
            content["invoice"] = letter.invoice
    now = clock.now()
    written = db.session.execute(
        insert(Mail)
        .values(
            cause=cause,
            kind=kind,
            shop_id=shop.id if shop else None,
            user_id=to.user_id,
            recipient=to.email,
            subject=_one_line(letter.subject),
            sealed_content=vault().seal(json.dumps(content), bound_to=place_of(cause)),
            state=MailState.PENDING.value,
            attempts=0,
            created_at=now,
            due_at=now,
        )
        .on_conflict_do_nothing(index_elements=["cause"])
        .returning(Mail.id)
    ).first()
    return written is not None


def _with_address(cause: str, email: str) -> str:
    """Name cause and address; a long address by its digest, since a part of it could be another's."""
    whole = f"{cause}:{email}"
    return whole if len(whole) <= LONGEST_CAUSE else f"{cause}:{hashlib.sha256(email.encode()).hexdigest()}"


def place_of(cause: str) -> str:
    """Return what a mail's sealed content is bound to."""
    return f"mail:{cause}"


def _one_line(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:LONGEST_SUBJECT]


def _licence_keys(to: Recipient, shop: Shop | None) -> Sequence[str]:
    """Return the keys support asks for: that of the shop it is about, or those of all the user's shops."""
    if shop is not None:
        return (shop.licence_key,)
    if to.user_id is None:
        return ()
    mine = select(Membership.shop_id).where(Membership.user_id == to.user_id)
    return db.session.scalars(select(Shop.licence_key).where(Shop.id.in_(mine)).order_by(Shop.id)).all()


def account_changed(user: User, what: str) -> None:
    """Tell a user that their log-in changed: a thief does not go unnoticed. Part of the caller's transaction."""
    cause = f"account-changed:{user.id}:{what}:{clock.now():%Y%m%d%H%M%S}"
    write_mail("account_changed", cause, recipient(user), lambda: letters.account_changed(what))


def extra_address_changed(shop: Shop) -> None:
    """Tell a shop's owners that its mails go to another address as well; part of the caller's transaction."""
    cause = f"extra-address:{shop.id}:{clock.now():%Y%m%d%H%M%S}"
    for to in owners_of(shop):
        if to.user_id is not None:
            write_mail("extra_address", cause, to, lambda: letters.extra_address_changed(shop), shop=shop)


def connection_lost(connection: Connection) -> None:
    """Tell a shop's owners that they have to connect again; once for each time it was connected."""
    shop = db.session.get_one(Shop, connection.shop_id)
    cause = f"connection-lost:{shop.id}:{connection.remote}:{connection.connected_at:%Y%m%d%H%M%S}"
    for to in owners_of(shop):
        write_mail("connection_lost", cause, to, lambda: letters.connection_lost(shop, connection.remote), shop=shop)


def light_red(shop: Shop, row: Mapping[str, Any]) -> None:
    """Tell a shop's owners that a light turned red; once for each time it did. Part of the caller's transaction."""
    cause = f"light-red:{shop.id}:{row['name']}:{row['code']}:{row['since'][:19]}"
    for to in owners_of(shop):
        write_mail("light_red", cause, to, lambda: letters.light_red(shop, describe_light(row)), shop=shop)


def report_answered(report: ProblemReport) -> None:
    """Tell who reported a problem what staff answered; part of the caller's transaction."""
    shop, user = db.session.get_one(Shop, report.shop_id), db.session.get_one(User, report.user_id)
    order = db.session.get(Order, report.order_id) if report.order_id else None
    reply, at = report.reply or "", report.replied_at or clock.now()
    cause = f"reply:{report.id}:{at:%Y%m%d%H%M%S}"
    write_mail("staff_reply", cause, recipient(user), lambda: letters.staff_reply(shop, order, reply), shop=shop)


def invoice_issued(shop: Shop, invoice: Invoice) -> None:
    """Mail an invoice to a shop's owners; part of the caller's transaction."""
    for to in owners_of(shop):
        write_mail(
            "invoice", f"invoice:{invoice.number}", to, lambda: company_letters.invoice(shop, invoice), shop=shop
        )


def migration_counted(shop: Shop, migration: SaleMigration) -> None:
    """Tell a shop's owners what a migration costs; part of the caller's transaction."""
    cause = f"migration-counted:{migration.id}"
    for to in owners_of(shop):
        write_mail(
            "migration_counted", cause, to, lambda: company_letters.migration_counted(shop, migration), shop=shop
        )


def migration_finished(shop: Shop, migration: SaleMigration) -> None:
    """Tell a shop's owners what came of a migration; part of the caller's transaction."""
    cause = f"migration-finished:{migration.id}"
    for to in owners_of(shop):
        write_mail(
            "migration_finished", cause, to, lambda: company_letters.migration_finished(shop, migration), shop=shop
        )
