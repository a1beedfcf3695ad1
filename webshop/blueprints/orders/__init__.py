"""One order: its page, what can be done with it, and the dialogs that ask for a word first."""

from webshop.blueprints.orders import dialogs
from webshop.blueprints.orders.routes import blueprint

__all__ = ["blueprint", "dialogs"]
