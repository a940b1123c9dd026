"""Which statement to show next, through the door: no votes yet, one left, all seen, one's own, moderated ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhearing.doors.voting import Reading, next_shown
from tests.helpers import ascii_table

COMMENTS = """comment-id,author-id,moderated,comment-body
1,7,1,More visits
2,0,1,Ring 07911 123456
3,0,-1,Rude
4,0,0,Nobody has looked at this
"""
HEADER = "comment-id,voter-id,vote"
STATES = ascii_table("""
    | state                      | votes               | person | moderation | voted | left | shown |
    |----------------------------|---------------------|--------|------------|-------|------|-------|
    | no file of votes           |                     | 9      | usual      | 0     | 3    | any   |
    | a header and no votes      | none                | 9      | usual      | 0     | 3    | any   |
    | no votes, strict           | none                | 9      | strict     | 0     | 2    | any   |
    | one left                   | 1,9,1 2,9,-1        | 9      | usual      | 2     | 1    | 4     |
    | one left, strict           | 1,9,1               | 9      | strict     | 1     | 1    | 2     |
    | all seen                   | 1,9,1 2,9,0 4,9,-1  | 9      | usual      | 3     | 0    | none  |
    | a pass is a vote           | 1,9,0 4,9,0         | 9      | usual      | 2     | 1    | 2     |
    | somebody new               | 1,9,1 4,9,1         | 8      | usual      | 0     | 3    | 2     |
    | the author's own is seen   | 1,7,1 2,9,1 4,9,1   | 7      | usual      | 1     | 2    | any   |
    | a rejected one is no vote  | 3,9,1 1,9,1 2,9,1   | 9      | usual      | 2     | 1    | 4     |
""")


@pytest.mark.parametrize("row", STATES, ids=lambda row: row["state"])
def test_what_is_shown_next(row: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "comments.csv").write_text(COMMENTS, encoding="utf-8")
    if row["votes"]:
        cast = [] if row["votes"] == "none" else row["votes"].split()
        (tmp_path / "votes.csv").write_text("\n".join([HEADER, *cast]) + "\n", encoding="utf-8")
    reading = Reading(strict_moderation=row["moderation"] == "strict")
    told = next_shown(tmp_path, row["person"], reading=reading)
    assert (told.voted, told.left) == (int(row["voted"]), int(row["left"]))
    if row["shown"] == "any":
        assert told.statement in {"1", "2", "4"} - ({"1"} if row["person"] == "7" else set())
    else:
        assert told.statement == (None if row["shown"] == "none" else row["shown"])
    if told.statement == "2":
        assert told.text == "Ring [phone]"
    assert told == next_shown(tmp_path, row["person"], reading=reading)
