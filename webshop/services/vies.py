"""Have a buyer's VAT number confirmed by VIES before a sale without VAT is booked.

VIES is often out of order, or one of its member states is. Then the order waits and is tried again,
later each time, and the others go on: after the first question without an answer nobody is asked again
for some minutes. A number is asked about once a day. What proves the sale stays with the order: when
it was asked, the consultation number, and the number masked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from webshop.clients.http import HttpClient
from webshop.clients.vies import INVALID_REQUESTER, ViesAnswer, ViesClient, is_about_member_state
from webshop.domain.booking import Issue, Translation
from webshop.domain.periods import local_date
from webshop.domain.vat_numbers import VatNumberStatus, compact
from webshop.exceptions import BudgetEmptyError, RejectedError, RemoteError
from webshop.extensions import clock, remote_session, settings, transaction
from webshop.models import Order, ViesConsultation
from webshop.models.base import insert
from webshop.services import budgets
from webshop.services.budgets import VIES, vies_key
from webshop.services.buyers import buyer_of
from webshop.services.connections import USER_AGENT
from webshop.services.fingerprints import VAT_NUMBER, Fingerprints

logger = logging.getLogger(__name__)

RETRY_FIRST, RETRY_LONGEST = timedelta(minutes=10), timedelta(hours=6)
PAUSE = timedelta(minutes=5)
"""How long nobody is asked after a question without an answer."""
TIMEOUT, DEADLINE = 10, 15
"""Seconds; shorter than for the others, as the orders of the whole shop wait meanwhile."""
_OPEN = frozenset({"VIES_PENDING", "VIES_UNAVAILABLE"})
_REFUSED = frozenset({"VAT_NUMBER_NOT_IN_VIES", "VAT_NUMBER_IGNORED"})
_UNAVAILABLE = {"status": VatNumberStatus.VIES_UNAVAILABLE.value}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class VatNumberProof:
    """Ask VIES about the buyers of one administration, as one run does."""

    def __init__(self, administration_id: str, own_number: str | None) -> None:
        self._administration_id = administration_id
        self._requester = compact(own_number) if own_number else None
        self._fingerprint = Fingerprints(administration_id).of
        http = HttpClient(
            remote="vies",
            session=remote_session(),
            user_agent=USER_AGENT,
            read_timeout=TIMEOUT,
            deadline=DEADLINE,
            max_bytes=100_000,
        )
        self._client = ViesClient(http=http, base_url=settings().vies_url)

    def settle(self, order: Order, translation: Translation) -> bool:
        """Have the number of an order confirmed or refused when its VAT hangs on it.

        Return whether the order now says something else, so that it must be translated again.
        """
        check = order.vat_number_check
        if check is None or not _is_open(check, translation):
            return False
        number = buyer_of(order).vat_number
        if number is None:
            return False
        answer = self._recall(number)
        if answer is None and _waits_until(check) > clock.now():
            return False
        try:
            answer = answer or self._ask(number)
        except BudgetEmptyError as pause:
            return _store(order, {**check, **_UNAVAILABLE, "retry_at": pause.due_at.isoformat()})
        except RemoteError:
            return _store(order, _unanswered(check))
        return _store(order, _decided(check, answer))

    def _recall(self, number: str) -> ViesConsultation | None:
        """Return what VIES said about a number earlier this day."""
        with transaction() as session:
            found = session.scalar(
                select(ViesConsultation).where(
                    ViesConsultation.administration_id == self._administration_id,
                    ViesConsultation.fingerprint == self._fingerprint(VAT_NUMBER + number),
                )
            )
        if found is None or local_date(found.checked_at) != local_date(clock.now()):
            return None
        return found

    def _ask(self, number: str) -> ViesConsultation:
        """Return VIES's answer, kept for the day.

        :raise BudgetEmptyError: when VIES, or this member state, is not to be asked now.
        :raise RemoteError: when there is no answer; nobody asks for some minutes then.
        """
        keys = (vies_key(), vies_key(number[:2]))
        for key in keys:
            budgets.take(key, VIES, 1)
        try:
            answer = self._answer(number)
        except RemoteError as trouble:
            logger.warning("vies_unavailable", extra={"country": number[:2], "code": trouble.code or ""})
            budgets.pause(keys[is_about_member_state(trouble)], clock.now() + PAUSE)
            raise
        return self._keep(number, answer)

    def _answer(self, number: str) -> ViesAnswer:
        try:
            return self._client.check(number, requester=self._requester)
        except RejectedError as refusal:
            if refusal.code != INVALID_REQUESTER or self._requester is None:
                raise
            # The seller's own number is not in VIES: the answer counts, there is only no proof of it.
            self._requester = None
            return self._client.check(number)

    def _keep(self, number: str, answer: ViesAnswer) -> ViesConsultation:
        values: dict[str, Any] = {
            "is_valid": answer.is_valid,
            "consultation": answer.consultation,
            "checked_at": clock.now(),
        }
        key = {
            "administration_id": self._administration_id,
            "fingerprint": self._fingerprint(VAT_NUMBER + number),
        }
        with transaction() as session:
            statement = insert(ViesConsultation).values(**key, **values)
            session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
        return ViesConsultation(**key, **values)


def retry_at(order: Order, issues: Iterable[Issue]) -> datetime | None:
    """Return when an order that waits for VIES is looked at again; None when it does not wait for it."""
    if not any(issue.code in _OPEN for issue in issues):
        return None
    return max(_waits_until(order.vat_number_check or {}), clock.now())


def forget_old_answers() -> None:
    """Remove the answers of earlier days; the orders keep theirs."""
    with transaction() as session:
        session.execute(delete(ViesConsultation).where(ViesConsultation.checked_at < clock.now() - timedelta(days=1)))


def _is_open(check: dict[str, Any], translation: Translation) -> bool:
    """Say whether the VAT of the order hangs on an answer; a refusal is asked about again on a later day."""
    codes = {issue.code for issue in translation.issues}
    if codes & _OPEN:
        return True
    is_refused = check["status"] == VatNumberStatus.REFUSED_BY_VIES.value and codes & _REFUSED
    return bool(is_refused) and check["checked_on"] != local_date(clock.now()).isoformat()


def _waits_until(check: dict[str, Any]) -> datetime:
    text = check.get("retry_at")
    until = datetime.fromisoformat(text) if text else _LONG_AGO
    # Longer than that nothing waits: the clock was ahead when it was written.
    return until if until <= clock.now() + RETRY_LONGEST else _LONG_AGO


def _unanswered(check: dict[str, Any]) -> dict[str, Any]:
    """Wait longer with every question that gets no answer."""
    tries = int(check.get("tries", 0)) + 1
    delay = min(RETRY_FIRST * 2 ** min(tries - 1, 10), RETRY_LONGEST)
    return {**check, **_UNAVAILABLE, "tries": tries, "retry_at": (clock.now() + delay).isoformat()}


def _decided(check: dict[str, Any], answer: ViesConsultation) -> dict[str, Any]:
    status = VatNumberStatus.CONFIRMED_BY_VIES if answer.is_valid else VatNumberStatus.REFUSED_BY_VIES
    return {
        "country": check["country"],
        "masked": check["masked"],
        "status": status.value,
        "checked_on": local_date(answer.checked_at).isoformat(),
        "checked_at": answer.checked_at.isoformat(),
        "consultation": answer.consultation,
    }


def _store(order: Order, check: dict[str, Any]) -> bool:
    """Keep what came of a question; return False when somebody gave the order another number meanwhile."""
    with transaction() as session:
        stored = session.scalar(
            update(Order)
            .where(Order.id == order.id, Order.sealed_vat_number == order.sealed_vat_number)
            .values(vat_number_check=check)
            .returning(Order.id)
        )
    if stored is not None:
        order.vat_number_check = check
    return stored is not None
