"""Help pages inside the product."""

from webshop.blueprints.help.routes import blueprint

__all__ = ["blueprint"]
