"""What gathering noticed, as it may be published: no small count, no exact count, no row number."""

from __future__ import annotations

import pytest

from fairhearing.publish.facts import about, public_note
from tests.helpers import ascii_table, programme

RULES = programme().rules  # at least 10, rounded to 5

COUNTS = """
rows | told
0    | 0
1    | fewer than 10
9    | fewer than 10
10   | about 10
12   | about 10
13   | about 15
3736 | about 3,735
"""


@pytest.mark.parametrize("row", ascii_table(COUNTS), ids=lambda row: row["rows"])
def test_a_number_of_rows_is_about(row: dict[str, str]) -> None:
    assert about(int(row["rows"]), RULES) == row["told"]


NOTES = """
note                                                               | told
9 rows without text: counted as people, not as responses           | fewer than 10 rows without text: counted as people, not as responses
1 row without text: counted as people                              | fewer than 10 rows without text: counted as people
1 identifying detail replaced in 1 response: 1 postcode            | fewer than 10 identifying details replaced in fewer than 10 responses: fewer than 10 postcodes
32 identifying details replaced in 32 responses: 11 e-mail, 7 post | about 30 identifying details replaced in about 30 responses: about 10 e-mail, fewer than 10 post
1 person agreed to two categories of one characteristic            | fewer than 10 people agreed to two categories of one characteristic
1,234 votes on moderated statements                                | about 1,235 votes on moderated statements
age: 4 values not recognised, counted as not declared (first in row 77): '4 to 9 years' | age: fewer than 10 values not recognised, counted as not declared: '4 to 9 years'
q60: 12 answers off the scale, counted as no answer                | q60: about 10 answers off the scale, counted as no answer
the text is encoded as windows-1252, not UTF-8: check names        | the text is encoded as windows-1252, not UTF-8: check names
3 rows name an unknown step in 'Question 3 asks': counted as not said | fewer than 10 rows name an unknown step in 'Question 3 asks': counted as not said
"""  # noqa: E501


@pytest.mark.parametrize("row", ascii_table(NOTES), ids=lambda row: row["note"][:40])
def test_a_note_carries_no_exact_count(row: dict[str, str]) -> None:
    assert public_note(row["note"], RULES) == row["told"]
