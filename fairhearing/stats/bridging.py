"""Do people who are otherwise divided come together on a statement? A score for each, with its interval.

People are ranked by how inclined their position makes them to agree, and the half least inclined is asked: how many
of them agree? Where even they do, opinion comes together in agreeing. The same is asked of disagreeing. No groups are
needed for it, so it does not jump when groups come out otherwise. The crowd has the shape people's positions have, of
two blocs if they fall into two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri

__all__ = ["EVIDENCE", "Bridging", "Crowd", "bridging", "crowd"]

EVIDENCE = 40.0
"""Votes' worth of "nothing shown" (one half) that every statement starts with; chosen by how well the ten most
bridging statements come back in four fifths of the people (benchmarks/RESULTS.md)."""
WIDER = 1.8
"""Standard deviations are taken this much wider than the variational ones, which know of no error in where people
stand: chosen so that the interval covers about 95% in simulated crowds of several shapes (there too)."""
_PLACES, _DRAWS, _ENOUGH, _AT_ONCE = 20, 400, 2000, 256


@dataclass(frozen=True)
class Crowd:
    """Where people stand: weighted `mean` (r,) of their positions and `covariance` (r, r), what is not known of each
    included; `position` (p, r) and `weight` (p,) of some of them, as spread out as the population, for the shape."""

    mean: np.ndarray
    covariance: np.ndarray
    position: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Bridging:
    """Arrays over statements, shares 0–1. `score`: agreeing in the half least inclined to agree, drawn towards one
    half where few voted; `low`, `high`: 95% interval of the score. `against`, `against_low`, `against_high`: the same
    of disagreeing in the half least inclined to disagree. NaN where nobody took a side."""

    score: np.ndarray
    low: np.ndarray
    high: np.ndarray
    against: np.ndarray
    against_low: np.ndarray
    against_high: np.ndarray


def crowd(position: np.ndarray, covariance: np.ndarray, weight: np.ndarray, spread_out: np.ndarray) -> Crowd:
    """Weighted moments of positions (n, r) that are known up to `covariance` (n, r, r); `spread_out` (n, r): the same
    positions, stretched to the spread of the population. The sums are of sorted numbers, and the people kept are
    chosen by where they stand, so that nothing depends on the order of people."""
    if not len(weight):
        return Crowd(np.zeros(position.shape[1]), np.eye(position.shape[1]), spread_out, weight)
    share = weight / _sum(weight)
    mean = _sum(share[:, None] * position)
    away = position - mean
    whole = _sum(share[:, None, None] * (away[:, :, None] * away[:, None, :] + covariance))
    order = np.lexsort((weight, *spread_out.T)) if len(weight) > _ENOUGH else np.arange(len(weight))
    kept = order[np.linspace(0, len(order) - 1, min(len(order), _ENOUGH)).astype(np.int64)]
    return Crowd(mean, whole, spread_out[kept], weight[kept])


def bridging(
    coefficient: np.ndarray,
    covariance: np.ndarray,
    sides: np.ndarray,
    passes: np.ndarray,
    people: Crowd,
    rng: np.random.Generator,
) -> Bridging:
    """Score every statement.

    `coefficient` (m, 1 + r): how agreeable a statement is and which way it divides, in log odds, and `covariance`
    (m, 1 + r, 1 + r) of what is not known of them; `sides`, `passes` (m,): votes of either kind. A pass counts as one
    half, neither for nor against. The interval is of draws of the coefficients."""
    voted = sides > 0
    root = WIDER * np.linalg.cholesky(covariance + 1e-12 * np.eye(covariance.shape[1]))
    noise = rng.standard_normal((_DRAWS, coefficient.shape[1]))
    told = []
    for sign in (1.0, -1.0):
        places = _places(sign * coefficient[:, 1:], people)
        middle = _score(_least_inclined(sign * coefficient, people, places), sides, passes)
        ends = np.empty((2, len(sides)))
        for at, lower in enumerate(root):
            draws = _least_inclined(sign * (coefficient[at] + noise @ lower.T), people, places[at])
            ends[:, at] = np.quantile(_score(draws, sides[at], passes[at]), (0.025, 0.975))
        told += [np.where(voted, each, np.nan) for each in (middle, *ends)]
    return Bridging(*told)


# --- workings ----------------------------------------------------------------------------------------------------


def _places(loading: np.ndarray, people: Crowd) -> np.ndarray:
    """Where the lower half of the crowd stands along each loading (m, r), in standard deviations from the mean:
    (m, places), each for as many people."""
    normal = ndtri((np.arange(_PLACES) + 0.5) / (2 * _PLACES))
    middle, spread = _along(loading, people)
    out = np.tile(normal, (len(loading), 1))
    for start in range(0, len(loading) if len(people.weight) else 0, _AT_ONCE):
        some = np.flatnonzero(spread[start : start + _AT_ONCE] > 1e-9) + start
        value = people.position @ loading[some].T
        order = np.argsort(value, axis=0, kind="stable")
        below = np.cumsum(people.weight[order], axis=0)
        wanted = np.arange(0.5, _PLACES) / (2 * _PLACES)
        for at, row in enumerate(some.tolist()):
            place = np.searchsorted(below[:, at], wanted * below[-1, at])
            out[row] = (value[order[place, at], at] - middle[row]) / spread[row]
    return out


def _along(loading: np.ndarray, people: Crowd) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the crowd along loadings (…, r)."""
    variance = np.einsum("...i,ij,...j->...", loading, people.covariance, loading)
    return loading @ people.mean, np.sqrt(np.maximum(variance, 0.0))


def _least_inclined(coefficient: np.ndarray, people: Crowd, places: np.ndarray) -> np.ndarray:
    """Mean probability of agreeing in the lower half of the crowd, for coefficients (…, 1 + r)."""
    middle, spread = _along(coefficient[..., 1:], people)
    at = (coefficient[..., 0] + middle)[..., None] + spread[..., None] * places
    return np.asarray(expit(at).mean(axis=-1))


def _score(share: np.ndarray, sides: np.ndarray, passes: np.ndarray) -> np.ndarray:
    return np.asarray((sides * share + (passes + EVIDENCE) / 2) / (sides + passes + EVIDENCE))


def _sum(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.sort(values, axis=0).sum(axis=0))
