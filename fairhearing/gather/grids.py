"""Every sheet of a file as plain rows of text, for layouts in which titles and notes stand around the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadInput
from .files import read_sheet
from .sheets import MOST_COLUMNS, check_file, everything
from .workbooks import Cells, filled_sheets, in_words

__all__ = ["Grid", "read_grids"]


@dataclass(frozen=True)
class Grid:
    """One sheet. rows: cells of each row that is not blank, without empty cells at its end · spoilt: which of them
    cannot be read, and why."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    spoilt: dict[int, str]


def read_grids(path: Path, *, largest_file_mb: int) -> list[Grid]:
    """All sheets that hold anything; a CSV or Parquet file is one sheet of the file's name. Raises BadInput."""
    check_file(path, largest_file_mb)
    with path.open("rb") as file:
        is_workbook = file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    if is_workbook:
        return [_grid(path, title, rows) for title, rows in filled_sheets(path, largest_file_mb)]
    sheet = read_sheet(path, everything, largest_file_mb=largest_file_mb)
    columns = [column.to_pylist() for column in sheet.table.columns]
    told = dict(zip(sheet.row.tolist(), zip(*columns, strict=True), strict=True))
    rows = [tuple(value or "" for value in told.get(row, ())) for row in range(1, sheet.rows + 1)]
    return [Grid(path.stem, (sheet.headers, *rows), dict(sheet.spoilt))]


def _grid(path: Path, title: str, rows: Sequence[Cells]) -> Grid:
    if max(len(row) for row in rows) > MOST_COLUMNS:
        raise BadInput(f"the sheet {title!r} is too wide", where=path, cure=f"keep at most {MOST_COLUMNS:,} columns")
    never_stored = "a cell holds a formula whose value was never stored: open the file in Excel and save it"
    spoilt = {
        i: never_stored for i, row in enumerate(rows) if any(formula and value is None for value, formula in row)
    }
    return Grid(title, tuple(tuple(in_words(value).strip() for value, _formula in row) for row in rows), spoilt)
