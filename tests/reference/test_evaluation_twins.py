"""Slow and obvious twins of what is judged of an evaluation, on random input.

CR2 with whole matrices, as in Pustejovsky & Tipton (2018); the shrunken model on a grid over both τ and μ; the
placebo test by naming every unit in turn; Lee's bounds by leaving people out one by one; their standard error by
simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fairhearing.errors import BadInput, CannotEstimate
from fairhearing.measure.evaluation.panel import Panel, panel_effect
from fairhearing.stats.attrition import lee_bounds
from fairhearing.stats.clustered import coefficient
from fairhearing.stats.placebo import placebo
from fairhearing.stats.shrinkage import shrink

# --- CR2 --------------------------------------------------------------------------------------------------------


def cr2_with_whole_matrices(
    X: np.ndarray, y: np.ndarray, c: np.ndarray, clusters: np.ndarray, w: np.ndarray
) -> tuple[float, float, float]:
    """estimate, standard error, degrees of freedom: every matrix written out, n by n."""
    n, W, F = len(y), np.diag(w), np.diag(1 / w)
    M = np.linalg.inv(X.T @ W @ X)
    beta, residual_maker = M @ X.T @ W @ y, np.eye(n) - X @ M @ X.T @ W
    covered, adjusted, G = residual_maker @ F @ residual_maker.T, [], []
    for g in np.unique(clusters):
        at = np.flatnonzero(clusters == g)
        D = np.sqrt(F[np.ix_(at, at)])
        value, vector = np.linalg.eigh(D @ covered[np.ix_(at, at)] @ D)
        root = np.array([1 / np.sqrt(each) if each > 1e-10 * value.max() else 0.0 for each in value])
        A = D @ vector @ np.diag(root) @ vector.T @ D
        piece = np.zeros(n)
        piece[at] = A @ W[np.ix_(at, at)] @ X[at] @ M @ c
        adjusted.append(float(piece @ (y - X @ beta)))
        G.append(residual_maker.T @ piece)
    P = np.array(G) @ F @ np.array(G).T
    return float(c @ beta), float(np.sqrt(np.sum(np.square(adjusted)))), float(np.trace(P) ** 2 / np.sum(P * P))


@pytest.mark.parametrize("case", range(12))
def test_cr2(case: int) -> None:
    rng = np.random.default_rng([2, case])
    n = int(rng.integers(15, 60))
    clusters = np.arange(n) if case % 3 == 0 else rng.integers(0, int(rng.integers(3, 12)), n)
    X = np.column_stack([np.ones(n), rng.integers(0, 2, n), rng.normal(size=n)])
    y, weights = rng.normal(size=n) + X[:, 1], rng.uniform(0.5, 3, n) if case % 2 else np.ones(n)
    c = np.array([0.0, 1.0, 0.0])
    for given in (clusters, None) if case % 3 == 0 else (clusters,):
        found = coefficient(X, y, c, clusters=given, weights=weights)
        twin = cr2_with_whole_matrices(X, y, c, clusters, weights)
        assert (found.estimate, found.se, found.df) == pytest.approx(twin, rel=1e-8)


def test_of_two_groups_it_is_welchs_test() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(1, 1, 12), rng.normal(0, 3, 30)
    X = np.column_stack([np.ones(42), np.repeat([1.0, 0.0], [12, 30])])
    found = coefficient(X, np.concatenate([a, b]), np.array([0.0, 1.0]))
    welch = stats.ttest_ind(a, b, equal_var=False)
    assert found.estimate / found.se == pytest.approx(welch.statistic, rel=1e-12)


@pytest.mark.parametrize(
    ("X", "y", "clusters", "says"),
    [
        ([[1, 1], [1, 1], [1, 1]], [1, 2, 3], None, "say the same"),
        ([[1], [1], [1]], [1, 2, 3], [7, 7, 7], "one cluster"),
        ([[1], [1], [1]], [2, 2, 2], None, "nothing varies"),
    ],
)
def test_what_has_no_standard_error(
    X: list[list[float]], y: list[float], clusters: list[int] | None, says: str
) -> None:
    design = np.array(X, float)
    with pytest.raises(CannotEstimate, match=says):
        coefficient(design, np.array(y, float), np.eye(design.shape[1])[-1],
                    clusters=None if clusters is None else np.array(clusters))  # fmt: skip


# --- drawn towards each other -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("prior", "scale"), [("half-normal", 0.3), ("half-cauchy", 0.5), ("flat", 1.0)])
def test_shrinkage_against_a_grid_over_tau_and_mu(prior: str, scale: float) -> None:
    rng = np.random.default_rng(4)
    y, s = rng.normal(0.2, 0.4, 7), rng.uniform(0.1, 0.4, 7)
    found = shrink(y, s, prior=prior, scale=scale)
    tau = 40 * ((np.arange(4000) + 0.5) / 4000) ** 3
    step = 40 * 3 * ((np.arange(4000) + 0.5) / 4000) ** 2 / 4000
    mu = np.linspace(-6, 6, 4801)
    density = {"half-normal": stats.halfnorm(scale=scale).pdf, "half-cauchy": stats.halfcauchy(scale=scale).pdf,
               "flat": np.ones_like}[prior](tau)  # fmt: skip
    log = np.zeros((len(tau), len(mu)))
    for effect, se in zip(y, s, strict=True):
        spread = np.sqrt(tau**2 + se**2)[:, None]
        log += stats.norm.logpdf(effect, mu[None, :], spread)
    weight = np.exp(log - log.max()) * (density * step)[:, None]
    weight /= weight.sum()
    own = tau[:, None] ** 2 / (tau[:, None] ** 2 + s[0] ** 2)
    first = float(np.sum(weight * (own * y[0] + (1 - own) * mu[None, :])))
    assert found.mu.mean == pytest.approx(float(np.sum(weight * mu)), abs=2e-5)
    assert found.tau_mean == pytest.approx(float(np.sum(weight * tau[:, None])), rel=2e-3)
    assert found.effects[0].mean == pytest.approx(first, abs=2e-5)


def test_a_quantile_has_its_probability_below_it() -> None:
    found = shrink(np.array([0.1, 0.4, -0.2]), np.array([0.1, 0.2, 0.3]))
    for p in (0.025, 0.5, 0.9):
        assert found.new.below(found.new.quantile(p)) == pytest.approx(p, abs=1e-12)
    assert found.mu.above(0.1) + found.mu.below(0.1) == pytest.approx(1, abs=1e-12)


def test_two_results_and_a_flat_prior_say_nothing() -> None:
    with pytest.raises(CannotEstimate, match="2 results"):
        shrink(np.array([0.1, 0.4]), np.array([0.1, 0.2]), prior="flat")
    with pytest.raises(BadInput, match="standard error"):
        shrink(np.array([0.1, 0.4]), np.array([0.1, 0.0]))


# --- one treated unit -------------------------------------------------------------------------------------------


def test_the_placebo_test_names_every_unit_in_turn() -> None:
    rng = np.random.default_rng(6)
    change = rng.normal(size=30)
    treated = np.arange(30) == 4

    def effect(at: int, of: np.ndarray) -> float:
        return abs(of[at] - np.delete(of, at).mean())

    found = placebo(change, treated)
    twin = np.mean([effect(at, change) >= effect(4, change) - 1e-12 for at in range(30)])
    assert found.p == pytest.approx(twin)
    assert found.interval is not None
    for end, outward in zip(found.interval, (-1, 1), strict=True):
        for moved, rejected in ((-1e-6, False), (1e-6, True)):  # just inside, just outside
            without = change - treated * (end + outward * moved)
            p = np.mean([effect(at, without) >= effect(4, without) - 1e-12 for at in range(30)])
            assert bool(p <= 0.05) is rejected


def test_few_units_have_a_p_and_no_interval() -> None:
    found = placebo(np.array([3.0, 0.1, -0.1, 0.0, 0.2]), np.array([1, 0, 0, 0, 0], bool))
    assert (found.p, found.smallest_p, found.interval) == (0.2, 0.2, None)


def test_a_balanced_panel_is_the_two_way_regression() -> None:
    """Means before and after, unit by unit, against dummies for every unit and period."""
    rng = np.random.default_rng(9)
    units, periods = 12, 6
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    treated = np.arange(units) < 5
    y = rng.normal(size=units)[unit] + rng.normal(size=periods)[period] + 2.0 * (treated[unit] & (period >= 3))
    y = y + rng.normal(0, 0.5, len(y))
    found = panel_effect(Panel(y, unit, period, treated, 3))
    X = np.column_stack(
        [np.eye(units)[unit], np.eye(periods)[period][:, 1:], (treated[unit] & (period >= 3)).astype(float)]
    )
    twin = coefficient(X, y, np.eye(X.shape[1])[-1], clusters=unit)
    assert (found.effect, found.se, found.df) == pytest.approx((twin.estimate, twin.se, twin.df), rel=1e-9)


# --- those who were lost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stay", "of"), [((40, 30), "project"), ((30, 40), "control"), ((40, 40), "neither")])
def test_lees_bounds_by_leaving_people_out(stay: tuple[int, int], of: str) -> None:
    rng = np.random.default_rng(10)
    project, control = rng.normal(1, 1, stay[0]), rng.normal(0, 1, stay[1])
    found = lee_bounds(project, control, (50, 50))
    drop = abs(stay[0] - stay[1])
    more = np.sort(project if of != "control" else control)
    ends = [more[drop:].mean(), more[: len(more) - drop].mean()]
    twin = sorted(end - control.mean() if of != "control" else project.mean() - end for end in ends)
    assert (found.low, found.high) == pytest.approx(tuple(twin))
    assert found.of == of
    assert found.interval[0] < found.low <= found.high < found.interval[1]


def test_the_error_of_lees_bounds_is_that_seen_in_repeated_trials() -> None:
    """400 trials of 300 people: the spread of the lower bound against the mean of its standard errors, within 10%
    (the Monte-Carlo error of a standard deviation of 400 is 3.5%)."""
    rng = np.random.default_rng(11)
    ends, errors = [], []
    for _ in range(400):
        stays = rng.random(150) < 0.9, rng.random(150) < 0.7
        found = lee_bounds(rng.normal(0.5, 1, 150)[stays[0]], rng.normal(0, 1, 150)[stays[1]], (150, 150))
        ends.append(found.low)
        errors.append((found.low - found.interval[0]) / 1.96)
    assert np.mean(errors) == pytest.approx(np.std(ends), rel=0.10)
