"""Standard errors from replicate weights: jackknife, bootstrap, half samples, and those that come with a file.

A replicate is the sample weighted again as if it had come out a little differently. An estimate is worked out once
with the full weights and once with each replicate; how far those lie apart is its variance, whatever the estimate
(Wolter 2007; Rao & Wu 1988; R `svrVar`):

    V = scale · Σ_r rscale_r (θ_r - c)(θ_r - c)',     c: mean of the θ_r, or the full estimate where `mse`

Weights of a replicate are made when they are asked for: a jackknife of 10,000 people would else fill 800 MB.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.linalg

from ..errors import BadInput, CannotEstimate
from .cells import Floats, Ints, summed
from .factors import Dense, Factors, LeaveOneOut, rank
from .variance import Means

__all__ = [
    "Kind",
    "Replicates",
    "balanced",
    "bootstrap",
    "covariance",
    "imported",
    "jackknife",
    "of_domains",
    "recalibrated",
    "spread",
]

Kind = Literal["JK1", "JK2", "JKn", "BRR", "Fay", "bootstrap", "successive-difference", "other"]

_NOBODY = 1e-9  # a domain with this part of its largest weight in a replicate has nobody there: the rest is rounding
_AT_ONCE = 1 << 23  # numbers held at once while categories are summed


@dataclass(frozen=True)
class Replicates:
    """R replicates of a sample.

    base: (rows,) what the factors multiply · unit: (rows,) each row's line in `factors` · scale, rscales (R,): what
    squared distances are multiplied by · mse: distances from the full estimate rather than from the replicates' mean
    · df: degrees of freedom, as R `degf`: rank of the replicate weights less one · kind: R's name of the type ·
    calibrate: makes final weights of those of one replicate · lonely: strata with one unit.
    """

    base: Floats
    unit: Ints
    factors: Factors
    scale: float
    rscales: Floats
    mse: bool
    df: float
    kind: Kind
    calibrate: Callable[[Floats], Floats] | None = None
    lonely: int = 0

    @property
    def count(self) -> int:
        return self.factors.count

    def each(self) -> Iterator[Floats]:
        """Full analysis weights (rows,) of one replicate after the other. Raises CannotEstimate, naming the
        replicate, where it cannot be calibrated."""
        for replicate in range(self.count):
            weights = self.base * self.factors.column(replicate)[self.unit]
            yield weights if self.calibrate is None else _again(self.calibrate, weights, replicate)

    def df_among(self, counted: Ints) -> float:
        """Degrees of freedom of some people, (rows,) true or false: of replicates that came with a file, the rank of
        those people's weights less one (R `degf`), for it tells their sampling units although no column does."""
        if not isinstance(self.factors, Dense) or counted.all():
            return self.df
        lines = np.unique(self.unit[counted & (self.base > 0)])
        every, found = max(1, len(lines) // (4 * self.count)), 0
        while every and len(lines) and found < self.df:  # of many people some mostly tell that none is missing
            found = rank(self.factors.table[lines[::every]]) - 1
            every //= 4
        return min(self.df, float(found))

    def weights(self) -> Floats:
        """All of them at once, (rows, R): for few rows or few replicates."""
        return np.column_stack(list(self.each()))

    def totals(self, values: Floats) -> Floats:
        """Weighted totals of `values` (rows, k) in each replicate: (R, k). Without calibration, from sums by unit."""
        if self.calibrate is not None:
            return np.vstack([weights @ values for weights in self.each()])
        units = len(self.factors.column(0))
        sums = [summed(self.unit, self.base * values[:, k], units) for k in range(values.shape[1])]
        return self.factors.totals(np.column_stack(sums))


def _again(calibrate: Callable[[Floats], Floats], weights: Floats, replicate: int) -> Floats:
    try:
        return calibrate(weights)
    except CannotEstimate as why:
        raise CannotEstimate(
            f"replicate {replicate + 1} cannot be weighted to the population: {why.what}",
            where=why.where,
            cure="join small categories, so that each is met without any one sampling unit; or use linearised "
            "standard errors",
        ) from why


# --- making replicates ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Units:
    """of_row: (rows,) · stratum: (units,) · count: (strata,) units of each."""

    of_row: Ints
    stratum: Ints
    count: Ints

    @property
    def lonely(self) -> int:
        return int(np.sum(self.count == 1))


def _units(rows: int, strata: Ints | None, cluster: Ints | None) -> _Units:
    """Sampling units: clusters, each within its stratum, or rows."""
    stratum = np.zeros(rows, np.int64) if strata is None else np.unique(strata, return_inverse=True)[1].reshape(-1)
    of_row: Ints = np.arange(rows)
    if cluster is not None:
        numbered = np.unique(cluster, return_inverse=True)[1].reshape(-1)
        key = numbered * (int(stratum.max(initial=0)) + 1) + stratum
        of_row = np.unique(key, return_inverse=True)[1].reshape(-1)
    of_unit = np.zeros(int(of_row.max(initial=-1)) + 1, np.int64)
    of_unit[of_row] = stratum
    return _Units(of_row, of_unit, np.bincount(of_unit))


def jackknife(
    base: Floats,
    strata: Ints | None = None,
    cluster: Ints | None = None,
    *,
    fpc: Floats | None = None,
    mse: bool = False,
) -> Replicates:
    """Each sampling unit left out once: JK1 without strata, JKn with (R `as.svrepdesign`).

    base, strata, cluster: (rows,); a cluster is one only within its stratum, without clusters each row is a unit ·
    fpc: (rows,) units in the population of the row's stratum. A stratum with one unit counts as far as its replicate
    lies from the rest (R's option "adjust"). Raises CannotEstimate where there is one unit in all.
    """
    units = _units(len(base), strata, cluster)
    n, H = units.count[units.stratum], len(units.count)
    if len(units.stratum) < 2:
        raise CannotEstimate(
            "everybody is in one sampling unit, so none can be left out",
            cure="name the column that tells sampling units apart, or give no cluster",
        )
    rscales = np.where(n == 1, (H - 1) / max(H, 1), (n - 1) / n) * _not_sampled(fpc, units)
    alone = units.lonely if strata is not None else 0
    df = float(len(units.stratum) - H + alone - (alone == H))
    factors = LeaveOneOut(units.stratum, units.count)
    if strata is None:  # the same factor for every replicate: R gives it as the scale
        return Replicates(base, units.of_row, factors, float(rscales[0]), np.ones(len(rscales)), mse, df, "JK1")
    return Replicates(base, units.of_row, factors, 1.0, rscales, mse, df, "JKn", lonely=alone)


def _not_sampled(fpc: Floats | None, units: _Units) -> Floats:
    """1 - sampling fraction of each unit's stratum. (units,)"""
    if fpc is None:
        return np.ones(len(units.stratum))
    population = np.zeros(len(units.count))
    population[units.stratum[units.of_row]] = fpc
    if np.any(population[units.stratum[units.of_row]] != fpc) or not np.all(population >= units.count):
        raise BadInput(
            "the finite population correction differs within a stratum, or is smaller than the sample",
            cure="give, on each row, the number of primary units in the population of its stratum",
        )
    return np.asarray((1 - units.count / population)[units.stratum], np.float64)


def bootstrap(
    base: Floats,
    strata: Ints | None,
    cluster: Ints | None,
    count: int,
    rng: np.random.Generator,
    *,
    mse: bool = False,
) -> Replicates:
    """`count` bootstrap samples of n_h - 1 of the n_h units of each stratum, with replacement (Rao & Wu 1988; R
    `as.svrepdesign(type = "subbootstrap")`). Arrays as in `jackknife`; rng alone decides the draws.

    Raises CannotEstimate where a stratum has one unit, or `count` is below 2.
    """
    _at_least_two(count)
    units = _units(len(base), strata, cluster)
    if units.lonely:
        raise CannotEstimate(
            f"{units.lonely} of {len(units.count)} strata have one sampling unit, and none is left to draw from",
            cure="join each of them to a stratum like it, or use the jackknife or linearised standard errors",
        )
    drawn = np.zeros((len(units.stratum), count), np.uint16)
    for h, n in enumerate(units.count):
        drawn[units.stratum == h] = rng.multinomial(n - 1, np.full(n, 1 / n), size=count).T
    stretch = (units.count / (units.count - 1))[units.stratum]
    counts = summed(units.of_row, base, len(units.stratum)) > 0
    df = float(rank(drawn[counts]) - 1)
    return Replicates(
        base * stretch[units.of_row],
        units.of_row,
        Dense(drawn),
        1 / (count - 1),
        np.ones(count),
        mse,
        df,
        "bootstrap",
    )


def balanced(
    base: Floats, strata: Ints, cluster: Ints | None = None, *, rho: float = 0.0, mse: bool = False
) -> Replicates:
    """Balanced half samples of strata with two units each (McCarthy 1969); with 0 < rho < 1 Fay's, which leave
    nobody out. As many as the next power of two above the number of strata.

    Raises CannotEstimate where any stratum has another number of units, BadInput for another rho.
    """
    _fraction(rho)
    units = _units(len(base), strata, cluster)
    if np.any(units.count != 2):
        odd = int(np.sum(units.count != 2))
        raise CannotEstimate(
            f"{odd} of {len(units.count)} strata do not have two sampling units each",
            cure="use the jackknife, the bootstrap or linearised standard errors",
        )
    size = 1 << len(units.count).bit_length()
    signs = scipy.linalg.hadamard(size)[1 : len(units.count) + 1].astype(np.float64)
    first = np.zeros(len(units.stratum), bool)
    first[np.unique(units.stratum, return_index=True)[1]] = True
    table = 1 + (1 - rho) * np.where(first[:, None], 1.0, -1.0) * signs[units.stratum]
    scale, df = 1 / (size * (1 - rho) ** 2), float(len(units.count))
    return Replicates(base, units.of_row, Dense(table), scale, np.ones(size), mse, df, "Fay" if rho else "BRR")


def _fraction(rho: float) -> None:
    if not 0 <= rho < 1:
        raise BadInput(
            f"Fay's factor rho is {rho:g}", cure="give it from 0 to below 1, as the file's documentation says"
        )


def _at_least_two(count: int) -> None:
    if count < 2:
        raise CannotEstimate(
            f"there {'is one replicate' if count == 1 else 'are no replicates'}, and one cannot differ from itself",
            cure="give at least two columns of replicate weights; 30 or more make a standard error worth having",
        )


# --- replicates that come with a file ---------------------------------------------------------------------------


def imported(
    weights: Floats,
    kind: Kind = "bootstrap",
    scale: float | None = None,
    rscales: Floats | None = None,
    mse: bool = False,
    base: Floats | None = None,
    rho: float | None = None,
    *,
    combined: bool = True,
    where: str | None = None,
) -> Replicates:
    """Replicate weights as delivered, with R's default scales (`svrepdesign`): (R-1)/R for JK1 (of factors: from the
    largest), 1/(R-1) for the bootstrap, 1/R for BRR, 1/(R(1-rho)²) for Fay, 4/R for successive differences.

    weights: (rows, R), complete weights, or factors of `base` (rows,) where not `combined`. Not known without being
    told, and asked for: rscales of a combined JKn, rho of Fay, the scale of any other kind. Raises BadInput, naming
    row and column, for a weight that is negative or not a number, and where complete weights and factors seem to be
    mixed up; CannotEstimate for fewer than two columns.
    """
    _at_least_two(weights.shape[1])
    _checked(weights, where)
    if not combined and base is None:
        raise BadInput("factors need the weights they multiply", where=where, cure="name the column of full weights")
    if base is not None:
        _not_mixed_up(weights, base, combined, where)
    one, each = _scales(kind, weights, scale, rscales, rho, combined, where)
    multiplied = np.ones(len(weights)) if combined or base is None else base
    df = float(rank(weights if combined else weights[multiplied > 0]) - 1)
    return Replicates(multiplied, np.arange(len(weights)), Dense(weights), one, each, mse, df, kind)


def _checked(weights: Floats, where: str | None) -> None:
    bad = np.argwhere(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        row, column = (int(at) for at in bad[0])
        wrong = weights[row, column]
        raise BadInput(
            f"row {row + 1} has {'no number' if np.isnan(wrong) else f'the weight {wrong:g}'} in replicate "
            f"{column + 1}",
            where=where,
            cure="a replicate weight is a number from 0 up: correct it, or ask whoever made the weights",
        )
    empty = np.flatnonzero(~weights.any(axis=0))
    if len(empty):
        raise BadInput(
            f"every weight of replicate {int(empty[0]) + 1} is zero", where=where, cure="leave this column out"
        )


def _not_mixed_up(weights: Floats, base: Floats, combined: bool, where: str | None) -> None:
    """R's rule of thumb: complete weights average about what the full weights do, factors about one."""
    mean, full = float(weights.mean()), float(base.mean())
    alike = full / mean < 5
    if (combined and mean < 5 and not alike) or (not combined and mean > 5 and alike):
        seem = "factors" if combined else "complete weights"
        raise BadInput(
            f"the replicates average {mean:.4g} and the weights {full:.4g}: the replicates seem to be {seem}",
            where=where,
            cure=f"say that they are {seem}, or check which columns were named",
        )


def _scales(
    kind: Kind,
    weights: Floats,
    scale: float | None,
    rscales: Floats | None,
    rho: float | None,
    combined: bool,
    where: str | None,
) -> tuple[float, Floats]:
    """The scale and the scale of each replicate; what the kind fixes is not to be overridden."""
    R = weights.shape[1]
    each = np.ones(R) if rscales is None else np.broadcast_to(np.asarray(rscales, np.float64), (R,)).copy()
    if not (np.isfinite(each).all() and (each >= 0).all()):
        raise BadInput("a scale of a replicate is negative or not a number", where=where, cure="correct it")
    if scale is not None and not 0 < scale < np.inf:
        raise BadInput(f"the scale of the replicates is {scale:g}", where=where, cure="give a number above 0")
    if kind == "Fay":
        if rho is None:
            raise BadInput("Fay's replicates need rho", where=where, cure="give rho as documented")
        _fraction(rho)
        return 1 / (R * (1 - rho) ** 2), each
    fixed = {"BRR": 1 / R, "successive-difference": 4 / R, "JK2": 1.0}
    if kind in fixed:
        return fixed[kind], each
    if kind == "JKn" and rscales is None:
        if combined:
            raise _must_say("the scale of each replicate (rscales)", kind, "(n-1)/n of its stratum", where)
        each = 1 / weights.max(axis=0)
    if kind == "other" and scale is None:
        raise _must_say("a scale", kind, "what the squared distances are multiplied by", where)
    guessed = {"bootstrap": 1 / (R - 1), "JK1": (R - 1) / R if combined else 1 / float(weights[:, 0].max())}
    return guessed.get(kind, 1.0) if scale is None else scale, each


def _must_say(what: str, kind: Kind, meaning: str, where: str | None) -> BadInput:
    return BadInput(
        f"replicates of the kind {kind} need {what}",
        where=where,
        cure=f"give it as the file's documentation says: {meaning}",
    )


# --- using replicates -------------------------------------------------------------------------------------------


def recalibrated(replicates: Replicates, calibrate: Callable[[Floats], Floats]) -> Replicates:
    """The same replicates, each calibrated again: calibrate turns weights (rows,) before calibration into final ones,
    so what calibration gains is in the variance. Degrees of freedom stay those of the design (R `calibrate`)."""
    return dataclasses.replace(replicates, calibrate=calibrate)


def spread(replicates: Replicates, thetas: Floats, full: Floats) -> Floats:
    """Covariance (p, p) of estimates given each replicate's: thetas (R, p); full (p,). Where an estimate does not
    exist in some replicate its row and column are not-a-number: a variance of the others would be too small."""
    centre = full if replicates.mse else thetas[replicates.rscales > 0].mean(axis=0)
    away = (thetas - centre) * np.sqrt(replicates.rscales)[:, None]
    return np.asarray(replicates.scale * (away.T @ away), np.float64)


def covariance(replicates: Replicates, point: Callable[[Floats], Floats], full: Floats) -> Floats:
    """Covariance (p, p) of any estimate: point turns weights (rows,) into estimates (p,), not-a-number where there is
    none; full (p,): with the full weights."""
    return spread(replicates, np.vstack([point(weights) for weights in replicates.each()]), full)


def of_domains(replicates: Replicates, means: Means, y: Floats, codes: Ints, domains: Ints) -> Means:
    """The same means with their covariance from replicates, and degrees of freedom not above the replicates'.

    means: of `domains` (D, K), unions of K categories, as `variance.domain_means` gives · y: (rows,), not-a-number
    where there is no answer · codes: (rows,) category of each row.
    """
    given = ~np.isnan(y)
    origin = float(np.mean(y[given])) if given.any() else 0.0
    value = np.where(given, y - origin, 0.0)
    size, total = np.hsplit(_by_category(replicates, given, value, codes, domains.shape[1]), 2)
    size, total = size @ domains.T, total @ domains.T
    there = size > _NOBODY * np.max(size, axis=0, initial=0.0)
    thetas = np.divide(total, size, out=np.full(size.shape, np.nan), where=there)
    found = spread(replicates, thetas, means.mean - origin)
    return dataclasses.replace(means, covariance=found, df=np.minimum(means.df, replicates.df))


def _by_category(replicates: Replicates, given: Ints, value: Floats, codes: Ints, K: int) -> Floats:
    """Who answered, and their value, of each category in each replicate: (R, 2K)."""
    step = max(1, _AT_ONCE // max(1, 2 * len(value)))
    sizes, totals = [], []
    for at in range(0, K, step):
        here = codes[:, None] == np.arange(at, min(at + step, K))
        both = replicates.totals(np.hstack([here & given[:, None], here * value[:, None]]))
        sizes.append(both[:, : here.shape[1]])
        totals.append(both[:, here.shape[1] :])
    return np.hstack(sizes + totals)
