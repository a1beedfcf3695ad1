"""Read an administration's relations from SnelStart, page by page, over as many runs as it takes.

How far it is, is kept in the transaction that keeps the page: a run that ends, or dies, is continued
by the next one. Only the whole reading moves the watermark; before that nothing may be made of what
is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update

from webshop.clients.snelstart.client import Relation, SnelStartClient
from webshop.exceptions import WebshopError
from webshop.extensions import clock, db, transaction
from webshop.models import Administration

PAGE = 500
# SnelStart's clock and ours may differ; reading a few rows twice is cheap.
INDEX_OVERLAP = timedelta(minutes=10)


class ReadingUnfinishedError(WebshopError):
    """The time of this run is up before all relations were read; the next one goes on."""


class RelationReading:
    """What is read, and from where, of the relations of one administration."""

    def __init__(
        self,
        administration_id: str,
        client: SnelStartClient,
        *,
        remember: Callable[[Sequence[Relation]], None],
        is_over: Callable[[], bool],
    ) -> None:
        self._administration_id = administration_id
        self._client = client
        self._remember = remember
        self._is_over = is_over

    def read(self, watermark: datetime | None) -> datetime | None:
        """Read what changed since the watermark, or everything; return the new watermark.

        It is the latest change that was seen, by SnelStart's own time: ours may be ahead, and what lies before
        the watermark is never read again. But no later than the beginning of the reading, for what changes
        behind its back.

        :raise ReadingUnfinishedError: when the run's time is up; every run reads a page at least.
        """
        since = watermark - INDEX_OVERLAP if watermark else None
        skip, started_at, latest = self._resume(since)
        latest = max(filter(None, (latest, watermark)), default=None)
        while True:
            page = self._client.relations_page(modified_since=since, skip=skip, top=PAGE)
            skip += len(page)
            latest = max((at for at in (latest, *(row.modified_at for row in page)) if at), default=None)
            is_last = len(page) < PAGE
            if is_last:
                watermark = min(latest, started_at) if latest else None
                progress = {"relations_watermark_at": watermark, "relations_position": 0, "relations_started_at": None}
            else:
                progress = {
                    "relations_position": skip,
                    "relations_since_at": since,
                    "relations_started_at": started_at,
                    "relations_latest_at": latest,
                }
            with transaction():
                self._remember(page)
                self._set(**progress)
            if is_last:
                return watermark
            if self._is_over():
                raise ReadingUnfinishedError(f"{skip} relations read so far")

    def _resume(self, since: datetime | None) -> tuple[int, datetime, datetime | None]:
        """Return where to go on, when the reading began and the latest change it has seen.

        The page before is read once more: relations that were removed or changed meanwhile move the
        others up.
        """
        with transaction() as session:
            kept = session.get_one(Administration, self._administration_id, populate_existing=True)
        started_at = kept.relations_started_at
        if started_at is None or kept.relations_since_at != since or started_at > clock.now():
            return 0, clock.now(), None
        return max(kept.relations_position - PAGE, 0), started_at, kept.relations_latest_at

    def _set(self, **values: object) -> None:
        row = Administration.administration_id == self._administration_id
        db.session.execute(update(Administration).where(row).values(**values))
