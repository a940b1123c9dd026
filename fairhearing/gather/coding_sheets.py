"""The spreadsheet people code in: written so that it shows no machine's opinion, read back so that nothing slips.

Three sheets: `Responses` (a row a response, a column a theme), `Themes` (names and meanings, which may be edited) and
`How to`. Every fault names the sheet, the row and the cure.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ..errors import BadInput
from .workbooks import Cells, filled_sheets, in_words

__all__ = ["NEW_THEME", "CodedRow", "Returned", "ThemeRow", "as_shown", "read_coding_sheet", "write_coding_sheet"]

RESPONSES, THEMES, HOW_TO = "Responses", "Themes", "How to"
FIRST, LAST = ("response", "text"), ("other", "cannot code", "note")
NEW_THEME = "(new theme)"
SPARE = 2
LONGEST_CELL, CUT = 32_000, " […]"
_SHEET_ID = "Sheet (do not change)"
YES = frozenset({"x", "1", "yes", "y", "true", "✓", "✔"})
NO = frozenset({"", "0", "no", "n", "false"})

_WORDS = """
Read each response and put an x under every theme that it expresses; the sheet Themes says what each one means.
A response may express several themes. Judge only what is written, not what you know or guess of the writer.
other: it says something, and no theme names it. Without an x anywhere a row counts as not read yet.
cannot code: you cannot read it, or cannot tell what it says. Then leave the themes empty.
note: whatever the others who code should know. Do not copy names or other details that identify somebody.
Code alone: do not look at how somebody else has coded. How far you agree tells whether a theme is clear.
Rows stand in random order. You may stop early; go from the top.
To rename or describe a theme, write on the sheet Themes.
A theme that is missing: write its name over one of the headings (new theme).
The words of responses and the first column must stay as they are.
"""

Rows = Sequence[tuple[int, Cells]]


@dataclass(frozen=True)
class ThemeRow:
    """A row of the sheet Themes. id: "" for a theme that is new."""

    row: int
    id: str
    name: str
    description: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class CodedRow:
    """A row of the sheet Responses on which somebody wrote. ticks: headings of the themes with an x."""

    row: int
    response: str
    text: str
    ticks: tuple[str, ...]
    other: bool
    cannot: bool
    note: str

    @property
    def read(self) -> bool:
        """Whether the coder said anything of it; a note alone is no code."""
        return bool(self.ticks or self.other or self.cannot)


@dataclass(frozen=True)
class Returned:
    """A sheet as it came back. columns: headings of themes, new ones included."""

    sheet: str
    columns: tuple[str, ...]
    rows: tuple[CodedRow, ...]
    themes: tuple[ThemeRow, ...]


def as_shown(text: str) -> str:
    """A response as a cell can hold it: no control characters, and no longer than a cell may be."""
    clean = ILLEGAL_CHARACTERS_RE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return clean if len(clean) <= LONGEST_CELL else clean[:LONGEST_CELL] + CUT


# --- out ----------------------------------------------------------------------------------------------------------


def write_coding_sheet(
    sheet: str, responses: Sequence[tuple[str, str]], themes: Sequence[Mapping[str, Any]]
) -> bytes:
    """The workbook for one coder. responses: (id, redacted text) in the order to be read · themes: id, name,
    description, examples."""
    book = Workbook()
    page = book.active
    if not isinstance(page, Worksheet):
        raise BadInput("a new workbook has no sheet", cure="install openpyxl anew")
    page.title = RESPONSES
    names = [*(str(theme["name"]) for theme in themes), *[NEW_THEME] * SPARE]
    _write_responses(page, responses, names)
    _write_themes(book.create_sheet(THEMES), themes)
    _write_how_to(book.create_sheet(HOW_TO), sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_responses(page: Worksheet, responses: Sequence[tuple[str, str]], names: Sequence[str]) -> None:
    head = [*FIRST, *names, *LAST]
    _write_row(page, 1, head)
    for row, (id, text) in enumerate(responses, 2):
        _write_row(page, row, [id, as_shown(text)], open_from=3, columns=len(head))
    _fit(page, [16, 90, *[14] * len(names), 10, 12, 40])
    page.freeze_panes = "C2"
    for place, name in enumerate(head, 1):
        if name == NEW_THEME:
            page.cell(1, place).protection = Protection(locked=False)
    ticks = DataValidation(type="list", formula1='"x"', allow_blank=True, showErrorMessage=True)
    ticks.error, ticks.errorTitle = "Put an x, or leave it empty.", "Only an x"
    last = get_column_letter(len(head) - 1)
    ticks.add(f"C2:{last}{len(responses) + 1}")
    page.add_data_validation(ticks)


def _write_themes(page: Worksheet, themes: Sequence[Mapping[str, Any]]) -> None:
    _write_row(page, 1, ["id", "name", "description", "examples"])
    for row, theme in enumerate(themes, 2):
        values = [theme["id"], theme["name"], theme["description"], "\n".join(theme["examples"])]
        _write_row(page, row, values, open_from=2, columns=4)
    for row in range(len(themes) + 2, len(themes) + 2 + SPARE):
        _write_row(page, row, [""], open_from=2, columns=4)
    _fit(page, [14, 40, 70, 70])
    page.freeze_panes = "C2"


def _write_how_to(page: Worksheet, sheet: str) -> None:
    lines = [line for line in _WORDS.splitlines() if line]
    for row, line in enumerate(lines, 1):
        _write_row(page, row, [line])
    _write_row(page, len(lines) + 2, [_SHEET_ID, sheet])
    _fit(page, [110, 24])


def _write_row(page: Worksheet, row: int, values: Sequence[str], *, open_from: int = 0, columns: int = 0) -> None:
    """Text as text: a response that begins with = is no formula. open_from: first column that may be written in."""
    for place in range(1, max(len(values), columns) + 1):
        cell = page.cell(row, place)
        if not isinstance(cell, Cell):
            continue
        if place <= len(values) and values[place - 1]:
            cell.value = values[place - 1]
            cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.protection = Protection(locked=not open_from or place < open_from)
        if row == 1 and page.title != HOW_TO:
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E8E8E8")


def _fit(page: Worksheet, widths: Sequence[int]) -> None:
    for place, width in enumerate(widths, 1):
        page.column_dimensions[get_column_letter(place)].width = width
    page.protection.formatColumns = page.protection.formatRows = False
    page.protection.enable()  # against slips, without a password


# --- back in ------------------------------------------------------------------------------------------------------


def read_coding_sheet(path: Path, *, largest_file_mb: int) -> Returned:
    """What came back. Raises BadInput naming sheet, row and cure for the first thing that is not as it must be."""
    if path.suffix.lower() != ".xlsx":
        raise BadInput("a coding sheet is an XLSX workbook", where=path, cure="save it as .xlsx, with all its sheets")
    pages = {title: list(enumerate(rows, 1)) for title, rows in filled_sheets(path, largest_file_mb, blank=True)}
    for title in (RESPONSES, THEMES, HOW_TO):
        if title not in pages:
            raise BadInput(f"the sheet {title} is missing", where=path, cure="send the workbook back whole")
    columns, rows = _responses(pages[RESPONSES], path)
    return Returned(_sheet_id(pages[HOW_TO], path), columns, rows, _themes(pages[THEMES], path))


def _sheet_id(rows: Rows, path: Path) -> str:
    for _row, cells in rows:
        if len(cells) > 1 and cells[0][0] == _SHEET_ID:
            return in_words(cells[1][0]).strip()
    raise BadInput(
        f"the line {_SHEET_ID!r} is gone", where=f"{path}, sheet {HOW_TO}", cure="copy it from the file sent"
    )


def _responses(rows: Rows, path: Path) -> tuple[tuple[str, ...], tuple[CodedRow, ...]]:
    head = [in_words(value).strip() for value, _formula in rows[0][1]] if rows else []
    where = f"{path}, sheet {RESPONSES}, row 1"
    for name in (*FIRST, *LAST):
        if head.count(name) != 1:
            raise BadInput(f"the heading {name!r} must be there once", where=where, cure="put it back as it was sent")
    places = {name: place for place, name in enumerate(head) if name and name not in (*FIRST, *LAST, NEW_THEME)}
    twice = sorted({name for name in places if head.count(name) > 1})
    if twice:
        raise BadInput(f"the heading {twice[0]!r} is there twice", where=where, cure="give each theme one column")
    found = [_row(number, cells, head, path) for number, cells in rows[1:] if cells]
    _refuse_twice(found, path)
    return tuple(places), tuple(found)


def _row(number: int, cells: Cells, head: Sequence[str], path: Path) -> CodedRow:
    where = f"{path}, sheet {RESPONSES}, row {number}"
    if len(cells) > len(head):
        raise BadInput(
            "there is something in a column without a heading", where=where, cure="delete it, or name the column"
        )
    if any(formula for _value, formula in cells):
        raise BadInput("a cell holds a formula", where=where, cure="write x or words, not a formula")
    values = [in_words(value) for value, _formula in cells] + [""] * (len(head) - len(cells))
    ticked = [
        (name, _tick(values[place], name, where)) for place, name in enumerate(head) if name not in (*FIRST, "note")
    ]
    said = {name: yes for name, yes in ticked if name not in ("", NEW_THEME)}
    response = values[head.index("response")].strip()
    if not response:
        raise BadInput("the id of the response is gone", where=where, cure="copy the first column from the file sent")
    if any(yes for name, yes in ticked if name not in said):
        raise BadInput("an x stands under a column without the name of a theme", where=where,
                       cure="write the name of the theme into the heading")  # fmt: skip
    ticks = tuple(name for name, yes in said.items() if yes and name not in LAST)
    if said["cannot code"] and (ticks or said["other"]):
        raise BadInput("it is marked as cannot code, and coded", where=where, cure="keep the one you mean")
    note = values[head.index("note")].strip()
    return CodedRow(number, response, values[head.index("text")], ticks, said["other"], said["cannot code"], note)


def _tick(value: str, name: str, where: str) -> bool:
    plain = value.strip().casefold()
    if plain in YES or plain in NO:
        return plain in YES
    raise BadInput(f"{value.strip()[:40]!r} under {name!r} is neither yes nor empty", where=where,
                   cure="put an x (or 1, or yes) where it is so, and leave the cell empty else")  # fmt: skip


def _refuse_twice(rows: Sequence[CodedRow], path: Path) -> None:
    first: dict[str, int] = {}
    for row in rows:
        if row.response in first:
            raise BadInput(
                f"the response {row.response} is there again, as in row {first[row.response]}",
                where=f"{path}, sheet {RESPONSES}, row {row.row}", cure="keep one of the two rows",
            )  # fmt: skip
        first[row.response] = row.row


def _themes(rows: Rows, path: Path) -> tuple[ThemeRow, ...]:
    head = [in_words(value).strip() for value, _formula in rows[0][1]]
    if head[:4] != ["id", "name", "description", "examples"]:
        raise BadInput("the headings are not id, name, description, examples", where=f"{path}, sheet {THEMES}, row 1",
                       cure="put them back as they were sent")  # fmt: skip
    found = []
    for number, cells in rows[1:]:
        if any(formula for _value, formula in cells):
            raise BadInput(
                "a cell holds a formula", where=f"{path}, sheet {THEMES}, row {number}", cure="write words"
            )
        id, name, description, examples = ([in_words(value).strip() for value, _ in cells] + [""] * 4)[:4]
        if not name and (id or description or examples):
            where = f"{path}, sheet {THEMES}, row {number}"
            cure = "give it its name; to retire a theme use `fairhearing codebook DIR retire`"
            raise BadInput("the theme has no name", where=where, cure=cure)
        if name:
            parts = tuple(part.strip() for part in re.split(r"\n", examples) if part.strip())
            found.append(ThemeRow(number, id, name, description, parts))
    return tuple(found)
