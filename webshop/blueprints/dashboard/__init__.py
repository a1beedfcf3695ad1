"""The shop's overview and the tabs Rapportage, Fouten and Open."""

from webshop.blueprints.dashboard import lists
from webshop.blueprints.dashboard.routes import blueprint

__all__ = ["blueprint", "lists"]
