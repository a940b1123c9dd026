"""Votes in, common ground and disagreement out: the rules as tables, with intervals by Wilson's formula.

Wilson at 95% for a of n: 10 of 10 → .72 to 1; 15 of 20 → .53 to .89; 14 of 20 → .48 to .85; 50 of 100 → .40 to .60.
"""

from __future__ import annotations

from typing import Any

import pytest

from fairhearing.hear.groups import STAGE, STATEMENT_KEYS, statement_rows
from fairhearing.programme import Programme
from fairhearing.stage import Tables
from fairhearing.tables import from_rows
from tests.helpers import ascii_table, programme, run_stage

SOURCES = [{"id": "talk", "file": "talk", "kind": "votes", "sample": "self-selected"}]
PLACES = [
    {
        "id": "place",
        "name": "Place",
        "categories": [
            {"id": "north", "name": "North"},
            {"id": "south", "name": "South"},
            {"id": "unsaid", "name": "Not answered", "community": False},
        ],
    }
]


def made() -> Programme:
    return programme(sources=SOURCES, characteristics=PLACES)


def ballots(text: str) -> Tables:
    """Statements with how many agree, disagree and pass in each place: the evidence tables that say so."""
    votes: list[dict[str, Any]] = []
    statements: dict[str, dict[str, Any]] = {}
    people: dict[str, str] = {}
    for row in ascii_table(text):
        id, place = row["statement"], row["place"]
        statements[id] = {"source": "talk", "statement": id, "text": f"Statement {id}", "moderated": 1}
        cast = [1] * int(row["agree"]) + [-1] * int(row["disagree"]) + [0] * int(row["pass"])
        for number, vote in enumerate(cast):
            person = f"{place}{number:03}"
            people[person] = place
            votes.append({"source": "talk", "person": person, "statement": id, "vote": vote})
    persons = [
        {"source": "talk", "row": row, "person": person, "weight": 1.0, "c_place": place}
        for row, (person, place) in enumerate(people.items(), 1)
    ]
    return {
        "votes": from_rows("votes", votes),
        "propositions": from_rows("propositions", list(statements.values())),
        "people": from_rows("people", persons),
    }


@pytest.mark.parametrize(
    ("votes", "kind", "because"),
    [
        (
            """
            | statement | place | agree | disagree | pass |
            | 1         | north | 15    | 5        | 0    |
            | 1         | south | 15    | 5        | 0    |
            """,
            "common ground",
            "more than half agree, of everyone and of each of 2 communities: everyone: 75% agree (between 60% and "
            "86%)",
        ),
        (
            """
            | statement | place | agree | disagree | pass |
            | 1         | north | 5     | 15       | 0    |
            | 1         | south | 5     | 15       | 0    |
            """,
            "common ground",
            "more than half disagree, of everyone",
        ),
        (
            """
            | statement | place | agree | disagree | pass |
            | 1         | north | 20    | 0        | 0    |
            | 1         | south | 14    | 6        | 0    |
            """,
            "majority",
            "more than half of everyone agree; whether more than half do cannot be told of South",
        ),
        (
            """
            | statement | place | agree | disagree | pass |
            | 1         | north | 15    | 5        | 0    |
            | 1         | south | 2     | 18       | 0    |
            """,
            "divisive",
            "North: 75% agree (between 53% and 89%), fewer than 10 disagree, had all who took part voted on it; "
            "South: fewer than 10 agree, 90% disagree",
        ),
        (
            """
            | statement | place  | agree | disagree | pass |
            | 1         | north  | 2     | 18       | 0    |
            | 1         | unsaid | 90    | 10       | 0    |
            """,
            "divisive",
            "most of some agree and most of others disagree",
        ),
        (
            """
            | statement | place  | agree | disagree | pass |
            | 1         | unsaid | 50    | 50       | 0    |
            """,
            "divisive",
            "both agreeing and disagreeing are above one third with 95% confidence",
        ),
        (
            """
            | statement | place  | agree | disagree | pass |
            | 1         | unsaid | 5     | 4        | 0    |
            """,
            "cannot tell",
            "fewer than 10 people voted",
        ),
        (
            """
            | statement | place  | agree | disagree | pass |
            | 1         | unsaid | 6     | 6        | 0    |
            """,
            "cannot tell",
            "agreeing could be below one third or above two thirds",
        ),
        (
            """
            | statement | place | agree | disagree | pass |
            | 1         | north | 15    | 5        | 0    |
            | 1         | south | 0     | 9        | 0    |
            """,
            "mixed",
            "neither common ground nor divisive",
        ),
        (
            """
            | statement | place  | agree | disagree | pass |
            | 1         | unsaid | 40    | 0        | 60   |
            """,
            "mixed",
            "fewer than 10 disagree",
        ),
    ],
    ids=[
        "agreed by everyone and each community",
        "rejected by everyone and each community",
        "a majority that cannot be told of one community is no common ground",
        "communities on opposite sides",
        "a community against the majority of everyone",
        "everyone split",
        "too few people",
        "too wide an interval",
        "a community too small decides nothing, and nothing is claimed for it",
        "passes are not disagreements",
    ],
)
def test_kind_of_a_statement(votes: str, kind: str, because: str) -> None:
    row = run_stage(STAGE, made(), **ballots(votes))["statements"].to_pylist()[0]
    assert row["kind"] == kind
    assert because in row["because"]


def test_counts_shares_and_communities() -> None:
    out = run_stage(
        STAGE,
        made(),
        **ballots("""
        | statement | place  | agree | disagree | pass |
        | 1         | north  | 6     | 2        | 2    |
        | 1         | south  | 1     | 0        | 0    |
        | 1         | unsaid | 3     | 0        | 6    |
        """),
    )
    everyone = out["statements"].to_pylist()[0]
    assert {k: everyone[k] for k in ("n", "agree", "disagree", "passed", "estimate")} == {
        "n": 20, "agree": 10, "disagree": 2, "passed": 8, "estimate": 0.5,
    }  # fmt: skip
    shares = {row["community"]: row for row in out["statement_shares"].to_pylist()}
    assert list(shares) == ["north", "south"]  # "Not answered" is no community
    assert (shares["north"]["n"], shares["north"]["agree"], shares["north"]["estimate"]) == (10, 6, 0.6)
    assert shares["south"]["estimate"] == 1.0
    assert shares["south"]["low"] < 0.25  # one person is never a certainty
    assert "not a margin of error for any population" in everyone["method"]


def test_weights_count_and_cost() -> None:
    """Half weigh 3 and agree, half weigh 1 and do not: 75% by weight. Kish's n is 40² ÷ 100 = 16; the variance of the
    share is 11.25 ÷ 18.75 = .6 of his (few weigh much: × 1.087), believed as far as 10 ÷ (10 + 20); so n is 18.1."""
    evidence = ballots("""
        | statement | place | agree | disagree | pass |
        | 1         | north | 10    | 10       | 0    |
    """)
    weights = [
        {"source": "talk", "person": f"north{number:03}", "base": 1.0, "weight": 3.0 if number < 10 else 1.0}
        for number in range(20)
    ]
    row = run_stage(STAGE, made(), **evidence, weights=from_rows("weights", weights))["statements"].to_pylist()[0]
    assert row["estimate"] == pytest.approx(0.75, abs=1e-12)
    assert (row["low"], row["high"]) == pytest.approx((0.51982, 0.89263), abs=1e-5)  # Wilson on 18.1, by hand


def test_what_is_left_out() -> None:
    """Statements that declare who one is, and statements moderated out; one nobody voted on is kept."""
    propositions = [
        {"source": "talk", "statement": "10", "text": "Nobody saw this", "moderated": 0},
        {
            "source": "talk",
            "statement": "9",
            "text": "I am from the north",
            "moderated": 1,
            "declares": "place=north",
        },
        {"source": "talk", "statement": "8", "text": "spam", "moderated": -1},
        {"source": "talk", "statement": "2", "text": "Nor this", "moderated": 1},
    ]
    out = run_stage(STAGE, made(), propositions=from_rows("propositions", propositions))
    rows = out["statements"].to_pylist()
    assert [row["statement"] for row in rows] == ["2", "10"]
    assert {row["n"] for row in rows} == {0}
    assert {row["kind"] for row in rows} == {"cannot tell"}
    assert {row["low"] for row in rows} == {None}


def test_the_direct_door() -> None:
    out = run_stage(
        STAGE,
        made(),
        **ballots("""
        | statement | place | agree | disagree | pass |
        | 1         | north | 18    | 2        | 0    |
        | 2         | north | 20    | 4        | 16   |
        | 3         | north | 2     | 2        | 0    |
        """),
    )
    rows = statement_rows(out)
    assert [tuple(row) for row in rows] == [STATEMENT_KEYS] * 3
    assert [(row["id"], row["n"], row["agree"], row["flags"]) for row in rows] == [
        ("1", 20, 0.9, ["too few votes in South", "bridges: agree"]),
        ("2", 40, 0.5, ["many passes", "too few votes in South"]),
        ("3", 4, 0.5, ["too few votes"]),
    ]


def test_order_of_rows_changes_nothing() -> None:
    evidence = ballots("""
        | statement | place | agree | disagree | pass |
        | 1         | north | 11    | 7        | 2    |
        | 2         | south | 5     | 9        | 4    |
    """)
    turned = {name: table.take(list(range(table.num_rows - 1, -1, -1))) for name, table in evidence.items()}
    assert run_stage(STAGE, made(), **evidence) == run_stage(STAGE, made(), **turned)
