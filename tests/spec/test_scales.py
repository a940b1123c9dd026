"""When a scale holds together, and when it may not mean the same in a community: tables an official could check."""

from __future__ import annotations

import numpy as np
import pytest

from fairhearing.errors import CannotEstimate
from fairhearing.stats.cells import Floats
from fairhearing.stats.invariance import compare, of_communities
from fairhearing.stats.one_factor import Moments, fit, moments
from fairhearing.stats.scales import alpha, items_in_scale, minres, omega
from tests.helpers import ascii_table

LOADINGS = np.array([0.9, 0.8, 0.7, 0.6])


def answers(people: int, seed: int, *, trust: float = 0.0, shift: float = 0.0, loads: float = 0.9) -> Floats:
    """Four items behind which is one factor. trust: its mean · shift: added to item 1 at equal trust."""
    rng = np.random.default_rng(seed)
    loadings = np.array([loads, *LOADINGS[1:]])
    factor = trust + rng.normal(size=(people, 1))
    return factor * loadings + 3 + np.array([shift, 0, 0, 0]) + rng.normal(size=(people, 4)) * 0.6


def test_alpha_by_hand() -> None:
    """Variances 1, 1 and covariance 0.5: sum has variance 3; 2/1 · (1 - 2/3) = 2/3."""
    root = np.linalg.cholesky(np.array([[1, 0.5], [0.5, 1]]))
    square = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) @ root.T
    found = alpha(square)
    assert found.estimate == pytest.approx(2 / 3, abs=1e-15)
    assert [item.rest for item in items_in_scale(square)] == pytest.approx([0.5, 0.5])
    assert [item.alpha_without for item in items_in_scale(square)] == [None, None]


def test_omega_of_a_known_factor() -> None:
    """Σλ = 3, Σθ = 4 · 0.36: omega is 9 / 10.44."""
    found = omega(answers(40_000, 1))
    assert found.low < 9 / 10.44 < found.high
    assert found.high - found.low < 0.01


VERDICTS = """
what differs in community X           | trust | shift | loads | verdict        | says
--------------------------------------+-------+-------+-------+----------------+-------------------------------------
nothing                               |  0    |  0    |  0.9  | comparable     | no sign
trust itself: a gap that may be told  | -0.5  |  0    |  0.9  | comparable     | no sign
item 1 at equal trust                 |  0    |  0.5  |  0.9  | not comparable | answered differently on
what item 1 has to do with trust      |  0    |  0    |  0.3  | not comparable | items weigh differently
"""


@pytest.mark.parametrize("row", ascii_table(VERDICTS), ids=lambda row: row["what differs in community X"])
def test_a_scale_that_may_not_mean_the_same(row: dict[str, str]) -> None:
    differs = {key: float(row[key]) for key in ("trust", "shift", "loads")}
    items = np.vstack([answers(400, 7, **differs), answers(800, 8)])
    codes = np.repeat([0, 1], [400, 800])
    found = of_communities(items, codes, ("X", "Y"))[0]
    assert found.verdict == row["verdict"]
    assert row["says"] in found.says
    if found.verdict == "not comparable":
        assert found.says.startswith("this scale may not mean the same in community X")
    assert found.n == (400, 800)


def test_without_a_difference_it_is_rarely_said_that_there_is_one() -> None:
    """60 samples of two groups of 150 with the same scale and another level of trust: at most 5% alarms wanted; at
    5%, more than 7 of 60 come up about once in 100 times."""
    codes = np.repeat([0, 1], 150)
    alarms = sum(
        compare(np.vstack([answers(150, 2 * i), answers(150, 2 * i + 1, trust=0.3)]), codes, "AB").verdict
        == "not comparable"
        for i in range(60)
    )
    assert alarms <= 7


def test_many_communities_are_adjusted_for() -> None:
    """Ten communities: no adjusted p is below the unadjusted one, and one of them is much larger."""
    items, codes = answers(2_000, 3), np.arange(2_000) % 10
    labels = [f"c{i}" for i in range(10)]
    together = of_communities(items, codes, labels)
    alone = [compare(items, np.where(codes == k, 0, 1), (label, "everyone else")) for k, label in enumerate(labels)]
    pairs = [(a.steps[1].p, b.steps[1].p) for a, b in zip(together, alone, strict=True)]
    assert all(adjusted >= own for adjusted, own in pairs)
    assert max(adjusted / own for adjusted, own in pairs) > 2


def test_weights_that_are_all_two_change_nothing_but_the_interval() -> None:
    items = answers(300, 4)
    twos = np.full(300, 2.0)
    for coefficient in (alpha, omega):
        assert coefficient(items, twos).estimate == pytest.approx(coefficient(items).estimate, rel=1e-12)
    codes = np.arange(300) % 2
    plain, weighted = (compare(items, codes, "AB", w) for w in (None, twos))
    assert [s.chi_square for s in weighted.steps] == pytest.approx([s.chi_square for s in plain.steps], rel=1e-6)


def test_a_person_of_weight_two_is_two_people() -> None:
    items = answers(200, 5)
    twice = np.where(np.arange(200) < 50, 2.0, 1.0)
    doubled = np.vstack([items, items[:50]])
    for coefficient in (alpha, omega):
        assert coefficient(items, twice).estimate == pytest.approx(coefficient(doubled).estimate, rel=1e-10)
    assert minres(items, twice).omega == pytest.approx(minres(doubled).omega, rel=1e-10)


def test_the_unit_of_the_scale_does_not_matter() -> None:
    """In thousandths or in millions: the same coefficients and the same chi-square."""
    items, codes = answers(400, 6), np.arange(400) % 2
    for unit in (1e-6, 1e6):
        assert omega(items * unit).estimate == pytest.approx(omega(items).estimate, rel=1e-8)
        told, found = compare(items, codes, "AB"), compare(items * unit, codes, "AB")
        assert [s.chi_square for s in found.steps] == pytest.approx([s.chi_square for s in told.steps], rel=1e-5)


def test_rows_with_a_gap_or_no_weight_are_left_out_and_counted() -> None:
    items = answers(300, 9)
    items[:20, 2] = np.nan
    weights = np.ones(300)
    weights[20:25] = 0
    found = alpha(items, weights)
    assert (found.n, found.left_out) == (275, 25)
    assert found.estimate == pytest.approx(alpha(items[25:]).estimate, rel=1e-12)


def _two_items(items: Floats) -> Floats:
    return items[:, :2]


def _constant(items: Floats) -> Floats:
    return np.column_stack([items[:, :2], np.full(len(items), 3.0)])


def _twice(items: Floats) -> Floats:
    return np.column_stack([items, items[:, 0]])


def _heywood(items: Floats) -> Floats:
    """Correlations .9, .9 and .5: a loading of 1.27 on the first item would be needed."""
    root = np.linalg.cholesky(np.array([[1, 0.9, 0.9], [0.9, 1, 0.65], [0.9, 0.65, 1]]))
    whitened = (items[:, :3] - items[:, :3].mean(axis=0)) @ np.linalg.inv(
        np.linalg.cholesky(np.cov(items[:, :3].T))
    ).T
    return whitened @ root.T


def _cancels(items: Floats) -> Floats:
    return np.column_stack([items[:, 0], -items[:, 0]])


HOSTILE = """
what                       | function  | reason
a constant item            | _constant | same answer to item number 3
the same item twice        | _twice    | determined by the others
a Heywood case             | _heywood  | Heywood case
two items                  | _two_items| a scale of 2 items
"""


@pytest.mark.parametrize("row", ascii_table(HOSTILE), ids=lambda row: row["what"])
def test_what_cannot_be_told_says_why(row: dict[str, str]) -> None:
    items = globals()[row["function"]](answers(400, 10))
    for coefficient in (omega, minres):
        with pytest.raises(CannotEstimate, match=row["reason"]):
            coefficient(items)
    found = compare(items, np.arange(400) % 2, "AB")
    assert found.verdict == "cannot tell"
    assert found.says
    assert not found.fits


@pytest.mark.parametrize(
    ("items", "weights", "reason"),
    [
        (np.zeros((0, 4)), None, "0 people answered"),
        (answers(2, 1), None, "2 people answered"),
        (answers(9, 1)[:, :1], None, "scale of 1 items"),
        (np.full((9, 4), np.nan), None, "0 people answered"),
        (answers(9, 1), np.zeros(9), "0 people answered"),
        (answers(9, 1), np.full(9, -1.0), "weight is missing, infinite or below 0"),
        (answers(9, 1), np.full(9, np.nan), "weight is missing, infinite or below 0"),
        (answers(4, 1), None, "determined by the others"),
        (np.full((9, 4), 2.0), None, "same answer to item number 1"),
    ],
)
def test_too_little_for_any_coefficient(items: Floats, weights: Floats | None, reason: str) -> None:
    with pytest.raises(CannotEstimate, match=reason) as told:
        alpha(items, weights)
    assert told.value.cure


def test_items_that_cancel() -> None:
    with pytest.raises(CannotEstimate, match="determined by the others"):
        alpha(_cancels(answers(50, 2)))


def test_one_sampling_cluster_has_no_interval() -> None:
    with pytest.raises(CannotEstimate, match="one sampling cluster"):
        alpha(answers(50, 2), clusters=np.zeros(50, np.int64))


def test_few_people_or_one_group_is_cannot_tell() -> None:
    items = answers(300, 11)
    few = compare(items, np.where(np.arange(300) < 40, 0, 1), ("X", "everyone else"))
    assert few.verdict == "cannot tell"
    assert few.says == "fewer than 100 people answered every item: X"
    assert few.n == (40, 260)
    absent = compare(items, np.zeros(300, np.int64), ("X", "Y"))
    assert absent.says == "fewer than 100 people answered every item: Y"
    assert compare(items, np.zeros(300, np.int64), ("X",)).says == "there is only one group"


def test_items_of_two_scales_are_not_one_scale() -> None:
    """Four items of one thing and four of another: a poor configural fit is no question of communities."""
    items = np.hstack([answers(600, 12), answers(600, 13)])
    found = compare(items, np.arange(600) % 2, "AB")
    assert found.verdict == "cannot tell"
    assert "do not form one scale" in found.says


# --- slow twins -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coefficient", [alpha, omega])
def test_the_standard_error_is_that_of_moving_each_weight_a_little(coefficient) -> None:  # type: ignore[no-untyped-def]
    """Infinitesimal jackknife by brute force: refit with each person's weight 1e-4 up and down."""
    rng = np.random.default_rng(14)
    items, weights = answers(80, 15), rng.uniform(0.5, 2, 80)
    moved = np.zeros(80)
    for i in range(80):
        up, down = weights.copy(), weights.copy()
        up[i] += 1e-4
        down[i] -= 1e-4
        moved[i] = (coefficient(items, up).estimate - coefficient(items, down).estimate) / 2e-4
    clusters = np.arange(80) // 4
    for units in (None, clusters):
        parts = weights * moved if units is None else np.bincount(units, weights * moved)
        slow = np.sqrt(len(parts) / (len(parts) - 1) * np.sum(parts**2))
        assert coefficient(items, weights, clusters=units).se == pytest.approx(slow, rel=1e-6)


@pytest.mark.parametrize("coefficient", [alpha, omega])
def test_the_interval_covers(coefficient) -> None:  # type: ignore[no-untyped-def]
    """300 samples of 120 people with unequal weights; 95% nominal. Three standard errors of 300 draws are 3.8 points.

    Alpha of these loadings is 4/3 · (1 - Σ(λ² + θ) / (Σλ)² + Σθ) by its definition.
    """
    variance = LOADINGS.sum() ** 2 + 4 * 0.36
    truth = {alpha: 4 / 3 * (1 - (np.sum(LOADINGS**2) + 4 * 0.36) / variance), omega: LOADINGS.sum() ** 2 / variance}
    rng, covered = np.random.default_rng(16), 0
    for i in range(300):
        found = coefficient(answers(120, 1000 + i), rng.uniform(0.5, 1.5, 120))
        covered += found.low < truth[coefficient] < found.high
    assert 0.91 * 300 <= covered <= 0.985 * 300


def test_one_factor_of_a_covariance_made_of_it_comes_back() -> None:
    """Population values in, population values out, and chi-square zero."""
    unique = np.array([0.3, 0.4, 0.5, 0.6])
    made = Moments(500.0, np.zeros(4), np.outer(LOADINGS, LOADINGS) + np.diag(unique))
    fitted = fit([made])
    assert fitted.loadings[0] == pytest.approx(LOADINGS, abs=1e-9)
    assert fitted.unique[0] == pytest.approx(unique, abs=1e-9)
    assert fitted.chi_square == pytest.approx(0, abs=1e-9)


def test_inputs_are_left_as_they_were() -> None:
    items, weights, codes = answers(220, 17), np.full(220, 1.5), np.arange(220) % 2
    before = [each.copy() for each in (items, weights, codes)]
    alpha(items, weights)
    omega(items, weights)
    compare(items, codes, "AB", weights)
    moments(items, weights)
    assert all(np.array_equal(a, b) for a, b in zip(before, (items, weights, codes), strict=True))
