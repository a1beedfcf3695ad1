"""The codes of everything that can be said about an order, and what each does to it.

The texts are in the issue catalogue (services/issue_catalogue.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from webshop.domain.booking import Issue, Outcome
from webshop.exceptions import TranslationError


class Severity(StrEnum):
    """What an issue does to the order, worst first."""

    BLOCKS = "BLOCKS"
    """A person has to change something (tab Fouten)."""
    WAITS = "WAITS"
    """It is looked at again by itself (tab Open, or Onzeker)."""
    HANDLED = "HANDLED"
    """There is nothing to post (tab Rapportage)."""
    WARNS = "WARNS"
    """It is posted and deserves a look."""


_BLOCKING = (
    # The order itself
    "ORDER_UNREADABLE",
    "ORDER_CRASHED",
    "NO_ORDER_LINES",
    "QUANTITY_INVALID",
    "AMOUNTS_MISSING",
    "TOTAL_MISMATCH",
    "NEGATIVE_TOTAL",
    "LINES_CANCEL_OUT",
    "CURRENCY_UNSUPPORTED",
    "CANCELLED_AFTER_POSTING",
    # Treatment
    "SOLD_TO_ABEU",
    "DEEMED_SUPPLIER_UNEXPECTED",
    "DEEMED_SUPPLIER_MIXED",
    "UNKNOWN_DEEMED_CATEGORY",
    "DISPATCH_COUNTRY_UNKNOWN",
    "DISPATCH_COUNTRY_FOREIGN",
    "COUNTRY_MISSING",
    "COUNTRY_UNKNOWN_IN_SNELSTART",
    "NORTHERN_IRELAND_UNDECIDED",
    "SPECIAL_TERRITORY_WITH_OSS",
    "VAT_NUMBER_INVALID_FORMAT",
    "VAT_NUMBER_CHECKDIGIT",
    "VAT_NUMBER_NOT_IN_VIES",
    "VAT_NUMBER_NOT_CHECKED",
    "VAT_NUMBER_OF_DISPATCH_COUNTRY",
    "VAT_REPORTED_ON_ZERO_RATED",
    "B2B_ZERO_RATED_WITHOUT_VAT_NUMBER",
    "OSS_FLAG_CONFLICT",
    "OSS_NOT_ENABLED_IN_SNELSTART",
    "TERRITORY_RATE_NOT_IN_SNELSTART",
    # Rates and the VAT table
    "VAT_RATE_UNDECIDED",
    "VAT_RATE_MISMATCH",
    "VAT_EXPECTED_BUT_ZERO",
    "SHIPPING_VAT_MISSING",
    "GIFTWRAP_VAT_MISSING",
    "SKU_RATE_UNKNOWN_IN_COUNTRY",
    "VAT_MAPPING_MISSING",
    "VAT_RATE_NOT_IN_SNELSTART",
    "FOREIGN_RATE_NOT_IN_SNELSTART",
    "VAT_TYPE_MISMATCH",
    "LEDGER_NOT_FOUND",
    "LEDGER_INACTIVE",
    "LEDGER_FUNCTION_MISMATCH",
    "LEDGER_VATRATECODE_MISSING",
    "LEDGER_VATRATECODE_MISMATCH",
    "COST_CENTRE_REQUIRED",
    "COST_CENTRE_NOT_FOUND",
    "ROUNDING_DIFF_TOO_LARGE",
    # Sales orders and their articles
    "SKU_MISSING",
    "ARTICLE_CODE_NOT_NUMERIC",
    "ARTICLE_CODE_TOO_LONG",
    "ARTICLE_INACTIVE",
    "ARTICLE_REVENUE_GROUP_MISMATCH",
    "REVENUE_GROUP_MISSING",
    "SALES_ORDER_NOT_POSSIBLE",
    "SALES_ORDER_RATE_NOT_POSSIBLE",
    "ORDER_TOTAL_UNREACHABLE",
    # Settings of payments and invoices
    "JOURNAL_INACTIVE",
    "CLEARING_LEDGER_MISSING",
    "INVOICE_NUMBER_TOO_LONG",
    # Customer
    "EMAIL_REQUIRED",
    "RELATION_UNFIT_FOR_ICP",
    "RELATION_WITHOUT_VAT_NUMBER",
    "PERSONAL_DATA_EXPIRED",
    # SnelStart's answers
    "SNELSTART_KEY_INVALID",
    "SNELSTART_REJECTED",
    "SNELSTART_REQUEST_REFUSED",
    "SNELSTART_PACKAGE_TOO_LOW",
    "SNELSTART_SCOPE_MISSING",
    "INVOICE_NUMBER_DUPLICATE",
    "INVOICE_NUMBER_DUPLICATE_DIFFERENT",
    "INVOICE_NUMBER_DUPLICATE_HIDDEN",
    "SNELSTART_LEDGER_INACTIVE",
    "SNELSTART_LEDGER_NOT_FOUND",
    "SNELSTART_LEDGER_NOT_ALLOWED",
    "SNELSTART_COST_CENTRE_REQUIRED",
    "SNELSTART_COST_CENTRE_REFUSED",
    "SNELSTART_COST_CENTRE_NOT_ALLOWED",
    "SNELSTART_JOURNAL_REFUSED",
    "SNELSTART_ENTRY_NOT_FOUND",
    "SNELSTART_ARTICLE_NOT_FOUND",
    "SNELSTART_ARTICLE_EXISTS",
    "SNELSTART_ARTICLE_REFUSED",
    "SNELSTART_ARTICLE_CODE_NOT_NUMERIC",
    "SNELSTART_ARTICLE_CODE_TOO_LONG",
    "SNELSTART_REVENUE_GROUP_REFUSED",
    "SNELSTART_DELIVERY_ADDRESS_REFUSED",
    "SNELSTART_ZERO_LINE",
    "SNELSTART_NOT_BALANCED",
    "SNELSTART_VAT_AMOUNT_REFUSED",
    "SNELSTART_VAT_TYPE_REFUSED",
    "SNELSTART_REFERENCE_INACTIVE",
    "BOOKYEAR_CLOSED",
    "PERIOD_IN_VAT_RETURN",
    "ACCOUNTANT_LOCK",
    "MIXED_REVERSE_CHARGE",
    "EU_LEDGER_REFUSED",
    "VAT_LEDGER_FUNCTION_MISSING",
    "SNELSTART_RELATION_INACTIVE",
    "SNELSTART_RELATION_NOT_CUSTOMER",
    "SNELSTART_RELATION_NOT_FOUND",
    "SNELSTART_RELATION_REFUSED",
    "RELATION_NAME_REFUSED",
    "RELATION_COUNTRY_REFUSED",
    "RELATION_ADDRESS_INCOMPLETE",
    "RELATION_EMAIL_REFUSED",
    "RELATION_VAT_NUMBER_COUNTRY",
    "RELATION_VAT_NUMBER_REFUSED",
    # Amazon's connection
    "AMAZON_RECONNECT",
)
_WAITING = (
    "ORDER_STATUS_NOT_ELIGIBLE",
    "PRICE_PENDING",
    "GAP_UNDECIDED",
    "SHIP_DATE_PENDING",
    "VIES_PENDING",
    "VIES_UNAVAILABLE",
    "FX_RATE_MISSING",
    "SNELSTART_WRITE_UNKNOWN",
    "ADMINISTRATION_LEFT",
    "SNELSTART_UNREACHABLE",
    "SNELSTART_THROTTLED",
    "ENCRYPTION_KEY_MISSING",
)
_HANDLED = (
    "MCF_ORDER",
    "OTHER_MARKETPLACE",
    "ORDER_CANCELLED",
    "BEFORE_START_DATE",
    "GAP_NOT_BOOKED",
    "ZERO_TOTAL",
    "ALREADY_IN_SNELSTART",
    "ALREADY_BOOKED",
    "SKIPPED_BY_HAND",
    "BOOKED_BY_HAND",
)
_WARNING = (
    "SPECIAL_TERRITORY",
    "TERRITORY_UNDECIDED",
    "NI_CHECK_REQUIRED",
    "DEEMED_SUPPLIER",
    "KOR_ACTIVE",
    "VAT_NUMBER_IGNORED",
    "VAT_NUMBER_COUNTRY_MISMATCH",
    "B2B_WITHOUT_VAT_NUMBER",
    "AMAZON_TAX_ABSENT",
    "SHIP_DATE_MISSING",
    "VAT_RATES_CHANGED_BEFORE_SHIPMENT",
    "VAT_RATE_UNKNOWN_FOR_DATE",
    "AMAZON_ROLE_MISSING_TAX",
    "PRICES_SENT_INCLUDING_VAT",
    "DESCRIPTION_TRUNCATED",
    "ARTICLE_UNKNOWN",
    "ORDER_TOTAL_DIFFERS",
    "FOUND_IN_SNELSTART",
    "CHANGED_IN_SNELSTART",
    "GONE_FROM_SNELSTART",
    "TWICE_IN_SNELSTART",
    "PAYMENT_SETTLED_ELSEWHERE",
    "EMAIL_MISSING",
    "EMAIL_INVALID",
    "POSTCODE_MISSING",
    "RELATION_AMBIGUOUS",
    "RELATION_INACTIVE",
    "RELATION_NOT_CUSTOMER",
    "RELATION_COUNTRY_MISMATCH",
    "RELATION_WITH_VAT_NUMBER",
)

SEVERITIES: Mapping[str, Severity] = {
    **dict.fromkeys(_BLOCKING, Severity.BLOCKS),
    **dict.fromkeys(_WAITING, Severity.WAITS),
    **dict.fromkeys(_HANDLED, Severity.HANDLED),
    **dict.fromkeys(_WARNING, Severity.WARNS),
}

_ORDER_OF_SEVERITY = tuple(Severity)
_OUTCOMES = {
    Severity.BLOCKS: Outcome.BLOCKED,
    Severity.WAITS: Outcome.DEFERRED,
    Severity.HANDLED: Outcome.SKIPPED,
    Severity.WARNS: Outcome.READY_WITH_WARNING,
}


def issue(code: str, **facts: str) -> Issue:
    """Make an issue. Raises TranslationError for a code that is not in the vocabulary."""
    if code not in SEVERITIES:
        raise TranslationError(f"{code} is not a known issue")
    return Issue(code, facts)


def severity(found: Issue) -> Severity:
    """Give what an issue does to its order; a code from a newer release blocks."""
    return SEVERITIES.get(found.code, Severity.BLOCKS)


def outcome_of(issues: Iterable[Issue]) -> Outcome:
    """Give the one outcome of an order with these issues: the worst of them decides."""
    found = {severity(one) for one in issues}
    for level in _ORDER_OF_SEVERITY:
        if level in found:
            return _OUTCOMES[level]
    return Outcome.READY


def distinct(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Give each issue once, the worst first, otherwise in the order in which they were found."""
    unique = {(one.code, *sorted(one.facts.items())): one for one in issues}
    return tuple(sorted(unique.values(), key=lambda one: _ORDER_OF_SEVERITY.index(severity(one))))
