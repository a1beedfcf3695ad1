"""What we predict of a sales order's total is what the look-alike of SnelStart, written apart from it, makes of it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from webshop.domain.booking import PriceModel, SalesOrderLine
from webshop.domain.money import from_cents
from webshop.domain.sales_orders import predict_totals
from webshop.sandbox.snelstart.order_totals import line_total, order_totals

PERCENTAGES = [Decimal(text) for text in ("0", "9", "21", "19", "25.5", "13.5", "5.5", "4.8")]


@st.composite
def lines(draw: st.DrawFn) -> SalesOrderLine:
    quantity = draw(st.integers(-999, 999).filter(bool))
    return SalesOrderLine(
        "CODE", "", quantity, from_cents(draw(st.integers(0, 10**7))), draw(st.sampled_from(PERCENTAGES))
    )


@settings(deadline=None, database=None, max_examples=300)
@given(st.lists(lines(), min_size=1, max_size=8), st.sampled_from(PriceModel))
def test_the_predicted_total_is_the_one_snelstart_makes(order: list[SalesOrderLine], model: PriceModel) -> None:
    by_rate: dict[Decimal, Decimal] = {}
    for line in order:
        sent = {"totaal": None, "kortingsPercentage": None, "stuksprijs": line.unit_price, "aantal": line.quantity}
        by_rate[line.percentage] = by_rate.get(line.percentage, Decimal(0)) + line_total(sent)
    _, inclusive = order_totals(by_rate, inclusive=model is PriceModel.INCLUSIVE, discount=Decimal(0))
    assert from_cents(sum(predict_totals(order, model).values())) == inclusive
