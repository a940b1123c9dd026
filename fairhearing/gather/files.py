"""Evidence files as tables of strings: CSV, TSV, XLSX and Parquet, told apart by what they hold.

Every row of a file comes back either in the table or in `spoilt` with a reason, so that fates can sum to rows.
Only the columns asked for are read: what the programme does not map never enters memory as values.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import BadInput
from ..tables import ROW
from .delimited import read_delimited
from .refuse import refuse_case_records
from .sheets import Choose, Sheet, check_file, everything, places_of, tidy_headers
from .workbooks import read_workbook

__all__ = ["read_sheet", "read_table"]


def read_table(path: Path, *, largest_file_mb: int) -> pa.Table:
    """A CSV, TSV, XLSX or Parquet file as a table of strings, with the row numbers in the column `ROW`.

    An empty cell is "" (null in Parquet). A row that cannot be read is an error here, because a caller of this
    function keeps no fates. Raises BadInput, and Refused for records about people.
    """

    def choose(headers: Sequence[str]) -> Sequence[str]:
        refuse_case_records(headers, path)
        if ROW in headers:
            what = f"a column is called {ROW!r}, which is how the numbers of rows are called here"
            raise BadInput(what, where=path, cure="give the column another name")
        return everything(headers)

    sheet = read_sheet(path, choose, largest_file_mb=largest_file_mb)
    if sheet.spoilt:
        row, why = next(iter(sorted(sheet.spoilt.items())))
        raise BadInput(
            f"{why} ({len(sheet.spoilt)} such rows)", where=f"{path}, row {row}", cure="mend or remove the rows"
        )
    return sheet.table.add_column(0, ROW, pa.array(sheet.row, pa.int64()))


def read_sheet(path: Path, choose: Choose, *, largest_file_mb: int) -> Sheet:
    """Read the chosen columns of a file, whatever its format. Raises BadInput, or what `choose` raises."""
    check_file(path, largest_file_mb)
    with path.open("rb") as file:
        start = file.read(8)
    kind = _format(path, start)
    if kind == "parquet":
        sheet = _read_parquet(path, choose, largest_file_mb)
    elif kind == "xlsx":
        sheet = read_workbook(path, choose, largest_file_mb)
    else:
        sheet = read_delimited(path, choose, largest_file_mb)
    if sheet.rows == 0:
        raise BadInput("the file has a header and no rows", where=path, cure="put at least one row of data in it")
    return sheet


_STARTS = (
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "xlsx"),
    (b"PK\x05\x06", "xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "a Rich Text document"),
    (b"SQLite", "a database"),
)
_EXTENSIONS = {".csv": "text", ".tsv": "text", ".txt": "text", ".tab": "text"} | {
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet", ".pq": "parquet"
}  # fmt: skip
_NAMES = {
    "text": "a text table such as CSV",
    "xlsx": "an Excel workbook or another zip archive",
    "parquet": "Parquet",
}


def _format(path: Path, start: bytes) -> str:
    """The format by content; an extension that says otherwise is an error, because one of the two is wrong."""
    found = next((name for mark, name in _STARTS if start.startswith(mark)), "text")
    said = _EXTENSIONS.get(path.suffix.lower())
    if found not in _NAMES:
        raise BadInput(f"the file is {found}", where=path, cure="save it as CSV (UTF-8), XLSX or Parquet")
    if said is not None and said != found:
        raise BadInput(
            f"the file is named {path.suffix} but holds {_NAMES[found]}",
            where=path,
            cure="export it again in the format its name says; do not only rename it",
        )
    return found


def _read_parquet(path: Path, choose: Choose, largest_file_mb: int) -> Sheet:
    """A flat Parquet file; numbers and dates become their usual text."""
    try:
        with pq.ParquetFile(path, memory_map=False) as file:
            metadata, schema = file.metadata, file.schema_arrow
            unpacked = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
            _refuse_bomb(path, max(unpacked, metadata.num_rows), largest_file_mb)
            headers = tidy_headers(schema.names, path)
            chosen = tuple(choose(headers))
            names = [schema.names[place] for place in places_of(headers, chosen, path)]
            table = file.read(columns=names, use_threads=False).select(names)
        table.validate(full=True)
        columns = [_as_text(path, name, table.column(name)) for name in names]
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError, KeyError) as error:
        raise BadInput(
            f"the Parquet file cannot be read: {str(error).splitlines()[0]:.120}" if str(error) else "it is broken",
            where=path,
            cure="copy or export it again; it may have been cut short",
        ) from None
    rows = metadata.num_rows
    return Sheet(pa.table(columns, names=list(chosen)), np.arange(1, rows + 1), {}, tuple(headers))


def _refuse_bomb(path: Path, unpacked: int, largest_file_mb: int) -> None:
    if unpacked > largest_file_mb * 1_000_000 or unpacked < 0:
        raise BadInput(
            f"unpacked, the file would be {unpacked / 1e6:,.0f} MB, above the limit of {largest_file_mb:,} MB",
            where=path,
            cure="check where the file comes from; split it, or raise the setting largest_file_mb",
        )


def _as_text(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Any flat column as strings."""
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        raise BadInput(f"the column {name!r} holds {column.type}", where=path, cure="give one plain value a cell")
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    text = pc.cast(column, pa.string())
    if pa.types.is_timestamp(column.type):  # a day at midnight is a day, as in a workbook
        return pc.replace_substring_regex(text, r" 00:00:00(?:\.0+)?Z?$", "")
    return text
