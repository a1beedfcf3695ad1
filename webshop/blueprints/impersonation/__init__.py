"""Staff looking at a shop as one of its users: the form, the stop, and what may be done meanwhile."""

from webshop.blueprints.impersonation import raise_routes, routes  # noqa: F401 - their views belong to it
from webshop.blueprints.impersonation.routes import blueprint

__all__ = ["blueprint"]
