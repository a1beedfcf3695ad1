"""Two people at the same moment: one wins, and what must hold holds."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.support.races import race
from webshop.exceptions import WebshopError
from webshop.extensions import db, transaction
from webshop.models import LinkPurpose, Membership, Role, Shop, User
from webshop.services import account_links, people, two_factor

pytestmark = pytest.mark.database


def test_two_owners_cannot_remove_each_other(app: Flask) -> None:
    with app.app_context(), transaction():
        one, two = factories.user("one@x.test"), factories.user("two@x.test")
        shop = factories.shop(one)
        factories.membership(two, shop)
    results = race(
        app,
        lambda: people.remove(shop, one, two.public_id),
        lambda: people.remove(shop, two, one.public_id),
    )
    assert sum(isinstance(result, people.LastOwnerError) for result in results) == 1
    with app.app_context():
        owners = select(func.count()).select_from(Membership).where(Membership.role == Role.OWNER.value)
        assert db.session.scalar(owners) == 1


def test_two_owners_cannot_both_step_down(app: Flask) -> None:
    with app.app_context(), transaction():
        one, two = factories.user("one@x.test"), factories.user("two@x.test")
        shop = factories.shop(one)
        factories.membership(two, shop)
    results = race(
        app,
        lambda: people.change_role(shop, one, one.public_id, Role.MEMBER),
        lambda: people.remove(shop, two, two.public_id),
    )
    assert sum(isinstance(result, people.LastOwnerError) for result in results) == 1


def test_an_invitation_is_accepted_once(app: Flask) -> None:
    with app.app_context(), transaction():
        owner = factories.user("owner@x.test")
        shop = factories.shop(owner)
        token = account_links.create(LinkPurpose.INVITE, "guest@x.test", shop_id=shop.id, role="member")
    results = race(
        app,
        *[lambda: people.accept_as_newcomer(token, "Gast", "een zinnetje van mijzelf", "nl")] * 2,
    )
    assert sum(isinstance(result, WebshopError) for result in results) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 2
        assert db.session.scalar(select(func.count()).select_from(Membership)) == 2
        assert db.session.get(Shop, shop.id) is not None


def test_a_recovery_code_lets_one_in(app: Flask) -> None:
    from webshop.domain import totp
    from webshop.extensions import clock

    with app.app_context():
        with transaction():
            user = factories.user("one@x.test")
        two_factor.begin(user)
        secret = two_factor.pending_secret(user)
        assert secret is not None
        done = two_factor.switch_on(user, totp.code_at(secret, int(clock.now().timestamp()) // 30))
        assert done is not None
        codes = done[1]
    results = race(app, *[lambda: two_factor.check(user, codes[0])] * 2)
    assert sorted(results, key=bool) == [False, True]
