"""Figures over time: what may be compared with what. A trend never crosses a break of definition or of counting."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import CannotEstimate
from .distributions import t_quantile

__all__ = ["Trend", "break_between", "segments", "trends"]

_FEWEST = 3
"""Two points are a line whatever they are; three is the least that can contradict one."""


@dataclass(frozen=True)
class Trend:
    """One unbroken run of periods, first and last included (positions in the series). slope: per period, with its
    t interval of a straight line; None where `cannot_tell` says why."""

    first: int
    last: int
    slope: float | None
    low: float | None
    high: float | None
    cannot_tell: str | None


def segments(breaks: Sequence[bool]) -> list[range]:
    """Positions of each unbroken run. breaks: whether a break lies before this period; before the first it says
    nothing."""
    starts = [0, *(i for i, broken in enumerate(breaks) if broken and i)] if len(breaks) else []
    return [range(start, stop) for start, stop in itertools.pairwise([*starts, len(breaks)])]


def break_between(breaks: Sequence[bool], earlier: int, later: int) -> int | None:
    """The first break met on the way from one period to a later one: its position, or None where they compare.

    Raises CannotEstimate where `earlier` is not before `later`, or either is not in the series.
    """
    if not 0 <= earlier < later < len(breaks):
        raise CannotEstimate(
            f"positions {earlier} and {later} are not two periods of a series of {len(breaks)}",
            cure="name an earlier and a later period",
        )
    return next((i for i in range(earlier + 1, later + 1) if breaks[i]), None)


def trends(values: Sequence[float | None], breaks: Sequence[bool]) -> list[Trend]:
    """A straight line through each unbroken run (least squares, t interval); never through a break.

    values: one a period, equally spaced; None where nothing was published. Figures of a whole country have no
    sampling error: the interval says how well a straight line describes them, and nothing more.
    """
    if len(values) != len(breaks):
        raise CannotEstimate("a period has no value or no word on breaks", cure="give one of each for every period")
    return [_line(values, run) for run in segments(breaks)]


def _line(values: Sequence[float | None], run: range) -> Trend:
    told = [(i, float(value)) for i in run if (value := values[i]) is not None and math.isfinite(value)]
    if len(told) < _FEWEST:
        reason = f"{len(told)} figure{'s' * (len(told) != 1)} between breaks; a trend needs {_FEWEST}"
        return Trend(run[0], run[-1], None, None, None, reason)
    at, height = np.array(told, np.float64).T
    x, y, df = at - at.mean(), height - height.mean(), len(told) - 2
    slope = float(x @ y / (x @ x))
    off = y - slope * x
    reach = t_quantile(0.975, df) * math.sqrt(float(off @ off / (x @ x)) / df)
    return Trend(run[0], run[-1], slope, slope - reach, slope + reach, None)
