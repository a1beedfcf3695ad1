"""What must hold after every run, read from SnelStart's own books and from our tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from tests.faults.processes.shop import ORDERS, PAYMENTS, FaultShop
from webshop.extensions import db
from webshop.models import (
    AT_AMAZON,
    AuditEvent,
    DailyTotal,
    Order,
    OrderState,
    Posting,
    PostingState,
    Run,
    RunState,
    Schedule,
)


@dataclass
class Findings:
    """What is wrong after a run; `lost` and `double` count orders, payments and customers."""

    lost: int = 0
    double: int = 0
    violations: list[str] = field(default_factory=list)

    def compare(self, what: str, found: Counter[str], wanted: set[str]) -> None:
        """Expect each of the `wanted` exactly once and nothing else."""
        missing = sorted(wanted - set(found))
        doubles = {name: number for name, number in found.items() if number > 1}
        self.lost += len(missing)
        self.double += len(doubles)
        self.expect(not missing, f"{what} missing: {missing}")
        self.expect(not doubles, f"{what} more than once: {doubles}")
        self.expect(set(found) <= wanted, f"{what} nobody ordered: {sorted(set(found) - wanted)}")

    def expect(self, holds: bool, violation: str) -> None:
        if not holds:
            self.violations.append(violation)


def check(shop: FaultShop) -> Findings:
    """Look in both books after everything has come to rest."""
    findings = Findings()
    _check_books(shop, findings)
    with shop.stand.app.app_context():
        _check_orders(shop, findings)
        _check_postings(shop, findings)
        _check_runs(shop, findings)
        _check_fencing(shop, findings)
        _check_totals(shop, findings)
    refused = shop.stand.sandbox.log()["self_inflicted_429"]
    findings.expect(refused == 0, f"{refused} calls were more than the remotes allow")
    return findings


def _check_books(shop: FaultShop, findings: Findings) -> None:
    wanted = set(shop.totals)
    findings.compare("orders", shop.booked(), wanted)
    for document in shop.books("verkoopboekingen"):
        _compare_total(shop, findings, document["factuurnummer"], document["factuurbedrag"])
    for document in shop.books("verkooporders"):
        _compare_total(shop, findings, document["betalingskenmerk"], document["totaalInclusiefBtw"])
    customers = Counter(row["email"] for row in shop.books("relaties") if row.get("email"))
    findings.compare("customers", customers, shop.emails)
    if shop.kind == ORDERS:
        articles = Counter(row["artikelcode"] for row in shop.books("artikelen"))
        findings.compare("articles", articles, shop.skus)
    if shop.kind == PAYMENTS:
        findings.compare("payments", Counter(row["boekstuk"] for row in shop.books("memoriaalboekingen")), wanted)
        open_balances = [
            row["factuurnummer"] for row in shop.books("verkoopfacturen") if Decimal(row["openstaandSaldo"])
        ]
        findings.expect(not open_balances, f"not paid in full: {open_balances}")


def _compare_total(shop: FaultShop, findings: Findings, number: str, total: str) -> None:
    wanted = shop.totals.get(number)
    findings.expect(wanted is None or Decimal(total) == wanted, f"{number} booked with {total} instead of {wanted}")


def _check_orders(shop: FaultShop, findings: Findings) -> None:
    orders = db.session.scalars(select(Order).where(Order.shop_id.in_(shop.shop_ids))).all()
    unknown = sorted(set(shop.totals) - {order.amazon_order_id for order in orders})
    findings.expect(not unknown, f"Amazon has them, we never stored them: {unknown}")
    audited = set(
        db.session.scalars(
            select(AuditEvent.order_id).where(AuditEvent.shop_id.in_(shop.shop_ids), AuditEvent.action == "posted")
        )
    )
    for order in orders:
        findings.expect(order.state == OrderState.POSTED.value, f"{order.amazon_order_id} ended as {order.state}")
        findings.expect(order.id in audited, f"{order.amazon_order_id} was posted without a trace")
        findings.expect(order.due_at is None, f"{order.amazon_order_id} is posted and still due")


def _check_postings(shop: FaultShop, findings: Findings) -> None:
    collections = {"sale": "verkooporders" if shop.kind == ORDERS else "verkoopboekingen"}
    if shop.kind == PAYMENTS:
        collections["payment"] = "memoriaalboekingen"
    postings = db.session.scalars(select(Posting).where(Posting.shop_id.in_(shop.shop_ids))).all()
    for purpose, collection in collections.items():
        stored = {row["id"] for row in shop.books(collection)}
        ours = [posting for posting in postings if posting.purpose == purpose]
        known = {posting.external_id for posting in ours}
        # A payment that was looked up is known by its ledger mutation: SnelStart does not say of which entry it is.
        is_same = len(known) == len(stored) if purpose == "payment" else known == stored
        findings.expect(is_same, f"{purpose}: ids differ from the books")
        findings.compare(f"{purpose} rows", Counter(posting.amazon_order_id for posting in ours), set(shop.totals))
        for posting in ours:
            place = f"{purpose} of {posting.amazon_order_id}"
            findings.expect(posting.state == PostingState.POSTED.value, f"{place} ended as {posting.state}")


def _check_runs(shop: FaultShop, findings: Findings) -> None:
    alive = db.session.scalars(
        select(Run.id).where(Run.shop_id.in_(shop.shop_ids), Run.state == RunState.RUNNING.value)
    ).all()
    findings.expect(not alive, f"runs that are said to be running: {alive}")
    leases = db.session.scalars(
        select(Schedule.lease_until).where(Schedule.shop_id.in_(shop.shop_ids), Schedule.lease_until.is_not(None))
    ).all()
    findings.expect(not leases, f"leased until {leases}")


def _check_fencing(shop: FaultShop, findings: Findings) -> None:
    """Nothing may be claimed by a run after the next one has started, even where no double comes of it."""
    stale = db.session.scalars(
        select(Posting.amazon_order_id)
        .join(Run, (Run.shop_id == Posting.shop_id) & (Run.lease_token > Posting.lease_token))
        .where(Posting.shop_id.in_(shop.shop_ids), Posting.sent_at > Run.started_at)
    ).all()
    findings.expect(not stale, f"sent by a run that had been overtaken: {sorted(set(stale))}")


def _check_totals(shop: FaultShop, findings: Findings) -> None:
    counted: dict[Any, tuple[int, Decimal]] = {
        (shop_id, day, state): (number, total or Decimal(0))
        for shop_id, day, state, number, total in db.session.execute(
            select(Order.shop_id, Order.booked_on, Order.state, func.count(), func.sum(Order.total))
            .where(Order.shop_id.in_(shop.shop_ids))
            .group_by(Order.shop_id, Order.booked_on, Order.state)
        )
    }
    kept = {
        (row.shop_id, row.day, row.state): (row.orders, row.total)
        for row in db.session.scalars(select(DailyTotal).where(DailyTotal.shop_id.in_(shop.shop_ids)))
        if row.state != AT_AMAZON and (row.orders or row.total)
    }
    findings.expect(kept == counted, f"daily totals are {kept}, the orders say {counted}")
