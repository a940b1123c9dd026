# ruff: noqa: E501  (a table of cases reads best with one case a line)
"""What the report says of a measure one click away: in words, withheld with its people, and never more than its row."""

from __future__ import annotations

from typing import Any

import pytest

from fairhearing.protect import protect
from fairhearing.publish.reading import Evidence
from fairhearing.publish.sections.measuring import holds_together, undone, unheard
from fairhearing.tables import from_rows
from tests import example_tables as example
from tests.helpers import ascii_table

PROGRAMME = example.programme()
TRUST, ALIENATION = (next(m for m in PROGRAMME.measures if m.id == id) for id in ("trust_police", "alienation"))


def evidence(**rows: list[dict[str, Any]]) -> Evidence:
    tables = {name: from_rows(name, each) for name, each in rows.items()}
    return Evidence(protect(tables, PROGRAMME), PROGRAMME, example.facts())


SCALE = {
    "source": "survey", "round": "spring-2026", "measure": "alienation", "n": 1318, "left_out": 180, "items": 3,
    "alpha": 0.7, "alpha_low": 0.67, "alpha_high": 0.73, "omega": 0.71, "weakest": "alien_speak", "weakest_rest": 0.5,
    "alpha_without": 0.63, "against": [], "says": "70% is what all 3 questions have in common", "method": "alpha",
}  # fmt: skip


def levels(community: str, n: int, verdict: str) -> list[dict[str, Any]]:
    return [
        {
            "source": "survey", "round": "spring-2026", "measure": "alienation", "characteristic": "religion",
            "community": community, "level": level, "n": n, "n_rest": 1300 - n, "verdict": verdict, "says": verdict,
            "method": "one factor",
        }
        for level in ("metric", "scalar")
    ]  # fmt: skip


def test_words_come_before_coefficients_and_counts_are_rounded() -> None:
    told = holds_together(evidence(scales=[SCALE]), ALIENATION, "survey")
    assert told[0].startswith("70% is what all 3 questions have in common. Cronbach's alpha 0.70 (0.67 to 0.73); ")
    assert "McDonald's omega 0.71; about 1,320 people answered all 3 questions" in told[0]
    assert "goes least with the others: without it alpha would be 0.63" in told[0]


def test_each_community_is_named_once_under_its_verdict() -> None:
    rows = levels("none", 400, "comparable") + levels("christian", 600, "comparable")
    rows += levels("muslim", 200, "not comparable") + levels("hindu", 60, "cannot tell")
    (told,) = holds_together(evidence(invariance=rows), ALIENATION, "survey")
    assert "no sign against it for Londoners of no religion and Christian Londoners;" in told
    assert "they may not mean the same to Muslim Londoners, so no gap is told;" in told
    assert told.endswith("to test it for Hindu Londoners.")


def test_a_scale_of_few_people_is_not_told() -> None:
    assert holds_together(evidence(scales=[SCALE | {"n": 8}]), ALIENATION, "survey") == ()


UNDONE = """
what                                    | verdict     | bound_low | bound_high | flips_at | says
----------------------------------------+-------------+-----------+------------+----------+---------------------------------
bounds on one side of nothing           | lower       | -0.4      | -0.1       | 0.9      |
one answer of theirs undoes it          | lower       | -0.4      | 0.1        | 0.75     | if 75% of them were counted in it
it takes both sides                     | higher      | -0.1      | 0.4        |          | answered one way and the rest
nothing was found                       | cannot tell | -0.4      | 0.4        | 0.5      |
the bounds are withheld                 | lower       |           |            |          |
"""


@pytest.mark.parametrize("case", ascii_table(UNDONE), ids=lambda case: case["what"])
def test_what_would_undo_a_difference_is_said_only_where_something_could(case: dict[str, str]) -> None:
    ends = {key: float(case[key]) if case[key] else None for key in ("bound_low", "bound_high", "flips_at")}
    told = undone(ends | {"verdict": case["verdict"]}, TRUST, "those of this community")
    assert told == "" if not case["says"] else case["says"] in told


def row(community: str | None, n: int, **more: Any) -> dict[str, Any]:
    made = {
        "source": "consultation", "round": "spring-2026", "measure": "trust_police", "n": n,
        "characteristic": None if community is None else "religion", "community": community, "differ_by": 0.1,
        "estimate": 0.31, "if_lower": 0.21, "if_higher": 0.41, "bound_low": 0.0, "bound_high": 1.0,
        "conclusion": "a minority", "tips_at": 0.19, "says": "31% of those heard", "method": "assumes that",
    }  # fmt: skip
    return made | more


def test_a_table_of_what_the_unheard_might_think() -> None:
    found = unheard(evidence(unheard=[row(None, 652), row("muslim", 163, tips_at=None)]), TRUST, "consultation")
    assert found is not None and found.sentence == "31% of those heard."
    assert found.table.rows == (
        ("Everyone (650)", "31%", "21%", "41%", "0 to 100", "a minority", "19 points higher"),
        ("Muslim Londoners (165)", "31%", "21%", "41%", "0 to 100", "a minority", "nothing undoes it"),
    )


def test_what_the_unheard_might_think_is_withheld_with_the_estimate_it_would_tell() -> None:
    """Of 40 people 3 are favourable: `estimates` withholds the row, so this table may not give their share."""
    shared = ("source", "round", "measure", "n", "characteristic", "community", "estimate", "method")
    rows = [row(None, 652), row("none", 300), row("christian", 312), row("muslim", 40, estimate=0.075)]
    counts = {None: 202, "none": 100, "christian": 99, "muslim": 3}
    estimates = [
        {key: each[key] for key in shared} | {"favourable": counts[each["community"]], "missing": 0} for each in rows
    ]
    safe = evidence(unheard=rows, estimates=estimates)
    withheld = {name: {r["community"] for r in safe.withheld(name)} for name in ("unheard", "estimates")}
    assert "muslim" in withheld["estimates"]
    assert withheld["unheard"] == withheld["estimates"]
    for each in safe.withheld("unheard"):
        assert each["estimate"] is each["tips_at"] is each["says"] is each["conclusion"] is None


@pytest.mark.parametrize(("column", "left_out"), [("missing", {"missing", "bound_low", "bound_high", "flips_at"}),
                                                  ("missing_rest", {"missing_rest", "bound_low", "bound_high"})])  # fmt: skip
def test_bounds_that_would_give_back_a_few_without_an_answer_are_left_out(column: str, left_out: set[str]) -> None:
    gap = {
        "source": "survey", "round": "spring-2026", "measure": "trust_police", "characteristic": "religion",
        "community": "muslim", "n": 200, "n_rest": 1200, "missing": 40, "missing_rest": 60, "gap": -0.2,
        "bound_low": -0.4, "bound_high": 0.1, "flips_at": 0.7, "verdict": "lower", "method": "",
    }  # fmt: skip
    (told,) = evidence(gaps=[gap | {column: 3}]).rows("gaps")
    assert {key for key in gap if told[key] is None} == left_out
    assert told["gap"] == -0.2
