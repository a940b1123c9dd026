"""The design actually present in the rows, what it can tell (Maryland scale), and what weakens it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import CannotEstimate
from ...stats.attrition import (
    HIGH_APART,
    HIGH_OVERALL,
    Attrition,
    LeeBounds,
    attrition,
    balance,
    is_high,
    lee_bounds,
    standing,
)
from ...stats.cells import Floats
from .people import People

__all__ = ["Balance", "Design", "design_of", "few_clusters", "level_of", "lost_from", "standing_before"]

_FEW_CLUSTERS = 10
FRAGILE = 0.25
"""An effect that so small a difference between those lost and those who stayed, in SD, would undo is fragile."""


@dataclass(frozen=True)
class Design:
    """name: as found in the rows · level: Maryland scale by the design alone, 0 where nothing can be claimed ·
    why."""

    name: str
    level: int
    why: str


@dataclass(frozen=True)
class Balance:
    """One thing measured before. g: project less others in standard deviations, of those with an outcome."""

    what: str
    g: float
    standing: str


def design_of(people: People) -> Design:
    """From which columns are filled, never from what the evaluation is called; only the lot itself must be
    declared."""
    before = people.before is not None
    if people.arm is None:
        if not before:
            return Design("after only", 0, "no baseline and nobody to compare with: no effect can be claimed")
        if people.retrospective:
            return Design("retrospective pretest", 1, "before and after of the same people, both asked afterwards")
        return Design("before and after", 1, "before and after of the same people, nobody to compare with")
    drawn = _drawn(people)
    if people.randomised:
        return Design(drawn, 5, "who took part was decided by lot, as declared; rows cannot show it")
    if not before:
        return Design("compared afterwards only", 0, "no baseline: the groups may have differed from the start")
    name = "wait-list, not by lot" if people.waitlist else "before and after with a comparison group"
    return Design(name, 3, "before and after, with a comparison group")


def _drawn(people: People) -> str:
    whole = people.cluster is not None and people.arm is not None and _whole_clusters(people)
    words = "cluster-randomised" if whole else "randomised"
    if people.cluster is not None and not whole:
        words += " within clusters"
    if people.waitlist:
        words += ", wait-list"
    return words + (", after only" if people.before is None else "")


def _whole_clusters(people: People) -> bool:
    """Whether everybody of each cluster is in one arm."""
    if people.cluster is None or people.arm is None:
        return False
    code = np.unique(people.cluster, return_inverse=True)[1]
    size, treated = np.bincount(code), np.bincount(code, weights=people.project)
    return bool(((treated == 0) | (treated == size)).all())


def lost_from(people: People, adjusted: Floats) -> tuple[Attrition, LeeBounds | None, str | None]:
    """Attrition of all who began; Lee's bounds of the effect, in the outcome's unit with better above 0, or why not.

    adjusted: (n,) outcomes, not-a-number where lost: changes, or outcomes less what the baseline explains."""
    project, stayed = people.project, people.answered
    began = int(project.sum()), int((~project).sum())
    lost = attrition(began, (int((project & stayed).sum()), int((~project & stayed).sum())))
    if not began[1]:
        return lost, None, "there is no other arm"
    if lost.overall == 0:
        return lost, None, "nobody was lost"
    try:
        own = ~np.isnan(adjusted)
        return lost, lee_bounds(adjusted[project & own], adjusted[~project & own], began), None
    except CannotEstimate as error:
        return lost, None, error.what


def standing_before(people: People) -> tuple[Balance, ...]:
    """Everything measured before, compared between the arms, of those with an outcome."""
    if people.arm is None:
        return ()
    measured = [] if people.before is None else [("the outcome before", people.before)]
    if people.covariates is not None:
        measured += [(name, people.covariates[:, at]) for at, name in enumerate(people.covariate_names)]
    rows = []
    for what, values in measured:
        known = people.answered & ~np.isnan(values)
        g = balance(values[known & people.project], values[known & ~people.project])
        rows.append(Balance(what, g, standing(g)))
    return tuple(rows)


def level_of(
    design: Design,
    before: tuple[Balance, ...],
    lost: Attrition,
    lee: LeeBounds | None,
    none: float = 0.0,
    tips_at: float | None = None,
) -> tuple[int, tuple[str, ...]]:
    """Maryland level after what the rows show, and each reason it fell. none: a size that does not matter,
    in the unit of `lee`: bounds that reach into it leave nothing that attrition could not have made. tips_at: the
    tipping point in standard deviations."""
    level, why = design.level, []
    outcome = next((each for each in before if each.what == "the outcome before"), None)
    alike = outcome is not None and outcome.standing != "not alike"
    if level == 3 and outcome is not None and not alike:
        level = 2
        why.append(f"the groups differed by {abs(outcome.g):.2f} SD before, above .25, so the comparison is not "
                   "justified")  # fmt: skip
    if level < 3 or not is_high(lost):
        return level, tuple(why)
    explained = lee is None or not (lee.low > none or lee.high < -none)
    if abs(lost.differential or 0.0) > HIGH_APART and explained:
        level = 2
        why.append("one arm lost over 5 points more, and that alone could have made the effect (Lee's bounds reach "
                   "what does not matter)")  # fmt: skip
    elif lost.overall > HIGH_OVERALL and tips_at is not None and abs(tips_at) < FRAGILE:
        level = 2
        why.append(f"over 20% were lost, and had those lost from the project ended {abs(tips_at):.2f} SD worse than "
                   "those who stayed, less than .25, there might be no effect; so it counts as 2")  # fmt: skip
    elif lost.overall > HIGH_OVERALL:
        level = min(level, 3 if alike else 2)
        stayed = "those who stayed were alike before" if alike else "nothing shows that those who stayed were alike"
        why.append(f"over 20% were lost; {stayed}, so it counts as {level}")
    return level, tuple(why)


def few_clusters(people: People) -> str | None:
    """A warning where so few clusters say little, whatever the correction."""
    count = 0 if people.cluster is None else len(np.unique(people.cluster))
    return (
        f"{count} clusters: few, so the interval is wide and still optimistic" if 0 < count < _FEW_CLUSTERS else None
    )
