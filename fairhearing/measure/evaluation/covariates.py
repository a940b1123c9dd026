"""What else was known of people before: numbers as they are, words as yes or no for each but the first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ...errors import BadInput
from ...stats.cells import Floats
from ..columns import answers, categories, column

__all__ = ["covariates_in"]

_MOST_LEVELS = 20


def covariates_in(table: pa.Table, names: Sequence[str], where: str) -> tuple[Floats, tuple[str, ...]]:
    """(n, q) columns, not-a-number where empty, and their names. Raises BadInput for a column of too many words."""
    columns, labels = [], []
    for name in names:
        column(table, name, where)
        try:
            columns.append(answers(table, name, where)[0])
            labels.append(name)
        except BadInput:
            levels, codes = categories(table, name, where)
            if len(levels) > _MOST_LEVELS:
                raise
            for code, level in enumerate(levels[1:], 1):
                columns.append(np.where(codes < len(levels), (codes == code).astype(float), np.nan))
                labels.append(f"{name} {level}")
    return (np.column_stack(columns) if columns else np.empty((table.num_rows, 0))), tuple(labels)
