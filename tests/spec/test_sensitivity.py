"""How a verdict moves with each threshold: against everything judged again by a programme that fixed another."""

from __future__ import annotations

from typing import Any

import pytest

from fairhearing import judge
from fairhearing.measure import STAGES
from fairhearing.programme import TRIED, Programme
from fairhearing.stage import Tables
from fairhearing.tables import from_rows
from tests.helpers import ascii_table, programme, run_stage

EFFECTS = next(stage for stage in STAGES if stage.name == "effects")
RULES = {"fixed_on": "2026-01-01"}
SOURCES = [
    {"id": "talk", "file": "talk.csv", "kind": "consultation", "sample": "self-selected", "columns": {"text": "t"}},
    {"id": "funded", "file": "funded.csv", "kind": "projects", "sample": "administrative"},
]
ACTIVITIES = [
    {"id": "referral", "name": "Referral", "objective": "safety",
     "steps": [{"id": "notice", "name": "Notice a concern",
                "safeguards": [{"id": "adult", "name": "An adult is present.", "kind": "law", "has": "met"}]}]},
    {"id": "grants", "name": "Grants", "objective": "safety"},
]  # fmt: skip

CASES = """
case          | bad | good | change | place           | threshold           | fixed | verdict     | from | to   | below      | above
hurts         | 30  | 90   | 0.60   | referral notice | harm_share          | 0.2   | improve     | 0.15 | 0.20 | revise     | cannot tell
hurts, surely | 30  | 90   | 0.60   | referral notice | probability         | 0.9   | improve     | 0.70 | 0.99 | -          | -
works         | 5   | 90   | 0.42   | grants          | effect_that_matters | 0.15  | build upon  | 0.05 | 0.20 | -          | cannot tell
works, surely | 5   | 90   | 0.36   | grants          | probability         | 0.9   | build upon  | 0.70 | 0.90 | -          | cannot tell
no matter     | 5   | 90   | 0.42   | referral notice | effect_that_matters | 0.15  | build upon  | 0.05 | 0.40 | -          | -
"""  # noqa: E501


def made(**rules: float) -> Programme:
    return programme(activities=ACTIVITIES, sources=SOURCES, rules=RULES | rules)


def judged(case: dict[str, str], **rules: float) -> Tables:
    """Through both stages: effects, then verdicts."""
    row = {
        "source": "funded", "row": 1, "project": "Bridges", "activity": "grants", "design": "comparison", "n": 90,
        "higher_is": "better", "mean_pre": 3.0, "mean_post": 3.0 + float(case["change"]), "sd_pre": 1.0, "r": 0.6,
        "n_comparison": 90, "mean_pre_comparison": 3.0, "mean_post_comparison": 3.0, "sd_pre_comparison": 1.0,
        "r_comparison": 0.6,
    }  # fmt: skip
    found = run_stage(EFFECTS, made(**rules), projects=from_rows("projects", [row]))
    journeys = from_rows("journeys", [_account("any bad", case["bad"]), _account("any good", case["good"])])
    given = {"effects": found["effects"], "effects_tried": found["effects_tried"], "journeys": journeys}
    return run_stage(judge.STAGE, made(**rules), **given)


def _account(experience: str, reports: str) -> dict[str, Any]:
    return {"source": "talk", "activity": "referral", "step": "notice", "experience": experience, "n": 100,
            "valence": experience.removeprefix("any "), "reports": int(reports), "estimate": int(reports) / 100,
            "method": "counted"}  # fmt: skip


def place(row: dict[str, Any]) -> str:
    return " ".join(filter(None, (row["activity"], row["step"])))


@pytest.mark.parametrize("case", ascii_table(CASES), ids=lambda case: case["case"])
def test_a_verdict_holds_over_a_range_of_each_threshold(case: dict[str, str]) -> None:
    rows = judged(case)["sensitivity"].to_pylist()
    (row,) = (each for each in rows if (place(each), each["threshold"]) == (case["place"], case["threshold"]))
    told = (
        row["fixed_at"],
        row["verdict"],
        row["holds_from"],
        row["holds_to"],
        row["below"] or "-",
        row["above"] or "-",
    )
    wanted = (
        float(case["fixed"]),
        case["verdict"],
        float(case["from"]),
        float(case["to"]),
        case["below"],
        case["above"],
    )
    assert told == wanted


@pytest.mark.parametrize("threshold", TRIED)
def test_it_is_the_verdict_of_a_programme_that_fixed_another_value(threshold: str) -> None:
    """The slow twin: the whole judged again for every value tried."""
    case = {"bad": "30", "good": "90", "change": "0.36"}
    rows = [row for row in judged(case)["sensitivity"].to_pylist() if row["threshold"] == threshold]
    for value in TRIED[threshold]:
        again = {place(row): row["verdict"] for row in judged(case, **{threshold: value})["verdicts"].to_pylist()}
        for row in rows:
            if row["holds_from"] <= value <= row["holds_to"]:
                assert again[place(row)] == row["verdict"], (value, place(row))
    assert {place(row) for row in rows} == {"referral", "referral notice", "grants"}
