"""The rules and sums of /verkooporders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.snelstart_client import Bench

UNKNOWN = {"id": "11111111-1111-4111-8111-111111111111"}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def order(bench: Bench, *lines: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"relatie": bench.customer(), "datum": "2026-11-20", "regels": list(lines), **members}


def line(article: dict[str, str], price: str, quantity: str = "1", **members: Any) -> dict[str, Any]:
    return {"artikel": article, "stuksprijs": price, "aantal": quantity, **members}


def sums(bench: Bench, body: dict[str, Any]) -> tuple[float, float]:
    reply = bench.post("/verkooporders", body)
    assert reply.status == 201, reply.body
    return reply.body["totaalExclusiefBtw"], reply.body["totaalInclusiefBtw"]


def refused(bench: Bench, body: dict[str, Any]) -> str:
    reply = bench.post("/verkooporders", body)
    assert reply.status == 400, reply.body
    return reply.code


def test_an_order_comes_back_complete(bench: Bench) -> None:
    body = order(bench, line(bench.article(), "9.99", "2"), omschrijving="Amazon 1", betalingskenmerk="1")
    made = bench.post("/verkooporders", body).body
    assert (made["nummer"], made["procesStatus"], made["verkoopOrderStatus"]) == (10_001, "Order", "InBehandeling")
    assert made["regels"][0]["totaal"] == 19.98
    assert made["regels"][0]["omschrijving"] == "Kabel"
    assert made["afleveradres"]["plaats"] == "Alkmaar"
    assert made["verkooporderBtwIngaveModel"] == "Exclusief"
    assert bench.get(f"/verkooporders/{made['id']}").body == made
    assert bench.get("/verkooporders", filter="Betalingskenmerk eq '1'").body == [made]
    assert bench.get("/verkooporders", filter="Betalingskenmerk eq '2'").body == []
    assert bench.snelstart.totals(bench.administration.id).order_sum == Decimal("24.18")


def test_nothing_keeps_an_order_from_coming_twice(bench: Bench) -> None:
    body = order(bench, line(bench.article(), "9.99"), betalingskenmerk="1")
    first, second = bench.post("/verkooporders", body).body, bench.post("/verkooporders", body).body
    assert first["id"] != second["id"]
    assert len(bench.get("/verkooporders", filter="Betalingskenmerk eq '1'").body) == 2


def test_vat_follows_from_the_revenue_group_and_the_kind_of_price(bench: Bench) -> None:
    high, low, none = bench.article("1"), bench.article("2", group=2), bench.article("3", group=3)
    inclusive = {"verkooporderBtwIngaveModel": "Inclusief"}
    assert sums(bench, order(bench, line(high, "9.99", "2"), line(high, "2.99"), **inclusive)) == (18.98, 22.97)
    assert sums(bench, order(bench, line(high, "100.00"))) == (100.0, 121.0)
    assert sums(bench, order(bench, line(high, "100.00"), line(low, "100.00"), line(none, "5.00"))) == (205.0, 235.0)
    assert sums(bench, order(bench, line(high, "0.10"), line(high, "0.10"))) == (0.2, 0.24)


def test_discounts_and_given_totals(bench: Bench) -> None:
    article = bench.article(verkoopprijs="10.00")
    assert sums(bench, order(bench, line(article, "10.00", "3", kortingsPercentage=10))) == (27.0, 32.67)
    assert sums(bench, order(bench, line(article, "10.00", "3", totaal="25.00"))) == (25.0, 30.25)
    assert sums(bench, order(bench, {"artikel": article, "aantal": 2})) == (20.0, 24.2)
    assert sums(bench, order(bench, line(article, "100.00"), factuurkorting=10)) == (90.0, 108.9)


@pytest.mark.parametrize(
    ("foreign_vat", "country", "group", "total"),
    [
        (False, "DE", 1, 121.0),
        (True, "DE", 1, 119.0),
        (True, "DE", 2, 107.0),
        (True, "DK", 2, 125.0),  # no reduced rate there
        (True, "NL", 1, 121.0),
        (True, "CH", 1, 100.0),
        (False, "CH", 1, 100.0),
        (True, "DE", 3, 100.0),
    ],
)
def test_the_delivery_country_decides_the_rate(foreign_vat: bool, country: str, group: int, total: float) -> None:
    bench = Bench(foreign_vat=foreign_vat)
    body = order(bench, line(bench.article(group=group), "100.00"), afleveradres=bench.address(country))
    assert sums(bench, body) == (100.0, total)


def test_a_business_in_another_member_state_pays_no_vat() -> None:
    bench = Bench(foreign_vat=True)
    business = bench.customer("DE", btwNummer="DE136695976")
    assert sums(bench, order(bench, line(bench.article(), "100.00"), relatie=business)) == (100.0, 100.0)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"relatie": UNKNOWN}, "VOR-0002"),
        ({"nummer": 7}, "VOR-0005"),
        ({"id": UNKNOWN["id"]}, "ALG-0100"),
        ({"procesStatus": "Factuur"}, "VOR-0015"),
        ({"procesStatus": "Contantbon"}, "VOR-0015"),
        ({"orderreferentie": "x" * 51}, "VOR-0011"),
        ({"afleveradres": {"straat": "x" * 51}}, "VOR-0006"),
        ({"afleveradres": {"postcode": "x" * 26}}, "VOR-0007"),
        ({"afleveradres": {"plaats": "x" * 51}}, "VOR-0008"),
        ({"factuuradres": {"contactpersoon": "x" * 51}}, "VOR-0009"),
        ({"afleveradres": {"land": UNKNOWN}}, "VOR-0010"),
        ({"kostenplaats": UNKNOWN}, "BOE-0019"),
        ({"verkoopordersjabloon": UNKNOWN}, "ALG-0103"),
        ({"regels": [{"artikel": UNKNOWN, "aantal": 1}]}, "ART-0001"),
        ({"regels": [{"omschrijving": "Tekst"}]}, "ART-0001"),
    ],
)
def test_a_wrong_order_is_refused(bench: Bench, members: dict[str, Any], code: str) -> None:
    assert refused(bench, order(bench, line(bench.article(), "1.00")) | members) == code
    assert bench.snelstart.totals(bench.administration.id).order_count == 0


def test_a_supplier_or_an_inactive_product_is_refused(bench: Bench) -> None:
    article = bench.article()
    supplier = bench.customer(relatiesoort=["Leverancier"])
    assert refused(bench, order(bench, line(article, "1.00"), relatie=supplier)) == "VOR-0002"
    bench.snelstart.change_document(bench.administration.id, "artikelen", article["id"], isNonActief=True)
    assert refused(bench, order(bench, line(article, "1.00"))) == "ALG-0105"


@pytest.mark.parametrize(
    "member", ["totaalExclusiefBtw", "totaalInclusiefBtw", "verkoopfactuur", "modifiedOn", "klant", "Relatie"]
)
def test_members_that_cannot_be_sent(bench: Bench, member: str) -> None:
    reply = bench.post("/verkooporders", order(bench, line(bench.article(), "1.00")) | {member: 1})
    assert f"order.{member}" in reply.body["modelState"]


def test_the_text_of_an_order_has_50_characters_at_most(bench: Bench) -> None:
    body = order(bench, line(bench.article(), "1.00"), omschrijving="x" * 51)
    assert "order.omschrijving" in bench.post("/verkooporders", body).body["modelState"]


def test_the_default_template_is_named_by_zeros(bench: Bench) -> None:
    zero = {"id": "00000000-0000-0000-0000-000000000000"}
    made = bench.post("/verkooporders", order(bench, line(bench.article(), "1.00"), verkoopordersjabloon=zero)).body
    assert made["verkoopordersjabloon"]["id"] == bench.get("/verkoopordersjablonen").body[0]["id"]


def test_a_deleted_order_is_gone(bench: Bench) -> None:
    made = bench.post("/verkooporders", order(bench, line(bench.article(), "1.00"))).body
    deleted = bench.call("DELETE", f"/verkooporders/{made['id']}")
    assert (deleted.status, deleted.body) == (200, {})
    reply = bench.get(f"/verkooporders/{made['id']}")
    assert (reply.status, reply.code) == (404, "VOR-0001")


def test_the_smallest_package_has_no_orders_and_says_so_in_plain_text() -> None:
    bench = Bench(package="inKaart")
    reply = bench.post("/verkooporders", order(bench, line(bench.article(), "1.00")))
    assert (reply.status, reply.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert reply.body.startswith("Het ingelogde account")
    assert bench.post("/verkoopboekingen", bench.plain_booking()).status == 201
