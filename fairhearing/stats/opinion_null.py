"""Would one crowd look like this? Worlds in which two components are one crowd, and what is found in them.

The ratio of two humps against one peak (`opinion_modes`) is not 0 for one crowd: votes blur positions, the space is
fitted to the same votes, and the line is chosen among many. So it is compared with the same ratio in worlds drawn
from the best single peak (a parametric bootstrap of the likelihood ratio, McLachlan 1987, Applied Statistics 36):
the same people vote on the same statements, with the loadings found, and everything is fitted anew. Where two humps
are in doubt that single peak is flat between them, so an evenly spread crowd is what is compared with.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit

from .opinion_mixture import Mixture, responsibilities
from .opinion_modes import along, line_between, one_peak
from .opinion_space import Ballots, Space, fit_space

__all__ = ["WORLDS", "chance_of_one_crowd", "closest"]

WORLDS = 4  # the single peak is the one most like two humps: far fewer than 1 crowd in 5 beats all (docs/adr/0014)
_PLAIN = 15.0  # a log-likelihood ratio no world of one crowd comes near (the most seen in benchmarks/votes.py is 5)
_CLOSE = 1e-4  # refits begin where the fit ended


def closest(ratio: np.ndarray) -> tuple[int, int]:
    """The two components that stand apart least."""
    i, j = np.tril_indices(len(ratio), -1)
    least = int(np.argmin(ratio[i, j]))
    return int(i[least]), int(j[least])


def chance_of_one_crowd(
    ballots: Ballots,
    space: Space,
    weight: np.ndarray,
    mixture: Mixture,
    pair: tuple[int, int],
    ratio: float,
    again: Callable[[Space], float],
    rng: np.random.Generator,
) -> float:
    """Monte-Carlo p-value of `ratio`, were the components of `pair` one crowd; `again` gives the ratio in a world's
    space. Drawing stops at the first ratio as high (Besag and Clifford 1991, Biometrika 78): p is then 1 in as many
    worlds as were drawn, and too high."""
    if ratio >= _PLAIN:
        return 1 / (1 + WORLDS)
    draw = _crowd(space, weight, mixture, pair)
    for world in range(1, WORLDS + 1):
        votes = _voted(ballots, space, draw(rng), rng)
        if again(fit_space(votes, space.rank, rng, start=space, close=_CLOSE)) >= ratio:
            return 1 / world
    return 1 / (1 + WORLDS)


# --- workings ----------------------------------------------------------------------------------------------------


def _crowd(
    space: Space, weight: np.ndarray, mixture: Mixture, pair: tuple[int, int]
) -> Callable[[np.random.Generator], np.ndarray]:
    """Draws positions (n, rank): of the mixture, its `pair` replaced by the best single peak along their line."""
    line = line_between(mixture, *pair)
    held = responsibilities(space.precision, space.pull, mixture)[0] @ np.isin(np.arange(mixture.k), pair)
    peak = one_peak(along(space.precision, space.pull, line), held * weight).density
    step, root = line.grid[1] - line.grid[0], np.linalg.cholesky(mixture.covariance)

    def draw(rng: np.random.Generator) -> np.ndarray:
        n, across = space.pull.shape
        place = rng.standard_normal((n, across))
        of = rng.choice(mixture.k, n, p=mixture.share)
        out = mixture.mean[of] + place @ root.T
        place[:, 0] = rng.choice(line.grid, n, p=peak / peak.sum()) + step * (rng.random(n) - 0.5)
        return np.where(np.isin(of, pair)[:, None], line.middle + place @ line.onto.T, out)

    return draw


def _voted(ballots: Ballots, space: Space, position: np.ndarray, rng: np.random.Generator) -> Ballots:
    """The same cells, voted on from these positions."""
    readily = np.sqrt(space.spread_a) * rng.standard_normal(len(position))
    said = space.statement[ballots.statement]
    odds = readily[ballots.person] + said[:, 0] + np.einsum("cd,cd->c", position[ballots.person], said[:, 1:])
    return Ballots(
        ballots.person, ballots.statement, rng.random(len(odds)) < expit(odds), ballots.n_people, ballots.n_statements
    )
