"""Find what an operator names on the command line, or say in one sentence that it is not there."""

from __future__ import annotations

import click
from sqlalchemy import select

from webshop.extensions import db
from webshop.models import Order, Shop, User


def find_shop(licence: str) -> Shop:
    found = db.session.scalars(select(Shop).where(Shop.licence_key == licence.strip().upper())).one_or_none()
    if found is None:
        raise click.ClickException("there is no shop with this licence key")
    return found


def find_order(licence: str, amazon_order_id: str) -> Order:
    found = db.session.scalars(
        select(Order).where(Order.shop_id == find_shop(licence).id, Order.amazon_order_id == amazon_order_id.strip())
    ).one_or_none()
    if found is None:
        raise click.ClickException("this shop has no order with this number")
    return found


def find_user(email: str) -> User:
    found = db.session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()
    if found is None:
        raise click.ClickException("there is no user with this e-mail address")
    return found
