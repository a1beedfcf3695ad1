"""Look whether an order stands in SnelStart before it is booked, where our own rows may not know it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select

from webshop.clients.snelstart.client import SnelStartClient
from webshop.domain.booking import Issue, Translation
from webshop.extensions import db, detached, transaction
from webshop.models import Order, OrderState, Posting
from webshop.services import payments
from webshop.services.adoption import adopt, forget_found, remember
from webshop.services.connections import SnelStartAccess
from webshop.services.documents import find
from webshop.services.leases import Lease
from webshop.services.order_states import set_state
from webshop.services.rate_totals import rates_of
from webshop.services.recovery import remembered
from webshop.services.standing import Standing, find_standing, fits


def look_first(
    order: Order, translation: Translation, access: SnelStartAccess, lease: Lease, *, has_payments: bool
) -> str | None:
    """Adopt what stands under an order's number; return its dashboard state, None when nothing stands in the way.

    :raise RemoteError: when SnelStart does not answer; nothing was decided.
    :raise LeaseLostError: when another run has taken over.
    """
    known = remembered(access.administration_id, order.amazon_order_id)
    standing = find_standing(access.client, order.amazon_order_id, known)
    ids = {one.document_id for one in standing}
    gone = [one.document_id for one in known if one.document_id not in ids]
    with transaction():
        lease.check()
        for document_id in gone:
            forget_found(access.administration_id, document_id)
        if not standing:
            return None
        return _settle(order, translation, standing, access.administration_id, has_payments=has_payments)


def has_come_late(posting_id: int, client: SnelStartClient) -> bool:
    """Look once more before a sales order is sent again: hours may lie between the last look-up and now.

    A sales entry does without: SnelStart refuses a second one by its number.
    """
    with transaction() as session:
        found = session.scalars(
            select(Posting).where(Posting.id == posting_id).execution_options(populate_existing=True)
        )
        (posting,) = detached(session, found)
    return find(client, posting) is not None


def _settle(
    order: Order, translation: Translation, standing: Sequence[Standing], administration_id: str, *, has_payments: bool
) -> str | None:
    ours = next((one for one in standing if fits(one, translation)), None)
    if ours is None:
        remember(administration_id, standing)
        set_state(order, OrderState.ERROR, [_differs(standing[0], translation)], treatment=translation.treatment.value)
        return OrderState.ERROR.value
    # What stands there from before the start date is somebody else's work, as a rule.
    is_migrated = order.sale_migration_id is not None
    issues = [Issue("ALREADY_IN_SNELSTART" if is_migrated else "FOUND_IN_SNELSTART", {"number": ours.number})]
    if ours.total is not None and ours.total != _total(translation):
        issues.append(Issue("ORDER_TOTAL_DIFFERS", _facts(ours, translation)))
    if len(standing) > 1:
        other = next(one for one in standing if one is not ours)
        issues.append(Issue("TWICE_IN_SNELSTART", {"number": ours.number, "other": other.number}))
    is_as_calculated = ours.total == _total(translation)
    posting_id = adopt(order, administration_id, ours, issues, rates_of(translation) if is_as_calculated else None)
    if posting_id is None:
        return None
    if has_payments and not is_migrated:
        # Whether it was paid already, its balance tells.
        payments.add_payment(posting_id, db.session.connection())
    return OrderState.POSTED.value


def _differs(one: Standing, translation: Translation) -> Issue:
    return Issue("INVOICE_NUMBER_DUPLICATE_DIFFERENT", _facts(one, translation))


def _facts(one: Standing, translation: Translation) -> dict[str, str]:
    return {"number": one.number, "ours": str(_total(translation)), "theirs": str(one.total)}


def _total(translation: Translation) -> Decimal | None:
    if translation.entry is not None:
        return translation.entry.total_incl_vat
    return None if translation.sales_order is None else translation.sales_order.total_incl_vat
