"""Which help pages there are: topics that are written, and one page for each issue of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from webshop.services.issue_catalogue import SNELSTART_CODES, TEXTS, IssueText, describe_code


@dataclass(frozen=True)
class Article:
    slug: str
    title: LazyString
    summary: LazyString


ARTICLES: Mapping[str, Article] = {
    article.slug: article
    for article in (
        Article(
            "snelstart-key",
            _("De koppelsleutel van SnelStart maken"),
            _("Stap voor stap, en wat te doen als de sleutel niet werkt."),
        ),
        Article("article-codes", _("Artikelcodes van 25 letters en cijfers"), _("Nodig als je bestellingen boekt.")),
        Article(
            "oss", _("OSS en de drempel van € 10.000"), _("Welke btw je rekent aan particulieren in andere EU-landen.")
        ),
        Article(
            "statuses", _("Wanneer een bestelling wordt doorgezet"), _("De statussen van Amazon, en welke je kiest.")
        ),
        Article(
            "payments",
            _("Betalingen en de tussenrekening"),
            _("Betalingen doorboeken, en wat er op de rekening hoort te blijven staan."),
        ),
        Article("payouts", _("Uitbetalingen en kosten van Amazon"), _("Hoe je boekt wat Amazon overmaakt en inhoudt.")),
        Article(
            "product-matching",
            _("Hoe artikelen gevonden en gemaakt worden"),
            _("SKU, ASIN, omzetgroep en de vaste artikelen voor verzending en korting."),
        ),
        Article("migration", _("Oude bestellingen meenemen"), _("Verkopen van voor de startdatum alsnog boeken.")),
        Article(
            "switching",
            _("Van winkel, administratie of koppeling wisselen"),
            _("Wat er gebeurt met wat al geboekt is."),
        ),
        Article("refunds", _("Retouren en terugbetalingen"), _("We boeken ze niet; zo verwerk je ze per maand.")),
        Article("uncertain", _("Wat Onzeker betekent"), _("En waarom je zo'n bestelling niet zelf moet boeken.")),
        Article("faq", _("Veelgestelde vragen"), _("Korte antwoorden op wat anderen vroegen.")),
    )
}
_RELATED = (
    ("ARTICLE_CODE", "article-codes"),
    ("SNELSTART_ARTICLE_CODE", "article-codes"),
    ("ARTICLE", "product-matching"),
    ("SNELSTART_ARTICLE", "product-matching"),
    ("SKU", "product-matching"),
    ("REVENUE_GROUP", "product-matching"),
    ("SNELSTART_REVENUE_GROUP", "product-matching"),
    ("OSS", "oss"),
    ("EU_LEDGER", "oss"),
    ("VAT_", "oss"),
    ("FOREIGN_RATE", "oss"),
    ("LEDGER_VATRATECODE", "oss"),
    ("PAYMENT", "payments"),
    ("CLEARING", "payments"),
    ("ORDER_STATUS", "statuses"),
    ("SNELSTART_WRITE_UNKNOWN", "uncertain"),
    ("ADMINISTRATION_LEFT", "uncertain"),
    ("SNELSTART_KEY", "snelstart-key"),
    ("SNELSTART_PACKAGE", "snelstart-key"),
    ("SNELSTART_SCOPE", "snelstart-key"),
    ("CANCELLED_AFTER_POSTING", "refunds"),
    ("BEFORE_START", "migration"),
    ("INVOICE_NUMBER_DUPLICATE", "switching"),
    ("ALREADY_IN_SNELSTART", "switching"),
)
"""The topic beside an issue, by the beginning of its code; the first that fits counts."""


def slug_of(code: str) -> str:
    """Return the address of an issue's page."""
    return code.lower().replace("_", "-")


_CODES = {slug_of(code): code for code in TEXTS}


def find_issue(slug: str) -> tuple[IssueText, Article | None] | None:
    """Return the texts of an issue without a particular order's facts, and the topic beside it."""
    code = _CODES.get(slug)
    return None if code is None else (describe_code(code), related(code))


def related(code: str) -> Article | None:
    return next((ARTICLES[slug] for start, slug in _RELATED if code.startswith(start)), None)


def search_articles(words: str) -> Sequence[Article]:
    return [article for article in ARTICLES.values() if _has(words, f"{article.title} {article.summary}")]


def search_issues(words: str) -> Sequence[tuple[str, str]]:
    """Return slug and title of the issues that all words occur in, by title; SnelStart's codes count as words."""
    vendor_codes: dict[str, str] = {}
    for theirs, ours in SNELSTART_CODES.items():
        vendor_codes[ours] = f"{vendor_codes.get(ours, '')} {theirs}"
    found = []
    for slug, code in _CODES.items():
        text = describe_code(code)
        everything = (text.title, text.meaning, text.cause, text.solution, code, vendor_codes.get(code, ""))
        if _has(words, " ".join(everything)):
            found.append((slug, text.title))
    return sorted(found, key=lambda entry: entry[1].casefold())


def _has(words: str, text: str) -> bool:
    text = text.casefold()
    return all(word in text for word in words.casefold().split())
