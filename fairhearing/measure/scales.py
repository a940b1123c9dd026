"""`scales` and `invariance`: how well the questions of a measure hang together, and whether they mean the same to a
community as to everyone else, and in a round as in the one before. Only then is a gap or a change told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import CannotEstimate
from ..programme import Characteristic, Item, Measure, Programme
from ..stats.cells import Floats, Ints
from ..stats.invariance import GroupSums, Invariance, adjusted, group_sums, of_parts, of_rounds
from ..stats.one_factor import FEWEST_ITEMS
from ..stats.scales import Reliability, alpha, items_in_scale, omega

__all__ = [
    "Asked",
    "Everyone",
    "Meaning",
    "asked",
    "community_rows",
    "everyone",
    "meaning_of",
    "round_rows",
    "scale_rows",
]

Row = dict[str, Any]
USUAL = 0.7
"""The least alpha usually asked for where groups are compared: a convention, told beside the figure, that decides
nothing."""
_TOLD = ("gap", "change", "se", "low", "high", "p_adjusted", "probability", "bound_low", "bound_high", "flips_at")
ONE_QUESTION = "one question, of which it cannot be tested whether it means the same to everyone"


@dataclass(frozen=True)
class Asked:
    """The questions of one measure that one source and round asked. answers: (rows, items), turned so that high means
    more, not-a-number without an answer · head: the columns of every row about them · weighted: whether weights
    differ."""

    head: Row
    measure: Measure
    items: tuple[Item, ...]
    answers: Floats
    weights: Floats
    clusters: Ints | None
    sampled: bool

    @property
    def weighted(self) -> Floats | None:
        """The weights, where they make any difference."""
        return self.weights if len(self.weights) and np.ptp(self.weights) > 0 else None

    @property
    def names(self) -> list[str]:
        return [item.id for item in self.items]


@dataclass(frozen=True)
class Everyone:
    """One scale in one round, summed over its people."""

    head: Row
    measure: Measure
    names: tuple[str, ...]
    sums: GroupSums
    weighted: bool


@dataclass(frozen=True)
class Meaning:
    """Whether a gap or change of a scale may be told. verdict: None of one question · says: why, in words."""

    verdict: str | None
    says: str

    @property
    def columns(self) -> Row:
        """What a gap or change takes over: nothing is told across a scale that may not mean the same."""
        if self.verdict != "not comparable":
            return {"comparable": self.verdict}
        untold: Row = dict.fromkeys(_TOLD)
        return untold | {"comparable": self.verdict, "verdict": "cannot tell", "cannot_tell": self.says}

    def applied(self, row: Row) -> Row:
        """The row with all this."""
        own = {key: value for key, value in self.columns.items() if key in row or key not in _TOLD}
        return row | own | {"method": f"{row['method']}{self.method}"}

    @property
    def method(self) -> str:
        """What the method of a gap or change says of it."""
        if self.verdict == "cannot tell":
            return f"; whether it means the same to both cannot be told: {self.says}"
        return f"; {ONE_QUESTION}" if self.verdict is None else f"; tested whether it means the same: {self.says}"


def asked(
    head: Row,
    measure: Measure,
    items: Sequence[tuple[Item, Floats]],
    weights: Floats,
    clusters: Ints | None,
    *,
    sampled: bool,
) -> Asked | None:
    """None of a measure of one question. items: those the source asked, each with its
    codes, (rows,), untouched."""
    if len(measure.items) < 2 or not items:
        return None
    turned = [item.low + item.high - codes if item.reverse else codes for item, codes in items]
    some = tuple(item for item, _codes in items)
    return Asked(head, measure, some, np.column_stack(turned), weights, clusters, sampled)


# --- reliability ------------------------------------------------------------------------------------------------


def scale_rows(scale: Asked) -> list[Row]:
    """One row: alpha, omega where three questions or more allow it, and what goes least with the rest."""
    told = scale.answers[scale.weights > 0]
    n = int(np.count_nonzero(~np.isnan(told).any(axis=1)))
    row = scale.head | {
        "measure": scale.measure.id, "n": n, "left_out": len(told) - n, "items": len(scale.items), "against": [],
    }  # fmt: skip
    given = {"weights": scale.weighted, "clusters": scale.clusters, "names": scale.names}
    try:
        first = alpha(scale.answers, **given)  # type: ignore[arg-type]
        parts = items_in_scale(scale.answers, scale.weighted, names=scale.names)
    except CannotEstimate as error:
        why = error.what if n else "nobody answered every question"
        return [row | {"says": f"cannot tell: {why}", "method": _people(scale), "cannot_tell": why}]
    second, not_second = _omega(scale, given)
    weakest = min(range(len(parts)), key=lambda i: (parts[i].rest, i))
    kinds = [first.method, second.method if second else f"no omega: {not_second}"]
    return [
        row
        | _coefficient("alpha", first, scale.sampled)
        | ({} if second is None else _coefficient("omega", second, scale.sampled))
        | {
            "weakest": scale.names[weakest],
            "weakest_rest": parts[weakest].rest,
            "alpha_without": parts[weakest].alpha_without,
            "against": [scale.names[i - 1] for i in first.against],
            "says": _in_words(first.estimate, len(scale.items), [scale.items[i - 1].wording for i in first.against]),
            "method": "; ".join([*kinds, _people(scale)]),
        }
    ]


def _omega(scale: Asked, given: Mapping[str, Any]) -> tuple[Reliability | None, str]:
    if len(scale.items) < FEWEST_ITEMS:
        return None, f"{len(scale.items)} questions do not show one factor"
    try:
        return omega(scale.answers, **given), ""
    except CannotEstimate as error:
        return None, error.what


def _coefficient(name: str, found: Reliability, sampled: bool) -> Row:
    low, high = (found.low, found.high) if sampled else (None, None)
    return {name: found.estimate, f"{name}_low": low, f"{name}_high": high}


def _people(scale: Asked) -> str:
    rule = scale.measure.answer_at_least
    who = f"people who answered all {len(scale.items)} questions (the mean takes whoever answered at least {rule})"
    turned = [item.id for item in scale.items if item.reverse]
    who += f"; turned round: {', '.join(turned)}" if turned else ""
    return who if scale.sampled else f"{who}; not chosen at random, so no interval"


def _in_words(estimate: float, items: int, against: Sequence[str]) -> str:
    """What alpha means, without its name."""
    if against:
        named = "; ".join(f"“{wording}”" for wording in against)
        return f"some questions run against the others, as if they still had to be turned round: {named}"
    if estimate <= 0:
        return "the questions do not belong together: read them one by one"
    both = "both questions" if items == 2 else f"all {items} questions"
    part = f"of the differences between people's scores, {100 * estimate:.0f}% is what {both} have in common"
    rest = "the rest is owed to single questions and to chance"
    weak = "; that is little, so the questions are better read one by one" if estimate < 0.5 else ""
    return f"{part}, {rest} ({USUAL:g} is the least usually asked for to compare groups){weak}"


# --- invariance -------------------------------------------------------------------------------------------------


def community_rows(scale: Asked, held: Sequence[tuple[Characteristic, Ints]]) -> list[Row]:
    """Two rows a community, one for each kind of equality, judged together as their gaps are.

    held: each characteristic with the place of each person's category, (rows,).
    """
    cells: list[Row] = []
    found: list[Invariance] = []
    for characteristic, codes in held:
        categories = characteristic.categories
        parts = group_sums(scale.answers, codes, len(categories), scale.weighted)
        looked_at = [k for k, each in enumerate(categories) if each.community]
        weighted = scale.weighted is not None
        found += of_parts(parts, [each.name for each in categories], looked_at, weighted=weighted)
        people = sum(part.people for part in parts)
        for k in looked_at:
            cell = {"characteristic": characteristic.id, "community": categories[k].id}
            cells.append(cell | {"n": parts[k].people, "n_rest": people - parts[k].people})
    judged = zip(cells, adjusted(found), strict=True)
    return [row for cell, each in judged for row in _levels(scale.head, scale.measure, each, cell)]


def everyone(scale: Asked) -> Everyone:
    """What a comparison of rounds needs of one of them: its sums, not its people."""
    codes = np.zeros(len(scale.answers), np.int8)
    sums = group_sums(scale.answers, codes, 1, scale.weighted)[0]
    return Everyone(scale.head, scale.measure, tuple(scale.names), sums, scale.weighted is not None)


def round_rows(programme: Programme, scales: Sequence[Everyone]) -> list[Row]:
    """Each measure and source, from each round that asked it to the next: does the scale still mean the same?"""
    rows: list[Row] = []
    by_series: dict[tuple[str, str], list[Everyone]] = {}
    for scale in scales:
        if scale.head["round"] is not None:
            by_series.setdefault((scale.head["source"], scale.measure.id), []).append(scale)
    for series in by_series.values():
        ordered = sorted(series, key=lambda scale: programme.round_place(scale.head["round"]))
        for before, after in pairwise(ordered):
            found = _between(before, after)
            n_before, n_after = found.n
            cell = {"round_from": before.head["round"], "n": n_after, "n_rest": n_before}
            rows += _levels(after.head, after.measure, found, cell)
    return rows


def _between(before: Everyone, after: Everyone) -> Invariance:
    if before.names != after.names:
        counts = (before.sums.people, after.sums.people)
        return Invariance("", counts, "cannot tell", "the two rounds did not ask the same questions", method="none")
    labels = (f"round {before.head['round']}", f"round {after.head['round']}")
    return of_rounds(before.sums, after.sums, labels, weighted=before.weighted or after.weighted)


def _levels(head: Row, measure: Measure, found: Invariance, cell: Row) -> list[Row]:
    head = head | {"measure": measure.id} | cell
    head |= {"verdict": found.verdict, "says": found.says, "method": found.method}
    if not found.steps:
        return [head | {"level": level, "cannot_tell": found.says} for level in ("metric", "scalar")]
    why = found.says if found.verdict == "cannot tell" else None
    return [
        head
        | {
            "level": step.level, "chi_square": step.chi_square, "df": step.df, "p_adjusted": step.p,
            "cfi_fall": step.cfi_fall, "cannot_tell": why,
        }
        for step in found.steps
    ]  # fmt: skip


def meaning_of(rows: Sequence[Row], **cell: str | None) -> Meaning:
    """What `invariance` says of one gap or change. rows: rows of it · cell: the columns that must agree."""
    for row in rows:
        if all(row.get(key) == value for key, value in cell.items()):
            return Meaning(row["verdict"], row["says"])
    return Meaning(None, ONE_QUESTION)
