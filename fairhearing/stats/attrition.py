"""Who was lost on the way, and whether that alone could have made the effect.

Lee (2009): where taking part in the project can only have made people more (or only less) likely to answer at the
end, the share by which one arm answered more is trimmed from its top, then from its bottom: the effect on those who
would have answered anyway lies between. Balance and its limits: What Works Clearinghouse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import CannotEstimate
from .cells import Floats
from .distributions import normal_quantile
from .effects import small_sample_factor

__all__ = [
    "ADJUSTABLE", "ALIKE", "HIGH_APART", "HIGH_OVERALL", "Attrition", "LeeBounds", "attrition", "balance", "is_high",
    "lee_bounds", "standing", "tipping_point",
]  # fmt: skip

ALIKE, ADJUSTABLE = 0.05, 0.25
"""Baseline difference in standard deviations: up to the first fine, up to the second only with adjustment."""
HIGH_OVERALL, HIGH_APART = 0.20, 0.05
"""Our own limits, printed wherever they are used: more lost than this, or one arm losing that much more."""


@dataclass(frozen=True)
class Attrition:
    """Shares lost: of all, of the project's people, of the others (None: no such arm), and the first less the
    second."""

    overall: float
    project: float
    control: float | None
    differential: float | None


def attrition(began: tuple[int, int], stayed: tuple[int, int]) -> Attrition:
    """(project, control) people who began and who have an outcome; no control: 0 and 0."""
    if began[0] < 1 or any(s > b for s, b in zip(stayed, began, strict=True)):
        raise CannotEstimate("more people ended than began", cure="check how many began and how many answered")
    project = 1 - stayed[0] / began[0]
    control = 1 - stayed[1] / began[1] if began[1] else None
    overall = 1 - sum(stayed) / sum(began)
    return Attrition(overall, project, control, None if control is None else project - control)


def is_high(lost: Attrition) -> bool:
    """Over a fifth lost, or one arm losing over 5 points more."""
    return lost.overall > HIGH_OVERALL or abs(lost.differential or 0.0) > HIGH_APART


@dataclass(frozen=True)
class LeeBounds:
    """low, high: the effect on those who would answer anyway · interval: 95%, holding both ends (wider than the
    bounds) · trimmed: share of the arm `of` that was trimmed."""

    low: float
    high: float
    interval: tuple[float, float]
    trimmed: float
    of: Literal["project", "control", "neither"]


def lee_bounds(project: Floats, control: Floats, began: tuple[int, int], level: float = 0.95) -> LeeBounds:
    """project, control: outcomes of those who answered, (n₁,) and (n₀,) · began: how many began in each.

    Trimming and standard errors as in Lee (2009, proposition 3). Raises CannotEstimate for fewer than 3 in an arm
    after trimming.
    """
    if min(len(project), len(control)) < 3:
        raise CannotEstimate("fewer than 3 people are left in an arm", cure="nothing can be bounded with so few")
    kept = (len(project) / began[0], len(control) / began[1])
    turned = kept[0] < kept[1]  # the control arm answered more: trim it, and turn the sign back
    more, less = (control, project) if turned else (project, control)
    share = 1 - min(kept) / max(kept)
    sizes = (began[1], began[0]) if turned else began
    ends = []
    for side in (-1.0, 1.0):
        mean, variance = _trimmed_mean(side * more, share, len(less) / sizes[1], sizes)
        variance += float(np.var(less, ddof=1)) / len(less)
        ends.append((side * mean - float(np.mean(less)), math.sqrt(variance)))
    z = normal_quantile(0.5 + level / 2)
    (high, high_se), (low, low_se) = sorted(ends, reverse=True)
    if turned:
        low, high, low_se, high_se = -high, -low, high_se, low_se
    of: Literal["project", "control", "neither"] = "neither" if share == 0 else "control" if turned else "project"
    return LeeBounds(low, high, (low - z * low_se, high + z * high_se), share, of)


def _trimmed_mean(y: Floats, share: float, retained: float, began: tuple[int, int]) -> tuple[float, float]:
    """Mean of y without its lowest `share`, and its variance. retained: share of the other arm that answered · began:
    people in this arm and in the other. The one at the cut counts in part, so that ties are no matter."""
    ordered = np.sort(y)
    n = len(ordered)
    weight = np.clip(np.arange(1, n + 1) - share * n, 0.0, 1.0)
    if n < 3 or weight.sum() < 3:
        raise CannotEstimate("fewer than 3 people are left in an arm", cure="nothing can be bounded with so few")
    mean = float(weight @ ordered / weight.sum())
    if share == 0:
        return mean, float(np.var(ordered, ddof=1)) / n
    cut = float(ordered[int(np.argmax(weight > 0))])
    left = n * (1 - share)
    spread = float(weight @ (ordered - mean) ** 2) / weight.sum()
    kept = n / began[0]
    of_share = (1 - share) ** 2 * ((1 - kept) / (kept * began[0]) + (1 - retained) / (retained * began[1]))
    variance = spread / left + (cut - mean) ** 2 * share / left
    return mean, variance + ((cut - mean) / (1 - share)) ** 2 * of_share


def tipping_point(effect: float, end: float, lost: float) -> float | None:
    """By how much worse than those who stayed the people lost from the project must have ended on average for the
    interval's nearer end to reach zero (effect and end in one unit; the other arm's lost taken as like its stayers).
    None where nobody was lost, or the interval holds zero already."""
    if lost <= 0 or effect * end <= 0:
        return None
    return end / lost


def balance(project: Floats, control: Floats) -> float:
    """Difference of means before, in pooled standard deviations, corrected for small samples. 0 where nobody
    differs."""
    m = len(project) + len(control) - 2
    if m < 2:
        raise CannotEstimate("too few people to compare the groups before", cure="at least 2 in each are needed")
    squares = sum(float(np.sum((group - group.mean()) ** 2)) for group in (project, control))
    apart = float(project.mean() - control.mean())
    if squares == 0:
        return 0.0 if apart == 0 else math.copysign(math.inf, apart)
    return small_sample_factor(m) * apart / math.sqrt(squares / m)


def standing(g: float) -> Literal["alike", "alike once adjusted", "not alike"]:
    """The rule of the What Works Clearinghouse for one baseline difference."""
    size = abs(g)
    return "alike" if size <= ALIKE else "alike once adjusted" if size <= ADJUSTABLE else "not alike"
