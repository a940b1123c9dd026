"""What a project changed, from the means, spreads and numbers it reports: raw and standardised, how sure it is, and
how much its design can tell. The formulas are those of `metafor::escalc` (SMCR, SMCC, SMD, MC, MD)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from ..errors import CannotEstimate
from .distributions import t_above, t_quantile

__all__ = [
    "Change", "change_by_its_own_spread", "correlation", "difference_in_changes", "difference_in_means",
    "maryland_level", "mean_change", "small_sample_factor", "standardised_difference", "standardised_mean_change",
]  # fmt: skip


@dataclass(frozen=True)
class Change:
    """Effect in standard deviations of the baseline, or in the instrument's own unit. se: None where the correlation
    was not reported; then `se_between` says what it would be for a correlation of 1 and of -1."""

    effect: float
    se: float | None
    df: float
    se_between: tuple[float, float]

    def interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """effect ± t(df)·se, or None without a standard error."""
        if self.se is None:
            return None
        half = t_quantile(0.5 + level / 2, self.df) * self.se
        return self.effect - half, self.effect + half

    def probability_above(self, threshold: float) -> float | None:
        """Probability that the effect is larger than `threshold` (flat prior, t distribution)."""
        return None if self.se is None else t_above((threshold - self.effect) / self.se, self.df)


def small_sample_factor(df: float) -> float:
    """J(ν) = Γ(ν/2) / (√(ν/2)·Γ((ν-1)/2)), exact (Hedges 1981); 0 at ν = 1."""
    return math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2) - math.log(df / 2) / 2) if df > 1 else 0.0


def standardised_mean_change(n: int, before: float, after: float, sd_before: float, r: float | None) -> Change:
    """g = J(n-1)·(after - before)/sd_before, variance 2(1-r)/n + g²/2n (Becker 1988; metafor `escalc("SMCR")`).

    n: people measured twice, at least 3. r: correlation of before and after, never assumed.
    Raises CannotEstimate for fewer people, a standard deviation that is not above 0, or a correlation outside ±1.
    """
    if n < 3:
        raise CannotEstimate(f"{n} people were measured twice", cure="at least 3 are needed")
    if not sd_before > 0:
        raise CannotEstimate(
            f"the standard deviation before is {sd_before:g}", cure="check it: a change cannot be standardised by it"
        )
    if r is not None and not -1 <= r <= 1:
        raise CannotEstimate(f"a correlation cannot be {r:g}", cure="correct it, or leave it empty")
    g = small_sample_factor(n - 1) * (after - before) / sd_before
    least, most, known = (None if c is None else math.sqrt(2 * (1 - c) / n + g * g / (2 * n)) for c in (1.0, -1.0, r))
    return Change(g, known, n - 1, (least or 0.0, most or 0.0))


def change_by_its_own_spread(n: int, change: float, sd_change: float) -> Change:
    """J(n-1)·change/sd of the changes, variance 1/n + g²/2n (`escalc("SMCC")`). Its unit is the spread of changes,
    not of people, so it is never pooled with the others."""
    _check(n, sd_change)
    g = small_sample_factor(n - 1) * change / sd_change
    se = math.sqrt(1 / n + g * g / (2 * n))
    return Change(g, se, n - 1, (se, se))


def mean_change(
    n: int, before: float, after: float, sd_before: float, sd_after: float | None, r: float | None
) -> Change:
    """after - before in the instrument's unit, variance (s₁² + s₂² - 2r·s₁s₂)/n (`escalc("MC")`). Without `sd_after`
    there is no standard error, and no bounds of one (0 to infinity)."""
    _check(n, sd_before, r)
    if sd_after is None:
        return Change(after - before, None, n - 1, (0.0, math.inf))
    least, most, known = (
        None if c is None else math.sqrt(max(sd_before**2 + sd_after**2 - 2 * c * sd_before * sd_after, 0.0) / n)
        for c in (1.0, -1.0, r)
    )
    return Change(after - before, known, n - 1, (least or 0.0, most or 0.0))


def standardised_difference(n: tuple[int, int], mean: tuple[float, float], sd: tuple[float, float]) -> Change:
    """Project less comparison, at one time: J(m)·difference/pooled sd, variance 1/n₁ + 1/n₂ + g²/2(n₁ + n₂)
    (`escalc("SMD")`), m = n₁ + n₂ - 2."""
    for people, spread in zip(n, sd, strict=True):
        _check(people, spread)
    m = n[0] + n[1] - 2
    pooled = math.sqrt(((n[0] - 1) * sd[0] ** 2 + (n[1] - 1) * sd[1] ** 2) / m)
    g = small_sample_factor(m) * (mean[0] - mean[1]) / pooled
    se = math.sqrt(1 / n[0] + 1 / n[1] + g * g / (2 * (n[0] + n[1])))
    return Change(g, se, m, (se, se))


def difference_in_means(n: tuple[int, int], mean: tuple[float, float], sd: tuple[float, float]) -> Change:
    """The same in the instrument's unit, variances apart (`escalc("MD")`), degrees of freedom by Welch."""
    for people, spread in zip(n, sd, strict=True):
        _check(people, spread)
    parts = [spread**2 / people for people, spread in zip(n, sd, strict=True)]
    df = sum(parts) ** 2 / sum(part**2 / (people - 1) for part, people in zip(parts, n, strict=True))
    se = math.sqrt(sum(parts))
    return Change(mean[0] - mean[1], se, df, (se, se))


def correlation(sd_before: float, sd_after: float, sd_change: float) -> float:
    """Of before and after, from the three spreads: exact, not assumed. Raises CannotEstimate where no correlation
    fits them."""
    if not (sd_before > 0 and sd_after > 0 and sd_change >= 0):
        raise CannotEstimate("a spread is not above 0", cure="check the standard deviations")
    r = (sd_before**2 + sd_after**2 - sd_change**2) / (2 * sd_before * sd_after)
    if abs(r) > 1:
        raise CannotEstimate(
            f"the spreads {sd_before:g}, {sd_after:g} and {sd_change:g} of before, after and change contradict each "
            "other",
            cure="check the standard deviations",
        )
    return r


def _check(n: int, sd: float, r: float | None = None) -> None:
    if n < 3:
        raise CannotEstimate(f"{n} people were measured", cure="at least 3 are needed")
    if not sd > 0:
        raise CannotEstimate(f"a standard deviation is {sd:g}", cure="check it: nothing can be measured by it")
    if r is not None and not -1 <= r <= 1:
        raise CannotEstimate(f"a correlation cannot be {r:g}", cure="correct it, or leave it empty")


def difference_in_changes(project: Change, comparison: Change) -> Change:
    """The project's change less the comparison group's: independent groups, so variances add (Becker 1988)."""
    both = [math.hypot(a, b) for a, b in zip(project.se_between, comparison.se_between, strict=True)]
    known = None if project.se is None or comparison.se is None else math.hypot(project.se, comparison.se)
    return Change(project.effect - comparison.effect, known, project.df + comparison.df, (both[0], both[1]))


def maryland_level(design: str, *, baseline: bool, comparison: bool) -> int:
    """Maryland Scientific Methods Scale, from the figures that are there, never from the name alone.

    0 no baseline: nothing can be claimed · 1 before and after · 2 before and after beside a group that nobody
    declared comparable · 3 before and after with a declared comparison group · 5 the same, randomised. Level 4 needs
    a quasi-random assignment, which no declared design states.
    """
    if not baseline or design in ("post only", "none"):
        return 0
    if not comparison:
        return 1
    return {"randomised": 5, "comparison": 3}.get(design, 2)
