"""searchOrders: which parameters Amazon accepts, and which orders they select."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from webshop.sandbox.amazon.errors import PAGE_NOT_VALID, access_denied, invalid_input
from webshop.sandbox.amazon.lifecycle import StoredOrder
from webshop.sandbox.amazon.projection import DATASETS
from webshop.sandbox.amazon.signing import Signer
from webshop.sandbox.amazon.timestamps import format_timestamp, parse_timestamp, round_to_milliseconds

# an answer never holds what changed in the last two minutes
LAG = timedelta(minutes=2)
PAGE_TOKEN_LIFETIME = timedelta(hours=24)

STATUSES = (
    "PENDING_AVAILABILITY",
    "PENDING",
    "UNSHIPPED",
    "PARTIALLY_SHIPPED",
    "SHIPPED",
    "CANCELLED",
    "UNFULFILLABLE",
)
_FULFILLED_BY = ("MERCHANT", "AMAZON")
_NAMES = frozenset(
    {
        "createdAfter",
        "createdBefore",
        "lastUpdatedAfter",
        "lastUpdatedBefore",
        "fulfillmentStatuses",
        "marketplaceIds",
        "fulfilledBy",
        "maxResultsPerPage",
        "paginationToken",
        "includedData",
    }
)
_MAXIMUM = 100
_MAXIMUM_MARKETPLACES = 50


@dataclass(frozen=True)
class Search:
    """A valid request; `field` is "lastUpdated" or "created", `cursor` the last order already given."""

    field: str
    after: datetime
    before: datetime
    statuses: frozenset[str]
    marketplace_ids: frozenset[str]
    fulfilled_by: frozenset[str]
    datasets: tuple[str, ...]
    page_size: int
    fingerprint: str
    cursor: tuple[str, str] | None = None


@dataclass(frozen=True)
class Page:
    """`repeated` are orders of the page before, for the fault that gives them once more."""

    orders: list[StoredOrder]
    repeated: list[StoredOrder]
    next_cursor: tuple[str, str] | None


def read_csv(parameters: Mapping[str, str], name: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
    if name not in parameters:
        return ()
    values = tuple(parameters[name].split(","))
    if not all(values) or (allowed is not None and not set(values) <= set(allowed)):
        raise invalid_input(details=name)
    return values


def read_datasets(parameters: Mapping[str, str]) -> tuple[str, ...]:
    return read_csv(parameters, "includedData", DATASETS)


def check_names(parameters: Mapping[str, list[str]], allowed: Iterable[str]) -> dict[str, str]:
    """Refuse unknown and repeated parameters; Amazon takes lists comma-separated in one."""
    for name, values in parameters.items():
        if name not in allowed or len(values) != 1:
            raise invalid_input(details=name)
    return {name: values[0] for name, values in parameters.items()}


def read_search(
    query: Mapping[str, list[str]], seller_id: str, participations: Iterable[str], now: datetime, signer: Signer
) -> Search:
    parameters = check_names(query, _NAMES)
    field = _read_field(parameters)
    after, before = _read_window(parameters, field, now)
    marketplace_ids = read_csv(parameters, "marketplaceIds")
    if len(marketplace_ids) > _MAXIMUM_MARKETPLACES:
        raise invalid_input(details="marketplaceIds")
    search = Search(
        field=field,
        after=after,
        before=before,
        statuses=frozenset(read_csv(parameters, "fulfillmentStatuses", STATUSES)),
        marketplace_ids=frozenset(marketplace_ids),
        fulfilled_by=frozenset(read_csv(parameters, "fulfilledBy", _FULFILLED_BY)),
        datasets=read_datasets(parameters),
        page_size=_read_page_size(parameters),
        fingerprint=_fingerprint(parameters, seller_id),
    )
    if not search.marketplace_ids <= set(participations):
        raise access_denied()
    if "paginationToken" in parameters:
        return _continue(search, parameters["paginationToken"], now, signer)
    return search


def _read_field(parameters: Mapping[str, str]) -> str:
    given = [field for field in ("created", "lastUpdated") if f"{field}After" in parameters]
    if len(given) != 1:
        raise invalid_input(details="createdAfter, lastUpdatedAfter")
    other = {"created": "lastUpdatedBefore", "lastUpdated": "createdBefore"}[given[0]]
    if other in parameters:
        raise invalid_input(details=other)
    return given[0]


def _read_window(parameters: Mapping[str, str], field: str, now: datetime) -> tuple[datetime, datetime]:
    latest = round_to_milliseconds(now - LAG)
    try:
        after = parse_timestamp(parameters[f"{field}After"])
        before = parse_timestamp(parameters[f"{field}Before"]) if f"{field}Before" in parameters else None
    except ValueError:
        raise invalid_input(details=f"{field}After, {field}Before") from None
    if before is not None and (before < after or before > now - LAG):
        raise invalid_input(details=f"{field}Before")
    return after, before if before is not None else latest


def _read_page_size(parameters: Mapping[str, str]) -> int:
    text = parameters.get("maxResultsPerPage", str(_MAXIMUM))
    if not text.isascii() or not text.isdigit() or len(text) > 3 or not 1 <= int(text) <= _MAXIMUM:
        raise invalid_input(details="maxResultsPerPage")
    return int(text)


def _fingerprint(parameters: Mapping[str, str], seller_id: str) -> str:
    bound = {name: value for name, value in parameters.items() if name not in ("paginationToken", "maxResultsPerPage")}
    return hashlib.sha256(json.dumps([seller_id, bound], sort_keys=True).encode()).hexdigest()[:24]


def _continue(search: Search, token: str, now: datetime, signer: Signer) -> Search:
    payload = signer.read(token)
    if payload is None or payload.get("parameters") != search.fingerprint:
        raise invalid_input(PAGE_NOT_VALID)
    if now - datetime.fromisoformat(payload["at"]) > PAGE_TOKEN_LIFETIME:
        raise invalid_input(PAGE_NOT_VALID)
    moment, order_id = payload["cursor"]
    return Search(
        **{
            **search.__dict__,
            "before": datetime.fromisoformat(payload["before"]),
            "cursor": (moment, order_id),
        }
    )


def next_token(search: Search, cursor: tuple[str, str], now: datetime, signer: Signer) -> str:
    return signer.sign(
        {
            "parameters": search.fingerprint,
            "before": search.before.isoformat(),
            "at": now.isoformat(),
            "cursor": list(cursor),
        }
    )


def select_page(search: Search, orders: Iterable[StoredOrder], now: datetime) -> Page:
    """Walk by moment and order id, so that an order that changes meanwhile never hides another."""
    found: list[tuple[tuple[str, str], StoredOrder]] = []
    for order in orders:
        moment = order.last_updated_at(now) if search.field == "lastUpdated" else order.created_at
        if search.after <= moment <= search.before and _matches(search, order, now):
            found.append(((format_timestamp(moment), order.order_id), order))
    found.sort(key=lambda entry: entry[0])
    done = [entry for entry in found if search.cursor is not None and entry[0] <= search.cursor]
    rest = found[len(done) :]
    page = rest[: search.page_size]
    more = len(rest) > search.page_size
    return Page(
        orders=[order for _, order in page],
        repeated=[order for _, order in (done[-search.page_size :] or page)],
        next_cursor=page[-1][0] if more else None,
    )


def _matches(search: Search, order: StoredOrder, now: datetime) -> bool:
    if search.marketplace_ids and order.base["salesChannel"].get("marketplaceId") not in search.marketplace_ids:
        return False
    if search.statuses and order.status(now) not in search.statuses:
        return False
    by: Any = order.base.get("fulfillment", {}).get("fulfilledBy")
    return not search.fulfilled_by or by in search.fulfilled_by
