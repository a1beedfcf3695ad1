"""One administration: its documents in the store, with the indexes that keep a POST cheap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from webshop.sandbox.core import World
from webshop.sandbox.snelstart.countries import countries
from webshop.sandbox.snelstart.members import storable

Document = dict[str, Any]
LOCAL = ZoneInfo("Europe/Amsterdam")
ADMINISTRATIONS = "snelstart.administrations"
COUNTERS = "snelstart.counters"
FIRST_ORDER_NUMBER = 10_001

# collection -> members that can be looked up without reading every document
INDEXED: dict[str, tuple[str, ...]] = {
    "relaties": ("email", "relatiecode"),
    "artikelen": ("artikelcode",),
    "verkooporders": ("betalingskenmerk", "orderreferentie", "nummer"),
    "verkoopboekingen": ("factuurnummer", "boekstuk"),
    "verkoopfacturen": ("factuurnummer",),
    "memoriaalboekingen": ("boekstuk",),
    "grootboeken": ("nummer", "grootboekfunctie"),
}


def derived_id(parent: str, name: str) -> str:
    """Return an id that is the same in every run of the same scenario."""
    return str(uuid5(UUID(parent), name))


def administration_id(sequence: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"sandbox:snelstart:administration:{sequence}"))


class Books:
    """Read and write the documents of one administration."""

    def __init__(self, world: World, identifier: str) -> None:
        self.world = world
        self.id = identifier
        self._indexes: dict[tuple[str, str], dict[Any, dict[str, None]]] = {}
        self._land_codes: dict[str, str] = {}
        for collection in INDEXED:
            for document in self.all(collection):
                self._index(collection, document)

    @property
    def settings(self) -> Document:
        settings = self.world.store.get(ADMINISTRATIONS, self.id)
        if settings is None:
            raise KeyError(self.id)
        return settings

    def change_settings(self, **changes: Any) -> None:
        self.world.store.put(ADMINISTRATIONS, self.id, {**self.settings, **changes})

    # time

    def local_now(self) -> datetime:
        """Return SnelStart's time: local and without a zone."""
        return self.world.clock().astimezone(LOCAL).replace(tzinfo=None)

    def modified_on(self) -> str:
        return self.local_now().isoformat(timespec="milliseconds")

    def today(self) -> date:
        return self.local_now().date()

    # documents

    def _collection(self, collection: str) -> str:
        return f"snelstart.{self.id}.{collection}"

    def count(self, name: str, start: int) -> int:
        """Return the next number of a series."""
        counters = dict(self.world.store.get(COUNTERS, self.id) or {})
        value: int = counters.get(name, start)
        counters[name] = value + 1
        self.world.store.put(COUNTERS, self.id, counters)
        return value

    def peek(self, name: str, start: int) -> int:
        """Return the number that `count` would give next."""
        counters = self.world.store.get(COUNTERS, self.id) or {}
        return int(counters.get(name, start))

    def new_id(self, collection: str) -> str:
        return derived_id(self.id, f"{collection}:{self.count('documents', 1)}")

    def add(self, collection: str, document: Document) -> Document:
        """Store a new document with its id, uri and time of change, and return it."""
        identifier = document.get("id") or self.new_id(collection)
        stored: Document = storable(document)
        stored |= {"id": identifier, "uri": f"/{collection}/{identifier}", "modifiedOn": self.modified_on()}
        self.world.store.put(self._collection(collection), identifier, stored)
        self._index(collection, stored)
        return stored

    def change(self, collection: str, identifier: str, **changes: Any) -> Document:
        """Change members that are not indexed."""
        stored: Document = {
            **self.require(collection, identifier),
            **storable(changes),
            "modifiedOn": self.modified_on(),
        }
        self.world.store.put(self._collection(collection), identifier, stored)
        return stored

    def remove(self, collection: str, identifier: str) -> None:
        document = self.require(collection, identifier)
        for member in INDEXED.get(collection, ()):
            self._indexes.get((collection, member), {}).get(document.get(member), {}).pop(identifier, None)
        self.world.store.delete(self._collection(collection), identifier)

    def get(self, collection: str, identifier: str | None) -> Document | None:
        return None if identifier is None else self.world.store.get(self._collection(collection), identifier)

    def require(self, collection: str, identifier: str) -> Document:
        document = self.get(collection, identifier)
        if document is None:
            raise KeyError(f"{collection}/{identifier}")
        return document

    def all(self, collection: str) -> list[Document]:
        return self.world.store.all(self._collection(collection))

    def find(self, collection: str, member: str, value: Any) -> list[Document]:
        """Return the documents whose indexed member has exactly this value."""
        return [
            self.require(collection, identifier)
            for identifier in self._indexes.get((collection, member), {}).get(value, {})
        ]

    def first(self, collection: str, condition: Callable[[Document], bool]) -> Document | None:
        return next(filter(condition, self.all(collection)), None)

    def _index(self, collection: str, document: Document) -> None:
        for member in INDEXED.get(collection, ()):
            by_value = self._indexes.setdefault((collection, member), {})
            by_value.setdefault(document.get(member), {})[document["id"]] = None

    # references

    def reference(self, collection: str, identifier: str | None) -> Document | None:
        return None if identifier is None else {"id": identifier, "uri": f"/{collection}/{identifier}"}

    def land_id(self, code: str) -> str:
        return derived_id(self.id, f"landen:{code}")

    def land_code(self, identifier: str | None) -> str | None:
        """Return the two-letter code of a country by its id in this administration."""
        if not self._land_codes:
            self._land_codes = {self.land_id(code): code for code in countries()}
        return None if identifier is None else self._land_codes.get(identifier)
