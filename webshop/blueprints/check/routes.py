"""Werkt mijn koppeling?: the health check and what it says."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("check", __name__)
