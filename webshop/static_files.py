"""Static files that browsers keep for a year, because a changed file has another address; and gzip."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

from webshop.security_headers import ONE_YEAR

SMALLEST_COMPRESSED = 1_000
COMPRESSED_TYPES = ("text/html", "text/css", "text/javascript", "image/svg+xml")


def init_app(app: Flask) -> None:
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = ONE_YEAR
    app.url_defaults(_add_version)
    app.after_request(_compress)
    app.after_request(_forget_unversioned)


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static":
        values["v"] = _version(Path(str(current_app.static_folder), values["filename"]))


@lru_cache
def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _forget_unversioned(response: Response) -> Response:
    """Let browsers ask again for a file whose address does not change with it."""
    if request.endpoint == "static" and "v" not in request.args:
        response.headers["Cache-Control"] = "no-cache"
    return response


def _compress(response: Response) -> Response:
    """Compress what is worth it; neither Gunicorn nor Heroku's router does."""
    is_worth_it = response.status_code == 200 and response.mimetype in COMPRESSED_TYPES
    if not is_worth_it or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"] or request.method == "HEAD":
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= SMALLEST_COMPRESSED:
        response.set_data(_squeezed(body) if request.endpoint == "static" else gzip.compress(body, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=16)
def _squeezed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)
