# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""Decisions in, register out: what was claimed, what was verified, and by whom. Questions in, record out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from fairhearing.errors import BadInput
from fairhearing.follow_up import DELIVERY, RESPONSES, STAGE, check_decision
from fairhearing.programme import Programme
from fairhearing.tables import from_rows
from tests.helpers import ascii_table, programme, run_stage


def made() -> Programme:
    promise = {
        "id": "publish", "text": "Publish the outcomes", "made_by": "Mayor", "made_on": "2019-03-01",
        "source": "2019/3806", "activity": "referral", "due_as_said": "by summer", "due": "2019-08-31",
        "response": "in principle",
    }  # fmt: skip
    return programme(commitments=[promise])


RECOMMENDATION = {
    "recommendation": "R.question.adult", "rank": 1, "activity": "referral", "step": "question", "safeguard": "adult",
    "kind": "law", "state": "absent", "change": "Put an adult there.", "owner": "Police", "checked": False,
    "findings": ["F"],
}  # fmt: skip


def decisions(text: str) -> pa.Table:
    """`column value who` a line, one event each, on the commitment `publish` unless `on` says otherwise."""
    rows = ascii_table("on | column | value | who\n" + text) if text.strip() else []
    return from_rows(
        "decisions",
        [row | {"event": i, "at": f"2026-0{i}-01T09:00:00+00:00", "why": "seen"} for i, row in enumerate(rows, 1)],
    )


def register(text: str = "", *recommendations: dict[str, Any]) -> list[dict[str, Any]]:
    tables = {"decisions": decisions(text), "recommendations": from_rows("recommendations", recommendations)}
    return run_stage(STAGE, made(), **tables)["commitments"].to_pylist()


OWN = "claimed and verified by the same person: not independent"
STATUSES = [
    # events, in order · response · claimed · verified · verified by contains
    ("", "in principle", None, None, None),
    ("publish | response | accepted | Ann", "accepted", None, None, None),
    ("publish | response | accepted | Ann\npublish | response | rejected | Ann", "rejected", None, None, None),
    ("publish | claimed | delivered | Ann", "in principle", "delivered", None, None),
    ("publish | claimed | delivered | Ann\npublish | claimed | stalled | Ann", "in principle", "stalled", None, None),
    ("publish | claimed | delivered | Ann\npublish | verified | partly | Bea", "in principle", "delivered", "partly", "Bea, 2026-02-01"),
    ("publish | claimed | delivered | Ann\npublish | verified | delivered | Ann", "in principle", "delivered", None, OWN),
    ("publish | claimed | delivered | Ann Ray\npublish | verified | delivered |  ann  RAY ", "in principle", "delivered", None, OWN),
    ("publish | verified | delivered | Ann\npublish | claimed | delivered | Ann", "in principle", "delivered", None, OWN),
    ("publish | claimed | delivered | Ann\npublish | verified | partly | Bea\npublish | verified | delivered | Ann", "in principle", "delivered", "partly", OWN),
    ("publish | claimed | delivered | Ann\npublish | claimed | delivered | Bea\npublish | verified | delivered | Ann", "in principle", "delivered", None, OWN),
    ("publish | verified | not started | Bea", "in principle", None, "not started", "Bea"),
    ("R.question.adult | claimed | delivered | Ann", "in principle", None, None, None),
]  # fmt: skip


@pytest.mark.parametrize("case", STATUSES, ids=lambda case: case[0].replace("\n", "; ") or "nothing recorded")
def test_what_is_claimed_and_what_is_verified(case: tuple[str, str, Any, Any, Any]) -> None:
    events, response, claimed, verified, by = case
    row = next(each for each in register(events, RECOMMENDATION) if each["commitment"] == "publish")
    assert (row["response"], row["claimed"], row["verified"]) == (response, claimed, verified)
    assert row["verified_by"] is None if by is None else by in row["verified_by"]
    assert (row["claimed_by"] is None) == (claimed is None)


def test_the_register_lists_promises_then_recommendations_then_earlier_ones() -> None:
    rows = register("R.gone.x | claimed | delivered | Ann\nold-promise | response | accepted | Ann", RECOMMENDATION)
    assert [(row["commitment"], row["kind"], row["response"], row["claimed"]) for row in rows] == [
        ("publish", "commitment", "in principle", None),
        ("R.question.adult", "recommendation", "no response", None),
        ("R.gone.x", "recommendation", "no response", "delivered"),
        ("old-promise", "commitment", "accepted", None),
    ]
    assert (rows[0]["made_on"], rows[0]["due"], rows[0]["due_as_said"], rows[0]["owner"]) == (
        date(2019, 3, 1), date(2019, 8, 31), "by summer", None,
    )  # fmt: skip
    assert (rows[1]["text"], rows[1]["owner"], rows[1]["step"]) == ("Put an adult there.", "Police", "question")
    assert "not by this one" in rows[2]["text"]


CHOICES = """
on               | column   | value                | says
-----------------+----------+----------------------+------
publish          | response | in principle         |
publish          | claimed  | delivered            |
R.question.adult | verified | cannot be determined |
publsh           | response | accepted             | publish, R.question.adult
publish          | answer   | accepted             | response, claimed, verified, answered, promise, narrowed, evidence, sub-action, due, update
publish          | response | delivered            | accepted, in principle, in part, rejected, deferred, acknowledged, no response
publish          | claimed  | done                 | not started, in progress, stalled, partly, delivered, superseded, abandoned, cannot be determined
publish          | verified | accepted             | not started, in progress, stalled, partly, delivered, superseded, abandoned, cannot be determined
"""


@pytest.mark.parametrize("row", ascii_table(CHOICES), ids=lambda row: " ".join(list(row.values())[:3]))
def test_only_known_things_columns_and_words_can_be_recorded(row: dict[str, str]) -> None:
    tables = {"recommendations": from_rows("recommendations", [RECOMMENDATION])}
    given = (row["on"], row["column"], row["value"])
    if not row["says"]:
        check_decision(made(), tables, *given)
        return
    with pytest.raises(BadInput) as caught:
        check_decision(made(), tables, *given)
    expected = sorted(row["says"].split(", ")) if row["on"] == "publsh" else row["says"].split(", ")
    assert caught.value.cure == f"use one of: {', '.join(expected)}"
    assert any(repr(word) in caught.value.what for word in given)


def test_before_any_run_only_promises_can_be_decided_on() -> None:
    check_decision(made(), {}, "publish", "claimed", "stalled")
    with pytest.raises(BadInput, match=r"R\.question\.adult"):
        check_decision(made(), {}, "R.question.adult", "claimed", "stalled")
    with pytest.raises(BadInput, match="none yet"):
        check_decision(programme(), {}, "publish", "claimed", "stalled")


def test_every_status_is_said_in_its_own_words() -> None:
    assert len({*RESPONSES, *DELIVERY}) == len(RESPONSES) + len(DELIVERY) == 15


QUESTIONS = """
source | question | session_date
old    | 3806     | 2019-02-25
old    | 100      |
new    | 7        | 2020-01-01
"""
ANSWERS = """
source | question | position | by    | state   | text
old    | 3806     | 2        | Mayor | final   | Here it is.
old    | 3806     | 1        | Mayor | holding | Officers are drafting.
old    | 999      | 1        | Mayor |         | An answer to a question not gathered.
"""
RECORD = """
source | question | position | answered_by | state                 | answer
new    | 7        |          |             | no answer on the page |
old    | 3806     | 1        | Mayor       | holding               | Officers are drafting.
old    | 3806     | 2        | Mayor       | final                 | Here it is.
old    | 100      |          |             | no answer on the page |
old    | 999      | 1        | Mayor       | not said on the page  | An answer to a question not gathered.
"""


def typed(text: str) -> list[dict[str, Any]]:
    """An empty cell is null; positions are numbers, days are days."""
    read: dict[str, Any] = {"position": int, "session_date": date.fromisoformat}
    return [
        {key: read.get(key, str)(value) if value else None for key, value in row.items()} for row in ascii_table(text)
    ]


def test_the_record_has_every_question_with_each_of_its_answers() -> None:
    tables = {"questions": from_rows("questions", typed(QUESTIONS)), "answers": from_rows("answers", typed(ANSWERS))}
    rows = run_stage(STAGE, made(), **tables)["record"].to_pylist()
    expected = typed(RECORD)  # a question without a day comes after those with one
    assert [{key: row[key] for key in expected[0]} for row in rows] == expected
