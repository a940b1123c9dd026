"""Slow twins of the multilevel model: all dense, all summed, and one posterior integrated by brute force.

Tolerances: twins that do the same arithmetic in another order agree to 1e-8; slopes are compared with differences of
the value (1e-5); the sampled posterior with a grid to 0.01 of a share for means and 0.025 for the ends of intervals:
sampling gives about a third of that, the normal approximation in groups of 12 to 60 people the rest.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from fairhearing.stats.laplace import build, slope, slope_of_offset, solve
from fairhearing.stats.pooling import Answers, Factor, Posterior, Prior, fit
from fairhearing.stats.poststratification import Population, poststratify

SEEDS = range(6)


def some(seed: int) -> Answers:
    rng = np.random.default_rng(seed)
    cells, levels = int(rng.integers(20, 120)), [int(rng.integers(2, 12)) for _ in range(rng.integers(1, 5))]
    factors = tuple(
        Factor(f"g{k}", np.concatenate([np.arange(size), rng.integers(0, size, cells - size)]), size)
        for k, size in enumerate(levels)
    )
    n = rng.integers(1, 9, cells).astype(float)
    y = rng.binomial(n.astype(int), rng.uniform(0.1, 0.9, cells)).astype(float)
    X = np.column_stack([np.ones(cells), rng.normal(size=(cells, int(rng.integers(0, 3))))])
    return Answers(y, n, X, factors)


def dense(answers: Answers, sigma: np.ndarray, precision: float) -> tuple[float, np.ndarray]:
    """f - ½ log|H| + constants and η at the mode of (β, v), by plain Newton steps on full matrices."""
    Z = [np.eye(f.levels)[f.codes] * s for f, s in zip(answers.factors, sigma, strict=True)]
    A = np.hstack([answers.X, *Z])
    P = np.diag([precision] * answers.X.shape[1] + [1.0] * (A.shape[1] - answers.X.shape[1]))
    x = np.zeros(A.shape[1])
    for _ in range(100):
        p = special.expit(A @ x)
        H = A.T @ np.diag(answers.n * p * (1 - p)) @ A + P
        x = x + np.linalg.solve(H, A.T @ (answers.y - answers.n * p) - P @ x)
    p = special.expit(A @ x)
    H = A.T @ np.diag(answers.n * p * (1 - p)) @ A + P
    log_p = stats.binom.logpmf(answers.y, answers.n, p).sum() - x @ P @ x / 2
    return float(log_p - np.linalg.slogdet(H)[1] / 2), A @ x


@pytest.mark.parametrize("seed", SEEDS)
def test_eliminating_the_largest_factor_is_only_faster(seed: int) -> None:
    answers = some(seed)
    sigma = np.random.default_rng([seed, 1]).uniform(0.05, 1.5, len(answers.factors))
    value, eta = dense(answers, sigma, 0.16)
    codes, levels = [f.codes for f in answers.factors], [f.levels for f in answers.factors]
    inner = solve(build(answers.y, answers.n, answers.X, codes, levels, 0.16), sigma, tolerance=1e-18)
    assert inner.value == pytest.approx(value, abs=1e-8)
    assert inner.eta == pytest.approx(eta, abs=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_slopes_are_differences_of_the_value(seed: int) -> None:
    answers = some(seed)
    rng = np.random.default_rng([seed, 2])
    sigma, beta = rng.uniform(0.1, 1.2, len(answers.factors)), rng.normal(0, 0.3, answers.X.shape[1])
    codes, levels = [f.codes for f in answers.factors], [f.levels for f in answers.factors]
    inside = build(answers.y, answers.n, answers.X, codes, levels, 0.16)
    outside = build(answers.y, answers.n, answers.X[:, :0], codes, levels, 0.0)

    def value(log_sigma: np.ndarray, beta: np.ndarray | None = None) -> float:
        if beta is None:
            return solve(inside, np.exp(log_sigma), tolerance=1e-20).value
        return solve(outside, np.exp(log_sigma), offset=answers.X @ beta, tolerance=1e-20).value

    def differences(of: object, at: np.ndarray) -> np.ndarray:
        return np.array([(of(at + 1e-4 * e) - of(at - 1e-4 * e)) / 2e-4 for e in np.eye(len(at))])  # type: ignore

    by_sigma = slope(inside, solve(inside, sigma, tolerance=1e-20), len(sigma))
    assert by_sigma == pytest.approx(differences(value, np.log(sigma)), abs=1e-5)
    there = solve(outside, sigma, offset=answers.X @ beta, tolerance=1e-20)
    by_beta = slope_of_offset(outside, there, answers.X)
    assert by_beta == pytest.approx(differences(lambda b: value(np.log(sigma), b), beta), abs=1e-5)


def test_draws_have_the_covariance_of_the_curvature() -> None:
    answers = some(3)
    codes, levels = [f.codes for f in answers.factors], [f.levels for f in answers.factors]
    design = build(answers.y, answers.n, answers.X, codes, levels, 0.16)
    inner = solve(design, np.full(len(levels), 0.6), tolerance=1e-18)
    dim = len(inner.x)
    root = inner.peak.draws(np.eye(dim))  # draws are linear in z, so this is a root of the covariance
    p = special.expit(inner.eta)
    A = design.A.toarray() * inner.scale
    H = A.T @ np.diag(answers.n * p * (1 - p)) @ A + np.diag(design.precision)
    assert root @ root.T == pytest.approx(np.linalg.inv(H), abs=1e-10)


def test_shares_are_sums_over_cells_of_every_draw() -> None:
    rng = np.random.default_rng(5)
    draws, cells, levels = 7, 400, (3, 5)
    effects = tuple(rng.normal(size=(size, draws)) for size in levels)
    posterior = Posterior(np.ones((draws, 2)), rng.normal(size=(draws, 2)), effects, None, ())  # type: ignore[arg-type]
    codes = tuple(rng.integers(0, size, cells) for size in levels)
    population = Population(rng.uniform(0, 9, cells), rng.normal(size=(cells, 2)), codes)
    shares = poststratify(posterior, population, codes, levels)
    for draw in range(draws):
        eta = population.X @ posterior.beta[draw] + effects[0][codes[0], draw] + effects[1][codes[1], draw]
        p = special.expit(eta)
        slow = [np.average(p, weights=population.people)]
        for own, size in zip(codes, levels, strict=True):
            slow += [np.average(p[own == g], weights=population.people[own == g]) for g in range(size)]
        assert shares.draws[draw] == pytest.approx(slow, abs=1e-12)


def brute_force(y: np.ndarray, n: np.ndarray, points: np.ndarray, prior: Prior) -> np.ndarray:
    """P(share of group g ≤ point) for one factor, by grids over β, σ and the effect e, whose prior is a mixture of
    two normal ones: (groups, points)."""
    betas, sigmas = np.linspace(-3, 3, 61), np.linspace(0.03, 3, 100)
    e = np.linspace(-7, 7, 561)
    near, far = (stats.norm.pdf(e, 0, np.sqrt(sigmas**2 + more)[:, None]) for more in (0, prior.far**2))
    mixed = (1 - prior.chance) * near + prior.chance * far
    mixed /= mixed.sum(axis=1, keepdims=True)
    shares = special.expit(betas[:, None] + e)
    kernels = [shares**k * (1 - shares) ** (m - k) for k, m in zip(y, n, strict=True)]
    likelihood = [kernel @ mixed.T for kernel in kernels]
    joint = stats.norm.pdf(betas, 0, prior.beta)[:, None] * stats.halfnorm.pdf(sigmas, 0, prior.sigma)[None, :]
    joint = joint * np.prod(likelihood, axis=0)
    joint /= joint.sum()
    found = []
    for kernel, own in zip(kernels, likelihood, strict=True):
        others = joint / own
        weights = (others @ mixed * kernel).ravel()
        heaped = np.histogram(shares.ravel(), np.concatenate([[0], points]), weights=weights)[0]
        found.append(np.cumsum(heaped))
    return np.array(found)


TINY = {
    "nobody far": ([30.0, 3.0, 20.0, 11.0], [60.0, 20.0, 32.0, 12.0]),
    "one far": ([33.0, 3.0, 20.0, 27.0, 18.0, 24.0], [60.0, 25.0, 32.0, 45.0, 30.0, 40.0]),
}


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("case", TINY)
def test_the_posterior_of_a_tiny_survey_by_brute_force(case: str, apart: bool) -> None:
    y, n = map(np.array, TINY[case])
    groups = np.arange(len(y))
    answers = Answers(y, n, np.ones((len(y), 1)), (Factor("area", groups, len(y), apart=apart),))
    posterior = fit(answers, np.random.default_rng(1), draws=8000)
    population = Population(np.ones(len(y)), np.ones((len(y), 1)), (groups,))
    shares = poststratify(posterior, population, [groups], [len(y)])
    points = np.linspace(0.005, 0.995, 199)
    exact = brute_force(y, n, points, Prior() if apart else Prior(chance=0.0))
    low, high = shares.interval()
    for g in groups:
        middle = float(np.sum(1 - exact[g]) * 0.005 + 0.005)
        assert shares.estimate[1 + g] == pytest.approx(middle, abs=0.01)
        ends = [float(np.interp(tail, exact[g], points)) for tail in (0.025, 0.975)]
        assert [low[1 + g], high[1 + g]] == pytest.approx(ends, abs=0.025)
