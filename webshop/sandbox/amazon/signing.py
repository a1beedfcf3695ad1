"""Signed strings: tokens that carry what they mean, so that they survive a restart."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any


class Signer:
    def __init__(self, seed: int) -> None:
        self._key = hashlib.sha256(f"sandbox/{seed}".encode()).digest()

    def opaque(self, purpose: str, number: int) -> str:
        """Return a random-looking string that is the same for the same seed, purpose and number."""
        return hmac.new(self._key, f"{purpose}/{number}".encode(), hashlib.sha256).hexdigest()[:48]

    def sign(self, payload: dict[str, Any]) -> str:
        body = base64.urlsafe_b64encode(json.dumps(payload, separators=(",", ":")).encode()).decode()
        return f"{body}.{self._signature(body)}"

    def read(self, text: str) -> dict[str, Any] | None:
        """Return the payload, or None when the text was not signed here."""
        body, _, signature = text.partition(".")
        if not hmac.compare_digest(self._signature(body).encode(), signature.encode()):
            return None
        payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
        return payload

    def _signature(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()[:32]
