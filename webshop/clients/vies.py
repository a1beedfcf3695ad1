"""VIES: what the European Commission and the member states say about a VAT number.

https://ec.europa.eu/taxation_customs/vies/#/technical-information
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from webshop.clients.http import HttpAnswer, HttpClient, retry_after_seconds
from webshop.clients.text import clean_text
from webshop.exceptions import RejectedError, RemoteError, RetryableRemoteError, ThrottledError

_OPERATION = "check-vat-number"
_CONSULTATION_LIMIT = 40
INVALID_REQUESTER = "INVALID_REQUESTER_INFO"
"""VIES does not know the seller's own number; without it the question can still be asked."""
_INVALID_INPUT = "INVALID_INPUT"
_BUSY = frozenset(
    {
        "GLOBAL_MAX_CONCURRENT_REQ",
        "GLOBAL_MAX_CONCURRENT_REQ_TIME",
        "MS_MAX_CONCURRENT_REQ",
        "MS_MAX_CONCURRENT_REQ_TIME",
    }
)
_OF_MEMBER_STATE = frozenset({"MS_UNAVAILABLE", "MS_MAX_CONCURRENT_REQ", "MS_MAX_CONCURRENT_REQ_TIME"})


@dataclass(frozen=True)
class ViesAnswer:
    """What VIES says; `consultation` is the number that proves it, given to a seller who named himself."""

    is_valid: bool
    consultation: str | None


class ViesClient:
    def __init__(self, *, http: HttpClient, base_url: str) -> None:
        self._http = http
        self._url = f"{base_url.rstrip('/')}/{_OPERATION}"

    def check(self, number: str, *, requester: str | None = None) -> ViesAnswer:
        """Ask about a number with its country in front (Greece as EL); `requester` is the seller's own.

        :raise RetryableRemoteError: when there is no answer now; nothing is known then.
        :raise RejectedError: when VIES refuses the question, with INVALID_REQUESTER as its code when
            it is about the seller's own number.
        """
        question = {"countryCode": number[:2], "vatNumber": number[2:]}
        if requester is not None:
            question |= {"requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:]}
        answer = self._http.send("POST", self._url, operation=_OPERATION, json=question)
        document = _read(answer)
        code = _error_code(document)
        if code == _INVALID_INPUT:
            # It has not even the form of a number of that country.
            return ViesAnswer(False, None)
        if code or not answer.is_success:
            raise self._error(answer, code)
        is_valid = document.get("valid")
        # An answer about another number, or one that says neither yes nor no, is none.
        if not isinstance(is_valid, bool) or not _is_about(document, question):
            raise self._error(answer, "UNREADABLE_ANSWER")
        return ViesAnswer(is_valid, _consultation(document))

    def _error(self, answer: HttpAnswer, code: str | None) -> RemoteError:
        facts: dict[str, Any] = {
            "remote": self._http.remote,
            "operation": _OPERATION,
            "status": answer.status,
            "code": code,
            "request_id": answer.request_id,
        }
        if code == INVALID_REQUESTER:
            return RejectedError("VIES does not know the seller's own VAT number", **facts)
        if answer.status == 429 or code in _BUSY:
            return ThrottledError("too many requests", retry_after=retry_after_seconds(answer), **facts)
        return RetryableRemoteError("VIES gives no answer", **facts)


def is_about_member_state(trouble: RemoteError) -> bool:
    """Say whether only the numbers of one country cannot be checked."""
    return trouble.code in _OF_MEMBER_STATE


def _read(answer: HttpAnswer) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _error_code(document: dict[str, Any]) -> str | None:
    errors = document.get("errorWrappers")
    if not isinstance(errors, list) or not errors:
        return None
    first = errors[0].get("error") if isinstance(errors[0], dict) else None
    return clean_text(first, 60) if isinstance(first, str) else "UNKNOWN"


def _is_about(document: dict[str, Any], question: dict[str, str]) -> bool:
    return all(document.get(name, question[name]) == question[name] for name in ("countryCode", "vatNumber"))


def _consultation(document: dict[str, Any]) -> str | None:
    number = document.get("requestIdentifier")
    return clean_text(number, _CONSULTATION_LIMIT) or None if isinstance(number, str) else None
