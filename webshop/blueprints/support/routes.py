"""The shops, and one shop with everything that helps to help it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from webshop.blueprints.cursors import Cursors
from webshop.blueprints.dashboard.filters import read_choice
from webshop.blueprints.support.access import staff_only
from webshop.blueprints.support.frame import show
from webshop.services import support_shop, support_shops
from webshop.services.configuration import enabled_marketplaces
from webshop.services.health_texts import describe_light, verdict
from webshop.services.support_shops import LONGEST_QUERY, Filter

blueprint = Blueprint("support", __name__)
FILTERS = tuple(one.value for one in Filter)
URGENCY = {"red": 0, "amber": 1, "green": 2}


@blueprint.get("/support/")
@staff_only
def shops() -> Response:
    """Show the shops that are asked for; a whole order number also shows the order's state."""
    wrong: dict[str, str] = {}
    chosen = read_choice(request.args, "filter", FILTERS, wrong)
    query = request.args.get("q", "").strip()[:LONGEST_QUERY]
    cursors = Cursors(0, f"support:{chosen}:{query}")
    page = support_shops.shops_page(Filter(chosen), query, cursors.read())
    return show(
        "shops",
        "shops",
        422 if wrong else 200,
        shops=page.rows,
        cursor=cursors.write(page.next),
        chosen=chosen,
        filters=FILTERS,
        query=query,
        orders=support_shops.find_orders(query),
        wrong=wrong,
    )


@blueprint.get("/support/shops/<uuid:shop_id>")
@staff_only
def shop(shop_id: UUID) -> Response:
    found = support_shop.load_shop(shop_id)
    return show("shop", "shops", found=found, shop=found.shop, **_lights(found))


def _lights(found: support_shop.SupportShop) -> dict[str, Any]:
    results = found.health.results if found.health else []
    state, sentence = verdict(results)
    rows = sorted(map(describe_light, results), key=lambda row: URGENCY.get(row.state, 0))
    return {
        "verdict_state": state,
        "verdict": sentence,
        "rows": rows,
        "is_marketplace_enabled": found.shop.marketplace_id in enabled_marketplaces(),
    }
