"""The six steps from a new shop to the first posted order."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("setup", __name__)
