"""Buying something from us: open a checkout, pay at Mollie, and let what is true there have its effect.

A checkout fixes its amounts. Nothing that comes from outside is believed, neither a call-back nor a return:
both only make us ask Mollie about the payment. What it says must be about this checkout, in this currency,
for exactly this amount, and it has its effect once: the state of the row is changed under the lock of the
shop, in the transaction that makes the invoice and delivers what was bought.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select, update

from webshop.clients.payments import Payment, PaymentRequest, PaymentsClient
from webshop.exceptions import ConflictError, NotFoundError, NotFoundRemoteError, RejectedError, RemoteError
from webshop.extensions import clock, db, settings, transaction
from webshop.models import Checkout, CheckoutState, Product, Shop
from webshop.services import audit, checkout_effects
from webshop.services.bugs import BUGS
from webshop.services.connections import http_client
from webshop.services.invoice_amounts import amounts_for
from webshop.services.letters import address_of

log = structlog.get_logger(__name__)

REMOTE = "mollie"
REUSED_WITHIN = timedelta(minutes=30)
"""How long a second click leads to the same checkout."""
WATCHED_FOR = timedelta(days=1)
AT_MOST = 500
LOCALES = {"nl": "nl_NL", "en": "en_US", "de": "de_DE"}
_ENDED = {
    "failed": CheckoutState.FAILED,
    "canceled": CheckoutState.CANCELLED,
    "expired": CheckoutState.EXPIRED,
}
_SETTLED = (CheckoutState.PAID.value, CheckoutState.DUPLICATE.value)


def open_checkout(
    shop: Shop, product: Product, *, units: int = 1, subject_id: str | None = None, user_id: int | None = None
) -> Checkout:
    """Fix what one purchase costs; one that was opened just now and is not paid yet is taken up again.

    :raise ConflictError: when this was paid already, or the shop has no end to move.
    """
    with transaction() as session:
        current = session.get_one(Shop, shop.id, with_for_update={"key_share": True}, populate_existing=True)
        if product is Product.SUBSCRIPTION and current.active_until is None:
            raise ConflictError("this shop has no end")
        amounts = amounts_for(current, product, units)
        same = (Checkout.shop_id == shop.id, Checkout.product == product.value, Checkout.subject_id == subject_id)
        if subject_id is not None and session.scalar(
            select(Checkout.id).where(*same, Checkout.state == CheckoutState.PAID.value)
        ):
            raise ConflictError("this was paid already")
        recent = session.scalars(
            select(Checkout)
            .where(
                *same,
                Checkout.state == CheckoutState.OPEN.value,
                Checkout.units == units,
                Checkout.net == amounts.net,
                Checkout.total == amounts.total,
                Checkout.created_at > clock.now() - REUSED_WITHIN,
            )
            .order_by(Checkout.id.desc())
            .limit(1)
        ).first()
        if recent is not None:
            return recent
        checkout = Checkout(
            shop_id=shop.id,
            user_id=user_id,
            product=product.value,
            units=units,
            subject_id=subject_id,
            net=amounts.net,
            vat=amounts.vat,
            total=amounts.total,
            created_at=clock.now(),
        )
        session.add(checkout)
        session.flush()
        facts = {"product": product.value, "total": str(checkout.total)}
        audit.record("checkout_opened", shop_id=shop.id, user_id=user_id, facts=facts)
    return checkout


def start_payment(checkout: Checkout) -> str:
    """Return the address at which a checkout is paid.

    When its payment ended meanwhile: that of a new one, or our own page when it turns out to be paid.

    :raise RemoteError: when Mollie cannot be asked now; asking again is safe.
    """
    if checkout.payment_id is not None:
        settle(checkout.payment_id)
        checkout = _fresh(checkout)
        if checkout.state in _SETTLED:
            return return_address(checkout)
        if checkout.state != CheckoutState.OPEN.value:
            checkout = _open_another(checkout)
    db.session.commit()  # no transaction during the call
    client = _client()
    if checkout.payment_id is None:
        payment = client.create_payment(_request(checkout))
        with transaction() as session:
            is_mine = (Checkout.id == checkout.id, Checkout.payment_id.is_(None))
            session.execute(update(Checkout).where(*is_mine).values(payment_id=payment.payment_id))
    else:
        payment = client.get_payment(checkout.payment_id)
    if payment.checkout_url is None or not settings().is_checkout_address(payment.checkout_url):
        raise RejectedError("there is no payment page", remote=REMOTE, operation="checkout", code="CHECKOUT_URL")
    return payment.checkout_url


def settle(payment_id: str) -> Checkout | None:
    """Ask Mollie about a payment and apply what is true there; None when it is not one of ours.

    :raise RemoteError: when Mollie cannot be asked now.
    """
    db.session.commit()  # no transaction during the call
    try:
        payment = _client().get_payment(payment_id)
    except NotFoundRemoteError:
        return None
    return _apply(payment)


def settle_open(is_stopping: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Ask again about every payment that nobody told us the end of, and let go of those older than a day.

    So a lost call-back costs minutes. A payment that is made after all still counts: its call-back does that.
    """
    counts = {"asked": 0, "expired": 0}
    with transaction() as session:
        waiting = session.scalars(
            select(Checkout)
            .where(Checkout.state == CheckoutState.OPEN.value)
            .order_by(Checkout.created_at)
            .limit(AT_MOST)
        ).all()
    for checkout in waiting:
        if is_stopping():
            break
        try:
            if checkout.payment_id is not None:
                counts["asked"] += 1
                settle(checkout.payment_id)
            if checkout.created_at <= clock.now() - WATCHED_FOR:
                counts["expired"] += _expire(checkout.id)
        except RemoteError as trouble:
            log.warning("payments_unreachable", error=str(trouble))
            break
        except BUGS:
            # Our mistake, with this one: its payment is asked about again, and the others are not held up.
            db.session.rollback()
            log.exception("checkout_crashed", checkout=checkout.id)
    return counts


def find_checkout(shop: Shop, public_id: str) -> Checkout:
    """Return a checkout of this shop.

    :raise NotFoundError: when the shop has no such checkout.
    """
    found = db.session.scalars(
        select(Checkout)
        .where(Checkout.shop_id == shop.id, Checkout.public_id == public_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFoundError("checkout")
    return found


def ask_about(checkout: Checkout) -> None:
    """Bring a checkout that waits up to date; without an answer of Mollie it goes on waiting."""
    if checkout.state == CheckoutState.OPEN.value and checkout.payment_id is not None:
        try:
            settle(checkout.payment_id)
        except RemoteError as trouble:
            log.warning("payments_unreachable", error=str(trouble))


def return_address(checkout: Checkout) -> str:
    """Return where Mollie sends the payer afterwards: our page that tells what became of it."""
    shop = db.session.get_one(Shop, checkout.shop_id)
    return address_of("subscription.checkout", shop_id=shop.public_id, checkout_id=checkout.public_id)


def _client() -> PaymentsClient:
    current = settings()
    return PaymentsClient(http=http_client(REMOTE), api_url=current.mollie_api_url, api_key=current.mollie_api_key)


def _request(checkout: Checkout) -> PaymentRequest:
    shop = db.session.get_one(Shop, checkout.shop_id)
    texts = {
        Product.SUBSCRIPTION: _("Abonnement koppeling Amazon–SnelStart, 1 jaar"),
        Product.INSTALLATION: _("Installatie koppeling Amazon–SnelStart"),
        Product.MIGRATION: _("Migratie koppeling Amazon–SnelStart"),
    }
    request = PaymentRequest(
        checkout_id=checkout.public_id,
        amount=checkout.total,
        currency=checkout.currency,
        description=f"{texts[Product(checkout.product)]} ({shop.licence_key})",
        redirect_url=return_address(checkout),
        webhook_url=_webhook_url(),
        locale=LOCALES.get(str(get_locale()), LOCALES["nl"]),
    )
    db.session.commit()
    return request


def _webhook_url() -> str | None:
    """Return where Mollie calls back. It refuses addresses it cannot reach; the search finds payments without."""
    current = settings()
    is_reached = current.is_https or not current.is_mollie_real
    return address_of("webhooks.mollie") if is_reached else None


def _open_another(checkout: Checkout) -> Checkout:
    shop = db.session.get_one(Shop, checkout.shop_id)
    return open_checkout(
        shop,
        Product(checkout.product),
        units=checkout.units,
        subject_id=checkout.subject_id,
        user_id=checkout.user_id,
    )


def _fresh(checkout: Checkout) -> Checkout:
    return db.session.get_one(Checkout, checkout.id, populate_existing=True)


def _apply(payment: Payment) -> Checkout | None:
    with transaction() as session:
        found = _find(payment)
        if found is None:
            log.warning("payment_of_nobody", payment=payment.payment_id)
            return None
        # The shop first, as whatever changes its end does: payments of one shop come one after the other.
        session.execute(select(Shop.id).where(Shop.id == found.shop_id).with_for_update(key_share=True))
        found = _find(payment) or found
        checkout = session.get_one(Checkout, found.id, with_for_update=True, populate_existing=True)
        if checkout.state in _SETTLED:
            if payment.status == "paid" and payment.payment_id != checkout.payment_id:
                checkout_effects.note_second_payment(checkout, payment)
        elif payment.status == "paid":
            _take(checkout, payment)
        elif _is_its_own(checkout, payment):
            checkout.payment_id = payment.payment_id
            if checkout.state == CheckoutState.OPEN.value:
                checkout.state = _ENDED.get(payment.status, CheckoutState.OPEN).value
    return checkout


def _find(payment: Payment) -> Checkout | None:
    """Find what a payment is for; its row may not know it yet, but Mollie keeps what we said it is for."""
    by_id = db.session.scalars(select(Checkout).where(Checkout.payment_id == payment.payment_id)).one_or_none()
    if by_id is not None or payment.checkout_id is None:
        return by_id
    return db.session.scalars(select(Checkout).where(Checkout.public_id == payment.checkout_id)).one_or_none()


def _is_its_own(checkout: Checkout, payment: Payment) -> bool:
    return checkout.public_id == payment.checkout_id and checkout.payment_id in (None, payment.payment_id)


def _take(checkout: Checkout, payment: Payment) -> None:
    """Accept a payment that is exactly what was asked for, whatever was known of it before."""
    is_exact = (
        payment.checkout_id == checkout.public_id
        and payment.currency == checkout.currency
        and payment.amount == checkout.total
    )
    if not is_exact:
        checkout_effects.refuse(checkout, payment)
    elif checkout_effects.is_of_a_deleted_shop(checkout):
        checkout_effects.note_after_deletion(checkout, payment)
    elif checkout_effects.is_bought_twice(checkout):
        checkout_effects.note_duplicate(checkout, payment)
    else:
        checkout_effects.deliver(checkout, payment)


def _expire(checkout_id: int) -> bool:
    with transaction() as session:
        is_open = (Checkout.id == checkout_id, Checkout.state == CheckoutState.OPEN.value)
        expired = session.execute(
            update(Checkout).where(*is_open).values(state=CheckoutState.EXPIRED.value).returning(Checkout.id)
        ).first()
    return expired is not None
