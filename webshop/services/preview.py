"""Show exactly what will be sent for an order, and what was sent for a posted one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from webshop.clients.snelstart.payloads import sales_entry_payload, sales_order_payload
from webshop.domain.articles import EXTRA_CODES, article_code
from webshop.domain.booking import ArticleFacts, PostingKind, Translation, VatKind
from webshop.extensions import db
from webshop.models import ArticleLink, Order, Posting, Purpose, Remote, Shop
from webshop.services.connections import find_connection
from webshop.services.mapping import Rulebook, load_rulebook
from webshop.services.translation import order_of, translate_row

PLACEHOLDER = "00000000-0000-0000-0000-000000000000"
"""Stands for the customer or an article that is found or made at the moment of posting."""


@dataclass(frozen=True)
class Change:
    """A member of the document that is not what it was when it was sent; None where there is none."""

    name: str
    was: Any
    now: Any


@dataclass(frozen=True)
class Preview:
    """What an order becomes; `translation` is None while SnelStart is not connected."""

    translation: Translation | None
    payload: Mapping[str, Any] | None
    """As it will be sent; None when the order cannot be posted as things stand."""
    posting: Posting | None
    """What was or is being sent, when there was ever a claim."""

    @property
    def difference(self) -> Decimal | None:
        """What SnelStart will make of it minus the order's total: 0.00, or something is very wrong."""
        if self.translation is None:
            return None
        if self.translation.sales_order is not None:
            return self.translation.sales_order.predicted_incl_vat - self.translation.sales_order.total_incl_vat
        entry = self.translation.entry
        if entry is None:
            return None
        booked = sum((line.amount_excl_vat for line in entry.lines), Decimal(0))
        booked += sum((line.amount for line in entry.vat), Decimal(0))
        return booked - entry.total_incl_vat

    @property
    def changes(self) -> tuple[Change, ...]:
        """What would be sent now and was not sent so, for example after a changed mapping."""
        if self.payload is None or self.posting is None:
            return ()
        was = _members(self.posting.payload)
        now = _members(json.loads(json.dumps(self.payload, default=str)))
        pairs = [Change(name, was.get(name), now.get(name)) for name in dict.fromkeys([*was, *now])]
        return tuple(pair for pair in pairs if pair.was != pair.now and pair.now != PLACEHOLDER)


def _members(node: Any, name: str = "") -> dict[str, Any]:
    """Return every value of a document by where it stands, such as boekingsregels[0].bedrag."""
    if isinstance(node, Mapping):
        inner = [(f"{name}.{key}" if name else str(key), value) for key, value in node.items()]
    elif isinstance(node, list):
        inner = [(f"{name}[{number}]", value) for number, value in enumerate(node)]
    else:
        return {name: node}
    return {place: value for path, one in inner for place, value in _members(one, path).items()}


def preview_order(order: Order) -> Preview:
    """Translate the order as the next run would, without sending anything."""
    posting = db.session.scalars(
        select(Posting).where(Posting.order_id == order.id, Posting.purpose == Purpose.SALE.value)
    ).first()
    connection = find_connection(order.shop_id, Remote.SNELSTART)
    if connection is None or not order.content:
        return Preview(None, None, posting)
    rulebook = load_rulebook(db.session.get_one(Shop, order.shop_id), connection.account_id)
    return _preview(order, posting, rulebook, remembered_articles([order], connection.account_id))


def preview_orders(
    orders: Sequence[tuple[Order, Posting | None]], rulebook: Rulebook, administration_id: str
) -> list[Preview]:
    """Translate several orders, however many with the same few questions to the database."""
    has_articles = rulebook.rules.posting_kind is PostingKind.SALES_ORDER
    readable = [order for order, _posting in orders if order.content]
    facts = remembered_articles(readable, administration_id) if has_articles and readable else {}
    return [
        _preview(order, posting, rulebook, facts) if order.content else Preview(None, None, posting)
        for order, posting in orders
    ]


def _preview(order: Order, posting: Posting | None, rulebook: Rulebook, facts: Mapping[str, ArticleFacts]) -> Preview:
    translation = translate_row(order, replace(rulebook.rules, articles=facts))
    return preview_of(translation, posting, facts)


def preview_of(translation: Translation, posting: Posting | None, facts: Mapping[str, ArticleFacts]) -> Preview:
    """Return what a translation becomes, beside what was sent before."""
    customer_id = (posting.customer_id if posting else None) or PLACEHOLDER
    return Preview(translation, _payload(translation, customer_id, facts), posting)


def _payload(translation: Translation, customer_id: str, facts: Mapping[str, ArticleFacts]) -> dict[str, Any] | None:
    if translation.entry is not None:
        return sales_entry_payload(translation.entry, customer_id=customer_id)
    if translation.sales_order is not None:
        ids = {line.article_code: PLACEHOLDER for line in translation.sales_order.lines}
        ids |= {code: article.article_id for code, article in facts.items()}
        return sales_order_payload(translation.sales_order, customer_id=customer_id, article_ids=ids)
    return None


def remembered_articles(orders: Iterable[Order], administration_id: str) -> dict[str, ArticleFacts]:
    """Return what is known of the orders' articles without asking SnelStart."""
    codes = {article_code(item) for order in orders for item in order_of(order).items} | EXTRA_CODES
    links = db.session.scalars(
        select(ArticleLink).where(ArticleLink.administration_id == administration_id, ArticleLink.code.in_(codes))
    )
    return {
        link.code: ArticleFacts(link.article_id, VatKind(link.revenue_kind), link.percentage, link.is_active)
        for link in links
    }
