"""Replicate weights: what comes of odd input, and that a large jackknife is not held in memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from fairhearing.errors import BadInput, CannotEstimate
from fairhearing.stats.replicates import balanced, bootstrap, covariance, imported, jackknife

ONES = np.ones(6)
STRATA = np.array([0, 0, 1, 1, 1, 2])
GOOD = np.array([[1.0, 2], [2, 1], [1, 1]])

#            what is wrong                        weights                          more            says
WRONG = [
    pytest.param([[1.0, -2], [1, 1]], {}, "row 1 has the weight -2 in replicate 2", id="negative"),
    pytest.param([[1.0, 2], [np.nan, 1]], {}, "row 2 has no number in replicate 1", id="not a number"),
    pytest.param([[1.0, 0], [1, 0]], {}, "every weight of replicate 2 is zero", id="a replicate of nobody"),
    pytest.param(GOOD, {"kind": "Fay"}, "need rho", id="Fay without rho"),
    pytest.param(GOOD, {"kind": "Fay", "rho": 1.0}, "rho is 1", id="Fay with rho 1"),
    pytest.param(GOOD, {"kind": "other"}, "need a scale", id="other without scale"),
    pytest.param(GOOD, {"kind": "JKn"}, "need the scale of each replicate", id="JKn without scales"),
    pytest.param(GOOD, {"scale": -1.0}, "scale of the replicates is -1", id="negative scale"),
    pytest.param(GOOD, {"base": np.full(3, 40.0)}, "seem to be factors", id="factors said to be complete"),
]


@pytest.mark.parametrize(("weights", "more", "says"), WRONG)
def test_what_cannot_be_imported(weights: list[list[float]], more: dict, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        imported(np.array(weights), **more)
    assert caught.value.cure


def test_one_column_cannot_differ_from_itself() -> None:
    with pytest.raises(CannotEstimate, match="there is one replicate"):
        imported(np.ones((3, 1)))


def test_a_stratum_with_one_unit() -> None:
    assert jackknife(ONES, STRATA).lonely == 1
    with pytest.raises(CannotEstimate, match="1 of 3 strata have one sampling unit"):
        bootstrap(ONES, STRATA, None, 10, np.random.default_rng(1))
    with pytest.raises(CannotEstimate, match="2 of 3 strata do not have two"):
        balanced(ONES, STRATA)
    with pytest.raises(CannotEstimate, match="everybody is in one sampling unit"):
        jackknife(ONES, None, np.zeros(6))


def test_an_estimate_that_some_replicate_lacks_has_no_variance() -> None:
    first = np.arange(6) == 0
    found = covariance(
        jackknife(ONES),
        lambda w: np.array([w.sum(), np.nan if not w[first].any() else w[first].sum()]),
        np.array([6.0, 1.0]),
    )
    assert np.isfinite(found[0, 0])
    assert np.isnan(found[1, 1])


def test_draws_depend_on_the_generator_alone() -> None:
    again = [bootstrap(ONES, None, None, 20, np.random.default_rng(3)).weights() for _ in range(2)]
    assert np.array_equal(*again)
    assert np.all(again[0].sum(axis=0) == pytest.approx(6))


def test_ten_thousand_people_left_out_one_by_one() -> None:
    """A table of 10,000 × 10,000 numbers would fill 800 MB; the mean's variance is that of the textbook."""
    y = np.random.default_rng(5).normal(0, 1, 10_000)
    tracemalloc.start()
    made = jackknife(np.ones(10_000))
    totals = made.totals(np.column_stack([np.ones(10_000), y]))
    means = totals[:, 1] / totals[:, 0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert made.scale * np.sum((means - means.mean()) ** 2) == pytest.approx(y.var(ddof=1) / 10_000, rel=1e-8)
