"""Log in and out, passwords, the second factor, and the links that were mailed."""

from webshop.blueprints.auth import link_routes, password_routes, two_factor_routes
from webshop.blueprints.auth.routes import blueprint

__all__ = ["blueprint", "link_routes", "password_routes", "two_factor_routes"]
