"""`changes`: what became of each measure from one round of a survey to its next, with an interval, or not at all.

Two rounds of separate samples: their variances add. Where people, or clusters, are in both, their covariance is
taken off (`stats.overlap`). Across a declared break of the series nothing is told: `[[breaks]]` says where an item's
wording or scale, or who is counted, changed, which no data can show. Verdicts follow the rule of gaps
(`stats.domains.verdict_on`), adjusted (Holm) over the communities compared on a measure between two rounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ..stats.domains import Gap, holm, verdict_on
from .rounds import Cell, History, Told, cell_of

__all__ = ["change_rows", "told_row"]

Row = dict[str, Any]


def change_rows(history: History) -> list[Row]:
    """Every source and measure, from each round in which it was asked to the next, in the programme's order."""
    rows: list[Row] = []
    for asked in history.series.values():
        for earlier, later in pairwise(asked):
            rows += _between(history, asked[earlier], asked[later])
    return rows


def _between(history: History, before: Mapping[Cell, Told], after: Mapping[Cell, Told]) -> list[Row]:
    """One row for everyone and one a community; a community has one estimate in each round."""
    pairs = [(before[cell], told) for cell, told in after.items() if cell in before]
    changes = [history.change(one, other) for one, other in pairs]
    p = [change.p for change in changes]
    among = [i for i, (_one, other) in enumerate(pairs) if cell_of(other) != (None, None) and p[i] is not None]
    adjusted = dict(zip(among, holm([p[i] or 0.0 for i in among]), strict=True))
    rules = history.programme.rules
    rows = []
    for i, ((one, other), change) in enumerate(zip(pairs, changes, strict=True)):
        p_adjusted = adjusted.get(i, p[i])
        matters = history.matters(other.measure)
        verdict = verdict_on(change, p_adjusted, matters=matters, probability=rules.probability)
        row = told_row(history, one, other, change) | {"round_from": one.round, "round_to": other.round}
        rows.append(row | {"p_adjusted": p_adjusted, "verdict": verdict})
    return rows


def told_row(history: History, one: Told, other: Told, change: Gap) -> Row:
    """What `changes` and `comparisons` both say of a change."""
    how = "no interval" if change.se is None else history.how(one, other)
    return {
        "source": other.source.id,
        "measure": other.measure.id,
        "characteristic": other.row.get("characteristic"),
        "community": other.row.get("community"),
        "n_from": one.estimate.n,
        "n": other.estimate.n,
        "estimate_from": change.rest,
        "estimate": change.estimate,
        "change": change.gap,
        "se": change.se,
        "low": change.low,
        "high": change.high,
        "probability": change.probability,
        "method": f"the later round less the earlier; {how}; each as in `estimates`",
        "cannot_tell": change.cannot_tell,
    }
