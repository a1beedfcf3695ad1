"""What a password must be: long, and not among the first that anybody would try.

Customers meet no rules about kinds of characters (ASVS 6.2.5); staff do, because Amazon demands it
of everybody who can reach its data. The list of words (data/common_passwords.txt) is our own, of the
words that top the published lists of leaked passwords, with Dutch and German ones. It is no copy of
a leak: a password is refused when nothing but such words, names, years, digits in order, keyboard
rows and repetition is left of it once capitals and the usual substitutions are undone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise

SHORTEST = 12
LARGEST_BYTES = 1024
_KINDS = (str.islower, str.isupper, str.isdigit, lambda character: not character.isalnum())
_SUBSTITUTIONS = str.maketrans("@4310$5!7€8", "aaeiossiteb")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qwertzuiop", "1234567890", "0987654321",
         "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0",
         "qazwsxedcrfvtgbyhnujmikolp", "abcdefghijklmnopqrstuvwxyz")  # fmt: skip
_SHORTEST_ROW = 3
_LONGEST_COMMON = 64
_MOST_WORDS = 3
"""Of more words than these somebody made a sentence; the well-known sentences stand in the list whole."""


class PasswordProblem(StrEnum):
    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    OWN_NAME = "own_name"
    KINDS = "kinds"


def find_problem(password: str, *, own: Iterable[str] = (), is_staff: bool = False) -> PasswordProblem | None:
    """Return why a password is refused, None when it is fine; `own` are names of the user and the shops."""
    if len(password) < SHORTEST:
        return PasswordProblem.SHORT
    if len(password.encode("utf-8", "surrogatepass")) > LARGEST_BYTES:
        return PasswordProblem.LONG
    if is_staff and any(not any(map(kind, password)) for kind in _KINDS):
        return PasswordProblem.KINDS
    if _is_common(password, frozenset()):
        return PasswordProblem.COMMON
    names = frozenset(name for text in own for name in _names_in(text))
    if names and _is_common(password, names):
        return PasswordProblem.OWN_NAME
    return None


def _is_common(password: str, names: frozenset[str]) -> bool:
    """Return whether the password, in any of the ways it can be read, is made of what everybody tries."""
    lower = password.lower()
    if len(lower) > _LONGEST_COMMON:
        return len(set(lower)) < _SHORTEST_ROW
    readings = {_letters(lower), _letters(lower.translate(_SUBSTITUTIONS)), _letters(re.sub(r"[\d\W_]+$", "", lower)
                .translate(_SUBSTITUTIONS))}  # fmt: skip
    return any(_is_made_of_common(reading, names) for reading in readings)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _is_made_of_common(text: str, names: frozenset[str]) -> bool:
    """Return whether the text falls apart into common words, rows, digits and repetition, few words at most."""
    if not text:
        return True
    repeated = re.fullmatch(r"(.{1,8}?)\1+(.{0,7})", text)
    if repeated and repeated[1].startswith(repeated[2]):
        return True
    words = _words()
    if text in words:
        return True
    longest = max(map(len, names), default=0)
    fewest: list[int | None] = [0] + [None] * len(text)
    for start in range(len(text)):
        count = fewest[start]
        if count is None:
            continue
        for end in range(start + 1, min(len(text), start + max(_LONGEST_WORD, longest)) + 1):
            cost = _cost(text[start:end], words, names)
            if cost is not None:
                best = fewest[end]
                fewest[end] = count + cost if best is None else min(best, count + cost)
    total = fewest[-1]
    return total is not None and total <= _MOST_WORDS


_LONGEST_WORD = 16


def _cost(part: str, words: frozenset[str], names: frozenset[str]) -> int | None:
    """Return how many words a part counts for: digits and rows are free; None when it is nothing known."""
    if part.isdigit() and (len(part) <= 4 or _is_row(part) or len(set(part)) <= 2):
        return 0
    if (len(set(part)) == 1 and len(part) >= _SHORTEST_ROW) or _is_row(part):
        return 0
    return 1 if part in names or (len(part) > 2 and part in words) else None


def _is_row(part: str) -> bool:
    if len(part) < _SHORTEST_ROW:
        return False
    if any(part in row or part[::-1] in row for row in _ROWS):
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(part)}
    return len(steps) == 1 and part.isdigit()


def _names_in(text: str) -> set[str]:
    """Return the words of a name or an e-mail address that are worth looking for, and the whole."""
    parts = {part for part in re.split(r"[\W_]+", text.lower()) if len(part) > 2}
    whole = _letters(text.lower())
    return parts | ({whole} if len(whole) > 2 else set())


@cache
def _words() -> frozenset[str]:
    text = files("webshop.domain").joinpath("data/common_passwords.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
