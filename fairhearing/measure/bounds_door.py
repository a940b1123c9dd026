"""The direct door for missing data: one file, one column, what can be said whatever the unknown are.

A row stands for one person, or for as many as a column of counts says. `bounds_table` reads answers; published
shares beside the share unknown, without the people behind them, go to `published_bounds_table`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput, CannotEstimate
from ..stats.cells import Floats, Ints, summed
from ..stats.missing import Bounded, Elsewhere, Point, Sums, bounded, difference, elsewhere, published_share
from .columns import categories, numbers, texts

__all__ = ["bounds_table", "published_bounds_table"]

_NUMBERS = (
    "n", "unknown", "unknown_share", "known_only", "known_low", "known_high", "bound_low", "bound_high", "low",
    "high",
)  # fmt: skip
_COLUMNS = (
    ("domain", pa.string()), ("of", pa.string()), *((name, pa.float64()) for name in _NUMBERS),
    ("verdict", pa.string()), ("flips_at", pa.float64()), ("method", pa.string()),
)  # fmt: skip
_YES_NO = ({"yes", "no"}, {"true", "false"})
_MOST_VALUES = 200
_LEVEL = "worst-case bounds: the unknown anywhere on the scale"
_SAMPLED = "; low, high: 95% interval of both bounds, known_low, known_high: of the known, simple random sampling"
_APART = "bounds of the first less bounds of the second"
_FLIPS = "; flips_at: among the unknown of the first, those of the second being like its known"
_NO_N = "; no interval: no number of people was published"

Row = dict[str, Any]


def bounds_table(
    table: pa.Table,
    *,
    item: str,
    by: str | None = None,
    missing: Sequence[str] = (),
    count: str | None = None,
    ends: tuple[float, float] | None = None,
    where: str,
) -> pa.Table:
    """Worst-case bounds of a share or mean of `item`, for everyone and by each value of `by`; then each of these less
    everyone else.

    table: columns of text or numbers · missing: values that hold no answer, in `item` and in `by`, besides empty
    cells; whoever has no value of `by` may belong to any domain · count: column of how many people a row stands for
    · ends: of the scale of a mean; without it the lowest and highest answer given. Of words, one share a value is
    told; of 0 and 1, or Yes and No, the share of 1 or Yes.
    Returns domain, of, n, unknown, unknown_share, known_only, known_low, known_high, bound_low, bound_high, low,
    high, verdict, flips_at, method; of a difference, `verdict` is higher, lower or cannot be established, and not
    established is whatever the unknown or chance could undo. Raises BadInput and CannotEstimate.
    """
    text = _without(texts(table, item, where), missing)
    people = np.ones(table.num_rows) if count is None else _counts(table, count, where)
    if not people.any():
        raise CannotEstimate(
            f"every count of {count} is 0", where=where, cure="name a column of how many people each row stands for"
        )
    labels, codes = _domains(table, by, missing, where)
    found: list[Row] = []
    for of, values, span in _variables(text, item, ends, where):
        found += _rows(of, values, span, people, labels, codes)
    return _table(found)


def published_bounds_table(table: pa.Table, *, share: str, unknown: str, by: str | None, where: str) -> pa.Table:
    """The same for published figures: each row a share of everyone and the share unknown; then each row less the row
    before it. A percent sign, or any value above 1, means percentages; otherwise shares.

    Columns and errors as `bounds_table`; no interval, because no number of people is known.
    """
    shares = [_shares(table, name, where) for name in (share, unknown)]
    percent = any(sign or np.nanmax(values, initial=0.0) > 1 for values, sign in shares)
    names = _names(table, by, where)
    parts = [values / 100 if percent else values for values, _sign in shares]
    found = []
    for row, (name, part, lost) in enumerate(zip(names, *parts, strict=True), 1):
        try:
            found.append((name, published_share(float(part), float(lost))))
        except CannotEstimate as error:
            raise BadInput(error.what, where=f"{where}, row {row}", cure=error.cure) from None
    method = f"{_LEVEL}; as published, in {'percentages' if percent else 'shares'} of everyone{_NO_N}"
    rows = [_level(name, share, each, method) for name, each in found]
    for (before, earlier), (after, later) in itertools.pairwise(found):
        rows.append(_apart(f"{after} less {before}", share, later, earlier, _APART + _FLIPS + _NO_N))
    return _table(rows)


# --- the file ---------------------------------------------------------------------------------------------------


def _without(text: pa.ChunkedArray, missing: Sequence[str]) -> pa.ChunkedArray:
    """Null where the value is one of those that hold no answer; capitals do not matter."""
    none = pa.array([value.strip().casefold() for value in missing], pa.string())
    return pc.if_else(pc.is_in(pc.utf8_lower(text), value_set=none), pa.scalar(None, pa.string()), text)


def _domains(table: pa.Table, by: str | None, missing: Sequence[str], where: str) -> tuple[list[str], Ints]:
    """Values of `by`, and each row's place among them; one past the last where the value is missing."""
    if by is None:
        return [], np.zeros(table.num_rows, np.int16)
    known = _without(texts(table, by, where), missing)
    labels, codes = categories(pa.table({by: known}), by, where)
    if not labels:
        raise CannotEstimate(
            f"no row of {by} holds a value", where=where, cure="check the column, and the missing values named"
        )
    return labels, codes


def _counts(table: pa.Table, name: str, where: str) -> Floats:
    found = numbers(table, name, where)
    wrong = np.flatnonzero(~(found >= 0))
    if len(wrong):
        raise BadInput(f"row {wrong[0] + 1} of {name} is no count", where=where, cure="give a number from 0 up")
    return found


def _variables(
    text: pa.ChunkedArray, item: str, ends: tuple[float, float] | None, where: str
) -> list[tuple[str, Floats, tuple[float, float]]]:
    """What to estimate: its name, a number a row (not-a-number: unknown), and the ends of its scale."""
    given = [value for value in pc.unique(text).to_pylist() if value is not None]
    if not given:
        raise CannotEstimate(
            f"no row of {item} holds an answer", where=where, cure="check the column, and the missing values named"
        )
    as_numbers = [_number(value, item, where) for value in given]
    place = pc.fill_null(pc.index_in(text, value_set=pa.array(given)), len(given)).to_numpy()
    if None not in as_numbers:
        values = np.array([*as_numbers, np.nan], np.float64)
        span = ends or _span(values[:-1])
        _inside(values[:-1], span, item, where)
        kind = "share of 1" if span == (0.0, 1.0) and set(values[:-1]) <= {0.0, 1.0} else "mean"
        return [(kind, values[place], span)]
    folded = {value.casefold() for value in given}
    if any(folded <= words for words in _YES_NO):
        given_yes = [value.casefold() in ("yes", "true") for value in given]
        word = "Yes" if folded <= _YES_NO[0] else "TRUE"
        return [(f"share of {word}", np.array([*given_yes, np.nan], np.float64)[place], (0.0, 1.0))]
    if len(given) > _MOST_VALUES:
        raise BadInput(
            f"the column {item} has {len(given):,} different values", where=where, cure="name a column of categories"
        )
    shares = [
        (value, np.array([*(other == value for other in given), np.nan], np.float64)) for value in sorted(given)
    ]
    return [(f"share of {value}", indicator[place], (0.0, 1.0)) for value, indicator in shares]


def _number(text: str, item: str, where: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    if not math.isfinite(value):
        raise BadInput(f"{item} holds {text!r}", where=where, cure="correct or empty the cell, or name it as missing")
    return value


def _span(values: Floats) -> tuple[float, float]:
    """0 to 1 for shares; else from the lowest to the highest answer given."""
    return (0.0, 1.0) if set(values) <= {0.0, 1.0} else (float(values.min()), float(values.max()))


def _inside(values: Floats, span: tuple[float, float], item: str, where: str) -> None:
    if not span[0] < span[1]:
        raise CannotEstimate(
            f"the scale of {item} goes from {span[0]:g} to {span[1]:g}",
            where=where,
            cure="name its lowest and highest answer",
        )
    outside = [value for value in sorted(values) if not span[0] <= value <= span[1]]
    if outside:
        raise BadInput(
            f"{item} holds {outside[0]:g}, outside {span[0]:g} to {span[1]:g}",
            where=where,
            cure="name it as a missing value, or correct the ends of the scale",
        )


def _shares(table: pa.Table, name: str, where: str) -> tuple[Floats, bool]:
    """A column of shares or percentages, and whether any has a percent sign."""
    text = texts(table, name, where)
    sign = pc.any(pc.match_substring(text, "%")).as_py() or False
    plain = pa.table({name: pc.utf8_trim_whitespace(pc.replace_substring(text, "%", ""))})
    found = numbers(plain, name, where)
    empty = np.flatnonzero(np.isnan(found))
    if len(empty):
        raise BadInput(
            f"row {empty[0] + 1} of {name} is empty", where=where, cure="give a figure, or leave the row out"
        )
    return found, bool(sign)


def _names(table: pa.Table, by: str | None, where: str) -> list[str]:
    given = [None] * table.num_rows if by is None else texts(table, by, where).to_pylist()
    return [value or f"row {row}" for row, value in enumerate(given, 1)]


# --- the rows ---------------------------------------------------------------------------------------------------


def _rows(
    of: str, values: Floats, span: tuple[float, float], people: Floats, labels: Sequence[str], codes: Ints
) -> list[Row]:
    """Everyone, each domain, and each domain less everyone else."""
    columns = _sums(values, people, np.zeros(len(values), np.int64), 1)
    method = f"{_LEVEL}, {span[0]:g} to {span[1]:g}{_SAMPLED}"
    rows = [_level("everyone", of, bounded(Sums(*columns[0]), least=span[0], most=span[1]), method)]
    if not labels:
        return rows
    strays = codes == len(labels)
    other = elsewhere(values[strays], people[strays]) if people[strays].sum() > 0 else None
    nowhere = f"; {people[strays].sum():g} who may belong to any domain" if other else ""
    parts = _sums(values, people, codes, len(labels) + 1)[: len(labels)]
    apart = []
    for label, part, rest in zip(labels, parts, parts.sum(axis=0) - parts, strict=True):
        one, others = (_bounded(each, span, other) for each in (part, rest))
        rows.append(_level(label, of, one, method + nowhere) if one else _nobody(label, of))
        if one and others:
            how = _APART + (nowhere or _FLIPS)
            apart.append(_apart(f"{label} less everyone else", of, one, others, how, flips=other is None))
    return rows + apart


def _sums(values: Floats, people: Floats, codes: Ints, count: int) -> Floats:
    """(count, 4): people known, people unknown, Σy and Σy² of the known."""
    lost = np.isnan(values)
    known, y = np.where(lost, 0.0, people), np.where(lost, 0.0, values)
    columns = (known, np.where(lost, people, 0.0), known * y, known * y * y)
    return np.column_stack([summed(codes, each, count) for each in columns])


def _bounded(sums: Floats, span: tuple[float, float], other: Elsewhere | None) -> Bounded | None:
    known, unknown, total, squares = (float(each) for each in sums)
    if known + unknown <= 0:
        return None
    return bounded(Sums(known, unknown, total, squares), least=span[0], most=span[1], other=other)


def _nobody(domain: str, of: str) -> Row:
    return {"domain": domain, "of": of, "n": 0.0, "unknown": 0.0, "method": "cannot tell: nobody was asked"}


def _level(domain: str, of: str, found: Bounded, method: str) -> Row:
    if found.n is not None and None in (found.lowest.low, found.highest.high):
        method += "; where an end is empty, fewer than 2 people or none who differ: no interval"
    return {
        "domain": domain, "of": of, "n": found.n, "unknown": None if found.n is None else found.n * found.unknown,
        "unknown_share": found.unknown, **_known(found.known), "bound_low": found.low, "bound_high": found.high,
        "low": found.lowest.low, "high": found.highest.high, "method": method,
    }  # fmt: skip


def _apart(domain: str, of: str, one: Bounded, other: Bounded, method: str, *, flips: bool = True) -> Row:
    found = difference(one, other)
    return {
        "domain": domain, "of": of, "n": None if one.n is None or other.n is None else one.n + other.n,
        **_known(found.known), "bound_low": found.bound_low, "bound_high": found.bound_high, "low": found.low,
        "high": found.high, "verdict": found.sign, "flips_at": found.flips_at if flips else None, "method": method,
    }  # fmt: skip


def _known(known: Point | None) -> Row:
    return {} if known is None else {"known_only": known.value, "known_low": known.low, "known_high": known.high}


def _table(rows: Sequence[Row]) -> pa.Table:
    return pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in _COLUMNS})
