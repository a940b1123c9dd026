"""Numbers in words. Every figure a reader meets in a sentence or on a chart is written here, in one way.

Percentages are whole numbers, halves rounded up; an interval follows in brackets; a count of people is "about",
because published counts are rounded; a gap is said of the programme, never of the community.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ..programme import Measure, Source

__all__ = [
    "SAMPLE_WORDS",
    "between",
    "capital",
    "count",
    "day",
    "figure",
    "gap_lead",
    "gap_sentence",
    "interval",
    "listed",
    "people",
    "percent",
    "points",
    "scale_of",
    "share",
    "source_noun",
    "with_interval",
]

SAMPLE_WORDS: Mapping[str, str] = {
    "probability": "People were chosen at random, so figures carry a margin of error.",
    "panel": "People had signed up to a panel, so no margin of error.",
    "self-selected": "People chose to answer, so no margin of error.",
    "focus group": "People were invited to a discussion, so no margin of error.",
    "administrative": "These are the programme's own records, not a sample, so no margin of error.",
}
"""What each sample type allows to be said. Only a random sample has a margin of sampling error (AAPOR)."""

Interval = tuple[float | None, float | None]

_DECIMALS = {"mean": 1, "fine": 2}
_NOUNS = {
    "survey": "survey",
    "consultation": "consultation",
    "votes": "vote",
    "questions": "record",
    "projects": "project data",
}

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
        "is less alienating to",
        "is more alienating to",
        "is about equally alienating to",
        "is less or more alienating to",
    ),
    "experience": (
        "is experienced less well by",
        "is experienced better by",
        "is experienced about equally by",
        "is experienced less or more well by",
    ),
    "other": (
        "is rated lower on this by",
        "is rated higher on this by",
        "is rated about equally on this by",
        "is rated lower or higher on this by",
    ),
}
"""Lower, higher, equal, undecided. The subject is always the programme."""


def _whole(value: float) -> int:
    """Nearest whole number, halves away from zero, as people round on paper (not to even)."""
    return int(math.copysign(math.floor(abs(value) + 0.5 + 1e-9), value))


def percent(value: float) -> str:
    """A share (0–1) as a whole percentage; what would round to 0% or 100% without being so is said to be near."""
    if 0 < value < 0.005:
        return "less than 1%"
    if 0.995 <= value < 1:
        return "more than 99%"
    return f"{_whole(100 * value)}%"


def share(value: float) -> str:
    """A share (0–1) as the bare whole number used inside brackets."""
    return str(_whole(100 * value))


def interval(low: float, high: float, *, scale: str = "share") -> str:
    """'56 to 66' for shares, '6.2 to 6.6' for means; a minus sign, not a hyphen, below zero."""
    ends = (share(low), share(high)) if scale == "share" else (figure(low, scale=scale), figure(high, scale=scale))
    return " to ".join(end.replace("-", "−") for end in ends)


def figure(value: float, *, scale: str = "share") -> str:
    """An estimate alone: '61%' or '6.4'."""
    if scale == "share":
        return percent(value)
    return f"{value:.{_DECIMALS[scale]}f}".replace("-", "−")


def with_interval(value: float | None, low: float | None, high: float | None, *, scale: str = "share") -> str:
    """'61% (56 to 66)'; without an interval the figure alone; without a figure, that it cannot be told."""
    if value is None:
        return "cannot tell"
    if low is None or high is None:
        return figure(value, scale=scale)
    return f"{figure(value, scale=scale)} ({interval(low, high, scale=scale)})"


def points(value: float, *, scale: str = "share") -> str:
    """The size of a difference: '9 points', '1 point', 'less than 1 point'; for a mean '0.4 on the scale'."""
    if scale != "share":
        return f"{figure(abs(value), scale=scale)} on the scale"
    size = _whole(100 * abs(value))
    if size == 0:
        return "less than 1 point" if value else "0 points"
    return f"{size} point{'' if size == 1 else 's'}"


def between(low: float, high: float, *, scale: str = "share") -> str:
    """The interval of a difference, in the direction found when both ends agree: '4 to 14'; else in words."""
    if low <= 0 <= high:
        return f"anything from {points(low, scale=scale)} lower to {points(high, scale=scale)} higher"
    small, large = sorted((abs(low), abs(high)))
    return interval(small, large, scale=scale)


def people(n: int | None, *, exact: bool = False) -> str:
    """'about 345 people': published counts are rounded. None is a count that is withheld."""
    if n is None:
        return "too few people to report"
    return f"{'' if exact else 'about '}{n:,} {'person' if n == 1 else 'people'}"


def count(n: int | float | None) -> str:
    """A number in a table: thousands separated, 'withheld' where there is none."""
    return "–" if n is None else f"{n:,.0f}"


def day(value: date | None) -> str:
    """'25 February 2019', or that it was not said."""
    return "date not said" if value is None else f"{value.day} {value:%B %Y}"


def listed(words: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def capital(text: str) -> str:
    """First letter raised, the rest untouched."""
    return text[:1].upper() + text[1:]


def scale_of(measure: Measure) -> str:
    """How a measure's figures are written: 'share', 'mean', or 'fine' for a mean on a scale shorter than 0–10."""
    if measure.report == "share":
        return "share"
    return "mean" if measure.high - measure.low >= 10 else "fine"


def source_noun(source: Source) -> str:
    """What a reader calls it: survey, consultation, vote."""
    return _NOUNS[source.kind]


def gap_lead(measure: Measure, verdict: str) -> str:
    """'The programme is trusted less by': how a sentence about a gap begins, by the verdict on it."""
    lower, higher, equal, undecided = _LEADS[measure.about]
    if measure.about == "experience" and measure.higher_is == "worse":
        lower, higher = higher, lower
    words = {"lower": lower, "higher": higher, "no difference that matters": equal}
    return f"The programme {words.get(verdict, undecided)}"


def gap_sentence(row: Mapping[str, Any], measure: Measure, source: Source, community: str, own: Interval) -> str:
    """One published row of `gaps` in words. community: its own name; own: the interval of its estimate.

    The patterns are fixed, so that nobody can choose a stronger verb for one community than for another.
    """
    noun, scale = source_noun(source), scale_of(measure)
    if row["estimate"] is None or row["gap"] is None:
        return f"The {noun} cannot tell about {community}: {row['cannot_tell'] or 'no estimate could be made'}."
    of = "of" if scale == "share" else "for"
    found = f"{with_interval(row['estimate'], *own, scale=scale)} against {figure(row['rest'], scale=scale)}"
    found = f"{community}: {found} {of} everyone else, a difference of {points(row['gap'], scale=scale)}"
    if row["low"] is None or row["high"] is None:
        return f"Among those who answered, {found}. {SAMPLE_WORDS[source.sample]}"
    found = f"{found} ({between(row['low'], row['high'], scale=scale)})"
    if row["verdict"] == "cannot tell":
        lead = gap_lead(measure, "cannot tell")
        return f"The {noun} cannot tell whether {lead[:1].lower()}{lead[1:]} {found}."
    return f"{gap_lead(measure, row['verdict'])} {found}."
