"""Amazon's marketplaces in the EU; which of them a shop may choose is a setting of the operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Marketplace:
    country: str
    marketplace_id: str
    name: str


MARKETPLACES = (
    Marketplace("NL", "A1805IZSGTT6HS", "Amazon.nl"),
    Marketplace("DE", "A1PA6795UKMFR9", "Amazon.de"),
    Marketplace("BE", "AMEN7PMS3EDWL", "Amazon.com.be"),
    Marketplace("FR", "A13V1IB3VIYZZH", "Amazon.fr"),
    Marketplace("ES", "A1RKKUPIHCS9HS", "Amazon.es"),
    Marketplace("IT", "APJ6JRA9NG5V4", "Amazon.it"),
    Marketplace("SE", "A2NODRKZP88ZB9", "Amazon.se"),
    Marketplace("PL", "A1C3SOZRARQ6R3", "Amazon.pl"),
    Marketplace("IE", "A28R8C7NBKEWEA", "Amazon.ie"),
)
NAMES: Mapping[str, str] = {marketplace.marketplace_id: marketplace.name for marketplace in MARKETPLACES}
