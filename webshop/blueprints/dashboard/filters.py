"""What the reader of the report may ask for, read from the address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from werkzeug.datastructures import MultiDict

from webshop.formatting import country as country_name
from webshop.models import OrderState
from webshop.services.overview import EU_COUNTRIES, OUTSIDE_EU, ReportFilters

STATES = (OrderState.POSTED.value, OrderState.SKIPPED.value)
FIELDS = ("from_on", "until_on", "country", "order_number", "state")


def read_filters(asked: MultiDict[str, str]) -> tuple[ReportFilters, dict[str, str]]:
    """Return the filters and, per field that cannot be used, its name with the text that was given."""
    wrong: dict[str, str] = {}
    filters = ReportFilters(
        from_on=_date(asked, "from_on", wrong),
        until_on=_date(asked, "until_on", wrong),
        country=_choice(asked, "country", ("", OUTSIDE_EU, *EU_COUNTRIES), wrong),
        order_number=asked.get("order_number", "").strip().replace("\0", "")[:40].upper(),
        state=_choice(asked, "state", STATES, wrong),
    )
    return filters, wrong


def _date(asked: Mapping[str, str], name: str, wrong: dict[str, str]) -> date | None:
    text = asked.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        wrong[name] = text
        return None


def _choice(asked: Mapping[str, str], name: str, choices: tuple[str, ...], wrong: dict[str, str]) -> str:
    text = asked.get(name, "") or choices[0]
    if text not in choices:
        wrong[name] = text
        return choices[0]
    return text


def countries_by_name() -> list[str]:
    """Return the codes of the EU's countries in the order of their names, the Netherlands first."""
    return ["NL", *sorted(EU_COUNTRIES - {"NL"}, key=country_name)]
