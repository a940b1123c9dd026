"""From effects to shares of communities: each cell's probability, weighted by the people who live in it.

θ_d = Σ N_c·p_c / Σ N_c over the cells of domain d (Gelman & Little 1997; Park, Gelman & Bafumi 2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from .cells import Floats, Ints, summed
from .pooling import Posterior

__all__ = ["Population", "Shares", "poststratify"]

_BLOCK = 1 << 19
"""Cells × draws worked on at a time."""


@dataclass(frozen=True)
class Population:
    """Cells people live in. people: (cells,) · X: (cells, p) · codes: (cells,) a factor, as `Answers` has them."""

    people: Floats
    X: Floats
    codes: tuple[Ints, ...]


@dataclass(frozen=True)
class Shares:
    """Posterior of the share (or mean) of each domain. draws: (draws, domains) · estimate: their mean."""

    people: Floats
    draws: Floats = field(repr=False)

    @property
    def estimate(self) -> Floats:
        return np.asarray(self.draws.mean(axis=0))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Central interval of each domain."""
        low, high = np.quantile(self.draws, [0.5 - level / 2, 0.5 + level / 2], axis=0)
        return low, high


def poststratify(
    posterior: Posterior, population: Population, domains: Sequence[Ints], sizes: Sequence[int]
) -> Shares:
    """Shares of everyone and then of every domain. domains: partitions of the population's cells, one (cells,) array
    of codes 0 … size-1 each. A domain without people has not-a-number.

    Draws lie beside each other in memory, and odds are products: no cell costs an exponential.
    """
    odds = [np.exp(effect) if posterior.centre is None else effect for effect in posterior.effects]
    draws, width = len(posterior.beta), 1 + sum(sizes)
    totals = np.zeros((width, draws))
    cells = max(1, _BLOCK // draws)
    for start in range(0, len(population.people), cells):
        here = slice(start, start + cells)
        p = sum(np.multiply.outer(x, beta) for x, beta in zip(population.X[here].T, posterior.beta.T, strict=True))
        p = _share(p, odds, [codes[here] for codes in population.codes], posterior.centre)
        p *= population.people[here, None]
        _add(totals, p, [codes[here] for codes in domains], sizes)
    people = np.concatenate(
        [[population.people.sum()], *(summed(c, population.people, k) for c, k in zip(domains, sizes, strict=True))]
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return Shares(people, (totals / people[:, None]).T)


def _share(fixed: Floats, effects: Sequence[Floats], codes: Sequence[Ints], centre: float | None) -> Floats:
    """Of each cell and draw: the share, from odds; or the mean of answers on a scale, from effects."""
    if centre is not None:
        return np.asarray(sum((table[own] for table, own in zip(effects, codes, strict=True)), fixed + centre))
    p = np.exp(fixed)
    for table, own in zip(effects, codes, strict=True):
        p *= table[own]
    p /= 1 + p
    return p


def _add(totals: Floats, p: Floats, domains: Sequence[Ints], sizes: Sequence[int]) -> None:
    """Adds p (cells, draws) to the total of everyone and of each cell's domain in each partition."""
    totals[0] += p.sum(axis=0)
    start = 1
    for codes, size in zip(domains, sizes, strict=True):
        belongs = sparse.csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))), (size, len(codes)))
        totals[start : start + size] += belongs @ p
        start += size
