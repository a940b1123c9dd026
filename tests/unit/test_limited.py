"""A pooled interval does not shut out what a community of 15 or more says of itself at 85%."""

from __future__ import annotations

from math import comb

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.measure.pooled import pool_table
from fairhearing.stats.intervals import exact_share, logit_interval, t_interval
from fairhearing.stats.limited import FEWEST_OWN, OWN_LEVEL, Alike, own_limits, widened


def test_own_limits_are_those_of_the_lower_level() -> None:
    """With many degrees of freedom, the t and logit intervals made at that level themselves."""
    for estimate, se in ((0.3, 0.05), (0.9, 0.03), (0.5, 0.1)):
        wanted = logit_interval(estimate, se, 1e9, OWN_LEVEL)
        assert own_limits(estimate, *logit_interval(estimate, se, 1e9), share=True) == pytest.approx(wanted, rel=1e-6)
    wanted = t_interval(4.2, 0.4, 1e9, OWN_LEVEL)
    assert own_limits(4.2, *t_interval(4.2, 0.4, 1e9), share=False) == pytest.approx(wanted, rel=1e-6)


def test_with_few_degrees_of_freedom_they_are_never_too_short() -> None:
    for df in (3, 8, 14, 40):
        low, high = own_limits(0.0, *t_interval(0.0, 1.0, df), share=False)
        exact = t_interval(0.0, 1.0, df, OWN_LEVEL)
        assert low <= exact[0]
        assert high >= exact[1]


# pooled       people  own: estimate, 95% limits     what comes out; of the own, about 85%
CASES = [
    ((0.45, 0.60), 14, (0.30, 0.15, 0.50), "as pooled"),
    ((0.45, 0.60), 15, (0.30, 0.15, 0.50), "lower"),
    ((0.45, 0.60), 30, (0.75, 0.55, 0.88), "higher"),
    ((0.30, 0.70), 30, (0.50, 0.32, 0.68), "as pooled"),
    ((0.45, 0.60), 30, (None, None, None), "as pooled"),
]


@pytest.mark.parametrize(("pooled", "n", "own", "said"), CASES)
def test_where_limits_move(pooled: tuple[float, float], n: int, own: tuple[float, ...], said: str) -> None:
    found = widened(pooled, n, own, share=True)
    assert found.wider == (said != "as pooled")
    assert (found.low < pooled[0]) == (said == "lower")
    assert (found.high > pooled[1]) == (said == "higher")
    assert found.low == pytest.approx(pooled[0] - found.below)
    assert found.high == pytest.approx(pooled[1] + found.above)


def test_own_limits_move_with_what_is_pooled_over_and_stay_shares() -> None:
    own = (0.9, 0.7, 0.97)
    at, moved = (widened((0.5, 0.8), 20, own, share=True, moved=by) for by in (0.0, 0.3))
    assert at.high < 1
    assert moved.high == 1


def test_a_community_far_from_the_others_is_held_nine_times_in_ten_wherever_it_lies() -> None:
    """Normal answers of standard error 1, drawn towards others at 0 as if their standard deviation were 1: the pooled
    limits are own/2 ± 1.96·√½, and of a truth of 4 they alone hold fewer than .15. 4,000 surveys each."""
    rng, half = np.random.default_rng(2), 1.959964 * 0.5**0.5
    for truth in (0.0, 1.0, 2.5, 4.0, 8.0):
        held, pooled = 0, 0
        for own in truth + rng.standard_normal(4000):
            ends = (own / 2 - half, own / 2 + half)
            wide = widened(ends, FEWEST_OWN, (own, own - 1.959964, own + 1.959964), share=False)
            held += wide.low <= truth <= wide.high
            pooled += ends[0] <= truth <= ends[1]
        assert held / 4000 >= (1 + OWN_LEVEL) / 2 - 0.013  # three standard errors of the count
        assert truth < 4 or pooled / 4000 < 0.15


# --- everybody of it said the same -------------------------------------------------------------------------------


def at_most(k: int, n: int, p: float) -> float:
    """Binomial probability of k or fewer of n, term by term."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))


@pytest.mark.parametrize(("n", "k"), [(15, 0), (15, 15), (21, 0), (40, 40), (30, 1), (30, 12)])
def test_exact_limits_leave_out_what_binomial_counts_reach_in_7_5_of_100(n: int, k: int) -> None:
    """At the upper limit so few, and at the lower one so many, are counted with probability .075."""
    low, high = exact_share(k / n, n, OWN_LEVEL)
    assert (low == 0) == (k == 0)
    assert (high == 1) == (k == n)
    if k < n:
        assert at_most(k, n, high) == pytest.approx(0.075, rel=1e-9)
    if k > 0:
        assert 1 - at_most(k - 1, n, low) == pytest.approx(0.075, rel=1e-9)


# pooled       people  all said  count as   comes out: by hand, 1 - .075^(1/15) = .1586, 1 - .075^(1/10) = .2282
ALIKE = [
    ((0.02, 0.10), 15, 0.0, 15, (0.0, 0.1586)),
    ((0.02, 0.30), 15, 0.0, 15, (0.0, 0.30)),
    ((0.80, 0.97), 15, 1.0, 15, (0.80, 1.0)),
    ((0.90, 0.97), 20, 1.0, 10, (0.7718, 1.0)),
    ((0.02, 0.10), 14, 0.0, 14, (0.02, 0.10)),
]


@pytest.mark.parametrize(("pooled", "n", "share", "people", "out"), ALIKE)
def test_limits_of_those_who_all_said_the_same(
    pooled: tuple[float, float], n: int, share: float, people: float, out: tuple[float, float]
) -> None:
    found = widened(pooled, n, (None, None, None), share=True, alike=Alike(share, people))
    assert (found.low, found.high) == pytest.approx(out, abs=5e-5)
    assert ("all the same" in found.words) == (out != pooled)


@pytest.mark.parametrize("moved", [-0.05, 0.05])
def test_nobody_stays_nobody_wherever_the_population_lies(moved: float) -> None:
    found = widened((0.1, 0.2), 20, (None, None, None), share=True, alike=Alike(0.0, 20), moved=moved)
    assert found.low == 0
    assert found.high == pytest.approx(max(0.2, 1 - 0.075 ** (1 / 20) + moved))


def test_of_a_mean_nothing_is_known_of_how_answers_are_spread() -> None:
    found = widened((1.1, 1.4), 20, (None, None, None), share=False, alike=Alike(1.0, 20))
    assert (found.low, found.high, found.words) == (1.1, 1.4, "")


@pytest.mark.parametrize("all_said", [0, 1])
@pytest.mark.parametrize("weight", ["even", "uneven"])
def test_a_district_of_which_all_said_the_same_is_held_in_a_file(all_said: int, weight: str) -> None:
    """Eight districts of 20. Uneven: half weigh 3, so the 20 count as 20²/(10·1 + 10·9)·(1 + 3)²/4 = 16 people."""
    districts = [f"d{k}" for k in range(8) for _ in range(20)]
    said = [all_said] * 20 + [(k * 7 + i) % 3 != 0 for k in range(7) for i in range(20)]
    weights = [1.0, 3.0 if weight == "uneven" else 1.0] * 80
    table = pa.table({"district": districts, "said": np.array(said, int), "w": weights})
    cells = pa.table({"district": [f"d{k}" for k in range(8)], "people": [1000] * 8})
    rng = np.random.default_rng(1)
    found = pool_table(table, item="said", by=["district"], population=cells, weights="w", rng=rng, where="f")
    row = found.rows.to_pylist()[1]
    reach = 1 - 0.075 ** (1 / (16 if weight == "uneven" else 20))
    ends = (row["low"], 1 - row["high"]) if all_said == 0 else (1 - row["high"], row["low"])
    assert row["direct"] is None
    assert ends[0] == 0
    assert (row["high"] if all_said == 0 else 1 - row["low"]) >= reach - 1e-12
    assert "all the same" in row["method"]
    assert row["low"] <= row["estimate"] <= row["high"]
