"""The rounds of a source side by side: who is in both, and one measure of one community in two of them compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .._wording import people as people_in_words
from ..programme import Break, Measure, Programme, Round, Rules, Source
from ..stats.calibration import auxiliary
from ..stats.cells import Floats, Ints, labels_of
from ..stats.domains import Estimate, Gap, change_of
from ..stats.linearisation import Calibration, sampling
from ..stats.overlap import Common, UnitParts, shared, unit_parts
from ..stats.series import break_between
from ..stats.weights import Margin

__all__ = ["Asked", "Cell", "Heard", "History", "Told", "cell_of"]

Row = dict[str, Any]
Cell = tuple[str | None, str | None]
"""Characteristic and community; (None, None) is everyone."""

NO_MARGIN = "those who answered differ each time, so no change can be claimed"
MOVED = "somebody is in both rounds in different clusters, so what the rounds have in common cannot be allowed for"


@dataclass(frozen=True)
class Heard:
    """The people of one source and round, in the order of their rows: all arrays (rows,).

    codes: position among the categories of each characteristic · margins: what the weights were held to."""

    person: pa.ChunkedArray
    stratum: pa.ChunkedArray
    cluster: pa.ChunkedArray
    weights: Floats
    base: Floats
    codes: Mapping[str, Ints]
    margins: Sequence[Margin]

    @property
    def clustered(self) -> bool:
        return self.cluster.null_count < len(self.cluster)

    @property
    def units(self) -> pa.Array:
        """What names each row's primary unit in every round: its cluster within its stratum, else the person."""
        person = pc.binary_join_element_wise("person", self.person, "\x1f")
        if not self.clustered:
            return _whole(person)
        within = pc.binary_join_element_wise("cluster", pc.fill_null(self.stratum, ""), self.cluster, "\x1f")
        return _whole(pc.coalesce(within, person))


@dataclass(frozen=True)
class Told:
    """One row of `estimates` as it was estimated. heard, y: the people and their answers (rows,), not-a-number
    without one; None where no sampling error exists."""

    source: Source
    round: str | None
    measure: Measure
    row: Row
    estimate: Estimate
    heard: Heard | None = None
    y: Floats | None = field(default=None, repr=False)


def cell_of(told: Told) -> Cell:
    return told.row.get("characteristic"), told.row.get("community")


Asked = dict[str, dict[Cell, Told]]
"""Round → community → what was told, rounds in the programme's order."""


class History:
    """Every measure of every source, round by round, and what any two rounds have in common (looked up once)."""

    def __init__(self, programme: Programme, told: Sequence[Told], meanings: Sequence[Row]) -> None:
        """meanings: rows of `invariance` from each round of a scale to its next."""
        self.programme = programme
        self._other_meaning = {
            (row["source"], row["measure"], row["round"]): str(row["says"])
            for row in meanings
            if row["verdict"] == "not comparable"
        }
        self.series: dict[tuple[str, str], Asked] = {}
        self._both: dict[tuple[str, str, str], _Both] = {}
        placed = [each for each in told if each.round is not None]
        for each in sorted(placed, key=lambda each: programme.round_place(each.round)):
            asked = self.series.setdefault((each.source.id, each.measure.id), {})
            asked.setdefault(str(each.round), {})[cell_of(each)] = each

    def matters(self, measure: Measure) -> float:
        """The smallest difference that matters, in units of the measure."""
        return self.programme.rules.smallest_difference * (measure.high - measure.low)

    def change(self, one: Told, other: Told) -> Gap:
        """A later row less an earlier one of the same series. Without an interval no change is given, only why."""
        if not other.source.has_margin:
            found = change_of(one.estimate, other.estimate, matters=self.matters(other.measure))
            return self.untold(one, other, found.cannot_tell or NO_MARGIN)
        broken = self.broken(other.source.id, other.measure.id, one.round, other.round)
        if broken:
            return self.untold(one, other, broken)
        both = self.both(one, other)
        if both is not None and both.moved:
            return self.untold(one, other, MOVED)
        common = both and both.common(self.series[other.source.id, other.measure.id][str(one.round)], one, other)
        found = change_of(
            one.estimate, other.estimate, matters=self.matters(other.measure), common=common or None,
            clustered=other.heard is not None and other.heard.clustered,
        )  # fmt: skip
        return found if found.cannot_tell is None else self.untold(one, other, found.cannot_tell)

    def untold(self, one: Told, other: Told, why: str) -> Gap:
        """The two figures, and why no change is told."""
        return Gap(other.estimate.estimate, one.estimate.estimate, None, cannot_tell=why)

    def how(self, one: Told, other: Told) -> str:
        """In words, how the two samples hang together."""
        both = self.both(one, other)
        if both is None:
            return "no interval"
        return both.in_words(self.programme.rules, other.source.columns.person is not None)

    def both(self, one: Told, other: Told) -> _Both | None:
        """None where no sampling error exists."""
        if one.heard is None or other.heard is None:
            return None
        key = other.source.id, str(one.round), str(other.round)
        if key not in self._both:
            self._both[key] = _Both(self.programme, one.heard, other.heard)
        return self._both[key]

    def other_meaning(self, source: str, measure: str, earlier: str | None, later: str | None) -> str | None:
        """Why a scale means something else in a later round, as tested from each round to its next; or None."""
        place = self.programme.round_place
        inside = range(place(earlier) + 1, place(later) + 1)
        told = (
            (place(round), says) for (s, m, round), says in self._other_meaning.items() if (s, m) == (source, measure)
        )
        return next((says for at, says in sorted(told) if at in inside), None)

    def broken(self, source: str, measure: str, earlier: str | None, later: str | None) -> str | None:
        """Why two rounds of a series do not compare, as declared; None where they do."""
        place = self.programme.round_place
        met = {place(each.at): each for each in self.programme.breaks if _breaks(each, source, measure)}
        flags = [number in met for number in range(len(self.programme.rounds))]
        at = break_between(flags, place(earlier), place(later))
        return None if at is None else _broken(met[at], self.programme.rounds[at])


def _breaks(each: Break, source: str, measure: str) -> bool:
    return each.source == source and each.measure in ("", measure)


def _broken(each: Break, round: Round) -> str:
    found = f"found in {each.found_in}" if each.found_in else "where that is documented is left blank"
    return f"the series breaks at {round.name}: {each.why.rstrip('. ')} ({found})"


class _Both:
    """Two rounds of one source: who is in both, and what their estimates have in common."""

    def __init__(self, programme: Programme, earlier: Heard, later: Heard) -> None:
        self._programme = programme
        self._rounds = earlier, later
        self._common: dict[str, dict[Cell, Common]] = {}

    @cached_property
    def people(self) -> int:
        """How many are in both."""
        return int(np.sum(self._before >= 0))

    @cached_property
    def _before(self) -> Ints:
        """Where each person of the later round stands in the earlier; -1 for whoever was not in it."""
        earlier, later = (_whole(each.person) for each in self._rounds)
        found = pc.fill_null(pc.index_in(later, value_set=earlier), -1)
        return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)

    @cached_property
    def _keys(self) -> tuple[Ints, Ints]:
        """Each row's primary unit as a number that means the same in both rounds."""
        units = [each.units for each in self._rounds]
        codes = labels_of(pa.concat_arrays(units))[0]
        return codes[: len(units[0])], codes[len(units[0]) :]

    @cached_property
    def units(self) -> int:
        """How many primary units are in both; 0 of two separate samples."""
        return len(np.intersect1d(*self._keys))

    @cached_property
    def moved(self) -> bool:
        """Whether somebody is in both rounds, but not in the same unit."""
        again = self._before >= 0
        return bool(np.any(self._keys[0][self._before[again]] != self._keys[1][again]))

    def common(self, before: Mapping[Cell, Told], one: Told, other: Told) -> Common | None:
        """What the two estimates have in common; None of two separate samples."""
        if not self.units or one.y is None or other.y is None:
            return None
        if other.measure.id not in self._common:
            self._common[other.measure.id] = self._all(list(before), one.y, other.y)
        return self._common[other.measure.id][cell_of(other)]

    def _all(self, cells: Sequence[Cell], before: Floats, after: Floats) -> dict[Cell, Common]:
        rounds = zip(self._rounds, (before, after), self._keys, strict=True)
        found = shared(*(_parts(self._programme, *each, cells) for each in rounds))
        return {cell: found.at(place) for place, cell in enumerate(cells)}

    def in_words(self, rules: Rules, numbered: bool) -> str:
        """How the two samples hang together. Numbers of people only where they, and those left, may be published."""
        if not self.units:
            return f"{_APART[numbered]}: variances added, Welch t interval, of means not below that of one variance"
        how = "covariance of what is in both taken off, Welch t interval"
        if all(each.clustered for each in self._rounds):
            return f"{self.units} clusters are in both rounds, those of one name being one: {how}"
        sizes = [len(each.person) for each in self._rounds]
        return f"{_in_both(self.people, sizes, rules)}: {how}"


_APART = {
    True: "nobody is in both rounds",
    False: "the file does not number people, so taken as separate samples",
}


def _in_both(people: int, sizes: Sequence[int], rules: Rules) -> str:
    least, left = rules.publish_at_least, [size - people for size in sizes]
    if not any(left):
        return "the same people are in both rounds"
    if people < least:
        return f"fewer than {least} people are in both rounds"
    if min(left) < least:
        return "nearly everybody of one round is in the other too"
    return f"{people_in_words(people, rules)} are in both rounds"


def _parts(programme: Programme, heard: Heard, y: Floats, keys: Ints, cells: Sequence[Cell]) -> UnitParts:
    rows = len(y)
    stratum = labels_of(heard.stratum)[0] if heard.stratum.null_count < rows else None
    design = sampling(rows, strata=stratum, clusters=[keys] if heard.clustered else [])
    calibration = Calibration.of(auxiliary(heard.margins, (), rows), heard.base) if heard.margins else None
    inside = np.array([_inside(programme, heard, cell) for cell in cells], bool)
    return unit_parts(y, inside, heard.weights, keys, design, calibration)


def _inside(programme: Programme, heard: Heard, cell: Cell) -> Ints:
    characteristic, community = cell
    if characteristic is None:
        return np.ones(len(heard.weights), bool)
    categories = [each.id for each in programme.characteristic(characteristic).categories]
    return np.asarray(heard.codes[characteristic] == categories.index(str(community)))


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
