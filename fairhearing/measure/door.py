"""The direct door: one file, one column, one table of estimates. No programme folder, the same arithmetic."""

from __future__ import annotations

import difflib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput
from ..stats.cells import Floats, Ints, codes_of
from ..stats.domains import Estimate, estimate_of
from ..stats.variance import Means, answers, domain_means, partition_totals
from ..stats.weights import Margin, agree_in_total, declared_margin, rake, scaled
from .sampling import sampled_design

__all__ = ["estimate_table"]

NO_ANSWER = ("", "NA", "NaN", "nan")
"""Cells that hold no answer, besides truly empty ones."""


def estimate_table(
    table: pa.Table,
    *,
    item: str,
    by: str | None,
    margins: pa.Table | None,
    weights: str | None = None,
    strata: str | None = None,
    cluster: str | None = None,
    where: str,
) -> pa.Table:
    """Weighted mean of `item` for everyone and for each value of `by`; a share where every answer is 0 or 1.

    table: one row a person, columns of text or numbers · margins: columns characteristic (or column), category and
    people, to which the weights are raked · where: the file's name, for errors.
    Returns domain, n, n_effective, estimate, se, low, high, method; where nothing can be told the numbers are null
    and `method` says why. People sampled at random are assumed, since a file cannot say how they came to answer.
    Raises BadInput (a column or category that is not there, text where a number belongs) and CannotEstimate.
    """
    y = _numbers(table, item, where)
    base = np.ones(len(y)) if weights is None else _numbers(table, weights, where)
    base = scaled(base, where=where if weights is None else f"{where}, column {weights}")
    targets = [] if margins is None else _margins(table, margins, base, where)
    weighted = rake(base, targets, where=where).weights
    labels, codes = ([], np.zeros(len(y), np.int16)) if by is None else _categories(table, by, where)
    sampling = [None if name is None else _texts(table, name, where) for name in (strata, cluster)]
    final = scaled(weighted, where=where)
    design, how = sampled_design(base, final, [(codes, len(labels) + 1)], targets, *sampling)
    summary = answers(design, y)
    given = y[~np.isnan(y)]
    share = bool(len(given)) and bool(np.isin(given, (0.0, 1.0)).all())
    everyone = domain_means(partition_totals(design, summary, 0), np.ones((1, 1)))
    parts = domain_means(partition_totals(design, summary, 1), np.eye(len(labels) + 1)[: len(labels)])
    span = float(np.ptp(given)) if len(given) else 1.0
    found = [_one(everyone, 0, share, span), *(_one(parts, k, share, span) for k in range(len(labels)))]
    return _as_table(["everyone", *labels], found, f"weighted {'share' if share else 'mean'} of {item}; {how}")


def _one(means: Means, at: int, share: bool, span: float) -> Estimate:
    return estimate_of(means, at, share=share, sampled=True, span=span)


def _as_table(domains: list[str], found: list[Estimate], how: str) -> pa.Table:
    numbers = ("n_effective", "estimate", "se", "low", "high")
    columns = {key: pa.array([getattr(each, key) for each in found], pa.float64()) for key in numbers}
    methods = [
        f"{how}; {each.interval}" if not each.cannot_tell else f"cannot tell: {each.cannot_tell}" for each in found
    ]
    head = {"domain": pa.array(domains, pa.string()), "n": pa.array([each.n for each in found], pa.int64())}
    return pa.table(head | columns | {"method": pa.array(methods, pa.string())})


# --- columns ------------------------------------------------------------------------------------------------------


def _column(table: pa.Table, name: str, where: str) -> pa.ChunkedArray:
    if name in table.column_names:
        return table[name]
    known = [each for each in table.column_names if not each.startswith("(")]
    close = difflib.get_close_matches(name, known, 1)
    cure = f"did you mean {close[0]!r}?" if close else f"the columns are {', '.join(known)}"
    raise BadInput(f"there is no column {name!r}", where=where, cure=cure)


def _texts(table: pa.Table, name: str, where: str) -> pa.ChunkedArray:
    """The column as text, null where it holds no answer."""
    text = pc.utf8_trim_whitespace(pc.cast(_column(table, name, where), pa.string()))
    return pc.if_else(pc.is_in(text, value_set=pa.array(NO_ANSWER)), pa.scalar(None, pa.string()), text)


def _numbers(table: pa.Table, name: str, where: str) -> Floats:
    """The column as numbers, not-a-number where it holds no answer."""
    column = _column(table, name, where)
    if pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.int8())
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        values = pc.cast(column, pa.float64()).to_numpy()
    else:
        text = _texts(table, name, where)
        try:
            values = pc.cast(text, pa.float64()).to_numpy()
        except pa.ArrowInvalid:
            raise _not_a_number(text, name, where) from None
    endless = np.flatnonzero(np.isinf(values))
    if len(endless):
        raise BadInput(f"row {endless[0] + 1} of {name} is infinite", where=where, cure="correct or empty the cell")
    return np.asarray(values, np.float64)


def _not_a_number(text: pa.ChunkedArray, name: str, where: str) -> BadInput:
    for row, value in enumerate(text.to_pylist(), 1):
        try:
            float(value or 0)
        except ValueError:
            return BadInput(
                f"row {row} of {name} holds {value!r}, not a number",
                where=where,
                cure="give a column of numbers; for a share, 1 for those counted and 0 for the others",
            )
    return BadInput(f"the column {name} is not numbers", where=where, cure="write plain numbers such as 3 or 2.5")


def _categories(table: pa.Table, name: str, where: str) -> tuple[list[str], Ints]:
    """Values in alphabetical order, and each row's position among them (their number where empty)."""
    text = _texts(table, name, where)
    labels = sorted(value for value in pc.unique(text).to_pylist() if value is not None)
    if len(labels) > 2000:
        raise BadInput(
            f"the column {name} has {len(labels):,} different values", where=where, cure="name a column of categories"
        )
    return labels, codes_of(text, labels)


# --- margins ------------------------------------------------------------------------------------------------------


def _margins(table: pa.Table, margins: pa.Table, base: Floats, where: str) -> list[Margin]:
    """One margin a characteristic named in the margins file, in its order. Whoever did not say keeps their share."""
    place = f"{where}, margins"
    people: dict[str, dict[str, float]] = {}
    key = "column" if "column" in margins.column_names else "characteristic"
    counts = _numbers(margins, "people", place)
    names, categories = (_texts(margins, column, place).to_pylist() for column in (key, "category"))
    for row, (name, category, count) in enumerate(zip(names, categories, counts, strict=True), 1):
        if name is None or category is None or not count >= 0 or category in people.get(name, {}):
            twice = name is not None and category in people.get(name, {})
            raise BadInput(
                f"row {row} {'repeats a category' if twice else 'lacks a name, a category or a count from 0 up'}",
                where=place,
                cure="give one row a category: characteristic, category, people",
            )
        people.setdefault(name, {})[category] = float(count)
    agree_in_total(list(people), [sum(each.values()) for each in people.values()], where=place)
    return [_margin(table, name, counts, base, where) for name, counts in people.items()]


def _margin(table: pa.Table, name: str, people: dict[str, float], base: Floats, where: str) -> Margin:
    text, labels = _texts(table, name, where), list(people)
    codes = codes_of(text, labels)
    strays = sorted({v for v in pc.unique(text).to_pylist() if v is not None} - set(labels))
    if strays:
        close = difflib.get_close_matches(strays[0], labels, 1)
        hint = f"did you mean {close[0]!r}? Write it the same in both files" if close else "add a row for it"
        raise BadInput(
            f"the column {name} holds {strays[0]!r}, for which the margins have no row", where=where, cure=hint
        )
    return declared_margin(name, codes, np.array(list(people.values())), labels, base)[0]
