"""The calls we make to SnelStart's B2B API v2.

Filters are only a request: some lists ignore them, so every hit is compared here once more.
https://b2bapi-developer.snelstart.nl/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from webshop.clients.http import HttpAnswer, HttpClient
from webshop.clients.snelstart.documents import (
    CompanyInfo,
    CostCentre,
    Country,
    CreatedEntry,
    Journal,
    LedgerAccount,
    Relation,
    SalesEntryDocument,
    SalesInvoice,
    VatRate,
)
from webshop.clients.snelstart.errors import error_of, is_token_refused
from webshop.clients.snelstart.members import AMSTERDAM, ID
from webshop.clients.snelstart.order_documents import (
    Article,
    CreatedJournalEntry,
    CreatedOrder,
    ForeignVatRate,
    LedgerMutation,
    OrderTemplate,
    RevenueGroup,
    SalesOrderDocument,
)
from webshop.clients.snelstart.order_parsing import (
    read_article,
    read_created_journal_entry,
    read_created_order,
    read_foreign_vat_rates,
    read_ledger_mutation,
    read_order_template,
    read_revenue_group,
    read_sales_order,
)
from webshop.clients.snelstart.parsing import (
    read_company_info,
    read_cost_centre,
    read_country,
    read_created_entry,
    read_document,
    read_journal,
    read_ledger,
    read_relation,
    read_rows,
    read_sales_entry,
    read_sales_invoice,
    read_vat_rate,
)
from webshop.clients.text import normalise_email
from webshop.clients.tokens import Take, TokenSource
from webshop.exceptions import OutcomeUnknownError, RejectedError, RetryableRemoteError

__all__ = [
    "Article",
    "CompanyInfo",
    "CostCentre",
    "Country",
    "CreatedEntry",
    "CreatedJournalEntry",
    "CreatedOrder",
    "ForeignVatRate",
    "Journal",
    "LedgerAccount",
    "LedgerMutation",
    "OrderTemplate",
    "Relation",
    "RevenueGroup",
    "SalesEntryDocument",
    "SalesInvoice",
    "SalesOrderDocument",
    "SnelStartClient",
    "VatRate",
]

PAGE_SIZE = 500
ARTICLE_PAGE_SIZE = 25
"""SnelStart's model allows no more articles per page; a page is also one look-up of so many codes."""

# Servers of this kind refuse addresses with more than 2,048 characters behind the question mark.
_LONGEST_FILTER = 1_800

_RELATIONS = "/relaties"
_SALES_ENTRIES = "/verkoopboekingen"
_SALES_INVOICES = "/verkoopfacturen"
_SALES_ORDERS = "/verkooporders"
_ARTICLES = "/artikelen"
_JOURNAL_ENTRIES = "/memoriaalboekingen"
_LEDGER_MUTATIONS = "/grootboekmutaties"

Result = TypeVar("Result")


class SnelStartClient:
    """Speak for one administration; `tokens` belongs to that connection."""

    def __init__(
        self, *, http: HttpClient, base_url: str, subscription_key: str, tokens: TokenSource, take: Take
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._subscription_key = subscription_key
        self._tokens = tokens
        self._take = take

    def company_info(self) -> CompanyInfo:
        return self._get("/companyInfo", lambda document: read_document(document, read_company_info))

    def countries(self) -> tuple[Country, ...]:
        return self._list("/landen", read_country)

    def ledgers(self) -> tuple[LedgerAccount, ...]:
        """Return the whole chart of accounts, page by page."""
        return self._every_page("/grootboeken", read_ledger)

    def domestic_vat_rates(self) -> tuple[VatRate, ...]:
        """Return the history of the Dutch percentages of the kinds we know."""
        return tuple(rate for rate in self._list("/btwtarieven", read_vat_rate) if rate.kind)

    def foreign_vat_rates(self) -> tuple[ForeignVatRate, ...]:
        """Return the percentages of all other countries with their history; countries by two letters."""
        codes = {country.code3: country.code for country in self.countries()}
        pages = self._every_page("/vatrates", lambda row: tuple(read_foreign_vat_rates(row, codes)))
        return tuple(rate for rates in pages for rate in rates)

    def revenue_groups(self) -> tuple[RevenueGroup, ...]:
        return self._list("/artikelomzetgroepen", read_revenue_group)

    def order_templates(self) -> tuple[OrderTemplate, ...]:
        return self._list("/verkoopordersjablonen", read_order_template)

    def journals(self) -> tuple[Journal, ...]:
        return self._list("/dagboeken", read_journal)

    def cost_centres(self) -> tuple[CostCentre, ...]:
        return self._list("/kostenplaatsen", read_cost_centre)

    def relations_page(
        self, *, modified_since: datetime | None, skip: int, top: int = PAGE_SIZE
    ) -> tuple[Relation, ...]:
        """Return a page of customers and suppliers; the last one has fewer than `top` rows."""
        return self._list(_RELATIONS, read_relation, _page_params(skip, top, modified_since), is_personal=True)

    def find_relations(self, email: str) -> tuple[Relation, ...]:
        """Return the relations that have this address, in whatever case it is written."""
        wanted = normalise_email(email)
        if wanted is None:
            return ()
        found = self._find(_RELATIONS, "Email", wanted, read_relation, is_personal=True)
        return tuple(relation for relation in found if wanted in relation.emails)

    def find_relations_by_name(self, name: str) -> tuple[Relation, ...]:
        """Return the relations with exactly this name."""
        found = self._find(_RELATIONS, "Naam", name, read_relation, is_personal=True)
        return tuple(relation for relation in found if relation.name == name)

    def create_relation(self, payload: Mapping[str, Any]) -> Relation:
        return self._post(_RELATIONS, payload, read_relation, is_personal=True)

    def find_sales_invoices(self, number: str) -> tuple[SalesInvoice, ...]:
        """Return the invoices with exactly this number."""
        found = self._find(_SALES_INVOICES, "Factuurnummer", number, read_sales_invoice)
        return tuple(invoice for invoice in found if invoice.number == number)

    def sales_invoices_page(
        self, *, modified_since: datetime | None, skip: int, top: int = PAGE_SIZE
    ) -> tuple[SalesInvoice, ...]:
        """Return a page of invoices; the last one has fewer than `top` rows."""
        return self._list(_SALES_INVOICES, read_sales_invoice, _page_params(skip, top, modified_since))

    def create_sales_entry(self, payload: Mapping[str, Any]) -> CreatedEntry:
        """Raise DuplicateError when the invoice number exists, OutcomeUnknownError when nobody can tell."""
        return self._post(_SALES_ENTRIES, payload, read_created_entry)

    def get_sales_entry(self, entry_id: str) -> SalesEntryDocument:
        """Raise NotFoundRemoteError when the entry is gone."""
        return self._get_one(_SALES_ENTRIES, entry_id, read_sales_entry)

    def articles_by_code(self, codes: Sequence[str]) -> tuple[Article, ...]:
        """Return the articles that exist under these codes, exactly as they are written."""
        found: dict[str, Article] = {}
        for batch in _batches(codes):
            condition = " or ".join(_equals("Artikelcode", code) for code in batch)
            params = {"$filter": condition, "$top": str(ARTICLE_PAGE_SIZE)}
            for article in self._list(_ARTICLES, read_article, params):
                if article.code in batch:
                    found[article.code] = article
        return tuple(found.values())

    def article_taken_for(self, code: str) -> Article | None:
        """Return the article that stands in the way of a new one with this code.

        SnelStart may not tell capitals or spaces at the ends apart where it says that a code exists.
        """
        params = {"$filter": _equals("Artikelcode", code), "$top": str(ARTICLE_PAGE_SIZE)}
        wanted = code.strip().casefold()
        found = [row for row in self._list(_ARTICLES, read_article, params) if row.code.strip().casefold() == wanted]
        return min(found, key=lambda article: article.code != code, default=None)

    def create_article(self, payload: Mapping[str, Any]) -> Article:
        """Raise DuplicateError when the code exists, OutcomeUnknownError when nobody can tell."""
        return self._post(_ARTICLES, payload, read_article)

    def create_sales_order(self, payload: Mapping[str, Any]) -> CreatedOrder:
        """Raise OutcomeUnknownError when nobody can tell; SnelStart takes the same order twice."""
        return self._post(_SALES_ORDERS, payload, read_created_order)

    def find_sales_orders(self, order_number: str) -> tuple[SalesOrderDocument, ...]:
        """Return the sales orders with exactly this payment reference."""
        found = self._find(_SALES_ORDERS, "Betalingskenmerk", order_number, read_sales_order)
        return tuple(order for order in found if order.payment_reference == order_number)

    def get_sales_order(self, order_id: str) -> SalesOrderDocument:
        """Raise NotFoundRemoteError when the sales order is gone."""
        return self._get_one(_SALES_ORDERS, order_id, read_sales_order)

    def sales_orders_page(
        self, *, modified_since: datetime | None, skip: int, top: int = PAGE_SIZE
    ) -> tuple[SalesOrderDocument, ...]:
        """Return a page of sales orders; the last one has fewer than `top` rows."""
        return self._list(_SALES_ORDERS, read_sales_order, _page_params(skip, top, modified_since))

    def create_journal_entry(self, payload: Mapping[str, Any]) -> CreatedJournalEntry:
        """Raise OutcomeUnknownError when nobody can tell; SnelStart takes the same entry twice."""
        return self._post(_JOURNAL_ENTRIES, payload, read_created_journal_entry)

    def find_ledger_mutations(self, voucher: str, journal_id: str) -> tuple[LedgerMutation, ...]:
        """Return what the entries with exactly this voucher in this journal did to the ledgers."""
        found = self._find(_LEDGER_MUTATIONS, "Boekstuk", voucher, read_ledger_mutation)
        return tuple(row for row in found if row.voucher == voucher and row.journal_id == journal_id.lower())

    def _get_one(self, path: str, identifier: str, read: Callable[[Mapping[str, Any]], Result]) -> Result:
        operation = f"GET {path}/{{id}}"
        identifier = identifier.lower()
        if not ID.fullmatch(identifier):
            raise RejectedError("this is no id of SnelStart", remote=self._http.remote, operation=operation, code="ID")
        return self._get(f"{path}/{identifier}", lambda document: read_document(document, read), operation=operation)

    def _find(
        self,
        path: str,
        member: str,
        text: str,
        read: Callable[[Mapping[str, Any]], Result],
        *,
        is_personal: bool = False,
    ) -> tuple[Result, ...]:
        return self._list(path, read, {"$filter": _equals(member, text)}, is_personal=is_personal)

    def _every_page(self, path: str, read: Callable[[Mapping[str, Any]], Result]) -> tuple[Result, ...]:
        rows: list[Result] = []
        while True:
            page = self._list(path, read, _page_params(skip=len(rows), top=PAGE_SIZE))
            rows.extend(page)
            if len(page) < PAGE_SIZE:
                return tuple(rows)

    def _list(
        self,
        path: str,
        read: Callable[[Mapping[str, Any]], Result],
        params: Mapping[str, str] | None = None,
        *,
        is_personal: bool = False,
    ) -> tuple[Result, ...]:
        return self._get(path, lambda document: read_rows(document, read), params=params, is_personal=is_personal)

    def _get(
        self,
        path: str,
        read: Callable[[Any], Result],
        *,
        operation: str | None = None,
        params: Mapping[str, str] | None = None,
        is_personal: bool = False,
    ) -> Result:
        operation = operation or f"GET {path}"
        answer = self._call("GET", path, operation=operation, params=params, is_personal=is_personal)
        try:
            return read(answer.json())
        except ValueError:
            text = "the answer cannot be read"
        raise RetryableRemoteError(text, code="UNREADABLE_ANSWER", **self._facts(answer, operation))

    def _post(
        self,
        path: str,
        payload: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], Result],
        *,
        is_personal: bool = False,
    ) -> Result:
        operation = f"POST {path}"
        answer = self._call("POST", path, operation=operation, payload=payload, is_personal=is_personal)
        try:
            return read_document(answer.json(), read)
        except ValueError:
            text = "SnelStart carried it out, but its answer cannot be read"
        raise OutcomeUnknownError(text, code="UNREADABLE_ANSWER", **self._facts(answer, operation))

    def _call(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        params: Mapping[str, str] | None = None,
        payload: Mapping[str, Any] | None = None,
        is_personal: bool = False,
    ) -> HttpAnswer:
        def send(token: str) -> HttpAnswer:
            self._take(operation)
            headers = {"Authorization": f"Bearer {token}", "Ocp-Apim-Subscription-Key": self._subscription_key}
            return self._http.send(
                method,
                self._base_url + path,
                operation=operation,
                params=params,
                headers=headers,
                json=payload,
                is_write=payload is not None,
            )

        token = self._tokens.get()
        answer = send(token)
        if is_token_refused(answer):
            # Refused before anything was done, so a write may be sent once more.
            answer = send(self._tokens.renew(token))
        if answer.is_success:
            return answer
        raise error_of(
            answer,
            remote=self._http.remote,
            operation=operation,
            is_write=payload is not None,
            is_personal=is_personal,
        )

    def _facts(self, answer: HttpAnswer, operation: str) -> dict[str, Any]:
        return {
            "remote": self._http.remote,
            "operation": operation,
            "status": answer.status,
            "request_id": answer.request_id,
        }


def _batches(codes: Sequence[str]) -> Iterator[list[str]]:
    """Divide codes into look-ups that fit on one page and in one address."""
    batch: list[str] = []
    length = 0
    for code in dict.fromkeys(codes):
        size = len(quote(f" or {_equals('Artikelcode', code)}"))
        if batch and (len(batch) == ARTICLE_PAGE_SIZE or length + size > _LONGEST_FILTER):
            yield batch
            batch, length = [], 0
        batch.append(code)
        length += size
    if batch:
        yield batch


def _equals(member: str, text: str) -> str:
    quoted = text.replace("'", "''")
    return f"{member} eq '{quoted}'"


def _page_params(skip: int, top: int, modified_since: datetime | None = None) -> dict[str, str]:
    params = {"$skip": str(skip), "$top": str(top)}
    if modified_since is not None:
        params["$filter"] = f"ModifiedOn ge datetime'{_local_text(modified_since)}'"
    return params


def _local_text(moment: datetime) -> str:
    """Return SnelStart's notation: local time of the Netherlands without a zone.

    In the hour before the clock goes back an hour earlier, because what changes after that bears those times again.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    local = moment.astimezone(AMSTERDAM)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        local -= timedelta(hours=1)
    return local.replace(tzinfo=None, microsecond=0).isoformat()
