"""A file of population figures → margins and totals to calibrate to, in the layouts people bring.

characteristic,category,people      the documented one; other common headers for the three are read too
sex,Female,4530000
age_years,,352000000                a row without a category: the sum of a column of numbers over the population

sex,Freq                            one characteristic under its own name, as R's data.frame(table(x)) writes it;
Female,4530000                      several of them below each other, each with its own header

sex,area,people                     two or more characteristics crossed: one margin, of their combinations
Female,north,310000
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput, CannotEstimate
from ..stats.calibration import NumericTotal
from ..stats.cells import Floats, codes_of
from ..stats.weights import Margin, agree_in_total, declared_margin
from ..tables import columns_in
from .columns import numbers, texts

__all__ = ["Known", "known_from"]

_CHARACTERISTIC = ("characteristic", "column", "variable", "margin")
_CATEGORY = ("category", "level", "value", "code")
_PEOPLE = (
    "people", "population", "count", "freq", "frequency", "n", "total", "number", "share", "proportion", "percent",
    "percentage",
)  # fmt: skip
_EXPECTED = "give one row a category under the headers characteristic, category, people: sex, Female, 4530000"

Row = tuple[str | None, str | None, str | None]


@dataclass(frozen=True)
class Known:
    """What is known of the population: margins, with their people, and sums of columns of numbers."""

    margins: list[Margin]
    numbers: list[NumericTotal]

    @property
    def names(self) -> list[str]:
        return [*(each.name for each in self.margins), *(each.name for each in self.numbers)]


def known_from(table: pa.Table, margins: pa.Table, base: Floats, where: str) -> Known:
    """One margin a characteristic named in the margins file, in its order, and the totals of columns of numbers.
    Whoever did not say keeps their share.

    table: the people, one row each · margins: columns of text or numbers · base: (rows,) weights before calibration.
    Raises BadInput for a file that is not margins or does not fit the people, CannotEstimate for contradictions.
    """
    place = f"{where}, margins"
    crossed, rows = _rows(table, margins, place)
    people: dict[str, dict[str, float]] = {}
    totals: dict[str, float] = {}
    named = [name for name, category, _ in rows if category is not None]
    for row, (name, category, text) in enumerate(rows, 1):
        if name is not None and category is None and name not in named and name not in totals:
            totals[name] = _total(text, row, place)
            continue
        count, known = _count(text), people.get(name or "", {})
        if name is None or category is None or count is None or category in known:
            raise BadInput(
                f"row {row} {'repeats a category' if category in known else _LACKS}", where=place, cure=_EXPECTED
            )
        people.setdefault(name, {})[category] = count
    agree_in_total(list(people), [sum(each.values()) for each in people.values()], where=place)
    found = [_margin(table, name, counts, base, where, crossed) for name, counts in people.items()]
    return Known(found, [NumericTotal(name, numbers(table, name, where), total) for name, total in totals.items()])


def _total(text: str | None, row: int, place: str) -> float:
    """The sum of a column of numbers, which may be negative."""
    try:
        total = float((text or "").replace(",", ""))
    except ValueError:
        total = math.nan
    if not math.isfinite(total):
        raise BadInput(f"row {row} has no category and {text!r} as its total", where=place, cure=_EXPECTED)
    return total


_LACKS = "lacks a name, a category or a count from 0 up"


_CROSSED = " by "


def _rows(table: pa.Table, margins: pa.Table, place: str) -> tuple[list[str], list[Row]]:
    """Characteristics that are crossed, if they are; and characteristic, category and count of each row."""
    headers = columns_in(margins)
    found = [_named(names, headers) for names in (_CHARACTERISTIC, _CATEGORY, _PEOPLE)]
    if all(name is not None for name in found):
        columns = [texts(margins, str(name), place).to_pylist() for name in found]
        return [], list(zip(*columns, strict=True))
    own = [name for name in headers if name in table.column_names and name != found[2]]
    if len(headers) == 2 and len(own) == 1 and found[2] is not None:
        columns = [texts(margins, name, place).to_pylist() for name in (own[0], found[2])]
        return [], _blocks(own[0], list(zip(*columns, strict=True)), table.column_names)
    if len(own) > 1 and found[2] is not None:
        people = texts(margins, found[2], place).to_pylist()
        combined = _together([texts(margins, name, place) for name in own]).to_pylist()
        return own, [(_CROSSED.join(own), each, count) for each, count in zip(combined, people, strict=True)]
    raise BadInput(f"these are not margins: the columns are {', '.join(headers)}", where=place, cure=_EXPECTED)


def _together(columns: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Combinations of categories as one text, null where any is."""
    return pc.binary_join_element_wise(*columns, " / ", null_handling="emit_null")


def _named(names: Sequence[str], headers: Sequence[str]) -> str | None:
    """The header that is one of the names; the earliest name wins."""
    folded = {header.casefold(): header for header in reversed(headers)}
    return next((folded[name] for name in names if name in folded), None)


def _blocks(first: str, rows: Sequence[tuple[str | None, str | None]], columns: Sequence[str]) -> list[Row]:
    """Tables of one characteristic each, below each other: a row that is a header again starts the next."""
    name = first
    found: list[Row] = []
    for category, count in rows:
        if category in columns and count is not None and count.casefold() in _PEOPLE:
            name = str(category)
        else:
            found.append((name, category, count))
    return found


def _count(text: str | None) -> float | None:
    """A count from 0 up, also as published with commas between thousands; None for anything else."""
    try:
        count = float((text or "").replace(",", ""))
    except ValueError:
        return None
    return count if 0 <= count < float("inf") else None


def _margin(
    table: pa.Table, name: str, people: dict[str, float], base: Floats, where: str, crossed: Sequence[str]
) -> Margin:
    labels = list(people)
    own = [texts(table, each, where) for each in crossed]
    text = _as_written(_together(own) if own else texts(table, name, where), labels)
    strays = sorted({v for v in pc.unique(text).to_pylist() if v is not None} - set(labels))
    if strays:
        close = difflib.get_close_matches(strays[0], labels, 1)
        hint = f"did you mean {close[0]!r}? Write it the same in both files" if close else "add a row for it"
        raise BadInput(
            f"the column {name} holds {strays[0]!r}, for which the margins have no row", where=where, cure=hint
        )
    counts, codes = np.array(list(people.values())), codes_of(text, labels)
    heard = np.bincount(codes[base > 0], minlength=len(labels) + 1)[:-1]
    for level in np.flatnonzero((heard > 0) & (counts == 0)):
        raise CannotEstimate(
            f"{heard[level]:,} rows have {labels[level]!r} as {name}, of whom the margins say there are 0 people",
            where=where, cure="give its population figure, or take these rows out of the file",
        )  # fmt: skip
    margin = declared_margin(name, codes, counts, labels, base)[0]
    return dataclasses.replace(margin, targets=margin.targets * counts.sum())


def _as_written(text: pa.ChunkedArray, labels: Sequence[str]) -> pa.ChunkedArray:
    """Values as the margins spell them, where only capitals differ: True, TRUE and true are one category."""
    alike: dict[str, list[str]] = {}
    for label in labels:
        alike.setdefault(label.casefold(), []).append(label)
    given = [value for value in pc.unique(text).to_pylist() if value is not None]
    spelled = [alike.get(v.casefold(), [v])[0] if v not in labels and len(alike.get(v.casefold(), [])) == 1 else v
               for v in given]  # fmt: skip
    if spelled == given:
        return text
    places = pc.index_in(text, value_set=pa.array(given, pa.string()))
    return pa.chunked_array([pa.array(spelled, pa.string()).take(places.combine_chunks())])
