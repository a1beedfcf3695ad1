"""Mollie says that a payment changed, and nothing more: what is true is asked of Mollie itself.

https://docs.mollie.com/reference/webhooks
"""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, current_app, request

from webshop.clients.payments import PAYMENT_ID
from webshop.exceptions import RemoteError
from webshop.extensions import csrf, limiter
from webshop.models import Checkout, CheckoutState
from webshop.services import checkouts

log = structlog.get_logger(__name__)

blueprint = Blueprint("webhooks", __name__)

LARGEST = 4096


@blueprint.post("/webhooks/mollie")
@csrf.exempt
@limiter.limit("120 per minute")
def mollie() -> Response:
    """Ask Mollie about the payment named in `id`.

    An id that is not ours gets the same answer as one that is: nobody learns which ids exist, and Mollie does
    not try again. Only when Mollie cannot be asked we let it try again.
    """
    request.max_content_length = LARGEST
    payment_id = request.form.get("id", "")
    if not PAYMENT_ID.fullmatch(payment_id):
        return _done()
    try:
        checkout = checkouts.settle(payment_id)
    except RemoteError as trouble:
        log.warning("payments_unreachable", error=str(trouble))
        return Response(status=503)
    if checkout is not None:
        ring(checkout)
    return _done()


def ring(checkout: Checkout) -> None:
    """Let what was paid begin at once, after the commit; without Redis the next sweep rings."""
    if checkout.state == CheckoutState.PAID.value:
        current_app.extensions["ring_shop"](checkout.shop_id)


def _done() -> Response:
    return Response(status=200)
