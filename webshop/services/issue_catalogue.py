"""What a person reads about an issue: title, four headings, and where the cause is taken away.

The core and the posting say what is wrong with a code and facts; this is the one place where that
becomes language. The Dutch texts are in issue_texts/, the other languages in the translations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from flask_babel import LazyString, get_locale

from webshop.domain.booking import Issue
from webshop.domain.issues import Severity, severity
from webshop.domain.personal_data import HIDDEN, mask
from webshop.services.issue_texts import (
    amazon,
    amounts,
    articles,
    customers,
    decisions,
    destinations,
    payments,
    snelstart,
    vat,
    vat_numbers,
    words,
)
from webshop.services.issue_texts.text import Text

TEXTS: Mapping[str, Text] = {
    **amounts.TEXTS,
    **destinations.TEXTS,
    **vat.TEXTS,
    **vat_numbers.TEXTS,
    **articles.TEXTS,
    **payments.TEXTS,
    **customers.TEXTS,
    **snelstart.TEXTS,
    **decisions.TEXTS,
    **amazon.TEXTS,
}

SNELSTART_CODES: Mapping[str, str] = {
    # Words of our own client for answers without a code
    "PACKAGE": "SNELSTART_PACKAGE_TOO_LOW",
    "SCOPE": "SNELSTART_SCOPE_MISSING",
    **dict.fromkeys(("MODEL_STATE", "REDIRECT", "ID"), "SNELSTART_REQUEST_REFUSED"),
    # Everything
    **dict.fromkeys(("ALG-0100", "ALG-0101", "ALG-0103", "ALG-0104", "ALG-0106"), "SNELSTART_REQUEST_REFUSED"),
    "ALG-0105": "SNELSTART_REFERENCE_INACTIVE",
    # Articles
    "ART-0001": "SNELSTART_ARTICLE_NOT_FOUND",
    **dict.fromkeys(("ART-0002", "ART-0006", "ART-0007"), "SNELSTART_ARTICLE_REFUSED"),
    "ART-0003": "SNELSTART_ARTICLE_CODE_NOT_NUMERIC",
    "ART-0004": "SNELSTART_ARTICLE_CODE_TOO_LONG",
    "ART-0005": "SNELSTART_ARTICLE_EXISTS",
    **dict.fromkeys(("ART-0008", "ART-0009"), "SNELSTART_REVENUE_GROUP_REFUSED"),
    # Entries and payments
    "BOE-0001": "SNELSTART_ENTRY_NOT_FOUND",
    "BOE-0008": "SNELSTART_LEDGER_INACTIVE",
    **dict.fromkeys(("BOE-0019", "BOE-0026"), "SNELSTART_COST_CENTRE_REFUSED"),
    "BOE-0021": "INVOICE_NUMBER_DUPLICATE",
    "BOE-0022": "SNELSTART_COST_CENTRE_REQUIRED",
    "BOE-0028": "SNELSTART_ZERO_LINE",
    **dict.fromkeys(("BOE-0033", "BOE-0042"), "BOOKYEAR_CLOSED"),
    **dict.fromkeys(("BOE-0037", "BOE-0089"), "SNELSTART_LEDGER_NOT_FOUND"),
    "BOE-0039": "SNELSTART_NOT_BALANCED",
    "BOE-0046": "PERIOD_IN_VAT_RETURN",
    "BOE-0051": "ACCOUNTANT_LOCK",
    "BOE-0054": "SNELSTART_RELATION_INACTIVE",
    "BOE-0058": "INVOICE_NUMBER_TOO_LONG",
    "BOE-0060": "SNELSTART_RELATION_NOT_CUSTOMER",
    "BOE-0061": "SNELSTART_LEDGER_NOT_ALLOWED",
    "BOE-0062": "MIXED_REVERSE_CHARGE",
    "BOE-0069": "SNELSTART_VAT_AMOUNT_REFUSED",
    **dict.fromkeys(("BOE-0075", "BOE-0095", "BOE-0096"), "SNELSTART_JOURNAL_REFUSED"),
    "BOE-0080": "EU_LEDGER_REFUSED",
    "BOE-0081": "VAT_LEDGER_FUNCTION_MISSING",
    "BOE-0082": "SNELSTART_VAT_TYPE_REFUSED",
    "BOE-0093": "SNELSTART_COST_CENTRE_NOT_ALLOWED",
    **dict.fromkeys(
        ("BOE-0023", "BOE-0036", "BOE-0068", "BOE-0070", "BOE-0071", "BOE-0076", "BOE-0078", "BOE-0091", "BOE-0094"),
        "SNELSTART_REQUEST_REFUSED",
    ),
    # Customers
    "REL-0005": "SNELSTART_RELATION_NOT_FOUND",
    "REL-0007": "RELATION_NAME_REFUSED",
    **dict.fromkeys(("REL-0055", "REL-0056"), "RELATION_COUNTRY_REFUSED"),
    **dict.fromkeys(("REL-0057", "REL-0058", "REL-0059", "REL-0088"), "RELATION_VAT_NUMBER_REFUSED"),
    "REL-0060": "RELATION_ADDRESS_INCOMPLETE",
    **dict.fromkeys(("REL-0061", "REL-0084"), "RELATION_EMAIL_REFUSED"),
    "REL-0087": "RELATION_VAT_NUMBER_COUNTRY",
    **dict.fromkeys(
        ("REL-0001", "REL-0003", "REL-0008", "REL-0020", "REL-0021", "REL-0022", "REL-0063", "REL-0066"),
        "SNELSTART_RELATION_REFUSED",
    ),
    # Sales orders
    **dict.fromkeys(("VOR-0002", "VOR-0003"), "SNELSTART_RELATION_NOT_CUSTOMER"),
    **dict.fromkeys(("VOR-0005", "VOR-0011"), "SNELSTART_REQUEST_REFUSED"),
    **dict.fromkeys(("VOR-0006", "VOR-0007", "VOR-0008", "VOR-0009", "VOR-0010"), "SNELSTART_DELIVERY_ADDRESS_REFUSED"),
}
"""Our issue for each code with which SnelStart can refuse what we send."""
_UNKNOWN = "SNELSTART_REJECTED"
_LONGEST_MESSAGE = 300
_VAT_NUMBER = re.compile(r"\b[A-Z]{2}[0-9A-Z]{2}\d{5,10}[0-9A-Z]*\b")


@dataclass(frozen=True)
class IssueText:
    """The texts of one issue in the language of the reader, with its facts filled in."""

    code: str
    title: str
    meaning: str
    cause: str
    solution: str
    contact: str
    severity: Severity
    is_retry_safe: bool
    fix_endpoint: str | None


def describe(issue: Issue) -> IssueText:
    """Put an issue into words; an issue of another release is shown by its code."""
    facts = _Facts() if issue.code in TEXTS else _Facts({"code": issue.code, "message": issue.code})
    locale = get_locale() or Locale("nl")
    facts.update({name: _worded(name, value, locale) for name, value in issue.facts.items()})
    return _described(issue, facts)


def describe_code(code: str) -> IssueText:
    """Put an issue into words for any order: dots stand for the facts of one."""
    return _described(Issue(code, {}), _Dots())


def _described(issue: Issue, facts: Mapping[str, str]) -> IssueText:
    text = TEXTS.get(issue.code, TEXTS[_UNKNOWN])

    def filled(string: LazyString) -> str:
        return str(string) % facts

    return IssueText(
        code=issue.code if issue.code in TEXTS else _UNKNOWN,
        title=filled(text.title),
        meaning=filled(text.meaning),
        cause=filled(text.cause),
        solution=filled(text.solution),
        contact=filled(text.contact),
        severity=severity(issue),
        is_retry_safe=text.is_retry_safe,
        fix_endpoint=text.fix_endpoint,
    )


def is_retry_safe(code: str) -> bool:
    """Say whether sending an order with this issue again can help; one of another release may try."""
    return TEXTS.get(code, TEXTS[_UNKNOWN]).is_retry_safe


def issue_for_snelstart(code: str, message: str) -> Issue:
    """Turn SnelStart's error code into our issue; the vendor's text goes along without personal data."""
    message = _VAT_NUMBER.sub(HIDDEN, mask(message))
    facts = {"code": code or "?", "message": message[:_LONGEST_MESSAGE]}
    return Issue(SNELSTART_CODES.get(code, _UNKNOWN), facts)


class _Facts(dict[str, str]):
    """The facts of a text; one that an older issue does not have is shown as a question mark."""

    def __missing__(self, name: str) -> str:
        return "?"


class _Dots(dict[str, str]):
    """The facts of no particular order."""

    def __missing__(self, name: str) -> str:
        return "…"


def _worded(name: str, value: str, locale: Locale) -> str:
    word = _WORDINGS.get(name)
    return value if word is None else word(value, locale)


def _country(value: str, locale: Locale) -> str:
    return str(words.COUNTRIES.get(value) or locale.territories.get(value, value))


def _amount(value: str, locale: Locale) -> str:
    return _decimal(value, locale, "#,##0.00")


def _percentages(value: str, locale: Locale) -> str:
    return ", ".join(_decimal(part, locale, "0.####") for part in value.split(", "))


def _decimal(value: str, locale: Locale, pattern: str) -> str:
    try:
        return format_decimal(Decimal(value), format=pattern, locale=locale)
    except InvalidOperation:
        return value


def _date(value: str, locale: Locale) -> str:
    try:
        return format_date(date.fromisoformat(value), format="long", locale=locale)
    except ValueError:
        return value


def _listed(table: Mapping[str, LazyString]) -> Callable[[str, Locale], str]:
    return lambda value, _locale: ", ".join(str(table.get(part, part)) for part in value.split(", "))


_WORDINGS: Mapping[str, Callable[[str, Locale], str]] = {
    **dict.fromkeys(("country", "dispatch_country", "number_country", "relation_country"), _country),
    **dict.fromkeys(("parts", "total", "difference", "ours", "theirs"), _amount),
    **dict.fromkeys(("percentage", "percentages", "amazon_percentage"), _percentages),
    **dict.fromkeys(("date", "ordered_on", "shipped_on", "start_on"), _date),
    "treatment": _listed(words.TREATMENTS),
    **dict.fromkeys(("status", "statuses"), _listed(words.STATUSES)),
    "territory": _listed(words.TERRITORIES),
    "kind": _listed(words.KINDS),
    **dict.fromkeys(("function", "expected"), _listed(words.FUNCTIONS)),
}
