"""Make orders up: plausible, and always the same for the same seed, seller and number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from webshop.sandbox.amazon.catalogue import ARTICLES, COMPANIES, FIRST_NAMES, LAST_NAMES, PLACES
from webshop.sandbox.amazon.documents import ZERO, Buyer, Line, OrderFacts, build_document
from webshop.sandbox.amazon.lifecycle import StoredOrder
from webshop.sandbox.amazon.marketplaces import Marketplace
from webshop.sandbox.amazon.timestamps import round_to_milliseconds

_DOMAINS = {"NL": "amazon.nl", "DE": "amazon.de", "BE": "amazon.com.be", "FR": "amazon.fr", "SE": "amazon.se"}
_ABROAD = {"NL": ("BE", "BE", "DE", "FR"), "DE": ("AT", "AT", "FR", "NL"), "BE": ("NL", "FR"), "FR": ("BE",)}
_BUYERS = 5000
_REGULARS = 60


@dataclass(frozen=True)
class Stream:
    """Where an order comes from: the sandbox's seed, the seller and its place in the series."""

    seed: int
    seller_id: str
    name: str

    def random(self, index: int) -> Random:
        return Random(f"{self.seed}/{self.seller_id}/{self.name}/{index}")  # noqa: S311 - repeatable on purpose


def generate_order(
    stream: Stream, index: int, marketplace: Marketplace, created_at: datetime, *, tax_calculated: bool = False
) -> StoredOrder:
    random = stream.random(index)
    created_at = round_to_milliseconds(created_at)
    buyer = _buyer(stream, random, marketplace)
    amazon_ships = random.random() < 0.25
    facts = OrderFacts(
        order_id=_order_id(random, marketplace),
        marketplace=marketplace,
        created_at=created_at,
        buyer=buyer,
        lines=_lines(random),
        fulfilled_by="AMAZON" if amazon_ships else "MERCHANT",
        prime=amazon_ships or random.random() < 0.1,
        tax_calculated=tax_calculated,
        replaces=_order_id(random, marketplace) if random.random() < 0.012 else None,
        payment_method=random.choice(("CreditCard", "CreditCard", "DirectDebit", "Invoice")),
    )
    return StoredOrder(build_document(facts), _steps(random, facts))


def _order_id(random: Random, marketplace: Marketplace) -> str:
    prefix = random.choice(marketplace.order_prefixes)
    return f"{prefix}-{random.randrange(10**7):07d}-{random.randrange(10**7):07d}"


def _buyer(stream: Stream, random: Random, marketplace: Marketplace) -> Buyer:
    """Pick one of the seller's buyers; a few regulars come back often."""
    regular = random.random() < 0.15
    number = random.randrange(_REGULARS) if regular else random.randrange(_BUYERS)
    traits = Random(f"{stream.seed}/{stream.seller_id}/{marketplace.country}/buyer/{number}")  # noqa: S311
    country = marketplace.country
    if country not in PLACES or traits.random() < 0.06:
        country = traits.choice(_ABROAD.get(marketplace.country, ("NL",)))
    postal_code, city = traits.choice(PLACES[country])
    token = "".join(traits.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=15))
    return Buyer(
        name=f"{traits.choice(FIRST_NAMES)} {traits.choice(LAST_NAMES)}",
        email=f"{token}@marketplace.{_DOMAINS[marketplace.country]}",
        country=country,
        postal_code=postal_code,
        city=city,
        company=traits.choice(COMPANIES) if traits.random() < 0.08 else None,
    )


def _lines(random: Random) -> tuple[Line, ...]:
    count = random.choices((1, 2, 3, 4), weights=(72, 18, 7, 3))[0]
    return tuple(_line(random, index) for index in random.sample(range(len(ARTICLES)), count))


def _line(random: Random, index: int) -> Line:
    article = ARTICLES[index]
    quantity = random.choices((1, 2, 3, 5), weights=(80, 13, 5, 2))[0]
    item_price = article.price * quantity
    shipping = Decimal(random.choice(("2.99", "3.95", "4.99"))) if random.random() < 0.3 else ZERO
    wrapped = random.random() < 0.05
    return Line(
        article=article,
        quantity=quantity,
        shipping=shipping,
        gift_wrap=Decimal("3.50") if wrapped else ZERO,
        item_discount=(item_price / 10).quantize(Decimal("0.01")) if random.random() < 0.12 else ZERO,
        shipping_discount=shipping if random.random() < 0.25 else ZERO,
        gift_message="Van harte gefeliciteerd!" if wrapped else None,
    )


def _steps(random: Random, facts: OrderFacts) -> list[tuple[datetime, str]]:
    """Pending for about half an hour, shipped about a day later; a few are cancelled on the way."""
    paid_at = facts.created_at + timedelta(seconds=random.randrange(20 * 60, 45 * 60))
    shipped_at = facts.created_at + timedelta(seconds=random.randrange(18 * 3600, 30 * 3600))
    fate = random.random()
    if fate < 0.03:
        return [(facts.created_at, "PENDING"), (paid_at, "CANCELLED")]
    steps = [(facts.created_at, "PENDING"), (paid_at, "UNSHIPPED")]
    if fate < 0.045:
        return [*steps, (paid_at + timedelta(hours=4), "CANCELLED")]
    if len(facts.lines) > 1 and random.random() < 0.3:
        steps.append((shipped_at - timedelta(hours=5), "PARTIALLY_SHIPPED"))
    steps.append((shipped_at, "SHIPPED"))
    if random.random() < 0.1:
        # Amazon touches an order without any change that matters to us
        steps.append((shipped_at + timedelta(hours=30), "SHIPPED"))
    return steps
