"""Small communities: multilevel regression with partial pooling, by Laplace approximation and importance sampling.

logit p = Xβ + Σ σ_k·v_k[group], v ~ N(0, 1), σ_k ~ half-normal, β ~ normal; counts are binomial in each cell.
Given σ, (v, β) is normal (`laplace`); σ itself is sampled around its own mode with importance weights
(`importance`), on a scale on which its prior is standard normal. `poststratification` turns the draws into shares of
communities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import optimize, special

from ..errors import CannotEstimate
from .cells import Floats, Ints, group
from .importance import Weighted, effective, proposal_around, systematic, weigh
from .laplace import Design, Inner, build, mean, slope, slope_of_offset, solve

__all__ = [
    "Answers", "Diagnostics", "Factor", "Mode", "Posterior", "Prior", "answers_of_people", "fit", "log_likelihood",
    "mode",
]  # fmt: skip

_TIGHT, _LOOSE = 1e-16, 1e-6
"""Newton decrement at which a mode is reached; for a proposal a thousandth of a standard deviation will do."""
_SMALLEST, _LARGEST = -12.0, 3.0  # of log σ without a prior, so that a σ of nothing ends the search
_FARTHEST = 7.0
"""Normal scores of σ beyond this have a prior probability of 1e-12 and are not looked at."""
_SEPARATED = 15.0  # log odds of a fixed effect: a probability within 3e-7 of 0 or 1
_DF = 5.0
_BATCH, _MOST, _ENOUGH, _LEAST = 256, 2048, 150, 50
"""Proposals of σ at a time and at most; how many must count, and below how many nothing is told."""


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
    """The most likely σ and β: of the posterior by σ's normal scores, or without a prior of the likelihood (`glmer`).

    Raises CannotEstimate: a factor with one level, the same answer from everybody, separation, counts that are none.
    """
    asked = _asked(answers)
    if prior is None:
        return _likelihood_mode(asked)
    return _posterior_mode(_Target(_design(asked, prior), prior), len(asked.seen))[0]


def fit(answers: Answers, rng: np.random.Generator, *, prior: Prior = Prior(), draws: int = 1000) -> Posterior:
    """Draws from the posterior of σ, β and every effect. Errors as `mode`, and CannotEstimate where the importance
    weights stay too uneven to rely on."""
    asked = _asked(answers)
    target = _Target(_design(asked, prior), prior)
    found, centre, inner = _posterior_mode(target, len(asked.seen))
    worst = [0, 0.0]

    def log_density(score: Floats) -> tuple[float, Floats]:
        if np.abs(score).max() > _FARTHEST:
            return -np.inf, inner.x
        near = target.inner(score, inner.x + ahead @ np.clip(score - centre, -1, 1), _LOOSE)
        worst[:] = max(worst[0], near.iterations), max(worst[1], near.gradient)
        return target.log_density(score, near), near.x

    ahead = target.ahead(centre, inner)
    proposal = proposal_around(lambda score: target.with_slope(score, inner.x)[:2], centre, _DF)
    sampled = weigh(proposal, log_density, rng, batch=_BATCH, enough=_ENOUGH, most=_MOST, least=_LEAST)
    counts = len(sampled.weights), effective(sampled.weights), float(sampled.weights.max())
    return _drawn(answers, asked, target, sampled, rng, draws, Diagnostics(*counts, int(worst[0]), worst[1], found))


def _drawn(
    answers: Answers, asked: _Asked, target: _Target, sampled: Weighted, rng: np.random.Generator, draws: int,
    diagnostics: Diagnostics,
) -> Posterior:  # fmt: skip
    """Points drawn by their weights, and at each as many draws of v and β."""
    owner = target.design.owner
    sigma, beta = np.empty((draws, len(asked.seen))), np.empty((draws, asked.X.shape[1]))
    effects = tuple(np.empty((factor.levels, draws)) for factor in answers.factors)
    at = 0
    times = systematic(sampled.weights, draws, rng)
    for s in np.flatnonzero(times):
        here = slice(at, at + times[s])
        near = target.inner(sampled.points[s], sampled.kept[s], _LOOSE)
        x = mean(target.design, near)[:, None] + near.peak.draws(rng.standard_normal((len(near.x), times[s])))
        sigma[here], beta[here] = target.sigma(sampled.points[s]), x[owner < 0].T
        for k, effect in enumerate(effects):
            effect[:, here] = sigma[at, k] * rng.standard_normal((len(effect), times[s]))
            effect[asked.seen[k], here] = sigma[at, k] * x[owner == k]
        at += times[s]
    return Posterior(sigma, beta, effects, diagnostics)


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


@dataclass(frozen=True)
class _Target:
    """The posterior of σ by its normal scores u, Φ(u) being the prior probability of a smaller σ: the prior of u is
    standard normal, and so nearly is what little data say of it, where log σ would lean."""

    design: Design
    prior: Prior

    def sigma(self, score: Floats) -> Floats:
        return np.asarray(-self.prior.sigma * special.ndtri(special.ndtr(-score) / 2))

    def steepness(self, score: Floats) -> Floats:
        """Derivative of log σ by the score."""
        scaled = self.sigma(score) / self.prior.sigma
        return np.asarray(np.exp((scaled**2 - score**2) / 2) / (2 * scaled))

    def inner(self, score: Floats, start: Floats | None, tolerance: float) -> Inner:
        return solve(self.design, self.sigma(score), start=start, tolerance=tolerance)

    def log_density(self, score: Floats, inner: Inner) -> float:
        """log p(y, u) up to the constant of the prior, its β integrated out."""
        flat = int(np.count_nonzero(self.design.owner < 0)) * np.log(self.prior.beta)
        return float(inner.value - score @ score / 2 - len(score) * np.log(2 * np.pi) / 2 - flat)

    def with_slope(self, score: Floats, start: Floats | None) -> tuple[float, Floats, Inner]:
        inner = self.inner(score, start, _TIGHT)
        rise = slope(self.design, inner, len(score)) * self.steepness(score) - score
        return self.log_density(score, inner), rise, inner

    def ahead(self, score: Floats, inner: Inner) -> Floats:
        """Derivative of v̂, β̂ by the scores: where to start looking. (dim, factors)"""
        parts = np.where(self.design.owner[:, None] == np.arange(len(score)), inner.x[:, None], 0.0)
        return np.stack([2 * inner.peak.solve(part) - part for part in parts.T], axis=1) * self.steepness(score)


def _posterior_mode(target: _Target, factors: int) -> tuple[Mode, Floats, Inner]:
    last: list[Floats | None] = [None]

    def downhill(score: Floats) -> tuple[float, Floats]:
        density, rise, inner = target.with_slope(score, last[0])
        last[0] = inner.x
        return -density, -rise

    centre, value, iterations, gradient = _descend(downhill, np.zeros(factors), [(-_FARTHEST, _FARTHEST)] * factors)
    inner = target.inner(centre, last[0], _TIGHT)
    beta = inner.x[target.design.owner < 0]
    return Mode(target.sigma(centre), beta, -value, iterations, gradient), centre, inner


def _likelihood_mode(asked: _Asked) -> Mode:
    design, K, p = _design(asked, None), len(asked.seen), asked.X.shape[1]
    last: list[Floats | None] = [None]

    def downhill(both: Floats) -> tuple[float, Floats]:
        inner = solve(design, np.exp(both[:K]), start=last[0], offset=asked.X @ both[K:], tolerance=_TIGHT)
        last[0] = inner.x
        return -inner.value, -np.concatenate([slope(design, inner, K), slope_of_offset(design, inner, asked.X)])

    limits = [(_SMALLEST, _LARGEST)] * K + [(-_SEPARATED, _SEPARATED)] * p
    end, value, iterations, gradient = _descend(downhill, np.append(np.full(K, -1.0), np.zeros(p)), limits)
    if np.abs(end[K:]).max(initial=0) >= _SEPARATED:
        raise CannotEstimate(
            "a fixed effect separates those who answered yes from those who answered no: its size has no end",
            cure="leave that column out, or give fixed effects a prior",
        )
    return Mode(np.exp(end[:K]), end[K:], -value, iterations, gradient)


def _descend(
    downhill: Callable[[Floats], tuple[float, Floats]], start: Floats, limits: list[tuple[float, float]]
) -> tuple[Floats, float, int, float]:
    """Lowest point, the value there, iterations, and the largest slope left."""
    options = {"maxiter": 500, "ftol": 1e-15, "gtol": 1e-7, "maxcor": 20}
    found = optimize.minimize(downhill, start, jac=True, method="L-BFGS-B", bounds=limits, options=options)
    return found.x, float(found.fun), int(found.nit), float(np.abs(found.jac).max())
