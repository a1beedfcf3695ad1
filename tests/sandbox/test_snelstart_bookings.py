"""The rules of /verkoopboekingen: each wrong booking is refused with SnelStart's code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.snelstart_client import Bench

HIGH = {"VerkopenHoog": "21.00"}


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def foreign() -> Bench:
    """Return a bench whose administration charges other member states' VAT."""
    return Bench(foreign_vat=True)


def code_of(bench: Bench, body: dict[str, Any]) -> str:
    reply = bench.post("/verkoopboekingen", body)
    assert reply.status == 400, reply.body
    assert bench.snelstart.totals(bench.administration.id).booking_count == 0
    return reply.code


# what a good booking does


def test_a_booking_comes_back_complete_and_makes_an_open_invoice(bench: Bench) -> None:
    customer = bench.customer()
    reply = bench.post("/verkoopboekingen", bench.plain_booking(customer=customer, betalingstermijn=30))
    assert reply.status == 201
    assert reply.body["factuurbedrag"] == 121.0
    assert reply.body["factuurdatum"] == "2026-11-20T00:00:00"
    assert reply.body["klant"] == {"id": customer["id"], "uri": f"/relaties/{customer['id']}"}
    assert reply.body["modifiedOn"] == "2026-11-23T10:00:00.000"  # local time, one hour after UTC
    [invoice] = bench.get("/verkoopfacturen", filter="Factuurnummer eq 'A-1'").body
    assert invoice["verkoopBoeking"]["id"] == reply.body["id"] != invoice["id"]
    assert (invoice["openstaandSaldo"], invoice["factuurBedrag"]) == (121.0, 121.0)
    assert invoice["vervalDatum"] == "2026-12-20T00:00:00"
    assert bench.get(f"/verkoopboekingen/{reply.body['id']}").body == reply.body
    assert bench.get(f"/relaties/{customer['id']}/verkoopboekingen").body == [reply.body]


def test_sums_are_exact_and_read_back_as_decimals(bench: Bench) -> None:
    for index, (net, vat) in enumerate((("0.10", "0.02"), ("0.20", "0.04"), ("1234567.89", "259259.26"))):
        lines = [bench.line(8000, net, "Hoog")]
        body = bench.booking(lines, {"VerkopenHoog": vat}, factuurnummer=f"A-{index}")
        assert bench.post("/verkoopboekingen", body).status == 201
    totals = bench.snelstart.totals(bench.administration.id)
    assert (totals.booking_count, totals.booking_sum) == (3, Decimal("1493827.51"))
    assert totals.open_sum == totals.booking_sum
    [first, *_] = bench.snelstart.documents(bench.administration.id, "verkoopboekingen")
    assert first["btw"] == [{"btwSoort": "VerkopenHoog", "btwBedrag": Decimal("0.02")}]


def test_two_rates_and_a_credit_note(bench: Bench) -> None:
    lines = [bench.line(8000, "100.00", "Hoog"), bench.line(8110, "100.00", "Laag")]
    assert bench.post("/verkoopboekingen", bench.booking(lines, HIGH | {"VerkopenLaag": "9.00"})).status == 201
    credit = bench.booking([bench.line(8000, "-100.00")], {"VerkopenHoog": "-21.00"}, factuurnummer="C-1")
    assert bench.post("/verkoopboekingen", credit).body["boekingsregels"][0]["btwSoort"] == "Hoog"


# numbers, customers, dates


def test_a_number_is_taken_once_whatever_else_differs(bench: Bench) -> None:
    assert bench.post("/verkoopboekingen", bench.plain_booking()).status == 201
    other = bench.booking([bench.line(8110, "50.00", "Laag")], {"VerkopenLaag": "4.50"})
    assert bench.post("/verkoopboekingen", other).code == "BOE-0021"


@pytest.mark.parametrize("number", ["", "  ", "X" * 26])
def test_a_number_is_needed_and_has_25_characters_at_most(bench: Bench, number: str) -> None:
    assert code_of(bench, bench.plain_booking(factuurnummer=number)) == "BOE-0058"


def test_only_an_active_customer_is_booked(bench: Bench) -> None:
    supplier = bench.customer(relatiesoort=["Leverancier"])
    assert code_of(bench, bench.plain_booking(customer=supplier)) == "BOE-0060"
    assert code_of(bench, bench.plain_booking(customer={"id": bench.administration.id})) == "BOE-0060"
    former = bench.customer()
    bench.snelstart.change_document(bench.administration.id, "relaties", former["id"], nonactief=True)
    assert code_of(bench, bench.plain_booking(customer=former)) == "BOE-0054"


def test_dates_must_be_there_recent_and_open(bench: Bench) -> None:
    assert code_of(bench, bench.plain_booking(factuurdatum=None)) == "BOE-0070"
    assert code_of(bench, bench.plain_booking(factuurdatum="2020-12-31")) == "BOE-0033"
    bench.snelstart.block_period(bench.administration.id, date(2026, 11, 20))
    assert code_of(bench, bench.plain_booking()) == "BOE-0042"
    assert bench.post("/verkoopboekingen", bench.plain_booking(factuurdatum="2026-11-21")).status == 201
    bench.snelstart.block_period(bench.administration.id, None)
    reopened = bench.plain_booking(factuurnummer="A-2")
    assert bench.post("/verkoopboekingen", reopened).status == 201


def test_texts_have_their_limits(bench: Bench) -> None:
    assert code_of(bench, bench.plain_booking(omschrijving="x" * 251)) == "BOE-0071"
    assert code_of(bench, bench.plain_booking(boekstuk="x" * 26)) == "BOE-0068"
    long_line = bench.line(8000, "100.00", "Hoog", omschrijving="x" * 251)
    assert code_of(bench, bench.booking([long_line], HIGH)) == "BOE-0071"


def test_an_id_is_not_chosen_by_the_client(bench: Bench) -> None:
    assert code_of(bench, bench.plain_booking(id=bench.administration.id)) == "ALG-0100"


# lines and balance


def test_a_booking_has_lines_and_none_is_zero(bench: Bench) -> None:
    assert code_of(bench, bench.booking([], {})) == "BOE-0023"
    free = [bench.line(8000, "100.00", "Hoog"), bench.line(8000, "0.00", "Hoog")]
    assert code_of(bench, bench.booking(free, HIGH)) == "BOE-0028"


@pytest.mark.parametrize("total", ["121.01", "120.99", "-121.00", "121.001", None])
def test_a_booking_balances_exactly(bench: Bench, total: str | None) -> None:
    assert code_of(bench, bench.plain_booking(factuurbedrag=total)) == "BOE-0039"


@pytest.mark.parametrize(
    ("number", "code"),
    [(8990, "BOE-0008"), (1671, "BOE-0061"), (1100, "BOE-0061"), (1300, "BOE-0061"), (7000, "BOE-0061")],
)
def test_ledgers_that_are_inactive_or_not_for_sales(bench: Bench, number: int, code: str) -> None:
    assert code_of(bench, bench.booking([bench.line(number, "100.00")], {})) == code


def test_a_ledger_must_exist(bench: Bench) -> None:
    line = bench.line(8000, "100.00") | {"grootboek": {"id": bench.administration.id}}
    assert code_of(bench, bench.booking([line], HIGH)) == "BOE-0037"


def test_cost_centres_are_demanded_known_active_and_wanted(bench: Bench) -> None:
    def body(number: int, cost_centre: str | None) -> dict[str, Any]:
        line = bench.line(number, "100.00", "Hoog")
        return bench.booking([line if cost_centre is None else line | {"kostenplaats": {"id": cost_centre}}], HIGH)

    rows = bench.snelstart.documents(bench.administration.id, "kostenplaatsen")
    centres = {row["nummer"]: row["id"] for row in rows}
    assert code_of(bench, body(8300, None)) == "BOE-0022"
    assert code_of(bench, body(8300, bench.administration.id)) == "BOE-0019"
    assert code_of(bench, body(8300, centres[9])) == "BOE-0026"
    assert code_of(bench, body(8310, centres[1])) == "BOE-0093"
    booked = bench.post("/verkoopboekingen", body(8300, centres[1]))
    assert booked.body["boekingsregels"][0]["kostenplaats"]["uri"] == f"/kostenplaatsen/{centres[1]}"


# Dutch VAT


def test_the_two_vocabularies_are_not_interchangeable(bench: Bench) -> None:
    swapped_line = bench.booking([bench.line(8000, "100.00", "VerkopenHoog")], HIGH)
    assert code_of(bench, swapped_line) == "BOE-0082"
    swapped_row = bench.booking([bench.line(8000, "100.00", "Hoog")], {"Hoog": "21.00"})
    assert code_of(bench, swapped_row) == "BOE-0082"


@pytest.mark.parametrize(
    ("number", "kind", "vat"),
    [
        (8000, "Laag", {"VerkopenLaag": "9.00"}),  # the ledger is for the high rate
        (8000, "Geen", {}),
        (8060, "Hoog", {"VerkopenHoog": "21.00"}),  # export has no VAT
        (8000, "Hoog", {}),  # no row for the line
        (8000, "Hoog", {"VerkopenHoog": "21.00", "VerkopenLaag": "0.00"}),  # a row without a line
        (8000, "Hoog", {"InkopenHoog": "21.00"}),
    ],
)
def test_ledger_line_and_row_must_have_one_kind(bench: Bench, number: int, kind: str, vat: dict[str, str]) -> None:
    assert code_of(bench, bench.booking([bench.line(number, "100.00", kind)], vat)) == "BOE-0082"


def test_one_row_per_kind(bench: Bench) -> None:
    body = bench.plain_booking()
    body["btw"] = [{"btwSoort": "VerkopenHoog", "btwBedrag": "10.50"}] * 2
    assert code_of(bench, body) == "BOE-0082"


@pytest.mark.parametrize(("vat", "is_fine"), [("21.05", True), ("20.95", True), ("21.06", False), ("9.00", False)])
def test_the_amount_of_vat_must_be_plausible(bench: Bench, vat: str, is_fine: bool) -> None:
    body = bench.booking([bench.line(8000, "100.00", "Hoog")], {"VerkopenHoog": vat})
    reply = bench.post("/verkoopboekingen", body)
    assert (reply.status, reply.code) == ((201, "") if is_fine else (400, "BOE-0069"))


def test_more_lines_allow_more_rounding(bench: Bench) -> None:
    lines = [bench.line(8000, "10.00", "Hoog") for _ in range(8)]
    assert bench.post("/verkoopboekingen", bench.booking(lines, {"VerkopenHoog": "16.88"})).status == 201
    assert (
        bench.post("/verkoopboekingen", bench.booking(lines, {"VerkopenHoog": "16.89"}, factuurnummer="2")).code
        == "BOE-0069"
    )


def test_the_vat_ledger_of_the_kind_must_be_there(bench: Bench) -> None:
    bench.snelstart.change_document(bench.administration.id, "grootboeken", bench.ledger(1671)["id"], nonactief=True)
    assert code_of(bench, bench.plain_booking()) == "BOE-0081"


def test_reverse_charge_stands_alone_and_has_no_amount(bench: Bench) -> None:
    reverse = bench.line(8130, "100.00", "Geen")
    assert bench.post("/verkoopboekingen", bench.booking([reverse], {"VerkopenVerlegd": "0.00"})).status == 201
    mixed = bench.booking(
        [reverse, bench.line(8000, "100.00", "Hoog")], HIGH | {"VerkopenVerlegd": "0"}, factuurnummer="A-2"
    )
    assert bench.post("/verkoopboekingen", mixed).code == "BOE-0062"
    charged = bench.booking([reverse], {"VerkopenVerlegd": "21.00"}, factuurnummer="A-2")
    assert bench.post("/verkoopboekingen", charged).code == "BOE-0069"


# other countries


def test_union_sales_need_a_business_in_another_member_state(bench: Bench) -> None:
    def body(customer: dict[str, str]) -> dict[str, Any]:
        return bench.booking([bench.line(8070, "100.00", "Geen")], {}, customer)

    assert code_of(bench, body(bench.customer("DE"))) == "BOE-0080"
    assert code_of(bench, body(bench.customer("NL", btwNummer="NL004495445B01"))) == "BOE-0080"
    business = bench.customer("DE", btwNummer="DE136695976")
    assert bench.post("/verkoopboekingen", body(business)).status == 201


def test_export_has_no_vat(bench: Bench) -> None:
    body = bench.booking([bench.line(8060, "100.00", "Geen")], {}, bench.customer("CH"))
    assert bench.post("/verkoopboekingen", body).status == 201


def test_distance_sales_need_the_switch(bench: Bench) -> None:
    lines = [bench.line(8091, "100.00", "Geen"), bench.line(1690, "19.00", "Geen")]
    assert code_of(bench, bench.booking(lines, {}, bench.customer("DE"))) == "BOE-0080"


def test_a_dutch_rate_for_a_german_consumer_is_fine_below_the_threshold(bench: Bench) -> None:
    assert bench.post("/verkoopboekingen", bench.plain_booking(customer=bench.customer("DE"))).status == 201


def test_distance_sales_of_two_rates(foreign: Bench) -> None:
    lines = [
        foreign.line(8093, "67.90", "Geen"),
        foreign.line(8091, "7.40", "Geen"),
        foreign.line(1690, "4.75", "Geen"),
        foreign.line(1690, "1.41", "Geen"),
    ]
    body = foreign.booking(lines, {}, foreign.customer("DE"))
    assert body["factuurbedrag"] == "81.46"
    assert foreign.post("/verkoopboekingen", body).status == 201


@pytest.mark.parametrize(
    ("country", "day", "vat", "is_fine"),
    [
        ("DE", "2026-11-20", "19.00", True),
        ("DE", "2026-11-20", "19.01", True),
        ("DE", "2026-11-20", "19.02", False),
        ("DE", "2026-11-20", "18.98", False),
        ("DE", "2026-11-20", "21.00", False),
        ("FI", "2024-08-31", "24.00", True),
        ("FI", "2024-09-01", "25.50", True),
        ("FI", "2024-09-01", "24.00", False),
        ("XI", "2026-11-20", "20.00", True),
    ],
)
def test_foreign_vat_is_that_of_the_country_on_that_day(
    foreign: Bench, country: str, day: str, vat: str, is_fine: bool
) -> None:
    lines = [foreign.line(8091, "100.00", "Geen"), foreign.line(1690, vat, "Geen")]
    body = foreign.booking(lines, {}, foreign.customer(country), factuurdatum=day)
    reply = foreign.post("/verkoopboekingen", body)
    assert (reply.status, reply.code) == ((201, "") if is_fine else (400, "BOE-0069"))


def test_a_rate_code_that_the_country_does_not_have(foreign: Bench) -> None:
    lines = [foreign.line(8093, "100.00", "Geen"), foreign.line(1690, "25.00", "Geen")]
    assert code_of(foreign, foreign.booking(lines, {}, foreign.customer("DK"))) == "BOE-0069"


def test_with_the_switch_on_a_foreign_consumer_has_distance_sales_only(foreign: Bench) -> None:
    german = foreign.customer("DE")
    assert code_of(foreign, foreign.plain_booking(customer=german)) == "BOE-0082"
    assert code_of(foreign, foreign.booking([foreign.line(8199, "5.00")], {}, german)) == "BOE-0061"
    business = foreign.customer("DE", btwNummer="DE136695976")
    lines = [foreign.line(8091, "100.00", "Geen"), foreign.line(1690, "19.00", "Geen")]
    assert code_of(foreign, foreign.booking(lines, {}, business)) == "BOE-0080"
    assert foreign.post("/verkoopboekingen", foreign.plain_booking(customer=foreign.customer("NL"))).status == 201
    before_start = foreign.plain_booking(customer=german, factuurdatum="2021-06-30", factuurnummer="A-2")
    assert foreign.post("/verkoopboekingen", before_start).status == 201


# the body


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"Factuurnummer": "A-1"}, "boeking.Factuurnummer"),  # wrong case
        ({"vervalDatum": "2026-12-01"}, "boeking.vervalDatum"),  # unknown
        ({"modifiedOn": "2026-12-01"}, "boeking.modifiedOn"),  # read-only
        ({"factuurdatum": "20-11-2026"}, "boeking.factuurdatum"),
        ({"factuurdatum": "2026-02-30"}, "boeking.factuurdatum"),
        ({"factuurdatum": "2026-11-20T00:00:00Z"}, "boeking.factuurdatum"),
        ({"factuurdatum": "2026-11-20T00:00:00+01:00"}, "boeking.factuurdatum"),
        ({"factuurbedrag": "121,00"}, "boeking.factuurbedrag"),
        ({"factuurbedrag": True}, "boeking.factuurbedrag"),
        ({"betalingstermijn": "14"}, "boeking.betalingstermijn"),
        ({"betalingstermijn": 1000}, "boeking.betalingstermijn"),
        ({"markering": 1}, "boeking.markering"),
        ({"omschrijving": 7}, "boeking.omschrijving"),
        ({"klant": {"id": "1001"}}, "boeking.klant.id"),
        ({"klant": {}}, "boeking.klant"),
        ({"klant": None}, "boeking.klant"),
        ({"boekingsregels": None}, "boeking.boekingsregels"),
        ({"boekingsregels": [{"bedrag": 1}]}, "boeking.boekingsregels[0].grootboek"),
        ({"boekingsregels": {}}, "boeking.boekingsregels"),
        ({"btw": [{"btwSoort": "Hoogste", "btwBedrag": 1}]}, "boeking.btw[0].btwSoort"),
    ],
)
def test_an_unreadable_member_is_named_in_the_model_state(bench: Bench, changes: dict[str, Any], member: str) -> None:
    reply = bench.post("/verkoopboekingen", bench.plain_booking() | changes)
    assert (reply.status, reply.body["message"]) == (400, "The request is invalid.")
    assert member in reply.body["modelState"]


@pytest.mark.parametrize("moment", ["2026-11-20", "2026-11-20 10:00:00", "2026-11-20T10:00:00.123456"])
def test_the_ways_to_write_a_date(bench: Bench, moment: str) -> None:
    assert bench.post("/verkoopboekingen", bench.plain_booking(factuurdatum=moment)).status == 201


def test_a_body_that_is_no_json_object(bench: Bench) -> None:
    headers = bench.headers | {"Content-Type": "application/json"}
    for body in ("{", "[]", '{"factuurbedrag": NaN}'):
        reply = bench.call("POST", "/verkoopboekingen", headers=headers, data=body)
        assert (reply.status, list(reply.body["modelState"])) == (400, ["boeking"])
    assert bench.call("POST", "/verkoopboekingen", headers=headers, data="").code == "ALG-0106"


# deleting


def test_a_deleted_booking_frees_its_number_and_takes_its_invoice_along(bench: Bench) -> None:
    body = bench.plain_booking()
    made = bench.post("/verkoopboekingen", body).body
    assert bench.call("DELETE", f"/verkoopboekingen/{made['id']}").status == 200
    assert bench.get(f"/verkoopboekingen/{made['id']}").status == 404
    assert bench.call("DELETE", f"/verkoopboekingen/{made['id']}").status == 404
    assert bench.get("/verkoopfacturen").body == []
    assert bench.post("/verkoopboekingen", body).status == 201


def test_a_booking_in_a_blocked_period_stays(bench: Bench) -> None:
    made = bench.post("/verkoopboekingen", bench.plain_booking()).body
    bench.snelstart.block_period(bench.administration.id, date(2026, 11, 30))
    assert bench.call("DELETE", f"/verkoopboekingen/{made['id']}").code == "BOE-0042"


def test_the_bookkeeper_books_and_deletes_without_being_logged(bench: Bench) -> None:
    body = bench.plain_booking()
    bench.world.log.clear()
    bench.fault("*", "drop")
    made = bench.snelstart.act(bench.administration.id, "POST", "/verkoopboekingen", body)
    assert made.status == 201
    refused = bench.snelstart.act(bench.administration.id, "POST", "/verkoopboekingen", body)
    assert refused.body[0]["errorCode"] == "BOE-0021"
    path = f"/verkoopboekingen/{made.body['id']}"
    assert bench.snelstart.act(bench.administration.id, "DELETE", path).status == 200
    assert bench.world.log.count() == 0
    assert len(bench.world.faults.active()) == 1
