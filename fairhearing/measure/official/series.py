"""`official_series`: published figures over time in unbroken runs, a line through each, none from one to the next.

Undivided counts (all referrals), and published shares, divided or not (confidence by borough). Counts of categories
are in `known_shares`, where the unknown are beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from ...programme import Programme
from ...stats.series import segments, trends
from .figures import Figure, broken_before, grouped, in_order, month_of

__all__ = ["series_rows"]

Row = dict[str, Any]

_METHOD = "least squares through the unbroken run; low, high: how well a line describes the figures, not sampling"
_MOST_PLACES = 1200


def series_rows(programme: Programme, figures: Sequence[Figure]) -> Iterator[Row]:
    """One row for every period of every line."""
    wanted = [
        each for each in figures if not each.unknown and (each.is_share or (each.undivided and each.unit == "count"))
    ]
    whole = grouped(figures, "source", "series", "measure")
    for key, part in grouped(wanted, "source", "series", "measure", "dimension", "category").items():
        others = [each for each in whole[key[:3]] if each.dimension in (None, key[3])]
        yield from _line(part, broken_before(programme, others))


def _line(figures: Sequence[Figure], broken: dict[str, str]) -> Iterator[Row]:
    periods = {each.period: each for each in figures}
    order = in_order(periods)
    values = [periods[name].share if periods[name].is_share else _number(periods[name].count) for name in order]
    # a break at a period this line lacks is one before its next
    known = in_order([*order, *broken])
    breaks = [bool(_met(known, order, place, broken)) for place in range(len(order))]
    lines = _slopes(order, values, breaks)
    for run, places in enumerate(segments(breaks), 1):
        for place in places:
            each = periods[order[place]]
            row: Row = {
                name: getattr(each, name) for name in ("source", "series", "measure", "dimension", "category")
            }
            row |= {"period": each.period, "run": run, "method": _METHOD}
            row |= {"broken_because": _met(known, order, place, broken) if breaks[place] and place else None}
            row |= {"share" if each.is_share else "count": values[place] if each.is_share else each.count}
            yield row | lines[run - 1]


def _number(count: int | None) -> float | None:
    return None if count is None else float(count)


def _met(known: Sequence[str], order: Sequence[str], place: int, broken: dict[str, str]) -> str:
    """Why this period is not comparable with the one before it in the line; "" where it is."""
    first = known.index(order[place - 1]) + 1 if place else known.index(order[place])
    met = [broken[period] for period in known[first : known.index(order[place]) + 1] if period in broken]
    return met[0] if met else ""


def _slopes(order: Sequence[str], values: Sequence[float | None], breaks: Sequence[bool]) -> list[Row]:
    """Slope of each run, its periods at their distance in time."""
    places = _places(order)
    if places is None:
        reason = "the periods are not equally spaced years, months or days of a month, so no slope is told"
        return [{"cannot_tell": reason} for _ in segments(breaks)]
    at = {place: number for number, place in enumerate(places)}
    dense = [at.get(place) for place in range(places[-1] + 1)]
    spread = trends(
        [None if number is None else values[number] for number in dense],
        [number is not None and breaks[number] for number in dense],
    )
    return [
        {"slope": each.slope, "low": each.low, "high": each.high, "cannot_tell": each.cannot_tell} for each in spread
    ]


def _places(order: Sequence[str]) -> list[int] | None:
    """Whole distances from the first period, in the largest unit of months that fits them all."""
    months = [month_of(each) for each in order]
    told = [month for month in months if month is not None]
    if len(told) < len(months) or len(set(told)) < len(told):
        return None
    unit = math.gcd(*(month - told[0] for month in told)) or 1
    found = [(month - told[0]) // unit for month in told]
    return found if found[-1] < _MOST_PLACES else None
