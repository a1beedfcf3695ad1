"""How long the pure core takes: `python -m tests.bench.bench_translate`."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Any

from tests.domain.builders import OSS_RULES, RULES, make_item, make_order
from webshop.domain.booking import PostingKind, ShopRules
from webshop.domain.translate import translate

ORDERS = 1_000
BERLIN = {"to": "DE", "postal_code": "10115"}
CASES: tuple[tuple[str, ShopRules, dict[str, Any]], ...] = (
    ("sales entries, domestic", RULES, {}),
    ("sales entries, OSS", OSS_RULES, BERLIN),
    ("sales orders, domestic", replace(RULES, posting_kind=PostingKind.SALES_ORDER), {}),
    ("sales orders, OSS", replace(OSS_RULES, posting_kind=PostingKind.SALES_ORDER), BERLIN),
)


def main() -> None:
    """Translate 1,000 orders of two lines of each kind and print the time of each."""
    for name, rules, place in CASES:
        orders = [
            make_order(
                make_item(), make_item("12.95", item_id="2"), amazon_order_id=f"305-1234567-{number:07}", **place
            )
            for number in range(ORDERS)
        ]
        started = perf_counter()
        ready = sum(translate(order, rules).is_ready for order in orders)
        elapsed = perf_counter() - started
        print(f"{name}: {ready} of {ORDERS} ready in {elapsed:.3f} s, {elapsed / ORDERS * 1e6:.0f} µs per order")


if __name__ == "__main__":
    main()
