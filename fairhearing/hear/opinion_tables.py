"""Groups of opinion as tables of counted people: sizes, regions and a map on which nobody can be seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from .heard_votes import letter
from .opinion import Heard

__all__ = ["group_rows", "map_rows"]

SURE = 0.8
_STEP = 0.1  # edges are rounded to this, so that no edge is the place of a person


def group_rows(source: str, heard: Heard, weight: np.ndarray) -> list[dict[str, Any]]:
    """One row a group: how many, and where on the plane of the two dimensions that divide most. No rows where
    everybody is together. `weight`: of the people, as `heard` numbers them."""
    found = heard.found
    rows = []
    for group in range(found.k if found.k > 1 else 0):
        mine = found.group == group
        held = found.probability[:, group] * weight
        rows.append(
            {
                "source": source, "opinion_group": letter(group), "n": int(mine.sum()),
                "sure": int((mine & (found.probability[:, group] >= SURE)).sum()),
                "share": float(held.sum() / weight.sum()),
            } | _region(_plane(found.position), held)
        )  # fmt: skip
    return rows


def map_rows(source: str, heard: Heard, at_least: int) -> list[dict[str, Any]]:
    """Tiles of the plane, each cut in two across its longer side, near the middle person, as long as both parts have
    at least twice `at_least` people. Only people who took a side; no tile where they are fewer than `at_least`."""
    voted = heard.found.space.precision.any(axis=(1, 2)) if len(heard.people) else np.zeros(0, bool)
    plane = _plane(heard.found.position)[voted]
    if len(plane) < at_least or not heard.found.position.shape[1]:
        return []
    spread = _plane(np.sqrt(np.diagonal(heard.found.position_covariance, axis1=1, axis2=2)))[voted]
    low, high = np.floor(plane.min(axis=0) / _STEP) * _STEP, np.ceil(plane.max(axis=0) / _STEP) * _STEP
    tiles = _cut(plane, np.arange(len(plane)), np.array([low, np.maximum(high, low + _STEP)]), 2 * at_least)
    return [
        {
            "source": source, "tile": number, "left": _round(edge[0, 0]), "right": _round(edge[1, 0]),
            "bottom": _round(edge[0, 1]), "top": _round(edge[1, 1]), "n": len(people),
            "unsure": float(np.sort(spread[people, 0]).mean()), "unsure_up": float(np.sort(spread[people, 1]).mean()),
        }
        for number, (edge, people) in enumerate(tiles, 1)
    ]  # fmt: skip


# --- workings ----------------------------------------------------------------------------------------------------


def _plane(values: np.ndarray) -> np.ndarray:
    """The first two columns; what is not there is 0."""
    return np.pad(values, ((0, 0), (0, max(2 - values.shape[1], 0))))[:, :2]


def _region(plane: np.ndarray, held: np.ndarray) -> dict[str, float]:
    share = held / held.sum()
    middle = share @ plane
    away = plane - middle
    spread = np.sqrt(np.maximum(share @ away**2, 1e-12))
    slant = float(share @ (away[:, 0] * away[:, 1]) / spread.prod())
    names = ("x", "y", "spread_x", "spread_y", "slant")
    return dict(zip(names, map(float, (*middle, *spread, slant)), strict=True))


def _cut(plane: np.ndarray, people: np.ndarray, edge: np.ndarray, least: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(edges, people) of tiles; edges are (low corner, high corner)."""
    for axis in np.argsort(edge[0] - edge[1], kind="stable").tolist():
        at = np.round(np.median(plane[people, axis]) / _STEP) * _STEP
        below = plane[people, axis] < at
        if edge[0, axis] < at < edge[1, axis] and min(below.sum(), (~below).sum()) >= least:
            first, second = edge.copy(), edge.copy()
            first[1, axis] = second[0, axis] = at
            return _cut(plane, people[below], first, least) + _cut(plane, people[~below], second, least)
    return [(edge, people)]


def _round(value: float) -> float:
    return round(float(value), 3) + 0.0
