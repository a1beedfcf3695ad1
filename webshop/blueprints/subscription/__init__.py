"""Abonnement: how long, what a year costs, paying it, stopping it, and the orders of a time without one."""

from webshop.blueprints.subscription import gap_routes, stop_routes
from webshop.blueprints.subscription.routes import blueprint

__all__ = ["blueprint", "gap_routes", "stop_routes"]
