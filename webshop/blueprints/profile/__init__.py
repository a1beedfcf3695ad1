"""Profiel: the account, the people of a shop, what is mailed, our invoices."""

from webshop.blueprints.profile import data_routes, invoice_routes, people_routes
from webshop.blueprints.profile.routes import blueprint

__all__ = ["blueprint", "data_routes", "invoice_routes", "people_routes"]
