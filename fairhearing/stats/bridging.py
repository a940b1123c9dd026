"""Do people who are otherwise divided come together on a statement? A score for each, with its interval.

People are ranked by how inclined their position makes them to agree, and the half least inclined is asked: how many
of them agree? Where even they do, opinion comes together in agreeing. The same is asked of disagreeing. No groups are
needed for it, so it does not jump when groups come out otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri

__all__ = ["EVIDENCE", "Bridging", "Crowd", "bridging", "crowd"]

EVIDENCE = 40.0
"""Votes' worth of "nothing shown" (one half) that every statement starts with; chosen by how well the ten most
bridging statements come back in four fifths of the people (benchmarks/RESULTS.md)."""
_PLACES, _DRAWS = 20, 400


@dataclass(frozen=True)
class Crowd:
    """Where people stand: weighted `mean` (r,) of their positions and `covariance` (r, r), what is not known of each
    included."""

    mean: np.ndarray
    covariance: np.ndarray


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


def crowd(position: np.ndarray, covariance: np.ndarray, weight: np.ndarray) -> Crowd:
    """Weighted moments of positions (n, r) that are known up to `covariance` (n, r, r). The sums are of sorted
    numbers, so that they do not depend on the order of people."""
    if not len(weight):
        return Crowd(np.zeros(position.shape[1]), np.eye(position.shape[1]))
    share = weight / _sum(weight)
    mean = _sum(share[:, None] * position)
    away = position - mean
    return Crowd(mean, _sum(share[:, None, None] * (away[:, :, None] * away[:, None, :] + covariance)))


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
    root = np.linalg.cholesky(covariance + 1e-12 * np.eye(covariance.shape[1]))
    noise = rng.standard_normal((_DRAWS, coefficient.shape[1]))
    told = []
    for sign in (1.0, -1.0):
        middle = _score(_least_inclined(sign * coefficient[:, None], people)[:, 0], sides, passes)
        draws = np.stack(
            [
                _score(_least_inclined(sign * (at + noise @ lower.T), people), n, passed)
                for at, lower, n, passed in zip(coefficient, root, sides, passes, strict=True)
            ]
        ) if len(sides) else np.zeros((0, _DRAWS))  # fmt: skip
        ends = np.quantile(draws, (0.025, 0.975), axis=1)
        told += [np.where(voted, each, np.nan) for each in (middle, *ends)]
    return Bridging(*told)


# --- workings ----------------------------------------------------------------------------------------------------


def _least_inclined(coefficient: np.ndarray, people: Crowd) -> np.ndarray:
    """Mean probability of agreeing in the lower half of a normal crowd, for coefficients (…, 1 + r)."""
    loading = coefficient[..., 1:]
    middle = coefficient[..., 0] + loading @ people.mean
    spread = np.sqrt(np.maximum(np.einsum("...i,ij,...j->...", loading, people.covariance, loading), 0.0))
    places = ndtri((np.arange(_PLACES) + 0.5) / (2 * _PLACES))
    return np.asarray(expit(middle[..., None] + spread[..., None] * places).mean(axis=-1))


def _score(share: np.ndarray, sides: np.ndarray, passes: np.ndarray) -> np.ndarray:
    return np.asarray((sides * share + (passes + EVIDENCE) / 2) / (sides + passes + EVIDENCE))


def _sum(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.sort(values, axis=0).sum(axis=0))
