"""JSON API for tests and the demo: fill the sandbox, switch faults, read the counts."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from webshop.sandbox.amazon.catalogue import ARTICLES, VAT_RATES
from webshop.sandbox.core import Fault
from webshop.sandbox.mailbox import list_mails

if TYPE_CHECKING:
    from webshop.sandbox import Sandbox

Answer = Response | tuple[Response, int]


def create_control_blueprint(sandbox: Sandbox) -> Blueprint:
    blueprint = Blueprint("control", __name__, url_prefix="/control")
    _add_amazon_routes(blueprint, sandbox)
    _add_snelstart_routes(blueprint, sandbox)
    _add_fault_routes(blueprint, sandbox)
    _add_reading_routes(blueprint, sandbox)

    @blueprint.errorhandler(KeyError)
    @blueprint.errorhandler(TypeError)
    @blueprint.errorhandler(ValueError)
    def refuse(error: Exception) -> Answer:
        return jsonify(error=f"{type(error).__name__}: {error}"), 400

    return blueprint


def _add_amazon_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    amazon = sandbox.amazon

    @blueprint.post("/sellers")
    def create_seller() -> Answer:
        seller = amazon.create_seller(**request.get_json())
        return jsonify(seller_id=seller.seller_id, refresh_token=amazon.authorise(seller.seller_id)), 201

    @blueprint.post("/sellers/<seller_id>/revoke")
    def revoke_seller(seller_id: str) -> Answer:
        amazon.revoke(seller_id)
        return jsonify({})

    @blueprint.post("/application")
    def configure_application() -> Answer:
        amazon.configure_application(**request.get_json())
        return jsonify({})

    @blueprint.post("/orders")
    def add_orders() -> Answer:
        return jsonify(order_ids=_add_orders(sandbox, request.get_json())), 201

    @blueprint.post("/orders/<seller_id>/<order_id>")
    def update_order(seller_id: str, order_id: str) -> Answer:
        amazon.update_order(seller_id, order_id, request.get_json())
        return jsonify({})

    @blueprint.get("/articles")
    def articles() -> Answer:
        """Tell the Dutch VAT rate of every article that generated orders may hold."""
        rates = VAT_RATES["NL"]
        return jsonify(articles=[{"sku": row.sku, "percentage": str(rates[row.kind])} for row in ARTICLES])


def _add_orders(sandbox: Sandbox, wanted: dict[str, Any]) -> list[str]:
    """Take a `document`, a `bad_input`, or a `count` to generate between `since` and `until`."""
    amazon = sandbox.amazon
    seller_id = wanted.pop("seller_id")
    if "document" in wanted:
        return [amazon.add_order(seller_id, wanted["document"])]
    if "bad_input" in wanted:
        return [amazon.add_bad_input(seller_id, wanted["bad_input"])]
    since, until = (datetime.fromisoformat(wanted.pop(name)) for name in ("since", "until"))
    return amazon.generate_orders(seller_id, since=since, until=until, **wanted)


def _add_snelstart_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.post("/administrations")
    def create_administration() -> Answer:
        administration = sandbox.snelstart.create_administration(**request.get_json())
        return jsonify(id=administration.id, name=administration.name, key=administration.key), 201

    @blueprint.post("/vat-numbers")
    def judge_vat_number() -> Answer:
        """Say what VIES answers about a `number`: whether it `is_valid`."""
        sandbox.vies.judge(**request.get_json())
        return jsonify({})

    @blueprint.post("/keys/revoke")
    def revoke_key() -> Answer:
        sandbox.snelstart.revoke_key(request.get_json()["key"])
        return jsonify({})


def _add_fault_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    faults = sandbox.world.faults

    @blueprint.post("/faults")
    def add_fault() -> Answer:
        faults.add(Fault(**request.get_json()))
        return jsonify({}), 201

    @blueprint.get("/faults")
    def active_faults() -> Answer:
        return jsonify(faults=list(sandbox.world.describe_faults()))

    @blueprint.delete("/faults")
    def clear_faults() -> Answer:
        faults.clear()
        return jsonify({})


def _add_reading_routes(blueprint: Blueprint, sandbox: Sandbox) -> None:
    @blueprint.get("/log")
    def log_counts() -> Answer:
        entries = sandbox.world.log.entries(request.args.get("remote"), request.args.get("operation"))
        return jsonify(
            count=len(entries),
            by_operation=Counter(f"{entry.remote} {entry.operation}" for entry in entries),
            by_status=Counter(str(entry.status) for entry in entries),
            self_inflicted_429=sandbox.amazon.self_inflicted_429 + sandbox.snelstart.self_inflicted_429,
        )

    @blueprint.get("/totals")
    def totals() -> Answer:
        amazon, snelstart = sandbox.amazon, sandbox.snelstart
        return jsonify(
            sellers=[
                {"seller_id": seller.seller_id, "name": seller.name, "orders": amazon.count_orders(seller.seller_id)}
                for seller in amazon.sellers()
            ],
            administrations=[
                {"id": administration.id, "name": administration.name, **describe_totals(sandbox, administration.id)}
                for administration in snelstart.administrations()
            ],
        )

    @blueprint.get("/mails")
    def mails() -> Answer:
        return jsonify(mails=list_mails(sandbox.world))


def describe_totals(sandbox: Sandbox, administration_id: str) -> dict[str, Any]:
    totals = sandbox.snelstart.totals(administration_id)
    return {name: value if isinstance(value, int) else str(value) for name, value in vars(totals).items()}
