"""What users do in a play: choose settings, put right what they broke, ask for refused orders again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from tests.faults.script import PAYMENTS, SALES_ORDER
from tests.support.scenario import Scenario, connect_administration
from webshop.exceptions import ConflictError
from webshop.extensions import db, transaction
from webshop.models import Connection, ConnectionState, Order, OrderState, Remote, Shop, User
from webshop.services import connections, order_actions

if TYPE_CHECKING:
    from tests.faults.play import Play

JOURNAL, CLEARING_LEDGER = 2000, 1240


def choose_kind(play: Play, index: int) -> None:
    """Let a shop post what the script says; in the caller's context."""
    scenario = play.shop(index)
    values: dict[str, Any] = {"may_post_orders": True}
    if play.script.kind == SALES_ORDER:
        values["posting_kind"] = "sales_order"
    if play.script.kind == PAYMENTS:
        values |= {
            "may_post_payments": True,
            "are_payments_posted": True,
            "journal_id": _identifier(scenario, "dagboeken", JOURNAL),
            "clearing_ledger_id": _identifier(scenario, "grootboeken", CLEARING_LEDGER),
        }
    change_shop(scenario, **values)


def change_shop(scenario: Scenario, **values: Any) -> None:
    """Change a shop's settings in the caller's context."""
    with transaction() as session:
        shop = session.get_one(Shop, scenario.shop_id)
        for name, value in values.items():
            setattr(shop, name, value)


def put_right(play: Play) -> None:
    """Connect what is not connected and switch posting on."""
    for index, scenario in enumerate(play.stage.shops):
        with play.outside():
            reconnect(play, index)
            change_shop(scenario, is_posting_automatic=True, paused_until=None)
            play.resume_shop(index)


def reconnect(play: Play, index: int) -> None:
    """Connect again what the user or a remote has cut off; in the caller's context."""
    scenario, sandbox = play.shop(index), play.stage.sandbox
    for connection in db.session.scalars(select(Connection).where(Connection.shop_id == scenario.shop_id)).all():
        if connection.state == ConnectionState.ACTIVE.value:
            continue
        play.note(f"shop {index} connects {connection.remote} again")
        if connection.remote == Remote.AMAZON.value:
            token = sandbox.amazon.authorise(scenario.seller_id)
            connections.connect_amazon(scenario.shop_id, scenario.seller_id, token, name=connection.account_name)
        else:
            connect_administration(scenario.shop_id, sandbox.snelstart.administration(connection.account_id).key)


def switch_administration(play: Play, index: int) -> None:
    """Let a shop book in another administration from now on; in the caller's context."""
    scenario = play.shop(index)
    administration = play.stage.sandbox.snelstart.create_administration(
        name=f"Nieuwe administratie {index}", article_code_kind="Alfanumeriek", article_code_length=25
    )
    connect_administration(scenario.shop_id, administration.key)
    scenario.administration_id = administration.id
    play.administrations[index].add(administration.id)
    choose_kind(play, index)


def process_refused_orders(play: Play, *, clicks: int = 1) -> None:
    """Press Verwerk on every order in error that offers it."""
    with play.outside():
        user = db.session.scalars(select(User)).first()
        assert user is not None
        refused = db.session.scalars(
            select(Order).where(Order.state == OrderState.ERROR.value).order_by(Order.id)
        ).all()
        for order in refused:
            for _ in range(clicks):
                with suppress(ConflictError):
                    order_actions.process_again(order, user)
                    play.note(f"Verwerk {order.amazon_order_id}")


def _identifier(scenario: Scenario, collection: str, number: int) -> str:
    rows = scenario.sandbox.snelstart.documents(scenario.administration_id, collection)
    return next(str(row["id"]) for row in rows if row["nummer"] == number)
