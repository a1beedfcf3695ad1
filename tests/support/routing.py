"""Compile each address once: every test makes applications of its own, whose addresses are always the same.

Werkzeug writes a small program for each address of each application, which was a fifth of the time of a test.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def compile_addresses_once() -> None:
    """Remember the builders of addresses while this process lives; they know nothing of their application."""
    compile_builder = Rule._compile_builder
    known: dict[Any, Builder] = {}

    @wraps(compile_builder)
    def remembered(self: Rule, append_unknown: bool = True) -> Builder:
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (tuple(self._trace), defaults, append_unknown)
        if key not in known:
            known[key] = compile_builder(self, append_unknown)
        return known[key]

    Rule._compile_builder = remembered  # type: ignore[method-assign]
