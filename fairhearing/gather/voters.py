"""What voters say of themselves beside their votes: characteristics and weights.

They stand in a file of people beside the votes, in the participants' matrix, or in the votes log itself, where a
person has many rows: what they say differently in different rows is not said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import BadInput
from ..programme import Programme, Source
from .ballot_files import PERSON, find, find_export
from .fates import Fates
from .files import read_sheet
from .refuse import refuse_case_records, refuse_identifying_columns, set_contact_details_aside
from .respondents import category_of
from .sheets import Sheet, only
from .text import counted, fold
from .values import Coded, coded, numbers

__all__ = ["Told", "told_of_voters", "values_given"]


@dataclass(frozen=True)
class Told:
    """By voter, as the log numbers them. `weight`: NaN where none that can be used is given, None where the programme
    names no column of weights; `categories`: characteristic → category id or None."""

    weight: np.ndarray | None
    categories: dict[str, list[str | None]]


def told_of_voters(
    source: Source, programme: Programme, path: Path, voters: Sequence[str], largest_file_mb: int, notes: list[str]
) -> Told:
    """What the mapped columns say of each voter. Raises BadInput where no file has them, and Refused."""
    columns = source.columns
    mapped = {recode.column: f"characteristic {id}" for id, recode in columns.characteristics.items()}
    mapped |= {columns.weight: "weight"} if columns.weight else {}
    if not mapped:
        return Told(None, {})
    file, sheet, person = _sheet(path, tuple(mapped), largest_file_mb)
    refuse_identifying_columns(mapped, file)
    values = {name: coded(sheet.column(name)) for name in mapped}
    fates = Fates(len(sheet.row))
    set_contact_details_aside(values, None, fates, file)
    place = {fold(each): number for number, each in enumerate(voters)}
    who = coded(sheet.column(person))
    at = who.spread(np.array([place.get(fold(each), -1) for each in who.values], np.int64), -1)
    at = np.where(fates.used, at, -1)
    _say_how_many(at, len(voters), file, notes)
    categories = {
        id: _each(at, coded(category_of(programme.characteristic(id), recode, values[recode.column], fates, sheet.row,
                                        notes)), len(voters), id, notes)
        for id, recode in columns.characteristics.items()
    }  # fmt: skip
    weight = _weights(at, values[columns.weight], len(voters), notes) if columns.weight else None
    return Told(weight, categories)


def values_given(path: Path, column: str, largest_file_mb: int) -> list[str]:
    """The different values of a column that says something of voters, in their own order."""
    _file, sheet, _person = _sheet(path, (column,), largest_file_mb)
    return sorted(coded(sheet.column(column)).values)


# --- workings -------------------------------------------------------------------------------------------------------


def _sheet(path: Path, wanted: tuple[str, ...], largest_file_mb: int) -> tuple[Path, Sheet, str]:
    """The first file that names people and has the columns, with the column of people."""
    export = find_export(path) if path.is_dir() else None
    files = [each for each in ((export.people, export.matrix, export.votes) if export else (path,)) if each]
    seen: list[str] = []
    for file in files:
        headers: list[str] = []

        def look(found: Sequence[str], file: Path = file, headers: list[str] = headers) -> Sequence[str]:
            refuse_case_records(found, file)
            headers.extend(found)
            return found[:1]

        read_sheet(file, look, largest_file_mb=largest_file_mb)
        person = find(PERSON, headers)
        if person is not None and set(wanted) <= set(headers):
            return file, read_sheet(file, only([person, *wanted], file), largest_file_mb=largest_file_mb), person
        seen += [f"{file.name}: {', '.join(f'{header:.30}' for header in headers[:8])}"]
    raise BadInput(
        f"no file names people and has the columns {', '.join(map(repr, wanted))} ({'; '.join(seen)})",
        where=path,
        cure="put a people.csv beside the votes, with the column `person` and these, one row a person",
    )


def _say_how_many(at: np.ndarray, n: int, file: Path, notes: list[str]) -> None:
    found = len(np.unique(at[at >= 0]))
    if found == 0:
        raise BadInput("nobody in it voted", where=file, cure="people need the same ids in both files")
    notes.extend([f"{file.name} says nothing of {counted(n - found, 'voter')}"] if found < n else [])


def _each(at: np.ndarray, told: Coded, n: int, what: str, notes: list[str]) -> list[str | None]:
    """One value a voter; None where none is given, or several."""
    code, torn = _one_each(at, told.codes, n)
    if torn:
        notes.append(f"{what}: {counted(torn, 'person', 'people')} given in several ways: counted as not declared")
    return [told.values[each] if each >= 0 else None for each in code.tolist()]


def _weights(at: np.ndarray, column: Coded, n: int, notes: list[str]) -> np.ndarray:
    code, torn = _one_each(at, column.codes, n)
    if torn:
        notes.append(f"weight: {counted(torn, 'person', 'people')} with several weights: set aside")
    value = numbers(Coded(code, column.values))
    return np.where(value > 0, value, np.nan)


def _one_each(at: np.ndarray, code: np.ndarray, n: int) -> tuple[np.ndarray, int]:
    """Each voter's code, -1 where there is none or they differ; and of how many they differ."""
    given = (at >= 0) & (code >= 0)
    low, high = np.full(n, np.iinfo(np.int32).max), np.full(n, -1)
    np.minimum.at(low, at[given], code[given])
    np.maximum.at(high, at[given], code[given])
    return np.where(low == high, high, -1).astype(np.int32), int(np.sum((high >= 0) & (low != high)))
