# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""Two rounds of a survey in, one change out: with an interval that can be worked out by hand, or the reason why not."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy import stats

from fairhearing.measure import STAGES
from fairhearing.programme import Programme
from fairhearing.stats.domains import Estimate, change_of, estimate_of, holm, verdict_on
from fairhearing.stats.variance import answers, design, domain_means, partition_totals
from fairhearing.tables import from_rows
from fairhearing.weigh import STAGE as WEIGH
from tests.helpers import ascii_table, programme, run_stage

FAIR = {
    "id": "fair", "name": "think it is fair", "about": "trust", "report": "share", "favourable": [1],
    "items": [{"id": "fair", "wording": "Is it fair?", "low": 0, "high": 1}],
}  # fmt: skip
ROUNDS = [{"id": "late", "name": "Late"}, {"id": "r1", "name": "First"}, {"id": "r2", "name": "Second"}]


def made(sample: str = "probability", numbered: bool = True) -> Programme:
    """The round called late is the first in the programme's order."""
    faith = {"id": "faith", "name": "Faith", "categories": [{"id": id, "name": id} for id in ("one", "two", "three")]}
    columns = {"characteristics": {"faith": "faith"}} | ({"person": "number"} if numbered else {})
    source = {"id": "s", "file": "s.csv", "kind": "survey", "sample": sample, "columns": columns}
    return programme(characteristics=[faith], measures=[FAIR], rounds=ROUNDS, sources=[source])


def heard(table: str, same_people: bool = False) -> list[dict[str, Any]]:
    """Rows of people: round, faith, how many favourable, how many not."""
    rows: list[dict[str, Any]] = []
    for group in ascii_table(table):
        answers = [1.0] * int(group["yes"]) + [0.0] * int(group["no"])
        for number, answer in enumerate(answers):
            person = f"{group['faith']}{number}" if same_people else f"p{len(rows)}"
            rows.append(
                {"source": "s", "row": len(rows) + 1, "person": person, "round": group["round"], "weight": 1.0,
                 "c_faith": group["faith"], "q_fair": answer}
            )  # fmt: skip
    return rows


def changes(programme: Programme, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    people = from_rows("people", rows)
    weighed = run_stage(WEIGH, programme, people=people)
    given = {"weights": weighed["weights"], "weighting": weighed["weighting"]}
    return run_stage(STAGES[0], programme, people=people, **given)["changes"].to_pylist()


TWO_ROUNDS = """
round | faith | yes | no
r1    | one   |  80 | 120
r1    | two   | 150 | 150
r1    | three |   5 |   5
r2    | one   | 120 |  80
r2    | two   | 153 | 147
r2    | three |   8 |   0
"""


def test_a_change_has_the_interval_of_two_separate_samples() -> None:
    row = changes(made(), heard(TWO_ROUNDS))[0]
    n, before, m, after = 510, 235 / 510, 508, 281 / 508
    assert (row["community"], row["round_from"], row["round_to"]) == (None, "r1", "r2")
    assert (row["n_from"], row["n"]) == (n, m)
    assert (row["estimate_from"], row["estimate"]) == pytest.approx((before, after))
    assert row["change"] == pytest.approx(after - before)
    parts = [before * (1 - before) / (n - 1), after * (1 - after) / (m - 1)]
    assert row["se"] == pytest.approx(sqrt(sum(parts)), rel=1e-12)
    df = sum(parts) ** 2 / (parts[0] ** 2 / (n - 1) + parts[1] ** 2 / (m - 1))
    half = stats.t.ppf(0.975, df) * sqrt(sum(parts))
    assert (row["low"], row["high"]) == pytest.approx((after - before - half, after - before + half), rel=1e-12)
    assert row["probability"] == pytest.approx(stats.norm.cdf((after - before - 0.05) / sqrt(sum(parts))))
    assert row["verdict"] == "higher"
    assert "nobody is in both rounds: variances added" in row["method"]


COMMUNITIES = """
community | verdict     | cannot tell
          | higher      |
one       | higher      |
two       | cannot tell |
three     | cannot tell | the later round: everyone gave the same answer, so how far it might differ cannot be estimated
"""


@pytest.mark.parametrize("want", ascii_table(COMMUNITIES), ids=lambda row: row["community"] or "everyone")
def test_each_community_has_a_change_or_the_reason_why_not(want: dict[str, str]) -> None:
    (row,) = [row for row in changes(made(), heard(TWO_ROUNDS)) if (row["community"] or "") == want["community"]]
    assert row["verdict"] == want["verdict"]
    assert (row["cannot_tell"] or "") == want["cannot tell"]
    assert (row["low"] is None) == (row["high"] is None) == (row["change"] is None) == bool(want["cannot tell"])


def test_looking_at_many_communities_is_paid_for_and_everyone_is_one_question() -> None:
    everyone, *rest = [row for row in changes(made(), heard(TWO_ROUNDS)) if row["se"]]
    plain = [2 * stats.t.sf(abs(row["change"]) / row["se"], _df(row)) for row in (everyone, *rest)]
    assert everyone["p_adjusted"] == pytest.approx(plain[0], rel=1e-6)
    assert [row["p_adjusted"] for row in rest] == pytest.approx(holm(plain[1:]), rel=1e-6)


def _df(row: dict[str, Any]) -> float:
    """From the half width of the interval."""
    half = (row["high"] - row["low"]) / 2
    return float(min((df for df in range(1, 2000)), key=lambda df: abs(stats.t.ppf(0.975, df) * row["se"] - half)))


WHY_NOT = """
case                         | sample        | same people | says
people who chose to answer   | self-selected | no          | those who answered differ each time, so no change can be claimed
the same people, who chose   | self-selected | yes         | those who answered differ each time, so no change can be claimed
"""


@pytest.mark.parametrize("case", ascii_table(WHY_NOT), ids=lambda case: case["case"])
def test_nothing_is_claimed_without_an_interval(case: dict[str, str]) -> None:
    rows = changes(made(case["sample"]), heard(TWO_ROUNDS, same_people=case["same people"] == "yes"))
    assert len(rows) == 4
    for row in rows:
        assert row["cannot_tell"].startswith((case["says"], "the later round"))
        assert row["verdict"] == "cannot tell"
        assert [row[key] for key in ("change", "se", "low", "high", "p_adjusted", "probability")] == [None] * 6


def test_each_round_is_compared_with_the_one_before_in_the_programmes_order() -> None:
    third = "\n".join(line.replace("r1", "late") for line in TWO_ROUNDS.splitlines() if line.startswith("r1"))
    rows = changes(made(), heard(TWO_ROUNDS + third))
    assert list(dict.fromkeys((row["round_from"], row["round_to"]) for row in rows)) == [("late", "r1"), ("r1", "r2")]


def test_one_round_is_no_change() -> None:
    assert changes(made(), heard("\n".join(TWO_ROUNDS.splitlines()[:5]))) == []


def test_where_the_file_does_not_number_people_the_method_says_what_is_assumed() -> None:
    row = changes(made(numbered=False), heard(TWO_ROUNDS))[0]
    assert "the file does not number people, so taken as separate samples" in row["method"]


def test_the_rule_is_that_of_gaps() -> None:
    """A change of 1 point known to ±1 does not matter (5 points do); one of 9 known to ±4 does."""
    small = change_of(_known(0.60, 0.0035), _known(0.61, 0.0035), matters=0.05)
    large = change_of(_known(0.60, 0.014), _known(0.51, 0.014), matters=0.05)
    assert verdict_on(small, small.p, matters=0.05, probability=0.9) == "no difference that matters"
    assert verdict_on(large, large.p, matters=0.05, probability=0.9) == "lower"
    assert large.low == pytest.approx(-0.09 - 1.96 * 0.014 * sqrt(2), abs=1e-4)


def _known(share: float, se: float) -> Estimate:
    return Estimate(1000, 1000.0, share, se, share - 2 * se, share + 2 * se, df=999)


def test_a_few_people_at_one_end_of_a_scale_are_not_told_to_have_moved_by_their_small_spread_alone() -> None:
    """Eight people of whom seven say 0, beside a hundred spread over the scale: Welch's t would claim a fall."""
    rng = np.random.default_rng(2)
    many = rng.choice(11, 100, p=np.array([45, 20, 12, 8, 5, 3, 2, 2, 1, 1, 1]) / 100).astype(float)
    few = np.array([0.0] * 7 + [1.0])

    def told(y: np.ndarray) -> Estimate:
        made = design(np.ones(len(y)), domains=[(np.zeros(len(y), np.int8), 1)])
        means = domain_means(partition_totals(made, answers(made, y), 0), np.ones((1, 1)))
        return estimate_of(means, 0, share=False, sampled=True, span=10.0)

    before, after = told(many), told(few)
    gap = change_of(before, after, matters=0.5)
    welch = stats.ttest_ind(few, many, equal_var=False)
    student = stats.ttest_ind(few, many)
    assert welch.pvalue < 0.001 < 0.05 < student.pvalue
    assert gap.p is not None and student.pvalue <= gap.p < 0.1  # the one variance is of all answers, about one mean
    assert gap.low is not None and gap.high is not None and gap.low < 0 < gap.high
