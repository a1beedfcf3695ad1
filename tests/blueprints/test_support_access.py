"""The pages of our staff are there for staff with a second factor, and for nobody else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, CHARLIE, DORA, World
from tests.blueprints.support_world import EVA, staff
from webshop.extensions import clock, db, transaction
from webshop.models import Invoice, OrderState, ProblemReport, RequestKind, ServiceRequest, User, VatTreatment
from webshop.services.support_reports import load_report
from webshop.services.support_requests import load_request

REASON: dict[str, Any] = {"reason": "Op verzoek van de klant"}
PAGES = (
    "/support/",
    "/support/shops/{shop}",
    "/support/reports",
    "/support/reports/{report}",
    "/support/requests",
    "/support/requests/{request}",
    "/support/operations",
    "/support/shops/{shop}/contract",
    "/support/shops/{shop}/trial",
    "/support/shops/{shop}/stop",
    "/support/shops/{shop}/invoices/{invoice}/credit",
)
POLLED = "/support/operations/now"
POSTS: dict[str, dict[str, str]] = {
    "/support/shops/{shop}/contract": {"may_post_orders": "y", "seen": "", **REASON},
    "/support/shops/{shop}/trial": {"days": "14", **REASON},
    "/support/shops/{shop}/stop": {"licence_key": "{licence}", **REASON},
    "/support/shops/{shop}/invoices/{invoice}/credit": REASON,
    "/support/shops/{shop}/fetch": {},
    "/support/shops/{shop}/installation-link": {},
    "/support/reports/{report}": {"state": "busy", "reply": "", "seen": "{report_mark}"},
    "/support/requests/{request}": {"state": "busy", "note": "", "seen": "{request_mark}"},
}
EVERYTHING = sorted({*PAGES, *POSTS, POLLED})


@dataclass
class Places:
    """Something at every address of the staff."""

    world: World
    names: dict[str, str]

    def at(self, page: str) -> str:
        return page.format(**self.names)

    def form(self, page: str) -> dict[str, Any]:
        return {name: value.format(**self.names) for name, value in POSTS[page].items()}


@pytest.fixture
def places(world: World) -> Places:

    with world.rows() as shop:
        shop.active_until = date(2026, 12, 31)
        order = factories.order(shop, OrderState.ERROR)
        user = db.session.query(User).filter_by(email=ALICE).one()
        now = clock.now()
        report = ProblemReport(
            shop_id=shop.id, order_id=order.id, user_id=user.id, words="Klopt niet", snapshot={}, created_at=now
        )
        request = ServiceRequest(
            shop_id=shop.id, user_id=user.id, kind=RequestKind.INSTALLATION.value, words="Graag", created_at=now
        )
        invoice = make_invoice(shop.id)
        db.session.add_all([report, request, invoice])
        db.session.flush()
        names = {
            "shop": shop.public_id,
            "licence": shop.licence_key,
            "report": report.public_id,
            "request": request.public_id,
            "invoice": invoice.public_id,
        }
    with world.app.app_context():
        names["report_mark"] = load_report(uuid.UUID(names["report"])).mark
        names["request_mark"] = load_request(uuid.UUID(names["request"])).mark
    return Places(world, names)


def make_invoice(shop_id: int, number: str = "2026-00900") -> Invoice:
    year, sequence = (int(part) for part in number.split("-"))
    return Invoice(
        year=year,
        sequence=sequence,
        number=number,
        shop_id=shop_id,
        issued_on=date(2026, 11, 2),
        seller={},
        customer={},
        lines=[],
        vat_treatment=VatTreatment.DOMESTIC.value,
        vat_percentage="21",
        net=Decimal("149.00"),
        vat=Decimal("31.29"),
        total=Decimal("180.29"),
        created_at=clock.now(),
    )


@pytest.mark.parametrize("htmx", [False, True])
def test_staff_see_every_page(places: Places, htmx: bool) -> None:
    eva = staff(places.world)
    for page in PAGES:
        found = eva.get(places.at(page), htmx=htmx)
        assert found.find(class_="support-bar")
        assert "HX-Request" in eva.response.vary
        assert eva.response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("page", POSTS)
@pytest.mark.parametrize("htmx", [False, True])
def test_staff_change_what_they_may(places: Places, page: str, htmx: bool) -> None:
    eva = staff(places.world)
    eva.post(places.at(page), 200 if htmx else 303, htmx=htmx, **places.form(page))
    assert (eva.response.headers.get("HX-Redirect") or eva.response.location).startswith("/support/")


def test_the_tests_know_every_address_of_the_staff(world: World) -> None:
    rules = [rule for rule in world.app.url_map.iter_rules() if rule.endpoint.startswith("support.")]
    assert len(rules) == len(EVERYTHING)
    assert all(rule.rule.startswith("/support/") for rule in rules)


@pytest.mark.parametrize("email", ["", ALICE, BOB, CHARLIE, DORA])
def test_for_everybody_else_the_pages_are_not_there(places: Places, email: str) -> None:
    visitor = places.world.visitor(email or None)
    token = visitor.csrf_token()
    for page in EVERYTHING:
        address = places.at(page)
        if page in PAGES or page == POLLED:
            visitor.get(address, 404 if email else 302)
            visitor.get(address, 404 if email else 401, htmx=True)
        if page in POSTS:
            form = {**places.form(page), "csrf_token": token}
            visitor.post(address, 404 if email else 302, **form)
            visitor.post(address, 404 if email else 401, htmx=True, **form)


def test_staff_without_a_second_factor_are_sent_to_set_it_up(places: Places) -> None:
    """Somebody can become staff while being logged in."""
    world = places.world
    charlie = world.visitor(CHARLIE)
    token = charlie.csrf_token()
    with world.app.app_context(), transaction() as session:
        session.execute(update(User).where(User.email == CHARLIE).values(is_staff=True))
    for page in EVERYTHING:
        if page in POSTS:
            charlie.post(places.at(page), 303, csrf_token=token, **places.form(page))
        else:
            charlie.get(places.at(page), 303)
        assert charlie.response.location == "/login/2fa/setup"


def test_a_wrong_method_or_a_missing_token_changes_nothing(places: Places) -> None:
    eva = staff(places.world)
    token = eva.csrf_token()
    for page in EVERYTHING:
        if page in POSTS:
            eva.post(places.at(page), 400, **{**places.form(page), "csrf_token": ""})
        else:
            eva.post(places.at(page), 405, csrf_token=token)
        if page not in PAGES and page != POLLED:
            eva.get(places.at(page), 405)


def test_what_does_not_exist_is_not_found(places: Places) -> None:
    eva, unknown = staff(places.world), str(uuid.uuid4())
    token = eva.csrf_token()
    for page in EVERYTHING:
        address = page.format(**{**places.names, **dict.fromkeys(("shop", "report", "request"), unknown)})
        if page in POSTS:
            eva.post(address, 404, **{**places.form(page), "csrf_token": token})
        if page in PAGES and "{" in page:
            eva.get(address, 404)


def test_staff_see_that_a_shop_was_deleted(world: World) -> None:
    eva = staff(world)
    with world.rows() as shop:
        shop.deleted_at = clock.now()
        page = f"/support/shops/{shop.public_id}"
    assert "verwijderd op" in eva.get("/support/").get_text()
    assert "De eigenaar verwijderde deze winkel" in eva.get(page).get_text()


def test_an_invoice_is_only_credited_at_its_own_shop(places: Places) -> None:
    world = places.world
    eva = staff(world)
    page = f"/support/shops/{world.other_shop_id}/invoices/{places.names['invoice']}/credit"
    eva.get(page, 404)
    eva.post(page, 404, **REASON)


@pytest.mark.parametrize(
    ("page", "form", "field"),
    [
        ("/support/shops/{shop}/contract", {"may_post_orders": "y", "reason": "  "}, "reason"),
        ("/support/shops/{shop}/contract", {"reason": "x" * 201}, "reason"),
        ("/support/shops/{shop}/trial", {"days": "0", **REASON}, "days"),
        ("/support/shops/{shop}/trial", {"days": "91", **REASON}, "days"),
        ("/support/shops/{shop}/trial", {"days": "veel", **REASON}, "days"),
        ("/support/shops/{shop}/trial", {"days": "7", "reason": ""}, "reason"),
        ("/support/shops/{shop}/stop", {"licence_key": "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE", **REASON}, "licence_key"),
        ("/support/shops/{shop}/stop", {"licence_key": "", **REASON}, "licence_key"),
        ("/support/shops/{shop}/invoices/{invoice}/credit", {"reason": ""}, "reason"),
        ("/support/reports/{report}", {"state": "solved", "reply": " "}, "reply"),
        ("/support/reports/{report}", {"state": "busy", "reply": "x" * 4001}, "reply"),
        ("/support/requests/{request}", {"state": "solved", "note": ""}, "note"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_is_wrong_is_said_at_the_field(
    places: Places, page: str, form: dict[str, Any], field: str, htmx: bool
) -> None:
    found = staff(places.world).post(places.at(page), 422, htmx=htmx, **form)
    assert found.find(id=f"{field}-error").text
    for name, value in form.items():
        control = found.find(attrs={"name": name})
        if control.name == "textarea":
            assert control.text.strip() == value.strip()
        elif control.get("type") in ("text", "number"):
            assert control["value"] == value.strip()


@pytest.mark.parametrize("page", ["/support/reports/{report}", "/support/requests/{request}"])
def test_a_state_that_does_not_exist_is_refused(places: Places, page: str) -> None:
    staff(places.world).post(places.at(page), 422, state="vergeten", seen="", reply="", note="")


def test_who_is_staff_and_has_no_shop_lands_on_the_staff_pages(world: World) -> None:
    eva = staff(world)
    eva.get("/shops", 303)
    assert eva.response.location == "/support/"


def test_staff_with_a_shop_of_their_own_find_both(world: World) -> None:
    eva = staff(world)
    with world.rows() as shop:
        factories.membership(db.session.query(User).filter_by(email=EVA).one(), shop)
    with world.app.app_context(), transaction():
        factories.shop(db.session.query(User).filter_by(email=EVA).one())
    assert eva.get("/shops").find("a", href="/support/")


def test_a_customer_sees_nothing_of_the_staff_pages(world: World) -> None:
    charlie = world.visitor(CHARLIE)
    with world.app.app_context(), transaction():
        factories.shop(db.session.query(User).filter_by(email=CHARLIE).one())
    assert "/support/" not in str(charlie.get("/shops"))
