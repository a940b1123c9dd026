"""Groups that may stand apart: a prior with a heavy tail, so that a group far from the others is not pulled in.

With probability `chance` an effect comes from N(0, σ² + far²) instead of N(0, σ²). What the answers say of all
effects is nearly normal around one point. Against both priors it gives the odds that a group stands apart, for any σ:
group after group, each given those before it, the others with a prior in between (as in expectation propagation,
Minka 2001). They are where sampling starts; importance weights make up for what is only nearly so (`pooling.fit`).
The aim is that of limited translation (Efron & Morris 1971, 1972), by a model rather than by a bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from .cells import Floats, Ints, summed
from .laplace import Design, Inner, Normal, normal_at

__all__ = ["Apart", "Wide"]

_LEAST = 0.002
"""A group stands apart in at least this share of proposals, and in at most the rest."""


@dataclass(frozen=True)
class Wide:
    """chance: of standing apart · far: standard deviation added then · at: (groups,) coordinates that may."""

    chance: float
    far: float
    at: Ints

    def log_prior(self, flags: Floats) -> float:
        """Log probability of these groups standing apart and no others. flags: (groups,) 0 or 1."""
        return float(flags.sum() * np.log(self.chance) + (1 - flags).sum() * np.log1p(-self.chance))

    def wider(self, flags: Floats, dim: int) -> Floats:
        """What is added to σ². (dim,)"""
        added = np.zeros(dim)
        added[self.at] = flags * self.far**2
        return added


@dataclass(frozen=True)
class Apart:
    """What the answers say of the groups' effects, found at one point. normal: of all effects together · factor:
    (groups,) · precision, pull: of each group alone, the others as they were (groups,) · base: (groups,) which stood
    apart then."""

    wide: Wide
    normal: Normal
    factor: Ints
    precision: Floats
    pull: Floats
    base: Floats

    @classmethod
    def found(cls, design: Design, inner: Inner, wide: Wide, base: Floats) -> Apart:
        """At `inner`, where the groups `base` stood apart."""
        at, scale, normal = wide.at, inner.scale, normal_at(design, inner)
        effects, variance = normal.at(scale, at)
        own = np.diag(variance)
        precision = np.maximum(1 / own - 1 / scale[at] ** 2, 1e-9)
        return cls(wide, normal, design.owner[at], precision, effects / own, base)

    def odds(self, sigma: Floats) -> tuple[Floats, Floats]:
        """Log odds of standing apart given σ (groups,), each as if the others stayed; and what all groups together
        add to the log density at σ of what was found with `base` standing apart (a number)."""
        near, far = self._evidence(sigma)
        odds = special.logit(self.wide.chance) + far - near
        both = np.logaddexp(np.log1p(-self.wide.chance) + near, np.log(self.wide.chance) + far)
        return odds, np.sum(both - np.where(self.base > 0, far, near))

    def slope(self, sigma: Floats) -> Floats:
        """Derivative of what they add by log σ. (factors,)"""
        variance, more = sigma[self.factor] ** 2, self.wide.far**2
        near, far = ((self._steepness(v) * 2 * variance) for v in (variance, variance + more))
        p = special.expit(self.odds(sigma)[0])
        parts = p * far + (1 - p) * near - np.where(self.base > 0, far, near)
        return summed(self.factor, parts, len(sigma))

    def draw(self, sigma: Floats, rng: np.random.Generator) -> tuple[Floats, float]:
        """Which groups stand apart (groups,), drawn; and log of their prior over their proposed probability."""
        near = sigma[self.factor] ** 2
        far = near + self.wide.far**2
        between = near + special.expit(self.odds(sigma)[0]) * self.wide.far**2
        scale = self.normal.design.scale(sigma)
        scale[self.wide.at] = np.sqrt(between)
        m, V = self.normal.at(scale, self.wide.at)
        flags, proposed = np.zeros(len(near)), 0.0
        for j, mark in enumerate(rng.random(len(near))):
            own = V[:, j].copy()
            p = self._chance(1 / own[j] - 1 / between[j], m[j] / own[j], near[j], far[j])
            flags[j] = mark < p
            proposed += math.log(p if flags[j] else 1 - p)
            more = 1 / (far[j] if flags[j] else near[j]) - 1 / between[j]
            step = more / (1 + more * own[j])
            m -= step * m[j] * own
            V -= np.outer(step * own, own)
        return flags, self.wide.log_prior(flags) - proposed

    def _chance(self, precision: float, pull: float, near: float, far: float) -> float:
        """Probability that a group stands apart by what all but its own prior says of it."""
        odds = math.log(self.wide.chance / (1 - self.wide.chance))
        for variance, sign in ((far, 1), (near, -1)):
            grown = 1 + precision * variance
            odds += sign * (pull * pull * variance / grown - math.log(grown)) / 2
        return min(max(1 / (1 + math.exp(-min(max(odds, -50), 50))), _LEAST), 1 - _LEAST)

    def likely(self, sigma: Floats) -> Floats:
        """Groups more likely apart than not. (groups,)"""
        return (self.odds(sigma)[0] > 0).astype(np.float64)

    def start(self, x: Floats, flags: Floats, scale: Floats) -> Floats:
        """Where to look for the effects of the groups whose prior is another than when x (dim,) was found."""
        other = flags != self.base
        own = scale[self.wide.at[other]]
        begun = x.copy()
        begun[self.wide.at[other]] = self.pull[other] * own / (1 + self.precision[other] * own**2)
        return begun

    def _evidence(self, sigma: Floats) -> tuple[Floats, Floats]:
        """Log of the integral of exp(he - ½Pe²) over N(0, σ²), and over N(0, σ² + far²). (groups,)"""
        variance = sigma[self.factor] ** 2
        return self._log_integral(variance), self._log_integral(variance + self.wide.far**2)

    def _log_integral(self, variance: Floats) -> Floats:
        grown = 1 + self.precision * variance
        return np.asarray((self.pull**2 * variance / grown - np.log(grown)) / 2)

    def _steepness(self, variance: Floats) -> Floats:
        """Derivative of `_log_integral` by the variance."""
        grown = 1 + self.precision * variance
        return np.asarray(((self.pull / grown) ** 2 - self.precision / grown) / 2)
