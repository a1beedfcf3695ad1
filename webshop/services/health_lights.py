"""The lights of a shop: what is looked at, and what each finding means for the posting.

Green works, amber works for now or could not be seen, red keeps orders from being fetched or posted.
Nothing here asks a remote and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select

from webshop.domain.periods import is_past, local_date
from webshop.extensions import clock, db, settings
from webshop.models import (
    Connection,
    LightState,
    Posting,
    PostingKind,
    PostingState,
    RelationClaim,
    RelationLink,
    Run,
    Schedule,
    Shop,
)
from webshop.services import payments
from webshop.services.administration_lists import AdministrationLists, Choice
from webshop.services.vat_table import load_table

GREEN, AMBER, RED = (state.value for state in LightState)
NAMES = (
    "amazon",
    "marketplace",
    "snelstart",
    "package",
    "choices",
    "vat",
    "article_codes",
    "debtors",
    "settings",
    "posting",
    "run",
    "unknown",
    "clock",
    "refunds",
    "subscription",
)
"""Every light, in the order in which a person reads them."""
RUN_LATE = timedelta(minutes=61)
RUN_DEAD = timedelta(hours=3)
UNKNOWN_LATE = timedelta(hours=1)
SUBSCRIPTION_WARNING = timedelta(days=14)
CLOCK_SLACK = timedelta(minutes=2)
_UNSETTLED = (PostingState.UNKNOWN.value, PostingState.SENDING.value)


@dataclass(frozen=True)
class Light:
    """What was found; `code` has its words in health_texts.py, `facts` are the details in them."""

    name: str
    state: str = GREEN
    code: str = "FINE"
    facts: Mapping[str, str] = field(default_factory=dict)

    def stored(self, since: str) -> dict[str, Any]:
        return {
            "name": self.name,
            "state": self.state,
            "code": self.code,
            "facts": dict(self.facts),
            "since": since,
        }


def own_lights(
    shop: Shop, snelstart: Connection | None, lists: AdministrationLists, refund_refusal: str | None
) -> Iterator[Light]:
    """Give the lights that need no remote, from what is stored; reads in the caller's transaction."""
    if snelstart is not None and lists.read_at is not None:
        yield _choices(shop, lists)
        yield _vat(shop, lists)
        yield _article_codes(shop, lists)
        yield _debtors(snelstart.account_id)
    else:
        for name in ("choices", "vat", "article_codes", "debtors"):
            yield Light(name, AMBER, "NOT_CHECKED")
    yield _settings(shop)
    yield _posting(shop)
    schedule = db.session.get_one(Schedule, shop.id, populate_existing=True)
    yield Light("run", AMBER, "ENDED") if is_past(shop.active_until, clock.now()) else _run(shop.id)
    yield _unknown(shop.id, snelstart)
    yield _clock(schedule)
    yield Light("refunds", AMBER, refund_refusal) if refund_refusal else Light("refunds")
    yield _subscription(shop)


def _choices(shop: Shop, lists: AdministrationLists) -> Light:
    """Look whether what was chosen in Configuratie can still be chosen there."""
    wrong = [text for text, chosen, choices in _chosen(shop, lists) if chosen not in {one.value for one in choices}]
    if not wrong:
        return Light("choices")
    return Light("choices", RED, "CHOICE_GONE", {"choices": ", ".join(wrong)})


def _chosen(shop: Shop, lists: AdministrationLists) -> Iterator[tuple[str, str, Sequence[Choice]]]:
    """Give what the shop chose, as its field, its value and what there is to choose from."""
    if shop.posting_kind == PostingKind.SALES_ORDER.value:
        if shop.template_id:
            yield "template_id", shop.template_id, lists.templates
        if shop.order_cost_centre_id:
            yield "order_cost_centre_id", shop.order_cost_centre_id, lists.cost_centres
        for kind, group_id in sorted(shop.revenue_groups.items()):
            yield "revenue_groups", group_id, lists.revenue_groups(kind)
        return
    if payments.are_posted(shop):
        yield "journal_id", shop.journal_id or "", lists.general_journals
        yield "clearing_ledger_id", shop.clearing_ledger_id or "", lists.clearing_ledgers
    elif shop.journal_id:
        yield "journal_id", shop.journal_id, lists.journals


def _vat(shop: Shop, lists: AdministrationLists) -> Light:
    table = load_table(shop, lists)
    rows = [row for group in table.first for row in group.rows if row.problems]
    others = [row for group in table.others for row in group.rows if row.problems]
    if not rows and not others:
        has_rows = any(not row.is_empty for group in (*table.first, *table.others) for row in group.rows)
        return Light("vat") if has_rows else Light("vat", RED, "VAT_TABLE_EMPTY")
    first = (rows or others)[0]
    facts = {
        "count": str(len(rows) + len(others)),
        "country": first.row.country or first.row.scope,
        "percentage": format(first.row.percentage, "f"),
    }
    # A country to which nothing was sold holds up no order.
    return Light("vat", RED if rows else AMBER, "VAT_ROWS_UNFIT", facts)


def _article_codes(shop: Shop, lists: AdministrationLists) -> Light:
    if shop.posting_kind != PostingKind.SALES_ORDER.value:
        return Light("article_codes", GREEN, "NOT_NEEDED")
    codes = lists.article_codes
    if codes is None or codes.fit_every_sku:
        return Light("article_codes")
    if codes.is_numeric:
        return Light("article_codes", RED, "ARTICLE_CODES_NUMERIC")
    return Light("article_codes", AMBER, "ARTICLE_CODES_SHORT", {"length": str(codes.length)})


def _debtors(administration_id: str) -> Light:
    """Look whether the collective debtors can still be booked on, as far as the index of relations knows."""
    unfit = db.session.scalars(
        select(RelationClaim.key)
        .join(
            RelationLink,
            and_(
                RelationLink.administration_id == RelationClaim.administration_id,
                RelationLink.relation_id == RelationClaim.relation_id,
            ),
        )
        .where(
            RelationClaim.administration_id == administration_id,
            RelationClaim.key.like("collective:%"),
            ~(RelationLink.is_active & RelationLink.is_customer & ~RelationLink.has_vat_number),
        )
        .order_by(RelationClaim.key)
    ).all()
    if not unfit:
        return Light("debtors")
    countries = ", ".join(sorted({key.removeprefix("collective:") for key in unfit}))
    return Light("debtors", RED, "DEBTOR_UNFIT", {"countries": countries})


def _settings(shop: Shop) -> Light:
    if not shop.statuses:
        return Light("settings", RED, "NO_STATUSES")
    if shop.is_posting_automatic and shop.start_on is None:
        return Light("settings", RED, "START_MISSING")
    if shop.is_fba_used is None and shop.fba_dispatch_country is None:
        return Light("settings", AMBER, "FBA_NOT_SAID")
    return Light("settings")


def _posting(shop: Shop) -> Light:
    if not shop.is_posting_automatic:
        return Light("posting", AMBER, "POSTING_OFF")
    if shop.paused_until is not None and shop.paused_until > clock.now():
        return Light("posting", AMBER, "PAUSED")
    return Light("posting")


def _run(shop_id: int) -> Light:
    latest = db.session.execute(
        select(Run.started_at, Run.error_code)
        .where(Run.shop_id == shop_id)
        .order_by(Run.started_at.desc(), Run.id.desc())
        .limit(1)
    ).one_or_none()
    if latest is None:
        return Light("run", AMBER, "NO_RUN_YET")
    age = clock.now() - latest.started_at
    facts = {"minutes": str(int(age.total_seconds() // 60))}
    if age > max(RUN_DEAD, 3 * _interval()):
        return Light("run", RED, "RUN_DEAD", facts)
    if age > max(RUN_LATE, _interval() + CLOCK_SLACK):
        return Light("run", AMBER, "RUN_LATE", facts)
    if latest.error_code:
        return Light("run", AMBER, latest.error_code)
    return Light("run")


def _unknown(shop_id: int, snelstart: Connection | None) -> Light:
    """Look for outcomes that stay unknown; those of an administration the shop had before are past help."""
    if snelstart is None:
        return Light("unknown")
    late = db.session.scalar(
        select(func.count())
        .select_from(Posting)
        .where(
            Posting.state.in_(_UNSETTLED),
            Posting.shop_id == shop_id,
            Posting.administration_id == snelstart.account_id,
            Posting.sent_at < clock.now() - UNKNOWN_LATE,
        )
    )
    return Light("unknown", RED, "UNKNOWN_LATE", {"count": str(late)}) if late else Light("unknown")


def _clock(schedule: Schedule) -> Light:
    """Compare our clock with the marks it left and with Amazon's, which ends every fetch."""
    now = clock.now()
    if schedule.slot_at > now + _interval() + CLOCK_SLACK:
        return Light("clock", AMBER, "CLOCK_WAS_AHEAD")
    if schedule.watermark_at is not None and schedule.watermark_at > now + CLOCK_SLACK:
        return Light("clock", AMBER, "CLOCK_BEHIND")
    return Light("clock")


def _subscription(shop: Shop) -> Light:
    if shop.active_until is None:
        return Light("subscription")
    facts = {"date": shop.active_until.isoformat()}
    today = local_date(clock.now())
    if is_past(shop.active_until, clock.now()):
        return Light("subscription", RED, "SUBSCRIPTION_ENDED", facts)
    if shop.active_until <= today + SUBSCRIPTION_WARNING:
        return Light("subscription", AMBER, "SUBSCRIPTION_ENDS", facts)
    return Light("subscription", GREEN, "FINE_UNTIL", facts)


def _interval() -> timedelta:
    return timedelta(minutes=settings().sync_interval_minutes)


def since(previous: Sequence[Mapping[str, Any]], light: Light, now: datetime) -> str:
    """Return since when a light stands as it does: as before when nothing but its facts changed."""
    for row in previous:
        if (row["name"], row["state"], row["code"]) == (light.name, light.state, light.code):
            return str(row["since"])
    return now.isoformat()
