"""The look-alike as tests, the demo and the pages use it from Python."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from webshop.sandbox.core import World
from webshop.sandbox.snelstart import models
from webshop.sandbox.snelstart.books import ADMINISTRATIONS, Books, administration_id
from webshop.sandbox.snelstart.calls import Answer, Call
from webshop.sandbox.snelstart.gate import BooksByAdministration, Gate
from webshop.sandbox.snelstart.limits import PRODUCTION, Limits, RateLimiter
from webshop.sandbox.snelstart.members import Model, amount, render
from webshop.sandbox.snelstart.seed import FOREIGN_VAT_LEDGER, seed
from webshop.sandbox.snelstart.tokens import EVERY_SCOPE

# The partner key that the sandbox accepts.
SUBSCRIPTION_KEY = "sandbox-subscription-key"
MODELS: dict[str, Model] = {
    "relaties": models.RELATIE,
    "artikelen": models.ARTIKEL,
    "artikelomzetgroepen": models.OMZETGROEP,
    "verkooporders": models.VERKOOPORDER,
    "verkoopordersjablonen": models.SJABLOON,
    "verkoopboekingen": models.VERKOOPBOEKING,
    "verkoopfacturen": models.VERKOOPFACTUUR,
    "memoriaalboekingen": models.MEMORIAALBOEKING,
    "grootboeken": models.GROOTBOEK,
    "dagboeken": models.DAGBOEK,
    "kostenplaatsen": models.KOSTENPLAATS,
}


@dataclass(frozen=True)
class Administration:
    """One SnelStart administration; `key` is its koppelsleutel."""

    id: str
    name: str
    key: str
    package: str
    foreign_vat: bool
    article_code_kind: str
    article_code_length: int
    revoked: bool
    blocked_until: date | None


@dataclass(frozen=True)
class Totals:
    """Count and sum (VAT included) of what an administration holds."""

    booking_count: int
    booking_sum: Decimal
    order_count: int
    order_sum: Decimal
    open_sum: Decimal


class SnelStart:
    """All administrations of one sandbox."""

    def __init__(
        self,
        world: World,
        *,
        limits: Limits = PRODUCTION,
        subscription_keys: frozenset[str] = frozenset({SUBSCRIPTION_KEY}),
    ) -> None:
        self.world = world
        self._books = BooksByAdministration(world)
        self._gate = Gate(world, self._books, subscription_keys, limits)

    # HTTP

    def api(self, call: Call) -> Answer:
        return self._gate.api(call)

    def token(self, call: Call) -> Answer:
        return self._gate.token(call)

    def run_due(self) -> None:
        """Carry out delayed requests that are due by the world's clock."""
        self._gate.run_due()

    @property
    def self_inflicted_429(self) -> int:
        """How many calls were refused by the real limits, not by a fault."""
        return self._gate.self_inflicted_429

    @property
    def limiter(self) -> RateLimiter:
        return self._gate.limiter

    # administrations

    def create_administration(
        self,
        *,
        name: str,
        key: str | None = None,
        article_code_kind: str = "Numeriek",
        article_code_length: int = 10,
        article_prices_exclusive: bool = True,
        foreign_vat: bool = False,
        foreign_vat_from: date = date(2021, 7, 1),
        small_business_scheme: bool = False,
        package: str = "inZicht",
        scopes: str = EVERY_SCOPE,
    ) -> Administration:
        """Make and fill an administration.

        `package` inKaart has no orders; `article_code_kind` is Numeriek or Alfanumeriek. Raise
        ValueError when the key is in use.
        """
        with self.world.store.lock:
            existing = self.world.store.all(ADMINISTRATIONS)
            if key is not None and any(settings["key"] == key for settings in existing):
                raise ValueError("the key belongs to another administration")
            identifier = administration_id(len(existing) + 1)
            settings = {
                "id": identifier,
                "name": name,
                "key": key or _new_key(identifier),
                "package": package,
                "scopes": scopes,
                "revoked": False,
                "blocked_until": None,
                "article_code_kind": article_code_kind,
                "article_code_length": article_code_length,
                "article_prices_exclusive": article_prices_exclusive,
                "foreign_vat": foreign_vat,
                "foreign_vat_from": foreign_vat_from.isoformat(),
                "foreign_vat_ledger": FOREIGN_VAT_LEDGER,
                "small_business_scheme": small_business_scheme,
            }
            self.world.store.put(ADMINISTRATIONS, identifier, settings)
            seed(self.books(identifier))
        return _administration(settings)

    def administrations(self) -> list[Administration]:
        return [_administration(settings) for settings in self.world.store.all(ADMINISTRATIONS)]

    def administration(self, administration_id: str) -> Administration:
        return _administration(self.books(administration_id).settings)

    def books(self, administration_id: str) -> Books:
        return self._books.of(administration_id)

    def revoke_key(self, key: str) -> None:
        """Withdraw a koppelsleutel; its tokens die with it."""
        for settings in self.world.store.all(ADMINISTRATIONS):
            if settings["key"] == key:
                self.world.store.put(ADMINISTRATIONS, settings["id"], {**settings, "revoked": True})

    def block_period(self, administration_id: str, until_date: date | None) -> None:
        """Refuse entries up to and including this day; None opens everything again."""
        self.books(administration_id).change_settings(
            blocked_until=None if until_date is None else until_date.isoformat()
        )

    def set_foreign_vat(self, administration_id: str, switched_on: bool) -> None:
        self.books(administration_id).change_settings(foreign_vat=switched_on)

    # documents

    def documents(self, administration_id: str, collection: str) -> list[dict[str, Any]]:
        """Return a collection as the API shows it, with amounts as Decimal."""
        model = MODELS[collection]
        return [render(model, document, Decimal) for document in self.books(administration_id).all(collection)]

    def act(self, administration_id: str, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """Do what the bookkeeper does in SnelStart itself, such as book by hand or delete a booking.

        The same rules hold, but there are no keys, limits or faults, and nothing is logged.
        """
        sent = b"" if body is None else json.dumps(body).encode()
        return self._gate.act(Call(method, path, {}, {}, sent), administration_id)

    def change_document(self, administration_id: str, collection: str, identifier: str, **changes: Any) -> None:
        """Do what a person does in SnelStart itself, such as making a relation or a ledger inactive."""
        self.books(administration_id).change(collection, identifier, **changes)

    def totals(self, administration_id: str) -> Totals:
        books = self.books(administration_id)
        bookings, orders = books.all("verkoopboekingen"), books.all("verkooporders")
        return Totals(
            booking_count=len(bookings),
            booking_sum=_sum(bookings, "factuurbedrag"),
            order_count=len(orders),
            order_sum=_sum(orders, "totaalInclusiefBtw"),
            open_sum=_sum(books.all("verkoopfacturen"), "openstaandSaldo"),
        )


def _new_key(administration_id: str) -> str:
    """Return a key as SnelStart makes them: with characters that a form must escape."""
    return base64.b64encode(hashlib.sha512(administration_id.encode()).digest()).decode()


def _sum(documents: list[dict[str, Any]], member: str) -> Decimal:
    return sum((amount(document[member]) for document in documents), Decimal(0))


def _administration(settings: dict[str, Any]) -> Administration:
    blocked_until = settings["blocked_until"]
    return Administration(
        id=settings["id"],
        name=settings["name"],
        key=settings["key"],
        package=settings["package"],
        foreign_vat=settings["foreign_vat"],
        article_code_kind=settings["article_code_kind"],
        article_code_length=settings["article_code_length"],
        revoked=settings["revoked"],
        blocked_until=None if blocked_until is None else date.fromisoformat(blocked_until),
    )
