"""Every reason has words, in four headings, and no word is about a fact that nobody gives."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from webshop.domain import booking
from webshop.domain.booking import Issue
from webshop.domain.issues import SEVERITIES, Severity
from webshop.services.issue_catalogue import SNELSTART_CODES, TEXTS, describe, issue_for_snelstart
from webshop.services.issue_texts import customers
from webshop.services.issue_texts.text import Text

DOMAIN = Path(booking.__file__).parent
HEADINGS = ("title", "meaning", "cause", "solution", "contact")
FACT = re.compile(r"%\((\w+)\)s")
POSTING_FACTS = {
    "ORDER_CRASHED": {"attempts"},
    "CANCELLED_AFTER_POSTING": {"number"},
    "ALREADY_BOOKED": {"number"},
    "ALREADY_IN_SNELSTART": {"number"},
    "INVOICE_NUMBER_DUPLICATE_DIFFERENT": {"number", "ours", "theirs"},
    "INVOICE_NUMBER_DUPLICATE_HIDDEN": {"number"},
    "ADMINISTRATION_LEFT": {"name"},
    "EMAIL_MISSING": {"country"},
    "RELATION_AMBIGUOUS": {"count"},
    "RELATION_COUNTRY_MISMATCH": {"country", "relation_country"},
    "RELATION_WITH_VAT_NUMBER": {"country"},
    "RELATION_UNFIT_FOR_ICP": {"country"},
    "REVENUE_GROUP_MISSING": {"kind"},
    "ARTICLE_UNKNOWN": {"sku"},
    "ORDER_TOTAL_DIFFERS": {"number", "ours", "theirs"},
    "PAYMENT_SETTLED_ELSEWHERE": {"number"},
    "FOUND_IN_SNELSTART": {"number"},
    "CHANGED_IN_SNELSTART": {"number", "ours", "theirs"},
    "GONE_FROM_SNELSTART": {"number", "ours"},
    "TWICE_IN_SNELSTART": {"number", "other"},
    "SKIPPED_BY_HAND": {"reason"},
    "BOOKED_BY_HAND": {"number"},
    "FX_RATE_MISSING": {"currency", "date"},
}


def strings(node: ast.AST) -> set[str]:
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def words_of_domain() -> set[str]:
    """Every literal of the core that looks like an issue's code."""
    trees = [ast.parse(path.read_text()) for path in DOMAIN.glob("*.py") if path.name != "issues.py"]
    return {word for tree in trees for word in strings(tree) if word in SEVERITIES}


def issue_calls() -> Iterator[tuple[set[str], set[str]]]:
    """Give the codes that a call of issue() can emit and the names of the facts it gives."""
    for path in DOMAIN.glob("*.py"):
        module = ast.parse(path.read_text())
        tables = {word for node in module.body if isinstance(node, ast.Assign) for word in strings(node)}
        for function in ast.walk(module):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "issue"):
                    continue
                given = {keyword.arg for keyword in call.keywords if keyword.arg}
                if any(keyword.arg is None for keyword in call.keywords):
                    dicts = [one for one in ast.walk(function) if isinstance(one, ast.Dict)]
                    given |= {word for one in dicts for key in one.keys if key for word in strings(key)}
                codes = strings(call.args[0]) & SEVERITIES.keys()
                if not codes:
                    codes = (strings(function) | tables) & SEVERITIES.keys()
                yield codes, given


def facts_named_in(text: Text) -> set[str]:
    return {fact for heading in HEADINGS for fact in FACT.findall(str(getattr(text, heading)))}


def test_every_issue_has_a_text_and_no_text_is_left_over() -> None:
    assert TEXTS.keys() == SEVERITIES.keys()


def test_the_core_emits_nothing_unknown() -> None:
    emitted = {code for codes, _ in issue_calls() for code in codes}

    assert len(emitted) > 40
    assert emitted <= words_of_domain() <= TEXTS.keys()


def test_a_text_names_only_facts_that_its_issue_has() -> None:
    given = defaultdict(set, {code: set(facts) for code, facts in POSTING_FACTS.items()})
    for codes, facts in issue_calls():
        for code in codes:
            given[code] |= facts
    from_snelstart = {issue_for_snelstart(code, "x").code for code in [*SNELSTART_CODES, "BOE-9999"]}
    for code in from_snelstart:
        given[code] |= {"code", "message"}

    missing = {code: facts_named_in(text) - given[code] for code, text in TEXTS.items()}

    assert {code: facts for code, facts in missing.items() if facts} == {}


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_no_heading_is_empty_and_every_text_takes_its_facts(code: str) -> None:
    facts = dict.fromkeys(facts_named_in(TEXTS[code]), "100% <x> %(y)s")

    text = describe(Issue(code, facts))

    for heading in HEADINGS:
        filled = getattr(text, heading)
        assert len(filled) > 3
        assert "%%" not in filled
    assert text.severity is SEVERITIES[code]
    assert len(text.title) <= 60
    assert not text.title.endswith(".")


@pytest.mark.parametrize("code", sorted(code for code in TEXTS if "UNKNOWN" in code or SEVERITIES[code] != "BLOCKS"))
def test_sending_again_is_never_offered_for_what_may_be_in_snelstart(code: str) -> None:
    if code in {"SNELSTART_WRITE_UNKNOWN", "ADMINISTRATION_LEFT", "ALREADY_IN_SNELSTART", "ALREADY_BOOKED"}:
        assert not TEXTS[code].is_retry_safe
    if SEVERITIES[code] in {Severity.WAITS, Severity.HANDLED}:
        assert not TEXTS[code].is_retry_safe


def test_a_different_document_is_never_sent_again() -> None:
    assert not TEXTS["INVOICE_NUMBER_DUPLICATE_DIFFERENT"].is_retry_safe
    assert not TEXTS["INVOICE_NUMBER_DUPLICATE"].is_retry_safe


@pytest.mark.parametrize("code", sorted(code for code in SNELSTART_CODES if "-" in code))
def test_a_known_code_of_snelstart_has_its_own_words(code: str) -> None:
    issue = issue_for_snelstart(code, "Grootboek is niet actief")

    assert issue.code != "SNELSTART_REJECTED"
    text = describe(issue)
    assert code in text.meaning
    # What is said about a customer could name the customer.
    assert ("Grootboek is niet actief" in text.meaning) == (issue.code not in customers.TEXTS)


@pytest.mark.parametrize("code", ["BOE-9999", "", "XYZ"])
def test_an_unknown_code_keeps_the_vendors_text(code: str) -> None:
    text = describe(issue_for_snelstart(code, "Iets nieuws"))

    assert "Iets nieuws" in text.meaning
    assert text.severity is Severity.BLOCKS


def test_personal_data_in_the_vendors_text_is_left_out() -> None:
    issue = issue_for_snelstart("REL-0061", "jan.jansen@example.nl, 1012 AB, NL004495445B01 is ongeldig " + "x" * 9999)

    assert issue.facts["message"].startswith("…, …, … is ongeldig")
    assert len(issue.facts["message"]) == 300


def test_facts_are_written_for_people() -> None:
    mismatch = describe(Issue("TOTAL_MISMATCH", {"parts": "1234.50", "total": "1234.00", "difference": "-0.50"}))
    rate = describe(Issue("VAT_RATE_UNKNOWN_FOR_DATE", {"country": "FI", "percentage": "25.5", "date": "2024-08-31"}))
    status = describe(Issue("ORDER_STATUS_NOT_ELIGIBLE", {"status": "PENDING", "statuses": "UNSHIPPED, SHIPPED"}))
    ireland = describe(Issue("DISPATCH_COUNTRY_FOREIGN", {"dispatch_country": "DE", "country": "XI"}))
    function = describe(Issue("LEDGER_FUNCTION_MISMATCH", {"function": "99", "expected": "12"}))

    assert "€ 1.234,50" in mismatch.meaning
    assert "25,5%" in rate.meaning
    assert "31 augustus 2024" in rate.meaning
    assert "Finland" in rate.meaning
    assert "In behandeling" in status.meaning
    assert "Niet verzonden, Verzonden" in status.meaning
    assert "Duitsland naar Noord-Ierland" in ireland.meaning
    assert "functie 99; voor ?% is functie 12 (omzet hoog)" in function.meaning


@pytest.mark.parametrize("value", ["", "?", "onzin", "NaN", "1e5"])
def test_a_fact_that_is_not_what_it_should_be_does_not_break_the_page(value: str) -> None:
    names = ("parts", "percentage", "percentages", "date", "country", "treatment", "function", "territory")

    for code in ("TOTAL_MISMATCH", "VAT_RATE_UNKNOWN_FOR_DATE", "LEDGER_FUNCTION_MISMATCH", "SPECIAL_TERRITORY"):
        assert describe(Issue(code, dict.fromkeys(names, value))).meaning


def test_an_issue_of_another_release_is_still_shown() -> None:
    text = describe(Issue("SOMETHING_NEW", {"amount": str(Decimal(1))}))

    assert "SOMETHING_NEW" in text.meaning
    assert text.severity is Severity.BLOCKS


def test_numbers_follow_the_language_of_the_reader() -> None:
    app = Flask(__name__)
    Babel(app)

    with app.test_request_context(), force_locale("en"):
        text = describe(Issue("TOTAL_MISMATCH", {"parts": "1234.50", "total": "1.00", "difference": "1.00"}))

    assert "1,234.50" in text.meaning
