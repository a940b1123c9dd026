"""Question pages: fields of the layout that is read, and an error for any other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fairhearing.errors import BadInput
from fairhearing.gather import read_page, read_question, read_source
from fairhearing.programme import Source
from tests.helpers import programme

NBSP = "\u00a0"
PAGE = f"""# URL: https://www.london.gov.uk/questions/2015/0007
# ----
Street lights

MQT on 2015-03-25
Session date:{NBSP}
March 25, 2015
Question By:{NBSP}
A Member OBE
One Group
Asked Of:{NBSP}
The Mayor


When will the lights1 come on?

And for COVID19 or Section 21, who pays.2


Answer for Street lights

Answer for Street lights

Answered By:{NBSP}
The Mayor

Soon.

Very soon.
"""


def test_every_field() -> None:
    assert read_question(PAGE) == {
        "title": "Street lights",
        "reference": "2015/0007",
        "session_date": "2015-03-25",
        "asked_by": "A Member OBE",
        "group": "One Group",
        "asked_of": "The Mayor",
        "question": "When will the lights1 come on?\n\nAnd for COVID19 or Section 21, who pays.2",
        "answers": [{"by": "The Mayor", "date": None, "state": "final", "text": "Soon.\n\nVery soon."}],
        "supplementary_to": None,
        "footnotes": ["1", "2"],
        "session_type": "MQT",
        "category": None,
        "answer_type": None,
        "refers_to": [],
        "layout": "old page",
        "cut": [],
        "notes": [],
    }


def changed(*changes: tuple[str, str]) -> str:
    page = PAGE
    for old, new in changes:
        assert old in page
        page = page.replace(old, new)
    return page


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ([("# URL: https://www.london.gov.uk/questions/2015/0007\n# ----\n", "")], "reference", None),
        ([("2015/0007", "2008/0540-6")], "reference", "2008/0540-6"),
        ([("https://www.london.gov.uk/questions/2015/0007", "https://example.org/2015/0007")], "reference", None),
        ([("One Group\n", "")], "group", None),
        ([("Question By:\u00a0\n", "Question By: ")], "asked_by", "A Member OBE"),
        ([("MQT on 2015-03-25\n", "")], "session_date", "2015-03-25"),
        ([("Session date:\u00a0\nMarch 25, 2015\n", "")], "session_date", "2015-03-25"),
        ([("March 25, 2015", "Soon"), ("MQT on 2015-03-25\n", "")], "session_date", None),
        ([("Answer for Street lights\n\nAnswered", "Street lights\n\nStreet lights\n\nAnswered")], "question", None),
        ([("\n\nAnswer for", f"\n\nSupplementary To:{NBSP}\n\n\nAnswer for", )], "supplementary_to", None),
        ([("\n\nAnswer for Street lights\n\nAnswer", f"\n\nSupplementary To:{NBSP}\n2015/0006\n\n\nAnswer")],
         "supplementary_to", "2015/0006"),
    ],
)  # fmt: skip
def test_variants(changes: list[tuple[str, str]], field: str, expected: str | None) -> None:
    fields = read_question(changed(*changes))
    same = read_question(PAGE)["question"]
    assert fields[field] == (same if field == "question" else expected)
    assert fields["question"] == same


def test_a_holding_reply_and_a_later_answer() -> None:
    page = changed(("Soon.\n\nVery", "Officers are drafting a response.\n\nAnswer provided on 1 July 2010:\n\nVery"))
    assert read_question(page)["answers"] == [
        {"by": "The Mayor", "date": None, "state": "holding", "text": "Officers are drafting a response."},
        {"by": "The Mayor", "date": "2010-07-01", "state": "final", "text": "Very soon."},
    ]


def test_a_promise_alone_is_a_holding_reply() -> None:
    page = changed(("Soon.\n\nVery soon.", "Officers are drafting a response which will be sent shortly."))
    assert [answer["state"] for answer in read_question(page)["answers"]] == ["holding"]


def test_a_question_without_an_answer() -> None:
    page = PAGE[: PAGE.index("Answered By")]
    fields = read_question(page)
    assert fields["answers"] == []
    assert fields["question"] == read_question(PAGE)["question"]


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("<!DOCTYPE html><html><p>Question By: x</p>", "HTML"),
        ("<div>\nQuestion By:\nSession date:\nAnswered By:\n</div>", "HTML"),
        ("* Reference: 2016/0675\n* Question by: x", "search results"),
        ("Question by:\nx\nMeeting date:\n20 February 2008\n", "teasers"),
        ("Question No: 2018/1 x", "PDF"),
        ("hello", "labels are not known"),
        ("", "labels are not known"),
        (PAGE.replace("Asked Of:", "Question By:"), "2 questions"),
    ],
)
def test_another_layout_is_an_error(text: str, looks: str) -> None:
    with pytest.raises(BadInput, match=looks):
        read_question(text)


def test_pages_one_below_the_other_are_each_read() -> None:
    other = PAGE.replace("2015/0007", "2015/0008").replace("Street lights", "Bins").replace("MQT on 2015-03-25\n", "")
    told = [
        (each["title"], each["reference"], each["session_type"], each["answers"]) for each in read_page(PAGE + other)
    ]
    answers = read_question(PAGE)["answers"]
    assert told == [("Street lights", "2015/0007", "MQT", answers), ("Bins", "2015/0008", None, answers)]


def test_a_folder_gives_every_page_a_fate(tmp_path: Path) -> None:
    for name, text in (("a", PAGE), ("b", "hello"), ("c", PAGE), ("d", PAGE.partition("# ----\n")[2])):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    (tmp_path / "INDEX.tsv").write_text("not a page")
    source = Source(id="mqt", file="mqt", kind="questions", sample="administrative")
    found = read_source(source, programme(), tmp_path, key=b"k", largest_file_mb=1)
    assert [(row["row"], row["fate"]) for row in found.tables["fates"].to_pylist()] == [
        (1, "used"), (2, "set aside"), (3, "duplicate"), (4, "used"),
    ]  # fmt: skip
    assert found.tables["questions"]["question"].to_pylist() == ["2015/0007", "d"]
    assert found.tables["questions"]["session_date"].to_pylist() == [date(2015, 3, 25)] * 2
    assert found.tables["answers"].select(["question", "position", "by"]).to_pylist() == [
        {"question": "2015/0007", "position": 1, "by": "The Mayor"},
        {"question": "d", "position": 1, "by": "The Mayor"},
    ]
    with pytest.raises(BadInput, match="not known"):
        read_source(source, programme(), tmp_path / "b.txt", key=b"k", largest_file_mb=1)


# --- copies that came out otherwise: the same fields, or null, never another field's words ----------------------

FIELDS = read_question(PAGE)


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(PAGE.replace(NBSP, ""), id="no space after a label"),
        pytest.param(PAGE.replace("\n", "\r\n"), id="Windows lines"),
        pytest.param(PAGE.replace(f":{NBSP}\n", ": "), id="values beside their labels"),
        pytest.param(PAGE.replace(f":{NBSP}\n", ":\n\n").replace("OBE\n", "OBE\n\n"), id="blank lines between all"),
        pytest.param(PAGE.replace("By:", "by:").replace("Of:", "of:"), id="labels in small letters"),
        pytest.param(PAGE.replace("The Mayor\n\n\nWhen", "The Mayor\nWhen"), id="question right below"),
        pytest.param(PAGE.replace("The Mayor\n\nSoon", "The Mayor\nSoon"), id="answer right below"),
    ],
)
def test_a_copy_of_the_page_gives_the_same_fields(copy: str) -> None:
    assert read_question(copy) == FIELDS


@pytest.mark.parametrize("word", ["Session date:", "Asked Of: them"])
def test_a_label_inside_an_answer_is_text(word: str) -> None:
    fields = read_question(PAGE.replace("Very soon.", f"{word}\n\nVery soon."))
    assert fields["question"] == FIELDS["question"]
    assert fields["answers"][0]["text"] == f"Soon.\n\n{word}\n\nVery soon."
    assert {key: fields[key] for key in ("asked_by", "asked_of", "session_date")} == {
        key: FIELDS[key] for key in ("asked_by", "asked_of", "session_date")
    }


@pytest.mark.parametrize(
    ("left_out", "null"),
    [
        (f"Question By:{NBSP}\nA Member OBE\nOne Group\n", ("asked_by", "group")),
        ("A Member OBE\nOne Group\n", ("asked_by", "group")),
        ("One Group\n", ("group",)),
        (f"Asked Of:{NBSP}\nThe Mayor\n", ("asked_of",)),
        (f"Session date:{NBSP}\nMarch 25, 2015\n", ()),
        ("Street lights\n\nMQT", ("title",)),
    ],
)
def test_what_the_page_does_not_carry_is_null_and_the_rest_stays(left_out: str, null: tuple[str, ...]) -> None:
    page = PAGE.replace(left_out, "MQT" if left_out.endswith("MQT") else "", 1)
    assert read_question(page) == FIELDS | dict.fromkeys(null)


@pytest.mark.parametrize("end", ["A Mem", "The May", "Asked Of:"])
def test_a_page_cut_in_its_head_is_said_to_be(end: str) -> None:
    with pytest.raises(BadInput, match="before any question: it was cut short"):
        read_question(PAGE[: PAGE.index(end) + len(end)])


def test_a_day_in_figures_parts_a_holding_reply_from_the_answer() -> None:
    page = PAGE.replace("Soon.\n\n", "Officers are drafting a response.\n\nAnswer received on 01/07/2015:\n\n")
    assert [(each["date"], each["state"], each["text"]) for each in read_question(page)["answers"]] == [
        (None, "holding", "Officers are drafting a response."),
        ("2015-07-01", "final", "Very soon."),
    ]


def test_two_days_of_one_session_are_neither_taken() -> None:
    told = read_question(PAGE.replace("MQT on 2015-03-25", "MQT on 2015-03-26"))
    assert told["session_date"] is None
    assert told["notes"] == ["the page gives two days of the session: 2015-03-25 and 2015-03-26"]


def test_a_group_above_the_name_is_still_the_group() -> None:
    told = read_question(PAGE.replace("A Member OBE\nOne Group", "One Group\nA Member OBE"))
    assert (told["asked_by"], told["group"]) == ("A Member OBE", "One Group")


@pytest.mark.parametrize(
    ("heading", "day"),
    [
        ("Answer provided on 1 July 2015:", "2015-07-01"),
        ("Updated answer provided 3rd July 2015", "2015-07-03"),
        ("Response received on 01/07/2015:", "2015-07-01"),
    ],
)
def test_an_answer_below_a_holding_reply_is_no_holding_reply(heading: str, day: str) -> None:
    holding = "Officers are drafting a response."
    page = PAGE.replace(
        "Soon.\n\nVery soon.", f"{holding}\n\n{heading}\n\nYes.\n\nAnswer provided on 12 August 2015:\n\nNo."
    )
    assert [(each["date"], each["state"], each["text"]) for each in read_question(page)["answers"]] == [
        (None, "holding", holding), (day, "final", "Yes."), ("2015-08-12", "final", "No."),
    ]  # fmt: skip
