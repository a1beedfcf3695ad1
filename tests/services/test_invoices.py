"""Our invoices: no number twice and none left out, once per payment, to the cent, by mail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests import factories
from tests.support import mailbox
from tests.support.clock import FrozenClock
from tests.support.processes import wait_until
from tests.support.races import race
from tests.support.smtp import MailServer, run_mail_server
from webshop.exceptions import ConflictError, WebshopError
from webshop.extensions import db, transaction
from webshop.models import AuditEvent, Checkout, Invoice, Mail, Product, Shop, VatTreatment
from webshop.services import invoices, letters, mailing, notifications
from webshop.services.invoice_amounts import amounts_for
from webshop.settings import PROJECT_ROOT

OWNER = "noor@fietsbel.test"
GERMAN = {"billing_country": "DE", "billing_postal_code": "10557", "vat_number": "DE136695976"}


class LaterError(WebshopError):
    """Something after the invoice fails and takes everything back."""


@pytest.fixture
def shop(app: Flask) -> Shop:
    with app.app_context(), transaction():
        return factories.shop(factories.user(OWNER), billing_name="Fietsbel B.V.", billing_city="Utrecht")


def buyer(**details: str) -> Shop:
    """Return a shop that is not in the database, by default without any details."""
    return Shop(**{"billing_country": "NL", "billing_postal_code": "", "billing_city": "", "vat_number": ""} | details)


def checkouts(app: Flask, shop: Shop, number: int) -> list[Checkout]:
    with app.app_context(), transaction():
        return [factories.paid_checkout(shop) for _ in range(number)]


def issue(checkout: Checkout) -> Invoice:
    with transaction():
        return invoices.issue(checkout)


def numbers(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Invoice.number).order_by(Invoice.year, Invoice.sequence)))


# Numbers


@pytest.mark.database
def test_fifty_payments_at_once_leave_no_gap_also_when_some_of_them_fail(app: Flask, shop: Shop) -> None:
    paid = checkouts(app, shop, 50)

    def buy(position: int) -> Callable[[], str]:
        def call() -> str:
            with transaction():
                number = invoices.issue(paid[position]).number
                if position % 5 == 0:
                    raise LaterError("the rest of it fails")
            return number

        return call

    results = race(app, *(buy(position) for position in range(len(paid))))
    assert sum(isinstance(result, LaterError) for result in results) == 10
    expected = [f"2026-{sequence:04d}" for sequence in range(1, 41)]
    assert numbers(app) == expected
    assert sorted(result for result in results if isinstance(result, str)) == expected
    assert len(mailbox.mails(app)) == 40


@pytest.mark.database
def test_a_payment_that_is_reported_many_times_at_once_has_one_invoice(app: Flask, shop: Shop) -> None:
    (paid,) = checkouts(app, shop, 1)
    results = race(app, *[lambda: issue(paid).number] * 8)
    assert results == ["2026-0001"] * 8
    assert numbers(app) == ["2026-0001"]
    assert len(mailbox.mails(app, OWNER)) == 1
    with app.app_context():
        events = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "invoice_issued")
        assert db.session.scalar(events) == 1


KILLED = """
import sys, threading
from pathlib import Path
from tests.support.clock import FrozenClock
from tests.support.settings import make_settings
from webshop import create_app
from webshop.extensions import db, transaction
from webshop.models import Checkout
from webshop.services import invoices

url, folder, checkout_id = sys.argv[1:]
app = create_app(make_settings(Path(folder), database_url=url), clock=FrozenClock())
with app.app_context(), transaction():
    invoices.issue(db.session.get_one(Checkout, int(checkout_id)))
    Path(folder, "in the middle").touch()
    threading.Event().wait(60)
"""


@pytest.mark.database
@pytest.mark.processes
def test_a_process_that_is_killed_with_a_number_in_its_hand_gives_it_back(
    app: Flask, shop: Shop, database_url: str, tmp_path: Path
) -> None:
    before, killed, after = checkouts(app, shop, 3)
    with app.app_context():
        issue(before)
    command = [sys.executable, "-c", KILLED, database_url, str(tmp_path), str(killed.id)]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}) as process:
        try:
            wait_until((tmp_path / "in the middle").exists)
        finally:
            process.kill()
    with app.app_context():
        assert issue(after).number == "2026-0002"
        assert issue(killed).number == "2026-0003"
    assert numbers(app) == ["2026-0001", "2026-0002", "2026-0003"]


@pytest.mark.database
def test_a_year_begins_at_midnight_in_the_netherlands(app: Flask, shop: Shop, clock: FrozenClock) -> None:
    found = []
    for moment in (
        datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 0, tzinfo=UTC),
        datetime(2027, 1, 1, 0, 30, tzinfo=UTC),
    ):
        clock.set(moment)
        (paid,) = checkouts(app, shop, 1)
        with app.app_context():
            invoice = issue(paid)
        found.append((invoice.number, invoice.issued_on.isoformat()))
    assert found == [("2026-0001", "2026-12-31"), ("2027-0001", "2027-01-01"), ("2027-0002", "2027-01-01")]


# What stands on it


def test_an_invoice_keeps_what_it_was_issued_with(app: Flask, shop: Shop) -> None:
    (paid,) = checkouts(app, shop, 1)
    with app.app_context():
        number = issue(paid).number
        with transaction() as session:
            current = session.get_one(Shop, shop.id)
            current.billing_name, current.vat_number = "Iemand anders", "NL004495445B01"
        db.session.expire_all()
        invoice = db.session.scalars(select(Invoice).where(Invoice.number == number)).one()
        assert (invoice.customer["name"], invoice.customer["vat_number"]) == ("Fietsbel B.V.", "")
        assert invoice.seller["iban"] == "NL91ABNA0417164300"
        assert (invoice.net, invoice.vat, invoice.total) == (Decimal("149.00"), Decimal("31.29"), Decimal("180.29"))
        assert invoice.lines[0]["description"] == "Koppeling Amazon – SnelStart, abonnement voor één jaar"
        assert issue(paid).id == invoice.id


@pytest.mark.parametrize(
    ("details", "treatment"),
    [
        ({}, VatTreatment.DOMESTIC),
        ({"vat_number": "NL004495445B01"}, VatTreatment.DOMESTIC),
        ({"vat_number": "DE136695976"}, VatTreatment.DOMESTIC),
        ({"billing_country": ""}, VatTreatment.DOMESTIC),
        (GERMAN, VatTreatment.REVERSE_CHARGE),
        ({"billing_country": "GR", "vat_number": "EL094259216"}, VatTreatment.REVERSE_CHARGE),
        (GERMAN | {"vat_number": ""}, VatTreatment.DOMESTIC),
        (GERMAN | {"vat_number": "DE136695977"}, VatTreatment.DOMESTIC),
        (GERMAN | {"vat_number": "BE0428759497"}, VatTreatment.DOMESTIC),
        ({"billing_country": "CH", "billing_postal_code": "8001"}, VatTreatment.OUTSIDE_EU),
        ({"billing_country": "GB", "billing_postal_code": "BT1 1AA"}, VatTreatment.OUTSIDE_EU),
        ({"billing_country": "ES", "billing_postal_code": "35001"}, VatTreatment.OUTSIDE_EU),
    ],
)
def test_country_and_vat_number_decide_the_vat(app: Flask, details: dict[str, Any], treatment: VatTreatment) -> None:
    with app.app_context():
        of = Shop(
            **{"billing_country": "NL", "billing_postal_code": "", "billing_city": "", "vat_number": ""} | details
        )
        amounts = amounts_for(of, Product.INSTALLATION)
    assert amounts.treatment is treatment
    vat = Decimal("8.30") if treatment is VatTreatment.DOMESTIC else Decimal(0)
    assert (amounts.net, amounts.vat, amounts.total) == (Decimal("39.50"), vat, Decimal("39.50") + vat)


def test_a_rate_we_do_not_know_is_never_guessed(app: Flask, clock: FrozenClock) -> None:
    clock.set(datetime(2012, 9, 30, 10, tzinfo=UTC))
    with app.app_context(), pytest.raises(LookupError):
        amounts_for(buyer(), Product.SUBSCRIPTION)


def test_amounts_are_right_to_the_cent_at_every_price(app: Flask) -> None:
    current = app.extensions["settings"]

    @given(cents=st.integers(0, 99_999), units=st.integers(1, 500), details=st.sampled_from([{}, GERMAN]))
    def check(cents: int, units: int, details: dict[str, str]) -> None:
        price = Decimal(cents).scaleb(-2)
        app.extensions["settings"] = replace(current, migration_price_excl_vat=price)
        with app.app_context():
            amounts = amounts_for(buyer(**details), Product.MIGRATION, units)
        assert amounts.net == price * units
        assert amounts.net + amounts.vat == amounts.total
        expected = (amounts.net * amounts.percentage / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert amounts.vat == expected
        assert (amounts.percentage == 0) is bool(details)

    check()


def test_the_total_stays_what_was_paid_when_the_details_changed_meanwhile(app: Flask, shop: Shop) -> None:
    with app.app_context():
        with transaction() as session:
            current = session.get_one(Shop, shop.id)
            for name, value in GERMAN.items():
                setattr(current, name, value)
            without_vat = factories.paid_checkout(current)
        with transaction() as session:
            session.get_one(Shop, shop.id).billing_country = "NL"
            with_vat = factories.paid_checkout(session.get_one(Shop, shop.id))
        late = issue(without_vat)
        with transaction() as session:
            session.get_one(Shop, shop.id).billing_country = "DE"
        charged = issue(with_vat)
    assert (late.vat_treatment, late.net, late.vat, late.total) == (
        "domestic", Decimal("123.14"), Decimal("25.86"), Decimal("149.00"),
    )  # fmt: skip
    assert (charged.vat_treatment, charged.vat, charged.total) == ("domestic", Decimal("31.29"), Decimal("180.29"))


# Taking back


@pytest.mark.database
def test_an_invoice_is_taken_back_once_whoever_asks_and_how_often(app: Flask, shop: Shop) -> None:
    (paid,) = checkouts(app, shop, 1)
    with app.app_context():
        with transaction():
            staff = factories.user("eva@office.test", is_staff=True)
        invoice = issue(paid)
    results = race(app, *[lambda: invoices.credit(invoice, "Dubbel besteld", staff.id).number] * 4)
    assert results == ["2026-0002"] * 4
    with app.app_context():
        credit = db.session.scalars(select(Invoice).where(Invoice.credits_id == invoice.id)).one()
        assert (credit.net, credit.vat, credit.total) == (-invoice.net, -invoice.vat, -invoice.total)
        assert (credit.lines[0]["units"], credit.lines[0]["net"]) == (-1, "-149.00")
        assert credit.customer == invoice.customer
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "invoice_credited")).one()
        assert (event.actor, event.staff_id, event.facts["credits"]) == ("support", staff.id, "2026-0001")
        with pytest.raises(ConflictError):
            invoices.credit(credit, "Nog eens", staff.id)
    assert [mail.subject for mail in mailbox.mails(app, OWNER)] == [
        "Factuur 2026-0001 (Fietsbel & Zo)", "Creditfactuur 2026-0002 (Fietsbel & Zo)",
    ]  # fmt: skip
    assert numbers(app) == ["2026-0001", "2026-0002"]


# By mail


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    with run_mail_server() as server:
        app.extensions["settings"] = replace(app.extensions["settings"], smtp_url=server.url)
        yield server


@pytest.mark.database
def test_owner_and_extra_address_get_both_files_once(app: Flask, shop: Shop, server: MailServer) -> None:
    (paid,) = checkouts(app, shop, 1)
    with app.app_context():
        with transaction() as session:
            session.get_one(Shop, shop.id).extra_email = "kantoor@fietsbel.test"
        for _ in range(2):
            issue(paid)
            mailing.send_due_mails()
        assert all(mail.sealed_content is None for mail in db.session.scalars(select(Mail)))
    assert sorted(mail["To"] for mail in server.mails) == ["kantoor@fietsbel.test", OWNER]
    for mail in server.mails:
        files = {part.get_filename(): part for part in mail.iter_attachments()}
        assert set(files) == {"factuur-2026-0001.pdf", "factuur-2026-0001.xml"}
        pdf, ubl = files["factuur-2026-0001.pdf"], files["factuur-2026-0001.xml"]
        assert (pdf.get_content_type(), ubl.get_content_type()) == ("application/pdf", "application/xml")
        assert pdf.get_content().startswith(b"%PDF-")
        assert b"<cbc:ID>2026-0001</cbc:ID>" in ubl.get_content()


def test_a_mail_without_invoice_has_no_files(app: Flask, shop: Shop, server: MailServer) -> None:
    with app.app_context():
        with transaction():
            to = notifications.Recipient(OWNER)
            notifications.write_mail("reset", "reset:1", to, lambda: letters.reset("token"))
        mailing.send_due_mails()
    (mail,) = server.mails
    assert list(mail.iter_attachments()) == []
