"""What holds for every booking of every treatment and both kinds: SnelStart's own rules, to the cent.

The names carry the numbers of the properties agreed on for the engine; P3 and P8 to P11 are in
test_properties.py, P5 and P7 in test_money.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.domain.builders import FOREIGN_RATES, OSS_RULES, RULES, checked, make_order, make_parts
from webshop.domain.booking import Outcome, PostingKind, PriceModel, SalesEntry, SalesOrder, ShopRules, Translation
from webshop.domain.currencies import convert_order
from webshop.domain.foreign_vat import rates_in_force
from webshop.domain.money import from_cents, half_up, split_units, without_negative_price
from webshop.domain.orders import Order, Part
from webshop.domain.payments import payment_of
from webshop.domain.sales_orders import predict_totals
from webshop.domain.territories import resolve_destination
from webshop.domain.translate import translate

QUICK = settings(deadline=None, database=None, max_examples=150)
PLACES = [
    ("NL", "1012 AB"),
    ("DE", "10115"),
    ("FR", "75001"),
    ("FI", "00100"),
    ("BE", "1000"),
    ("GB", "SW1A 1AA"),
    ("GB", "BT1 1AA"),
    ("ES", "35001"),
    ("US", "10001"),
]
SKUS = ["HIGH", "LOW"]
SHOP = replace(
    RULES,
    sku_rates={"HIGH": Decimal(21), "LOW": Decimal(9)},
    sku_country_rates={
        ("LOW", country): rates["RRL"]
        for country in ("DE", "FR", "FI", "BE")
        for rates in [rates_in_force(FOREIGN_RATES, country, date(2026, 3, 2))]
    }
    | {("HIGH", country): Decimal(rate) for country, rate in (("DE", 19), ("FR", 20), ("BE", 21), ("XI", 20))}
    | {("HIGH", "FI"): Decimal("25.5"), ("LOW", "XI"): Decimal(5)},
)
OSS_SHOP = replace(OSS_RULES, sku_rates=SHOP.sku_rates, sku_country_rates=SHOP.sku_country_rates)

cents = st.integers(0, 30_000).map(from_cents)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Draw an order of any treatment whose parts, discounts among them, come to something."""
    items = [
        make_parts(
            {part: str(amount) for part, amount in draw(st.dictionaries(st.sampled_from(list(Part)), cents)).items()},
            item_id=str(number),
            sku=draw(st.sampled_from(SKUS)),
            quantity=draw(st.integers(1, 60)),
        )
        for number in range(draw(st.integers(1, 5)))
    ]
    number = draw(st.sampled_from([None, None, "DE136695976"]))
    place = ("DE", "10115") if number else draw(st.sampled_from(PLACES))
    order = make_order(*items, destination=resolve_destination(*place), **(checked(number) if number else {}))
    assume(order.grand_total is not None and order.grand_total > 0)
    return order


shops = st.builds(
    replace,
    st.sampled_from([SHOP, OSS_SHOP]),
    is_line_per_item=st.booleans(),
    posting_kind=st.sampled_from(PostingKind),
    price_model=st.sampled_from(PriceModel),
)


@QUICK
@given(orders(), shops)
def test_p1_what_is_booked_is_the_total_of_amazon(order: Order, rules: ShopRules) -> None:
    translation = translate(order, rules)

    if translation.entry is not None:
        booked = sum(line.amount_excl_vat for line in translation.entry.lines)
        booked += sum((row.amount for row in translation.entry.vat), Decimal(0))
        assert booked == translation.entry.total_incl_vat == order.grand_total
    if translation.sales_order is not None:
        assert translation.sales_order.predicted_incl_vat == order.grand_total
    assert translation.outcome in (Outcome.READY, Outcome.READY_WITH_WARNING, Outcome.BLOCKED)


@QUICK
@given(orders(), shops)
def test_p2_net_and_vat_of_a_percentage_are_its_gross_amount(order: Order, rules: ShopRules) -> None:
    for group in translate(order, rules).groups:
        rate = Fraction(group.percentage)
        assert group.net + group.vat == group.gross
        assert abs(Fraction(group.vat) - Fraction(group.gross) * rate / (100 + rate)) <= Fraction(1, 200)


@QUICK
@given(orders())
def test_p4_snelstart_would_reckon_the_same_foreign_vat(order: Order) -> None:
    translation = translate(replace(order, destination=resolve_destination("DE", "10115")), OSS_SHOP)

    if translation.entry is None or translation.treatment != "EU_B2C_OSS":
        return
    revenue = [line for line in translation.entry.lines if not line.is_vat]
    booked = sum((line.amount_excl_vat for line in translation.entry.lines if line.is_vat), Decimal(0))
    percentages = {f"oss-{code}": rate for code, rate in rates_in_force(FOREIGN_RATES, "DE", date(2026, 3, 2)).items()}
    due = sum(line.amount_excl_vat * percentages[line.ledger_id] / 100 for line in revenue)
    assert abs(booked - due) <= Decimal("0.01") * len(revenue)


@QUICK
@given(st.integers(-(10**7), 10**7), st.integers(1, 10_000))
def test_p6_unit_prices_come_to_the_amount_exactly(total: int, quantity: int) -> None:
    split = split_units(total, quantity)

    assert sum(pieces * price for pieces, price in split) == total
    assert sum(pieces for pieces, _ in split) == quantity
    assert len({price for _, price in split}) <= 2


@QUICK
@given(orders(), shops)
def test_p12_each_treatment_has_its_own_ledgers_and_vat(order: Order, rules: ShopRules) -> None:
    translation = translate(order, replace(rules, posting_kind=PostingKind.SALES_ENTRY))
    entry = translation.entry
    if entry is None:
        return
    functions = {rules.ledgers[line.ledger_id].function for line in entry.lines if not line.is_vat}
    if translation.treatment == "EU_B2C_OSS":
        assert entry.vat == ()
        assert functions == {84}
        assert {line.ledger_id for line in entry.lines if line.is_vat} <= {"foreign-vat"}
    elif translation.treatment in ("ICP", "EXPORT"):
        assert entry.vat == ()
        assert functions == {80 if translation.treatment == "ICP" else 81}
        assert not any(group.vat for group in translation.groups)
    else:
        assert functions <= {11, 12}
        assert len({row.kind for row in entry.vat}) == len(entry.vat) == len({line.vat_kind for line in entry.lines})


@QUICK
@given(st.integers(-1_000, 1_000), st.integers(-(10**6), 10**6))
def test_p13_no_unit_price_is_negative_and_the_amount_stays(quantity: int, unit: int) -> None:
    turned = without_negative_price(quantity, unit)

    assert turned[1] >= 0
    assert turned[0] * turned[1] == quantity * unit
    assert without_negative_price(*turned) == turned


@QUICK
@given(orders(), shops, st.text(max_size=400))
def test_p14_texts_fit_whatever_amazon_sends(order: Order, rules: ShopRules, text: str) -> None:
    named = replace(order, payment_method=text, items=tuple(replace(item, title=text) for item in order.items))
    translation = translate(named, rules)

    for described in described_by(translation):
        assert described.isprintable()
        described.encode()
    if translation.sales_order is not None:
        assert len(translation.sales_order.description) <= 50


def described_by(translation: Translation) -> list[str]:
    booked: list[SalesEntry | SalesOrder] = [
        one for one in (translation.entry, translation.sales_order) if one is not None
    ]
    return [text for one in booked for text in (one.description, *(line.description for line in one.lines))]


CHANGES = [
    (country, before.percentage, after.percentage, after.valid_from)
    for country in ("EE", "FI", "RO", "SK", "DE")
    for rates in [sorted((r for r in FOREIGN_RATES if (r.country, r.rate_code) == (country, "SR")), key=str)]
    for before, after in zip(
        sorted(rates, key=lambda rate: rate.valid_from),
        sorted(rates, key=lambda rate: rate.valid_from)[1:],
        strict=False,
    )
    if after.valid_from > date(2021, 7, 1)
]


@pytest.mark.parametrize(("country", "old", "new", "changed_on"), CHANGES)
def test_p15_a_new_rate_counts_from_its_first_day(country: str, old: Decimal, new: Decimal, changed_on: date) -> None:
    def percentage(on: date) -> Decimal:
        order = make_order(to=country, purchased_at=datetime.combine(on, time(11), UTC))
        return translate(order, OSS_RULES).groups[0].percentage

    assert (percentage(changed_on - timedelta(days=1)), percentage(changed_on)) == (old, new)


def test_rates_have_changed_since_oss_began() -> None:
    assert {country for country, *_ in CHANGES} == {"EE", "FI", "RO", "SK"}


@QUICK
@given(orders(), st.sampled_from([SHOP, OSS_SHOP]))
def test_snelstart_reaches_the_total_with_one_price_model_or_the_other(order: Order, rules: ShopRules) -> None:
    translation = translate(order, replace(rules, posting_kind=PostingKind.SALES_ORDER))
    made = translation.sales_order
    codes = {issue.code for issue in translation.issues}

    assert "ORDER_TOTAL_UNREACHABLE" not in codes
    if made is None:
        return
    assert (made.price_model is PriceModel.INCLUSIVE) == ("PRICES_SENT_INCLUDING_VAT" in codes)
    assert from_cents(sum(predict_totals(made.lines, made.price_model).values())) == order.grand_total
    # An item that its own discount makes free has nothing to be booked (booking.md 9: no lines of zero).
    pieces = {item.item_id: item.quantity for item in order.items if item.amounts.get(Part.ITEM) and item.total}
    ordered = sum(line.quantity for line in made.lines if line.article_code in SKUS)
    assert ordered <= sum(pieces.values())
    if made.price_model is PriceModel.INCLUSIVE:
        assert ordered == sum(pieces.values())


@QUICK
@given(orders())
def test_a_payment_settles_what_was_booked(order: Order) -> None:
    entry = translate(order, SHOP).entry
    if entry is None:
        return
    payment = payment_of(entry, sales_entry_id="entry", journal_id="journal", clearing_ledger_id="clearing")

    assert payment.amount == entry.total_incl_vat
    assert payment.voucher == entry.invoice_number
    assert payment.booked_on == entry.booked_on


@QUICK
@given(orders(), st.decimals(Decimal("0.2"), 500, places=4))
def test_a_converted_order_still_adds_up(order: Order, rate: Decimal) -> None:
    assume(order.grand_total is not None and order.grand_total / rate >= Decimal("0.05"))
    converted = convert_order(replace(order, currency="PLN"), rate)
    translation = translate(converted, OSS_SHOP)

    assert converted.grand_total == from_cents(half_up(Fraction(order.grand_total or 0) * 100 / Fraction(rate)))
    assert "TOTAL_MISMATCH" not in {issue.code for issue in translation.issues}
