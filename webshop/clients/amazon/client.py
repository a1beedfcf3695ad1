"""The calls we make to the Selling Partner API.

https://developer-docs.amazon.com/sp-api/docs/orders-api-v2026-01-01-reference
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from webshop.clients.amazon.errors import error_of, is_token_refused
from webshop.clients.amazon.members import parse_moment
from webshop.clients.amazon.parsing import (
    ORDER_ID,
    AmazonOrder,
    UnreadableOrder,
    UnreadableOrderError,
    parse_order,
)
from webshop.clients.amazon.transactions import TransactionsPage, read_page
from webshop.clients.http import HttpAnswer, HttpClient
from webshop.clients.text import clean_text
from webshop.clients.tokens import Take, TokenSource
from webshop.exceptions import NotFoundRemoteError, RejectedError, RetryableRemoteError

_ORDERS = "/orders/2026-01-01/orders"
_TRANSACTIONS = "/finances/2024-06-19/transactions"
_PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"
_INCLUDED_DATA = "PROCEEDS,FULFILLMENT,TAX,RECIPIENT,BUYER,PAYMENT"
_STATUS_ONLY = "FULFILLMENT"
"""What counting needs: nothing of the buyer, the amounts or the destination."""
_PACKAGES = ",PACKAGES"
"""Asked for only where it is needed: for when the packages left."""

SEARCH_ORDERS = "searchOrders"
GET_ORDER = "getOrder"
GET_PARTICIPATIONS = "getMarketplaceParticipations"
LIST_TRANSACTIONS = "listTransactions"
_PAGE_TOKENS = ("paginationToken", "nextToken")


class PageTokenInvalidError(RejectedError):
    """The pagination token is too old or does not fit: start the window again."""


@dataclass(frozen=True)
class OrdersPage:
    """`last_updated_before` is up to where the answer is complete; page 1's is the next watermark."""

    orders: tuple[AmazonOrder, ...]
    next_token: str | None
    last_updated_before: datetime | None
    unreadable: tuple[UnreadableOrder, ...]


@dataclass(frozen=True)
class Participation:
    marketplace_id: str
    name: str
    country_code: str
    currency: str
    domain: str
    store_name: str
    is_participating: bool
    has_suspended_listings: bool


class AmazonClient:
    """Speak for one seller; `tokens` belongs to that seller's connection."""

    def __init__(
        self, *, http: HttpClient, base_url: str, tokens: TokenSource, take: Take, clock: Callable[[], datetime]
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._take = take
        self._clock = clock

    def search_orders(
        self,
        *,
        marketplace_id: str,
        last_updated_after: datetime,
        pagination_token: str | None = None,
        page_size: int = 100,
        has_packages: bool = False,
    ) -> OrdersPage:
        """Return one page; following pages need the same arguments besides the token.

        Raise PageTokenInvalidError when Amazon does not accept the token (24 hours).
        """
        params = {
            "marketplaceIds": marketplace_id,
            "lastUpdatedAfter": _format_moment(last_updated_after),
            "maxResultsPerPage": str(page_size),
            "includedData": _INCLUDED_DATA + (_PACKAGES if has_packages else ""),
        }
        if pagination_token is not None:
            params["paginationToken"] = pagination_token
        answer = self._get(_ORDERS, operation=SEARCH_ORDERS, params=params)
        return self._read_page(answer)

    def search_created(
        self,
        *,
        marketplace_id: str,
        created_after: datetime,
        created_before: datetime,
        pagination_token: str | None = None,
        has_packages: bool = False,
        is_counting: bool = False,
    ) -> OrdersPage:
        """Return one page of the orders that were placed in a period; with `is_counting` little more than their number.

        Raise PageTokenInvalidError when Amazon does not accept the token (24 hours).
        """
        params = {
            "marketplaceIds": marketplace_id,
            "createdAfter": _format_moment(created_after),
            "createdBefore": _format_moment(created_before),
            "maxResultsPerPage": "100",
            "includedData": _STATUS_ONLY if is_counting else _INCLUDED_DATA + (_PACKAGES if has_packages else ""),
        }
        if pagination_token is not None:
            params["paginationToken"] = pagination_token
        return self._read_page(self._get(_ORDERS, operation=SEARCH_ORDERS, params=params))

    def get_order(self, order_id: str, *, has_packages: bool = False) -> AmazonOrder:
        """Raise NotFoundRemoteError for an order Amazon does not know."""
        if not ORDER_ID.fullmatch(order_id):
            raise RejectedError(
                "this is no Amazon order number", remote=self._http.remote, operation=GET_ORDER, code="ORDER_ID"
            )
        included = _INCLUDED_DATA + (_PACKAGES if has_packages else "")
        answer = self._get(f"{_ORDERS}/{order_id}", operation=GET_ORDER, params={"includedData": included})
        document = self._read_object(answer, GET_ORDER).get("order")
        if document is None:
            # The older version of this API answered unknown numbers with 200 and nothing.
            raise NotFoundRemoteError("Amazon does not know it", **self._facts(answer, GET_ORDER))
        try:
            order = parse_order(document)
        except UnreadableOrderError as error:
            raise RejectedError(str(error), code="UNREADABLE_ORDER", **self._facts(answer, GET_ORDER)) from None
        if order.order_id != order_id:
            raise self._unreadable(answer, GET_ORDER)
        return order

    def marketplace_participations(self) -> tuple[Participation, ...]:
        answer = self._get(_PARTICIPATIONS, operation=GET_PARTICIPATIONS, params={})
        rows = self._read_object(answer, GET_PARTICIPATIONS).get("payload")
        if not isinstance(rows, list):
            raise self._unreadable(answer, GET_PARTICIPATIONS)
        return tuple(_read_participation(row) for row in rows if _is_participation(row))

    def list_refunds(
        self, *, marketplace_id: str, posted_after: datetime, posted_before: datetime, next_token: str | None = None
    ) -> TransactionsPage:
        """Return the refunds of one page of payments; a page can be empty although others follow.

        Raise PageTokenInvalidError when Amazon does not accept the token.
        """
        params = {
            "postedAfter": _format_moment(posted_after),
            "postedBefore": _format_moment(posted_before),
            "marketplaceId": marketplace_id,
        }
        if next_token is not None:
            params["nextToken"] = next_token
        answer = self._get(_TRANSACTIONS, operation=LIST_TRANSACTIONS, params=params)
        payload = self._read_object(answer, LIST_TRANSACTIONS).get("payload")
        try:
            return read_page(payload)
        except ValueError:
            raise self._unreadable(answer, LIST_TRANSACTIONS) from None

    def _get(self, path: str, *, operation: str, params: Mapping[str, str]) -> HttpAnswer:
        token = self._tokens.get()
        answer = self._send(path, token, operation=operation, params=params)
        if is_token_refused(answer):
            token = self._tokens.renew(token)
            answer = self._send(path, token, operation=operation, params=params)
        if answer.is_success:
            return answer
        if answer.status == 400 and any(name in params for name in _PAGE_TOKENS):
            # Page 1 was accepted with the same arguments, so it can only be the token.
            raise PageTokenInvalidError("the pagination token is not valid any more", **self._facts(answer, operation))
        raise error_of(answer, remote=self._http.remote, operation=operation)

    def _send(self, path: str, token: str, *, operation: str, params: Mapping[str, str]) -> HttpAnswer:
        self._take(operation)
        headers = {"x-amz-access-token": token, "x-amz-date": self._clock().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")}
        return self._http.send("GET", self._base_url + path, operation=operation, params=params, headers=headers)

    def _read_page(self, answer: HttpAnswer) -> OrdersPage:
        document = self._read_object(answer, SEARCH_ORDERS)
        rows = document.get("orders")
        pagination = document.get("pagination") or {}
        if not isinstance(rows, list) or not isinstance(pagination, dict):
            raise self._unreadable(answer, SEARCH_ORDERS)
        next_token = pagination.get("nextToken") or None
        if not isinstance(next_token, str | None):
            raise self._unreadable(answer, SEARCH_ORDERS)
        orders: list[AmazonOrder] = []
        unreadable: list[UnreadableOrder] = []
        for row in rows:
            try:
                orders.append(parse_order(row))
            except UnreadableOrderError as error:
                unreadable.append(UnreadableOrder(error.order_id, error.problem))
        return OrdersPage(tuple(orders), next_token, parse_moment(document.get("lastUpdatedBefore")), tuple(unreadable))

    def _read_object(self, answer: HttpAnswer, operation: str) -> dict[str, Any]:
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise self._unreadable(answer, operation)
        return document

    def _facts(self, answer: HttpAnswer, operation: str) -> dict[str, Any]:
        return {
            "remote": self._http.remote,
            "operation": operation,
            "status": answer.status,
            "request_id": answer.request_id,
        }

    def _unreadable(self, answer: HttpAnswer, operation: str) -> RetryableRemoteError:
        return RetryableRemoteError(
            "the answer cannot be read", code="UNREADABLE_ANSWER", **self._facts(answer, operation)
        )


def _format_moment(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_participation(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("marketplace"), dict)
        and isinstance(row["marketplace"].get("id"), str)
        and isinstance(row.get("participation"), dict)
    )


def _read_participation(row: Mapping[str, Any]) -> Participation:
    marketplace, participation = row["marketplace"], row["participation"]
    return Participation(
        marketplace_id=_text(marketplace, "id"),
        name=_text(marketplace, "name"),
        country_code=_text(marketplace, "countryCode"),
        currency=_text(marketplace, "defaultCurrencyCode"),
        domain=_text(marketplace, "domainName"),
        store_name=_text(row, "storeName"),
        is_participating=participation.get("isParticipating") is True,
        has_suspended_listings=participation.get("hasSuspendedListings") is True,
    )


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    return clean_text(value, 100) if isinstance(value, str) else ""
