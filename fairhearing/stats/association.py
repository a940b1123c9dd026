"""Is the answer the same in every community? One test over all of them, for answers in words and in numbers.

Under unequal weights, strata, clusters or calibration the textbook tests call far too much significant. The first
test here divides the Pearson statistic by what the sampling makes of it (Rao & Scott 1984; R `svychisq`), the second
compares means with their covariance (Wald; R `svyttest`, `regTermTest` of a `svyglm`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from ..errors import CannotEstimate
from .cells import Floats, Ints, summed
from .distributions import f_above, t_above
from .estimators import Domains, Estimator, Survey, mean_of

__all__ = ["Outcome", "equal_means", "rao_scott", "shares_of"]

_FIXED = 1e-9
"""A variance below this share of what a simple random sample would have is rounding: the weighting fixed it."""


@dataclass(frozen=True)
class Outcome:
    """method: in words · statistic: t of two means, else F · df: of the numerator, df_within: of the denominator ·
    p: probability of one as large if there were no difference · n: people who count · compared, left_out: codes of
    the groups that were, and those with too little to compare · difference, se: of two means, the later group
    less the earlier, else None."""

    method: str
    statistic: float
    df: float
    df_within: float
    p: float
    n: int
    compared: tuple[int, ...]
    left_out: tuple[int, ...] = ()
    difference: float | None = None
    se: float | None = None


def shares_of(cell: Ints, count: int, weights: Floats) -> Estimator:
    """Share of each of `count` cells among the people in any of them. cell: (rows,) 0 … count-1, else not counted."""
    inside = cell < count

    def point(w: Floats) -> Floats:
        sums = summed(cell[inside], w[inside], count)
        return sums / sums.sum()

    full, size = point(weights), float(weights[inside].sum())

    def influences() -> Iterator[Floats]:
        for k in range(count):
            yield np.where(inside, ((cell == k) - full[k]) / size, 0.0)

    return Estimator(full, point, influences)


def rao_scott(survey: Survey, row: Ints, column: Ints, levels: tuple[int, int]) -> Outcome:
    """Whether two characteristics go together: Pearson's statistic over the trace of the generalised design effects,
    referred to F (Rao & Scott 1984, second order; R `svychisq(statistic = "F")`).

    row, column: (rows,) codes 0 … levels-1, the number of levels where there is no answer; whoever lacks either is
    not counted. A level nobody has is left out. Raises CannotEstimate where fewer than two rows or columns are left,
    too many cells are empty, there are no degrees of freedom, or the weighting fixed the table.
    """
    counted = (row < levels[0]) & (column < levels[1]) & (survey.weights > 0)
    row_at, rows = _present(row, counted, levels[0])
    column_at, columns = _present(column, counted, levels[1])
    R, C = len(rows), len(columns)
    if min(R, C) < 2:
        raise CannotEstimate("there is only one answer, or one community, in the data", cure=_OTHER)
    cell = np.where(counted, row_at * C + column_at, R * C)
    of = shares_of(cell, R * C, survey.weights)
    effects = _effects(of.full.reshape(R, C), survey.covariance(of))
    trace, within = float(np.trace(effects)), survey.df(np.ones(len(row), bool))
    n = int(counted.sum())
    if within < 1:
        raise CannotEstimate("there are no degrees of freedom: one sampling unit a stratum", cure=_MORE_UNITS)
    if not trace * n > _FIXED * len(effects):
        raise CannotEstimate("the weighting fixed this table, so it was not estimated", cure=_OTHER)
    df = trace**2 / float(np.sum(effects * effects.T))
    statistic = _pearson(of.full.reshape(R, C)) / trace
    p = f_above(statistic, df, df * within)
    return Outcome("Rao–Scott F test of a two-way table", statistic, df, df * within, p, n, rows)


_OTHER = "choose another item or another column of communities"
_MORE_UNITS = "give the columns of the sampling as they were; with so few units nothing can be tested"


def _present(codes: Ints, counted: Ints, levels: int) -> tuple[Ints, tuple[int, ...]]:
    """Codes renumbered without the levels nobody has, and those that are left."""
    there = np.bincount(codes[counted], minlength=levels + 1)[:levels] > 0
    renumbered = np.append(np.cumsum(there) - 1, 0)
    return renumbered[np.minimum(codes, levels)], tuple(int(k) for k in np.flatnonzero(there))


def _pearson(shares: Floats) -> float:
    """Σ (p - p_r p_c)² / (p_r p_c): the statistic of a sample of one."""
    expected = np.outer(shares.sum(1), shares.sum(0))
    return float(np.sum((shares - expected) ** 2 / expected))


def _effects(shares: Floats, covariance: Floats) -> Floats:
    """Generalised design effects over n, ((R-1)(C-1), (R-1)(C-1)): the covariance of the interaction in a log-linear
    model, in units of what it is under simple random sampling of one person."""
    R, C = shares.shape
    interaction = np.kron(_contrasts(R), _contrasts(C))
    p = shares.reshape(-1)
    scaled = interaction / np.where(p > 0, p, np.inf)[:, None]
    simple = interaction.T @ scaled
    if np.linalg.matrix_rank(simple) < len(simple):
        raise CannotEstimate(
            "too many combinations of answer and community have nobody", cure="join answers, or join communities"
        )
    return np.asarray(scipy.linalg.solve(simple, scaled.T @ covariance @ scaled, assume_a="sym"))


def _contrasts(levels: int) -> Floats:
    """Columns that span all differences between levels: (levels, levels - 1)."""
    return np.eye(levels)[:, 1:] - 1 / levels


def equal_means(survey: Survey, y: Floats, group: Ints, levels: int) -> Outcome:
    """Whether the means of y are the same in every group: t test of two, Wald F test of more.

    y: (rows,), not-a-number where there is no answer · group: (rows,) 0 … levels-1, else not counted. A group in
    which fewer than two people answered, or all the same, is left out and named. Raises CannotEstimate where fewer
    than two are left, where there are not enough sampling units for so many, or the weighting fixed the means.
    """
    given = ~np.isnan(y) & (survey.weights > 0)
    compared = tuple(k for k in range(levels) if len(np.unique(y[given & (group == k)])) > 1)
    left_out = tuple(k for k in range(levels) if k not in compared)
    if len(compared) < 2:
        raise CannotEstimate("fewer than two groups have answers that differ", cure=_OTHER)
    inside = np.zeros((len(compared), levels + 1))
    inside[np.arange(len(compared)), compared] = 1
    of = mean_of(y, Domains(np.minimum(group, levels), inside), survey.weights)
    counted = given & np.isin(group, compared)
    q, n = len(compared) - 1, int(counted.sum())
    within = survey.df(counted) - q
    if within < 1:
        raise CannotEstimate(f"there are too few sampling units to compare {q + 1} groups", cure=_MORE_UNITS)
    apart, covariance = np.diff(of.full), _differences(survey.covariance(of))
    if not np.min(np.diag(covariance)) * n > _FIXED * float(np.var(y[counted])):
        raise CannotEstimate("the weighting fixed these means, so they were not estimated", cure=_OTHER)
    if q == 1:
        gap, se = float(apart[0]), float(np.sqrt(covariance[0, 0]))
        p = 2 * t_above(abs(gap / se), within)
        what = "design-based t test of two means"
        return Outcome(what, gap / se, 1, within, p, n, compared, left_out, gap, se)
    if np.linalg.matrix_rank(covariance) < q:
        raise CannotEstimate(f"there are too few sampling units to compare {q + 1} groups", cure=_MORE_UNITS)
    wald = float(apart @ scipy.linalg.solve(covariance, apart, assume_a="sym")) / q
    p = f_above(wald, q, within)
    return Outcome("design-based Wald F test of equal means", wald, q, within, p, n, compared, left_out)


def _differences(covariance: Floats) -> Floats:
    """Covariance of each mean less the one before."""
    step = np.diff(np.eye(len(covariance)), axis=0)
    return np.asarray(step @ covariance @ step.T)
