"""One table of counts: which rows are too small, which others are hidden with them, and how the rest is rounded.

What a table's counts are (of which people, in which cells, adding up to what) is declared in `tables`; nothing
here names a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..programme import Rules
from ..tables import TABLES, Table
from .suppress import UNBOUNDED, Cells, Mask, Whole, complement, exposed

__all__ = ["EITHER", "FEW", "OTHERS", "Sheet", "published"]

FEW = "too few to report, not too few to matter"
OTHERS = "withheld so that another cell cannot be worked out"
EITHER = "withheld: this or a neighbouring cell is too few to report, not too few to matter"
"""Where telling which of them is small would let a reader work it out."""

_FINE = ("se", "p_adjusted", "probability")
"""Figures of which three decimals give back no count; of a share of few people they would."""

_TELLING = ("method", "cannot_tell", "marks", "because", "not_heard_because")
"""Free text of a withheld row that may repeat its numbers."""


@dataclass
class Sheet:
    """One table while it is being protected."""

    declared: Table
    table: pa.Table
    rules: Rules
    hidden: Mask
    """Rows to withhold, for whatever reason."""
    few: Mask
    """Those with a small count of their own."""
    weak: Mask
    """Those whose neighbours would show them, did we say which of them is small."""
    total_is_public: Mask
    """Rows of groups whose total can be known."""

    @classmethod
    def of(cls, name: str, table: pa.Table, rules: Rules, total_is_public: Mask | None = None) -> Sheet:
        none = np.zeros(table.num_rows, bool)
        public = ~none if total_is_public is None else total_is_public
        return cls(TABLES[name], table, rules, none.copy(), none.copy(), none.copy(), public)

    # --- what the columns say -----------------------------------------------------------------------------------

    @property
    def width(self) -> int:
        """A hidden count can never be narrowed to fewer than this many people between lowest and highest."""
        return self.rules.publish_at_least // 2

    def count(self, column: str) -> Whole:
        """A count, −1 where there is none."""
        return np.asarray(pc.fill_null(self.table[column], -1).to_numpy(), np.int64)

    def group(self, columns: Sequence[str]) -> Whole:
        """A number from 0 for each combination of values; null is a value."""
        return group_of(self.table, columns)

    @property
    def of_community(self) -> Mask:
        """Rows about one community. Those who did not say are none: their number tells nothing about anybody, so it
        is withheld where it is small and takes no community along."""
        if "community" not in self.table.column_names:
            return np.zeros(self.table.num_rows, bool)
        return np.asarray(pc.is_valid(self.table["community"]).to_numpy())

    @property
    def of_everyone(self) -> Mask:
        """Rows that single out no characteristic."""
        if "characteristic" not in self.table.column_names:
            return np.ones(self.table.num_rows, bool)
        return np.asarray(pc.is_null(self.table["characteristic"]).to_numpy())

    def small(self, column: str) -> Mask:
        """Counts from 1 to below the threshold, and in a community that was heard 0 too, unless everybody's is 0."""
        return self._small(self.count(column))

    def _small(self, count: Whole) -> Mask:
        few = (count > 0) & (count < self.rules.publish_at_least)
        nobody = (count == 0) & self.of_community & ~self._nobody_heard
        return few | (nobody & ~self._nobody_at_all(count))

    @property
    def _nobody_heard(self) -> Mask:
        """Rows about nobody. That a community was not heard at all tells nothing about anyone who was, and must be
        said; only where some of it were heard is "none of them" a disclosure."""
        return self.count(self.declared.counts[0]) == 0

    def _nobody_at_all(self, count: Whole) -> Mask:
        """Rows whose everyone row has the same count of 0: there is nothing left to hide."""
        around = [column for column in self.declared.within if column != "characteristic"]
        if not around or not len(count):
            return np.zeros(len(count), bool)
        group = self.group(around)
        zero = np.zeros(int(group.max()) + 1, bool)
        zero[group[self.of_everyone & (count == 0)]] = True
        return np.asarray(zero[group])

    # --- the people counted first -------------------------------------------------------------------------------

    def hide_small_rows(self) -> None:
        """Primary suppression: any count of people, the first part of them, or the rest, is small."""
        alone = {*self.declared.parts[1:], *(names[0] for names in self.declared.beside)}
        for column in self.declared.counts:
            if column not in alone:
                self.few |= self.small(column)
        if self.declared.parts:
            self.few |= self._small(self._rest())
        self.hidden |= self.few

    def _rest(self) -> Whole:
        """People of the first count who are not in its first part; −1 where either is not given."""
        whole, part = self.count(self.declared.counts[0]), self.count(self.declared.parts[0])
        return np.where((whole < 0) | (part < 0), -1, whole - part)

    def small_base(self) -> Mask:
        """Rows whose people are few, whatever they said."""
        alone = {*self.declared.parts, *(names[0] for names in self.declared.beside)}
        masks = [self.small(column) for column in self.declared.counts if column not in alone]
        return np.logical_or.reduce([np.zeros(self.table.num_rows, bool), *masks])

    def hide_more_people(self, base: Mask) -> Mask:
        """`base`: rows whose number of people is hidden. With those added that keep each from being worked out of the
        community totals; all rows about the same people are hidden together."""
        keys = self.declared.base or self.declared.cell
        if not self.declared.within or not self.table.num_rows:
            return base
        key = self.group(keys)
        _, first = np.unique(key, return_index=True)
        whole = self.count(self.declared.counts[0])[first]
        group = self._groups([column for column in keys if column in self.declared.within])[first]
        group = np.where(whole == 0, -1, group)  # told, so it can hide nobody else
        least = self.rules.publish_at_least
        small = whole < least
        cells = Cells(group, whole, np.where(small, 1, least), np.where(small, least - 1, UNBOUNDED))
        hidden = np.zeros(int(key.max()) + 1, bool)
        hidden[key[base]] = True
        hidden = complement(cells, hidden, width=self.width, least=least)
        weak = exposed(cells, hidden, width=self.width, least=0)
        self.weak |= weak[key]
        self.hidden |= hidden[key]
        return np.asarray(hidden[key])

    def _groups(self, columns: Sequence[str]) -> Whole:
        """Groups of community rows that add up to something public; −1 for other rows."""
        inside = self.total_is_public & (self.of_community | ("community" not in self.declared.cell))
        return np.where(inside, self.group(columns), -1)

    # --- what they said -----------------------------------------------------------------------------------------

    def hide_more_rows(self) -> None:
        """Complementary suppression of the first part and of its rest, row by row."""
        if not self.declared.parts or not self.declared.within or not self.table.num_rows:
            return
        part, rest = self.count(self.declared.parts[0]), self._rest()
        cells = self._part_cells(part, self.count(self.declared.counts[0]))
        other = _mirrored(cells, rest, self.rules.publish_at_least)
        both = [_without(cells, self._nobody_at_all(part)), _without(other, self._nobody_at_all(rest))]
        before = -1
        while before != self.hidden.sum():  # a row hidden for the rest's sake must not be exposed by its part
            before = int(self.hidden.sum())
            for each in both:
                self.hidden = complement(each, self.hidden, width=self.width, least=self.rules.publish_at_least)
        for each in both:
            self.weak |= exposed(each, self.hidden, width=self.width, least=0)

    def _part_cells(self, part: Whole, whole: Whole) -> Cells:
        """A part of known people: what is known of it beforehand depends on which of the two counts is small."""
        least = self.rules.publish_at_least
        low = np.where(part < least, 0, np.where(whole - part < least, whole - least + 1, least))
        high = np.where(part < least, least - 1, np.where(whole - part < least, whole, whole - least))
        group = np.where((part < 0) | (whole <= 0), -1, self._groups(self.declared.within))
        return Cells(group, np.maximum(part, 0), np.maximum(low, 0), np.maximum(high, np.maximum(part, 0)))

    def parts_left_out(self) -> Mask:
        """Published rows in which the parts after the first (and what they leave) must not be told."""
        if len(self.declared.parts) < 2 or not self.table.num_rows:
            return np.zeros(self.table.num_rows, bool)
        others = [self.count(part) for part in self.declared.parts[1:]]
        remainder = np.where(self._rest() < 0, -1, self._rest() - np.add.reduce(others))
        counts = [*others, *([remainder] if (remainder > 0).any() else [])]
        told = np.logical_or.reduce([self._small(count) for count in counts]) | self.hidden
        if self.declared.within:
            cells = self._part_cells(others[0], np.maximum(self._rest(), others[0]))
            told = complement(cells, told, width=self.width, least=self.rules.publish_at_least)
        return np.asarray(told & ~self.hidden)

    def left_out(self) -> Iterator[tuple[Mask, tuple[str, ...]]]:
        """Rows, and the columns of theirs that are left out though the row is published."""
        if len(self.declared.parts) > 1:
            yield self.parts_left_out(), self.declared.parts[1:]
        for names in self.declared.beside:
            count = self.count(names[0])
            yield (count > 0) & (count < self.rules.publish_at_least) & ~self.hidden, names

    @property
    def reasons(self) -> list[str | None]:
        """Why each row is withheld; None where it is published."""
        told = np.where(self.weak, EITHER, np.where(self.few, FEW, OTHERS))
        return [str(reason) if hidden else None for reason, hidden in zip(told, self.hidden, strict=True)]


def _without(cells: Cells, rows: Mask) -> Cells:
    """The same cells, those rows in no group."""
    return Cells(np.where(rows, -1, cells.group), cells.value, cells.low, cells.high)


def _mirrored(cells: Cells, rest: Whole, least: int) -> Cells:
    """The same cells counted by who is not in the part; where people are few, nothing but that is known of either."""
    rest = np.maximum(rest, 0)
    whole = cells.value + rest
    few = whole < least
    low, high = np.maximum(whole - cells.high, 0), np.maximum(whole - cells.low, 0)
    return Cells(cells.group, rest, np.where(few, 0, low), np.where(few, least - 1, high))


def group_of(table: pa.Table, columns: Sequence[str]) -> Whole:
    """A number from 0 for each combination of values in `columns`, the same for the same values."""
    codes = np.zeros(table.num_rows, np.int64)
    for column in columns:
        encoded = table[column].combine_chunks().dictionary_encode(null_encoding="encode")
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        own = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int64)
        codes = np.unique(codes * (len(encoded.dictionary) + 1) + own, return_inverse=True)[1].astype(np.int64)
    return codes


# --- what is published --------------------------------------------------------------------------------------------


def published(sheet: Sheet, more_left_out: Sequence[tuple[Mask, tuple[str, ...]]] = ()) -> pa.Table:
    """The table with withheld figures null, counts and figures rounded, `withheld` saying why, and, where the table
    has counts that can be left out alone, `left_out` naming them."""
    blank = {name: sheet.hidden.copy() for name in _blanked(sheet)}
    named: list[list[str]] = [[] for _ in range(sheet.table.num_rows)]
    partial = [*sheet.left_out(), *more_left_out]
    for rows, columns in partial:
        for column in columns:
            blank[column] = blank.get(column, np.zeros(len(rows), bool)) | rows
            for row in np.flatnonzero(rows & ~sheet.hidden):
                named[row] += [column] if column not in named[row] else []
    safe = {name: _column(sheet, name, blank.get(name)) for name in sheet.table.column_names}
    safe["withheld"] = pa.array(sheet.reasons, pa.string())
    if partial:
        safe["left_out"] = pa.array([", ".join(names) or None for names in named], pa.string())
    return pa.table(safe)


def _blanked(sheet: Sheet) -> list[str]:
    declared = {*sheet.declared.counts, *sheet.declared.hides, *_TELLING}
    return [name for name in sheet.table.column_names if name in declared]


def _column(sheet: Sheet, name: str, blank: NDArray[np.bool_] | None) -> pa.Array:
    """One column, rounded unless it is published already, then blanked."""
    column: Any = sheet.table[name].combine_chunks()
    declared = sheet.declared.column(name)
    if sheet.declared.as_published:
        pass
    elif name in sheet.declared.counts or (declared and declared.unit == "people" and declared.type == "number"):
        column = _rounded(column, sheet.rules.round_counts_to)
    elif declared and declared.type == "number" and name != "population_share":
        column = pc.round(column, 3 if name in _FINE else 2, round_mode="half_towards_infinity")
    if blank is not None and blank.any():
        column = pc.if_else(pa.array(blank), pa.scalar(None, column.type), column)
    return column


def _rounded(column: Any, to: int) -> Any:
    """To the nearest multiple, halves up: always the same way, so that nothing is learned by asking twice."""
    steps = pc.floor(pc.add(pc.divide(pc.cast(column, pa.float64()), float(to)), 0.5))
    return pc.cast(pc.multiply(steps, float(to)), column.type)
