"""Excel workbooks: the first sheet that holds anything, values only. Macros and links are never run or followed."""

from __future__ import annotations

import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from ..errors import BadInput
from .sheets import Choose, Sheet, places_of, tidy_headers
from .text import counted

__all__ = ["Cells", "filled_sheets", "in_words", "read_workbook"]

MOST_PARTS = 5_000
MOST_ROWS = 1_048_576  # of any Excel sheet
LARGEST_RATIO = 300  # XML of a survey packs 5 to 20 times; a bomb packs a thousand
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, ParseError, InvalidFileException, OSError, EOFError,
    KeyError, IndexError, ValueError, TypeError, AttributeError, NotImplementedError, OverflowError, RuntimeError,
    AssertionError, SyntaxError, MemoryError,
)  # fmt: skip
"""What openpyxl and zipfile raise on a damaged workbook: they check little, so nearly anything. Caught only around
their own calls."""

Cells = list[tuple[Any, bool]]
"""A row: each value, and whether a formula made it."""


def read_workbook(path: Path, choose: Choose, largest_file_mb: int) -> Sheet:
    """Read the chosen columns. A cell with a formula gives its stored value; without one its row is spoilt."""
    title, rows = filled_sheets(path, largest_file_mb, most=1)[0]
    headers = tidy_headers([value for value, _formula in rows[0]], path)
    chosen = tuple(choose(headers))
    return _as_sheet(path, title, headers, chosen, rows[1:])


def _check_parts(path: Path, largest_file_mb: int) -> bool:
    """Sizes before unpacking anything; says whether any sheet holds a formula."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _refuse_bomb(path, parts, largest_file_mb)
            if "xl/workbook.xml" not in archive.namelist():
                raise BadInput("the archive is not an Excel workbook", where=path, cure="save it as XLSX or CSV")
            formulas = False
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    formulas |= _scan(path, archive, part) and part.filename.startswith("xl/worksheets/")
            return formulas
    except _BROKEN as error:
        raise _broken(path, error) from None


def _refuse_bomb(path: Path, parts: list[zipfile.ZipInfo], largest_file_mb: int) -> None:
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    too_dense = unpacked > 20_000_000 and unpacked / packed > LARGEST_RATIO
    if unpacked > largest_file_mb * 1_000_000 or too_dense or len(parts) > MOST_PARTS:
        raise BadInput(
            f"unpacked, the workbook would be {unpacked / 1e6:,.0f} MB in {counted(len(parts), 'part')}",
            where=path,
            cure="check where it comes from; save the one sheet that is needed as CSV",
        )


def _scan(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part has formulas; a part that declares entities is refused (they can grow without end)."""
    formulas, tail = False, b""
    with archive.open(part) as file:
        while chunk := file.read(1 << 20):
            window = tail + chunk
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise BadInput("the workbook declares XML entities", where=path, cure="save it again from Excel")
            formulas |= b"<f>" in window or b"<f " in window
            tail = window[-16:]
    return formulas


def filled_sheets(
    path: Path, largest_file_mb: int, *, most: int | None = None, blank: bool = False
) -> list[tuple[str, list[Cells]]]:
    """Title and rows of the first `most` sheets that hold anything (None: of all). blank: with the rows that hold
    nothing, empty, so that a row's place is its number.

    Raises BadInput for a file that is damaged, too large once unpacked, or no workbook, and where no sheet is filled.
    """
    has_formulas = _check_parts(path, largest_file_mb)
    found: list[tuple[str, list[Cells]]] = []
    try:
        with warnings.catch_warnings(), path.open("rb") as first, path.open("rb") as second:  # ours to close
            warnings.simplefilter("ignore")  # about styles and extensions, which do not matter here
            values = openpyxl.load_workbook(first, read_only=True, data_only=True, keep_links=False)
            written = openpyxl.load_workbook(second, read_only=True, keep_links=False) if has_formulas else None
            for sheet in values.worksheets:
                every = _cells(sheet, written[sheet.title] if written is not None else None)
                rows = [row for row in every if row or blank]
                if any(rows):
                    found.append((sheet.title, rows))
                if len(found) == most:
                    break
    except _BROKEN as error:
        raise _broken(path, error) from None
    if not found:
        raise BadInput(
            "no sheet of the workbook holds anything", where=path, cure="save the sheet with the data first"
        )
    return found


def _cells(sheet: Any, written: Any) -> Iterator[Cells]:
    """Rows, without the empty cells at their ends. The size a sheet declares is not trusted, nor are its row numbers:
    a row said to be the thousand-millionth would have the reader count there."""
    sheet.reset_dimensions()
    values = islice(sheet.iter_rows(values_only=True), MOST_ROWS + 1)
    if written is None:
        pairs: Iterator[Cells] = ([(value, False) for value in row] for row in values)
    else:
        written.reset_dimensions()
        formulas = islice(written.iter_rows(), MOST_ROWS + 1)
        pairs = (_paired(row, cells) for row, cells in zip(values, formulas, strict=True))
    for number, row in enumerate(pairs, 1):
        if number > MOST_ROWS:
            raise ValueError(f"a row beyond {MOST_ROWS:,}, the most a sheet can have")
        while row and not row[-1][1] and row[-1][0] in (None, ""):
            row.pop()
        yield row


def _paired(values: Sequence[Any], cells: Sequence[Any]) -> Cells:
    return [(value, cell.data_type == "f") for value, cell in zip(values, cells, strict=True)]


def _as_sheet(path: Path, title: str, headers: list[str], chosen: tuple[str, ...], rows: list[Cells]) -> Sheet:
    """Cells as text; a row with too many cells, or a needed formula without a value, is spoilt."""
    places = places_of(headers, chosen, path)
    columns: list[list[str]] = [[] for _ in places]
    kept: list[int] = []
    spoilt: dict[int, str] = {}
    computed = 0
    for row, cells in enumerate(rows, 1):
        why = _spoilt(cells, places, len(headers))
        if why:
            spoilt[row] = why
            continue
        kept.append(row)
        for column, place in zip(columns, places, strict=True):
            value, formula = cells[place] if place < len(cells) else (None, False)
            computed += formula
            column.append(in_words(value))
    table = pa.table([pa.array(column, pa.string()) for column in columns], names=list(chosen))
    return Sheet(table, np.array(kept, np.int64), spoilt, tuple(headers), _notes(title, computed, len(spoilt)))


def _spoilt(cells: Cells, places: list[int], columns: int) -> str:
    if len(cells) > columns:
        return f"the row has {counted(len(cells), 'cell')} where the header has {columns}"
    if any(place < len(cells) and cells[place][1] and cells[place][0] is None for place in places):
        return "a cell holds a formula whose value was never stored: open the file in Excel and save it"
    return ""


def _notes(title: str, computed: int, spoilt: int) -> tuple[str, ...]:
    notes = [f"read from the sheet {title!r}"]
    if computed:
        notes.append(f"{counted(computed, 'cell')} with a formula: its stored value was taken")
    if spoilt:
        notes.append(f"{counted(spoilt, 'row')} set aside: too many cells, or a formula without a value")
    return tuple(notes)


def in_words(value: Any) -> str:
    """A cell as it would be written in CSV; whole numbers without a decimal point. Surrogates and NULs cannot be
    stored as text, so they are replaced."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()


def _broken(path: Path, error: BaseException) -> BadInput:
    first = (str(error).splitlines() or [""])[0]
    return BadInput(
        f"the workbook is damaged ({type(error).__name__}{': ' if first else ''}{first:.100})",
        where=path,
        cure="open it in Excel or LibreOffice and save it again, or export CSV",
    )
