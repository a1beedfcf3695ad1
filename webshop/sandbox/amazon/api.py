"""The Selling Partner API: orders, payments and the marketplaces of a seller."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, request

from webshop.sandbox.amazon.calls import Answer, Call, perform
from webshop.sandbox.amazon.errors import (
    ACCESS_MISSING,
    PAGE_NOT_VALID,
    access_denied,
    api_refusal,
    invalid_input,
    order_not_found,
)
from webshop.sandbox.amazon.finances import NAMES, list_transactions
from webshop.sandbox.amazon.look_alike import Amazon
from webshop.sandbox.amazon.projection import FINANCE_AND_ACCOUNTING, ORDER_ROLES, project_order
from webshop.sandbox.amazon.search import Search, check_names, next_token, read_datasets, read_search, select_page
from webshop.sandbox.amazon.sellers import Seller
from webshop.sandbox.amazon.timestamps import format_timestamp

_ORDER_ID = re.compile(r"\d{3}-\d{7}-\d{7}")
_USER_AGENT_LENGTH = 500


def create_api_blueprint(amazon: Amazon) -> Blueprint:
    blueprint = Blueprint("amazon_api", __name__, url_prefix="/amazon/api")

    @blueprint.get("/orders/2026-01-01/orders")
    def search_orders() -> Response:
        return perform(amazon, "searchOrders", _account(amazon), lambda call: _search_orders(amazon, call))

    @blueprint.get("/orders/2026-01-01/orders/<path:order_id>")
    def get_order(order_id: str) -> Response:
        return perform(amazon, "getOrder", _account(amazon), lambda call: _get_order(amazon, call, order_id))

    @blueprint.get("/sellers/v1/marketplaceParticipations")
    def marketplace_participations() -> Response:
        return perform(
            amazon, "getMarketplaceParticipations", _account(amazon), lambda call: _participations(amazon, call)
        )

    @blueprint.get("/finances/2024-06-19/transactions")
    def transactions() -> Response:
        return perform(amazon, "listTransactions", _account(amazon), lambda call: _transactions(amazon, call))

    @blueprint.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @blueprint.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def elsewhere(path: str) -> Response:
        return perform(amazon, "unknown", _account(amazon), _refuse_path)

    return blueprint


def _account(amazon: Amazon) -> str:
    return amazon.grants.account_of(request.headers.get("x-amz-access-token", ""))


def _refuse_path(call: Call) -> Answer:
    raise api_refusal(403, "MissingAuthenticationToken", "Missing Authentication Token")


def _authenticate(amazon: Amazon, call: Call) -> Seller:
    token = request.headers.get("x-amz-access-token")
    if not token:
        raise access_denied(ACCESS_MISSING)
    seller_id = amazon.grants.seller_of(token)
    user_agent = request.headers.get("User-Agent", "")
    if not 0 < len(user_agent) <= _USER_AGENT_LENGTH:
        raise invalid_input(details="user-agent")
    amazon.spend_request(call.operation, seller_id)
    return amazon.seller(seller_id)


def _authenticate_for_orders(amazon: Amazon, call: Call) -> Seller:
    seller = _authenticate(amazon, call)
    if not ORDER_ROLES & seller.roles:
        raise access_denied()
    return seller


def _query() -> dict[str, list[str]]:
    return request.args.to_dict(flat=False)


def _search_orders(amazon: Amazon, call: Call) -> Answer:
    seller = _authenticate_for_orders(amazon, call)
    now = amazon.world.clock()
    participations = [marketplace.id for marketplace in seller.participations()]
    if call.has_fault("page_token_invalid") and "paginationToken" in request.args:
        raise invalid_input(PAGE_NOT_VALID)
    search = read_search(_query(), seller.seller_id, participations, now, amazon.signer)
    page = select_page(search, amazon.book.existing(seller.seller_id), now)
    stored = page.orders
    if call.has_fault("repeat_orders"):
        stored = page.repeated[-int(call.parameter("count", 1)) :] + stored
    orders = [project_order(order.document(now), search.datasets, seller.roles) for order in stored]
    body: dict[str, Any] = {"orders": orders}
    if page.next_cursor is not None:
        body["pagination"] = {"nextToken": next_token(search, page.next_cursor, now, amazon.signer)}
    body[_limit_name(search)] = format_timestamp(search.before)
    summary = {**body, "orders": [order["orderId"] for order in orders]}
    return Answer(body, summary)


def _limit_name(search: Search) -> str:
    return f"{search.field}Before"


def _get_order(amazon: Amazon, call: Call, order_id: str) -> Answer:
    seller = _authenticate_for_orders(amazon, call)
    datasets = read_datasets(check_names(_query(), {"includedData"}))
    if not _ORDER_ID.fullmatch(order_id):
        raise invalid_input(details="orderId")
    order = amazon.book.find(seller.seller_id, order_id)
    if order is None:
        raise order_not_found()
    document = project_order(order.document(amazon.world.clock()), datasets, seller.roles)
    return Answer({"order": document}, {"order": order_id})


def _participations(amazon: Amazon, call: Call) -> Answer:
    seller = _authenticate(amazon, call)
    check_names(_query(), ())
    payload = [
        {
            "marketplace": {
                "id": marketplace.id,
                "name": marketplace.name,
                "countryCode": marketplace.country,
                "defaultCurrencyCode": marketplace.currency,
                "defaultLanguageCode": marketplace.language,
                "domainName": marketplace.domain,
            },
            "storeName": seller.name,
            "participation": {"isParticipating": True, "hasSuspendedListings": False},
        }
        for marketplace in seller.participations()
    ]
    return Answer({"payload": payload})


def _transactions(amazon: Amazon, call: Call) -> Answer:
    seller = _authenticate(amazon, call)
    if FINANCE_AND_ACCOUNTING not in seller.roles:
        raise access_denied()
    parameters = check_names(_query(), NAMES)
    if call.has_fault("page_token_invalid") and "nextToken" in parameters:
        raise invalid_input(details="nextToken")
    orders = {order.order_id: order for order in amazon.book.existing(seller.seller_id)}
    body = list_transactions(parameters, seller, orders, amazon.refunds, amazon.world.clock(), amazon.signer)
    return Answer(body, {"transactions": [one["transactionId"] for one in body["payload"]["transactions"]]})
