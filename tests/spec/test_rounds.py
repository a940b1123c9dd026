# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""Who is in both rounds decides the interval of a change; a declared break decides that there is none."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy import stats

from fairhearing.measure import STAGES
from fairhearing.programme import Programme
from fairhearing.tables import from_rows
from fairhearing.weigh import STAGE as WEIGH
from tests.helpers import ascii_table, programme, run_stage

Row = dict[str, Any]
FAIR = {
    "id": "fair", "name": "think it is fair", "about": "trust", "report": "share", "favourable": [1],
    "items": [{"id": "fair", "wording": "Is it fair?", "low": 0, "high": 1}],
}  # fmt: skip
SCORE = {
    "id": "score", "name": "score", "about": "trust", "report": "mean",
    "items": [{"id": "score", "wording": "How fair is it?", "low": 0, "high": 10}],
}  # fmt: skip
ROUNDS = [{"id": f"r{k}", "name": f"Round {k}", "start": f"202{k}-01-01"} for k in (1, 2, 3, 4)]


def made(**more: Any) -> Programme:
    faith = {"id": "faith", "name": "Faith", "categories": [{"id": id, "name": id} for id in ("one", "two")]}
    columns = {"characteristics": {"faith": "faith"}, "person": "number"}
    source = {"id": "s", "file": "s.csv", "kind": "survey", "sample": "probability", "columns": columns}
    parts = {"characteristics": [faith], "measures": [FAIR, SCORE], "rounds": ROUNDS, "sources": [source]}
    return programme(**parts | more)


def tables(programme: Programme, rows: list[Row]) -> dict[str, list[Row]]:
    people = from_rows("people", rows)
    weighed = run_stage(WEIGH, programme, people=people)
    given = {"weights": weighed["weights"], "weighting": weighed["weighting"]}
    written = run_stage(STAGES[0], programme, people=people, **given)
    return {name: table.to_pylist() for name, table in written.items()}


def asked(round: str, answers: dict[str, float], item: str = "score", **more: Any) -> list[Row]:
    """Person → answer."""
    return [
        {"source": "s", "row": row, "person": person, "round": round, "weight": 1.0, "c_faith": "one", f"q_{item}": answer} | more
        for row, (person, answer) in enumerate(answers.items(), 1)
    ]  # fmt: skip


def everyone(rows: list[Row], measure: str = "score") -> Row:
    (row,) = [row for row in rows if row["characteristic"] is None and row["measure"] == measure]
    return row


# --- the same people ----------------------------------------------------------------------------------------------

PANEL = """
person | before | after
ann    | 4      | 6
ben    | 7      | 8
cat    | 2      | 2
dan    | 9      | 10
eve    | 5      | 4
fay    | 6      | 9
"""


def test_the_same_people_twice_are_a_paired_t_test() -> None:
    panel = ascii_table(PANEL)
    before, after = ({row["person"]: float(row[when]) for row in panel} for when in ("before", "after"))
    row = everyone(tables(made(), asked("r1", before) + asked("r2", after))["changes"])
    differences = np.array(list(after.values())) - np.array(list(before.values()))
    paired = stats.ttest_1samp(differences, 0)
    low, high = paired.confidence_interval()
    assert row["change"] == pytest.approx(differences.mean(), rel=1e-12)
    assert row["se"] == pytest.approx(differences.std(ddof=1) / sqrt(6), rel=1e-12)
    assert (row["low"], row["high"]) == pytest.approx((low, high), rel=1e-9)
    assert row["p_adjusted"] == pytest.approx(paired.pvalue, rel=1e-9)
    assert "the same people are in both rounds: covariance of what is in both taken off" in row["method"]


def slow_se(before: dict[str, float], after: dict[str, float]) -> float:
    """Variance of a mean less another, with the covariance of whoever is in both, one person after the other."""

    def added(answers: dict[str, float]) -> dict[str, float]:
        n, mean = len(answers), sum(answers.values()) / len(answers)
        return {person: (answer - mean) / n * sqrt(n / (n - 1)) for person, answer in answers.items()}

    one, other = added(before), added(after)
    variance = sum(part**2 for part in one.values()) + sum(part**2 for part in other.values())
    for person in one:
        variance -= 2 * one[person] * other.get(person, 0.0)
    return sqrt(variance)


@pytest.mark.parametrize("again", [0, 1, 30, 59, 60])
def test_some_in_both_rounds_against_a_slow_twin(again: int) -> None:
    """60 people before; of the 50 or more after, so many answered before too."""
    rng = np.random.default_rng(again)
    lean = rng.normal(0, 2, 200)
    before = {f"p{i}": round(5 + lean[i] + rng.normal(), 2) for i in range(60)}
    after = {f"p{i}": round(5.5 + lean[i] + rng.normal(), 2) for i in range(60 - again, 120 - again + 5)}
    assert len(before.keys() & after.keys()) == again
    row = everyone(tables(made(), asked("r1", before) + asked("r2", after))["changes"])
    assert row["se"] == pytest.approx(slow_se(before, after), rel=1e-11)


IN_BOTH = """
before | after | in both | says
60     | 65    | 0       | nobody is in both rounds: variances added
60     | 65    | 4       | fewer than 10 people are in both rounds
60     | 65    | 32      | about 30 people are in both rounds
60     | 65    | 57      | nearly everybody of one round is in the other too
60     | 60    | 60      | the same people are in both rounds
"""


@pytest.mark.parametrize("case", ascii_table(IN_BOTH), ids=lambda case: case["in both"])
def test_how_many_are_in_both_is_said_but_never_of_a_few(case: dict[str, str]) -> None:
    n, m, again = (int(case[key]) for key in ("before", "after", "in both"))
    before = {f"p{i}": float(i % 7) for i in range(n)}
    after = {f"p{i}": float(i % 5) for i in range(n - again, n - again + m)}
    row = everyone(tables(made(), asked("r1", before) + asked("r2", after))["changes"])
    assert case["says"] in row["method"]


def test_nobody_in_both_is_welch_to_the_last_bit() -> None:
    rng = np.random.default_rng(5)
    before, after = rng.normal(5, 2, 40).round(3), rng.normal(6, 3, 25).round(3)
    rows = asked("r1", {f"a{i}": v for i, v in enumerate(before)}) + asked(
        "r2", {f"b{i}": v for i, v in enumerate(after)}
    )
    row = everyone(tables(made(), rows)["changes"])
    welch = stats.ttest_ind(after, before, equal_var=False)
    low, high = welch.confidence_interval()
    assert (row["low"], row["high"], row["p_adjusted"]) == pytest.approx((low, high, welch.pvalue), rel=1e-10)


def test_a_panel_of_which_everybody_moved_alike_has_no_spread() -> None:
    before = {f"p{i}": float(i) for i in range(8)}
    after = {person: answer + 1 for person, answer in before.items()}
    row = everyone(tables(made(), asked("r1", before) + asked("r2", after))["changes"])
    assert row["cannot_tell"] == "everybody changed alike, so how far the change might differ cannot be estimated"
    assert row["verdict"] == "cannot tell"


# --- the same clusters --------------------------------------------------------------------------------------------


def clustered(round: str, level: float, rng: np.random.Generator, streets: np.ndarray, names: range) -> list[Row]:
    """Ten new people in each street."""
    rows = []
    for street in names:
        for person in range(10):
            answer = round_to(level + streets[street] + rng.normal())
            rows.append(
                {"source": "s", "row": len(rows) + 1, "person": f"{round}{street}-{person}", "round": round, "weight": 1.0,
                 "c_faith": "one", "q_score": answer, "cluster": f"street{street}"}
            )  # fmt: skip
    return rows


def round_to(value: float) -> float:
    return float(np.clip(round(value, 2), 0, 10))


def test_the_same_streets_with_new_people_are_compared_street_by_street() -> None:
    """Equal numbers in each street: the change is the mean of the streets' own, with the paired interval of 12."""
    rng = np.random.default_rng(3)
    streets = rng.normal(0, 1, 12)
    rows = clustered("r1", 5, rng, streets, range(12)) + clustered("r2", 5.4, rng, streets, range(12))
    row = everyone(tables(made(), rows)["changes"])
    means: dict[tuple[str, str], list[float]] = defaultdict(list)
    for each in rows:
        means[each["cluster"], each["round"]].append(each["q_score"])
    own = [np.mean(means[f"street{k}", "r2"]) - np.mean(means[f"street{k}", "r1"]) for k in range(12)]
    low, high = stats.ttest_1samp(own, 0).confidence_interval()
    assert (row["low"], row["high"]) == pytest.approx((low, high), rel=1e-9)
    assert "12 clusters are in both rounds" in row["method"]


def test_people_who_moved_to_another_cluster_cannot_be_allowed_for() -> None:
    rng = np.random.default_rng(4)
    streets = np.zeros(8)
    before, after = (clustered(each, 5, rng, streets, range(8)) for each in ("r1", "r2"))
    after[0]["person"] = before[-1]["person"]
    row = everyone(tables(made(), before + after)["changes"])
    assert (
        row["cannot_tell"]
        == "somebody is in both rounds in different clusters, so what the rounds have in common cannot be allowed for"
    )
    assert row["change"] is None and row["verdict"] == "cannot tell"


# --- breaks -------------------------------------------------------------------------------------------------------


def shares(round: str, yes: int, no: int) -> list[Row]:
    return asked(round, {f"{round}-{k}": float(k < yes) for k in range(yes + no)}, "fair")


BREAKS = """
break at | of    | r1 to r2 | r2 to r3
         |       | higher   | higher
r2       |       | broken   | higher
r3       | fair  | higher   | broken
r3       | score | higher   | higher
"""


@pytest.mark.parametrize("case", ascii_table(BREAKS), ids=lambda case: f"{case['break at']}-{case['of']}")
def test_no_change_is_told_across_a_declared_break(case: dict[str, str]) -> None:
    why = {"source": "s", "measure": case["of"], "at": case["break at"], "why": "New wording.", "found_in": "Annex B"}
    rows = shares("r1", 100, 200) + shares("r2", 160, 140) + shares("r3", 220, 80)
    found = tables(made(breaks=[why] if case["break at"] else []), rows)["changes"]
    for row in (row for row in found if row["characteristic"] is None):
        want = case[f"{row['round_from']} to {row['round_to']}"]
        assert (row["verdict"] if row["cannot_tell"] is None else "broken") == want
        if want == "broken":
            name = row["round_to"].replace("r", "Round ")
            assert row["cannot_tell"] == f"the series breaks at {name}: New wording (found in Annex B)"
            assert [row[key] for key in ("change", "se", "low", "high", "probability")] == [None] * 5
            assert row["estimate_from"] is not None and row["estimate"] is not None  # each round stands


def test_a_break_without_a_document_says_that_it_is_left_blank() -> None:
    broken = {"source": "s", "at": "r2", "why": "New wording"}
    row = everyone(tables(made(breaks=[broken]), shares("r1", 10, 20) + shares("r2", 16, 14))["changes"], "fair")
    assert row["cannot_tell"].endswith("New wording (where that is documented is left blank)")


# --- comparisons declared beforehand ------------------------------------------------------------------------------


def comparison(**more: Any) -> Row:
    return {
        "id": "c",
        "measure": "fair",
        "source": "s",
        "before": "r1",
        "after": "r3",
        "declared_on": "2022-06-01",
    } | more


FOUND = """
expected | r1 yes | r3 yes | found
higher   | 100    | 160    | moved as expected
lower    | 100    | 160    | moved the other way
either   | 100    | 160    | moved higher
either   | 160    | 100    | moved lower
lower    | 160    | 100    | moved as expected
higher   | 150    | 158    | cannot tell
"""


@pytest.mark.parametrize("case", ascii_table(FOUND), ids=lambda case: f"{case['expected']}-{case['r3 yes']}")
def test_what_was_declared_is_found_or_not(case: dict[str, str]) -> None:
    yes = [int(case[key]) for key in ("r1 yes", "r3 yes")]
    rows = shares("r1", yes[0], 300 - yes[0]) + shares("r2", 150, 150) + shares("r3", yes[1], 300 - yes[1])
    (row,) = tables(made(comparisons=[comparison(expected=case["expected"])]), rows)["comparisons"]
    assert row["found"] == case["found"]
    assert (row["round_from"], row["round_to"], row["n_from"], row["n"]) == ("r1", "r3", 300, 300)
    p = yes[0] / 300, yes[1] / 300
    se = sqrt(sum(share * (1 - share) / 299 for share in p))
    assert row["se"] == pytest.approx(se, rel=1e-9)
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(p[1] - p[0]) / se, 598), rel=1e-2)


def test_a_small_change_known_exactly_does_not_matter() -> None:
    rows = shares("r1", 3000, 3000) + shares("r3", 3030, 2970)
    (row,) = tables(made(comparisons=[comparison(expected="higher")]), rows)["comparisons"]
    assert row["found"] == "no change that matters"


WHEN = """
declared on | before evidence
2022-12-31  | True
2023-01-01  | True
2023-01-02  | False
"""


@pytest.mark.parametrize("case", ascii_table(WHEN), ids=lambda case: case["declared on"])
def test_declared_later_than_the_round_began_is_marked(case: dict[str, str]) -> None:
    declared = made(comparisons=[comparison(declared_on=case["declared on"])])
    (row,) = tables(declared, shares("r1", 10, 20) + shares("r3", 20, 10))["comparisons"]
    assert str(row["declared_before"]) == case["before evidence"]
    assert row["declared_on"] == date.fromisoformat(case["declared on"])


def test_a_round_without_a_start_leaves_it_blank_whether_it_was_declared_in_time() -> None:
    rounds = [{"id": f"r{k}", "name": f"Round {k}"} for k in (1, 3)]
    (row,) = tables(made(rounds=rounds, comparisons=[comparison()]), shares("r1", 10, 20) + shares("r3", 20, 10))[
        "comparisons"
    ]
    assert row["declared_before"] is None


def test_those_declared_in_time_are_one_family_and_the_rest_pay_for_all() -> None:
    late = "2024-06-01"
    declared = [
        comparison(id="a", before="r1", after="r2", declared_on="2021-06-01"),
        comparison(id="b", before="r1", after="r3"),
        comparison(id="c", before="r2", after="r3", declared_on=late),
    ]
    rows = shares("r1", 100, 200) + shares("r2", 130, 170) + shares("r3", 150, 150)
    found = {row["comparison"]: row for row in tables(made(comparisons=declared), rows)["comparisons"]}
    p = {id: row["p"] for id, row in found.items()}
    assert p["b"] < p["a"] < p["c"]
    assert found["b"]["p_adjusted"] == pytest.approx(2 * p["b"])
    assert found["a"]["p_adjusted"] == pytest.approx(max(p["a"], 2 * p["b"]))
    assert found["c"]["p_adjusted"] == pytest.approx(max(p["c"], 2 * p["a"], 3 * p["b"]))


def test_a_comparison_nobody_asked_is_a_row_that_says_so() -> None:
    (row,) = tables(made(comparisons=[comparison(measure="score")]), shares("r1", 10, 20) + shares("r3", 20, 10))[
        "comparisons"
    ]
    assert (row["found"], row["cannot_tell"]) == ("cannot tell", "the survey did not ask this in both rounds")


def test_a_comparison_across_a_break_cannot_be_told() -> None:
    broken = {"source": "s", "at": "r2", "why": "New wording"}
    (row,) = tables(made(comparisons=[comparison()], breaks=[broken]), shares("r1", 10, 20) + shares("r3", 20, 10))[
        "comparisons"
    ]
    assert row["found"] == "cannot tell" and row["cannot_tell"].startswith(
        "the series breaks at Round 2: New wording"
    )


def test_one_community_can_be_declared() -> None:
    rows = shares("r1", 10, 20) + [
        row | {"c_faith": "two", "person": f"x{row['person']}", "row": row["row"] + 100}
        for row in shares("r1", 30, 10)
    ]
    rows += shares("r3", 25, 5) + [
        row | {"c_faith": "two", "person": f"x{row['person']}", "row": row["row"] + 100}
        for row in shares("r3", 30, 10)
    ]
    declared = made(comparisons=[comparison(characteristic="faith", community="one")])
    (row,) = tables(declared, rows)["comparisons"]
    assert (row["n_from"], row["n"], row["found"]) == (30, 30, "moved higher")


# --- monitoring ---------------------------------------------------------------------------------------------------


def test_each_round_after_the_first_is_a_look_and_a_break_begins_anew() -> None:
    rows = [row for k, yes in enumerate((100, 130, 190, 210), 1) for row in shares(f"r{k}", yes, 300 - yes)]
    told = [row for row in tables(made(), rows)["monitoring"] if row["characteristic"] is None]
    assert [(row["round_from"], row["round"], row["looks"]) for row in told] == [
        ("r1", "r2", 1),
        ("r1", "r3", 2),
        ("r1", "r4", 3),
    ]
    assert [row["verdict"] for row in told] == ["not shown to have moved", "moved", "moved"]
    broken = made(breaks=[{"source": "s", "at": "r2", "why": "New wording"}])
    told = [row for row in tables(broken, rows)["monitoring"] if row["characteristic"] is None]
    assert [(row["round_from"], row["round"], row["looks"]) for row in told] == [("r2", "r3", 1), ("r2", "r4", 2)]


def test_the_average_since_the_first_by_hand() -> None:
    rows = [row for k, yes in enumerate((100, 130, 190), 1) for row in shares(f"r{k}", yes, 300 - yes)]
    last = [row for row in tables(made(), rows)["monitoring"] if row["characteristic"] is None][-1]
    share = [yes / 300 for yes in (100, 130, 190)]
    weight = [299 / (each * (1 - each)) for each in share[1:]]
    assert last["change"] == pytest.approx(
        (weight[0] * share[1] + weight[1] * share[2]) / sum(weight) - share[0], rel=1e-9
    )
    assert last["low"] <= last["change"] <= last["high"]


CANNOT = """
rounds | break at | same people | says
2      |          | no          | nothing
3      | r3       | no          | 1 round since the series broke; monitoring needs 3
4      | r3       | no          | 2 rounds since the series broke; monitoring needs 3
3      |          | yes         | somebody is in several rounds, and monitoring takes each round as people drawn anew
"""


@pytest.mark.parametrize("case", ascii_table(CANNOT), ids=lambda case: case["says"][:20])
def test_what_cannot_be_monitored_says_why(case: dict[str, str]) -> None:
    rows = [row for k in range(1, int(case["rounds"]) + 1) for row in shares(f"r{k}", 100 + 10 * k, 200)]
    if case["same people"] == "yes":
        rows = [row | {"person": row["person"].split("-")[1]} for row in rows]
    breaks = [{"source": "s", "at": case["break at"], "why": "New wording"}] if case["break at"] else []
    told = [row for row in tables(made(breaks=breaks), rows)["monitoring"] if row["characteristic"] is None]
    assert [row["cannot_tell"] for row in told] == ([] if case["says"] == "nothing" else [case["says"]])
    assert all(row["verdict"] == "cannot tell" and row["low"] is None for row in told)


def test_a_round_that_cannot_be_estimated_is_a_row_and_no_look() -> None:
    rows = shares("r1", 100, 200) + shares("r2", 40, 0) + shares("r3", 120, 180)
    told = [row for row in tables(made(), rows)["monitoring"] if row["characteristic"] is None]
    assert [(row["round"], row["looks"], row["verdict"]) for row in told] == [
        ("r2", 0, "cannot tell"),
        ("r3", 1, "not shown to have moved"),
    ]
    assert told[0]["cannot_tell"].startswith("everyone gave the same answer")


def test_a_look_at_so_few_people_that_any_change_could_be_is_a_look_that_tells_nothing() -> None:
    rows = shares("r1", 2, 1) + shares("r2", 1, 2) + shares("r3", 1, 2)
    told = [row for row in tables(made(), rows)["monitoring"] if row["characteristic"] is None]
    assert [(row["looks"], row["n"], row["low"], row["high"]) for row in told] == [
        (1, 3, None, None),
        (2, 3, None, None),
    ]
    assert all(row["verdict"] == "cannot tell" and "too few people" in row["cannot_tell"] for row in told)


def test_people_who_chose_to_answer_are_not_monitored() -> None:
    source = {"id": "s", "file": "s.csv", "kind": "survey", "sample": "self-selected"}
    rows = [row for k in (1, 2, 3) for row in shares(f"r{k}", 100, 200)]
    assert tables(made(sources=[source]), rows)["monitoring"] == []
