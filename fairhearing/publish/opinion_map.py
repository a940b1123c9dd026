"""The opinion map: where people stand, as tiles of many people each, with the regions of groups where there are any.

Nobody can be seen on it: the safe tables it is drawn from hold tiles, not people. Darker is denser, in one hue, so it
reads alike with any colour vision and in black and white; groups are told by a letter and the line's kind.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .charts import DataTable
from .reading import Evidence, Row, anchor
from .sentences import count, percent

__all__ = ["OpinionMap", "Region", "Tile", "opinion_map"]

_LEVELS = 5
_REACH = 1.5  # standard deviations: about two thirds of a group on a plane
_EDGE = 4.0  # of 100
_SUBTITLE = (
    "Where people stand: left to right what divides them most, up and down what divides them next. Darker: more "
    "people. Every tile has many people in it; nobody is drawn. The bars show how uncertain one person's place is."
)
_VAGUE = " Here that is more than people differ {}: the votes of one person say too little to place them."


@dataclass(frozen=True)
class Tile:
    """Places in hundredths of the picture; `level` 1 (sparse) to 5 (dense)."""

    x: float
    y: float
    width: float
    height: float
    level: int


@dataclass(frozen=True)
class Region:
    """The ellipse of a group: `turn` in degrees."""

    letter: str
    x: float
    y: float
    across: float
    along: float
    turn: float


@dataclass(frozen=True)
class OpinionMap:
    """A square picture of 100 by 100. `unsure`, `unsure_up`: half a bar's length, how far from its tile somebody may
    well be. `beside`: statements that tell the groups apart, or divide people where there are none, each with who
    agrees; under the heading `beside_says`."""

    id: str
    headline: str
    subtitle: str
    alternative: str
    tiles: tuple[Tile, ...]
    regions: tuple[Region, ...]
    unsure: float
    unsure_up: float
    beside_says: str
    beside: tuple[tuple[str, str], ...]
    table: DataTable


def opinion_map(evidence: Evidence, source: str, verdict: str, shown: Sequence[Row]) -> OpinionMap | None:
    """The map of one source; None without tiles that may be published. `shown`: its statements."""
    tiles = [row for row in evidence.rows("opinion_map") if row["source"] == source]
    groups = [row for row in evidence.rows("opinion_groups") if row["source"] == source and row["x"] is not None]
    if not tiles:
        return None
    low = min(min(row["left"] for row in tiles), min(row["bottom"] for row in tiles))
    high = max(max(row["right"] for row in tiles), max(row["top"] for row in tiles))
    scale = (100 - 2 * _EDGE) / (high - low)
    says, beside = _beside(evidence, source, shown)
    return OpinionMap(
        id=anchor("map", source),
        headline=verdict,
        subtitle=_SUBTITLE + _vague(tiles),
        alternative=_alternative(tiles, groups),
        tiles=_tiles(tiles, low, high, scale),
        regions=tuple(_region(row, low, high, scale) for row in groups),
        unsure=_bar(tiles, "unsure", scale),
        unsure_up=_bar(tiles, "unsure_up", scale),
        beside_says=says,
        beside=beside,
        table=_table(tiles, groups),
    )


# --- workings ----------------------------------------------------------------------------------------------------


def _tiles(rows: Sequence[Row], low: float, high: float, scale: float) -> tuple[Tile, ...]:
    dense = [row["n"] / ((row["right"] - row["left"]) * (row["top"] - row["bottom"])) for row in rows]
    return tuple(
        Tile(
            round(_EDGE + (row["left"] - low) * scale, 2), round(_EDGE + (high - row["top"]) * scale, 2),
            round((row["right"] - row["left"]) * scale, 2), round((row["top"] - row["bottom"]) * scale, 2),
            1 + min(int(_LEVELS * math.sqrt(each / max(dense))), _LEVELS - 1),
        )
        for row, each in zip(rows, dense, strict=True)
    )  # fmt: skip


def _region(row: Row, low: float, high: float, scale: float) -> Region:
    a, b, c = row["spread_x"] ** 2, row["spread_y"] ** 2, row["slant"] * row["spread_x"] * row["spread_y"]
    middle, half = (a + b) / 2, math.hypot((a - b) / 2, c)
    axes = (math.sqrt(max(each, 0.0)) * _REACH * scale for each in (middle + half, middle - half))
    across, along = (round(max(each, 1.0), 2) for each in axes)
    turn = -math.degrees(0.5 * math.atan2(2 * c, a - b))  # y grows downwards in a picture
    x, y = _EDGE + (row["x"] - low) * scale, _EDGE + (high - row["y"]) * scale
    return Region(str(row["opinion_group"]), round(x, 2), round(y, 2), across, along, round(turn, 1))


def _typical(rows: Sequence[Row], way: str) -> float:
    total = sum(row["n"] for row in rows)
    return float(sum(row["n"] * (row[way] or 0.0) for row in rows)) / total if total else 0.0


def _bar(rows: Sequence[Row], way: str, scale: float) -> float:
    return round(min(_typical(rows, way) * scale, 50 - _EDGE), 2)


def _vague(rows: Sequence[Row]) -> str:
    across, up = (_typical(rows, way) > 1 for way in ("unsure", "unsure_up"))
    return _VAGUE.format("either way" if across and up else "left to right" if across else "up and down") * (
        across or up
    )


def _alternative(rows: Sequence[Row], groups: Sequence[Row]) -> str:
    people = sum(row["n"] for row in rows)
    told = "; ".join(f"group {row['opinion_group']}: {percent(row['share'])} of the people" for row in groups)
    return f"A plane with {len(rows)} tiles and about {people:,} people. {told or 'One crowd, without groups'}."


def _table(rows: Sequence[Row], groups: Sequence[Row]) -> DataTable:
    body = [
        (f"Tile {row['tile']}", _span(row["left"], row["right"]), _span(row["bottom"], row["top"]),
         count(row["n"]), _unsure(row))
        for row in rows
    ]  # fmt: skip
    body += [
        (f"Group {row['opinion_group']}", _around(row, "x"), _around(row, "y"), count(row["n"]), "–")
        for row in groups
    ]
    head = ("Where", "Left to right", "Bottom to top", "People", "One person's place is uncertain by")
    return DataTable("The opinion map: tiles, and the regions of groups", head, tuple(body))


def _around(row: Row, axis: str) -> str:
    half = _REACH * row[f"spread_{axis}"]
    return _span(round(row[axis] - half, 1), round(row[axis] + half, 1))


def _unsure(row: Row) -> str:
    if row["unsure"] is None or row["unsure_up"] is None:
        return "–"
    return f"{row['unsure']:.1f} left or right, {row['unsure_up']:.1f} up or down"


_BESIDE = 5


def _beside(evidence: Evidence, source: str, shown: Sequence[Row]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What tells the groups apart, those first of which all numbers may be published; without groups, what divides
    people most evenly."""
    texts = {row["statement"]: str(row["text"]) for row in shown}
    by: dict[str, list[Row]] = {}
    for row in evidence.all("group_shares"):
        if row["source"] == source and row["statement"] in texts:
            by.setdefault(row["statement"], []).append(row)
    apart = {id: rows for id, rows in by.items() if any(row["differs"] for row in rows)}
    if apart:
        chosen = sorted(apart, key=lambda id: (-_far(apart[id]), id))[:_BESIDE]
        return "What tells them apart", tuple((texts[id], _who_agrees(apart[id])) for id in chosen)
    divisive = [row for row in shown if row["kind"] == "divisive" and row["estimate"] is not None]
    divisive.sort(key=lambda row: (abs(row["estimate"] - 0.5), row["statement"]))
    told = tuple((str(row["text"]), f"{percent(row['estimate'])} agree") for row in divisive[:_BESIDE])
    return ("What divides people most evenly" if told else ""), told


def _far(rows: Sequence[Row]) -> float:
    """How far apart groups are: as far as may be where one disagrees more and another agrees more, but numbers of few
    are withheld."""
    shares = [row["estimate"] for row in rows]
    if None in shares:
        return float(len({row["differs"] for row in rows if row["differs"]}) > 1) - 0.001
    return float(max(shares) - min(shares))


def _who_agrees(rows: Sequence[Row]) -> str:
    told = [
        f"{row['opinion_group']}: {percent(row['estimate'])} agree" if row["estimate"] is not None
        else f"{row['opinion_group']} {row['differs'].removesuffix(' than the rest')}"
        for row in rows
        if row["estimate"] is not None or row["differs"]
    ]  # fmt: skip
    return "; ".join(told)


def _span(low: float, high: float) -> str:
    return f"{low:g} to {high:g}".replace("-", "−")
