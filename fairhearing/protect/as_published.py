"""A figure that several tables of official figures repeat is hidden in all of them, or in none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .cells import Sheet

__all__ = ["hide_repeated"]

_REPEATED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "funnels": (("period", "stage"), ("period", "previous")),
    "share_changes": (("period_from", "measure"), ("period_to", "measure")),
    "disproportions": (("period", "measure"), ("period", "against")),
}
"""Columns that name the period and the measure of each figure a row repeats from `known_shares`."""


def hide_repeated(sheets: Mapping[str, Sheet]) -> None:
    """Rows that repeat a figure hidden in `known_shares`, where a table's cells are hidden for each other's sake."""
    if "known_shares" not in sheets:
        return
    shares = sheets["known_shares"]
    hidden = {
        key for key, gone in zip(_figures(shares, "period", "measure"), shares.hidden.tolist(), strict=True) if gone
    }
    for name, places in _REPEATED.items():
        if name in sheets and hidden:
            found = [_figures(sheets[name], *place) for place in places]
            again = [any(key in hidden for key in keys) for keys in zip(*found, strict=True)]
            sheets[name].hidden |= np.array(again, bool)


def _figures(sheet: Sheet, period: str, measure: str) -> list[tuple[str | None, ...]]:
    columns = ("source", "series", period, measure, "dimension", "category")
    return list(zip(*(sheet.table[column].to_pylist() for column in columns), strict=True))
