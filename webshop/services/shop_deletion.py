"""Delete a shop, and the account of a person: what opens anything goes at once, the rest with the next purge.

What stays is what the law or never booking twice asks for: our invoices, the rows that say which order
was booked (numbers, amounts and dates, no buyer) and the events.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, exists, select, update

from webshop.domain.periods import local_date
from webshop.exceptions import ConflictError, NotAllowedError
from webshop.extensions import clock, db, transaction
from webshop.models import (
    AccountLink,
    Connection,
    HealthCheck,
    InstallerGrant,
    Mail,
    MailState,
    Membership,
    PendingConnection,
    RefundMonth,
    RefundReading,
    Role,
    Schedule,
    Shop,
    SkuRate,
    User,
    VatMapping,
)
from webshop.services import audit, letters, notifications

# What gives access or is a setting; nothing of it is needed to know what was booked.
ERASED: tuple[Any, ...] = (
    Connection,
    PendingConnection,
    AccountLink,
    HealthCheck,
    RefundReading,
    RefundMonth,
    VatMapping,
    SkuRate,
    Membership,
)
_WORK_LEFT = ("lease_until", "page_token", "page_token_at", "page_after_at", "trial_order_id", "review_position")


class OwnsShopError(ConflictError):
    """Who owns a shop deletes it or gives it to somebody else first."""


def delete_shop(shop: Shop, by: User) -> None:
    """Delete a shop: keys and people at once, buyers' data with the purge that follows; twice is once."""
    now = clock.now()
    with transaction() as session:
        # The schedule first, as a run does it: whoever works on the shop loses its lease and writes nothing more.
        session.execute(
            update(Schedule)
            .where(Schedule.shop_id == shop.id)
            .values(lease_token=Schedule.lease_token + 1, **dict.fromkeys(_WORK_LEFT))
        )
        current = session.get_one(Shop, shop.id, with_for_update={"key_share": True}, populate_existing=True)
        if current.deleted_at is not None:
            return
        owners = notifications.owners_of(current)
        current.deleted_at, current.extra_email = now, ""
        current.is_posting_automatic, current.is_support_allowed = False, False
        today = local_date(now)
        current.active_until = min(current.active_until or today, today)
        for table in ERASED:
            session.execute(delete(table).where(table.shop_id == shop.id))
        session.execute(
            update(InstallerGrant)
            .where(InstallerGrant.shop_id == shop.id, InstallerGrant.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        for to in owners:
            notifications.write_mail(
                "shop_deleted", f"shop-deleted:{shop.id}", to, lambda: letters.shop_deleted(current), shop=current
            )
        audit.record("shop_deleted", shop_id=shop.id, user_id=by.id, facts={"licence": current.licence_key})


def owns_a_shop(user: User) -> bool:
    is_mine = exists().where(Membership.user_id == user.id, Membership.role == Role.OWNER.value)
    return bool(db.session.scalar(select(is_mine)))


def delete_account(user: User) -> None:
    """Remove what is known of a person, who then cannot log in any more; events keep a number without a name.

    :raise OwnsShopError: while the user owns a shop.
    :raise NotAllowedError: for our own staff.
    """
    if user.is_staff:
        raise NotAllowedError("an administrator closes the account of staff")
    with transaction() as session:
        current = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        if not current.is_active:
            return
        if owns_a_shop(current):
            raise OwnsShopError("a shop needs its owner")
        # Without the user's number: this mail is the last thing that is kept of the address.
        to = notifications.Recipient(current.email, current.locale)
        notifications.write_mail("account_deleted", f"account-deleted:{current.id}", to, letters.account_deleted)
        for shop_id in session.scalars(select(Membership.shop_id).where(Membership.user_id == current.id)).all():
            audit.record("person_left", shop_id=shop_id, user_id=current.id, facts={"person": current.id})
        session.execute(delete(Membership).where(Membership.user_id == current.id))
        session.execute(delete(PendingConnection).where(PendingConnection.user_id == current.id))
        session.execute(delete(AccountLink).where(AccountLink.email == current.email))
        settled = Mail.state.in_((MailState.SENT.value, MailState.FAILED.value))
        session.execute(delete(Mail).where(Mail.user_id == current.id, settled))
        _forget(current)
        audit.record("account_deleted", user_id=current.id)


def _forget(user: User) -> None:
    user.email, user.name, user.password_hash = f"{user.public_id}@deleted.invalid", "", None
    user.is_active, user.session_number = False, user.session_number + 1
    user.is_totp_on, user.sealed_totp_secret, user.recovery_digests = False, None, []
