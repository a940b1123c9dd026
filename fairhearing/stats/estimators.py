"""Statistics of a survey, each as a function of the weights and by its influence: means, totals, ratios, variances,
quantiles, of any domains.

The same description serves a linearised variance (`linearisation`) and one from replicate weights (`replicates`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import CannotEstimate
from . import linearisation, replicates
from .cells import Floats, Ints, summed
from .distributions import t_quantile
from .linearisation import Calibration, Sampling, degrees_of_freedom
from .replicates import Replicates
from .variance import Means

__all__ = [
    "Domains", "Estimator", "Quantile", "Survey", "mean_of", "means_of", "quantiles", "ratio_of", "total_of",
    "variance_of", "weighted_quantile",
]  # fmt: skip


@dataclass(frozen=True)
class Estimator:
    """p statistics. full: (p,) with the full weights · point: weights (rows,) → (p,) · columns: the m influences
    (rows,), one after the other · slope: (p, m) where the statistics are combinations of them, else None."""

    full: Floats
    point: Callable[[Floats], Floats]
    columns: Callable[[], Iterable[Floats]]
    slope: Floats | None = None


@dataclass(frozen=True)
class Survey:
    """weights: (rows,) final · design: how people were sampled · calibration: what the weights were held to, or None
    · replicates: where variances come from these instead, or None."""

    weights: Floats
    design: Sampling
    calibration: Calibration | None = None
    replicates: Replicates | None = None

    def covariance(self, of: Estimator) -> Floats:
        """(p, p), from replicate weights where there are any, else linearised."""
        if self.replicates is not None:
            return replicates.covariance(self.replicates, of.point, of.full)
        found = linearisation.covariance(of.columns(), self.weights, self.design, self.calibration)
        return found if of.slope is None else of.slope @ found @ of.slope.T

    def df(self, counted: Ints) -> float:
        """Degrees of freedom of the people counted, (rows,) true or false (R `degf`)."""
        of_design = float(degrees_of_freedom(self.design, counted))
        return of_design if self.replicates is None else min(of_design, self.replicates.df_among(counted))


@dataclass(frozen=True)
class Domains:
    """codes: (rows,) 0 … K-1 category of each row · inside: (D, K) true where a domain holds a category."""

    codes: Ints
    inside: Ints

    def rows_of(self, domain: int) -> Ints:
        return np.asarray(self.inside[domain].astype(bool)[self.codes])

    def sums(self, values: Floats) -> Floats:
        """Sum of values (rows,) in each domain, (D,)."""
        return np.asarray(self.inside @ summed(self.codes, values, self.inside.shape[1]))


Curve = Callable[[Floats], tuple[Floats, Floats]]
"""Totals (D, m) → statistics (D,) and their slopes (D, m)."""


def _of_totals(columns: list[Floats], domains: Domains, weights: Floats, curve: Curve) -> Estimator:
    """A statistic that is a function of m weighted totals of each domain. columns: m of (rows,)."""

    def totals(w: Floats) -> Floats:
        return np.column_stack([domains.sums(w * column) for column in columns])

    def point(w: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return curve(totals(w))[0]

    with np.errstate(divide="ignore", invalid="ignore"):
        full, slopes = curve(totals(weights))

    def influences() -> Iterator[Floats]:
        for domain, slope in enumerate(slopes):
            inside = domains.rows_of(domain)
            column = np.zeros(len(inside))
            if np.all(np.isfinite(slope)):
                for each, a in zip(columns, slope, strict=True):
                    column += a * each
            yield np.where(inside, column, 0.0)

    return Estimator(full, point, influences)


def mean_of(y: Floats, domains: Domains, weights: Floats) -> Estimator:
    """Weighted mean of y, (rows,), not-a-number where there is no answer, in each domain."""
    given, value, origin = _given(y, weights)

    def curve(t: Floats) -> tuple[Floats, Floats]:
        size, of_y = t.T
        return origin + of_y / size, np.column_stack([-of_y / size**2, 1 / size])

    return _of_totals([given, value], domains, weights, curve)


def total_of(y: Floats, domains: Domains, weights: Floats) -> Estimator:
    """Weighted total of y; whoever did not answer adds nothing."""
    filled = np.where(np.isnan(y), 0.0, y)
    return _of_totals([filled], domains, weights, lambda t: (t[:, 0], np.ones_like(t)))


def ratio_of(y: Floats, x: Floats, domains: Domains, weights: Floats) -> Estimator:
    """Weighted total of y over that of x, among those who have both (R `svyratio`)."""
    both = ~(np.isnan(y) | np.isnan(x))

    def curve(t: Floats) -> tuple[Floats, Floats]:
        over, under = t.T
        return over / under, np.column_stack([1 / under, -over / under**2])

    return _of_totals([np.where(both, y, 0.0), np.where(both, x, 0.0)], domains, weights, curve)


def variance_of(y: Floats, domains: Domains, weights: Floats) -> Estimator:
    """Variance of y in the population, with n/(n-1), n people answering (R `svyvar`)."""
    given, value, _ = _given(y, weights)
    n = domains.sums(given * (weights != 0))

    def curve(t: Floats) -> tuple[Floats, Floats]:
        size, of_y, of_square = t.T
        mean, square = of_y / size, of_square / size
        slopes = np.column_stack([(2 * mean**2 - square) / size, -2 * mean / size, 1 / size])
        stretch = n / (n - 1)
        return stretch * (square - mean**2), stretch[:, None] * slopes

    return _of_totals([given, value, value**2], domains, weights, curve)


def _given(y: Floats, weights: Floats) -> tuple[Floats, Floats, float]:
    """Who answered, as 0 and 1; the answers less their mean, so that nothing cancels; and that mean."""
    given = ~np.isnan(y)
    filled = np.where(given, y, 0.0)
    total = float(weights @ given)
    origin = float(weights @ filled) / total if total else 0.0
    return given.astype(np.float64), np.where(given, filled - origin, 0.0), origin


def means_of(survey: Survey, of: Estimator, counted: Ints, spread: Floats, domains: Domains) -> Means:
    """The statistic in every domain with its covariance, people, effective people and degrees of freedom.

    counted: (rows,) who has everything the statistic needs · spread: (rows,) what must not be the same for everybody,
    if there is to be a variance.
    """
    counted = counted & (survey.weights != 0)
    w, n = np.where(counted, survey.weights, 0.0), domains.sums(counted.astype(np.float64))
    size, D = domains.sums(w), len(domains.inside)
    ends = np.full((2, D), np.nan)
    df = np.zeros(D)
    for domain in range(D):
        here = domains.rows_of(domain) & counted
        df[domain] = survey.df(here)
        if here.any():
            ends[:, domain] = spread[here].min(), spread[here].max()
    with np.errstate(divide="ignore", invalid="ignore"):
        n_effective = size**2 / domains.sums(w * w)
    favourable = domains.sums(np.where(counted, spread, 0.0))
    clustered = survey.design.stages[0].unit is not None
    covariance = survey.covariance(of)
    return Means(of.full, size, covariance, n, favourable, n_effective, df, ends[0], ends[1], clustered)


# --- quantiles --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quantile:
    """One quantile of one domain; low, high: not-a-number where the interval goes beyond the smallest or largest
    answer; se: a quantity derived from them (R `svyquantile`), not-a-number likewise."""

    share: float
    estimate: float
    se: float
    low: float
    high: float
    df: float


def quantiles(survey: Survey, y: Floats, inside: Ints, shares: Floats, level: float = 0.95) -> list[Quantile]:
    """Quantiles of y among the rows inside, with Woodruff's (1952) interval: the t interval of the share at or below
    the estimate, read back on the scale of y (R `svyquantile(qrule = "math", interval.type = "mean")`).

    y, inside: (rows,) · shares: each between 0 and 1. Raises CannotEstimate where nobody answered.
    """
    here = inside & ~np.isnan(y) & (survey.weights != 0)
    if not here.any():
        raise CannotEstimate("nobody answered", cure="ask somebody, or leave the community out")
    df = survey.df(here)
    x, w = y[here], survey.weights[here]
    points = np.array([weighted_quantile(x, w, p) for p in shares])
    domain = Domains(here.astype(np.int8), np.array([[0.0, 1.0]]))
    crit = t_quantile(0.5 + level / 2, df) if df >= 1 else np.nan
    found = []
    for share, at in zip(shares, points, strict=True):
        below = mean_of(np.where(here, y <= at, np.nan), domain, survey.weights)
        half = crit * float(np.sqrt(survey.covariance(below)[0, 0]))
        ends = (float(below.full[0]) - half, float(below.full[0]) + half)
        low = weighted_quantile(x, w, ends[0]) if ends[0] >= 0 else np.nan
        high = weighted_quantile(x, w, ends[1]) if ends[1] <= 1 else np.nan
        found.append(Quantile(float(share), float(at), (high - low) / (2 * crit), low, high, df))
    return found


def weighted_quantile(x: Floats, weights: Floats, share: float) -> float:
    """The smallest answer at or below which at least `share` of the weight lies. x, weights: (n,), n ≥ 1."""
    order = np.argsort(x, kind="stable")
    reached = np.cumsum(weights[order])
    at = int(np.searchsorted(reached, share * reached[-1] * (1 - 1e-12)))
    return float(x[order[min(at, len(x) - 1)]])
