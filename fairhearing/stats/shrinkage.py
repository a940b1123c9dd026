"""Results drawn towards each other as far as they are alike: the normal-normal model, without a sampler.

y_i ~ N(θ_i, v_i), θ_i ~ N(μ, τ²), μ flat, τ by its prior. Given τ everything is normal, so the posterior is a mixture
of normals over τ, which is one-dimensional and integrated by quadrature (Gelman et al., Bayesian Data Analysis §5.4).
The same input gives the same bits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from ..errors import BadInput, CannotEstimate
from .cells import Floats
from .meta import checked

__all__ = ["PRIORS", "Mixture", "Shrunken", "shrink"]

PRIORS = ("half-normal", "half-cauchy", "flat")
_NODES = 240
_STRIPS = 2
_BISECTIONS = 200


@dataclass(frozen=True)
class Mixture:
    """weight, mean, sd: (m,) of normals, the weights summing to 1."""

    weight: Floats
    mean_given: Floats
    sd_given: Floats

    @property
    def mean(self) -> float:
        return float(self.weight @ self.mean_given)

    @property
    def sd(self) -> float:
        return math.sqrt(float(self.weight @ (self.sd_given**2 + (self.mean_given - self.mean) ** 2)))

    def below(self, x: float) -> float:
        """Probability of a value below x."""
        return float(self.weight @ special.ndtr((x - self.mean_given) / self.sd_given))

    def above(self, x: float) -> float:
        return float(self.weight @ special.ndtr((self.mean_given - x) / self.sd_given))

    def quantile(self, p: float) -> float:
        """The value with probability p below it."""
        z = float(special.ndtri(p))
        ends = self.mean_given + z * self.sd_given
        low, high = float(ends.min()), float(ends.max())
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if middle in (low, high):
                break
            low, high = (middle, high) if self.below(middle) < p else (low, middle)
        return (low + high) / 2

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        return self.quantile(0.5 - level / 2), self.quantile(0.5 + level / 2)


@dataclass(frozen=True)
class Shrunken:
    """mu: the average of results like these · effects: one a result · new: the true effect of one more like them ·
    tau, tau_weight: (m,) nodes and their posterior weights."""

    mu: Mixture
    effects: tuple[Mixture, ...]
    new: Mixture
    tau: Floats = field(repr=False)
    tau_weight: Floats = field(repr=False)

    @property
    def tau_mean(self) -> float:
        return float(self.tau @ self.tau_weight)

    def tau_quantile(self, p: float) -> float:
        """By the trapezoid of the nodes' weights: two or three figures."""
        return float(np.interp(p, np.cumsum(self.tau_weight) - self.tau_weight / 2, self.tau))


def shrink(effect: Floats, se: Floats, *, prior: str = "half-normal", scale: float = 0.3) -> Shrunken:
    """effect, se: (k,), at least 2 results (3 with a flat prior, which else has no proper posterior).

    prior of τ: half-normal or half-cauchy with that scale, in the unit of the effects; or flat. The default suits
    standardised effects: differences of more than 0.6 between projects are then unlikely, not impossible.
    """
    y, v = checked(effect, se)
    _enough(len(y), prior, scale)
    tau, weight = _nodes(float(np.sqrt(np.mean(v)) + np.std(y)))
    w = 1 / (v[None, :] + tau[:, None] ** 2)
    precision = w.sum(axis=1)
    mu = (w @ y) / precision
    log = 0.5 * np.log(w).sum(axis=1) - 0.5 * np.log(precision)
    log = log - 0.5 * np.sum(w * (y[None, :] - mu[:, None]) ** 2, axis=1) + _log_prior(prior, tau, scale)
    weight = weight * np.exp(log - log.max())
    weight = weight / weight.sum()
    own = tau[:, None] ** 2 * w  # how much each result counts for itself
    means = own * y[None, :] + (1 - own) * mu[:, None]
    sds = np.sqrt(own * v[None, :] + (1 - own) ** 2 / precision[:, None])
    effects = tuple(Mixture(weight, means[:, i], sds[:, i]) for i in range(len(y)))
    new = Mixture(weight, mu, np.sqrt(tau**2 + 1 / precision))
    return Shrunken(Mixture(weight, mu, 1 / np.sqrt(precision)), effects, new, tau, weight)


def _enough(k: int, prior: str, scale: float) -> None:
    if prior not in PRIORS or not scale > 0:
        raise BadInput(f"there is no prior {prior} with scale {scale:g}", cure=f"choose one of {', '.join(PRIORS)}")
    least = 3 if prior == "flat" else 2
    if k < least:
        raise CannotEstimate(f"{k} results cannot say how much results differ", cure=f"pool at least {least}")


def _nodes(unit: float) -> tuple[Floats, Floats]:
    """τ from 0 to infinity by Gauss-Legendre: strips of `unit`, then what lies beyond by τ = edge/(1 - u)."""
    x, w = np.polynomial.legendre.leggauss(_NODES)
    u, w = (x + 1) / 2, w / 2
    near = [((strip + u) * unit, w * unit) for strip in range(_STRIPS)]
    edge = _STRIPS * unit
    parts = [*near, (edge / (1 - u), w * edge / (1 - u) ** 2)]
    return np.concatenate([tau for tau, _ in parts]), np.concatenate([weight for _, weight in parts])


def _log_prior(prior: str, tau: Floats, scale: float) -> Floats:
    if prior == "half-normal":
        return -0.5 * (tau / scale) ** 2
    return -np.log1p((tau / scale) ** 2) if prior == "half-cauchy" else np.zeros(len(tau))
