"""Slow twins of the opinion space: its bound by plain loops, and its updates as the summits of that bound."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fairhearing.stats.opinion_heldout import area_under_curve
from fairhearing.stats.opinion_mixture import Mixture, responsibilities
from fairhearing.stats.opinion_modes import one_peak
from fairhearing.stats.opinion_space import Ballots, chances, fit_space, place_people
from fairhearing.stats.opinion_verdict import adjusted_rand


def ballots(seed: int, n: int = 14, m: int = 9) -> Ballots:
    rng = np.random.default_rng(seed)
    person, statement = np.nonzero(rng.random((n, m)) < 0.7)
    return Ballots(person, statement, rng.random(len(person)) < 0.6, n, m)


def looped_mean_and_square(space, i: int, j: int) -> tuple[float, float]:
    """E[η] and E[η²] of person i and statement j from means and covariances, term by term."""
    p, s = np.insert(space.person[i], 1, 1.0), np.insert(space.statement[j], 0, 1.0)
    P, S = np.zeros((len(p), len(p))), np.zeros((len(s), len(s)))
    free_p, free_s = [0, *range(2, len(p))], list(range(1, len(s)))
    for a, x in enumerate(free_p):
        for b, y in enumerate(free_p):
            P[x, y] = space.person_cov[i, a, b]
    for a, x in enumerate(free_s):
        for b, y in enumerate(free_s):
            S[x, y] = space.statement_cov[j, a, b]
    mean = sum(p[d] * s[d] for d in range(len(p)))
    square = sum((p[d] * p[e] + P[d, e]) * (s[d] * s[e] + S[d, e]) for d in range(len(p)) for e in range(len(p)))
    return mean, square


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_chances_by_loops(rank: int) -> None:
    cells = ballots(1)
    space = fit_space(cells, rank, np.random.default_rng(2))
    told = chances(space, cells.person, cells.statement)
    for cell in range(0, len(told), 5):
        mean, square = looped_mean_and_square(space, int(cells.person[cell]), int(cells.statement[cell]))
        middle = mean / math.sqrt(1 + math.pi * max(square - mean**2, 0) / 8)
        assert told[cell] == pytest.approx(1 / (1 + math.exp(-middle)), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rank", [1, 3])
def test_each_round_raises_the_bound(rank: int, seed: int) -> None:
    """Coordinate ascent: only the spreads' lower limit (0.8) can lower it, once it holds; 1e-6 for rounding."""
    bound = fit_space(ballots(seed, 30, 12), rank, np.random.default_rng(seed)).bound
    assert bound[-1] >= bound[0]
    assert np.diff(bound).min() > -1e-6 * abs(bound[0])


def test_a_position_is_the_summit_of_its_persons_bound() -> None:
    """Finite differences of E[log likelihood] − prior, ξ at its best, vanish where a person is placed
    among fixed statements (central differences of step 1e-5, heights about 10: rounding 1e-9; updates leave 1e-6)."""
    cells = ballots(5, 20, 15)
    space = place_people(fit_space(cells, 2, np.random.default_rng(3)), cells, rounds=300)
    prior = np.r_[1 / space.spread_a, 1.0, 1.0]

    def height(i: int, at: np.ndarray) -> float:
        total = -0.5 * float(prior @ at**2)
        moved = np.insert(at, 1, 1.0)
        for j, agree in zip(cells.statement[cells.person == i], cells.agree[cells.person == i], strict=True):
            _mean, square = looped_mean_and_square(space, i, int(j))
            xi = math.sqrt(square)
            curve = math.tanh(xi / 2) / (2 * xi)
            s = np.insert(space.statement[j], 0, 1.0)
            S = np.zeros((4, 4))
            S[1:, 1:] = space.statement_cov[j]
            total += (0.5 if agree else -0.5) * float(moved @ s)
            total -= 0.5 * curve * float(moved @ (np.outer(s, s) + S) @ moved)
        return total

    for i in range(0, 20, 9):
        for d in range(3):
            step = np.eye(3)[d] * 1e-5
            slope = (height(i, space.person[i] + step) - height(i, space.person[i] - step)) / 2e-5
            assert abs(slope) < 1e-5


def test_membership_by_adding_up_a_grid() -> None:
    """Evidence of each component by the rectangle rule on [-12, 12] (error far below 1e-9 for Gaussians)."""
    mixture = Mixture(np.array([0.7, 0.3]), np.array([[-1.0], [2.0]]), np.array([[0.5]]), 0.0)
    precision, pull = np.array([[[2.0]], [[0.1]]]), np.array([[1.0], [0.3]])
    told, _evidence = responsibilities(precision, pull, mixture)
    grid = np.linspace(-12, 12, 20001)
    for i in range(2):
        votes = np.exp(pull[i, 0] * grid - precision[i, 0, 0] * grid**2 / 2)
        areas = [
            share * np.sum(votes * np.exp(-((grid - mean[0]) ** 2) / 1.0))
            for share, mean in zip(mixture.share, mixture.mean, strict=True)
        ]
        assert told[i] == pytest.approx(np.array(areas) / sum(areas), abs=1e-9)


def test_the_best_single_peak_beats_every_single_peak_tried() -> None:
    rng = np.random.default_rng(8)
    log = -0.5 * (np.linspace(-4, 4, 30) - rng.standard_normal((80, 1))) ** 2
    best = one_peak(log, np.ones(80)).reached
    for centre in range(0, 30, 3):
        density = np.exp(-0.3 * np.abs(np.arange(30) - centre))
        told = np.sum(np.log(np.exp(log) @ (density / density.sum())))
        assert told <= best + 0.5  # the peak is sought at 12 places of 30, by 60 rounds


def test_area_under_curve_by_pairs() -> None:
    rng = np.random.default_rng(1)
    agree, chance = rng.random(60) < 0.4, rng.integers(0, 8, 60) / 8
    pairs = [(chance[i] > chance[j]) + 0.5 * (chance[i] == chance[j])
             for i in np.flatnonzero(agree) for j in np.flatnonzero(~agree)]  # fmt: skip
    assert area_under_curve(agree, chance) == pytest.approx(np.mean(pairs))
    assert area_under_curve(np.ones(3, bool), np.ones(3)) is None


@pytest.mark.parametrize(
    ("one", "other", "index"),
    [
        ([0, 0, 1, 1], [1, 1, 0, 0], 1.0),
        ([0, 0, 0, 0], [0, 0, 0, 0], 1.0),
        ([0, 0, 1, 1], [0, 1, 0, 1], -0.5),
        ([0, 0, 1, 2], [0, 0, 1, 1], 0.5714285714),  # as scikit-learn's adjusted_rand_score documents
    ],
)
def test_adjusted_rand(one: list[int], other: list[int], index: float) -> None:
    assert adjusted_rand(np.array(one), np.array(other)) == pytest.approx(index)
