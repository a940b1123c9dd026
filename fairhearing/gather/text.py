"""Small things about words that several readers share."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

__all__ = ["close_to", "counted", "fold", "number"]

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_WHOLE_AS_DECIMAL = re.compile(r"([+-]?\d+)\.0+")


def close_to(given: str, known: Iterable[str], what: str) -> str:
    """A cure for a name that is not there: the closest one, or the first few."""
    names = [str(name) for name in known]
    close = difflib.get_close_matches(given, names, 1, 0.6) or [n for n in names if n.casefold() == given.casefold()]
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(f"{name:.40}" for name in names[:12])
    return f"use one of the {what}: {shown}{' …' if len(names) > 12 else ''}"


def counted(n: int, one: str, many: str | None = None) -> str:
    """`3 rows`, `1 row`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def fold(text: str) -> str:
    """A value as it is compared: case and surrounding space do not matter, and 1.0 is 1."""
    text = " ".join(text.split()).casefold()
    whole = _WHOLE_AS_DECIMAL.fullmatch(text)
    return whole[1] if whole else text


def number(text: str) -> float | None:
    """A plain decimal number, or None. Python would also take 1_000, nan and inf; a survey code is none of these."""
    text = text.strip()
    if not text.isascii() or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if abs(value) < 1e300 else None
