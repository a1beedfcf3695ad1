"""A strict look-alike of SnelStart's B2B API v2 and of the host that gives out its tokens."""

from webshop.sandbox.snelstart.blueprint import create_blueprint
from webshop.sandbox.snelstart.limits import DEVELOPMENT, PRODUCTION, Limits
from webshop.sandbox.snelstart.service import SUBSCRIPTION_KEY, Administration, SnelStart, Totals

__all__ = [
    "DEVELOPMENT",
    "PRODUCTION",
    "SUBSCRIPTION_KEY",
    "Administration",
    "Limits",
    "SnelStart",
    "Totals",
    "create_blueprint",
]
