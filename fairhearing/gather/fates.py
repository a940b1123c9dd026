"""What becomes of every row: the fates of a file sum to its rows.

Kept as small integers per row that point into a short list of reasons, so that a million rows cost no loop.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..tables import FATES, as_declared

__all__ = ["Fates"]

USED, SET_ASIDE, DUPLICATE, _REFUSED = range(4)
MOST_REASONS = 10_000
"""Beyond this many different combinations, further remarks on a row are not spelled out."""


class Fates:
    """Fates of the `n` rows that could be read. All masks are boolean arrays of length n."""

    def __init__(self, n: int) -> None:
        self._fate = np.zeros(n, np.int8)
        self._reason = np.zeros(n, np.int32)
        self._other = np.zeros(n, np.int64)
        self._texts = [""]
        self._ids = {"": 0}

    @property
    def used(self) -> np.ndarray:
        """Which rows are used so far."""
        return self._fate == USED

    def remark(self, where: np.ndarray, text: str) -> int:
        """Say something about rows that stay used; returns how many."""
        where = where & self.used
        for state in np.unique(self._reason[where]):
            before = self._texts[state]
            joined = f"{before}; {text}" if before else text
            self._reason[where & (self._reason == state)] = self._id(joined, state)
        return int(where.sum())

    def set_aside(self, where: np.ndarray, because: str) -> int:
        """Set rows aside, unless they already were; the first cause found is the one given."""
        where = where & self.used
        self._fate[where] = SET_ASIDE
        self._reason[where] = self._id(because, 0)
        return int(where.sum())

    def duplicate(self, where: np.ndarray, of: np.ndarray, words: str) -> int:
        """Mark rows as duplicates; `of` gives for each row the number of the row that counts."""
        where = where & self.used
        self._fate[where] = DUPLICATE
        self._reason[where] = self._id(words, 0)
        self._other[where] = of[where]
        return int(where.sum())

    def table(self, source: str, rows: np.ndarray, spoilt: Mapping[int, str]) -> pa.Table:
        """The declared table: rows that could be read, and those that could not, in the order of the file."""
        reasons = pa.array([text or None for text in self._texts], pa.string()).take(pa.array(self._reason))
        other = pa.array(self._other, mask=self._other == 0)
        numbered = pc.binary_join_element_wise(reasons, pc.cast(other, pa.string()), " ")
        reasons = pc.coalesce(numbered, reasons)
        names = pa.array(FATES).take(pa.array(self._fate))
        lost = sorted(spoilt)
        table = pa.table(
            {
                "source": pa.repeat(pa.scalar(source), len(rows) + len(lost)),
                "row": pa.concat_arrays([pa.array(rows, pa.int64()), pa.array(lost, pa.int64())]),
                "fate": pa.concat_arrays([names, pa.repeat(pa.scalar(FATES[SET_ASIDE]), len(lost))]),
                "reason": pa.concat_arrays([reasons, pa.array([spoilt[row] for row in lost], pa.string())]),
            }
        )
        return as_declared("fates", table.sort_by("row") if lost else table)

    def _id(self, text: str, otherwise: int) -> int:
        """The number of a reason; with too many of them, the one it would have extended."""
        if text not in self._ids:
            if len(self._texts) >= MOST_REASONS:
                return int(otherwise)
            self._ids[text] = len(self._texts)
            self._texts.append(text)
        return self._ids[text]
