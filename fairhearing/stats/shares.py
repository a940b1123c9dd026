"""A weighted share of people who need not be a random sample of anybody, with an interval that says how far so few
people, weighing so differently, leave it open.

Wilson's interval on Kish's effective n takes it that people of every weight vary alike. Where those who weigh little
vary most it is too wide, where those who weigh much do, too narrow. So the effective n is divided by the ratio of the
linearised variance (Binder 1983) to Kish's, as far as that ratio can be told: it is drawn towards 1 by the effective
number of people on the rarer side, more where it would narrow the interval; and the variance it adds counts with
Student's t for the effective number of squared weights. With equal weights this is Wilson's interval as it is. The
constants are of simulations (benchmarks/RESULTS.md, *Statements*).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .distributions import t_quantile
from .intervals import wilson

__all__ = ["Weighted", "weighted_share"]

_DOUBT_NARROWING, _DOUBT_WIDENING = 20.0, 8.0
_LEAST_DF = 3.0  # with fewer, Student's t says more of itself than of the votes


@dataclass(frozen=True)
class Weighted:
    """`n_effective`: people who, all weighing the same, would tell as much of the share; 0 where nobody counts, and
    then nothing else is given."""

    n_effective: float
    estimate: float | None
    low: float | None
    high: float | None


def weighted_share(weight: np.ndarray, yes: np.ndarray, held: np.ndarray | None = None) -> Weighted:
    """Share of `yes` (n,), true or false, by `weight` (n,), not below 0, with its 95% interval. `held` (n,): with
    which probability each is of those asked about (default 1); the interval is then that of people drawn with these.
    Sums follow the order of the arrays."""
    held = np.ones(len(weight)) if held is None else held
    total, squares = float(np.sum(weight * held)), weight**2 * held
    if not np.any(squares > 0):
        return Weighted(0.0, None, None, None)
    estimate = min(1.0, float(np.sum((weight * held)[yes])) / total)
    effective = total**2 / float(np.sum(squares)) / _inflation(weight, held, squares, yes, estimate)
    return Weighted(effective, estimate, *wilson(estimate * effective, effective))


def _inflation(weight: np.ndarray, held: np.ndarray, squares: np.ndarray, yes: np.ndarray, share: float) -> float:
    """What Kish's variance of the share is multiplied by; 1 where all weigh the same or answer the same."""
    counted = weight[squares > 0]
    if np.all(counted == counted[0]) or not 0 < share < 1:
        return 1.0
    ratio = float(np.sum(squares * (yes - share) ** 2) / (share * (1 - share) * np.sum(squares)))
    rarer = min(_people(weight * held, squares, side) for side in (yes, ~yes))
    known = rarer / (rarer + (_DOUBT_NARROWING if ratio < 1 else _DOUBT_WIDENING))
    df, all_alike = float(np.sum(squares) ** 2 / np.sum(squares * weight**2)), float(np.sum(held))
    few = t_quantile(0.975, max(df, _LEAST_DF)) / t_quantile(0.975, max(all_alike, _LEAST_DF))
    return 1 + known * (ratio * few**2 - 1)


def _people(mass: np.ndarray, squares: np.ndarray, side: np.ndarray) -> float:
    return float(np.sum(mass[side])) ** 2 / float(np.sum(squares[side]))
