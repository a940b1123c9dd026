"""Intervals where the usual one fails: few people, shares near 0 or 1, identical answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fairhearing.stats.cells import group
from fairhearing.stats.intervals import korn_graubard, logit_interval, share_interval, t_interval, why_not, wilson
from fairhearing.stats.weights import design_effect, effective_n


def test_wilson_is_that_of_scipy() -> None:
    for successes, n in ((0, 10), (1, 10), (5, 10), (10, 10), (3, 400)):
        told = stats.binomtest(successes, n).proportion_ci(method="wilson")
        assert wilson(successes, n) == pytest.approx((told.low, told.high), abs=1e-12)


def test_korn_graubard_is_clopper_pearson_under_simple_random_sampling() -> None:
    """With se² = p(1-p)/n and the degrees of freedom of n people, the exact binomial interval comes back."""
    for successes, n in ((1, 12), (6, 12), (11, 12), (40, 400)):
        p = successes / n
        told = stats.binomtest(successes, n).proportion_ci(method="exact")
        assert korn_graubard(p, (p * (1 - p) / n) ** 0.5, n, n - 1) == pytest.approx((told.low, told.high), abs=1e-12)


@pytest.mark.parametrize(
    ("favourable", "kind"), [(3, "Korn–Graubard interval"), (97, "Korn–Graubard interval"), (40, "logit interval")]
)
def test_the_exact_interval_where_few_are_on_one_side(favourable: int, kind: str) -> None:
    p = favourable / 100
    low, high, name = share_interval(p, (p * (1 - p) / 100) ** 0.5, 100, favourable, 99)
    assert 0 < low < p < high < 1
    assert name == kind


def test_the_logit_interval_stays_inside_where_the_plain_one_does_not() -> None:
    assert t_interval(0.02, 0.02, 30)[0] < 0
    low, high = logit_interval(0.02, 0.02, 30)
    assert 0 < low < 0.02 < high < 1


def test_coverage_of_the_interval_in_use() -> None:
    """2,000 samples of 60 people with a share of 8%: 95% nominal; Wald would cover about 89%."""
    rng = np.random.default_rng(8)
    covered = 0
    counts = rng.binomial(60, 0.08, 2000)
    usable = counts[(counts > 0) & (counts < 60)]
    for count in usable:
        p = count / 60
        low, high, _ = share_interval(p, (p * (1 - p) / 60) ** 0.5, 60, int(count), 59)
        covered += low <= 0.08 <= high
    assert covered / len(usable) > 0.94


@pytest.mark.parametrize(
    ("n", "low", "high", "says"),
    [
        (0, np.inf, -np.inf, "nobody"),
        (1, 3, 3, "one person"),
        (7, 3, 3, "everyone gave the same"),
        (2, 3, 4, None),
    ],
)
def test_why_nothing_can_be_told(n: float, low: float, high: float, says: str | None) -> None:
    reason = why_not(n, low, high)
    assert reason is None if says is None else reason is not None and reason.startswith(says)


def test_design_effect_and_effective_n_by_hand() -> None:
    weights = np.array([1.0, 1.0, 2.0, 0.0])
    assert design_effect(weights) == pytest.approx(3 * 6 / 16)
    assert effective_n(weights) == pytest.approx(16 / 6)
    assert effective_n(np.zeros(3)) == 0


def test_cells_are_the_same_however_many_combinations_there_could_be() -> None:
    """Four million possible combinations or a thousand times more: the same cells in the same order."""
    rng = np.random.default_rng(3)
    factors = [rng.integers(0, 300, 500) for _ in range(5)]
    found = group(factors, [300] * 5, 500)
    keys = sorted(set(zip(*(codes.tolist() for codes in factors), strict=True)))
    assert found.count == len(keys)
    assert list(zip(*(codes.tolist() for codes in found.codes), strict=True)) == keys
    assert np.array_equal(found.sum(), np.bincount(found.of_row))
    values = rng.normal(size=500)
    assert found.lowest(values)[found.of_row[7]] == min(values[found.of_row == found.of_row[7]])
