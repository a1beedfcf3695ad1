"""Read an OData v3 filter as SnelStart accepts it and turn it into a function, once per call.

Names are the JSON names with an upper-case first letter, and case counts. Supported: eq ne gt ge lt
le, and or not, brackets, null, substringof, startswith, year, and any with a range variable.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from webshop.sandbox.snelstart.calls import RefusedError, business_error, query_error
from webshop.sandbox.snelstart.members import Member, Model

Row = dict[str, Any]
# equalities of which at least one holds whenever the filter accepts a document
Lookup = tuple[tuple[str, Any], ...]
Reader = Callable[[Row, Any], Any]  # (document, value of the range variable) -> value

TOKEN = re.compile(
    r"\s*(?:(?P<guid>guid'[^']*')|(?P<datetime>datetime'[^']*')|(?P<text>'(?:[^']|'')*')"
    r"|(?P<number>-?\d+(?:\.\d+)?[mMdDfFlL]?(?![\w']))|(?P<name>[A-Za-z_]\w*)|(?P<mark>[(),/:]))"
)
COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "eq": ("Equal", operator.eq),
    "ne": ("NotEqual", operator.ne),
    "gt": ("GreaterThan", operator.gt),
    "ge": ("GreaterThanOrEqual", operator.ge),
    "lt": ("LessThan", operator.lt),
    "le": ("LessThanOrEqual", operator.le),
}
# kind of a member -> kind of the literals it can be compared with
LITERAL_OF = {
    "text": "text",
    "choice": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "guid": "guid",
    "moment": "moment",
}


@dataclass(frozen=True)
class Term:
    """A part of the filter: its kind, how to read it, and what is known without reading."""

    kind: str  # text, number, boolean, guid, moment, null, truth, object, list
    reader: Reader
    path: str = ""  # JSON path of a property of the document itself
    constant: Any = None
    lookups: tuple[Lookup, ...] = ()
    member: Member | None = None


@dataclass(frozen=True)
class Filter:
    """A compiled filter; each of `lookups` allows an index to find the candidates."""

    accepts: Callable[[Row], bool]
    lookups: tuple[Lookup, ...]


def compile_filter(model: Model, source: str) -> Filter:
    """Return the filter; raise the 400 of SnelStart when it cannot be read."""
    parser = _Parser(model, source)
    term = parser.disjunction()
    if parser.peek() is not None:
        raise syntax_error(source)
    if term.kind not in ("truth", "boolean"):
        raise syntax_error(source)
    return Filter(lambda row: term.reader(row, None) is True, term.lookups)


def syntax_error(source: str) -> RefusedError:
    return business_error("ALG-0104", f"Het OData-filter is niet geldig: {source}")


class _Parser:
    def __init__(self, model: Model, source: str) -> None:
        self._model = model
        self._source = source
        self._tokens = self._tokenize(source)
        self._at = 0
        self._variable: tuple[str, Member] | None = None

    def _tokenize(self, source: str) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(source.rstrip()):
            match = TOKEN.match(source, at)
            if match is None or match.lastgroup is None:
                raise syntax_error(source)
            tokens.append((match.lastgroup, match.group(match.lastgroup)))
            at = match.end()
        return tokens

    def peek(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> tuple[str, str]:
        token = self.peek()
        if token is None:
            raise syntax_error(self._source)
        self._at += 1
        return token

    def _accept(self, kind: str, value: str) -> bool:
        if self.peek() == (kind, value):
            self._at += 1
            return True
        return False

    def _expect(self, value: str) -> None:
        if not self._accept("mark", value):
            raise syntax_error(self._source)

    # grammar

    def disjunction(self) -> Term:
        left = self._conjunction()
        while self._accept("name", "or"):
            left = _either(left, self._conjunction())
        return left

    def _conjunction(self) -> Term:
        left = self._negation()
        while self._accept("name", "and"):
            left = _both(left, self._negation())
        return left

    def _negation(self) -> Term:
        if self._accept("name", "not"):
            inner = self._negation().reader
            return Term("truth", lambda row, item: inner(row, item) is not True)
        return self._comparison()

    def _comparison(self) -> Term:
        left = self._operand()
        token = self.peek()
        if token is None or token[0] != "name" or token[1] not in COMPARISONS:
            return left
        self._next()
        return self._compare(token[1], left, self._operand())

    def _operand(self) -> Term:
        kind, value = self._next()
        if (kind, value) == ("mark", "("):
            inner = self.disjunction()
            self._expect(")")
            return inner
        if kind == "name":
            return self._named(value)
        if kind == "mark":
            raise syntax_error(self._source)
        return self._literal(kind, value)

    def _named(self, name: str) -> Term:
        if name in ("true", "false"):
            return _constant("boolean", name == "true")
        if name == "null":
            return _constant("null", None)
        if self.peek() == ("mark", "("):
            return self._function(name)
        return self._property(name)

    def _literal(self, kind: str, value: str) -> Term:
        try:
            if kind == "text":
                return _constant("text", value[1:-1].replace("''", "'"))
            if kind == "guid":
                return _constant("guid", str(UUID(value[5:-1])))
            if kind == "datetime":
                return _constant("moment", _moment(value[9:-1]))
            return _constant("number", Decimal(value.rstrip("mMdDfFlL")))
        except ValueError:
            raise syntax_error(self._source) from None

    def _function(self, name: str) -> Term:
        self._expect("(")
        arguments = [self.disjunction()]
        while self._accept("mark", ","):
            arguments.append(self.disjunction())
        self._expect(")")
        kinds = [argument.kind for argument in arguments]
        readers = [argument.reader for argument in arguments]
        if name == "substringof" and kinds == ["text", "text"]:
            return Term("boolean", lambda row, item: (readers[0](row, item) or "") in (readers[1](row, item) or ""))
        if name == "startswith" and kinds == ["text", "text"]:
            return Term(
                "boolean", lambda row, item: (readers[0](row, item) or "").startswith(readers[1](row, item) or "")
            )
        if name == "year" and kinds == ["moment"]:
            return Term("number", lambda row, item: getattr(readers[0](row, item), "year", None))
        raise query_error(f"An unknown function with name '{name}' was found, or its arguments do not fit.")

    def _property(self, name: str) -> Term:
        if self._variable is not None and name == self._variable[0]:
            term = _typed(Term(_kind(self._variable[1]), lambda row, item: item, member=self._variable[1]))
        else:
            term = self._member(self._model, name, lambda row, item: row, "")
        while self._accept("mark", "/"):
            step = self._next()[1]
            if step == "any" and term.kind == "list":
                return self._any(term)
            if term.member is None or term.member.model is None:
                raise syntax_error(self._source)
            term = self._member(term.member.model, step, term.reader, term.path)
        return term

    def _member(self, model: Model, name: str, parent: Reader, path: str) -> Term:
        json_name = name[0].lower() + name[1:]
        member = model.members.get(json_name)
        if member is None or name == json_name or name == "Uri":
            raise query_error(f"Could not find a property named '{name}' on type '{model.name}'.")
        return _typed(
            Term(
                _kind(member),
                lambda row, item: (parent(row, item) or {}).get(json_name),
                path=f"{path}.{json_name}".lstrip("."),
                member=member,
            )
        )

    def _any(self, items: Term) -> Term:
        if items.member is None or items.member.item is None or self._variable is not None:
            raise syntax_error(self._source)
        self._expect("(")
        variable = self._next()[1]
        self._expect(":")
        self._variable = (variable, items.member.item)
        condition = self.disjunction().reader
        self._variable = None
        self._expect(")")
        read_items = items.reader
        return Term("truth", lambda row, _: any(condition(row, item) is True for item in read_items(row, None) or ()))

    def _compare(self, symbol: str, left: Term, right: Term) -> Term:
        name, compare = COMPARISONS[symbol]
        if "null" not in (left.kind, right.kind) and _comparable(left) != _comparable(right):
            raise query_error(
                "A binary operator with incompatible types was detected. Found operand types "
                f"'{left.kind}' and '{right.kind}' for operator kind '{name}'."
            )
        read_left, read_right = left.reader, right.reader

        def compared(row: Row, item: Any) -> bool:
            first, second = read_left(row, item), read_right(row, item)
            if first is None or second is None:
                return compare(first, second) if symbol in ("eq", "ne") else False
            return compare(first, second)

        is_lookup = symbol == "eq" and left.path and right.constant is not None
        lookups = (((left.path, right.constant),),) if is_lookup else ()
        return Term("truth", compared, lookups=lookups)


def _kind(member: Member) -> str:
    return LITERAL_OF.get(member.kind, member.kind)


def _comparable(term: Term) -> str:
    return "boolean" if term.kind == "truth" else term.kind


def _constant(kind: str, value: Any) -> Term:
    return Term(kind, lambda row, item: value, constant=value)


def _typed(term: Term) -> Term:
    """Let numbers and moments, which are stored as text, be read as what they are."""
    read = term.reader
    if term.kind == "moment":
        return replace(term, reader=lambda row, item: _moment(read(row, item)))
    if term.kind == "number":
        return replace(term, reader=lambda row, item: _number(read(row, item)))
    return term


def _moment(written: str | None) -> datetime | None:
    if written is None:
        return None
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is not None:
        raise ValueError("SnelStart's times have no zone")
    return moment


def _number(stored: Any) -> Decimal | None:
    return None if stored is None else Decimal(stored)


def _both(left: Term, right: Term) -> Term:
    first, second = left.reader, right.reader
    return Term(
        "truth",
        lambda row, item: first(row, item) is True and second(row, item) is True,
        lookups=left.lookups + right.lookups,
    )


def _either(left: Term, right: Term) -> Term:
    first, second = left.reader, right.reader
    lookups = tuple(one + other for one in left.lookups for other in right.lookups)
    return Term("truth", lambda row, item: first(row, item) is True or second(row, item) is True, lookups=lookups)
