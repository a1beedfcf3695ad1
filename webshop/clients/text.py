"""Text from outside, made safe to store, compare and show."""

from __future__ import annotations

import re

# Control characters, lone surrogates and the characters that turn the direction of a line around.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufeff]"
)
_SPACES = re.compile(r"\s+")
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+")
_EMAIL_IN_TEXT = re.compile(r"\S+@\S+")
_POSTAL_CODE_IN_TEXT = re.compile(r"\b[0-9]{4} ?[A-Za-z]{2}\b")

EMAIL_LIMIT = 250
_VENDOR_TEXT_LIMIT = 300


def clean_text(text: str, limit: int) -> str:
    """Return the text on one line, without invisible characters, cut at `limit` code points."""
    text = text[: limit * 4]
    if not text.isprintable():
        text = _SPACES.sub(" ", _UNWANTED.sub("", text))
    return text.strip()[:limit].rstrip()


def normalise_email(text: str) -> str | None:
    """Return the address trimmed and in lower case, None when it has not the shape of one."""
    text = text.strip().lower()
    if len(text) > EMAIL_LIMIT or not _EMAIL.fullmatch(text):
        return None
    return text


def scrub_vendor_text(text: str) -> str:
    """Return a vendor's message without what could be personal in it."""
    text = clean_text(text, _VENDOR_TEXT_LIMIT)
    return _POSTAL_CODE_IN_TEXT.sub("[…]", _EMAIL_IN_TEXT.sub("[…]", text))
