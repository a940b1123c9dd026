"""What is looked for when communities are pooled: the posterior of how much groups differ, and its mode.

Used by `pooling`, whose model it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy  # its parts are loaded when they are first used
from scipy import special

from ..errors import CannotEstimate
from .apart import Apart, Wide
from .cells import Floats, Ints
from .laplace import Design, Inner, build, slope, slope_of_noise, slope_of_offset, solve

__all__ = [
    "FARTHEST", "LOOSE", "ON_A_SCALE", "TIGHT", "Answers", "Asked", "Centred", "Factor", "Mode", "Prior", "Target",
    "asked_of", "centre_of", "design_of", "likelihood_mode", "standard", "target_of",
]  # fmt: skip

TIGHT, LOOSE = 1e-16, 1e-6
"""Newton decrement at which a mode is reached; for a proposal a thousandth of a standard deviation will do."""
_SMALLEST, _LARGEST = -12.0, 3.0  # of log σ without a prior, so that a σ of nothing ends the search
FARTHEST = 7.0
"""Normal scores of σ beyond this have a prior probability of 1e-12 and are not looked at."""
_SEPARATED = 15.0  # log odds of a fixed effect: a probability within 3e-7 of 0 or 1
_NOISE = 0.5  # of log φ, in standard deviations of the answers, around 0: they hardly say less than that


@dataclass(frozen=True)
class Factor:
    """A grouping with a random intercept. codes: (cells,) 0 … levels-1; levels nobody is in are allowed · apart:
    whether a level may stand apart from the others."""

    name: str
    codes: Ints
    levels: int
    apart: bool = False


@dataclass(frozen=True)
class Answers:
    """y of n said yes in each cell; or, on a scale, y is the sum of n answers and squares that of all their squares.

    y, n: (cells,), whole or weighted · X: (cells, p), the intercept included, on unit scale.
    """

    y: Floats
    n: Floats
    X: Floats
    factors: tuple[Factor, ...]
    squares: float | None = None


@dataclass(frozen=True)
class Prior:
    """In log odds; on a scale, in standard deviations of the answers. sigma: of the half-normal on each σ_k · beta:
    standard deviation of each β around 0 · far, chance: how far a level that may stand apart then lies (standard
    deviation), and how probably it does."""

    sigma: float = 1.0
    beta: float = 2.5
    far: float = 1.0
    chance: float = 0.2


ON_A_SCALE = Prior(sigma=0.5, beta=1.5, far=0.5)
"""Half a standard deviation is what 25 points are of a yes-or-no question, and they are about 1 in log odds."""


@dataclass(frozen=True)
class Mode:
    """Most likely σ (factors,) and β (p,). log_density: with a prior, log p(y, σ) with β integrated out; without, the
    Laplace log-likelihood · iterations, gradient: of the search on log σ · noise: φ of answers on a scale. With a
    prior, answers on a scale are in standard deviations from their mean."""

    sigma: Floats
    beta: Floats
    log_density: float
    iterations: int
    gradient: float
    noise: float | None = None


@dataclass(frozen=True)
class Asked:
    """Cells somebody is in, and levels somebody is in: seen[k] are the levels of factor k, codes their positions."""

    y: Floats
    n: Floats
    X: Floats
    codes: tuple[Ints, ...]
    seen: tuple[Ints, ...]
    apart: tuple[bool, ...]
    squares: float | None


def asked_of(answers: Answers) -> Asked:
    _check(answers)
    here = answers.n > 0
    y, n, X = answers.y[here], answers.n[here], answers.X[here]
    if not _differ(y, n, answers.squares):
        reason = "nobody answered" if not len(n) else f"all {n.sum():.0f} people gave the same answer"
        raise CannotEstimate(reason, cure="nothing can be told of how communities differ; ask more people")
    seen, codes = [], []
    for factor in answers.factors:
        levels, code = np.unique(factor.codes[here], return_inverse=True)
        if len(levels) < 2:
            raise CannotEstimate(
                f"everybody who answered is in one group of {factor.name}", cure=f"leave {factor.name} out"
            )
        seen.append(levels)
        codes.append(code.reshape(-1))
    return Asked(y, n, X, tuple(codes), tuple(seen), tuple(f.apart for f in answers.factors), answers.squares)


def _differ(y: Floats, n: Floats, squares: float | None) -> bool:
    if squares is None:
        return bool(0 < y.sum() < n.sum())
    return len(n) > 0 and bool(squares * n.sum() - y.sum() ** 2 > 1e-12 * squares * n.sum())


def standard(asked: Asked) -> tuple[Asked, float, float]:
    """Answers on a scale in standard deviations from their mean, and what these are; yes and no as they are."""
    if asked.squares is None:
        return asked, 0.0, 1.0
    people = float(asked.n.sum())
    centre = float(asked.y.sum()) / people
    unit = float(np.sqrt(asked.squares / people - centre**2))
    return replace(asked, y=(asked.y - centre * asked.n) / unit, squares=people), centre, unit


def _check(answers: Answers) -> None:
    if not answers.factors:
        raise CannotEstimate("there is no characteristic to pool over", cure="name at least one")
    y, n, X = answers.y, answers.n, answers.X
    if X.shape[:1] != n.shape or y.shape != n.shape or any(f.codes.shape != n.shape for f in answers.factors):
        raise CannotEstimate("the cells of y, n, X and the factors are not the same", cure="give one entry a cell")
    told = np.isfinite(y).all() if answers.squares is not None else (y >= 0).all() and (y <= n).all()
    if not (np.isfinite(n).all() and (n >= 0).all() and told and np.isfinite(X).all()):
        raise CannotEstimate("counts must satisfy 0 ≤ yes ≤ asked, and X be finite", cure="check the counts")
    for factor in answers.factors:
        if not ((factor.codes >= 0) & (factor.codes < factor.levels)).all():
            raise CannotEstimate(
                f"a code of {factor.name} is not among its {factor.levels} levels", cure="number levels from 0"
            )


def design_of(asked: Asked, prior: Prior | None) -> Design:
    """With a prior X is estimated inside, together with v; without, Xβ is an offset."""
    X = asked.X if prior else asked.X[:, :0]
    levels = [len(seen) for seen in asked.seen]
    return build(asked.y, asked.n, X, asked.codes, levels, prior.beta**-2 if prior else 0.0, asked.squares)


def target_of(asked: Asked, prior: Prior) -> Target:
    design = design_of(asked, prior)
    may = np.append(asked.apart, False)[design.owner]
    return Target(design, prior, len(asked.seen), Wide(prior.chance, prior.far, np.flatnonzero(may)))


@dataclass(frozen=True)
class Target:
    """The posterior of σ by its normal scores u, Φ(u) being the prior probability of a smaller σ: the prior of u is
    standard normal, and so nearly is what little data say of it, where log σ would lean. On a scale, the last score
    is that of log φ."""

    design: Design
    prior: Prior
    factors: int
    wide: Wide

    @property
    def scores(self) -> int:
        return self.factors + (self.design.squares is not None)

    def sigma(self, score: Floats) -> Floats:
        return np.asarray(-self.prior.sigma * special.ndtri(special.ndtr(-score[: self.factors]) / 2))

    def noise(self, score: Floats) -> float | None:
        return None if self.design.squares is None else float(np.exp(_NOISE * score[-1]))

    def steepness(self, score: Floats) -> Floats:
        """Derivative of log σ, and of log φ, by their scores."""
        own = score[: self.factors]
        scaled = self.sigma(score) / self.prior.sigma
        steep = np.exp((scaled**2 - own**2) / 2) / (2 * scaled)
        return np.append(steep, np.full(self.scores - self.factors, _NOISE))

    def inner(self, score: Floats, start: Floats | None, tolerance: float, wider: Floats | None = None) -> Inner:
        noise = self.noise(score)
        return solve(self.design, self.sigma(score), start=start, tolerance=tolerance, wider=wider, noise=noise)

    def log_density(self, score: Floats, inner: Inner) -> float:
        """log p(y, u) up to the constant of the prior, its β integrated out."""
        flat = int(np.count_nonzero(self.design.owner < 0)) * np.log(self.prior.beta)
        return float(inner.value - score @ score / 2 - len(score) * np.log(2 * np.pi) / 2 - flat)

    def with_slope(
        self, score: Floats, start: Floats | None, wider: Floats | None = None
    ) -> tuple[float, Floats, Inner]:
        inner = self.inner(score, start, TIGHT, wider)
        by_log = slope(self.design, inner, self.factors, wider)
        if inner.noise is not None:
            by_log = np.append(by_log, slope_of_noise(self.design, inner))
        return self.log_density(score, inner), by_log * self.steepness(score) - score, inner

    def ahead(self, score: Floats, inner: Inner, wider: Floats) -> Floats:
        """Derivative of v̂, β̂ by the scores: where to start looking. (dim, scores)"""
        moved = inner.x * (1 - wider / inner.scale**2)
        parts = np.where(self.design.owner[:, None] == np.arange(self.factors), moved[:, None], 0.0)
        by_log = [2 * inner.peak.solve(part) - part for part in parts.T]
        if inner.noise is not None:
            by_log.append(inner.peak.solve(-2 * self.design.precision * inner.x))
        return np.stack(by_log, axis=1) * self.steepness(score)


@dataclass(frozen=True)
class Centred:
    """The most likely scores, and there v̂ and β̂. wider: (dim,) of the levels likely to stand apart · apart: what the
    levels' own answers say of it, None where no level may."""

    target: Target
    score: Floats
    inner: Inner
    wider: Floats
    apart: Apart | None

    def with_slope(self, score: Floats, start: Floats | None) -> tuple[float, Floats, Inner]:
        """Of the log density, summed over who stands apart (nearly: each level as if the others stayed)."""
        value, rise, inner = self.target.with_slope(score, start, self.wider)
        if self.apart is None:
            return value, rise, inner
        sigma = self.target.sigma(score)
        by_log = np.append(self.apart.slope(sigma), np.zeros(len(score) - len(sigma)))
        return value + float(self.apart.odds(sigma)[1]), rise + by_log * self.target.steepness(score), inner

    def flags(self, score: Floats, rng: np.random.Generator) -> tuple[Floats, float]:
        """Who stands apart, drawn, and log of its prior over its proposed probability."""
        if self.apart is None:
            return np.zeros(0), 0.0
        return self.apart.draw(self.target.sigma(score), rng)

    def again(self) -> Centred:
        """With the levels set apart that are likely to stand apart here, and what their answers say found anew."""
        target, wide = self.target, self.target.wide
        base = np.zeros(len(wide.at)) if self.apart is None else self.apart.likely(target.sigma(self.score))
        wider = wide.wider(base, len(self.inner.x))
        start = self.inner.x * self.inner.scale / target.design.scale(target.sigma(self.score), wider)
        inner = target.inner(self.score, start, TIGHT, wider)
        found = Apart.found(target.design, inner, wide, base)
        return replace(self, inner=inner, wider=wider, apart=found)


def centre_of(target: Target) -> tuple[Mode, Centred]:
    """Where no level may stand apart, the mode; else the mode of three searches, the later ones with the levels set
    apart that the one before found likely to be."""
    none = np.zeros(target.scores)
    mode, at = _search(
        Centred(target, none, target.inner(none, None, LOOSE), np.zeros(len(target.design.owner)), None)
    )
    if len(target.wide.at):
        for _ in range(2):
            mode, at = _search(at.again())
    return mode, at


def _search(at: Centred) -> tuple[Mode, Centred]:
    last = [at.inner.x]

    def downhill(score: Floats) -> tuple[float, Floats]:
        density, rise, inner = at.with_slope(score, last[0])
        last[0] = inner.x
        return -density, -rise

    score, value, iterations, gradient = _descend(downhill, at.score, [(-FARTHEST, FARTHEST)] * len(at.score))
    inner = at.target.inner(score, last[0], TIGHT, at.wider)
    beta = inner.x[at.target.design.owner < 0]
    mode = Mode(at.target.sigma(score), beta, -value, iterations, gradient, inner.noise)
    return mode, replace(at, score=score, inner=inner)


def likelihood_mode(asked: Asked) -> Mode:
    """The last parameters are β; before them, on a scale, log φ, and before that log σ."""
    design, K, p = design_of(asked, None), len(asked.seen), asked.X.shape[1]
    on_a_scale = asked.squares is not None
    last: list[Floats | None] = [None]

    def downhill(all_: Floats) -> tuple[float, Floats]:
        noise = float(np.exp(all_[K])) if on_a_scale else None
        offset = asked.X @ all_[-p:]
        inner = solve(design, np.exp(all_[:K]), start=last[0], offset=offset, tolerance=TIGHT, noise=noise)
        last[0] = inner.x
        by_noise = np.full(int(on_a_scale), slope_of_noise(design, inner) if on_a_scale else 0.0)
        parts = [slope(design, inner, K), by_noise, slope_of_offset(design, inner, asked.X)]
        return -inner.value, -np.concatenate(parts)

    farthest = np.inf if on_a_scale else _SEPARATED
    limits = [(_SMALLEST, _LARGEST)] * K + [(None, None)] * on_a_scale + [(-farthest, farthest)] * p
    begin = np.concatenate([np.full(K, -1.0), np.zeros(int(on_a_scale)), np.zeros(p)])
    end, value, iterations, gradient = _descend(downhill, begin, limits)
    if np.abs(end[-p:]).max(initial=0) >= farthest:
        raise CannotEstimate(
            "a fixed effect separates those who answered yes from those who answered no: its size has no end",
            cure="leave that column out, or give fixed effects a prior",
        )
    noise = float(np.exp(end[K])) if on_a_scale else None
    return Mode(np.exp(end[:K]), end[-p:], -value, iterations, gradient, noise)


def _descend(
    downhill: Callable[[Floats], tuple[float, Floats]],
    start: Floats,
    limits: Sequence[tuple[float | None, float | None]],
) -> tuple[Floats, float, int, float]:
    """Lowest point, the value there, iterations, and the largest slope left."""
    options = {"maxiter": 500, "ftol": 1e-15, "gtol": 1e-7, "maxcor": 20}
    found = scipy.optimize.minimize(downhill, start, jac=True, method="L-BFGS-B", bounds=limits, options=options)
    return found.x, float(found.fun), int(found.nit), float(np.abs(found.jac).max())
