"""A gap is told with caution: chance alone may not set a community apart more often than one survey in twenty."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fairhearing.stats.domains import Gap, gap_of, holm, verdict_on
from fairhearing.stats.variance import Means, answers, design, domain_means, partition_totals


def means_of(said: list[tuple[int, int]], clusters: np.ndarray | None = None) -> Means:
    """Two communities of people saying yes; said: (yes, people) of each."""
    y = np.concatenate([np.arange(n) < yes for yes, n in said]).astype(float)
    code = np.repeat([0, 1], [n for _, n in said])
    made = design(np.ones(len(y)), domains=[(code, 2)], clusters=clusters)
    return domain_means(partition_totals(made, answers(made, y), 0), np.eye(2))


def gap(said: list[tuple[int, int]]) -> Gap:
    return gap_of(means_of(said), 0, 1, share=True, sampled=True, span=1.0, matters=0.05)


#         yes, of   of the rest    exact probability of a share as far below (binomial, one side)
RARE = [
    pytest.param((3, 100), (900, 9000), id="3 of 100 where 10 are expected"),
    pytest.param((1, 40), (900, 9000), id="1 of 40 where 4 are expected"),
    pytest.param((2, 150), (500, 10000), id="2 of 150 where 7.5 are expected"),
]


@pytest.mark.parametrize(("few", "rest"), RARE)
def test_a_small_share_by_chance_is_not_told_apart_more_surely_than_chance_allows(
    few: tuple[int, int], rest: tuple[int, int]
) -> None:
    expected = rest[0] / rest[1]
    exact = 2 * float(stats.binom.cdf(few[0], few[1], expected))
    linearised = abs(few[0] / few[1] - expected) / (few[0] / few[1] * (1 - few[0] / few[1]) / few[1]) ** 0.5
    naive = 2 * float(stats.norm.sf(linearised))
    found = gap([few, rest])
    assert naive < exact / 8, "the linearised standard error alone is far too sure"
    assert found.p is not None
    assert exact / 3 < found.p < exact * 3


def test_the_standard_error_told_is_still_the_linearised_one() -> None:
    found, means = gap([(3, 100), (900, 9000)]), means_of([(3, 100), (900, 9000)])
    assert found.se == pytest.approx(means.difference(0, 1)[1], rel=1e-14)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 2 * 1.96 * found.se


def test_clusters_in_both_communities_count_once() -> None:
    said = [(20, 40), (18, 40)]
    clusters = np.tile(np.arange(8), 10)
    shared, apart = means_of(said, clusters), means_of(said)
    assert shared.difference(0, 1)[2] <= 7
    assert apart.difference(0, 1)[2] == pytest.approx(78, abs=0.5)


def test_false_flags_of_a_tenth_in_twelve_communities() -> None:
    """1,000 people, 400 surveys, nobody differs. Without the caution more than 8% flag somebody; 5% is allowed, and
    5% + 2.3 standard errors is 7.5%."""
    rng, flagged = np.random.default_rng(12), 0
    common = 0.68 ** np.arange(12) + 0.005
    each = np.vstack([np.eye(12), 1 - np.eye(12)])
    for _ in range(400):
        code = rng.choice(12, 1000, p=common / common.sum())
        y = (rng.random(1000) < 0.1).astype(float)
        made = design(np.ones(1000), domains=[(code, 12)])
        means = domain_means(partition_totals(made, answers(made, y), 0), each)
        gaps = [gap_of(means, k, k + 12, share=True, sampled=True, span=1.0, matters=0.05) for k in range(12)]
        told = [g for g in gaps if g.p is not None]
        adjusted = holm([g.p for g in told if g.p is not None])
        verdicts = [verdict_on(g, p, matters=0.05, probability=0.9) for g, p in zip(told, adjusted, strict=True)]
        flagged += any(verdict in ("lower", "higher") for verdict in verdicts)
    assert flagged / 400 <= 0.075


# --- means -------------------------------------------------------------------------------------------------------

ONE_END = np.array([3, 1, 1, 2, 2, 5, 6, 10, 20, 20, 30]) / 100
"""How often 0 to 10 is given to a question most are content with."""


def of_scores(few: np.ndarray, rest: np.ndarray) -> tuple[Means, Gap]:
    y, code = np.concatenate([few, rest]), np.repeat([0, 1], [len(few), len(rest)])
    made = design(np.ones(len(y)), domains=[(code, 2)])
    means = domain_means(partition_totals(made, answers(made, y), 0), np.eye(2))
    return means, gap_of(means, 0, 1, share=False, sampled=True, span=10.0, matters=0.5)


#      a small community                       what decides: the test without, or with one variance for both
SCORES = [
    pytest.param([9, 10, 9, 10, 9, 10, 10, 9], "one variance", id="few who agree, of a rest that does not"),
    pytest.param([0, 10, 0, 10, 0, 10, 1, 9], "own variances", id="few who disagree more than the rest"),
]


@pytest.mark.parametrize(("few", "decides"), SCORES)
def test_of_the_two_t_tests_of_a_mean_the_more_cautious_is_told(few: list[int], decides: str) -> None:
    """Against scipy's Welch and equal-variance t tests; linearisation differs from those by n/(n - 1) at most."""
    rest = np.repeat(np.arange(11.0), np.round(ONE_END * 100).astype(int))
    own, one = (float(stats.ttest_ind(few, rest, equal_var=equal).pvalue) for equal in (False, True))
    _, found = of_scores(np.array(few, float), rest)
    assert (own < one) == (decides == "one variance")
    assert found.p == pytest.approx(max(own, one), rel=0.06)


def test_the_interval_of_a_mean_goes_with_its_p() -> None:
    rng = np.random.default_rng(3)
    for n in (4, 9, 20, 60):
        for _ in range(30):
            _, found = of_scores(
                rng.choice(np.arange(11.0), n, p=ONE_END), rng.choice(np.arange(11.0), 900, p=ONE_END)
            )
            if found.p is not None and found.low is not None and found.high is not None:
                assert (found.p < 0.05) == (found.low > 0 or found.high < 0)


def test_false_flags_of_a_mean_on_a_scale_of_which_most_use_one_end() -> None:
    """20 of 1,000 people, nobody differs, at the level of twelve gaps (.05 / 12 = .0042). Welch's test alone finds a
    gap in more than .015 of 2,000 surveys; .0042 + 2.3 standard errors is .0075."""
    rng = np.random.default_rng(5)
    both, welch = 0, 0
    for _ in range(2000):
        few, rest = rng.choice(np.arange(11.0), 20, p=ONE_END), rng.choice(np.arange(11.0), 980, p=ONE_END)
        found = of_scores(few, rest)[1]
        both += found.p is not None and found.p < 0.05 / 12
        welch += stats.ttest_ind(few, rest, equal_var=False).pvalue < 0.05 / 12
    assert welch / 2000 > 0.015
    assert both / 2000 < 0.0075
