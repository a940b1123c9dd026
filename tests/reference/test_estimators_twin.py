"""Influences against the change they stand for, and each estimate against its definition in a loop.

An influence is the derivative of a statistic by one person's weight: central differences of 1e-5 find it to about
1e-6 of the largest. Coefficients of a regression are found again by a general minimiser, to its 1e-6.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize, special

from fairhearing.errors import CannotEstimate
from fairhearing.stats.estimators import (
    Domains,
    Estimator,
    mean_of,
    ratio_of,
    total_of,
    variance_of,
    weighted_quantile,
)
from fairhearing.stats.regression import model_of, regression

N = 40


def people(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng([9, seed])
    y = rng.normal(5, 2, N)
    y[rng.random(N) < 0.1] = np.nan
    return {"y": y, "x": rng.uniform(1, 9, N), "w": rng.gamma(3, 1, N), "g": rng.integers(0, 3, N),
            "told": (rng.random(N) < 0.5).astype(float), "c": rng.integers(0, 3, N)}  # fmt: skip


def domains(p: dict[str, np.ndarray]) -> Domains:
    """Everyone, two communities, and all but the first."""
    return Domains(p["g"], np.array([[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 1, 1]]))


def fitted(p: dict[str, np.ndarray], family: str, item: str) -> Estimator:
    model = model_of([("x", p["x"], None), ("c", p["c"], ["a", "b", "d"])], N)
    return regression(p[item], model, p["w"], np.ones(N, bool), family).estimator


ESTIMATORS: dict[str, Callable[[dict[str, np.ndarray]], Estimator]] = {
    "mean": lambda p: mean_of(p["y"], domains(p), p["w"]),
    "total": lambda p: total_of(p["y"], domains(p), p["w"]),
    "ratio": lambda p: ratio_of(p["y"], p["x"], domains(p), p["w"]),
    "variance": lambda p: variance_of(p["y"], domains(p), p["w"]),
    "gaussian regression": lambda p: fitted(p, "gaussian", "y"),
    "logistic regression": lambda p: fitted(p, "logistic", "told"),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_influence_is_what_a_little_more_weight_changes(name: str, seed: int) -> None:
    p = people(seed)
    of = ESTIMATORS[name](p)
    told = np.array(list(of.columns()))
    told = told if of.slope is None else of.slope @ told
    step, found = 1e-5, np.zeros(told.shape)
    for i in range(N):
        more, less = p["w"].copy(), p["w"].copy()
        more[i], less[i] = more[i] + step, less[i] - step
        found[:, i] = (of.point(more) - of.point(less)) / (2 * step)
    assert of.point(p["w"]) == pytest.approx(of.full, rel=1e-12)
    assert told == pytest.approx(found, abs=2e-6 * float(np.abs(told).max()))


@pytest.mark.parametrize("seed", range(3))
def test_estimates_of_totals_by_their_definition(seed: int) -> None:
    p = people(seed)
    rows = [i for i in range(N) if not np.isnan(p["y"][i]) and p["g"][i] in (1, 2)]
    size = sum(p["w"][i] for i in rows)
    mean = sum(p["w"][i] * p["y"][i] for i in rows) / size
    spread = sum(p["w"][i] * (p["y"][i] - mean) ** 2 for i in rows) / size * len(rows) / (len(rows) - 1)
    under = sum(p["w"][i] * p["x"][i] for i in rows)
    told = {"mean": mean, "total": mean * size, "variance": spread, "ratio": mean * size / under}
    for name, value in told.items():
        assert ESTIMATORS[name](p).full[3] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("family", ["gaussian", "logistic"])
def test_coefficients_by_a_general_minimiser(family: str, seed: int) -> None:
    p = people(seed)
    y = p["told"]
    X = np.column_stack([np.ones(N), p["x"], p["c"] == 1, p["c"] == 2]).astype(float)

    def loss(beta: np.ndarray) -> float:
        eta = X @ beta
        if family == "gaussian":
            return float(p["w"] @ (y - eta) ** 2)
        share = special.expit(eta)
        return -float(p["w"] @ (y * np.log(share) + (1 - y) * np.log1p(-share)))

    tight = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 20_000, "maxfev": 20_000}
    told = optimize.minimize(loss, np.zeros(4), method="Nelder-Mead", options=tight)
    assert fitted(p, family, "told").full == pytest.approx(told.x, abs=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.8, 1.0])
def test_a_quantile_is_the_first_answer_with_enough_weight_at_or_below(share: float) -> None:
    rng = np.random.default_rng(3)
    x, w = rng.integers(1, 6, N).astype(float), rng.integers(1, 4, N).astype(float)
    enough = [v for v in sorted(set(x)) if sum(w[i] for i in range(N) if x[i] <= v) >= share * w.sum()]
    assert weighted_quantile(x, w, share) == enough[0]


def test_a_share_reached_exactly_is_no_rounding_question() -> None:
    """Ten tenths: three of them are three tenths, whatever 0.1 + 0.1 + 0.1 is."""
    assert weighted_quantile(np.arange(10.0), np.full(10, 0.1), 0.3) == 2.0


def test_people_outside_change_nothing() -> None:
    """A domain of most people is fitted with weights of zero, a small one without the others: the same."""
    p = people(1)
    model = model_of([("x", p["x"], None)], N)
    most = np.arange(N) < 30
    whole = regression(p["y"], model, p["w"], most, "gaussian")
    alone = regression(
        p["y"][:30], model_of([("x", p["x"][:30], None)], 30), p["w"][:30], np.ones(30, bool), "gaussian"
    )
    assert whole.coefficients == pytest.approx(alone.coefficients, rel=1e-12)
    few = np.arange(N) < 12
    one = np.array(list(regression(p["y"], model, p["w"], few, "gaussian").estimator.columns()))
    assert not one[:, ~few | np.isnan(p["y"])].any()


def test_predictors_that_cannot_be() -> None:
    p = people(2)
    with pytest.raises(CannotEstimate, match="everybody has the same c"):
        model_of([("c", np.zeros(N, int), ["a"])], N)
    model = model_of([("x", p["x"], None), ("twice", 2 * p["x"] + 1, None)], N)
    assert regression(p["y"], model, p["w"], np.ones(N, bool), "gaussian").dropped == (2,)
    apart = model_of([("told", p["told"], None)], N)
    with pytest.raises(CannotEstimate, match=r"among told .* told apart without exception"):
        regression(p["told"], apart, p["w"], np.ones(N, bool), "logistic")
