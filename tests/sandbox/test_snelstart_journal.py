"""The rules of /memoriaalboekingen and what they do to invoices and ledgers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.snelstart_client import Bench

UNKNOWN = {"id": "11111111-1111-4111-8111-111111111111"}


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def booking(bench: Bench) -> dict[str, Any]:
    return dict(bench.post("/verkoopboekingen", bench.plain_booking(boekstuk="B-1")).body)


def entry(bench: Bench, booking: dict[str, Any], amount: str = "121.00", **members: Any) -> dict[str, Any]:
    return {
        "datum": "2026-11-21",
        "dagboek": bench.journal("Memoriaal"),
        "omschrijving": "Uitbetaling",
        "boekstuk": "P-1",
        "verkoopboekingBoekingsRegels": [{"boekingId": {"id": booking["id"]}, "omschrijving": "A-1", "bedrag": amount}],
        "memoriaalBoekingsRegels": [
            {"omschrijving": "Amazon", "grootboek": bench.ledger(1240), "debet": amount, "credit": 0}
        ],
        **members,
    }


def open_amount(bench: Bench) -> float:
    [invoice] = bench.get("/verkoopfacturen").body
    return float(invoice["openstaandSaldo"])


def refused(bench: Bench, body: dict[str, Any]) -> str:
    reply = bench.post("/memoriaalboekingen", body)
    assert reply.status == 400, reply.body
    assert open_amount(bench) == 121.0
    return reply.code


def test_a_payment_lowers_what_is_open(bench: Bench, booking: dict[str, Any]) -> None:
    made = bench.post("/memoriaalboekingen", entry(bench, booking, "100.00"))
    assert made.status == 201
    assert made.body["verkoopboekingBoekingsRegels"][0]["boekingId"]["uri"] == booking["uri"]
    assert made.body["inkoopboekingBoekingsRegels"] == []
    assert bench.get(f"/memoriaalboekingen/{made.body['id']}").body == made.body
    assert open_amount(bench) == 21.0


def test_a_payment_that_comes_twice_shows_as_a_negative_balance(bench: Bench, booking: dict[str, Any]) -> None:
    for _ in range(2):
        assert bench.post("/memoriaalboekingen", entry(bench, booking)).status == 201
    assert open_amount(bench) == -121.0
    assert bench.snelstart.totals(bench.administration.id).open_sum == Decimal("-121.00")


def test_a_paid_booking_cannot_be_deleted(bench: Bench, booking: dict[str, Any]) -> None:
    bench.post("/memoriaalboekingen", entry(bench, booking))
    assert bench.call("DELETE", f"/verkoopboekingen/{booking['id']}").code == "BOE-0083"


def test_a_payment_that_is_deleted_leaves_its_invoice_open(bench: Bench, booking: dict[str, Any]) -> None:
    made = bench.post("/memoriaalboekingen", entry(bench, booking))
    path = f"/memoriaalboekingen/{made.body['id']}"
    assert bench.call("DELETE", path).status == 200
    assert open_amount(bench) == 121.0
    assert bench.call("DELETE", path).code == "BOE-0001"
    assert bench.call("DELETE", f"/verkoopboekingen/{booking['id']}").status == 200


def test_the_invoices_id_is_not_the_bookings(bench: Bench, booking: dict[str, Any]) -> None:
    [invoice] = bench.get("/verkoopfacturen").body
    assert refused(bench, entry(bench, invoice)) == "BOE-0001"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"dagboek": UNKNOWN}, "BOE-0096"),
        ({"id": UNKNOWN["id"]}, "BOE-0078"),
        ({"boekstuk": "x" * 26}, "BOE-0068"),
        ({"omschrijving": "x" * 251}, "BOE-0071"),
        ({"datum": "2019-01-01"}, "BOE-0033"),
        ({"memoriaalBoekingsRegels": [], "verkoopboekingBoekingsRegels": None}, "BOE-0094"),
    ],
)
def test_a_wrong_entry_is_refused(bench: Bench, booking: dict[str, Any], members: dict[str, Any], code: str) -> None:
    assert refused(bench, entry(bench, booking) | members) == code


def test_only_a_memoriaal_journal_takes_entries(bench: Bench, booking: dict[str, Any]) -> None:
    assert refused(bench, entry(bench, booking, dagboek=bench.journal("Bank"))) == "BOE-0095"
    assert refused(bench, entry(bench, booking, dagboek=bench.ledger(2000))) == "BOE-0096"


@pytest.mark.parametrize(
    ("number", "debit", "credit", "code"),
    [(1240, "1.00", "1.00", "BOE-0076"), (1240, None, "0.00", "BOE-0028"), (8990, "1.00", None, "BOE-0008")],
)
def test_a_line_has_one_side_and_an_active_ledger(
    bench: Bench, booking: dict[str, Any], number: int, debit: str | None, credit: str | None, code: str
) -> None:
    line = {"omschrijving": "Amazon", "grootboek": bench.ledger(number), "debet": debit, "credit": credit}
    assert refused(bench, entry(bench, booking, memoriaalBoekingsRegels=[line])) == code


def test_a_blocked_period_takes_no_entries(bench: Bench, booking: dict[str, Any]) -> None:
    bench.snelstart.block_period(bench.administration.id, date(2026, 11, 30))
    assert refused(bench, entry(bench, booking)) == "BOE-0042"


# ledger mutations


def test_mutations_of_a_booking_and_its_payment_balance(bench: Bench, booking: dict[str, Any]) -> None:
    bench.post("/memoriaalboekingen", entry(bench, booking))
    rows = bench.get("/grootboekmutaties").body
    assert sum(Decimal(str(row["saldo"])) for row in rows) == 0
    by_ledger = {(row["boekstuk"], row["grootboek"]["id"]): row["saldo"] for row in rows}
    assert by_ledger == {
        ("B-1", bench.ledger(1300)["id"]): 121.0,
        ("B-1", bench.ledger(8000)["id"]): -100.0,
        ("B-1", bench.ledger(1671)["id"]): -21.0,
        ("P-1", bench.ledger(1300)["id"]): -121.0,
        ("P-1", bench.ledger(1240)["id"]): 121.0,
    }


def test_a_payment_is_found_by_voucher_and_journal(bench: Bench, booking: dict[str, Any]) -> None:
    bench.post("/memoriaalboekingen", entry(bench, booking))
    journal = bench.journal("Memoriaal")["id"]
    rows = bench.get("/grootboekmutaties", filter=f"Boekstuk eq 'P-1' and Dagboek/Id eq guid'{journal}'").body
    assert sorted((row["debet"], row["credit"]) for row in rows) == [(0.0, 121.0), (121.0, 0.0)]
    assert {row["factuurNummer"] for row in rows} == {"A-1", None}
    other = bench.journal("Bank")["id"]
    assert bench.get("/grootboekmutaties", filter=f"Boekstuk eq 'P-1' and Dagboek/Id eq guid'{other}'").body == []
    assert bench.get("/grootboekmutaties", filter="Boekstuk eq 'P-2'").body == []
    assert len(bench.get("/grootboekmutaties", filter="FactuurNummer eq 'A-1'").body) == 4


def test_a_one_sided_entry_is_completed_by_the_journals_own_ledger(bench: Bench, booking: dict[str, Any]) -> None:
    assert bench.post("/memoriaalboekingen", entry(bench, booking, memoriaalBoekingsRegels=[])).status == 201
    rows = bench.get("/grootboekmutaties", filter="Boekstuk eq 'P-1'").body
    assert {row["grootboek"]["id"]: row["saldo"] for row in rows} == {
        bench.ledger(1300)["id"]: -121.0,
        bench.ledger(2000)["id"]: 121.0,
    }
