"""Formats: what is in a file comes out as it stood, and what cannot be read is said with its row."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairhearing.errors import BadInput, Refused
from fairhearing.gather import fingerprint, read_table
from fairhearing.gather.files import read_sheet
from fairhearing.gather.sheets import everything, only
from fairhearing.measure.columns import column
from fairhearing.tables import ROW

LIMIT = 10


def write(folder: Path, data: bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def rows(path: Path) -> list[list[str]]:
    table = read_table(path, largest_file_mb=LIMIT)
    return [list(map(str, row.values())) for row in table.to_pylist()]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\n1,2\n", [["1", "1", "2"]]),
        (b"a,b\r\n1,2\r\n3,4", [["1", "1", "2"], ["2", "3", "4"]]),
        (b"a;b\n1;2,5\n", [["1", "1", "2,5"]]),
        (b"a\tb\n1\t2\n", [["1", "1", "2"]]),
        (b"\xef\xbb\xbfa,b\n1,\n", [["1", "1", ""]]),
        (b"\n\na,b\n\n1,2\n\n3,4\n\n", [["1", "1", "2"], ["2", "3", "4"]]),
        (b'a,b\n"1\n\n2","say ""yes"""\n', [["1", "1\n\n2", 'say "yes"']]),
        ("a,b\nSiân,£5\n".encode("cp1252"), [["1", "Siân", "£5"]]),
        ("a,b\nSiân,£5\n".encode("utf-16"), [["1", "Siân", "£5"]]),
        ("имя,b\nХороший ответ,2\n".encode("cp1251"), [["1", "Хороший ответ", "2"]]),
        (b"a\n1\n2\n", [["1", "1"], ["2", "2"]]),
    ],
    ids=["plain", "windows lines", "semicolons", "tabs", "byte-order mark", "blank lines", "quoted lines", "cp1252",
         "utf-16", "cp1251", "one column"],
)  # fmt: skip
def test_text_tables(tmp_path: Path, data: bytes, expected: list[list[str]]) -> None:
    assert rows(write(tmp_path, data)) == expected


def test_another_encoding_and_separator_are_said(tmp_path: Path) -> None:
    sheet = read_sheet(write(tmp_path, "a;b\nSiân;£5\n".encode("cp1252")), everything, largest_file_mb=LIMIT)
    assert sheet.notes == (
        "the text is encoded as cp1252, not UTF-8: check names and accents",
        "columns are separated by a semicolon",
    )


def test_ragged_rows_are_set_aside_by_their_number(tmp_path: Path) -> None:
    path = write(tmp_path, b'a,b\n1,2\n3\n\n"4\n4",5\n6,7,8\n9,10\n')
    sheet = read_sheet(path, everything, largest_file_mb=LIMIT)
    assert sheet.row.tolist() == [1, 3, 5]
    assert sheet.spoilt == {
        2: "the row has 1 cell where the header has 2",
        4: "the row has 3 cells where the header has 2",
    }
    assert sheet.rows == 5


@pytest.mark.parametrize("seed", range(5))
def test_row_numbers_agree_with_the_csv_module(tmp_path: Path, seed: int) -> None:
    """Slow twin, over several blocks of the fast reader."""
    draw = random.Random(seed)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["a", "b", "c"])
    for _ in range(3000):
        cells = draw.choice((3, 3, 3, 3, 3, 2, 4, 1))
        writer.writerow(
            [draw.choice(("x", "two\nlines", 'a "quote"', "", "é" * draw.randint(1, 4000))) for _ in range(cells)]
        )
        if draw.random() < 0.05:
            out.write("\n")
    sheet = read_sheet(write(tmp_path, out.getvalue().encode()), everything, largest_file_mb=100)
    read = [row for row in csv.reader(io.StringIO(out.getvalue(), newline="")) if row][1:]
    # a row of one empty cell is written as "" by the csv module, and is a row of one cell to both readers
    whole = {number: row for number, row in enumerate(read, 1) if len(row) == 3}
    assert (
        dict(zip(sheet.row.tolist(), map(list, (r.values() for r in sheet.table.to_pylist())), strict=True)) == whole
    )
    assert sorted(sheet.spoilt) == [number for number, row in enumerate(read, 1) if len(row) != 3]


@pytest.mark.parametrize(
    ("name", "data", "what", "cure"),
    [
        ("a.csv", b"", "the file is empty", "export it again"),
        ("a.csv", b"a,b\n", "a header and no rows", "at least one row"),
        ("a.csv", b"\n\n\n", "no header", "column names"),
        ("a.csv", b"a,b\n1,\x00\n", "NUL bytes", "UTF-8"),
        ("a.csv", b'a,b\n1,"2\n3,4\n', "a quotation mark is opened and never closed", "close it"),
        ("a.csv", b"PK\x03\x04rest", "named .csv but holds an Excel workbook", "export it again"),
        ("a.xlsx", b"a,b\n1,2\n", "named .xlsx but holds a text table", "export it again"),
        ("a.parquet", b"a,b\n1,2\n", "named .parquet but holds a text table", "export it again"),
        ("a.xls", b"\xd0\xcf\x11\xe0rest", "an old Excel or Word file", "save it as CSV"),
        ("a.pdf", b"%PDF-1.7", "a PDF", "save it as CSV"),
        ("a.parquet", b"PAR1" + b"x" * 50, "the Parquet file cannot be read", "cut short"),
        ("a.xlsx", b"PK\x03\x04" + b"x" * 50, "the workbook is damaged", "save it again"),
        ("a.csv", b"a,a\n1,2\n", "2 columns named 'a'", "rename one"),
        ("a.csv", b"a,b\n1,2\n3\n", "the row has 1 cell where the header has 2 (1 such rows)", "mend or remove"),
        ("a.csv", b"a,b\n1," + b"x" * 9_000_000, "a row is longer than 8 MB", "quotation mark"),
        ("a.csv", b"a,b\n" + b"1,2\n" * 3_000_000, "the file is 12 MB, above the limit of 10 MB", "largest_file_mb"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why_and_what_to_do(
    tmp_path: Path, name: str, data: bytes, what: str, cure: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read_table(write(tmp_path, data, name), largest_file_mb=LIMIT)
    assert what in caught.value.what
    assert cure in caught.value.cure
    assert str(tmp_path / name) in str(caught.value.where)


def test_records_about_people_are_refused_at_the_direct_door_too(tmp_path: Path) -> None:
    path = write(tmp_path, b"referral_date,referral_reason,age\n1,2,3\n")
    with pytest.raises(Refused, match="referral or case records"):
        read_table(path, largest_file_mb=LIMIT)


def test_a_missing_column_names_the_closest(tmp_path: Path) -> None:
    path = write(tmp_path, b"gender,borough\n1,2\n")
    with pytest.raises(BadInput, match="there is no column 'bourough'") as caught:
        read_sheet(path, only(["bourough"], path), largest_file_mb=LIMIT)
    assert caught.value.cure == "did you mean 'borough'?"


def test_only_chosen_columns_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, b"name,b,c\nAda,1,2\nBo,3,4\n")
    sheet = read_sheet(path, only(["c"], path), largest_file_mb=LIMIT)
    assert sheet.table.to_pydict() == {"c": ["2", "4"]}
    assert sheet.headers == ("name", "b", "c")


def workbook(folder: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, cells in sheets.items():
        sheet = book.create_sheet(title)
        for row in cells:
            sheet.append(row)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def test_a_workbook_gives_its_first_sheet_with_anything_in_it(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, {"cover": [], "data": [["a", "b"], [1, 2.5], [None, None], [True, "x"]], "more": [["z"]]}
    )
    assert rows(path) == [["1", "1", "2.5"], ["2", "TRUE", "x"]]
    assert "read from the sheet 'data'" in read_sheet(path, everything, largest_file_mb=LIMIT).notes


def test_a_formula_that_was_never_computed_spoils_its_row_only_if_its_column_is_needed(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"s": [["a", "b"], [1, "=1+1"], [2, 3], [4, 5, 6]]})
    whole = read_sheet(path, everything, largest_file_mb=LIMIT)
    assert whole.row.tolist() == [2]
    assert "formula whose value was never stored" in whole.spoilt[1]
    assert whole.spoilt[3] == "the row has 3 cells where the header has 2"
    assert read_sheet(path, only(["a"], path), largest_file_mb=LIMIT).row.tolist() == [1, 2]


def rewritten(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """The workbook with some bytes of one part replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    assert old in parts[part]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data.replace(old, new) if name == part else data)
    return path


SHEET = "xl/worksheets/sheet1.xml"


def test_a_formula_with_a_stored_value_gives_it(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"s": [["a", "b"], [1, "=1+1"]]})
    # openpyxl writes the empty value in one of two ways: with lxml on the machine, or without
    empty = b"<v></v>" if openpyxl.LXML else b"<v />"
    path = rewritten(path, SHEET, b"<f>1+1</f>" + empty, b"<f>1+1</f><v>2</v>")
    assert rows(path) == [["1", "1", "2"]]
    notes = read_sheet(path, everything, largest_file_mb=LIMIT).notes
    assert "1 cell with a formula: its stored value was taken" in notes


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet', "XML entities"),
        (b'<row r="2"', b'<row r="999999999"', "the most a sheet can have"),
        (b"</sheetData>", b"<sheetData>", "damaged"),
    ],
)
def test_a_workbook_made_to_harm_is_refused(tmp_path: Path, old: bytes, new: bytes, what: str) -> None:
    path = rewritten(workbook(tmp_path, {"s": [["a"], [1]]}), SHEET, old, new)
    with pytest.raises(BadInput) as caught:
        read_table(path, largest_file_mb=LIMIT)
    assert what in caught.value.what


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 200_000_000)
    assert path.stat().st_size < 300_000
    with pytest.raises(BadInput, match="unpacked, the workbook would be 200 MB in 1 part"):
        read_table(path, largest_file_mb=4000)


def test_parquet_values_become_their_usual_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = {
        "whole": pa.array([1, None]),
        "words": pa.array(["x", "é"]).dictionary_encode(),
        "yes": pa.array([True, False]),
        "day": pa.array([0, 1], pa.date32()),
        "midnight": pa.array([0, 86_400_000], pa.timestamp("ms")),
        "moment": pa.array([0, 3_661_000], pa.timestamp("ms")),
    }
    pq.write_table(pa.table(columns), path)
    assert read_table(path, largest_file_mb=LIMIT).to_pydict() == {
        ROW: [1, 2],
        "whole": ["1", None],
        "words": ["x", "é"],
        "yes": ["true", "false"],
        "day": ["1970-01-01", "1970-01-02"],
        "midnight": ["1970-01-01", "1970-01-02"],
        "moment": ["1970-01-01", "1970-01-01 01:01:01.000"],
    }


def test_nested_parquet_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [[1, 2], [3]]}), path)
    with pytest.raises(BadInput, match=r"the column 'a' holds list"):
        read_table(path, largest_file_mb=LIMIT)


def test_a_fingerprint_changes_with_name_and_content(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        (folder / "inner").mkdir(parents=True)
        (folder / "a").write_bytes(b"1")
        (folder / "inner" / "b").write_bytes(b"2")
    assert fingerprint(one) == fingerprint(two)
    (two / "a").rename(two / "c")
    renamed = fingerprint(two)
    assert renamed != fingerprint(one)
    (two / "c").write_bytes(b"3")
    assert fingerprint(two) != renamed
    # echo -n 1 | sha256sum
    assert fingerprint(one / "a") == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    with pytest.raises(BadInput, match="no such file"):
        fingerprint(tmp_path / "absent")


def test_a_column_cannot_be_called_as_the_numbers_of_rows_are(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("trust,(row)\n1,5\n2,6\n", encoding="utf-8")
    with pytest.raises(BadInput, match="a column is called '\\(row\\)'"):
        read_table(path, largest_file_mb=LIMIT)


def test_the_numbers_of_rows_are_no_answers(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("trust\n1\n2\n", encoding="utf-8")
    with pytest.raises(BadInput, match="there is no column '\\(row\\)'"):
        column(read_table(path, largest_file_mb=LIMIT), ROW, "answers.csv")
