"""What a mistake of ours looks like when one order's data provokes it.

Lost databases and stop signals are not among them: those end the run.
"""

from __future__ import annotations

from sqlalchemy.exc import DataError

from webshop.exceptions import TranslationError
from webshop.vault import SealBrokenError

BUGS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    DataError,
    LookupError,
    RecursionError,
    SealBrokenError,
    TranslationError,
    TypeError,
    ValueError,
)
