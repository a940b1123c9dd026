"""What only a page says in words: counts of its rounded tables, days, lists, samples, changes over rounds. How a
number or a gap is worded at all stands in `_wording`, and is handed on from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from .._wording import (
    between,
    by_chance,
    chance,
    figure,
    gap_lead,
    interval,
    percent,
    points,
    scale_of,
    source_noun,
    with_interval,
)
from ..programme import Measure, Source

__all__ = [
    "SAMPLE_WORDS",
    "between",
    "capital",
    "chance",
    "change_cell",
    "change_sentence",
    "count",
    "day",
    "figure",
    "gap_lead",
    "interval",
    "listed",
    "people",
    "percent",
    "points",
    "scale_of",
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


def change_sentence(row: Mapping[str, Any] | None, measure: Measure, source: Source, since: str) -> str:
    """One published row of `changes` in words: 'Up 6 points (2 to 10) since Spring 2025.' Without an interval nothing
    is claimed."""
    scale, unit = scale_of(measure), "" if measure.report == "share" else " on the scale"
    if row is None or row["change"] is None or row["low"] is None or row["high"] is None:
        why = "too few people to report" if row is None else row["cannot_tell"] or "it is withheld"
        return f"The {source_noun(source)} cannot tell whether it changed since {since}: {why}."
    size = points(row["change"], scale=scale) + unit
    margin = between(row["low"], row["high"], scale=scale)
    if row["verdict"] in ("higher", "lower"):
        return f"{'Up' if row['verdict'] == 'higher' else 'Down'} {size} ({margin}) since {since}."
    if row["verdict"] == "no difference that matters":
        return f"No change that matters since {since}: a difference of {size} ({margin})."
    told = f"a difference of {size} ({margin}){by_chance(row)}"
    return f"The {source_noun(source)} cannot tell whether it changed since {since}: {told}."


def change_cell(row: Mapping[str, Any] | None, measure: Measure) -> str:
    """The same for a table: '+6 (2 to 10): up', '+7 (−1 to 15): cannot tell'."""
    if row is None or row["change"] is None or row["low"] is None or row["high"] is None:
        return "cannot tell"
    words = {"higher": "up", "lower": "down", "no difference that matters": "no change that matters"}
    ends = interval(row["low"], row["high"], scale=scale_of(measure))
    size = interval(row["change"], row["change"], scale=scale_of(measure)).split(" ")[0]
    sign = "" if size.startswith("−") or row["change"] == 0 else "+"
    return f"{sign}{size} ({ends}): {words.get(row['verdict'], 'cannot tell')}"
