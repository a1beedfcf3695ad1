"""What we send to SnelStart, in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from webshop.clients.text import clean_text
from webshop.domain.booking import (
    DocumentVatKind,
    EntryLine,
    NewArticle,
    PaymentEntry,
    PriceModel,
    SalesEntry,
    SalesOrder,
    SalesOrderLine,
    VatKind,
)
from webshop.exceptions import TranslationError

_LINE_VAT = {VatKind.NONE: "Geen", VatKind.LOW: "Laag", VatKind.HIGH: "Hoog", VatKind.OTHER: "Overig"}
_DOCUMENT_VAT = {
    DocumentVatKind.SALES_LOW: "VerkopenLaag",
    DocumentVatKind.SALES_HIGH: "VerkopenHoog",
    DocumentVatKind.SALES_OTHER: "VerkopenOverig",
    DocumentVatKind.SALES_REVERSE_CHARGED: "VerkopenVerlegd",
}
_PRICE_MODELS = {PriceModel.EXCLUSIVE: "Exclusief", PriceModel.INCLUSIVE: "Inclusief"}
# SnelStart takes an address with all its parts or none.
_UNKNOWN = "Onbekend"
_NUMBER_LIMIT = 25
_DESCRIPTION_LIMIT = 250
_NAME_LIMIT = 50
_POSTAL_CODE_LIMIT = 25
_CITY_LIMIT = 50
_ORDER_DESCRIPTION_LIMIT = 50


@dataclass(frozen=True)
class DeliveryAddress:
    """Where an order went, without street or person; its country decides the VAT of a sales order."""

    postal_code: str | None
    city: str | None
    country_id: str


def sales_entry_payload(entry: SalesEntry, *, customer_id: str) -> dict[str, Any]:
    """Return the sales entry (verkoopboeking) for one customer; amounts stay exact Decimals."""
    if not 0 < len(entry.invoice_number) <= _NUMBER_LIMIT:
        raise TranslationError("an invoice number has 1 to 25 characters")
    return {
        "factuurnummer": entry.invoice_number,
        "klant": {"id": customer_id},
        "factuurdatum": _local_midnight(entry.booked_on),
        "betalingstermijn": entry.payment_days,
        "omschrijving": clean_text(entry.description, _DESCRIPTION_LIMIT),
        "factuurbedrag": entry.total_incl_vat,
        "boekingsregels": [_line(line) for line in entry.lines],
        "btw": [{"btwSoort": _DOCUMENT_VAT[line.kind], "btwBedrag": line.amount} for line in entry.vat],
    }


def sales_order_payload(
    order: SalesOrder,
    *,
    customer_id: str,
    article_ids: Mapping[str, str],
    delivery_address: DeliveryAddress | None = None,
) -> dict[str, Any]:
    """Return the sales order (verkooporder) for one customer; `article_ids` has the id of each article code.

    Without a delivery address SnelStart delivers to the customer's own.
    """
    payload: dict[str, Any] = {
        "relatie": {"id": customer_id},
        "datum": _local_midnight(order.booked_on),
        "omschrijving": clean_text(order.description, _ORDER_DESCRIPTION_LIMIT),
        "betalingskenmerk": order.payment_reference,
        "verkooporderBtwIngaveModel": _PRICE_MODELS[order.price_model],
        "regels": [_order_line(line, article_ids) for line in order.lines],
    }
    if order.template_id is not None:
        payload["verkoopordersjabloon"] = {"id": order.template_id}
    if order.cost_centre_id is not None:
        payload["kostenplaats"] = {"id": order.cost_centre_id}
    if delivery_address is not None:
        payload["afleveradres"] = _address(
            delivery_address.postal_code, delivery_address.city, delivery_address.country_id
        )
    return payload


def article_payload(article: NewArticle, *, revenue_group_id: str) -> dict[str, Any]:
    """Return a new article; its code goes exactly as it is, because it is looked up by it."""
    return {
        "artikelcode": article.code,
        "omschrijving": clean_text(article.description, _DESCRIPTION_LIMIT) or article.code,
        "artikelOmzetgroep": {"id": revenue_group_id},
    }


def journal_entry_payload(payment: PaymentEntry) -> dict[str, Any]:
    """Return the journal entry (memoriaalboeking) that settles a sales entry against the clearing ledger."""
    if not 0 < len(payment.voucher) <= _NUMBER_LIMIT:
        raise TranslationError("a voucher has 1 to 25 characters")
    description = clean_text(payment.description, _DESCRIPTION_LIMIT)
    # Settling an invoice credits the debtor; the clearing ledger balances it, a credit note the other way round.
    debit = max(payment.amount, Decimal(0))
    return {
        "datum": _local_midnight(payment.booked_on),
        "dagboek": {"id": payment.journal_id},
        "boekstuk": payment.voucher,
        "omschrijving": description,
        "verkoopboekingBoekingsRegels": [
            {
                "boekingId": {"id": payment.sales_entry_id},
                "omschrijving": payment.voucher,
                "bedrag": payment.amount,
            }
        ],
        "memoriaalBoekingsRegels": [
            {
                "omschrijving": description,
                "grootboek": {"id": payment.clearing_ledger_id},
                "debet": debit,
                "credit": debit - payment.amount,
            }
        ],
    }


def relation_payload(
    *,
    name: str,
    email: str | None,
    postal_code: str | None,
    city: str | None,
    country_id: str,
    vat_number: str | None = None,
) -> dict[str, Any]:
    """Return a new customer with a whole address, without street or person."""
    payload: dict[str, Any] = {
        "relatiesoort": ["Klant"],
        "naam": clean_text(name, _NAME_LIMIT),
        "vestigingsAdres": _address(postal_code, city, country_id),
    }
    if email is not None:
        payload["email"] = email
    if vat_number is not None:
        payload["btwNummer"] = vat_number
    return payload


def _address(postal_code: str | None, city: str | None, country_id: str) -> dict[str, Any]:
    return {
        "straat": _UNKNOWN,
        "postcode": clean_text(postal_code or "", _POSTAL_CODE_LIMIT) or _UNKNOWN,
        "plaats": clean_text(city or "", _CITY_LIMIT) or _UNKNOWN,
        "land": {"id": country_id},
    }


def _order_line(line: SalesOrderLine, article_ids: Mapping[str, str]) -> dict[str, Any]:
    return {
        "artikel": {"id": article_ids[line.article_code]},
        "omschrijving": clean_text(line.description, _DESCRIPTION_LIMIT),
        "aantal": line.quantity,
        "stuksprijs": line.unit_price,
    }


def _line(line: EntryLine) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "omschrijving": clean_text(line.description, _DESCRIPTION_LIMIT),
        "grootboek": {"id": line.ledger_id},
        "bedrag": line.amount_excl_vat,
        "btwSoort": _LINE_VAT[line.vat_kind],
    }
    if line.cost_centre_id is not None:
        payload["kostenplaats"] = {"id": line.cost_centre_id}
    return payload


def _local_midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"
