"""One sheet of Home Office statistics: a title, a table with years or stages across, and notes around it.

Three shapes, told apart by the header row:

    age | 2023 to 2024 | 2024 to 2025              categories down, years across; the measure is in the title
    age | Referrals | Panel | Cases                categories down, stages across; the year is in the title
    Year ending March | Referrals | Panel | Cases  years down, stages across

A header may have two rows, as years over stages: `official_heads`. Each table has its own denominator: its total
less whoever it calls unknown. A category that merges "none identified" with "not captured" is unknown: nobody can
tell the two apart, and missing is not none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .grids import Grid
from .official_heads import (
    MARK,
    YEAR_ENDING,
    Column,
    dimension_of,
    ending_in,
    head_of,
    stage_of,
    title_of,
    year_of,
    year_to_march,
    years_down,
)
from .text import fold, number

__all__ = ["BREAK", "FIRST_AFTER_BREAK", "Marked", "TableRead", "in_tables", "marked", "year_to_march"]

FIRST_AFTER_BREAK = "2024/25"
BREAK = "databases merged in May 2024 and categories of concern redefined: not comparable with earlier years"

_UNKNOWN = re.compile(
    r"\bunknown\b|\bunspecified\b|\bmissing\b|not (?:known|captured|recorded|specified|stated|provided)|"
    r"no(?:ne)? (?:\w+ )*identified(?: or| and|/| /)"
)
_TOTAL = re.compile(
    r"(?:grand |overall )?totals?(?: .*)?|all(?: (?:referrals|ages|sectors|cases|people|individuals))?"
)
_MARCH = re.compile(r"(?:31[ -])?mar(?:ch)?[ -]?(?:20)?(\d\d)|20(\d\d)-03-(?:01|31)|(?:01|31)/03/20(\d\d)")
_WITHHELD = ("*", "-", "–", "—", "..", ":", "c", "z", "x", "[c]", "[z]", "[x]", "[u]", "n/a", "na")


_Read = tuple[tuple[dict[str, Any], ...], str]
"""Figures of a row, and if there are none, why."""


@dataclass(frozen=True)
class Marked:
    """A cell. value: None where it holds no number · mark: what stands beside or instead of it · withheld: whether
    the office shows that there is no figure · percent: whether a percent sign stands there."""

    value: float | None
    mark: str
    withheld: bool
    percent: bool


@dataclass(frozen=True)
class TableRead:
    """rows: for each row below the header its figures (as keywords of a figure), or the reason it has none."""

    rows: tuple[_Read, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Frame:
    """What the title says of all figures of a table. several: whether more than one row counts the unknown."""

    title: str
    dimension: str | None
    measure: str
    year: str | None
    several: bool


def marked(text: str) -> Marked:
    """1,234 [r] → 1234 with the mark [r]; [c], *, – → no value, withheld."""
    marks = " ".join(found[1] for found in MARK.finditer(f" {text}"))
    plain = MARK.sub("", f" {text}").strip()
    if text.strip().casefold() in _WITHHELD or (marks and not plain):
        return Marked(None, f"shown as {text.strip()}", True, False)
    value = number(plain.replace(",", "").removesuffix("%").strip())
    return Marked(value, marks, False, plain.endswith("%") and value is not None)


def _marks_break(cell: Marked) -> bool:
    """A mark beside one number is of that stage alone."""
    return "[b]" in fold(cell.mark) or "(b)" in fold(cell.mark)


def in_tables(grid: Grid) -> TableRead | None:
    """The table of a sheet, or None where there is none."""
    head = head_of(grid)
    if head is None:
        return None
    title = title_of(grid, head)
    columns, down = head.columns, years_down(head.first)
    measure, year = stage_of(title) or "referrals", year_of(title)
    dimension = None if down else dimension_of(head.first, title)
    body = list(range(head.below, len(grid.rows)))
    totals, notes = ({}, []) if down else _totals(grid, body, columns)
    notes += [f"what stands below “{words}” in the header is not read" for words in head.left]
    lost = [grid.rows[at][0] for at in body if len(grid.rows[at]) > 1 and _kind(grid.rows[at][0]) == "unknown"]
    frame = _Frame(title, dimension, measure, year, len(lost) > 1)
    first = {} if down else _first_after([column.period or year or "" for column in columns])
    rows: list[_Read] = []
    for at in body:
        cells = grid.rows[at]
        if at in grid.spoilt:
            rows.append(((), grid.spoilt[at]))
        elif len(cells) < 2:
            rows.append(((), "a note or a heading, not a figure"))
        elif not columns:
            rows.append(((), f"the header divides by {' and '.join(head.left)}: no such table is read"))
        elif down:
            rows.append(_row_of_year(cells, columns, grid.title, title, head.first))
        else:
            rows.append(_row_of_category(cells, columns, frame, totals, first))
    if down:
        rows = _with_break(rows)
    return TableRead(tuple(rows), tuple(f"{grid.title}: {note}" for note in notes))


# --- the rows ---------------------------------------------------------------------------------------------------


def _totals(
    grid: Grid, body: Sequence[int], columns: Sequence[Column]
) -> tuple[dict[int, tuple[float, str]], list[str]]:
    """Column → its denominator and what that is; and what does not add up."""
    rows = [grid.rows[at] for at in body if at not in grid.spoilt and len(grid.rows[at]) > 1]
    found: dict[int, tuple[float, str]] = {}
    notes = []
    for column in columns:
        sums = {"total": None, "known": 0.0, "unknown": 0.0}  # type: dict[str, float | None]
        whole = True
        for cells in rows:
            value = marked(cells[column.place]).value if column.place < len(cells) else None
            kind = _kind(cells[0])
            if kind == "total":
                sums["total"] = value if sums["total"] is None else sums["total"]
            elif value is None:
                whole = False
            else:
                sums[kind] = (sums[kind] or 0.0) + value
        total, known, unknown = sums["total"], sums["known"] or 0.0, sums["unknown"] or 0.0
        if total is not None:
            found[column.place] = (
                total - unknown,
                "the table's total, less the unknown" if unknown else "the table's total",
            )
            if whole and abs(known + unknown - total) > 0.5:
                notes.append(f"the categories sum to {known + unknown:,.0f}, the total says {total:,.0f}")
        elif whole and known:
            found[column.place] = (known, "the known categories printed, added up; the table has no total")
    return found, list(dict.fromkeys(notes))


def _kind(label: str) -> str:
    plain = fold(MARK.sub("", f" {label}"))
    if _TOTAL.fullmatch(plain):
        return "total"
    return "unknown" if _UNKNOWN.search(plain) else "known"


def _row_of_category(
    cells: Sequence[str],
    columns: Sequence[Column],
    frame: _Frame,
    totals: dict[int, tuple[float, str]],
    first: dict[str, bool],
) -> _Read:
    label, kind = " ".join(MARK.sub("", f" {cells[0]}").split()), _kind(cells[0])
    if not label:
        return (), "the row has no label"
    figures, reason = [], "no cell of the row holds a figure"
    for column in columns:
        cell = marked(cells[column.place]) if column.place < len(cells) else marked("")
        period = column.period or frame.year
        if cell.value is None and not cell.withheld:
            continue
        if period is None:
            reason = "neither the header nor the title says which year to March this is"
            continue
        merged = first.get(period, False)
        marks = [cell.mark, f"printed as: {label}" if kind == "unknown" else "", BREAK if merged else ""]
        found: dict[str, Any] = {"series": frame.title, "period": period}
        found["measure"] = column.measure or frame.measure
        found |= {"value": cell.value, "unit": "count", "note": "; ".join(mark for mark in marks if mark) or None}
        found |= _part(frame, label, kind, totals.get(column.place))
        figures.append(found | {"break_before": merged or column.broken or _marks_break(cell)})
    return tuple(figures), "" if figures else reason


def _part(frame: _Frame, label: str, kind: str, total: tuple[float, str] | None) -> dict[str, Any]:
    """The place of a figure in its table. A total is not divided; of the unknown nothing is a share."""
    if kind == "total":
        return {}
    if kind == "unknown":
        return {"dimension": frame.dimension, "category": f"unknown: {label}" if frame.several else "unknown"}
    size, counts = total or (None, None)
    said = None if counts is None else f"{frame.dimension} known: {counts}"
    return {"dimension": frame.dimension, "category": label, "denominator": size, "denominator_is": said}


def _row_of_year(cells: Sequence[str], columns: Sequence[Column], sheet: str, title: str, head: str) -> _Read:
    """Referrals, panel and cases of one year: each has the stage before as its denominator."""
    ending = bool(YEAR_ENDING.search(fold(head)))
    plain = fold(MARK.sub("", f" {cells[0]}"))
    period = year_to_march(cells[0]) or (ending_in(int(plain)) if ending and re.fullmatch(r"20\d\d", plain) else None)
    period = period or _march(plain)
    if period is None:
        return (), "the first cell is not a year to March"
    told = {column.measure: marked(cells[column.place]) for column in columns if column.place < len(cells)}
    figures = []
    for measure, before in (("referrals", None), ("panel", "referrals"), ("cases", "panel")):
        cell = told.get(measure)
        if cell is None or (cell.value is None and not cell.withheld):
            continue
        size = told[before].value if before in told else None
        found = {"series": title or sheet, "period": period, "measure": measure, "value": cell.value, "unit": "count"}
        found |= {"denominator": size, "denominator_is": None if size is None else before}
        broken = "[b]" in fold(cells[0]) or _marks_break(cell)
        figures.append(found | {"note": cell.mark or None, "break_before": broken})
    return tuple(figures), "" if figures else "no cell of the row holds a figure"


def _march(plain: str) -> str | None:
    """2021/22 from mar-22, march 2022 and what a workbook makes of them, in a column of years to March."""
    found = _MARCH.fullmatch(plain)
    return None if found is None else ending_in(2000 + int(next(part for part in found.groups() if part)))


def _first_after(periods: Sequence[str]) -> dict[str, bool]:
    """The first period in the table from which the databases are merged, if an earlier one is there or not."""
    later = sorted({period for period in periods if period >= FIRST_AFTER_BREAK})
    return {later[0]: True} if later else {}


def _with_break(rows: Sequence[_Read]) -> list[_Read]:
    """The first year of merged databases breaks every stage. Why another is marked, the sheet does not say."""
    first = _first_after([figure["period"] for figures, _reason in rows for figure in figures])
    return [
        (tuple(_merged(figure) if first.get(figure["period"]) else figure for figure in figures), reason)
        for figures, reason in rows
    ]


def _merged(figure: dict[str, Any]) -> dict[str, Any]:
    return figure | {"break_before": True, "note": "; ".join(part for part in (figure["note"], BREAK) if part)}
