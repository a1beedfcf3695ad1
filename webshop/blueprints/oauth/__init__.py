"""Amazon's authorisation: start, call-back and log-in from Amazon's side."""

from webshop.blueprints.oauth.routes import blueprint

__all__ = ["blueprint"]
