"""Profiel: the account, the people of a shop, what is mailed."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("profile", __name__)
