"""Linearised (Taylor) standard errors under strata, clusters and calibrated weights, for many domains at once.

A domain mean is a ratio of two weighted totals: Σ w·1_d·a·y over Σ w·1_d·a (a: answered). Each total has the
residual e = z - x'B of the regression of z on the calibration margins x, fitted with the weights before calibration
(Deville & Särndal 1992; R `calibrate`), and its variance is that of cluster sums of w·e within strata, taken as drawn
with replacement:

    V = Σ_h n_h/(n_h-1) Σ_c (S_hc - S̄_h)²,      S = U - VB   (U: cluster sums of w·z, V: of w·x)
      = U'QU - M H⁻ V'QU - U'QV H⁻ M' + M H⁻ V'QV H⁻ M',      H = X'DX, M = z'DX, D: weights before calibration

Only the four small matrices depend on the people, so one pass over cells gives the covariances of every total of a
partition; means, differences and their standard errors follow from those by the delta method.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from ..errors import BadInput
from .cells import Cells, Floats, Ints, group, summed
from .weights import crosstabs

__all__ = ["Answers", "Design", "Means", "Totals", "answers", "design", "domain_means", "partition_totals"]


@dataclass(frozen=True)
class Design:
    """Who was sampled how.

    weights, base: (rows,) after and before calibration · row_scale: (rows,) of each row's stratum, where rows are the
    primary units of several strata · rows: each factor's codes (rows,) · stratum: (cells,), where rows are the
    primary units · cluster: (rows,), or None where each row is its own · stratum_of_cluster: (clusters,) · scale,
    centre: (strata,) n/(n-1)·(1-f) and that over n · domains, margins: positions among the factors · held: (levels,
    p), what calibration fixed · inverse: H⁻ (p, p) · spread: V'QV (p, p) · sums: V, (clusters, p) or none ·
    stratum_sums: V by stratum, (strata, p) · lonely: strata with one primary unit.
    """

    weights: Floats
    base: Floats
    row_scale: Floats | None
    rows: tuple[Ints, ...]
    cells: Cells
    stratum: Ints
    cluster: Ints | None
    stratum_of_cluster: Ints
    scale: Floats
    centre: Floats
    domains: tuple[int, ...]
    margins: tuple[int, ...]
    held: Floats
    inverse: Floats
    spread: Floats
    sums: Floats
    stratum_sums: Floats
    lonely: int

    @property
    def strata(self) -> int:
        return len(self.scale)

    @property
    def margin_levels(self) -> list[int]:
        return [self.cells.levels[m] for m in self.margins]


@dataclass(frozen=True)
class Answers:
    """One variable summed over cells, each (cells,). `origin` was taken off y so that nothing cancels.

    n: who answered and counts · plain: Σy, unweighted · w, wy, wyy, ww: Σw, Σwy, Σwy², Σw² · d, dy: with the weights
    before calibration · q, qy, qyy: with scale·w², where rows are the primary units · low, high: smallest, largest
    answer · rows: given, w and wy of each row, (rows,), where there are clusters.
    """

    origin: float
    n: Floats
    plain: Floats
    w: Floats
    wy: Floats
    wyy: Floats
    ww: Floats
    d: Floats
    dy: Floats
    q: Floats | None
    qy: Floats | None
    qyy: Floats | None
    low: Floats
    high: Floats
    rows: tuple[Floats, Floats, Floats] | None


@dataclass(frozen=True)
class Totals:
    """A partition into K categories: total (2K,) of [who answered, their y - origin] and its covariance (2K, 2K).

    n, plain, wyy, ww: people, Σy unweighted, Σw(y - origin)² and Σw² (K,) · low, high: (K,) smallest and largest
    answer · unit_people: (K, units) people of each category by cluster, or by stratum where each person is a unit ·
    unit_stratum: (clusters,), or None likewise.
    """

    origin: float
    total: Floats
    covariance: Floats
    n: Floats
    plain: Floats
    wyy: Floats
    ww: Floats
    low: Floats
    high: Floats
    unit_people: Floats
    unit_stratum: Ints | None


@dataclass(frozen=True)
class Means:
    """D domains, each a union of categories: everything (D,) but covariance, (D, D). Not-a-number: nobody there.

    size: Σw · favourable: unweighted sum of y: of a share, the people counted in it · df: primary units with
    somebody of the domain less strata with somebody of it · clustered: whether domains can share primary units ·
    spread: variance of the answers among the people of each, None where it is no mean of answers.
    """

    mean: Floats
    size: Floats
    covariance: Floats
    n: Floats
    favourable: Floats
    n_effective: Floats
    df: Floats
    low: Floats
    high: Floats
    clustered: bool = False
    spread: Floats | None = None

    @property
    def se(self) -> Floats:
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def difference(self, one: int, other: int) -> tuple[float, float, float]:
        """mean, standard error (with the covariance) and degrees of freedom of domain `one` less domain `other`.

        Degrees of freedom after Welch and Satterthwaite, so that a small community next to a large rest is small; of
        domains in the same clusters not more than either has alone, for no cluster counts twice.
        """
        v = self.covariance
        variance = float(v[one, one] + v[other, other] - 2 * v[one, other])
        a, b = max(float(v[one, one]), 0.0), max(float(v[other, other]), 0.0)
        parts = sum(x * x / d if d > 0 else np.inf for x, d in ((a, self.df[one]), (b, self.df[other])) if x > 0)
        df = (a + b) ** 2 / parts if parts > 0 else 0.0
        df = min(df, float(max(self.df[one], self.df[other]))) if self.clustered else df
        return float(self.mean[one] - self.mean[other]), float(np.sqrt(max(variance, 0.0))), float(df)


# --- the design -------------------------------------------------------------------------------------------------


def design(
    weights: Floats,
    *,
    base: Floats | None = None,
    domains: Sequence[tuple[Ints, int]] = (),
    margins: Sequence[tuple[Ints, int]] = (),
    held: Floats | None = None,
    strata: Ints | None = None,
    clusters: Ints | None = None,
    fpc: Floats | None = None,
) -> Design:
    """A design from arrays of (rows,), all untouched.

    domains, margins: (codes, number of codes) of each partition to be estimated and each margin the weights were
    calibrated to · held: the combinations of all their levels that calibration fixed (`weights.contrasts`; without
    it, every level) · strata, clusters: any integers; a cluster is one only within its stratum · fpc: primary units
    in the population of the row's stratum; without it, drawn with replacement. A stratum with one primary unit is
    centred at zero rather than at itself (R's "adjust": not less than the truth).
    """
    rows = len(weights)
    stratum = _renumbered(np.zeros(rows, np.int64) if strata is None else strata)
    H = int(stratum.max()) + 1 if rows else 1
    unit = None if clusters is None else _renumbered(_renumbered(clusters).astype(np.int64) * H + stratum)
    # clusters cross everything, so they stay with the rows; strata alone are few and join the cells
    factors = [*domains, *margins, (stratum if unit is None else np.zeros(rows, np.int8), H)]
    cells = group([codes for codes, _ in factors], [levels for _, levels in factors], rows)
    stratum_of_cluster = np.zeros(0 if unit is None or not rows else int(unit.max()) + 1, np.int32)
    if unit is not None:
        stratum_of_cluster[unit] = stratum
    units = np.bincount(stratum if unit is None else stratum_of_cluster, minlength=H)
    scale = np.where(units > 1, units / np.maximum(units - 1, 1), 1.0) * _unsampled(fpc, stratum, units)
    centre = np.where(units > 1, scale / np.maximum(units, 1), 0.0)
    base = weights if base is None else base
    bare = Design(
        weights, base, scale[stratum] if unit is None and H > 1 else None,
        tuple(codes for codes, _ in factors[:-1]), cells, cells.codes[-1], unit, stratum_of_cluster,
        scale, centre, tuple(range(len(domains))),
        tuple(range(len(domains), len(domains) + len(margins))),
        np.eye(sum(levels for _, levels in margins)) if held is None else held, np.zeros((0, 0)), np.zeros((0, 0)),
        np.zeros((0, 0)), np.zeros((H, 0)), int(np.sum(units == 1)),
    )  # fmt: skip
    return _calibrated(bare) if margins else bare


def _renumbered(codes: Ints) -> Ints:
    """0 … count-1, in the order of the codes."""
    return np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int32)


def _unsampled(fpc: Floats | None, stratum: Ints, units: Ints) -> Floats:
    """1 - sampling fraction of each stratum."""
    if fpc is None:
        return np.ones(len(units))
    population = np.zeros(len(units))
    population[stratum] = fpc
    if np.any(population[stratum] != fpc) or np.any(population < units):
        raise BadInput(
            "the finite population correction differs within a stratum, or is smaller than the sample",
            cure="give, on each row, the number of primary units in the population of its stratum",
        )
    return 1 - units / population


def _calibrated(d: Design) -> Design:
    """The same design with the matrices of the calibration, which no answer changes."""
    codes = [d.cells.codes[m] for m in d.margins]
    H = d.held.T @ crosstabs(codes, d.margin_levels, d.cells.sum(d.base)) @ d.held
    if d.cluster is None:
        sums = np.zeros((0, H.shape[0]))
        by_stratum = _by_level(d, d.stratum, d.strata, d.cells.sum(d.weights))
        spread = d.held.T @ crosstabs(codes, d.margin_levels, d.cells.sum(_unit_squares(d))) @ d.held
    else:
        sums = np.hstack([_by_cluster(d, m, d.weights) for m in d.margins]) @ d.held
        by_stratum = _by_stratum(d, sums)
        spread = sums.T @ (sums * d.scale[d.stratum_of_cluster, None])
    spread = spread - by_stratum.T @ (by_stratum * d.centre[:, None])
    return dataclasses.replace(d, inverse=scipy.linalg.pinvh(H), spread=spread, sums=sums, stratum_sums=by_stratum)


def _unit_squares(d: Design) -> Floats:
    """scale·w² of each row, where rows are the primary units."""
    return d.weights**2 * (d.scale[0] if d.row_scale is None else d.row_scale)


def _by_level(d: Design, rows: Ints, count: int, values: Floats) -> Floats:
    """Sums of `values` (cells,) by `rows` (cells,) and all that calibration holds fixed: (count, p)."""
    parts = [
        summed(rows * np.int64(levels) + d.cells.codes[m], values, count * levels).reshape(count, levels)
        for m, levels in zip(d.margins, d.margin_levels, strict=True)
    ]
    return np.hstack(parts) @ d.held if parts else np.zeros((count, 0))


def _by_cluster(d: Design, factor: int, *values: Floats) -> Floats:
    """Sums of each of `values` (rows,) by cluster and level of one factor, side by side: (clusters, levels·k)."""
    if d.cluster is None:
        raise BadInput("the design has no clusters", cure="sum by stratum")
    count, levels = len(d.stratum_of_cluster), d.cells.levels[factor]
    at = d.cluster * np.int64(levels) + d.rows[factor]
    return np.hstack([summed(at, each, count * levels).reshape(count, levels) for each in values])


def _by_stratum(d: Design, sums: Floats) -> Floats:
    """Sums of clusters (clusters, m) by stratum: (strata, m)."""
    answer = np.zeros((d.strata, sums.shape[1]))
    np.add.at(answer, d.stratum_of_cluster, sums)
    return answer


# --- one variable -----------------------------------------------------------------------------------------------


def answers(d: Design, y: Floats) -> Answers:
    """Sums over cells of one variable. y: (rows,), not-a-number where there is no answer. A row of weight zero stands
    for nobody and is not counted."""
    given = ~np.isnan(y) & (d.weights > 0)
    w = np.where(given, d.weights, 0.0)
    total = float(w.sum())
    filled = np.where(given, y, 0.0)
    origin = float(w @ filled) / total if total > 0 else 0.0
    value = np.where(given, filled - origin, 0.0)
    base = np.where(given, d.base, 0.0)
    s = d.cells.sum
    q = np.where(given, _unit_squares(d), 0.0) if d.cluster is None else None
    masked = np.where(given, y, np.nan)
    return Answers(
        origin, s(given.astype(np.float64)), s(filled), s(w), s(w * value), s(w * value * value), s(w * w),
        s(base), s(base * value),
        None if q is None else s(q), None if q is None else s(q * value), None if q is None else s(q * value * value),
        d.cells.lowest(masked), d.cells.highest(masked),
        None if d.cluster is None else (given.astype(np.float64), w, w * value),
    )  # fmt: skip


def partition_totals(d: Design, a: Answers, domain: int) -> Totals:
    """Totals of every category of one partition, with their covariances. domain: its position in `design`."""
    codes, K = d.cells.codes[d.domains[domain]], d.cells.levels[d.domains[domain]]
    total = np.concatenate([summed(codes, a.w, K), summed(codes, a.wy, K)])
    if a.rows is None:
        square, cross = _row_products(d, a, codes, K)
        at = d.stratum * np.int64(K) + codes
        people, *sums = (summed(at, each, d.strata * K).reshape(d.strata, K) for each in (a.n, a.w, a.wy))
        by_stratum = np.hstack(sums)
    else:
        people, by_cluster = np.split(_by_cluster(d, d.domains[domain], *a.rows), [K], axis=1)
        by_stratum, weighted = _by_stratum(d, by_cluster), by_cluster * d.scale[d.stratum_of_cluster, None]
        square, cross = weighted.T @ by_cluster, weighted.T @ d.sums if d.margins else np.zeros((2 * K, 0))
    centred = by_stratum * d.centre[:, None]
    square = square - centred.T @ by_stratum
    if d.margins:
        B = np.vstack([_by_level(d, codes, K, a.d), _by_level(d, codes, K, a.dy)]) @ d.inverse
        cross = cross - centred.T @ d.stratum_sums
        square = square - B @ cross.T - cross @ B.T + B @ d.spread @ B.T
    low, high = np.full(K, np.inf), np.full(K, -np.inf)
    np.minimum.at(low, codes, a.low)
    np.maximum.at(high, codes, a.high)
    return Totals(
        a.origin, total, (square + square.T) / 2, summed(codes, a.n, K), summed(codes, a.plain, K),
        summed(codes, a.wyy, K), summed(codes, a.ww, K), low, high,
        people.T, None if d.cluster is None else d.stratum_of_cluster,
    )  # fmt: skip


def _row_products(d: Design, a: Answers, codes: Ints, K: int) -> tuple[Floats, Floats]:
    """U'U and U'V where every row is its own primary unit: no row has two categories, so U'U is diagonal blocks."""
    if a.q is None or a.qy is None or a.qyy is None:
        raise BadInput("the answers belong to a design with clusters", cure="sum them with the same design")
    square = np.zeros((2 * K, 2 * K))
    k = np.arange(K)
    square[k, k] = summed(codes, a.q, K)
    square[k, K + k] = square[K + k, k] = summed(codes, a.qy, K)
    square[K + k, K + k] = summed(codes, a.qyy, K)
    return square, np.vstack([_by_level(d, codes, K, a.q), _by_level(d, codes, K, a.qy)])


# --- domains ----------------------------------------------------------------------------------------------------


def domain_means(t: Totals, domains: Ints) -> Means:
    """Means of unions of categories. domains: (D, K), true where the category belongs to the domain."""
    inside = domains.astype(np.float64)
    K = inside.shape[1]
    size, of_y = inside @ t.total[:K], inside @ t.total[K:]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = of_y / size
        slope = np.hstack([-inside * (mean / size)[:, None], inside / size[:, None]])
        n_effective = size**2 / (inside @ t.ww)
        spread = np.maximum(inside @ t.wyy / size - mean**2, 0.0)
    covariance = slope @ t.covariance @ slope.T
    chosen = domains.astype(bool)
    low = np.where(chosen, t.low, np.inf).min(1)
    high = np.where(chosen, t.high, -np.inf).max(1)
    return Means(
        t.origin + mean, size, covariance, inside @ t.n, inside @ t.plain, n_effective, _df(t, inside), low, high,
        t.unit_stratum is not None, spread,
    )  # fmt: skip


def _df(t: Totals, inside: Floats) -> Floats:
    """Primary units with somebody of the domain, less strata with somebody of it."""
    people = inside @ t.unit_people
    present = people > 0
    if t.unit_stratum is None:
        return people.sum(1) - present.sum(1)
    return np.array([row.sum() - len(np.unique(t.unit_stratum[row])) for row in present], np.float64)
