"""From a space of opinion to a verdict on groups: which components stand apart, and do they stay?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .opinion_heldout import HeldOut
from .opinion_mixture import Mixture, fit_mixture, grow, responsibilities
from .opinion_modes import standing_apart
from .opinion_space import Ballots, Space, fit_space

__all__ = ["GROUPS", "NONE", "UNSTABLE", "Found", "Tried", "adjusted_rand", "settle"]

GROUPS, NONE, UNSTABLE = "groups", "no distinct groups", "unstable"
LEVEL = 0.05
STABLE = 0.9
COMPONENTS = 6
_STRICT = np.log(1 / LEVEL)


@dataclass(frozen=True)
class Tried:
    """One number of components: `gain`, by how much the votes of people left out are better explained than by one
    component (log probability); `groups`: how many of the components stand apart; None where not asked."""

    components: int
    gain: float
    groups: int | None = None


@dataclass(frozen=True)
class Found:
    """What `opinion.Opinion` says of groups, people in the votes' own order."""

    verdict: str
    reason: str
    k: int
    probability: np.ndarray
    share: np.ndarray
    p_groups: float | None
    stability: float | None
    tried: tuple[Tried, ...]


@dataclass(frozen=True)
class _Partition:
    """Groups of people: `probability` (n, k), largest group first; `p`: that two of them are one crowd."""

    probability: np.ndarray
    p: float | None
    tried: tuple[Tried, ...] = ()

    @property
    def k(self) -> int:
        return self.probability.shape[1]


def settle(
    ballots: Ballots,
    space: Space,
    weight: np.ndarray,
    score: HeldOut,
    rng: np.random.Generator,
    *,
    smallest: int,
    subsamples: int,
) -> Found:
    """The verdict on one conversation; see `opinion.fit`."""
    if score.p_structure is None or score.p_structure > LEVEL or not space.rank:
        return _nothing(
            weight, NONE, "positions predict hidden votes no better than rates of statements and people do"
        )
    parted = _part(space, weight, rng, smallest)
    if parted.k == 1:
        return _nothing(weight, NONE, _one_crowd(parted), parted)
    stability = _stability(ballots, space.rank, weight, parted, rng, smallest, subsamples) if subsamples else None
    if stability is not None and stability < STABLE:
        reason = f"{parted.k} groups stand apart, but come out otherwise when a fifth of the people is left out"
        return _nothing(weight, UNSTABLE, reason, parted, stability)
    share = weight @ parted.probability / weight.sum()
    reason = f"{parted.k} groups stand apart, and stay when a fifth of the people is left out"
    return Found(GROUPS, reason, parted.k, parted.probability, share, parted.p, stability, parted.tried)


def adjusted_rand(one: np.ndarray, other: np.ndarray) -> float:
    """Agreement of two partitions, 0 expected by chance, 1 the same (Hubert and Arabie 1985, J. Classification 2).
    Two partitions into one group are the same."""
    table = np.zeros((one.max(initial=0) + 1, other.max(initial=0) + 1))
    np.add.at(table, (one, other), 1)
    pairs, rows, columns = (_pairs(each) for each in (table, table.sum(axis=1), table.sum(axis=0)))
    expected = rows * columns / max(_pairs(np.array([len(one)])), 1.0)
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((pairs - expected) / (most - expected))


# --- workings ----------------------------------------------------------------------------------------------------


def _pairs(counts: np.ndarray) -> float:
    return float(np.sum(counts * (counts - 1)) / 2)


def _nothing(
    weight: np.ndarray, verdict: str, reason: str, parted: _Partition | None = None, stability: float | None = None
) -> Found:
    everyone = np.ones((len(weight), 1))
    p, tried = (parted.p, parted.tried) if parted else (None, ())
    return Found(verdict, reason, 1, everyone, np.ones(1), p, stability, tried)


def _one_crowd(parted: _Partition) -> str:
    if parted.p is None:
        return "one crowd of positions explains the votes of people left out as well as several do"
    return "opinion is spread out, with no gap between one crowd and another"


def _part(space: Space, weight: np.ndarray, rng: np.random.Generator, smallest: int) -> _Partition:
    """Components that people left out call for, joined where they do not stand apart or are too few."""
    precision, pull = space.precision, space.pull
    half = rng.random(len(weight)) < 0.5
    grown = grow(precision, pull, weight, COMPONENTS)
    gains = np.array([_gain(precision, pull, weight, each, half) for each in grown])
    gains = gains - gains[0]
    best = _enough(gains)
    tried = tuple(Tried(each.k, float(gain)) for each, gain in zip(grown, gains, strict=True))
    if best == 0:
        return _Partition(np.ones((len(weight), 1)), None, tried)
    p = standing_apart(precision, pull, weight, grown[best], half)
    held = responsibilities(precision, pull, grown[best])[0]
    group = _joined(p, held, grown[best], smallest)
    probability = np.column_stack([held[:, group == each].sum(axis=1) for each in range(group.max() + 1)])
    probability = probability[:, np.argsort(-probability.sum(axis=0), kind="stable")]
    across = p[group[:, None] != group]
    return _Partition(probability, float((across if len(across) else p[np.tril_indices(len(p), -1)]).max()), tried)


def _gain(precision: np.ndarray, pull: np.ndarray, weight: np.ndarray, mixture: Mixture, half: np.ndarray) -> float:
    """Log probability of the votes of each half of the people under the mixture learned from the other."""
    total = 0.0
    for learn in (half, ~half):
        learned = fit_mixture(precision[learn], pull[learn], weight[learn], mixture)
        total += float(weight[~learn] @ responsibilities(precision[~learn], pull[~learn], learned)[1])
    return total


def _enough(gains: np.ndarray) -> int:
    """The fewest components after which no more are called for: each step must gain log(20) over the last taken."""
    best = 0
    for each in range(1, len(gains)):
        if gains[each] - gains[best] > 2 * _STRICT:
            best = each
    return best


def _joined(p: np.ndarray, held: np.ndarray, mixture: Mixture, smallest: int) -> np.ndarray:
    """Group of each component (K,): those not standing apart together, those too small with their nearest."""
    group = np.arange(len(p))
    for i in range(len(p)):
        for j in range(i):
            if p[i, j] > LEVEL:
                group[group == group[i]] = group[j]
    distance = _distances(mixture)
    while True:
        label = held.argmax(axis=1)
        size = {each: int(np.sum(group[label] == each)) for each in np.unique(group).tolist()}
        small = min(size, key=lambda each: (size[each], each))
        if size[small] >= smallest or len(size) == 1:
            return np.unique(group, return_inverse=True)[1]
        away = np.where((group == small)[:, None] & (group != small), distance, np.inf)
        group[group == small] = group[np.unravel_index(np.argmin(away), away.shape)[1]]


def _distances(mixture: Mixture) -> np.ndarray:
    gap = mixture.mean[:, None] - mixture.mean
    return np.einsum("kli,ij,klj->kl", gap, np.linalg.inv(mixture.covariance), gap)


def _stability(
    ballots: Ballots,
    rank: int,
    weight: np.ndarray,
    parted: _Partition,
    rng: np.random.Generator,
    smallest: int,
    times: int,
) -> float:
    """Mean adjusted Rand index with the groups found, from the start, in four fifths of the people."""
    label = parted.probability.argmax(axis=1)
    found = []
    for _ in range(times):
        kept = np.sort(rng.permutation(len(weight))[: round(0.8 * len(weight))])
        part, people = _among(ballots, kept)
        again = _part(fit_space(part, rank, rng), weight[people], rng, smallest)
        found.append(adjusted_rand(label[people], again.probability.argmax(axis=1)))
    return float(np.mean(found))


def _among(ballots: Ballots, kept: np.ndarray) -> tuple[Ballots, np.ndarray]:
    place = np.full(ballots.n_people, -1)
    place[kept] = np.arange(len(kept))
    cells = place[ballots.person] >= 0
    person = place[ballots.person[cells]]
    return Ballots(person, ballots.statement[cells], ballots.agree[cells], len(kept), ballots.n_statements), kept
