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

__all__ = ["Mixture", "first", "fit_mixture", "responsibilities", "with_one_more"]

_STARTS, _WAYS, _CLOSE = 4, 3, 5e-6
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
class _Votes:
    """What votes say of positions, people last so that every step runs along them: `precision` (r, r, n), `pull`
    (r, n)."""

    precision: np.ndarray
    pull: np.ndarray

    @classmethod
    def of(cls, precision: np.ndarray, pull: np.ndarray) -> _Votes:
        return cls(np.ascontiguousarray(precision.transpose(1, 2, 0)), np.ascontiguousarray(pull.T))


@dataclass(frozen=True)
class _Seen:
    """Evidence of each person under each component (K, n), and their position if they are of it: `mean` (K, r, n),
    `covariance` (r, r, n)."""

    log: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray


def fit_mixture(
    precision: np.ndarray, pull: np.ndarray, weight: np.ndarray, start: Mixture, *, rounds: int = 200
) -> Mixture:
    """Expectation–maximisation from `start`. `precision` (n, r, r), `pull` (n, r), `weight` (n,) ≥ 0."""
    return _fit(_Votes.of(precision, pull), weight, start, rounds)


def responsibilities(precision: np.ndarray, pull: np.ndarray, mixture: Mixture) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each component for each person (n, K), and each person's log evidence (n,)."""
    log = _see(_Votes.of(precision, pull), mixture).log
    each = _log_sum(log)
    return np.exp(log - each).T, each


def first(precision: np.ndarray, pull: np.ndarray, weight: np.ndarray) -> Mixture:
    """One crowd: a mixture of a single component."""
    rank = pull.shape[1]
    return fit_mixture(precision, pull, weight, Mixture(np.ones(1), np.zeros((1, rank)), np.eye(rank), -np.inf))


def with_one_more(precision: np.ndarray, pull: np.ndarray, weight: np.ndarray, mixture: Mixture) -> list[Mixture]:
    """Mixtures with a component more, those that explain the votes best first: it begins at people explained worst,
    or as the half of a component cut in two."""
    votes = _Votes.of(precision, pull)
    begins = [_with(mixture, place) for place in _places(votes, mixture, _STARTS)] + _splits(mixture)
    tries = sorted((_fit(votes, weight, begin, 8) for begin in begins), key=lambda each: -each.evidence)
    return [_fit(votes, weight, each, 200) for each in tries[:_WAYS]]


# --- workings ----------------------------------------------------------------------------------------------------


def _fit(votes: _Votes, weight: np.ndarray, start: Mixture, rounds: int) -> Mixture:
    now, before, evidence = start, -np.inf, -np.inf
    total = weight.sum()
    for _ in range(rounds):
        seen = _see(votes, now)
        each = _log_sum(seen.log)
        evidence = float(np.sum(weight * each) / total)
        if evidence - before < _CLOSE:
            break
        before = evidence
        now = _improve(seen, np.exp(seen.log - each) * weight, now)
    return Mixture(now.share, now.mean, now.covariance, before if np.isfinite(before) else evidence)


def _see(votes: _Votes, mixture: Mixture) -> _Seen:
    inverse = np.linalg.inv(mixture.covariance)
    covariance, volume = _inverted(votes.precision + inverse[:, :, None])
    toward = mixture.mean @ inverse
    both = votes.pull + toward[:, :, None]
    mean = sum(covariance[:, j] * both[:, None, j] for j in range(both.shape[1]))
    fit = np.sum(mean * both, axis=1) - np.sum(toward * mixture.mean, axis=1)[:, None]
    constant = np.log(mixture.share) - 0.5 * np.linalg.slogdet(mixture.covariance)[1]
    return _Seen(constant[:, None] + 0.5 * (fit - volume), np.asarray(mean), covariance)


def _inverted(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverses and log determinants of positive definite matrices (r, r, n), all people at once: each coordinate in
    turn is swept (Beaton 1964), which for so many small matrices is many times faster than one by one."""
    out, volume = matrices.copy(), np.zeros(matrices.shape[2])
    for k in range(len(out)):
        pivot = out[k, k].copy()
        volume += np.log(pivot)
        row = out[k] / pivot
        column = out[:, k].copy()
        out -= column[:, None] * row
        out[k], out[:, k] = row, -column / pivot
        out[k, k] = 1 / pivot
    return out, volume


def _log_sum(log: np.ndarray) -> np.ndarray:
    """Log of the sum of the exponentials over components (K, n)."""
    top = log.max(axis=0)
    return top + np.log(np.exp(log - top).sum(axis=0))


def _improve(seen: _Seen, held: np.ndarray, before: Mixture) -> Mixture:
    size = np.maximum(held.sum(axis=1), 1e-9)
    mean = np.sum(held[:, None] * seen.mean, axis=2) / size[:, None]
    away = seen.mean - mean[:, :, None]
    pulled = held[:, None] * away
    spread = np.sum(held.sum(axis=0) * seen.covariance, axis=2)
    for i in range(mean.shape[1]):
        for j in range(mean.shape[1]):
            spread[i, j] += np.sum(pulled[:, i] * away[:, j])
    covariance = (spread + spread.T) / 2 / size.sum() + _LEAST * np.eye(mean.shape[1])
    return Mixture(size / size.sum(), mean, covariance, before.evidence)


def _places(votes: _Votes, mixture: Mixture, starts: int) -> np.ndarray:
    """Posterior positions far from the means and from each other, of people whose votes say something."""
    seen = _see(votes, mixture)
    held = np.exp(seen.log - _log_sum(seen.log))
    position = np.sum(held[:, None] * seen.mean, axis=0).T
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
    """Each component cut in two along each dimension: those of the space come by how much they divide, while the
    widest spread of a component is often along what votes tell least of."""
    out = []
    for k in range(mixture.k):
        for axis, size in enumerate(np.diagonal(mixture.covariance)):
            step = 0.8 * np.sqrt(size) * np.eye(len(mixture.covariance))[axis]
            mean = np.vstack([mixture.mean, mixture.mean[k] + step])
            mean[k] -= step
            share = np.r_[mixture.share, mixture.share[k] / 2]
            share[k] /= 2
            narrow = np.ones(len(mixture.covariance))
            narrow[axis] = 0.7
            out.append(Mixture(share, mean, mixture.covariance * np.outer(narrow, narrow), -np.inf))
    return out
