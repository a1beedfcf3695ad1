"""The documents an owner agrees to, each with the version that is in force."""

from __future__ import annotations

from datetime import date

from webshop.models import AgreementDocument

VERSIONS = {
    AgreementDocument.TERMS: "2026-11",
    AgreementDocument.PROCESSING: "2026-11",
}
"""Raised with every change of the text in templates/public/; who agreed to an older one is asked again."""
IN_FORCE_SINCE = date(2026, 11, 1)
