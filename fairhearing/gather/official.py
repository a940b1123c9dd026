"""Official aggregates → the table `figures`. Counts and shares that an office published; never rows about people.

Three layouts, told apart by their headers:

long      one figure a row: series, period, measure, value, and where known dimension, category, denominator,
          denominator_is, unit, note, break_before (yes or no)
pas       MOPAC Public Attitude Survey: sheets `MPS` and `Borough` with Date (dd/mm/yyyy), Survey, Borough, Measure,
          Proportion, among columns without a name
tables    Home Office statistics on Prevent: each sheet a title, one table and notes; years or stages across

The last two follow a description of the workbooks, not the workbooks themselves: see the notes of a reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput, Refused
from ..programme import Programme, Source
from ..tables import FATES, from_rows
from .grids import Grid, read_grids
from .official_tables import in_tables, marked
from .redact import CONTACT
from .refuse import identifying, refuse_case_records
from .text import counted, fold

__all__ = ["LAYOUTS", "Layout", "read_figures", "read_official"]

Layout = Literal["long", "pas", "tables"]
LAYOUTS: tuple[Layout, ...] = ("long", "pas", "tables")

BOROUGHS = (
    "Barking and Dagenham", "Barnet", "Bexley", "Brent", "Bromley", "Camden", "Croydon", "Ealing", "Enfield",
    "Greenwich", "Hackney", "Hammersmith and Fulham", "Haringey", "Harrow", "Havering", "Hillingdon", "Hounslow",
    "Islington", "Kensington and Chelsea", "Kingston upon Thames", "Lambeth", "Lewisham", "Merton", "Newham",
    "Redbridge", "Richmond upon Thames", "Southwark", "Sutton", "Tower Hamlets", "Waltham Forest", "Wandsworth",
    "Westminster",
)  # fmt: skip
"""The 32 boroughs of the survey. The City of London has its own police and is not in it."""

_LONG = ("series", "period", "measure", "value")
_LONG_TOO = ("dimension", "category", "denominator", "denominator_is", "unit", "note", "break_before")
_PAS = ("date", "survey", "measure", "proportion")


@dataclass(frozen=True)
class _Row:
    """One row of the file: its figures, or why it has none."""

    row: int
    figures: tuple[dict[str, Any], ...] = ()
    reason: str = ""


class _Unusable(Exception):
    """Why a row is set aside."""


def read_official(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `figures` and `fates` of a source, and notes. No person is in it, so no hash is made."""
    return read_figures(path, source=source.id, largest_file_mb=largest_file_mb)


def read_figures(
    path: Path, layout: Layout | None = None, *, source: str = "figures", largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `figures` and `fates` of one file, and notes on how it was read. layout: None to tell by the headers.

    Raises BadInput for a file in none of the layouts, and Refused for one that holds rows about people.
    """
    grids = read_grids(path, largest_file_mb=largest_file_mb)
    for grid in grids:
        _refuse_people(grid, path)
    layout = layout or _layout_of(grids)
    notes: list[str] = []
    reader = {"long": _in_long, "pas": _in_pas, "tables": _in_tables}[layout]
    rows = list(reader(grids, path, notes))
    if not any(row.figures for row in rows):
        raise BadInput(
            f"no figure was found in the layout {layout!r}" + (f": {rows[0].reason}" if rows else ""),
            where=path,
            cure="give one figure a row under the headers series, period, dimension, category, measure, value",
        )
    figures, fates = _kept(rows, source)
    notes.append(f"{counted(len(figures), 'figure')} read in the layout {layout!r}")
    return {"figures": from_rows("figures", figures), "fates": from_rows("fates", fates)}, notes


# --- what every layout shares -----------------------------------------------------------------------------------


def _refuse_people(grid: Grid, path: Path) -> None:
    for cells in grid.rows[:40]:
        refuse_case_records([cell for cell in cells if cell], path)
        named = identifying(cell for cell in cells if cell and fold(cell) not in ("name", "names"))
        if len(named) >= 2 or (named and len(cells) > 1 and cells is grid.rows[0]):
            raise Refused(
                f"the sheet {grid.title!r} has columns about people ({', '.join(sorted(named)[:5])})",
                where=path,
                cure="bring published totals only; this software assesses programmes, never people",
            )


def _layout_of(grids: Sequence[Grid]) -> Layout:
    headers = [{fold(cell) for cell in grid.rows[0]} for grid in grids]
    if any(set(_LONG) <= header for header in headers):
        return "long"
    return "pas" if any(set(_PAS) <= header for header in headers) else "tables"


def _kept(rows: Sequence[_Row], source: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Figures and fates. A figure told twice is a duplicate; with another value, the later is set aside."""
    figures: list[dict[str, Any]] = []
    fates: list[dict[str, Any]] = []
    first: dict[tuple[Any, ...], tuple[int, Any]] = {}
    for each in rows:
        fate, reason = (FATES[0], None) if each.figures else ("set aside", each.reason)
        new = []
        for figure in each.figures:
            named = tuple(figure[key] for key in ("series", "period", "dimension", "category", "measure"))
            if named not in first:
                first[named] = (each.row, figure["value"])
                new.append(figure)
            elif first[named][1] == figure["value"]:
                fate, reason = "duplicate", f"the same figure as row {first[named][0]}"
            else:
                fate, reason = "set aside", f"contradicts row {first[named][0]}, which gives another value"
        figures += [{"source": source, "row": each.row, **figure} for figure in new]
        used = {"fate": FATES[0], "reason": None} if new else {"fate": fate, "reason": reason}
        fates.append({"source": source, "row": each.row, **used})
    return figures, fates


def _figure(series: str, period: str, measure: str, value: float | None, unit: str, **rest: Any) -> dict[str, Any]:
    blank = dict.fromkeys(("dimension", "category", "denominator", "denominator_is", "note"))
    found = {"series": series, "period": period, "measure": measure, "value": value, "unit": unit}
    return blank | found | {"break_before": False} | rest


def _by_header(grid: Grid, names: Sequence[str]) -> dict[str, int]:
    """Place of each wanted column. Columns without a name, and any other, are left alone."""
    headers = [fold(cell).replace(" ", "_") for cell in grid.rows[0]]
    return {name: headers.index(name) for name in names if name in headers}


def _cells_of(grid: Grid, at: int, places: dict[str, int]) -> dict[str, str]:
    """Raises _Unusable for a row that could not be read, or that holds contact details."""
    if at in grid.spoilt:
        raise _Unusable(grid.spoilt[at])
    row = grid.rows[at]
    cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
    if pc.any(pc.match_substring_regex(pa.array(list(cells.values()), pa.string()), CONTACT)).as_py():
        raise _Unusable("the row holds contact details of a person")
    return cells


# --- one figure a row -------------------------------------------------------------------------------------------


def _in_long(grids: Sequence[Grid], path: Path, notes: list[str]) -> Iterator[_Row]:
    row = 0
    for grid in grids:
        places = _by_header(grid, (*_LONG, *_LONG_TOO))
        if not set(_LONG) <= places.keys():
            notes.append(f"the sheet {grid.title!r} has no columns {', '.join(_LONG)}: not read")
            continue
        for at in range(1, len(grid.rows)):
            row += 1
            try:
                yield _Row(row, (_long_figure(_cells_of(grid, at, places)),))
            except _Unusable as why:
                yield _Row(row, reason=str(why))


def _long_figure(cells: dict[str, str]) -> dict[str, Any]:
    for name in ("series", "period", "measure"):
        if not cells[name]:
            raise _Unusable(f"no {name} is given")
    value = marked(cells["value"])
    if not cells["value"] or (value.value is None and not value.withheld):
        raise _Unusable("no value is given" if not cells["value"] else "the value is not a number")
    denominator = marked(cells.get("denominator", ""))
    if cells.get("denominator") and denominator.value is None:
        raise _Unusable("the denominator is not a number")
    broken = fold(cells.get("break_before", "")) or "no"
    if broken not in ("yes", "no"):
        raise _Unusable("break_before must say yes or no")
    for name, told in (("value", value.value), ("denominator", denominator.value)):
        if (told or 0.0) < 0:
            raise _Unusable(f"the {name} is below 0")
    if value.value is not None and denominator.value is not None and value.value > denominator.value:
        raise _Unusable("the value is more than its denominator")
    note = "; ".join(part for part in (cells.get("note", ""), value.mark) if part)
    texts: dict[str, Any] = {name: cells.get(name) or None for name in ("dimension", "category", "denominator_is")}
    texts |= {"denominator": denominator.value, "note": note or None, "break_before": broken == "yes"}
    period, unit = _period(cells["period"]), cells.get("unit") or "count"
    return _figure(cells["series"], period, cells["measure"], value.value, unit, **texts)


def _period(text: str) -> str:
    """A date as ISO; anything else as it stands."""
    day = _day(text)
    return text if day is None else day.isoformat()


# --- the Public Attitude Survey ---------------------------------------------------------------------------------


def _in_pas(grids: Sequence[Grid], path: Path, notes: list[str]) -> Iterator[_Row]:
    row, strange = 0, set()
    for grid in grids:
        places = _by_header(grid, (*_PAS, "borough"))
        if not set(_PAS) <= places.keys():
            notes.append(f"the sheet {grid.title!r} has no columns {', '.join(_PAS)}: not read")
            continue
        percent = _in_percent(grid, places["proportion"])
        if percent:
            notes.append(f"the sheet {grid.title!r} gives percentages: divided by 100")
        by_borough = fold(grid.title) != "mps" and "borough" in places
        for at in range(1, len(grid.rows)):
            row += 1
            try:
                figure = _pas_figure(_cells_of(grid, at, places), by_borough, percent)
                if by_borough and figure["category"] not in BOROUGHS:
                    strange.add(figure["category"])
                yield _Row(row, (figure,))
            except _Unusable as why:
                yield _Row(row, reason=str(why))
    if strange:
        notes.append(f"not among the 32 boroughs, kept as written: {', '.join(sorted(strange))}")
    notes.append("the workbook gives no number of people asked, so no interval can be made; the City is not in it")
    notes.append("read by a description of the survey's workbook: check a few figures against it")


def _in_percent(grid: Grid, place: int) -> bool:
    """Whether bare numbers are percentages, as most of the sheet's are. A cell with a percent sign speaks for itself
    alone."""
    values = [marked(row[place]) for row in grid.rows[1:] if place < len(row)]
    bare = [each.value for each in values if each.value and not each.percent]
    return 2 * sum(value > 1 for value in bare) >= len(bare)


def _pas_figure(cells: dict[str, str], by_borough: bool, percent: bool) -> dict[str, Any]:
    day = _day(cells["date"])
    if day is None:
        raise _Unusable("the date is not a day as dd/mm/yyyy")
    for name in ("survey", "measure", *(["borough"] if by_borough else [])):
        if not cells[name]:
            raise _Unusable(f"no {name} is given")
    found = marked(cells["proportion"])
    if found.value is None and not found.withheld:
        raise _Unusable("the proportion is not a number" if cells["proportion"] else "no proportion is given")
    if percent and not found.percent and 0 < (found.value or 0) <= 1:
        raise _Unusable("a share or a percentage below 1? Most of the sheet's are percentages: write 70% or 0.7%")
    value = found.value if found.value is None or not (percent or found.percent) else found.value / 100
    if not percent and not found.percent and 1 < (found.value or 0) <= 100:
        raise _Unusable("a percentage? Most of the sheet's are shares: add a percent sign, or divide it by 100")
    if value is not None and not 0 <= value <= 1:
        raise _Unusable("the proportion is not between 0 and 1, nor 0 and 100%")
    part = {"dimension": "borough", "category": _borough(cells["borough"])} if by_borough else {}
    return _figure(
        cells["survey"], day.isoformat(), cells["measure"], value, "share 0–1", note=found.mark or None, **part
    )


def _borough(text: str) -> str:
    """ "Barking & Dagenham" and "barking and dagenham" are one borough."""
    plain = fold(re.sub(r"\s*&\s*", " and ", text)).replace("-", " ")
    plain = re.sub(r"^(london|royal) borough of |^city of (?=westminster)", "", plain)
    known = {fold(name): name for name in BOROUGHS}
    return known.get(plain, " ".join(text.split()))


def _day(text: str) -> date | None:
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
    return None


# --- Home Office ------------------------------------------------------------------------------------------------


def _in_tables(grids: Sequence[Grid], path: Path, notes: list[str]) -> Iterator[_Row]:
    row = 0
    for grid in grids:
        table = in_tables(grid)
        if table is None:
            notes.append(f"the sheet {grid.title!r} has no table with years or stages across: not read")
            continue
        notes += table.notes
        for figures, reason in table.rows:
            row += 1
            yield _Row(row, tuple(_figure(**figure) for figure in figures), reason)
    notes.append("read by a description of the Home Office layout: check a few figures against the workbook")
