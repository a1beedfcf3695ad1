"""What can happen in a play. Every kind is one function; where it may strike is said beside it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from tests.faults import orders, repairs
from tests.faults.machine import BEFORE, InterruptedJobError, Point, lost_connection
from tests.faults.script import Event
from webshop.extensions import clock, db, transaction
from webshop.models import Connection, Remote, Shop, User
from webshop.sandbox.amazon.timestamps import parse_timestamp
from webshop.sandbox.core import Fault
from webshop.services import order_actions
from webshop.vault import Vault

if TYPE_CHECKING:
    from tests.faults.play import Play

NEW_KEY = base64.b64decode("bmV3ZXIga2V5IGZvciB0ZXN0cywgb2YgMzIgYnl0ZXM=")


def anywhere(point: Point) -> bool:
    return True


def outside_transactions(point: Point) -> bool:
    """Others can work only where the process holds no lock: it would have to let go first."""
    return point.is_outside_transaction


def where_a_process_may_freeze(point: Point) -> bool:
    """Not on the doorstep of a write: what is frozen between the last look and the wire, nobody can call back."""
    return point.is_outside_transaction and not (point.side == BEFORE and point.operation.startswith("POST "))


def in_commits(point: Point) -> bool:
    return point.operation == "commit"


@dataclass(frozen=True)
class Kind:
    action: Callable[[Play, dict[str, Any]], None]
    may_strike: Callable[[Point], bool]


def can_happen(event: Event, point: Point) -> bool:
    return KINDS[event.kind].may_strike(point)


def happen(play: Play, event: Event) -> None:
    KINDS[event.kind].action(play, dict(event.facts))


# processes


def _kill(play: Play, facts: dict[str, Any]) -> None:
    play.stage.machine.kill()


def _stop(play: Play, facts: dict[str, Any]) -> None:
    if play.stage.machine.current is not None:
        play.stage.machine.current.is_stopping = True


def _interrupt(play: Play, facts: dict[str, Any]) -> None:
    raise InterruptedJobError


def _freeze(play: Play, facts: dict[str, Any]) -> None:
    play.freeze(facts["minutes"])


def _second_worker(play: Play, facts: dict[str, Any]) -> None:
    play.work(facts["shop"] % len(play.stage.shops))


# the database


def _break_commit(play: Play, facts: dict[str, Any]) -> None:
    """Before a commit it is lost, after one only its confirmation is."""
    raise lost_connection(play.script.database)


def _break_database(play: Play, facts: dict[str, Any]) -> None:
    play.stage.machine.failing_commits = facts["commits"]


# the remotes


def _fault(play: Play, facts: dict[str, Any]) -> None:
    board = play.stage.sandbox.world.faults
    minutes = facts.pop("minutes", None)
    fault = Fault(**facts)
    board.add(fault)
    if minutes is not None:
        play.after(minutes, lambda: board.remove(fault))


def _jump_clock(play: Play, facts: dict[str, Any]) -> None:
    play.stage.time.offset = timedelta(seconds=facts["seconds"])


# people


def _click_process(play: Play, facts: dict[str, Any]) -> None:
    repairs.process_refused_orders(play, clicks=5)


def _fetch_now(play: Play, facts: dict[str, Any]) -> None:
    with play.outside():
        shop = db.session.get_one(Shop, play.shop(facts["shop"]).shop_id)
        user = db.session.scalars(select(User)).first()
        assert user is not None
        order_actions.fetch_now(shop, user)


def _disconnect(play: Play, facts: dict[str, Any]) -> None:
    index, remote = facts["shop"], facts["remote"]
    with play.outside(), transaction() as session:
        session.execute(
            update(Connection)
            .where(Connection.shop_id == play.shop(index).shop_id, Connection.remote == remote)
            .values(state="disabled", sealed_access_token=None)
        )
    if remote == Remote.SNELSTART.value:
        play.stop_shop(index)
    play.after(facts["minutes"], lambda: _connect_again(play, index))


def _connect_again(play: Play, index: int) -> None:
    with play.outside():
        repairs.reconnect(play, index)
    play.resume_shop(index)


def _switch_administration(play: Play, facts: dict[str, Any]) -> None:
    index = facts["shop"]
    left = play.shop(index).administration_id
    with play.outside():
        repairs.switch_administration(play, index)
    play.limit_writes(index, left_account=left)


def _pause(play: Play, facts: dict[str, Any]) -> None:
    with play.outside():
        until = clock.now() + timedelta(days=2)
        _change_for(play, facts, {"paused_until": until}, {"paused_until": None})


def _switch_posting_off(play: Play, facts: dict[str, Any]) -> None:
    with play.outside():
        _change_for(play, facts, {"is_posting_automatic": False}, {"is_posting_automatic": True})


def _change_for(play: Play, facts: dict[str, Any], values: dict[str, Any], back: dict[str, Any]) -> None:
    """Stop a shop with a setting and take that back after some minutes."""
    index = facts["shop"]
    repairs.change_shop(play.shop(index), **values)
    play.stop_shop(index)

    def resume() -> None:
        with play.outside():
            repairs.change_shop(play.shop(index), **back)
        play.resume_shop(index)

    play.after(facts["minutes"], resume)


def _switch_kind(play: Play, facts: dict[str, Any]) -> None:
    with play.outside(), transaction() as session:
        shop = session.get_one(Shop, play.shop(facts["shop"]).shop_id)
        shop.posting_kind = "sales_order" if shop.posting_kind == "sales_entry" else "sales_entry"


def _rotate_keys(play: Play, facts: dict[str, Any]) -> None:
    settings = play.stage.app.extensions["settings"]
    play.stage.app.extensions["vault"] = Vault((NEW_KEY, *settings.encryption_keys))


# Amazon and the bookkeeper


def _change_order(play: Play, number: str, changes: dict[str, Any]) -> bool:
    """Change an order at every seller that has it; return False when nobody has it yet."""
    has_changed = False
    for scenario in play.stage.shops:
        placed = play.stage.sandbox.amazon.order(scenario.seller_id, number)
        if placed is not None and parse_timestamp(placed["createdTime"]) <= play.now:
            play.stage.sandbox.amazon.update_order(scenario.seller_id, number, changes)
            has_changed = True
    return has_changed


def _cancel(play: Play, facts: dict[str, Any]) -> None:
    if _change_order(play, facts["order"], {"fulfillment": {"fulfillmentStatus": "CANCELLED"}}):
        play.cancelled.add(facts["order"])


def _flip_status(play: Play, facts: dict[str, Any]) -> None:
    """Let an order go back to Pending and, after some minutes, forward again."""
    number = facts["order"]
    if number in play.cancelled:
        return
    if _change_order(play, number, {"fulfillment": {"fulfillmentStatus": "PENDING"}}):
        shipped = {"fulfillment": {"fulfillmentStatus": "SHIPPED"}}
        play.after(facts["minutes"], lambda: _ship(play, number, shipped))


def _ship(play: Play, number: str, changes: dict[str, Any]) -> None:
    if number not in play.cancelled:
        _change_order(play, number, changes)


def _change_amount(play: Play, facts: dict[str, Any]) -> None:
    order = next(one for one in play.script.orders if one.number == facts["order"])
    document = orders.document_of(order, play.script.starts_at, total=facts["total"])
    changes = {name: document[name] for name in ("proceeds", "orderItems")}
    if _change_order(play, order.number, changes):
        play.changed.add(order.number)


def _book_by_hand(play: Play, facts: dict[str, Any]) -> None:
    """Let the bookkeeper use an order's number for an entry of her own."""
    number = facts["order"]
    for identifier in sorted({one.administration_id for one in play.stage.shops}):
        books = play.stage.sandbox.snelstart
        customer = next(row for row in books.documents(identifier, "relaties") if row["relatiecode"] == -2)
        ledger = next(row for row in books.documents(identifier, "grootboeken") if row["nummer"] == 8000)
        entry = {
            "factuurnummer": number,
            "klant": {"id": customer["id"]},
            "factuurdatum": play.now.date().isoformat(),
            "factuurbedrag": 12.10,
            "boekingsregels": [
                {"omschrijving": orders.BY_HAND, "grootboek": {"id": ledger["id"]}, "bedrag": 10, "btwSoort": "Hoog"}
            ],
            "btw": [{"btwSoort": "VerkopenHoog", "btwBedrag": 2.10}],
        }
        if books.act(identifier, "POST", "/verkoopboekingen", entry).status == 201:
            play.booked_by_hand.add(number)


def _book_again(play: Play, facts: dict[str, Any]) -> None:
    """Let the bookkeeper delete an order's document, and the owner have it booked anew."""
    repairs.delete_documents(play, facts["order"])
    if facts["order"] in play.deleted:
        play.after(facts["minutes"], lambda: repairs.ask_for_another(play, facts["order"]))


# the operator


def _back_up(play: Play, facts: dict[str, Any]) -> None:
    play.back_up()


def _restore(play: Play, facts: dict[str, Any]) -> None:
    made_at = play.restore(are_processes_left=facts["are_processes_left"])
    if made_at is not None:
        repairs.begin_epoch(play, made_at if facts["is_time_known"] else None)


KINDS: dict[str, Kind] = {
    "kill": Kind(_kill, anywhere),
    "stop": Kind(_stop, anywhere),
    "interrupt": Kind(_interrupt, anywhere),
    "freeze": Kind(_freeze, where_a_process_may_freeze),
    "second worker": Kind(_second_worker, outside_transactions),
    "break commit": Kind(_break_commit, in_commits),
    "break database": Kind(_break_database, anywhere),
    "fault": Kind(_fault, anywhere),
    "jump clock": Kind(_jump_clock, anywhere),
    "click process": Kind(_click_process, outside_transactions),
    "fetch now": Kind(_fetch_now, outside_transactions),
    "disconnect": Kind(_disconnect, outside_transactions),
    "switch administration": Kind(_switch_administration, outside_transactions),
    "pause": Kind(_pause, outside_transactions),
    "switch posting off": Kind(_switch_posting_off, outside_transactions),
    "switch kind": Kind(_switch_kind, outside_transactions),
    "rotate keys": Kind(_rotate_keys, anywhere),
    "cancel": Kind(_cancel, anywhere),
    "flip status": Kind(_flip_status, anywhere),
    "change amount": Kind(_change_amount, anywhere),
    "book by hand": Kind(_book_by_hand, anywhere),
    "book again": Kind(_book_again, outside_transactions),
    "back up": Kind(_back_up, outside_transactions),
    "restore": Kind(_restore, outside_transactions),
}
