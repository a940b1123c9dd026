"""Surveys: one row a person (and round), with self-declared coarse characteristics and answers to items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from ..programme import Programme, Source
from ..tables import as_declared
from .respondents import Respondents, read_respondents
from .text import counted

__all__ = ["first_rows", "read_survey"]


def read_survey(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `people` and `fates` of a survey, and notes. The first row of a person in a round counts."""
    found = read_respondents(source, programme, path, key=key, largest_file_mb=largest_file_mb)
    keep, first = first_rows(found)
    of = found.sheet.row[first]
    repeated = found.fates.duplicate(~keep, of, "the same person and round as row")
    if repeated:
        found.notes.append(f"{counted(repeated, 'row')} of a person already counted in that round")
    people = as_declared("people", found.people.filter(pa.array(found.fates.used)))
    fates = found.fates.table(source.id, found.sheet.row, found.sheet.spoilt)
    return {"people": people, "fates": fates}, found.notes


def first_rows(found: Respondents) -> tuple[np.ndarray, np.ndarray]:
    """Which used rows are the first of their person and round, and for each row the place of that first one.

    A row without a person's number is a person of its own. Rows set aside are not firsts, and keep their place.
    """
    n = len(found.sheet.row)
    first = np.arange(n)
    rows = np.flatnonzero(found.fates.used & ~found.person.empty)
    keys = found.person.codes[rows].astype(np.int64) * (len(found.round.values) + 1) + found.round.codes[rows]
    _distinct, start, inverse = np.unique(keys, return_index=True, return_inverse=True)
    first[rows] = rows[start[inverse]]
    return first == np.arange(n), first
