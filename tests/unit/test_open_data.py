"""Open data opens as data in any spreadsheet: no cell runs as a formula, no number becomes text."""

from __future__ import annotations

import csv
import io
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.protect import protect
from fairhearing.publish.open_data import cell, csv_text, dictionary
from fairhearing.tables import TABLES
from tests import example_tables as example


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+44", "'+44"),
        ("-2 per cent", "'-2 per cent"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\n=1"),
        ("a\r\nb", "a\nb"),
        ("plain", "plain"),
        (-0.125, "-0.125"),
        (-3, "-3"),
        (0.1, "0.1"),
        (True, "yes"),
        (None, ""),
        (["=a", "b"], "'=a; b"),
        (date(2026, 7, 2), "2026-07-02"),
    ],
)
def test_one_cell(value: object, written: str) -> None:
    assert cell(value) == written


@settings(deadline=None)
@given(st.lists(st.text(), min_size=1))
def test_no_text_is_ever_a_formula_and_every_row_survives(texts: list[str]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(pa.table({"n": range(len(texts)), "text": texts})), newline="")))
    assert len(read) == len(texts) + 1
    assert all(len(row) == 2 and not row[1].startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for row in read[1:])


def test_the_dictionary_explains_every_column_of_every_file() -> None:
    programme = example.programme()
    safe = protect(example.tables(), programme)
    words = dictionary(safe, programme)
    assert "Synthetic" in words
    for name, table in safe.items():
        section = words.split(f"## {name}.csv\n")[1].split("\n## ")[0]
        lines = {line.split("`")[1]: line for line in section.splitlines() if line.startswith("| `")}
        assert list(lines) == table.table.column_names
        for column in table.table.column_names:
            assert len(lines[column].split("|")[2].strip()) > 2, f"{name}.{column} has no meaning"
        assert TABLES[name].says in section
