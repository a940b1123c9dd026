"""`comparisons`: did it move after what was done? Only what the programme declared beforehand, each a row.

Always two-sided: a change against what was expected must be able to be found too, so an expectation shortens no
interval. The comparisons declared before the later round began are one family (Holm), kept apart from `changes`,
which looks everywhere. One declared later could have been chosen by its result: it is adjusted over all that are
declared, and says so. Nothing here says why something moved: that would take people of whom it was declared
beforehand that what was done could not reach them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..programme import Comparison, Programme
from ..stats.domains import Gap, holm, verdict_on
from .changes import told_row
from .rounds import History

__all__ = ["comparison_rows", "declared_before"]

Row = dict[str, Any]
_NOT_ASKED = "the survey did not ask this in both rounds"


def comparison_rows(history: History) -> list[Row]:
    """One row for each comparison declared, in the order of programme.toml."""
    declared = history.programme.comparisons
    compared = [_compared(history, each) for each in declared]
    adjusted = _adjusted(history.programme, declared, [change.p for _row, change in compared])
    return [
        row | _found(history, each, change, p)
        for each, (row, change), p in zip(declared, compared, adjusted, strict=True)
    ]


def declared_before(programme: Programme, each: Comparison) -> bool | None:
    """Whether it was declared before anybody could answer the later round; None where the round has no start."""
    start = {round.id: round.start for round in programme.rounds}.get(each.after)
    return None if start is None else each.declared_on <= start


def _compared(history: History, each: Comparison) -> tuple[Row, Gap]:
    asked = history.series.get((each.source, each.measure), {})
    cell = (each.characteristic, each.community)
    one, other = (asked.get(round, {}).get(cell) for round in (each.before, each.after))
    head = {
        "comparison": each.id, "round_from": each.before, "round_to": each.after, "expected": each.expected,
        "follows": each.follows or None, "declared_on": each.declared_on,
        "declared_before": declared_before(history.programme, each),
    }  # fmt: skip
    if one is None or other is None:
        return head | _absent(each), Gap(None, None, None, cannot_tell=_NOT_ASKED)
    other_meaning = history.other_meaning(each.source, each.measure, each.before, each.after)
    change = history.untold(one, other, other_meaning) if other_meaning else history.change(one, other)
    return told_row(history, one, other, change) | head, change


def _absent(each: Comparison) -> Row:
    return {
        "source": each.source, "measure": each.measure, "characteristic": each.characteristic,
        "community": each.community, "n_from": 0, "n": 0, "method": "nothing to compare", "cannot_tell": _NOT_ASKED,
    }  # fmt: skip


def _adjusted(programme: Programme, declared: Sequence[Comparison], p: Sequence[float | None]) -> list[float | None]:
    """Holm over those declared in time; for each of the others, over all."""
    in_time = {i for i, each in enumerate(declared) if declared_before(programme, each) and p[i] is not None}
    every = [i for i in range(len(declared)) if p[i] is not None]
    early, all_ = _holm(sorted(in_time), p), _holm(every, p)
    return [early.get(i, all_.get(i)) for i in range(len(declared))]


def _holm(among: Sequence[int], p: Sequence[float | None]) -> Mapping[int, float]:
    return dict(zip(among, holm([p[i] or 0.0 for i in among]), strict=True))


def _found(history: History, each: Comparison, change: Gap, p_adjusted: float | None) -> Row:
    measure = {one.id: one for one in history.programme.measures}[each.measure]
    verdict = verdict_on(
        change, p_adjusted, matters=history.matters(measure), probability=history.programme.rules.probability
    )
    return {"p": change.p, "p_adjusted": p_adjusted, "found": _in_view_of(verdict, each.expected)}


def _in_view_of(verdict: str, expected: str) -> str:
    if verdict == "no difference that matters":
        return "no change that matters"
    if verdict == "cannot tell":
        return verdict
    if expected == "either":
        return f"moved {verdict}"
    return "moved as expected" if verdict == expected else "moved the other way"
