"""Between the stored order and the pure core: read the neutral form, write back what came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from webshop.domain.booking import Issue, ShopRules, Translation
from webshop.domain.orders import Destination, FulfilledBy, Item, Order, Part, Status
from webshop.domain.translate import translate
from webshop.domain.vat_numbers import VatNumberCheck, VatNumberStatus
from webshop.models import Order as OrderRow


def translate_row(row: OrderRow, rules: ShopRules) -> Translation:
    """Translate a stored order by the shop's rules."""
    return translate(order_of(row), rules)


def order_of(row: OrderRow) -> Order:
    """Return the order the core understands from the neutral form that is stored."""
    content = row.content
    destination = content["destination"]
    return Order(
        amazon_order_id=content["order_id"],
        marketplace_id=content["marketplace_id"] or "",
        is_amazon_sale=content["channel_name"] == "AMAZON",
        purchased_at=datetime.fromisoformat(content["purchased_at"]),
        status=known_status(content["status"]),
        fulfilled_by=known_fulfiller(content["fulfilled_by"]),
        currency=content["currency"],
        grand_total=_amount(content["grand_total"]),
        items=tuple(_item(item) for item in content["items"]),
        destination=Destination(destination["country"], destination["territory"], destination["is_undecided"]),
        delivery_tip=Decimal(content["delivery_tip"]),
        is_migrated=row.sale_migration_id is not None,
        is_business="AMAZON_BUSINESS" in content["programs"],
        is_replacement=content["replaces_order"],
        is_invoiced_by_amazon="INVOICE_BY_AMAZON" in content["programs"],
        has_buyer_email=row.sealed_email is not None,
        vat_number_check=_check(row.vat_number_check),
        ship_from_country=content["ship_from_country"],
        shipped_at=_moment(content.get("shipped_at")),
        payment_method=content["payment_method"],
        problems=tuple(content["problems"]),
    )


def stored_check(check: VatNumberCheck) -> dict[str, Any]:
    """Return a check of a VAT number as it is kept: masked."""
    day = check.checked_on.isoformat() if check.checked_on else None
    return {"country": check.country, "status": check.status.value, "masked": check.masked, "checked_on": day}


def _check(stored: Mapping[str, Any] | None) -> VatNumberCheck | None:
    if stored is None:
        return None
    day = date.fromisoformat(stored["checked_on"]) if stored["checked_on"] else None
    return VatNumberCheck(stored["country"], VatNumberStatus(stored["status"]), stored["masked"], day)


def _item(item: Mapping[str, Any]) -> Item:
    return Item(
        item_id=item["item_id"],
        sku=item["sku"],
        asin=item["asin"],
        title=item["title"] or "",
        quantity=item["quantity"],
        amounts=_parts(item["amounts"]),
        taxes=_parts(item["taxes"]),
        tax_total=Decimal(item["tax_total"]),
        total=_amount(item["total"]),
        collected_by_amazon=item["collected_by_amazon"],
        reporting_scheme=item["reporting_scheme"],
    )


def _parts(amounts: Mapping[str, str]) -> dict[Part, Decimal]:
    return {Part(name): Decimal(amount) for name, amount in amounts.items()}


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def known_status(word: str | None) -> Status:
    return Status(word) if word and word in Status.__members__ else Status.UNKNOWN


def known_fulfiller(word: str | None) -> FulfilledBy:
    return FulfilledBy(word) if word and word in FulfilledBy.__members__ else FulfilledBy.UNKNOWN


def _moment(text: str | None) -> datetime | None:
    """Read a time; orders that were stored before it was asked for have none."""
    return None if text is None else datetime.fromisoformat(text)


def stored_issues(issues: Iterable[Issue]) -> list[dict[str, Any]]:
    return [{"code": issue.code, "facts": dict(issue.facts)} for issue in issues]
