"""What a refusal of SnelStart means.

The API behind Azure API Management answers errors in many shapes: an array of business errors, an
object of the model binder, an object of the gateway, plain text, nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webshop.clients.http import HttpAnswer, retry_after_seconds
from webshop.clients.jsontext import read_json
from webshop.clients.text import clean_text, scrub_vendor_text
from webshop.exceptions import (
    DuplicateError,
    NotFoundRemoteError,
    OutcomeUnknownError,
    PartnerAccessError,
    ReconnectRequiredError,
    RejectedError,
    RemoteError,
    RetryableRemoteError,
    ThrottledError,
)

# The number of an invoice, the code of an article: both are unique in an administration.
_EXISTS_ALREADY = ("BOE-0021", "ART-0005")
_NO_PACKAGE = "het ingelogde account"
_SUBSCRIPTION_KEY = "subscription key"
_QUOTA = "quota"
_REPLENISHED_IN = re.compile(r"\b([0-9]{1,2}):([0-9]{2}):([0-9]{2})\b")
_DETAIL_LIMIT = 20


@dataclass(frozen=True)
class _Complaint:
    """One entry of an error answer; `code` is a business code or the name of a member."""

    code: str
    text: str


def is_token_refused(answer: HttpAnswer) -> bool:
    """Whether the access token is refused, not our subscription key."""
    return answer.status == 401 and not _mentions(_read_complaints(answer), _SUBSCRIPTION_KEY)


def error_of(
    answer: HttpAnswer, *, remote: str, operation: str, is_write: bool = False, is_personal: bool = False
) -> RemoteError:
    """Return the error for an answer that is no success, after a renewed token when that was refused.

    `is_personal` says that the call was about a person: then the vendor's texts are left out.
    """
    facts: dict[str, Any] = {
        "remote": remote,
        "operation": operation,
        "status": answer.status,
        "request_id": answer.request_id,
    }
    if answer.status >= 500 or answer.status == 408:
        if is_write:
            return OutcomeUnknownError("it is not known whether SnelStart carried it out", **facts)
        return RetryableRemoteError("SnelStart is out of order", **facts)
    complaints = _read_complaints(answer)
    access_error = _access_error(answer, complaints, facts)
    if access_error is not None:
        return access_error
    return _refusal(answer, complaints, facts, is_personal=is_personal)


def _access_error(answer: HttpAnswer, complaints: list[_Complaint], facts: dict[str, Any]) -> RemoteError | None:
    """Return the error when it is about keys, rights or limits."""
    if any(complaint.text.lower().startswith(_NO_PACKAGE) for complaint in complaints):
        return RejectedError("the SnelStart package does not include this", code="PACKAGE", **facts)
    if answer.status == 401:
        if _mentions(complaints, _SUBSCRIPTION_KEY):
            return PartnerAccessError("our subscription key is refused", code="SUBSCRIPTION_KEY", **facts)
        return ReconnectRequiredError("SnelStart refuses the access token, a renewed one as well", **facts)
    if answer.status == 429:
        return ThrottledError("too many requests", retry_after=retry_after_seconds(answer), **facts)
    if answer.status == 403:
        if _mentions(complaints, _QUOTA):
            return ThrottledError(
                "the volume quota is used up", code="QUOTA", retry_after=_quota_wait(answer, complaints), **facts
            )
        return RejectedError("the key does not give the right to do this", code="SCOPE", **facts)
    return None


def _refusal(
    answer: HttpAnswer, complaints: list[_Complaint], facts: dict[str, Any], *, is_personal: bool
) -> RejectedError:
    details = tuple(
        (complaint.code, "" if is_personal else scrub_vendor_text(complaint.text)) for complaint in complaints
    )
    texts = dict.fromkeys(text for _, text in details if text)
    message = "; ".join(texts) or "SnelStart refuses the request"
    codes = [complaint.code for complaint in complaints]
    for code in _EXISTS_ALREADY:
        if code in codes:
            return DuplicateError(message, code=code, details=details, **facts)
    error_class = NotFoundRemoteError if answer.status == 404 else RejectedError
    return error_class(message, code=next(filter(None, codes), None), details=details, **facts)


def _quota_wait(answer: HttpAnswer, complaints: list[_Complaint]) -> float | None:
    """Return the seconds until the quota is replenished, from the header or else from the text."""
    seconds = retry_after_seconds(answer)
    if seconds is not None:
        return seconds
    for complaint in complaints:
        match = _REPLENISHED_IN.search(complaint.text)
        if match:
            hours, minutes, rest = map(int, match.groups())
            return float(hours * 3_600 + minutes * 60 + rest)
    return None


def _mentions(complaints: list[_Complaint], words: str) -> bool:
    return any(words in complaint.text.lower() for complaint in complaints)


def _read_complaints(answer: HttpAnswer) -> list[_Complaint]:
    try:
        document = read_json(answer.body)
    except ValueError:
        document = answer.body[:2_000].decode("utf-8", errors="replace")
    complaints = list(_complaints_in(document))
    return [complaint for complaint in complaints if complaint.code or complaint.text][:_DETAIL_LIMIT]


def _complaints_in(document: Any) -> Iterator[_Complaint]:
    if isinstance(document, str):
        yield _Complaint("", clean_text(document, 500))
    elif isinstance(document, list):
        for entry in document:
            if isinstance(entry, (dict, str)):
                yield from _complaints_in(entry)
    elif isinstance(document, dict):
        # Two generations of ASP.NET answer with and without capitals.
        members = {name.lower(): value for name, value in document.items()}
        yield _Complaint(_text(members, "errorcode"), _text(members, "message"))
        model_state = members.get("modelstate")
        if isinstance(model_state, dict):
            yield from _model_state(model_state)


def _model_state(model_state: Mapping[str, Any]) -> Iterator[_Complaint]:
    yield _Complaint("MODEL_STATE", "")
    for name, texts in model_state.items():
        for text in texts if isinstance(texts, list) else [texts]:
            if isinstance(text, str):
                yield _Complaint(clean_text(name, 100), clean_text(text, 500))


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    return clean_text(value, 500) if isinstance(value, str) else ""
