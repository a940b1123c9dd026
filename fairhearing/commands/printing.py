"""Results for people, as JSON or CSV, on standard output or whole into a file."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
import json
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ..errors import BadInput

__all__ = ["as_json", "grid", "short", "write", "write_rows"]

NARROWEST = 60
"""Columns below which a table is no longer readable; a narrower terminal wraps its lines."""


def write(options: argparse.Namespace, result: Any) -> None:
    """As JSON where asked, else for people; to a file where asked (CSV if it ends so), else standard output."""
    out = getattr(options, "out", None)
    if options.json or (out and out.suffix == ".json"):
        text = as_json(_plain(result), utf_8=out is not None)
    elif out and out.suffix == ".csv":
        text = _as_csv(result)
    else:
        text = _for_people(options, result)
    if out:
        _write_file(out, text)
    else:
        sys.stdout.write(text)
        sys.stdout.flush()


def write_rows(out: Path, rows: Any) -> None:
    """A further table of a result, into a file of its own: CSV, or JSON by its ending. rows: an Arrow table."""
    _write_file(out, as_json(_plain(rows), utf_8=True) if out.suffix == ".json" else _as_csv(rows))


def as_json(value: Any, *, indent: int | None = 2, utf_8: bool = False) -> str:
    """JSON in UTF-8; where standard output speaks something else, in ASCII, which is the same JSON."""
    ascii = not utf_8 and (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    return json.dumps(value, ensure_ascii=ascii, indent=indent, default=str) + "\n"


def _write_file(out: Path, text: str) -> None:
    """Whole or not at all: written beside it, then renamed. A device such as /dev/stdout is written to directly."""
    if out.exists() and not out.is_file() and not out.is_dir():
        out.write_text(text, encoding="utf-8")
        return
    if out.is_dir() or not out.parent.is_dir():
        what = "this is a folder" if out.is_dir() else "its folder is not there"
        raise BadInput(
            f"the result cannot be written here: {what}", where=out, cure="name a file in a folder that is"
        )
    there = out.resolve()  # a link stays a link
    temporary = there.with_name(f".fairhearing-{secrets.token_hex(8)}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(there)
    finally:
        temporary.unlink(missing_ok=True)


def _plain(result: Any) -> Any:
    """Dataclasses, paths and Arrow tables, inside each other too, as what JSON knows."""
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return {field.name: _plain(getattr(result, field.name)) for field in dataclasses.fields(result)}
    if isinstance(result, tuple) and result and all(dataclasses.is_dataclass(part) for part in result):
        return {type(part).__name__.lower(): _plain(part) for part in result}
    if hasattr(result, "to_pylist"):  # an Arrow table
        return result.to_pylist()
    return str(result) if isinstance(result, Path) else result


def _as_csv(result: Any) -> str:
    """Its rows, a batch at a time: of a million responses not every row is a dictionary at once."""
    rows = getattr(result, "rows", result)
    text = io.StringIO()
    batches: Iterable[list[dict[str, Any]]]
    if hasattr(rows, "to_batches"):  # an Arrow table
        names, batches = rows.column_names, (batch.to_pylist() for batch in rows.to_batches(max_chunksize=10_000))
    else:
        plain = _plain(rows)
        listed = plain if isinstance(plain, list) else [plain]
        names, batches = list(listed[0]) if listed else [], [listed]
    writer = csv.DictWriter(text, fieldnames=names)
    writer.writeheader()
    for batch in batches:
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in batch)
    return text.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, dict)) else value


def _for_people(options: argparse.Namespace, result: Any) -> str:
    say = getattr(options, "say", None)
    if say is not None:
        return str(say(result)) + "\n"
    plain = _plain(result)
    if isinstance(plain, list):
        return grid(plain)
    return "".join(f"{key}: {short(value)}\n" for key, value in plain.items())


def grid(rows: list[dict[str, Any]]) -> str:
    """Rows as a table that fits the terminal; in a pipe or a file, one line a row."""
    if not rows:
        return "nothing to show\n"
    table = Table(*rows[0], box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(short(value) for value in row.values()))
    width = max(Console().width, NARROWEST) if sys.stdout.isatty() else 10_000
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    drawn: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "".join(line.rstrip() + "\n" for line in drawn.splitlines())


def short(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
