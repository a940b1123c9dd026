"""Rows with the same codes are one cell: what depends only on codes is summed once, however many rows there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Cells", "Floats", "Ints", "codes_of", "group", "labels_of", "summed"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[Any]

_TABLE_LIMIT = 1 << 22  # beyond this many possible combinations, sorting costs less than a lookup table


@dataclass(frozen=True)
class Cells:
    """of_row: (rows,) cell of each row · codes: one (cells,) array a factor · levels: number of codes a factor."""

    of_row: Ints
    codes: tuple[Ints, ...]
    levels: tuple[int, ...]
    count: int

    def sum(self, values: Floats | None = None) -> Floats:
        """Sum of `values` (rows,) in each cell; without values, the number of rows."""
        return summed(self.of_row, values, self.count)

    def lowest(self, values: Floats) -> Floats:
        """Smallest value in each cell, not-a-number left out; +inf where there is none."""
        answer = np.full(self.count, np.inf)
        np.fmin.at(answer, self.of_row, values)
        return answer

    def highest(self, values: Floats) -> Floats:
        """Largest value in each cell; -inf where there is none."""
        return -self.lowest(-values)


def summed(codes: Ints, values: Floats | None, count: int) -> Floats:
    """Sum of `values` (rows,) at each code 0 … count-1; without values, the number of rows. (count,)"""
    return np.bincount(codes, values, count).astype(np.float64, copy=False)


def group(factors: Sequence[Ints], levels: Sequence[int], rows: int) -> Cells:
    """Cells of the factors crossed, only those that occur, ordered by code.

    factors: each (rows,) with codes 0 … levels-1. No factor: one cell.
    """
    key: Ints = np.zeros(rows, np.int64)
    size = 1
    for codes, count in zip(factors, levels, strict=True):
        if size * count > _TABLE_LIMIT:
            key, size = _compact(key, size)
        key = key * count + codes
        size *= count
    key, size = _compact(key, size)
    of_row = key.astype(np.int32)
    row = np.zeros(size, np.int64)
    row[of_row] = np.arange(rows)  # any row of the cell will do: they all have its codes
    return Cells(of_row, tuple(codes[row] for codes in factors), tuple(levels), size)


def _compact(key: Ints, size: int) -> tuple[Ints, int]:
    """The same keys renumbered without gaps, in the same order."""
    if size > _TABLE_LIMIT:
        present, renumbered = np.unique(key, return_inverse=True)
        return renumbered.reshape(-1), len(present)
    present = np.bincount(key, minlength=size) > 0
    return (np.cumsum(present) - 1)[key], int(present.sum())


def codes_of(column: pa.Array | pa.ChunkedArray, categories: Sequence[str]) -> Ints:
    """Position of each value among `categories`; len(categories) where it is empty or none of them. (rows,) int16."""
    found = pc.index_in(column, value_set=pa.array(categories, column.type))
    return np.asarray(pc.fill_null(found, len(categories)).to_numpy(zero_copy_only=False)).astype(np.int16)


def labels_of(column: pa.Array | pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Codes in order of first appearance, -1 where empty, and what they stand for. (rows,) int32."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(whole, pa.ChunkedArray):  # an empty chunked array stays chunked
        return np.zeros(0, np.int32), []
    coded = whole.dictionary_encode()
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    return np.asarray(codes).astype(np.int32), [str(value) for value in coded.dictionary.to_pylist()]
