"""Whoever reads English or German reads all of it, with the same facts as in Dutch."""

from __future__ import annotations

import io
import re
import tomllib
from collections import Counter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel, force_locale

from webshop.domain.booking import Issue
from webshop.services.issue_catalogue import TEXTS, describe
from webshop.settings import PROJECT_ROOT

TRANSLATIONS = PROJECT_ROOT / "webshop" / "translations"
LANGUAGES = ("en", "de")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%.")


def sources() -> set[tuple[str, ...]]:
    """Give every Dutch text of the product: of its code and of its templates."""
    with (PROJECT_ROOT / "pyproject.toml").open("rb") as file:
        mappings = tomllib.load(file)["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    found = extract_from_dir(PROJECT_ROOT, methods)
    return {forms(message) for _, _, message, _, _ in found}


def forms(message: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Give a text in singular and plural, or as it is."""
    return (message or "",) if message is None or isinstance(message, str) else tuple(message)


def catalogue(language: str) -> Catalog:
    path = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=language, abort_invalid=True)


def complete(messages: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Give what each text is translated with; nothing for one that is not, or of which that is in doubt."""
    return {
        forms(message.id): forms(message.string)
        for message in messages
        if message.id and not message.fuzzy and all(forms(message.string))
    }


def translations(language: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    return complete(catalogue(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_in_dutch(language: str) -> None:
    missing = sources() - translations(language).keys()

    assert missing == set(), "translate these in webshop/translations (make translations adds them)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_no_text_that_is_gone(language: str) -> None:
    assert translations(language).keys() - sources() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_names_the_same_facts(language: str) -> None:
    different = {
        text: translated
        for text, translated in translations(language).items()
        if [Counter(PLACEHOLDER.findall(form)) for form in text]
        != [Counter(PLACEHOLDER.findall(form)) for form in translated]
    }

    assert different == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    compiled = read_mo(io.BytesIO((TRANSLATIONS / language / "LC_MESSAGES" / "messages.mo").read_bytes()))

    assert complete(compiled) == translations(language)


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
