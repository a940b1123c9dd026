"""Evaluations as teams keep them: a row for each person and wave, answers in words. Made wide, and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import BadInput
from .files import ROW
from .text import close_to, fold

__all__ = ["Pair", "Paired", "in_numbers", "paired", "scored", "widened"]

AFTER, BEFORE = " at the end", " at the start"


@dataclass(frozen=True)
class Pair:
    """Rows of one person, by their place in the file; None: not measured at that wave."""

    first: int | None
    last: int | None

    def says(self, column: Sequence[str]) -> tuple[str, bool]:
        """What is known of the person (a group, a school), as first said; and whether the two waves agree on it."""
        given = [column[at] for at in (self.first, self.last) if at is not None and column[at]]
        return (given[0] if given else ""), len({fold(each) for each in given}) < 2


@dataclass(frozen=True)
class Paired:
    """people: one entry a person, in the order met · left: place of a row not used → why."""

    people: tuple[Pair, ...]
    left: dict[int, str]


def paired(person: Sequence[str], wave: Sequence[str], waves: Sequence[str], where: Path) -> Paired:
    """person, wave: (n,) one entry a row. waves: the first and the last. Raises BadInput for a wave the file has
    not."""
    known = {fold(each): each for each in wave if each}
    wanted = [fold(each) for each in waves]
    for given, folded in zip(waves, wanted, strict=True):
        if folded not in known:
            cure = close_to(given, known.values(), "waves")
            raise BadInput(f"there is no wave {given!r}", where=where, cure=cure)
    found: dict[str, dict[int, int]] = {}
    left: dict[int, str] = {}
    for at, (who, when) in enumerate(zip(person, wave, strict=True)):
        place = wanted.index(fold(when)) if fold(when) in wanted else None
        if not who or place is None:
            left[at] = "nobody knows whose row it is" if not who else f"of another wave ({when or 'none given'})"
        elif place in found.setdefault(fold(who), {}):
            left[at] = f"a second row of the same person at {waves[place]}: the first is used"
        else:
            found[fold(who)][place] = at
    return Paired(tuple(Pair(each.get(0), each.get(1)) for each in found.values() if each), left)


def widened(
    table: pa.Table, *, outcome: str, person: str, wave: str, waves: Sequence[str], same: Sequence[str], where: Path
) -> tuple[pa.Table, str, str, list[str]]:
    """A long file of text columns → one row a person; what its columns before and after are called; notes.

    same: columns that a person keeps. Raises BadInput where a column or wave is missing, and where people change
    what they should keep, since nobody can say then in which group they were."""
    known = [name for name in table.column_names if name != ROW]
    for name in (outcome, person, wave, *same):
        if name not in known:
            raise BadInput(f"there is no column {name!r}", where=where, cure=close_to(name, known, "columns"))
    columns = {name: _texts(table, name) for name in dict.fromkeys((outcome, person, wave, *same))}
    found = paired(columns[person], columns[wave], waves, where)
    wide = {
        outcome + BEFORE: [columns[outcome][each.first] if each.first is not None else "" for each in found.people],
        outcome + AFTER: [columns[outcome][each.last] if each.last is not None else "" for each in found.people],
    }
    for name in same:
        kept = [each.says(columns[name]) for each in found.people]
        moved = sum(not agrees for _, agrees in kept)
        if moved:
            raise BadInput(
                f"{moved:,} people have one {name} at {waves[0]} and another at {waves[1]}", where=where,
                cure="correct them, or give every row what was true when the project began",
            )  # fmt: skip
        wide[name] = [said for said, _ in kept]
    reasons = list(found.left.values())
    notes = [f"{table.num_rows:,} rows of {len(found.people):,} people, {waves[0]} beside {waves[1]}"]
    notes += [f"{reasons.count(why):,} rows left out, {why}" for why in dict.fromkeys(reasons)]
    return pa.table(wide), outcome + BEFORE, outcome + AFTER, notes


def _texts(table: pa.Table, name: str) -> list[str]:
    return [(each or "").strip() for each in table[name].cast(pa.string()).to_pylist()]


def in_numbers(words: Sequence[str]) -> dict[str, float]:
    """Answers in words, from low to high → 1, 2, 3, …"""
    return {fold(word): float(place) for place, word in enumerate(words, 1)}


def scored(table: pa.Table, columns: Sequence[str | None], words: Sequence[str], where: Path) -> pa.Table:
    """The table with those words as their places in those columns; what is no such word stays as it is."""
    if len(words) < 2 or len(in_numbers(words)) < len(words):
        raise BadInput("the words of a scale are at least two, each once", where=where,
                       cure="give them from low to high, such as Never,Sometimes,Often")  # fmt: skip
    places = in_numbers(words)
    for name in columns:
        if name in table.column_names:
            text: list[Any] = [
                f"{places[fold(each)]:g}" if each and fold(each) in places else each
                for each in table[name].cast(pa.string()).to_pylist()
            ]
            table = table.set_column(table.column_names.index(name), name, pa.array(text, pa.string()))
    return table
