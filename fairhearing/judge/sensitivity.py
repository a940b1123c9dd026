"""How a verdict would move with each threshold: everything judged again with one decision rule varied at a time.

A verdict that holds over every value tried owes nothing to where the line was drawn; one that turns at the next value
does, and the reader is told at which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..programme import TRIED, Programme, Rules
from ..stats.domains import Gap, verdict_on
from .finding import Rows

__all__ = ["sensitivity"]

_Place = tuple[str, str | None]
_Judge = Callable[[Programme, Mapping[str, Rows]], list[dict[str, Any]]]


def sensitivity(programme: Programme, evidence: Mapping[str, Rows], judge: _Judge) -> list[dict[str, Any]]:
    """One row for every element and threshold. judge: (programme, evidence) → rows of `verdicts`."""
    rows = []
    for threshold, values in TRIED.items():
        fixed = float(getattr(programme.rules, threshold))
        tried = sorted({*values, fixed})
        verdicts = [_judged(programme, evidence, judge, threshold, value) for value in tried]
        at = tried.index(fixed)
        rows += [
            {"activity": place[0], "step": place[1], "threshold": threshold, "fixed_at": fixed}
            | _held(tried, [each[place] for each in verdicts], at)
            for place in verdicts[at]
        ]
    return rows


def _judged(
    programme: Programme, evidence: Mapping[str, Rows], judge: _Judge, threshold: str, value: float
) -> dict[_Place, str]:
    rules = programme.rules.model_copy(update={threshold: value})
    varied = programme.model_copy(update={"rules": rules})
    again = {
        **evidence,
        "gaps": [_gap_again(programme, row, rules) for row in evidence["gaps"]],
        "effects": _effects_again(evidence, threshold, value),
    }
    return {(row["activity"], row.get("step")): row["verdict"] for row in judge(varied, again)}


def _gap_again(programme: Programme, row: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """The verdict on a gap by other rules; where it cannot be told for another reason (comparability) it stays so."""
    measure = next((each for each in programme.measures if each.id == row["measure"]), None)
    if measure is None or row["cannot_tell"]:
        return dict(row)
    span = 1.0 if measure.report == "share" else measure.high - measure.low
    gap = Gap(row["estimate"], row["rest"], row["gap"], row["se"])
    verdict = verdict_on(
        gap, row["p_adjusted"], matters=rules.smallest_difference * span, probability=rules.probability
    )
    return {**row, "verdict": verdict}


def _effects_again(evidence: Mapping[str, Rows], threshold: str, value: float) -> Rows:
    """The verdict on each project by that threshold, as its own stage told; where it was not asked, as it is."""
    told = {
        (row["source"], row["project"], row["instrument"]): row
        for row in evidence["effects_tried"]
        if row["threshold"] == threshold and row["value"] == value
    }
    effects = evidence["effects"]
    again = [told.get((row["source"], row["project"], row["instrument"]), {}) for row in effects]
    return [
        {**row, **{key: new[key] for key in ("verdict", "level") if new}}
        for row, new in zip(effects, again, strict=True)
    ]


def _held(tried: Sequence[float], verdicts: Sequence[str], at: int) -> dict[str, Any]:
    """Over which values around the one fixed the verdict is the same, and what it is beyond them."""
    low = high = at
    while low > 0 and verdicts[low - 1] == verdicts[at]:
        low -= 1
    while high < len(tried) - 1 and verdicts[high + 1] == verdicts[at]:
        high += 1
    return {
        "verdict": verdicts[at],
        "tried_from": tried[0],
        "tried_to": tried[-1],
        "holds_from": tried[low],
        "holds_to": tried[high],
        "below": verdicts[low - 1] if low > 0 else None,
        "above": verdicts[high + 1] if high < len(tried) - 1 else None,
    }
