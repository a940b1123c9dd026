"""Open data: each safe table as CSV, and a dictionary of every column generated from its declaration."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from ..programme import Programme
from ..protect import Safe
from ..tables import TABLES

__all__ = ["cell", "csv_text", "dictionary", "open_data"]

_FORMULA = ("=", "+", "-", "@", "\t", "\n")
"""First characters that a spreadsheet takes for a formula."""


def open_data(safe: Mapping[str, Safe], programme: Programme) -> dict[str, str]:
    """File name → text: one CSV a table, and README.md."""
    files = {f"{name}.csv": csv_text(safe[name].table) for name in sorted(safe)}
    return files | {"README.md": dictionary(safe, programme)}


def csv_text(table: pa.Table) -> str:
    """RFC 4180 with a header, UTF-8, lines ending in LF; nothing is an empty cell; lists are joined by '; '."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([cell(name) for name in table.column_names])
    for row in table.to_pylist():
        writer.writerow([cell(row[name]) for name in table.column_names])
    return out.getvalue()


def cell(value: Any) -> str:
    """One value as text. Words that a spreadsheet would run as a formula get an apostrophe before them; numbers,
    negative ones too, stay as they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    text = "; ".join(str(part) for part in value) if isinstance(value, list) else str(value)
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(_FORMULA) else text


def dictionary(safe: Mapping[str, Safe], programme: Programme) -> str:
    """The data dictionary, in Markdown."""
    rules, subject = programme.rules, programme.programme
    lines = [f"# Open data: {_plain(subject.name)}", ""]
    if subject.synthetic:
        lines += ["**Synthetic: this evidence was generated. No figure here is real.**", ""]
    lines += [
        f"Counts under {rules.publish_at_least} people are withheld, and counts are rounded to a multiple of "
        f"{rules.round_counts_to}. The column `withheld` says why a row's figures are empty. Shares run from 0 to 1; "
        "intervals are 95%. A text that begins like a formula has an apostrophe before it.",
        "",
    ]
    for name in sorted(safe):
        lines += _section(name, safe[name])
    return "\n".join(lines)


def _section(name: str, safe: Safe) -> list[str]:
    declared = TABLES[name]
    lines = [f"## {name}.csv", "", declared.says, ""]
    if declared.missing:
        lines += [f"Who is missing: {declared.missing}", ""]
    lines += [f"{safe.table.num_rows} rows, {safe.withheld} of them withheld.", ""]
    lines += [f"- {_plain(note)}" for note in safe.notes] + [""] * bool(safe.notes)
    lines += ["| column | meaning | unit | empty means |", "|---|---|---|---|"]
    for column in safe.table.column_names:
        lines.append(_column_line(name, column))
    return [*lines, ""]


def _column_line(table: str, column: str) -> str:
    declared = TABLES[table].column(column)
    if declared is None:
        return f"| `{column}` | Why the figures of this row are withheld. |  | published |"
    return f"| `{column}` | {declared.meaning} | {declared.unit} | {declared.empty_means} |"


def _plain(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
