"""Aansluiting: Amazon's numbers against SnelStart's, per day and month."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("reconciliation", __name__)
