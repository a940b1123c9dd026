"""Always-valid monitoring: an interval of a change that holds at every look, however often one looks.

The first round is one estimate, X0 with variance v0; each later round another, Xs with vs, of people drawn anew. What
is followed is the average of the later rounds, each weighted with its precision, less the first:

    D_t = Σ Xs/vs / Σ 1/vs - X0,      V_t = v0 + 1 / Σ 1/vs.

All looks share the error of the first round. D_t is the generalised least squares estimate of one change δ under
exactly that covariance, so its successive values are those of a Brownian motion with drift δ seen at the information
1/V_t (the canonical joint distribution, Jennison & Turnbull 2000 §11), and the level itself drops out. Mixing the
likelihood ratio of δ over a normal distribution with variance τ² gives a martingale (Robbins 1970), so by Ville's
inequality

    |D_t - δ| < √( V_t · (1 + V_t/τ²) · ( 2·log(1/α) + log(1 + τ²/V_t) ) )      at every t, with probability 1 - α.

For samples large enough that their estimates are nearly normal with known variance: an asymptotic confidence sequence
(Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2021). If the change itself changes, it holds for the average of the
changes, weighted alike: a move is seen later than by a comparison declared for one round. Standard errors of few
degrees of freedom are first widened by how much farther out Student's t lies than the normal, at the boundary.

τ² is fixed before anything is seen: the boundary is tightest when it is as wide as the smallest difference that
matters. That makes τ about 0.94 of that difference at α = 0.05.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ..errors import CannotEstimate
from .cells import Floats
from .distributions import normal_above, t_quantile

__all__ = ["Look", "boundary", "mixture_variance", "monitor", "widened"]


@dataclass(frozen=True)
class Look:
    """One look. looks: how many there have been · change: the average since the first round less the first · se: of
    it alone · low, high: the confidence sequence at this look."""

    looks: int
    change: float
    se: float
    low: float
    high: float

    @property
    def moved(self) -> bool:
        """Whether no change at all lies outside."""
        return not self.low <= 0 <= self.high

    def leaves_all_open(self, span: float) -> bool:
        """Whether the interval holds every change there can be, answers being at most `span` apart."""
        return self.low <= -span and self.high >= span


def mixture_variance(matters: float, alpha: float = 0.05) -> float:
    """τ², in squared units of `matters`, that makes the boundary tightest where it is `matters` wide."""
    return (_tightest(alpha) - 1) / _tightest(alpha) * matters**2


def _tightest(alpha: float) -> float:
    """x > 1 with x - log x = 1 + 2·log(1/α): the square of the boundary in standard errors, where it is tightest."""
    return float(-special.lambertw(-(alpha**2) / math.e, -1).real)


def boundary(variance: Floats, tau2: float, alpha: float = 0.05) -> Floats:
    """How far the estimate may be off at each look, with probability 1 - α at all of them. variance: V_t (looks,)."""
    v = np.asarray(variance, np.float64)
    return np.sqrt(v * (1 + v / tau2) * (2 * math.log(1 / alpha) + np.log1p(tau2 / v)))


def widened(se: float, df: float, alpha: float = 0.05) -> float:
    """A standard error of `df` degrees of freedom as one of a known variance, at the boundary's tail."""
    beyond = math.sqrt(_tightest(alpha))
    return -se * t_quantile(normal_above(beyond), max(df, 1.0)) / beyond


def monitor(
    estimates: Sequence[float], ses: Sequence[float], *, matters: float, alpha: float = 0.05, most: float = math.inf
) -> list[Look]:
    """A look at each round after the first.

    estimates, ses: of each round from the first, of people who are in one round only · matters: the smallest
    difference that matters · alpha: chance that any interval is wrong, at any look · most: no change can be larger.
    Raises CannotEstimate for fewer than two rounds, or a standard error that is not above zero.
    """
    x, v = np.asarray(estimates, np.float64), np.square(np.asarray(ses, np.float64))
    if len(x) < 2 or len(v) != len(x) or not np.all(np.isfinite(x)) or not np.all(np.isfinite(v) & (v > 0)):
        raise CannotEstimate(
            "monitoring needs at least two rounds, each with an estimate and a standard error above zero",
            cure="leave out rounds that cannot be estimated",
        )
    information = np.cumsum(1 / v[1:])
    change = np.cumsum(x[1:] / v[1:]) / information - x[0]
    variance = v[0] + 1 / information
    half = boundary(variance, mixture_variance(matters, alpha), alpha)
    return [
        Look(look, float(d), math.sqrt(each), max(float(d - reach), -most), min(float(d + reach), most))
        for look, (d, each, reach) in enumerate(zip(change, variance, half, strict=True), 1)
    ]
