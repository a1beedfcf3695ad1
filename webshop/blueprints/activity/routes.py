"""What happened: runs and events of a shop."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("activity", __name__)
