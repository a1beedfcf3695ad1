"""Find or make the articles of sales orders; never change one.

SnelStart takes the VAT of a sales order from the revenue group of its articles, so what that group says
is remembered by the article's code (ArticleLink) and read again once a day. SnelStart refuses a second
article with the same code: making one needs no claim of ours, only a look-up before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from webshop.clients.snelstart.client import Article
from webshop.clients.snelstart.payloads import article_payload
from webshop.domain.articles import EXTRA_CODES
from webshop.domain.booking import ArticleFacts, DomesticRate, Issue, NewArticle, VatKind
from webshop.domain.periods import local_date
from webshop.exceptions import DuplicateError, OutcomeUnknownError, WebshopError
from webshop.extensions import clock, order_transaction, transaction
from webshop.models import ArticleLink, CachedList, LedgerCache, Order, PostingKind, Shop
from webshop.models.base import table_of
from webshop.services.claims import LOOKUP_AFTER, check_stops
from webshop.services.connections import SnelStartAccess
from webshop.services.leases import Lease

KEEP = timedelta(days=1)
"""How long a revenue group is believed without reading it again; a person may change it in SnelStart."""
GOODS = "goederen"

_links = table_of(ArticleLink)


def _store_with(dialect: Any) -> Any:
    """Build the statement that remembers an article in place of what was remembered before."""
    statement = dialect.insert(_links)
    key = ("administration_id", "code")
    changed = {column.name: statement.excluded[column.name] for column in _links.columns if column.name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


# Built once: they run for every new article, and building them costs more than running them.
_STORE = {"sqlite": _store_with(sqlite), "postgresql": _store_with(postgresql)}
_DELETE = delete(_links).where(
    _links.c.administration_id == bindparam("of_administration"),
    _links.c.code.in_(bindparam("codes", expanding=True)),
)


class ArticleUnknownError(WebshopError):
    """Whether an article was created is not known yet; the order waits until `due_at`."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__("it is not known yet whether the article was created")
        self.due_at = due_at


class RevenueGroupMissingError(WebshopError):
    """There is no revenue group for a new article; `issue` says for which kind of VAT."""

    def __init__(self, kind: VatKind) -> None:
        super().__init__(f"no revenue group of kind {kind.value}")
        self.issue = Issue("REVENUE_GROUP_MISSING", {"kind": kind.value})


class ArticleIndex:
    """The articles of one administration, as one run sees them.

    `known` is the same mapping all through the run: it grows as articles are recalled, read and made.
    """

    def __init__(self, access: SnelStartAccess, shop: Shop, domestic_rates: Iterable[DomesticRate]) -> None:
        self._access = access
        self._administration_id = access.administration_id
        self._shop = shop
        today = local_date(clock.now())
        # A group without VAT does not say why: then the shop's own rates have to.
        self._percentages: dict[VatKind, Decimal] = {
            rate.vat_kind: rate.percentage
            for rate in domestic_rates
            if rate.vat_kind is not VatKind.NONE and rate.valid_from <= today <= rate.valid_until
        }
        self.known: dict[str, ArticleFacts] = {}
        self._read: set[str] = set()
        """Codes that SnelStart was asked about in this run."""
        self._recalled: set[str] = set()
        self._unknown: dict[str, datetime] = {}
        """Codes of articles that may have been made in this run, and until when they wait."""
        self._groups: list[dict[str, str]] | None = None

    def facts(self, codes: Iterable[str]) -> Mapping[str, ArticleFacts]:
        """Return all that is known, having recalled or else read these codes and recalled the extra ones."""
        wanted = set(codes)
        self._recall(wanted | EXTRA_CODES)
        self.read(wanted - self.known.keys())
        return self.known

    def read(self, codes: Iterable[str]) -> bool:
        """Ask SnelStart about codes, each one once in a run; return whether there was anything to ask."""
        asked = sorted(set(codes) - self._read)
        if not asked:
            return False
        articles = self._access.client.articles_by_code(asked)
        self._read.update(asked)
        self._replace(asked, {article.code: self._facts_of(article) for article in articles})
        return True

    def create(self, new: NewArticle, order: Order, lease: Lease) -> bool:
        """Make an article that an order needs and that is not known; return False when it turned out to exist.

        :raise ArticleUnknownError: when nobody can tell whether it was made; the next run looks it up.
        :raise RevenueGroupMissingError: when there is no revenue group to put it in.
        :raise PostingStoppedError: when the shop may not write to SnelStart at this moment.
        :raise RemoteError: when SnelStart refuses or does not answer.
        """
        if new.code in self._unknown:
            raise ArticleUnknownError(self._unknown[new.code])
        self.read([new.code])
        return new.code not in self.known and self._make(new, order, lease)

    def forget(self, codes: Iterable[str]) -> bool:
        """Drop what is known of articles; return whether some of it was not read in this run."""
        codes = set(codes)
        was_remembered = bool(codes - self._read)
        self._read -= codes
        self._replace(codes, {})
        return was_remembered

    def _make(self, new: NewArticle, order: Order, lease: Lease) -> bool:
        payload = article_payload(new, revenue_group_id=self._group_for(new.revenue_kind))
        self._access.window.open()
        with order_transaction() as connection:
            check_stops(order, self._administration_id, lease, connection, kind=PostingKind.SALES_ORDER.value)
        try:
            article = self._access.client.create_article(payload)
        except DuplicateError as refusal:
            # Somebody else made it since we looked, or it is there in another spelling.
            taken = self._access.client.article_taken_for(new.code)
            if taken is None:
                raise refusal
            self._replace({new.code}, {new.code: self._facts_of(taken)})
            return False
        except OutcomeUnknownError:
            self._access.window.note_unanswered()
            self._unknown[new.code] = clock.now() + LOOKUP_AFTER
            raise ArticleUnknownError(self._unknown[new.code]) from None
        percentage = self._percentages.get(new.revenue_kind)
        facts = ArticleFacts(article.article_id, new.revenue_kind, percentage, article.is_active)
        self._replace({new.code}, {new.code: facts})
        return True

    def _group_for(self, kind: VatKind) -> str:
        """Return the group the shop chose, else the lowest-numbered one for goods."""
        groups = [group for group in self._revenue_groups() if group["kind"] == kind.value]
        chosen = self._shop.revenue_groups.get(kind.value)
        if chosen is not None:
            fitting = [group for group in groups if group["group_id"] == chosen]
        else:
            fitting = [group for group in groups if GOODS in group["name"].lower()] or groups
        if not fitting:
            raise RevenueGroupMissingError(kind)
        return min(fitting, key=lambda group: int(group["number"]))["group_id"]

    def _facts_of(self, article: Article) -> ArticleFacts:
        words = {group["group_id"]: group["kind"] for group in self._revenue_groups()}
        word = words.get(article.revenue_group_id or "")
        if not word:
            # Without VAT it fits no sale that has any, so that a person looks at it.
            return ArticleFacts(article.article_id, VatKind.NONE, None, article.is_active)
        kind = VatKind(word)
        return ArticleFacts(article.article_id, kind, self._percentages.get(kind), article.is_active)

    def _revenue_groups(self) -> list[dict[str, str]]:
        if self._groups is None:
            with transaction() as session:
                rows = session.scalar(
                    select(LedgerCache.rows).where(
                        LedgerCache.administration_id == self._administration_id,
                        LedgerCache.name == CachedList.REVENUE_GROUPS.value,
                    )
                )
            self._groups = rows or []
        return self._groups

    def _recall(self, codes: set[str]) -> None:
        wanted = codes - self._recalled - self.known.keys()
        if not wanted:
            return
        self._recalled |= wanted
        with transaction() as session:
            links = session.scalars(
                select(ArticleLink).where(
                    ArticleLink.administration_id == self._administration_id,
                    ArticleLink.code.in_(wanted),
                    ArticleLink.read_at > clock.now() - KEEP,
                )
            ).all()
        for link in links:
            kind = VatKind(link.revenue_kind)
            self.known[link.code] = ArticleFacts(link.article_id, kind, self._percentages.get(kind), link.is_active)

    def _replace(self, codes: Iterable[str], found: Mapping[str, ArticleFacts]) -> None:
        """Keep what was found of these codes; the others are not there (any more)."""
        gone = set(codes) - found.keys()
        for code in gone:
            self.known.pop(code, None)
        self.known.update(found)
        with order_transaction() as connection:
            if gone:
                connection.execute(_DELETE, {"of_administration": self._administration_id, "codes": sorted(gone)})
            if found:
                rows = [self._row(code, facts) for code, facts in found.items()]
                connection.execute(_STORE[connection.dialect.name], rows)

    def _row(self, code: str, facts: ArticleFacts) -> dict[str, Any]:
        return {
            "administration_id": self._administration_id,
            "code": code,
            "article_id": facts.article_id,
            "revenue_kind": facts.revenue_kind.value,
            "percentage": facts.percentage,
            "is_active": facts.is_active,
            "read_at": clock.now(),
        }
