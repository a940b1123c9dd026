"""Rates, ratios of rates and funnels of counts, each with its interval, and what unknown groups could do to them.

Two kinds of denominator, and they are not the same question. *Of those*: a part of people or events counted in it
(searches of stops): a share. *Per*: events over a size they are not part of (stops per resident; somebody can be
stopped twice): a rate. A ratio belongs to the denominator chosen, which is therefore always named by the caller.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy  # its parts are loaded when they are first used

from ..errors import CannotEstimate
from .distributions import beta_quantile, chi2_quantile, normal_quantile
from .intervals import wilson

__all__ = [
    "Gap", "GroupCounts", "Passage", "Rate", "Ratio", "RatioBounds", "difference_of_shares", "funnel", "odds_ratio",
    "rate", "ratio_bounds", "ratio_of_rates", "ratio_of_shares",
]  # fmt: skip

FEW = 10
"""With fewer in any cell the interval of Katz is too short, and the score interval is used; `method` says which."""


@dataclass(frozen=True)
class Rate:
    """count per denominator, with its 95% interval."""

    count: float
    denominator: float
    estimate: float
    low: float
    high: float
    method: str


@dataclass(frozen=True)
class Ratio:
    """One rate, share or odds over another. estimate, high: None where they have no upper end (nothing was counted
    in the second); low is then still told."""

    estimate: float | None
    low: float
    high: float | None
    method: str


@dataclass(frozen=True)
class Gap:
    """One share less another. apart: whether the interval leaves out 0."""

    estimate: float
    low: float
    high: float
    apart: bool
    method: str


@dataclass(frozen=True)
class Passage:
    """One stage of a funnel. of_first, of_previous: shares of the first stage and of the one before, None at the
    first."""

    stage: str
    count: float
    of_first: Rate | None
    of_previous: Rate | None


@dataclass(frozen=True)
class GroupCounts:
    """counted: of `denominator`, or per it."""

    counted: float
    denominator: float


@dataclass(frozen=True)
class RatioBounds:
    """A ratio when some have no recorded group. known: leaving them out, which supposes they are like the rest ·
    lowest, highest: whatever group they belong to · sign: above 1 or below 1 where both say so, their intervals
    included · flips_at: share of the counted without a group that would have to belong to the first group for the
    ratio to be 1 (see `ratio_bounds`); None where no share does it."""

    known: Ratio
    lowest: Ratio
    highest: Ratio
    sign: Literal["above 1", "below 1", "cannot be established"]
    flips_at: float | None


# --- one rate ---------------------------------------------------------------------------------------------------


def rate(count: float, denominator: float, *, events: bool = False, level: float = 0.95) -> Rate:
    """count ÷ denominator. events: count is not part of the denominator, so the interval is that of a Poisson count
    (exact: Garwood 1936); else Wilson's of a share. Raises CannotEstimate for impossible counts."""
    _check(count, denominator, events)
    if not events:
        return Rate(count, denominator, count / denominator, *wilson(count, denominator, level), "Wilson interval")
    low = chi2_quantile(0.5 - level / 2, 2 * count) / 2 if count else 0.0
    high = chi2_quantile(0.5 + level / 2, 2 * count + 2) / 2
    return Rate(
        count, denominator, count / denominator, low / denominator, high / denominator, "exact Poisson interval"
    )


def funnel(stages: Sequence[tuple[str, float]]) -> tuple[Passage, ...]:
    """Counts that each contain the next (referral → panel → case), as shares of the first and of the one before.

    stages: (name, count) in order. Raises CannotEstimate where a stage is larger than the one before it: then the
    counts are of different years or kinds, and a rate between them would be false.
    """
    for (before, larger), (after, smaller) in itertools.pairwise(stages):
        if smaller > larger:
            raise CannotEstimate(
                f"{after} ({smaller:g}) is more than {before} ({larger:g})",
                cure="a funnel needs counts of which each contains the next; see whether they are of the same period",
            )
    found = [Passage(name, count, None, None) for name, count in stages[:1]]
    for (_, larger), (name, count) in itertools.pairwise(stages):
        found.append(Passage(name, count, rate(count, stages[0][1]), rate(count, larger)))
    return tuple(found)


# --- two of them ------------------------------------------------------------------------------------------------


def difference_of_shares(
    share: float, n: float, other: float, n_other: float, *, design_effect: float = 1.0, level: float = 0.95
) -> Gap:
    """`share` of n people less `other` of n_other, from what was published (Newcombe 1998, method 10).

    design_effect: by how much the samples are worth less than simple random ones; 1 is the most favourable case, so
    what is not distinguishable with it is not distinguishable. Raises CannotEstimate.
    """
    if not (0 <= share <= 1 and 0 <= other <= 1 and n > 0 and n_other > 0 and design_effect > 0):
        raise CannotEstimate("these are not two shares of people", cure="give shares from 0 to 1 and numbers above 0")
    ends = [wilson(p * m / design_effect, m / design_effect, level) for p, m in ((share, n), (other, n_other))]
    gap = share - other
    low = gap - math.hypot(share - ends[0][0], ends[1][1] - other)
    high = gap + math.hypot(ends[0][1] - share, other - ends[1][0])
    assumed = "simple random sampling" if design_effect == 1 else f"design effect {design_effect:g}"
    return Gap(gap, low, high, not low <= 0 <= high, f"square-and-add of Wilson intervals, {assumed}")


def ratio_of_shares(one: GroupCounts, other: GroupCounts, *, level: float = 0.95) -> Ratio:
    """Share of `one` over share of `other`: two groups with nobody in common.

    Katz's interval of the logarithm (Katz et al. 1978) where every cell has 10 or more; else the score interval
    (Koopman 1984), which holds at small counts and at zero. Raises CannotEstimate where nothing was counted at all.
    """
    for each in (one, other):
        _check(each.counted, each.denominator, events=False)
    a, b, n, m = one.counted, other.counted, one.denominator, other.denominator
    if a + b == 0:
        raise CannotEstimate("nothing was counted in either group", cure="a ratio needs at least one")
    if min(a, b, n - a, m - b) >= FEW:
        z, ratio = normal_quantile(0.5 + level / 2), (a / n) / (b / m)
        reach = z * math.sqrt(1 / a - 1 / n + 1 / b - 1 / m)
        return Ratio(ratio, ratio * math.exp(-reach), ratio * math.exp(reach), "ratio of shares, Katz's interval")
    limit = chi2_quantile(level, 1)
    low, high = _score_ends(a, n, b, m, limit)
    return Ratio((a / n) / (b / m) if b else None, low, high, "ratio of shares, score interval (Koopman)")


def ratio_of_rates(one: GroupCounts, other: GroupCounts, *, level: float = 0.95) -> Ratio:
    """Events per size of `one` over that of `other`, exact: given all events, those of the first group are binomial
    (Przyborowski & Wilenski 1940; R `poisson.test`). Raises CannotEstimate where nothing was counted in either."""
    for each in (one, other):
        _check(each.counted, each.denominator, events=True)
    a, b, sizes = one.counted, other.counted, other.denominator / one.denominator
    if a + b == 0:
        raise CannotEstimate("nothing was counted in either group", cure="a ratio needs at least one")
    tail = 0.5 - level / 2
    low = beta_quantile(tail, a, b + 1) if a else 0.0
    high = beta_quantile(1 - tail, a + 1, b) if b else 1.0
    top = sizes * high / (1 - high) if b else None
    return Ratio(a / b * sizes if b else None, sizes * low / (1 - low), top, "ratio of rates, exact Poisson interval")


def odds_ratio(one: GroupCounts, other: GroupCounts, *, level: float = 0.95) -> Ratio:
    """Odds of `one` over odds of `other`.

    Woolf's interval of the logarithm where every cell has 10 or more; else exact and conditional on the margins
    (Fisher; R `fisher.test`). Raises CannotEstimate where a margin is empty, or small counts are not whole.
    """
    for each in (one, other):
        _check(each.counted, each.denominator, events=False)
    cells = np.array([[each.counted, each.denominator - each.counted] for each in (one, other)])
    if not cells.sum(axis=0).all():
        raise CannotEstimate("everybody, or nobody, was counted in both groups", cure="odds need both kinds")
    if cells.min() >= FEW:
        ratio = float(cells[0, 0] * cells[1, 1] / (cells[0, 1] * cells[1, 0]))
        reach = normal_quantile(0.5 + level / 2) * math.sqrt(float((1 / cells).sum()))
        return Ratio(ratio, ratio * math.exp(-reach), ratio * math.exp(reach), "odds ratio, Woolf's interval")
    if (cells != np.round(cells)).any():
        raise CannotEstimate("counts below 10 are not whole numbers", cure="give unweighted counts")
    found = scipy.stats.contingency.odds_ratio(cells.astype(np.int64), kind="conditional")
    ends = found.confidence_interval(level)
    estimate, high = (float(each) if np.isfinite(each) else None for each in (found.statistic, ends.high))
    return Ratio(estimate, float(ends.low), high, "odds ratio, conditional, exact interval (Fisher)")


# --- when the group is not known --------------------------------------------------------------------------------


def ratio_bounds(
    one: GroupCounts,
    other: GroupCounts,
    unknown: GroupCounts,
    *,
    unrecorded: float = 0.0,
    events: bool = False,
    level: float = 0.95,
) -> RatioBounds:
    """What the ratio of `one` to `other` can be when some have no recorded group, and each belongs to one of the two.

    unknown: counted and denominator of those without a group · unrecorded: those of whom neither the group is known
    nor whether they were counted. Of shares, all are spread over the groups. With events the sizes are known apart
    from them (residents): only `unknown.counted` is spread. The ratio is highest where all the unknown counted belong
    to `one` and all the unknown not counted to `other`; lowest the other way.

    flips_at: the unknown who were not counted are split as the known not counted are, and this share of the unknown
    counted belongs to `one`; the unrecorded are left out. Raises CannotEstimate for impossible counts.
    """
    more, rest = unknown.counted, 0.0 if events else unknown.denominator - unknown.counted
    if not all(math.isfinite(each) and each >= 0 for each in (more, rest, unrecorded)) or (events and unrecorded):
        raise CannotEstimate("the counts without a group are no counts", cure="give the counted, and all of them")
    ratio = ratio_of_rates if events else ratio_of_shares

    def given(part: float, idle: float, lost: float = 0.0, spare: float = 0.0) -> tuple[GroupCounts, GroupCounts]:
        """With these parts of the unknown counted and not counted in the first group; lost, spare: of the
        unrecorded, counted and not counted ones, in the same groups as all the others of their kind."""
        mine, passive = part * (more + lost), idle * (rest + spare)
        size = 0.0 if events else mine + passive
        left = 0.0 if events else more + lost + rest + spare - size
        first = GroupCounts(one.counted + mine, one.denominator + size)
        return first, GroupCounts(other.counted + more + lost - mine, other.denominator + left)

    def worst(part: float) -> Ratio:
        """The unrecorded are counted as far as this drives the ratio further."""
        sign = 1.0 if part == 0.0 else -1.0
        lost = _furthest(lambda x: sign * _log_ratio(*given(part, 1 - part, x, unrecorded - x)), unrecorded)
        return ratio(*given(part, 1 - part, lost, unrecorded - lost), level=level)

    lowest, highest = worst(0.0), worst(1.0)
    sign: Literal["above 1", "below 1", "cannot be established"] = "cannot be established"
    if lowest.low > 1:
        sign = "above 1"
    elif highest.high is not None and highest.high < 1:
        sign = "below 1"
    idle = one.denominator - one.counted, other.denominator - other.counted
    part = 0.5 if events or not sum(idle) else idle[0] / sum(idle)
    return RatioBounds(ratio(one, other, level=level), lowest, highest, sign, _flips(lambda x: given(x, part), more))


# --- workings ---------------------------------------------------------------------------------------------------


def _check(count: float, denominator: float, events: bool) -> None:
    if not (math.isfinite(count) and math.isfinite(denominator) and count >= 0 and denominator > 0):
        raise CannotEstimate(
            f"{count:g} of {denominator:g} is no rate", cure="give a count from 0 up and a denominator above 0"
        )
    if count > denominator and not events:
        raise CannotEstimate(
            f"{count:g} is more than its denominator {denominator:g}",
            cure="choose the denominator that the count is part of, or treat the counts as events per that size",
        )


def _score(ratio: float, a: float, n: float, b: float, m: float) -> float:
    """Koopman's chi-square: how far the counts are from the likeliest two shares with this ratio."""
    middle = ratio * (n + b) + a + m
    both = ratio * (a + b)
    first = (
        2 * both / (middle + math.sqrt(max(middle**2 - 4 * (n + m) * both, 0.0)))
    )  # no digits lost at small ratios
    return _off(a, n, min(first, 1.0, ratio)) + _off(b, m, min(first / ratio, 1.0))


def _off(count: float, size: float, share: float) -> float:
    """(count - size·share)² / (size·share·(1 - share)), its limits where nobody or everybody was counted."""
    if count == 0:
        return size * share / (1 - share) if share < 1 else math.inf
    if count == size:
        return size * (1 - share) / share if share > 0 else math.inf
    spread = size * share * (1 - share)
    return (count - size * share) ** 2 / spread if spread > 0 else math.inf


def _score_ends(a: float, n: float, b: float, m: float, limit: float) -> tuple[float, float | None]:
    """Where the score crosses `limit`, sought on the logarithm of the ratio."""
    centre = math.log((a + 0.5) / (n + 0.5)) - math.log((b + 0.5) / (m + 0.5))
    bottom, top = centre - 40, centre + 40
    best = math.log((a / n) / (b / m)) if a and b else None

    def beyond(x: float) -> float:
        return min(_score(math.exp(x), a, n, b, m), 1e12) - limit

    low = math.exp(scipy.optimize.brentq(beyond, bottom, top if best is None else best, xtol=1e-13)) if a else 0.0
    high = math.exp(scipy.optimize.brentq(beyond, bottom if best is None else best, top, xtol=1e-13)) if b else None
    return low, high


def _log_ratio(one: GroupCounts, other: GroupCounts) -> float:
    first, second = one.counted / one.denominator, other.counted / other.denominator
    return math.log(max(first, 1e-300)) - math.log(max(second, 1e-300))


def _furthest(value: Callable[[float], float], most: float) -> float:
    """Where a convex function of 0 … most is lowest: its ends are looked at too, which the search never reaches."""
    if not most:
        return 0.0
    inner = float(
        scipy.optimize.minimize_scalar(value, bounds=(0.0, most), method="bounded", options={"xatol": 1e-6}).x
    )
    return min((0.0, inner, most), key=value)


def _flips(given: Callable[[float], tuple[GroupCounts, GroupCounts]], more: float) -> float | None:
    """Part of the unknown counted at which both groups come out the same. The first's rate rises with that part."""

    def excess(part: float) -> float:
        first, second = given(part)
        return first.counted / first.denominator - second.counted / second.denominator

    if not more or excess(0.0) > 0 or excess(1.0) < 0:
        return None
    return float(scipy.optimize.brentq(excess, 0.0, 1.0, xtol=1e-13))
