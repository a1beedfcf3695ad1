"""The six steps from a new shop to the first posted order."""

from webshop.blueprints.setup import connect_routes, help_routes, trial_routes, vat_routes
from webshop.blueprints.setup.routes import blueprint

__all__ = ["blueprint", "connect_routes", "help_routes", "trial_routes", "vat_routes"]
