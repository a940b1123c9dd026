"""The register, a search and a draft answer on the synthetic example, through the command line as a person would."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import icalendar
import openpyxl
import pytest

from fairhearing import main
from fairhearing.__main__ import run as command
from fairhearing._folder import Folder
from fairhearing.doors import answering, registering, searching
from fairhearing.doors.searching import safe_tables
from fairhearing.errors import BadInput, NotReady
from tests.helpers import ascii_table

SHEET = """
Ref | Recommendation                                | Owner   | Status                | Due date   | RAG   | Progress update
1   | Publish the referral figures by borough       | Office  | Accepted in principle | 31/03/2026 | Amber | Drafting
2   | Put an independent adult in school interviews | Police  | In progress           | 2027-08-31 | Green |
3   | Fund three youth clubs                        | Council | Closed                |            | Blue  | Done
4   | Train the panel                               | Panel   | Accepted; complete    | 2026-01-01 |       |
4   | Train the panel twice                         | Panel   | Rejected              |            |       |
    | Review the leaflet                            |         | Noted                 |            |       |
7   |                                               | X       | Accepted              |            |       |
8   | Say sorry                                     | X       | Accepted / Rejected   |            |       |
"""  # noqa: E501


@pytest.fixture(scope="module")
def folder(example_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with a run; what the tests of this file record stays on it."""
    return Path(shutil.copytree(example_run, tmp_path_factory.mktemp("registered") / "prevent-london"))


def sheet(path: Path, **changed: dict[str, str]) -> Path:
    book = openpyxl.Workbook()
    rows = ascii_table(SHEET)
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append(list((row | changed.get(f"row_{row['Ref']}", {})).values()))
    book.save(path)
    return path


def entries(folder: Path) -> dict[str, dict[str, Any]]:
    told = registering.register(folder, as_of=date(2026, 11, 22))
    return {row["commitment"]: row for row in told["entries"]}


# --- the register --------------------------------------------------------------------------------------------------


def test_a_sheet_comes_in_with_every_word_mapped_in_sight(folder: Path, tmp_path: Path) -> None:
    found = registering.import_sheet(folder, sheet(tmp_path / "tracker.xlsx"))
    assert [(row["row"], row["id"], row["fate"]) for row in found["rows"] if row["fate"] == "imported"] == [
        (1, "1", "imported"), (2, "2", "imported"), (4, "4", "imported"), (6, "I.bf0cbf52", "imported"),
    ]  # fmt: skip
    reasons = {row["row"]: row["reason"] for row in found["rows"] if row["fate"] == "set aside"}
    assert reasons.keys() == {3, 5, 7, 8}
    assert "'Closed'" in reasons[3] and "--word" in reasons[3]
    assert "same id as row 4" in reasons[5] and "no words" in reasons[7] and "both" in reasons[8]
    words = {(each["said"], each["axis"], each["read_as"]) for each in found["words"]}
    assert ("Accepted in principle", "response", "in principle") in words
    assert ("Amber", "none", "kept as said: a colour is no status") in words
    rows = entries(folder)
    assert (rows["1"]["response"], rows["1"]["claimed"], rows["1"]["state"]) == ("in principle", None, "overdue")
    assert (rows["2"]["response"], rows["2"]["claimed"], rows["2"]["state"]) == ("no response", "in progress", "due")
    assert (rows["4"]["response"], rows["4"]["claimed"], rows["4"]["verified"]) == ("accepted", "delivered", None)
    assert (rows["1"]["due"], rows["1"]["due_as_said"]) == (date(2026, 3, 31), "31/03/2026")


def test_the_same_sheet_again_adds_nothing_and_a_later_one_only_what_changed(folder: Path, tmp_path: Path) -> None:
    registering.import_sheet(folder, sheet(tmp_path / "tracker.xlsx"))
    assert registering.import_sheet(folder, sheet(tmp_path / "tracker.xlsx"))["recorded"] == 0
    later = sheet(
        tmp_path / "later.xlsx", row_1={"Due date": "30/06/2027", "Recommendation": "Publish some referral figures"}
    )
    assert registering.import_sheet(folder, later)["recorded"] == 2
    row = entries(folder)["1"]
    assert (row["due"], row["text"]) == (date(2027, 6, 30), "Publish the referral figures by borough")
    assert row["due_moved"][0].startswith("from 31/03/2026 / 2026-03-31 to 2027-06-30")
    history = [each for each in registering.register(folder)["history"] if each["commitment"] == "1"]
    assert [each["value"] for each in history if each["column"] == "update"] == [
        "Drafting", "colour: Amber", "worded now: Publish some referral figures",
    ]  # fmt: skip
    assert all("imported from" in each["why"] and each["who"] for each in history)


def test_words_and_columns_are_mapped_by_a_person_where_a_sheet_is_odd(example: Path, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("No,What we asked,Where it stands,Colour\n9,Open the files,Closed,Green\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no column holds what was recommended"):
        registering.import_sheet(example, file)
    columns = {"What we asked": "text", "Where it stands": "status", "Colour": "rag"}
    words = {"closed": "delivered", "green": "ignored"}
    shown = registering.import_sheet(example, file, columns=columns, words=words, check=True)
    assert (shown["recorded"], shown["rows"][0]["fate"]) == (0, "imported")
    registering.import_sheet(example, file, columns=columns, words=words)
    assert entries(example)["9"]["claimed"] == "delivered"
    with pytest.raises(BadInput, match="no status 'finished'"):
        registering.import_sheet(example, file, columns=columns, words={"closed": "finished"})


def test_another_list_with_the_same_numbers_does_not_write_over_the_first(example: Path, tmp_path: Path) -> None:
    for name, text in (("a", "Publish the referral figures"), ("b", "Repair the youth club roof")):
        (tmp_path / f"{name}.csv").write_text(f"Ref,Recommendation\n1,{text}\n", encoding="utf-8")
    registering.import_sheet(example, tmp_path / "a.csv")
    (row,) = registering.import_sheet(example, tmp_path / "b.csv")["rows"]
    assert row["fate"] == "set aside" and "--list" in row["reason"]
    registering.import_sheet(example, tmp_path / "b.csv", list_name="youth")
    assert [entries(example)[id]["text"] for id in ("1", "youth:1")] == [
        "Publish the referral figures", "Repair the youth club roof",
    ]  # fmt: skip


def test_the_register_as_csv_json_and_calendar(folder: Path, tmp_path: Path) -> None:
    for ending in ("csv", "json", "ics"):
        assert (
            command(["register", str(folder), "--as-of", "2026-11-22", "--out", str(tmp_path / f"r.{ending}")]) == 0
        )
    rows = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text(encoding="utf-8"))))
    told = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert [row["commitment"] for row in rows] == [row["commitment"] for row in told["entries"]]
    assert told["as_of"] == "2026-11-22" and {"evidence", "history", "states"} <= told.keys()
    calendar = icalendar.Calendar.from_ical((tmp_path / "r.ics").read_bytes())
    days = {str(event["UID"]): event["DTSTART"].dt for event in calendar.walk("VEVENT")}
    assert days == {f"{row['commitment']}@fairhearing": date.fromisoformat(row["due"]) for row in rows if row["due"]}


def test_what_people_record_is_on_the_register_now_and_after_the_next_run(example_run: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(example_run, tmp_path / "again"))
    say = ["record", str(folder), "school-protocol", "--why", "as seen"]
    for extra in (
        ["--narrowed", "A protocol for London only"],
        ["--evidence", "https://example.org/minutes", "--quote", "Agreed.", "--independence", "independent"],
        ["--sub-action", "Ask the boroughs"], ["--due", "by summer 2027"],
    ):  # fmt: skip
        assert command([*say, *extra]) == 0
    live = entries(folder)
    main.assess(folder)
    sealed = {row["commitment"]: row for row in main.open_programme(folder).tables["commitments"].arrow.to_pylist()}
    for row in (live["school-protocol"], sealed["school-protocol"]):
        assert (row["narrowed"], row["supports"], row["independent"]) == ("A protocol for London only", 1, 1)
        assert row["due"] == date(2027, 8, 31)
    assert sealed["school-protocol/1"]["text"] == live["school-protocol/1"]["text"] == "Ask the boroughs"
    assert not {"state", "days_until_due"} & sealed["school-protocol"].keys()  # no clock in a sealed run
    assert main.assess(folder).already_there
    main.publish(folder)
    main.verify(folder)


# --- search --------------------------------------------------------------------------------------------------------


def test_a_search_finds_each_kind_with_a_snippet_that_is_in_its_place(folder: Path) -> None:
    for kind in searching.KINDS:
        hits = searching.search(folder, "publish* police school* questions", kinds=[kind], limit=5)
        assert hits and {hit["kind"] for hit in hits} == {kind}
        for hit in hits:
            assert hit["end"] - hit["start"] == len(hit["snippet"])
            for start, end in hit["matches"]:
                assert hit["snippet"][start - hit["start"] : end - hit["start"]].strip()
    with pytest.raises(BadInput, match="no kind 'person'"):
        searching.search(folder, "police", kinds=["person"])


def test_what_is_withheld_is_not_found(folder: Path) -> None:
    safe = safe_tables(Folder.open(folder))["findings"].rows()
    shown = {row["finding"] for row in safe if row["sentence"]}
    assert len(shown) < len(safe)
    hits = searching.search(folder, "people londoners step police", kinds=["finding"], limit=500)
    assert {hit["id"] for hit in hits} <= shown


def test_a_new_decision_is_found_at_once(folder: Path) -> None:
    assert not searching.search(folder, "zeppelin")
    main.record(folder, "publish-findings", "sub-action", "Print them on a zeppelin", why="for a test")
    assert [hit["id"] for hit in searching.search(folder, "zeppelin")] == ["publish-findings/1"]


def test_before_anything_is_gathered_a_search_says_so(example: Path) -> None:
    with pytest.raises(NotReady, match="nothing was gathered yet"):
        searching.search(example, "police")


# --- a draft answer ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pack(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("question") / "question.txt"
    file.write_text(
        "How many people trust the police in London, and what is being done about the questioning of children at "
        "school without a parent? Will the Mayor publish outcomes by borough? What is the budget for street lights?",
        encoding="utf-8",
    )
    return answering.ask(folder, file, as_of=date(2026, 11, 22))


def test_every_part_is_drafted_from_what_bears_on_it(pack: dict[str, Any]) -> None:
    told = [[each["sentence"] for each in part["draft"]] for part in pack["parts"]]
    assert len(told) == 4
    assert any("Muslim Londoners: 29% (23 to 36)" in each for each in told[0])
    assert any("95% interval" in each for each in told[0])
    assert any("Parents are told before the child is questioned" in each for each in told[1])
    assert any("Agree a protocol for questioning" in each and "overdue on 2026-11-22" in each for each in told[1])
    assert any("Publish outcomes by borough" in each for each in told[2])
    assert told[3] == []  # nobody gathered anything on street lighting
    assert len(pack["parts"][3]["not_known"]) >= 4


def test_every_sentence_is_cited_and_every_citation_is_a_row_or_a_quote(pack: dict[str, Any], folder: Path) -> None:
    safe = safe_tables(Folder.open(folder))
    ids = {table: {row[column] for row in safe[table].rows()} for table, column in
           (("findings", "finding"), ("recommendations", "recommendation"))}  # fmt: skip
    ids["commitments"] = set(entries(folder))
    numbers = {each["number"]: each for each in pack["sources"]}
    for part in pack["parts"]:
        assert part["quote"] == pack["question"][part["start"] : part["end"]]
        for each in [*part["draft"], *part["not_known"]]:
            assert each["cites"] and set(each["cites"]) <= numbers.keys()
    for each in numbers.values():
        if each["table"] in ids and "=" in each["row"]:
            assert each["row"].partition("=")[2] in ids[each["table"]]


def test_no_finding_in_a_draft_is_withheld_and_each_is_word_for_word(pack: dict[str, Any], folder: Path) -> None:
    safe = {row["finding"]: row["sentence"] for row in safe_tables(Folder.open(folder))["findings"].rows()}
    numbers = {each["number"]: each for each in pack["sources"]}
    found = [(each["sentence"], numbers[each["cites"][0]]["row"].partition("=")[2]) for part in pack["parts"]
             for each in part["draft"] if numbers[each["cites"][0]]["table"] == "findings"]  # fmt: skip
    assert found and all(safe[id] == sentence for sentence, id in found)


def test_an_earlier_answer_is_quoted_in_its_place(folder: Path, tmp_path: Path) -> None:
    record = main.open_programme(folder).tables["record"].arrow.to_pylist()
    answers = [row for row in record if row["answer"]]
    asked = tmp_path / "again.txt"
    asked.write_text(answers[0]["text"], encoding="utf-8")
    pack = answering.ask(folder, asked)
    quoted = [each for each in pack["sources"] if "quote" in each]
    assert quoted
    texts = {
        f"source={row['source']};question={row['question']};position={row['position']}": row["answer"]
        for row in answers
    }
    assert all(texts[each["row"]][each["start"] : each["end"]] == each["quote"] for each in quoted)


@pytest.mark.parametrize("ending", ["md", "html", "json"])
def test_a_draft_as_a_file(folder: Path, tmp_path: Path, ending: str) -> None:
    asked, out = tmp_path / "q.txt", tmp_path / f"pack.{ending}"
    asked.write_text("Will the Mayor publish <b>outcomes</b> by borough?", encoding="utf-8")
    assert command(["ask", str(folder), str(asked), "--as-of", "2026-11-22", "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "Publish outcomes by borough" in text and "2026-11-22" in text
    assert "<b>" not in text or ending != "html"


def test_a_text_that_asks_nothing_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("Good morning.", encoding="utf-8")
    with pytest.raises(BadInput, match="asks nothing"):
        answering.ask(folder, tmp_path / "q.txt")
