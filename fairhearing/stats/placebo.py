"""One treated unit among many: what if any of the others had been the treated one?

With one treated state, school or borough no standard error of that unit exists. What can be asked is how unusual its
change is among all units' changes (Fisher's randomisation test; Conley & Taber 2011 on few treated groups). It
allows: a p value no smaller than 1/units, and an interval by turning the test round; on the assumption that without
the project the treated unit's change would have been one like the others'."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import CannotEstimate
from .cells import Floats, Ints

__all__ = ["LEAST_UNITS", "Placebo", "placebo"]

_BISECTIONS = 60
LEAST_UNITS = 4


@dataclass(frozen=True)
class Placebo:
    """effect: treated units' mean change less the others' · p: share of assignments with an effect as large, the real
    one among them · smallest_p: 1/assignments, below which p cannot fall · interval: every effect that this test does
    not reject, None where so few units can reject nothing · place: rank of the treated unit by size, 1 the
    largest."""

    effect: float
    p: float
    smallest_p: float
    interval: tuple[float, float] | None
    place: int
    units: int


def placebo(change: Floats, treated: Ints, level: float = 0.95) -> Placebo:
    """change: (units,) after less before · treated: (units,) whether treated, true once.

    Raises CannotEstimate for another number of treated units, or fewer than 4 units.
    """
    units, at = len(change), np.flatnonzero(treated)
    if len(at) != 1 or units < LEAST_UNITS:
        raise CannotEstimate(
            f"{len(at)} of {units} units were treated", cure="this test is of one treated unit among four or more"
        )
    place = int(at[0])
    others = np.delete(change, place)
    effect = float(change[place] - others.mean())
    p = _p(others, float(change[place]))
    interval = None
    if 1 / units <= 1 - level:
        interval = tuple(float(change[place]) - _edge(others, side, 1 - level) for side in (1.0, -1.0))
    return Placebo(effect, p, 1 / units, interval, round(p * units), units)  # type: ignore[arg-type]


def _p(others: Floats, own: float) -> float:
    """Share of units as far from the mean of all as the treated one whose change is `own` (ties count)."""
    middle = (float(others.sum()) + own) / (len(others) + 1)
    far = abs(own - middle)
    as_far = int(np.count_nonzero(np.abs(others - middle) >= far * (1 - 1e-12) - 1e-300))
    return (as_far + 1) / (len(others) + 1)


def _edge(others: Floats, side: float, alpha: float) -> float:
    """The treated unit's change furthest up (side 1) or down (-1) that is not yet rejected."""
    middle, reach = float(others.mean()), float(np.ptp(others)) + 1e-12
    inside, outside = middle, middle + side * reach
    while _p(others, outside) > alpha:
        inside, outside = outside, outside + side * reach
        reach *= 2
    for _ in range(_BISECTIONS):
        half = (inside + outside) / 2
        inside, outside = (half, outside) if _p(others, half) > alpha else (inside, half)
    return (inside + outside) / 2
