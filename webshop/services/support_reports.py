"""Problems that users reported: our staff looks at the order, answers, and the user reads it at the order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from webshop.exceptions import NotFoundError
from webshop.extensions import clock, db, transaction
from webshop.models import Order, Posting, ProblemReport, Purpose, ReportState, Shop, User
from webshop.services import audit, notifications
from webshop.services.issue_catalogue import IssueText
from webshop.services.order_errors import answer_of
from webshop.services.overview import issues_of, texts_of
from webshop.services.support_queues import OvertakenError, mark_of


@dataclass(frozen=True)
class ReportView:
    """A report, and the order as it stands now: nothing of its buyer, nothing secret."""

    report: ProblemReport
    shop: Shop
    reporter: User
    order: Order | None
    posting: Posting | None
    texts: Sequence[IssueText]
    answer: str
    """What SnelStart said when it refused the order."""
    taken_by: User | None
    replied_by: User | None
    mark: str


def load_report(public_id: UUID) -> ReportView:
    """Return a report with its order.

    :raise NotFoundError: when there is none.
    """
    taker, replier = aliased(User), aliased(User)
    row = db.session.execute(
        select(ProblemReport, Shop, User, Order, Posting, taker, replier)
        .join(Shop, Shop.id == ProblemReport.shop_id)
        .join(User, User.id == ProblemReport.user_id)
        .outerjoin(Order, Order.id == ProblemReport.order_id)
        .outerjoin(Posting, and_(Posting.order_id == Order.id, Posting.purpose == Purpose.SALE.value))
        .outerjoin(taker, taker.id == ProblemReport.taken_by)
        .outerjoin(replier, replier.id == ProblemReport.replied_by)
        .where(ProblemReport.public_id == str(public_id))
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFoundError("report")
    report, shop, reporter, order, posting, taken_by, replied_by = row
    issues = issues_of(order) if order else []
    return ReportView(
        report=report,
        shop=shop,
        reporter=reporter,
        order=order,
        posting=posting,
        texts=texts_of(order) if order else (),
        answer=answer_of(issues[0].facts) if issues else "",
        taken_by=taken_by,
        replied_by=replied_by,
        mark=_mark(report),
    )


def answer_report(report_id: int, staff: User, *, state: ReportState, reply: str, seen: str) -> None:
    """Store what became of a report; a new answer is mailed to who reported it. Twice is once.

    :raise OvertakenError: when somebody else saved after `seen`.
    """
    with transaction() as session:
        report = session.get_one(ProblemReport, report_id, with_for_update=True, populate_existing=True)
        if (report.state, report.reply or "", report.taken_by) == (state.value, reply, staff.id):
            return
        if _mark(report) != seen:
            raise OvertakenError("the report was changed in between")
        old, is_answered = report.state, bool(reply) and reply != report.reply
        report.state, report.taken_by = state.value, staff.id
        if is_answered:
            report.reply, report.replied_by, report.replied_at = reply, staff.id, clock.now()
            notifications.report_answered(report)
        action = "problem_answered" if is_answered else "problem_state_changed"
        facts = {"report": report.public_id, "old": old, "new": state.value}
        audit.record(action, shop_id=report.shop_id, order_id=report.order_id, staff_id=staff.id, facts=facts)


def _mark(report: ProblemReport) -> str:
    return mark_of(report.state, report.taken_by, report.replied_at)
