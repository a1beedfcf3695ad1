"""What a refusal of the Selling Partner API means."""

from __future__ import annotations

from typing import Any

from webshop.clients.http import HttpAnswer, retry_after_seconds
from webshop.clients.text import clean_text
from webshop.exceptions import (
    NotFoundRemoteError,
    PartnerAccessError,
    ReconnectRequiredError,
    RejectedError,
    RemoteError,
    RetryableRemoteError,
    ThrottledError,
)

# Amazon tells these cases apart only in the text of the first error.
_TOKEN_REFUSED = ("access token you provided has expired", "access token you provided is revoked")
_APPLICATION_LAPSED = "the lwa secret"


def is_token_refused(answer: HttpAnswer) -> bool:
    """Whether another access token may help; 403 has a dozen other reasons."""
    if answer.status == 401:
        return True
    return answer.status == 403 and any(text in _read_first_error(answer)[1] for text in _TOKEN_REFUSED)


def error_of(answer: HttpAnswer, *, remote: str, operation: str) -> RemoteError:
    """Return the error for an answer that is no success, after a renewed token when that was refused."""
    vendor_code, text = _read_first_error(answer)
    facts: dict[str, Any] = {
        "remote": remote,
        "operation": operation,
        "status": answer.status,
        "code": vendor_code,
        "request_id": answer.request_id,
    }
    if answer.status == 429:
        return ThrottledError("too many requests", retry_after=retry_after_seconds(answer), **facts)
    if answer.status >= 500 or answer.status == 408:
        return RetryableRemoteError("Amazon is out of order", **facts)
    if answer.status == 404:
        return NotFoundRemoteError("Amazon does not know it", **facts)
    if is_token_refused(answer):
        return ReconnectRequiredError("Amazon refuses the access token, a renewed one as well", **facts)
    if answer.status == 403 and _APPLICATION_LAPSED in text:
        return PartnerAccessError("the application's client secret has expired", **facts)
    if answer.status == 403:
        facts["code"] = "AMAZON_REFUSES"
        return RejectedError("Amazon refuses access to this resource", **facts)
    return RejectedError("Amazon refuses the request", **facts)


def _read_first_error(answer: HttpAnswer) -> tuple[str | None, str]:
    """Return the code and, in lower case, the texts of the first error."""
    try:
        error = answer.json()["errors"][0]
        code, texts = error.get("code"), (error.get("message"), error.get("details"))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None, ""
    text = " ".join(part for part in texts if isinstance(part, str)).lower()
    return (clean_text(code, 60) or None) if isinstance(code, str) else None, text
