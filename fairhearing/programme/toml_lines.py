"""A TOML file as text and as a document, and where a key stands in it: the standard parser keeps no line numbers,
an error needs them."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import BadProgramme

__all__ = ["Location", "key_in_words", "line_numbers", "nearest_line", "parsed", "text_of"]

Location = tuple[str | int, ...]
"""Path into the document: names of tables and keys, and numbers of entries in lists (from 0)."""

_LARGEST_BYTES = 1_000_000
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"))*)\s*=""")
_STRING = re.compile(r'"""|' + r"'''" + r'|"(?:\\.|[^"\\])*"|' + r"'[^']*'|#")
_FENCE_END = {
    '"""': re.compile(r'(?:[^"\\]|\\.|\\$|"(?!""))*"{3,5}'),
    "'''": re.compile(r"(?:[^']|'(?!''))*'{3,5}"),
}


def text_of(file: Path) -> str:
    """The whole file as text; BadProgramme where it is no plain text file of a sensible size."""
    try:
        state = file.stat()
    except FileNotFoundError:
        raise BadProgramme(
            "there is no programme here", where=file, cure="run `fairhearing new DIR` to start one"
        ) from None
    if not stat.S_ISREG(state.st_mode):
        raise BadProgramme("this is not a file", where=file, cure="name the folder that holds programme.toml")
    if state.st_size > _LARGEST_BYTES:
        raise BadProgramme(
            f"the file has {state.st_size:,} bytes, more than the {_LARGEST_BYTES:,} a programme may have",
            where=file,
            cure="describe the programme here and put the evidence in files under evidence/",
        )
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadProgramme(
            "the file is not plain text in UTF-8", where=f"{file}, line {line}", cure="save it as plain text in UTF-8"
        ) from None


def parsed(file: Path, text: str) -> dict[str, Any]:
    """The parsed TOML; BadProgramme naming the line the parser stopped at."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise BadProgramme("tables or lists are nested too deeply", where=file, cure="write them flatter") from None
    except ValueError as error:  # tomllib's own error is one; so is a number of thousands of digits
        at = re.search(r"\(at (?:line (\d+), column \d+|end of document)\)", str(error))
        line = (at[1] or text.count("\n") + 1) if at else None
        what = f"this is not valid TOML: {error}"
        where = f"{file}, line {line}" if line else file
        cure = "mend this line: text needs quotes, lists need ], and a key may be given once"
        raise BadProgramme(what, where=where, cure=cure) from None


def line_numbers(text: str) -> dict[Location, int]:
    """Line of every table header and top-level key. The standard parser keeps none, so headers are read here."""
    lines: dict[Location, int] = {(): 1}
    counts: dict[Location, int] = {}
    table: Location = ()
    depth, fence = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        if not fence and depth == 0:
            header, assignment = _HEADER.match(line), _ASSIGNMENT.match(line)
            if header:
                table = _resolve(_split(header[2]), counts, repeated=header[1] == "[[")
                lines.setdefault(table, number)
                if len(table) == 2 and header[1] == "[[":
                    lines.setdefault(table[:1], number)  # a list of the file itself begins at its first entry
                continue
            if assignment:
                lines.setdefault((*table, *_split(assignment[1])), number)
        depth, fence = _nesting(line, depth, fence)
    return lines


def _split(dotted: str) -> Location:
    return tuple(part.strip().strip("\"'") for part in re.findall(r'"[^"]*"|\'[^\']*\'|[^.]+', dotted))


def _resolve(names: Location, counts: dict[Location, int], *, repeated: bool) -> Location:
    """`activities.steps` → ("activities", 2, "steps", 0), counting the arrays of tables met so far."""
    here: Location = ()
    for position, name in enumerate(names):
        here = (*here, name)
        if position == len(names) - 1 and repeated:
            counts[here] = counts.get(here, -1) + 1
        if here in counts:
            here = (*here, counts[here])
    return here


def _nesting(line: str, depth: int, fence: str) -> tuple[int, str]:
    """Bracket depth and open multi-line string after this line."""
    position = 0
    while position < len(line):
        if fence:
            end = _FENCE_END[fence].match(line, position)
            if end is None:
                return depth, fence
            position, fence = end.end(), ""
            continue
        string = _STRING.match(line, position)
        if string and string[0] == "#":
            return depth, fence
        if string and len(string[0]) == 3 and string[0] in ('"""', "'''"):
            fence, position = string[0], position + 3
            continue
        if string:
            position = string.end()
            continue
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(line[position], 0)
        position += 1
    return max(depth, 0), fence


def nearest_line(lines: dict[Location, int], location: Location) -> int:
    """The line of the key, or of the closest enclosing table that has one."""
    while location not in lines and location:
        location = location[:-1]
    return lines[location]


def key_in_words(location: Location, document: dict[str, Any]) -> str:
    """`activities[2].steps[1].name`, with ids in place of numbers where there are ids."""
    words, here = "", document
    for part in location:
        try:
            here = here[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            here = {}
        if isinstance(part, int):
            name = here.get("id") if isinstance(here, Mapping) else None
            words += f"[{name or part + 1}]"
        else:
            words += f".{part}" if words else str(part)
    return words or "programme.toml"
