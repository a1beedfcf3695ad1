"""What must be true after every play. Each check yields one sentence per violation.

I1 to I10 are the invariants of the fault matrix; I5 and I7 are watched while the play goes on. The truth
is SnelStart's books and Amazon's orders as the sandbox keeps them; our own tables are what is checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.faults.evidence import COLLECTIONS, Evidence, total_of
from tests.faults.orders import email_of, is_booked_by_hand
from tests.faults.retries import blind_retries
from tests.faults.script import PAYMENTS
from webshop.models import AT_AMAZON, Order, OrderState, Posting, PostingState, Purpose, RunState
from webshop.sandbox.snelstart.service import SUBSCRIPTION_KEY

INTERVAL = timedelta(minutes=60)
DIFFERENT = "INVOICE_NUMBER_DUPLICATE_DIFFERENT"
Check = Callable[[Evidence], Iterator[str]]


def every_order_is_booked_or_visible(evidence: Evidence) -> Iterator[str]:
    """I1: nothing is lost and nothing is silent."""
    by_key = {(order.shop_id, order.amazon_order_id): order for order in evidence.orders}
    for scenario in evidence.play.stage.shops:
        for document in evidence.play.stage.sandbox.amazon.orders(scenario.seller_id):
            number = document["orderId"]
            order = by_key.get((scenario.shop_id, number))
            if order is None:
                yield f"{number} is at Amazon and not with us"
            else:
                yield from _wrong_end(evidence, order, document["fulfillment"]["fulfillmentStatus"])


def _wrong_end(evidence: Evidence, order: Order, status: str) -> Iterator[str]:
    number, play, recipe = order.amazon_order_id, evidence.play, evidence.recipe(order.amazon_order_id)
    documents = [one for identifier in evidence.books for one in evidence.sale_documents(identifier).get(number, [])]
    codes = [issue["code"] for issue in order.issues]
    where = f"{number} ({evidence.planned[number].recipe}, {status}) is {order.state} {codes}"
    if order.state == OrderState.POSTED.value:
        if not documents and number not in play.booked_by_hand and not _was_deleted_elsewhere(evidence, order):
            yield f"{where} and stands nowhere in SnelStart"
        if recipe.state != "posted":
            yield f"{where}: it should never have been posted"
        return
    if documents and not _stands_for_another(evidence, order) and not _differs_since_restore(evidence, number):
        yield f"{where}, but it stands in SnelStart"
    if not codes:
        yield f"{where} without a reason"
    if number in play.cancelled and "ORDER_CRASHED" not in recipe.codes:
        if (order.state, codes) != (OrderState.SKIPPED.value, ["ORDER_CANCELLED"]):
            yield f"{where} although it was cancelled"
    elif recipe.state != "posted":
        if order.state != recipe.state or not recipe.codes & set(codes):
            yield f"{where} instead of {recipe.state} {sorted(recipe.codes)}"
    elif not _is_excused(evidence, order, codes):
        yield f"{where} and should have been posted"


def _was_deleted_elsewhere(evidence: Evidence, order: Order) -> bool:
    """Whether a person deleted its document in an administration that the shop has left."""
    return any(
        posting.amazon_order_id == order.amazon_order_id and _is_deleted_for_good(evidence, posting)
        for posting in evidence.postings
    )


def _stands_for_another(evidence: Evidence, order: Order) -> bool:
    """Whether the document is there by right, while this shop's order is held: the other shop booked it."""
    return any(
        posting.amazon_order_id == order.amazon_order_id
        and posting.state == PostingState.POSTED.value
        and posting.order_id != order.id
        for posting in evidence.postings
    )


def _is_excused(evidence: Evidence, order: Order, codes: list[str]) -> bool:
    """Whether something that lasts explains why a good order is not posted."""
    number = order.amazon_order_id
    if DIFFERENT in codes and number in evidence.play.booked_by_hand:
        return True
    if _differs_since_restore(evidence, number):
        return True
    return any(
        # Nobody can look it up any more: the shop books elsewhere now, and it says so.
        "ADMINISTRATION_LEFT" in codes
        and posting.order_id == order.id
        and posting.state == PostingState.UNKNOWN.value
        and posting.administration_id != evidence.accounts[order.shop_id]
        and order.state == OrderState.UNKNOWN.value
        for posting in evidence.postings
    )


def _differs_since_restore(evidence: Evidence, number: str) -> bool:
    """Whether an order was booked and forgotten, costs something else by now, and says so."""
    is_told = any(
        order.amazon_order_id == number
        and order.state == OrderState.ERROR.value
        and any(issue["code"] == DIFFERENT for issue in order.issues)
        for order in evidence.orders
    )
    return is_told and number in evidence.play.changed and evidence.play.counts["restored"] > 0


def _is_deleted_for_good(evidence: Evidence, posting: Posting) -> bool:
    """Whether a person deleted the document and nobody can have it booked anew.

    The shop books elsewhere by now, the bookkeeper has an entry of her own, or a restored database asks for one
    that was booked anew already, and says that another one stands there.
    """
    number = posting.amazon_order_id
    if posting.external_id not in evidence.play.deleted.get(number, ()):
        return False
    if posting.administration_id != evidence.accounts.get(posting.shop_id):
        return True
    return number in evidence.play.booked_by_hand or _is_told_as_twice(evidence, number)


def _is_told_as_twice(evidence: Evidence, number: str) -> bool:
    codes = {issue["code"] for one in evidence.orders if one.amazon_order_id == number for issue in one.issues}
    return evidence.play.counts["restored"] > 0 and "TWICE_IN_SNELSTART" in codes


def no_order_is_booked_twice(evidence: Evidence) -> Iterator[str]:
    """I2: one document per order in an administration, and in all that a shop ever had together."""
    everywhere: Counter[str] = Counter()
    for identifier, books in evidence.books.items():
        for number, documents in evidence.sale_documents(identifier).items():
            everywhere[number] += 1
            if len(documents) > 1:
                yield f"{number} stands {len(documents)} times in {identifier}"
        for voucher, count in Counter(entry["boekstuk"] for entry in books["memoriaalboekingen"]).items():
            if count > 1:
                yield f"{voucher} was paid {count} times in {identifier}"
    for number, count in everywhere.items():
        planned = evidence.planned.get(number)
        homes = 1
        if planned and planned.is_everywhere and not evidence.play.script.is_administration_shared:
            homes = evidence.play.script.shops
        if planned and count > homes and not planned.is_everywhere:
            yield f"{number} stands in {count} administrations"


def nothing_is_made_twice(evidence: Evidence) -> Iterator[str]:
    """I2 for customers and articles."""
    for identifier, books in evidence.books.items():
        emails = Counter(row["email"].lower() for row in books["relaties"] if row.get("email"))
        names = Counter(row["naam"] for row in books["relaties"] if row["naam"].startswith("Amazon consument"))
        articles = Counter(row["artikelcode"] for row in books["artikelen"])
        for what, counts in (("customer", emails), ("collective debtor", names), ("article", articles)):
            for key, count in counts.items():
                if count > 1:
                    yield f"{what} {key} was made {count} times in {identifier}"


def nothing_stands_in_a_wrong_administration(evidence: Evidence) -> Iterator[str]:
    """I3: every document is in an administration that one of the order's own shops had."""
    homes: dict[str, set[str]] = {}
    for posting in evidence.postings:
        homes.setdefault(posting.amazon_order_id, set()).add(posting.administration_id)
    shops = {one.shop_id: index for index, one in enumerate(evidence.play.stage.shops)}
    allowed: dict[str, set[int]] = {}
    for number, order in evidence.planned.items():
        allowed[number] = set(shops.values()) if order.is_everywhere else {order.shop}
    had = evidence.play.administrations
    for identifier in evidence.books:
        for number in evidence.sale_documents(identifier):
            if number not in evidence.planned:
                yield f"{number} in {identifier} is nobody's order"
            elif not any(identifier in had[index] for index in allowed[number]):
                yield f"{number} stands in {identifier}, which is not its shop's"
            elif identifier not in homes.get(number, set()) and not _differs_since_restore(evidence, number):
                yield f"{number} stands in {identifier} and we know nothing of it"


def amounts_are_right_to_the_cent(evidence: Evidence) -> Iterator[str]:
    """I4: lines and VAT add up, and the total is Amazon's."""
    for identifier, books in evidence.books.items():
        for entry in books["verkoopboekingen"]:
            lines = sum((line["bedrag"] for line in entry["boekingsregels"]), Decimal(0))
            vat = sum((row["btwBedrag"] for row in entry["btw"]), Decimal(0))
            if lines + vat != entry["factuurbedrag"]:
                yield f"{entry['factuurnummer']}: {lines} + {vat} is not {entry['factuurbedrag']}"
        for number, documents in evidence.sale_documents(identifier).items():
            planned = evidence.planned.get(number)
            if planned is None or number in evidence.play.changed:
                continue
            for document in documents:
                if total_of(document) != Decimal(planned.total):
                    yield f"{number} stands with {total_of(document)} and cost {planned.total}"


def we_know_what_snelstart_has(evidence: Evidence) -> Iterator[str]:
    """I6: every posting that we call posted is that document, and every document is such a posting.

    Or one that is shown as uncertain, because its shop went to another administration before it was looked up.
    """
    left_behind = {
        (posting.administration_id, posting.amazon_order_id)
        for posting in evidence.postings
        if posting.state == PostingState.UNKNOWN.value
        and evidence.accounts.get(posting.shop_id) != posting.administration_id
    }
    stood: set[tuple[str, str]] = set()
    for posting in evidence.postings:
        if posting.state != PostingState.POSTED.value:
            continue
        books = evidence.books[posting.administration_id]
        document = _document_of(books, posting)
        if document is None:
            if _is_deleted_for_good(evidence, posting):
                continue
            yield f"{posting.amazon_order_id} {posting.purpose} is posted as {posting.external_number} and not there"
            continue
        stood.add((posting.administration_id, document["id"]))
        if posting.purpose == Purpose.SALE.value and total_of(document) != posting.total:
            yield f"{posting.amazon_order_id} is posted with {posting.total} and stands with {total_of(document)}"
    for identifier, books in evidence.books.items():
        for collection in COLLECTIONS.values():
            for document in books[collection]:
                is_ours = collection != "verkoopboekingen" or not is_booked_by_hand(document)
                name = _name(document)
                is_shown = (
                    (identifier, name) in left_behind
                    or _differs_since_restore(evidence, name)
                    or (name in evidence.play.deleted and _is_told_as_twice(evidence, name))
                )
                if is_ours and not is_shown and (identifier, document["id"]) not in stood:
                    yield f"{_name(document)} stands in {collection} and no posting says so"


def _document_of(books: dict[str, list[dict[str, Any]]], posting: Posting) -> dict[str, Any] | None:
    for document in books[COLLECTIONS[posting.kind]]:
        if posting.kind == "journal":
            # A payment that was looked up is known by its mutation, not by its entry.
            is_it = document["boekstuk"] == posting.amazon_order_id
        else:
            is_it = document["id"] == posting.external_id
        if is_it:
            return document
    return None


def _name(document: dict[str, Any]) -> str:
    return str(document.get("factuurnummer") or document.get("betalingskenmerk") or document.get("boekstuk"))


def everything_is_settled(evidence: Evidence) -> Iterator[str]:
    """I1 again: two cycles after the trouble nothing hangs in between."""
    now = evidence.play.now
    for posting in evidence.postings:
        is_here = posting.administration_id == evidence.accounts[posting.shop_id]
        if is_here and posting.state in (PostingState.SENDING.value, PostingState.UNKNOWN.value):
            yield f"the {posting.purpose} of {posting.amazon_order_id} is still {posting.state}"
    for run in evidence.runs:
        if run.state == RunState.RUNNING.value:
            yield f"run {run.id} never ended"
    for shop_id, schedule in evidence.schedules.items():
        if not now - timedelta(minutes=2) <= schedule.due_at <= now + INTERVAL:
            yield f"shop {shop_id} is next due at {schedule.due_at}, and it is {now}"
    for order in evidence.orders:
        if order.due_at is not None and order.state == OrderState.POSTED.value:
            yield f"{order.amazon_order_id} is posted and due"


def payments_follow_sales(evidence: Evidence) -> Iterator[str]:
    """I1 and I6 for payments: each sales entry of ours is settled once, or says why not."""
    if evidence.play.script.kind != PAYMENTS:
        return
    payments = {
        (one.administration_id, one.amazon_order_id): one
        for one in evidence.postings
        if one.purpose == Purpose.PAYMENT.value
    }
    orders = {order.id: order for order in evidence.orders}
    for posting in evidence.postings:
        is_sale = posting.kind == "sales_entry" and posting.state == PostingState.POSTED.value
        if not is_sale or posting.administration_id != evidence.accounts[posting.shop_id]:
            continue
        issues = orders[posting.order_id].issues
        if any(issue["code"] == "ALREADY_IN_SNELSTART" for issue in issues):
            continue
        payment = payments.get((posting.administration_id, posting.amazon_order_id))
        state = payment.state if payment else "missing"
        is_told = any(issue["facts"].get("about") == "payment" for issue in issues)
        if state != PostingState.POSTED.value and not (state == PostingState.REJECTED.value and is_told):
            yield f"the payment of {posting.amazon_order_id} is {state}"
        if state == PostingState.POSTED.value:
            invoices = evidence.books[posting.administration_id]["verkoopfacturen"]
            balance = next(
                row["openstaandSaldo"] for row in invoices if row["factuurnummer"] == posting.amazon_order_id
            )
            if balance != 0:
                yield f"{posting.amazon_order_id} is paid and {balance} is still open"


def no_secret_is_in_the_log(evidence: Evidence) -> Iterator[str]:
    """I8."""
    log = "\n".join(evidence.play.captured)
    canaries = {"a token of Amazon": "Atz", "the subscription key": SUBSCRIPTION_KEY}
    for one in evidence.play.stage.sandbox.snelstart.administrations():
        canaries[f"the key of {one.name}"] = one.key
    for order in evidence.planned.values():
        if order.buyer is not None:
            canaries[f"the address of buyer {order.buyer}"] = email_of(order.buyer)
    for token in evidence.play.stage.sandbox.world.store.all("snelstart.tokens"):
        canaries["a token of SnelStart"] = token["token"]
    for what, canary in canaries.items():
        if canary in log:
            yield f"{what} is in the log"


def every_posting_is_audited(evidence: Evidence) -> Iterator[str]:
    """I9."""
    for posting in evidence.postings:
        if posting.state == PostingState.POSTED.value:
            actions = ("posted", "adopted") if posting.purpose == Purpose.SALE.value else ("payment_posted",)
            if not any(evidence.audit[posting.order_id, action] for action in actions):
                yield f"the {posting.purpose} of {posting.amazon_order_id} is posted and not in the audit"


def we_stay_inside_the_limits(evidence: Evidence) -> Iterator[str]:
    """I10: no 429 is our own doing."""
    sandbox = evidence.play.stage.sandbox
    for name, count in (
        ("Amazon", sandbox.amazon.self_inflicted_429),
        ("SnelStart", sandbox.snelstart.self_inflicted_429),
    ):
        if count:
            yield f"{name} refused {count} calls of ours as too many"


def totals_count_the_orders(evidence: Evidence) -> Iterator[str]:
    expected: dict[tuple[int, Any, str], tuple[int, Decimal]] = {}
    for order in evidence.orders:
        key = (order.shop_id, order.booked_on, order.state)
        count, total = expected.get(key, (0, Decimal(0)))
        expected[key] = (count + 1, total + (order.total or Decimal(0)))
    kept = {
        (row.shop_id, row.day, row.state): (row.orders, row.total)
        for row in evidence.daily
        if row.state != AT_AMAZON and (row.orders or row.total)
    }
    for key in sorted(expected.keys() | kept.keys(), key=str):
        if expected.get(key) != kept.get(key):
            yield f"the totals of {key} are {kept.get(key)} and should be {expected.get(key)}"


def no_write_is_repeated_without_a_look(evidence: Evidence) -> Iterator[str]:
    """Never twice: between two sends of one document there is a refusal or a look-up."""
    play = evidence.play
    yield from blind_retries(
        play.stage.sandbox.world.log.entries("snelstart"),
        is_administration_shared=play.script.is_administration_shared,
        is_restored=play.counts["restored"] > 0,
    )


CHECKS: tuple[Check, ...] = (
    every_order_is_booked_or_visible,
    no_order_is_booked_twice,
    nothing_is_made_twice,
    nothing_stands_in_a_wrong_administration,
    amounts_are_right_to_the_cent,
    we_know_what_snelstart_has,
    everything_is_settled,
    payments_follow_sales,
    no_secret_is_in_the_log,
    every_posting_is_audited,
    we_stay_inside_the_limits,
    totals_count_the_orders,
    no_write_is_repeated_without_a_look,
)


def check_all(evidence: Evidence) -> list[str]:
    return [f"{check.__name__}: {violation}" for check in CHECKS for violation in check(evidence)]
