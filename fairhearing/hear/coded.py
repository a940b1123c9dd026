"""Two files of codes as numbers: what the machine says of every response, and what people say of a sample of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from ..errors import BadInput
from ..stats.cells import Floats, Ints
from ..tables import columns_in

__all__ = ["OURS", "Coded", "Human", "as_named", "read_coded", "read_human", "responses_column"]

RESPONSE = ("response", "id")
OURS = (*RESPONSE, "theme", "probability", "assigned_by", "labels", "themes", "coder", "part")
"""Columns that have a name of their own."""
LABELS = ("labels", "themes")
PEOPLE = r"(?i)^\s*(person|people|human|coder)"
"""`assigned_by` of codes that are not the machine's."""
_LIST = "the list of responses"


@dataclass(frozen=True)
class Coded:
    """ids: (N,) every response, in the order of its file · themes: sorted · scores: (N, T) of 0 to 1, by column ·
    of: (rows,) the response each row of `table` is about, where its other columns are · row: (N,) its first row ·
    aside: rows coded by people."""

    ids: pa.Array
    themes: tuple[str, ...]
    scores: sparse.csc_matrix
    table: pa.Table
    of: Ints
    row: Ints
    aside: int

    def column(self, name: str, where: str) -> pa.Array:
        """Another column of the responses, (N,) text, null where empty. On the rows of one response it must agree."""
        text = _text(self.table, name, where)
        codes = pc.fill_null(text, "").dictionary_encode().indices.to_numpy()
        differs = np.flatnonzero(codes != codes[self.row][self.of])
        if len(differs):
            raise BadInput(
                f"row {differs[0] + 1} of {name} holds another value than an earlier row of the same response",
                where=where, cure="give each response one value, or name the file of all responses with --responses",
            )  # fmt: skip
        return text.take(pa.array(self.row))

    def numbers(self, name: str, where: str) -> Floats:
        """Another column of the responses as numbers from 0 up, (N,)."""
        try:
            found = pc.cast(self.column(name, where), pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid as error:
            raise BadInput(f"{name} is not numbers: {error}", where=where, cure="write 0.25, with a point") from None
        wrong = np.flatnonzero(~(found >= 0) | np.isinf(found))
        if len(wrong):
            raise BadInput(f"row {self.row[wrong[0]] + 1} of {name} is no weight", where=where,
                           cure="give every response a number from 0 up")  # fmt: skip
        return np.asarray(found, np.float64)


@dataclass(frozen=True)
class Human:
    """at: (n,) positions of the responses people coded, ascending · coders: (n,) how many coded each · seen: (n, T)
    how many of them saw each theme · themes: sorted · probability: (n,) of being drawn, or None."""

    at: Ints
    coders: Floats
    seen: sparse.csc_matrix
    themes: tuple[str, ...]
    probability: Floats | None


# --- the machine ------------------------------------------------------------------------------------------------


def read_coded(table: pa.Table, responses: pa.Table | None, *, where: str) -> Coded:
    """The long table `response, theme, probability, assigned_by`, every response of which has a row, if only one with
    an empty theme; or, where `responses` is given, every row of that. Text columns, as `gather.read_table` gives."""
    table = as_named(table, OURS)
    responses = None if responses is None else as_named(responses, RESPONSE)
    of = _required(table, responses_column(table, where), where)
    theme = _text(table, "theme", where)
    score = _numbers(table, "probability", where, fill=1.0)
    by_people = _by_people(table)
    listed = responses if responses is not None else table
    every = of if responses is None else _required(listed, responses_column(listed, _LIST), _LIST)
    encoded = every.dictionary_encode()
    ids, number = encoded.dictionary, encoded.indices.to_numpy()
    if responses is not None and len(ids) < len(every):
        _refuse_twice(number, np.arange(len(every)), _LIST, "a response again")
    used = np.flatnonzero(~by_people & pc.is_valid(theme).to_numpy(zero_copy_only=False))
    names, column = _names(theme.take(pa.array(used)))
    place = _places(of.take(pa.array(used)), ids, used, where, "is not in the list of responses")
    _refuse_twice(place * np.int64(max(len(names), 1)) + column, used, where, "the same response and theme again")
    scores = sparse.csc_matrix((score[used], (place, column)), shape=(len(ids), len(names)))
    row = np.unique(number, return_index=True)[1]
    return Coded(ids, names, scores, listed, number, row, int(by_people.sum()))


def _by_people(table: pa.Table) -> Ints:
    if "assigned_by" not in table.column_names:
        return np.zeros(table.num_rows, bool)
    said = pc.match_substring_regex(pc.cast(table["assigned_by"], pa.string()), PEOPLE)
    return np.asarray(pc.fill_null(said, False).to_numpy(), bool)


# --- people -----------------------------------------------------------------------------------------------------


def read_human(table: pa.Table, coded: Coded, *, where: str) -> Human:
    """`response, theme` with a row a theme (an empty one where there is none), or `response, labels` with themes
    between semicolons; `coder` where several people coded, `probability` where not all were as likely to be drawn."""
    of = _required(table, responses_column(table, where), where)
    rows = np.arange(table.num_rows)
    place = _places(of, coded.ids, rows, where, "is in the sample and not among the coded responses")
    coder = np.zeros(len(rows), np.int64)
    if "coder" in table.column_names:
        coder = pc.fill_null(_text(table, "coder", where), "").dictionary_encode().indices.to_numpy().astype(np.int64)
    at, n_at = np.unique(place, return_inverse=True)
    readings = np.unique(np.column_stack([n_at.reshape(-1), coder]), axis=0)
    if "coder" not in table.column_names and "theme" not in table.column_names:
        _refuse_two_readings(n_at.reshape(-1), where)
    names, of_label, label = _labels(table, where)
    marks = np.unique(np.column_stack([n_at.reshape(-1)[of_label], label, coder[of_label]]), axis=0)
    seen = sparse.csc_matrix((np.ones(len(marks)), (marks[:, 0], marks[:, 1])), shape=(len(at), len(names)))
    coders = np.bincount(readings[:, 0], minlength=len(at)).astype(np.float64)
    return Human(at, coders, seen, names, _probability(table, n_at.reshape(-1), len(coded.ids), where))


def _refuse_two_readings(n_at: Ints, where: str) -> None:
    """A row holds all that one coder saw in a response: two rows are two coders, or a slip."""
    _, first, count = np.unique(n_at, return_index=True, return_counts=True)
    if np.any(count > 1):
        again = np.flatnonzero(n_at == n_at[first[count > 1][0]])[1]
        raise BadInput(
            f"row {again + 1} holds a response again", where=where,
            cure="say in a column `coder` who coded each row, or keep one row a response",
        )  # fmt: skip


def _labels(table: pa.Table, where: str) -> tuple[tuple[str, ...], Ints, Ints]:
    """Names of themes; and of each mark its row and its theme."""
    wide = next((name for name in LABELS if name in table.column_names), None)
    if "theme" in table.column_names or wide is None:
        text = _text(table, "theme", where)
        rows = np.flatnonzero(pc.is_valid(text).to_numpy(zero_copy_only=False))
        names, codes = _names(text.take(pa.array(rows)))
        return names, rows, codes
    lists = pc.split_pattern(pc.fill_null(_text(table, wide, where), ""), ";")
    parts = _trimmed(pc.list_flatten(lists))
    rows = pc.list_parent_indices(lists).to_numpy()
    given = np.flatnonzero(pc.is_valid(parts).to_numpy(zero_copy_only=False))
    names, codes = _names(parts.take(pa.array(given)))
    return names, rows[given], codes


def _probability(table: pa.Table, n_at: Ints, responses: int, where: str) -> Floats | None:
    """Of each response, the same on all its rows; it must make sense as a probability of being drawn."""
    if "probability" not in table.column_names:
        return None
    given = _numbers(table, "probability", where, fill=np.nan)
    n = int(n_at.max()) + 1
    found = np.zeros(n)
    found[n_at] = given
    if np.any(np.isnan(given)) or np.any(found[n_at] != given) or np.any(given <= 0):
        raise BadInput(
            "the probability of being drawn is missing, 0, or not the same on all rows of a response", where=where,
            cure="give each response of the sample the probability with which it was drawn, or leave the column out",
        )  # fmt: skip
    stands_for = float((1 / found).sum())
    if not responses / 2 <= stands_for <= responses * 2:
        raise BadInput(
            f"by their probabilities of being drawn, the {n:,} responses of the sample stand for {stands_for:,.0f}, "
            f"but there are {responses:,}", where=where,
            cure="`probability` is that of being drawn for coding, not of the theme; leave it out if all were alike",
        )  # fmt: skip
    return found


# --- columns ----------------------------------------------------------------------------------------------------


def as_named(table: pa.Table, names: Iterable[str]) -> pa.Table:
    """The table with these columns called so where it has them in other letters: `Theme`, ` THEME `."""
    have = set(table.column_names)
    meant = {each: each.strip().casefold() for each in table.column_names}
    wanted = {name for name in names if name not in have and list(meant.values()).count(name) == 1}
    return table.rename_columns([meant[each] if meant[each] in wanted else each for each in table.column_names])


def responses_column(table: pa.Table, where: str) -> str:
    for name in RESPONSE:
        if name in table.column_names:
            return name
    known = ", ".join(columns_in(table))
    raise BadInput(f"there is no column 'response': {known}", where=where,
                   cure="name the column that tells responses apart `response` or `id`")  # fmt: skip


def _trimmed(values: pa.Array) -> pa.Array:
    text = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _text(table: pa.Table, name: str, where: str) -> pa.Array:
    """A column as text, null where the cell is empty."""
    known = columns_in(table)
    if name not in known:
        raise BadInput(f"there is no column {name!r}: {', '.join(known)}", where=where,
                       cure="name a column that is there, or name the file that has it with --responses")  # fmt: skip
    column = pc.cast(table[name], pa.string())
    return _trimmed(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)


def _required(table: pa.Table, name: str, where: str) -> pa.Array:
    text = _text(table, name, where)
    if text.null_count:
        row = int(np.flatnonzero(pc.is_null(text).to_numpy(zero_copy_only=False))[0]) + 1
        raise BadInput(f"row {row} of {name} is empty", where=where, cure="say which response the row is about")
    return text


def _numbers(table: pa.Table, name: str, where: str, *, fill: float) -> Floats:
    """Numbers from 0 to 1; `fill` where the column or the cell is empty."""
    if name not in table.column_names:
        return np.full(table.num_rows, fill)
    text = _text(table, name, where)
    try:
        found = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise BadInput(f"{name} is not numbers: {error}", where=where, cure="write 0.25, with a point") from None
    wrong = np.flatnonzero(~np.isnan(found) & ~((found >= 0) & (found <= 1)))
    if len(wrong):
        raise BadInput(f"row {wrong[0] + 1} of {name} holds {found[wrong[0]]:g}", where=where,
                       cure="give a probability from 0 to 1")  # fmt: skip
    return np.where(np.isnan(found), fill, found)


def _names(values: pa.Array) -> tuple[tuple[str, ...], Ints]:
    """Different values, sorted, and the number of each value among them."""
    encoded = values.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.zeros(max(len(names), 1), np.int64)
    rank[order] = np.arange(len(names))
    return tuple(names[i] for i in order), rank[encoded.indices.to_numpy()]


def _places(values: pa.Array, ids: pa.Array, rows: Ints, where: str, what: str) -> Ints:
    """Position of each value among `ids`."""
    found = pc.index_in(values, value_set=ids)
    if found.null_count:
        first = int(np.flatnonzero(pc.is_null(found).to_numpy(zero_copy_only=False))[0])
        raise BadInput(
            f"row {rows[first] + 1}: response {values[first].as_py()!r} {what} ({found.null_count} such rows)",
            where=where,
            cure="a response without any theme needs a row with an empty theme in the coded file; or name the file "
            "of all responses with --responses",
        )
    return np.asarray(found.to_numpy(), np.int64)


def _refuse_twice(keys: Ints, rows: Ints, where: str, what: str) -> None:
    _, first, count = np.unique(keys, return_index=True, return_counts=True)
    if np.any(count > 1):
        again = np.flatnonzero(keys == keys[first[count > 1][0]])[1]
        raise BadInput(f"row {rows[again] + 1} holds {what}", where=where,
                       cure="keep one row of each: one machine's coding at a time")  # fmt: skip
