"""The header of an official table, in one row or two, and what its words say: years to March, stages, divisions.

A header of two rows has cells that span several below them:

    age | 2023 to 2024 |       |       | 2024 to 2025 |               a year over stages, a stage over years,
        | Referrals    | Panel | Cases | Referrals    | …             or either over Number and %

A workbook holds the words of a spanning cell in its first column only, so they hold up to the next that is filled.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .grids import Grid
from .text import fold

__all__ = [
    "MARK",
    "YEAR_ENDING",
    "Column",
    "Head",
    "dimension_of",
    "ending_in",
    "head_of",
    "stage_of",
    "title_of",
    "year_of",
    "year_to_march",
    "years_down",
]  # fmt: skip

_STAGES = (
    ("cases", re.compile(r"adopted|\bcases?\b")),
    ("panel", re.compile(r"\bpanel|discussed")),
    ("referrals", re.compile(r"\breferrals?\b|\breferred\b")),
)
YEAR_ENDING = re.compile(r"year (?:ending|ended|to)(?: (?:31(?:st)? )?march)?(?: (\d{4}))?")
_TWO_YEARS = re.compile(r"(?:apr(?:il)? )?(20\d\d)(?:\s*(?:to|/|-|–)\s*)(?:mar(?:ch)? )?(?:20)?(\d\d)")
_TO_ANOTHER = re.compile(
    r"(?:20\d\d|/\d\d)\s*(?:to|and|-|–)\s*(?:the )?(?:year (?:ending|ended|to) )?(?:31(?:st)? )?march 20\d\d|"
    r"20\d\d\s*[/-]\s*(?:20)?\d\d\s*(?:to|and|-|–)\s*20\d\d|"
    r"year (?:ending|ended|to) (?:31(?:st)? )?march 20\d\d\s*(?:to|and|-|–)\s*20\d\d"
)
"""A span of years: "year ending March 2017 to year ending March 2021", "2019/20 to 2023/24"."""
_OF_APRIL = re.compile(r"apr(?:il)? 20\d\d\s*(?:to|-|–)\s*mar(?:ch)? 20\d\d")
MARK = re.compile(r"\s*(\[[^\]]*\]|\((?:p|r|e|b|note[^)]*)\))")

_WHAT_IS_COUNTED = re.compile(r"(?:number|count|no\.?|total|all|people|individuals)\b.*")
"""Words over other words that divide nobody."""


@dataclass(frozen=True)
class Column:
    """Where a column stands and what it holds; period or measure is "" where the row or title says it."""

    place: int
    period: str
    measure: str
    broken: bool


@dataclass(frozen=True)
class Head:
    """at: its first row · below: the first row of the body · first: what stands over the labels · columns: those that
    hold figures · left: words over columns that are neither a year nor a stage; what is below them is not read."""

    at: int
    below: int
    first: str
    columns: tuple[Column, ...]
    left: tuple[str, ...]


def year_to_march(text: str) -> str | None:
    """2024/25 from "2024 to 2025", "2024-25", "year ending March 2025", "April 2024 to March 2025"; None for anything
    else, a bare 2025 included: it may be a calendar year."""
    plain = fold(MARK.sub("", f" {text}"))
    ending = re.search(r"year (?:ending|ended|to)(?: (?:31(?:st)? )?march)? (20\d\d)", plain)
    if ending:
        return ending_in(int(ending[1]))
    two = _TWO_YEARS.search(plain)
    return ending_in(int(two[1]) + 1) if two and (int(two[1]) + 1) % 100 == int(two[2]) else None


def head_of(grid: Grid) -> Head | None:
    """The first header of a sheet with a year or a stage in it; None where there is none."""
    for at, upper in enumerate(grid.rows):
        if not upper or at in grid.spoilt:
            continue
        lower = _second(grid, at)
        over = _spanning(upper, lower) if lower else [""] * len(upper)
        cells, first = lower or upper, upper[0] or (lower[0] if lower else "")
        columns = _columns(cells, over, first)
        left = [above for cell, above in zip(cells, over, strict=True) if cell and not _divides_nobody(above)]
        if columns or (left and _columns(cells, [""] * len(cells), first)):
            return Head(at, at + (2 if lower else 1), first, columns, tuple(dict.fromkeys(left)))
    return _crossed(grid)


def _crossed(grid: Grid) -> Head | None:
    """The header of a table that crosses two divisions, of which the column of totals is read: its title names the
    year, and what is counted."""
    for at, cells in enumerate(grid.rows):
        above = " ".join(cell for row in grid.rows[:at] for cell in row if cell)
        filled = [place for place, cell in enumerate(cells) if cell]
        if at in grid.spoilt or len(filled) < 3 or not cells[0] or not (year_of(above) and stage_of(above)):
            continue
        totals = [
            p for p in filled[1:] if re.fullmatch(r"(?:grand |all )?totals?", fold(MARK.sub("", f" {cells[p]}")))
        ]
        if totals:
            left = tuple(cells[place] for place in filled[1:] if place not in totals)
            return Head(at, at + 1, cells[0], (Column(totals[0], "", "", False),), left)
    return None


def _second(grid: Grid, at: int) -> tuple[str, ...]:
    """The second row of a header, as long as the first at least; empty where the row is none.

    It has a label where the first has none, or none itself, and no figure in it but years.
    """
    if at + 1 >= len(grid.rows) or at + 1 in grid.spoilt:
        return ()
    upper, lower = grid.rows[at], grid.rows[at + 1]
    words = [cell for cell in lower[1:] if cell]
    if not any(upper[1:]) or not words or (upper[0] and lower[0] and fold(upper[0]) != fold(lower[0])):
        return ()
    if not all(re.search("[a-z%]{2}|%|#", fold(cell)) or re.fullmatch(r"20\d\d", fold(cell)) for cell in words):
        return ()
    return (*lower, *[""] * (len(upper) - len(lower)))


def _spanning(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """What stands over each cell of the second row. A cell with nothing below it is a header of one column."""
    over, now = [], ""
    for place, below in enumerate(lower):
        above = upper[place] if place < len(upper) and place else ""
        now = above or now
        over.append(now)
        if above and not below:
            now = ""
    return over


def _divides_nobody(words: str) -> bool:
    """Whether what stands below these words is told of everybody, not of a part of them."""
    if not words:
        return True
    plain = fold(MARK.sub("", f" {words}"))
    said = year_to_march(words) or stage_of(words) or YEAR_ENDING.search(plain)
    return bool(said or _percent(plain) or _WHAT_IS_COUNTED.fullmatch(plain))


def _percent(plain: str) -> bool:
    return any(word in plain for word in ("%", "per cent", "percent", "proportion"))


def _columns(cells: Sequence[str], over: Sequence[str], first: str) -> tuple[Column, ...]:
    """The columns that hold figures: a year or a stage in the header. Percentages follow from counts: left out."""
    found = []
    for place, (cell, above) in enumerate(zip(cells[1:], over[1:], strict=True), 1):
        both = fold(f"{above} {cell}")
        if not both or _percent(both) or not _divides_nobody(above):
            continue
        ending = YEAR_ENDING.search(fold(first)) or YEAR_ENDING.search(fold(above))
        bare = re.fullmatch(r"20\d\d", fold(MARK.sub("", f" {cell}"))) if ending else None
        period = year_to_march(cell) or (ending_in(int(bare[0])) if bare else year_to_march(above))
        measure = stage_of(cell) or stage_of(above)
        if period or measure:
            found.append(Column(place, period or "", measure or "", "[b]" in both or "(b)" in both))
    return tuple(found)


_ABOUT_THE_SHEET = re.compile(
    r"(?:this|the) (?:work)?(?:sheet|table|book)\b|some (?:cells|shorthand)|(?:back|return|link) to\b|source\b|"
    r"freeze panes|notes? (?:are|is|on|can|to)\b"
)


def title_of(grid: Grid, head: Head) -> str:
    """What stands above the table, without what is said of the sheet itself."""
    above = [cell for cells in grid.rows[: head.at] for cell in cells if cell]
    kept = [MARK.sub("", f" {cell}").strip() for cell in above if not _ABOUT_THE_SHEET.match(fold(cell))]
    return " ".join(cell for cell in kept if cell) or grid.title


def year_of(title: str) -> str | None:
    """The one year a title names; a title that names a span of years says of no figure which it is."""
    plain = fold(MARK.sub("", f" {title}"))
    return None if _TO_ANOTHER.search(_OF_APRIL.sub("", plain)) else year_to_march(title)


def years_down(first: str) -> bool:
    plain = fold(MARK.sub("", f" {first}"))
    return plain in ("year", "period", "financial year", "reporting year") or bool(YEAR_ENDING.search(plain))


def stage_of(text: str) -> str | None:
    """cases, panel or referrals; where a title names several, the last stage named last is not guessed: the first."""
    plain = fold(text)
    found = [(match.start(), name) for name, pattern in _STAGES if (match := pattern.search(plain))]
    return min(found)[1] if found else None


def dimension_of(first: str, title: str) -> str:
    """The header's own name of what divides people, in the words of this software where they are known."""
    plain = fold(MARK.sub("", f" {first}")) or fold(title)
    for name, pattern in (
        ("age", r"\bage"), ("sector", r"\bsector|\bsource of referral"), ("concern", r"\bconcern|ideolog"),
        ("region", r"\bregion"), ("condition", r"\bcondition|disabilit"), ("gender", r"\bgender|\bsex\b"),
        ("ethnicity", r"\bethnic"), ("religion", r"\breligio"),
    ):  # fmt: skip
        if re.search(pattern, plain):
            return name
    return plain


def ending_in(ending: int) -> str:
    return f"{ending - 1}/{ending % 100:02d}"
