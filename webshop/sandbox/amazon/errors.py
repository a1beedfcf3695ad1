"""The refusals of the Selling Partner API and of Login with Amazon, word for word."""

from __future__ import annotations

from typing import Any

ACCESS_EXPIRED = "The access token you provided has expired."
ACCESS_INVALID = "The access token you provided is revoked, malformed or invalid."
ACCESS_MISSING = "Access token is missing in the request header."

INPUT_NOT_VALID = "The input you have submitted is not valid. Please check your input and try again."
PAGE_NOT_VALID = (
    "The paginationToken you have submitted is not valid."
    " All parameters must match the original request except maxResultsPerPage."
)

GRANT_REVOKED = (
    "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission."
)
GRANT_INVALID = "The request has an invalid grant parameter : refresh_token"
CODE_INVALID = "The request has an invalid grant parameter : code"


class RefusalError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def api_refusal(status: int, code: str, message: str, details: str = "") -> RefusalError:
    return RefusalError(status, {"errors": [{"code": code, "message": message, "details": details}]})


def access_denied(details: str = "") -> RefusalError:
    return api_refusal(403, "Unauthorized", "Access to requested resource is denied.", details)


def invalid_input(message: str = INPUT_NOT_VALID, details: str = "") -> RefusalError:
    return api_refusal(400, "InvalidInput", message, details)


def order_not_found() -> RefusalError:
    return api_refusal(404, "NotFound", "The requested order was not found.")


def quota_exceeded() -> RefusalError:
    return api_refusal(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


def grant_refusal(status: int, error: str, description: str) -> RefusalError:
    return RefusalError(status, {"error_description": description, "error": error})


def invalid_grant(description: str) -> RefusalError:
    return grant_refusal(400, "invalid_grant", description)


def invalid_client() -> RefusalError:
    return grant_refusal(401, "invalid_client", "Client authentication failed")


def unsupported_grant_type() -> RefusalError:
    return grant_refusal(
        400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server"
    )


_INTERNAL_FAILURES: dict[int, tuple[str, str]] = {
    400: ("InvalidInput", INPUT_NOT_VALID),
    403: ("Unauthorized", "Access to requested resource is denied."),
    404: ("NotFound", "The requested resource was not found."),
    429: ("QuotaExceeded", "You exceeded your quota for the requested resource."),
    500: ("InternalFailure", "We encountered an internal error. Please try again."),
    503: ("ServiceUnavailable", "Service is temporarily unavailable. Please try again."),
}


def default_failure(operation: str, status: int) -> dict[str, Any]:
    """Return the body Amazon would send with this status when nobody says which."""
    code, message = _INTERNAL_FAILURES.get(status, ("InternalFailure", "The request failed."))
    if operation == "token":
        error = {401: "invalid_client", 503: "temporarily_unavailable"}.get(status, "server_error")
        return {"error_description": message, "error": error}
    return {"errors": [{"code": code, "message": message, "details": ""}]}
