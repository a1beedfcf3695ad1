"""Aansluiting: Amazon's numbers against SnelStart's, per day and month."""

from webshop.blueprints.reconciliation.routes import blueprint

__all__ = ["blueprint"]
