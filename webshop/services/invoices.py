"""Our own invoices: numbered without gaps, fixed when they are issued, taken back by a credit invoice.

The row of the year in `invoice_counters` is the lock under which a number is taken, and it is counted
up in the transaction that writes the invoice: what is rolled back or killed leaves no gap, and the
next one waits until it is known.
"""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from webshop.domain.mapping import percentage_text
from webshop.domain.money import from_cents, half_up, to_cents
from webshop.domain.periods import local_date
from webshop.exceptions import ConflictError, NotFoundError
from webshop.extensions import clock, db, settings, transaction
from webshop.models import Checkout, Invoice, InvoiceCounter, Product, Shop
from webshop.models.base import insert
from webshop.services import audit, notifications
from webshop.services.invoice_amounts import amounts_paid

AT_MOST = 100
"""How many invoices a page shows."""
LONGEST_REASON = 200


def issue(checkout: Checkout) -> Invoice:
    """Return the invoice of a paid checkout; made, mailed and audited in the caller's transaction, once."""
    session = db.session
    # The same payment may be reported twice at one moment: the second waits here and finds the first's invoice.
    session.execute(select(Checkout.id).where(Checkout.id == checkout.id).with_for_update())
    existing = session.scalars(select(Invoice).where(Invoice.checkout_id == checkout.id)).one_or_none()
    if existing is not None:
        return existing
    shop = session.get_one(Shop, checkout.shop_id)
    to = notifications.owners_of(shop)
    locale = to[0].locale if to else notifications.DEFAULT_LOCALE
    amounts = amounts_paid(shop, checkout)
    line = {
        "product": checkout.product,
        "description": _description(Product(checkout.product), locale),
        "units": checkout.units,
        "price": str(_price(amounts.net, checkout.units)),
        "net": str(amounts.net),
    }
    invoice = _write(
        shop_id=shop.id,
        checkout_id=checkout.id,
        locale=locale,
        seller=asdict(settings().company),
        customer=_customer(shop),
        lines=[line],
        vat_treatment=amounts.treatment.value,
        vat_percentage=percentage_text(amounts.percentage),
        net=amounts.net,
        vat=amounts.vat,
        total=amounts.total,
    )
    facts = {"number": invoice.number, "total": str(invoice.total)}
    audit.record("invoice_issued", shop_id=shop.id, user_id=checkout.user_id, facts=facts)
    notifications.invoice_issued(shop, invoice)
    return invoice


def credit(invoice: Invoice, reason: str, staff_id: int) -> Invoice:
    """Take an invoice back as a whole and return the credit invoice; asked again, the same one.

    :raise ConflictError: when it is a credit invoice itself.
    """
    with transaction() as session:
        taken_back = session.get_one(Invoice, invoice.id, with_for_update=True, populate_existing=True)
        if taken_back.credits_id is not None:
            raise ConflictError("a credit invoice is not taken back")
        existing = session.scalars(select(Invoice).where(Invoice.credits_id == taken_back.id)).one_or_none()
        if existing is not None:
            return existing
        shop = session.get_one(Shop, taken_back.shop_id)
        credit_invoice = _write(
            shop_id=shop.id,
            credits_id=taken_back.id,
            reason=reason.strip()[:LONGEST_REASON],
            lines=[_negated(line) for line in taken_back.lines],
            **{name: 0 - getattr(taken_back, name) for name in ("net", "vat", "total")},
            **{name: getattr(taken_back, name) for name in ("locale", "seller", "customer")},
            **{name: getattr(taken_back, name) for name in ("vat_treatment", "vat_percentage")},
        )
        facts = {
            "number": credit_invoice.number,
            "total": str(credit_invoice.total),
            "reason": credit_invoice.reason,
            "credits": taken_back.number,
        }
        audit.record("invoice_credited", shop_id=shop.id, staff_id=staff_id, facts=facts)
        notifications.invoice_issued(shop, credit_invoice)
    return credit_invoice


def newest_invoices(shop_id: int) -> tuple[list[Invoice], bool]:
    """Return a shop's newest invoices, newest first, and whether there are older ones."""
    newest = select(Invoice).where(Invoice.shop_id == shop_id).order_by(Invoice.issued_on.desc(), Invoice.id.desc())
    found = db.session.scalars(newest.limit(AT_MOST + 1)).all()
    return list(found[:AT_MOST]), len(found) > AT_MOST


def find_invoice(shop_id: int, public_id: UUID) -> Invoice:
    """Return an invoice of this shop.

    :raise NotFoundError: when the shop has no such invoice.
    """
    query = select(Invoice).where(Invoice.shop_id == shop_id, Invoice.public_id == str(public_id))
    invoice = db.session.scalars(query).one_or_none()
    if invoice is None:
        raise NotFoundError("invoice")
    return invoice


def _write(**values: Any) -> Invoice:
    """Add an invoice with the next number of the year that it is in the Netherlands."""
    now = clock.now()
    issued_on = local_date(now)
    sequence = _next_sequence(issued_on.year)
    invoice = Invoice(
        year=issued_on.year,
        sequence=sequence,
        number=f"{issued_on.year}-{sequence:04d}",
        issued_on=issued_on,
        created_at=now,
        **values,
    )
    db.session.add(invoice)
    db.session.flush()
    return invoice


def _next_sequence(year: int) -> int:
    counted_up = (
        insert(InvoiceCounter)
        .values(year=year, last=1)
        .on_conflict_do_update(index_elements=["year"], set_={"last": InvoiceCounter.last + 1})
        .returning(InvoiceCounter.last)
    )
    return int(db.session.execute(counted_up).scalar_one())


def _price(net: Decimal, units: int) -> Decimal:
    return from_cents(half_up(Fraction(to_cents(net), units)))


def _customer(shop: Shop) -> dict[str, str]:
    return {
        "name": shop.billing_name or shop.name,
        "address": shop.billing_address,
        "postal_code": shop.billing_postal_code,
        "city": shop.billing_city,
        "country": shop.billing_country,
        "kvk_number": shop.kvk_number,
        "vat_number": shop.vat_number,
        "shop": shop.name,
    }


def _description(product: Product, locale: str) -> str:
    with force_locale(locale):
        descriptions: dict[Product, str] = {
            Product.SUBSCRIPTION: _("Koppeling Amazon – SnelStart, abonnement voor één jaar"),
            Product.INSTALLATION: _("Installatie van de koppeling Amazon – SnelStart"),
            Product.MIGRATION: _("Migratie van eerdere verkopen, per 1.000 bestellingen"),
        }
    return descriptions[product]


def _negated(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line the other way round: as many units less, at the same price."""
    return {**line, "units": -line["units"], "net": str(0 - Decimal(line["net"]))}
