"""Log in and out."""

from webshop.blueprints.auth.routes import blueprint

__all__ = ["blueprint"]
