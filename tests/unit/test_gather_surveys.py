"""Surveys: every row has a fate; values become categories and codes; what is not understood is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairhearing.errors import BadInput, Refused
from fairhearing.gather import Gathered, read_source
from fairhearing.programme import Programme
from tests.helpers import programme

SEX = {"id": "sex", "name": "Sex", "categories": [{"id": "female", "name": "Women"}, {"id": "male", "name": "Men"}]}
AGE = {
    "id": "age",
    "name": "Age",
    "categories": [{"id": "young", "name": "16 to 24"}, {"id": "old", "name": "25 and over"}],
}
LABELS = {"1": "Not at all", "5": "Fully", "9": "Don't know"}
TRUST = {
    "id": "trust",
    "name": "Trust",
    "report": "mean",
    "items": [
        {"id": "t1", "wording": "?", "low": 1, "high": 5, "missing": [-1, 9], "codes": LABELS},
        {"id": "t2", "wording": "?", "low": 1, "high": 5},
    ],
}
ROUNDS = [{"id": "r1", "name": "Spring 2025"}, {"id": "r2", "name": "Autumn 2025"}]


def assessed(columns: dict[str, Any], **source: Any) -> Programme:
    survey = {"id": "poll", "file": "poll.csv", "kind": "survey", "sample": "panel", "columns": columns}
    return programme(characteristics=[SEX, AGE], measures=[TRUST], rounds=ROUNDS, sources=[survey | source])


def gathered(folder: Path, text: str, columns: dict[str, Any], name: str = "poll.csv", **source: Any) -> Gathered:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    whole = assessed(columns, **source)
    return read_source(whole.sources[0], whole, path, key=b"secret", largest_file_mb=10)


def fates(found: Gathered) -> list[tuple[int, str, str | None]]:
    return [(row["row"], row["fate"], row["reason"]) for row in found.tables["fates"].to_pylist()]


def people(found: Gathered, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in columns) for row in found.tables["people"].to_pylist()]


def test_values_become_categories(tmp_path: Path) -> None:
    text = "s,a\n1,17\n2,25\nWomen,24\nMALE, 16.0\nother,200\n,\n"
    columns = {
        "characteristics": {
            "sex": {"column": "s", "values": {"1": "female", "2": "male"}},
            "age": {
                "column": "a",
                "bands": [{"category": "young", "low": 16, "high": 24}, {"category": "old", "low": 25, "high": 99}],
            },
        }
    }
    found = gathered(tmp_path, text, columns)
    assert people(found, "row", "c_sex", "c_age") == [
        (1, "female", "young"),
        (2, "male", "old"),
        (3, "female", "young"),
        (4, "male", "young"),
        (5, None, None),
        (6, None, None),
    ]
    unknown = "is not one of its categories: counted as not declared"
    assert fates(found)[4] == (5, "used", f"sex {unknown}; age {unknown}")
    assert fates(found)[5] == (6, "used", None)
    assert "sex: 1 value not recognised, counted as not declared (first in row 5)" in found.notes


def test_a_value_is_printed_only_when_several_people_gave_it(tmp_path: Path) -> None:
    found = gathered(tmp_path, "s\nx\nx\nx\nrare\nMen\n", {"characteristics": {"sex": "s"}})
    assert "sex: 4 values not recognised, counted as not declared (first in row 1): 'x'" in found.notes


def test_answers_become_codes(tmp_path: Path) -> None:
    text = "q,t2\n1,5\nfully,5.0\ndon't know,0\n-1,77\n9,3.5\n,\nwell,1e9\n6,NaN\n"
    found = gathered(tmp_path, text, {"items": {"t1": "q"}})
    assert people(found, "q_t1", "q_t2") == [
        (1, 5), (5, 5), (None, None), (None, None), (None, 3.5), (None, None), (None, None), (None, None),
    ]  # fmt: skip
    end = "is off its scale: counted as no answer"
    assert fates(found) == [
        (1, "used", None),
        (2, "used", None),
        (3, "used", f"code 0 of item t2 {end}"),
        (4, "used", f"code 77 of item t2 {end}"),
        (5, "used", None),
        (6, "used", None),
        (7, "used", f"an answer to item t1 {end}; code 1e+09 of item t2 {end}"),
        (8, "used", f"code 6 of item t1 {end}; an answer to item t2 {end}"),
    ]
    assert "t2: 4 answers off the scale, counted as no answer" in found.notes


def test_weights_rounds_and_repeated_people(tmp_path: Path) -> None:
    text = (
        "id,round,w,st\n"
        "7,r1,2,north\n"
        "8,Spring 2025,0,north\n"
        "9,r3,1,south\n"
        "7,r1,1,south\n"
        "7,Autumn 2025,1.5,\n"
        "10,r1,x,south\n"
        "11,r1,,south\n"
        "8,r1,1,south\n"
        "12,,1,south\n"
        ",r1,1,south\n"
        ",r1,1,south\n"
    )
    columns = {"person": "id", "round": "round", "weight": "w", "stratum": "st"}
    found = gathered(tmp_path, text, columns)
    assert fates(found) == [
        (1, "used", None),
        (2, "set aside", "the weight in the column 'w' is not above 0"),
        (3, "set aside", "its round is not declared"),
        (4, "duplicate", "the same person and round as row 1"),
        (5, "used", None),
        (6, "set aside", "the weight in the column 'w' is not a number"),
        (7, "set aside", "no weight is given in the column 'w'"),
        (8, "used", None),
        (9, "set aside", "no round is given in the column 'round'"),
        (10, "used", None),
        (11, "used", None),
    ]
    assert people(found, "row", "round", "weight", "stratum") == [
        (1, "r1", 2, "north"),
        (5, "r2", 1.5, None),
        (8, "r1", 1, "south"),
        (10, "r1", 1, "south"),
        (11, "r1", 1, "south"),
    ]
    who = [person for (person,) in people(found, "person")]
    assert who[0] == who[1], "one person in two rounds is one person"
    assert len(set(who)) == 4, "rows without a number are people of their own"
    assert found.fates == {"used": 5, "set aside": 5, "duplicate": 1, "refused": 0}
    assert found.rows == 11


def test_a_person_is_a_keyed_hash(tmp_path: Path) -> None:
    found = gathered(tmp_path, "id\n1\n2\n", {"person": "id"})
    whole = assessed({"person": "id"})
    again = read_source(whole.sources[0], whole, tmp_path / "poll.csv", key=b"secret", largest_file_mb=10)
    other = read_source(whole.sources[0], whole, tmp_path / "poll.csv", key=b"another", largest_file_mb=10)
    assert again.tables["people"].equals(found.tables["people"])
    hashes = {person for each in (found, other) for (person,) in people(each, "person")}
    assert len(hashes) == 4
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in hashes)


def test_columns_not_mapped_are_left_out_and_said(tmp_path: Path) -> None:
    found = gathered(tmp_path, "t1,Email,Full name,shoe\n5,a@example.org,Ada E,40\n", {})
    assert found.tables["people"].column_names == [
        "source", "row", "person", "round", "weight", "stratum", "cluster", "q_t1",
    ]  # fmt: skip
    assert "3 columns not mapped in programme.toml: never read" in found.notes
    assert "among them 2 columns that identify people (Email, Full name): better removed from the file" in found.notes


def test_contact_details_in_a_mapped_cell_set_the_row_aside(tmp_path: Path) -> None:
    text = "s,st,id\nMen,A,1\nMen,e8 3ab,2\nWomen,B,07911123456\na@example.org,B,4\nMen,020 7946 0958,5\nMen,C,6\n"
    found = gathered(tmp_path, text, {"characteristics": {"sex": "s"}, "stratum": "st", "person": "id"})
    why = "the column {!r} holds contact details of a person here"
    assert [fate for fate in fates(found) if fate[1] != "used"] == [
        (2, "set aside", why.format("st")),
        (4, "set aside", why.format("s")),
        (5, "set aside", why.format("st")),
    ]
    assert "3 rows set aside: contact details in a mapped column" in found.notes


@pytest.mark.parametrize(
    ("text", "columns", "what"),
    [
        ("who\na@example.org\nb@example.org\n", {"stratum": "who"}, "in 2 of 2 cells"),
        ("who\na@example.org\nb@example.org\n", {"person": "who"}, "in 2 of 2 cells"),
        ("home\nE8 3AB\nN1 1AA\nE8\n", {"cluster": "home"}, "in 2 of 3 cells"),
        ("Surname\nx\n", {"stratum": "Surname"}, "maps what identifies people: 'Surname' as stratum"),
        ("dateOfBirth\n1\n", {"characteristics": {"age": "dateOfBirth"}}, "'dateOfBirth' as characteristic age"),
        ("Referral Date,Case status,t1\n1,2,3\n", {}, "referral or case records about people"),
        ("referral_reason,forename,t1\n1,2,3\n", {}, "referral or case records about people"),
        ("Ideology,NHS number,t1\n1,2,3\n", {}, "referral or case records about people"),
        ("Case ID,Subject ID,DOB,t1\n1,2,3,4\n", {}, "referral or case records about people"),
    ],
)
def test_records_about_people_are_refused_whole(
    tmp_path: Path, text: str, columns: dict[str, Any], what: str
) -> None:
    with pytest.raises(Refused) as caught:
        gathered(tmp_path, text, columns)
    assert what in caught.value.what
    assert "example.org" not in str(caught.value), "a refusal must not repeat what it refuses"


@pytest.mark.parametrize(
    "header",
    ["name,essround,ideology_left_right", "Referrer,IP address", "case id,email", "heard_of_referrals,borough"],
)
def test_ordinary_survey_exports_are_not_refused(tmp_path: Path, header: str) -> None:
    found = gathered(tmp_path, f"t1,{header}\n1,{',' * header.count(',')}\n", {})
    assert found.fates["used"] == 1


def test_a_missing_column_names_the_closest(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no column 'Sexx'") as caught:
        gathered(tmp_path, "Sex,t1\n1,2\n", {"characteristics": {"sex": "Sexx"}})
    assert caught.value.cure == "did you mean 'Sex'?"


def test_ragged_rows_have_a_fate_too(tmp_path: Path) -> None:
    found = gathered(tmp_path, 't1,t2\n1,2\n3\n"4",5\n', {})
    assert fates(found) == [
        (1, "used", None),
        (2, "set aside", "the row has 1 cell where the header has 2"),
        (3, "used", None),
    ]


def test_the_same_survey_in_three_formats_is_the_same(tmp_path: Path) -> None:
    columns = {"characteristics": {"sex": {"column": "s", "values": {"1": "female", "2": "male"}}}, "weight": "w"}
    from_csv = gathered(tmp_path, "s,w,t1\n1,1.5,5\n2,2.0,\n", columns)
    whole = assessed(columns)
    table = pa.table({"s": [1.0, 2.0], "w": [1.5, 2.0], "t1": [5, None]})
    pq.write_table(table, tmp_path / "poll.parquet")
    from_parquet = read_source(whole.sources[0], whole, tmp_path / "poll.parquet", key=b"secret", largest_file_mb=10)
    assert from_parquet.tables["people"].equals(from_csv.tables["people"])
    assert from_parquet.tables["fates"].equals(from_csv.tables["fates"])


def test_progress_is_said(tmp_path: Path) -> None:
    (tmp_path / "poll.csv").write_text("t1\n1\n2\n")
    whole, heard = assessed({}), []
    read_source(whole.sources[0], whole, tmp_path / "poll.csv", key=b"k", largest_file_mb=1, say=heard.append)
    assert heard == ["reading poll", "poll: 2 rows, 2 used"]


def test_a_file_of_which_no_row_can_be_used_says_so(tmp_path: Path) -> None:
    text = "round,t1\nSummer,1\nWinter,2\n"
    found = gathered(tmp_path, text, {"round": "round"})
    assert found.fates["set aside"] == 2
    assert found.notes[-1] == "no row could be used; most often: its round is not declared"
