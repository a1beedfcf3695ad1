"""The marketplaces the look-alike knows, with what the Sellers API tells about each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Marketplace:
    country: str
    id: str
    name: str
    domain: str
    language: str
    currency: str
    order_prefixes: tuple[str, ...]


_ALL = (
    Marketplace("NL", "A1805IZSGTT6HS", "Amazon.nl", "www.amazon.nl", "nl_NL", "EUR", ("404", "405", "406")),
    Marketplace("DE", "A1PA6795UKMFR9", "Amazon.de", "www.amazon.de", "de_DE", "EUR", ("302", "303", "304", "306")),
    Marketplace("BE", "AMEN7PMS3EDWL", "Amazon.com.be", "www.amazon.com.be", "fr_BE", "EUR", ("408",)),
    Marketplace("FR", "A13V1IB3VIYZZH", "Amazon.fr", "www.amazon.fr", "fr_FR", "EUR", ("402", "403")),
    Marketplace("SE", "A2NODRKZP88ZB9", "Amazon.se", "www.amazon.se", "sv_SE", "SEK", ("407",)),
)

BY_COUNTRY: dict[str, Marketplace] = {marketplace.country: marketplace for marketplace in _ALL}
