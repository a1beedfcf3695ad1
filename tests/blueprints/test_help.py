"""Help is for everybody, explains every issue, and is found with the words a person has."""

from __future__ import annotations

import pytest

from tests import factories
from tests.blueprints.conftest import ALICE, World
from webshop.domain.booking import Issue
from webshop.models import OrderState
from webshop.services import help_pages
from webshop.services.health_texts import CODES
from webshop.services.issue_catalogue import TEXTS


@pytest.mark.parametrize("slug", sorted(help_pages.ARTICLES))
def test_every_topic_is_written_and_open_to_everybody(world: World, slug: str) -> None:
    page = world.visitor().get(f"/help/{slug}")
    assert page.h1.text.strip() == str(help_pages.ARTICLES[slug].title)
    assert len(page.find("main").text) > 400


@pytest.mark.parametrize("language", ["nl", "en", "de"])
def test_every_issue_has_a_page_with_four_headings(world: World, language: str) -> None:
    visitor = world.visitor()
    for code in TEXTS:
        answer = visitor.client.get(f"/help/{help_pages.slug_of(code)}", headers={"Accept-Language": language})
        assert answer.status_code == 200, code
        assert "%(" not in answer.text, code
        assert answer.text.count("<dt>") == 4, code


def test_the_list_finds_by_word_and_by_the_code_of_snelstart(world: World) -> None:
    visitor = world.visitor()
    everything = visitor.get("/help")
    assert len(everything.select(".help-list a")) == len(help_pages.ARTICLES)
    assert len(everything.select(".issue-list a")) == len(TEXTS)
    found = visitor.get("/help?q=boe-0021")
    assert [link["href"] for link in found.select(".issue-list a")] == ["/help/invoice-number-duplicate"]
    assert "/help/oss" in [link["href"] for link in visitor.get("/help?q=drempel+oss").select(".help-list a")]
    assert "Niets gevonden" in visitor.get("/help?q=xyzzy").text


def test_a_search_is_shown_as_text(world: World) -> None:
    page = world.visitor().get("/help?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert page.find("input", attrs={"name": "q"})["value"] == "<script>alert(1)</script>"
    assert page.find("script", string="alert(1)") is None


@pytest.mark.parametrize("slug", ["nergens", "..", "vat_mapping_missing", "INVOICE-NUMBER-DUPLICATE"])
def test_a_page_that_is_not_there_is_not_found(world: World, slug: str) -> None:
    world.visitor().get(f"/help/{slug}", 404)


def test_help_is_not_posted_to(world: World) -> None:
    world.visitor().post("/help", 405)


def test_htmx_gets_help_as_a_part(world: World) -> None:
    world.visitor().get("/help", htmx=True)
    world.visitor().get("/help/oss", htmx=True)


def test_an_error_leads_to_its_page_and_its_page_to_the_topic(world: World) -> None:
    with world.rows() as shop:
        issue = Issue("VAT_MAPPING_MISSING", {"country": "DE", "percentage": "19"})
        factories.order(shop, OrderState.ERROR, issue=issue)
    alice = world.visitor(ALICE)
    page = alice.get(f"{world.place}/errors")
    (link,) = {one["href"] for one in page.select(".explanation a") if one["href"].startswith("/help/")}
    assert link == "/help/vat-mapping-missing"
    assert alice.get(link).find("a", href="/help/oss") is not None


def test_every_link_of_a_light_leads_to_a_topic_that_exists() -> None:
    assert {words.article for words in CODES.values() if words.article} <= set(help_pages.ARTICLES)
    assert {slug for _start, slug in help_pages._RELATED} <= set(help_pages.ARTICLES)


def test_every_beginning_of_a_code_belongs_to_an_issue() -> None:
    stale = [start for start, _slug in help_pages._RELATED if not any(code.startswith(start) for code in TEXTS)]
    assert stale == []
