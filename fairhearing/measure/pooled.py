"""The direct door to small communities: one file, one yes-or-no column, the characteristics people declared, and the
cells of the population. Each community's share is estimated with what the others tell, beside what it says alone."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput, CannotEstimate
from ..stats import variance
from ..stats.cells import Floats, Ints, codes_of, group
from ..stats.domains import Estimate, estimate_of
from ..stats.intervals import why_not
from ..stats.limited import FEWEST_OWN, OWN_LEVEL
from ..stats.pooling import ON_A_SCALE, Answers, Factor, Posterior, Prior, answers_of_people, fit
from ..stats.poststratification import Population, Shares, poststratify
from ..stats.variance import domain_means, partition_totals
from .columns import answers, categories, column, numbers, texts
from .pooled_rows import as_table, direct_row, pooled_rows
from .predictors import cell_of, standardised
from .sampling import sampled_design

__all__ = ["FEWEST_APART", "Pooled", "crossed", "crossed_pairs", "effective_people", "pool_table"]

PEOPLE = "people"
FEWEST_APART = 4
"""Categories of a characteristic from which on one can be said to stand apart from the others."""
_MOST_LEVELS = 300
"""Levels of all factors together, besides the largest, up to which pairs of characteristics are crossed: the work
grows with its cube."""
_MOST_FACTORS = 8
"""Characteristics and pairs up to which pairs are crossed: each answer is in every product of two of them, and with
seventeen a survey of 100,000 takes minutes."""


@dataclass(frozen=True)
class Pooled:
    """rows: domain, n, direct, direct_low, direct_high, estimate, low, high, gap, gap_low, gap_high, population,
    method · diagnostics: the model, who was set aside and why, and how far to trust the sampling."""

    rows: pa.Table
    diagnostics: dict[str, Any]


@dataclass(frozen=True)
class _Cells:
    """The population: people and covariates a cell, one code a characteristic. Cells of the same people are added."""

    people: Floats
    X: Floats
    codes: tuple[Ints, ...]
    labels: tuple[list[str], ...]


def pool_table(
    table: pa.Table,
    *,
    item: str,
    by: Sequence[str],
    population: pa.Table,
    covariates: Sequence[str] = (),
    interactions: bool = True,
    weights: str | None = None,
    cluster: str | None = None,
    family: Literal["share", "mean"] | None = None,
    crossing: Sequence[str] = (),
    rng: np.random.Generator,
    draws: int = 1000,
    where: str,
) -> Pooled:
    """Share saying 1 (or Yes) to `item`, or its mean, for everyone and each category of each characteristic of `by`.

    family: share or mean; without it a share where every answer is 0 or 1 (or Yes and No), else a mean · weights: a
    column of design weights, taken as a weighted pseudo-likelihood scaled to the effective number of people, by which
    the design effect of `cluster` divides it too · crossing: characteristics of `by` whose combinations get rows.

    table: one row a person · population: a column for each of `by` and `people`, one row for each combination;
    `covariates` are numbers in it that hold for a cell, such as an area's deprivation · interactions: cross the
    characteristics in pairs, as many as `crossed_pairs` allows · where: the file's name, for errors.
    estimate is the mean, low and high are the 95% limits of the posterior, moved outwards to what the community's own
    answers allow (`stats.limited`; `method` then says so); gap is the category less everyone else, in
    the population. Where nothing can be told the numbers are null and `method` says why. Survey weights have no part
    in it unless named: the population's cells do what those would do that were raked.
    Raises BadInput (a column or category that is not there, an item that is no share) and CannotEstimate.
    """
    y, counted, share = _answers(table, item, family, where)
    base = np.ones(len(y)) if weights is None else _weights(table, weights, where)
    cells = _population(population, by, covariates, where)
    given = [_codes(table, name, labels, where) for name, labels in zip(by, cells.labels, strict=True)]
    fates, used, X = _used(y, given, by, cells, where)
    y, base, codes = y[used], base[used], [each[used] for each in given]
    places = _places(by, crossing, where)
    parts = _parts(by, cells, codes, places)
    domains = ["everyone", *(name for part in parts for name in part.names)]
    within = None if cluster is None else column(table, cluster, where).take(pa.array(used))
    direct = _direct(y, base, parts, within, share)
    reason = why_not(len(y), float(y.min(initial=1)), float(y.max(initial=0)))
    if reason:
        rows = [direct_row(alone) | {"method": f"cannot tell: {reason}"} for alone in direct]
        return Pooled(as_table(domains, rows), {"fates": fates, "model": None, "cannot_tell": reason})
    sizes = [len(labels) for labels in cells.labels]
    pairs, left = crossed_pairs(sizes) if interactions else ([], [])
    factors = [Factor(n, c, size, apart=size >= FEWEST_APART) for n, c, size in zip(by, codes, sizes, strict=True)]
    factors += [crossed(factors[a], factors[b]) for a, b in pairs]
    counting = effective_people(y, base, direct[0].se if cluster else None)
    told = answers_of_people(y, factors, X[used], weights=base / base.sum() * counting, scale=not share)
    posterior = fit(told, rng, prior=Prior() if share else ON_A_SCALE, draws=draws)
    shares = _shares_of(posterior, cells, pairs, sizes, parts)
    model = _model(by, covariates, pairs, share)
    what = f"{'share' if share else 'mean'} of {item}{counted}"
    method = f"{what}, {model}; {_interval(draws, weights, cluster, counting / len(y))}"
    rows = pooled_rows(direct, shares, _heard(posterior, told, by, cells, places), share, method)
    facts = {"fates": fates, "model": model, "left_out": [f"{by[a]} × {by[b]}" for a, b in left]}
    return Pooled(as_table(domains, rows), facts | _trust(posterior, [each.name for each in factors], covariates))


def effective_people(y: Floats, base: Floats, se: float | None) -> float:
    """How many answers people count as: fewer by Kish's design effect of their weights, or by that of `se`, the
    standard error of everyone's estimate where they were sampled in clusters, if it is larger."""
    kish = len(base) * float(base @ base) / float(base.sum()) ** 2
    design = se**2 * len(y) / float(np.var(y)) if se else 1.0
    return len(base) / max(1.0, kish, design)


@dataclass(frozen=True)
class _Part:
    """One way to divide people: names of the domains · heard: (people,) codes · living: (cells,) codes."""

    names: list[str]
    heard: Ints
    living: Ints

    @property
    def size(self) -> int:
        return len(self.names)


def _parts(by: Sequence[str], cells: _Cells, codes: Sequence[Ints], crossing: Sequence[int]) -> list[_Part]:
    """Each characteristic, and where asked the combinations of some of them."""
    parts = [
        _Part([f"{name}={label}" for label in labels], own, living)
        for name, labels, own, living in zip(by, cells.labels, codes, cells.codes, strict=True)
    ]
    if crossing:
        first = parts[crossing[0]]
        for place in crossing[1:]:
            other = parts[place]
            names = [f"{one}, {two}" for one in first.names for two in other.names]
            heard, living = (
                one.astype(np.int64) * other.size + two
                for one, two in ((first.heard, other.heard), (first.living, other.living))
            )
            first = _Part(names, heard, living)
        parts.append(first)
    return parts


def _places(by: Sequence[str], crossing: Sequence[str], where: str) -> list[int]:
    strange = [name for name in crossing if name not in by]
    if strange or len(crossing) == 1 or len(set(crossing)) < len(crossing):
        raise BadInput(
            f"cells of {', '.join(crossing)} are not a combination of the characteristics pooled over",
            where=where,
            cure=f"name two or more of {', '.join(by)}",
        )
    return [list(by).index(name) for name in crossing]


# --- reading -----------------------------------------------------------------------------------------------------


def _answers(table: pa.Table, item: str, family: str | None, where: str) -> tuple[Floats, str, bool]:
    """Everybody's answer, in words what 1 stands for, and whether a share is told."""
    y, counted = answers(table, item, where)
    other = np.flatnonzero(~np.isin(y, (0.0, 1.0)) & ~np.isnan(y))
    if family == "share" and len(other):
        raise BadInput(
            f"row {other[0] + 1} of {item} is {y[other[0]]:g}, and a share is of those who said 1",
            where=where,
            cure="make a column that is 1 for the answers counted, 0 for the others and empty for no answer",
        )
    return y, counted, family == "share" or (family is None and not len(other))


def _weights(table: pa.Table, name: str, where: str) -> Floats:
    weights = numbers(table, name, where)
    wrong = np.flatnonzero(~(weights > 0))
    if len(wrong):
        raise BadInput(f"row {wrong[0] + 1} has no weight above 0", where=where, cure=f"correct the column {name}")
    return weights


def _population(population: pa.Table, by: Sequence[str], covariates: Sequence[str], where: str) -> _Cells:
    """Raises BadInput for a population that lacks a column, a category or a count."""
    place = f"{where}, population"
    if not by or len(set(by)) < len(by):
        raise BadInput(
            "no characteristic to pool over, or one twice", where=where, cure="name each once, as in A,B,C"
        )
    for name in by:
        empty = np.flatnonzero(pc.is_null(texts(population, name, place)).to_numpy())
        if len(empty):
            raise BadInput(f"row {empty[0] + 1} has no {name}", where=place, cure="give every cell its categories")
    people = numbers(population, PEOPLE, place)
    wrong = np.flatnonzero(~(people >= 0))
    if len(wrong) or not people.sum() > 0:
        raise BadInput(
            f"row {wrong[0] + 1} has no count of people from 0 up" if len(wrong) else "nobody lives in any cell",
            where=place,
            cure=f"give the number of people of each cell in the column {PEOPLE}",
        )
    labelled = [categories(population, name, place) for name in by]
    X = np.column_stack([np.ones(len(people)), *(_covariate(population, name, people, place) for name in covariates)])
    grouped = group([codes for _, codes in labelled], [len(labels) for labels, _ in labelled], len(people))
    first = np.zeros(grouped.count, np.int64)
    first[grouped.of_row[::-1]] = np.arange(len(people))[::-1]
    _agree(X, X[first][grouped.of_row], covariates, place)
    return _Cells(grouped.sum(people), X[first], grouped.codes, tuple(labels for labels, _ in labelled))


def _covariate(population: pa.Table, name: str, people: Floats, place: str) -> Floats:
    values = numbers(population, name, place)
    empty = np.flatnonzero(np.isnan(values))
    if len(empty):
        raise BadInput(
            f"row {empty[0] + 1} has no {name}", where=place, cure="give every cell a number, or leave it out"
        )
    try:
        return standardised(values, people, name)
    except CannotEstimate as why:
        raise BadInput(why.what, where=place, cure=why.cure) from None


def _agree(X: Floats, first: Floats, covariates: Sequence[str], place: str) -> None:
    rows, columns = np.nonzero(first != X)
    if len(rows):
        raise BadInput(
            f"row {rows[0] + 1} has another {covariates[columns[0] - 1]} than an earlier row of the same people",
            where=place,
            cure="a covariate must be one number for each combination of the characteristics",
        )


def _codes(table: pa.Table, name: str, labels: list[str], where: str) -> Ints:
    """Position of each person's category; one past the last for whoever did not say."""
    column(table, name, where)
    text = texts(table, name, where)
    strays = sorted({value for value in pc.unique(text).to_pylist() if value is not None} - set(labels))
    if strays:
        close = difflib.get_close_matches(strays[0], labels, 1)
        raise BadInput(
            f"the column {name} holds {strays[0]!r}, for which the population has no row",
            where=where,
            cure=f"did you mean {close[0]!r}? Write it the same in both files"
            if close
            else "add its cells, or join it",
        )
    return codes_of(text, labels)


def _used(
    y: Floats, codes: Sequence[Ints], by: Sequence[str], cells: _Cells, where: str
) -> tuple[dict[str, int], Ints, Floats]:
    """What became of each row, which are used, and everybody's covariates."""
    sizes = [len(labels) for labels in cells.labels]
    cell = cell_of(codes, cells.codes, sizes)
    fates = {"rows": len(y), "no answer": int(np.isnan(y).sum())}
    kept = ~np.isnan(y)
    for name, each, size in zip(by, codes, sizes, strict=True):
        fates[f"did not say: {name}"] = int((kept & (each == size)).sum())
        kept &= each < size
    nowhere = kept & (cell < 0)
    fates["no such cell in the population"] = int(nowhere.sum())
    if cells.X.shape[1] > 1:
        kept &= ~nowhere
    return fates | {"used": int(kept.sum())}, np.flatnonzero(kept), cells.X[np.maximum(cell, 0)]


# --- the model ---------------------------------------------------------------------------------------------------


def crossed_pairs(
    sizes: Sequence[int], most: int = _MOST_LEVELS
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Pairs of characteristics that are crossed, and those left out. sizes: categories of each. Taken first is the
    largest, since one factor of any size costs little, and then the smallest up, to `most` levels and `_MOST_FACTORS`
    factors."""
    order = sorted(combinations(range(len(sizes)), 2), key=lambda pair: (sizes[pair[0]] * sizes[pair[1]], pair))
    taken: list[tuple[int, int]] = []
    for pair in [*order[-1:], *order[:-1]]:
        levels = [*sizes, *(sizes[a] * sizes[b] for a, b in [*taken, pair])]
        if sum(levels) - max(levels) > most or len(levels) > _MOST_FACTORS:
            break
        taken.append(pair)
    return sorted(taken), sorted(set(order) - set(taken))


def crossed(one: Factor, other: Factor) -> Factor:
    codes = one.codes.astype(np.int64) * other.levels + other.codes
    return Factor(f"{one.name} × {other.name}", codes, one.levels * other.levels)


def _shares_of(
    posterior: Posterior, cells: _Cells, pairs: Sequence[tuple[int, int]], sizes: Sequence[int], parts: list[_Part]
) -> Shares:
    both = [cells.codes[a].astype(np.int64) * sizes[b] + cells.codes[b] for a, b in pairs]
    everywhere = Population(cells.people, cells.X, (*cells.codes, *both))
    return poststratify(posterior, everywhere, [part.living for part in parts], [part.size for part in parts])


def _heard(posterior: Posterior, told: Answers, by: Sequence[str], cells: _Cells, crossing: Sequence[int]) -> Shares:
    """Share of each domain by the model among the very people heard."""
    codes = [factor.codes for factor in told.factors]
    again = _parts(by, cells, codes[: len(by)], crossing)
    domains, sizes = [part.heard for part in again], [part.size for part in again]
    return poststratify(posterior, Population(told.n, told.X, tuple(codes)), domains, sizes)


def _model(by: Sequence[str], covariates: Sequence[str], pairs: Sequence[tuple[int, int]], share: bool) -> str:
    terms = [*by, *(f"{by[a]} × {by[b]}" for a, b in pairs)]
    fixed = f", with {', '.join(covariates)}" if covariates else ""
    kind = "logistic" if share else "linear"
    return f"multilevel {kind} regression on {', '.join(terms)}{fixed}, poststratified to the population"


def _interval(draws: int, weights: str | None, cluster: str | None, counting: float) -> str:
    told = (
        f"95% interval of {draws:,} draws of the posterior, joined to the {OWN_LEVEL:.0%} interval of own answers of "
        f"{FEWEST_OWN} people or more"
    )
    if weights is None and cluster is None:
        return f"{told}; no survey weights, and everybody as if sampled alone"
    given = " and ".join(filter(None, (weights and f"weights {weights}", cluster and f"clusters {cluster}")))
    return f"{told}; weighted pseudo-likelihood ({given}): people count as {counting:.0%} of their number"


def _trust(posterior: Posterior, names: Sequence[str], covariates: Sequence[str]) -> dict[str, Any]:
    """What the diagnostic page shows: σ a factor in log odds, what a standard deviation more of each covariate goes
    with, and how the sampling went."""
    found = posterior.diagnostics
    middle, low, high = posterior.sigma_interval()
    sigma = {
        name: {
            "mode": float(found.at.sigma[k]),
            "median": float(middle[k]),
            "low": float(low[k]),
            "high": float(high[k]),
        }
        for k, name in enumerate(names)
    }
    middle, low, high = np.quantile(posterior.beta, [0.5, 0.025, 0.975], axis=0)
    told = {
        name: {"median": float(middle[k]), "low": float(low[k]), "high": float(high[k])}
        for k, name in enumerate(covariates, 1)
    }
    return {
        "sigma": sigma,
        "covariates": told,
        "proposals": found.proposals,
        "effective_proposals": round(found.effective, 1),
        "largest_weight": round(found.largest_weight, 4),
        "newton_steps_at_most": found.newton,
        "largest_gradient": found.gradient,
        "mode_gradient": found.at.gradient,
        "log_density": found.at.log_density,
    }


def _direct(
    y: Floats, base: Floats, parts: list[_Part], cluster: pa.ChunkedArray | None, share: bool
) -> list[Estimate]:
    """What each domain says alone, by the arithmetic of `estimate_table`, not raked."""
    sizes = [part.size for part in parts]
    if not len(y):
        return [Estimate(0, None, None, cannot_tell=why_not(0, 0.0, 0.0))] * (1 + sum(sizes))
    told = [(part.heard, part.size) for part in parts]
    design, _ = sampled_design(base, base / base.sum(), told, [], None, cluster)
    summary = variance.answers(design, y)
    span = 1.0 if share else float(np.ptp(y))
    found: list[Estimate] = []
    for partition, size in enumerate([1, *sizes]):
        means = domain_means(partition_totals(design, summary, partition), np.eye(size))
        found += [estimate_of(means, k, share=share, sampled=True, span=span) for k in range(size)]
    return found
