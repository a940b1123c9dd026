"""A pooled interval does not shut out what a community of 15 or more says of itself at 85%."""

from __future__ import annotations

import numpy as np
import pytest

from fairhearing.stats.intervals import logit_interval, t_interval
from fairhearing.stats.limited import FEWEST_OWN, OWN_LEVEL, own_limits, widened


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
