"""How `judge` and `recommend` put a number into plain words. Counts of people are rounded here, as they are in the
tables that leave, so that a sentence never says more than its row."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from .programme import Programme, Rules

__all__ = [
    "identifier",
    "interval",
    "no_margin",
    "people",
    "percent",
    "percent_with",
    "quoted",
    "scored",
    "told_us",
    "with_margin",
]

_NO_MARGIN = {
    "probability": "no interval could be computed",
    "panel": "a panel, so there is no margin of error",
    "self-selected": "they chose to answer, so there is no margin of error",
    "focus group": "invited to discuss, so there is no margin of error",
    "administrative": "a count from records, so there is no margin of error",
}


def percent(share: float) -> str:
    """A share as a whole percentage; a share that would round to nothing, or to all, says so."""
    if 0 < share < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= share < 1 else f"{_whole(share)}%"


def interval(low: float | None, high: float | None, *, share: bool) -> str:
    """`(48 to 75)` in points, or in units of a scale; empty where no interval exists."""
    if low is None or high is None:
        return ""
    return f" ({_whole(low)} to {_whole(high)})" if share else f" ({low:.2f} to {high:.2f})"


def _whole(share: float) -> int:
    """Hundredths, halves rounded up."""
    return math.floor(100 * share + 0.5)


def percent_with(share: float, low: float | None, high: float | None) -> str:
    """A percentage with its interval in brackets."""
    return percent(share) + interval(low, high, share=True)


def scored(value: float, low: float | None, high: float | None, *, share: bool) -> str:
    """A share as a percentage, a mean as a number, each with its interval in brackets."""
    return percent_with(value, low, high) if share else f"{value:.2f}{interval(low, high, share=False)}"


def people(n: int, rules: Rules) -> str:
    """`about 45 people`: counts in sentences are rounded like every count that leaves."""
    unit = rules.round_counts_to
    if unit == 1:
        return f"{n} people"
    rounded = unit * ((2 * n + unit) // (2 * unit))
    return f"about {rounded} people" if rounded else f"fewer than {unit} people"


def told_us(programme: Programme, source: str) -> bool:
    """Whether a source speaks only for those who answered."""
    return any(each.id == source and not each.has_margin for each in programme.sources)


def with_margin(programme: Programme, row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """The interval of a row, where it may be read as a margin of error: of a random sample, never of people who chose
    to answer (AAPOR)."""
    return (None, None) if told_us(programme, row["source"]) else (row["low"], row["high"])


def no_margin(programme: Programme, source: str) -> str:
    """Why a number has no interval, from the sample it comes from."""
    samples = {each.id: each.sample for each in programme.sources}
    return _NO_MARGIN[samples.get(source, "probability")]


def quoted(text: str) -> str:
    """A name inside a sentence, without a full stop that would end it early."""
    return f"“{text.rstrip('. ')}”"


def identifier(kind: str, *parts: str | None) -> str:
    """`F-harm.question.any-bad`: ids joined by dots, which no id contains, so two ids can never run together.

    A part that is free text (a project's name) is shortened to a readable form and the start of its SHA-256."""
    return ".".join([kind, *(_slug(part) for part in parts if part is not None)])


def _slug(text: str) -> str:
    if re.fullmatch(r"[a-z0-9_-]{1,60}", text):
        return text
    if text in ("any bad", "any good"):
        return text.replace(" ", "-")
    readable = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:30].rstrip("-")
    return f"{readable}-{sha256(text.encode()).hexdigest()[:6]}".lstrip("-")
