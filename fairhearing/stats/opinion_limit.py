"""How far apart would two equal blocs have to be to be seen? What "no distinct groups" does not rule out.

Along the dimension that divides most, with people told apart as well as these votes tell them: the log-likelihood
ratio of two blocs against the best single peak that is to be expected, by distance. Nothing is drawn at random.
"""

from __future__ import annotations

import numpy as np

from .opinion_modes import one_peak

__all__ = ["least_seen"]

ENOUGH_RATIO = 4.0  # expected ratio at which about four in five are found (benchmarks/votes.py, power)
FARTHEST, _STEP = 10.0, 0.5
_CLASSES, _PLACES, _NODES = 8, 32, 5


def least_seen(precision: np.ndarray, rank: int) -> float | None:
    """Distance of two equal blocs, in standard deviations of a bloc (Ashman's D), from which they are mostly seen;
    None where `FARTHEST` is not enough. `precision` (n, rank, rank): what votes say of each person (`Space`)."""
    rest = np.linalg.inv(precision[:, 1:, 1:] + np.eye(rank - 1))
    cross = np.einsum("nij,nj->ni", rest, precision[:, 1:, 0])
    sharp = np.sort(precision[:, 0, 0] - np.einsum("ni,ni->n", precision[:, 1:, 0], cross))
    classes = np.array([each.mean() for each in np.array_split(sharp, min(_CLASSES, len(sharp)))])
    for apart in np.arange(2.0, FARTHEST + _STEP, _STEP).tolist():
        if len(sharp) * _expected(classes, apart) >= ENOUGH_RATIO:
            return float(apart)
    return None


def _expected(sharp: np.ndarray, apart: float) -> float:
    """Expected log-likelihood ratio a person: everybody of the blocs, seen with every error."""
    within = 1 / np.sqrt(1 + apart**2 / 4)
    grid = np.linspace(-2.5, 2.5, _PLACES)
    density = sum(np.exp(-0.5 * ((grid - side * apart / 2 * within) / within) ** 2) for side in (-1, 1))
    density = density / density.sum()
    error, chance = np.polynomial.hermite_e.hermegauss(_NODES)
    width = 1 / np.sqrt(np.maximum(sharp, 1e-6))
    seen = grid[:, None] + width[:, None, None] * error
    log = -0.5 * sharp[:, None, None, None] * (seen[..., None] - grid) ** 2
    log, weight = (
        log.reshape(-1, _PLACES),
        np.broadcast_to(density[:, None] * (chance / chance.sum()) / len(sharp), seen.shape).reshape(-1),
    )
    return float(weight @ np.log(np.exp(log) @ density)) - one_peak(log, weight).reached
