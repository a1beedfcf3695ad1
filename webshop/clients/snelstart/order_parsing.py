"""From SnelStart's JSON to order_documents.py: only the members we use, missing ones left empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from webshop.clients.snelstart.members import (
    VAT_KINDS,
    Row,
    UnreadableError,
    read_code,
    read_date,
    read_decimal,
    read_id,
    read_integer,
    read_objects,
    read_reference,
    read_text,
)
from webshop.clients.snelstart.order_documents import (
    Article,
    CreatedJournalEntry,
    CreatedOrder,
    ForeignVatRate,
    LedgerMutation,
    OrderTemplate,
    RevenueGroup,
    SalesOrderDocument,
    SalesOrderRow,
)


def read_foreign_vat_rates(row: Row, codes: Mapping[str, str]) -> Iterator[ForeignVatRate]:
    """Read the rates of one country; `codes` gives its two letters by SnelStart's three."""
    country = codes.get(read_text(row, "countryCode").upper())
    if country is None:
        return
    for rate in read_objects(row, "vatRates"):
        percentage, valid_from = read_decimal(rate, "rate"), read_date(rate, "validFrom")
        if percentage is None or valid_from is None:
            raise UnreadableError("vatRates")
        yield ForeignVatRate(country, read_text(rate, "rateCode"), percentage, valid_from)


def read_article(row: Row) -> Article:
    return Article(
        article_id=read_id(row, "id"),
        code=read_code(row, "artikelcode"),
        description=read_text(row, "omschrijving"),
        revenue_group_id=read_reference(row, "artikelOmzetgroep"),
        is_active=row.get("isNonActief") is not True,
    )


def read_revenue_group(row: Row) -> RevenueGroup:
    return RevenueGroup(
        group_id=read_id(row, "id"),
        number=read_integer(row, "nummer") or 0,
        name=read_text(row, "omschrijving"),
        kind=VAT_KINDS.get(read_text(row, "verkoopNederlandBtwSoort"), ""),
        ledger_id=read_reference(row, "verkoopGrootboekNederlandIdentifier"),
    )


def read_order_template(row: Row) -> OrderTemplate:
    return OrderTemplate(
        template_id=read_id(row, "id"),
        name=read_text(row, "omschrijving"),
        is_active=row.get("nonactief") is not True,
        is_price_excl_vat=row.get("prijsIngaveExclusiefBtw") is True,
        is_order_blocked=row.get("nieuweOrdersBlokkeren") is True,
    )


def read_created_order(row: Row) -> CreatedOrder:
    return CreatedOrder(
        order_id=read_id(row, "id"),
        number=read_integer(row, "nummer"),
        total_incl_vat=read_decimal(row, "totaalInclusiefBtw"),
        total_excl_vat=read_decimal(row, "totaalExclusiefBtw"),
    )


def read_sales_order(row: Row) -> SalesOrderDocument:
    return SalesOrderDocument(
        order_id=read_id(row, "id"),
        number=read_integer(row, "nummer"),
        payment_reference=read_text(row, "betalingskenmerk"),
        description=read_text(row, "omschrijving"),
        relation_id=read_reference(row, "relatie"),
        booked_on=read_date(row, "datum"),
        total_incl_vat=read_decimal(row, "totaalInclusiefBtw"),
        total_excl_vat=read_decimal(row, "totaalExclusiefBtw"),
        lines=tuple(_read_line(line) for line in read_objects(row, "regels")),
    )


def read_created_journal_entry(row: Row) -> CreatedJournalEntry:
    return CreatedJournalEntry(entry_id=read_id(row, "id"), voucher=read_text(row, "boekstuk"))


def read_ledger_mutation(row: Row) -> LedgerMutation:
    return LedgerMutation(
        mutation_id=read_id(row, "id"),
        ledger_id=read_reference(row, "grootboek"),
        journal_id=read_reference(row, "dagboek"),
        voucher=read_text(row, "boekstuk"),
        booked_on=read_date(row, "datum"),
        debit=read_decimal(row, "debet"),
        credit=read_decimal(row, "credit"),
        invoice_number=read_text(row, "factuurNummer"),
    )


def _read_line(row: Row) -> SalesOrderRow:
    return SalesOrderRow(
        article_id=read_reference(row, "artikel"),
        quantity=read_decimal(row, "aantal"),
        unit_price=read_decimal(row, "stuksprijs"),
    )
