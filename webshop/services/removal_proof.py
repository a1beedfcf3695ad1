"""Prove that what was booked is gone from SnelStart, before it may be booked anew."""

from __future__ import annotations

from sqlalchemy import select

from webshop.clients.snelstart.stored_entries import read_payment
from webshop.exceptions import ConflictError, RefusedDecisionError
from webshop.extensions import transaction
from webshop.models import Order, Posting, PostingState, Purpose, Remote
from webshop.services import recovery
from webshop.services.connections import SnelStartAccess, active_connection, open_snelstart
from webshop.services.standing import find_standing, get_standing


def open_booked_in(order: Order, posting: Posting) -> SnelStartAccess:
    """Return access to the administration that an order is booked in.

    :raise ConflictError: when it is not the shop's present one, or nobody can look into it now.
    """
    with transaction():
        connection = active_connection(order.shop_id, Remote.SNELSTART)
    if connection is None:
        raise RefusedDecisionError(
            "SnelStart is not connected, so nobody can see whether the booking is gone", "not_connected"
        )
    if connection.account_id != posting.administration_id:
        raise ConflictError("this order is booked in another administration than the shop's present one")
    return open_snelstart(connection)


def prove_gone(order: Order, posting: Posting, access: SnelStartAccess) -> None:
    """Make sure that neither the document of an order nor its payment stands in SnelStart any more.

    :raise RefusedDecisionError: when one of them does, or nobody can know yet.
    :raise RemoteError: when SnelStart does not answer.
    """
    client = access.client
    known = recovery.remembered(posting.administration_id, order.amazon_order_id)
    standing = find_standing(client, order.amazon_order_id, known)
    if posting.external_id is not None:
        # A filter may have hidden it; its id does not.
        standing = standing or get_standing(client, posting.kind, posting.external_id)
    if standing:
        number = standing[0].number
        raise RefusedDecisionError(f"{number} still stands in SnelStart: remove it there first", "still_there", number)
    with transaction() as session:
        payment = session.scalars(
            select(Posting).where(
                Posting.administration_id == posting.administration_id,
                Posting.amazon_order_id == posting.amazon_order_id,
                Posting.purpose == Purpose.PAYMENT.value,
            )
        ).one_or_none()
    if payment is None:
        return
    if payment.state in (PostingState.SENDING.value, PostingState.UNKNOWN.value):
        raise RefusedDecisionError(
            "it is not known yet whether the payment of this order was booked; try again in a few minutes",
            "payment_unknown",
        )
    if payment.payload:
        sent = read_payment(payment.payload)
        if client.find_ledger_mutations(sent.voucher, sent.journal_id):
            raise RefusedDecisionError(
                "the payment of this order still stands in SnelStart: remove it there first", "payment_there"
            )
