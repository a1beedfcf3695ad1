"""Seal secrets and buyer data before they reach the database.

AES-256-GCM with a list of keys: the newest seals, every listed one opens. A sealed text is bound to
the place it belongs to (such as "shop:7:amazon.refresh_token"): copied into another row it does not
open. The key's own id stands in front, so that `keys rotate` knows what is left to do.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from webshop.exceptions import WebshopError

_VERSION = "v1"


class SealBrokenError(WebshopError):
    """A sealed text cannot be opened: its key is no longer listed, or it stands in the wrong place."""


class EncryptionKeyMissingError(SealBrokenError):
    """Its key is no longer listed: the text is whole, and opens when the operator puts the key back."""


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"key-id" + key).hexdigest()[:8]


class Vault:
    """Seal with the first of `keys` (32 bytes each), open with any of them."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self._newest = _key_id(keys[0])

    def seal(self, text: str, *, bound_to: str) -> str:
        nonce = secrets.token_bytes(12)
        sealed = self._ciphers[self._newest].encrypt(nonce, text.encode(), bound_to.encode())
        return f"{_VERSION}.{self._newest}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, bound_to: str) -> str:
        """Return the text.

        :raise EncryptionKeyMissingError: when the key is not listed.
        :raise SealBrokenError: when the text belongs elsewhere.
        """
        parts = sealed.split(".")
        cipher = self._ciphers.get(parts[1]) if len(parts) == 3 and parts[0] == _VERSION else None
        if cipher is None:
            raise EncryptionKeyMissingError(f"no listed key opens {bound_to}")
        raw = base64.urlsafe_b64decode(parts[2])
        try:
            return cipher.decrypt(raw[:12], raw[12:], bound_to.encode()).decode()
        except InvalidTag:
            raise SealBrokenError(f"the sealed text does not belong to {bound_to}") from None

    @property
    def newest_prefix(self) -> str:
        """What every text begins with that the newest key sealed."""
        return f"{_VERSION}.{self._newest}."
