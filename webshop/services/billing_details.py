"""Who our invoices to a shop are for. An invoice that was issued keeps what it was issued with."""

from __future__ import annotations

from collections.abc import Mapping

from webshop.domain.territories import resolve_destination, vat_country
from webshop.domain.vat_numbers import VatNumberStatus, compact
from webshop.extensions import transaction
from webshop.models import Shop, User
from webshop.services import audit
from webshop.services.vat_numbers import check_vat_number

FIELDS = (
    "billing_name",
    "billing_address",
    "billing_postal_code",
    "billing_city",
    "billing_country",
    "kvk_number",
    "vat_number",
)


def vat_number_in(country: str, text: str) -> str | None:
    """Return a VAT number of this country as it is stored; None when it cannot be one.

    The country's prefix may be left out.
    """
    number = compact(f"{country}{text}" if text.strip()[:1].isdigit() else text)
    check = check_vat_number(number)
    is_of_country = check.country == vat_country(resolve_destination(country))
    return number if check.status is VatNumberStatus.VALID_FORMAT and is_of_country else None


def change(shop: Shop, user: User, values: Mapping[str, str]) -> None:
    """Store the details; what is the same as before is not recorded as changed."""
    with transaction() as session:
        current = session.get_one(Shop, shop.id, with_for_update={"key_share": True}, populate_existing=True)
        changed = [name for name in FIELDS if getattr(current, name) != values[name]]
        if not changed:
            return
        facts = {
            "old": {name: getattr(current, name) for name in changed},
            "new": {name: values[name] for name in changed},
        }
        for name in changed:
            setattr(current, name, values[name])
        audit.record("billing_changed", shop_id=shop.id, user_id=user.id, facts=facts)
