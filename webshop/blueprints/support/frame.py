"""What all pages of our staff share: the frame around them, and the way to the next page of a list."""

from __future__ import annotations

from typing import Any

from flask import Response

from webshop.htmx_responses import render
from webshop.services.support_queues import count_waiting


def show(template: str, current: str, status: int = 200, **context: Any) -> Response:
    """Show a page of the staff; `current` is its place in the navigation."""
    reports, requests = count_waiting()
    waiting = {"reports": reports, "requests": requests}
    return render(f"support/{template}.html", status, current=current, waiting=waiting, **context)
