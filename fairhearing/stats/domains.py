"""Estimates of domains with their intervals, gaps between them and changes over rounds: for stages and the direct
door alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .cells import Floats
from .distributions import normal_below, t_above
from .intervals import share_interval, t_interval, why_not
from .overlap import Common
from .variance import Means

__all__ = ["Estimate", "Gap", "bounds", "change_of", "estimate_of", "gap_of", "holm", "how_varied", "verdict_on"]

_ROUNDING = 1e-14
"""A variance below this share of those it is the difference of is rounding."""

SAME_ANSWERS = "everybody changed alike, so how far the change might differ cannot be estimated"

NO_SPREAD = 1e-9
"""A standard error below this share of the range of answers is rounding: the number was fixed."""

FIXED = "the weighting or the strata fixed this number: whoever had been drawn, it would have come out the same"


Tests = list[tuple[float, float]]
"""Standard errors and their degrees of freedom."""


@dataclass(frozen=True)
class Estimate:
    """One domain. cannot_tell: why `estimate` is None · interval: the kind of interval, or why `low` is None although
    `se` is not: it is 0, the number being fixed · df: degrees of freedom of the standard error · spread: variance of
    the answers, None where it is no mean of answers · share: whether every answer is 0 or 1 ·
    same: the answer all of two people or more gave, for which there is no `estimate`."""

    n: int
    n_effective: float | None
    estimate: float | None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    interval: str = ""
    cannot_tell: str | None = None
    df: float | None = None
    spread: float | None = None
    share: bool = False
    same: float | None = None

    @property
    def unmoving(self) -> str | None:
        """Why it is not compared with another round: it cannot be told, or could not have come out otherwise."""
        return self.cannot_tell or (FIXED if self.se == 0 else None)


@dataclass(frozen=True)
class Gap:
    """One domain less another (`rest`), or one round less an earlier one. rest_low, rest_high: interval of `rest`."""

    estimate: float | None
    rest: float | None
    gap: float | None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    probability: float | None = None
    cannot_tell: str | None = None
    rest_low: float | None = None
    rest_high: float | None = None


def estimate_of(means: Means, at: int, *, share: bool, sampled: bool, span: float) -> Estimate:
    """Domain `at`. share: answers are 0 or 1 · sampled: a sampling error exists · span: range of possible answers."""
    n, mean, se, df = int(means.n[at]), float(means.mean[at]), float(means.se[at]), float(means.df[at])
    n_effective = float(means.n_effective[at]) if n >= 2 else None
    reason = why_not(n, float(means.low[at]), float(means.high[at]))
    if reason is None and sampled:
        reason = _no_variance(se, df)
    if reason is not None:
        lowest = float(means.low[at])
        same = lowest if n >= 2 and lowest == float(means.high[at]) else None
        return Estimate(n, n_effective, None, cannot_tell=reason, same=same)
    if not sampled:
        return Estimate(n, n_effective, mean)
    if not se > NO_SPREAD * span:
        return Estimate(n, n_effective, mean, 0.0, interval=f"no interval: {FIXED}", df=df)
    if share:
        favourable = round(float(means.favourable[at]))
        low, high, kind = share_interval(mean, se, n, favourable, df)
        return Estimate(n, n_effective, mean, se, low, high, kind, df=df, spread=mean * (1 - mean), share=True)
    spread = None if means.spread is None else float(means.spread[at])
    ends, kind = t_interval(mean, se, df), "t interval, degrees of freedom from the design"
    return Estimate(n, n_effective, mean, se, *ends, kind, df=df, spread=spread)


def _no_variance(se: float, df: float) -> str | None:
    """Why there is no standard error although the answers differ."""
    if df < 1:
        return (
            "everyone who answered is in one sampling cluster, or in one of each stratum, so how far it might differ "
            "cannot be estimated"
        )
    if math.isnan(se):
        return "nobody of it is left in some of the replicates, so how far it might differ cannot be estimated"
    return None


def gap_of(means: Means, one: int, rest: int, *, share: bool, sampled: bool, span: float, matters: float) -> Gap:
    """Domain `one` less domain `rest`, with the covariance. matters: smallest difference that matters."""
    here, there = (estimate_of(means, at, share=share, sampled=sampled, span=span) for at in (one, rest))
    for alone, who in ((here, ""), (there, "everyone else: ")):
        if alone.cannot_tell:
            return Gap(None, None, None, cannot_tell=who + alone.cannot_tell)
    gap, se, df = means.difference(one, rest)
    if sampled and not se > NO_SPREAD * span:
        return Gap(None, None, None, cannot_tell=FIXED.replace("number", "gap"))
    sides = [one, rest]
    tests = _cautious(here, there, means.covariance[np.ix_(sides, sides)], means.size[sides], df, means.clustered)
    return _compared(here, there, gap, se if sampled else None, df, matters, tests)


def _cautious(
    here: Estimate, there: Estimate, covariance: Floats, sizes: Floats, df: float, clustered: bool
) -> Tests:
    """Standard errors of a gap within one sample for its interval and p, with their degrees of freedom: the widest
    counts.

    The linearised one is too small in two ways, which tell communities apart that are not apart
    (`benchmarks/coverage.py`). It divides by n and not n - 1 of a domain, so it is stretched by (df + 1)/df of each.
    And answers of a few may lie close together by chance: see `_one_spread`; of shares this is the score test.
    """
    if here.se is None or there.se is None:
        return []
    own_df = np.array([max(each.df or 1.0, 1.0) for each in (here, there)])
    own = np.sqrt((own_df + 1) / own_df)
    tests = [(_stretched(covariance, own), df)]
    if here.share and there.share:
        tests.append((_stretched(covariance, own * _one_spread(here, there, sizes)), df))
    elif here.spread and there.spread:
        tests.append(_pooled(here, there, covariance, sizes, df, clustered))
    return tests


def _pooled(
    one: Estimate, other: Estimate, covariance: Floats, sizes: Floats, df: float, clustered: bool
) -> tuple[float, float]:
    """The t test with one variance for both. covariance: (2, 2) · sizes: (2,) what each weighs in that variance · df:
    of the test with two, which stays where both share clusters."""
    found = _stretched(covariance, _one_spread(one, other, sizes))
    return found, df if clustered else max(df, (one.df or 0.0) + (other.df or 0.0))


def _one_spread(one: Estimate, other: Estimate, sizes: Floats) -> Floats:
    """(2,) By how much each standard error grows if both had the spread of answers they have together (Rao 1948). A
    share near 0 or 1, or a mean of few people on a scale of which most use one end, has too small a one by chance."""
    spreads, values = np.array([one.spread, other.spread]), np.array([one.estimate, other.estimate])
    shares = sizes / sizes.sum()
    together = shares @ (spreads + (values - shares @ values) ** 2)
    return np.asarray(np.sqrt(together / spreads), np.float64)


def _stretched(covariance: Floats, by: Floats) -> float:
    """Standard error of the difference of two numbers whose standard errors are each so much larger."""
    variance = (by * by) @ np.diag(covariance) - 2 * by[0] * by[1] * covariance[0, 1]
    return math.sqrt(max(0.0, float(variance)))


def change_of(
    before: Estimate, after: Estimate, *, matters: float, common: Common | None = None, clustered: bool = False
) -> Gap:
    """`after` less `before`, of two samples. Their variances add, less twice the covariance of what is in both
    (`overlap`); with nothing in both, of two separate samples. Degrees of freedom after Welch and Satterthwaite.
    Both must have standard errors, or nothing is told. A change of means of people drawn anew also has to stand the t
    test with one variance: of a few on a scale of which most use one end, Welch's is wrong far too often
    (`benchmarks/coverage.py`). clustered: whether people were sampled by clusters."""
    for each, when in ((before, "the earlier round: "), (after, "the later round: ")):
        if each.unmoving:
            return Gap(after.estimate, before.estimate, None, cannot_tell=when + each.unmoving)
    if before.estimate is None or after.estimate is None or not before.se or not after.se:
        return Gap(after.estimate, before.estimate, None)
    parts = _independent(before, after, common)
    variance = sum(part for part, _df in parts)
    if not variance > _ROUNDING * (before.se**2 + after.se**2):
        return Gap(after.estimate, before.estimate, None, cannot_tell=SAME_ANSWERS)
    df = variance**2 / sum(part * part / (df or 1) for part, df in parts)
    tests: Tests = []
    if before.spread and after.spread and not after.share and not (common and common.units):
        apart, sizes = np.diag([after.se**2, before.se**2]), np.array([after.n, before.n], np.float64)
        tests = [_pooled(after, before, apart, sizes, df, clustered)]
    return _compared(after, before, after.estimate - before.estimate, math.sqrt(variance), df, matters, tests)


def _independent(before: Estimate, after: Estimate, common: Common | None) -> list[tuple[float, float | None]]:
    """Independent parts of the variance of a change, each with its degrees of freedom: units of the earlier round
    alone, of the later alone, and of both. The degrees of each round go with its units."""
    a, b = (before.se or 0.0) ** 2, (after.se or 0.0) ** 2
    if common is None or common.units == 0:
        return [(a, before.df), (b, after.df)]
    df_a, df_b = before.df or 1, after.df or 1
    alone = (
        (max(a - common.earlier, 0.0), df_a * (1 - common.share_earlier)),
        (max(b - common.later, 0.0), df_b * (1 - common.share_later)),
    )
    both = common.change, max(min(df_a * common.share_earlier, df_b * common.share_later), 1.0)
    return [*((part, max(df, 1.0)) for part, df in alone), both]


def _compared(
    here: Estimate,
    there: Estimate,
    gap: float,
    se: float | None,
    df: float,
    matters: float,
    tests: Sequence[tuple[float, float]] = (),
) -> Gap:
    """The difference with its t interval, its p value, and how probably it is at least one that matters. tests:
    other standard errors and their degrees of freedom; interval and p are the most cautious."""
    if se is None:
        return Gap(here.estimate, there.estimate, gap)
    every = [(se, df), *tests]
    p = max(2 * t_above(abs(gap) / each, own) for each, own in every)
    low, high = max((t_interval(gap, each, own) for each, own in every), key=lambda ends: ends[1] - ends[0])
    probability = normal_below((abs(gap) - matters) / se)
    return Gap(
        here.estimate,
        there.estimate,
        gap,
        se,
        low,
        high,
        p,
        probability,
        None,
        there.low,
        there.high,
    )


def holm(p: Sequence[float]) -> list[float]:
    """Probabilities adjusted for how many were looked at (Holm 1979), in the order given."""
    order = sorted(range(len(p)), key=lambda i: (p[i], i))
    adjusted, largest = [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = largest
    return adjusted


def verdict_on(gap: Gap, p_adjusted: float | None, *, matters: float, probability: float) -> str:
    """lower, higher, no difference that matters, or cannot tell.

    No difference that matters: the gap lies within ±matters with at least `probability` (normal, flat prior).
    Otherwise lower or higher: p adjusted (Holm) below .05 and that direction at least as probable as `probability`.
    Otherwise, and always without a sampling error: cannot tell.
    """
    if gap.gap is None or gap.se is None or p_adjusted is None:
        return "cannot tell"
    inside = normal_below((matters - gap.gap) / gap.se) - normal_below((-matters - gap.gap) / gap.se)
    if inside >= probability:
        return "no difference that matters"
    if p_adjusted < 0.05 and normal_below(abs(gap.gap) / gap.se) >= probability:
        return "lower" if gap.gap < 0 else "higher"
    return "cannot tell"


def how_varied(
    *,
    clusters: int | None,
    strata: int | None,
    lonely: int,
    held: str,
    weighted: bool,
    alone: str = "centred at zero",
) -> str:
    """How the linearised standard error was made, in words. clusters, strata: how many, None where there are none ·
    lonely: strata with one unit, and `alone` how they are treated · held: what weights were held to, or nothing."""
    base = f"calibration-aware ({held})" if held else "weights taken as fixed"
    units = "each person a sampling unit" if clusters is None else f"{clusters} clusters"
    known = strata is not None or clusters is not None
    within = "" if strata is None else f" in {strata} strata"
    single = f"; {lonely} strata with one unit {alone}" if lonely and known else ""
    unknown = "" if known or weighted else _UNKNOWN
    return f"linearised standard error, {base}, {units}{within}{single}{unknown}"


_UNKNOWN = (
    "; no design weights, strata or clusters came with the file, so the design effect is unknown and simple random "
    "sampling is assumed"
)


def bounds(answered: float, weight: float, unanswered: float, low: float, high: float) -> tuple[float, float]:
    """Estimates if everyone asked who did not answer had given the lowest, or the highest, answer (Manski 1989).

    answered: Σw·y of who answered · weight, unanswered: Σw of who did, and who did not · low, high: of the scale.
    """
    asked = weight + unanswered
    return (answered + unanswered * low) / asked, (answered + unanswered * high) / asked
