"""Who was heard of one source and round, who lives there, and what is known of them: what `small` pools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..programme import Characteristic, Source
from ..stage import Context, one_round
from ..stats.cells import Cells, Floats, Ints, codes_of, group
from .predictors import cell_of, standardised

__all__ = ["Heard", "direct_rows", "latest", "read_heard"]

Row = dict[str, Any]

_MOST_CHARACTERISTICS = 6
"""Pooled over: a run has many measures."""


@dataclass(frozen=True)
class Heard:
    """One source and round. codes: (rows,) of each characteristic · used: who said all of them · base: (rows,) design
    weights · people, cells: the population · X: (cells, p) and known: (rows, p), the intercept and what is known of
    the cells, and of those heard by theirs · covariates: its names · clustered: whether people were sampled in
    clusters · living: what the population is, in words."""

    source: Source
    round: str | None
    by: tuple[Characteristic, ...]
    codes: tuple[Ints, ...]
    used: Ints
    base: Floats
    people: Floats
    cells: tuple[Ints, ...]
    X: Floats
    known: Floats
    covariates: tuple[str, ...]
    clustered: bool
    living: str

    @property
    def sizes(self) -> list[int]:
        return [len(each.categories) for each in self.by]

    @property
    def communities(self) -> dict[tuple[str | None, str | None], int]:
        """(characteristic, category) → its level, in the order of `Shares`: everyone first."""
        found: dict[tuple[str | None, str | None], int] = {(None, None): 0}
        for each in self.by:
            found |= {(each.id, category.id): level for level, category in enumerate(each.categories)}
        return found


def latest(context: Context) -> Iterator[tuple[Source, str | None]]:
    """The last round of each source in which anybody was weighed."""
    found = context.query("SELECT source, round FROM weighting ORDER BY source, round NULLS FIRST").to_pylist()
    for source in context.programme.sources:
        rounds = [row["round"] for row in found if row["source"] == source.id]
        if rounds:
            yield source, max(rounds, key=lambda id: (context.programme.round_place(id), id or ""))


def direct_rows(context: Context, source: Source, round: str | None) -> dict[str, list[Row]]:
    """Rows of `estimates` by measure, those that were asked."""
    told: dict[str, list[Row]] = {}
    columns = "measure, characteristic, community, n, n_effective, estimate, se, low, high, cannot_tell"
    for row in context.query(f"SELECT {columns} FROM estimates WHERE {one_round(source.id, round)}").to_pylist():
        told.setdefault(row["measure"], []).append(row)
    return {measure: rows for measure, rows in told.items() if rows[0]["n"]}


def read_heard(context: Context, source: Source, round: str | None) -> Heard | None:
    """None where nobody said of themselves anything that a population is known by."""
    here, held = one_round(source.id, round), context.columns["people"]
    asked = [each for each in context.programme.characteristics if f"c_{each.id}" in held]
    if not asked:
        return None
    table = context.query(f"""
        SELECT {", ".join(["w.base", "w.weight", "p.cluster", *(f'p."c_{each.id}"' for each in asked)])}
        FROM (SELECT * FROM people WHERE {here}) p
        LEFT JOIN (SELECT person, base, weight FROM weights WHERE {here}) w ON w.person = p.person
        ORDER BY p.row
    """)
    codes = {each.id: codes_of(table[f"c_{each.id}"], [c.id for c in each.categories]) for each in asked}
    said = [each for each in asked if len(np.unique(codes[each.id][codes[each.id] < len(each.categories)])) > 1]
    known = _known_by(context, source, round, said)[:_MOST_CHARACTERISTICS]
    if not known:
        return None
    own = tuple(codes[each.id] for each in known)
    used = np.flatnonzero(np.all([c < len(each.categories) for c, each in zip(own, known, strict=True)], axis=0))
    weights = table["weight"].to_numpy()
    people, cells, X, covariates, living = _living(context, known, [c[used] for c in own], weights[used])
    place = cell_of(own, cells, [len(each.categories) for each in known])
    if covariates:  # where nobody lives nothing is known
        used = used[place[used] >= 0]
    clustered = source.has_margin and table["cluster"].null_count < len(table)
    return Heard(
        source, round, tuple(known), own, used, table["base"].to_numpy(), people, cells, X, X[place], covariates,
        clustered, living,
    )  # fmt: skip


def _known_by(
    context: Context, source: Source, round: str | None, said: list[Characteristic]
) -> list[Characteristic]:
    """What both the people and the population are known by: the columns of a joint population, or the margins."""
    if any(each.kind == "population" for each in context.programme.sources):
        return [each for each in said if f"c_{each.id}" in context.columns["cells"]]
    raked = context.query(f"SELECT margins FROM weighting WHERE {one_round(source.id, round)}")["margins"][0].as_py()
    return [each for each in said if each.id in raked]


def _living(
    context: Context, known: list[Characteristic], codes: list[Ints], weights: Floats
) -> tuple[Floats, tuple[Ints, ...], Floats, tuple[str, ...], str]:
    """People of each cell, its codes, what is known of it and by which names, and where they come from. The first
    source of a population counts."""
    sizes = [len(each.categories) for each in known]
    joint = [each for each in context.programme.sources if each.kind == "population"]
    covariates = tuple(joint[0].columns.covariates) if joint else ()
    values: list[Floats] = []
    if joint:
        wanted = ", ".join(["people", *(f'"c_{each.id}"' for each in known), *(f'"x_{id}"' for id in covariates)])
        table = context.query(f"SELECT {wanted} FROM cells WHERE {one_source(joint[0].id)} ORDER BY row")
        codes = [codes_of(table[f"c_{each.id}"], [c.id for c in each.categories]) for each in known]
        weights, living = table["people"].to_numpy(), f"the population of {joint[0].id}"
        covariates, values = _known_of(table, covariates, weights)
    else:
        living = "the sample's own combinations, raked to the declared margins: no joint population is declared"
    cells = group(codes, sizes, len(weights))
    people = cells.sum(weights)
    X = np.column_stack([np.ones(len(people)), *(_average(cells, each, weights, people) for each in values)])
    return people, cells.codes, X, covariates, living


def _known_of(table: pa.Table, declared: Sequence[str], people: Floats) -> tuple[tuple[str, ...], list[Floats]]:
    """Covariates that are not the same for everybody, and their values."""
    told = {id: table[f"x_{id}"].to_numpy() for id in declared}
    kept = [id for id, values in told.items() if np.ptp(values[people > 0]) > 0]
    return tuple(kept), [standardised(told[id], people, id) for id in kept]


def _average(cells: Cells, values: Floats, weights: Floats, people: Floats) -> Floats:
    """Of the people in each cell, where a finer population is put together."""
    return np.divide(cells.sum(values * weights), people, out=np.zeros(len(people)), where=people > 0)


def one_source(id: str) -> str:
    """SQL condition: the rows of one source."""
    quoted = id.replace("'", "''")
    return f"source = '{quoted}'"
