"""What those asked who gave no answer could undo: bounds of a weighted gap or change, and where it would vanish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..programme import Measure
from ..stats.missing import Bounded, Point, difference

__all__ = ["apart", "known_of", "of_row", "with_bounds"]


def known_of(measure: Measure, mean: float, answered: float, asked: float) -> Bounded | None:
    """A weighted share or mean with its bounds. answered, asked: Σw; None where nobody was asked."""
    if not asked > 0:
        return None
    unknown = min(max((asked - answered) / asked, 0.0), 1.0)
    known = Point(mean, None, None, None) if answered > 0 else None
    told = (1 - unknown) * mean if known else 0.0
    low, high = (Point(told + unknown * end, None, None, None) for end in (measure.low, measure.high))
    return Bounded(None, unknown, known, low, high, measure.low, measure.high)


def of_row(measure: Measure, row: Mapping[str, Any]) -> Bounded | None:
    """The same from a row of `estimates`, whose bounds tell the part without an answer."""
    low, high = row.get("bound_low"), row.get("bound_high")
    if low is None or high is None:
        return None
    unknown = (high - low) / (measure.high - measure.low)
    mean = (low - unknown * measure.low) / (1 - unknown) if unknown < 1 else measure.low
    return known_of(measure, mean, 1 - unknown, 1.0)


def apart(one: Bounded | None, other: Bounded | None) -> dict[str, float | None]:
    """`one` less `other`: the columns bound_low, bound_high and flips_at."""
    if one is None or other is None:
        return {}
    found = difference(one, other)
    return {"bound_low": found.bound_low, "bound_high": found.bound_high, "flips_at": found.flips_at}


def with_bounds(
    changes: Sequence[dict[str, Any]], estimates: Sequence[Mapping[str, Any]], measures: Mapping[str, Measure]
) -> list[dict[str, Any]]:
    """Rows of `changes` with what those without an answer in either round could undo, from rows of `estimates`."""
    cell = ("source", "measure", "characteristic", "community")
    held = {(*(row.get(key) for key in cell), row["round"]): row for row in estimates}
    made = []
    for row in changes:
        here = tuple(row[key] for key in cell)
        before, after = held[(*here, row["round_from"])], held[(*here, row["round_to"])]
        counts = {"missing_from": before["missing"], "missing": after["missing"]}
        one, other = (of_row(measures[row["measure"]], each) for each in (after, before))
        made.append(row | counts | (apart(one, other) if row["change"] is not None else {}))
    return made
