"""Disclosure control as tables: what is counted, and what of it is published. Threshold 10, rounded to 5.

`few` is withheld because it is small itself, `others` so that another cannot be worked out, `either` where saying
which of the two it is would give it away.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from fairhearing.protect import EITHER, FEW, OTHERS, protect
from fairhearing.tables import TABLES, from_rows
from tests.helpers import programme

WORDS = {FEW: "few", OTHERS: "others", EITHER: "either", None: "–"}

CASES = {
    "large counts are rounded, 12 to 10 and 13 to 15": """
        coverage
        community | heard || heard | withheld
        a         |    12 ||    10 | –
        b         |    13 ||    15 | –
        c         |   402 ||   400 | –
    """,
    "one small count takes the smallest that hides it along": """
        coverage
        community | heard || heard | withheld
        a         |     3 ||     – | few
        b         |    40 ||     – | others
        c         |   400 ||   400 | –
    """,
    "12 would not hide 1: they are 13 together, and the 12 is known to be 10 or more": """
        coverage
        community | heard || heard | withheld
        a         |     1 ||     – | few
        b         |    12 ||    10 | –
        c         |    40 ||     – | others
    """,
    "two small counts that are enough together hide each other": """
        coverage
        community | heard || heard | withheld
        a         |     6 ||     – | few
        b         |     7 ||     – | few
        c         |   400 ||   400 | –
    """,
    "two nines are not enough: 18 is nine and nine": """
        coverage
        community | heard || heard | withheld
        a         |     9 ||     – | few
        b         |     9 ||     – | few
        c         |    40 ||     – | others
        d         |   400 ||   400 | –
    """,
    "two small counts whose sum is small need a third": """
        coverage
        community | heard || heard | withheld
        a         |     2 ||     – | few
        b         |     4 ||     – | few
        c         |    40 ||     – | others
        d         |   400 ||   400 | –
    """,
    "that nobody was heard from a community is told: it says nothing about anyone who was": """
        coverage
        community | heard || heard | withheld
        a         |     0 ||     0 | –
        b         |    40 ||    40 | –
        c         |   400 ||   400 | –
    """,
    "those who did not say are no community: few of them are withheld alone, none of them is said": """
        coverage
        community | heard || heard | withheld
        a         |   300 ||   300 | –
        b         |   400 ||   400 | –
        –         |     3 ||     – | few
    """,
    "nobody who did not say": """
        coverage
        community | heard || heard | withheld
        a         |   300 ||   300 | –
        b         |   400 ||   400 | –
        –         |     0 ||     0 | –
    """,
    "of two categories, one small withholds both": """
        coverage
        community | heard || heard | withheld
        a         |     4 ||     – | few
        b         |   300 ||     – | others
    """,
    "of two, where the reason would tell, the reason does not say which": """
        coverage
        community | heard || heard | withheld
        a         |     2 ||     – | either
        b         |    11 ||     – | either
    """,
    "few in favour, or all but few, withholds the estimate": """
        estimates
        community |   n | favourable || n   | favourable | withheld
        –         | 500 |        300 || 500 |        300 | –
        a         |  60 |          4 ||   – |          – | few
        b         |  60 |         56 ||   – |          – | few
        c         | 100 |         60 || 100 |         60 | –
        d         | 280 |        180 || 280 |        180 | –
    """,
    "one community with few in favour takes another along": """
        estimates
        community |   n | favourable || n   | favourable | withheld
        –         | 500 |        244 || 500 |        245 | –
        a         |  60 |          4 ||   – |          – | few
        c         | 100 |         60 ||   – |          – | others
        d         | 340 |        180 || 340 |        180 | –
    """,
    "nobody at all in favour is said, of everyone and so of each": """
        estimates
        community |   n | favourable || n   | favourable | withheld
        –         | 500 |          0 || 500 |          0 | –
        a         | 100 |          0 || 100 |          0 | –
        b         | 400 |          0 || 400 |          0 | –
    """,
    "a mean has no number in favour": """
        estimates
        community |   n | favourable || n   | favourable | withheld
        –         | 500 |          – || 500 |          – | –
        a         |   7 |          – ||   – |          – | few
        b         |  93 |          – ||   – |          – | others
        c         | 400 |          – || 400 |          – | –
    """,
    "few answers missing are left out alone": """
        estimates
        community |   n | favourable | missing || n   | missing | withheld | left_out
        –         | 500 |        300 |      12 || 500 |      10 | –        | –
        a         | 200 |        100 |       3 || 200 |       – | –        | missing, bound_low, bound_high
        b         | 300 |        200 |       0 || 300 |       0 | –        | –
    """,
    "a gap goes when either side of it is few": """
        gaps
        community |   n | n_rest || n   | n_rest | withheld
        a         | 300 |      6 ||   – |      – | few
        b         |   6 |    300 ||   – |      – | few
    """,
    "a statement with few who disagree keeps its share agreeing": """
        statements
        statement |   n | agree | disagree | passed || n   | agree | disagree | passed | withheld | left_out
        s1        | 300 |   200 |       60 |     40 || 300 |   200 |       60 |     40 | –        | –
        s2        | 300 |   270 |        7 |     23 || 300 |   270 |        – |      – | –        | disagree, passed
        s3        | 300 |   294 |        4 |      2 ||   – |     – |        – |      – | few      | –
        s4        |   8 |     8 |        0 |      0 ||   – |     – |        – |      – | few      | –
    """,
    "passes are not published by community, nor to be worked out": """
        statement_shares
        community |   n | agree | disagree || n   | agree | disagree | withheld | left_out
        a         | 100 |    60 |       35 || 100 |    60 |        – | –        | disagree
        b         | 100 |    60 |       25 || 100 |    60 |        – | –        | disagree
        c         | 100 |    30 |       50 || 100 |    30 |       50 | –        | –
    """,
    "a theme of few people loses its words; few distinct texts are left out alone": """
        themes
        theme | label | responses | distinct |   n || label | responses | distinct | n   | withheld | left_out
        t1    | buses |       600 |        1 | 600 || buses |       600 |        – | 600 | –        | distinct
        t2    | trams |        12 |       12 |   9 || –     |         – |        – |   – | few      | –
    """,
    "few of a project, its effect goes; its reach alone if that is small": """
        effects
        project | n  | reach | effect || n  | reach | effect | withheld | left_out
        one     | 60 |   400 |    0.4 || 60 |   400 |    0.4 | –        | –
        two     |  8 |   400 |    0.4 || –  |     – |      – | few      | –
    """,
}

KEYS = {
    "source": "s",
    "characteristic": "faith",
    "measure": "trust",
    "statement": "s1",
    "estimate": 0.5,
    "method": "m",
}


def parse(text: str) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """(table, rows given, rows expected)."""
    name, head, *rows = [line.strip() for line in text.strip().splitlines()]
    halves = [[[cell.strip() for cell in half.split("|")] for half in line.split("||")] for line in (head, *rows)]
    given, expected = (
        [dict(zip(halves[0][side], line[side], strict=True)) for line in halves[1:]] for side in (0, 1)
    )
    return name, [{key: value(cell) for key, cell in row.items()} for row in given], expected


def value(cell: str) -> Any:
    if cell == "–":
        return None
    return int(cell) if cell.isdigit() else float(cell) if cell.replace(".", "").isdigit() else cell


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    fixed = {key: value for key, value in KEYS.items() if TABLES[name].column(key)}
    return from_rows(name, [fixed | (_everyone(row) if name != "coverage" else {}) | row for row in rows])


def _everyone(row: dict[str, Any]) -> dict[str, Any]:
    return {"characteristic": None} if row.get("community", "") is None else {}


@pytest.mark.parametrize("case", CASES)
def test_what_is_published(case: str) -> None:
    name, given, expected = parse(CASES[case])
    safe = protect({name: table(name, given)}, programme())[name]
    told = [
        {key: WORDS[row[key]] if key == "withheld" else _text(row[key]) for key in expected[0]} for row in safe.rows()
    ]
    assert told == expected
    assert safe.withheld == sum(row["withheld"] != "–" for row in expected)


def _text(cell: Any) -> str:
    return "–" if cell is None else str(cell)
