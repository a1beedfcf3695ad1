"""Which resources exist: method, path, the scopes a token needs, and who answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webshop.sandbox.snelstart import articles, bookings, catalogue, customers, journal_entries, mutations, orders
from webshop.sandbox.snelstart.books import Books
from webshop.sandbox.snelstart.calls import Answer, Call

Handler = Callable[[Books, Call, str], Answer]


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    scopes: tuple[str, ...]
    handler: Handler

    @property
    def operation(self) -> str:
        return f"{self.method} {self.template}"


@dataclass(frozen=True)
class Match:
    route: Route
    identifier: str


def _route(method: str, template: str, scopes: str, handler: Handler) -> Route:
    return Route(method, template, tuple(scopes.split()), handler)


ROUTES = (
    _route("GET", "/companyInfo", "settings:read", catalogue.get_company),
    _route("GET", "/echo/{input}", "", catalogue.echo),
    _route("GET", "/landen", "settings:read", catalogue.list_countries),
    _route("GET", "/landen/{id}", "settings:read", catalogue.get_country),
    _route("GET", "/dagboeken", "boekhouden:read", catalogue.list_journals),
    _route("GET", "/grootboeken", "boekhouden:read", catalogue.list_ledgers),
    _route("GET", "/grootboeken/{id}", "boekhouden:read", catalogue.get_ledger),
    _route("GET", "/kostenplaatsen", "settings:read", catalogue.list_cost_centres),
    _route("GET", "/kostenplaatsen/{id}", "settings:read", catalogue.get_cost_centre),
    _route("GET", "/btwtarieven", "settings:read", catalogue.list_tariffs),
    _route("GET", "/vatrates", "settings:read", catalogue.list_vat_rates),
    _route("GET", "/vatrates/{id}", "settings:read", catalogue.get_vat_rates),
    _route("GET", "/vatratedefinitions", "settings:read", catalogue.list_rate_definitions),
    _route("GET", "/artikelomzetgroepen", "artikelen:read", catalogue.list_revenue_groups),
    _route("GET", "/artikelomzetgroepen/{id}", "artikelen:read", catalogue.get_revenue_group),
    _route("GET", "/verkoopordersjablonen", "orders:read", catalogue.list_templates),
    _route("GET", "/verkoopordersjablonen/{id}", "orders:read", catalogue.get_template),
    _route("GET", "/relaties", "relaties:read", customers.list_customers),
    _route("POST", "/relaties", "relaties:write", customers.create_customer),
    _route("GET", "/relaties/{id}", "relaties:read", customers.get_customer),
    _route(
        "GET",
        "/relaties/{id}/verkoopboekingen",
        "relaties:read boekhouden:read",
        customers.list_bookings_of_customer,
    ),
    _route("GET", "/artikelen", "artikelen:read", articles.list_articles),
    _route("POST", "/artikelen", "artikelen:write", articles.create_article),
    _route("GET", "/artikelen/{id}", "artikelen:read", articles.get_article),
    _route("GET", "/verkooporders", "orders:read", orders.list_orders),
    _route("POST", "/verkooporders", "orders:write", orders.create_order),
    _route("GET", "/verkooporders/{id}", "orders:read", orders.get_order),
    _route("DELETE", "/verkooporders/{id}", "orders:write", orders.delete_order),
    _route("POST", "/verkoopboekingen", "boekhouden:write", bookings.create_booking),
    _route("GET", "/verkoopboekingen/{id}", "boekhouden:read", bookings.get_booking),
    _route("DELETE", "/verkoopboekingen/{id}", "boekhouden:write", bookings.delete_booking),
    _route("GET", "/verkoopfacturen", "orders:read", bookings.list_invoices),
    _route("GET", "/verkoopfacturen/{id}", "orders:read", bookings.get_invoice),
    _route("POST", "/memoriaalboekingen", "memoriaal:write", journal_entries.create_entry),
    _route("GET", "/memoriaalboekingen/{id}", "memoriaal:read", journal_entries.get_entry),
    _route("DELETE", "/memoriaalboekingen/{id}", "memoriaal:write", journal_entries.delete_entry),
    _route("GET", "/grootboekmutaties", "boekhouden:read", mutations.list_mutations),
)
# (first segment, number of segments) -> routes, so that a call looks at a handful only
_BY_SHAPE: dict[tuple[str, int], list[Route]] = {}
for _each in ROUTES:
    _segments = _each.template.strip("/").split("/")
    _BY_SHAPE.setdefault((_segments[0], len(_segments)), []).append(_each)


def find(method: str, path: str) -> tuple[Match | None, str | None]:
    """Return the match, and the template of the path when only its method is unknown."""
    segments = path.strip("/").split("/")
    if segments == ["echo"]:
        segments = ["echo", ""]
    known: str | None = None
    for route in _BY_SHAPE.get((segments[0], len(segments)), ()):
        template = route.template.strip("/").split("/")
        if any(part != given and not part.startswith("{") for part, given in zip(template, segments, strict=True)):
            continue
        if route.method == method:
            return Match(route, segments[1] if len(segments) > 1 else ""), route.template
        known = route.template
    return None, known
