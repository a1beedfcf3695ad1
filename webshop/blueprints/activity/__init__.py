"""What happened: runs and events of a shop."""

from webshop.blueprints.activity.routes import blueprint

__all__ = ["blueprint"]
