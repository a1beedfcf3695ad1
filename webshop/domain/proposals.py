"""A VAT table to start from: what an administration's own ledgers and rates suggest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from webshop.domain.booking import DomesticRate, ForeignRate, Ledger, MappingRow, Scope, VatKind
from webshop.domain.foreign_vat import STANDARD, rates_in_force
from webshop.domain.mapping import DOMESTIC_FUNCTIONS, OSS_FUNCTION, ZERO, ZERO_RATED_FUNCTIONS
from webshop.domain.territories import VAT_AREAS, standard_rate
from webshop.domain.vat import HOME

ABROAD = tuple(sorted(VAT_AREAS - {HOME}))
"""The places with rows of their own: the other member states, and Northern Ireland as XI."""
_FROM_THE_BEGINNING = date(2000, 1, 1)


def propose_rows(
    ledgers: Mapping[str, Ledger],
    domestic_rates: Iterable[DomesticRate],
    foreign_rates: Iterable[ForeignRate],
    *,
    is_oss_registered: bool,
    on: date,
) -> tuple[MappingRow, ...]:
    """Propose a row for everything a shop can sell, with the lowest-numbered ledger that fits.

    Below the threshold the other member states get the Dutch rates, with OSS their own standard rate.
    A row without a fitting ledger has an empty `ledger_id` and stays open for the user.
    """
    domestic = [rate for rate in domestic_rates if rate.valid_from <= on <= rate.valid_until]
    foreign = tuple(foreign_rates)
    rows = list(_dutch_rows(ledgers, domestic, Scope.NL, HOME))
    for country in ABROAD:
        if is_oss_registered:
            rows.extend(_oss_rows(ledgers, foreign, country, on))
        else:
            rows.extend(_dutch_rows(ledgers, domestic, Scope.EU, country))
    for scope in (Scope.ICP, Scope.INTERNATIONAL):
        ledger_id = _first(ledgers, ZERO_RATED_FUNCTIONS[scope])
        rows.append(MappingRow(scope, "", ZERO, _FROM_THE_BEGINNING, VatKind.NONE, ledger_id, is_default=True))
    return tuple(rows)


def _dutch_rows(
    ledgers: Mapping[str, Ledger], rates: Iterable[DomesticRate], scope: Scope, country: str
) -> Iterator[MappingRow]:
    for kind in (VatKind.HIGH, VatKind.LOW):
        for rate in rates:
            if rate.vat_kind is kind:
                ledger_id = _first(ledgers, DOMESTIC_FUNCTIONS[kind])
                is_default = kind is VatKind.HIGH
                yield MappingRow(
                    scope, country, rate.percentage, rate.valid_from, kind, ledger_id, is_default=is_default
                )


def _oss_rows(
    ledgers: Mapping[str, Ledger], rates: tuple[ForeignRate, ...], country: str, on: date
) -> Iterator[MappingRow]:
    percentage = rates_in_force(rates, country, on).get(STANDARD) or standard_rate(country, on)
    if percentage is None:
        return
    started = [
        rate.valid_from
        for rate in rates
        if (rate.country, rate.rate_code, rate.percentage) == (country, STANDARD, percentage) and rate.valid_from <= on
    ]
    yield MappingRow(
        scope=Scope.EU,
        country=country,
        percentage=percentage,
        valid_from=max(started, default=_FROM_THE_BEGINNING),
        vat_kind=VatKind.NONE,
        ledger_id=_first(ledgers, OSS_FUNCTION, STANDARD),
        rate_code=STANDARD,
        is_default=True,
    )


def _first(ledgers: Mapping[str, Ledger], function: int, rate_code: str | None = None) -> str:
    """Give the active ledger of a function with the lowest number, one that needs no cost centre first."""
    fitting = [
        ledger
        for ledger in ledgers.values()
        if ledger.function == function and ledger.is_active and rate_code in (None, ledger.rate_code)
    ]
    best = min(fitting, key=lambda ledger: (ledger.is_cost_centre_required, ledger.number), default=None)
    return best.ledger_id if best else ""
