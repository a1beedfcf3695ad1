"""What users do in a play: choose settings, put right what they broke, ask for refused orders again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from tests.faults.orders import is_booked_by_hand
from tests.faults.script import PAYMENTS, SALES_ORDER
from tests.support.scenario import Scenario, connect_administration
from webshop.exceptions import ConflictError, WebshopError
from webshop.extensions import clock, db, transaction
from webshop.models import (
    Connection,
    ConnectionState,
    Membership,
    Order,
    OrderState,
    Posting,
    PostingState,
    Purpose,
    Remote,
    Role,
    Shop,
    User,
)
from webshop.services import connections, order_actions, order_decisions, recovery

if TYPE_CHECKING:
    from tests.faults.play import Play

JOURNAL, CLEARING_LEDGER = 2000, 1240
_NUMBERED = {
    "memoriaalboekingen": "boekstuk",
    "verkoopboekingen": "factuurnummer",
    "verkooporders": "betalingskenmerk",
}
"""Collections of documents, in the order in which they can be removed, with the member that has the order's number."""


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
            if _administration_of(scenario) == scenario.administration_id:
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


def delete_documents(play: Play, number: str) -> None:
    """Remove in SnelStart what stands for an order, its payment first, as a bookkeeper does after a mistake."""
    books = play.stage.sandbox.snelstart
    for identifier in sorted({one.administration_id for one in play.stage.shops}):
        found = [
            (collection, document["id"])
            for collection, member in _NUMBERED.items()
            for document in books.documents(identifier, collection)
            if document[member] == number and not is_booked_by_hand(document)
        ]
        if all(collection == "memoriaalboekingen" for collection, _ in found):
            continue
        for collection, document_id in found:
            if books.act(identifier, "DELETE", f"/{collection}/{document_id}").status in (200, 201):
                play.deleted.setdefault(number, set()).add(document_id)


def ask_for_another(play: Play, number: str) -> None:
    """Let the owners have an order booked anew whose document was deleted; in vain now is asked later."""
    is_refused = False
    with play.outside():
        rows = db.session.execute(
            select(Order, Membership.user_id)
            .join(Posting, (Posting.order_id == Order.id) & (Posting.purpose == Purpose.SALE.value))
            .join(Membership, (Membership.shop_id == Order.shop_id) & (Membership.role == Role.OWNER.value))
            .where(Posting.external_id.in_(play.deleted[number]), Posting.state == PostingState.POSTED.value)
            .order_by(Order.id)
        ).all()
        for order, user_id in rows:
            user = db.session.get_one(User, user_id)
            db.session.rollback()
            try:
                order_decisions.repost_order(order, user, "verkeerd geboekt")
                play.note(f"{number} is to be booked again")
                play.counts["asked to book again"] += 1
            except WebshopError as refusal:
                code = getattr(refusal, "code", None) or type(refusal).__name__
                play.note(f"{number} is not to be booked again now: {code}")
                is_refused = is_refused or code != "still_there"
    if is_refused or not play.is_trouble_over:
        play.after(5, lambda: ask_for_another(play, number))


def begin_epoch(play: Play, backup_at: datetime | None) -> None:
    """Do what the operator does after a restore.

    A shop that went to another administration since the backup is connected to the one before again: it posts
    nothing until that one was read, and then goes once more.
    """
    with play.outside():
        for index, scenario in enumerate(play.stage.shops):
            if _administration_of(scenario) != scenario.administration_id:
                change_shop(scenario, is_posting_automatic=False)
                play.stop_shop(index)
                play.after(5, partial(_go_once_more, play, index))
        if backup_at is not None and backup_at > clock.now():
            # Our clock is behind: the operator cannot say when the backup was made.
            backup_at = None
        recovery.start_epoch(backup_at)


def _go_once_more(play: Play, index: int) -> None:
    scenario = play.shop(index)
    with play.outside():
        before = _administration_of(scenario)
        is_read = before is None or not recovery.is_open(before)
        db.session.rollback()
        if is_read and before != scenario.administration_id:
            key = play.stage.sandbox.snelstart.administration(scenario.administration_id).key
            connect_administration(scenario.shop_id, key)
            choose_kind(play, index)
            play.resume_shop(index)
    if not is_read:
        play.after(5, partial(_go_once_more, play, index))


def _administration_of(scenario: Scenario) -> str | None:
    connection = connections.find_connection(scenario.shop_id, Remote.SNELSTART)
    return None if connection is None else connection.account_id


def _identifier(scenario: Scenario, collection: str, number: int) -> str:
    rows = scenario.sandbox.snelstart.documents(scenario.administration_id, collection)
    return next(str(row["id"]) for row in rows if row["nummer"] == number)
