"""A shop with something on every page, for the browser tests and the screenshots."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from flask import Flask

from tests import factories
from webshop.domain.booking import Issue
from webshop.domain.periods import local_date
from webshop.extensions import clock, db, transaction, vault
from webshop.models import (
    CachedList,
    Checkout,
    CheckoutState,
    HealthCheck,
    LedgerCache,
    LinkPurpose,
    Order,
    OrderState,
    PostingState,
    ProblemReport,
    Product,
    RateTotal,
    RefundMonth,
    RefundReading,
    Remote,
    ReportState,
    Role,
    SaleMigration,
    Shop,
    SubscriptionGap,
    User,
    VatMapping,
)
from webshop.services import account_links, audit, invoices, people, sku_rates
from webshop.services.administration_lists import load_lists
from webshop.services.connections import find_connection
from webshop.services.health_lights import Light, own_lights

OWNER, ACCOUNTANT, NEWCOMER = "noor@fietsbel.test", "boekhouder@kantoor.test", "nieuw@winkel.test"
STAFF, STAFF_KEY = "eva@koppeling.test", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SETUP = ("terms", "amazon", "snelstart", "snelstart/key", "settings", "vat", "trial-run")
COUNTRIES = ("NL", "NL", "NL", "DE", "NL", "BE", "NL", "FR")
HOSTILE_TITLE = '<script>alert(1)</script>"><img src=x onerror=alert(2)> {{7*7}} hx-get="/evil"'


def tell(app: Flask) -> dict[str, str]:
    """Make everything and return the addresses worth a look, by name."""
    with app.app_context(), transaction():
        owner = factories.user(OWNER, name="Noor de Vries")
        shop = factories.connected_shop(owner)
        _staff()
        accountant = factories.user(ACCOUNTANT, name="Boekhouder")
        factories.membership(accountant, shop, Role.ACCOUNTANT)
        shop.active_until = local_date(clock.now() + timedelta(days=11))
        people.invite(shop, owner, "bram@fietsbel.test", Role.MEMBER, "nl")
        pages = _orders(shop) | _newcomer()
        _invoices(shop)
        for hours in range(6):
            started_at = clock.now() - timedelta(minutes=18 + 60 * hours)
            factories.run(shop, started_at=started_at, fetched=7 - hours, posted=5 - hours % 3, errors=hours % 2)
        factories.run(shop, started_at=clock.now() - timedelta(hours=7), fetched=0, error_code="SNELSTART_UNREACHABLE")
        _checks(shop)
        checkouts = _billing(shop, owner)
        sku_rates.store(shop.id, {(f"BOEK-{number:03}", ""): Decimal(9) for number in range(60)})
        row_id = _edited_row(shop)
        for cache in db.session.query(LedgerCache).filter_by(name=CachedList.COMPANY.value):
            codes = {"article_code_kind": "NUMERIC", "article_code_max_length": 10}
            cache.rows = [{**row, **codes} for row in cache.rows]
        place = f"/shops/{shop.public_id}"
        return {
            "public": "/",
            "login": "/login",
            "overview": f"{place}/",
            "report": f"{place}/report",
            "report-empty": f"{place}/report?country=LV",
            "errors": f"{place}/errors",
            "errors-of-one-cause": f"{place}/errors?group=VAT_MAPPING_MISSING",
            "open": f"{place}/open",
            "sign-up": "/aanmelden",
            "signed-up": "/aanmelden/verstuurd",
            "terms": "/voorwaarden",
            "privacy": "/privacy",
            "forgotten": "/wachtwoord",
            "link-gone": "/installatie/verlopen",
            "two-factor": "/login/2fa/setup",
            "profile": f"{place}/profile",
            "profile-billing": f"{place}/profile/billing",
            "profile-password": f"{place}/profile/password",
            "profile-person": f"{place}/profile/people/{accountant.public_id}",
            "profile-leave": f"{place}/profile/leave",
            **_migrations(shop, owner),
            "profile-data": f"{place}/profile/data",
            "profile-delete": f"{place}/profile/delete",
            "account-delete": "/account/delete",
            "order-purged": f"{place}/orders/{_purged_order(shop).public_id}",
            "setup-help": f"{place}/setup/help",
            "subscription": f"{place}/subscription",
            "subscription-stop": f"{place}/subscription/stop",
            "subscription-gap": f"{place}/subscription/gap",
            **{f"checkout-{state}": f"{place}/checkouts/{public_id}" for state, public_id in checkouts.items()},
            "configuration": f"{place}/configuration",
            "configuration-section": f"{place}/configuration/posting",
            "configuration-vat-row": f"{place}/configuration/vat/{row_id}",
            "configuration-vat-new": f"{place}/configuration/vat/new?scope=EU&country=DE",
            "configuration-vat-reset": f"{place}/configuration/vat/reset",
            "configuration-rates": f"{place}/configuration/rates",
            "check": f"{place}/check",
            "refunds": f"{place}/refunds",
            "threshold": f"{place}/threshold",
            "help": "/help",
            "help-search": "/help?q=tarief",
            "help-oss": "/help/oss",
            "help-payments": "/help/payments",
            "help-faq": "/help/faq",
            "help-issue": "/help/vat-mapping-missing",
            "find-order": f"{place}/find-order",
            "reconciliation": f"{place}/reconciliation",
            "runs": f"{place}/runs",
            "activity": f"{place}/activity?about=all",
            "not-found": "/nergens",
            "reset-sent": "/wachtwoord/verstuurd",
            "setup-vat-row": f"{place}/setup/vat/{row_id}",
            "setup-vat-new": f"{place}/setup/vat/new?scope=EU&country=DE",
            "setup-vat-reset": f"{place}/setup/vat/reset",
            "amazon-login": f"/oauth/amazon/login?{urlencode(_from_amazon(app))}",
            "reset": f"/wachtwoord/{account_links.create(LinkPurpose.RESET, OWNER, user_id=owner.id)}",
            "invitation": f"/uitnodiging/{_invitation(shop, owner)}",
            "confirm-address": f"/bevestigen/{account_links.create(LinkPurpose.EMAIL, OWNER, shop_id=shop.id)}",
            **{"setup-" + step.replace("/", "-"): f"{place}/setup/{step}" for step in SETUP},
            **{name: f"{place}/orders/{order}" for name, order in pages.items()},
        }


def _invoices(shop: Shop) -> None:
    """Let the shop have bought everything once."""
    for product, units in ((Product.INSTALLATION, 1), (Product.MIGRATION, 3), (Product.SUBSCRIPTION, 1)):
        invoices.issue(factories.paid_checkout(shop, product, units))


def _billing(shop: Shop, owner: User) -> dict[str, str]:
    """Give the shop a checkout in every state, and a time without a subscription to choose about."""
    now, found = clock.now(), {}
    for state in CheckoutState:
        checkout = Checkout(
            shop_id=shop.id,
            user_id=owner.id,
            product=Product.SUBSCRIPTION.value,
            net=Decimal("149.00"),
            vat=Decimal("31.29"),
            total=Decimal("180.29"),
            state=state.value,
            created_at=now - timedelta(minutes=2),
        )
        db.session.add(checkout)
        db.session.flush()
        found[state.value] = checkout.public_id
    db.session.add(SubscriptionGap(shop_id=shop.id, starts_at=now - timedelta(days=9), ends_at=now))
    for number in range(3):
        issue = Issue("GAP_UNDECIDED", {"ordered_on": "2026-11-20"})
        factories.order(shop, issue=issue, purchased_at=now - timedelta(days=3, hours=number))
    return found


def _from_amazon(app: Flask) -> dict[str, str]:
    """Return what Amazon sends along with somebody who starts at its side."""
    origin = app.extensions["settings"].consent_origins[0]
    return {"amazon_callback_uri": f"{origin}/apps", "amazon_state": "s", "selling_partner_id": "A1SELLER"}


def _invitation(shop: Shop, owner: User) -> str:
    accountant = Role.ACCOUNTANT.value
    return account_links.create(
        LinkPurpose.INVITE, "els@kantoor.test", shop_id=shop.id, role=accountant, created_by=owner.id
    )


def _checks(shop: Shop) -> None:
    """Give the shop a check with something of every colour, and three months of refunds."""
    snelstart = find_connection(shop.id, Remote.SNELSTART)
    lights = [Light("amazon"), Light("marketplace", facts={"marketplace": "Amazon.nl"}), Light("snelstart")]
    lights += [Light("package"), Light("choices", "red", "CHOICE_GONE", {"choices": "journal_id"})]
    lights += [light for light in own_lights(shop, snelstart, load_lists(snelstart), None) if light.name != "choices"]
    now = clock.now()
    results = [light.stored((now - timedelta(days=3)).isoformat()) for light in lights]
    db.session.add(HealthCheck(shop_id=shop.id, due_at=now, checked_at=now - timedelta(hours=8), results=results))
    db.session.add(RefundReading(shop_id=shop.id, due_at=now + timedelta(days=1), next_on=date(2026, 11, 20)))
    for month, number in ((9, 31), (10, 18), (11, 7)):
        db.session.add(
            RefundMonth(
                shop_id=shop.id,
                month=date(2026, month, 1),
                refunds=number,
                without_vat=2 if month == 9 else 0,
                total_incl_vat=Decimal(number * 3495) / 100,
                vat=Decimal(number * 606) / 100,
                read_at=now,
            )
        )


def _staff() -> None:
    """Make a member of our staff, with the second factor on."""
    eva = factories.user(STAFF, name="Eva Support", is_staff=True, is_totp_on=True)
    eva.sealed_totp_secret = vault().seal(STAFF_KEY, bound_to=f"user:{eva.id}:totp")


def _edited_row(shop: Shop) -> int:
    """Leave something to do in the VAT table, and return a row's number."""
    rows = db.session.query(VatMapping).filter_by(shop_id=shop.id)
    german = rows.filter_by(country="DE").order_by(VatMapping.id).all()
    german[0].percentage = Decimal(19)
    german[1].ledger_id = None
    return rows.filter_by(country="BE", percentage=Decimal(21)).one().id


def _migrations(shop: Shop, owner: User) -> dict[str, str]:
    """Make a migration in most of its states, and the report of the finished one."""
    place, now = f"/shops/{shop.public_id}/migration", clock.now()
    pages = {"migration": place}
    for number, state in enumerate(("finished", "cancelled", "quoted")):
        first = date(2025, 1 + 2 * number, 1)
        is_paid = state == "finished"
        row = SaleMigration(
            shop_id=shop.id,
            requested_by=owner.id,
            seller_id="S",
            marketplace_id=shop.marketplace_id,
            from_on=first,
            until_on=first + timedelta(days=58),
            state=state,
            counted=1184,
            units=2,
            price=Decimal("135.00"),
            created_at=now - timedelta(days=9 - number),
            paid_at=now - timedelta(days=8) if is_paid else None,
            ended_at=None if state == "quoted" else now - timedelta(days=7),
        )
        db.session.add(row)
        db.session.flush()
        pages[f"migration-{state}"] = f"{place}/{row.public_id}"
        if is_paid:
            _migrated_orders(shop, row)
    return pages | {"migration-cancel": f"{pages['migration-quoted']}/cancel"}


def _migrated_orders(shop: Shop, migration: SaleMigration) -> None:
    snelstart = find_connection(shop.id, Remote.SNELSTART)
    assert snelstart is not None
    known = Issue("ALREADY_IN_SNELSTART", {"number": "404-1234567-1234567"})
    for day, (state, issue) in enumerate(
        [
            (OrderState.ERROR, Issue("ORDER_CRASHED", {"attempts": "3"})),
            (OrderState.POSTED, known),
            (OrderState.SKIPPED, Issue("ORDER_CANCELLED", {})),
            *([(OrderState.POSTED, None)] * 6),
        ]
    ):
        at = clock.now() - timedelta(days=640 + day)
        order = factories.order(shop, state, issue=issue, purchased_at=at, sale_migration_id=migration.id)
        if issue is None:
            factories.posting(order, snelstart.account_id, sent_at=clock.now() - timedelta(days=7))


def _orders(shop: Shop) -> dict[str, str]:
    snelstart = find_connection(shop.id, Remote.SNELSTART)
    assert snelstart is not None
    administration_id = snelstart.account_id
    now = clock.now()
    posted = None
    for number in range(64):
        posted = factories.order(
            shop,
            OrderState.POSTED,
            purchased_at=now - timedelta(hours=3, minutes=37 * number),
            country=COUNTRIES[number % len(COUNTRIES)],
            total=Decimal(1299 + number * 731) / 100,
            treatment="NL_DOMESTIC",
        )
        factories.posting(posted, administration_id)
    failed = _failures(shop)
    for number, status in enumerate(("UNSHIPPED", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED")):
        issue = Issue("ORDER_STATUS_NOT_ELIGIBLE", {"status": status, "statuses": "SHIPPED"})
        waiting = factories.order(
            shop,
            issue=issue,
            amazon_status=status,
            purchased_at=now - timedelta(hours=number + 1),
            total=None if status == "PENDING" else Decimal("34.90"),
        )
    due = factories.order(shop, purchased_at=now - timedelta(minutes=50), due_at=now + timedelta(minutes=12))
    unknown = factories.order(shop, OrderState.UNKNOWN, issue=Issue("SNELSTART_WRITE_UNKNOWN", {}))
    factories.posting(unknown, administration_id, PostingState.UNKNOWN, lookup_at=now + timedelta(seconds=80))
    factories.order(shop, OrderState.SKIPPED, issue=Issue("ORDER_CANCELLED", {}), amazon_status="CANCELLED")
    assert posted is not None
    _remarkable(shop, administration_id)
    return {
        "order-posted": posted.public_id,
        "order-repost": f"{posted.public_id}/repost",
        "order-failed": failed,
        "order-report-problem": f"{failed}/report-problem",
        "order-skip": f"{failed}/skip",
        "order-booked-by-hand": f"{failed}/booked-by-hand",
        "order-waiting": waiting.public_id,
        "order-due": due.public_id,
        "order-unknown": unknown.public_id,
    }


def _remarkable(shop: Shop, administration_id: str) -> None:
    """Add what deserves a look, what was decided by hand, and what the VAT returns ask."""
    now = clock.now()
    cancelled = factories.order(shop, OrderState.POSTED, cancelled_after_posting_at=now - timedelta(days=1))
    changed = factories.order(shop, OrderState.POSTED, amazon_total=Decimal("99.00"))
    remark = Issue("RELATION_AMBIGUOUS", {"count": "2"})
    ambiguous = factories.order(shop, OrderState.POSTED, issue=remark, purchased_at=now - timedelta(days=2))
    for order in (cancelled, changed, ambiguous):
        factories.posting(order, administration_id)
    by_hand = Issue("BOOKED_BY_HAND", {"number": "20260042"})
    factories.order(shop, OrderState.POSTED, issue=by_hand, purchased_at=now - timedelta(days=3))
    today = local_date(now)
    for treatment, country, percentage, net, vat in (
        ("NL_DOMESTIC", "NL", "21", "10000.00", "2100.00"),
        ("NL_DOMESTIC", "NL", "9", "1000.00", "90.00"),
        ("EU_B2C_OSS", "DE", "19", "2303.63", "437.69"),
    ):
        sums = {"orders": 40, "net": Decimal(net), "vat": Decimal(vat)}
        key = {"day": today, "treatment": treatment, "country": country, "percentage": Decimal(percentage)}
        db.session.add(RateTotal(shop_id=shop.id, **key, **sums))


def _failures(shop: Shop) -> str:
    for country, percentage in (("DE", "19"), ("DE", "7"), ("AT", "20"), ("BE", "6")):
        factories.order(
            shop,
            OrderState.ERROR,
            country=country,
            total=Decimal("249.50"),
            issue=Issue("VAT_MAPPING_MISSING", {"country": country, "percentage": percentage}),
        )
    for _number in range(2):
        factories.order(
            shop,
            OrderState.ERROR,
            total=Decimal("1034.20"),
            issue=Issue("SNELSTART_LEDGER_INACTIVE", {"code": "BOE-0008", "message": "Grootboek is niet actief"}),
        )
    failed = factories.order(
        shop,
        OrderState.ERROR,
        title=HOSTILE_TITLE,
        issue=Issue("SNELSTART_REJECTED", {"code": "ALG-0001", "message": HOSTILE_TITLE}),
    )
    snelstart = find_connection(shop.id, Remote.SNELSTART)
    assert snelstart is not None
    sent = factories.payload(failed, Decimal("119.00"), Decimal("20.65"))
    factories.posting(failed, snelstart.account_id, PostingState.REJECTED, payload=sent)
    owner = db.session.query(User).filter_by(email=OWNER).one()
    report = ProblemReport(
        shop_id=shop.id,
        order_id=failed.id,
        user_id=owner.id,
        words="Waarom wordt deze geweigerd?",
        snapshot={},
        created_at=clock.now() - timedelta(hours=5),
        state=ReportState.BUSY.value,
        reply="We hebben dit bij SnelStart nagevraagd.",
        replied_at=clock.now() - timedelta(hours=1),
    )
    db.session.add(report)
    db.session.flush()
    facts = {"report": report.public_id}
    audit.record("problem_reported", shop_id=shop.id, order_id=failed.id, user_id=owner.id, facts=facts)
    return failed.public_id


def _newcomer() -> dict[str, str]:
    user: User = factories.user(NEWCOMER, name="Sam Jansen")
    factories.shop(user, name="Nieuwe winkel", is_posting_automatic=False)
    factories.connected_shop(user, name="Verse start")
    return {}


def _purged_order(shop: Shop) -> Order:
    """An order of long ago: booked, without the lines it had."""
    at = clock.now() - timedelta(days=600)
    order = factories.order(shop, OrderState.POSTED, purchased_at=at, content={}, content_purged_at=clock.now())
    connection = find_connection(shop.id, Remote.SNELSTART)
    assert connection is not None
    posting = factories.posting(order, connection.account_id)
    posting.payload, posting.customer_id = {}, None
    return order
