"""Configuratie: every setting of a shop, edited where it stands."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("configuration", __name__)
