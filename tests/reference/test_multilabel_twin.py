"""Learning several labels at once, beside obvious slow versions: leave one out by leaving it out, try each cut."""

from __future__ import annotations

import numpy as np
import pytest

from fairhearing.errors import CannotEstimate
from fairhearing.stats.multilabel import best_cut, brier, calibrate, calibration_error, dual_ridge


def examples(seed: int, n: int = 30) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, 5))
    labels = (points @ rng.normal(size=(5, 4)) + rng.normal(size=(n, 4)) > 0.5).astype(float)
    return points @ points.T, labels


@pytest.mark.parametrize("seed", range(5))
def test_leaving_one_out_is_what_leaving_it_out_gives(seed: int) -> None:
    """With the level and the penalty fixed, as the formula has them. Tolerance: rounding of two inversions."""
    alike, labels = examples(seed)
    fit, n = dual_ridge(alike, labels), len(labels)
    ridge = np.trace(alike) / n
    for out in range(n):
        rest = np.delete(np.arange(n), out)
        weights = np.linalg.solve(
            alike[np.ix_(rest, rest)] + ridge * np.eye(n - 1), labels[rest] - labels.mean(axis=0)
        )
        assert fit.left_out[out] == pytest.approx(labels.mean(axis=0) + alike[out, rest] @ weights, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_cut_is_the_best_of_all(seed: int) -> None:
    p = np.random.default_rng(seed).beta(0.3, 2, 50)
    expected = {cut: 2 * p[p >= cut].sum() / ((p >= cut).sum() + p.sum()) for cut in p.tolist()}
    assert expected[best_cut(p)] == pytest.approx(max(expected.values()), abs=1e-12)


def test_no_text_and_no_chance_give_no_label() -> None:
    assert best_cut(np.zeros(0)) == best_cut(np.zeros(5)) == 1.0


def test_probabilities_of_a_known_curve_are_found() -> None:
    """20,000 draws whose chance is 1/(1 + exp(−(4·score − 2))): parameters within 4 standard errors (.05)."""
    rng = np.random.default_rng(3)
    scores = rng.uniform(0, 1, (20_000, 2))
    labels = (rng.uniform(size=scores.shape) < 1 / (1 + np.exp(-(4 * scores - 2)))).astype(float)
    curve = calibrate(scores, labels)
    assert curve.slope == pytest.approx([4, 4], abs=0.25)
    assert curve.intercept == pytest.approx([-2, -2], abs=0.15)
    told = curve.probability(scores)
    assert calibration_error(told, labels) < 0.015
    assert brier(told, labels) < brier(np.full_like(labels, labels.mean()), labels)


@pytest.mark.parametrize("yes", [0, 1, 40])
def test_a_label_of_none_one_or_all_has_a_probability_between(yes: int) -> None:
    labels = np.zeros((40, 2))
    labels[:yes, 0] = labels[::2, 1] = 1
    told = calibrate(np.random.default_rng(1).normal(size=(40, 2)), labels).probability(np.zeros((1, 2)))
    assert np.all((told > 0) & (told < 1))


def test_calibration_error_by_hand() -> None:
    """Ten texts told .25, of which 4 were so: |.25 − .4| = .15."""
    assert calibration_error(np.full(10, 0.25), np.array([1.0] * 4 + [0] * 6)) == pytest.approx(0.15)


def test_one_example_teaches_nothing() -> None:
    with pytest.raises(CannotEstimate, match="one example"):
        dual_ridge(np.ones((1, 1)), np.ones((1, 1)))
