"""The rules of /relaties and of the OData filters on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.snelstart_client import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


def refused(bench: Bench, **members: Any) -> str:
    body = {"relatiesoort": ["Klant"], "naam": "Klant", **members}
    reply = bench.post("/relaties", body)
    assert reply.status == 400, reply.body
    return reply.code


def names(bench: Bench, condition: str) -> list[str]:
    reply = bench.get("/relaties", filter=condition)
    assert reply.status == 200, reply.body
    return [row["naam"] for row in reply.body]


# creating


def test_a_customer_gets_a_code_an_address_in_the_netherlands_and_a_uri(bench: Bench) -> None:
    first = bench.post("/relaties", {"relatiesoort": ["Klant"], "naam": "Een"}).body
    second = bench.post("/relaties", {"relatiesoort": ["Klant"], "naam": "Twee"}).body
    assert (first["relatiecode"], second["relatiecode"]) == (1001, 1002)
    assert first["uri"] == f"/relaties/{first['id']}"
    assert first["vestigingsAdres"]["land"]["id"] == bench.land("NL")["id"]
    assert (first["krediettermijn"], first["nonactief"]) == (14, False)


def test_a_chosen_code_is_used_and_skipped_by_the_next(bench: Bench) -> None:
    assert bench.post("/relaties", {"relatiesoort": ["Klant"], "naam": "Een", "relatiecode": 1001}).status == 201
    assert bench.post("/relaties", {"relatiesoort": ["Klant"], "naam": "Twee"}).body["relatiecode"] == 1002
    assert refused(bench, relatiecode=1002) == "REL-0008"
    assert refused(bench, relatiecode=-1) == "REL-0008"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"relatiesoort": []}, "REL-0001"),
        ({"relatiesoort": None}, "REL-0001"),
        ({"relatiesoort": ["Eigen"]}, "REL-0001"),
        ({"naam": ""}, "REL-0007"),
        ({"naam": None}, "REL-0007"),
        ({"naam": "x" * 51}, "REL-0007"),
        ({"id": "11111111-1111-4111-8111-111111111111"}, "REL-0063"),
        ({"email": "geen adres"}, "REL-0061"),
        ({"email": "goed@example.nl;fout@"}, "REL-0061"),
        ({"email": f"{'x' * 250}@example.nl"}, "REL-0061"),
        ({"telefoon": "0" * 26}, "REL-0012"),
        ({"mobieleTelefoon": "0" * 26}, "REL-0013"),
        ({"krediettermijn": 1001}, "REL-0003"),
        ({"kvkNummer": "123"}, "REL-0006"),
        ({"oin": "123"}, "REL-0086"),
        ({"websiteUrl": "example"}, "REL-0015"),
        ({"iban": "NL91ABNA0417164301"}, "REL-0011"),
        ({"relatiesoort": ["Leverancier"], "factuurkorting": 5}, "REL-0004"),
        ({"relatiesoort": ["Leverancier"], "aanmaningsoort": "Consument"}, "REL-0002"),
        ({"btwNummer": "N"}, "REL-0058"),
        ({"btwNummer": "N" * 51}, "REL-0057"),
        ({"btwNummer": "NL 004495445B01"}, "REL-0059"),
        ({"btwNummer": "DE136695976"}, "REL-0087"),
        ({"btwNummer": "NL004495446B01"}, "REL-0088"),
    ],
)
def test_a_wrong_member_is_refused(bench: Bench, members: dict[str, Any], code: str) -> None:
    assert refused(bench, **members) == code


@pytest.mark.parametrize("missing", ["straat", "postcode", "plaats", "land"])
def test_an_address_is_whole_or_absent(bench: Bench, missing: str) -> None:
    address = {part: value for part, value in bench.address("NL").items() if part != missing}
    assert refused(bench, vestigingsAdres=address) == "REL-0060"


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("straat", "x" * 51, "REL-0020"),
        ("postcode", "x" * 26, "REL-0021"),
        ("plaats", "x" * 51, "REL-0022"),
        ("contactpersoon", "x" * 51, "REL-0023"),
        ("land", {"id": "11111111-1111-4111-8111-111111111111"}, "REL-0055"),
    ],
)
def test_the_parts_of_an_address(bench: Bench, part: str, value: Any, code: str) -> None:
    assert refused(bench, vestigingsAdres=bench.address("NL") | {part: value}) == code


@pytest.mark.parametrize(
    ("country", "number"),
    [("NL", "NL004495445B01"), ("DE", "DE136695976"), ("BE", "BE0202239951"), ("GR", "EL123456789")],
)
def test_a_vat_number_of_the_addresss_country_is_fine(bench: Bench, country: str, number: str) -> None:
    assert bench.customer(country, btwNummer=number)


@pytest.mark.parametrize(
    ("country", "number"), [("DE", "DE123456789"), ("BE", "BE0202239952"), ("AT", "AT12345678"), ("US", "US123")]
)
def test_a_number_that_looks_right_is_checked_all_the_same(bench: Bench, country: str, number: str) -> None:
    assert refused(bench, vestigingsAdres=bench.address(country), btwNummer=number) == "REL-0088"


def test_the_fax_can_be_read_but_not_written(bench: Bench) -> None:
    reply = bench.post("/relaties", {"relatiesoort": ["Klant"], "naam": "Klant", "fax": "1"})
    assert "relatie.fax" in reply.body["modelState"]
    assert "fax" in bench.get("/relaties").body[0]


def test_an_unknown_customer(bench: Bench) -> None:
    reply = bench.get(f"/relaties/{bench.administration.id}")
    assert (reply.status, reply.code) == (404, "REL-0005")


def test_the_system_relations_are_among_the_rows(bench: Bench) -> None:
    rows = {row["relatiecode"]: row["relatiesoort"] for row in bench.get("/relaties").body}
    assert rows == {0: ["Eigen"], -1: ["Leverancier"], -2: ["Klant"]}


# filters


@pytest.fixture
def filled(bench: Bench) -> Bench:
    bench.customer("NL", naam="Jan", email="jan@example.nl")
    bench.clock.forward(minutes=20)
    bench.customer("DE", naam="O'Brien", email="Ob@example.de", btwNummer="DE136695976")
    bench.clock.forward(minutes=20)
    supplier = bench.customer("BE", naam="Groothandel", relatiesoort=["Klant", "Leverancier"])
    bench.snelstart.change_document(bench.administration.id, "relaties", supplier["id"], nonactief=True)
    return bench


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("Email eq 'jan@example.nl'", ["Jan"]),
        ("Email eq 'JAN@example.nl'", []),  # as stored, letter by letter
        ("Email eq 'ob@example.de' or Email eq 'Ob@example.de'", ["O'Brien"]),
        ("Naam eq 'O''Brien'", ["O'Brien"]),
        ("Relatiecode eq 1001", ["Jan"]),
        ("Relatiecode ge 1001 and Relatiecode lt 1003", ["Jan", "O'Brien"]),
        ("Relatiecode gt 1000 and not (Relatiecode eq 1002)", ["Jan", "Groothandel"]),
        ("Relatiesoort/any(r:r eq 'Leverancier') and Relatiecode gt 0", ["Groothandel"]),
        ("Nonactief eq true", ["Groothandel"]),
        ("Nonactief eq false and ModifiedOn gt datetime'2026-11-23T10:10:00'", ["O'Brien"]),
        ("ModifiedOn ge datetime'2026-11-23T10:20:00.000' and Nonactief eq false", ["O'Brien"]),
        ("substringof('hand',Naam) eq true", ["Groothandel"]),
        ("startswith(Naam,'Ja')", ["Jan"]),
        ("year(ModifiedOn) eq 2026 and Relatiecode gt 1002", ["Groothandel"]),
        ("BtwNummer ne null", ["O'Brien"]),
        ("(Relatiecode eq 1001 or Relatiecode eq 1002) and BtwNummer eq null", ["Jan"]),
        ("ExtraVeldenKlant/any(e:e/Waarde eq 'rood' and e/Naam eq 'kleur')", []),
    ],
)
def test_filters_of_the_documentation(filled: Bench, condition: str, found: list[str]) -> None:
    assert names(filled, condition) == found


def test_a_filter_on_a_nested_reference(filled: Bench) -> None:
    land = filled.land("DE")["id"]
    assert names(filled, f"VestigingsAdres/Land/Id eq guid'{land}'") == ["O'Brien"]
    assert "O'Brien" not in names(filled, f"VestigingsAdres/Land/Id ne guid'{land.upper()}'")


@pytest.mark.parametrize(
    ("condition", "property_name"),
    [
        ("email eq 'x'", "email"),
        ("Nonsense eq 'x'", "Nonsense"),
        ("EMail eq 'x'", "EMail"),
        ("VestigingsAdres/land/Id eq null", "land"),
        ("Uri eq 'x'", "Uri"),
    ],
)
def test_names_are_upper_camel_case_and_known(filled: Bench, condition: str, property_name: str) -> None:
    reply = filled.get("/relaties", filter=condition)
    assert reply.status == 400
    assert reply.body["Message"].startswith(f"Could not find a property named '{property_name}' on type 'SnelStart.")


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "Email eq",
        "Email = 'x'",
        "Email eq 'x",
        "Email eq 'x' and",
        "Email",
        "(Email eq 'x'",
        "contains(Naam,'x')",
        "Relatiecode eq '1001'",
        "Email eq 1001",
        "VestigingsAdres/Land/Id eq '11111111-1111-4111-8111-111111111111'",
        "VestigingsAdres/Land/Id eq 11111111-1111-4111-8111-111111111111",
        "ModifiedOn gt '2026-01-01'",
        "ModifiedOn gt datetime'2026-01-01T00:00:00Z'",
        "ModifiedOn gt datetimeoffset'2026-01-01T00:00:00Z'",
        "Email eq 'x' Naam",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(filled: Bench, condition: str) -> None:
    assert filled.get("/relaties", filter=condition).status == 400


# pages


def test_pages_are_cut_by_skip_and_top(bench: Bench) -> None:
    for index in range(4):
        bench.customer(naam=f"K{index}")
    page = bench.get("/relaties", filter="Relatiecode gt 0", skip=1, top=2).body
    assert [row["naam"] for row in page] == ["K1", "K2"]
    assert bench.get("/relaties", top=501).status == 400
    assert bench.get("/relaties", top=0).status == 400
    assert bench.get("/relaties", skip=-1).status == 400
    assert bench.get("/relaties", skip=100).body == []


def test_a_page_has_500_rows_at_most(bench: Bench) -> None:
    books = bench.snelstart.books(bench.administration.id)
    for index in range(600):
        books.add("relaties", {"naam": f"K{index}", "relatiesoort": ["Klant"], "relatiecode": 2000 + index})
    assert len(bench.get("/relaties").body) == 500
    assert len(bench.get("/relaties", skip=500).body) == 103


def test_select_leaves_the_rest_out(bench: Bench) -> None:
    [row, *_] = bench.get("/relaties", select="Id,Relatiecode,Naam").body
    assert set(row) == {"id", "relatiecode", "naam"}
    assert bench.get("/relaties", select="naam").status == 400


def test_options_that_do_not_exist_are_refused(bench: Bench) -> None:
    assert bench.get("/relaties", orderby="Naam").status == 400
    assert bench.call("GET", "/relaties", query_string={"zoek": "Jan"}).status == 400
