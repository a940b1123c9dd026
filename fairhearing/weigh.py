"""Who answered → how much each counts; who was not heard.

Every source and round is raked (or calibrated within bounds) to all characteristics that have complete population
figures and that somebody in it declared. Small categories are joined, large weights trimmed, both by the programme's
own rules. Where there is no population to weigh to, people keep the weights they came with, and `weighting.method`
says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .errors import BadInput
from .programme import Characteristic, Programme, Rules, Source
from .stage import Context, Stage, Tables, one_round
from .stats.calibration import Calibrated, calibrate
from .stats.cells import Floats, Ints, codes_of
from .stats.trimming import trim
from .stats.weights import (
    Margin,
    agree_in_total,
    design_effect,
    effective_n,
    margin_of,
    scaled,
)
from .tables import as_declared, empty, from_rows

__all__ = ["STAGE", "heard_less_because"]


@dataclass(frozen=True)
class _Heard:
    """One source and round: codes (rows,) of every characteristic, None where the source holds no such column."""

    source: Source
    round: str | None
    person: pa.ChunkedArray
    base: Floats
    codes: dict[str, Ints | None]

    @property
    def where(self) -> str:
        return f"source {self.source.id}" + (f", round {self.round}" if self.round else "")


@dataclass(frozen=True)
class _Weighed:
    """Final weights, mean 1, and how they came about."""

    weights: Floats
    margins: tuple[Margin, ...]
    collapsed: tuple[str, ...]
    trimmed: int
    calibrated: Calibrated


def _run(context: Context) -> Tables:
    weights, weighting, coverage = [empty("weights")], [], []
    for source, round in _rounds(context):
        context.say(f"weigh: {source.id}" + (f", {round}" if round else ""))
        heard = _read(context, source, round)
        weighed = _weigh(context.programme, heard)
        weights.append(_weights_table(heard, weighed.weights))
        weighting.append(_weighting_row(context.programme, heard, weighed))
        coverage += _coverage_rows(context.programme, heard, weighed.weights)
    return {
        "weights": pa.concat_tables(weights),
        "weighting": from_rows("weighting", weighting),
        "coverage": from_rows("coverage", coverage),
    }


STAGE = Stage(
    name="weigh",
    reads=("people",),
    writes=("weights", "weighting", "coverage"),
    run=_run,
    why="Those who answer are not those who live there: say who is missing, and let each count for whom they stand.",
)


# --- reading ------------------------------------------------------------------------------------------------------


def _rounds(context: Context) -> Iterator[tuple[Source, str | None]]:
    """Every declared source and round in which anybody was heard, in order."""
    found = context.query("SELECT DISTINCT source, round FROM people ORDER BY source, round NULLS FIRST").to_pylist()
    declared = {each.id: each for each in context.programme.sources}
    return ((declared[row["source"]], row["round"]) for row in found if row["source"] in declared)


def _read(context: Context, source: Source, round: str | None) -> _Heard:
    present = [each for each in context.programme.characteristics if f"c_{each.id}" in context.columns["people"]]
    wanted = ", ".join(["person", "weight", *(f'"c_{each.id}"' for each in present)])
    table = context.query(f"SELECT {wanted} FROM people WHERE {one_round(source.id, round)} ORDER BY row")
    codes: dict[str, Ints | None] = {each.id: None for each in context.programme.characteristics}
    for each in present:
        column = table[f"c_{each.id}"]
        if column.null_count < len(column) or _asked(source, each):
            codes[each.id] = codes_of(column, [category.id for category in each.categories])
    place = f"source {source.id}" + (f", round {round}" if round else "")
    _one_row_each(table["person"], place)
    weight = table["weight"].to_numpy().astype(np.float64)
    return _Heard(source, round, table["person"], scaled(weight, where=place), codes)


def _asked(source: Source, characteristic: Characteristic) -> bool:
    """Whether the source is declared to hold the characteristic, even if nobody gave it."""
    statements = {means.characteristic for means in source.statements}
    return characteristic.id in source.columns.characteristics or characteristic.id in statements


def _one_row_each(person: pa.ChunkedArray, place: str) -> None:
    again = len(person) - pc.count_distinct(person).as_py()
    if again:
        raise BadInput(
            f"{again} rows are of people who are in it already",
            where=place,
            cure="one person has one row in a round: gather again, so that repeated rows are set aside as duplicates",
        )


# --- weighing -----------------------------------------------------------------------------------------------------


def _weigh(programme: Programme, heard: _Heard) -> _Weighed:
    usable = _can_weigh_to(programme, heard)
    agree_in_total([each.id for each, _ in usable], [each.total or 0 for each, _ in usable], where=heard.where)
    margins: list[Margin] = []
    collapsed: list[str] = []
    for each, codes in usable:
        margin, joined = margin_of(each, codes, heard.base, programme.rules.cell_at_least)
        margins.append(margin)
        collapsed += joined
    rules = programme.rules
    whole = len(heard.base) / margins[0].targets.sum() if margins else 1.0  # so that bounds are of like with like
    made = calibrate(
        heard.base / whole, margins, kind=rules.calibrate, bounds=rules.calibrate_within, where=heard.where
    )
    weights = scaled(made.weights, where=heard.where)
    if not margins:
        return _Weighed(weights, (), (), 0, made)
    weights, trimmed = trim(weights, upper=rules.weight_at_most)
    return _Weighed(weights, tuple(margins), tuple(collapsed), trimmed, made)


def _can_weigh_to(programme: Programme, heard: _Heard) -> list[tuple[Characteristic, Ints]]:
    """Characteristics with complete population figures, of which somebody declared a category."""
    held = ((each, heard.codes[each.id]) for each in programme.characteristics if each.total)
    return [(each, codes) for each, codes in held if codes is not None and np.any(codes < len(each.categories))]


def _weights_table(heard: _Heard, weights: Floats) -> pa.Table:
    n = len(weights)
    return as_declared(
        "weights",
        pa.table(
            {
                "source": pa.repeat(pa.scalar(heard.source.id, pa.string()), n),
                "round": pa.repeat(pa.scalar(heard.round, pa.string()), n),
                "person": heard.person,
                "base": heard.base,
                "weight": weights,
            }
        ),
    )


def _weighting_row(programme: Programme, heard: _Heard, weighed: _Weighed) -> dict[str, Any]:
    return {
        "source": heard.source.id,
        "round": heard.round,
        "n": len(heard.base),
        "n_effective": effective_n(weighed.weights),
        "design_effect": design_effect(weighed.weights),
        "margins": [margin.name for margin in weighed.margins],
        "collapsed": list(weighed.collapsed),
        "trimmed": weighed.trimmed,
        "iterations": weighed.calibrated.iterations,
        "method": _method(programme, heard, weighed),
    }


def _method(programme: Programme, heard: _Heard, weighed: _Weighed) -> str:
    came = "design weights as delivered" if np.ptp(heard.base) > 0 else "every respondent counted once"
    if not weighed.margins:
        return f"{came}; not weighted to the population: {_why_not_weighed(programme)}"
    to = ", ".join(m.name for m in weighed.margins)
    words = [f"{came}, {_calibrated_to(programme.rules)} {to} (each margin met to 1 in 10¹⁰)"]
    if weighed.collapsed:
        words.append(
            f"categories with fewer than {programme.rules.cell_at_least} respondents joined to the next smallest"
        )
    if any(margin.unsaid for margin in weighed.margins):
        words.append("whoever did not say is left as they are, and the shares are met among those who said")
    if weighed.trimmed:
        most, off = programme.rules.weight_at_most, max(m.furthest(weighed.weights) for m in weighed.margins)
        words.append(
            f"weights above {most:g} times the mean cut to it, which leaves margins up to {off:.1%} points off"
        )
    if not heard.source.has_margin:
        words.append("weighting cannot mend that people were not sampled at random")
    return "; ".join(words).replace("% points", " percentage points")


def _calibrated_to(rules: Rules) -> str:
    if rules.calibrate == "rake":
        return "raked to"
    low, high = rules.calibrate_within
    return f"calibrated within {low:g} to {high:g} times that (logit) to"


def _why_not_weighed(programme: Programme) -> str:
    if not any(each.total for each in programme.characteristics):
        return "no characteristic has population figures for every category"
    return "nobody declared a characteristic that has population figures"


# --- coverage -----------------------------------------------------------------------------------------------------


def _coverage_rows(programme: Programme, heard: _Heard, weights: Floats) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for each in programme.characteristics:
        rows += _coverage_of(each, heard, heard.codes[each.id], weights)
    return rows


def _coverage_of(
    characteristic: Characteristic, heard: _Heard, codes: Ints | None, weights: Floats
) -> list[dict[str, Any]]:
    """One row a category, and one for whoever did not say; a source that did not ask heard nobody say."""
    K, n = len(characteristic.categories), len(weights)
    given = np.full(n, K, np.int16) if codes is None else codes
    people = np.bincount(given, minlength=K + 1)
    weighted = np.bincount(given, weights, K + 1)
    head = {"source": heard.source.id, "round": heard.round, "characteristic": characteristic.id}
    rows: list[dict[str, Any]] = []
    for k, category in enumerate(characteristic.categories):
        living = (
            category.people / characteristic.total if characteristic.total and category.people is not None else None
        )
        share = float(people[k] / people[:K].sum()) if people[:K].any() else None
        rows.append(
            head
            | {
                "community": category.id,
                "population": category.people,
                "population_share": living,
                "heard": int(people[k]),
                "heard_share": share,
                "weighted_share": float(weighted[k] / weighted[:K].sum()) if weighted[:K].any() else None,
                "not_heard_because": heard_less_because(
                    heard.source, codes is not None, int(people[k]), share, living
                ),
            }
        )
    return [*rows, head | {"community": None, "heard": int(people[K])}]


_LESS: dict[str, str] = {
    "probability": "fewer of the people sampled answered; the file does not say why",
    "panel": "people had signed up to a panel",
    "self-selected": "people chose whether to answer",
    "focus group": "people were invited to a discussion",
    "administrative": "these are records, not a sample of the population",
}


def heard_less_because(
    source: Source, asked: bool, heard: int, share: float | None, population_share: float | None
) -> str | None:
    """Only what is known of why a community was not heard, or heard less than its share; None where it was heard in
    proportion. No reason is ever supposed."""
    if not asked:
        return "the source did not ask this"
    if heard == 0:
        return "nobody of this community is in the file"
    if population_share is None:
        return "no population figure is declared, so nobody can say whether it was heard in proportion"
    return None if share is not None and share >= population_share else _LESS[source.sample]
