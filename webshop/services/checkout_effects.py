"""What a payment brings about, each in the transaction that notes it: delivery once, or money to be paid back."""

from __future__ import annotations

from sqlalchemy import select

from webshop.clients.payments import Payment
from webshop.extensions import clock, db
from webshop.models import (
    Checkout,
    CheckoutState,
    Membership,
    Product,
    ReportState,
    RequestKind,
    Role,
    ServiceRequest,
    Shop,
)
from webshop.services import audit, installer_grants, invoices, sale_migrations, subscription


def is_bought_twice(checkout: Checkout) -> bool:
    """Return whether the same thing was paid by another checkout.

    A second year may be wanted: it is one when it was asked for after the first was paid. Of two that were
    asked for before, one is a mistake.
    """
    same = (
        Checkout.id != checkout.id,
        Checkout.shop_id == checkout.shop_id,
        Checkout.product == checkout.product,
        Checkout.state == CheckoutState.PAID.value,
    )
    if checkout.subject_id is not None:
        other = select(Checkout.id).where(*same, Checkout.subject_id == checkout.subject_id)
    else:
        other = select(Checkout.id).where(*same, Checkout.paid_at >= checkout.created_at)
    return db.session.scalar(other.limit(1)) is not None


def is_of_a_deleted_shop(checkout: Checkout) -> bool:
    """Return whether the shop was deleted between the click and the payment: there is nothing left to sell it."""
    return db.session.scalar(select(Shop.deleted_at).where(Shop.id == checkout.shop_id)) is not None


def deliver(checkout: Checkout, payment: Payment) -> None:
    """Note that it is paid, make the invoice and give what was bought."""
    _note_paid(checkout, payment, CheckoutState.PAID)
    facts = {"product": checkout.product, "total": str(checkout.total)}
    audit.record("checkout_paid", shop_id=checkout.shop_id, user_id=checkout.user_id, facts=facts)
    invoices.issue(checkout)
    product = Product(checkout.product)
    if product is Product.SUBSCRIPTION:
        subscription.extend(checkout.shop_id)
    elif product is Product.INSTALLATION:
        installer_grants.mark_paid(checkout.subject_id or "")
    else:
        sale_migrations.mark_paid(checkout.subject_id or "")


def note_duplicate(checkout: Checkout, payment: Payment) -> None:
    """Keep a payment for what was paid already; it has no effect and our staff pay it back."""
    _note_paid(checkout, payment, CheckoutState.DUPLICATE)
    facts = {"product": checkout.product, "total": str(checkout.total)}
    audit.record("paid_twice", shop_id=checkout.shop_id, user_id=checkout.user_id, facts=facts)
    _ask_refund(checkout, payment, "paid_twice")


def note_after_deletion(checkout: Checkout, payment: Payment) -> None:
    """Keep a payment of a shop that is gone; it has no effect and our staff pay it back."""
    _note_paid(checkout, payment, CheckoutState.DUPLICATE)
    facts = {"product": checkout.product, "total": str(checkout.total)}
    audit.record("paid_after_deletion", shop_id=checkout.shop_id, user_id=checkout.user_id, facts=facts)
    _ask_refund(checkout, payment, "paid_after_deletion")


def note_second_payment(checkout: Checkout, payment: Payment) -> None:
    """Keep another payment of a checkout that is paid, as a row of its own so that it is told once."""
    second = Checkout(
        shop_id=checkout.shop_id,
        user_id=checkout.user_id,
        product=checkout.product,
        units=checkout.units,
        subject_id=checkout.subject_id,
        net=checkout.net,
        vat=checkout.vat,
        total=checkout.total,
        currency=checkout.currency,
        created_at=clock.now(),
    )
    db.session.add(second)
    note_duplicate(second, payment)


def refuse(checkout: Checkout, payment: Payment) -> None:
    """Note a payment that is not what was asked for: no effect, and our staff look at it. Told once."""
    if checkout.state == CheckoutState.FAILED.value:
        return
    checkout.state, checkout.payment_id = CheckoutState.FAILED.value, checkout.payment_id or payment.payment_id
    facts = {
        "product": checkout.product,
        "old": f"{checkout.total} {checkout.currency}",
        "new": f"{payment.amount} {payment.currency}",
    }
    audit.record("payment_refused", shop_id=checkout.shop_id, user_id=checkout.user_id, facts=facts)
    _ask_refund(checkout, payment, "payment_refused")


def _note_paid(checkout: Checkout, payment: Payment, state: CheckoutState) -> None:
    checkout.state, checkout.payment_id, checkout.paid_at = state.value, payment.payment_id, clock.now()
    db.session.flush()


def _ask_refund(checkout: Checkout, payment: Payment, reason: str) -> None:
    user_id = (
        checkout.user_id
        or db.session.scalars(
            select(Membership.user_id)
            .where(Membership.shop_id == checkout.shop_id, Membership.role == Role.OWNER.value)
            .order_by(Membership.id)
            .limit(1)
        ).first()
    )
    if user_id is None:
        # A shop without owners; the audit has it.
        return
    db.session.add(
        ServiceRequest(
            shop_id=checkout.shop_id,
            user_id=user_id,
            kind=RequestKind.REFUND.value,
            facts={
                "reason": reason,
                "payment": payment.payment_id,
                "amount": f"{payment.amount} {payment.currency}",
                "product": checkout.product,
            },
            state=ReportState.RECEIVED.value,
            created_at=clock.now(),
        )
    )
