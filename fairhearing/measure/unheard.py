"""`unheard`: what those not heard might think, for sources whose people were not chosen at random.

A figure from people who chose to answer has no margin of error. What it has is an assumption: that those not heard
are like those heard who count for them. Here the assumption is moved (a pattern-mixture model with one number: Little
1994, *Biometrika* 81). With f the part of the population heard, m their weighted figure, and those not heard d away
from it, but on the scale:

    population = f·m + (1 - f)·(m + d)

`tips_at` is the d at which what is said of those heard would no longer hold of the population. Nothing here says
which d is likely: that is for the reader, who may know something of those not heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._wording import figure, percent, points, scale_of
from ..programme import Measure, Programme, Source
from ..stats.missing import Bounded, flips_at
from .unanswered import known_of

__all__ = ["unheard_rows"]

Row = dict[str, Any]

_ON_SIDE = {True: "above", False: "below"}


def unheard_rows(
    programme: Programme, source: Source, measure: Measure, estimates: Sequence[Row], gaps: Sequence[Row], raked: bool
) -> list[Row]:
    """One row for everyone and one a community, beside their rows of `estimates` and `gaps`; none of a random sample.

    raked: whether the weights were brought to the population's figures.
    """
    if source.has_margin:
        return []
    rest = {(row["characteristic"], row["community"]): row["rest"] for row in gaps}
    return [
        _row(programme, measure, row, rest.get((row.get("characteristic"), row.get("community"))), raked)
        for row in estimates
    ]


def _row(programme: Programme, measure: Measure, row: Row, rest: float | None, raked: bool) -> Row:
    population = _population(programme, row)
    f = 0.0 if not population else min(_as_published(programme, row["n"]) / population, 1.0)
    by = 2 * programme.rules.smallest_difference * (measure.high - measure.low)
    cell = {key: row.get(key) for key in ("source", "round", "measure", "characteristic", "community", "n")}
    made = cell | {"population": population, "heard_share": f if population else None, "differ_by": by}
    made |= {"method": _method(population, raked), "cannot_tell": row.get("cannot_tell")}
    m = row.get("estimate")
    if m is None:
        return made | {"says": f"cannot tell: {row.get('cannot_tell')}"}
    found = known_of(measure, m, f, 1.0) or known_of(measure, m, 0.0, 1.0)
    against = _against(measure, row, rest)
    tips = None if found is None or against is None else _tips(found, m, against)
    made |= {
        "estimate": m,
        "if_lower": _moved(measure, m, f, -by),
        "if_higher": _moved(measure, m, f, by),
        "bound_low": None if found is None else found.low,
        "bound_high": None if found is None else found.high,
        "conclusion": _conclusion(measure, row, m, against),
        "tips_at": tips,
    }
    return made | {"says": _says(measure, made, against)}


def _population(programme: Programme, row: Row) -> int | None:
    """How many live there: of a community its own figure, of everyone the first characteristic that has them all."""
    if row.get("characteristic") is None:
        return next((each.total for each in programme.characteristics if each.total), None)
    categories = programme.characteristic(row["characteristic"]).categories
    return next(each.people for each in categories if each.id == row["community"])


def _as_published(programme: Programme, n: int) -> int:
    """The count as it will leave: of a small population, the part heard would give back the exact one."""
    unit = programme.rules.round_counts_to
    return unit * ((2 * n + unit) // (2 * unit))


def _moved(measure: Measure, m: float, f: float, d: float) -> float:
    return f * m + (1 - f) * min(max(m + d, measure.low), measure.high)


def _against(measure: Measure, row: Row, rest: float | None) -> float | None:
    """What the figure is held against: half, or the middle of the scale; of a community, everyone else heard."""
    return (measure.low + measure.high) / 2 if row.get("characteristic") is None else rest


def _tips(found: Bounded, m: float, against: float) -> float | None:
    """How far those not heard must be from `m` for everyone to be exactly at `against`."""
    at = flips_at(found, against)
    return None if at is None else at - m


def _conclusion(measure: Measure, row: Row, m: float, against: float | None) -> str | None:
    if against is None:
        return None
    if m == against:
        return "neither side"
    if row.get("characteristic") is not None:
        return "higher than everyone else heard" if m > against else "lower than everyone else heard"
    if measure.report == "share":
        return "a majority" if m > against else "a minority"
    return f"{_ON_SIDE[m > against]} the middle of the scale"


def _says(measure: Measure, made: Row, against: float | None) -> str:
    scale = scale_of(measure)
    told = [figure(made[key], scale=scale) for key in ("estimate", "if_lower", "if_higher")]
    f = made["heard_share"]
    heard = "nobody knows what part of the population" if f is None else f"{percent(f)} of the population"
    size = points(made["differ_by"], scale=scale)
    text = f"{told[0]} of those heard, {heard}" if scale == "share" else f"{told[0]} for those heard, {heard}"
    text += f"; if the others are {size} lower or higher, {told[1]} or {told[2]} for the population"
    if made["conclusion"] in (None, "neither side") or against is None:
        return text
    if made["tips_at"] is None:
        return f"{text}; no answer of the others would undo “{made['conclusion']}”"
    side = "lower" if made["tips_at"] < 0 else "higher"
    return (
        f"{text}; “{made['conclusion']}” no longer holds once they are {points(made['tips_at'], scale=scale)} {side}"
    )


def _method(population: int | None, raked: bool) -> str:
    like = (
        "those heard who are weighted to stand for them" if raked else "those heard, who are not weighted to anything"
    )
    unknown = "" if population else "; the population has no figure, so as if next to nobody had been heard"
    return (
        f"assumes that those not heard differ by the same amount from {like}, within the scale (pattern-mixture "
        f"model, Little 1994); of a community, everyone else being as heard{unknown}; no margin of error exists"
    )
