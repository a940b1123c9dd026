"""Do the intervals of effects hold with few people, and how often is chance taken for an effect?

    python benchmarks/effects.py [runs]       2,000 by default, about three minutes

1. Coverage: five projects of 20 people, in five designs; the true effect is known, how often is it in the interval?
2. Chance: 14 projects of 9 to 120 people and no true effect: projects flagged a run, by p < .05 and by our rule.
3. Artefacts: projects that change nothing but lose those they did not suit; how often is "works" said?
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator

import numpy as np

from fairhearing.measure.evaluation.effect import Found, found
from fairhearing.measure.evaluation.people import People
from fairhearing.measure.evaluation.verdicts import Chances, verdict_of
from fairhearing.stats.distributions import t_above
from fairhearing.stats.effects import Change, standardised_mean_change
from fairhearing.stats.meta import random_effects
from fairhearing.stats.shrinkage import shrink

MATTERS, PROBABILITY, TAU = 0.15, 0.90, 0.2
SIZES = (9, 12, 15, 18, 22, 26, 30, 36, 44, 52, 62, 76, 95, 120)
R = 0.6


def _pairs(rng: np.random.Generator, n: int, effect: float) -> tuple[np.ndarray, np.ndarray]:
    """Before and after, correlated by R, both with standard deviation 1."""
    before = rng.normal(size=n)
    return before, effect + R * before + math.sqrt(1 - R * R) * rng.normal(size=n)


def _alone(rng: np.random.Generator, effect: float) -> People:
    before, after = _pairs(rng, 20, effect)
    return People(after, before)


def _compared(rng: np.random.Generator, effect: float, *, randomised: bool = False) -> People:
    before, after = _pairs(rng, 20, 0.0)
    arm = np.arange(20) % 2
    return People(after + effect * arm, before, arm, randomised=randomised)


def _by_lot(rng: np.random.Generator, effect: float) -> People:
    return _compared(rng, effect, randomised=True)


def _clustered(rng: np.random.Generator, effect: float) -> People:
    """Ten groups of two people, five drawn by lot; people of a group change alike (intra-class correlation .2)."""
    before, after = _pairs(rng, 20, 0.0)
    group = np.arange(20) // 2
    shared = math.sqrt(0.2) * rng.normal(size=10)[group]
    after = math.sqrt(0.8) * (after - R * before) + R * before + math.sqrt(1 - R * R) * shared
    arm = group % 2
    return People(after + effect * arm, before, arm, group, randomised=True)


def _after_only(rng: np.random.Generator, effect: float) -> People:
    arm = np.arange(20) % 2
    return People(rng.normal(size=20) + effect * arm, None, arm, randomised=True)


DESIGNS: dict[str, Callable[[np.random.Generator, float], People]] = {
    "before and after": _alone,
    "with a comparison group": _compared,
    "by lot": _by_lot,
    "ten groups by lot": _clustered,
    "by lot, after only": _after_only,
}


def coverage(runs: int) -> Iterator[str]:
    """Of each design: the interval of a project, raw and standardised, and that of the average of five."""
    for name, design in DESIGNS.items():
        rng = np.random.default_rng([1, len(name)])
        hits = np.zeros(4)
        for _ in range(runs):
            true = rng.normal(0.3, TAU, 5)
            told = [_effect(found(design(rng, effect))) for effect in true]
            hits[0] += np.mean([low <= t <= high for t, (low, high, *_) in zip(true, told, strict=True)])
            hits[1] += np.mean([low <= t <= high for t, (*_, low, high, _g, _s) in zip(true, told, strict=True)])
            g, s = (np.array([each[at] for each in told]) for at in (4, 5))
            low, high = shrink(g, s).mu.interval()
            pooled = random_effects(g, s, knapp_hartung=True)
            hits[2] += low <= 0.3 <= high
            hits[3] += pooled.low[0] <= 0.3 <= pooled.high[0]
        yield f"| {name} | " + " | ".join(f".{1000 * hit / runs:03.0f}" for hit in hits) + " |"


def _effect(told: Found) -> tuple[float, float, float, float, float, float]:
    """Ends raw and standardised, estimate and standard error standardised."""
    if told.effect is None:
        raise ValueError(told.cannot_tell)
    return (*told.effect.raw_interval, *told.effect.interval, told.effect.standardised, told.effect.se)


def chance(runs: int) -> Iterator[str]:
    """No project changes anything: flagged by p, by each project's own probability, by our rule; and how far the best
    project's estimate lies above the truth."""
    rng = np.random.default_rng(2)
    flagged, best = np.zeros(4), np.zeros(2)
    for _ in range(runs):
        changes = [_change(rng, n) for n in SIZES]
        g, s = (np.array([getattr(each, key) for each in changes]) for key in ("effect", "se"))
        drawn = shrink(g, s).effects
        own = [_own(each) for each in changes]
        both = [one.with_shrunken(Chances.of(each.above, MATTERS)) for one, each in zip(own, drawn, strict=True)]
        flagged[0] += sum(t_above(each.effect / (each.se or 1), each.df) < 0.05 for each in changes)
        flagged[1] += sum(t_above(each.effect / (each.se or 1), each.df) < 0.025 for each in changes)
        flagged[2] += sum(_claims(each) for each in own)
        flagged[3] += sum(_claims(each) for each in both)
        best += (g.max(), max(each.mean for each in drawn))
    names = (
        "one-sided p < .05",
        "two-sided p < .05, in favour",
        "own probability alone",
        "our rule, own and shrunken",
    )
    for name, count in zip(names, flagged / runs, strict=True):
        yield f"| projects flagged a run: {name} | {count:.3f} |"
    yield f"| the best project's estimate above the truth: raw | {best[0] / runs:+.2f} |"
    yield f"| the same, shrunken | {best[1] / runs:+.2f} |"


def _own(change: Change) -> Chances:
    return Chances.of(lambda value: change.probability_above(value) or 0.0, MATTERS)


def _change(rng: np.random.Generator, n: int) -> Change:
    before, after = _pairs(rng, n, 0.0)
    r = float(np.corrcoef(before, after)[0, 1])
    return standardised_mean_change(n, float(before.mean()), float(after.mean()), float(np.std(before, ddof=1)), r)


def _claims(chances: Chances) -> bool:
    return verdict_of(chances, 5, matters=MATTERS, probability=PROBABILITY).verdict == "works"


def artefacts(runs: int) -> Iterator[str]:
    """120 people and 120 others, nobody changed by the project; of its people those who fell leave more often."""
    rng = np.random.default_rng(3)
    told = {"works": 0, "promising change": 0, "not known": 0, "negligible": 0, "harm signal": 0}
    naive = 0
    for _ in range(runs):
        before, after = _pairs(rng, 240, 0.0)
        arm = np.arange(240) % 2
        change = after - before
        stays = rng.random(240) < np.where(arm == 1, np.where(change > 0, 0.92, 0.3), 0.92)
        result = found(People(np.where(stays, after, np.nan), before, arm))
        if result.effect is None:
            raise ValueError(result.cannot_tell)
        chances = Chances.of(result.effect.above, MATTERS)
        naive += _claims(chances)
        told[verdict_of(chances, result.level, matters=MATTERS, probability=PROBABILITY).verdict] += 1
    yield f"| works, had nobody asked who was lost | {naive / runs:.3f} |"
    for verdict, count in told.items():
        yield f"| {verdict} | {count / runs:.3f} |"


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{runs} runs, five projects of 20 people, true effects around 0.3 with spread {TAU}\n")
    _table("design | raw | standardised | average of five | the same by REML, Knapp-Hartung", coverage(runs))
    print(f"\n{runs} runs, 14 projects of 9 to 120 people, no true effect\n")
    _table("what | a run", chance(runs))
    few = max(runs // 4, 50)
    print(f"\n{few} runs, a project that changes nothing and loses those it did not suit\n")
    _table("verdict | share", artefacts(few))


def _table(head: str, rows: Iterator[str]) -> None:
    print(f"| {head} |\n|{' --- |' * (head.count('|') + 1)}")
    print(*rows, sep="\n", flush=True)


if __name__ == "__main__":
    main()
