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
    "people. Every tile has many people in it; nobody is drawn. The bar shows how uncertain one person's place is."
)
_VAGUE = " Here that is more than people differ: the votes of one person say too little to place them."


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
    """A square picture of 100 by 100. `unsure`: half a bar's length, how far from its tile somebody may well be."""

    id: str
    headline: str
    subtitle: str
    alternative: str
    tiles: tuple[Tile, ...]
    regions: tuple[Region, ...]
    unsure: float
    table: DataTable


def opinion_map(evidence: Evidence, source: str, verdict: str) -> OpinionMap | None:
    """The map of one source; None without tiles that may be published."""
    tiles = [row for row in evidence.rows("opinion_map") if row["source"] == source]
    groups = [row for row in evidence.rows("opinion_groups") if row["source"] == source and row["x"] is not None]
    if not tiles:
        return None
    low = min(min(row["left"] for row in tiles), min(row["bottom"] for row in tiles))
    high = max(max(row["right"] for row in tiles), max(row["top"] for row in tiles))
    scale = (100 - 2 * _EDGE) / (high - low)
    return OpinionMap(
        id=anchor("map", source),
        headline=verdict,
        subtitle=_SUBTITLE + (_VAGUE if _typical(tiles) > 1 else ""),
        alternative=_alternative(tiles, groups),
        tiles=_tiles(tiles, low, high, scale),
        regions=tuple(_region(row, low, high, scale) for row in groups),
        unsure=round(min(_typical(tiles) * scale, 50 - _EDGE), 2),
        table=_table(tiles),
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


def _typical(rows: Sequence[Row]) -> float:
    total = sum(row["n"] for row in rows)
    return float(sum(row["n"] * (row["unsure"] or 0.0) for row in rows)) / total if total else 0.0


def _alternative(rows: Sequence[Row], groups: Sequence[Row]) -> str:
    people = sum(row["n"] for row in rows)
    told = "; ".join(f"group {row['opinion_group']}: {percent(row['share'])} of the people" for row in groups)
    return f"A plane with {len(rows)} tiles and about {people:,} people. {told or 'One crowd, without groups'}."


def _table(rows: Sequence[Row]) -> DataTable:
    body = tuple(
        (str(row["tile"]), _span(row["left"], row["right"]), _span(row["bottom"], row["top"]),
         count(row["n"]))
        for row in rows
    )  # fmt: skip
    return DataTable("Tiles of the opinion map", ("Tile", "Left to right", "Bottom to top", "People"), body)


def _span(low: float, high: float) -> str:
    return f"{low:g} to {high:g}".replace("-", "−")
