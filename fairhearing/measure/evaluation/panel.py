"""Difference in differences: units over time, some of them treated from a day on.

Every unit becomes one number, its mean from that day on less its mean before (Bertrand, Duflo & Mullainathan 2004),
so that repeated measurements of a unit count once. Treated and untreated units are then compared: by CR2 where
several are treated, by the placebo test where one is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import CannotEstimate
from ...stats.cells import Floats, Ints
from ...stats.clustered import coefficient
from ...stats.placebo import LEAST_UNITS, placebo

__all__ = ["Panel", "PanelEffect", "panel_effect"]


@dataclass(frozen=True)
class Panel:
    """All (rows,): y · unit: 0 … U-1 · period: 0 … T-1 in their order. treated: (U,) · start: first treated
    period."""

    y: Floats
    unit: Ints
    period: Ints
    treated: Ints
    start: int


@dataclass(frozen=True)
class PanelEffect:
    """effect: in the outcome's unit as measured · se, df, p: of several treated units CR2; of one the placebo test's
    p and no se; none of these of fewer than four units · interval: None where none exists · sd: of units before,
    not-a-number of fewer than four · drift: what the same comparison finds between the first and last period before
    the start, with its p, None where there is one period before · set_aside: units without a period before or
    after."""

    effect: float
    se: float | None
    df: float | None
    p: float | None
    smallest_p: float | None
    interval: tuple[float, float] | None
    sd: float
    treated: int
    others: int
    periods: tuple[int, int]
    drift: tuple[float, float] | None
    set_aside: int
    method: str


def panel_effect(panel: Panel) -> PanelEffect:
    """Raises CannotEstimate without a treated and an untreated unit, each measured before and after."""
    before, after = (_means(panel, side) for side in (panel.period < panel.start, panel.period >= panel.start))
    whole = ~np.isnan(before) & ~np.isnan(after)
    treated, change = panel.treated[whole], (after - before)[whole]
    counts = int(treated.sum()), int((~treated).sum())
    if not min(counts):
        raise CannotEstimate(
            f"{counts[0]} treated and {counts[1]} other units were measured both before and after",
            cure="difference in differences needs at least one of each; check --from and which units are treated",
        )
    sd = float(np.std(before[whole], ddof=1)) if whole.sum() >= LEAST_UNITS else math.nan
    told = np.unique(panel.period)
    periods = int((told < panel.start).sum()), int((told >= panel.start).sum())
    effect, se, df, p, smallest, interval, method = _compared(change, treated)
    return PanelEffect(
        effect, se, df, p, smallest, interval, sd, *counts, periods, _drift(panel), int((~whole).sum()), method
    )


_Compared = tuple[float, float | None, float | None, float | None, float | None, tuple[float, float] | None, str]


def _compared(change: Floats, treated: Ints) -> _Compared:
    if len(change) < LEAST_UNITS:
        effect = float(change[treated].mean() - change[~treated].mean())
        words = f"{len(change)} units: nothing tells how far units move apart by themselves, so no error exists"
        return effect, None, None, None, None, None, words
    if treated.sum() == 1 or (~treated).sum() == 1:
        one = treated if treated.sum() == 1 else ~treated
        found = placebo(change, one)
        sign = 1.0 if treated.sum() == 1 else -1.0
        ends = None if found.interval is None else tuple(sorted(sign * end for end in found.interval))
        words = (
            f"one treated unit: its change is the {_nth(found.place)} furthest from the mean of {found.units} units, "
            f"so p = {found.p:.2f} (it could not be below {found.smallest_p:.3f}); no standard error of one unit "
            "exists, and errors clustered on units would be far too small. The test allows no more than this: "
            "whether its change is unusual among the units' changes, if without the project it were one like theirs"
        )
        return sign * found.effect, None, None, found.p, found.smallest_p, ends, words  # type: ignore[return-value]
    X = np.column_stack([np.ones(len(change)), treated.astype(float)])
    fit = coefficient(X, change, np.array([0.0, 1.0]))
    words = (
        f"units counted once each; standard error CR2 by unit, t on {fit.df:.1f} degrees of freedom (Satterthwaite)"
    )
    return fit.estimate, fit.se, fit.df, fit.p, None, fit.interval(), words


def _nth(place: int) -> str:
    ending = "th" if 10 <= place % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def _means(panel: Panel, side: Ints) -> Floats:
    """Of each unit, not-a-number without a row on this side."""
    rows = side & ~np.isnan(panel.y)
    units = len(panel.treated)
    count = np.bincount(panel.unit[rows], minlength=units)
    total = np.bincount(panel.unit[rows], weights=panel.y[rows], minlength=units)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _drift(panel: Panel) -> tuple[float, float] | None:
    """Did the treated already move apart before? Last period before the start less the first."""
    periods = np.unique(panel.period[panel.period < panel.start])
    if len(periods) < 2:
        return None
    change = _means(panel, panel.period == periods[-1]) - _means(panel, panel.period == periods[0])
    whole = ~np.isnan(change)
    try:
        effect, _, _, p, *_ = _compared(change[whole], panel.treated[whole])
    except CannotEstimate:
        return None
    return None if p is None else (effect, p)
