"""Keyed fingerprints of an administration: they find what is the same again without telling what it was."""

from __future__ import annotations

import hashlib
import hmac

from webshop.extensions import transaction, vault
from webshop.models import Administration

VAT_NUMBER = "vat:"
"""Stands before a VAT number where it is fingerprinted, so that no address is mistaken for one."""


class Fingerprints:
    """The fingerprints of one administration, made with its own key.

    :raise SealBrokenError: when the key cannot be opened.
    """

    def __init__(self, administration_id: str) -> None:
        with transaction() as session:
            administration = session.get_one(Administration, administration_id)
        place = f"administration:{administration_id}:fingerprint"
        self._key = bytes.fromhex(vault().open(administration.sealed_fingerprint_key, bound_to=place))

    def of(self, word: str) -> str:
        return hmac.new(self._key, word.encode(), hashlib.sha256).hexdigest()
