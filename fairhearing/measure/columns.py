"""Columns of a file as texts, numbers and categories, whatever wrote them: the same value is one value."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput
from ..stats.cells import Floats, Ints, codes_of
from ..tables import columns_in

__all__ = ["NotNumbers", "answers", "categories", "column", "emptied", "numbers", "plain", "texts"]

NO_ANSWER = ("", "NA", "NaN", "nan", "N/A", "#N/A", "NULL", "null", ".")
"""Cells that hold no answer, besides truly empty ones. "None" can be an answer."""


class NotNumbers(BadInput):
    """A column holds words where numbers belong."""


_YES_OR_NO = ({"yes", "no"}, {"true", "false"})
_COUNTED = ("yes", "true")
_MOST_CATEGORIES = 2000


def column(table: pa.Table, name: str, where: str) -> pa.ChunkedArray:
    """The column of that name. Raises BadInput with the closest one."""
    known = columns_in(table)
    if name in known:
        return table[name]
    close = difflib.get_close_matches(name, known, 1)
    cure = f"did you mean {close[0]!r}?" if close else f"the columns are {', '.join(known)}"
    raise BadInput(f"there is no column {name!r}", where=where, cure=cure)


def texts(table: pa.Table, name: str, where: str) -> pa.ChunkedArray:
    """The column as text, null where it holds no answer. 1.0 is 1: a program that writes numbers decides which."""
    text = _given(column(table, name, where))
    if not pc.any(pc.match_substring(text, ".0")).as_py():
        return text
    return pc.replace_substring_regex(text, r"^([+-]?\d+)\.0+$", r"\1")


def _given(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """As text without spaces around it, null where there is no answer."""
    text = pc.utf8_trim_whitespace(pc.cast(values, pa.string()))
    return pc.if_else(pc.is_in(text, value_set=pa.array(NO_ANSWER)), pa.scalar(None, pa.string()), text)


def emptied(
    table: pa.Table, names: Sequence[str | None], missing: Sequence[str], where: str
) -> tuple[pa.Table, list[str]]:
    """The table with the values that hold no answer empty in those columns, and how many there were."""
    notes = []
    for name in names:
        if name is None or not missing:
            continue
        text = texts(table, name, where)
        bad = pc.is_in(text, value_set=pa.array([plain(value) for value in missing], pa.string()))
        at = table.column_names.index(name)
        table = table.set_column(at, name, pc.if_else(bad, pa.scalar(None, pa.string()), text))
        notes.append(f"{pc.sum(bad).as_py() or 0} cells of {name} hold {', '.join(missing)}: read as no answer")
    return table, notes


def plain(value: str) -> str:
    """1.0 is 1, as everywhere in a file."""
    text = value.strip()
    return text[: text.index(".")] if "." in text and not text[text.index(".") + 1 :].strip("0") else text


def answers(table: pa.Table, name: str, where: str) -> tuple[Floats, str]:
    """The column as numbers, not-a-number where it holds no answer; and in words what 1 stands for, where the file
    says Yes and No or TRUE and FALSE instead."""
    if not pa.types.is_boolean(column(table, name, where).type):
        try:
            return numbers(table, name, where), ""
        except NotNumbers:
            if _yes_or_no(texts(table, name, where)) is None:
                raise
    text = texts(table, name, where)
    said = pc.cast(pc.is_in(pc.utf8_lower(text), value_set=pa.array(_COUNTED)), pa.float64())
    said = pc.if_else(pc.is_null(text), pa.scalar(None, pa.float64()), said)
    counted = _yes_or_no(text)
    return np.asarray(said.to_numpy(), np.float64), "" if counted is None else f" (share of {counted})"


def _yes_or_no(text: pa.ChunkedArray) -> str | None:
    """What is counted, where every answer is yes or no, or true or false, in any capitals; else None."""
    given = {value.casefold() for value in pc.unique(text).to_pylist() if value is not None}
    pair = next((words for words in _YES_OR_NO if given <= words), None)
    if pair is None or not given:
        return None
    return "Yes" if "yes" in pair else "TRUE"


def numbers(table: pa.Table, name: str, where: str) -> Floats:
    """The column as numbers, not-a-number where it holds no answer. Raises BadInput naming the row."""
    values = column(table, name, where)
    if pa.types.is_boolean(values.type):
        values = pc.cast(values, pa.int8())
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        found = pc.cast(values, pa.float64()).to_numpy()
    else:
        text = _given(values)
        try:
            found = pc.cast(text, pa.float64()).to_numpy()
        except pa.ArrowInvalid:
            raise _not_a_number(text, name, where) from None
    endless = np.flatnonzero(np.isinf(found))
    if len(endless):
        raise BadInput(f"row {endless[0] + 1} of {name} is infinite", where=where, cure="correct or empty the cell")
    return np.asarray(found, np.float64)


def _not_a_number(text: pa.ChunkedArray, name: str, where: str) -> NotNumbers:
    for row, value in enumerate(text.to_pylist(), 1):
        try:
            float(value or 0)
        except ValueError:
            comma = value.count(",") == 1 and value.replace(",", "").strip("+-").isdigit()
            return NotNumbers(
                f"row {row} of {name} holds {value!r}, not a number",
                where=where,
                cure="write decimals with a point, such as 2.5, and thousands without a comma"
                if comma
                else "give a column of numbers; for a share, 1 for those counted and 0 for the others",
            )
    return NotNumbers(f"the column {name} is not numbers", where=where, cure="write plain numbers such as 3 or 2.5")


def categories(table: pa.Table, name: str, where: str) -> tuple[list[str], Ints]:
    """Values in order (numbers by size, then words); each row's position among them, one past the last if empty."""
    text = texts(table, name, where)
    labels = sorted((value for value in pc.unique(text).to_pylist() if value is not None), key=_in_order)
    if len(labels) > _MOST_CATEGORIES:
        raise BadInput(
            f"the column {name} has {len(labels):,} different values", where=where, cure="name a column of categories"
        )
    return labels, codes_of(text, labels)


def _in_order(label: str) -> tuple[float, str]:
    try:
        value = float(label)
    except ValueError:
        value = math.inf
    return (value if math.isfinite(value) else math.inf), label
