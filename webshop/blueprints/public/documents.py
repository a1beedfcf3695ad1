"""What the text of the agreement fills in, wherever it is shown."""

from __future__ import annotations

from typing import Any

from webshop.extensions import settings
from webshop.models import AgreementDocument
from webshop.services import agreements, registration


def document_facts() -> dict[str, Any]:
    """Return the versions that are in force, with the price and the length of the trial they name."""
    return {
        "version": agreements.VERSIONS[AgreementDocument.TERMS],
        "processing_version": agreements.VERSIONS[AgreementDocument.PROCESSING],
        "year_price_excl_vat": settings().subscription_price_excl_vat,
        "trial_days": registration.TRIAL_DAYS,
    }
