"""`funnels`: referral → panel → case, or whatever stages a file's denominators name, as shares with what chance does.

The counts of one period are set against each other. Nobody is followed: a case may stem from an earlier referral, so
a share is of the period's counts. Every case was counted, so there is no sampling error; the interval (Wilson) is
that of a process in which each of so many is passed on with the same chance. It says how far the share could move by
luck, and nothing of mistakes in counting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...errors import CannotEstimate
from ...stats.disproportion import funnel
from .figures import Figure, folded, grouped

__all__ = ["CHANCE", "funnel_rows"]

Row = dict[str, Any]

_BEFORE = {"panel": ("referrals",), "cases": ("panel", "referrals")}
"""Stages of Prevent as the readers name them, where the file does not say what a figure is a part of."""
CHANCE = "low, high: what chance alone does to a process with so many (95%), not sampling: every one was counted"
_METHOD = f"counts of the same period, nobody followed from stage to stage; Wilson interval; {CHANCE}"


def funnel_rows(figures: Sequence[Figure]) -> Iterator[Row]:
    """Rows of every funnel of two stages or more, first stage first."""
    counted = (each for each in figures if each.unit == "count" and not each.unknown)
    for cell in grouped(counted, "source", "series", "period", "dimension", "category").values():
        stages = {folded(each.measure): each for each in reversed(cell)}
        paths = [_path(name, stages) for name in stages]
        used = {name for path in paths if len(path) > 1 for name in path}
        yield from (_row(path, stages) for path in sorted(paths, key=len) if path[-1] in used)


def _path(name: str, stages: Mapping[str, Figure]) -> list[str]:
    """From the first stage to this one. A circle of denominators is no funnel: each of its stages is a first."""
    path = [name]
    while (before := _before(path[0], stages)) is not None:
        if before in path:
            return [name]
        path.insert(0, before)
    return path


def _before(name: str, stages: Mapping[str, Figure]) -> str | None:
    said = folded(stages[name].denominator_is)
    if said in stages and said != name:
        return said
    return next((each for each in _BEFORE.get(name, ()) if each in stages), None)


def _row(path: Sequence[str], stages: Mapping[str, Figure]) -> Row:
    here = stages[path[-1]]
    row = {name: getattr(here, name) for name in ("source", "series", "period", "dimension", "category")}
    row |= {"stage": here.measure, "place": len(path), "count": here.count, "marks": here.note or None}
    if len(path) == 1:
        row["cannot_tell"] = None if here.count is not None else _unseen(here)
        return row | {"method": "a full count, as published: no interval"}
    before = stages[path[-2]]
    row |= {"previous": before.measure, "previous_count": before.count, "method": _METHOD}
    return row | _shares([stages[name] for name in path])


def _shares(path: Sequence[Figure]) -> Row:
    """Shares of the first stage and of the one before, or why they cannot be told."""
    lost = next((each for each in path if each.count is None), None)
    if lost is not None:
        return {"cannot_tell": _unseen(lost)}
    try:
        last = funnel([(f"“{each.measure}”", float(each.count or 0)) for each in path])[-1]
    except CannotEstimate as error:
        return {"cannot_tell": f"{error.what}: the counts are of other years or kinds"}
    first, previous = last.of_first, last.of_previous
    if first is None or previous is None:
        return {"cannot_tell": "the first stage has nothing before it"}
    return {
        "of_first": first.estimate, "of_first_low": first.low, "of_first_high": first.high,
        "of_previous": previous.estimate, "low": previous.low, "high": previous.high,
    }  # fmt: skip


def _unseen(figure: Figure) -> str:
    shown = "is not a whole number" if figure.value is not None else "is not shown by the office"
    return f"the count of “{figure.measure}” {shown}"
