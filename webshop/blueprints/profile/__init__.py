"""Profiel: the account, the people of a shop, what is mailed."""

from webshop.blueprints.profile import people_routes
from webshop.blueprints.profile.routes import blueprint

__all__ = ["blueprint", "people_routes"]
