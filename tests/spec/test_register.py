# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""Events in, register out: parts, drift, moved days, evidence, history; and what of it is overdue on a day."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhearing._wording import due_state
from fairhearing.errors import BadInput
from fairhearing.follow_up import DELIVERY, RESPONSES, STAGE, check_decision, named_now, register
from fairhearing.programme import Programme
from fairhearing.tables import from_rows
from tests.helpers import ascii_table, programme, run_stage


def made(**changes: Any) -> Programme:
    promise = {
        "id": "publish", "text": "Publish the outcomes by borough", "made_on": "2025-03-01", "owner": "Office",
        "due_as_said": "within six months",
    }  # fmt: skip
    return programme(commitments=[promise | changes])


def events(text: str) -> list[dict[str, Any]]:
    """`on | column | value | who` a line, one event a month from January 2026."""
    rows = ascii_table("on | column | value | who\n" + text) if text.strip() else []
    return [
        row | {"event": i, "at": f"2026-{i:02}-01T09:00:00+00:00", "why": f"why {i}"} for i, row in enumerate(rows, 1)
    ]


def told(text: str) -> dict[str, dict[str, Any]]:
    return {row["commitment"]: row for row in register(made(), [], [], events(text)).entries}


# --- the day it is due ---------------------------------------------------------------------------------------------

DUE = """
said                            | day
2026-05-31                      | 2026-05-31
by the end of March 2027        | 2027-03-31
by summer 2027                  | 2027-08-31
Q3 2026/27                      | 2026-12-31
within six months               | 2025-09-01
shortly                         |
when resources allow            |
"""


@pytest.mark.parametrize("row", ascii_table(DUE), ids=lambda row: row["said"])
def test_a_day_is_made_of_what_was_said_or_none_is(row: dict[str, str]) -> None:
    (entry,) = register(made(due_as_said=row["said"]), [], [], []).entries
    assert (entry["due_as_said"], str(entry["due"] or "")) == (row["said"], row["day"])


OVERDUE = """
response      | claimed     | verified    | due        | on the day | state   | days
accepted      |             |             | 2026-06-30 | 2026-07-01 | overdue | -1
accepted      |             |             | 2026-06-30 | 2026-06-30 | due     | 0
no response   | in progress |             | 2026-06-30 | 2026-08-29 | overdue | -60
accepted      | delivered   |             | 2026-06-30 | 2026-07-01 | ended   |
accepted      | delivered   | partly      | 2026-06-30 | 2026-07-01 | overdue | -1
accepted      | stalled     | delivered   | 2026-06-30 | 2026-07-01 | ended   |
rejected      |             |             | 2026-06-30 | 2026-07-01 | refused |
in principle  |             |             | 2026-06-30 | 2026-07-01 | overdue | -1
accepted      | abandoned   |             | 2026-06-30 | 2026-07-01 | ended   |
accepted      |             |             |            | 2026-07-01 | no day  |
"""


@pytest.mark.parametrize("row", ascii_table(OVERDUE), ids=lambda row: " ".join(row.values()))
def test_overdue_is_of_a_day_and_a_verification_comes_before_a_claim(row: dict[str, str]) -> None:
    entry = {
        "response": row["response"], "claimed": row["claimed"] or None, "verified": row["verified"] or None,
        "due": date.fromisoformat(row["due"]) if row["due"] else None,
    }  # fmt: skip
    days = int(row["days"]) if row["days"] else None
    assert due_state(entry, date.fromisoformat(row["on the day"])) == (row["state"], days)


@given(
    response=st.sampled_from(RESPONSES), claimed=st.sampled_from([None, *DELIVERY]),
    due=st.dates(date(2000, 1, 1), date(2100, 1, 1)), on=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)  # fmt: skip
def test_what_is_overdue_stays_so_on_every_later_day(response: str, claimed: str | None, due: date, on: date) -> None:
    entry = {"response": response, "claimed": claimed, "verified": None, "due": due}
    if due_state(entry, on)[0] == "overdue":
        assert due < on
        assert due_state(entry, date(2101, 1, 1))[0] == "overdue"


# --- what people record --------------------------------------------------------------------------------------------


def test_a_day_that_moved_is_shown_with_every_day_before() -> None:
    row = told("publish | due | 2026-12-31 | Ann\npublish | due | by summer 2027 | Bea")["publish"]
    assert (row["due"], row["due_as_said"]) == (date(2027, 8, 31), "by summer 2027")
    assert row["due_moved"] == [
        "from within six months / 2025-09-01 to 2026-12-31 by Ann, 2026-01-01T09:00:00+00:00: why 1",
        "from 2026-12-31 / 2026-12-31 to by summer 2027 by Bea, 2026-02-01T09:00:00+00:00: why 2",
    ]


def test_what_was_narrowed_stands_beside_the_words_as_first_said() -> None:
    row = told("publish | narrowed | Publish one figure for London | Ann")["publish"]
    assert (row["text"], row["narrowed"]) == ("Publish the outcomes by borough", "Publish one figure for London")
    assert row["narrowed_by"] == "Ann, 2026-01-01T09:00:00+00:00: why 1"


def test_a_part_is_followed_up_on_its_own_and_a_part_of_it_too() -> None:
    rows = told(
        "publish | sub-action | Agree the columns | Ann\npublish | sub-action | Ask the boroughs | Ann\n"
        "publish/1 | claimed | delivered | Ann\npublish/2 | sub-action | Write to them | Bea"
    )
    assert list(rows) == ["publish", "publish/1", "publish/2", "publish/2/1"]
    assert [row["part_of"] for row in rows.values()] == [None, "publish", "publish", "publish/2"]
    assert (rows["publish/1"]["claimed"], rows["publish"]["claimed"]) == ("delivered", None)
    assert rows["publish/2/1"]["text"] == "Write to them"


def said(**given: str) -> str:
    return json.dumps({"url": "https://example.org/a", "bearing": "supports", "independence": "independent"} | given)


def test_evidence_is_counted_for_against_and_from_whom() -> None:
    rows = "\n".join(
        f"publish | {column} | {value} | {who}"
        for column, value, who in (
            ("evidence", said(quote="It is out."), "Bea"), ("evidence", said(bearing="contradicts"), "Cal"),
            ("evidence", said(), "Ann"), ("claimed", "delivered", "Ann"),
        )
    )  # fmt: skip
    made_of = register(made(), [], [], events(rows))
    row = made_of.entries[0]
    assert (row["supports"], row["contradicts"], row["independent"]) == (2, 1, 2)
    assert [(each["who"], each["bearing"], each["quote"]) for each in made_of.evidence] == [
        ("Bea", "supports", "It is out."), ("Cal", "contradicts", None), ("Ann", "supports", None),
    ]  # fmt: skip
    assert made_of.evidence[2]["independence"] == "recorded by a person who claimed delivery: not independent"


REFUSED = [
    ("evidence", "not JSON", "names no document"),
    ("evidence", "{}", "names no document"),
    ("evidence", said(url="ftp://x"), "no address"),
    ("evidence", said(sha256="12"), "no SHA-256"),
    ("evidence", said(bearing="proves"), "no bearing 'proves'"),
    ("evidence", said(independence="very"), "no independence 'very'"),
    ("narrowed", "  ", "nothing is said for 'narrowed'"),
    ("due", "", "nothing is said for 'due'"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]} {case[2]}")
def test_what_cannot_be_recorded_is_refused(case: tuple[str, str, str]) -> None:
    column, value, what = case
    with pytest.raises(BadInput) as caught:
        check_decision(made(), {}, "publish", column, value)
    assert what in caught.value.what


def test_a_part_can_be_decided_on_before_there_is_a_run() -> None:
    before = events("publish | sub-action | Agree the columns | Ann")
    check_decision(made(), {}, "publish/1", "claimed", "stalled", before)
    with pytest.raises(BadInput, match="publish/1"):
        check_decision(made(), {}, "publish/2", "claimed", "stalled", before)


def test_history_is_every_event_with_what_stood_there_before() -> None:
    text = "publish | claimed | in progress | Ann\npublish | verified | stalled | Bea\npublish | claimed | delivered | Ann"
    assert [(row["column"], row["before"], row["value"], row["who"]) for row in register(made(), [], [], events(text)).history] == [
        ("claimed", None, "in progress", "Ann"),
        ("verified", None, "stalled", "Bea"),
        ("claimed", "in progress", "delivered", "Ann"),
    ]  # fmt: skip


# --- nothing vanishes ----------------------------------------------------------------------------------------------

RECOMMENDATION = {
    "recommendation": "R.question.adult", "rank": 1, "activity": "referral", "step": "question", "safeguard": "adult",
    "kind": "law", "state": "absent", "change": "Put an adult there.", "owner": "Police", "checked": False,
    "findings": ["F"], "by_when": "2027-01-31",
}  # fmt: skip


def kept(
    *recommendations: dict[str, Any], run: str = "0001-aa", before: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    return [
        row | {"event": 9, "who": "Ann", "at": "2026-09-01T09:00:00+00:00", "why": "assess"}
        for row in named_now(recommendations, before or [], run)
    ]


def test_a_recommendation_of_an_earlier_run_stays_with_its_words() -> None:
    row = {each["commitment"]: each for each in register(made(), [], [], kept(RECOMMENDATION)).entries}[
        "R.question.adult"
    ]
    assert (row["text"], row["owner"], row["step"], row["due"]) == (
        "Put an adult there.",
        "Police",
        "question",
        date(2027, 1, 31),
    )
    assert (row["kind"], row["entered"]) == ("recommendation", "recommended by run 0001-aa and not by this one")


def test_a_recommendation_made_again_is_listed_once_and_kept_once_unless_reworded() -> None:
    before = kept(RECOMMENDATION)
    entries = register(made(), [RECOMMENDATION], [], before).entries
    assert [(row["commitment"], row["entered"]) for row in entries][1:] == [
        ("R.question.adult", "recommended by this run")
    ]
    assert kept(RECOMMENDATION, run="0002-bb", before=before) == []
    assert len(kept(RECOMMENDATION | {"change": "Put a parent there."}, run="0002-bb", before=before)) == 1


def test_a_run_holds_the_register_its_evidence_and_its_history() -> None:
    recorded = from_rows(
        "decisions", events(f"publish | evidence | {said()} | Bea\npublish | claimed | stalled | Ann")
    )
    found: dict[str, pa.Table] = run_stage(STAGE, made(), decisions=recorded)
    assert found["commitments"].num_rows == 1
    assert found["register_evidence"].column("url").to_pylist() == ["https://example.org/a"]
    assert found["register_history"].column("column").to_pylist() == ["evidence", "claimed"]
