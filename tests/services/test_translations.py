"""Whoever reads English or German reads all of it, with the same facts as in Dutch."""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel, force_locale

from webshop.domain.booking import Issue
from webshop.services import issue_texts
from webshop.services.issue_catalogue import TEXTS, describe

TEXTS_DIRECTORY = Path(issue_texts.__file__ or "").parent
TRANSLATIONS = TEXTS_DIRECTORY.parents[1] / "translations"
LANGUAGES = ("en", "de")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%.")


def sources() -> set[str]:
    """Give every Dutch text of the catalogue."""
    found = extract_from_dir(TEXTS_DIRECTORY, [("**.py", "python")], keywords={"_": None})
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def catalogue(language: str) -> Catalog:
    path = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_in_dutch(language: str) -> None:
    messages = catalogue(language)
    missing = [text for text in sources() if not (found := messages.get(text)) or not found.string or found.fuzzy]

    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_names_the_same_facts(language: str) -> None:
    messages = catalogue(language)
    different = {
        text: translated.string
        for text in sources()
        if (translated := messages.get(text))
        and Counter(PLACEHOLDER.findall(text)) != Counter(PLACEHOLDER.findall(str(translated.string)))
    }

    assert different == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    compiled = read_mo(io.BytesIO((TRANSLATIONS / language / "LC_MESSAGES" / "messages.mo").read_bytes()))
    written = {message.id: message.string for message in catalogue(language) if message.id and message.string}

    assert {message.id: message.string for message in compiled if message.id} == written


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_a_reason_is_told_in_the_language_of_the_reader(code: str) -> None:
    app = Flask("webshop")
    Babel(app)
    texts = {}
    for language in ("nl", *LANGUAGES):
        with app.test_request_context(), force_locale(language):
            texts[language] = describe(Issue(code))

    for heading in ("title", "meaning", "cause", "solution", "contact"):
        assert len({getattr(text, heading) for text in texts.values()}) == 3
    assert max(len(text.title) for text in texts.values()) <= 70
