"""Configuratie: every setting of a shop, edited where it stands."""

from webshop.blueprints.configuration import rates_routes, vat_routes
from webshop.blueprints.configuration.routes import blueprint

__all__ = ["blueprint", "rates_routes", "vat_routes"]
