"""One order: its page, and processing it again."""

from webshop.blueprints.orders.routes import blueprint

__all__ = ["blueprint"]
