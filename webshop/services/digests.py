"""The daily overview of new errors, per shop: at seven in the morning, and only when there is something new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import insert, select

from webshop.domain.booking import Issue
from webshop.domain.periods import local_date, local_hour
from webshop.extensions import clock, transaction
from webshop.models import Order, OrderState, Shop, ToldError
from webshop.services import letters, notifications
from webshop.services.issue_catalogue import IssueText, describe

HOUR = 7
AT_MOST = 2000
"""Orders per shop and day that a digest counts; more are told the next day."""

_NEW = (
    Order.state == OrderState.ERROR.value,
    ~select(ToldError.order_id).where(ToldError.order_id == Order.id).correlate(Order).exists(),
)


def write_digests() -> int:
    """Write the digests of this morning and return how many shops got one; at another hour do nothing.

    An order is told once. What a missed morning leaves untold, the next one tells.
    """
    if local_hour(clock.now()) != HOUR:
        return 0
    with transaction() as session:
        is_new = select(Order.id).where(Order.shop_id == Shop.id, *_NEW).correlate(Shop).exists()
        shops = session.scalars(select(Shop.id).where(Shop.is_digest_wanted.is_(True), is_new).order_by(Shop.id)).all()
    return sum(_write_digest(shop_id) for shop_id in shops)


def _write_digest(shop_id: int) -> bool:
    now = clock.now()
    with transaction() as session:
        shop = session.get_one(Shop, shop_id)
        new = session.execute(
            select(Order.id, Order.issues).where(Order.shop_id == shop_id, *_NEW).limit(AT_MOST)
        ).all()
        issues = [Issue(row.issues[0]["code"], row.issues[0]["facts"]) for row in new if row.issues]
        cause = f"digest:{shop.id}:{local_date(now)}"
        is_written = False
        for to in notifications.owners_of(shop) if issues else ():
            is_written |= notifications.write_mail(
                "digest", cause, to, lambda: letters.digest(shop, _by_cause(issues)), shop=shop
            )
        if is_written:
            session.execute(insert(ToldError), [{"order_id": row.id, "told_at": now} for row in new])
    return is_written


def _by_cause(issues: Sequence[Issue]) -> list[tuple[int, str, IssueText]]:
    """Count per cause, the most frequent first, in the words of the language in force."""
    counts = Counter(issue.code for issue in issues)
    first = {issue.code: issue for issue in reversed(issues)}
    return [(number, code, describe(first[code])) for code, number in counts.most_common()]
