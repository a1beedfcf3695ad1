"""Find writes that were sent again blindly, in SnelStart's own log of requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from webshop.sandbox.core import LoggedRequest

# What tells one document from another, and where it is looked up.
IDENTITY = {
    "POST /verkoopboekingen": ("factuurnummer", "GET /verkoopfacturen"),
    "POST /verkooporders": ("betalingskenmerk", "GET /verkooporders"),
    "POST /memoriaalboekingen": ("boekstuk", "GET /grootboekmutaties"),
    "POST /relaties": ("email", "GET /relaties"),
    "POST /artikelen": ("artikelcode", "GET /artikelen"),
}
PAYMENT, BALANCE = "POST /memoriaalboekingen", "GET /verkoopfacturen"
REQUEST_TIMEOUT = 408


def blind_retries(
    entries: Iterable[LoggedRequest], *, is_administration_shared: bool = False, is_restored: bool = False
) -> Iterator[str]:
    """Yield each second send of a document that neither a refusal nor a look-up came before.

    Two shops on one administration may make the same article at the same moment: SnelStart refuses the second one.
    A restored database that knows nothing of a payment looks at the balance of its invoice, which tells as much.
    """
    waiting: dict[tuple[str, str, str], str] = {}
    """(account, operation, document) → the look-up that must come before it is sent again."""
    for entry in entries:
        if entry.operation in IDENTITY:
            member, look_up = IDENTITY[entry.operation]
            document = _identity(entry.body, member)
            key = (entry.account, entry.operation, document)
            is_refused_by_code = is_administration_shared and member == "artikelcode" and _is_refusal(entry.status)
            if key in waiting and not is_refused_by_code:
                yield f"{entry.operation} of {document} was sent again without a look at {waiting[key]}"
            if is_refused_by_code:
                continue
            if _is_refusal(entry.status):
                waiting.pop(key, None)
            else:
                waiting[key] = look_up
            continue
        for key, look_up in list(waiting.items()):
            is_balance = is_restored and key[1] == PAYMENT and entry.operation == BALANCE
            if (entry.operation == look_up or is_balance) and entry.account == key[0] and _concerns(entry, key[2]):
                del waiting[key]


def _identity(body: Any, member: str) -> str:
    value = body.get(member) if isinstance(body, dict) else None
    return str(value or (body.get("naam") if isinstance(body, dict) else ""))


def _is_refusal(status: int) -> bool:
    """Whether SnelStart said that it carried nothing out; no status is no answer."""
    return 300 <= status < 500 and status != REQUEST_TIMEOUT


def _concerns(entry: LoggedRequest, document: str) -> bool:
    """Whether a look-up could have found the document: it asks for it, or reads everything."""
    condition = entry.query.get("$filter", "")
    return document in condition.replace("''", "'") or " eq " not in condition
