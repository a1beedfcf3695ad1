"""Addresses of further pages: signed, and good for one list of one shop only."""

from __future__ import annotations

from datetime import datetime

from flask import abort, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from webshop.services.overview import Position


class Cursors:
    """Read and write the positions in one list of one shop."""

    def __init__(self, shop_id: int, of: str) -> None:
        self._signer = URLSafeSerializer(current_app.secret_key or "", salt=f"cursor:{shop_id}:{of}")

    def read(self) -> Position | None:
        """Return the position the request asks for; a cursor that is not ours is a bad request."""
        text = request.args.get("cursor")
        if not text:
            return None
        try:
            purchased_at, order_id = self._signer.loads(text)
        except BadSignature:
            abort(400)
        return Position(datetime.fromisoformat(purchased_at), order_id)

    def write(self, position: Position | None) -> str | None:
        if position is None:
            return None
        return str(self._signer.dumps([position.purchased_at.isoformat(), position.order_id]))
