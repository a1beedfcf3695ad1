"""Amazon's notation of moments: ISO 8601, answered in UTC with milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


def format_timestamp(at: datetime) -> str:
    at = at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def parse_timestamp(text: str) -> datetime:
    """Raise ValueError unless the text names one moment; a `+` that became a space is refused."""
    if not _ISO.fullmatch(text):
        raise ValueError(f"not an ISO 8601 moment: {text!r}")
    return datetime.fromisoformat(text).astimezone(UTC)


def round_to_milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
