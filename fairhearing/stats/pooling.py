"""Small communities: multilevel regression with partial pooling, by Laplace approximation and importance sampling.

logit p = Xβ + Σ σ_k·v_k[group], v ~ N(0, 1), σ_k ~ half-normal, β ~ normal; counts are binomial in each cell, and
answers on a scale normal around the same sum. Groups may stand apart from the others (`apart`). Given σ, (v, β) is
normal (`laplace`); σ itself is sampled around its own mode (`pooling_target`) with importance weights (`importance`).
`poststratification` turns the draws into shares of communities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .cells import Floats, group
from .importance import Weighted, effective, proposal_around, systematic, weigh
from .laplace import mean, solve
from .pooling_target import (
    FARTHEST,
    LOOSE,
    ON_A_SCALE,
    TIGHT,
    Answers,
    Asked,
    Factor,
    Mode,
    Prior,
    Target,
    asked_of,
    centre_of,
    design_of,
    likelihood_mode,
    standard,
    target_of,
)  # fmt: skip

__all__ = [
    "ON_A_SCALE", "Answers", "Diagnostics", "Factor", "Mode", "Posterior", "Prior", "answers_of_people", "fit",
    "log_likelihood", "mode",
]  # fmt: skip

_PRIOR = Prior()
_DF = 5.0
_BATCH, _MOST, _ENOUGH, _LEAST = 256, 2048, 150, 50
"""Proposals of σ at a time and at most; how many must count, and below how many nothing is told."""


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
    factor, with levels nobody was in drawn from their prior · apart: probability that a level stands apart, one
    (levels,) a factor · centre: added to η of answers on a scale, None for yes and no · noise: (draws,) φ on a scale.
    """

    sigma: Floats
    beta: Floats
    effects: tuple[Floats, ...] = field(repr=False)
    diagnostics: Diagnostics
    apart: tuple[Floats, ...]
    centre: float | None = None
    noise: Floats | None = None

    def sigma_interval(self, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
        """Median and central interval of each σ."""
        tail = 0.5 - level / 2
        middle, low, high = np.quantile(self.sigma, [0.5, tail, 1 - tail], axis=0)
        return middle, low, high


def answers_of_people(
    y: Floats, factors: Sequence[Factor], X: Floats | None = None, *, weights: Floats | None = None,
    scale: bool = False,
) -> Answers:  # fmt: skip
    """One row a person, y 0 or 1 (or, with `scale`, any number) → sums of the cells that occur. X: (people, p), the
    same for everybody in a cell (then the first is taken); without it, the intercept alone · weights: (people,), how
    many answers each counts as, that is adding up to the effective number of people; without it, one each."""
    cells = group([f.codes for f in factors], [f.levels for f in factors], len(y))
    first = np.zeros(cells.count, np.int64)
    first[cells.of_row[::-1]] = np.arange(len(y))[::-1]
    fixed = np.ones((cells.count, 1)) if X is None else X[first]
    kept = tuple(replace(f, codes=codes) for f, codes in zip(factors, cells.codes, strict=True))
    each = np.ones(len(y)) if weights is None else weights
    squares = float(each @ (y * y)) if scale else None
    return Answers(cells.sum(each * y), cells.sum(weights), fixed, kept, squares)


def log_likelihood(answers: Answers, sigma: Floats, beta: Floats, noise: float | None = None) -> float:
    """Laplace log-likelihood at σ, β, constants included (lme4's `logLik` of `glmer`, nAGQ = 1); on a scale, at φ,
    exact (`lmer`, REML = FALSE)."""
    asked = asked_of(answers)
    return solve(design_of(asked, None), sigma, offset=asked.X @ beta, tolerance=TIGHT, noise=noise).value


def mode(answers: Answers, prior: Prior | None = _PRIOR) -> Mode:
    """The most likely σ and β: of the posterior by σ's normal scores, or without a prior of the likelihood (`glmer`;
    `lmer` for answers on a scale), in which no level stands apart.

    Raises CannotEstimate: a factor with one level, the same answer from everybody, separation, counts that are none.
    """
    asked = asked_of(answers)
    if prior is None:
        return likelihood_mode(asked)
    return centre_of(target_of(standard(asked)[0], prior))[0]


def fit(answers: Answers, rng: np.random.Generator, *, prior: Prior = _PRIOR, draws: int = 1000) -> Posterior:
    """Draws from the posterior of σ, β and every effect. Errors as `mode`, and CannotEstimate where the importance
    weights stay too uneven to rely on. Answers on a scale need a prior in standard deviations: `ON_A_SCALE`."""
    asked, centre, unit = standard(asked_of(answers))
    target = target_of(asked, prior)
    found, centred = centre_of(target)
    point, inner = centred.score, centred.inner
    ahead = target.ahead(point, inner, centred.wider)
    worst = [0, 0.0]

    def log_density(score: Floats) -> tuple[float, Floats]:
        if np.abs(score).max() > FARTHEST:
            return -np.inf, np.stack([inner.x, centred.wider])
        flags, log_odds = centred.flags(score, rng)
        wider = target.wide.wider(flags, len(inner.x))
        x = inner.x + ahead @ np.clip(score - point, -1, 1)
        if centred.apart is not None:
            x = centred.apart.start(x, flags, target.design.scale(target.sigma(score), wider))
        near = target.inner(score, x, LOOSE, wider)
        worst[:] = max(worst[0], near.iterations), max(worst[1], near.gradient)
        return target.log_density(score, near) + log_odds, np.stack([near.x, wider])

    proposal = proposal_around(lambda score: centred.with_slope(score, inner.x)[:2], point, _DF)
    sampled = weigh(proposal, log_density, rng, batch=_BATCH, enough=_ENOUGH, most=_MOST, least=_LEAST)
    counts = len(sampled.weights), effective(sampled.weights), float(sampled.weights.max())
    drawn = _drawn(answers, asked, target, sampled, rng, draws, Diagnostics(*counts, int(worst[0]), worst[1], found))
    return drawn if answers.squares is None else _on_the_scale(drawn, centre, unit)


def _drawn(
    answers: Answers, asked: Asked, target: Target, sampled: Weighted, rng: np.random.Generator, draws: int,
    diagnostics: Diagnostics,
) -> Posterior:  # fmt: skip
    """Points drawn by their weights, and at each as many draws of v and β."""
    owner = target.design.owner
    sigma, beta, noise = np.empty((draws, len(asked.seen))), np.empty((draws, asked.X.shape[1])), np.ones(draws)
    effects = tuple(np.empty((factor.levels, draws)) for factor in answers.factors)
    apart = tuple(np.full(factor.levels, target.prior.chance * factor.apart) for factor in answers.factors)
    for k, seen in enumerate(asked.seen):
        apart[k][seen] = 0.0
    at = 0
    times = systematic(sampled.weights, draws, rng)
    for s in np.flatnonzero(times):
        here = slice(at, at + times[s])
        start, wider = sampled.kept[s]
        near = target.inner(sampled.points[s], start, LOOSE, wider)
        x = mean(target.design, near)[:, None] + near.peak.draws(rng.standard_normal((len(near.x), times[s])))
        sigma[here], beta[here] = target.sigma(sampled.points[s]), x[owner < 0].T
        noise[here] = near.noise or 1.0
        for k, effect in enumerate(effects):
            effect[:, here] = _new(answers.factors[k], sigma[at, k], target.prior, times[s], rng)
            effect[asked.seen[k], here] = near.scale[owner == k, None] * x[owner == k]
            apart[k][asked.seen[k]] += times[s] / draws * (wider[owner == k] > 0)
        at += times[s]
    return Posterior(sigma, beta, effects, diagnostics, apart, noise=None if answers.squares is None else noise)


def _new(factor: Factor, sigma: float, prior: Prior, draws: int, rng: np.random.Generator) -> Floats:
    """Effects of levels nobody was in. (levels, draws)"""
    normal = rng.standard_normal((factor.levels, draws))
    if not factor.apart:
        return np.asarray(sigma * normal)
    far = rng.random((factor.levels, draws)) < prior.chance
    return np.asarray(np.sqrt(sigma**2 + far * prior.far**2) * normal)


def _on_the_scale(drawn: Posterior, centre: float, unit: float) -> Posterior:
    """From standard deviations of the answers back to the scale they were given on."""
    return replace(
        drawn, sigma=drawn.sigma * unit, beta=drawn.beta * unit, effects=tuple(each * unit for each in drawn.effects),
        centre=centre, noise=None if drawn.noise is None else drawn.noise * unit,
    )  # fmt: skip
