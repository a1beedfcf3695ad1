"""The article codes of sales orders: an item's own, and the codes for what is no product.

Shipping, discounts and the rest go on articles of their own, one per VAT rate, because in SnelStart
the article decides the VAT of a line. They are made when they are needed:

    VERZENDKOHOOG  VERZENDKOLAAG  VERZENDKONUL  VERZENDKOOVERIG   shipping
    KORTINGHOOG    KORTINGLAAG    KORTINGNUL    KORTINGOVERIG     discounts
    EXTRAHOOG      EXTRALAAG      EXTRANUL      EXTRAOVERIG       gift wrap, cash on delivery, tips, other

With OSS they end in the rate code of the other country instead: VERZENDKOSR, KORTINGRRL and so on.
"""

from __future__ import annotations

from collections.abc import Iterator

from webshop.domain.booking import Issue, ShopRules, VatKind
from webshop.domain.issues import issue
from webshop.domain.orders import Item, Part

RATE_CODES = ("SR", "RRH", "RRL", "SRR", "PR")
NO_VAT = "NUL"
KIND_SUFFIXES = {VatKind.HIGH: "HOOG", VatKind.LOW: "LAAG", VatKind.NONE: NO_VAT, VatKind.OTHER: "OVERIG"}

_SHIPPING, _DISCOUNT, _EXTRA = "VERZENDKO", "KORTING", "EXTRA"
_STEMS = {
    Part.SHIPPING: _SHIPPING,
    Part.SHIPPING_DISCOUNT: _DISCOUNT,
    Part.DISCOUNT: _DISCOUNT,
    Part.GIFT_WRAP: _EXTRA,
    Part.COD_FEE: _EXTRA,
    Part.OTHER: _EXTRA,
}
_DESCRIPTIONS = {_SHIPPING: "Verzendkosten", _DISCOUNT: "Korting", _EXTRA: "Extra kosten"}
EXTRA_CODES: frozenset[str] = frozenset(
    stem + suffix for stem in _DESCRIPTIONS for suffix in (*KIND_SUFFIXES.values(), *RATE_CODES)
)
"""The codes of every article that is no product: worth looking up once for an administration."""


def article_code(item: Item) -> str:
    """Give the code of an item's article: its SKU, else Amazon's own code (ASIN), else nothing."""
    return (item.sku or "").strip() or (item.asin or "").strip()


def extra_article(part: Part, suffix: str) -> tuple[str, str]:
    """Give the code and the description of the article for a part that is no product."""
    stem = _STEMS[part]
    return stem + suffix, _DESCRIPTIONS[stem]


def check_code(code: str, rules: ShopRules) -> Iterator[Issue]:
    """Find why an article cannot be made under this code with the administration's settings."""
    if not code:
        yield issue("SKU_MISSING")
        return
    if rules.is_article_code_numeric and not (code.isascii() and code.isdigit()):
        yield issue("ARTICLE_CODE_NOT_NUMERIC", sku=code[:40])
    if len(code) > rules.article_code_max_length:
        facts = {"length": str(len(code)), "longest": str(rules.article_code_max_length)}
        yield issue("ARTICLE_CODE_TOO_LONG", sku=code[:40], **facts)
