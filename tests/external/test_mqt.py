"""Question pages of the public record against a golden file a person can read.

The golden file holds the short fields whole, and of long texts the first and last words, the length and the SHA-256:
the pages themselves are not part of this repository. It was made from the pages' line numbers, not by this parser.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from fairhearing.follow_up import found_in, non_answers
from fairhearing.follow_up.promises import modal_rule
from fairhearing.follow_up.sentences import sentences
from fairhearing.gather import read_page, read_question, read_source
from fairhearing.programme import Source
from tests.helpers import SHARED, needs_shared, programme

pytestmark = needs_shared
PAGES = SHARED / "mqt"
GOLDEN: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "golden" / "questions.json").read_text("utf-8")
)
EVERY: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "golden" / "pages.json").read_text("utf-8")
)
"""Of each question only the fields that are neither null nor empty: read against the pages by a person."""
EMPTY: dict[str, Any] = dict.fromkeys(
    ("title", "reference", "session_date", "asked_by", "group", "asked_of", "question", "supplementary_to",
     "session_type", "category", "answer_type")
) | {key: [] for key in ("answers", "footnotes", "refers_to", "cut", "notes")}  # fmt: skip


def summary(text: str) -> dict[str, Any]:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"starts": text[:40], "ends": text[-40:], "characters": len(text), "sha256": digest}


def summarised(fields: dict[str, Any]) -> dict[str, Any]:
    answers = [answer | {"text": summary(answer["text"])} for answer in fields["answers"]]
    return fields | {"question": fields["question"] and summary(fields["question"]), "answers": answers}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_page_of_the_old_site(name: str) -> None:
    fields = summarised(read_question(PAGES / name))
    assert {key: fields[key] for key in GOLDEN[name]} == GOLDEN[name]
    assert list(fields)[: len(GOLDEN[name])] == list(GOLDEN[name]), "the order of the keys is documented"


@pytest.mark.parametrize("name", EVERY)
def test_every_question_of_every_page(name: str) -> None:
    """A list, a paper or a page: all its questions, and of each the fields that its layout carries."""
    told = [summarised(fields) for fields in read_page(PAGES / name)]
    assert told == [EMPTY | expected for expected in EVERY[name]]


@pytest.mark.parametrize("name", EVERY)
def test_no_word_is_changed(name: str) -> None:
    """Every text is on the page as it stands, but for white space and, in a speech, the name above it."""
    page = " ".join((PAGES / name).read_text("utf-8").replace("\u2022", " ").split())
    for fields in read_page(PAGES / name):
        for text in [fields["question"] or "", fields["title"] or "", *(each["text"] for each in fields["answers"])]:
            assert " ".join(text.split()) in page


def test_no_page_is_left_out() -> None:
    assert {path.name for path in PAGES.glob("*.txt")} <= set(EVERY)
    assert {path.name for path in PAGES.glob("A*.txt")} < set(GOLDEN)


def test_the_folder_as_a_source() -> None:
    source = Source(id="mqt", file="mqt", kind="questions", sample="administrative")
    found = read_source(source, programme(), PAGES, key=b"k", largest_file_mb=10)
    assert found.rows == sum(map(len, EVERY.values()))
    assert found.fates == {"used": found.rows, "set aside": 0, "duplicate": 0, "refused": 0}
    answers = [len(each.get("answers", [])) for page in EVERY.values() for each in page]
    assert found.tables["answers"].num_rows == sum(answers)


def test_commitments_on_the_pages_beat_the_modal_verb() -> None:
    """Sentences labelled by a person, by file and place. Few, so only a clear difference is asked for."""
    lines = (Path(__file__).parent / "golden" / "commitments.tsv").read_text("utf-8").splitlines()[1:]
    known = {tuple(line.split("\t")[:4]) for line in lines}
    seen, rule, machine = set(), [], []
    for name in EVERY:
        for number, fields in enumerate(read_page(PAGES / name)):
            for position, answer in enumerate(fields["answers"], 1):
                listed = {each["start"] for each in found_in(answer["text"], None)}
                for sentence in sentences(answer["text"]):
                    key = (name, str(number), str(position), str(sentence.start))
                    seen.add(key)
                    rule.append((modal_rule(sentence.text), key in known))
                    machine.append((sentence.start in listed, key in known))
    assert known <= seen, "every label is at a sentence"
    precision = [sum(a and b for a, b in said) / sum(a for a, _ in said) for said in (rule, machine)]
    recall = [sum(a and b for a, b in said) / len(known) for said in (rule, machine)]
    assert precision[1] > 1.5 * precision[0]
    assert recall[1] > 0.8 > recall[0]


def test_explicit_non_answers_on_the_pages() -> None:
    found = [
        (name[:3], told["rule"])
        for name in EVERY
        for fields in read_page(PAGES / name)
        for answer in fields["answers"]
        for told in non_answers(answer["text"])
    ]
    assert found == [("A02", "not captured"), ("A06", "being drafted"), ("G01", "not for me")]
