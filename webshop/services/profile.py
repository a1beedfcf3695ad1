"""What a user says about themselves, and what a shop wants to be mailed."""

from __future__ import annotations

from webshop.extensions import transaction
from webshop.models import Impersonation, LinkPurpose, Shop, User
from webshop.services import account_links, audit, impersonation, letters, notifications
from webshop.services.accounts import normalise_email

SWITCHES = ("is_digest_wanted", "is_support_allowed")


def change_user(user: User, *, name: str, locale: str) -> None:
    """Store a user's name and language."""
    with transaction() as session:
        current = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        if (current.name, current.locale) != (name, locale):
            facts = {"old_locale": current.locale, "new_locale": locale, "is_renamed": current.name != name}
            current.name, current.locale = name, locale
            audit.record("user_changed", user_id=user.id, facts=facts)


def change_switch(shop: Shop, user: User, name: str, value: bool) -> None:
    """Set one of a shop's switches."""
    if name not in SWITCHES:
        raise ValueError(f"{name} is no switch")
    with transaction() as session:
        current = session.get_one(Shop, shop.id, with_for_update={"key_share": True}, populate_existing=True)
        old = getattr(current, name)
        if old != value:
            setattr(current, name, value)
            facts = {"name": name, "old": old, "new": value}
            audit.record("setting_changed", shop_id=shop.id, user_id=user.id, facts=facts)
            if name == "is_support_allowed" and not value:
                impersonation.end(Impersonation.shop_id == shop.id, ending=impersonation.Ending.WITHDRAWN)


def ask_for_extra_email(shop: Shop, user: User, email: str) -> None:
    """Mail the address a link to confirm itself; until then the shop's mails go where they went."""
    email = normalise_email(email)
    with transaction():
        token = account_links.create(LinkPurpose.EMAIL, email, shop_id=shop.id, created_by=user.id)
        to = notifications.Recipient(email, user.locale)
        cause = f"email:{account_links.digest(token)[:16]}"
        notifications.write_mail("email", cause, to, lambda: letters.confirm_address(shop, token), shop=shop)
        audit.record("extra_email_asked", shop_id=shop.id, user_id=user.id)


def remove_extra_email(shop: Shop, user: User) -> None:
    """Stop mailing the extra address."""
    with transaction() as session:
        current = session.get_one(Shop, shop.id, with_for_update={"key_share": True}, populate_existing=True)
        if current.extra_email:
            current.extra_email = ""
            audit.record("extra_email_removed", shop_id=shop.id, user_id=user.id)


def confirm_extra_email(token: str) -> Shop:
    """Take the address whose owner followed the link as the shop's extra address.

    :raise NotFoundError: when the link does not work any more.
    """
    with transaction() as session:
        link = account_links.use(token, LinkPurpose.EMAIL)
        shop = session.get_one(Shop, link.shop_id, with_for_update={"key_share": True}, populate_existing=True)
        shop.extra_email = link.email
        audit.record("extra_email_confirmed", shop_id=shop.id, user_id=link.created_by)
        notifications.extra_address_changed(shop)
    return shop
