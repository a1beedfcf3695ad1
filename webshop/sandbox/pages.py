"""The pages on which people see what both look-alikes hold, and where they make trouble."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from webshop.sandbox.amazon import BAD_INPUTS
from webshop.sandbox.core import Fault
from webshop.sandbox.fault_texts import FAULT_TEXTS
from webshop.sandbox.mailbox import list_mails

if TYPE_CHECKING:
    from webshop.sandbox import Sandbox

_ZONE = ZoneInfo("Europe/Amsterdam")
_PAGE_SIZE = 50
_LOG_LENGTH = 200
_BOOKS = ("verkoopboekingen", "verkooporders", "relaties", "memoriaalboekingen")
_OPERATIONS = {
    "vies": ("*", "check-vat-number"),
    "mollie": ("*", "createPayment", "getPayment"),
    "amazon": ("*", "searchOrders", "getOrder", "getMarketplaceParticipations", "listTransactions", "token"),
    "snelstart": (
        "*",
        "token",
        "POST /verkoopboekingen",
        "GET /verkoopboekingen",
        "GET /verkoopfacturen",
        "POST /verkooporders",
        "GET /verkooporders",
        "POST /relaties",
        "GET /relaties",
        "POST /artikelen",
        "POST /memoriaalboekingen",
    ),
}


def format_moment(value: datetime | str) -> str:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(_ZONE).strftime("%d-%m-%Y %H:%M")


def format_amount(value: Any) -> str:
    """Write an amount the Dutch way; anything that is no amount stays as it is."""
    if isinstance(value, Decimal):
        return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    return "" if value is None else str(value)


def create_pages_blueprint(sandbox: Sandbox) -> Blueprint:
    blueprint = Blueprint("pages", __name__)
    _add_overview(blueprint, sandbox)
    _add_amazon_pages(blueprint, sandbox)
    _add_books_pages(blueprint, sandbox)
    _add_fault_pages(blueprint, sandbox)
    return blueprint


def _add_overview(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/")
    def index() -> str:
        amazon, snelstart = sandbox.amazon, sandbox.snelstart
        return render_template(
            "index.html",
            sellers=[(seller, amazon.count_orders(seller.seller_id)) for seller in amazon.sellers()],
            administrations=[(each, snelstart.totals(each.id)) for each in snelstart.administrations()],
            mail_count=len(list_mails(sandbox.world)),
            fault_count=len(sandbox.world.faults.active()),
            call_count=sandbox.world.log.count(),
        )

    @blueprint.get("/log")
    def log() -> str:
        entries = sandbox.world.log.entries()[: -_LOG_LENGTH - 1 : -1]
        return render_template("log.html", entries=entries)


def _add_amazon_pages(blueprint: Blueprint, sandbox: Sandbox) -> None:
    amazon = sandbox.amazon

    @blueprint.get("/amazon/orders")
    def orders() -> str:
        sellers = amazon.sellers()
        seller_id = request.args.get("seller", sellers[0].seller_id if sellers else "")
        if sellers and seller_id not in {seller.seller_id for seller in sellers}:
            abort(404)
        found = amazon.orders(seller_id) if sellers else []
        found.sort(key=lambda order: str(order["createdTime"]), reverse=True)
        page = request.args.get("page", 0, type=int)
        start = max(page, 0) * _PAGE_SIZE
        return render_template(
            "orders.html",
            sellers=sellers,
            seller_id=seller_id,
            orders=found[start : start + _PAGE_SIZE],
            page=page,
            is_last=start + _PAGE_SIZE >= len(found),
            count=len(found),
        )

    @blueprint.get("/amazon/orders/<path:order_id>")
    def order(order_id: str) -> str:
        documents = (amazon.order(seller.seller_id, order_id) for seller in amazon.sellers())
        document = next((document for document in documents if document is not None), None)
        if document is None:
            abort(404)
        return render_template("order.html", order=document, text=_pretty(document))


def _add_books_pages(blueprint: Blueprint, sandbox: Sandbox) -> None:
    snelstart = sandbox.snelstart

    def require_administration(administration_id: str) -> Any:
        found = [each for each in snelstart.administrations() if each.id == administration_id]
        return found[0] if found else abort(404)

    @blueprint.get("/snelstart/books/<administration_id>")
    def books(administration_id: str) -> str:
        administration = require_administration(administration_id)
        collections = {name: snelstart.documents(administration_id, name) for name in _BOOKS}
        return render_template(
            "books.html",
            administration=administration,
            totals=snelstart.totals(administration_id),
            counts={name: len(documents) for name, documents in collections.items()},
            latest={name: list(islice(reversed(documents), _PAGE_SIZE)) for name, documents in collections.items()},
            customers={relation["id"]: relation["naam"] for relation in collections["relaties"]},
        )

    @blueprint.get("/snelstart/books/<administration_id>/<collection>/<identifier>")
    def document(administration_id: str, collection: str, identifier: str) -> str:
        administration = require_administration(administration_id)
        if collection not in _BOOKS:
            abort(404)
        documents = snelstart.documents(administration_id, collection)
        found = next((each for each in documents if each["id"] == identifier), None)
        if found is None:
            abort(404)
        ledgers = {each["id"]: each for each in snelstart.documents(administration_id, "grootboeken")}
        return render_template(
            "document.html",
            administration=administration,
            collection=collection,
            document=found,
            ledgers=ledgers,
            text=_pretty(found),
        )


def _add_fault_pages(blueprint: Blueprint, sandbox: Sandbox) -> None:
    world = sandbox.world

    @blueprint.get("/faults")
    def faults() -> str:
        return _render_faults(sandbox)

    @blueprint.post("/faults")
    def add_fault() -> str | Response | tuple[str, int]:
        try:
            world.faults.add(_read_fault())
        except (KeyError, ValueError, TypeError):
            return _render_faults(sandbox, error="Dat is geen storing die de sandbox kent."), 400
        return redirect("/faults")

    @blueprint.post("/faults/clear")
    def clear_faults() -> Response:
        world.faults.clear()
        return redirect("/faults")

    @blueprint.post("/faults/bad-input")
    def add_bad_input() -> str | Response | tuple[str, int]:
        try:
            sandbox.amazon.add_bad_input(request.form["seller_id"], request.form["kind"])
        except KeyError:
            return _render_faults(sandbox, error="Die soort invoer of verkoper bestaat niet."), 400
        return redirect(f"/amazon/orders?seller={request.form['seller_id']}")


def _render_faults(sandbox: Sandbox, error: str = "") -> str:
    return render_template(
        "faults.html",
        kinds=FAULT_TEXTS,
        operations=_OPERATIONS,
        faults=sandbox.world.faults.active(),
        bad_inputs=BAD_INPUTS,
        sellers=sandbox.amazon.sellers(),
        error=error,
    )


def _read_fault() -> Fault:
    remote, _, operation = request.form["target"].partition(" ")
    parameters = json.loads(request.form.get("parameters") or "{}")
    if not isinstance(parameters, dict) or operation not in _OPERATIONS[remote]:
        raise ValueError("not a fault")
    times = request.form.get("times", "1")
    return Fault(
        remote=remote,
        operation=operation,
        kind=request.form["kind"],
        times=int(times) if times else None,
        skip=int(request.form.get("skip") or 0),
        parameters=parameters,
    )


def _pretty(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)
