"""From a space of opinion to a verdict on groups: which components stand apart, and do they stay?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .opinion_heldout import HeldOut
from .opinion_limit import least_seen
from .opinion_mixture import Mixture, first, fit_mixture, responsibilities, with_one_more
from .opinion_modes import standing_apart
from .opinion_null import WORLDS, chance_of_one_crowd, closest
from .opinion_space import Ballots, Space, among, fit_space, some_people

__all__ = ["GROUPS", "NONE", "UNSTABLE", "Found", "Tried", "adjusted_rand", "settle"]

GROUPS, NONE, UNSTABLE = "groups", "no distinct groups", "unstable"
LEVEL = 0.05  # at which votes of one person are said to hang together
ONE_CROWD = 1 / (1 + WORLDS)  # the largest chance of one crowd at which groups are shown
STABLE = 0.9
SURE = 0.8  # a membership probability that is counted on where groups are compared
MOST = 6  # groups looked for
PARTS = 4  # people are left out in so many parts
STEP = 4.0  # log probability of the votes of people left out that a component more must gain
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
    p_one_crowd: float | None
    stability: float | None
    tried: tuple[Tried, ...]
    least_seen: float | None


@dataclass(frozen=True)
class _Seen:
    """People groups are learned from: their votes, the space they are in, and what they count."""

    ballots: Ballots
    space: Space
    weight: np.ndarray
    smallest: int


@dataclass(frozen=True)
class _Way:
    """A mixture, and how far its two closest components stand apart."""

    mixture: Mixture
    pair: tuple[int, int]
    ratio: float


@dataclass(frozen=True)
class _Grown:
    """Groups as far as they are shown: the mixture, the least ratio and the largest chance of one crowd between two
    of them (or of the first two that were not shown), and what was tried."""

    mixture: Mixture
    ratio: float | None
    chance: float | None
    tried: tuple[Tried, ...]


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
    grown = _grow(_some(ballots, space, smallest, rng), rng)
    if grown.mixture.k == 1:
        least = least_seen(space.precision, space.rank)
        return _nothing(weight, NONE, _one_crowd(grown, score, least), grown, least=least)
    probability = _members(space, grown.mixture)
    stability = _stability(ballots, space.rank, probability, rng, smallest, subsamples) if subsamples else None
    k = grown.mixture.k
    if stability is not None and stability < STABLE:
        reason = f"{k} groups stand apart, but come out otherwise when a fifth of the people is left out"
        return _nothing(weight, UNSTABLE, reason, grown, stability)
    share = weight @ probability / weight.sum()
    reason = f"{k} groups stand apart" + (
        ", and stay when a fifth of the people is left out" if stability is not None else ""
    )
    return Found(GROUPS, reason, k, probability, share, grown.ratio, grown.chance, stability, grown.tried, None)


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
    weight: np.ndarray,
    verdict: str,
    reason: str,
    grown: _Grown | None = None,
    stability: float | None = None,
    least: float | None = None,
) -> Found:
    everyone = np.ones((len(weight), 1))
    gap, chance, tried = (grown.ratio, grown.chance, grown.tried) if grown else (None, None, ())
    return Found(verdict, reason, 1, everyone, np.ones(1), gap, chance, stability, tried, least)


def _one_crowd(grown: _Grown, score: HeldOut, least: float | None) -> str:
    if score.p_structure is None or score.p_structure > LEVEL:
        why = "positions predict hidden votes no better than the rates of statements and people do"
    elif grown.chance is not None:
        why = "two crowds explain the votes better than one, but not by more than chance does where there is one"
    else:
        why = "opinion is spread out, with no gap between one crowd and another"
    return f"{why}; {_unseen(least)}"


def _unseen(least: float | None) -> str:
    """What these votes could not have shown."""
    if least is None:
        return "these votes are too few to tell even blocs far apart"
    return f"two equal blocs nearer than about {least:g} times the spread within one would often not be seen"


def _some(ballots: Ballots, space: Space, smallest: int, rng: np.random.Generator) -> _Seen:
    """Everybody, or enough people chosen at random; each counts once: weights say how many, not who stands where."""
    n = ballots.n_people
    if n <= _ENOUGH:
        return _Seen(ballots, space, np.ones(n), smallest)
    chosen = np.sort(rng.permutation(n)[:_ENOUGH])
    least = max(round(smallest * _ENOUGH / n), 2)
    return _Seen(among(ballots, chosen), some_people(space, chosen), np.ones(_ENOUGH), least)


def _grow(seen: _Seen, rng: np.random.Generator) -> _Grown:
    """Components are added as long as all stand apart, by more than one crowd would make them, and explain the votes
    of people left out better."""
    part = rng.integers(0, PARTS, len(seen.weight))
    grown = _Grown(_first(seen), None, None, (Tried(1, 0.0),))
    base = _gain(seen, grown.mixture, part)
    while grown.mixture.k < MOST:
        ways = _ways(seen, grown.mixture)
        way = _shown(seen, grown.mixture, ways, 0.0, STEP, part)
        chance = _chance(seen, grown.mixture, way, part, rng) if way else None
        if way is None or chance is None or chance > ONE_CROWD:
            first = (way or ways[0]).ratio if ways else None
            told = (first, chance) if grown.mixture.k == 1 else (grown.ratio, grown.chance)
            return _Grown(grown.mixture, *told, grown.tried + _tried(seen, [way] if way else ways[:1], part, base))
        tried = grown.tried + _tried(seen, [way], part, base)
        grown = _Grown(way.mixture, way.ratio, max(chance, grown.chance or 0.0), tried)
    return grown


def _tried(seen: _Seen, ways: list[_Way], part: np.ndarray, base: float) -> tuple[Tried, ...]:
    return tuple(Tried(way.mixture.k, _gain(seen, way.mixture, part) - base) for way in ways)


def _first(seen: _Seen) -> Mixture:
    return first(seen.space.precision, seen.space.pull, seen.weight)


def _ways(seen: _Seen, mixture: Mixture) -> list[_Way]:
    """Ways to one component more, none of them too few, those first whose closest two stand furthest apart."""
    ways, space = [], seen.space
    for each in with_one_more(space.precision, space.pull, seen.weight, mixture):
        held = responsibilities(space.precision, space.pull, each)[0]
        if np.bincount(held.argmax(axis=1), minlength=each.k).min() >= seen.smallest:
            ratio = standing_apart(space.precision, space.pull, seen.weight, each)
            pair = closest(ratio)
            ways.append(_Way(each, pair, float(ratio[pair])))
    return sorted(ways, key=lambda each: -each.ratio)


def _shown(
    seen: _Seen, before: Mixture, ways: list[_Way], ratio: float, gain: float, part: np.ndarray
) -> _Way | None:
    """The first with a higher ratio, that explains the votes of people left out better than `before` by `gain`."""
    beyond = [each for each in ways if each.ratio > ratio]
    least = _gain(seen, before, part) + gain if beyond else 0.0
    return next((each for each in beyond if _gain(seen, each.mixture, part) > least), None)


def _chance(seen: _Seen, before: Mixture, way: _Way, part: np.ndarray, rng: np.random.Generator) -> float:
    """Chance of one that stands as far apart being shown, were the closest two one crowd. It must gain at least half
    of what this one does: worlds have humps of no account along dimensions of no account."""
    gain = max((_gain(seen, way.mixture, part) - _gain(seen, before, part)) / 2, STEP)

    def again(space: Space) -> float:
        world = replace(seen, space=space)
        now, ways = _to(world, way.mixture.k)
        found = _shown(world, now, ways, way.ratio, gain, part)
        return found.ratio if found else -np.inf

    return chance_of_one_crowd(seen.ballots, seen.space, seen.weight, way.mixture, way.pair, way.ratio, again, rng)


def _to(seen: _Seen, k: int) -> tuple[Mixture, list[_Way]]:
    """The ways to as many components as asked, whether or not they are shown, and the mixture before."""
    before = _first(seen)
    ways = _ways(seen, before)
    while ways and ways[0].mixture.k < k:
        before = ways[0].mixture
        ways = _ways(seen, before)
    return before, ways


def _gain(seen: _Seen, mixture: Mixture, part: np.ndarray) -> float:
    """Log probability of the votes of each part of the people under the mixture learned from the others."""
    total, precision, pull, weight = 0.0, seen.space.precision, seen.space.pull, seen.weight
    for each in range(PARTS):
        learn = part != each
        learned = fit_mixture(precision[learn], pull[learn], weight[learn], mixture)
        total += float(weight[~learn] @ responsibilities(precision[~learn], pull[~learn], learned)[1])
    return total


def _members(space: Space, mixture: Mixture) -> np.ndarray:
    """Probability of each group (n, k), the largest first."""
    held = responsibilities(space.precision, space.pull, mixture)[0]
    return held[:, np.argsort(-held.sum(axis=0), kind="stable")]


def _stability(
    ballots: Ballots,
    rank: int,
    probability: np.ndarray,
    rng: np.random.Generator,
    smallest: int,
    times: int,
) -> float:
    """Median adjusted Rand index with as many groups found, from the start, in four fifths of the people; among those
    whose group is sure both times, since a person in doubt is published as in doubt. 0 where few are sure."""
    found = []
    for _ in range(times):
        kept = np.sort(rng.permutation(len(probability))[: min(round(0.8 * len(probability)), _ENOUGH)])
        votes = among(ballots, kept)
        seen = _Seen(votes, fit_space(votes, rank, rng), np.ones(len(kept)), smallest if len(kept) < _ENOUGH else 2)
        part = rng.integers(0, PARTS, len(kept))
        before, ways = _to(seen, probability.shape[1])
        way = _shown(seen, before, ways, -np.inf, STEP, part) or (ways[0] if ways else None)
        found.append(_same(probability[kept], _members(seen.space, way.mixture)) if way else 0.0)
    return float(np.median(found))


def _same(before: np.ndarray, again: np.ndarray) -> float:
    sure = np.minimum(before.max(axis=1), again.max(axis=1)) >= SURE
    same = adjusted_rand(before[sure].argmax(axis=1), again[sure].argmax(axis=1))
    return same if 2 * sure.sum() >= len(sure) else 0.0
