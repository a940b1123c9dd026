"""The doors to a process: what should protect people at each step, and a map before and after evidence."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import openpyxl
import pytest

from fairhearing import main
from fairhearing.__main__ import run
from fairhearing.doors import agreeing, describing, sheets
from fairhearing.errors import BadInput
from tests.helpers import ascii_table


def new(folder: Path, *, edit: tuple[str, str] | None = None, more: str = "") -> Path:
    main.new(folder)
    file = folder / "programme.toml"
    text = file.read_text(encoding="utf-8")
    assert edit is None or edit[0] in text
    file.write_text((text.replace(*edit, 1) if edit else text) + more, encoding="utf-8")
    return folder


def test_the_library_prints_every_step_and_says_what_nobody_has_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["safeguards", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["steps"]) == 10 and len(found["sources_that_conflict"]) == 2
    every = [each for step in found["steps"] for each in step["safeguards"]]
    assert len(every) == 21 and not any(each["checked_by_a_person"] for each in every)
    assert run(["safeguards", "interview"]) == 0  # another name of the same step
    told = capsys.readouterr().out
    assert told.startswith("questioning: Questioning at school")
    assert "law; PACE Code C, 11.15 to 11.17A, edition not known; source not yet checked" in told
    assert told.count("[") == 7


def test_an_unknown_step_is_answered_with_those_there_are() -> None:
    with pytest.raises(BadInput, match="no step 'interrogation'") as error:
        describing.safeguards("interrogation")
    assert "questioning" in error.value.cure


def test_a_new_programme_sees_its_process_before_any_evidence(tmp_path: Path) -> None:
    folder, page = new(tmp_path / "p"), tmp_path / "map.html"
    found = describing.process_map(folder, page)
    text = page.read_text(encoding="utf-8")
    assert found["with_accounts"] is False and len(found["steps"]) == 10
    assert "10 steps, 21 safeguards: 21 unknown. No account has been read yet." in text
    assert len(re.findall(r'<li class="step', text)) == 10
    assert "source not yet checked" in text and "class not established" in text
    assert "out of lesson? adult present? parents told before? recorded?" in text
    assert "Documented harm at such a step, not an account given here" in text
    describing.process_map(folder, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_what_a_programme_writes_comes_before_the_library(tmp_path: Path) -> None:
    """Its own state, source and check; one left out; one of its own; the rest from the library."""
    mine = """library = "questioning"
leave_out = ["school-reminded"]
[[activities.steps.safeguards]]
id = "appropriate-adult"
has = "not legally covered"
checked = true
[[activities.steps.safeguards]]
id = "quiet-room"
name = "A quiet room"
kind = "good practice"
has = "absent"
"""
    folder = new(tmp_path / "p", edit=('library = "questioning"', mine))
    row = next(
        row for row in describing.process_map(folder, tmp_path / "m.html")["steps"] if row["step"] == "question"
    )
    assert (row["not legally covered"], row["absent"], row["unknown"]) == (1, 1, 7)
    assert row["library_also_expects"] == []
    text = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "PACE Code C, 11.15 to 11.17A</td>" in text  # checked: nothing is added


WRONG = """
| line                      | what                                                           |
| library = "questions"     | there is no step in the library called 'questions'             |
| leave_out = ["nothing"]   | there is no safeguard of that library step 'nothing'           |
"""


@pytest.mark.parametrize("row", ascii_table(WRONG), ids=lambda row: row["line"])
def test_a_wrong_name_is_told_with_its_line(row: dict[str, str], tmp_path: Path) -> None:
    line = row["line"] if row["line"].startswith("library") else f'library = "questioning"\n{row["line"]}'
    folder = new(tmp_path / "p", edit=('library = "questioning"', line))
    with pytest.raises(Exception, match=re.escape(row["what"])):
        describing.process_map(folder, tmp_path / "m.html")


def test_a_map_is_not_written_over_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a place for a page"):
        describing.process_map(new(tmp_path / "p"), tmp_path)


SOURCE = """
[[sources]]
id = "talk"
file = "talk.csv"
kind = "consultation"
sample = "self-selected"
columns.person = "person"
columns.text = "text"
columns.question = "question"
questions = { "Q4" = "question" }
"""
TEXTS = (
    "I was humiliated in front of the class.", "They explained everything and were kind.",
    "I heard that others were humiliated.", "It took about an hour in the office.",
)  # fmt: skip


def test_from_codes_of_people_to_corrected_shares_on_the_map(tmp_path: Path) -> None:
    """Run, ask two coders' worth of questions on one sheet, run again: the step's share is theirs, with an interval;
    an unclear account is on the sheet although it was not drawn at random."""
    folder = new(tmp_path / "p", more=SOURCE)
    with (folder / "evidence" / "talk.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["person", "question", "text"])
        rows.writerows([f"p{n}", "Q4", f"{TEXTS[n % 4]} ({n})"] for n in range(160))
    main.run(folder)
    agreeing.change(folder, "add", names=["Questioning at school: humiliated"], why="agreed")
    handed = sheets.hand_out(folder, tmp_path / "sheet.xlsx", random=60, targeted=6)
    book = openpyxl.load_workbook(handed.sheets[0]["file"])
    page = book["Responses"]
    head = [cell.value for cell in page[1]]
    texts = [str(row[1].value) for row in page.iter_rows(min_row=2)]
    assert sum(text.startswith("I heard") for text in texts) >= 3
    for row in page.iter_rows(min_row=2):
        mark = "Questioning at school: humiliated" if str(row[1].value).startswith("I was humiliated") else "other"
        row[head.index(mark)].value = "x"
    book.save(tmp_path / "sheet.xlsx")
    sheets.take_back(folder, tmp_path / "sheet.xlsx", coder="reader one")
    main.assess(folder)
    opened = main.open_programme(folder)
    row = opened.tables["journeys_corrected"].arrow.to_pylist()[0]
    assert (row["step"], row["experience"], row["n"], row["n_human"]) == ("question", "humiliated", 160, 60)
    assert row["low"] <= 0.25 <= row["high"]
    found = describing.process_map(folder, tmp_path / "map.html")
    text = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert found["with_accounts"] and "corrected by people; by phrases" in text
    assert "Accounts of this step conflict" in text
