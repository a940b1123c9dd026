"""Complementary suppression: which further cells to hide, so that no hidden one can be worked out from a total.

Within a group whose total is public, whoever knows the published cells knows the sum of the hidden ones, and more:
that a cell withheld as too small lies below the threshold, and that one withheld for another's sake does not. A
hidden cell i of value v, known to lie between low and high, can then be narrowed to

    v − min(v − low_i, Σ_j≠i (high_j − v_j))   …   v + min(high_i − v, Σ_j≠i (v_j − low_j))

with j over the other hidden cells of the group. As there is one equation, that is the exact answer of the two linear
programmes "as small as can be" and "as large as can be" by which protection is judged (an attacker in the tests).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["UNBOUNDED", "Cells", "complement", "exposed", "widths"]

UNBOUNDED = 1 << 32
"""A bound nobody will reach; a sum of a million of them is still exact."""

Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Arrays of one length. Cells with the same `group` add up to a public total."""

    group: Whole
    """From 0; negative: in no group."""
    value: Whole
    low: Whole
    high: Whole
    """What is known of a hidden cell beforehand: low ≤ value ≤ high."""

    def of(self, where: Any) -> Cells:
        return Cells(self.group[where], self.value[where], self.low[where], self.high[where])


def widths(cells: Cells, hidden: Mask) -> Whole:
    """Length of the interval to which each hidden cell can be narrowed; UNBOUNDED for cells not hidden."""
    down, up = cells.value - cells.low, cells.high - cells.value
    counted = hidden & (cells.group >= 0)
    sums = [_sums(cells.group, np.where(counted, slack, 0)) - np.where(counted, slack, 0) for slack in (down, up)]
    width = np.minimum(up, sums[0]) + np.minimum(down, sums[1])
    return np.where(counted, width, UNBOUNDED)


def exposed(cells: Cells, hidden: Mask, *, width: int, least: int) -> Mask:
    """Hidden cells in a group where one of them can be narrowed to fewer than `width`, or where all hidden together
    are fewer than `least`: their sum is what a reader can work out, so it must be publishable itself."""
    counted = hidden & (cells.group >= 0)
    narrow = counted & (widths(cells, hidden) < width)
    few = counted & (_sums(cells.group, np.where(counted, cells.value, 0)) < least)
    bad = np.unique(cells.group[narrow | few])
    return counted & np.isin(cells.group, bad)


def complement(cells: Cells, hidden: Mask, *, width: int, least: int) -> Mask:
    """Hidden cells, with those added that leave none exposed: the smallest that suffices, or else the largest and
    again. Where everything in a group is hidden already there is nothing to add. Ties go to the first cell."""
    hidden = hidden.copy()
    bad = exposed(cells, hidden, width=width, least=least)
    order = np.argsort(cells.group, kind="stable")
    starts = np.searchsorted(cells.group[order], np.unique(cells.group[bad]), side="left")
    ends = np.searchsorted(cells.group[order], np.unique(cells.group[bad]), side="right")
    for start, end in zip(starts, ends, strict=True):
        members = order[start:end]
        hidden[members] = _one_group(cells.of(members), hidden[members], width, least)
    return hidden


def _one_group(cells: Cells, hidden: Mask, width: int, least: int) -> Mask:
    while exposed(cells, hidden, width=width, least=least).any() and not hidden.all():
        candidates = np.flatnonzero(~hidden)
        candidates = candidates[np.argsort(cells.value[candidates], kind="stable")]
        suffices = _suffices(cells, hidden, candidates, width, least)
        hidden = hidden.copy()
        hidden[candidates[np.argmax(suffices)] if suffices.any() else candidates[-1]] = True
    return hidden


def _suffices(cells: Cells, hidden: Mask, candidates: NDArray[np.intp], width: int, least: int) -> Mask:
    """For each candidate, whether hiding it leaves nothing exposed: a table of candidates by cells."""
    down, up = cells.value - cells.low, cells.high - cells.value
    with_it = hidden[None, :] | (np.arange(len(hidden))[None, :] == candidates[:, None])
    downs, ups = ((slack[hidden].sum() + slack[candidates])[:, None] - slack[None, :] for slack in (down, up))
    each = np.where(with_it, np.minimum(up, downs) + np.minimum(down, ups), UNBOUNDED)
    enough = cells.value[hidden].sum() + cells.value[candidates] >= least
    return np.asarray((each.min(axis=1) >= width) & enough)


def _sums(group: Whole, value: Whole) -> Whole:
    """Sum over its group, for every cell; 0 for cells in no group."""
    inside = group >= 0
    if not inside.any():
        return np.zeros(len(group), np.int64)
    totals = np.bincount(group[inside], weights=value[inside])
    return np.where(inside, totals[group], 0).astype(np.int64)
