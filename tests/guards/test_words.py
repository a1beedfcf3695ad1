"""The code speaks English; SnelStart's Dutch words are keys at its boundary and nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.guards.source import Module, product_modules

# Beginnings of the words of SnelStart's interface and of Dutch bookkeeping.
DUTCH = (
    "aantal", "adres", "artikel", "bedrag", "bestel", "betaal", "betaling", "boeking", "boekstuk", "btw", "dagboek",
    "datum", "debiteur", "eenheid", "factuur", "gebruiker", "grootboek", "inactief", "kenmerk", "klant", "koppel",
    "kortin", "kostenplaats", "lever", "memoriaal", "naam", "nummer", "omschrijving", "omzet", "prijs",
    "regel", "relatie", "rekening", "saldo", "sjabloon", "sleutel", "soort", "straat", "tarief", "verkoop", "verzend",
    "voorraad", "winkel",
)  # fmt: skip
# The clients that speak to SnelStart, the look-alike that answers, and the page that shows its books.
BOUNDARY = ("webshop.clients.snelstart", "webshop.sandbox.snelstart", "webshop.sandbox.pages")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def names_of(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for node in module.nodes():
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node, node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node, node.id
        elif isinstance(node, ast.arg):
            yield node, node.arg
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node, node.attr


def keys_of(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield the texts that are used as keys; texts for people are Dutch and that is right."""
    for node in module.nodes():
        keys: list[ast.expr | None] = []
        if isinstance(node, ast.Dict):
            keys = list(node.keys)
        elif isinstance(node, ast.Subscript):
            keys = [node.slice]
        for key in keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier():
                yield node, key.value


def is_dutch(name: str) -> bool:
    words = [word.lower() for word in WORD.findall(name)]
    return any(word.startswith(DUTCH) for word in words)


def test_names_in_the_code_are_english() -> None:
    wrong = {
        f"{module.at(node)} {name}"
        for module in product_modules()
        if not module.is_in(*BOUNDARY)
        for node, name in names_of(module)
        if is_dutch(name)
    }
    assert wrong == set()


def test_dutch_keys_stay_at_the_boundary() -> None:
    wrong = {
        f"{module.at(node)} {key!r}"
        for module in product_modules()
        if not module.is_in(*BOUNDARY)
        for node, key in keys_of(module)
        if is_dutch(key)
    }
    assert wrong == set()
