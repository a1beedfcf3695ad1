"""The six steps of the installation: what is done, told from the tables, and what the simple steps store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from webshop.exceptions import ConflictError, NotAllowedError
from webshop.extensions import clock, db, transaction
from webshop.models import (
    Agreement,
    Connection,
    ConnectionState,
    Remote,
    Role,
    Shop,
    User,
    VatMapping,
)
from webshop.models.base import insert
from webshop.services import audit, configuration, mapping
from webshop.services.access import Tenant
from webshop.services.administration_lists import AdministrationLists
from webshop.services.agreements import VERSIONS

STEPS = ("terms", "amazon", "snelstart", "settings", "vat", "trial_run")
TERMS = "terms"


@dataclass(frozen=True)
class SetupState:
    """Which steps are done; `has_agreed` also when it was to an older version of the terms."""

    done: Mapping[str, bool]
    has_agreed: bool
    agreed_at: Any
    """When the newest agreement was given."""

    @property
    def first_unfinished(self) -> str:
        """The step to go on with; the last one when there is nothing left to do."""
        return next((step for step in STEPS if not self.done[step]), STEPS[-1])

    @property
    def is_complete(self) -> bool:
        """Whether nothing but an agreement to newer terms may be left to do."""
        return all(done for step, done in self.done.items() if step != TERMS)

    @property
    def asks_again(self) -> bool:
        """Whether the terms are newer than what the owner agreed to."""
        return self.has_agreed and not self.done[TERMS]

    @property
    def missing(self) -> tuple[str, ...]:
        """What has to be done before posting may begin."""
        needed = [step for step in STEPS[1:-1] if not self.done[step]]
        return tuple(([] if self.has_agreed else [TERMS]) + needed)


def load_state(tenant: Tenant) -> SetupState:
    """Tell where the installation of a shop stands."""
    agreed = db.session.execute(
        select(Agreement.document, Agreement.version, Agreement.accepted_at).where(Agreement.shop_id == tenant.shop.id)
    ).all()
    current = {(document.value, version) for document, version in VERSIONS.items()}
    shop = tenant.shop
    done = {
        TERMS: current <= {(row.document, row.version) for row in agreed},
        "amazon": _is_active(tenant.amazon),
        "snelstart": _is_active(tenant.snelstart),
        "settings": shop.is_fba_used is not None,
        "vat": shop.vat_confirmed_at is not None,
        "trial_run": shop.is_posting_automatic,
    }
    has_agreed = {document.value for document in VERSIONS} <= {row.document for row in agreed}
    return SetupState(done, has_agreed, max((row.accepted_at for row in agreed), default=None))


def _is_active(connection: Connection | None) -> bool:
    return connection is not None and connection.state == ConnectionState.ACTIVE.value


def check_agreed(shop_id: int) -> None:
    """Let nobody connect before the owner agreed: what is fetched afterwards is data of buyers.

    :raise ConflictError: when the owner did not.
    """
    documents = set(db.session.scalars(select(Agreement.document).where(Agreement.shop_id == shop_id)))
    if not {document.value for document in VERSIONS} <= documents:
        raise ConflictError("the terms come first")


def agree(tenant: Tenant, user: User) -> None:
    """Store that the owner agrees to the documents that are in force; twice is once.

    :raise NotAllowedError: for anybody else: it binds the company.
    """
    if tenant.role is not Role.OWNER:
        raise NotAllowedError("only an owner can agree")
    agree_for(tenant.shop.id, user)


def agree_for(shop_id: int, user: User) -> None:
    """Store the agreement of an owner."""
    with transaction() as session:
        for document, version in VERSIONS.items():
            statement = insert(Agreement).values(
                shop_id=shop_id,
                user_id=user.id,
                document=document.value,
                version=version,
                accepted_at=clock.now(),
            )
            unique = ["shop_id", "document", "version"]
            added = session.scalar(statement.on_conflict_do_nothing(index_elements=unique).returning(Agreement.id))
            if added is not None:
                facts = {"document": document.value, "version": version}
                audit.record("agreed", shop_id=shop_id, user_id=user.id, facts=facts)


QUESTIONS = ("marketplace", "statuses", "stock", "oss")
"""The sections of Configuratie that the installation asks about."""


def save_settings(tenant: Tenant, values: Mapping[str, Any], user: User, lists: AdministrationLists) -> None:
    """Store the answers of the settings step as Configuratie does; the same answers again change nothing.

    :raise InvalidSettingError: when an answer cannot be; those before it are stored.
    """
    shop = tenant.shop
    was_oss = shop.is_oss_registered
    for section in QUESTIONS:
        before = configuration.values_of(shop, section)
        answers = {name: values[name] for name in before if name in values}
        configuration.save_section(
            shop.id, section, answers, user=user, seen=configuration.mark_of(before), lists=lists
        )
    with transaction():
        shop = configuration.lock_shop(shop.id)
        if was_oss != shop.is_oss_registered and shop.vat_confirmed_at is None and tenant.snelstart is not None:
            # Nobody has looked at the table yet: then it had better be proposed for the answer just given.
            mapping.propose_mapping(shop, tenant.snelstart.account_id)
        _note_finished(shop.id, user)


def confirm_vat(shop_id: int, user: User) -> None:
    """Store that somebody looked at the VAT table and found it right; twice is once.

    :raise ConflictError: when there is nothing in it to agree to.
    """
    with transaction() as session:
        filled = select(func.count()).where(VatMapping.shop_id == shop_id, VatMapping.ledger_id.is_not(None))
        if not session.scalar(filled):
            raise ConflictError("the VAT table is empty")
        confirmed = session.scalar(
            update(Shop)
            .where(Shop.id == shop_id, Shop.vat_confirmed_at.is_(None))
            .values(vat_confirmed_at=clock.now())
            .returning(Shop.id)
        )
        if confirmed is not None:
            audit.record("vat_confirmed", shop_id=shop_id, user_id=user.id)
        _note_finished(shop_id, user)


def note_finished(shop_id: int, user: User) -> None:
    """Store the moment at which everything was there: both connections, the settings and the VAT table."""
    with transaction():
        _note_finished(shop_id, user)


def _note_finished(shop_id: int, user: User) -> None:
    db.session.flush()
    active = select(func.count()).where(Connection.shop_id == shop_id, Connection.state == ConnectionState.ACTIVE.value)
    finished = db.session.scalar(
        update(Shop)
        .where(
            Shop.id == shop_id,
            Shop.setup_finished_at.is_(None),
            Shop.is_fba_used.is_not(None),
            Shop.vat_confirmed_at.is_not(None),
            active.scalar_subquery() == len(Remote),
        )
        .values(setup_finished_at=clock.now())
        .returning(Shop.id)
    )
    if finished is not None:
        audit.record("setup_finished", shop_id=shop_id, user_id=user.id)
