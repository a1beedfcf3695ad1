"""Which customer a booking needs: SnelStart derives the VAT it accepts from the relation."""

from __future__ import annotations

from collections.abc import Iterator

from webshop.domain import vat_numbers
from webshop.domain.booking import CustomerWish, Issue, PostingKind, ShopRules, Treatment
from webshop.domain.booking_dates import booking_day
from webshop.domain.foreign_vat import is_foreign_vat_invoiced
from webshop.domain.issues import issue
from webshop.domain.orders import Order
from webshop.domain.territories import VAT_AREAS, address_countries, vat_country
from webshop.domain.vat import HOME

_EXPORTS = frozenset({Treatment.EXPORT, Treatment.EXPORT_AMAZON_COLLECTS_DESTINATION_VAT})


def wish_customer(order: Order, rules: ShopRules, treatment: Treatment) -> CustomerWish | None:
    """Give what the customer must be like; None while the destination is unknown."""
    country = _country(order, rules, treatment)
    if country is None:
        return None
    is_sales_order = rules.posting_kind is PostingKind.SALES_ORDER
    is_below_threshold = treatment is Treatment.EU_B2C_BELOW_THRESHOLD
    return CustomerWish(
        country=country,
        # A sales order's VAT follows the delivery address; an entry with Dutch VAT is the same everywhere.
        is_country_binding=treatment in _EXPORTS or treatment in (Treatment.EU_B2C_OSS, Treatment.ICP),
        needs_vat_number=treatment is Treatment.ICP,
        forbids_vat_number=treatment is Treatment.EU_B2C_OSS or (is_sales_order and is_below_threshold),
    )


def check_customer(order: Order, rules: ShopRules, treatment: Treatment, wish: CustomerWish) -> Iterator[Issue]:
    """Find why SnelStart cannot have the customer, or will not take this sale to that customer."""
    if wish.country not in rules.countries:
        yield issue("COUNTRY_UNKNOWN_IN_SNELSTART", country=wish.country)
    if wish.needs_vat_number:
        return
    if not order.has_buyer_email and not rules.is_collective_debtor_used:
        yield issue("EMAIL_REQUIRED", country=wish.country)
    is_member_state = wish.country in VAT_AREAS and wish.country != HOME
    if treatment in _EXPORTS and is_member_state:
        if is_foreign_vat_invoiced(rules, booking_day(order, rules)):
            yield issue("SPECIAL_TERRITORY_WITH_OSS", territory=order.destination.territory or "", country=wish.country)
        elif rules.posting_kind is PostingKind.SALES_ORDER:
            # SnelStart itself would charge the VAT of the country in the address.
            yield issue("SALES_ORDER_NOT_POSSIBLE", treatment=treatment, country=wish.country)


def _country(order: Order, rules: ShopRules, treatment: Treatment) -> str | None:
    destination = order.destination
    if treatment is Treatment.ICP:
        # SnelStart wants the number and the address of a relation in one country.
        check = order.vat_number_check
        number_country = check.country if check else vat_numbers.country_of(order.buyer_vat_number or "")
        return number_country or vat_country(destination)
    area = vat_country(destination)
    if area == "XI" and "XI" not in rules.countries and treatment is Treatment.EU_B2C_BELOW_THRESHOLD:
        # With Dutch VAT it is no matter that SnelStart may know Northern Ireland only as a part of Britain.
        return "GB"
    if area is not None:
        return area
    # SnelStart takes a special territory under its own name for what it is, when it knows that name.
    candidates = [code for code in address_countries(destination) if code in rules.countries]
    return candidates[0] if candidates else destination.country
