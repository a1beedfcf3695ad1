"""Make users and shops."""

from __future__ import annotations

import secrets
import string

from sqlalchemy import select

from webshop.exceptions import ConflictError
from webshop.extensions import clock, db
from webshop.models import Membership, Role, Shop, User
from webshop.services import audit, scheduling

# Without characters that are mistaken for one another when a key is read out on the phone.
LICENCE_ALPHABET = "".join(sorted(set(string.ascii_uppercase + string.digits) - set("01IO")))


def create_user(email: str, *, name: str = "", password_hash: str | None = None, is_staff: bool = False) -> User:
    """Add a user; part of the caller's transaction.

    :raise ConflictError: when the e-mail address is taken.
    """
    email = email.strip().lower()
    if db.session.scalar(select(User.id).where(User.email == email)) is not None:
        raise ConflictError("there is a user with this e-mail address already")
    user = User(email=email, name=name, password_hash=password_hash, is_staff=is_staff, created_at=clock.now())
    db.session.add(user)
    db.session.flush()
    return user


def create_shop(name: str, marketplace_id: str, owner: User) -> Shop:
    """Add a shop with its owner and its place in the schedule; part of the caller's transaction."""
    shop = Shop(name=name, marketplace_id=marketplace_id, licence_key=new_licence_key(), created_at=clock.now())
    db.session.add(shop)
    db.session.flush()
    add_member(shop, owner, Role.OWNER)
    scheduling.add_schedule(shop.id)
    audit.record("shop_created", shop_id=shop.id, user_id=owner.id, facts={"name": name})
    return shop


def add_member(shop: Shop, user: User, role: Role) -> None:
    db.session.add(Membership(shop_id=shop.id, user_id=user.id, role=role.value, created_at=clock.now()))


def new_licence_key() -> str:
    """Return a key such as 7KQ4M-9XH2P-…: five groups of five characters."""
    groups = ("".join(secrets.choice(LICENCE_ALPHABET) for _ in range(5)) for _ in range(5))
    return "-".join(groups)
