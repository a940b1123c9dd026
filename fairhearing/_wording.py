"""Numbers and names in plain words, in one way for every sentence, table and chart that anybody reads.

Percentages are whole numbers, halves rounded up; an interval follows in brackets; counts of people in sentences are
rounded as in the tables that leave, so that a sentence never says more than its row; a gap is said of the programme,
never of the community.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from .programme import Measure, Programme, Rules, Source

__all__ = [
    "between",
    "by_chance",
    "chance",
    "due_state",
    "figure",
    "gap_lead",
    "identifier",
    "interval",
    "named",
    "no_margin",
    "people",
    "percent",
    "points",
    "quoted",
    "scale_of",
    "source_noun",
    "told_us",
    "with_interval",
    "with_margin",
]

# --- numbers --------------------------------------------------------------------------------------------------------

_DECIMALS = {"mean": 1, "fine": 2}


def percent(value: float) -> str:
    """A share (0–1) as a whole percentage; what would round to 0% or 100% without being so is said to be near."""
    if 0 < value < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= value < 1 else f"{_whole(100 * value)}%"


def _whole(value: float) -> int:
    """Nearest whole number, halves away from zero, as people round on paper (not to even)."""
    return int(math.copysign(math.floor(abs(value) + 0.5 + 1e-9), value))


def figure(value: float, *, scale: str = "share") -> str:
    """An estimate alone: '61%', '6.4' or '3.14'; a minus sign, not a hyphen, below zero."""
    text = percent(value) if scale == "share" else f"{value:.{_DECIMALS[scale]}f}"
    return text.replace("-", "−")


def interval(low: float, high: float, *, scale: str = "share") -> str:
    """'56 to 66' for shares, '6.2 to 6.6' for means."""
    ends = (str(_whole(100 * end)) if scale == "share" else figure(end, scale=scale) for end in (low, high))
    return " to ".join(ends).replace("-", "−")


def with_interval(value: float | None, low: float | None, high: float | None, *, scale: str = "share") -> str:
    """'61% (56 to 66)'; without an interval the figure alone; without a figure, that it cannot be told."""
    if value is None:
        return "cannot tell"
    if low is None or high is None:
        return figure(value, scale=scale)
    return f"{figure(value, scale=scale)} ({interval(low, high, scale=scale)})"


def points(value: float, *, scale: str = "share") -> str:
    """The size of a difference: '9 points', '1 point', 'under 1 point'; of a mean, '0.4'."""
    if scale != "share":
        return figure(abs(value), scale=scale)
    size = _whole(100 * abs(value))
    if size == 0:
        return "under 1 point" if value else "0 points"
    return f"{size} point{'' if size == 1 else 's'}"


def between(low: float, high: float, *, scale: str = "share") -> str:
    """The interval of a difference, in the direction found when both ends agree: '4 to 14'; else in words."""
    if low < 0 < high:
        return f"anything from {points(low, scale=scale)} lower to {points(high, scale=scale)} higher"
    small, large = sorted((abs(low), abs(high)))
    return interval(small, large, scale=scale)


def chance(probability: float) -> str:
    """'0.97'; never a certainty that nobody has."""
    if probability > 0.99:
        return "over 0.99"
    return "under 0.01" if probability < 0.01 else f"{probability:.2f}"


def scale_of(measure: Measure) -> str:
    """How a measure's figures are written: 'share', 'mean', or 'fine' for a mean on a scale shorter than 0–10."""
    if measure.report == "share":
        return "share"
    return "mean" if measure.high - measure.low >= 10 else "fine"


def people(n: int, rules: Rules) -> str:
    """`about 45 people`: counts in sentences are rounded like every count that leaves."""
    unit = rules.round_counts_to
    if unit == 1:
        return f"{n:,} people"
    rounded = unit * ((2 * n + unit) // (2 * unit))
    return f"about {rounded:,} people" if rounded else f"fewer than {unit} people"


# --- who was asked --------------------------------------------------------------------------------------------------

_NO_MARGIN = {
    "probability": "no interval could be computed",
    "panel": "a panel, so there is no margin of error",
    "self-selected": "they chose to answer, so there is no margin of error",
    "focus group": "invited to discuss, so there is no margin of error",
    "administrative": "a count from records, so there is no margin of error",
}
_NOUNS = {
    "survey": "survey",
    "consultation": "consultation",
    "votes": "vote",
    "questions": "record",
    "evaluation": "evaluation",
    "projects": "project data",
    "official": "published figures",
    "population": "population figures",
}


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


def source_noun(source: Source) -> str:
    """What a reader calls it: survey, consultation, vote."""
    return _NOUNS[source.kind]


# --- differences ----------------------------------------------------------------------------------------------------

_LEADS: Mapping[str, tuple[str, str, str, str]] = {
    "trust": (
        "is trusted less by",
        "is trusted more by",
        "is trusted about equally by",
        "is trusted less or more by",
    ),
    "confidence": (
        "inspires less confidence in",
        "inspires more confidence in",
        "inspires about equal confidence in",
        "inspires less or more confidence in",
    ),
    "alienation": (
        "is more alienating to",
        "is less alienating to",
        "is about equally alienating to",
        "is less or more alienating to",
    ),
    "experience": (
        "is experienced less well by",
        "is experienced better by",
        "is experienced about equally by",
        "is experienced less or more well by",
    ),
    "other": ("does less well for", "does better for", "does about equally well for", "does less or more well for"),
}
"""Worse, better, equal, undecided. The subject is the programme, or what of it people were asked about."""


def gap_lead(measure: Measure, verdict: str) -> str:
    """'The programme is trusted less by': how a sentence about a gap begins. The patterns are fixed, so that nobody
    can choose a stronger verb for one community than for another."""
    worse, better, equal, undecided = _LEADS[measure.about]
    below, above = (worse, better) if measure.higher_is == "better" else (better, worse)
    words = {"lower": below, "higher": above, "no difference that matters": equal}
    return f"{measure.of[0].upper()}{measure.of[1:]} {words.get(verdict, undecided)}"


def by_chance(row: Mapping[str, Any]) -> str:
    """Why a community's difference is still not told although its interval leaves out zero."""
    told = row["verdict"] != "cannot tell" or row["low"] is None or row["low"] <= 0 <= row["high"]
    if told or row["community"] is None:
        return ""
    return ", which may be chance, since many communities are compared"


# --- names ----------------------------------------------------------------------------------------------------------


def quoted(text: str) -> str:
    """A name inside a sentence, without a full stop that would end it early."""
    return f"“{text.rstrip('. ')}”"


def named(text: str) -> str:
    """A community as it names itself; in quotation marks only where nothing else shows that it is a name."""
    return text if text[:1].isupper() else quoted(text)


_ENDED = ("delivered", "superseded", "abandoned")


def due_state(row: Mapping[str, Any], on: date) -> tuple[str, int | None]:
    """How an entry of the register stands on a day: overdue, due, no day, ended or refused; and the days until it is
    due, below 0 where they are past. What somebody independent verified comes before what the owner claims.

    row: of `commitments`. Derived from a day that is given, so that no clock is in any table."""
    if row["response"] == "rejected":
        return "refused", None
    if (row["verified"] or row["claimed"]) in _ENDED:
        return "ended", None
    if row["due"] is None:
        return "no day", None
    left = (row["due"] - on).days
    return ("overdue" if left < 0 else "due"), left


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
