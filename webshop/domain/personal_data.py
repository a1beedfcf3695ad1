"""Find data of buyers in words that people or SnelStart wrote, and take it out."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

HIDDEN = "…"
_EMAIL = re.compile(r"[^\s@<>,;“”\"']+@[^\s@<>,;“”\"']+")
# Dutch and British postal codes, and a country's or a town's name with the four or five digits of the others.
_POSTAL_CODES = (
    re.compile(r"\b\d{4} ?[A-Za-z]{2}\b"),
    re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"),
    re.compile(r"\b[A-Z]{1,2}-\d{4,5}\b"),
    re.compile(r"\b\d{4,5} (?=[A-Z][a-zß-ÿ]{2})"),
)
_SHORTEST_KNOWN = 3
"""A known word that is shorter says nothing about anybody, and would be found everywhere."""


def mask(text: str, known: Collection[str] = ()) -> str:
    """Return a text without e-mail addresses, postal codes and the `known` words of one buyer."""
    text = mask_known(_EMAIL.sub(HIDDEN, text), known)
    for pattern in _POSTAL_CODES:
        text = pattern.sub(HIDDEN, text)
    return text


def mask_known(text: str, known: Collection[str]) -> str:
    """Return a text without these words, whatever their case and spaces."""
    for word in sorted(known, key=len, reverse=True):
        letters = [re.escape(letter) for letter in word if not letter.isspace()]
        if len(letters) >= _SHORTEST_KNOWN:
            text = re.sub(r"(?<!\w)" + r"\s?".join(letters) + r"(?!\w)", HIDDEN, text, flags=re.IGNORECASE)
    return text


def mask_facts(facts: Any, known: Collection[str] = ()) -> Any:
    """Return facts (texts, lists and mappings of them) without e-mail addresses and the `known` words.

    Codes, titles and numbers stay as they are: a postal code that nobody knows cannot be told from them.
    """
    if isinstance(facts, str):
        return mask_known(_EMAIL.sub(HIDDEN, facts), known)
    if isinstance(facts, dict):
        return {name: mask_facts(value, known) for name, value in facts.items()}
    return [mask_facts(value, known) for value in facts] if isinstance(facts, list) else facts
