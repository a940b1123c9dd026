"""Comma-, semicolon- and tab-separated text, in whatever encoding it came."""

from __future__ import annotations

import codecs
import csv
import io
import mmap
from collections.abc import Iterator
from pathlib import Path

import charset_normalizer
import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from ..errors import BadInput
from .sheets import Choose, Sheet, check_file, places_of, tidy_headers
from .text import counted

__all__ = ["read_delimited", "read_text"]

HEAD = 1_000_000  # a header longer than this is not a header
BLOCK = 8_000_000  # a row must fit in one block; a longer one is nearly always an unclosed quotation mark
LARGEST_RECODED = 500_000_000  # other encodings are decoded in memory
LARGEST_PAGE_MB = 5  # a page of words, not a table
_CHUNK = 1 << 22
_SAMPLE = 65_536
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_delimited(path: Path, choose: Choose, largest_file_mb: int) -> Sheet:
    """Read the chosen columns of a delimited text file; ragged rows come back as spoilt, with their number."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        encoding, start = _encoding(path, raw)
        notes: tuple[str, ...] = ()
        if encoding == "utf-8":
            return _parse(path, raw, start, choose, notes)
        if encoding != "utf-8-sig":
            notes = (f"the text is encoded as {encoding}, not UTF-8: check names and accents",)
        return _parse(path, _decode(path, raw, encoding).encode(), 0, choose, notes)


def read_text(path: Path, largest_file_mb: int) -> str:
    """The whole of a small text file, whatever its encoding."""
    check_file(path, min(largest_file_mb, LARGEST_PAGE_MB))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        encoding, start = _encoding(path, raw)
        return _decode(path, raw[start:], encoding)


def _encoding(path: Path, raw: mmap.mmap) -> tuple[str, int]:
    """The encoding, and where the text starts. A byte-order mark decides; then UTF-8 if it is; then a guess."""
    for mark, name in _MARKS:
        if raw[: len(mark)] == mark:
            return ("utf-8", 3) if name == "utf-8-sig" and _is_utf8(path, raw) else (name, 0)
    if _is_utf8(path, raw):
        return "utf-8", 0
    _refuse_nul(path, raw[:_CHUNK])
    return _guess(raw[:_SAMPLE]), 0


def _guess(sample: bytes) -> str:
    """Windows-1252 is what British offices save. Only a text made mostly of other letters is guessed at: on a few
    accents a guess is worse than that (it reads "Siân" as Japanese)."""
    high = sum(byte >= 0x80 for byte in sample)
    letters = sum(chr(byte).isalpha() for byte in sample if byte < 0x80)
    western = ["cp1252", "mac_roman", "cp850", "latin_1"]
    script = high * 2 > letters and high >= _STRONG
    if not script and _decodes(sample, "cp1252"):
        return "cp1252"
    found = charset_normalizer.from_bytes(sample, cp_isolation=_OTHER_SCRIPTS if script else western).best()
    return found.encoding if found is not None else "cp1252"


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


_STRONG = 8
"""Bytes of other letters from which on another script is thought of: one è alone is not made č."""

_OTHER_SCRIPTS = [
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "shift_jis",
    "gb18030",
    "big5",
    "euc_kr",
]


def _is_utf8(path: Path, raw: mmap.mmap) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(raw), _CHUNK):
            chunk = raw[at : at + _CHUNK]
            _refuse_nul(path, chunk)
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_nul(path: Path, chunk: bytes) -> None:
    if b"\0" in chunk:
        raise BadInput(
            "the file holds NUL bytes, so it is not plain text",
            where=path,
            cure="save it as CSV in UTF-8; if it is UTF-16, save it with its byte-order mark",
        )


def _decode(path: Path, raw: mmap.mmap | bytes, encoding: str) -> str:
    if len(raw) > LARGEST_RECODED:
        raise BadInput(f"the file is encoded as {encoding} and large", where=path, cure="convert it to UTF-8 first")
    try:
        text = bytes(raw[:]).decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"the text is neither UTF-8 nor {encoding} (byte {error.start:,})",
            where=path,
            cure="open it in the program it came from and save it as CSV in UTF-8",
        ) from None
    if "\0" in text:
        _refuse_nul(path, b"\0")
    return text.encode("utf-8", "replace").decode()  # a lone surrogate has no place in text


def _parse(path: Path, raw: mmap.mmap | bytes, start: int, choose: Choose, notes: tuple[str, ...]) -> Sheet:
    delimiter, names, start = _header(path, raw, start)
    headers = tidy_headers(names, path)
    chosen = tuple(choose(headers))
    places = places_of(headers, chosen, path)
    table, spoilt, rows = _rows(path, _WithEnd(raw, start, len(headers), delimiter), delimiter, len(headers), places)
    row = np.setdiff1d(np.arange(1, rows + 1), np.fromiter(spoilt, np.int64, len(spoilt)), assume_unique=True)
    if delimiter != ",":
        notes = (*notes, f"columns are separated by a {_NAMES[delimiter]}")
    if spoilt:
        notes = (*notes, f"{counted(len(spoilt), 'row')} set aside: not as many cells as the header")
    return Sheet(table.rename_columns(list(chosen)), row, spoilt, tuple(headers), notes)


def _header(path: Path, raw: mmap.mmap | bytes, start: int) -> tuple[str, list[str], int]:
    """The delimiter, the names, and where the rows begin."""
    head = raw[start : start + HEAD].decode("utf-8", "ignore")
    tries = [(delimiter, *_first_record(head, delimiter)) for delimiter in _NAMES]
    if path.suffix.lower() in (".tsv", ".tab"):
        tries = tries[-1:]
    delimiter, names, used = max(tries, key=lambda each: len(each[1]))
    if not any(name.strip() for name in names):
        raise BadInput("the file has no header", where=path, cure="put the column names in its first row")
    return delimiter, names, start + used


def _first_record(head: str, delimiter: str) -> tuple[list[str], int]:
    """The first row that is not blank, and how many bytes it and what precedes it take."""
    used = 0

    def lines() -> Iterator[str]:
        nonlocal used
        for line in io.StringIO(head, newline=""):
            used += len(line.encode())
            yield line

    reader = csv.reader(lines(), delimiter=delimiter)
    try:
        for record in reader:
            if record:
                return record, used
    except csv.Error:  # a field beyond the csv module's limit: this is not a header
        return [], used
    return [], used


class _WithEnd(io.RawIOBase):
    """The rows followed by a row of our own. If a quotation mark is left open, it swallows that row, and only
    so can one tell that the file ended inside a cell."""

    END = "\x1e"

    def __init__(self, raw: mmap.mmap | bytes, start: int, columns: int, delimiter: str) -> None:
        self._raw, self._at = raw, start
        self._end = f"\n{delimiter.join([self.END] * columns)}\n".encode()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._raw[self._at : len(self._raw) if size < 0 else self._at + size]
        self._at += len(chunk)
        if not chunk:
            chunk, self._end = self._end, b""
        return chunk


def _rows(
    path: Path, stream: _WithEnd, delimiter: str, columns: int, places: list[int]
) -> tuple[pa.Table, dict[int, str], int]:
    """The chosen columns as strings; ragged rows by number; how many rows there are."""
    names = [str(place) for place in range(columns)]
    spoilt: dict[int, str] = {}

    def ragged(row: arrow_csv.InvalidRow) -> str:
        spoilt[row.number] = f"the row has {counted(row.actual_columns, 'cell')} where the header has {columns}"
        return "skip"

    keep = sorted({0, columns - 1, *places})  # the first and last show whether our own row came back whole
    try:
        table = arrow_csv.read_csv(
            pa.PythonFile(stream, mode="r"),
            # one thread: only then does a ragged row know its number
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=ragged
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={names[i]: pa.string() for i in keep},
                include_columns=[names[i] for i in keep],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise _unreadable(path, error) from None
    last = table.num_rows - 1
    ends = [table.column(names[i])[last].as_py() for i in (0, columns - 1)] if last >= 0 else []
    if ends != [_WithEnd.END] * 2:
        raise BadInput(
            "a quotation mark is opened and never closed",
            where=f"{path}, row {last + 1 + len(spoilt):,}",
            cure="close it, or double it if it belongs to the text",
        )
    return table.slice(0, last).select([names[i] for i in places]), spoilt, last + len(spoilt)


def _unreadable(path: Path, error: pa.ArrowInvalid) -> BadInput:
    if "straddl" in str(error):
        return BadInput(
            f"a row is longer than {BLOCK // 1_000_000} MB",
            where=path,
            cure="look for a quotation mark that is opened and never closed",
        )
    return BadInput(
        f"the rows cannot be read: {str(error).splitlines()[0]:.160}",
        where=path,
        cure="export it again as CSV in UTF-8",
    )
