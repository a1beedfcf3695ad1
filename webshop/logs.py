"""One JSON line per event on standard error: time, level, event and the ids around it."""

from __future__ import annotations

import logging
import re
import sys

import structlog

from webshop.settings import Settings

# What PostgreSQL adds to an error, and the errors that quote what they were given: both hold values of
# columns, and so e-mail addresses. The code and the names of constraint and table stay.
_STATED = re.compile(
    r"\b(DETAIL|CONTEXT|QUERY):.*?"
    r"(?=\n(?:HINT:|\[SQL: |\(Background on this error|\nThe above exception|\nDuring handling)|\Z)",
    re.DOTALL,
)
_QUOTED = re.compile(r"\b((?:invalid|malformed|date/time field)\b[^\n\"]*): \".*?\"(?=\n|\Z)")


def without_values(text: str) -> str:
    """Return the text of a database error without what stood in the columns."""
    return _QUOTED.sub(r'\1: "[…]"', _STATED.sub(r"\1: […]", text))


def _without_values(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {name: without_values(value) if isinstance(value, str) else value for name, value in event.items()}


def configure(settings: Settings) -> None:
    """Send structlog's and the standard library's records through one renderer."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.ExtraAdder(),
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_values,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
    )
    root = logging.getLogger()
    root.setLevel(settings.log_level)
    for handler in list(root.handlers):
        if getattr(handler, "is_webshop", False):
            root.removeHandler(handler)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.is_webshop = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    # These write whole addresses and headers at DEBUG and INFO.
    for name in ("urllib3", "requests", "authlib"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
