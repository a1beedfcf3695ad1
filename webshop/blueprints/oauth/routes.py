"""Amazon's authorisation: start, call-back and log-in from Amazon's side."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("oauth", __name__)
