"""The calls we make to SnelStart's B2B API v2.

Filters are only a request: some lists ignore them, so every hit is compared here once more.
https://b2bapi-developer.snelstart.nl/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

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
from webshop.clients.snelstart.parsing import (
    AMSTERDAM,
    ID,
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
    "CompanyInfo",
    "CostCentre",
    "Country",
    "CreatedEntry",
    "Journal",
    "LedgerAccount",
    "Relation",
    "SalesEntryDocument",
    "SalesInvoice",
    "SnelStartClient",
    "VatRate",
]

PAGE_SIZE = 500

_RELATIONS = "/relaties"
_SALES_ENTRIES = "/verkoopboekingen"
_SALES_INVOICES = "/verkoopfacturen"

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
        ledgers: list[LedgerAccount] = []
        while True:
            page = self._list("/grootboeken", read_ledger, _page_params(skip=len(ledgers), top=PAGE_SIZE))
            ledgers.extend(page)
            if len(page) < PAGE_SIZE:
                return tuple(ledgers)

    def domestic_vat_rates(self) -> tuple[VatRate, ...]:
        """Return the history of the Dutch percentages of the kinds we know."""
        return tuple(rate for rate in self._list("/btwtarieven", read_vat_rate) if rate.kind)

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
        operation = f"GET {_SALES_ENTRIES}/{{id}}"
        identifier = entry_id.lower()
        if not ID.fullmatch(identifier):
            raise RejectedError("this is no id of SnelStart", remote=self._http.remote, operation=operation, code="ID")
        return self._get(
            f"{_SALES_ENTRIES}/{identifier}",
            lambda document: read_document(document, read_sales_entry),
            operation=operation,
        )

    def _find(
        self,
        path: str,
        member: str,
        text: str,
        read: Callable[[Mapping[str, Any]], Result],
        *,
        is_personal: bool = False,
    ) -> tuple[Result, ...]:
        quoted = text.replace("'", "''")
        return self._list(path, read, {"$filter": f"{member} eq '{quoted}'"}, is_personal=is_personal)

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
