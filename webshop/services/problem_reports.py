"""Meld probleem: what a user tells us about an order, with what we need to see of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from webshop.extensions import clock, db, transaction
from webshop.models import Order, Posting, ProblemReport, ReportState, User
from webshop.services import audit

WORDS_LIMIT = 2000


def snapshot(order: Order, posting: Posting | None) -> dict[str, Any]:
    """Return what we get to see of an order: exactly this, nothing of the buyer."""
    seen: dict[str, Any] = {
        "order": order.amazon_order_id,
        "state": order.state,
        "status_at_amazon": order.amazon_status,
        "purchased_at": order.purchased_at.isoformat(),
        "country": order.country,
        "total": _text(order.total),
        "total_at_amazon": _text(order.amazon_total),
        "treatment": order.treatment,
        "issues": order.issues,
        "content": order.content,
    }
    if posting is not None:
        seen["booking"] = {
            "kind": posting.kind,
            "state": posting.state,
            "attempt": posting.attempt,
            "number": posting.external_number,
            "last_error": posting.last_error_code,
            "sent": posting.payload,
        }
    return seen


def _text(amount: object) -> str | None:
    return None if amount is None else str(amount)


def report_problem(order: Order, posting: Posting | None, user: User, words: str) -> ProblemReport:
    """Store a report for our staff; the same words about the same order once more are the same report."""
    with transaction() as session:
        report = session.scalars(
            select(ProblemReport).where(
                ProblemReport.order_id == order.id,
                ProblemReport.state != ReportState.SOLVED.value,
                ProblemReport.words == words,
            )
        ).first()
        if report is not None:
            return report
        report = ProblemReport(
            shop_id=order.shop_id,
            order_id=order.id,
            user_id=user.id,
            words=words,
            snapshot=snapshot(order, posting),
            created_at=clock.now(),
        )
        session.add(report)
        session.flush()
        facts = {"report": report.public_id}
        audit.record("problem_reported", shop_id=order.shop_id, order_id=order.id, user_id=user.id, facts=facts)
        return report


def latest_reports(order_ids: Iterable[int]) -> dict[int, ProblemReport]:
    """Return the latest report of each of these orders that has one."""
    rows = db.session.scalars(
        select(ProblemReport).where(ProblemReport.order_id.in_(list(order_ids))).order_by(ProblemReport.id)
    )
    return {report.order_id: report for report in rows if report.order_id is not None}
