"""What holds for every order there can be, not only for those somebody thought of."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.builders import (
    EU_ROWS,
    EXPORT_ROW,
    FOREIGN_RATES,
    HIGH,
    ICP_ROW,
    LOW,
    NL_HIGH,
    NL_LOW,
    OSS_ROWS,
    OSS_RULES,
    RULES,
    checked,
    make_item,
    make_order,
    make_parts,
    make_rules,
    row,
)
from webshop.domain.articles import EXTRA_CODES
from webshop.domain.booking import (
    ArticleFacts,
    Outcome,
    PostingKind,
    PriceModel,
    ShopRules,
    Translation,
    VatKind,
)
from webshop.domain.checks import check_entry, check_sales_order
from webshop.domain.issues import SEVERITIES, Severity, severity
from webshop.domain.orders import DISCOUNTS, Destination, FulfilledBy, Item, Order, Part, Status
from webshop.domain.territories import resolve_destination
from webshop.domain.translate import translate
from webshop.domain.vat import classify
from webshop.domain.vat_numbers import VatNumberCheck, VatNumberStatus

QUICK = settings(deadline=None, database=None, max_examples=100)
READY = {Outcome.READY, Outcome.READY_WITH_WARNING}

cents = st.integers(0, 50_000).map(lambda amount: Decimal(amount).scaleb(-2))
rates = st.sampled_from([Decimal(21), Decimal(9)])


@st.composite
def sound_items(draw: st.DrawFn) -> Item:
    """Draw a line whose parts add up, stated with VAT or with the VAT beside them."""
    amounts = draw(st.dictionaries(st.sampled_from(list(Part)), cents, min_size=1))
    taxes = draw(st.one_of(st.just({}), st.fixed_dictionaries(dict.fromkeys(amounts, cents))))

    def total(parts: dict[Part, Decimal]) -> Decimal:
        return sum((-amount if part in DISCOUNTS else amount for part, amount in parts.items()), Decimal(0))

    return make_item(
        item_id=str(draw(st.integers(1, 10**9))),
        sku=draw(st.sampled_from(["HIGH", "LOW"])),
        quantity=draw(st.integers(1, 40)),
        amounts=amounts,
        taxes=taxes,
        tax_total=total(taxes),
        total=total(amounts) + total(taxes),
    )


@st.composite
def sound_orders(draw: st.DrawFn) -> Order:
    items = draw(st.lists(sound_items(), min_size=1, max_size=6))
    return make_order(
        *items,
        delivery_tip=draw(st.sampled_from([Decimal(0), Decimal("1.50")])),
        destination=resolve_destination(draw(st.sampled_from(["NL", "DE", "MC"])), "10115"),
        payment_method=draw(st.text(max_size=300)),
    )


@st.composite
def priced_orders(draw: st.DrawFn) -> Order:
    """Draw an order of which Amazon states no VAT: only its parts and their sum matter."""
    parts = st.dictionaries(st.sampled_from(list(Part)), cents, min_size=1)
    items = [
        make_parts(draw(parts.map(lambda amounts: {part: str(amount) for part, amount in amounts.items()})), **line)
        for line in draw(
            st.lists(st.fixed_dictionaries({"sku": st.sampled_from(["HIGH", "LOW"])}), min_size=1, max_size=6)
        )
    ]
    return make_order(*items)


shops = st.builds(
    make_rules,
    is_line_per_item=st.booleans(),
    vat_source=st.sampled_from(["calculated", "amazon"]),
    is_vcs_active=st.booleans(),
    sku_rates=st.just({"HIGH": Decimal(21), "LOW": Decimal(9)}),
)
SKU_RULES = make_rules(sku_rates={"HIGH": Decimal(21), "LOW": Decimal(9)})

amounts_of_any_kind = st.one_of(st.none(), st.decimals(), st.integers(-10, 10**12).map(Decimal), cents)
any_items = st.builds(
    Item,
    item_id=st.text(max_size=8),
    sku=st.one_of(st.none(), st.text(max_size=50)),
    asin=st.one_of(st.none(), st.text(max_size=8)),
    title=st.text(max_size=20),
    quantity=st.integers(-2, 2**40),
    amounts=st.dictionaries(st.sampled_from(list(Part)), amounts_of_any_kind.filter(lambda one: one is not None)),
    taxes=st.dictionaries(st.sampled_from(list(Part)), amounts_of_any_kind.filter(lambda one: one is not None)),
    tax_total=amounts_of_any_kind.filter(lambda one: one is not None),
    total=amounts_of_any_kind,
    collected_by_amazon=st.booleans(),
    reporting_scheme=st.sampled_from([None, "UOSS", "IOSS", "NEW"]),
)
any_destinations = st.builds(
    resolve_destination,
    st.one_of(st.none(), st.sampled_from(["NL", "DE", "ES", "GB", "US", "IC", "XX"]), st.text(max_size=3)),
    st.one_of(st.none(), st.sampled_from(["35001", "BT1 1AA"]), st.text(max_size=9)),
)
known_destinations = st.sampled_from(
    [
        ("NL", "1012 AB"),
        ("DE", "10115"),
        ("DE", "78266"),
        ("ES", "35001"),
        ("ES", "28001"),
        ("FI", "22100"),
        ("FR", "97110"),
        ("IT", "23041"),
        ("PT", "9500-123"),
        ("AT", "6691"),
        ("GB", "SW1A 1AA"),
        ("GB", "BT1 1AA"),
        ("GB", "IM1 1AA"),
        ("GB", "BFPO57"),
        ("MC", "98000"),
        ("US", "10001"),
    ]
).map(lambda place: resolve_destination(*place))
any_articles = st.dictionaries(
    st.one_of(st.sampled_from(["HIGH", "LOW", *sorted(EXTRA_CODES)]), st.text(max_size=8)),
    st.builds(
        ArticleFacts,
        st.just("id"),
        st.sampled_from(VatKind),
        st.sampled_from([None, Decimal(21), Decimal(9), Decimal(0)]),
        st.booleans(),
    ),
    max_size=4,
)
any_orders = st.builds(
    Order,
    amazon_order_id=st.one_of(st.text(max_size=30), st.just("305-1234567-1234567")),
    marketplace_id=st.sampled_from([RULES.marketplace_id, ""]),
    is_amazon_sale=st.booleans(),
    purchased_at=st.one_of(st.datetimes(), st.datetimes(timezones=st.just(UTC))),
    status=st.sampled_from(Status),
    fulfilled_by=st.sampled_from(FulfilledBy),
    currency=st.sampled_from(["EUR", "PLN", None]),
    grand_total=amounts_of_any_kind,
    items=st.lists(st.one_of(any_items, sound_items()), max_size=3).map(tuple),
    destination=any_destinations,
    delivery_tip=amounts_of_any_kind.filter(lambda one: one is not None),
    is_business=st.booleans(),
    is_invoiced_by_amazon=st.booleans(),
    has_buyer_email=st.booleans(),
    buyer_vat_number=st.one_of(st.none(), st.text(max_size=20), st.just("DE136695976")),
    vat_number_check=st.one_of(
        st.none(),
        st.builds(
            VatNumberCheck, st.sampled_from(["DE", "NL", "XI", ""]), st.sampled_from(VatNumberStatus), st.just("DE*")
        ),
    ),
    shared_amounts=st.one_of(
        st.just({}),
        st.dictionaries(
            st.sampled_from(list(Part)), amounts_of_any_kind.filter(lambda one: one is not None), max_size=2
        ),
    ),
    ship_from_country=st.sampled_from([None, "NL", "DE", "??"]),
    payment_method=st.one_of(st.none(), st.text()),
    problems=st.lists(st.text(max_size=80), max_size=2).map(tuple),
)
any_shops = st.builds(
    make_rules,
    statuses=st.sets(st.sampled_from(Status)).map(frozenset),
    fba_dispatch_country=st.sampled_from([None, "NL", "DE"]),
    is_oss_registered=st.booleans(),
    vat_source=st.sampled_from(["calculated", "amazon"]),
    is_vcs_active=st.booleans(),
    mapping=st.lists(
        st.sampled_from([NL_HIGH, NL_LOW, *EU_ROWS, *OSS_ROWS, ICP_ROW, EXPORT_ROW, row("0", VatKind.NONE), row("21")]),
        max_size=9,
    ).map(tuple),
    ledgers=st.sampled_from([RULES.ledgers, {}, {"high": replace(HIGH, is_active=False), "low": LOW}]),
    foreign_rates=st.sampled_from([(), FOREIGN_RATES]),
    foreign_vat_ledger_id=st.sampled_from([None, "foreign-vat"]),
    cost_centre_ids=st.sampled_from([None, frozenset({"1"})]),
    sku_country_rates=st.sampled_from([{}, {("HIGH", "DE"): Decimal(7)}]),
    posting_kind=st.sampled_from(PostingKind),
    price_model=st.sampled_from(PriceModel),
    articles=any_articles,
    is_article_code_numeric=st.booleans(),
    article_code_max_length=st.sampled_from([4, 10, 25]),
    is_foreign_vat_invoiced=st.booleans(),
    is_small_business_scheme=st.booleans(),
    is_collective_debtor_used=st.booleans(),
    start_on=st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2030, 1, 1))),
)


@settings(QUICK, max_examples=300)
@given(any_orders, any_shops)
def test_every_order_ends_in_exactly_one_outcome(order: Order, rules: ShopRules) -> None:
    translation = translate(order, rules)

    worst = {severity(issue) for issue in translation.issues}
    built = [one for one in (translation.entry, translation.sales_order) if one is not None]
    assert len(built) == (translation.outcome in READY)
    assert (translation.sales_order is None) or rules.posting_kind is PostingKind.SALES_ORDER
    assert (translation.outcome is Outcome.READY) == (not translation.issues)
    assert (translation.outcome is Outcome.BLOCKED) == (Severity.BLOCKS in worst)
    assert {issue.code for issue in translation.issues} <= SEVERITIES.keys()
    if translation.entry is not None:
        check_entry(translation.entry)
    if translation.sales_order is not None:
        check_sales_order(translation.sales_order)


@QUICK
@given(sound_orders(), shops)
def test_lines_and_vat_are_the_total_of_amazon(order: Order, rules: ShopRules) -> None:
    translation = translate(order, rules)

    assert "TOTAL_MISMATCH" not in {issue.code for issue in translation.issues}
    for group in translation.groups:
        assert group.net + group.vat == group.gross
    if translation.entry is None:
        return
    entry = translation.entry
    parts = [line.amount_excl_vat for line in entry.lines] + [line.amount for line in entry.vat]
    assert sum(parts) == entry.total_incl_vat == order.grand_total
    assert sum(group.gross for group in translation.groups) == order.grand_total
    assert len({line.kind for line in entry.vat}) == len(entry.vat)


@QUICK
@given(priced_orders())
def test_calculated_vat_is_at_most_half_a_cent_off(order: Order) -> None:
    for group in translate(order, SKU_RULES).groups:
        exact = Fraction(group.gross) * Fraction(group.percentage) / (100 + Fraction(group.percentage))
        assert abs(Fraction(group.vat) - exact) <= Fraction(1, 200)


@QUICK
@given(st.lists(st.tuples(st.integers(1, 50_000), rates), min_size=1, max_size=8))
def test_a_line_per_item_is_less_than_a_cent_off(lines: list[tuple[int, Decimal]]) -> None:
    items = [
        make_item(
            str(Decimal(gross).scaleb(-2)), item_id=str(number), sku="HIGH" if rate == 21 else "LOW", title=str(number)
        )
        for number, (gross, rate) in enumerate(lines)
    ]

    entry = translate(make_order(*items), replace(SKU_RULES, is_line_per_item=True)).entry

    assert entry is not None
    for line in entry.lines:
        gross, rate = lines[int(line.description.removeprefix("1 x "))]
        exact = Fraction(gross) / (100 + Fraction(rate))
        assert abs(Fraction(line.amount_excl_vat) - exact) < Fraction(1, 100)


@QUICK
@given(sound_orders(), shops)
def test_the_same_order_gives_the_same_booking_to_the_byte(order: Order, rules: ShopRules) -> None:
    shuffled = [replace(item, amounts=dict(reversed(list(item.amounts.items())))) for item in order.items]

    assert repr(translate(order, rules)) == repr(translate(replace(order, items=tuple(shuffled)), rules))


@QUICK
@given(any_orders, any_shops)
def test_what_has_no_meaning_for_vat_changes_nothing(order: Order, rules: ShopRules) -> None:
    sound = make_order(destination=order.destination, fulfilled_by=order.fulfilled_by, is_business=order.is_business)
    other = replace(sound, has_buyer_email=not sound.has_buyer_email, payment_method="x", amazon_order_id="1")

    assert classify(sound, rules) == classify(other, rules)


@settings(QUICK, max_examples=200)
@given(
    known_destinations,
    st.sampled_from([None, "NL", "DE"]),
    st.sampled_from([None, "DE136695976", "XI366303068"]),
    st.booleans(),
    st.sampled_from([RULES, OSS_RULES, make_rules(is_small_business_scheme=True)]),
    st.sampled_from(PostingKind),
)
def test_less_knowledge_never_lets_an_order_out_with_less_vat(
    destination: Destination,
    departure: str | None,
    number: str | None,
    is_collected: bool,
    rules: ShopRules,
    kind: PostingKind,
) -> None:
    shop = replace(rules, posting_kind=kind)
    item = make_item("24.99", tax="4.17", collected_by_amazon=True) if is_collected else make_item()
    buyer = checked(number) if number else {}
    order = make_order(item, destination=destination, ship_from_country=departure, **buyer)
    less_known = [
        replace(order, destination=unlocated(destination)),
        replace(order, destination=Destination(None)),
        replace(order, ship_from_country=None),
        replace(order, vat_number_check=None),
        replace(order, buyer_vat_number=None, vat_number_check=None),
    ]
    known = translate(order, shop)
    for one in less_known:
        translation = translate(one, shop)
        if translation.outcome in READY and known.outcome not in READY:
            assert charged(translation) >= charged(known)


def unlocated(destination: Destination) -> Destination:
    """Take the postal code off an address, and with it what it said about the place."""
    return resolve_destination(destination.country)


def charged(translation: Translation) -> Decimal:
    return sum((group.vat for group in translation.groups), Decimal(0))


@QUICK
@given(sound_orders(), shops)
def test_no_float_comes_out(order: Order, rules: ShopRules) -> None:
    def walk(value: Any) -> None:
        assert not isinstance(value, float)
        if is_dataclass(value):
            for field in fields(value):
                walk(getattr(value, field.name))
        elif isinstance(value, tuple):
            for one in value:
                walk(one)
        elif isinstance(value, Decimal):
            assert value.is_finite()

    walk(translate(order, rules))


@QUICK
@given(sound_orders(), st.text(max_size=400))
def test_texts_fit_in_snelstart_whatever_amazon_sends(order: Order, text: str) -> None:
    named = replace(order, payment_method=text, items=tuple(replace(item, title=text) for item in order.items))

    entry = translate(named, replace(SKU_RULES, is_line_per_item=True)).entry

    if entry is not None:
        for described in (entry.description, *(line.description for line in entry.lines)):
            assert 0 < len(described) <= 250
            assert described.isprintable()
            described.encode()


@QUICK
@given(st.integers(1, 28), st.booleans())
def test_a_percentage_ends_the_day_before_its_successor_starts(day: int, is_after: bool) -> None:
    changed_on = date(2026, 5, day)
    rules = make_rules(
        mapping=(row("21"), row("21", ledger=replace(HIGH, ledger_id="new"), valid_from=changed_on)),
        ledgers={**RULES.ledgers, "new": replace(HIGH, ledger_id="new")},
    )
    at = datetime(2026, 5, day, 12, tzinfo=UTC)
    at = at if is_after else at.replace(month=4)

    entry = translate(make_order(purchased_at=at), rules).entry

    assert entry is not None
    assert entry.lines[0].ledger_id == ("new" if is_after else "high")


def test_every_word_of_the_vocabulary_is_text() -> None:
    for kind in (Outcome, Severity, Part, Status):
        assert all(isinstance(word, str) and isinstance(word, Enum) for word in kind)
