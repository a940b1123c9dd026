"""Intervals that behave: for means, for shares near 0 or 1, and for plain counts; or the reason there is none."""

from __future__ import annotations

import math

from scipy import special

from .distributions import beta_quantile, normal_quantile, t_quantile

__all__ = [
    "difference_of_shares", "exact_share", "korn_graubard", "logit_interval", "share_interval", "t_interval",
    "why_not", "wilson",
]  # fmt: skip

Interval = tuple[float, float]

FEW = 10
"""With fewer people on either side of a share, the exact interval is used: the logit one is too short there."""


def t_interval(estimate: float, se: float, df: float, level: float = 0.95) -> Interval:
    """estimate ± t(df)·se."""
    half = t_quantile(0.5 + level / 2, df) * se
    return estimate - half, estimate + half


def logit_interval(share: float, se: float, df: float, level: float = 0.95) -> Interval:
    """t interval on the logit scale, turned back into shares (R `svyciprop(method = "logit")`). 0 < share < 1."""
    low, high = t_interval(float(special.logit(share)), se / (share * (1 - share)), df, level)
    return float(special.expit(low)), float(special.expit(high))


def korn_graubard(share: float, se: float, n: float, df: float, level: float = 0.95) -> Interval:
    """Exact binomial interval at the effective sample size of this share (Korn & Graubard 1998; R
    `svyciprop(method = "beta")`). n: people; needs n ≥ 2 and df ≥ 1."""
    alpha = 1 - level
    size = share * (1 - share) / se**2 * (t_quantile(alpha / 2, n - 1) / t_quantile(alpha / 2, df)) ** 2
    return exact_share(share, size, level)


def exact_share(share: float, size: float, level: float = 0.95) -> Interval:
    """Exact binomial interval of a share (Clopper & Pearson 1934), 0 and 1 included. size: effective number of
    people, above 0."""
    tail = (1 - level) / 2
    low = beta_quantile(tail, size * share, size * (1 - share) + 1) if share > 0 else 0.0
    high = beta_quantile(1 - tail, size * share + 1, size * (1 - share)) if share < 1 else 1.0
    return low, high


def share_interval(
    share: float, se: float, n: float, favourable: float, df: float, level: float = 0.95
) -> tuple[float, float, str]:
    """Interval of a weighted share and its name. n, favourable: unweighted people answering, and answering so."""
    if min(favourable, n - favourable) < FEW:
        return *korn_graubard(share, se, n, df, level), "Korn–Graubard interval"
    return *logit_interval(share, se, df, level), "logit interval"


def wilson(successes: float, n: float, level: float = 0.95) -> Interval:
    """Score interval of an unweighted share (Wilson 1927). n > 0."""
    z = normal_quantile(0.5 + level / 2)
    share, extra = successes / n, z * z / n
    middle = (share + extra / 2) / (1 + extra)
    half = z / (1 + extra) * math.sqrt(share * (1 - share) / n + extra / (4 * n))
    low = max(0.0, middle - half) if successes > 0 else 0.0  # not what rounding leaves of it
    return low, min(1.0, middle + half) if successes < n else 1.0


def why_not(n: float, low: float, high: float) -> str | None:
    """Why nothing can be told from these answers, or None. low, high: smallest and largest answer given."""
    if n < 1:
        return "nobody answered"
    if n < 2:
        return "one person answered: a community of one cannot be told from that person"
    if low == high:
        return "everyone gave the same answer, so how far it might differ cannot be estimated"
    return None


def difference_of_shares(
    one: float, one_low: float, one_high: float, other: float, other_low: float, other_high: float
) -> tuple[float, float, float]:
    """one − other with its interval from those of both (Newcombe 1998, Statistics in Medicine 17, method 10; of any
    two intervals Zou and Donner 2008)."""
    change = one - other
    low = change - math.hypot(one - one_low, other_high - other)
    high = change + math.hypot(one_high - one, other - other_low)
    return change, low, high
