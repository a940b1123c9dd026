"""Rates, ratios and funnels: published examples, R's exact tests, slow twins, and groups that nobody recorded."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats

from fairhearing.errors import CannotEstimate
from fairhearing.stats.disproportion import (
    GroupCounts,
    difference_of_shares,
    funnel,
    odds_ratio,
    rate,
    ratio_bounds,
    ratio_of_rates,
    ratio_of_shares,
)
from tests.helpers import ascii_table

CREST = """
published                  | one  | other | gap   | margin | distinguishable
trust in police, 64% v 71% | 0.64 | 0.71  | -0.07 | 4.1    | yes
would report, 67% v 63%    | 0.67 | 0.63  | 0.04  | 4.2    | no
"""


@pytest.mark.parametrize("row", ascii_table(CREST), ids=lambda row: row["published"])
def test_two_gaps_of_1000_and_1000_people(row: dict[str, str]) -> None:
    """Crest 2020: only one of the two is a difference, at the most favourable design effect of 1."""
    found = difference_of_shares(float(row["one"]), 1000, float(row["other"]), 1000)
    assert found.estimate == pytest.approx(float(row["gap"]))
    assert round(50 * (found.high - found.low), 1) == float(row["margin"])
    assert found.apart == (row["distinguishable"] == "yes")


def test_a_design_effect_widens_and_is_said() -> None:
    plain, wide = (difference_of_shares(0.64, 1000, 0.71, 1000, design_effect=d) for d in (1, 2))
    assert (wide.high - wide.low) / (plain.high - plain.low) == pytest.approx(math.sqrt(2), rel=0.01)
    assert "design effect 2" in wide.method


FUNNEL = """
year    | referrals | panel | cases | panel of referrals | cases of panel
2018/19 | 5737      | 1328  | 556   | 23                 | 42
2019/20 | 6287      | 1424  | 697   | 23                 | 49
2020/21 | 4915      | 1333  | 688   | 27                 | 52
2023/24 | 6922      | 893   | 512   | 13                 | 57
"""


@pytest.mark.parametrize("row", ascii_table(FUNNEL), ids=lambda row: row["year"])
def test_referral_to_panel_to_case(row: dict[str, str]) -> None:
    """Percentages by hand from the published counts; Wilson intervals are scipy's."""
    found = funnel([(stage, float(row[stage])) for stage in ("referrals", "panel", "cases")])
    assert found[0].of_first is None
    panel, cases = found[1].of_previous, found[2].of_previous
    assert panel is not None
    assert cases is not None
    assert f"{100 * panel.estimate:.0f}" == row["panel of referrals"]
    assert f"{100 * cases.estimate:.0f}" == row["cases of panel"]
    told = stats.binomtest(int(row["cases"]), int(row["panel"])).proportion_ci(method="wilson")
    assert (cases.low, cases.high) == pytest.approx((told.low, told.high), abs=1e-12)


def test_a_funnel_that_widens_is_refused() -> None:
    with pytest.raises(CannotEstimate, match=r"panel \(12\) is more than referrals \(10\)"):
        funnel([("referrals", 10), ("panel", 12)])


def test_katz_is_that_of_scipy() -> None:
    found = ratio_of_shares(GroupCounts(3099, 15220), GroupCounts(954, 11703))
    told = stats.contingency.relative_risk(3099, 15220, 954, 11703)
    ends = told.confidence_interval(0.95)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (told.relative_risk, ends.low, ends.high), rel=1e-12
    )
    assert "Katz" in found.method


def test_score_interval_is_that_of_koopmans_paper() -> None:
    """36 of 40 against 16 of 80: 4.5 (2.94 to 7.15), Koopman 1984."""
    found = ratio_of_shares(GroupCounts(36, 40), GroupCounts(16, 80))
    assert (found.estimate, round(found.low, 2), round(found.high or 0, 2)) == (pytest.approx(4.5), 2.94, 7.15)


@pytest.mark.parametrize(
    ("a", "n", "b", "m"),
    [
        (0, 20, 5, 30),
        (3, 20, 0, 30),
        (20, 20, 5, 30),
        (7, 10, 3, 10),
        (1, 1, 1, 1),
        (20, 20, 30, 30),
        (2, 400, 9, 700),
    ],
)
def test_score_interval_against_a_slow_twin(a: int, n: int, b: int, m: int) -> None:
    """At either end, the likelihood is maximised over the one share left free by brute force, and Pearson's
    chi-square there is 3.84."""

    def score(ratio: float) -> float:
        def loss(q: float) -> float:
            p = ratio * q
            return -(stats.binom.logpmf(a, n, p) + stats.binom.logpmf(b, m, q))

        top = min(1.0, 1 / ratio)
        q = optimize.minimize_scalar(loss, bounds=(1e-12, top), method="bounded", options={"xatol": 1e-14}).x
        found = 0.0
        for count, size, share in ((a, n, ratio * q), (b, m, q)):
            found += (count - size * share) ** 2 / (size * share * (1 - share)) if 0 < share < 1 else 0.0
        return found

    found = ratio_of_shares(GroupCounts(a, n), GroupCounts(b, m))
    if a:
        assert score(found.low) == pytest.approx(3.841459, abs=0.01)
    else:
        assert (found.estimate, found.low) == (0, 0)
    if b:
        assert found.high is not None
        assert score(found.high) == pytest.approx(3.841459, abs=0.01)
    else:
        assert found.estimate is None
        assert found.high is None


def test_exact_ratio_of_rates_is_that_of_r() -> None:
    """R 4.2.2: poisson.test(c(11, 9), c(800, 600))."""
    found = ratio_of_rates(GroupCounts(11, 800), GroupCounts(9, 600))
    assert (found.low, found.estimate, found.high) == pytest.approx(
        (0.345335253905, 0.916666666667, 2.502696856407), rel=1e-11
    )


def test_exact_rate_is_that_of_r() -> None:
    """R 4.2.2: poisson.test(3, 100)."""
    found = rate(3, 100, events=True)
    assert (found.low, found.high) == pytest.approx((0.00618672122896, 0.08767273069742), rel=1e-11)
    assert rate(0, 100, events=True).low == 0
    assert rate(0, 100).high == pytest.approx(0.0369935, abs=1e-6)


def test_rare_odds_ratio_is_that_of_r() -> None:
    """R 4.2.2: fisher.test(matrix(c(7, 13, 2, 38), 2, byrow = TRUE)); R stops at about 1e-3."""
    found = odds_ratio(GroupCounts(7, 20), GroupCounts(2, 40))
    assert (found.estimate, found.low) == pytest.approx((9.771655851, 1.598014933), rel=1e-3)
    assert found.high == pytest.approx(107.992759083, rel=0.01)


def test_exact_end_of_an_odds_ratio_by_its_definition() -> None:
    """3 of 4 against 1 of 4: tables 0 … 4 have weights C(4, x)², so the upper end is a root of a polynomial."""
    weights = [math.comb(4, x) ** 2 for x in range(5)]
    high = odds_ratio(GroupCounts(3, 4), GroupCounts(1, 4)).high
    assert high is not None
    parts = [weight * high**x for x, weight in enumerate(weights)]
    assert sum(parts[:4]) / sum(parts) == pytest.approx(0.025, rel=1e-6)


def test_large_odds_ratio_by_hand() -> None:
    found = odds_ratio(GroupCounts(40, 100), GroupCounts(20, 100))
    reach = stats.norm.ppf(0.975) * math.sqrt(1 / 40 + 1 / 60 + 1 / 20 + 1 / 80)
    ratio = (40 / 60) / (20 / 80)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (ratio, ratio * math.exp(-reach), ratio * math.exp(reach))
    )


def test_intervals_of_ratios_cover() -> None:
    """2,000 draws each; 95% nominal, three standard errors are 1.5 points. Exact ones may cover more."""
    rng = np.random.default_rng(3)
    for p, q, n, m in ((0.02, 0.04, 150, 200), (0.3, 0.2, 200, 150), (0.9, 0.6, 40, 30)):
        found = [
            ratio_of_shares(GroupCounts(float(a), n), GroupCounts(float(b), m))
            for a, b in zip(rng.binomial(n, p, 2000), rng.binomial(m, q, 2000), strict=True)
            if a + b
        ]
        covered = np.mean([each.low <= p / q <= (each.high or math.inf) for each in found])
        assert 0.93 <= covered <= 0.985, (p, q, covered)


# --- groups nobody recorded -------------------------------------------------------------------------------------


def test_bounds_of_a_ratio_are_every_way_it_can_come_out() -> None:
    """Slow twin: 3 counted and 4 not counted without a group, 2 unrecorded; every split between the two groups."""
    one, other = GroupCounts(12, 30), GroupCounts(15, 60)
    seen = []
    for mine, idle, lost_one, lost_other in itertools.product(range(4), range(5), range(3), range(3)):
        for spare in range(3 - lost_one - lost_other if lost_one + lost_other <= 2 else 0):
            left = 2 - lost_one - lost_other - spare
            first = (12 + mine + lost_one) / (30 + mine + idle + lost_one + spare)
            second = (15 + 3 - mine + lost_other) / (60 + 7 - mine - idle + lost_other + left)
            seen.append(first / second)
    found = ratio_bounds(one, other, GroupCounts(3, 7), unrecorded=2)
    assert (found.lowest.estimate, found.highest.estimate) == pytest.approx((min(seen), max(seen)))
    assert found.known.estimate == pytest.approx(0.4 / 0.25)


def test_unrecorded_count_as_far_as_they_hurt() -> None:
    """Slow twin on a grid, where the worst case lies between none and all of the unrecorded being counted."""
    one, other, unknown = GroupCounts(3099, 15220), GroupCounts(954, 11703), GroupCounts(99, 9219)
    grid = np.linspace(0, 8221, 82_211)
    high = (3099 + 99 + grid) / (15220 + 99 + grid) / (954 / (11703 + 9120 + 8221 - grid))
    low = 3099 / (15220 + 9120 + 8221 - grid) / ((954 + 99 + grid) / (11703 + 99 + grid))
    found = ratio_bounds(one, other, unknown, unrecorded=8221)
    assert found.highest.estimate == pytest.approx(high.max(), rel=1e-8)
    assert found.lowest.estimate == pytest.approx(low.min(), rel=1e-8)
    assert 0 < high.argmax() < len(grid) - 1


def test_events_spread_while_sizes_stay() -> None:
    """20 per 1,000 and 10 per 1,000, 5 without a group: 15/1,000 is as low as the second goes with all of them."""
    found = ratio_bounds(GroupCounts(20, 1000), GroupCounts(10, 1000), GroupCounts(5, 5), events=True)
    assert found.lowest.estimate == pytest.approx(20 / 15)
    assert found.highest.estimate == pytest.approx(25 / 10)
    assert found.sign == "cannot be established", "20 against 15 can be chance"
    assert found.flips_at is None


def test_what_would_have_to_be_true_for_no_disproportion() -> None:
    """20 and 10 per 1,000 with 30 unknown: equal where 10 of them, a third, belong to the first group."""
    found = ratio_bounds(GroupCounts(20, 1000), GroupCounts(10, 1000), GroupCounts(30, 30), events=True)
    assert found.flips_at == pytest.approx(1 / 3)


def test_nobody_unknown_is_the_known_ratio() -> None:
    found = ratio_bounds(GroupCounts(300, 1000), GroupCounts(100, 1000), GroupCounts(0, 0))
    assert found.lowest == found.highest == found.known
    assert found.sign == "above 1"
    turned = ratio_bounds(GroupCounts(100, 1000), GroupCounts(300, 1000), GroupCounts(0, 0))
    assert turned.sign == "below 1"


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: rate(5, 0), "is no rate"),
        (lambda: rate(-1, 5), "is no rate"),
        (lambda: rate(float("nan"), 5), "is no rate"),
        (lambda: rate(6, 5), "more than its denominator"),
        (lambda: ratio_of_shares(GroupCounts(0, 5), GroupCounts(0, 5)), "nothing was counted"),
        (lambda: ratio_of_rates(GroupCounts(0, 5), GroupCounts(0, 5)), "nothing was counted"),
        (lambda: odds_ratio(GroupCounts(5, 5), GroupCounts(5, 5)), "odds need both|everybody, or nobody"),
        (lambda: odds_ratio(GroupCounts(1.5, 5), GroupCounts(2, 5)), "not whole"),
        (lambda: difference_of_shares(64, 1000, 71, 1000), "not two shares"),
        (lambda: ratio_bounds(GroupCounts(1, 5), GroupCounts(2, 5), GroupCounts(6, 5)), "are no counts"),
    ],
)
def test_impossible_counts_say_so(call, what: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(CannotEstimate, match=what) as told:
        call()
    assert told.value.cure
