"""One small conversation in every shape its export may have: the same votes, or a refusal that says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairhearing.errors import BadInput
from fairhearing.gather import Gathered, read_source
from fairhearing.programme import Source
from tests.helpers import ascii_table, programme

VOTES = [("ann", "s1", 1), ("bob", "s1", -1), ("cat", "s1", 0), ("ann", "s2", -1), ("bob", "s2", 1)]
NUMBERS = {1: "1", 0: "0", -1: "-1"}


def read(path: Path, characteristics: list[dict[str, Any]] | None = None, **source: Any) -> Gathered:
    given = {"id": "talk", "file": "talk", "kind": "votes", "sample": "self-selected"} | source
    whole = programme(characteristics=characteristics or [])
    return read_source(Source.model_validate(given), whole, path, key=b"secret", largest_file_mb=10)


def log(
    at: Path, header: str = "person,statement,vote", words: dict[int, str] = NUMBERS, name: str = "votes"
) -> Path:
    rows = [header, *(f"{person},{statement},{words[vote]}" for person, statement, vote in VOTES)]
    (at / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return at


def told(found: Gathered) -> list[tuple[str, int]]:
    table = found.tables["votes"]
    return list(zip(table["statement"].to_pylist(), table["vote"].to_pylist(), strict=True))


SAME = [(statement, vote) for _person, statement, vote in VOTES]

HEADERS = ascii_table("""
    | person         | statement    | vote     |
    |----------------|--------------|----------|
    | voter-id       | comment-id   | vote     |
    | voter_id       | comment_id   | Vote     |
    | voterId        | commentId    | vote     |
    | pid            | tid          | vote     |
    | participant    | statement-id | response |
    | Respondent ID  | Item         | answer   |
""")


@pytest.mark.parametrize("row", HEADERS, ids=lambda row: row["person"])
def test_columns_may_be_called_in_many_ways(row: dict[str, str], tmp_path: Path) -> None:
    assert told(read(log(tmp_path, f"{row['person']},{row['statement']},{row['vote']}"))) == SAME


CODES = ascii_table("""
    | agree          | disagree          | pass                       |
    |----------------|-------------------|----------------------------|
    | agree          | disagree          | pass                       |
    | Agreed         | Disagreed         | Skipped                    |
    | A              | D                 | P                          |
    | yes            | no                | unsure                     |
    | Y              | N                 | P                          |
    | true           | false             | pass                       |
    | 1.0            | -1.0              | 0.0                        |
    | +1             | \u22121          | 0                          |
    | strongly agree | strongly disagree | neither agree nor disagree |
""".replace("\\u2212", "\N{MINUS SIGN}"))  # fmt: skip


@pytest.mark.parametrize("row", CODES, ids=lambda row: row["agree"])
def test_votes_may_be_words(row: dict[str, str], tmp_path: Path) -> None:
    assert told(read(log(tmp_path, words={1: row["agree"], -1: row["disagree"], 0: row["pass"]}))) == SAME


@pytest.mark.parametrize(
    ("agree", "disagree", "neither"), [("1", "2", "3"), ("5", "1", "3"), ("up", "down", "skip"), ("A", "D", "N")]
)
def test_other_codes_are_refused_and_never_half_read(agree: str, disagree: str, neither: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="agree \\(1\\), pass \\(0\\) or disagree \\(-1\\): the column holds"):
        read(log(tmp_path, words={1: agree, -1: disagree, 0: neither}))


def test_nobody_disagreeing_is_said_where_zero_could_mean_it(tmp_path: Path) -> None:
    found = read(log(tmp_path, words={1: "1", -1: "0", 0: "0"}))
    assert "nobody disagrees, and 3 votes of 0 are read as passes: if 0 means disagree, write -1" in found.notes


@pytest.mark.parametrize(
    ("encoding", "comma", "end"),
    [
        ("utf-8-sig", ",", "\n"),
        ("utf-8", ",", "\r\n"),
        ("utf-8", ";", "\n"),
        ("utf-16", ";", "\r\n"),
        ("cp1252", "\t", "\n"),
    ],
)
def test_however_the_file_was_saved(encoding: str, comma: str, end: str, tmp_path: Path) -> None:
    text = (log(tmp_path) / "votes.csv").read_text(encoding="utf-8").replace("ann", "Zo\u00eb")
    (tmp_path / "votes.csv").write_bytes(text.replace(",", comma).replace("\n", end).encode(encoding))
    assert told(read(tmp_path)) == SAME


FILES = ascii_table("""
    | votes                     | statements                   | text of s1 |
    |---------------------------|------------------------------|------------|
    | votes                     | comments                     | More       |
    | 2024-05-02-abc-votes      | 2024-05-02-abc-comments      | More       |
    | votes                     | statements                   | More       |
    | votes                     | comment-groups               | More       |
    | votes                     | notes                        | s1         |
""")


@pytest.mark.parametrize("row", FILES, ids=lambda row: row["statements"])
def test_files_may_have_the_conversation_in_their_name(row: dict[str, str], tmp_path: Path) -> None:
    log(tmp_path, name=row["votes"])
    (tmp_path / f"{row['statements']}.csv").write_text("comment-id,comment\ns1,More\ns2,Less\n")
    found = read(tmp_path)
    assert told(found) == SAME
    assert found.tables["propositions"]["text"].to_pylist()[0] == row["text of s1"]


def test_the_words_of_statements_may_stand_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text("person,statement,text,vote\n1,7,More,1\n2,7,More,-1\n2,8,,1\n")
    assert read(tmp_path).tables["propositions"]["text"].to_pylist() == ["More", "8"]


def test_two_conversations_in_one_folder_are_refused(tmp_path: Path) -> None:
    log(tmp_path, name="one-votes")
    log(tmp_path, name="two-votes")
    with pytest.raises(BadInput, match=r"several files could be votes\.csv: one-votes\.csv, two-votes\.csv"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["participants-votes", "participant-votes", "r3abc-participant-votes", "votes"])
def test_a_matrix_of_people(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.csv").write_text("participant,group-id,n-votes,0,12\n5,0,2,1,\n6,,1,,-1\n7,,0,,\n")
    assert told(read(tmp_path)) == [("0", 1), ("12", -1)]


LAST = ascii_table("""
    | column    | first                | then                 | counts |
    |-----------|----------------------|----------------------|--------|
    | timestamp | 20                   | 10                   | 1      |
    | timestamp | 10                   | 20                   | -1     |
    | datetime  | 2024-05-02T10:00:00Z | 2024-05-01T10:00:00Z | 1      |
    | datetime  | 2024-05-01 10:00     | 2024-05-01 11:00     | -1     |
    | time      | second of May        | first of May         | -1     |
""")


@pytest.mark.parametrize("row", LAST, ids=lambda row: f"{row['first']} {row['then']}")
def test_the_last_vote_counts_by_its_time(row: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text(
        f"{row['column']},person,statement,vote\n{row['first']},a,s,1\n{row['then']},a,s,-1\n"
    )
    found = read(tmp_path)
    assert told(found) == [("s", int(row["counts"]))]
    assert any("cannot be read" in note for note in found.notes) == (row["column"] == "time")


MODERATED = ascii_table("""
    | rejected | nobody looked | accepted |
    |----------|---------------|----------|
    | -1       | 0             | 1        |
    | rejected | unmoderated   | accepted |
    | hidden   |               | approved |
""")


@pytest.mark.parametrize("row", MODERATED, ids=lambda row: row["rejected"])
@pytest.mark.parametrize(("strict", "left"), [(False, ["2", "3"]), (True, ["3"])])
def test_moderated_statements_are_left_out(
    row: dict[str, str], strict: bool, left: list[str], tmp_path: Path
) -> None:
    states = enumerate((row["rejected"], row["nobody looked"], row["accepted"]), 1)
    (tmp_path / "comments.csv").write_text(
        "\n".join(["comment-id,moderated,comment-body", *(f"{id},{state},Words" for id, state in states)])
    )
    (tmp_path / "votes.csv").write_text("person,statement,vote\na,1,1\na,2,1\na,3,-1\n")
    assert [statement for statement, _vote in told(read(tmp_path, strict_moderation=strict))] == left


def test_a_moderation_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "comments.csv").write_text("comment-id,moderated,comment-body\n1,true,Words\n")
    (tmp_path / "votes.csv").write_text("person,statement,vote\na,1,1\n")
    with pytest.raises(BadInput, match="'moderated' holds 'true'"):
        read(tmp_path)


@pytest.mark.parametrize(("sign", "noted"), [(1, False), (-1, True)])
def test_signs_the_other_way_round_are_told_by_the_counts_of_the_export(
    sign: int, noted: bool, tmp_path: Path
) -> None:
    """Statement s is agreed to by s of 9 people and by the rest not; Polis's database calls agreeing -1."""
    rows = [(person, s, 1 if person < s else -1) for s in range(1, 9) for person in range(9)]
    (tmp_path / "votes.csv").write_text(
        "\n".join(["person,statement,vote", *(f"{p},{s},{sign * v}" for p, s, v in rows)])
    )
    (tmp_path / "comments.csv").write_text(
        "\n".join(["comment-id,agrees,disagrees,comment-body", *(f"{s},{s},{9 - s},Words" for s in range(1, 9))])
    )
    found = read(tmp_path)
    assert told(found) == [(str(s), v) for _person, s, v in rows]
    assert any("-1 is agree in this file" in note for note in found.notes) == noted


PLACE = [
    {
        "id": "place",
        "name": "Place",
        "categories": [{"id": "north", "name": "North"}, {"id": "south", "name": "South"}],
    }
]
PEOPLE = ascii_table("""
    | file         | header                   | ann         | bob         | cat         | places           | weights |
    |--------------|--------------------------|-------------|-------------|-------------|------------------|---------|
    | people       | person,place,weight      | ann,North,2 | bob,south,1 | cat,,3      | north south None | 2 1 3   |
    | participants | participant,place,weight | ann,North,2 | bob,moon,1  |             | north None       | 2 1     |
    | voters       | voter,weight,place       | ann,2,North | bob,0,North | cat,x,North | north            | 2       |
""")


@pytest.mark.parametrize("row", PEOPLE, ids=lambda row: row["file"])
def test_voters_may_be_described_and_weighted(row: dict[str, str], tmp_path: Path) -> None:
    lines = [row["header"], *(row[name] for name in ("ann", "bob", "cat") if row[name])]
    (log(tmp_path) / f"{row['file']}.csv").write_text("\n".join(lines))
    found = read(tmp_path, PLACE, columns={"weight": "weight", "characteristics": {"place": "place"}})
    people = found.tables["people"]
    assert [str(each) for each in people["c_place"].to_pylist()] == row["places"].split()
    assert people["weight"].to_pylist() == [float(each) for each in row["weights"].split()]
    assert set(found.tables["votes"]["person"].to_pylist()) == set(people["person"].to_pylist())


def test_voters_may_be_described_in_the_log_and_differing_rows_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text(
        "person,statement,vote,place\na,1,1,north\na,2,1,north\nb,1,1,north\nb,2,1,south\nc,1,1,\n"
    )
    found = read(tmp_path, PLACE, columns={"characteristics": {"place": "place"}})
    assert found.tables["people"]["c_place"].to_pylist() == ["north", None, None]
    assert "place: 1 person given in several ways: counted as not declared" in found.notes


def test_columns_that_no_file_has_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file names people and has the columns 'place'"):
        read(log(tmp_path), PLACE, columns={"characteristics": {"place": "place"}})
