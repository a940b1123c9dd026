"""From a space of opinion to a verdict on groups: which components stand apart, and do they stay?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .opinion_heldout import HeldOut
from .opinion_mixture import Mixture, first, fit_mixture, responsibilities, with_one_more
from .opinion_modes import GAP, standing_apart
from .opinion_space import Ballots, Space, among, fit_space

__all__ = ["GROUPS", "NONE", "UNSTABLE", "Found", "Tried", "adjusted_rand", "settle"]

GROUPS, NONE, UNSTABLE = "groups", "no distinct groups", "unstable"
LEVEL = 0.05
STABLE = 0.9
SURE = 0.8  # a membership probability that is counted on where groups are compared
COMPONENTS = 6
_STEP = 6.0  # log probability of the votes of people left out that a component more must gain
_ENOUGH = 4000  # people from whom a mixture is learned; everybody is then placed in it


@dataclass(frozen=True)
class Tried:
    """One number of components: `gain`, by how much the votes of people left out are better explained than by one
    component (log probability)."""

    components: int
    gain: float


@dataclass(frozen=True)
class Found:
    """What `opinion.Opinion` says of groups, people in the votes' own order."""

    verdict: str
    reason: str
    k: int
    probability: np.ndarray
    share: np.ndarray
    gap: float | None
    stability: float | None
    tried: tuple[Tried, ...]


@dataclass(frozen=True)
class _Partition:
    """Groups of people: `probability` (n, k), largest group first; `gap`: the least log-likelihood ratio
    between them, of two humps against one peak."""

    probability: np.ndarray
    gap: float | None
    components: int
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
    if len(weight) < 2 * smallest:
        return _nothing(weight, NONE, f"{len(weight)} people are too few for two groups of at least {smallest}")
    if not space.rank:
        return _nothing(weight, NONE, "there are too few people or statements for positions")
    parted = _part(space, weight, rng, smallest)
    if parted.k == 1:
        return _nothing(weight, NONE, _one_crowd(parted, score), parted)
    stability = _stability(ballots, space.rank, weight, parted, rng, smallest, subsamples) if subsamples else None
    if stability is not None and stability < STABLE:
        reason = f"{parted.k} groups stand apart, but come out otherwise when a fifth of the people is left out"
        return _nothing(weight, UNSTABLE, reason, parted, stability)
    share = weight @ parted.probability / weight.sum()
    reason = f"{parted.k} groups stand apart" + (
        ", and stay when a fifth of the people is left out" if stability is not None else ""
    )
    return Found(GROUPS, reason, parted.k, parted.probability, share, parted.gap, stability, parted.tried)


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
    gap, tried = (parted.gap, parted.tried) if parted else (None, ())
    return Found(verdict, reason, 1, everyone, np.ones(1), gap, stability, tried)


def _one_crowd(parted: _Partition, score: HeldOut) -> str:
    if parted.gap is not None:
        return "opinion is spread out, with no gap between one crowd and another"
    if score.p_structure is None or score.p_structure > LEVEL:
        return "positions predict hidden votes no better than the rates of statements and people do"
    return "one crowd explains the votes of people left out as well as several do"


def _part(
    space: Space, weight: np.ndarray, rng: np.random.Generator, smallest: int, like: _Partition | None = None
) -> _Partition:
    """Components that people left out call for, joined where they do not stand apart or are too few. With `like`, as
    many components and groups as it has, whether or not these people alone would call for them."""
    chosen = np.sort(rng.permutation(len(weight))[:_ENOUGH])
    half = rng.random(len(chosen)) < 0.5
    seen = (space.precision[chosen], space.pull[chosen], weight[chosen])
    mixture, tried = _grown(*seen, half, like.components if like else None)
    if mixture.k == 1:
        return _Partition(np.ones((len(weight), 1)), None, 1, tried)
    ratio = standing_apart(*seen, mixture)
    held = responsibilities(space.precision, space.pull, mixture)[0]
    group = _joined(ratio, like.k if like else None)
    group = group if like else _large_enough(group, held, mixture, smallest)
    probability = np.column_stack([held[:, group == each].sum(axis=1) for each in range(group.max() + 1)])
    probability = probability[:, np.argsort(-probability.sum(axis=0), kind="stable")]
    across = ratio[group[:, None] != group]
    return _Partition(probability, float(across.min()) if len(across) else float(ratio.max()), mixture.k, tried)


def _grown(
    precision: np.ndarray, pull: np.ndarray, weight: np.ndarray, half: np.ndarray, components: int | None
) -> tuple[Mixture, tuple[Tried, ...]]:
    """Components are added until two more in turn do not help people left out, or there are as many as asked."""
    now = best = first(precision, pull, weight)
    base = held_by = _gain(precision, pull, weight, now, half)
    tried = [Tried(1, 0.0)]
    while now.k < (components or min(COMPONENTS, best.k + 2)):
        now = with_one_more(precision, pull, weight, now)
        gain = _gain(precision, pull, weight, now, half) if components is None else 0.0
        tried.append(Tried(now.k, gain - base))
        if components is None and gain > held_by + _STEP:
            best, held_by = now, gain
    return (now if components else best), tuple(tried)


def _gain(precision: np.ndarray, pull: np.ndarray, weight: np.ndarray, mixture: Mixture, half: np.ndarray) -> float:
    """Log probability of the votes of each half of the people under the mixture learned from the other."""
    total = 0.0
    for learn in (half, ~half):
        learned = fit_mixture(precision[learn], pull[learn], weight[learn], mixture)
        total += float(weight[~learn] @ responsibilities(precision[~learn], pull[~learn], learned)[1])
    return total


def _joined(ratio: np.ndarray, k: int | None) -> np.ndarray:
    """Group of each component (K,): the pairs that stand apart least are joined first, until every pair left stands
    apart by GAP, or until `k` groups are left."""
    group = np.arange(len(ratio))
    i, j = np.tril_indices(len(ratio), -1)
    for pair in np.argsort(ratio[i, j], kind="stable"):
        a, b = group[i[pair]], group[j[pair]]
        wanted = ratio[i[pair], j[pair]] < GAP if k is None else len(np.unique(group)) > k
        if wanted and a != b:
            group[group == a] = b
    return np.unique(group, return_inverse=True)[1]


def _large_enough(group: np.ndarray, held: np.ndarray, mixture: Mixture, smallest: int) -> np.ndarray:
    """Groups too small to publish are joined to whichever is nearest."""
    distance = _distances(mixture)
    while group.max() > 0:
        size = np.bincount(_labels(group, held), minlength=group.max() + 1)
        small = int(np.argmin(size))
        if size[small] >= smallest:
            break
        away = np.where((group == small)[:, None] & (group != small), distance, np.inf)
        group = np.where(group == small, group[np.unravel_index(np.argmin(away), away.shape)[1]], group)
        group = np.unique(group, return_inverse=True)[1]
    return group


def _labels(group: np.ndarray, held: np.ndarray) -> np.ndarray:
    return np.column_stack([held[:, group == each].sum(axis=1) for each in range(group.max() + 1)]).argmax(axis=1)


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
    """Median adjusted Rand index with as many groups found, from the start, in four fifths of the people; among those
    whose group is sure both times, since a person in doubt is published as in doubt. 0 where few are sure."""
    found = []
    for _ in range(times):
        kept = np.sort(rng.permutation(len(weight))[: min(round(0.8 * len(weight)), 2 * _ENOUGH)])
        space = fit_space(among(ballots, kept), rank, rng)
        again = _part(space, weight[kept], rng, smallest, parted).probability
        before = parted.probability[kept]
        sure = np.minimum(before.max(axis=1), again.max(axis=1)) >= SURE
        same = adjusted_rand(before[sure].argmax(axis=1), again[sure].argmax(axis=1))
        found.append(same if 2 * sure.sum() >= len(sure) else 0.0)
    return float(np.median(found))
