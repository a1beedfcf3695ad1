"""Call-backs of the services we use: believed in nothing but that it is time to ask."""

from webshop.blueprints.webhooks.routes import blueprint

__all__ = ["blueprint"]
