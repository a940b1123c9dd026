"""Rows about people who answered: characteristics, items, weights. What surveys and consultations share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput
from ..programme import Characteristic, Item, Programme, Recode, Source
from .fates import Fates
from .files import read_sheet
from .redact import CONTACT
from .refuse import left_out, refuse_case_records, refuse_identifying_columns, set_contact_details_aside
from .sheets import Sheet, only
from .text import counted, fold, number
from .values import Coded, coded, hashes, numbers

__all__ = ["Respondents", "category_of", "read_respondents"]

FREE_TEXT = ("text", "question")
"""Mapped columns that are redacted instead of checked."""

_MOST_SPELLED_OUT = 50
_SHOWN_FROM = 3  # a value fewer people gave could point to one of them, so it is not printed


@dataclass
class Respondents:
    """A sheet with its people. `people` has one row per row of the sheet, in order, used or not."""

    sheet: Sheet
    fates: Fates
    people: pa.Table
    round: Coded
    person: Coded
    notes: list[str]


def read_respondents(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> Respondents:
    """Read the mapped columns of a file and turn them into people. Raises BadInput and Refused."""
    items: dict[str, str] = {}
    mapped: dict[str, str] = {}

    def choose(headers: Sequence[str]) -> Sequence[str]:
        refuse_case_records(headers, path)
        items.update(_item_columns(source, programme, headers))
        mapped.update(_mapped(source, items))
        refuse_identifying_columns(mapped, path)
        return only(list(mapped), path)(headers)

    if not (source.columns.items or source.columns.characteristics or source.columns.text or programme.measures):
        raise BadInput(
            f"nothing in programme.toml says what the columns of source {source.id!r} mean",
            where=path,
            cure="add [sources.columns] with characteristics, items or text",
        )
    sheet = read_sheet(path, choose, largest_file_mb=largest_file_mb)
    notes = [*sheet.notes, *left_out(sheet.headers, mapped)]
    return _respondents(source, programme, path, sheet, items, notes, key)


def _item_columns(source: Source, programme: Programme, headers: Sequence[str]) -> dict[str, str]:
    """Item → column: as mapped, or the column of the item's own name where there is one."""
    named = dict(source.columns.items)
    found = {id: id for id in programme.items if id in headers and id not in named}
    return named | found


def _mapped(source: Source, items: Mapping[str, str]) -> dict[str, str]:
    """Header → what it is used as, in words."""
    columns = source.columns
    plain = ("person", "round", "weight", "stratum", "cluster", "text", "question", "step", "experience")
    used = [(getattr(columns, use), use) for use in plain]
    used += [(recode.column, f"characteristic {id}") for id, recode in columns.characteristics.items()]
    used += [(column, f"item {id}") for id, column in items.items()]
    return {column: use for column, use in used if column is not None}


def _respondents(
    source: Source,
    programme: Programme,
    path: Path,
    sheet: Sheet,
    items: Mapping[str, str],
    notes: list[str],
    key: bytes,
) -> Respondents:
    n, columns = len(sheet.row), source.columns
    fates = Fates(n)
    free = {getattr(columns, use) for use in FREE_TEXT}
    values = {name: coded(sheet.column(name)) for name in sheet.table.column_names if name not in free}
    nobody = Coded(np.full(n, -1, np.int32), ())

    def use(name: str | None) -> Coded:
        return nobody if name is None else values[name]

    contacts = set_contact_details_aside(values, columns.person, fates, path)
    if contacts:
        notes.append(f"{counted(contacts, 'row')} set aside: contact details in a mapped column")
    rounds, round_texts = _rounds(source, programme, use(columns.round), fates)
    people: dict[str, pa.Array] = {
        "source": pa.repeat(pa.scalar(source.id), n),
        "row": pa.array(sheet.row, pa.int64()),
        "person": hashes(use(columns.person), sheet.row, source.id, key),
        "round": round_texts,
        "weight": pa.array(_weights(columns.weight, use(columns.weight), fates)),
        "stratum": use(columns.stratum).texts(list(use(columns.stratum).values)),
        "cluster": use(columns.cluster).texts(list(use(columns.cluster).values)),
    }
    for id, recode in columns.characteristics.items():
        told = category_of(programme.characteristic(id), recode, use(recode.column), fates, sheet.row, notes)
        people[f"c_{id}"] = told
    for id, column in items.items():
        people[f"q_{id}"] = _answers(programme.items[id], use(column), fates, notes)
    return Respondents(sheet, fates, pa.table(people), rounds, use(columns.person), notes)


def _rounds(source: Source, programme: Programme, column: Coded, fates: Fates) -> tuple[Coded, pa.Array]:
    """The round of every row, by the source or by its column; a row of an undeclared round is set aside."""
    if source.columns.round is None:
        n = len(column.codes)
        return Coded(np.zeros(n, np.int32), ("",)), pa.repeat(pa.scalar(source.round, pa.string()), n)
    known = [programme.round_of(fold(value)) or programme.round_of(value) for value in column.values]
    fates.set_aside(column.empty, f"no round is given in the column {source.columns.round!r}")
    for value, round in zip(column.values, known, strict=True):
        if round is None:
            fates.set_aside(column.where(value.__eq__), _unknown_round(value))
    ids = sorted({round for round in known if round is not None})
    by_value = np.array([-1 if round is None else ids.index(round) for round in known], np.int32)
    return Coded(column.spread(by_value, -1), tuple(ids)), column.texts(known)


def _unknown_round(value: str) -> str:
    return f"the round {value:.30} is not declared" if number(value) is not None else "its round is not declared"


def _weights(header: str | None, column: Coded, fates: Fates) -> np.ndarray:
    """Design weights; a row whose weight is missing, not a number or not above 0 is set aside."""
    if header is None:
        return np.ones(len(column.codes))
    weights = numbers(column)
    fates.set_aside(column.empty, f"no weight is given in the column {header!r}")
    fates.set_aside(np.isnan(weights), f"the weight in the column {header!r} is not a number")
    fates.set_aside(weights <= 0, f"the weight in the column {header!r} is not above 0")
    return np.where(weights > 0, weights, 1.0)


def category_of(
    characteristic: Characteristic, recode: Recode, column: Coded, fates: Fates, rows: np.ndarray, notes: list[str]
) -> pa.Array:
    """Values → category ids: by the mapping, else by bands, else by the category's own id or name."""
    by_value = {fold(value): category for value, category in recode.values.items()}
    own = {fold(word): each.id for each in characteristic.categories for word in (each.name, each.id)}

    def category(value: str) -> str | None:
        if value in recode.values:
            return recode.values[value]
        folded = fold(value)
        return by_value.get(folded) or _band(recode, value) or own.get(folded)

    told = [category(value) for value in column.values]
    unknown = column.spread(np.array([each is None for each in told], bool), False) & fates.used
    if unknown.any():
        found = fates.remark(unknown, f"{characteristic.id} is not one of its categories: counted as not declared")
        example = rows[np.flatnonzero(unknown)[0]]
        notes.append(
            f"{characteristic.id}: {counted(found, 'value')} not recognised, counted as not declared "
            f"(first in row {example}){_shown(column, unknown)}"
        )
    return column.texts(told)


def _band(recode: Recode, value: str) -> str | None:
    given = number(value)
    if given is None:
        return None
    return next((band.category for band in recode.bands if band.low <= given <= band.high), None)


def _shown(column: Coded, where: np.ndarray) -> str:
    """The unrecognised values that several people gave; a rarer one could identify somebody."""
    counts = np.bincount(column.codes[where], minlength=len(column.values))
    often = [column.values[i] for i in np.argsort(-counts, kind="stable")[:5] if counts[i] >= _SHOWN_FROM]
    safe = [value for value in often if len(value) <= 40 and not pc.match_substring_regex(value, CONTACT).as_py()]
    return f": {', '.join(repr(value) for value in safe)}" if safe else ""


def _answers(item: Item, column: Coded, fates: Fates, notes: list[str]) -> np.ndarray:
    """Codes of an item; what is off its scale counts as no answer and is said to."""
    labels = {fold(label): number(code) for code, label in item.codes.items()}
    parsed = [_code(item, labels, value) for value in column.values]
    off = np.array([each is None for each in parsed], bool)
    found = 0
    for text, values in _off_scale(item, column.values, off).items():
        found += fates.remark(column.spread(values, False), text)
    if found:
        notes.append(f"{item.id}: {counted(found, 'answer')} off the scale, counted as no answer")
    codes = np.array([np.nan if each is None else each for each in parsed], float)
    answers = column.spread(codes, np.nan)
    return pa.array(answers, mask=np.isnan(answers))


def _code(item: Item, labels: Mapping[str, float | None], value: str) -> float | None:
    """The code a value stands for; NaN for no answer; None where it is off the scale."""
    given = number(value)
    if given is None or (not item.low <= given <= item.high and fold(value) in labels):
        given = labels.get(fold(value), given)
    if given is None:
        return None
    if given in item.missing:
        return float("nan")
    return given if item.low <= given <= item.high else None


def _off_scale(item: Item, values: Sequence[str], off: np.ndarray) -> dict[str, np.ndarray]:
    """Remark → which values it is about. A code is named; words are not, since they may be anything."""
    end = "is off its scale: counted as no answer"
    remarks: dict[str, np.ndarray] = {}
    for place in np.flatnonzero(off).tolist():
        given = number(values[place])
        spelled = given is not None and len(values[place]) <= 6 and len(remarks) < _MOST_SPELLED_OUT
        text = f"code {given:g} of item {item.id} {end}" if spelled else f"an answer to item {item.id} {end}"
        remarks.setdefault(text, np.zeros(len(values), bool))[place] = True
    return remarks
