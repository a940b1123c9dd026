"""The spreadsheet people code in: what it shows and does not show, and what it refuses when it comes back."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from fairhearing.errors import BadInput
from fairhearing.gather.coding_sheets import NEW_THEME, Returned, as_shown, read_coding_sheet, write_coding_sheet

THEMES = [
    {"id": "T1", "name": "Waiting", "description": "Waits and queues", "examples": ["I waited for hours"]},
    {"id": "T2", "name": "Staff", "description": "", "examples": []},
]
RESPONSES = [
    ("talk:1", "I waited."),
    ("talk:2", "=SUM(A1:A9)"),
    ("talk:3", "سلام\r\nدوباره"),
    ("talk:4", "x" * 40_000),
]

Change = Callable[[Any], object]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "coding.xlsx"
    path.write_bytes(write_coding_sheet("S1-1", RESPONSES, THEMES))
    return path


def changed(path: Path, change: Change) -> Path:
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def back(path: Path, change: Change) -> Returned:
    return read_coding_sheet(changed(path, change), largest_file_mb=100)


def put(sheet: str, cell: str, value: object) -> Change:
    return lambda book: book[sheet].__setitem__(cell, value)


def test_what_a_coder_sees(sheet: Path) -> None:
    book = openpyxl.load_workbook(sheet)
    page = book["Responses"]
    head = [cell.value for cell in page[1]]
    assert head == ["response", "text", "Waiting", "Staff", NEW_THEME, NEW_THEME, "other", "cannot code", "note"]
    assert page.freeze_panes == "C2"
    assert page.protection.sheet and page["A2"].protection.locked and page["B2"].protection.locked
    assert not page["C2"].protection.locked
    assert str(page.data_validations.dataValidation[0].sqref) == "C2:H5"
    assert page["B2"].alignment.wrap_text
    assert [cell.value for cell in book["Themes"][2]] == ["T1", "Waiting", "Waits and queues", "I waited for hours"]
    words = " ".join(str(cell.value) for row in book["How to"] for cell in row if cell.value)
    assert "not read yet" in words


def test_a_text_is_text_and_fits_a_cell(sheet: Path) -> None:
    page = openpyxl.load_workbook(sheet)["Responses"]
    assert (page["B3"].value, page["B3"].data_type) == ("=SUM(A1:A9)", "s")
    assert page["B4"].value == "سلام\nدوباره"
    assert len(page["B5"].value) < 32_767
    assert as_shown("a\x00b\x0bc") == "abc"


def test_nothing_tells_the_machine_or_the_draw(sheet: Path) -> None:
    """No cell, comment, hidden column or sheet holds a word of either."""
    book = openpyxl.load_workbook(sheet)
    cells = " ".join(str(cell.value) for page in book for row in page for cell in row if cell.value)
    for word in ("machine", "targeted", "probability", "score"):
        assert word not in cells.lower()
    assert [page.sheet_state for page in book] == ["visible"] * 3
    assert not any(dimension.hidden for page in book for dimension in page.column_dimensions.values())


@pytest.mark.parametrize("mark", ["x", "X", " x ", 1, "1", "yes", "Y", True, "✓"])
def test_ways_to_say_yes(sheet: Path, mark: object) -> None:
    row = back(sheet, put("Responses", "C2", mark)).rows[0]
    assert (row.ticks, row.read) == (("Waiting",), True)


@pytest.mark.parametrize("mark", [None, "", " ", 0, "no", False])
def test_ways_to_say_no(sheet: Path, mark: object) -> None:
    row = back(sheet, put("Responses", "C2", mark)).rows[0]
    assert (row.ticks, row.read) == ((), False)


def both(*changes: Change) -> Change:
    return lambda book: [change(book) for change in changes]


HOSTILE: list[tuple[str, Change, str, str]] = [
    ("a word for a tick", put("Responses", "C3", "maybe"), "'maybe' under 'Waiting' is neither", "Responses, row 3"),
    ("2 for a tick", put("Responses", "D2", 2), "'2' under 'Staff' is neither", "Responses, row 2"),
    ("a formula", put("Responses", "C2", '=HYPERLINK("http://x")'), "a cell holds a formula", "Responses, row 2"),
    ("a formula as a name", put("Themes", "B2", "=1+1"), "a cell holds a formula", "Themes, row 2"),
    ("coded and not to be coded", both(put("Responses", "C4", "x"), put("Responses", "H4", "x")),
     "marked as cannot code, and coded", "Responses, row 4"),
    ("a row twice", put("Responses", "A3", "talk:1"), "talk:1 is there again, as in row 2", "Responses, row 3"),
    ("an id gone", put("Responses", "A3", None), "the id of the response is gone", "Responses, row 3"),
    ("an x under no theme", put("Responses", "E2", "x"), "without the name of a theme", "Responses, row 2"),
    ("an x beyond the headings", put("Responses", "K2", "x"), "a column without a heading", "Responses, row 2"),
    ("a heading gone", put("Responses", "G1", None), "the heading 'other' must be there once", "Responses, row 1"),
    ("a heading twice", put("Responses", "E1", "Staff"), "the heading 'Staff' is there twice", "Responses, row 1"),
    ("a theme without a name", put("Themes", "B2", None), "the theme has no name", "Themes, row 2"),
    ("other headings of themes", put("Themes", "B1", "title"), "the headings are not id, name", "Themes, row 1"),
    ("a sheet gone", lambda book: book.remove(book["Themes"]), "the sheet Themes is missing", "coding.xlsx"),
    ("its mark gone", lambda book: book["How to"].delete_rows(12), "'Sheet (do not change)' is gone", "How to"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "what", "where"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE]
)
def test_what_is_refused_is_named_by_sheet_and_row(sheet: Path, change: Change, what: str, where: str) -> None:
    with pytest.raises(BadInput) as error:
        back(sheet, change)
    assert what in error.value.what
    assert str(error.value.where).endswith(where)
    assert error.value.cure


def test_a_new_theme_takes_a_spare_column(sheet: Path) -> None:
    found = back(sheet, both(put("Responses", "E1", "Parking"), put("Responses", "E2", "x"),
                             put("Themes", "B4", "Parking"), put("Themes", "C4", "Where to park")))  # fmt: skip
    assert found.columns == ("Waiting", "Staff", "Parking")
    assert found.rows[0].ticks == ("Parking",)
    assert (found.themes[2].id, found.themes[2].description) == ("", "Where to park")


def test_rows_may_be_empty_or_left_out(sheet: Path) -> None:
    """Their numbers stay those a coder sees."""
    found = back(sheet, both(*(put("Responses", f"{column}3", None) for column in "AB")))
    assert [row.row for row in found.rows] == [2, 4, 5]


@pytest.mark.parametrize("name", ["coding.csv", "coding.xlsx"])
def test_a_file_that_is_no_workbook(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"response,text\n1,x\n")
    with pytest.raises(BadInput):
        read_coding_sheet(path, largest_file_mb=100)


def test_a_workbook_that_would_fill_the_disk_is_refused(sheet: Path) -> None:
    out = io.BytesIO()
    book = openpyxl.load_workbook(sheet)
    book["Responses"]["I2"] = "note " * 6000
    book.save(out)
    sheet.write_bytes(out.getvalue())
    with pytest.raises(BadInput, match="unpacked, the workbook would be"):
        read_coding_sheet(sheet, largest_file_mb=0)
