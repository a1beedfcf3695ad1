"""How long the pure core takes: `python -m tests.bench.bench_translate`."""

from __future__ import annotations

from time import perf_counter

from tests.domain.builders import RULES, make_item, make_order
from webshop.domain.translate import translate

ORDERS = 1_000


def main() -> None:
    """Translate 1,000 orders of two lines and print the time of each."""
    orders = [
        make_order(make_item(), make_item("12.95", item_id="2"), amazon_order_id=f"305-1234567-{number:07}")
        for number in range(ORDERS)
    ]
    started = perf_counter()
    ready = sum(translate(order, RULES).is_ready for order in orders)
    elapsed = perf_counter() - started
    print(f"{ready} of {ORDERS} orders translated in {elapsed:.3f} s: {elapsed / ORDERS * 1e6:.0f} µs per order")


if __name__ == "__main__":
    main()
