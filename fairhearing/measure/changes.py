"""`changes`: what became of each measure from one round of a survey to its next, with an interval, or not at all.

The two rounds are separate samples, so their variances add; where anybody is in both, the overlap would have to be
allowed for, and until it is, nothing is told. Verdicts follow the rule of gaps (`stats.domains.verdict_on`), adjusted
(Holm) over the communities compared on a measure between two rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..programme import Measure, Programme, Source
from ..stage import Context, one_round
from ..stats.domains import Estimate, Gap, change_of, holm, verdict_on

__all__ = ["OVERLAP", "Told", "change_rows"]

Row = dict[str, Any]

OVERLAP = "the same people answered in both rounds; their overlap is not allowed for yet"
_NO_MARGIN = "those who answered differ each time, so no change can be claimed"


@dataclass(frozen=True)
class Told:
    """One row of `estimates` as it was estimated."""

    source: Source
    round: str | None
    measure: Measure
    row: Row
    estimate: Estimate


def change_rows(context: Context, history: Sequence[Told]) -> list[Row]:
    """Every source and measure, from each round in which it was asked to the next, in the programme's order."""
    rounds: dict[tuple[str, str], dict[str, list[Told]]] = {}
    for told in history:
        if told.round is not None:
            asked = rounds.setdefault((told.source.id, told.measure.id), {})
            asked.setdefault(told.round, []).append(told)
    place, overlap = context.programme.round_place, _Overlap(context)
    rows: list[Row] = []
    for (source, _measure), asked in rounds.items():
        for earlier, later in pairwise(sorted(asked, key=place)):
            same = overlap.found(source, earlier, later)
            rows += _between(context.programme, asked[earlier], asked[later], same)
    return rows


class _Overlap:
    """Whether anybody is in two rounds of a source; each pair is looked up once."""

    def __init__(self, context: Context) -> None:
        self._query = context.query
        self._known: dict[tuple[str, str, str], bool] = {}

    def found(self, source: str, earlier: str, later: str) -> bool:
        pair = source, earlier, later
        if pair not in self._known:
            both = " INTERSECT ".join(
                f"SELECT person FROM people WHERE {one_round(source, round)}" for round in (earlier, later)
            )
            counted = self._query(f"SELECT count(*) AS n FROM ({both}) AS both_rounds")
            self._known[pair] = counted["n"][0].as_py() > 0
        return self._known[pair]


def _between(programme: Programme, earlier: Sequence[Told], later: Sequence[Told], same: bool) -> list[Row]:
    """One row for everyone and one a community; a community has one estimate in each round."""
    measure = later[0].measure
    matters = programme.rules.smallest_difference * (measure.high - measure.low)
    before = {_cell(told): told for told in earlier}
    pairs = [(before[_cell(told)], told) for told in later]
    changes = [_change(one, other, matters, same) for one, other in pairs]
    p = [change.p for change in changes]
    among = [i for i, (_one, other) in enumerate(pairs) if _cell(other) != (None, None) and p[i] is not None]
    adjusted = dict(zip(among, holm([p[i] or 0.0 for i in among]), strict=True))
    rows = []
    for i, ((one, other), change) in enumerate(zip(pairs, changes, strict=True)):
        p_adjusted = adjusted.get(i, p[i])
        verdict = verdict_on(change, p_adjusted, matters=matters, probability=programme.rules.probability)
        rows.append(_row(one, other, change) | {"p_adjusted": p_adjusted, "verdict": verdict})
    return rows


def _cell(told: Told) -> tuple[str | None, str | None]:
    return told.row.get("characteristic"), told.row.get("community")


def _change(one: Told, other: Told, matters: float, same: bool) -> Gap:
    """Without an interval no change is given, only why."""
    found = change_of(one.estimate, other.estimate, matters=matters)
    why = found.cannot_tell or (None if other.source.has_margin else _NO_MARGIN) or (OVERLAP if same else None)
    return found if why is None else Gap(found.estimate, found.rest, None, cannot_tell=why)


def _row(one: Told, other: Told, change: Gap) -> Row:
    numbered = other.source.columns.person is not None
    apart = (
        "nobody is in both rounds" if numbered else "the file does not number people, so taken as separate samples"
    )
    how = "no interval" if change.se is None else f"{apart}: variances added, Welch t interval"
    return {
        "source": other.source.id,
        "measure": other.measure.id,
        "characteristic": other.row.get("characteristic"),
        "community": other.row.get("community"),
        "round_from": one.round,
        "round_to": other.round,
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
