"""Answers in, estimates and gaps out: tables an official could check by hand."""

from __future__ import annotations

import itertools
from typing import Any

import pyarrow as pa
import pytest
from scipy import stats

from fairhearing.errors import NotReady
from fairhearing.measure import STAGES
from fairhearing.programme import Programme
from fairhearing.stage import Tables
from fairhearing.stats.domains import Gap, holm, verdict_on
from fairhearing.tables import from_rows
from fairhearing.weigh import STAGE as WEIGH
from tests.helpers import ascii_table, programme, run_stage

MEASURE = STAGES[0]
SHARE = {
    "id": "fair", "name": "think it is fair", "about": "trust", "report": "share", "favourable": [4, 5],
    "items": [{"id": "fair", "wording": "Is it fair?", "low": 1, "high": 5}],
}  # fmt: skip
SCALE = {
    "id": "apart", "name": "alienation", "about": "alienation", "report": "mean", "answer_at_least": 2,
    "items": [
        {"id": "a", "wording": "Watched", "low": 1, "high": 5},
        {"id": "b", "wording": "Silent", "low": 1, "high": 5},
        {"id": "c", "wording": "Belong", "low": 1, "high": 5, "reverse": True},
    ],
}  # fmt: skip


def made(*measures: dict[str, Any], sample: str = "probability", figures: bool = False, **parts: Any) -> Programme:
    """Two faiths and people who are no community; with figures, half the population is of each faith."""
    faith = {
        "id": "faith",
        "name": "Faith",
        "categories": [
            {"id": "one", "name": "One", "people": 500 if figures else None},
            {"id": "two", "name": "Two", "people": 500 if figures else None},
            {"id": "none_given", "name": "Not answered", "people": 0 if figures else None, "community": False},
        ],
    }
    source = {"id": "s", "file": "s.csv", "kind": "survey", "sample": sample}
    source["columns"] = {"characteristics": {"faith": "faith"}}
    parts.setdefault("rules", {"fixed_on": "2026-01-01"})
    return programme(characteristics=[faith], measures=list(measures), sources=[source], **parts)


def people(table: str) -> pa.Table:
    """Rows of: times, faith, and a column an item; weight, stratum and cluster where given."""
    rows: list[dict[str, Any]] = []
    for group in ascii_table(table):
        for _ in range(int(group.pop("times", "1") or 1)):
            row = {"source": "s", "row": len(rows) + 1, "person": f"p{len(rows) + 1}", "weight": 1.0}
            for key, text in group.items():
                value = text or None
                if key == "faith":
                    row["c_faith"] = value
                elif key in ("stratum", "cluster"):
                    row[key] = value
                elif key == "weight":
                    row[key] = float(text)
                else:
                    row[f"q_{key}"] = None if value is None else float(value)
            rows.append(row)
    return from_rows("people", rows)


def measured(programme: Programme, table: str) -> Tables:
    heard = people(table)
    weighed = run_stage(WEIGH, programme, people=heard)
    return run_stage(MEASURE, programme, people=heard, weights=weighed["weights"], weighting=weighed["weighting"])


def by_community(table: pa.Table) -> dict[str | None, dict[str, Any]]:
    return {row["community"]: row for row in table.to_pylist()}


HEARD = """
times | faith | fair
30    | one   | 4
20    | one   | 2
10    | one   |
60    | two   | 5
15    | two   | 1
5     |       | 5
"""


def test_shares_for_everyone_and_each_community() -> None:
    found = by_community(measured(made(SHARE), HEARD)["estimates"])
    told = ascii_table("""
    community | n   | favourable | missing | estimate
              | 130 | 95         | 10      | 0.7307692307692307
    one       | 50  | 30         | 10      | 0.6
    two       | 75  | 60         | 0       | 0.8
    """)
    assert len(found) == len(told), "'Not answered' is no community and has no row"
    for want in told:
        row = found[want["community"] or None]
        assert (row["n"], row["favourable"], row["missing"]) == tuple(
            int(want[key]) for key in ("n", "favourable", "missing")
        )
        assert row["estimate"] == pytest.approx(float(want["estimate"]), rel=1e-12)
        assert row["low"] < row["estimate"] < row["high"]
        assert row["cannot_tell"] is None
    assert found["two"]["characteristic"] == "faith"
    assert found[None]["characteristic"] is None


def test_bounds_say_what_the_silent_could_do() -> None:
    """Of 60 people of faith one, 30 are favourable and 10 said nothing: between 30/60 and 40/60."""
    row = by_community(measured(made(SHARE), HEARD)["estimates"])["one"]
    assert (row["bound_low"], row["bound_high"]) == pytest.approx((0.5, 40 / 60))


def test_a_scale_is_the_mean_of_its_items_turned_the_same_way() -> None:
    """c is reversed: 6 - c. Somebody with one answer of three has no score."""
    found = by_community(
        measured(
            made(SCALE),
            """
            times | faith | a | b | c
            3     | one   | 5 | 4 | 2
            3     | one   | 3 |   | 5
            2     | two   | 1 | 1 | 5
            1     | two   | 4 |   |
            3     | two   | 2 | 3 | 4
            """,
        )["estimates"]
    )
    of_one, of_two = [(5 + 4 + 4) / 3] * 3 + [(3 + 1) / 2] * 3, [1.0] * 2 + [(2 + 3 + 2) / 3] * 3
    assert found["one"]["estimate"] == pytest.approx(sum(of_one) / 6)
    assert found["two"]["estimate"] == pytest.approx(sum(of_two) / 5)
    assert found["two"]["missing"] == 1
    assert found["two"]["favourable"] is None
    assert found["two"]["bound_high"] == pytest.approx((sum(of_two) + 5) / 6)
    assert "weighted mean of a, b, c (reversed), of people who answered at least 2" in found[None]["method"]


def test_without_a_design_the_standard_error_is_the_textbook_one_and_says_what_it_assumes() -> None:
    row = by_community(measured(made(SHARE), HEARD)["estimates"])[None]
    p, n = 95 / 130, 130
    # the 10 who did not answer are part of the sample: 140/139 instead of 130/129
    assert row["se"] == pytest.approx((p * (1 - p) / n * 140 / 139) ** 0.5, rel=1e-12)
    assert row["n_effective"] == pytest.approx(130)
    assert "the design effect is unknown and simple random sampling is assumed" in row["method"]


def test_weights_carry_into_the_estimate_and_the_method() -> None:
    """Raked to half and half: (0.6 + 0.8) / 2, and the standard error is that of a stratified mean."""
    table = HEARD.replace("5     |       | 5\n", "").replace("10    | one   |\n", "")
    found = by_community(measured(made(SHARE, figures=True), table)["estimates"])
    assert found[None]["estimate"] == pytest.approx(0.7, rel=1e-9)
    n = 125
    stratified = (0.25 * 0.6 * 0.4 / 50 + 0.25 * 0.8 * 0.2 / 75) * n / (n - 1)
    assert found[None]["se"] == pytest.approx(stratified**0.5, rel=1e-9)
    assert "calibration-aware (residuals from faith)" in found[None]["method"]


def test_strata_and_clusters_are_named_and_used() -> None:
    table = """
    times | faith | stratum | cluster | fair
    4     | one   | n       | 1       | 5
    4     | two   | n       | 2       | 1
    4     | one   | s       | 1       | 5
    3     | two   | s       | 3       | 5
    1     | two   | s       | 3       | 1
    """
    row = by_community(measured(made(SHARE), table)["estimates"])[None]
    assert "4 clusters in 2 strata" in row["method"], "cluster 1 of the north is not cluster 1 of the south"
    assert "unknown" not in row["method"]
    scores = {("n", 1): 4 * 5 / 16, ("n", 2): -4 * 11 / 16, ("s", 1): 4 * 5 / 16, ("s", 3): (3 * 5 - 11) / 16}
    variance = (scores["n", 1] - scores["n", 2]) ** 2 + (scores["s", 1] - scores["s", 3]) ** 2
    assert row["se"] == pytest.approx(variance**0.5 / 16)


# --- what cannot be told is a row ----------------------------------------------------------------------------------

CANNOT = [
    pytest.param("1     | one   | 5\n20    | two   | 5\n20    | two   | 1", 1, "one person answered", id="one"),
    pytest.param("20    | two   | 5\n20    | two   | 1", 0, "nobody of this community was heard", id="none"),
    pytest.param("3     | one   |\n20    | two   | 5\n20    | two   | 1", 0, "nobody answered", id="none answered"),
    pytest.param(
        "9     | one   | 5\n20    | two   | 5\n20    | two   | 1",
        9,
        "everyone gave the same answer",
        id="all the same",
    ),
]


@pytest.mark.parametrize(("rows", "n", "reason"), CANNOT)
def test_a_community_of_one_of_none_or_of_one_mind(rows: str, n: int, reason: str) -> None:
    out = measured(made(SHARE), f"times | faith | fair\n{rows}")
    row = by_community(out["estimates"])["one"]
    assert row["n"] == n
    assert row["cannot_tell"].startswith(reason)
    assert [row[key] for key in ("estimate", "se", "low", "high")] == [None] * 4
    gap = by_community(out["gaps"])["one"]
    assert gap["verdict"] == "cannot tell"
    assert gap["cannot_tell"].startswith(reason)
    numbers = ("gap", "se", "low", "high", "p_adjusted", "probability", "rest_low", "rest_high")
    assert [gap[key] for key in numbers] == [None] * 8


def test_a_community_in_one_cluster_cannot_be_told() -> None:
    out = measured(
        made(SHARE),
        """
        times | faith | cluster | fair
        5     | one   | 1       | 5
        5     | one   | 1       | 1
        5     | two   | 2       | 5
        5     | two   | 3       | 1
        """,
    )
    row = by_community(out["estimates"])["one"]
    assert row["cannot_tell"].startswith("everyone who answered is in one sampling cluster")
    assert row["low"] is None


def test_a_number_fixed_by_the_weighting_has_no_interval_and_no_gap() -> None:
    """Everyone of faith one is favourable and nobody of faith two: the share of everyone is the population figure,
    whoever answers. Of a faith in which all answered the same, nothing can be told."""
    out = measured(made(SHARE, figures=True), "times | faith | fair\n30 | one | 5\n20 | two | 1")
    rows = by_community(out["estimates"])
    assert rows[None]["estimate"] == pytest.approx(0.5)
    assert (rows[None]["se"], rows[None]["low"], rows[None]["high"]) == (0.0, None, None)
    assert "no interval: the weighting or the strata fixed this number" in rows[None]["method"]
    assert rows[None]["cannot_tell"] is None
    assert rows["one"]["cannot_tell"].startswith("everyone gave the same answer")
    assert {gap["verdict"] for gap in out["gaps"].to_pylist()} == {"cannot tell"}


SAMPLES = ascii_table("""
sample         | says
self-selected  | people chose to answer, so no margin of error
panel          | people had signed up to a panel, so no margin of error
focus group    | people were invited to a discussion, so no margin of error
administrative | these are records, not a sample, so no margin of error
""")


@pytest.mark.parametrize("case", SAMPLES, ids=lambda case: case["sample"])
def test_no_margin_of_error_without_a_random_sample(case: dict[str, str]) -> None:
    out = measured(made(SHARE, sample=case["sample"]), HEARD)
    for row in out["estimates"].to_pylist():
        assert row["estimate"] is not None
        assert row["se"] is row["low"] is row["high"] is None
        assert row["bound_low"] <= row["estimate"] <= row["bound_high"]
        assert case["says"] in row["method"]
    for row in out["gaps"].to_pylist():
        assert row["gap"] is not None
        assert [row[key] for key in ("se", "low", "high", "p_adjusted", "probability")] == [None] * 5
        assert row["verdict"] == "cannot tell"
        assert case["says"] in row["method"]


def test_a_survey_that_did_not_ask_has_a_row_that_says_so() -> None:
    estimates = measured(made(SHARE, SCALE), HEARD)["estimates"].to_pylist()
    rows = [row for row in estimates if row["measure"] == "apart"]
    assert [row["cannot_tell"] for row in rows] == ["the source did not ask this"]


def test_people_without_weights_are_an_error() -> None:
    heard = people(HEARD)
    weighed = run_stage(WEIGH, made(SHARE), people=heard)
    with pytest.raises(NotReady, match="39 people of source s have no weight"):
        run_stage(
            MEASURE,
            made(SHARE),
            people=heard,
            weights=weighed["weights"].slice(39),
            weighting=weighed["weighting"],
        )


# --- gaps ----------------------------------------------------------------------------------------------------------


def test_a_gap_is_against_everyone_else_heard() -> None:
    row = by_community(measured(made(SHARE), HEARD)["gaps"])["one"]
    assert (row["n"], row["n_rest"]) == (50, 80)
    assert row["rest"] == pytest.approx(65 / 80)
    assert row["gap"] == pytest.approx(0.6 - 65 / 80)
    assert row["low"] < row["gap"] < row["high"] < 0
    assert row["verdict"] == "lower"
    two = by_community(measured(made(SHARE), HEARD.replace("5     |       | 5\n", ""))["gaps"])["one"]
    level = by_community(measured(made(SHARE), HEARD.replace("5     |       | 5\n", ""))["estimates"])["two"]
    assert (two["rest_low"], two["rest_high"]) == (level["low"], level["high"]), "of two, everyone else is the other"
    assert "less everyone else heard (5 of them did not say theirs)" in row["method"]


@pytest.mark.parametrize("clusters", [False, True], ids=["alone", "in clusters"])
def test_the_gap_of_two_communities_is_the_same_from_both_sides(clusters: bool) -> None:
    table = "times | faith | cluster | fair"
    for k, (faith, code) in enumerate(itertools.product(("one", "two"), ("5", "1", "4"))):
        table += f"\n{7 + k} | {faith} | {k % 4 if clusters else ''} | {code}"
    gaps = by_community(measured(made(SHARE), table)["gaps"])
    assert gaps["one"]["gap"] == pytest.approx(-gaps["two"]["gap"], abs=1e-12)
    assert gaps["one"]["se"] == pytest.approx(gaps["two"]["se"], rel=1e-12)


def gap(points: float, margin: float) -> Gap:
    """A gap in points with its published margin (±1.96 standard errors)."""
    se = margin / 1.96 / 100
    p = float(2 * stats.norm.sf(abs(points) / 100 / se))
    return Gap(0.6, 0.6 - points / 100, points / 100, se, points / 100 - margin / 100, points / 100 + margin / 100, p)


VERDICTS = ascii_table("""
case                                             | points | margin | verdict
Crest 2020, trust in police                      | -7     | 4.1    | lower
Crest 2020, would report: printed as different   | -4     | 4.2    | cannot tell
the other way round                              | 7      | 4.1    | higher
surely there, too small to matter                | -2     | 1.0    | no difference that matters
none found, and known well                       | 0      | 3.0    | no difference that matters
none found, and not known                        | 0      | 9.0    | cannot tell
""")


@pytest.mark.parametrize("case", VERDICTS, ids=lambda case: case["case"])
def test_verdicts_on_gaps(case: dict[str, str]) -> None:
    """5 points matter, a probability of .90 is required."""
    found = gap(float(case["points"]), float(case["margin"]))
    assert verdict_on(found, found.p, matters=0.05, probability=0.90) == case["verdict"]


def test_looking_at_many_communities_is_paid_for() -> None:
    """Holm 1979, worked by hand: .01·4, .02·3, .03·2, and never falling."""
    assert holm([0.03, 0.01, 0.9, 0.02]) == pytest.approx([0.06, 0.04, 0.9, 0.06])
    assert holm([]) == []
    one = gap(-5, 4.2)
    assert one.p is not None
    assert verdict_on(one, one.p, matters=0.05, probability=0.9) == "lower"
    assert verdict_on(one, holm([one.p, *[0.5] * 9])[0], matters=0.05, probability=0.9) == "cannot tell"
