"""Votes: which count, which do not and why, and what people declare about themselves by voting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairhearing.errors import BadInput
from fairhearing.gather import Gathered, read_source
from fairhearing.programme import Source
from tests.helpers import programme

SEX = {"id": "sex", "name": "Sex", "categories": [{"id": "female", "name": "Women"}, {"id": "male", "name": "Men"}]}
COMMENTS = (
    "timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body\n"
    "1,x,0,90,0,0,1,More school visits\n"
    "1,x,1,2,0,0,0,Ring 07911 123456\n"
    "1,x,2,90,0,0,-1,Rude\n"
    "1,x,3,90,0,0,1,I am a woman\n"
    "1,x,4,90,0,0,1,I am a man\n"
)
VOTES = (
    "timestamp,datetime,comment-id,voter-id,vote\n"
    "10,x,0,1,1\n"
    "30,x,0,1,-1\n"
    "20,x,0,1,0\n"
    "11,x,1,2,1\n"
    "12,x,1,1,1\n"
    "13,x,2,3,1\n"
    "14,x,9,1,1\n"
    "15,x,0,4,2\n"
    "16,x,3,1,1\n"
    "17,x,3,2,1\n"
    "18,x,4,2,1\n"
    "19,x,3,5,-1\n"
    "20,x,0,5,0\n"
    "20,x,0,5,1\n"
)


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name.replace('_', '-')}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def gathered(path: Path, **source: Any) -> Gathered:
    given = {"id": "polis", "file": "polis", "kind": "votes", "sample": "self-selected"} | source
    whole = programme(characteristics=[SEX], rounds=[{"id": "r1", "name": "First"}])
    return read_source(Source.model_validate(given), whole, path, key=b"secret", largest_file_mb=10)


def fates(found: Gathered) -> list[tuple[str, str | None]]:
    return [(row["fate"], row["reason"]) for row in found.tables["fates"].to_pylist()]


def test_which_votes_count(tmp_path: Path) -> None:
    found = gathered(folder(tmp_path, votes=VOTES, comments=COMMENTS), round="r1")
    assert fates(found) == [
        ("duplicate", "superseded by a later vote, row 2"),
        ("used", None),
        ("duplicate", "superseded by a later vote, row 2"),
        ("set aside", "the author's own vote on the statement, cast automatically"),
        ("used", None),
        ("set aside", "the statement was moderated out"),
        ("set aside", "the statement is not in comments.csv"),
        ("set aside", "the vote is none of agree (1), pass (0) and disagree (-1)"),
        ("used", None),
        ("used", None),
        ("used", None),
        ("used", None),
        ("duplicate", "superseded by a later vote, row 14"),
        ("used", None),
    ]
    votes = found.tables["votes"]
    assert votes["vote"].to_pylist() == [-1, 1, 1, 1, 1, -1, 1]
    assert votes["statement"].to_pylist() == ["0", "1", "3", "3", "4", "3", "0"]
    assert set(votes["round"].to_pylist()) == {"r1"}


def test_own_votes_can_be_kept(tmp_path: Path) -> None:
    found = gathered(folder(tmp_path, votes=VOTES, comments=COMMENTS), exclude_own_votes=False)
    assert fates(found)[3] == ("used", None)


def test_every_voter_is_a_person_in_order_of_appearance(tmp_path: Path) -> None:
    found = gathered(folder(tmp_path, votes=VOTES, comments=COMMENTS))
    people = found.tables["people"]
    assert people["row"].to_pylist() == [1, 2, 3, 4, 5]
    voters = dict.fromkeys(found.tables["votes"]["person"].to_pylist())
    assert set(voters) <= set(people["person"].to_pylist())
    assert people["weight"].to_pylist() == [1.0] * 5


def test_agreeing_can_declare_who_one_is(tmp_path: Path) -> None:
    means = [
        {"statement": "3", "characteristic": "sex", "category": "female"},
        {"statement": "4", "characteristic": "sex", "category": "male"},
    ]
    found = gathered(folder(tmp_path, votes=VOTES, comments=COMMENTS), statements=means)
    assert found.tables["people"]["c_sex"].to_pylist() == ["female", None, None, None, None]
    assert "1 person agreed to two categories of one characteristic: counted as not declared" in found.notes
    declares = dict(
        zip(*(found.tables["propositions"][name].to_pylist() for name in ("statement", "declares")), strict=True)
    )
    assert declares == {"0": None, "1": None, "2": None, "3": "sex=female", "4": "sex=male"}


def test_statements_are_redacted_and_keep_their_moderation(tmp_path: Path) -> None:
    found = gathered(folder(tmp_path, votes=VOTES, comments=COMMENTS))
    table = found.tables["propositions"]
    assert table["text"].to_pylist()[1] == "Ring [phone]"
    assert table["moderated"].to_pylist() == [1, 0, -1, 1, 1]


def test_a_matrix_alone_is_enough(tmp_path: Path) -> None:
    matrix = "participant,xid,group-id,n-votes,0,1,2\n5,a@b.org,0,2,1,,0\n2,,1,1,,-1,\n8,,1,0,,,\n"
    found = gathered(folder(tmp_path, participants_votes=matrix, comments=COMMENTS))
    assert found.rows == 3
    assert fates(found) == [
        ("used", None),
        ("set aside", "the statement was moderated out"),
        ("set aside", "the author's own vote on the statement, cast automatically"),
    ]
    assert found.tables["people"].num_rows == 2


@pytest.mark.parametrize(
    ("matrix", "note"),
    [
        ("participant,0,1\n1,-1,1\n2,,1\n", "agree on all 3 last votes"),
        ("participant,0,1\n1,1,1\n2,1,1\n", "differ on 2 votes; votes.csv was used"),
    ],
)
def test_log_and_matrix_are_compared(tmp_path: Path, matrix: str, note: str) -> None:
    votes = "timestamp,comment-id,voter-id,vote\n1,0,1,1\n2,0,1,-1\n3,1,1,1\n4,1,2,1\n"
    found = gathered(folder(tmp_path, votes=votes, participants_votes=matrix, comments=COMMENTS))
    assert any(note in each for each in found.notes)


def test_a_plain_file_of_votes(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(
        "Person,Statement,Vote\nann,Ring 07911 123456,agree\nbob,Ring 07911 123456,Disagree\nbob,Other,pass\n"
    )
    found = gathered(path)
    assert found.tables["votes"]["vote"].to_pylist() == [1, -1, 0]
    assert found.tables["propositions"].select(["statement", "text", "moderated"]).to_pylist() == [
        {"statement": "Other", "text": "Other", "moderated": 0},
        {"statement": "Ring [phone]", "text": "Ring [phone]", "moderated": 0},
    ]


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"comments": COMMENTS}, "neither votes.csv nor participants-votes.csv"),
        ({"votes": "a,b\n1,2\n"}, "no column says the statement: the first row holds a, b"),
        ({"participants_votes": "participant,0\n1,\n"}, "nobody voted on anything"),
        ({"participants_votes": "participant,0\n1,1,1\n"}, "3 cells where the header has 2"),
    ],
)
def test_what_is_not_an_export_says_so(tmp_path: Path, files: dict[str, str], what: str) -> None:
    with pytest.raises(BadInput) as caught:
        gathered(folder(tmp_path, **files))
    assert what in caught.value.what


def test_a_meaning_for_a_statement_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    means = [{"statement": "77", "characteristic": "sex", "category": "female"}]
    with pytest.raises(BadInput, match="statement '77', which is not there"):
        gathered(folder(tmp_path, votes=VOTES, comments=COMMENTS), statements=means)


def test_votes_coded_in_another_way_are_a_mistake_not_silence(tmp_path: Path) -> None:
    votes = "voter,statement,vote\n1,1,up\n2,1,5\n"
    with pytest.raises(BadInput, match=r"no vote is agree \(1\).*'up', '5'"):
        gathered(folder(tmp_path, votes=votes))
    with pytest.raises(BadInput, match=r"not all votes are agree.*'up', '5'"):
        gathered(folder(tmp_path, votes=votes + "3,1,agree\n"))
    slip = votes + "".join(f"{person},1,agree\n" for person in range(3, 23))
    assert [fate for fate, _ in fates(gathered(folder(tmp_path, votes=slip)))] == ["set aside"] * 2 + ["used"] * 20
