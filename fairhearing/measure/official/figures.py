"""Published figures as the stage reads them: which are unknown, the order of periods, where a series breaks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...errors import BadProgramme
from ...programme import Break, Programme

__all__ = [
    "Figure",
    "broken_before",
    "check_breaks",
    "figure_of",
    "folded",
    "grouped",
    "in_order",
    "marks_of",
    "month_of",
]

_SHARES = {"share 0–1": 1.0, "share 0-1": 1.0, "share": 1.0, "%": 100.0, "percent": 100.0, "per cent": 100.0,
           "percentage": 100.0}  # fmt: skip
_YEAR = re.compile(r"(\d{4})/(\d\d)")


@dataclass(frozen=True)
class Figure:
    """One row of `figures`. value: as its unit says, None where the office shows none · broken: a break before it."""

    source: str
    row: int
    series: str
    period: str
    dimension: str | None
    category: str | None
    measure: str
    value: float | None
    denominator: float | None
    denominator_is: str
    unit: str
    note: str
    broken: bool

    @property
    def count(self) -> int | None:
        """The figure, where it is a whole number of people or events."""
        told = self.value is not None and self.unit == "count" and self.value == math.floor(self.value)
        return int(self.value) if told and self.value is not None else None

    @property
    def share(self) -> float | None:
        """The figure as a share 0–1, where its unit is a share or a percentage."""
        per = _SHARES.get(folded(self.unit))
        return None if per is None or self.value is None else self.value / per

    @property
    def is_share(self) -> bool:
        return folded(self.unit) in _SHARES

    @property
    def unknown(self) -> bool:
        """Whether this counts those whose category nobody recorded."""
        return self.category is not None and re.match(r"unknown(?:$|:)", folded(self.category)) is not None

    @property
    def undivided(self) -> bool:
        return self.dimension is None and self.category is None


def figure_of(row: Mapping[str, Any]) -> Figure:
    same: tuple[str, ...] = (
        "source",
        "row",
        "series",
        "period",
        "dimension",
        "category",
        "measure",
        "value",
        "denominator",
        "unit",
    )
    given: dict[str, Any] = {name: row[name] for name in same}
    given |= {"denominator_is": row["denominator_is"] or "", "note": row["note"] or ""}
    return Figure(**given, broken=bool(row["break_before"]))


def folded(text: str) -> str:
    """Capitals and spaces do not tell two names of a file apart."""
    return " ".join(text.casefold().split())


def grouped(figures: Iterable[Figure], *names: str) -> dict[tuple[Any, ...], list[Figure]]:
    """Figures by those of their parts, groups and figures in the order of the file."""
    groups: dict[tuple[Any, ...], list[Figure]] = {}
    for each in figures:
        groups.setdefault(tuple(getattr(each, name) for name in names), []).append(each)
    return groups


def marks_of(figures: Iterable[Figure]) -> str | None:
    """What the file says beside figures, each remark once."""
    parts = (part for each in figures for part in each.note.split("; ") if part)
    return "; ".join(dict.fromkeys(parts)) or None


# --- periods ------------------------------------------------------------------------------------------------------


def month_of(period: str) -> int | None:
    """Months since the year 0 at the end of a period: 2024/25 ends in March 2025, 2024 in December; a day is in its
    month. None for other words."""
    year = _YEAR.fullmatch(period)
    if year:
        ends = int(year[1]) + 1
        return 12 * ends + 3 if ends % 100 == int(year[2]) else None
    if re.fullmatch(r"\d{4}", period):
        return 12 * int(period) + 12
    try:
        day = date.fromisoformat(period)
    except ValueError:
        return None
    return 12 * day.year + day.month


def in_order(periods: Iterable[str]) -> list[str]:
    """Earliest first; in the order of the file where a period is in other words than years and days."""
    told = list(dict.fromkeys(periods))
    if any(month_of(each) is None for each in told):
        return told
    return sorted(told, key=lambda each: (month_of(each), each))


# --- breaks -------------------------------------------------------------------------------------------------------


def broken_before(programme: Programme, figures: Sequence[Figure]) -> dict[str, str]:
    """Period → why it is not comparable with the one before: what the file marks and what the programme declares.

    figures: of one source, series and measure; those undivided tell of every division."""
    periods = in_order(each.period for each in figures)
    found = {each.period: _why(each) for each in reversed(figures) if each.broken}
    for each in programme.breaks:
        if figures and _meant(each, figures[0]):
            at = next((period for period in periods if _reached(period, each.at)), None)
            if at is not None:
                found[at] = each.why.rstrip(". ") + (f" ({each.found_in})" if each.found_in else "")
    return found


def check_breaks(programme: Programme, figures: Iterable[Figure]) -> None:
    """Raises BadProgramme for a declared break of a series or stage that its source does not have: a slip in a name
    would draw a trend across the break."""
    for (source,), part in grouped(figures, "source").items():
        for each in programme.breaks:
            if each.source == source and not any(_meant(each, figure) for figure in part):
                known = dict.fromkeys(name for figure in part for name in (figure.measure, figure.series))
                raise BadProgramme(
                    f"a break is declared of {each.measure!r}, which is no series and no stage of {source!r}",
                    where="programme.toml, [[breaks]]",
                    cure=f"name one of: {', '.join(known)}; or leave `measure` out for all of the source",
                )


def _why(figure: Figure) -> str:
    said = [part for part in figure.note.split("; ") if part and not re.match(r"printed as: |shown as |\[", part)]
    return "; ".join(said) or "the source marks a break here and does not say why"


def _meant(declared: Break, figure: Figure) -> bool:
    names = ("", folded(figure.series), folded(figure.measure))
    return declared.source == figure.source and folded(declared.measure) in names


def _reached(period: str, at: str) -> bool:
    """Whether a period is the first of the new series, or after it where that one was not published."""
    here, there = month_of(period), month_of(at)
    return folded(period) == folded(at) if here is None or there is None else here >= there
