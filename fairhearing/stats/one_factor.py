"""One factor behind several items, in one group or many, by maximum likelihood (Jöreskog 1971; lavaan `cfa`).

In group g the items have mean ν + λκ and covariance ψλλ' + diag(θ). Fitted by Fisher scoring with damping on

    F = Σ_g n_g/N · ½ [log|Σ| + tr(TΣ⁻¹)],    T = S + (m - μ)(m - μ)',    S with divisor n

What is held equal across groups makes the level: configural nothing, metric λ, scalar λ and ν. The first group has
ψ = 1 and κ = 0, which fixes the unit and origin of the factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy.linalg

from ..errors import CannotEstimate
from .cells import Floats, Ints

__all__ = ["FEWEST_ITEMS", "Fitted", "Level", "Moments", "check_covariance", "fit", "moments"]

Level = Literal["configural", "metric", "scalar"]

FEWEST_ITEMS = 3
"""Two items have one covariance: infinitely many pairs of loadings give it."""

_MOST_PASSES = 2000
_CONVERGED = 1e-22  # what a full step would still gain; chi-square is 2N times that
_CORRELATED = 1e-10  # smallest eigenvalue of the correlations below which items determine each other


@dataclass(frozen=True)
class Moments:
    """One group. n: people · mean: (p,) · covariance: (p, p), divisor n (or Σw)."""

    n: float
    mean: Floats
    covariance: Floats


@dataclass(frozen=True)
class Fitted:
    """G groups, p items. loadings λ, unique θ, intercepts ν: (G, p) · factor_variance ψ, factor_mean κ: (G,) · rmsea:
    None with no degrees of freedom · cfi, rmsea and srmr as lavaan prints them."""

    loadings: Floats
    unique: Floats
    intercepts: Floats
    factor_variance: Floats
    factor_mean: Floats
    chi_square: float
    df: int
    cfi: float
    rmsea: float | None
    srmr: float
    passes: int


def moments(items: Floats, weights: Floats | None = None, names: Sequence[str] = ()) -> Moments:
    """Mean and covariance of complete rows. items: (rows, p), no gaps · weights: (rows,) above 0.

    Raises CannotEstimate where an item is constant, or one item is determined by others.
    """
    w = np.ones(len(items)) if weights is None else weights
    mean = w @ items / w.sum()
    centred = items - mean
    covariance = (centred * w[:, None]).T @ centred / w.sum()
    check_covariance(covariance, np.ptp(items, axis=0) == 0, names)
    return Moments(float(len(items)), mean, covariance)


def check_covariance(covariance: Floats, constant: npt.NDArray[np.bool_], names: Sequence[str] = ()) -> None:
    """Raise CannotEstimate where an item is constant, or one item is determined by others. constant: (p,)."""
    for k in np.flatnonzero(constant).tolist():
        name = names[k] if names else f"number {k + 1}"
        raise CannotEstimate(
            f"everybody who answered gave the same answer to item {name}",
            cure="leave the item out of the scale here",
        )
    sd = np.sqrt(np.diag(covariance))
    if scipy.linalg.eigvalsh(covariance / np.outer(sd, sd))[0] < _CORRELATED:
        raise CannotEstimate(
            "an item is determined by the others (the same item twice, or too few people)",
            cure="leave one of them out, or hear more people",
        )


def fit(groups: Sequence[Moments], level: Level = "configural") -> Fitted:
    """Fit one factor to the groups. Chi-square is N·F against the unrestricted model, as lavaan (`likelihood =
    "normal"`).

    Raises CannotEstimate for fewer than three items, a negative unique variance (a Heywood case), a loading pattern
    that cannot be found, or no convergence.
    """
    p = len(groups[0].mean)
    if p < FEWEST_ITEMS:
        raise CannotEstimate(
            f"{p} items cannot show whether one factor is behind them", cure="use at least 3 items, or report alpha"
        )
    places = _layout(len(groups), p, level)
    local, passes = _scored(groups, places)
    worst = np.unravel_index(int(np.argmin(local[:, p : 2 * p])), (len(groups), p))
    if local[:, p : 2 * p].min() <= 0:
        raise CannotEstimate(
            f"item number {worst[1] + 1} would have a unique variance below 0 (a Heywood case)",
            cure="hear more people, or leave the item out: one factor does not describe these answers",
        )
    return _described(groups, local, places, passes)


# --- workings ---------------------------------------------------------------------------------------------------


def _layout(groups: int, p: int, level: Level) -> Ints:
    """(G, 3p + 2) place of each group's λ, θ, ν, ψ, κ among the free parameters; -1 where fixed."""
    places = np.full((groups, 3 * p + 2), -1, np.int64)
    free = 0

    def give(first: int, count: int, *, equal: bool, start: int = 0) -> None:
        nonlocal free
        for g in range(start, groups):
            if not equal or g == start:
                free += count
            places[g, first : first + count] = np.arange(free - count, free)

    give(0, p, equal=level != "configural")
    give(p, p, equal=False)
    give(2 * p, p, equal=level == "scalar")
    if level != "configural":
        give(3 * p, 1, equal=False, start=1)
    if level == "scalar":
        give(3 * p + 1, 1, equal=False, start=1)
    return places


def _start(groups: Sequence[Moments], places: Ints) -> Floats:
    """Loadings from the first principal component of the pooled covariance, half of each variance unique."""
    p = len(groups[0].mean)
    pooled = sum((g.n * g.covariance for g in groups), np.zeros((p, p))) / sum(g.n for g in groups)
    values, vectors = scipy.linalg.eigh(pooled)
    first = vectors[:, -1] * np.sqrt(values[-1] / 2)
    first = first * (1.0 if first.sum() >= 0 else -1.0)
    free = np.zeros(int(places.max()) + 1)
    for g, group in enumerate(groups):
        local = np.concatenate([first, np.diag(group.covariance) / 2, group.mean, [1.0, 0.0]])
        free[places[g][places[g] >= 0]] = local[places[g] >= 0]
    return free


def _locals(free: Floats, places: Ints) -> Floats:
    """(G, 3p + 2) every group's own parameters, fixed ones included."""
    fixed = np.zeros(places.shape)
    fixed[:, -2] = 1.0
    return np.where(places >= 0, free[np.maximum(places, 0)], fixed)


def _scored(groups: Sequence[Moments], places: Ints) -> tuple[Floats, int]:
    """Damped Fisher scoring. Returns the groups' parameters and how many passes it took."""
    free, damping = _start(groups, places), 1e-3
    value = _value(groups, _locals(free, places))
    for number in range(1, _MOST_PASSES + 1):
        gradient, information = _slopes(groups, _locals(free, places), places)
        gain = float(gradient @ scipy.linalg.lstsq(information, gradient)[0])
        if gain < _CONVERGED:
            return _locals(free, places), number
        for _try in range(60):
            step = np.linalg.solve(information + damping * np.diag(np.diag(information) + 1e-12), gradient)
            tried = _value(groups, _locals(free - step, places))
            if tried < value or (tried <= value + 1e-13 * max(1.0, abs(value)) and gain < 1e-12):
                break
            damping = max(damping * 10, 1e-12)
        else:
            break
        free, value, damping = free - step, tried, damping / 10 if damping > 1e-14 else 0.0
    raise CannotEstimate(
        "fitting one factor to these answers did not come to rest",
        cure="hear more people, or look at the items: they may not belong to one scale",
    )


def _implied(local: Floats) -> tuple[Floats, Floats, Floats]:
    """λ, μ and Σ of one group."""
    p = (len(local) - 2) // 3
    loadings, unique, intercepts, variance, mean = *np.split(local[: 3 * p], 3), local[-2], local[-1]
    covariance = variance * np.outer(loadings, loadings) + np.diag(unique)
    return loadings, intercepts + loadings * mean, covariance


def _value(groups: Sequence[Moments], local: Floats) -> float:
    """F; infinite where an implied covariance is not one."""
    total, people = 0.0, sum(g.n for g in groups)
    for group, own in zip(groups, local, strict=True):
        _, mean, covariance = _implied(own)
        try:
            root = scipy.linalg.cho_factor(covariance, lower=True)
        except scipy.linalg.LinAlgError:
            return np.inf
        about = group.covariance + np.outer(group.mean - mean, group.mean - mean)
        size = 2 * float(np.log(np.diag(root[0])).sum())
        total += group.n / people * 0.5 * (size + float(np.trace(scipy.linalg.cho_solve(root, about))))
    return total


def _slopes(groups: Sequence[Moments], local: Floats, places: Ints) -> tuple[Floats, Floats]:
    """Gradient of F and expected information of all free parameters."""
    count = int(places.max()) + 1
    gradient, information, people = np.zeros(count), np.zeros((count, count)), sum(g.n for g in groups)
    for group, own, at in zip(groups, local, places, strict=True):
        slope, info = _group_slopes(group, own)
        kept = at >= 0
        gradient[at[kept]] += group.n / people * slope[kept]
        information[np.ix_(at[kept], at[kept])] += group.n / people * info[np.ix_(kept, kept)]
    return gradient, information


def _group_slopes(group: Moments, local: Floats) -> tuple[Floats, Floats]:
    """Gradient (3p + 2,) and expected information of one group's own parameters."""
    p = len(group.mean)
    loadings, mean, covariance = _implied(local)
    inverse = np.linalg.inv(covariance)
    away = group.mean - mean
    about = group.covariance + np.outer(away, away)
    excess = inverse - inverse @ about @ inverse
    by_covariance, by_mean = _derivatives(loadings, float(local[-2]), float(local[-1]), p)
    slope = 0.5 * np.einsum("kij,ij->k", by_covariance, excess) - by_mean @ (inverse @ away)
    turned = inverse @ by_covariance @ inverse
    q = 3 * p + 2
    info = 0.5 * turned.reshape(q, -1) @ by_covariance.reshape(q, -1).T + by_mean @ inverse @ by_mean.T
    return slope, info


def _derivatives(loadings: Floats, variance: float, mean: float, p: int) -> tuple[Floats, Floats]:
    """∂Σ (3p + 2, p, p) and ∂μ (3p + 2, p) by λ, θ, ν, ψ, κ."""
    by_covariance, by_mean = np.zeros((3 * p + 2, p, p)), np.zeros((3 * p + 2, p))
    for k in range(p):
        by_covariance[k, k, :] += variance * loadings
        by_covariance[k, :, k] += variance * loadings
        by_covariance[p + k, k, k] = 1.0
    by_covariance[3 * p] = np.outer(loadings, loadings)
    by_mean[:p], by_mean[2 * p : 3 * p], by_mean[3 * p + 1] = mean * np.eye(p), np.eye(p), loadings
    return by_covariance, by_mean


def _described(groups: Sequence[Moments], local: Floats, places: Ints, passes: int) -> Fitted:
    p, G = len(groups[0].mean), len(groups)
    chi_square, alone, residual, people = 0.0, 0.0, 0.0, sum(g.n for g in groups)
    for group, own in zip(groups, local, strict=True):
        _, mean, covariance = _implied(own)
        size = float(np.linalg.slogdet(group.covariance)[1])
        chi_square += group.n * (2 * _value([group], own[None]) - size - p)
        alone += group.n * (float(np.log(np.diag(group.covariance)).sum()) - size)
        residual += group.n / people * _srmr(group, mean, covariance, means=G > 1)
    df = G * (p * (p + 3) // 2) - (int(places.max()) + 1)
    excess, baseline = max(chi_square - df, 0.0), max(alone - G * (p * (p - 1) // 2), 0.0)
    cfi = 1.0 - excess / max(excess, baseline) if excess > 0 else 1.0
    rmsea = float(np.sqrt(G * excess / (df * people))) if df else None
    loadings, unique, intercepts = np.split(local[:, : 3 * p], 3, axis=1)
    chi_square = max(chi_square, 0.0)
    return Fitted(
        loadings, unique, intercepts, local[:, -2], local[:, -1], chi_square, df, cfi, rmsea, residual, passes
    )


def _srmr(group: Moments, mean: Floats, covariance: Floats, *, means: bool) -> float:
    """Standardised root mean square residual (Bentler's, lavaan's default). One group alone: of covariances only,
    since its means are free."""
    sd = np.sqrt(np.diag(group.covariance))
    off = ((group.covariance - covariance) / np.outer(sd, sd))[np.tril_indices(len(sd))]
    residuals = np.concatenate([off, (group.mean - mean) / sd]) if means else off
    return float(np.sqrt(np.square(residuals).mean()))
