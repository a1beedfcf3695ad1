"""The Amazon look-alike: Login with Amazon, Seller Central's consent and the Selling Partner API."""

from webshop.sandbox.amazon.api import create_api_blueprint
from webshop.sandbox.amazon.bad_inputs import BAD_INPUTS
from webshop.sandbox.amazon.login import create_login_blueprint
from webshop.sandbox.amazon.look_alike import Amazon
from webshop.sandbox.amazon.sellers import APPLICATION_ID, CLIENT_ID, CLIENT_SECRET, Seller

__all__ = [
    "APPLICATION_ID",
    "BAD_INPUTS",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "Amazon",
    "Seller",
    "create_api_blueprint",
    "create_login_blueprint",
]
