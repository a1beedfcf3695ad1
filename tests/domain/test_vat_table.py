"""The VAT table: what is proposed, and what the chip of each row says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.domain.builders import (
    EXPORT,
    EXPORT_ROW,
    FOREIGN_RATES,
    HIGH,
    ICP_ROW,
    LOW,
    NL_HIGH,
    OSS,
    OSS_RULES,
    RULES,
    UNTAXED,
    make_rules,
    row,
)
from webshop.domain.booking import MappingRow, Scope, ShopRules, VatKind
from webshop.domain.foreign_vat import rates_in_force
from webshop.domain.mapping import check_mapping_row
from webshop.domain.proposals import propose_rows

ON = date(2026, 3, 2)


def propose(*, is_oss: bool, on: date = ON, without: str = "") -> tuple[MappingRow, ...]:
    ledgers = {key: ledger for key, ledger in RULES.ledgers.items() if key != without}
    return propose_rows(ledgers, RULES.domestic_rates, FOREIGN_RATES, is_oss_registered=is_oss, on=on)


def only(rows: tuple[MappingRow, ...], scope: Scope, country: str) -> list[MappingRow]:
    return [one for one in rows if (one.scope, one.country) == (scope, country)]


def test_below_the_threshold_every_country_gets_the_dutch_rates() -> None:
    rows = propose(is_oss=False)

    for scope, country in ((Scope.NL, "NL"), (Scope.EU, "DE"), (Scope.EU, "XI")):
        found = [(one.percentage, one.vat_kind, one.ledger_id, one.is_default) for one in only(rows, scope, country)]
        assert found == [(Decimal(21), VatKind.HIGH, "high", True), (Decimal(9), VatKind.LOW, "low", False)]
    assert len({one.country for one in rows if one.scope is Scope.EU}) == 27


def test_with_oss_every_country_gets_its_own_standard_rate() -> None:
    rows = propose(is_oss=True)

    (germany,), (finland,) = only(rows, Scope.EU, "DE"), only(rows, Scope.EU, "FI")
    assert (germany.percentage, germany.ledger_id, germany.rate_code) == (Decimal(19), "oss-SR", "SR")
    assert (finland.percentage, finland.valid_from) == (Decimal("25.5"), date(2024, 9, 1))
    assert len(only(rows, Scope.NL, "NL")) == 2


def test_the_proposal_follows_the_date() -> None:
    (before,) = only(propose(is_oss=True, on=date(2024, 8, 31)), Scope.EU, "FI")
    dutch = only(propose(is_oss=False, on=date(2018, 12, 31)), Scope.NL, "NL")

    assert before.percentage == 24
    assert [one.percentage for one in dutch] == [21, 6]


def test_icp_and_export_have_one_row_each() -> None:
    rows = propose(is_oss=True)

    assert [one.ledger_id for one in only(rows, Scope.ICP, "")] == ["icp"]
    assert [one.ledger_id for one in only(rows, Scope.INTERNATIONAL, "")] == ["export"]


def test_a_row_without_a_fitting_ledger_stays_open() -> None:
    assert {one.ledger_id for one in propose(is_oss=True, without="oss-SR") if one.scope is Scope.EU} == {""}


@pytest.mark.parametrize("is_oss", [False, True])
def test_what_is_proposed_fits(is_oss: bool) -> None:
    rules = replace(OSS_RULES if is_oss else RULES, mapping=propose(is_oss=is_oss))

    assert [check_mapping_row(one, rules, ON) for one in rules.mapping if check_mapping_row(one, rules, ON)] == []


def test_the_ledger_with_the_lowest_number_that_needs_nothing_is_proposed() -> None:
    ledgers = {
        "a": replace(HIGH, ledger_id="a", number=9000),
        "b": replace(HIGH, ledger_id="b", number=8000, is_cost_centre_required=True),
        "c": replace(HIGH, ledger_id="c", number=7000, is_active=False),
    }
    rows = propose_rows(ledgers, RULES.domestic_rates, (), is_oss_registered=False, on=ON)

    assert only(rows, Scope.NL, "NL")[0].ledger_id == "a"


@pytest.mark.parametrize(
    ("checked", "rules", "codes"),
    [
        pytest.param(NL_HIGH, RULES, [], id="fits"),
        pytest.param(ICP_ROW, RULES, [], id="ICP fits"),
        pytest.param(EXPORT_ROW, OSS_RULES, [], id="export fits"),
        pytest.param(replace(ICP_ROW, percentage=Decimal(21)), RULES, ["VAT_TYPE_MISMATCH"], id="ICP with VAT"),
        pytest.param(
            replace(ICP_ROW, ledger_id=EXPORT.ledger_id), RULES, ["LEDGER_FUNCTION_MISMATCH"], id="ICP on export"
        ),
        pytest.param(
            row("9", VatKind.HIGH, HIGH), RULES, ["VAT_TYPE_MISMATCH"], id="the wrong kind for the percentage"
        ),
        pytest.param(row("21", VatKind.HIGH, LOW), RULES, ["LEDGER_FUNCTION_MISMATCH"], id="the wrong ledger"),
        pytest.param(
            row("6", VatKind.LOW, LOW),
            RULES,
            ["VAT_RATE_UNKNOWN_FOR_DATE", "VAT_RATE_NOT_IN_SNELSTART"],
            id="a Dutch rate that has ended",
        ),
        pytest.param(
            row("21", scope=Scope.EU, country="DE"),
            OSS_RULES,
            ["VAT_RATE_UNKNOWN_FOR_DATE", "FOREIGN_RATE_NOT_IN_SNELSTART", "LEDGER_FUNCTION_MISMATCH"],
            id="Dutch VAT with OSS",
        ),
        pytest.param(
            row("0", VatKind.NONE, UNTAXED), make_rules(is_small_business_scheme=True), [], id="small business scheme"
        ),
        pytest.param(
            row("7", VatKind.NONE, OSS["SR"], Scope.EU, country="DE"),
            OSS_RULES,
            ["LEDGER_VATRATECODE_MISMATCH"],
            id="7 % on the ledger of the standard rate",
        ),
    ],
)
def test_the_chip_of_a_row(checked: MappingRow, rules: ShopRules, codes: list[str]) -> None:
    assert [issue.code for issue in check_mapping_row(checked, rules, ON)] == codes


def test_a_row_is_warned_about_from_the_day_its_rate_ends() -> None:
    finland = row("24", VatKind.NONE, OSS["SR"], Scope.EU, country="FI")

    assert check_mapping_row(finland, OSS_RULES, date(2024, 8, 31)) == ()
    after = check_mapping_row(finland, OSS_RULES, date(2024, 9, 1))
    assert after[0].code == "VAT_RATE_UNKNOWN_FOR_DATE"
    assert dict(after[0].facts) == {"country": "FI", "percentage": "24", "date": "2024-09-01"}


def test_an_abolished_rate_is_no_rate_of_zero() -> None:
    before = rates_in_force(FOREIGN_RATES, "CZ", date(2023, 12, 31))
    after = rates_in_force(FOREIGN_RATES, "CZ", date(2024, 1, 1))

    assert before == {"SR": Decimal(21), "RRH": Decimal(15), "RRL": Decimal(10)}
    assert after == {"SR": Decimal(21), "RRL": Decimal(12)}
