"""Mollie: make a payment, and ask what became of it.

Mollie's own client knows the API; the calls themselves leave through ours, which has the deadlines, follows
no redirects and tells what is certain from what is not. https://docs.mollie.com/reference/payments-api
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from mollie.api.client import Client
from mollie.api.error import Error, IdentifierError, ResponseError

from webshop.clients.http import HttpAnswer, HttpClient, retry_after_seconds
from webshop.clients.text import clean_text
from webshop.exceptions import (
    NotFoundRemoteError,
    OutcomeUnknownError,
    PartnerAccessError,
    RejectedError,
    RemoteError,
    RetryableRemoteError,
    ThrottledError,
)

CREATE, GET = "createPayment", "getPayment"
PAYMENT_ID = re.compile(r"tr_[A-Za-z0-9]{4,36}")
_AMOUNT = re.compile(r"[0-9]{1,9}\.[0-9]{2}")
_CHECKOUT = "checkout"


@dataclass(frozen=True)
class PaymentRequest:
    """What is to be paid, and where Mollie sends the payer and its call-back afterwards."""

    checkout_id: str
    amount: Decimal
    currency: str
    description: str
    redirect_url: str
    webhook_url: str | None
    """None when Mollie cannot reach us, as on a developer's machine."""
    locale: str


@dataclass(frozen=True)
class Payment:
    """A payment as Mollie knows it; `checkout_url` is where it is paid, None once that is over."""

    payment_id: str
    status: str
    amount: Decimal
    currency: str
    checkout_id: str | None
    checkout_url: str | None


class PaymentsClient:
    def __init__(self, *, http: HttpClient, api_url: str, api_key: str) -> None:
        self._http = http
        self._client = _MollieClient(http, api_url)
        self._client.set_api_key(api_key)

    def create_payment(self, wish: PaymentRequest) -> Payment:
        """Make a payment; the same wish again within the hour gives the same payment.

        :raise OutcomeUnknownError: when it may have been made; nobody can pay it, and asking again is safe.
        """
        data: dict[str, Any] = {
            "amount": {"currency": wish.currency, "value": f"{wish.amount:.2f}"},
            "description": wish.description,
            "redirectUrl": wish.redirect_url,
            "metadata": {_CHECKOUT: wish.checkout_id},
            "locale": wish.locale,
        }
        if wish.webhook_url is not None:
            data["webhookUrl"] = wish.webhook_url
        try:
            made = self._client.payments.create(data, idempotency_key=wish.checkout_id)
        except Error as error:
            raise self._error_of(error, CREATE) from None
        return self._read(made, CREATE)

    def get_payment(self, payment_id: str) -> Payment:
        """Return a payment as it stands at Mollie.

        :raise NotFoundRemoteError: when Mollie does not know it, or the id cannot be one.
        """
        if not PAYMENT_ID.fullmatch(payment_id):
            raise NotFoundRemoteError("not an id of a payment", remote=self._http.remote, operation=GET)
        try:
            found = self._client.payments.get(payment_id)
        except Error as error:
            raise self._error_of(error, GET) from None
        payment = self._read(found, GET)
        if payment.payment_id != payment_id:
            raise self._unreadable(GET)
        return payment

    def _read(self, document: Mapping[str, Any], operation: str) -> Payment:
        """Take from Mollie's document what we act on; anything that is not as it should be is no answer."""
        amount, metadata = document.get("amount"), document.get("metadata")
        payment_id, status = document.get("id"), document.get("status")
        value, currency = (amount.get("value"), amount.get("currency")) if isinstance(amount, dict) else (None, None)
        is_sound = isinstance(payment_id, str) and PAYMENT_ID.fullmatch(payment_id) and isinstance(status, str)
        if not (is_sound and isinstance(value, str) and _AMOUNT.fullmatch(value) and isinstance(currency, str)):
            raise self._unreadable(operation)
        checkout_id = metadata.get(_CHECKOUT) if isinstance(metadata, dict) else None
        return Payment(
            payment_id=str(payment_id),
            status=str(status),
            amount=Decimal(value),
            currency=currency,
            checkout_id=checkout_id if isinstance(checkout_id, str) else None,
            checkout_url=_checkout_url(document),
        )

    def _unreadable(self, operation: str) -> RemoteError:
        return RetryableRemoteError(
            "the answer is not one of the payments API",
            remote=self._http.remote,
            operation=operation,
            code="UNREADABLE_ANSWER",
        )

    def _error_of(self, error: Error, operation: str) -> RemoteError:
        facts: dict[str, Any] = {"remote": self._http.remote, "operation": operation}
        if isinstance(error, IdentifierError):
            return NotFoundRemoteError("not an id of a payment", **facts)
        if not isinstance(error, ResponseError):
            # No JSON, or none of Mollie's. Its text would be quoted: it is not.
            kind = OutcomeUnknownError if operation == CREATE else RetryableRemoteError
            return kind("the answer cannot be read", **facts)
        status = error.status if isinstance(error.status, int) else 500
        facts |= {"status": status, "code": clean_text(error.field, 60) if isinstance(error.field, str) else None}
        if status in (401, 403):
            return PartnerAccessError("our key is refused", **facts)
        if status in (404, 410):
            return NotFoundRemoteError("there is no such payment", **facts)
        if status == 429:
            return ThrottledError("too many requests", retry_after=self._client.retry_after, **facts)
        if status >= 500:
            kind = OutcomeUnknownError if operation == CREATE else RetryableRemoteError
            return kind("Mollie is in trouble", **facts)
        return RejectedError(clean_text(str(error), 200), **facts)


def _checkout_url(document: Mapping[str, Any]) -> str | None:
    try:
        url = document["_links"]["checkout"]["href"]
    except (KeyError, TypeError):
        return None
    return url if isinstance(url, str) else None


class _MollieClient(Client):
    """Mollie's client on our HTTP."""

    def __init__(self, http: HttpClient, api_url: str) -> None:
        super().__init__(api_endpoint=api_url)
        self._http = http
        self.retry_after: float | None = None

    def perform_http_call(  # type: ignore[override]  # the part of a response that it reads
        self,
        http_method: str,
        path: str,
        data: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
        idempotency_key: str = "",
    ) -> _Response:
        headers = {"Authorization": f"Bearer {self.api_key}"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        query = f"?{urlencode(params)}" if params else ""
        answer = self._http.send(
            http_method,
            f"{self.api_endpoint}/{self.api_version}/{path}{query}",
            operation=GET if http_method == "GET" else CREATE,
            headers=headers,
            json=data,
            is_write=http_method != "GET",
        )
        self.retry_after = retry_after_seconds(answer)
        return _Response(answer)


class _Response:
    """An answer of ours in the shape Mollie's client reads."""

    encoding = "utf-8"

    def __init__(self, answer: HttpAnswer) -> None:
        self._answer = answer
        self.status_code = answer.status
        self.headers = answer.headers
        self.text = ""

    def json(self) -> dict[str, Any]:
        document = self._answer.json()
        if not isinstance(document, dict):
            raise ValueError("not an object")
        return document
