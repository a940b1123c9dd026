"""Draws from a density known up to a constant, near its mode: a split Student t with importance weights.

Geweke (1989, Econometrica): a Student t around the mode, each half axis as wide as the density is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from ..errors import CannotEstimate
from .cells import Floats, Ints

__all__ = ["Proposal", "Weighted", "effective", "moved", "proposal_around", "systematic", "weigh"]

_LOOK = (1.0, 2.5)
"""Distances, in standard deviations, at which each half axis is fitted: the wider stretch counts."""
_NARROWEST, _WIDEST = 0.3, 4.0
_FLATTEST = 0.05  # curvature below this is no information: the prior of a standard normal alone has 1
_STEP = 0.02


@dataclass(frozen=True)
class Proposal:
    """centre: (K,) · axes: (K, K), columns one standard deviation long · sides: (2, K), stretch of the negative and
    the positive half of each axis · df: of Student's t."""

    centre: Floats
    axes: Floats
    sides: Floats
    df: float

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Points (count, K) and the log density of each, up to a constant."""
        K = len(self.centre)
        size = np.abs(rng.standard_normal((count, K))) / np.sqrt(rng.chisquare(self.df, (count, 1)) / self.df)
        up = rng.random((count, K)) < self.sides[1] / self.sides.sum(axis=0)
        points = self.centre + (np.where(up, self.sides[1], -self.sides[0]) * size) @ self.axes.T
        return points, -(self.df + K) / 2 * np.log1p((size**2).sum(axis=1) / self.df)


@dataclass(frozen=True)
class Weighted:
    """points: (count, K) · weights: (count,), adding up to 1 · kept: an array of the caller's for each."""

    points: Floats
    weights: Floats
    kept: tuple[Floats, ...]


def proposal_around(density: Callable[[Floats], tuple[float, Floats]], centre: Floats, df: float) -> Proposal:
    """density: point (K,) → log density and its slope (K,) · centre: its mode."""
    top, K = density(centre)[0], len(centre)
    rises = [(density(centre + _STEP * e)[1] - density(centre - _STEP * e)[1]) / (2 * _STEP) for e in np.eye(K)]
    curvature = -(np.array(rises) + np.array(rises).T) / 2
    values, vectors = linalg.eigh(curvature)
    axes = vectors / np.sqrt(np.maximum(values, _FLATTEST))
    sides = [[_stretch(density, top, centre, sign * axis) for axis in axes.T] for sign in (-1, 1)]
    return Proposal(centre, axes, np.array(sides), df)


def _stretch(density: Callable[[Floats], tuple[float, Floats]], top: float, centre: Floats, axis: Floats) -> float:
    """How many times wider than a normal density of standard deviation `axis` this half is."""
    drops = [top - density(centre + far * axis)[0] for far in _LOOK]
    widths = [far / np.sqrt(2 * max(drop, 1e-3)) for far, drop in zip(_LOOK, drops, strict=True)]
    return float(np.clip(max(widths), _NARROWEST, _WIDEST))


def weigh(
    proposal: Proposal,
    density: Callable[[Floats], tuple[float, Floats]],
    rng: np.random.Generator,
    *,
    batch: int,
    enough: float,
    most: int,
    least: float,
) -> Weighted:
    """Batches of proposals until `enough` of them count by `effective`, or there are `most`.

    density: point → log density, and an array to keep with the point. Where most hardly count, the proposal is moved
    once and begun anew.
    Raises CannotEstimate where fewer than `least` count in the end.
    """
    first = _weighed(proposal, density, rng, batch, enough, most // 4)
    if effective(first.weights) >= enough:
        return first
    return _enough(_weighed(moved(proposal, first), density, rng, batch, enough, most), least)


def _weighed(
    proposal: Proposal, density: Callable[[Floats], tuple[float, Floats]], rng: np.random.Generator, batch: int,
    enough: float, most: int,
) -> Weighted:  # fmt: skip
    points, logs, kept = np.empty((0, len(proposal.centre))), np.empty(0), []
    while True:
        drawn, proposed = proposal.draw(rng, batch)
        found = [density(point) for point in drawn]
        kept += [array for _, array in found]
        points = np.concatenate([points, drawn])
        logs = np.concatenate([logs, [log for log, _ in found] - proposed])
        weights = special.softmax(logs)
        if effective(weights) >= enough or len(points) >= most:
            return Weighted(points, weights, tuple(kept))


def _enough(sampled: Weighted, least: float) -> Weighted:
    found = effective(sampled.weights)
    if found < least:
        raise CannotEstimate(
            f"of {len(sampled.points)} proposals for how much groups differ only {found:.0f} count",
            cure="pool over fewer characteristics, or without interactions",
        )
    return sampled


def moved(proposal: Proposal, sampled: Weighted) -> Proposal:
    """Moved and stretched to where the weights are; of their square roots, so that a few heavy points do not decide
    (adaptive importance sampling: Cappé et al. 2004)."""
    root = np.sqrt(sampled.weights)
    root /= root.sum()
    centre = root @ sampled.points
    off = sampled.points - centre
    values, vectors = linalg.eigh((off * root[:, None]).T @ off)
    axes = vectors * np.sqrt(np.maximum(values, 1e-6))
    return Proposal(centre, axes, np.ones_like(proposal.sides), proposal.df)


def effective(weights: Floats) -> float:
    """Effective number of importance draws, 1/Σw² for weights that add up to 1 (Kong, Liu & Wong 1994)."""
    return float(1 / np.sum(weights**2))


def systematic(weights: Floats, draws: int, rng: np.random.Generator) -> Ints:
    """How often each point is drawn: within one of draws × weight."""
    marks = (rng.random() + np.arange(draws)) / draws
    places = np.searchsorted(np.cumsum(weights), marks, side="right")
    return np.bincount(np.minimum(places, len(weights) - 1), minlength=len(weights))
