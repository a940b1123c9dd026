"""Weighted shares: Wilson's interval where all weigh the same, and what unequal weights change."""

from __future__ import annotations

import numpy as np
import pytest

from fairhearing.stats.intervals import wilson
from fairhearing.stats.shares import weighted_share
from tests.helpers import ascii_table

EQUAL = ascii_table("""
    | people | agree | weight |
    |--------|-------|--------|
    | 20     | 15    | 1      |
    | 20     | 15    | 0.3    |
    | 10     | 10    | 1      |
    | 1      | 0     | 1      |
""")


@pytest.mark.parametrize("row", EQUAL, ids=lambda row: f"{row['agree']} of {row['people']}")
def test_equal_weights_give_wilsons_interval(row: dict[str, str]) -> None:
    n, yes = int(row["people"]), int(row["agree"])
    told = weighted_share(np.full(n, float(row["weight"])), np.arange(n) < yes)
    assert (told.low, told.high) == pytest.approx(wilson(yes, n), abs=1e-12)
    assert told.n_effective == pytest.approx(n)


def test_nobody_is_no_share() -> None:
    assert weighted_share(np.zeros(3), np.ones(3, bool)).estimate is None
    assert weighted_share(np.zeros(0), np.zeros(0, bool)).n_effective == 0


UNEVEN = ascii_table("""
    | who differs among themselves | agree of 50 who weigh 1 | agree of 50 who weigh 5 | against Kish |
    |------------------------------|-------------------------|-------------------------|--------------|
    | those who weigh little       | 25                      | 50                      | narrower     |
    | those who weigh much         | 50                      | 25                      | wider        |
    | all alike                    | 25                      | 25                      | as wide      |
    | nobody                       | 50                      | 50                      | as wide      |
""")


@pytest.mark.parametrize("row", UNEVEN, ids=lambda row: row["who differs among themselves"])
def test_the_interval_knows_who_differs(row: dict[str, str]) -> None:
    weight = np.repeat([1.0, 5.0], 50)
    yes = np.concatenate([np.arange(50) < int(row[f"agree of 50 who weigh {each}"]) for each in (1, 5)])
    told = weighted_share(weight, yes)
    kish = weight.sum() ** 2 / np.sum(weight**2)
    ratio = told.n_effective / kish
    assert {"narrower": ratio > 1.1, "wider": ratio < 0.96, "as wide": 0.98 < ratio <= 1.0}[row["against Kish"]]


def test_with_many_people_it_is_the_linearised_variance() -> None:
    """p(1 - p) over the effective n is Binder's variance of a ratio, to a hundredth, where 100,000 are asked."""
    rng = np.random.default_rng(3)
    weight = rng.uniform(0.2, 4, 100_000)
    yes = rng.random(100_000) < np.where(weight > 2, 0.95, 0.7)
    told = weighted_share(weight, yes)
    p = told.estimate or 0.0
    binder = np.sum((weight * (yes - p)) ** 2) / weight.sum() ** 2
    assert p * (1 - p) / told.n_effective == pytest.approx(binder, rel=0.01)


def test_whole_memberships_are_the_people_alone() -> None:
    rng = np.random.default_rng(4)
    weight, yes, inside = rng.uniform(1, 5, 60), rng.random(60) < 0.6, rng.random(60) < 0.5
    soft = weighted_share(weight, yes, inside.astype(float))
    hard = weighted_share(weight[inside], yes[inside])
    assert (soft.estimate, soft.low, soft.high) == pytest.approx((hard.estimate, hard.low, hard.high), abs=1e-12)


@pytest.mark.parametrize(("agree_much", "agree_little"), [(0.94, 0.88), (0.88, 0.94), (0.7, 0.5), (0.2, 0.4)])
def test_the_interval_covers(agree_much: float, agree_little: float) -> None:
    """150 people, half of the population heard six times as readily as the other; 1,000 worlds: 95% within 2.2%."""
    rng, inside = np.random.default_rng(11), 0
    for _ in range(1000):
        much = rng.random(150) < 1 / 7
        yes = rng.random(150) < np.where(much, agree_much, agree_little)
        told = weighted_share(np.where(much, 3.5, 7 / 12), yes)
        truth = (agree_much + agree_little) / 2
        inside += told.low is not None and told.high is not None and told.low <= truth <= told.high
    assert inside / 1000 == pytest.approx(0.95, abs=0.03)
