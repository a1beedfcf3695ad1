"""Articles are found by code, made once when there are none, and never changed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from tests.services.test_posting import Killed, kill_after, kill_before, settle
from tests.support.clock import FrozenClock
from tests.support.scenario import Scenario
from webshop.clients.snelstart.client import SnelStartClient
from webshop.exceptions import DuplicateError
from webshop.extensions import transaction
from webshop.models import Order, Schedule, VatMapping
from webshop.services import runs
from webshop.services.customers import CustomerIndex

pytestmark = pytest.mark.database
GET, POST = "GET /artikelen", "POST /artikelen"


def act(scenario: Scenario, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Do something in SnelStart by hand."""
    answer = scenario.sandbox.snelstart.act(scenario.administration_id, "POST", path, body)
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.body
    return made


def group_id(scenario: Scenario, number: int) -> str:
    groups = scenario.sandbox.snelstart.documents(scenario.administration_id, "artikelomzetgroepen")
    return next(str(group["id"]) for group in groups if group["nummer"] == number)


def make_article(scenario: Scenario, code: str, *, group: int = 1) -> str:
    body = {"artikelcode": code, "omschrijving": code, "artikelOmzetgroep": {"id": group_id(scenario, group)}}
    return str(act(scenario, "/artikelen", body)["id"])


def move_article(scenario: Scenario, code: str, *, group: int) -> None:
    """Let a person put an article in another revenue group."""
    scenario.sandbox.snelstart.change_document(
        scenario.administration_id,
        "artikelen",
        scenario.articles()[code]["id"],
        artikelOmzetgroep={"id": group_id(scenario, group), "uri": ""},
    )


def process_again(scenario: Scenario, number: str, clock: FrozenClock) -> None:
    """Do what Verwerk does."""
    with scenario.app.app_context(), transaction() as session:
        session.get_one(Order, scenario.order(number).id).due_at = clock.now()
    scenario.run()


def undecide(scenario: Scenario) -> None:
    """Take away what tells which of the Dutch percentages counts."""
    with scenario.app.app_context(), transaction() as session:
        session.execute(update(VatMapping).values(is_default=False))


def test_an_article_is_made_once_and_told(order_scenario: Scenario, clock: FrozenClock) -> None:
    first = order_scenario.add_order(email="a@example.nl", sku="KABEL-2M", title="USB-C kabel 2 m")
    order_scenario.add_order(email="b@example.nl", sku="KABEL-2M")
    order_scenario.run()
    clock.advance(hours=1)
    order_scenario.add_order(email="c@example.nl", sku="KABEL-2M")
    order_scenario.run()
    assert order_scenario.states() == {"posted": 3}
    (article,) = order_scenario.articles().values()
    assert (article["artikelcode"], article["omschrijving"]) == ("KABEL-2M", "USB-C kabel 2 m")
    assert article["artikelOmzetgroep"]["id"] == group_id(order_scenario, 1)
    assert order_scenario.calls(POST) == 1
    told = [number for number in order_scenario.orders() if "ARTICLE_UNKNOWN" in order_scenario.codes(number)]
    assert told == [first]


def test_known_articles_cost_no_request(order_scenario: Scenario, clock: FrozenClock) -> None:
    order_scenario.add_orders(5, sku="KABEL", shipping="2.99")
    order_scenario.run()
    order_scenario.sandbox.world.log.clear()
    clock.advance(hours=1)
    order_scenario.add_orders(5, sku="KABEL", shipping="2.99")
    order_scenario.run()
    assert order_scenario.states() == {"posted": 10}
    assert (order_scenario.calls(GET), order_scenario.calls(POST)) == (0, 0)
    clock.advance(days=1, hours=1)
    order_scenario.add_orders(5, sku="KABEL")
    order_scenario.run()
    assert order_scenario.calls(GET) == 1, "a revenue group is read again after a day"


def test_an_existing_article_is_used_and_not_changed(order_scenario: Scenario) -> None:
    made = make_article(order_scenario, "KABEL", group=5)
    order_scenario.add_order(email="a@example.nl", sku="KABEL", title="Een andere naam")
    order_scenario.run()
    assert order_scenario.states() == {"posted": 1}
    (article,) = order_scenario.articles().values()
    assert (article["id"], article["omschrijving"]) == (made, "KABEL")
    assert order_scenario.calls(POST) == 0


def test_the_revenue_group_the_shop_chose_is_taken(order_scenario: Scenario) -> None:
    order_scenario.change_shop(revenue_groups={"HIGH": group_id(order_scenario, 5)})
    order_scenario.add_order(email="a@example.nl", sku="DIENST")
    order_scenario.run()
    assert order_scenario.articles()["DIENST"]["artikelOmzetgroep"]["id"] == group_id(order_scenario, 5)


def test_a_revenue_group_that_is_gone_is_told_and_nothing_is_made(order_scenario: Scenario) -> None:
    order_scenario.change_shop(revenue_groups={"HIGH": "11111111-1111-4111-8111-111111111111"})
    number = order_scenario.add_order(email="a@example.nl", sku="KABEL")
    order_scenario.run()
    assert order_scenario.order(number).state == "error"
    assert order_scenario.codes(number) == ["REVENUE_GROUP_MISSING"]
    assert order_scenario.articles() == {}
    order_scenario.check_books()


def test_shipping_goes_on_an_article_of_its_own(order_scenario: Scenario) -> None:
    order_scenario.add_orders(2, sku="KABEL", total="24.99", shipping="4.99")
    order_scenario.run()
    articles = order_scenario.articles()
    assert set(articles) == {"KABEL", "VERZENDKOHOOG"}
    assert articles["VERZENDKOHOOG"]["omschrijving"] == "Verzendkosten"
    assert order_scenario.calls(POST) == 2
    order_scenario.check_books()


def test_an_article_in_another_group_keeps_the_order_until_it_is_put_right(
    order_scenario: Scenario, clock: FrozenClock
) -> None:
    """What was remembered is read again, so that Verwerk works at once."""
    make_article(order_scenario, "BOEK", group=3)
    number = order_scenario.add_order(email="a@example.nl", sku="BOEK")
    order_scenario.run()
    assert order_scenario.order(number).state == "error"
    assert order_scenario.codes(number) == ["ARTICLE_REVENUE_GROUP_MISMATCH"]
    move_article(order_scenario, "BOEK", group=1)
    process_again(order_scenario, number, clock)
    assert order_scenario.order(number).state == "posted"
    order_scenario.check_books()


def test_an_inactive_article_is_told_and_used_when_it_is_active_again(
    order_scenario: Scenario, clock: FrozenClock
) -> None:
    order_scenario.add_order(email="a@example.nl", sku="KABEL")
    order_scenario.run()
    change = order_scenario.sandbox.snelstart.change_document
    identifier = order_scenario.articles()["KABEL"]["id"]
    change(order_scenario.administration_id, "artikelen", identifier, isNonActief=True)
    clock.advance(hours=1)
    number = order_scenario.add_order(email="b@example.nl", sku="KABEL")
    order_scenario.run()
    # It was remembered as active: SnelStart's refusal makes the next run read it again.
    assert order_scenario.order(number).state == "open"
    order_scenario.run()
    assert (order_scenario.order(number).state, order_scenario.codes(number)) == ("error", ["ARTICLE_INACTIVE"])
    change(order_scenario.administration_id, "artikelen", identifier, isNonActief=False)
    process_again(order_scenario, number, clock)
    assert order_scenario.order(number).state == "posted"
    order_scenario.check_books()


def test_an_article_that_was_deleted_is_made_again(order_scenario: Scenario, clock: FrozenClock) -> None:
    order_scenario.add_order(email="a@example.nl", sku="KABEL")
    order_scenario.run()
    books = order_scenario.sandbox.snelstart.books(order_scenario.administration_id)
    books.remove("artikelen", order_scenario.articles()["KABEL"]["id"])
    clock.advance(hours=1)
    order_scenario.add_order(email="b@example.nl", sku="KABEL")
    order_scenario.run()
    order_scenario.run()
    assert order_scenario.states() == {"posted": 2}
    order_scenario.check_books()


def test_a_customer_that_became_inactive_is_no_endless_reading_of_articles(
    order_scenario: Scenario, clock: FrozenClock
) -> None:
    """ALG-0105 does not say what is inactive: after the articles were read again, the refusal stands."""
    body = '[{"errorCode": "ALG-0105", "message": "De relatie is niet actief", "details": null}]'
    order_scenario.fault("snelstart", "POST /verkooporders", "status", status=400, body=body, times=None)
    number = order_scenario.add_order(email="a@example.nl", sku="KABEL")
    for _ in range(3):
        order_scenario.run()
    assert order_scenario.order(number).state == "error"
    assert order_scenario.codes(number) == ["SNELSTART_REFERENCE_INACTIVE"]
    assert order_scenario.calls("POST /verkooporders") <= 2
    order_scenario.check_books()


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("drop", {}),
        ("commit_then_hang", {}),
        ("delayed_commit", {"seconds": 45}),
        ("commit_then_status", {"status": 502, "body": ""}),
        ("status", {"status": 503, "body": ""}),
        ("truncate", {"bytes": 20}),
        ("without_id", {}),
    ],
)
def test_an_unanswered_create_makes_one_article(
    order_scenario: Scenario, clock: FrozenClock, kind: str, facts: dict[str, Any]
) -> None:
    numbers = order_scenario.add_orders(2, sku="KABEL")
    order_scenario.fault("snelstart", POST, kind, **facts)
    order_scenario.run()
    assert order_scenario.states() == {"unknown": 2}
    assert order_scenario.codes(numbers[0]) == ["SNELSTART_WRITE_UNKNOWN"]
    order_scenario.run()
    assert order_scenario.calls(POST) == 1, "made again before SnelStart could have finished"
    settle(order_scenario, clock)
    assert order_scenario.states() == {"posted": 2}
    assert set(order_scenario.articles()) == {"KABEL"}
    order_scenario.check_books()


def test_an_article_that_comes_late_is_not_made_twice(order_scenario: Scenario, clock: FrozenClock) -> None:
    order_scenario.add_orders(2, sku="KABEL")
    order_scenario.fault("snelstart", POST, "delayed_commit", seconds=600)
    order_scenario.run()
    settle(order_scenario, clock)
    assert order_scenario.states() == {"posted": 2}
    assert set(order_scenario.articles()) == {"KABEL"}


def test_an_article_that_somebody_made_meanwhile_is_used(
    order_scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SnelStartClient.create_article

    def create(client: SnelStartClient, payload: Any) -> Any:
        make_article(order_scenario, payload["artikelcode"])
        return real(client, payload)

    monkeypatch.setattr(SnelStartClient, "create_article", create)
    order_scenario.add_order(email="a@example.nl", sku="KABEL")
    order_scenario.run()
    assert order_scenario.states() == {"posted": 1}
    assert set(order_scenario.articles()) == {"KABEL"}


@pytest.mark.parametrize("code", ["kabel", "KABEL "])
def test_an_article_that_snelstart_takes_for_the_same_is_used(
    order_scenario: Scenario, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """Where capitals and spaces at the end make no other code, there can be no second article."""

    def refuse(client: SnelStartClient, payload: Any) -> Any:
        raise DuplicateError("De artikelcode bestaat al", remote="snelstart", operation=POST, code="ART-0005")

    monkeypatch.setattr(SnelStartClient, "create_article", refuse)
    order_scenario.fault("snelstart", GET, "ignore_filter", times=None)
    made = make_article(order_scenario, code)
    make_article(order_scenario, "KABEL-2", group=2)
    number = order_scenario.add_order(email="a@example.nl", sku="KABEL")
    order_scenario.run()
    assert (order_scenario.order(number).state, order_scenario.codes(number)) == ("posted", [])
    assert order_scenario.sales_orders()[0]["regels"][0]["artikel"]["id"] == made
    move_article(order_scenario, code, group=2)
    clock.advance(days=2)
    number = order_scenario.add_order(email="a@example.nl", sku="KABEL")
    order_scenario.run()
    assert (order_scenario.order(number).state, order_scenario.codes(number)) == ("posted", [])
    net = order_scenario.sales_orders()[-1]["regels"][0]["stuksprijs"]
    assert net == Decimal("22.93"), "its group decides the rate, as any other's"
    order_scenario.check_books()


def test_a_refused_article_is_an_error_of_that_order_only(order_scenario: Scenario) -> None:
    order_scenario.add_orders(2)
    body = '[{"errorCode": "ART-0007", "message": "De omschrijving is te lang", "details": null}]'
    order_scenario.fault("snelstart", POST, "status", status=400, body=body)
    order_scenario.run()
    assert order_scenario.states() == {"error": 1, "posted": 1}
    order_scenario.check_books()


@pytest.mark.parametrize("kill", [kill_before, kill_after])
def test_death_around_a_create_neither_doubles_nor_loses(
    order_scenario: Scenario,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    kill: Callable[[pytest.MonkeyPatch, type, str], None],
) -> None:
    order_scenario.add_orders(3, sku="KABEL")
    with monkeypatch.context() as patch:
        kill(patch, SnelStartClient, "create_article")
        patch.setattr(runs, "_end", lambda *args, **kwargs: None)
        with pytest.raises(Killed):
            order_scenario.run()
    settle(order_scenario, clock)
    assert order_scenario.states() == {"posted": 3}
    assert set(order_scenario.articles()) == {"KABEL"}
    order_scenario.check_books()


@pytest.mark.parametrize(
    "change", [{"is_posting_automatic": False}, {"may_post_orders": False}, {"posting_kind": "sales_entry"}]
)
def test_a_stop_in_the_middle_of_a_run_makes_no_article(
    order_scenario: Scenario, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    for _ in range(2):
        order_scenario.add_order(email="a@example.nl")
    real = SnelStartClient.create_sales_order

    def create(client: SnelStartClient, payload: Any) -> Any:
        made = real(client, payload)
        order_scenario.change_shop(**change)
        return made

    monkeypatch.setattr(SnelStartClient, "create_sales_order", create)
    order_scenario.run()
    assert len(order_scenario.sales_orders()) == len(order_scenario.articles()) == 1


def test_an_article_that_somebody_made_inactive_meanwhile_keeps_its_order_from_being_booked(
    order_scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = order_scenario.add_order(email="a@example.nl", sku="BOEK")
    real = SnelStartClient.create_article

    def create(client: SnelStartClient, payload: Any) -> Any:
        article = make_article(order_scenario, "BOEK")
        books = order_scenario.sandbox.snelstart
        books.change_document(order_scenario.administration_id, "artikelen", article, isNonActief=True)
        return real(client, payload)

    monkeypatch.setattr(SnelStartClient, "create_article", create)
    order_scenario.run()
    assert (order_scenario.order(number).state, order_scenario.booked()) == ("error", {})
    assert order_scenario.codes(number) == ["ARTICLE_INACTIVE"]


def test_an_overtaken_run_makes_no_article(order_scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    order_scenario.add_orders(1)
    real = CustomerIndex.find

    def find(*args: Any) -> Any:
        customer = real(*args)
        with transaction() as session:
            session.execute(update(Schedule).values(lease_token=Schedule.lease_token + 1))
        return customer

    monkeypatch.setattr(CustomerIndex, "find", find)
    order_scenario.run()
    assert order_scenario.articles() == {}


@pytest.mark.parametrize(
    "sku", ["O'Neill", "''", "a;b", "a/b?c=d&e", "100% #1", "\N{GRINNING FACE}-1", " KABEL ", "x" * 25]
)
def test_an_odd_code_is_made_once_and_found_again(order_scenario: Scenario, clock: FrozenClock, sku: str) -> None:
    order_scenario.add_order(email="a@example.nl", sku=sku)
    order_scenario.run()
    clock.advance(days=2)
    order_scenario.add_order(email="a@example.nl", sku=sku)
    order_scenario.run()
    assert order_scenario.states() == {"posted": 2}
    assert list(order_scenario.articles()) == [sku.strip()]


def test_many_codes_are_looked_up_together(order_scenario: Scenario) -> None:
    for number in range(30):
        make_article(order_scenario, f"SKU-{number}")
        order_scenario.add_order(email=f"koper{number}@example.nl", sku=f"SKU-{number}")
    order_scenario.run()
    assert order_scenario.states() == {"posted": 30}
    assert order_scenario.calls(GET) == 2


def test_orders_that_are_not_due_yet_ask_for_no_article(order_scenario: Scenario) -> None:
    order_scenario.add_orders(3, status="UNSHIPPED")
    order_scenario.run()
    assert order_scenario.states() == {"open": 3}
    assert order_scenario.calls(GET) == 0


# the third source of a rate


def test_a_rate_nothing_else_tells_is_that_of_the_article(scenario: Scenario, clock: FrozenClock) -> None:
    undecide(scenario)
    make_article(scenario, "1001", group=2)
    number = scenario.add_order(email="a@example.nl", sku="1001", total="10.90")
    unknown = scenario.add_order(email="b@example.nl", sku="1002")
    scenario.run()
    (entry,) = scenario.entries()
    assert entry["factuurnummer"] == number
    assert entry["btw"] == [{"btwSoort": "VerkopenLaag", "btwBedrag": Decimal("0.90")}]
    assert scenario.codes(unknown) == ["VAT_RATE_UNDECIDED"]
    assert scenario.calls(GET) == 1, "one look-up for the whole batch"
    scenario.check_books()


def test_a_key_without_articles_leaves_the_rate_undecided_and_stops_nothing(scenario: Scenario) -> None:
    undecide(scenario)
    scenario.fault("snelstart", GET, "status", status=403, body="", times=None)
    scenario.add_orders(3)
    assert scenario.run().error_code is None
    assert scenario.states() == {"error": 3}
    assert scenario.calls(GET) == 1
