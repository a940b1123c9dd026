"""Do two components of a mixture stand apart, or are they two ends of one crowd?

A long tail or an even spread of opinion is fitted better by two Gaussians than by one, and is still one crowd. So two
components are taken for groups only where two humps explain people's votes better than *any* density with a single
peak does, by a log-likelihood ratio of at least `GAP` (the idea of Hartigan's dip test, 1985, Annals of Statistics
13, for positions that are themselves uncertain). The best single-peaked density has many more free shapes than two
humps, so the ratio is below 0 for most single crowds. The best
single-peaked density is a mixture of uniforms reaching from the peak (Khintchine), fitted by
expectation–maximisation for each place of the peak.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from .opinion_mixture import Mixture, responsibilities

__all__ = ["GAP", "along", "one_peak", "standing_apart", "two_humps"]

GAP = 1.5
_POINTS, _PEAKS, _ROUNDS = 48, 12, 60


def standing_apart(precision: np.ndarray, pull: np.ndarray, weight: np.ndarray, mixture: Mixture) -> np.ndarray:
    """Log-likelihood ratio (K, K) of two humps against one peak for each pair of components, among the people who
    are of either; 0 on the diagonal."""
    held = responsibilities(precision, pull, mixture)[0] * weight[:, None]
    ratio = np.zeros((mixture.k, mixture.k))
    for i in range(mixture.k):
        for j in range(i):
            grid, log = along(precision, pull, mixture, i, j)
            both = held[:, i] + held[:, j]
            ratio[i, j] = ratio[j, i] = two_humps(grid, log, both, mixture, i, j) - one_peak(log, both)
    return ratio


def along(precision: np.ndarray, pull: np.ndarray, mixture: Mixture, i: int, j: int) -> tuple[np.ndarray, np.ndarray]:
    """Places on the line through means i and j, in units of the spread within components, and the log-likelihood of
    each person's votes at each place (n, places), the other directions integrated out around that line."""
    root = np.linalg.cholesky(mixture.covariance)
    means = np.linalg.solve(root, mixture.mean.T).T
    gap = means[i] - means[j]
    size = max(float(np.linalg.norm(gap)), 1e-9)
    turn = _first_axis(gap / size)
    middle = (mixture.mean[i] + mixture.mean[j]) / 2
    onto = root @ turn.T
    narrow = onto.T @ precision @ onto
    force = (pull - precision @ middle) @ onto
    rest = np.linalg.inv(narrow[:, 1:, 1:] + np.eye(len(gap) - 1))
    cross = np.einsum("nij,nj->ni", rest, narrow[:, 1:, 0])
    sharp = narrow[:, 0, 0] - np.einsum("ni,ni->n", narrow[:, 1:, 0], cross)
    push = force[:, 0] - np.einsum("ni,ni->n", force[:, 1:], cross)
    constant = 0.5 * np.einsum("ni,nij,nj->n", force[:, 1:], rest, force[:, 1:]) + 0.5 * np.linalg.slogdet(rest)[1]
    grid = np.linspace(-size / 2 - 4, size / 2 + 4, _POINTS)
    return grid, constant[:, None] + push[:, None] * grid - 0.5 * sharp[:, None] * grid**2


def two_humps(grid: np.ndarray, log: np.ndarray, weight: np.ndarray, mixture: Mixture, i: int, j: int) -> float:
    """Weighted log-likelihood of two unit Gaussians at the means of i and j, with the shares learned."""
    root = np.linalg.cholesky(mixture.covariance)
    half = np.linalg.norm(np.linalg.solve(root, mixture.mean[i] - mixture.mean[j])) / 2
    share = mixture.share[[i, j]] / mixture.share[[i, j]].sum()
    density = share @ np.exp(-0.5 * (grid - np.array([[half], [-half]])) ** 2)
    return float(weight @ logsumexp(log, axis=1, b=density / density.sum()))


def one_peak(log: np.ndarray, weight: np.ndarray) -> float:
    """The largest weighted log-likelihood any single-peaked density on the grid can reach."""
    top = log.max(axis=1, keepdims=True)
    likelihood = np.exp(log - top)
    reached = np.cumsum(likelihood, axis=1)
    peaks = np.linspace(0, log.shape[1] - 1, _PEAKS).round().astype(int)
    best = max(_fit_peak(likelihood, reached, weight, peak) for peak in peaks)
    return best + float(weight @ top[:, 0])


# --- workings ----------------------------------------------------------------------------------------------------


def _fit_peak(likelihood: np.ndarray, reached: np.ndarray, weight: np.ndarray, peak: int) -> float:
    """Shares of the uniforms from the peak to each place, by expectation–maximisation."""
    before = reached[:, peak] - likelihood[:, peak]
    right = (reached[:, peak:] - before[:, None]) / np.arange(1, likelihood.shape[1] - peak + 1)
    left = (reached[:, [peak]] - reached[:, :peak] + likelihood[:, :peak]) / np.arange(peak + 1, 1, -1)
    each = np.hstack([left, right])
    share = np.full(each.shape[1], 1 / each.shape[1])
    scaled = weight / max(weight.sum(), 1e-300)
    for _ in range(_ROUNDS):
        share = share * (each.T @ (scaled / (each @ share)))
    return float(weight @ np.log(each @ share))


def _first_axis(direction: np.ndarray) -> np.ndarray:
    """An orthogonal matrix whose first row is `direction` (of length 1)."""
    basis = np.linalg.qr(np.column_stack([direction, np.eye(len(direction))]))[0].T
    basis[0] = direction
    return basis
