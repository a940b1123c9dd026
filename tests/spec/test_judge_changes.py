# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""What moved is told of the programme, as a strength or a harm, and decides no verdict."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fairhearing.judge import STAGE
from fairhearing.programme import Programme
from fairhearing.tables import from_rows
from tests.helpers import ascii_table, programme, run_stage

ROUNDS = [{"id": f"r{k}", "name": f"Round {k}", "start": f"202{k}-01-01"} for k in (1, 2, 3)]


def made(about: str = "trust", higher_is: str = "better", **more: Any) -> Programme:
    faith = {
        "id": "faith",
        "name": "Faith",
        "categories": [{"id": "sikh", "name": "Sikh people"}, {"id": "none", "name": "No religion"}],
    }
    measure = {
        "id": "m", "name": "trust it", "about": about, "report": "share", "favourable": [1], "higher_is": higher_is,
        "activity": "referral", "items": [{"id": "m", "wording": "?", "low": 0, "high": 1}],
    }  # fmt: skip
    source = {"id": "s", "file": "s.csv", "kind": "survey", "sample": "probability"}
    promised = {"id": "protocol", "text": "Agree a protocol."}
    parts = {
        "characteristics": [faith],
        "measures": [measure],
        "rounds": ROUNDS,
        "sources": [source],
        "commitments": [promised],
    }
    return programme(**parts | more)


def change(**more: Any) -> dict[str, Any]:
    row = {
        "source": "s", "measure": "m", "round_from": "r1", "round_to": "r2", "n_from": 500, "n": 510,
        "estimate_from": 0.40, "estimate": 0.47, "change": 0.07, "se": 0.02, "low": 0.03, "high": 0.11,
        "p_adjusted": 0.001, "probability": 0.9, "verdict": "higher", "method": "two separate samples",
    }  # fmt: skip
    return row | more


def findings(declared: Programme, table: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    written = run_stage(STAGE, declared, **{table: from_rows(table, rows)})
    kind = "change" if table == "changes" else "comparison"
    return [row for row in written["findings"].to_pylist() if row["kind"] == kind]


DIRECTION = """
about      | higher is | verdict                    | direction  | sentence begins
trust      | better    | higher                     | favourable | The programme is trusted more than in Round 1: 47% in Round 2 against 40%, a change of 7 points (3 to 11) in the share who “trust it”; about 500 people then and about 510 people now.
trust      | better    | lower                      | adverse    | The programme is trusted less than in Round 1:
alienation | worse     | higher                     | adverse    | The programme is more alienating than in Round 1:
alienation | worse     | lower                      | favourable | The programme is less alienating than in Round 1:
confidence | better    | higher                     | favourable | The programme inspires more confidence than in Round 1:
other      | better    | lower                      | adverse    | The programme does less well than in Round 1:
trust      | better    | no difference that matters | neither    | The programme is trusted about equally as in Round 1:
trust      | better    | cannot tell                | neither    | The survey cannot tell whether the programme is trusted less or more in Round 2 than in Round 1:
"""


@pytest.mark.parametrize("case", ascii_table(DIRECTION), ids=lambda case: f"{case['about']}-{case['verdict']}")
def test_the_direction_is_that_of_the_measure_and_the_subject_the_programme(case: dict[str, str]) -> None:
    (row,) = findings(made(case["about"], case["higher is"]), "changes", change(verdict=case["verdict"]))
    assert row["direction"] == case["direction"]
    assert row["sentence"].startswith(case["sentence begins"])
    assert row["rests_on"] == ["changes:source=s;measure=m;round_from=r1;round_to=r2"]


WHO = """
row                                     | told
everyone cannot tell                    | yes
a community that moved                  | yes
a community of which nothing can be told | no
an earlier pair of rounds               | no
too few people                          | no
"""
ROWS = {
    "everyone cannot tell": {"verdict": "cannot tell"},
    "a community that moved": {"characteristic": "faith", "community": "sikh"},
    "a community of which nothing can be told": {"characteristic": "faith", "community": "sikh", "verdict": "cannot tell"},
    "an earlier pair of rounds": {},
    "too few people": {"n": 9},
}  # fmt: skip


@pytest.mark.parametrize("case", ascii_table(WHO), ids=lambda case: case["row"])
def test_everyone_is_told_of_and_whoever_moved(case: dict[str, str]) -> None:
    rows = [change(**ROWS[case["row"]])]
    if case["row"].startswith("an earlier"):
        rows.append(
            change(round_from="r2", round_to="r3", characteristic="faith", community="none", verdict="cannot tell")
        )
    assert bool(findings(made(), "changes", *rows)) == (case["told"] == "yes")


def test_a_community_is_named_as_it_names_itself_and_is_not_the_subject() -> None:
    (row,) = findings(made(), "changes", change(characteristic="faith", community="sikh"))
    assert row["sentence"].startswith("The programme is trusted more by Sikh people than in Round 1:")


def test_a_break_is_the_reason_why_nothing_can_be_told() -> None:
    why = "the series breaks at Round 2: New wording (found in Annex B)"
    untold = dict.fromkeys(("change", "se", "low", "high", "p_adjusted", "probability"))
    (row,) = findings(made(), "changes", change(**untold, verdict="cannot tell", cannot_tell=why))
    assert (
        row["sentence"]
        == f"The survey cannot tell whether the programme is trusted less or more in Round 2 than in Round 1: {why}."
    )
    assert (row["n"], row["estimate"]) == (None, None)


def test_what_moved_is_listed_and_decides_no_verdict() -> None:
    fallen = change(verdict="lower", change=-0.2, low=-0.3, high=-0.1)
    written = run_stage(STAGE, made(), changes=from_rows("changes", [fallen]))
    activity = written["verdicts"].to_pylist()[0]
    assert activity["verdict"] == "cannot tell"
    assert activity["harms"] == ["F-change.m.s.r1.r2"]


# --- declared beforehand ------------------------------------------------------------------------------------------


def declared(**more: Any) -> Programme:
    one = {
        "id": "c1", "measure": "m", "source": "s", "before": "r1", "after": "r2", "expected": "higher",
        "follows": "protocol", "declared_on": "2021-06-01",
    }  # fmt: skip
    return made(comparisons=[one | more])


def compared(**more: Any) -> dict[str, Any]:
    row = {key: value for key, value in change().items() if key != "verdict"}
    more = {"comparison": "c1", "expected": "higher", "found": "moved as expected", "follows": "protocol",
            "declared_on": date(2021, 6, 1), "declared_before": True, "p": 0.001} | more  # fmt: skip
    return row | more


SAID = """
found                   | change | before  | direction  | sentence says
moved as expected       | 0.07   | yes     | favourable | Declared on 1 June 2021, before the later round: a higher figure was expected after “Agree a protocol”, as found. After does not mean because
moved the other way     | -0.07  | yes     | adverse    | a higher figure was expected after “Agree a protocol”; it moved the other way. After does not mean because
no change that matters  | 0.01   | yes     | neither    | a higher figure was expected after “Agree a protocol”.
cannot tell             | 0.07   | yes     | neither    | The survey cannot tell whether the programme is trusted less or more in Round 2 than in Round 1
moved as expected       | 0.07   | no      | favourable | Declared on 1 June 2021, after the evidence could be seen
moved as expected       | 0.07   | unknown | favourable | whether before the later round began is not known: it has no start date
"""


@pytest.mark.parametrize("case", ascii_table(SAID), ids=lambda case: f"{case['found']}-{case['before']}")
def test_what_was_declared_is_said_beside_what_was_found(case: dict[str, str]) -> None:
    row = compared(
        found=case["found"], change=float(case["change"]),
        declared_before={"yes": True, "no": False, "unknown": None}[case["before"]],
    )  # fmt: skip
    (found,) = findings(declared(), "comparisons", row)
    assert found["direction"] == case["direction"]
    assert case["sentence says"] in found["sentence"]
    assert found["rests_on"] == ["comparisons:comparison=c1"]


def test_a_comparison_that_follows_nothing_says_nothing_of_because() -> None:
    (found,) = findings(
        declared(follows="", expected="either"), "comparisons", compared(found="moved higher", follows=None)
    )
    assert "a change was expected." in found["sentence"] and "because" not in found["sentence"]
