"""Charts as data: rows of marks whose places are percentages of a scale, drawn by one template.

A place in per cent lets the same chart fill a 320 px phone and an A4 page without shrinking its words, which a chart
drawn at a fixed size cannot do; and nothing depends on the fonts of the machine that published it. Every chart has a
headline that says the finding, a subtitle with measure, population, number of people and interval, a text
alternative, and its figures in a table beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from .sentences import figure, percent

__all__ = [
    "DataTable",
    "Key",
    "Mark",
    "Plot",
    "PlotRow",
    "Scale",
    "Slope",
    "SlopePanel",
    "Tick",
    "dot_size",
    "interval_marks",
    "share_scale",
    "slope_x",
    "slope_y",
    "stacked",
]

_ROOM = 2.7  # per cent of a 270 px bar that one letter of 12 px needs
Shape = Literal["line", "dot", "ring", "bar", "band", "rule"]
Tone = Literal["accent", "rest", "adverse", "pale", "ink", "mid"]
"""accent: the community, step or statement in question · rest: everyone, or the population · adverse: a bad
experience or a missing safeguard · pale, mid: neither · ink: zero lines. The same throughout the page."""


@dataclass(frozen=True)
class Mark:
    """One mark; `at` and `to` in per cent of the scale, `size` in pixels."""

    shape: Shape
    at: float
    tone: Tone
    to: float | None = None
    size: float = 5.0
    text: str = ""


@dataclass(frozen=True)
class PlotRow:
    """One line of a chart: its name, its figure in words, what it rests on, and its marks (drawn in order)."""

    label: str
    value: str
    note: str
    marks: tuple[Mark, ...]
    own_words: bool = False
    """True where the label is people's own words (a statement, a phrase)."""


@dataclass(frozen=True)
class Tick:
    """A value on the axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Key:
    """What a shape stands for, shown above the rows."""

    shape: Shape
    tone: Tone
    text: str


@dataclass(frozen=True)
class DataTable:
    """The figures of a chart. The first cell of each row names it."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Plot:
    """A chart of rows."""

    id: str
    headline: str
    subtitle: str
    alternative: str
    keys: tuple[Key, ...]
    ticks: tuple[Tick, ...]
    rows: tuple[PlotRow, ...]
    table: DataTable


@dataclass(frozen=True)
class SlopePanel:
    """One community over rounds against everyone: lines as (x1 %, y1 px, x2 %, y2 px), dots as (x %, y px)."""

    label: str
    first: str
    last: str
    rounds: tuple[str, ...]
    rest_lines: tuple[tuple[float, float, float, float], ...]
    own_lines: tuple[tuple[float, float, float, float], ...]
    whiskers: tuple[tuple[float, float, float], ...]
    rest_dots: tuple[tuple[float, float], ...]
    own_dots: tuple[tuple[float, float], ...]
    breaks: tuple[float, ...] = ()
    """Where the series breaks (x %): no line crosses it."""
    zero: float | None = None
    """Of changes: where there is none (y px)."""


@dataclass(frozen=True)
class Slope:
    """Small panels, one a community, all on the same scale."""

    id: str
    headline: str
    subtitle: str
    alternative: str
    panels: tuple[SlopePanel, ...]
    table: DataTable


@dataclass(frozen=True)
class Scale:
    """Values low–high become places 0–100%."""

    low: float
    high: float
    kind: str = "share"

    def place(self, value: float) -> float:
        """Per cent from the left; what lies outside is drawn at the edge."""
        return round(100 * min(max((value - self.low) / (self.high - self.low), 0.0), 1.0), 2)

    def ticks(self, about: int = 4) -> tuple[Tick, ...]:
        """Round values, zero among them where the scale spans it."""
        step = _nice((self.high - self.low) / about)
        first = math.ceil(self.low / step - 1e-9)
        values = [k * step for k in range(first, math.floor(self.high / step + 1e-9) + 1)]
        return tuple(Tick(self.place(value), self.words(value)) for value in values)

    def words(self, value: float) -> str:
        if abs(value) < 1e-9:
            return "0%" if self.kind == "share" else "0"
        if self.kind == "share":
            return percent(value)
        return f"{value:+.2g}".replace("-", "−") if self.kind == "effect" else figure(value, scale="mean")


_TOP, _BOTTOM = 12.0, 118.0  # pixels, inside a panel 130 high: the scale's high end at the top
_LEFT, _RIGHT = 12.0, 88.0  # per cent


def slope_x(place: float, count: int) -> float:
    """Per cent from the left of a panel: `place` 0 is the first of `count` rounds."""
    return round(_LEFT + (_RIGHT - _LEFT) * place / (count - 1), 2)


def slope_y(value: float, scale: Scale) -> float:
    """Pixels from the top of a panel."""
    return round(_BOTTOM - (_BOTTOM - _TOP) * scale.place(value) / 100, 1)


def _nice(step: float) -> float:
    """The nearest of 1, 2, 2.5, 5 × a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return min((1.0, 2.0, 2.5, 5.0, 10.0), key=lambda m: (abs(m * power - step), m)) * power


def share_scale(values: Iterable[float | None] = ()) -> Scale:
    """From zero to 100%; to less where nothing comes near, so that small shares can be told apart."""
    top = max((value for value in values if value is not None), default=1.0)
    return Scale(0.0, next((high for high in (0.25, 0.5, 0.75, 1.0) if top <= 0.92 * high), 1.0))


def dot_size(n: float | None, largest: float) -> float:
    """Radius 3 to 7 px, its area growing with the number of people, so unequal samples can be seen."""
    if not n or largest <= 0:
        return 3.0
    return round(3.0 + 4.0 * math.sqrt(min(n / largest, 1.0)), 1)


def interval_marks(
    scale: Scale, estimate: float, low: float | None, high: float | None, tone: Tone, size: float = 5.0
) -> tuple[Mark, ...]:
    """A dot with its interval; without an interval a ring, so that "no margin of error" is visible."""
    if low is None or high is None:
        return (Mark("ring", scale.place(estimate), tone, size=size),)
    whisker = Mark("line", scale.place(low), tone, to=scale.place(high))
    return (whisker, Mark("dot", scale.place(estimate), tone, size=size))


def stacked(parts: Sequence[tuple[float, Tone, str]]) -> tuple[Mark, ...]:
    """Bars laid end to end; each part is (amount, tone, word), and its word is written on it if there is room."""
    total = sum(amount for amount, _tone, _word in parts)
    marks, at = [], 0.0
    for amount, tone, word in parts:
        if amount <= 0:
            continue
        width = 100 * amount / total
        text = word if width >= _ROOM * len(word) + 3 else ""
        marks.append(Mark("bar", round(at, 2), tone, to=round(at + width, 2), text=text))
        at += width
    return tuple(marks)
