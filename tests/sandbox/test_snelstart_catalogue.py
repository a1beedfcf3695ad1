"""The lists a client only reads, and the products."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.snelstart_client import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_company_info_tells_what_the_settings_are() -> None:
    bench = Bench(foreign_vat=True, article_code_kind="Alfanumeriek", article_code_length=40)
    company = bench.get("/companyInfo").body
    assert company["administratieIdentifier"] == bench.administration.id
    assert (company["artikelcodeSoort"], company["artikelcodeMaxLengte"]) == ("Alfanumeriek", 40)
    assert company["factureerBuitenlandsBtw"] is True
    assert company["buitenlandseBtwGrootboek"]["id"] == bench.ledger(1690)["id"]
    assert company["huidigBoekjaar"] == 2026
    assert company["volgendVerkoopordernummer"] == 10_001


def test_the_countries_have_two_and_three_letters(bench: Bench) -> None:
    rows = {row["landcode"]: row for row in bench.get("/landen").body}
    assert len(rows) > 240
    assert (rows["NL"]["naam"], rows["NL"]["landcodeISO"]) == ("Nederland", "NLD")
    assert (rows["DE"]["naam"], rows["DE"]["landcodeISO"]) == ("Duitsland", "DEU")
    assert len({row["landcodeISO"] for row in rows.values()}) == len(rows)
    assert bench.get(f"/landen/{rows['BE']['id']}").body == rows["BE"]
    assert bench.get(f"/landen/{bench.administration.id}").status == 404


@pytest.mark.parametrize(
    "path",
    ["/landen", "/dagboeken", "/kostenplaatsen", "/btwtarieven", "/artikelomzetgroepen", "/verkoopordersjablonen"],
)
def test_these_lists_ignore_every_option(bench: Bench, path: str) -> None:
    everything = bench.get(path).body
    assert len(everything) > 1
    assert bench.get(path, filter="Nummer eq 1100", top="1", orderby="x").body == everything


def test_the_ledgers_can_be_filtered(bench: Bench) -> None:
    condition = "Grootboekfunctie eq 'InstallatieTeleverkoopBinnenEUgeen' and VatRateCode eq 'SR'"
    [ledger] = bench.get("/grootboeken", filter=condition).body
    assert ledger["nummer"] == 8091
    assert [row["nummer"] for row in bench.get("/grootboeken", filter="Nonactief eq true").body] == [8990]


def test_a_journal_has_the_number_of_its_ledger_but_not_its_id(bench: Bench) -> None:
    ledgers = {row["nummer"]: row for row in bench.get("/grootboeken").body}
    journals = bench.get("/dagboeken").body
    assert {journal["soort"] for journal in journals} == {"Kas", "Bank", "Verkoop", "Inkoop", "Memoriaal", "Balans"}
    for journal in journals:
        assert ledgers[journal["nummer"]]["omschrijving"] == journal["omschrijving"]
        assert ledgers[journal["nummer"]]["id"] != journal["id"]


def test_the_dutch_rates_have_their_dates(bench: Bench) -> None:
    rows = bench.get("/btwtarieven").body
    today = [row for row in rows if row["datumTotEnMet"] == "2400-12-31T00:00:00"]
    assert {row["btwSoort"]: row["btwPercentage"] for row in today} == {
        "Geen": 0.0,
        "Laag": 9.0,
        "Hoog": 21.0,
        "Overig": 0.0,
    }


def test_the_foreign_rates_are_by_three_letters_and_filterable(bench: Bench) -> None:
    germany = bench.get("/vatrates/DEU").body
    assert {"rateCode": "SR", "rate": 19.0, "validFrom": "2021-01-01T00:00:00"} in germany["vatRates"]
    assert bench.get("/vatrates", filter="CountryCode eq 'DEU'").body == [germany]
    assert len(bench.get("/vatrates").body) == 27
    assert bench.get("/vatrates/DE").status == 404
    codes = {row["rateCode"] for row in bench.get("/vatratedefinitions").body}
    assert codes == {"SR", "RRH", "RRL", "SRR", "PR"}


# products


def refused(bench: Bench, **members: Any) -> str:
    body = {"artikelcode": "7", "omschrijving": "Kabel", "artikelOmzetgroep": bench.group(1), **members}
    reply = bench.post("/artikelen", body)
    assert reply.status == 400, reply.body
    return reply.code


def test_a_product_comes_back_complete(bench: Bench) -> None:
    body = {"artikelcode": "7", "omschrijving": "Kabel", "artikelOmzetgroep": bench.group(1), "verkoopprijs": "8.26"}
    made = bench.post("/artikelen", body).body
    assert made["verkoopprijs"] == 8.26
    assert made["artikelOmzetgroep"]["uri"] == f"/artikelomzetgroepen/{bench.group(1)['id']}"
    assert bench.get(f"/artikelen/{made['id']}").body == made
    [listed] = bench.get("/artikelen", filter="Artikelcode eq '7'").body
    assert listed == {**made, "isHoofdartikel": False, "subartikelen": []}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"artikelcode": None}, "ART-0002"),
        ({"artikelcode": " "}, "ART-0002"),
        ({"artikelcode": "B08N5WRWNW"}, "ART-0003"),
        ({"artikelcode": "12-34"}, "ART-0003"),
        ({"artikelcode": "12345678901"}, "ART-0004"),
        ({"omschrijving": ""}, "ART-0006"),
        ({"omschrijving": "x" * 251}, "ART-0007"),
        ({"artikelOmzetgroep": None}, "ART-0008"),
        ({"artikelOmzetgroep": {"id": "11111111-1111-4111-8111-111111111111"}}, "ART-0009"),
        ({"id": "11111111-1111-4111-8111-111111111111"}, "ALG-0100"),
    ],
)
def test_a_wrong_product_is_refused(bench: Bench, members: dict[str, Any], code: str) -> None:
    assert refused(bench, **members) == code


def test_a_code_exists_once(bench: Bench) -> None:
    bench.article("7")
    assert refused(bench, artikelcode="7") == "ART-0005"


def test_letters_are_for_alphanumeric_administrations() -> None:
    bench = Bench(article_code_kind="Alfanumeriek", article_code_length=20)
    assert bench.article("B08N5WRWNW")
    assert refused(bench, artikelcode="x" * 21) == "ART-0004"


def test_a_page_of_products_has_25_rows_at_most(bench: Bench) -> None:
    for index in range(30):
        bench.article(str(index))
    refused_page = bench.get("/artikelen", top=26)
    assert refused_page.status == 400
    assert "The limit of '25' for Top query has been exceeded." in refused_page.body["Message"]
    assert len(bench.get("/artikelen").body) == 25
    assert len(bench.get("/artikelen", skip=25, top=25).body) == 5


def test_many_codes_in_one_filter(bench: Bench) -> None:
    for code in ("7", "8", "9"):
        bench.article(code)
    condition = "Artikelcode eq '9' or Artikelcode eq '7' or Artikelcode eq '404'"
    assert {row["artikelcode"] for row in bench.get("/artikelen", filter=condition).body} == {"7", "9"}
