"""Do two components of a mixture stand apart, or are they two ends of one crowd?

A long tail or an even spread of opinion is fitted better by two Gaussians than by one, and is still one crowd. So two
components are taken for groups only where two humps explain people's votes better than *any* density with a single
peak does (the idea of Hartigan's dip test, 1985, Annals of Statistics 13, for positions that are themselves
uncertain), and by more than one crowd would by chance (`opinion_null`). The best single-peaked density is a mixture
of uniforms reaching from the peak (Khintchine), fitted by expectation–maximisation for each place of the peak.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from .opinion_mixture import Mixture, responsibilities

__all__ = ["Line", "Peak", "along", "line_between", "one_peak", "standing_apart", "two_humps"]

_POINTS, _PEAKS, _ROUNDS = 48, 12, 60


def standing_apart(precision: np.ndarray, pull: np.ndarray, weight: np.ndarray, mixture: Mixture) -> np.ndarray:
    """Log-likelihood ratio (K, K) of two humps against one peak for each pair of components, among the people who
    are of either; 0 on the diagonal."""
    held = responsibilities(precision, pull, mixture)[0] * weight[:, None]
    ratio = np.zeros((mixture.k, mixture.k))
    for i in range(mixture.k):
        for j in range(i):
            line, both = line_between(mixture, i, j), held[:, i] + held[:, j]
            log = along(precision, pull, line)
            humps = two_humps(log, both, line, mixture.share[[i, j]])
            ratio[i, j] = ratio[j, i] = humps - one_peak(log, both).reached
    return ratio


@dataclass(frozen=True)
class Line:
    """The line through two means: position = `middle` + `onto` @ (place on the line, places across it), both in units
    of the spread within components; `grid`: places looked at, `size`: distance of the means."""

    middle: np.ndarray
    onto: np.ndarray
    grid: np.ndarray
    size: float


def line_between(mixture: Mixture, i: int, j: int) -> Line:
    root = np.linalg.cholesky(mixture.covariance)
    gap = np.linalg.solve(root, mixture.mean[i] - mixture.mean[j])
    size = max(float(np.linalg.norm(gap)), 1e-9)
    grid = np.linspace(-size / 2 - 4, size / 2 + 4, _POINTS)
    return Line((mixture.mean[i] + mixture.mean[j]) / 2, root @ _first_axis(gap / size).T, grid, size)


def along(precision: np.ndarray, pull: np.ndarray, line: Line) -> np.ndarray:
    """Log-likelihood of each person's votes at each place of a line (n, places), the other directions integrated out
    around it."""
    narrow = line.onto.T @ precision @ line.onto
    force = (pull - precision @ line.middle) @ line.onto
    rest = np.linalg.inv(narrow[:, 1:, 1:] + np.eye(pull.shape[1] - 1))
    cross = np.einsum("nij,nj->ni", rest, narrow[:, 1:, 0])
    sharp = narrow[:, 0, 0] - np.einsum("ni,ni->n", narrow[:, 1:, 0], cross)
    push = force[:, 0] - np.einsum("ni,ni->n", force[:, 1:], cross)
    constant = 0.5 * np.einsum("ni,nij,nj->n", force[:, 1:], rest, force[:, 1:]) + 0.5 * np.linalg.slogdet(rest)[1]
    return constant[:, None] + push[:, None] * line.grid - 0.5 * sharp[:, None] * line.grid**2


def two_humps(log: np.ndarray, weight: np.ndarray, line: Line, share: np.ndarray) -> float:
    """Weighted log-likelihood of two unit Gaussians at the means, with these shares."""
    density = share / share.sum() @ np.exp(-0.5 * (line.grid - np.array([[1], [-1]]) * line.size / 2) ** 2)
    return float(weight @ logsumexp(log, axis=1, b=density / density.sum()))


@dataclass(frozen=True)
class Peak:
    """A density with a single peak: probability of each place, and the weighted log-likelihood it reaches."""

    density: np.ndarray
    reached: float


def one_peak(log: np.ndarray, weight: np.ndarray) -> Peak:
    """The single-peaked density on the grid that explains the votes best."""
    top = log.max(axis=1, keepdims=True)
    likelihood = np.exp(log - top)
    summed = np.cumsum(likelihood, axis=1)
    places = np.linspace(0, log.shape[1] - 1, _PEAKS).round().astype(int).tolist()
    best = max((_fit_peak(likelihood, summed, weight, place) for place in places), key=lambda each: each.reached)
    return Peak(best.density, best.reached + float(weight @ top[:, 0]))


# --- workings ----------------------------------------------------------------------------------------------------


def _fit_peak(likelihood: np.ndarray, summed: np.ndarray, weight: np.ndarray, peak: int) -> Peak:
    """Shares of the uniforms from the peak to each place, by expectation–maximisation."""
    places = likelihood.shape[1]
    before = summed[:, peak] - likelihood[:, peak]
    right = (summed[:, peak:] - before[:, None]) / np.arange(1, places - peak + 1)
    left = (summed[:, [peak]] - summed[:, :peak] + likelihood[:, :peak]) / np.arange(peak + 1, 1, -1)
    each = np.hstack([left, right])
    share = np.full(places, 1 / places)
    scaled = weight / max(weight.sum(), 1e-300)
    for _ in range(_ROUNDS):
        share = share * (each.T @ (scaled / (each @ share)))
    density = np.zeros(places)
    for end, part in enumerate(share):
        low, high = min(peak, end), max(peak, end)
        density[low : high + 1] += part / (high - low + 1)
    return Peak(density, float(weight @ np.log(each @ share)))


def _first_axis(direction: np.ndarray) -> np.ndarray:
    """An orthogonal matrix whose first row is `direction` (of length 1)."""
    basis = np.linalg.qr(np.column_stack([direction, np.eye(len(direction))]))[0].T
    basis[0] = direction
    return basis
