"""Groups of positions, seen through votes: a mixture of Gaussians fitted to people whose positions are uncertain.

What the votes of a person say of their position is a Gaussian in natural form (`precision`, `pull`, see
`opinion_space`): somebody who voted five times is a wide one and pulls little. The mixture is of true positions, not
of estimated ones (extreme deconvolution, Bovy, Hogg and Roweis 2011, Annals of Applied Statistics 5), so that few
votes do not make a crowd in the middle. Components share one covariance. A component is not a group: whether two of
them stand apart is asked in `opinion_modes`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

__all__ = ["Mixture", "first", "fit_mixture", "responsibilities", "with_one_more"]

_STARTS, _AXES, _CLOSE = 4, 2, 5e-6
_LEAST = 1e-3  # the smallest variance within a component, in units of the whole spread


@dataclass(frozen=True)
class Mixture:
    """`share` (K,), `mean` (K, r), `covariance` (r, r) shared by all; `evidence`: weighted log probability of the
    votes per unit of weight, up to a constant that does not depend on the mixture."""

    share: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    evidence: float

    @property
    def k(self) -> int:
        return len(self.share)


@dataclass(frozen=True)
class _Seen:
    """Evidence of each person under each component (n, K), and their position if they are of it."""

    log: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray


def fit_mixture(
    precision: np.ndarray, pull: np.ndarray, weight: np.ndarray, start: Mixture, *, rounds: int = 200
) -> Mixture:
    """Expectation–maximisation from `start`. `precision` (n, r, r), `pull` (n, r), `weight` (n,) ≥ 0."""
    now, before = start, -np.inf
    total = weight.sum()
    for _ in range(rounds):
        seen = _see(precision, pull, now)
        each = logsumexp(seen.log, axis=1)
        evidence = float(weight @ each / total)
        if evidence - before < _CLOSE:
            break
        before = evidence
        held = np.exp(seen.log - each[:, None]) * weight[:, None]
        now = _improve(seen, held, now)
    return Mixture(now.share, now.mean, now.covariance, before if np.isfinite(before) else evidence)


def responsibilities(precision: np.ndarray, pull: np.ndarray, mixture: Mixture) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each component for each person (n, K), and each person's log evidence (n,)."""
    log = _see(precision, pull, mixture).log
    each = logsumexp(log, axis=1)
    return np.exp(log - each[:, None]), each


def first(precision: np.ndarray, pull: np.ndarray, weight: np.ndarray) -> Mixture:
    """One crowd: a mixture of a single component."""
    rank = pull.shape[1]
    return fit_mixture(precision, pull, weight, Mixture(np.ones(1), np.zeros((1, rank)), np.eye(rank), -np.inf))


def with_one_more(precision: np.ndarray, pull: np.ndarray, weight: np.ndarray, mixture: Mixture) -> Mixture:
    """The mixture with a component more, wherever that explains the votes best: at people it explains worst, or as
    the half of a component cut in two."""
    begins = [_with(mixture, place) for place in _places(precision, pull, mixture, _STARTS)] + _splits(mixture)
    tries = [fit_mixture(precision, pull, weight, begin, rounds=8) for begin in begins]
    return fit_mixture(precision, pull, weight, max(tries, key=lambda each: each.evidence))


# --- workings ----------------------------------------------------------------------------------------------------


def _see(precision: np.ndarray, pull: np.ndarray, mixture: Mixture) -> _Seen:
    inverse = np.linalg.inv(mixture.covariance)
    covariance = np.linalg.inv(inverse + precision)
    volume = np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(mixture.covariance)[1]
    toward = mixture.mean @ inverse
    both = pull[:, None, :] + toward[None, :, :]
    mean = np.einsum("nij,nkj->nki", covariance, both)
    fit = np.einsum("nki,nki->nk", mean, both) - np.einsum("ki,ki->k", toward, mixture.mean)
    return _Seen(np.log(mixture.share) + 0.5 * (fit + volume[:, None]), mean, covariance)


def _improve(seen: _Seen, held: np.ndarray, before: Mixture) -> Mixture:
    size = np.maximum(held.sum(axis=0), 1e-9)
    mean = np.einsum("nk,nki->ki", held, seen.mean) / size[:, None]
    away = seen.mean - mean
    spread = np.einsum("nk,nki,nkj->ij", held, away, away) + np.einsum("n,nij->ij", held.sum(axis=1), seen.covariance)
    covariance = spread / size.sum() + _LEAST * np.eye(mean.shape[1])
    return Mixture(size / size.sum(), mean, covariance, before.evidence)


def _places(precision: np.ndarray, pull: np.ndarray, mixture: Mixture, starts: int) -> np.ndarray:
    """Posterior positions far from the means and from each other, of people whose votes say something."""
    seen = _see(precision, pull, mixture)
    held = np.exp(seen.log - logsumexp(seen.log, axis=1)[:, None])
    position = np.einsum("nk,nki->ni", held, seen.mean)
    root = np.linalg.cholesky(np.linalg.inv(mixture.covariance))
    scaled, centres = position @ root, mixture.mean @ root
    distance = np.min(np.linalg.norm(scaled[:, None] - centres, axis=2), axis=1)
    chosen: list[int] = []
    for _ in range(min(starts, len(scaled))):
        best = int(np.argmax(distance))
        if distance[best] < 0.5:
            break
        chosen.append(best)
        distance = np.minimum(distance, np.linalg.norm(scaled - scaled[best], axis=1))
    return position[chosen]


def _with(mixture: Mixture, place: np.ndarray) -> Mixture:
    share = np.r_[mixture.share * 0.9, 0.1]
    return Mixture(share, np.vstack([mixture.mean, place]), mixture.covariance * 0.5, -np.inf)


def _splits(mixture: Mixture) -> list[Mixture]:
    """Each component cut in two along each axis of the common spread."""
    width, axes = np.linalg.eigh(mixture.covariance)
    out = []
    for k in range(mixture.k):
        for size, axis in zip(width[: -_AXES - 1 : -1], axes.T[: -_AXES - 1 : -1], strict=True):
            step = 0.8 * np.sqrt(size) * axis
            mean = np.vstack([mixture.mean, mixture.mean[k] + step])
            mean[k] -= step
            share = np.r_[mixture.share, mixture.share[k] / 2]
            share[k] /= 2
            out.append(Mixture(share, mean, mixture.covariance - 0.5 * size * np.outer(axis, axis), -np.inf))
    return out
