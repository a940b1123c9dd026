"""Small and odd files of votes: told what they hold, or refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fairhearing.__main__ import run
from fairhearing.doors.voting import Reading, votes
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


LARGE = ascii_table("""
    | what                                  | people | statements |
    |---------------------------------------|--------|------------|
    | very many people, hardly a statement  | 100000 | 3          |
    | hardly anybody, very many statements  | 3      | 2000       |
""")


@pytest.mark.parametrize("row", LARGE, ids=lambda row: row["what"])
def test_lopsided_conversations_are_told(row: dict[str, str], tmp_path: Path) -> None:
    """Two votes in three agree, at random; 2,000 stand for 100,000 statements, which take a minute
    (benchmarks/RESULTS.md)."""
    n, m = int(row["people"]), int(row["statements"])
    cast = np.where(np.random.default_rng(6).random((n, m)) < 2 / 3, 1, -1)
    rows = [f"{person},{statement},{vote}" for person, mine in enumerate(cast) for statement, vote in enumerate(mine)]
    (tmp_path / "votes.csv").write_text("\n".join(["person,statement,vote", *rows]), encoding="utf-8")
    told = votes(tmp_path)
    assert (told.verdict, told.k) == ("no distinct groups", 1)
    assert (len(told.participants), len(told.statements)) == (n, m)
    assert [each["n"] for each in told.statements] == [n] * m
    assert [each["agree"] for each in told.statements] == pytest.approx(np.mean(cast == 1, axis=0))


def test_communities_and_weights_are_told_at_the_door(tmp_path: Path) -> None:
    """20 in the north agree and weigh 3 each, 20 in the south disagree and weigh 1: 75% by weight, half of the
    people."""
    rows = [f"{person},{statement},{1 if person < 20 else -1}" for person in range(40) for statement in range(4)]
    people = [f"{person},{'north' if person < 20 else 'south'},{3 if person < 20 else 1}" for person in range(40)]
    (tmp_path / "votes.csv").write_text("\n".join(["person,statement,vote", *rows]))
    (tmp_path / "people.csv").write_text("\n".join(["person,Where,wt", *people]))
    plain, told = votes(tmp_path), votes(tmp_path, reading=Reading(by=("Where",), weight="wt"))
    assert ([each["agree"] for each in plain.statements], plain.communities) == ([0.5] * 4, [])
    assert [each["agree"] for each in told.statements] == pytest.approx([0.75] * 4)
    names = ("characteristic", "community", "agree", "differs")
    assert {tuple(each[name] for name in names) for each in told.communities} == {
        ("Where", "north", 1.0, "agrees more than the rest"),
        ("Where", "south", 0.0, "disagrees more than the rest"),
    }
    assert {each["kind"] for each in told.statements} == {"divisive"}
    with pytest.raises(BadInput, match="no file names people and has the columns 'nothing'"):
        votes(tmp_path, reading=Reading(by=("nothing",)))


def test_the_door_says_what_it_read_and_left_out(tmp_path: Path) -> None:
    told = votes(folder(tmp_path, "person,statement,vote; 1,s,1; 1,s,-1; 2,s,1"))
    assert "1 vote superseded by a later vote" in told.notes


KEYS = ("verdict", "k", "participants", "statements", "heldout", "cpu_seconds")
STATEMENT = ("id", "text", "n", "agree", "low", "high", "bridging", "bridging_low", "bridging_high", "kind", "flags")


@pytest.mark.parametrize("options", [[], ["--polis-compatible"], ["--heldout", "3"]], ids=" ".join)
def test_the_json_has_the_keys_promised(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(4)
    rows = [f"{person},{each},{rng.choice([1, -1, 0])}" for person in range(30) for each in range(12)]
    (tmp_path / "votes.csv").write_text("\n".join(["person,statement,vote", *rows]))
    assert run(["votes", str(tmp_path), "--json", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(KEYS) <= told.keys()
    assert told["verdict"] in ("groups", "no distinct groups", "unstable")
    assert all({"id", "group", "probability"} == each.keys() for each in told["participants"])
    assert all(set(STATEMENT) <= each.keys() for each in told["statements"])
    assert set(told["heldout"]) == {"auc", "log_loss", "cells"}
    sides = sum(not row.endswith(",0") for row in rows)
    assert 0.03 * sides < told["heldout"]["cells"] < 0.2 * sides  # a random tenth of the sides taken
