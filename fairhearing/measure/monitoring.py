"""`monitoring`: for a programme that looks at every round. Has it moved since the series began, at whichever look?

Every survey with three rounds or more, from the first round after the last break of a series, declared or found by
testing what a scale means: the average since then
less that first round, with an interval that holds at every look (`stats.monitoring`). `changes` compares round with
round, once each: looked at month by month, its 5% would be spent many times over. For everyone one chance in twenty
of any false alarm, ever; the communities of a measure share another, however they turn out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any

from ..stats.monitoring import Look, monitor, widened
from ..stats.series import segments
from .rounds import Asked, Cell, History, Told

__all__ = ["FEWEST_ROUNDS", "LEVEL", "TOO_FEW", "monitoring_rows"]

Row = dict[str, Any]

FEWEST_ROUNDS = 3
"""With two there is one look, which `changes` gives."""
LEVEL = 0.05
_SAME_PEOPLE = "somebody is in several rounds, and monitoring takes each round as people drawn anew"
TOO_FEW = "too few people: the interval of the change holds every change there could be"
_NOT_BEGUN = "the first round of the series cannot be estimated: "


def monitoring_rows(history: History) -> list[Row]:
    """For everyone and each community, a row at each look."""
    rows: list[Row] = []
    for (source, measure), asked in history.series.items():
        if len(asked) >= FEWEST_ROUNDS and history.programme.source(source).has_margin:
            current = {round: asked[round] for round in _since_break(history, source, measure, list(asked))}
            rows += _of_series(history, current)
    return rows


def _since_break(history: History, source: str, measure: str, rounds: Sequence[str]) -> list[str]:
    """The rounds of the current, unbroken series."""
    broken = [
        False,
        *(
            bool(history.broken(source, measure, *pair) or history.other_meaning(source, measure, *pair))
            for pair in pairwise(rounds)
        ),
    ]
    return [rounds[place] for place in segments(broken)[-1]]


def _of_series(history: History, asked: Asked) -> Iterator[Row]:
    rounds = list(asked)
    why = _why_not(history, asked)
    cells = list(asked[rounds[0]])
    for cell in cells:
        told = [asked[round][cell] for round in rounds]
        alpha = LEVEL if cell == (None, None) else LEVEL / (len(cells) - 1)
        if why:
            yield _row(told, told[-1], cell) | {
                "looks": 0,
                "verdict": "cannot tell",
                "cannot_tell": why,
                "method": why,
            }
        else:
            yield from _looks(history, told, cell, alpha)


def _why_not(history: History, asked: Asked) -> str | None:
    """Why a series cannot be monitored at all."""
    everyone = [next(iter(asked[round].values())) for round in asked]
    if len(everyone) < FEWEST_ROUNDS:
        rounds = f"{len(everyone)} round{'s' * (len(everyone) != 1)}"
        return f"{rounds} since the series broke; monitoring needs {FEWEST_ROUNDS}"
    pairs = (history.both(*pair) for pair in combinations(everyone, 2))
    return _SAME_PEOPLE if any(both and (both.units or both.people) for both in pairs) else None


def _looks(history: History, told: Sequence[Told], cell: Cell, alpha: float) -> Iterator[Row]:
    """One row for each round after the first; a round that cannot be estimated is a row, and no look."""
    usable = [each for each in told if each.estimate.se]
    looks = _monitored(history, usable, alpha) if usable[:1] == list(told[:1]) and len(usable) > 1 else []
    at = {id(each): look for each, look in zip(usable[1:], looks, strict=False)}
    taken = 0
    for each in told[1:]:
        look = at.get(id(each))
        if look is None:
            why = (_NOT_BEGUN if not told[0].estimate.se else "") + (_reason(told[0]) or _reason(each))
            row = {"looks": taken, "verdict": "cannot tell", "cannot_tell": why, "method": why}
        else:
            taken = look.looks
            row = _seen(look, alpha, each.measure.high - each.measure.low)
        yield _row(told, each, cell) | row


def _reason(told: Told) -> str:
    return "" if told.estimate.se else told.estimate.unmoving or "no sampling error exists"


def _monitored(history: History, usable: Sequence[Told], alpha: float) -> list[Look]:
    ses = [widened(each.estimate.se or 0.0, each.estimate.df or 1.0, alpha) for each in usable]
    values, measure = [each.estimate.estimate or 0.0 for each in usable], usable[0].measure
    return monitor(values, ses, matters=history.matters(measure), alpha=alpha, most=measure.high - measure.low)


def _row(told: Sequence[Told], each: Told, cell: Cell) -> Row:
    return {
        "source": each.source.id, "measure": each.measure.id, "characteristic": cell[0], "community": cell[1],
        "round_from": told[0].round, "round": each.round, "n_from": told[0].estimate.n, "n": each.estimate.n,
    }  # fmt: skip


def _seen(look: Look, alpha: float, span: float) -> Row:
    """The level is said to two figures: 95%, or more where many communities are looked at."""
    if look.leaves_all_open(span):
        return {"looks": look.looks, "verdict": "cannot tell", "cannot_tell": TOO_FEW, "method": TOO_FEW}
    return {
        "looks": look.looks, "change": look.change, "se": look.se, "low": look.low, "high": look.high,
        "verdict": "moved" if look.moved else "not shown to have moved",
        "method": "average of the rounds since the first, each by its precision, less the first; "
        f"{100 * (1 - alpha):.4g}% confidence sequence (normal mixture, tightest at the smallest difference "
        "that matters)",
    }  # fmt: skip
