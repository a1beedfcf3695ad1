"""Keyed fingerprints of an administration: they find what is the same again without telling what it was."""

from __future__ import annotations

import hashlib
import hmac

from webshop.exceptions import CredentialsUnreadableError
from webshop.extensions import transaction, vault
from webshop.models import Administration
from webshop.vault import SealBrokenError

VAT_NUMBER = "vat:"
"""Stands before a VAT number where it is fingerprinted, so that no address is mistaken for one."""


def place_of(administration_id: str) -> str:
    """Return what an administration's key is bound to."""
    return f"administration:{administration_id}:fingerprint"


class Fingerprints:
    """The fingerprints of one administration, made with its own key.

    :raise CredentialsUnreadableError: when no key of ours opens it.
    """

    def __init__(self, administration_id: str) -> None:
        with transaction() as session:
            administration = session.get_one(Administration, administration_id)
        try:
            self._key = bytes.fromhex(
                vault().open(administration.sealed_fingerprint_key, bound_to=place_of(administration_id))
            )
        except SealBrokenError as broken:
            raise CredentialsUnreadableError(str(broken), remote="snelstart", operation="fingerprint") from None

    def of(self, word: str) -> str:
        return hmac.new(self._key, word.encode(), hashlib.sha256).hexdigest()
