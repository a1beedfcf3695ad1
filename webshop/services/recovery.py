"""After a restore of a backup: nothing is made until everything that was booked since is found again.

The database is then younger than SnelStart's books. An epoch stops every write in an administration,
the next runs read all its sales documents since the backup (reading.py), and every order placed
before the epoch is looked up by its number before it is booked, for ever after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from webshop.domain.periods import earliest, read_from
from webshop.exceptions import ConflictError
from webshop.extensions import clock, db, transaction
from webshop.models import (
    Administration,
    ArticleLink,
    Connection,
    DocumentReading,
    FoundDocument,
    MigrationState,
    Order,
    Posting,
    Purpose,
    RecoveryEpoch,
    Remote,
    SaleMigration,
    Schedule,
    Shop,
)
from webshop.models.base import insert
from webshop.services import audit

MARGIN = timedelta(days=1)
"""How much earlier than the backup is read, and how much later than the restore an order may seem to have been placed.

The time of a backup is a person's word, and clocks differ.
"""
_LEASES_APART = 1000
"""More runs than a shop has had since the backup, within reason: an old run's number counts for nothing."""


@dataclass(frozen=True)
class EpochStatus:
    """Where an administration's recovery stands."""

    administration_id: str
    name: str
    shops: int
    backup_at: datetime | None
    started_at: datetime
    closed_at: datetime | None
    reading: str
    """What is being read, "" when that is not begun or done."""


def start_epoch(backup_at: datetime | None = None) -> list[EpochStatus]:
    """Stop all writing in every administration until its documents were read again; return what is stopped.

    A second start begins anew: another backup may have been restored in between. Without the backup's
    time everything since the shops' start dates is read.

    :raise ConflictError: when the backup would be of the future.
    """
    now = clock.now()
    if backup_at is not None and backup_at > now:
        raise ConflictError("the backup cannot have been made in the future")
    with transaction() as session:
        # First the leases: a run that is at work loses its own and stops before its next write.
        session.execute(
            update(Schedule).values(lease_token=Schedule.lease_token + _LEASES_APART, lease_until=None, due_at=now)
        )
        for administration in session.scalars(select(Administration).with_for_update()):
            _open(administration, backup_at)
        # An article that was made or removed since is read again when an order asks for it.
        session.execute(delete(ArticleLink))
        audit.record("recovery_started", facts={"backup_at": backup_at.isoformat() if backup_at else None})
    return statuses()


def include(administration_id: str) -> None:
    """Let an administration that is connected later have the latest epoch, too; part of the caller's transaction.

    The restored database may have forgotten that a shop of ours booked there.
    """
    latest = db.session.scalar(select(func.max(RecoveryEpoch.started_at)))
    if latest is not None:
        db.session.execute(
            insert(RecoveryEpoch)
            .values(administration_id=administration_id, backup_at=None, started_at=latest, closed_at=None)
            .on_conflict_do_nothing()
        )


def _open(administration: Administration, backup_at: datetime | None) -> None:
    identifier = administration.administration_id
    before = db.session.get(RecoveryEpoch, identifier)
    if before is not None and before.closed_at is None and backup_at is not None:
        # Two backups, one after the other: the older one counts.
        backup_at = None if before.backup_at is None else min(backup_at, before.backup_at)
    since = None if backup_at is None else backup_at - MARGIN
    epoch = {"backup_at": backup_at, "started_at": clock.now(), "closed_at": None}
    db.session.execute(
        insert(RecoveryEpoch)
        .values(administration_id=identifier, **epoch)
        .on_conflict_do_update(index_elements=["administration_id"], set_=epoch)
    )
    _rewind_reading(identifier, since)
    watermark = administration.relations_watermark_at
    # The relations made since the backup must be known before another one is made.
    administration.relations_watermark_at = None if since is None or watermark is None else min(watermark, since)


def _rewind_reading(administration_id: str, since: datetime | None) -> None:
    """Let the next reading begin before the backup; what was known before that stays known."""
    reading = db.session.get(DocumentReading, administration_id) or DocumentReading(
        administration_id=administration_id, skip=0
    )
    reading.began_at = reading.since_at = reading.kind = None
    if since is None or reading.reach_at is None or reading.until_at is None or reading.reach_at > since:
        reading.reach_at = reading.until_at = None
    else:
        reading.until_at = min(reading.until_at, since)
    db.session.add(reading)


def close_epoch(administration_id: str, read_since: datetime) -> None:
    """End an epoch when everything it needs was read, from `read_since` on; part of the caller's transaction."""
    epoch = db.session.get(RecoveryEpoch, administration_id, populate_existing=True, with_for_update=True)
    if epoch is None or epoch.closed_at is not None or read_since > _since(epoch):
        return
    epoch.closed_at = clock.now()
    audit.record("recovery_closed", facts={"administration": administration_id})


def _since(epoch: RecoveryEpoch) -> datetime:
    if epoch.backup_at is not None:
        return epoch.backup_at - MARGIN
    starts = db.session.scalars(
        select(Shop.start_on)
        .join(Connection, (Connection.shop_id == Shop.id) & (Connection.remote == Remote.SNELSTART.value))
        .where(Connection.account_id == epoch.administration_id)
    ).all()
    return min((read_from(start) for start in starts), default=read_from(None))


def since_needed(shop: Shop, administration_id: str) -> datetime | None:
    """Return since when documents must be read before the shop may make any; None when they were."""
    with transaction() as session:
        epoch = session.get(RecoveryEpoch, administration_id, populate_existing=True)
        reading = session.get(DocumentReading, administration_id, populate_existing=True)
        wanted: list[datetime] = []
        # What a finished migration brought in may still be sent, when it was put right since.
        migrated_from = session.scalar(
            select(func.min(SaleMigration.from_on)).where(
                SaleMigration.shop_id == shop.id, SaleMigration.state == MigrationState.FINISHED.value
            )
        )
        start = read_from(earliest(shop.start_on, migrated_from))
        if reading is None or reading.reach_at is None or reading.reach_at > start:
            wanted.append(start)
        if epoch is not None and epoch.closed_at is None:
            wanted.append(_since(epoch))
    return min(wanted, default=None)


def is_open(administration_id: str) -> bool:
    """Say, in the caller's transaction, whether nothing may be made because the documents are being read again."""
    return forgotten_until(administration_id) is not None


def forgotten_until(administration_id: str) -> datetime | None:
    """Return until when an order was placed that may have been booked and forgotten; None outside a recovery.

    In the caller's transaction.
    """
    started_at = db.session.scalar(
        select(RecoveryEpoch.started_at).where(
            RecoveryEpoch.administration_id == administration_id, RecoveryEpoch.closed_at.is_(None)
        )
    )
    return None if started_at is None else started_at + MARGIN


def orders_to_look_up(orders: Iterable[Order], administration_id: str) -> set[str]:
    """Return the numbers of the orders that may stand in SnelStart without our knowing.

    Those that a migration brings in, those placed before the last restore, those under whose number a
    document was found, and those that are booked anew after their document was deleted.
    """
    numbers = {order.amazon_order_id: order for order in orders}
    started_at = restored_at(administration_id)
    with transaction() as session:
        found = session.scalars(
            select(FoundDocument.amazon_order_id).where(
                FoundDocument.administration_id == administration_id, FoundDocument.amazon_order_id.in_(numbers)
            )
        ).all()
        renewed = session.scalars(
            select(Posting.amazon_order_id).where(
                Posting.administration_id == administration_id,
                Posting.amazon_order_id.in_(numbers),
                Posting.purpose == Purpose.SALE.value,
                Posting.generation > 1,
            )
        ).all()
    old = {
        number
        for number, order in numbers.items()
        if order.sale_migration_id is not None or (started_at is not None and order.purchased_at < started_at)
    }
    return old | set(found) | set(renewed)


def remembered(administration_id: str, amazon_order_id: str) -> Sequence[FoundDocument]:
    """Return the documents that were found under an order's number and are not its booking."""
    with transaction() as session:
        return session.scalars(
            select(FoundDocument).where(
                FoundDocument.administration_id == administration_id, FoundDocument.amazon_order_id == amazon_order_id
            )
        ).all()


def restored_at(administration_id: str) -> datetime | None:
    """Return when a backup was last restored; what was done before may be forgotten."""
    with transaction() as session:
        return session.scalar(
            select(RecoveryEpoch.started_at).where(RecoveryEpoch.administration_id == administration_id)
        )


def statuses() -> list[EpochStatus]:
    """Return where the recovery of every administration stands, those that are stopped first."""
    shops = (
        select(func.count())
        .select_from(Connection)
        .where(Connection.remote == Remote.SNELSTART.value, Connection.account_id == RecoveryEpoch.administration_id)
        .scalar_subquery()
    )
    with transaction() as session:
        rows = session.execute(
            select(RecoveryEpoch, Administration.name, DocumentReading, shops)
            .join(Administration, Administration.administration_id == RecoveryEpoch.administration_id)
            .outerjoin(DocumentReading, DocumentReading.administration_id == RecoveryEpoch.administration_id)
            .order_by(RecoveryEpoch.closed_at.is_not(None), RecoveryEpoch.administration_id)
            .execution_options(populate_existing=True)
        ).all()
    return [
        EpochStatus(
            epoch.administration_id,
            name,
            count,
            epoch.backup_at,
            epoch.started_at,
            epoch.closed_at,
            f"{reading.kind} from {reading.skip}" if reading is not None and reading.kind else "",
        )
        for epoch, name, reading, count in rows
    ]
