"""Try a SnelStart key before it is stored: whose administration does it open, and may it do what the shop needs?"""

from __future__ import annotations

from contextlib import suppress

from webshop.clients.snelstart.client import CompanyInfo, SnelStartClient
from webshop.exceptions import BudgetEmptyError, RejectedError
from webshop.services.budgets import SNELSTART, Purse, snelstart_key, take
from webshop.services.connections import snelstart_auth, snelstart_client

ORDERS_REFUSED = "ORDERS_REFUSED"
"""What a key is refused with whose package has no sales orders."""


class _KeyTokens:
    """Access tokens for a key that is being tried and not stored yet."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._token = ""

    def get(self) -> str:
        self._token = self._token or snelstart_auth().token(self._key).access_token
        return self._token

    def renew(self, rejected: str) -> str:
        self._token = ""
        return self.get()


def try_snelstart_key(key: str, *, needs_orders: bool = False) -> CompanyInfo:
    """Return the administration a key opens, without storing anything; with `needs_orders` try those as well.

    :raise ReconnectRequiredError: when SnelStart does not know the key.
    :raise RejectedError: when the key or the package lacks what is needed.
    """
    purse = Purse(snelstart_key("unconfirmed"), SNELSTART)
    client = snelstart_client(_KeyTokens(key), purse)
    company = client.company_info()
    if needs_orders:
        _try_orders(client)
    # Only now it is known whose budget this call came out of.
    with suppress(BudgetEmptyError):
        take(snelstart_key(company.administration_id), SNELSTART, 1)
    return company


def _try_orders(client: SnelStartClient) -> None:
    try:
        client.sales_orders_page(modified_since=None, skip=0, top=1)
    except RejectedError as refusal:
        raise RejectedError(
            "sales orders are not in the package",
            remote=refusal.remote,
            operation=refusal.operation,
            code=ORDERS_REFUSED,
        ) from None
