"""The effect of one project on one instrument, from rows of people: raw and standardised, positive = better."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import CannotEstimate
from ...stats.attrition import Attrition, LeeBounds, tipping_point
from ...stats.cells import Floats
from ...stats.clustered import Coefficient, coefficient
from ...stats.distributions import t_above, t_quantile
from ...stats.effects import small_sample_factor
from .design import Balance, Design, design_of, few_clusters, level_of, lost_from, standing_before
from .people import People

__all__ = ["RETROSPECTIVE", "Effect", "Found", "estimated", "found", "tipping_words"]

RETROSPECTIVE = (
    "the baseline was asked afterwards: that reduces shifting standards but flatters items people wish to look well "
    "on, and is not to be pooled with a baseline taken before"
)
_LEAST = 3
_LARGEST = 1e100
"""Its square is still a number."""
_SAME = "before and after are the same for everybody"


@dataclass(frozen=True)
class Effect:
    """raw: in the outcome's unit as measured (a fall is below 0) · standardised: in standard deviations `by`, better
    above 0 · se of each; df: Satterthwaite's · p: two-sided, of no effect · r: correlation of before and after, as
    measured · words: how, without any number; method: with them · adjusted: (n,) outcomes with better above 0, less
    what the baseline explains, for bounds."""

    raw: float
    raw_se: float
    raw_interval: tuple[float, float]
    standardised: float
    se: float
    df: float
    p: float
    sd: float
    by: str
    r: float | None
    words: str
    method: str
    adjusted: Floats

    @property
    def interval(self) -> tuple[float, float]:
        half = t_quantile(0.975, self.df) * self.se
        return self.standardised - half, self.standardised + half

    def above(self, value: float) -> float:
        """P(θ > value): flat prior, t distribution."""
        return t_above((value - self.standardised) / self.se, self.df)


@dataclass(frozen=True)
class Found:
    """Everything found of one project and instrument. effect None: `cannot_tell` says why · n: (project, others) the
    effect rests on · began: all rows of the two arms · tipping: in the outcome's unit, better above 0."""

    design: Design
    level: int
    why_level: tuple[str, ...]
    n: tuple[int, int]
    began: tuple[int, int]
    effect: Effect | None
    balance: tuple[Balance, ...]
    lost: Attrition
    lee: LeeBounds | None
    why_no_lee: str | None
    tipping: float | None
    warnings: tuple[str, ...]
    cannot_tell: str | None


def found(people: People, matters: float = 0.15) -> Found:
    """What the rows say. matters: smallest effect that does, in standard deviations: attrition whose bounds reach
    below it could have made the effect. Never raises for what they cannot say: `cannot_tell` has the reason."""
    design = design_of(people)
    used = people.only(_usable(people))
    counts = (int(used.project.sum()), int((~used.project).sum()))
    began = (int(people.project.sum()), int((~people.project).sum()))
    effect, why_not = _tried(used, design)
    full = np.full(len(people), np.nan)
    if effect is not None:
        full[_usable(people)] = effect.adjusted
    lost, lee, why_no_lee = lost_from(people, full)
    before = _balance(used)
    tipping = None if effect is None else _tipping(effect, lost, people.sign)
    none, tips_at = 0.0, None
    if effect is not None:
        none, tips_at = matters * effect.sd, None if tipping is None else tipping / effect.sd
    level, why_level = level_of(design, before, lost, lee, none, tips_at)
    return Found(
        design, level, (design.why, *why_level), counts, began, effect, before, lost, lee, why_no_lee,
        tipping,
        _warnings(people, used, design, lost), why_not,
    )  # fmt: skip


def _balance(used: People) -> tuple[Balance, ...]:
    try:
        return standing_before(used)
    except CannotEstimate:
        return ()


def _usable(people: People) -> np.ndarray:
    """Who has an outcome and, where it was asked, a baseline."""
    return people.answered if people.before is None else people.answered & ~np.isnan(people.before)


def _tried(used: People, design: Design) -> tuple[Effect | None, str | None]:
    if design.level == 0:
        return None, f"no baseline, no effect claimed ({design.why})"
    try:
        return estimated(used), None
    except CannotEstimate as error:
        return None, error.what


def estimated(used: People) -> Effect:
    """used: rows with everything measured. One arm: the mean change. By lot: outcomes adjusted for the baseline
    (analysis of covariance). Else: the difference in changes. Errors CR2 (HC2 without clusters), Satterthwaite's df.

    Raises CannotEstimate for fewer than 3 people or one cluster in an arm, and where nothing varies."""
    project = used.project
    if project.sum() < _LEAST or (used.arm is not None and (~project).sum() < _LEAST):
        raise CannotEstimate(
            f"{int(project.sum())} people of the project and {int((~project).sum())} others have everything measured",
            cure="at least 3 in each arm are needed",
        )
    y, X, at, words = _regression(used)
    _refuse_what_cannot_vary(used, y)
    contrast = np.zeros(X.shape[1])
    contrast[at] = 1.0
    fit = coefficient(X, y, contrast, clusters=used.cluster)
    sd, df, by = _unit(used)
    standardised = small_sample_factor(df) * used.sign * fit.estimate / sd
    # the spread itself is an estimate: its part of the variance is g²/2df, as in escalc's SMCR
    se = math.hypot(fit.se / sd, standardised / math.sqrt(2 * df))
    rest = np.delete(np.arange(X.shape[1]), [0, at] if used.arm is not None else [0])
    slope = np.linalg.lstsq(X, y, rcond=None)[0]
    adjusted = used.sign * (y - X[:, rest] @ slope[rest])
    r = None if used.before is None else _correlation(used.before, used.after)
    return Effect(
        fit.estimate, fit.se, fit.interval(), standardised, se, fit.df, fit.p, sd, by, r,
        words, words + _errors(used, fit), adjusted,
    )  # fmt: skip


def _refuse_what_cannot_vary(used: People, y: Floats) -> None:
    """Residuals that are zero by construction give no error: of outcomes all alike, and of an arm of one cluster."""
    if not np.abs(y).max() < _LARGEST:
        raise CannotEstimate("an outcome is too large to calculate with", cure="check the column for a slip")
    if np.ptp(y) == 0:
        raise CannotEstimate("everybody's outcome is the same, so nothing varies", cure="check the column")
    arms = [used.project] if used.arm is None else [used.project, ~used.project]
    if used.cluster is not None and min(len(np.unique(used.cluster[arm])) for arm in arms) < 2:
        what = "an arm is one cluster only: what is its own cannot be told from the effect"
        raise CannotEstimate(what, cure="at least two clusters in each arm are needed")


def _regression(used: People) -> tuple[Floats, Floats, int, str]:
    """(outcome, columns, place of the effect's coefficient, in words)."""
    ones = np.ones(len(used))
    known, names = _varying(used)
    more = [known - known.mean(axis=0)] if names else []
    extra = f", adjusted for {', '.join(names)}" if more else ""
    if used.arm is None:
        change = used.after - _given(used)
        return change, np.column_stack([ones, *more]), 0, "mean change, after less before" + extra
    arm = (used.arm == 1).astype(float)
    if used.before is None:
        return used.after, np.column_stack([ones, arm, *more]), 1, "difference of means after" + extra
    if not used.randomised:
        words = "difference in changes, the project's less the others'" + extra
        return used.after - used.before, np.column_stack([ones, arm, *more]), 1, words
    X = np.column_stack([ones, arm, used.before - used.before.mean(), *more])
    return used.after, X, 1, "difference of outcomes adjusted for the outcome before (analysis of covariance)" + extra


def _varying(used: People) -> tuple[Floats, list[str]]:
    """Covariates that differ between these people at all: of three arms, two may lack a word of the third."""
    if used.covariates is None:
        return np.empty((len(used), 0)), []
    differs = np.ptp(used.covariates, axis=0) > 0
    names = [name for name, some in zip(used.covariate_names, differs, strict=True) if some]
    return used.covariates[:, differs], names


def _given(used: People) -> Floats:
    if used.before is None:
        raise CannotEstimate("no baseline, no effect claimed", cure="measure before, or compare by lot")
    return used.before


def _errors(used: People, fit: Coefficient) -> str:
    if used.cluster is None:
        return f"; standard error HC2, t on {fit.df:.1f} degrees of freedom (Satterthwaite)"
    return f"; standard error CR2 over {fit.clusters} clusters, t on {fit.df:.1f} degrees of freedom (Satterthwaite)"


def _unit(used: People) -> tuple[float, float, str]:
    """Spread that standardises: of the baseline within arms; without a baseline, of the others afterwards."""
    if used.before is None:
        values, df, by = used.after[~used.project], float((~used.project).sum() - 1), "of the others, afterwards"
        squares = float(np.sum((values - values.mean()) ** 2))
    else:
        groups = [g for g in (used.before[used.project], used.before[~used.project]) if len(g)]
        squares = sum(float(np.sum((group - group.mean()) ** 2)) for group in groups)
        df, by = float(len(used) - len(groups)), "of the outcome before, within groups"
    if not squares > 0:
        raise CannotEstimate(
            "the outcome did not differ between people before, so nothing can be standardised by it",
            cure="check the column; a scale on which everybody starts alike cannot tell",
        )
    return math.sqrt(squares / df), df, by


def _correlation(before: Floats, after: Floats) -> float | None:
    if np.ptp(before) == 0 or np.ptp(after) == 0:
        return None
    return float(np.corrcoef(before, after)[0, 1])


def _tipping(effect: Effect, lost: Attrition, sign: float) -> float | None:
    ends = sorted(sign * end for end in effect.raw_interval)
    value = sign * effect.raw
    return tipping_point(value, ends[0] if value > 0 else ends[1], lost.project)


def tipping_words(people: People, found: Found) -> str:
    """The tipping point as a sentence; that nobody was lost, or that no answer could undo it, as one too."""
    if found.effect is None or found.lost.project <= 0:
        return "nobody of the project was lost" if found.effect is not None else "no effect, nothing to undo"
    if found.tipping is None:
        return "the interval holds zero already"
    given = people.after[people.answered]
    size = abs(found.tipping)
    if size > float(np.ptp(given)):
        return "no possible outcome of those lost from the project could bring the interval to zero"
    way = "worse" if found.tipping > 0 else "better"
    return (f"had those lost from the project ended {size:.3g} {way} on average than those who stayed, the "
            "interval would reach zero")  # fmt: skip


def _warnings(people: People, used: People, design: Design, lost: Attrition) -> tuple[str, ...]:
    said = []
    if people.retrospective:
        said.append(RETROSPECTIVE)
    if people.waitlist:
        said.append("people on a wait-list expect to be served and may wait for it instead of changing: the effect "
                    "is against waiting, and nothing is known of how long it lasts")  # fmt: skip
    if people.arm is None and people.before is not None:
        said.append("a change that others may have seen too cannot be ascribed to the project")
    if lost.overall > 0 and people.arm is None:
        said.append(f"{100 * lost.overall:.0f}% of those measured before have no outcome; those who stay are often "
                    "those it helped")  # fmt: skip
    if used.before is not None and len(used) and np.array_equal(used.before, used.after):
        said.append(f"{_SAME}: is it the same column twice?")
    apart = [each.what for each in _balance(used) if each.standing == "not alike"]
    if people.randomised and apart:
        said.append(f"the arms differ by more than .25 SD before in {', '.join(apart)} although drawn by lot: check "
                    "how the lot was drawn, and whether these are all who were drawn")  # fmt: skip
    said += _codes_perhaps(people)
    few = few_clusters(people)
    return tuple([*said, few] if few else said)


_CODES = (-999.0, -99.0, -98.0, -97.0, -88.0, -9.0, -8.0, -7.0, -1.0, 9.0, 77.0, 88.0, 97.0, 98.0, 99.0, 777.0, 888.0,
          998.0, 999.0, 9999.0)  # fmt: skip
"""Numbers that forms use for no answer."""


def _codes_perhaps(people: People) -> list[str]:
    """Numbers that forms use for no answer, far from everybody else's: averaged, they would make any effect."""
    columns = [people.after] if people.before is None else [people.before, people.after]
    values = np.concatenate([column[~np.isnan(column)] for column in columns])
    rest = values[~np.isin(values, _CODES)]
    if not len(rest):
        return []
    low, high = float(rest.min()), float(rest.max())
    far = max(high - low, 1.0) / 2
    apart = [c for c in _CODES if (values == c).any() and (max(low - c, c - high) > far or c < 0 < low)]
    if not apart:
        return []
    shown = ", ".join(f"{code:g}" for code in sorted(apart))
    return [f"{shown} lies far from all other answers: if it means no answer, say so (`missing`), or everything here "
            "is wrong"]  # fmt: skip
