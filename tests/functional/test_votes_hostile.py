"""Small and odd files of votes: told what they hold, or refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhearing.doors.voting import votes
from fairhearing.errors import BadInput
from tests.helpers import ascii_table

TOLD = ascii_table("""
    | what                     | rows                       | people | n by statement | agree by statement |
    |--------------------------|----------------------------|--------|----------------|--------------------|
    | the last vote counts     | a b,s,1; Åsa,s,-1; Åsa,s,1 | 2      | 2              | 1.0                |
    | blank rows say nothing   | 1,s,1; ; ,,; 2,s,-1        | 2      | 2              | 0.5                |
    | one person               | 1,s,1; 1,t,-1              | 1      | 1 1            | 1.0 0.0            |
    | one statement            | 1,s,1; 2,s,-1              | 2      | 2              | 0.5                |
    | two statements           | 1,s,1; 2,t,-1              | 2      | 1 1            | 1.0 0.0            |
    | all pass: nobody agrees  | 1,s,0; 2,s,0; 1,t,0        | 2      | 2 1            | 0.0 0.0            |
""")
REFUSED = ascii_table("""
    | what          | file                         | why                 |
    |---------------|------------------------------|---------------------|
    | a vote of 7   | person,statement,vote; 1,1,7 | the column holds '7' |
    | only a header | person,statement,vote        | no rows             |
    | no statement  | person,vote; 1,1             | no column says the statement |
    | no person     | statement,vote; 1,1          | no column says the person    |
    | no vote       | person,statement; 1,1        | no column says the vote      |
    | a scale of 5  | person,statement,vote; 1,1,5; 2,1,1; 3,1,3 | not all votes are agree |
""")


def folder(at: Path, rows: str) -> Path:
    (at / "votes.csv").write_text("\n".join(row.strip() for row in rows.split(";")) + "\n", encoding="utf-8")
    return at


@pytest.mark.parametrize("row", TOLD, ids=lambda row: row["what"])
def test_a_small_file_is_told(row: dict[str, str], tmp_path: Path) -> None:
    told = votes(folder(tmp_path, "person,statement,vote; " + row["rows"]))
    assert (told.verdict, len(told.participants)) == ("no distinct groups", int(row["people"]))
    assert [each["n"] for each in told.statements] == [int(n) for n in row["n by statement"].split()]
    assert [each["agree"] for each in told.statements] == [
        float(share) for share in row["agree by statement"].split()
    ]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["what"])
def test_a_file_that_holds_no_votes_is_refused(row: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=row["why"]):
        votes(folder(tmp_path, row["file"]))
