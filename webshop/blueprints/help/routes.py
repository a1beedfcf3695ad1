"""Help pages inside the product."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("help", __name__)
