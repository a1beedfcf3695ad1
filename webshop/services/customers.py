"""Find or make the customer an order is booked on; never change one.

An index per administration answers "which relation has this e-mail address" without keeping addresses:
keyed fingerprints, filled by paging the administration's relations by date of change. Creating a
customer follows the rule of every write: claim, call, remember; without an answer, look up first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from webshop.clients.snelstart.client import Relation
from webshop.clients.snelstart.payloads import relation_payload
from webshop.domain.booking import CustomerWish, Issue
from webshop.domain.vat_numbers import compact
from webshop.exceptions import OutcomeUnknownError, RemoteError, WebshopError
from webshop.extensions import clock, db, detached, order_transaction, transaction
from webshop.models import Administration, ClaimState, Order, RelationClaim, RelationLink
from webshop.models.base import table_of
from webshop.services.buyers import Buyer, buyer_of, emails_of
from webshop.services.claims import check_stops
from webshop.services.connections import SnelStartAccess
from webshop.services.fingerprints import VAT_NUMBER, Fingerprints
from webshop.services.leases import Lease
from webshop.services.mapping import Rulebook
from webshop.services.relation_reading import RelationReading

LOOKUP_AFTER = timedelta(seconds=240)
"""How long after an unanswered create it is looked up: longer than SnelStart takes to commit.

Twice as long as a document waits, which is looked for twice; a relation is once, and has no number that is unique.
"""
COLLECTIVE_NAME = "Amazon consument"

_claims, _links = table_of(RelationClaim), table_of(RelationLink)


def _store_links_with(dialect: Any) -> Any:
    """Build the statement that stores links, also when another shop's run has read the same relations first."""
    statement = dialect.insert(_links)
    keys = [column.name for column in _links.primary_key.columns]
    facts = {column.name: statement.excluded[column.name] for column in _links.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=keys, set_=facts)


# Built once: they run for every new customer, and building them costs more than running them.
_STORE_LINKS = {"sqlite": _store_links_with(sqlite), "postgresql": _store_links_with(postgresql)}
_CLAIM = {
    name: dialect.insert(_claims).on_conflict_do_nothing().returning(_claims.c.key)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_UPDATE_CLAIM = update(_claims).where(
    _claims.c.administration_id == bindparam("of_administration"), _claims.c.key == bindparam("of_key")
)


class CustomerRefusedError(WebshopError):
    """The order needs one certain relation and that one will not do; `issue` says why."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(f"the customer cannot be used: {issue.code}")
        self.issue = issue


class CustomerUnknownError(WebshopError):
    """Whether the customer was created is not known yet; the order waits until `due_at`."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__("it is not known yet whether the customer was created")
        self.due_at = due_at


@dataclass(frozen=True)
class Customer:
    relation_id: str
    issues: tuple[Issue, ...] = ()


class CustomerIndex:
    """The relations of one administration, as one run sees them."""

    def __init__(self, access: SnelStartAccess, rulebook: Rulebook, *, is_over: Callable[[], bool]) -> None:
        self._access = access
        self._administration_id = access.administration_id
        self._rulebook = rulebook
        with transaction() as session:
            administration = session.get_one(Administration, self._administration_id)
            self._watermark = administration.relations_watermark_at
        self._fingerprint = Fingerprints(self._administration_id).of
        self._reading = RelationReading(
            self._administration_id, access.client, remember=self._remember, is_over=is_over
        )
        self._is_fresh = False
        self._known: dict[str, list[RelationLink]] = {}
        """Links by fingerprint, as far as they were looked up in this run."""

    def prepare(self, orders: Iterable[Order]) -> None:
        """Look up the buyers of many orders at once."""
        self.refresh()
        fingerprints = {self._fingerprint(email) for email in emails_of(orders)} - self._known.keys()
        if not fingerprints:
            return
        with transaction() as session:
            links = detached(
                session,
                session.scalars(
                    select(RelationLink)
                    .where(
                        RelationLink.administration_id == self._administration_id,
                        RelationLink.fingerprint.in_(fingerprints),
                    )
                    .order_by(RelationLink.relation_id)
                ),
            )
        self._known |= {fingerprint: [] for fingerprint in fingerprints}
        for link in links:
            self._known[link.fingerprint].append(link)

    def refresh(self) -> None:
        """Read the relations that changed since the last time; once per run, one call when little changed.

        :raise ReadingUnfinishedError: when there are too many for this run; nothing is created before.
        """
        if self._is_fresh:
            return
        self._known.clear()
        self._watermark = self._reading.read(self._watermark)
        self._is_fresh = True

    def find(self, order: Order, wish: CustomerWish, lease: Lease) -> Customer:
        """Return the customer for an order, creating it when there is none.

        :raise CustomerUnknownError: when an earlier create is still to be looked up.
        :raise CustomerRefusedError: when only the buyer's own relation will do, and it will not.
        :raise RemoteError: when SnelStart refuses or does not answer; nothing was booked.
        """
        buyer = buyer_of(order)
        if wish.needs_vat_number:
            return self._business(order, buyer, wish, lease)
        # SnelStart books a relation with a VAT number as a business: a consumer's must not get one.
        buyer = replace(buyer, vat_number=None)
        if buyer.email is None:
            return self._collective(order, wish.country, lease, Issue("EMAIL_MISSING", {"country": wish.country}))
        fingerprint = self._fingerprint(buyer.email)
        links = self._links(fingerprint)
        if not links:
            return Customer(self._create(order, fingerprint, _name_for(buyer, wish), buyer, wish.country, lease))
        obstacle = self._why_not_used(links, wish)
        if obstacle is not None:
            return self._collective(order, wish.country, lease, obstacle)
        return Customer(links[0].relation_id)

    def _business(self, order: Order, buyer: Buyer, wish: CustomerWish, lease: Lease) -> Customer:
        """Find or make the one relation with the buyer's VAT number; a collective debtor cannot stand in."""
        if buyer.vat_number is None:
            raise CustomerRefusedError(Issue("PERSONAL_DATA_EXPIRED", {}))
        key = self._fingerprint(VAT_NUMBER + buyer.vat_number)
        links = self._links(key)
        if not links and buyer.email is not None:
            links = self._links(self._fingerprint(buyer.email))
        if not links:
            return Customer(self._create(order, key, _name_for(buyer, wish), buyer, wish.country, lease))
        obstacle = self._why_not_used(links, wish)
        if obstacle is not None:
            raise CustomerRefusedError(obstacle)
        return Customer(links[0].relation_id)

    def _why_not_used(self, links: list[RelationLink], wish: CustomerWish) -> Issue | None:
        """Return why a found relation will not do, None when it will. It is never changed to make it do."""
        if len(links) > 1:
            return Issue("RELATION_AMBIGUOUS", {"count": str(len(links))})
        link = links[0]
        if not link.is_active:
            return Issue("RELATION_INACTIVE", {})
        if not link.is_customer:
            return Issue("RELATION_NOT_CUSTOMER", {})
        if wish.is_country_binding and link.country_id != self._rulebook.country_ids[wish.country]:
            theirs = self._rulebook.country_codes.get(link.country_id or "", "?")
            return Issue("RELATION_COUNTRY_MISMATCH", {"relation_country": theirs, "country": wish.country})
        if wish.needs_vat_number and not link.has_vat_number:
            return Issue("RELATION_WITHOUT_VAT_NUMBER", {})
        if wish.forbids_vat_number and link.has_vat_number:
            return Issue("RELATION_WITH_VAT_NUMBER", {"country": wish.country})
        return None

    def forget(self, relation_id: str) -> None:
        """Drop a relation that SnelStart no longer knows, so that it is looked for again."""
        self._known.clear()
        with transaction() as session:
            for table in (RelationLink, RelationClaim):
                session.execute(
                    delete(table).where(
                        table.administration_id == self._administration_id, table.relation_id == relation_id
                    )
                )

    def _collective(self, order: Order, country: str, lease: Lease, issue: Issue) -> Customer:
        name = f"{COLLECTIVE_NAME} {self._rulebook.country_names[country]}"[:50]
        fingerprint = self._fingerprint(name)
        usable = [link for link in self._links(fingerprint) if link.is_active and link.is_customer]
        if usable:
            return Customer(min(link.relation_id for link in usable), (issue,))
        relation_id = self._create(order, fingerprint, name, Buyer(None, None, None), country, lease)
        return Customer(relation_id, (issue,))

    def _create(self, order: Order, key: str, name: str, buyer: Buyer, country: str, lease: Lease) -> str:
        self._access.window.open()
        claimed_at = clock.now()
        known = self._claim(order, key, lease, claimed_at)
        if known is not None:
            return known
        payload = relation_payload(
            name=name,
            email=buyer.email,
            postal_code=buyer.postal_code,
            city=buyer.city,
            vat_number=buyer.vat_number,
            country_id=self._rulebook.country_ids[country],
        )
        try:
            relation = self._access.client.create_relation(payload)
        except OutcomeUnknownError:
            self._access.window.note_unanswered()
            lookup_at = clock.now() + LOOKUP_AFTER
            self._note_unknown(key, claimed_at, lookup_at)
            raise CustomerUnknownError(lookup_at) from None
        except (RemoteError, WebshopError):
            self._release(key, claimed_at)
            raise
        self._created(key, relation)
        return relation.relation_id

    def _claim(self, order: Order, key: str, lease: Lease, now: datetime) -> str | None:
        """Claim the right to create; return the relation's id when it turns out to exist.

        :raise PostingStoppedError: when the shop may not write to SnelStart at this moment.
        """
        values = {
            "administration_id": self._administration_id,
            "key": key,
            "state": ClaimState.SENDING.value,
            "claimed_at": now,
            "lookup_at": now + LOOKUP_AFTER,
        }
        with order_transaction() as connection:
            check_stops(order, self._administration_id, lease, connection)
            made = connection.execute(_CLAIM[connection.dialect.name], values).first()
        if made:
            return None
        with transaction() as session:
            claim = session.get_one(RelationClaim, (self._administration_id, key), populate_existing=True)
        return self._settle_earlier(claim, now)

    def _settle_earlier(self, claim: RelationClaim, now: datetime) -> str | None:
        """Settle a claim of an earlier run: its relation, a look-up, or ours to repeat (None)."""
        if claim.state == ClaimState.CREATED.value and claim.relation_id:
            return claim.relation_id
        if claim.lookup_at is not None and claim.lookup_at > now:
            raise CustomerUnknownError(claim.lookup_at)
        # Everything that changed since the claim is read again; what was created is in there.
        self._is_fresh = False
        self._watermark = min(claim.claimed_at, self._watermark) if self._watermark else None
        self.refresh()
        links = self._links(claim.key)
        if links:
            self._settle(claim.key, state=ClaimState.CREATED.value, relation_id=links[0].relation_id)
            return links[0].relation_id
        with transaction() as session:
            retaken = session.execute(
                update(RelationClaim)
                .where(
                    RelationClaim.administration_id == self._administration_id,
                    RelationClaim.key == claim.key,
                    RelationClaim.claimed_at == claim.claimed_at,
                )
                .values(state=ClaimState.SENDING.value, claimed_at=now, lookup_at=now + LOOKUP_AFTER)
            )
        if retaken.rowcount != 1:  # type: ignore[attr-defined]
            raise CustomerUnknownError(now + LOOKUP_AFTER)
        return None

    def _created(self, key: str, relation: Relation) -> None:
        # A new relation has no links yet: nothing to replace, unlike what _remember does.
        links = self._links_of(relation, {key})
        settled = {"state": ClaimState.CREATED.value, "relation_id": relation.relation_id, "lookup_at": None}
        self._settle(key, links, **settled)
        for link in links:
            self._known.pop(link["fingerprint"], None)

    def _settle(self, key: str, links: Sequence[dict[str, Any]] = (), **values: Any) -> None:
        place = {"of_administration": self._administration_id, "of_key": key}
        with order_transaction() as connection:
            if links:
                connection.execute(_STORE_LINKS[connection.dialect.name], links)
            connection.execute(_UPDATE_CLAIM, values | place)

    def _note_unknown(self, key: str, claimed_at: datetime, lookup_at: datetime) -> None:
        with transaction() as session:
            session.execute(
                update(RelationClaim)
                .where(self._is_claim(key, claimed_at))
                .values(state=ClaimState.UNKNOWN.value, lookup_at=lookup_at)
            )

    def _release(self, key: str, claimed_at: datetime) -> None:
        """Take back a claim whose call certainly created nothing."""
        with transaction() as session:
            session.execute(delete(RelationClaim).where(self._is_claim(key, claimed_at)))

    def _is_claim(self, key: str, claimed_at: datetime) -> ColumnElement[bool]:
        """Match a claim as long as no other run has taken it over."""
        return and_(
            RelationClaim.administration_id == self._administration_id,
            RelationClaim.key == key,
            RelationClaim.claimed_at == claimed_at,
            RelationClaim.state == ClaimState.SENDING.value,
        )

    def _links(self, fingerprint: str) -> list[RelationLink]:
        if fingerprint not in self._known:
            self._known[fingerprint] = self._read_links(fingerprint)
        return self._known[fingerprint]

    def _read_links(self, fingerprint: str) -> list[RelationLink]:
        with transaction() as session:
            return detached(
                session,
                session.scalars(
                    select(RelationLink)
                    .where(
                        RelationLink.administration_id == self._administration_id,
                        RelationLink.fingerprint == fingerprint,
                    )
                    .order_by(RelationLink.relation_id)
                ),
            )

    def _remember(self, relations: Iterable[Relation]) -> None:
        """Replace what is known of these relations; part of the caller's transaction."""
        relations = list(relations)
        if not relations:
            return
        db.session.execute(
            delete(RelationLink).where(
                RelationLink.administration_id == self._administration_id,
                RelationLink.relation_id.in_([relation.relation_id for relation in relations]),
            )
        )
        rows = [row for relation in relations for row in self._links_of(relation)]
        if rows:
            connection = db.session.connection()
            connection.execute(_STORE_LINKS[connection.dialect.name], rows)

    def _links_of(self, relation: Relation, fingerprints: Set[str] = frozenset()) -> list[dict[str, Any]]:
        words = {self._fingerprint(word) for word in _words_of(relation)}
        return [self._link(relation, fingerprint) for fingerprint in sorted(words | fingerprints)]

    def _link(self, relation: Relation, fingerprint: str) -> dict[str, Any]:
        return {
            "administration_id": self._administration_id,
            "relation_id": relation.relation_id,
            "fingerprint": fingerprint,
            "country_id": relation.country_id,
            "is_active": relation.is_active,
            "is_customer": relation.is_customer,
            "has_vat_number": relation.has_vat_number,
        }


def is_known(email: str, administration_id: str) -> bool:
    """Say whether the administration has a relation with this address, as far as we have read it.

    :raise CredentialsUnreadableError: when no key of ours tells.
    """
    known = RelationLink.fingerprint == Fingerprints(administration_id).of(email)
    with transaction() as session:
        found = session.scalar(
            select(RelationLink.relation_id).where(RelationLink.administration_id == administration_id, known).limit(1)
        )
    return found is not None


def _words_of(relation: Relation) -> tuple[str, ...]:
    """What a relation is found by: its addresses and VAT number, or the name of a collective debtor."""
    if not relation.emails and relation.name.startswith(COLLECTIVE_NAME):
        return (relation.name,)
    number = compact(relation.vat_number or "")
    return (*relation.emails, VAT_NUMBER + number) if number else relation.emails


def _name_for(buyer: Buyer, wish: CustomerWish) -> str:
    """Return the name of a new relation: never a person's."""
    return " ".join(part for part in ("Amazon-klant", buyer.postal_code, wish.country) if part)
