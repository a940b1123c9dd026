"""Consultations: words are redacted, silence is counted, repeated texts are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairhearing.gather import Gathered, read_source
from tests.helpers import programme

SEX = {"id": "sex", "name": "Sex", "categories": [{"id": "female", "name": "Women"}, {"id": "male", "name": "Men"}]}
EXPERIENCE = {"id": "not-told", "name": "Parents not told", "valence": "bad"}


def gathered(folder: Path, text: str, columns: dict[str, Any]) -> Gathered:
    path = folder / "replies.csv"
    path.write_text(text, encoding="utf-8")
    source = {"id": "call", "file": "replies.csv", "kind": "consultation", "sample": "self-selected", "round": "r1"}
    whole = programme(
        characteristics=[SEX],
        experiences=[EXPERIENCE],
        rounds=[{"id": "r1", "name": "First"}],
        sources=[source | {"columns": columns}],
    )
    return read_source(whole.sources[0], whole, path, key=b"secret", largest_file_mb=10)


def column(found: Gathered, table: str, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in found.tables[table].to_pylist()]


def test_words_are_redacted_and_silence_is_a_person(tmp_path: Path) -> None:
    text = (
        "id,said,s\n"
        '1,"They came to E8 3AB,\nring 07911 123456",Women\n'
        "2,,Men\n"
        "3, N/A.,Men\n"
        "4,Did not answer,Women\n"
        "5,No,Women\n"
        "6,Same words,Men\n"
        "7,Same words,Men\n"
        "8,???,Men\n"
    )
    found = gathered(tmp_path, text, {"person": "id", "text": "said", "characteristics": {"sex": "s"}})
    assert column(found, "texts", "response", "text", "redactions", "round") == [
        ("call:1", "They came to E8 [postcode],\nring [phone]", 2, "r1"),
        ("call:5", "No", 0, "r1"),
        ("call:6", "Same words", 0, "r1"),
        ("call:7", "Same words", 0, "r1"),
    ]
    silent = ("set aside", "no text given")
    assert column(found, "fates", "fate", "reason") == [
        ("used", None), silent, silent, silent, ("used", None), ("used", None), ("used", None), silent,
    ]  # fmt: skip
    assert found.tables["people"].num_rows == 8
    assert "4 rows without text: counted as people, not as responses" in found.notes
    assert "2 identifying details replaced in 1 response: 1 phone, 1 postcode" in found.notes


def test_steps_and_experiences(tmp_path: Path) -> None:
    text = (
        "said,step,what\n"
        "a,notice,not-told\n"
        "b,Questioning at school,Parents not told\n"
        "c,no such step,from-the-library\n"
        "d,,Not An Id!\n"
    )
    found = gathered(tmp_path, text, {"text": "said", "step": "step", "experience": "what"})
    assert column(found, "texts", "text", "step", "experience") == [
        ("a", "notice", "not-told"),
        ("b", "question", "not-told"),
        ("c", None, "from-the-library"),
        ("d", None, None),
    ]
    assert column(found, "fates", "fate", "reason")[2:] == [
        ("used", "the step named is not known: counted as not said"),
        ("used", "the experience named is not known: counted as not said"),
    ]


def test_a_person_with_several_responses_is_one_person(tmp_path: Path) -> None:
    text = "id,asked,said\n1,What hurt? Mail a@example.org,this\n1,What helped?,that\n2,What hurt?,other\n"
    found = gathered(tmp_path, text, {"person": "id", "text": "said", "question": "asked"})
    assert found.tables["people"].num_rows == 2
    assert found.fates["used"] == 3
    (one, asked), (two, _), (three, _) = column(found, "texts", "person", "question")
    assert one == two != three
    assert asked == "What hurt? Mail [e-mail]"


def test_a_row_set_aside_has_no_words(tmp_path: Path) -> None:
    found = gathered(tmp_path, "w,said\n0,hello\n1,there\n", {"weight": "w", "text": "said"})
    assert column(found, "texts", "text") == [("there",)]
    assert found.tables["people"].num_rows == 1
