"""Weighted shares of people, and who the people are: what votes, themes and journeys count alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..programme import Programme, Source
from ..stage import Context
from ..stats.shares import weighted_share

__all__ = ["TOOK_PART", "Share", "communities", "joined", "members", "share"]

TOOK_PART = "not a margin of error for any population"


@dataclass(frozen=True)
class Share:
    """A weighted share of `n` people of whom `count` say yes; no estimate where nobody is there to say."""

    n: int
    count: int
    n_effective: float
    estimate: float | None
    low: float | None
    high: float | None


def share(weight: np.ndarray, yes: np.ndarray) -> Share:
    """Weighted share with its interval (`stats.shares`).

    weight: (people,) not below 0; yes: (people,) true or false. The sums follow the order of the arrays.
    """
    told = weighted_share(weight, yes)
    return Share(
        len(weight), int(np.count_nonzero(yes)), told.n_effective, told.estimate, told.low, told.high
    )  # fmt: skip


def communities(programme: Programme, table: pa.Table) -> Iterator[tuple[str, str]]:
    """(characteristic, category) of every community that is reported and that somebody in the table could declare.

    table: as `joined` makes it. A characteristic its source did not ask for, so that nobody gave it, is left out: the
    table `coverage` says so once."""
    for characteristic in programme.characteristics:
        column = f"c_{characteristic.id}"
        if column in table.column_names and table[column].null_count < table.num_rows:
            for category in characteristic.categories:
                if category.community:
                    yield characteristic.id, category.id


def members(column: pa.ChunkedArray | pa.Array, category: str) -> np.ndarray:
    """(rows,) true where the person declared this category; silence is false."""
    return np.asarray(column.to_numpy(zero_copy_only=False) == category, dtype=bool)


def joined(context: Context, table: str, columns: Sequence[str], source: Source, order: str) -> pa.Table:
    """Rows of `table` from one source with each person's `weight` (1 where none was made) and characteristics.

    A person with several rows in `people` counts by the first. `order` must leave no ties.
    """
    declared = [name for name in context.columns.get("people", ()) if name.startswith("c_")]
    chosen = ", ".join([f"t.{name}" for name in columns] + [f'p."{name}"' for name in declared])
    same = "{0}.source = t.source AND {0}.person = t.person AND {0}.round IS NOT DISTINCT FROM t.round"
    return context.query(f"""
        SELECT {chosen}, coalesce(w.weight, 1.0) AS weight
        FROM {table} t
        LEFT JOIN weights w ON {same.format("w")}
        LEFT JOIN (
            SELECT * FROM (
                SELECT *, row_number() OVER (PARTITION BY source, round, person ORDER BY row) AS copy FROM people
            ) WHERE copy = 1
        ) p ON {same.format("p")}
        WHERE t.source = '{source.id}'
        ORDER BY {order}
    """)
