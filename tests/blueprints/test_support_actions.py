"""What our staff changes for a shop: under its own name, with the effect told before, and read by the customer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from tests import factories
from tests.blueprints.conftest import ALICE, BOB, World
from tests.blueprints.support_world import EVA, TOM, events, last_event, staff, staff_id
from tests.blueprints.test_support_access import make_invoice
from webshop.domain.periods import local_date
from webshop.extensions import clock, db
from webshop.models import Invoice, Mail, OrderState, PostingKind, Schedule, Shop, User

REASON = "Afgesproken aan de telefoon"


def place(world: World, page: str = "") -> str:
    return f"/support/shops/{world.shop_id}{page}"


def shop_of(world: World) -> Shop:
    with world.app.app_context():
        return db.session.scalars(select(Shop).where(Shop.public_id == world.shop_id)).one()


def activity(world: World) -> str:
    """Return what the owner reads."""
    return str(world.visitor(ALICE).get(f"{world.place}/activity").find(id="events").get_text(" ", strip=True))


def tick(name: str, form: Any) -> bool:
    return form.find("input", attrs={"name": name}).has_attr("checked")


# Contract


def test_a_contract_change_is_audited_and_the_owner_reads_it(world: World) -> None:
    eva = staff(world)
    page = eva.get(place(world, "/contract"))
    assert not tick("may_post_orders", page)
    eva.post(place(world, "/contract"), may_post_orders="y", seen="", reason=REASON)
    shop = shop_of(world)
    assert (shop.may_post_orders, shop.may_post_payments) == (True, False)
    event = last_event(world, "contract_changed")
    assert (event.actor, event.user_id, event.staff_id) == ("support", None, staff_id(world))
    assert event.facts == {"old": {"may_post_orders": False}, "new": {"may_post_orders": True}, "reason": REASON}
    text = activity(world)
    assert "Contract gewijzigd" in text
    assert f"reden: {REASON}" in text
    assert "was: bestellingen uit, werd: bestellingen aan" in text
    assert "support" in text
    assert tick("may_post_orders", eva.get(place(world, "/contract")))


def test_the_same_contract_once_more_changes_nothing(world: World) -> None:
    eva = staff(world)
    for _ in range(2):
        eva.post(place(world, "/contract"), may_post_payments="y", seen="", reason=REASON)
    assert len(events(world, "contract_changed")) == 1


def test_a_new_part_of_the_contract_lets_waiting_orders_pass(world: World) -> None:
    with world.rows() as shop:
        db.session.get_one(Schedule, shop.id).due_at = clock.now() + timedelta(hours=1)
    staff(world).post(place(world, "/contract"), may_post_orders="y", seen="", reason=REASON)
    with world.rows() as shop:
        schedule = db.session.get_one(Schedule, shop.id)
        assert (schedule.reviews_asked, schedule.due_at) == (1, clock.now())


def test_what_the_shop_uses_is_only_taken_away_after_the_effect_was_confirmed(world: World) -> None:
    with world.rows() as shop:
        shop.may_post_orders, shop.posting_kind = True, PostingKind.SALES_ORDER.value
        for state in (OrderState.OPEN, OrderState.OPEN, OrderState.ERROR, OrderState.POSTED):
            factories.order(shop, state)
    eva = staff(world)
    page = eva.get(place(world, "/contract"))
    assert "3 bestellingen" in page.find(id="may_post_orders-hint").text
    form: dict[str, Any] = {"seen": "may_post_orders", "reason": REASON}
    page = eva.post(place(world, "/contract"), 422, **form)
    assert page.find(id="is_confirmed-error")
    assert page.find(id="reason")["value"] == REASON
    assert shop_of(world).may_post_orders
    eva.post(place(world, "/contract"), is_confirmed="y", **form)
    assert not shop_of(world).may_post_orders


def test_payments_in_use_ask_for_confirmation_as_well(world: World) -> None:
    with world.rows() as shop:
        shop.may_post_payments = shop.are_payments_posted = True
    eva = staff(world)
    assert eva.post(place(world, "/contract"), 422, seen="may_post_payments", reason=REASON).find(
        id="is_confirmed-error"
    )
    eva.post(place(world, "/contract"), seen="may_post_payments", reason=REASON, is_confirmed="y")
    assert not shop_of(world).may_post_payments


def test_two_of_the_staff_do_not_undo_each_others_contract_unseen(world: World) -> None:
    eva, tom = staff(world), staff(world, TOM)
    eva.post(place(world, "/contract"), may_post_orders="y", seen="", reason=REASON)
    page = tom.post(place(world, "/contract"), 422, may_post_payments="y", seen="", reason="Anders")
    assert "intussen" in page.find(role="alert").text
    assert (shop_of(world).may_post_orders, shop_of(world).may_post_payments) == (True, False)
    seen = page.find("input", attrs={"name": "seen"})["value"]
    tom.post(place(world, "/contract"), may_post_orders="y", may_post_payments="y", seen=seen, reason="Anders")
    assert (shop_of(world).may_post_orders, shop_of(world).may_post_payments) == (True, True)


# Trial and stop


def test_a_trial_is_extended_with_a_reason(world: World) -> None:
    with world.rows() as shop:
        shop.active_until = last = local_date(clock.now()) + timedelta(days=3)
    staff(world).post(place(world, "/trial"), days="14", reason=REASON)
    assert shop_of(world).active_until == last + timedelta(days=14)
    event = last_event(world, "trial_extended")
    assert (event.actor, event.staff_id, event.facts["reason"]) == ("support", staff_id(world), REASON)
    assert f"was: {last}, werd: {last + timedelta(days=14)}" in activity(world)


def test_a_shop_without_an_end_has_nothing_to_extend(world: World) -> None:
    eva = staff(world)
    assert not eva.get(place(world, "/trial")).find("input", attrs={"name": "days"})
    page = eva.post(place(world, "/trial"), 422, days="14", reason=REASON)
    assert "geen einddatum" in page.find(role="alert").text
    assert events(world, "trial_extended") == []


def test_stopping_takes_the_licence_key_and_goes_in_at_once(world: World) -> None:
    eva, key = staff(world), shop_of(world).licence_key
    page = eva.post(place(world, "/stop"), 422, licence_key=key[:-1], reason=REASON)
    assert page.find(id="licence_key-error")
    assert shop_of(world).active_until is None
    eva.post(place(world, "/stop"), licence_key=key.lower().replace("-", " "), reason=REASON)
    active_until = shop_of(world).active_until
    assert isinstance(active_until, date)
    with world.app.app_context():
        assert active_until < local_date(clock.now())
    assert last_event(world, "subscription_stopped").staff_id == staff_id(world)
    assert "Koppeling gestopt" in activity(world)


# Fetch, installation link, invoices


def test_a_fetch_makes_the_shop_due_and_rings(world: World) -> None:
    rung: list[int] = []
    world.app.extensions["ring_shop"] = rung.append
    staff(world).post(place(world, "/fetch"))
    with world.rows() as shop:
        schedule = db.session.get_one(Schedule, shop.id)
        assert schedule.due_at == schedule.slot_at == clock.now()
        assert rung == [shop.id]
    event = last_event(world, "fetch_requested")
    assert (event.actor, event.staff_id) == ("support", staff_id(world))


def test_the_installation_link_goes_to_who_has_no_password(world: World) -> None:
    eva = staff(world)
    assert "installation-link" not in str(eva.get(place(world)))
    eva.post(place(world, "/installation-link"))
    assert events(world, "installation_link_sent") == []
    with world.rows():
        db.session.query(User).filter_by(email=BOB).one().password_hash = None
    assert eva.get(place(world)).find("form", action=place(world, "/installation-link"))
    eva.post(place(world, "/installation-link"))
    with world.app.app_context():
        mails = db.session.scalars(select(Mail).where(Mail.kind == "install")).all()
    assert [mail.recipient for mail in mails] == [BOB]
    assert last_event(world, "installation_link_sent").staff_id == staff_id(world)


def test_an_invoice_is_credited_once(world: World) -> None:
    with world.rows() as shop:
        invoice = make_invoice(shop.id)
        db.session.add(invoice)
        db.session.flush()
        public_id = invoice.public_id
    eva = staff(world)
    for _ in range(2):
        eva.post(place(world, f"/invoices/{public_id}/credit"), reason="Dubbel betaald")
    with world.app.app_context():
        total = sum(row.total for row in db.session.scalars(select(Invoice)))
        assert (total, db.session.query(Invoice).count()) == (0, 2)
    page = eva.get(place(world))
    assert not page.find("a", href=place(world, f"/invoices/{public_id}/credit"))
    assert "gecrediteerd" in page.find(id="invoice-2026-00900").text
    assert last_event(world, "invoice_credited").staff_id == staff_id(world)


def test_names_of_the_staff_stand_in_the_audit(world: World) -> None:
    staff(world)
    tom = staff(world, TOM)
    tom.post(place(world, "/fetch"))
    assert last_event(world, "fetch_requested").staff_id == staff_id(world, TOM) != staff_id(world, EVA)
