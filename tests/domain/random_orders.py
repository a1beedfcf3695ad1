"""Thousands of random orders through the core, the payloads and the look-alike of SnelStart.

`python -m tests.domain.random_orders --orders 10000` prints how many ended in each outcome. It stops
with an error at the first booking that does not add up or that SnelStart would refuse, and names its
seed, so that the one order can be made again.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from time import perf_counter
from typing import Any

from flask import Flask
from flask_babel import Babel, force_locale

from tests.domain.snelstart_books import SnelStartBooks
from webshop.domain.booking import (
    BookingDate,
    Issue,
    Outcome,
    PostingKind,
    PriceModel,
    SalesEntry,
    SalesOrder,
    ShopRules,
    Translation,
    VatKind,
)
from webshop.domain.foreign_vat import rates_in_force
from webshop.domain.issues import Severity, severity
from webshop.domain.money import from_cents, vat_included
from webshop.domain.orders import DISCOUNTS, Destination, FulfilledBy, Item, Order, Part, Status
from webshop.domain.payments import payment_of
from webshop.domain.territories import resolve_destination, vat_country
from webshop.domain.translate import translate
from webshop.domain.vat_numbers import VatNumberCheck, VatNumberStatus, country_of, mask
from webshop.services.issue_catalogue import TEXTS, describe

NL, DE = "A1805IZSGTT6HS", "A1PA6795UKMFR9"
ORDERS, SHIP = PostingKind.SALES_ORDER, BookingDate.SHIP
START = datetime(2026, 1, 1, 10, tzinfo=UTC)
HIGH_SKUS = [f"HIGH-{number:03}" for number in range(60)]
LOW_SKUS = [f"LOW-{number:03}" for number in range(30)]
PLAIN_SKUS = [f"PLAIN-{number:03}" for number in range(30)]
"""SKUs without a rate of their own: the VAT table or the article decides."""
PLACES = [
    *[("NL", "1012 AB")] * 8,
    *[("DE", "10115")] * 8,
    *[("BE", "1000"), ("FR", "75001"), ("AT", "1010"), ("ES", "28001"), ("FI", "00100"), ("IE", "D01")],
    *[("PL", "00-001"), ("DK", "1050"), ("GR", "10431"), ("LU", "1111"), ("MC", "98000"), ("DE", None)],
    *[("ES", "35001"), ("FI", "22100"), ("IT", "23041"), ("DE", "78266"), ("PT", "9500-123"), ("FR", "97110")],
    *[("GB", "SW1A 1AA"), ("GB", "BT1 1AA"), ("GB", None), ("US", "10001"), ("CH", "8001"), ("NO", "0150")],
    *[(None, None)],
]
NUMBERS = {"DE": "DE136695976", "BE": "BE0428759497", "FR": "FR83404833048", "AT": "ATU13585627"}


@dataclass
class Shop:
    name: str
    rules: ShopRules
    books: SnelStartBooks


def make_shops() -> list[Shop]:
    """Make shops of every kind, each with an administration of its own."""
    return [
        _shop("NL below the threshold, entries", NL),
        _shop(
            "NL with OSS, entries per item on the ship date", NL, is_oss=True, is_line_per_item=True, booking_date=SHIP
        ),
        _shop("DE with OSS, entries with Amazon's VAT", DE, is_oss=True, vat_source="amazon", is_vcs_active=True),
        _shop("DE with OSS, orders excluding VAT, VIES", DE, is_oss=True, posting_kind=ORDERS, is_vies_used=True),
        _shop("NL below the threshold, orders excluding VAT", NL, posting_kind=ORDERS, booking_date=SHIP),
        _shop(
            "DE below the threshold, orders including VAT",
            DE,
            posting_kind=ORDERS,
            price_model=PriceModel.INCLUSIVE,
        ),
        _shop("NL with the small business scheme", NL, is_small=True),
    ]


def _shop(name: str, marketplace: str, *, is_oss: bool = False, is_small: bool = False, **changes: Any) -> Shop:
    books = SnelStartBooks(foreign_vat=is_oss, small_business_scheme=is_small)
    rules = replace(
        books.rules(marketplace_id=marketplace, is_oss_registered=is_oss),
        sku_rates={sku: Decimal(21) for sku in HIGH_SKUS} | {sku: Decimal(9) for sku in LOW_SKUS},
        **changes,
    )
    if is_oss:
        rules = replace(rules, sku_country_rates=dict(_rates_abroad(rules)))
    for sku in PLAIN_SKUS[:3]:
        books.make_article(sku, VatKind.LOW)
    books.make_article(HIGH_SKUS[0], VatKind.LOW)
    books.make_article(HIGH_SKUS[1], VatKind.HIGH, is_active=False)
    return Shop(name, rules, books)


def _rates_abroad(rules: ShopRules) -> Iterator[tuple[tuple[str, str], Decimal]]:
    for country in {rate.country for rate in rules.foreign_rates}:
        rates = rates_in_force(rules.foreign_rates, country, START.date())
        low = rates.get("RRL", rates["SR"])
        yield from (((sku, country), rates["SR"]) for sku in HIGH_SKUS)
        yield from (((sku, country), low) for sku in LOW_SKUS)


def make_order(random: Random, number: int, rules: ShopRules) -> Order:
    """Draw an order: most are sound, some have every fault that orders can have."""
    country, postal_code = random.choice(PLACES)
    destination = resolve_destination(country, postal_code)
    is_collected = destination.country in ("GB", "CH", "NO") and random.random() < 0.5
    is_stated = random.random() < (0.9 if rules.is_vcs_active else 0.3)
    lines = range(random.choice([1, 1, 1, 2, 3, 5]))
    items = [_item(random, line, rules, destination if is_stated else None, is_collected) for line in lines]
    tip = from_cents(random.choice([0] * 9 + [150]))
    total = sum((item.total or Decimal(0) for item in items), tip)
    purchased_at = START + timedelta(minutes=random.randrange(60 * 24 * 320))
    return Order(
        amazon_order_id=f"{random.randrange(100, 1000)}-{number:07}-{random.randrange(10**7):07}",
        marketplace_id=rules.marketplace_id,
        is_amazon_sale=random.random() > 0.01,
        purchased_at=purchased_at,
        shipped_at=purchased_at + timedelta(hours=random.randrange(-2, 200)) if random.random() < 0.7 else None,
        status=random.choice([*[Status.SHIPPED] * 20, Status.UNSHIPPED, Status.PENDING, Status.CANCELLED]),
        fulfilled_by=random.choice([FulfilledBy.MERCHANT, FulfilledBy.AMAZON]),
        currency="EUR" if random.random() > 0.01 else "PLN",
        grand_total=total + (Decimal("0.01") if random.random() < 0.01 else 0),
        items=tuple(items),
        destination=destination,
        delivery_tip=tip,
        is_business=random.random() < 0.1,
        is_invoiced_by_amazon=random.random() < 0.005,
        has_buyer_email=random.random() < 0.5,
        ship_from_country="DE" if random.random() < 0.02 else None,
        payment_method=random.choice([None, "CreditCard", "iDEAL", "Invoice on account for businesses"]),
        **_buyer(random, destination.country),
    )


def _buyer(random: Random, country: str | None) -> dict[str, Any]:
    number = NUMBERS.get(country or "")
    if number is None or random.random() < 0.8:
        return {}
    status = random.choice([VatNumberStatus.VALID_FORMAT] * 4 + list(VatNumberStatus))
    check = VatNumberCheck(country_of(number), status, mask(number))
    return {"buyer_vat_number": number, "vat_number_check": check if random.random() > 0.05 else None}


def _stated_rate(random: Random, rules: ShopRules, sku: str | None, destination: Destination) -> Decimal | None:
    """Draw the VAT that Amazon states: nearly always what is due."""
    if random.random() < 0.05:
        return Decimal(random.choice([21, 19, 9, 20]))
    country = vat_country(destination)
    if country is None or rules.is_small_business_scheme:
        return None
    is_low = sku in LOW_SKUS
    if rules.is_oss_registered and country != "NL":
        rates = rates_in_force(rules.foreign_rates, country, START.date())
        return rates.get("RRL", rates["SR"]) if is_low else rates["SR"]
    return Decimal(9 if is_low else 21)


def _item(random: Random, line: int, rules: ShopRules, destination: Destination | None, is_collected: bool) -> Item:
    """Draw a line; `destination` is where its VAT is stated for, None when Amazon states none."""
    sku = random.choice([*HIGH_SKUS, *LOW_SKUS, *PLAIN_SKUS, None])
    gross = {Part.ITEM: random.choice([random.randrange(1, 500), random.randrange(100, 30_000), 0])}
    if random.random() < 0.4:
        gross[Part.SHIPPING] = random.randrange(100, 900)
    if random.random() < 0.3:
        gross[Part.DISCOUNT] = random.randrange(0, gross[Part.ITEM] + 1)
    if random.random() < 0.1:
        gross[Part.GIFT_WRAP] = random.randrange(100, 500)
    if Part.SHIPPING in gross and random.random() < 0.2:
        gross[Part.SHIPPING_DISCOUNT] = gross[Part.SHIPPING]
    rate = Decimal(20) if is_collected else _stated_rate(random, rules, sku, destination) if destination else None
    taxes = {part: vat_included(cents, rate) for part, cents in gross.items()} if rate else {}
    signs = {part: -1 if part in DISCOUNTS else 1 for part in gross}
    return Item(
        item_id=str(line + 1),
        sku=sku,
        asin=random.choice(["B000000001", "B000000002", "B000000003"]),
        title="Theepot",
        quantity=random.choice([1, 1, 1, 2, 3, 7, 12]),
        amounts={part: from_cents(cents - taxes.get(part, 0)) for part, cents in gross.items()},
        taxes={part: from_cents(tax) for part, tax in taxes.items()},
        tax_total=from_cents(sum(signs[part] * tax for part, tax in taxes.items())),
        total=from_cents(sum(signs[part] * cents for part, cents in gross.items())),
        collected_by_amazon=is_collected,
        reporting_scheme="GB_VOEC" if is_collected else None,
    )


def run(count: int, seed: int) -> Counter[str]:
    """Book that many random orders; give how many ended in each outcome, kind and issue.

    Raises AssertionError for a booking that does not add up, or that the look-alike refuses.
    """
    shops = make_shops()
    counts: Counter[str] = Counter()
    for number in range(count):
        shop = shops[number % len(shops)]
        order = make_order(Random(f"{seed}:{number}"), number, shop.rules)
        translation = translate(order, replace(shop.rules, articles=shop.books.articles))
        counts[translation.outcome.value] += 1
        counts[f"{shop.name}: {translation.outcome.value}"] += 1
        counts.update(issue.code for issue in translation.issues)
        try:
            _book(shop, order, translation, counts)
        except Exception as refused:
            raise AssertionError(f"seed {seed}, order {number}, {shop.name}: {refused}\n{order}") from refused
    return counts


def _book(shop: Shop, order: Order, translation: Translation, counts: Counter[str]) -> None:
    expected = _expected_total(order, translation)
    if translation.entry is not None:
        counts["sales entry"] += 1
        assert _sum(translation.entry) == translation.entry.total_incl_vat == expected
        entry_id = shop.books.book_entry(translation.entry, translation)
        if len(translation.entry.lines) % 2:
            shop.books.pay(
                payment_of(
                    translation.entry,
                    sales_entry_id=entry_id,
                    journal_id=shop.books.journal_id,
                    clearing_ledger_id=shop.books.clearing_ledger_id,
                )
            )
            counts["payment"] += 1
    elif translation.sales_order is not None:
        counts["sales order"] += 1
        counts[f"prices {translation.sales_order.price_model.value.lower()}"] += 1
        _check_sales_order(translation.sales_order, expected)
        created = shop.books.book_order(translation.sales_order)
        assert created.total_incl_vat == expected
        # The total alone proves little when prices include VAT: the VAT must be the intended one, too.
        assert created.total_excl_vat == sum(group.net for group in translation.groups)
    else:
        assert not translation.is_ready


def _expected_total(order: Order, translation: Translation) -> Decimal:
    total = order.grand_total or Decimal(0)
    if translation.treatment == "EXPORT_AMAZON_COLLECTS_DESTINATION_VAT":
        return total - sum(item.tax_total for item in order.items)
    return total


def _sum(entry: SalesEntry) -> Decimal:
    lines = sum((line.amount_excl_vat for line in entry.lines), Decimal(0))
    return lines + sum((row.amount for row in entry.vat), Decimal(0))


def _check_sales_order(made: SalesOrder, expected: Decimal) -> None:
    assert made.predicted_incl_vat == made.total_incl_vat == expected
    assert all(line.unit_price >= 0 for line in made.lines)


def check_texts(counts: Counter[str]) -> int:
    """Give how many kinds of blocking issues were met; each must be explained in three languages."""
    app = Flask("webshop")
    Babel(app)
    met = [Issue(code) for code in counts if code in TEXTS]
    for issue in met:
        titles = set()
        for language in ("nl", "en", "de"):
            with app.test_request_context(), force_locale(language):
                text = describe(issue)
            assert text.meaning and text.cause and text.solution and text.contact, issue.code
            titles.add(text.title)
        assert len(titles) == 3, f"{issue.code} is not translated: {titles}"
    return sum(severity(issue) is Severity.BLOCKS for issue in met)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = perf_counter()
    counts = run(arguments.orders, arguments.seed)
    blocking = check_texts(counts)
    for outcome in Outcome:
        print(f"{outcome.value:<22}{counts[outcome.value]:>7}")
    for name in ("sales entry", "sales order", "payment", "prices exclusive", "prices inclusive"):
        print(f"  {name:<20}{counts[name]:>7}")
    for name in (shop.name for shop in make_shops()):
        print(f"  {name:<52}" + "".join(f"{counts[f'{name}: {outcome.value}']:>6}" for outcome in Outcome))
    print("Issues, each order counted once per kind:")
    for code, count in sorted(counts.items()):
        if code in TEXTS:
            print(f"  {code:<42}{count:>7}")
    elapsed = perf_counter() - started
    print(
        f"{arguments.orders} orders of seed {arguments.seed} in {elapsed:.0f} s: every sum is the total, SnelStart's "
        f"look-alike took every booking, {blocking} kinds of blocking issues explained in three languages"
    )


if __name__ == "__main__":
    main()
