"""Which VAT area an address lies in, and which VAT percentages exist there on a date.

The facts are in data/territories.json (special territories) and data/vat_rates.json (dated rates).
They propose and validate; what is booked is decided by the shop's own VAT table.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any

from webshop.domain.orders import Destination

_LONGEST_TEXT = 60
_OTHER_CODES = {"EL": "GR", "UK": "GB"}
"""Codes that are in use beside the ISO code of a country."""


@dataclass(frozen=True)
class Territory:
    """A place whose VAT differs from that of the country in its address.

    `vat_area` is the member state whose VAT applies (None: outside the EU's VAT area), `standard`
    its own standard rate when that differs from the member state's.
    """

    code: str
    vat_area: str | None
    standard: Decimal | None
    codes: frozenset[str]
    postcodes: Mapping[str, re.Pattern[str]]
    shared_postcodes: Mapping[str, re.Pattern[str]]
    places: frozenset[str]

    def covers(self, country: str) -> bool:
        return country in self.postcodes

    def has_postcode(self, country: str, postcode: str) -> bool:
        pattern = self.postcodes.get(country)
        return pattern is not None and pattern.fullmatch(postcode) is not None

    def shares_postcode(self, country: str, postcode: str) -> bool:
        pattern = self.shared_postcodes.get(country)
        return pattern is not None and pattern.fullmatch(postcode) is not None


@dataclass(frozen=True)
class RatePeriod:
    valid_from: date
    standard: Decimal
    percentages: frozenset[Decimal]


def _load(name: str) -> Any:
    return json.loads(resources.files("webshop.domain").joinpath("data", name).read_text(encoding="utf-8"))


def _patterns(rows: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {country: re.compile(pattern) for country, pattern in rows.items()}


def _territory(row: Mapping[str, Any]) -> Territory:
    standard = row.get("standard")
    return Territory(
        code=row["code"],
        vat_area=row.get("vat_area"),
        standard=Decimal(standard) if standard else None,
        codes=frozenset(row.get("codes", ())),
        postcodes=_patterns(row.get("postcodes", {})),
        shared_postcodes=_patterns(row.get("shared_postcodes", {})),
        places=frozenset(row.get("places", ())),
    )


def _period(row: Mapping[str, Any]) -> RatePeriod:
    standard = Decimal(row["standard"])
    # Some goods are taxed at 0 % in several member states, so 0 is always a legal percentage.
    percentages = frozenset({Decimal(0), standard, *map(Decimal, row["reduced"])})
    return RatePeriod(date.fromisoformat(row["valid_from"]), standard, percentages)


_FACTS = _load("territories.json")
VAT_AREAS: frozenset[str] = frozenset(_FACTS["vat_areas"])
"""The EU's member states and XI, Northern Ireland, which counts as one for goods."""
_TERRITORIES: tuple[Territory, ...] = tuple(_territory(row) for row in _FACTS["territories"])
_BY_CODE: Mapping[str, Territory] = {territory.code: territory for territory in _TERRITORIES}
_RATES: Mapping[str, tuple[RatePeriod, ...]] = {
    country: tuple(sorted((_period(row) for row in rows), key=lambda period: period.valid_from))
    for country, rows in _load("vat_rates.json").items()
}


def resolve_destination(
    country: str | None, postal_code: str | None = None, city: str | None = None, state: str | None = None
) -> Destination:
    """Decide in which country and special territory an address lies.

    A territory's own country code decides first, then the postal code (with the city where several
    places share it), and without a postal code the name of the city or the state.
    """
    code = _normalised_country(country)
    if code is None:
        return Destination(country=None)
    postcode = _normalised_postcode(code, postal_code)
    places = {_normalised_place(city), _normalised_place(state)}
    own_code = [territory for territory in _TERRITORIES if code in territory.codes]
    if own_code:
        return Destination(code, _first_own(own_code, postcode).code)
    nearby = [territory for territory in _TERRITORIES if territory.covers(code)]
    for territory in nearby:
        if _lies_in(territory, code, postcode, places):
            return Destination(code, territory.code)
    return Destination(code, is_undecided=not postcode and _can_differ(nearby, code))


def is_in_eu_vat(destination: Destination) -> bool:
    """Say whether goods that go there stay inside the EU's VAT area."""
    return vat_country(destination) is not None


def vat_country(destination: Destination) -> str | None:
    """Give the member state whose VAT applies there (XI: Northern Ireland), None outside the EU."""
    territory = _BY_CODE.get(destination.territory or "")
    if territory is not None:
        return territory.vat_area
    return destination.country if destination.country in VAT_AREAS else None


def address_countries(destination: Destination) -> tuple[str, ...]:
    """Give the country codes under which an address can be known, the most precise first.

    A special territory's own ISO code goes before the country it belongs to; a code that ISO only
    reserves (IC for the Canaries) is followed by that of the country.
    """
    if destination.country is None:
        return ()
    territory = _BY_CODE.get(destination.territory or "")
    if territory is None:
        return (destination.country,)
    parent, _, own = territory.code.rpartition("-")
    is_own_code = own in territory.codes and (not parent or parent in territory.postcodes)
    precise = [destination.country] if destination.country in territory.codes else [own] if is_own_code else []
    return tuple(dict.fromkeys((*precise, destination.country, *sorted(territory.postcodes))))


def legal_rates(country: str, on: date, territory: str | None = None) -> frozenset[Decimal]:
    """Give every VAT percentage that exists in a country on a date; empty when we do not know."""
    period = _period_of(country, on)
    if period is None:
        return frozenset()
    own = _own_standard(territory)
    return period.percentages if own is None else period.percentages | {own}


def standard_rate(country: str, on: date, territory: str | None = None) -> Decimal | None:
    """Give the standard VAT percentage of a country on a date; None when we do not know."""
    own = _own_standard(territory)
    if own is not None:
        return own
    period = _period_of(country, on)
    return None if period is None else period.standard


def _own_standard(code: str | None) -> Decimal | None:
    territory = _BY_CODE.get(code or "")
    return None if territory is None else territory.standard


def _period_of(country: str, on: date) -> RatePeriod | None:
    started = [period for period in _RATES.get(country, ()) if period.valid_from <= on]
    return started[-1] if started else None


def _first_own(territories: list[Territory], postcode: str) -> Territory:
    """Choose among territories that share a country code (EA: Ceuta and Melilla)."""
    for territory in territories:
        if any(pattern.fullmatch(postcode) for pattern in territory.postcodes.values()):
            return territory
    return territories[0]


def _lies_in(territory: Territory, country: str, postcode: str, places: set[str]) -> bool:
    is_named = not territory.places.isdisjoint(places)
    if not postcode:
        return is_named
    if territory.has_postcode(country, postcode):
        return True
    return is_named and territory.shares_postcode(country, postcode)


def _can_differ(territories: list[Territory], country: str) -> bool:
    mainland = country if country in VAT_AREAS else None
    return any(territory.vat_area != mainland or territory.standard is not None for territory in territories)


def _normalised_country(country: str | None) -> str | None:
    code = (country or "")[:_LONGEST_TEXT].strip().upper()
    code = _OTHER_CODES.get(code, code)
    return code if re.fullmatch(r"[A-Z]{2}", code) else None


def _normalised_postcode(country: str, postal_code: str | None) -> str:
    text = unicodedata.normalize("NFKC", (postal_code or "")[:_LONGEST_TEXT]).upper()
    text = re.sub(r"[^A-Z0-9-]", "", text)
    # "DE-78266" and "D-78266" are the same place as "78266"; in Britain letters are part of the code.
    text = re.sub(rf"^({country}-?(?=\d)|[A-Z]{{1,3}}-)", "", text)
    return text.replace("-", "")


def _normalised_place(name: str | None) -> str:
    return unicodedata.normalize("NFC", (name or "")[:_LONGEST_TEXT]).strip().casefold()
