"""The payments as Mollie keeps them: made open, and brought to an end by the customer or by time.

https://docs.mollie.com/reference/create-payment and https://docs.mollie.com/docs/status-change
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from webshop.sandbox.core import World

REMOTE = "mollie"
API_KEY = "test_sandboxsandboxsandboxsandbox00"
PAYS_WITHIN = timedelta(minutes=15)
"""How long an iDEAL payment can be paid."""
ENDS = {"paid": "paidAt", "failed": "failedAt", "canceled": "canceledAt", "expired": "expiredAt"}
_PAYMENTS, _KEYS = "mollie.payments", "mollie.idempotency_keys"
_AMOUNT = re.compile(r"[0-9]{1,9}\.[0-9]{2}")
_LOCALES = ("nl_NL", "nl_BE", "en_US", "en_GB", "de_DE", "de_AT", "fr_FR")

CallWebhook = Callable[[str, str], None]


class PaymentRefusedError(Exception):
    """What Mollie answers with 422: the field it is about, and its words."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


def call_webhook(url: str, payment_id: str) -> None:
    """Tell the merchant that a payment changed; like Mollie, with its id and nothing else."""
    try:
        requests.post(url, data={"id": payment_id}, timeout=5, allow_redirects=False)
    except requests.RequestException:
        # Mollie tries again for a day; here the merchant's own search has to find it.
        return


class Mollie:
    """`notify` calls a webhook; `api_key` is the only one that is let in."""

    def __init__(self, world: World, notify: CallWebhook = call_webhook) -> None:
        self.world = world
        self.notify = notify
        self.api_key = API_KEY

    def payments(self) -> list[dict[str, Any]]:
        return [self._current(payment) for payment in self.world.store.all(_PAYMENTS)]

    def payment(self, payment_id: str) -> dict[str, Any] | None:
        found = self.world.store.get(_PAYMENTS, payment_id)
        return None if found is None else self._current(found)

    def create(self, wish: dict[str, Any], idempotency_key: str) -> dict[str, Any]:
        """Make a payment, or return the one that was made under this key within the hour.

        :raise PaymentRefusedError: as Mollie does, for a wish it cannot carry out.
        """
        _check(wish)
        store, now = self.world.store, self.world.clock()
        with store.lock:
            known = store.get(_KEYS, idempotency_key) if idempotency_key else None
            if known is not None and now - datetime.fromisoformat(known["at"]) < timedelta(hours=1):
                return self.payment(known["payment"]) or {}
            payment_id = f"tr_{len(store.all(_PAYMENTS)) + 1:010d}"
            payment = {
                "id": payment_id,
                "status": "open",
                "createdAt": now.isoformat(),
                "expiresAt": (now + PAYS_WITHIN).isoformat(),
                **{name: wish.get(name) for name in ("amount", "description", "redirectUrl", "webhookUrl")},
                "metadata": wish.get("metadata"),
                "locale": wish.get("locale"),
            }
            store.put(_PAYMENTS, payment_id, payment)
            if idempotency_key:
                store.put(_KEYS, idempotency_key, {"payment": payment_id, "at": now.isoformat()})
        return payment

    def end(self, payment_id: str, status: str, *, is_told: bool = True) -> dict[str, Any]:
        """Bring an open payment to its end and call the merchant's webhook; one that has ended stays as it is."""
        with self.world.store.lock:
            payment = self.payment(payment_id)
            if payment is None:
                raise KeyError(payment_id)
            if payment["status"] == "open":
                payment = self.change(payment_id, status=status, **{ENDS[status]: self.world.clock().isoformat()})
        if is_told and payment["webhookUrl"]:
            self.notify(payment["webhookUrl"], payment_id)
        return payment

    def change(self, payment_id: str, **values: Any) -> dict[str, Any]:
        """Change a payment as Mollie never would, for tests of what does not fit."""
        payment = {**(self.world.store.get(_PAYMENTS, payment_id) or {}), **values}
        self.world.store.put(_PAYMENTS, payment_id, payment)
        return payment

    def _current(self, payment: dict[str, Any]) -> dict[str, Any]:
        """Return a payment as it is now: one that nobody paid in time has expired."""
        if payment["status"] == "open" and self.world.clock() >= datetime.fromisoformat(payment["expiresAt"]):
            return {**payment, "status": "expired", "expiredAt": payment["expiresAt"]}
        return payment


def _check(wish: dict[str, Any]) -> None:
    amount = wish.get("amount")
    if not isinstance(amount, dict) or not _AMOUNT.fullmatch(str(amount.get("value"))):
        raise PaymentRefusedError("amount", "The amount must have a value with exactly two decimals")
    if amount.get("currency") != "EUR" or amount["value"] == "0.00":
        raise PaymentRefusedError("amount", "The amount cannot be paid with any of your payment methods")
    if not wish.get("description"):
        raise PaymentRefusedError("description", "The description is missing")
    if urlsplit(str(wish.get("redirectUrl"))).scheme not in ("http", "https"):
        raise PaymentRefusedError("redirectUrl", "The redirect URL is invalid")
    webhook = wish.get("webhookUrl")
    # Mollie refuses what it cannot reach; this one runs on the same machine.
    if webhook is not None and urlsplit(str(webhook)).scheme not in ("http", "https"):
        raise PaymentRefusedError("webhookUrl", "The webhook URL is invalid because it is unreachable")
    if wish.get("locale") not in (None, *_LOCALES):
        raise PaymentRefusedError("locale", "The locale is invalid")
