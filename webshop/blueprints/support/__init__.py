"""The pages of our own staff: shops, reports, requests and how everything is doing."""

from webshop.blueprints.support import action_routes, operations_routes, queue_routes
from webshop.blueprints.support.routes import blueprint

__all__ = ["action_routes", "blueprint", "operations_routes", "queue_routes"]
