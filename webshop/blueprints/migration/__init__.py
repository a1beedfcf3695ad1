"""Oude bestellingen meenemen: a period, its price, the progress and the report."""

from webshop.blueprints.migration.routes import blueprint

__all__ = ["blueprint"]
