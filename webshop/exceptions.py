"""The errors of the product: clients classify, services decide, delivery shows.

A message says what happened and what the reader can do; it never holds a secret, an e-mail address
or a postal code.
"""

from __future__ import annotations

from datetime import datetime


class WebshopError(Exception):
    """Root of every error we raise on purpose."""


class RemoteError(WebshopError):
    """A remote (Amazon, SnelStart) did not do what was asked.

    `remote` and `operation` name the call, `status` is the HTTP status when there was an answer,
    `request_id` the vendor's own id for its support desk, `code` the vendor's error code.
    """

    def __init__(
        self,
        message: str,
        *,
        remote: str,
        operation: str,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remote = remote
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id

    def __str__(self) -> str:
        facts = [f"{self.remote} {self.operation}"]
        if self.status is not None:
            facts.append(f"HTTP {self.status}")
        if self.code:
            facts.append(self.code)
        return f"{' '.join(facts)}: {self.message}"


class RetryableRemoteError(RemoteError):
    """Nothing was done and the same call may succeed later (timeout of a read, 5xx on a read)."""


class ThrottledError(RetryableRemoteError):
    """The remote says there were too many calls; `retry_after` is its advice in seconds."""

    def __init__(
        self,
        message: str,
        *,
        remote: str,
        operation: str,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, remote=remote, operation=operation, status=status, code=code, request_id=request_id)
        self.retry_after = retry_after


class BudgetEmptyError(WebshopError):
    """Our own budget for a remote is used up: the call was not made. Try again at `due_at`."""

    def __init__(self, remote: str, due_at: datetime) -> None:
        super().__init__(f"the budget for {remote} is used up until {due_at.isoformat()}")
        self.remote = remote
        self.due_at = due_at


class OutcomeUnknownError(RemoteError):
    """A write may or may not have been carried out: look it up, never send it again blindly."""


class ReconnectRequiredError(RemoteError):
    """The connection's own credentials are refused: the owner has to connect again."""


class PartnerAccessError(RemoteError):
    """Our application's credentials are refused: one alarm for the operator, no tenant's fault."""


class CredentialsUnreadableError(RemoteError):
    """Our own keys do not open what we keep for this remote: the operator's trouble, nobody has to reconnect."""


class RejectedError(RemoteError):
    """The remote understood the call and refuses it: a person has to change something.

    `details` holds every (code or field, text) of the answer; `code` is the first of them.
    """

    def __init__(
        self,
        message: str,
        *,
        remote: str,
        operation: str,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        details: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message, remote=remote, operation=operation, status=status, code=code, request_id=request_id)
        self.details = details


class DuplicateError(RejectedError):
    """The remote says the document exists already (SnelStart BOE-0021)."""


class NotFoundRemoteError(RejectedError):
    """The remote does not know the id that was asked for."""


class TranslationError(WebshopError):
    """The domain was asked something it can never answer; a bug, not a user's mistake."""


class NotAllowedError(WebshopError):
    """The user may see this, but not do it (403)."""


class NotFoundError(WebshopError):
    """Not there, or not yours: both look the same (404)."""


class ConflictError(WebshopError):
    """Someone else is doing this at the moment (409)."""


class SettingsError(WebshopError):
    """The environment does not hold together; the message names the variable."""


class RefusedDecisionError(ConflictError):
    """Why a decision cannot be carried out now, as a code for the page that asks; `number` names a document."""

    def __init__(self, message: str, code: str, number: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.number = number
