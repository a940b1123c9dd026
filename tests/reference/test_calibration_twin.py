"""Calibration against what defines it: the totals are met, the ratio of weights is g(x'λ) for one λ, and it exists
exactly where linear programming finds weights within the bounds.

Tolerances: totals 1e-9 (the iteration ends at 1e-10), the ratio's λ 1e-7 (a regression recovers it).
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special

from fairhearing.errors import CannotEstimate
from fairhearing.stats.calibration import NumericTotal, calibrate
from fairhearing.stats.weights import Margin, poststratify


def drawn(seed: int, spread: float) -> tuple[np.ndarray, list[Margin], list[NumericTotal], np.ndarray, np.ndarray]:
    """Base weights, margins and a number, whose totals are those of other weights; x and the totals by hand."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 90))
    base, other = rng.gamma(3, 1, n), rng.gamma(3, 1, n) ** spread
    other *= base.sum() / other.sum()
    codes = [np.concatenate([np.arange(k), rng.integers(0, k, n - k)]) for k in (2, 4)]
    value = rng.normal(50, 10, n)
    x = np.column_stack([np.eye(2)[codes[0]], np.eye(4)[codes[1]], value])
    totals = other @ x
    margins = [
        Margin(name, c, totals[at : at + k], tuple("abcd"[:k]))
        for name, c, at, k in zip("uv", codes, (0, 2), (2, 4), strict=True)
    ]
    return base, margins, [NumericTotal("value", value, float(totals[-1]))], x, totals


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(["linear", "rake", "logit"]))
def test_the_totals_are_met_by_one_slope(seed: int, kind: str) -> None:
    base, margins, numbers, x, totals = drawn(seed, 0.3)
    before = base.copy()
    low, high = 0.05, 30.0
    try:
        found = calibrate(base, margins, numbers, kind=kind, bounds=(low, high))
    except CannotEstimate:
        assert kind != "linear"
        assert not possible(base, x, totals, low if kind == "logit" else 0.0, high if kind == "logit" else np.inf)
        return
    assert np.array_equal(base, before)
    assert found.weights @ x == pytest.approx(totals, rel=1e-9)
    ratio = found.weights / base
    if kind == "logit":
        assert np.all((ratio > low) & (ratio < high))
        steep = (high - low) / ((1 - low) * (high - 1))
        eta = (special.logit((ratio - low) / (high - low)) - np.log((1 - low) / (high - 1))) / steep
    else:
        eta = ratio - 1 if kind == "linear" else np.log(ratio)
    slope = np.linalg.lstsq(x, eta, rcond=None)[0]
    assert x @ slope == pytest.approx(eta, abs=1e-7 * max(1.0, float(np.abs(eta).max())))
    assert found.negative == int(np.sum(found.weights < 0))
    assert (found.least, found.most) == (pytest.approx(ratio.min()), pytest.approx(ratio.max()))


def possible(base: np.ndarray, x: np.ndarray, totals: np.ndarray, low: float, high: float) -> bool:
    """Whether any weights strictly within the bounds meet the totals: the widest room to a bound is above 0."""
    n = len(base)
    room = np.concatenate([np.zeros(n), [-1.0]])
    equal = np.hstack([x.T * base, np.zeros((x.shape[1], 1))])
    above = np.hstack([-np.eye(n), np.ones((n, 1))]), np.full(n, -low)
    below = np.hstack([np.eye(n), np.ones((n, 1))]), np.full(n, min(high, 1e6))
    told = optimize.linprog(
        room,
        np.vstack([above[0], below[0]]),
        np.concatenate([above[1], below[1]]),
        equal,
        totals,
        [(None, None)] * (n + 1),
    )
    return bool(told.status == 0 and -told.fun > 1e-4)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_weights_within_bounds_are_found_where_there_are_any(seed: int) -> None:
    """Bounds around where the problem turns impossible; what linear programming says, calibration says."""
    base, margins, numbers, x, totals = drawn(seed, 0.5)
    rng = np.random.default_rng(seed)
    low, high = float(rng.uniform(0.1, 0.9)), float(rng.uniform(1.1, 4))
    try:
        found = calibrate(base, margins, numbers, kind="logit", bounds=(low, high))
    except CannotEstimate as why:
        assert not possible(base, x, totals, low, high)
        assert f"between {low:g} and {high:g} times the base weights" in why.what
        return
    assert found.weights @ x == pytest.approx(totals, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_of_one_margin_every_kind_is_post_stratification(seed: int) -> None:
    base, margins, _, _, _ = drawn(seed, 0.3)
    told = poststratify(base, margins[1].codes, margins[1].targets)
    for kind in ("poststratify", "rake", "linear"):
        assert calibrate(base, margins[1:], kind=kind).weights == pytest.approx(told, rel=1e-9)


def test_linear_weights_are_the_least_squares_ones() -> None:
    """Σ(w - d)²/d is smallest: any other weights that meet the totals are farther."""
    base, margins, numbers, x, totals = drawn(5, 0.3)
    found = calibrate(base, margins, numbers, kind="linear").weights
    farness = float(np.sum((found - base) ** 2 / base))
    free = np.linalg.svd(x.T)[2][np.linalg.matrix_rank(x) :]
    rng = np.random.default_rng(5)
    for direction, size in itertools.product(free[:10], (-0.1, 0.1)):
        other = found + size * direction * float(rng.uniform(0.5, 2))
        assert other @ x == pytest.approx(totals, rel=1e-9)
        assert float(np.sum((other - base) ** 2 / base)) > farness


def test_whoever_did_not_say_keeps_their_share() -> None:
    """Six said, two did not: the two keep a quarter of the weight, and the six are met among themselves."""
    codes = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    margin = Margin("sex", codes, np.array([60.0, 15.0, 25.0]), ("f", "m", "did not say"), unsaid=True)
    for kind in ("rake", "linear", "logit"):
        weights = calibrate(np.full(8, 12.5), [margin], kind=kind).weights
        assert np.bincount(codes, weights) == pytest.approx([60, 15, 25])


def test_weights_of_mean_one_are_scaled_to_the_population_first() -> None:
    """Otherwise no bounded weights could add up to a population of any size."""
    margin = Margin("sex", np.array([0, 0, 1, 1, 1]), np.array([3000.0, 2000.0]), ("f", "m"))
    found = calibrate(np.ones(5), [margin], kind="logit", bounds=(0.5, 2))
    assert found.weights == pytest.approx([1500, 1500, 2000 / 3, 2000 / 3, 2000 / 3])
