"""Werkt mijn koppeling?: the health check and what it says."""

from webshop.blueprints.check.routes import blueprint

__all__ = ["blueprint"]
