"""An address on an island is not an address on the mainland; yesterday's rate is not today's."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from webshop.domain.orders import Destination
from webshop.domain.territories import is_in_eu_vat, legal_rates, resolve_destination, standard_rate, vat_country


@pytest.mark.parametrize(
    ("country", "postal_code", "city", "territory", "area"),
    [
        ("NL", "1012 AB", None, None, "NL"),
        ("nl", None, None, None, "NL"),
        ("ES", "28001", None, None, "ES"),
        ("ES", "35001", None, "ES-CN", None),
        ("ES", "38 001", None, "ES-CN", None),
        ("IC", None, None, "ES-CN", None),
        ("EA", "52001", None, "ES-ML", None),
        ("EA", None, None, "ES-CE", None),
        ("ES", "51001", None, "ES-CE", None),
        ("DE", "78266", None, "DE-BUS", None),
        ("CH", "8238", None, "DE-BUS", None),
        ("DE", "D-27498", None, "DE-HEL", None),
        ("DE", "DE-27498", None, "DE-HEL", None),
        ("IT", "23041", None, "IT-LIV", None),
        ("IT", "23030", "Livigno", "IT-LIV", None),
        ("IT", "23030", "Valdisotto", None, "IT"),
        ("IT", "22060", "Campione d'Italia", "IT-CAM", None),
        ("IT", "22060", "Cabiate", None, "IT"),
        ("GR", "630 86", None, "GR-69", None),
        ("EL", "10431", None, None, "GR"),
        ("FI", "22100", None, "FI-AX", None),
        ("FI", "AX-22100", None, "FI-AX", None),
        ("AX", "22100", None, "FI-AX", None),
        ("FI", "00100", None, None, "FI"),
        ("FR", "97110", None, "FR-GP", None),
        ("RE", "97400", None, "FR-RE", None),
        ("FR", "98713", None, "FR-COM", None),
        ("FR", "98000", None, "MC", "FR"),
        ("MC", None, None, "MC", "FR"),
        ("GB", "BT1 1AA", None, "XI", "XI"),
        ("GB", "bt359ab", None, "XI", "XI"),
        ("XI", None, None, "XI", "XI"),
        ("GB", "SW1A 1AA", None, None, None),
        ("GB", "BFPO 57", None, "CY-SBA", "CY"),
        ("GB", "IM1 1AA", None, "IM", None),
        ("IM", None, None, "IM", None),
        ("JE", "JE2 3AB", None, "JE-GG", None),
        ("PT", "9000-001", None, "PT-30", "PT"),
        ("PT", "9500-001", None, "PT-20", "PT"),
        ("PT", "1000-001", None, None, "PT"),
        ("AT", "6991", None, "AT-JM", "AT"),
        ("DE", "87567", None, "AT-JM", "AT"),
        ("BQ", None, None, "NL-CARIB", None),
        ("US", "35001", None, None, None),
        ("ZZ", "35001", None, None, None),
    ],
)
def test_destination(country: str, postal_code: str | None, city: str | None, territory: str | None, area: str) -> None:
    destination = resolve_destination(country, postal_code, city)

    assert destination.territory == territory
    assert vat_country(destination) == area
    assert is_in_eu_vat(destination) is (area is not None)


@pytest.mark.parametrize("country", [None, "", "  ", "Nederland", "N", "1A", "N" * 10**6, "\x00\x00"])
def test_what_is_no_country_is_no_destination(country: str | None) -> None:
    assert resolve_destination(country, "1012AB") == Destination(None)


@pytest.mark.parametrize(
    ("country", "city", "state", "expected"),
    [
        ("ES", "Madrid", None, Destination("ES", None, True)),
        ("ES", "Ceuta", None, Destination("ES", "ES-CE")),
        ("ES", "Arona", "Santa Cruz de Tenerife", Destination("ES", "ES-CN")),
        ("GB", "BELFAST", None, Destination("GB", "XI")),
        ("GB", "London", None, Destination("GB", None, True)),
        ("FI", "Mariehamn", None, Destination("FI", "FI-AX")),
        ("NL", "Amsterdam", None, Destination("NL")),
        ("CH", "Zürich", None, Destination("CH")),
    ],
)
def test_without_a_postal_code_the_place_decides_or_nothing_does(
    country: str, city: str, state: str | None, expected: Destination
) -> None:
    assert resolve_destination(country, None, city, state) == expected
    assert resolve_destination(country, " - ", city, state) == expected


@pytest.mark.parametrize(
    ("country", "changed_on", "old", "new"),
    [
        ("EE", date(2024, 1, 1), "20", "22"),
        ("EE", date(2025, 7, 1), "22", "24"),
        ("FI", date(2024, 9, 1), "24", "25.5"),
        ("SK", date(2025, 1, 1), "20", "23"),
        ("RO", date(2025, 8, 1), "19", "21"),
        ("LU", date(2024, 1, 1), "16", "17"),
        ("CH", date(2024, 1, 1), "7.7", "8.1"),
        ("DE", date(2020, 7, 1), "19", "16"),
        ("DE", date(2021, 1, 1), "16", "19"),
    ],
)
def test_a_standard_rate_changes_on_the_day_itself(country: str, changed_on: date, old: str, new: str) -> None:
    assert standard_rate(country, changed_on - timedelta(days=1)) == Decimal(old)
    assert standard_rate(country, changed_on) == Decimal(new)


@pytest.mark.parametrize(
    ("country", "changed_on", "gone", "came"),
    [
        ("NL", date(2019, 1, 1), "6", "9"),
        ("FI", date(2026, 1, 1), "14", "13.5"),
        ("LT", date(2026, 1, 1), "9", "12"),
        ("CZ", date(2024, 1, 1), "15", "12"),
        ("SK", date(2025, 1, 1), "10", "19"),
    ],
)
def test_a_reduced_rate_changes_on_the_day_itself(country: str, changed_on: date, gone: str, came: str) -> None:
    before, after = (legal_rates(country, day) for day in (changed_on - timedelta(days=1), changed_on))

    assert Decimal(gone) in before - after
    assert Decimal(came) in after - before


def test_zero_is_always_legal_and_the_unknown_is_empty() -> None:
    assert legal_rates("NL", date(2026, 1, 1)) == {Decimal(0), Decimal(9), Decimal(21)}
    assert legal_rates("NL", date(1990, 1, 1)) == frozenset()
    assert legal_rates("ZZ", date(2026, 1, 1)) == frozenset()
    assert standard_rate("ZZ", date(2026, 1, 1)) is None


def test_madeira_and_the_azores_have_their_own_standard_rate() -> None:
    on = date(2026, 3, 1)

    assert standard_rate("PT", on, "PT-30") == Decimal(22)
    assert standard_rate("PT", on, "PT-20") == Decimal(16)
    assert {Decimal(22), Decimal(23)} <= legal_rates("PT", on, "PT-30")
    assert Decimal(22) not in legal_rates("PT", on)
