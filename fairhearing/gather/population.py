"""The population in cells: how many people live in each combination of characteristics, as a census gives them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from ..programme import Programme, Source
from ..tables import as_declared
from .fates import Fates
from .files import read_sheet
from .respondents import category_of
from .sheets import only
from .values import coded, numbers

__all__ = ["read_population"]


def read_population(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `cells` and `fates`, and notes. A row without a count from 0 up, or without one of its categories or
    covariates, is set aside; counts are not checked against margins declared elsewhere. No person is in it, so no
    hash is made."""
    columns = source.columns
    people = columns.people or ""
    characteristics = [each.column for each in columns.characteristics.values()]
    wanted = dict.fromkeys([people, *characteristics, *columns.covariates.values()])
    sheet = read_sheet(path, only(list(wanted), path), largest_file_mb=largest_file_mb)
    fates, notes = Fates(len(sheet.row)), list(sheet.notes)
    count = numbers(coded(sheet.column(people)))
    fates.set_aside(~(count >= 0) | np.isinf(count), f"no count of people from 0 up in the column {people!r}")
    made: dict[str, pa.Array] = {
        "source": pa.repeat(pa.scalar(source.id), len(sheet.row)),
        "row": pa.array(sheet.row, pa.int64()),
        "people": pa.array(count),
    }
    for id, name in columns.covariates.items():
        known = numbers(coded(sheet.column(name)))
        fates.set_aside(~np.isfinite(known), f"no number in the column {name!r}")
        made[f"x_{id}"] = pa.array(known)
    for id, recode in columns.characteristics.items():
        told = category_of(
            programme.characteristic(id), recode, coded(sheet.column(recode.column)), fates, sheet.row, notes
        )
        fates.set_aside(np.asarray(told.is_null()), f"no category of {id}")
        made[f"c_{id}"] = told
    cells = as_declared("cells", pa.table(made).filter(pa.array(fates.used)))
    return {"cells": cells, "fates": fates.table(source.id, sheet.row, sheet.spoilt)}, notes
