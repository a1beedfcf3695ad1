"""A look-alike of Mollie's payments API and of the page on which a customer pays."""

from webshop.sandbox.mollie.blueprint import create_blueprint
from webshop.sandbox.mollie.payments import API_KEY, Mollie

__all__ = ["API_KEY", "Mollie", "create_blueprint"]
