"""Pages for everybody: what it is, the trial, the terms."""

from webshop.blueprints.public.routes import blueprint

__all__ = ["blueprint"]
