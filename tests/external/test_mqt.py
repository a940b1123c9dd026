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

from fairhearing.errors import BadInput
from fairhearing.gather import read_question, read_source
from fairhearing.programme import Source
from tests.helpers import SHARED, needs_shared, programme

pytestmark = needs_shared
PAGES = SHARED / "mqt"
GOLDEN: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "golden" / "questions.json").read_text("utf-8")
)


def summary(text: str) -> dict[str, Any]:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"starts": text[:40], "ends": text[-40:], "characters": len(text), "sha256": digest}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_page_of_the_old_site(name: str) -> None:
    fields = read_question(PAGES / name)
    fields["question"] = summary(fields["question"])
    fields["answers"] = [answer | {"text": summary(answer["text"])} for answer in fields["answers"]]
    assert fields == GOLDEN[name]
    assert list(fields) == list(GOLDEN[name]), "the order of the keys is documented"


def test_no_page_of_that_layout_is_left_out() -> None:
    assert {path.name for path in PAGES.glob("A*.txt")} < set(GOLDEN)


@pytest.mark.parametrize(
    ("page", "looks"), [("B01", "search results"), ("B02", "search results"), ("C01", "teasers"),
                        ("D01", "TheyWorkForYou"), ("E01", "PDF"), ("G01", "PDF")]
)  # fmt: skip
def test_other_layouts_are_errors_not_wrong_fields(page: str, looks: str) -> None:
    (path,) = PAGES.glob(f"{page}*.txt")
    with pytest.raises(BadInput, match="this layout is not read yet") as caught:
        read_question(path)
    assert looks in caught.value.what


def test_the_folder_as_a_source() -> None:
    source = Source(id="mqt", file="mqt", kind="questions", sample="administrative")
    found = read_source(source, programme(), PAGES, key=b"k", largest_file_mb=10)
    assert found.rows == len(list(PAGES.glob("*.txt")))
    assert found.fates == {"used": len(GOLDEN), "set aside": 6, "duplicate": 0, "refused": 0}
    assert found.tables["answers"].num_rows == len(GOLDEN) + 1, "one page has a holding reply and an answer"
