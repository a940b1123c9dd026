"""How well several items hang together as one scale: Cronbach's alpha and McDonald's omega, each with its interval.

Alpha and omega depend on the answers only through their covariance S, weighted where there are weights. Alpha
without weights has Feldt's exact interval (Feldt, Woodruff & Salih 1987; R psych `alpha.ci`). Everything else has a
linearised standard error, which assumes no distribution: with c the centred answers and w the weights,

    se² = k/(k-1) Σ_c (Σ_i w_i z_i)² / (Σw)²,    z_i = d(coefficient)/dS · (c_i c_i' - S),    k clusters or people
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import CannotEstimate
from .cells import Floats, Ints
from .distributions import f_quantile, t_quantile
from .intervals import logit_interval
from .one_factor import FEWEST_ITEMS, fit, moments

__all__ = ["ItemInScale", "Minres", "Reliability", "alpha", "complete", "items_in_scale", "minres", "omega"]

_FEWEST = 3
"""Fewer people than this and a covariance says nothing."""


@dataclass(frozen=True)
class Reliability:
    """One coefficient. n: people who answered every item · left_out: the others · against: numbers (from 1) of items
    that run against the rest, which usually means that they still have to be reversed · se: None for Feldt's."""

    n: int
    left_out: int
    items: int
    estimate: float
    se: float | None
    low: float
    high: float
    against: tuple[int, ...]
    method: str


@dataclass(frozen=True)
class ItemInScale:
    """One item. rest: its correlation with the sum of the others · alpha_without: alpha of the scale without it, None
    where one item would be left."""

    rest: float
    alpha_without: float | None


@dataclass(frozen=True)
class Minres:
    """loadings: (p,) of the correlations · omega: total · residual: root mean square of what one factor leaves."""

    loadings: Floats
    omega: float
    residual: float


def alpha(
    items: Floats,
    weights: Floats | None = None,
    *,
    clusters: Ints | None = None,
    level: float = 0.95,
    names: Sequence[str] = (),
) -> Reliability:
    """Cronbach's alpha, k/(k-1)·(1 - Σ item variances / variance of the sum). May be negative.

    items: (rows, k) with not-a-number where there is no answer; rows with a gap are left out · weights: (rows,) ·
    clusters: (rows,) primary sampling units. Raises CannotEstimate for fewer than 2 items or 3 people, a constant
    item, weights that are not weights, or a scale that comes out the same for everybody.
    """
    answers, w, units, left_out = _kept(items, weights, clusters)
    k = _check(answers, fewest=2)
    covariance = moments(answers, w, names).covariance
    estimate = _alpha(covariance, names)
    if weights is None and clusters is None:
        df = len(answers) - 1
        low, high = (1 - (1 - estimate) * f_quantile(q, df, df * (k - 1)) for q in _tails(level))
        method = "Cronbach's alpha, Feldt's interval (simple random sampling, items alike)"
        return Reliability(len(answers), left_out, k, estimate, None, low, high, _against(covariance), method)
    se, df = _standard_error(_alpha_slopes(answers, w, covariance), w, units)
    reach = t_quantile(0.5 + level / 2, df) * se / (1 - estimate)
    low, high = 1 - (1 - estimate) * math.exp(reach), 1 - (1 - estimate) * math.exp(-reach)
    how = ["weighted "] * (weights is not None) + ["Cronbach's alpha, linearised standard error"]
    method = "".join(how) + (f", {df + 1} clusters" if clusters is not None else "") + ", interval of log(1 - alpha)"
    return Reliability(len(answers), left_out, k, estimate, se, low, high, _against(covariance), method)


def omega(
    items: Floats,
    weights: Floats | None = None,
    *,
    clusters: Ints | None = None,
    level: float = 0.95,
    names: Sequence[str] = (),
) -> Reliability:
    """McDonald's omega total, (Σλ)²/((Σλ)² + Σθ), of one factor fitted to the covariances by maximum likelihood
    (lavaan `cfa`, Raykov's composite reliability); t interval on the logit scale.

    Arguments as `alpha`. Raises CannotEstimate for fewer than 3 items, and as `one_factor.fit` and `alpha` do.
    """
    answers, w, units, left_out = _kept(items, weights, clusters)
    k = _check(answers, fewest=FEWEST_ITEMS)
    found = moments(answers, w, names)
    fitted = fit([found])
    loadings, unique = fitted.loadings[0], fitted.unique[0]
    common, alone = float(loadings.sum()) ** 2, float(unique.sum())
    if common <= 0:
        raise CannotEstimate("one factor explains nothing", cure="the items do not belong to one scale")
    by_loadings = np.full(k, 2 * float(loadings.sum()) * alone)
    slopes = np.concatenate([by_loadings, np.full(k, -common)]) / (common + alone) ** 2
    influence = _influence(answers - found.mean, found.covariance, loadings, unique, slopes)
    se, df = _standard_error(influence, w, units)
    estimate = common / (common + alone)
    low, high = logit_interval(estimate, se, df, level)
    method = "weighted " * (weights is not None) + "McDonald's omega total, one factor by maximum likelihood, "
    method += "linearised standard error" + (f", {df + 1} clusters" if clusters is not None else "")
    against = _against(found.covariance)
    return Reliability(len(answers), left_out, k, estimate, se, low, high, against, method + ", logit interval")


def items_in_scale(
    items: Floats, weights: Floats | None = None, *, names: Sequence[str] = ()
) -> tuple[ItemInScale, ...]:
    """What each item adds: its correlation with the rest, and alpha without it (R psych `alpha`: r.drop, raw_alpha).

    Arguments and errors as `alpha`.
    """
    answers, w, _units, _left_out = _kept(items, weights, None)
    k = _check(answers, fewest=2)
    covariance = moments(answers, w, names).covariance
    rests = _item_rest(covariance)
    without = [np.delete(np.delete(covariance, i, 0), i, 1) for i in range(k)]
    return tuple(
        ItemInScale(float(rest), _alpha(left, names) if k > 2 else None)
        for rest, left in zip(rests, without, strict=True)
    )


def minres(items: Floats, weights: Floats | None = None, *, names: Sequence[str] = ()) -> Minres:
    """One factor of the correlations by least squares off the diagonal (Harman & Jones 1966; R psych `fa(fm =
    "minres")`), and omega total of the standardised items (R psych `omega(nfactors = 1)`).

    A description without an interval: `omega` has one. Arguments as `alpha`; raises as `omega`.
    """
    answers, w, _units, _left_out = _kept(items, weights, None)
    k = _check(answers, fewest=FEWEST_ITEMS)
    covariance = moments(answers, w, names).covariance
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(sd, sd)
    loadings = _least_squares_loadings(correlation)
    if np.abs(loadings).max() >= 1:
        raise CannotEstimate(
            f"item number {int(np.abs(loadings).argmax()) + 1} would be explained to more than 100% (a Heywood case)",
            cure="hear more people, or leave the item out: one factor does not describe these answers",
        )
    common, left = float(loadings.sum()) ** 2, (correlation - np.outer(loadings, loadings))[np.triu_indices(k, 1)]
    alone = float(np.sum(1 - loadings**2))
    return Minres(loadings, common / (common + alone), float(np.sqrt(np.square(left).mean())))


def complete(items: Floats, weights: Floats | None) -> tuple[Ints, Floats]:
    """(rows,) whether a row has every answer and a weight above 0, and (rows,) weights, 1 where there are none."""
    w = np.ones(len(items)) if weights is None else np.asarray(weights, np.float64)
    if not np.isfinite(w).all() or (w < 0).any():
        raise CannotEstimate(
            "a weight is missing, infinite or below 0", cure="correct the weights, or leave them out"
        )
    return ~np.isnan(items).any(axis=1) & (w > 0), w


# --- workings ---------------------------------------------------------------------------------------------------


def _kept(items: Floats, weights: Floats | None, clusters: Ints | None) -> tuple[Floats, Floats, Ints | None, int]:
    """Complete rows: (answers, weights, clusters 0 … count-1, rows left out)."""
    whole, w = complete(items, weights)
    units = None if clusters is None else np.unique(clusters[whole], return_inverse=True)[1].reshape(-1)
    answers = np.asfortranarray(items[whole])  # item by item: there are few, and many people
    return answers, w[whole], units, int(len(items) - whole.sum())


def _check(answers: Floats, *, fewest: int) -> int:
    """How many items there are, if there are enough of them and of people."""
    n, k = answers.shape
    if k < fewest:
        raise CannotEstimate(f"a scale of {k} items has no such coefficient", cure=f"at least {fewest} are needed")
    if n < _FEWEST:
        raise CannotEstimate(f"{n} people answered every item", cure=f"at least {_FEWEST} are needed")
    return int(k)


def _tails(level: float) -> tuple[float, float]:
    return 0.5 + level / 2, 0.5 - level / 2


def _alpha(covariance: Floats, names: Sequence[str] = ()) -> float:
    k, total = len(covariance), float(covariance.sum())
    if not total > 1e-12 * float(np.trace(covariance)):
        raise CannotEstimate(
            "the items add up to the same for everybody", cure="check which items are reversed before they are added"
        )
    return k / (k - 1) * (1 - float(np.trace(covariance)) / total)


def _alpha_slopes(answers: Floats, w: Floats, covariance: Floats) -> Floats:
    """(rows,) influence of each person on alpha."""
    centred = answers - w @ answers / w.sum()
    k, total, parts = len(covariance), float(covariance.sum()), float(np.trace(covariance))
    summed = np.square(centred.sum(axis=1)) * parts / total
    return np.asarray(-k / (k - 1) * (np.square(centred).sum(axis=1) - summed) / total)


def _standard_error(influence: Floats, w: Floats, units: Ints | None) -> tuple[float, int]:
    """Standard error of a coefficient and its degrees of freedom."""
    parts = w * influence if units is None else np.bincount(units, w * influence)
    if len(parts) < 2:
        raise CannotEstimate("all people are in one sampling cluster", cure="how far it varies cannot be estimated")
    count = len(parts)
    return math.sqrt(count / (count - 1) * float(np.square(parts).sum())) / float(w.sum()), count - 1


def _against(covariance: Floats) -> tuple[int, ...]:
    return tuple(int(i) + 1 for i in np.flatnonzero(_item_rest(covariance) < 0))


def _item_rest(covariance: Floats) -> Floats:
    """(p,) correlation of each item with the sum of the others; 0 where that sum does not vary."""
    own, shared = np.diag(covariance), covariance.sum(axis=1) - np.diag(covariance)
    rest = covariance.sum() - 2 * shared - own
    return np.where(rest > 0, shared / np.sqrt(own * np.where(rest > 0, rest, 1.0)), 0.0)


def _influence(centred: Floats, covariance: Floats, loadings: Floats, unique: Floats, slopes: Floats) -> Floats:
    """(rows,) influence of each person on a function of λ and θ with these slopes (2p,): -H⁻¹ times how the person
    moves the slope of F at its lowest.

    The slope is ½ tr[(A - ASA) ∂Σ], A = Σ⁻¹, so it is linear in S; H is its derivative by the parameters.
    """
    p = len(loadings)
    inverse = np.asarray(np.linalg.inv(np.outer(loadings, loadings) + np.diag(unique)), np.float64)
    middle = inverse @ covariance @ inverse
    by_loading, by_unique = np.split(np.linalg.solve(_hessian(inverse, middle, loadings, p), slopes), 2)
    turned = centred @ inverse
    own = (turned @ by_loading) * (turned @ loadings) + 0.5 * np.square(turned) @ by_unique
    return np.asarray(own - by_loading @ middle @ loadings - 0.5 * by_unique @ np.diag(middle))


def _hessian(inverse: Floats, middle: Floats, loadings: Floats, p: int) -> Floats:
    """(2p, 2p) second derivatives of F by λ and θ, exact (the expected information would assume the model is true):
    ½ tr[A ∂_kΣ (2ASA - A) ∂_lΣ] + ½ tr[(A - ASA) ∂_k∂_lΣ]."""
    first = np.zeros((2 * p, p, p))
    for k in range(p):
        first[k, k, :] += loadings
        first[k, :, k] += loadings
        first[p + k, k, k] = 1.0
    excess, double = inverse - middle, 2 * middle - inverse
    a, b = inverse @ first, double @ first
    hessian = 0.5 * np.einsum("kij,lji->kl", a, b)
    hessian[:p, :p] += excess  # Σ itself bends: ∂²Σ/∂λ_k∂λ_l
    return 0.5 * (hessian + hessian.T)


def _least_squares_loadings(correlation: Floats) -> Floats:
    """Minimise Σ_{i<j} (r_ij - λ_i λ_j)² by turns: given the others, each loading has a closed form."""
    values, vectors = np.linalg.eigh(correlation)
    loadings = vectors[:, -1] * math.sqrt(values[-1] / 2)
    loadings = loadings * (1.0 if loadings.sum() >= 0 else -1.0)
    for _pass in range(10_000):
        before = loadings.copy()
        for k in range(len(loadings)):
            others = np.delete(loadings, k)
            loadings[k] = np.delete(correlation[k], k) @ others / (others @ others)
        if np.abs(loadings).max() > 10 or np.abs(loadings - before).max() < 1e-14:
            return loadings
    raise CannotEstimate("the loadings did not come to rest", cure="the items may not belong to one scale")
