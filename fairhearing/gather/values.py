"""Columns of strings as codes and numbers, decided once per distinct value instead of once per row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .text import number

__all__ = ["Coded", "coded", "hashes", "numbers"]


@dataclass(frozen=True)
class Coded:
    """`codes` index into `values`; −1 is an empty cell. `values` are distinct, without surrounding space."""

    codes: np.ndarray
    values: tuple[str, ...]

    @property
    def empty(self) -> np.ndarray:
        return self.codes < 0

    def where(self, test: Callable[[str], bool]) -> np.ndarray:
        """Rows whose value passes a test; an empty cell does not."""
        return self.spread(np.array([test(value) for value in self.values], bool), False)

    def spread(self, per_value: np.ndarray, for_empty: object) -> np.ndarray:
        """One entry per value → one per row."""
        return np.append(per_value, np.array([for_empty], per_value.dtype))[self.codes]

    def texts(self, per_value: list[str | None]) -> pa.Array:
        """One text per value → one per row; an empty cell is null."""
        return pa.array(per_value, pa.string()).take(pa.array(self.codes, mask=self.empty))


def coded(column: pa.Array) -> Coded:
    """Dictionary-encode a string column; blank cells are empty."""
    trimmed = pc.utf8_trim_whitespace(column)
    encoded = pc.dictionary_encode(trimmed)
    values = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    if "" in values:
        codes = np.where(codes == values.index(""), -1, codes).astype(np.int32)
    return Coded(codes, tuple(values))


def numbers(column: Coded) -> np.ndarray:
    """Plain decimal numbers; NaN where the cell is empty or something else."""
    parsed = [number(value) for value in column.values]
    return column.spread(np.array([np.nan if each is None else each for each in parsed], float), np.nan)


def hashes(column: Coded, rows: np.ndarray, source: str, key: bytes) -> pa.Array:
    """Keyed BLAKE2b of source and value, 16 hexadecimal digits; an empty cell is told by its row number.

    Without the key of the folder nobody can go back from a hash to a number by trying them all.
    """
    secret = key if len(key) <= 64 else hashlib.blake2b(key).digest()

    def digest(kind: str, value: str) -> str:
        return hashlib.blake2b(f"{source}\x1f{kind}\x1f{value}".encode(), digest_size=8, key=secret).hexdigest()

    named = column.texts([digest("person", value) for value in column.values])
    if not column.empty.any():
        return named
    unnamed = [digest("row", str(row)) if empty else None for row, empty in zip(rows, column.empty, strict=True)]
    return pc.coalesce(named, pa.array(unnamed, pa.string()))
