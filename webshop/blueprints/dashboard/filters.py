"""What the reader of the report may ask for, read from the address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from werkzeug.datastructures import MultiDict

from webshop.formatting import country as country_name
from webshop.models import OrderState, PostingKind
from webshop.services.overview import EU_COUNTRIES, OUTSIDE_EU
from webshop.services.report import ALL_STATES, ReportFilters

STATES = (
    OrderState.POSTED.value,
    OrderState.SKIPPED.value,
    OrderState.OPEN.value,
    OrderState.ERROR.value,
    OrderState.UNKNOWN.value,
    ALL_STATES,
)
KINDS = tuple(kind.value for kind in PostingKind)
FIELDS = ("from_on", "until_on", "country", "kind", "order_number", "state", "attention")


def read_filters(asked: MultiDict[str, str]) -> tuple[ReportFilters, dict[str, str]]:
    """Return the filters and, per field that cannot be used, its name with the text that was given."""
    wrong: dict[str, str] = {}
    filters = ReportFilters(
        from_on=read_date(asked, "from_on", wrong),
        until_on=read_date(asked, "until_on", wrong),
        country=read_choice(asked, "country", ("", OUTSIDE_EU, *EU_COUNTRIES), wrong),
        kind=read_choice(asked, "kind", ("", *KINDS), wrong),
        number=asked.get("order_number", "").strip().replace("\0", "")[:40].upper(),
        state=read_choice(asked, "state", STATES, wrong),
        needs_attention=asked.get("attention") == "yes",
    )
    return filters, wrong


def read_date(asked: Mapping[str, str], name: str, wrong: dict[str, str]) -> date | None:
    text = asked.get(name, "").strip()
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        found = None
        wrong[name] = text
    if found is not None and not 1900 < found.year < 3000:
        wrong[name] = text
        return None
    return found


def read_choice(asked: Mapping[str, str], name: str, choices: tuple[str, ...], wrong: dict[str, str]) -> str:
    text = asked.get(name, "") or choices[0]
    if text not in choices:
        wrong[name] = text
        return choices[0]
    return text


def countries_by_name() -> list[str]:
    """Return the codes of the EU's countries in the order of their names, the Netherlands first."""
    return ["NL", *sorted(EU_COUNTRIES - {"NL"}, key=country_name)]
