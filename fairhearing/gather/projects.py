"""Results of funded projects: one row a project and instrument, aggregates only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput, Refused
from ..programme import Programme, Source
from ..tables import FATES, TABLES, from_rows
from .files import read_sheet
from .redact import CONTACT
from .refuse import identifying, left_out, refuse_case_records
from .text import close_to, counted, fold, number

__all__ = ["read_projects"]

DESIGNS = ("pre-post", "retrospective", "comparison", "randomised", "post only", "none")
_GIVEN = {column.name: column for column in TABLES["projects"].columns if column.name not in ("source", "row")}
_PEOPLE = (
    "participant", "participant id", "participant number", "respondent", "respondent id", "person", "person id",
    "pupil", "pupil id", "learner", "learner id", "child id", "student id", "age", "gender", "sex", "ethnicity",
)  # fmt: skip
_NOT_BELOW_ZERO = ("reach", "cost", "sd_pre", "sd_post", "sd_change", "sd_pre_comparison", "sd_post_comparison",
                  "sd_change_comparison")  # fmt: skip
_COUNTS = ("n", "n_comparison", "n_began", "n_began_comparison")
_CORRELATIONS = ("r", "r_comparison")


class _Unusable(Exception):
    """Why a row is set aside."""


def read_projects(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `projects` and `fates`. The columns are those of the table `projects`; only `project` and `design` are
    needed. Refused where the rows are participants. No person's hash is made here."""
    names: dict[str, str] = {}

    def choose(headers: Sequence[str]) -> Sequence[str]:
        refuse_case_records(headers, path)
        names.update(_names(headers, path))
        return list(names.values())

    sheet = read_sheet(path, choose, largest_file_mb=largest_file_mb)
    columns = {name: sheet.column(header).to_pylist() for name, header in names.items()}
    given = [{name: (column[i] or "").strip() for name, column in columns.items()} for i in range(len(sheet.row))]
    _refuse_rows_of_one(given, path)
    rows: list[dict[str, Any]] = []
    fates = [_fate(source, row, "set aside", why) for row, why in sheet.spoilt.items()]
    seen: dict[tuple[str, str], int] = {}
    for row, cells in zip(sheet.row.tolist(), given, strict=True):
        try:
            fields = _fields(cells, programme)
        except _Unusable as why:
            fates.append(_fate(source, row, "set aside", str(why)))
            continue
        same = fold(fields["project"]), fold(fields["instrument"] or "")
        if same in seen:
            fates.append(_fate(source, row, "duplicate", f"the same project and instrument as row {seen[same]}"))
            continue
        seen[same] = row
        rows.append({"source": source.id, "row": row, **fields})
        fates.append(_fate(source, row, FATES[0], None))
    fates.sort(key=lambda each: each["row"])
    notes = [*sheet.notes, *left_out(sheet.headers, names.values()), f"{counted(len(rows), 'result')} used"]
    return {"projects": from_rows("projects", rows), "fates": from_rows("fates", fates)}, notes


def _fate(source: Source, row: int, fate: str, reason: str | None) -> dict[str, Any]:
    return {"source": source.id, "row": row, "fate": fate, "reason": reason}


def _names(headers: Sequence[str], path: Path) -> dict[str, str]:
    """Column of the table → header of the file; refuses a header that belongs to a participant."""
    words = {" ".join(fold(header).replace("_", " ").split()): header for header in headers}
    people = [header for word, header in words.items() if word in _PEOPLE]
    people += [header for header in identifying(headers) if fold(header) != "name"]
    if people:
        raise Refused(
            f"the file has one row per participant, as it seems (columns {', '.join(sorted(set(people))[:5])})",
            where=path,
            cure="give one row per project and instrument: n, means and standard deviations",
        )
    found = {name: words[name.replace("_", " ")] for name in _GIVEN if name.replace("_", " ") in words}
    for name in ("project", "design"):
        if name not in found:
            raise BadInput(f"there is no column {name!r}", where=path, cure=close_to(name, headers, "columns"))
    return found


def _refuse_rows_of_one(given: Sequence[Mapping[str, str]], path: Path) -> None:
    """A file in which most rows rest on one person is a file about persons."""
    ones = sum(number(cells.get("n", "")) == 1 for cells in given)
    if len(given) >= 3 and ones * 2 > len(given):
        raise Refused(
            f"{ones} of {len(given)} rows rest on one participant each",
            where=path,
            cure="give one row per project and instrument: n, means and standard deviations",
        )


def _fields(cells: Mapping[str, str], programme: Programme) -> dict[str, Any]:
    """The row as the table wants it. Raises _Unusable with the reason."""
    for name, text in cells.items():
        if text and pc.match_substring_regex(text, CONTACT).as_py() and _GIVEN[name].type == "text":
            raise _Unusable(f"the column {name!r} holds contact details of a person")
    fields: dict[str, Any] = {name: _value(name, text) for name, text in cells.items()}
    if not fields.get("project"):
        raise _Unusable("no project is named")
    fields["design"] = _design(cells.get("design", ""))
    fields["higher_is"] = _direction(cells)
    fields["instrument"] = fields.get("instrument")
    for n, began in (("n", "n_began"), ("n_comparison", "n_began_comparison")):
        if (fields.get(began) or math.inf) < (fields.get(n) or 0):
            raise _Unusable(f"{began} is below {n}: nobody ends who did not begin")
    fields["activity"] = _activity(cells.get("activity", ""), programme)
    return fields


def _value(name: str, text: str) -> str | float | int | None:
    if not text:
        return None
    if _GIVEN[name].type == "text":
        return text
    value = number(text.replace(",", "").removeprefix("£") if name in ("reach", "cost") else text)
    if value is None:
        raise _Unusable(f"{name} is not a number")
    if name in _NOT_BELOW_ZERO and value < 0:
        raise _Unusable(f"{name} is below 0")
    if name in _COUNTS and value < 2:
        raise _Unusable(f"{name} is below 2: no result rests on fewer")
    if name in _CORRELATIONS and abs(value) > 1:
        raise _Unusable(f"{name} is not a correlation")
    if _GIVEN[name].type != "whole":
        return value
    if value != int(value) or value > 1e12:
        raise _Unusable(f"{name} is not a whole number")
    return int(value)


def _design(text: str) -> str:
    plain = fold(text).replace("_", " ")
    for design in DESIGNS:
        if plain.replace("-", " ") == design.replace("-", " "):
            return design
    if not plain:
        return "none"
    raise _Unusable(f"the design is none of {', '.join(DESIGNS)}")


def _direction(cells: Mapping[str, str]) -> str:
    """Better or worse; only a row without any mean may leave it out."""
    plain = fold(cells.get("higher_is", ""))
    if plain in ("better", "worse"):
        return plain
    if not plain and not cells.get("mean_pre") and not cells.get("mean_post"):
        return "better"
    raise _Unusable("higher_is must say better or worse")


def _activity(text: str, programme: Programme) -> str | None:
    known = [activity.id for activity in programme.activities]
    if text and text not in known:
        raise _Unusable(f"the activity is not one of the programme's: {close_to(text, known, 'activities')}")
    return text or None
