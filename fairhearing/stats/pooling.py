"""Small communities: multilevel regression with partial pooling, by Laplace approximation and importance sampling.

logit p = Xβ + Σ σ_k·v_k[group], v ~ N(0, 1), σ_k ~ half-normal, β ~ normal; counts are binomial in each cell.
Given σ, (v, β) is normal around its mode (`laplace`); σ itself is sampled: a split Student t around the mode of log σ
(Geweke 1989, Econometrica) with importance weights. `poststratification` turns the draws into shares of communities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import linalg, optimize, special

from ..errors import CannotEstimate
from .cells import Floats, Ints, group
from .laplace import Design, Inner, build, slope, slope_of_offset, solve

__all__ = [
    "Answers", "Diagnostics", "Factor", "Mode", "Posterior", "Prior", "answers_of_people", "fit", "log_likelihood",
    "mode",
]  # fmt: skip

_TIGHT = 1e-16
"""Newton decrement at which a mode is reached; for proposals a thousandth of a standard deviation will do."""
_LOOSE = 1e-6
_START = 0.5
_SMALLEST, _LARGEST = -12.0, 3.0  # of log σ, so that a standard deviation of nothing ends the search
_DF = 5.0
_LOOK = (1.0, 2.5)
"""Distances, in standard deviations, at which each side of the proposal is fitted to the density."""
_PROPOSALS, _MOST_PROPOSALS, _ENOUGH = 256, 2048, 150
"""Proposals at a time, at most, and the effective number of them to reach."""
_LEAST = 50
"""With fewer, the heaviest proposals decide and nothing is told."""


@dataclass(frozen=True)
class Factor:
    """A grouping with a random intercept. codes: (cells,) 0 … levels-1; levels nobody is in are allowed."""

    name: str
    codes: Ints
    levels: int


@dataclass(frozen=True)
class Answers:
    """y of n said yes in each cell. y, n: (cells,) · X: (cells, p), the intercept included, on unit scale."""

    y: Floats
    n: Floats
    X: Floats
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class Prior:
    """sigma: of the half-normal on each σ_k, in log odds · beta: standard deviation of each β around 0."""

    sigma: float = 1.0
    beta: float = 2.5


@dataclass(frozen=True)
class Mode:
    """Most likely σ (factors,) and β (p,). log_density: with a prior, log p(y, σ) with β integrated out; without, the
    Laplace log-likelihood · iterations, gradient: of the search on log σ."""

    sigma: Floats
    beta: Floats
    log_density: float
    iterations: int
    gradient: float


@dataclass(frozen=True)
class Diagnostics:
    """How far to trust the sampling. effective: proposals, by (Σw)²/Σw² · largest_weight: share of the heaviest
    proposal · newton: steps for the slowest proposal · gradient: largest left at any · at: mode."""

    proposals: int
    effective: float
    largest_weight: float
    newton: int
    gradient: float
    at: Mode


@dataclass(frozen=True)
class Posterior:
    """Equally likely draws. sigma: (draws, factors) · beta: (draws, p) · effects: σ_k·v_k, one (levels, draws) a
    factor, with levels nobody was in drawn from N(0, σ_k²)."""

    sigma: Floats
    beta: Floats
    effects: tuple[Floats, ...] = field(repr=False)
    diagnostics: Diagnostics

    def sigma_interval(self, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
        """Median and central interval of each σ."""
        tail = 0.5 - level / 2
        middle, low, high = np.quantile(self.sigma, [0.5, tail, 1 - tail], axis=0)
        return middle, low, high


def answers_of_people(y: Floats, factors: Sequence[Factor], X: Floats | None = None) -> Answers:
    """One row a person, y 0 or 1 → counts of the cells that occur. X: (people, p), the same for everybody in a cell
    (then the first is taken); without it, the intercept alone."""
    cells = group([f.codes for f in factors], [f.levels for f in factors], len(y))
    first = np.zeros(cells.count, np.int64)
    first[cells.of_row[::-1]] = np.arange(len(y))[::-1]
    fixed = np.ones((cells.count, 1)) if X is None else X[first]
    kept = tuple(Factor(f.name, codes, f.levels) for f, codes in zip(factors, cells.codes, strict=True))
    return Answers(cells.sum(y), cells.sum(), fixed, kept)


def log_likelihood(answers: Answers, sigma: Floats, beta: Floats) -> float:
    """Laplace log-likelihood at σ, β, constants included (lme4's `logLik` of `glmer`, nAGQ = 1)."""
    asked = _asked(answers)
    return solve(_design(asked, None), sigma, offset=asked.X @ beta, tolerance=_TIGHT).value


def mode(answers: Answers, prior: Prior | None = Prior()) -> Mode:
    """The most likely σ and β: of the posterior of log σ, or without a prior of the likelihood, as `glmer` has it.

    Raises CannotEstimate: a factor with one level, the same answer from everybody, separation, counts that are none.
    """
    return _likelihood_mode(_asked(answers)) if prior is None else _posterior_mode(_asked(answers), prior)[0]


def fit(answers: Answers, rng: np.random.Generator, *, prior: Prior = Prior(), draws: int = 1000) -> Posterior:
    """Draws from the posterior of σ, β and every effect. Errors as `mode`, and CannotEstimate where the importance
    weights stay too uneven to rely on."""
    asked = _asked(answers)
    found, design, inner = _posterior_mode(asked, prior)
    sampled = _sample(design, found, inner, prior, rng)
    chosen = _systematic(sampled.weights, draws, rng)
    seen = asked.seen
    sigma, beta = np.empty((draws, len(seen))), np.empty((draws, asked.X.shape[1]))
    effects = tuple(np.empty((f.levels, draws)) for f in answers.factors)
    at = 0
    for s, times in enumerate(chosen):
        if times:
            here = slice(at, at + times)
            sigma[here] = np.exp(sampled.log_sigma[s])
            near = solve(design, sigma[at], start=sampled.x[s], tolerance=_LOOSE)
            x = near.x[:, None] + near.peak.draws(rng.standard_normal((len(near.x), times)))
            beta[here] = x[design.owner < 0].T
            for k, effect in enumerate(effects):
                effect[:, here] = sigma[at, k] * rng.standard_normal((len(effect), times))
                effect[seen[k], here] = sigma[at, k] * x[design.owner == k]
            at += times
    return Posterior(sigma, beta, effects, sampled.diagnostics)


# --- workings ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """Cells somebody is in, and levels somebody is in: seen[k] are the levels of factor k, codes their positions."""

    y: Floats
    n: Floats
    X: Floats
    codes: tuple[Ints, ...]
    seen: tuple[Ints, ...]


def _asked(answers: Answers) -> _Asked:
    _check(answers)
    here = answers.n > 0
    y, n, X = answers.y[here], answers.n[here], answers.X[here]
    if not 0 < y.sum() < n.sum():
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
    return _Asked(y, n, X, tuple(codes), tuple(seen))


def _check(answers: Answers) -> None:
    if not answers.factors:
        raise CannotEstimate("there is no characteristic to pool over", cure="name at least one")
    y, n, X = answers.y, answers.n, answers.X
    if X.shape[:1] != n.shape or y.shape != n.shape or any(f.codes.shape != n.shape for f in answers.factors):
        raise CannotEstimate("the cells of y, n, X and the factors are not the same", cure="give one entry a cell")
    if not (np.isfinite(n).all() and (y >= 0).all() and (y <= n).all() and np.isfinite(X).all()):
        raise CannotEstimate("counts must satisfy 0 ≤ yes ≤ asked, and X be finite", cure="check the counts")
    for factor in answers.factors:
        if not ((factor.codes >= 0) & (factor.codes < factor.levels)).all():
            raise CannotEstimate(
                f"a code of {factor.name} is not among its {factor.levels} levels", cure="number levels from 0"
            )


def _design(asked: _Asked, prior: Prior | None) -> Design:
    """With a prior X is estimated inside, together with v; without, Xβ is an offset."""
    X = asked.X if prior else asked.X[:, :0]
    levels = [len(seen) for seen in asked.seen]
    return build(asked.y, asked.n, X, asked.codes, levels, prior.beta**-2 if prior else 0.0)


def _log_prior(log_sigma: Floats, beta_columns: int, prior: Prior) -> float:
    """Of log σ, its Jacobian included, and the constant of β's prior that `Inner.value` lacks."""
    scaled = np.exp(log_sigma) / prior.sigma
    half_normal = np.log(scaled) - scaled**2 / 2 + 0.5 * np.log(2 / np.pi)
    return float(half_normal.sum()) - beta_columns * float(np.log(prior.beta))


def _posterior_mode(asked: _Asked, prior: Prior) -> tuple[Mode, Design, Inner]:
    design, last = _design(asked, prior), [np.zeros(0)]

    def downhill(log_sigma: Floats) -> tuple[float, Floats]:
        inner = solve(design, np.exp(log_sigma), start=last[0] if len(last[0]) else None, tolerance=_TIGHT)
        last[0] = inner.x
        rise = slope(design, inner, len(log_sigma)) + 1 - (np.exp(log_sigma) / prior.sigma) ** 2
        return -inner.value - _log_prior(log_sigma, asked.X.shape[1], prior), -rise

    start = np.full(len(asked.seen), np.log(_START * prior.sigma))
    end, value, iterations, gradient = _descend(downhill, start, len(start))
    inner = solve(design, np.exp(end), start=last[0], tolerance=_TIGHT)
    return Mode(np.exp(end), inner.x[design.owner < 0], -value, iterations, gradient), design, inner


def _likelihood_mode(asked: _Asked) -> Mode:
    design, K, last = _design(asked, None), len(asked.seen), [np.zeros(0)]

    def downhill(both: Floats) -> tuple[float, Floats]:
        start = last[0] if len(last[0]) else None
        inner = solve(design, np.exp(both[:K]), start=start, offset=asked.X @ both[K:], tolerance=_TIGHT)
        last[0] = inner.x
        rise = [slope(design, inner, K), slope_of_offset(design, inner, asked.X)]
        return -inner.value, -np.concatenate(rise)

    begin = np.concatenate([np.full(K, np.log(_START)), np.zeros(asked.X.shape[1])])
    end, value, iterations, gradient = _descend(downhill, begin, K)
    return Mode(np.exp(end[:K]), end[K:], -value, iterations, gradient)


def _descend(
    downhill: Callable[[Floats], tuple[float, Floats]], start: Floats, log_sigmas: int
) -> tuple[Floats, float, int, float]:
    """Lowest point, the value there, iterations, and the largest slope left."""
    limits = [(_SMALLEST, _LARGEST)] * log_sigmas + [(-40.0, 40.0)] * (len(start) - log_sigmas)
    options = {"maxiter": 500, "ftol": 1e-15, "gtol": 1e-7, "maxcor": 20}
    found = optimize.minimize(downhill, start, jac=True, method="L-BFGS-B", bounds=limits, options=options)
    return found.x, float(found.fun), int(found.nit), float(np.abs(found.jac).max())


@dataclass(frozen=True)
class _Sampled:
    log_sigma: Floats
    x: list[Floats]
    weights: Floats
    diagnostics: Diagnostics


@dataclass(frozen=True)
class _Proposal:
    """Split Student t: axes (K, K) as columns scaled to one standard deviation at the mode, and stretched by `sides`
    (2, K), negative and positive, so that a density that leans is met on both sides."""

    centre: Floats
    axes: Floats
    sides: Floats

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """log σ (count, K), and the log of the proposal's density, constants left out."""
        K = len(self.centre)
        size = np.abs(rng.standard_normal((count, K))) / np.sqrt(rng.chisquare(_DF, (count, 1)) / _DF)
        up = rng.random((count, K)) < self.sides[1] / self.sides.sum(axis=0)
        stretched = np.where(up, self.sides[1], -self.sides[0]) * size
        log_density = -(_DF + K) / 2 * np.log1p((size**2).sum(axis=1) / _DF)
        return self.centre + stretched @ self.axes.T, log_density


def _proposal(design: Design, found: Mode, inner: Inner, prior: Prior) -> _Proposal:
    """Axes from the curvature at the mode (differences of slopes), each side stretched to what the density does."""
    centre, K = np.log(found.sigma), len(found.sigma)

    def at(log_sigma: Floats) -> tuple[float, Floats]:
        near = solve(design, np.exp(log_sigma), start=inner.x, tolerance=_TIGHT)
        rise = slope(design, near, K) + 1 - (np.exp(log_sigma) / prior.sigma) ** 2
        return near.value + _log_prior(log_sigma, len(found.beta), prior), rise

    width = 0.05
    rises = [(at(centre + width * e)[1] - at(centre - width * e)[1]) / (2 * width) for e in np.eye(K)]
    values, vectors = linalg.eigh(-(np.array(rises) + np.array(rises).T) / 2)
    axes = vectors / np.sqrt(np.clip(values, 0.05, None))
    sides = np.ones((2, K))
    for k in range(K):
        for side, sign in enumerate((-1, 1)):
            drops = [found.log_density - at(centre + sign * far * axes[:, k])[0] for far in _LOOK]
            sides[side, k] = max(far / np.sqrt(2 * max(d, 1e-3)) for far, d in zip(_LOOK, drops, strict=True))
    return _Proposal(centre, axes, np.clip(sides, 0.3, 4.0))


def _sample(design: Design, found: Mode, inner: Inner, prior: Prior, rng: np.random.Generator) -> _Sampled:
    """Proposals with importance weights, more of them until enough count."""
    proposal = _proposal(design, found, inner, prior)
    batches: list[Floats] = []
    x: list[Floats] = []
    logs: list[float] = []
    ahead = _ahead(design, inner, len(found.sigma))
    newton, gradient = 0, 0.0
    while True:
        log_sigma, log_proposed = proposal.draw(rng, _PROPOSALS)
        for each, proposed in zip(log_sigma, log_proposed, strict=True):
            start = inner.x + ahead @ np.clip(each - proposal.centre, -1, 1)
            near = solve(design, np.exp(each), start=start, tolerance=_LOOSE)
            logs.append(near.value + _log_prior(each, len(found.beta), prior) - proposed)
            x.append(near.x)
            newton, gradient = max(newton, near.iterations), max(gradient, near.gradient)
        batches.append(log_sigma)
        weights = special.softmax(np.array(logs))
        effective = float(1 / (weights**2).sum())
        if effective >= _ENOUGH or len(logs) >= _MOST_PROPOSALS:
            break
    if effective < _LEAST:
        raise CannotEstimate(
            f"of {len(logs)} proposals for how much groups differ only {effective:.0f} count",
            cure="pool over fewer characteristics, or without interactions",
        )
    diagnostics = Diagnostics(len(logs), effective, float(weights.max()), newton, gradient, found)
    return _Sampled(np.concatenate(batches), x, weights, diagnostics)


def _ahead(design: Design, inner: Inner, factors: int) -> Floats:
    """Derivative of v̂, β̂ by log σ_k: where to start looking. (dim, factors)"""
    parts = np.where(design.owner[:, None] == np.arange(factors), inner.x[:, None], 0.0)
    return np.stack([2 * inner.peak.solve(part) - part for part in parts.T], axis=1)


def _systematic(weights: Floats, draws: int, rng: np.random.Generator) -> Ints:
    """How often each proposal is drawn: within one of draws × weight."""
    marks = (rng.random() + np.arange(draws)) / draws
    places = np.searchsorted(np.cumsum(weights), marks, side="right")
    return np.bincount(np.minimum(places, len(weights) - 1), minlength=len(weights))
