"""All eight Polis conversations, against counts made here with the csv module and dictionaries (a slow twin), and
against the table below, which was read off the exports once.

Data: Polis open data, CC BY 4.0, The Computational Democracy Project. Not part of this repository.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from fairhearing.gather import Gathered, read_source
from fairhearing.programme import Source
from tests.helpers import SHARED, needs_shared, programme

pytestmark = needs_shared

#              conversation                                    voters    rows  superseded  moderated  own    used
CONVERSATIONS = [
    ("15-per-hour-seattle",                                       339,   2995,        123,        23,  31,   2818),
    ("american-assembly.bowling-green",                          2031, 225524,          0,       484, 607, 224433),
    ("austria-climate.5twd2jsnkf.2022-08-08",                    1116,  61936,        552,      6944, 247,  54193),
    ("brexit-consensus",                                          204,   5312,          9,         0,  50,   5253),
    ("london.youth.policing",                                      26,    640,          2,         0,  24,    614),
    ("scoop-hivemind.biodiversity",                               536,  29802,         83,       531, 154,  29034),
    ("scoop-hivemind.ubi",                                        234,   7174,         21,         0,  22,   7131),
    ("ssis.land-bank-farmland.2rumnecbeh.2021-08-01",             404,  33530,         67,       125, 192,  33146),
]  # fmt: skip

Votes = dict[tuple[str, str], int]


def gathered(name: str) -> Gathered:
    source = Source(id="votes", file=name, kind="votes", sample="self-selected")
    return read_source(source, programme(), SHARED / "polis" / name, key=b"k", largest_file_mb=100)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def cast(folder: Path) -> list[tuple[str, str, int]]:
    """Every vote as (person, statement, vote), earliest first."""
    if (folder / "votes.csv").is_file():
        log = sorted(rows_of(folder / "votes.csv"), key=lambda row: int(row["timestamp"]))
        return [(row["voter-id"], row["comment-id"], int(row["vote"])) for row in log]
    return [
        (row["participant"], statement, int(vote))
        for row in rows_of(folder / "participants-votes.csv")
        for statement, vote in row.items()
        if statement.isdigit() and vote
    ]


def counting(folder: Path) -> Votes:
    """The votes that count: last, not moderated out, not on one's own statement."""
    last: Votes = {(person, statement): vote for person, statement, vote in cast(folder)}
    statements = {row["comment-id"]: row for row in rows_of(folder / "comments.csv")}
    return {
        (person, statement): vote
        for (person, statement), vote in last.items()
        if statements[statement]["moderated"] != "-1" and statements[statement]["author-id"] != person
    }


def reason_counts(found: Gathered) -> Counter[str]:
    kinds = {"superseded": "superseded", "moderated": "moderated out", "own": "author's own"}
    reasons = [reason or "" for reason in found.tables["fates"]["reason"].to_pylist()]
    return Counter(kind for reason in reasons for kind, words in kinds.items() if words in reason)


@pytest.mark.parametrize(("name", "voters", "rows", "superseded", "moderated", "own", "used"), CONVERSATIONS)
def test_counts(name: str, voters: int, rows: int, superseded: int, moderated: int, own: int, used: int) -> None:
    found = gathered(name)
    told = reason_counts(found)
    with (SHARED / "polis" / name / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        summary = {row[0]: row[1] for row in csv.reader(file) if len(row) == 2}
    assert found.tables["people"].num_rows == voters == int(summary["voters"])
    assert found.rows == rows
    assert (told["superseded"], told["moderated"], told["own"]) == (superseded, moderated, own)
    assert found.fates == {"used": used, "set aside": moderated + own, "duplicate": superseded, "refused": 0}
    assert sum(found.fates.values()) == rows
    assert found.tables["propositions"].num_rows == len(rows_of(SHARED / "polis" / name / "comments.csv"))


@pytest.mark.parametrize("name", [row[0] for row in CONVERSATIONS])
def test_the_votes_are_those_of_the_slow_twin(name: str) -> None:
    """Per statement: how many agree, pass and disagree. Persons are hashed, so they are compared by their counts."""
    table = gathered(name).tables["votes"]
    expected = counting(SHARED / "polis" / name)
    got = Counter(zip(table["statement"].to_pylist(), table["vote"].to_pylist(), strict=True))
    assert got == Counter((statement, vote) for (_person, statement), vote in expected.items())
    by_person = sorted(Counter(table["person"].to_pylist()).values())
    assert by_person == sorted(Counter(person for person, _statement in expected).values())


@pytest.mark.parametrize("name", [row[0] for row in CONVERSATIONS if "bowling" not in row[0]])
def test_the_log_agrees_with_the_exports_own_matrix(name: str) -> None:
    assert any("agree on all" in note for note in gathered(name).notes)


@pytest.mark.parametrize("name", [row[0] for row in CONVERSATIONS if "bowling" not in row[0]])
def test_log_and_matrix_give_the_same_votes(name: str, tmp_path: Path) -> None:
    for file in ("comments.csv", "participants-votes.csv"):
        (tmp_path / file).symlink_to(SHARED / "polis" / name / file)
    source = Source(id="votes", file=name, kind="votes", sample="self-selected")
    matrix = read_source(source, programme(), tmp_path, key=b"k", largest_file_mb=100).tables["votes"]
    log = gathered(name).tables["votes"]
    order = [("person", "ascending"), ("statement", "ascending")]
    assert matrix.sort_by(order).equals(log.sort_by(order))


def test_statements_can_declare_who_one_is() -> None:
    """London youth: the statement about being female was agreed to by as many as the export's log says."""
    name = "london.youth.policing"
    statements = rows_of(SHARED / "polis" / name / "comments.csv")
    number = next(row["comment-id"] for row in statements if "identify as female" in row["comment-body"].lower())
    whole = programme(
        characteristics=[
            {
                "id": "gender",
                "name": "Gender",
                "categories": [{"id": "female", "name": "F"}, {"id": "other", "name": "O"}],
            }
        ]
    )
    means = [{"statement": number, "characteristic": "gender", "category": "female"}]
    source = Source.model_validate(
        {"id": "votes", "file": name, "kind": "votes", "sample": "self-selected", "statements": means}
    )
    found = read_source(source, whole, SHARED / "polis" / name, key=b"k", largest_file_mb=100)
    agreed = sum(
        vote == 1 for (_person, statement), vote in counting(SHARED / "polis" / name).items() if statement == number
    )
    assert found.tables["people"]["c_gender"].to_pylist().count("female") == agreed > 0
