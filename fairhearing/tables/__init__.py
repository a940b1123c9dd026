"""Every table: its columns, units, where it comes from, who is missing from it, and how it may be disclosed.

Stages meet only here. The declarations are in `evidence`, `measured`, `evaluated`, `over_rounds`, `official`, `heard`, `agreed` and `judged`; the
reference pages are generated from them, and a table that does not match its
declaration is an error at the moment it is made, not when somebody reads it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pyarrow as pa

from ..errors import BadInput
from .agreed import AGREED
from .declaring import Column, Table
from .evaluated import EVALUATED
from .evidence import EVIDENCE
from .heard import HEARD
from .judged import JUDGED
from .measured import MEASURED
from .official import OFFICIAL
from .over_rounds import OVER_ROUNDS
from .pooled import POOLED

__all__ = [
    "FATES",
    "ROW",
    "TABLES",
    "Column",
    "Table",
    "View",
    "as_declared",
    "cell_name",
    "columns_in",
    "empty",
    "evidence_tables",
    "from_rows",
    "run_tables",
]

FATES = ("used", "set aside", "duplicate", "refused")
"""What can become of an input row. They sum to the rows of the file."""

ROW = "(row)"
"""Name of the column of row numbers that reading puts beside the columns of a file; the first row of data is 1."""

_ALL = (*EVIDENCE, *MEASURED, *EVALUATED, *OVER_ROUNDS, *POOLED, *OFFICIAL, *HEARD, *AGREED, *JUDGED)

TABLES: Mapping[str, Table] = {table.name: table for table in _ALL}


def columns_in(table: pa.Table) -> list[str]:
    """The columns a file has itself, in its order: those anybody may ask for."""
    return [name for name in table.column_names if name != ROW]


def evidence_tables() -> tuple[Table, ...]:
    """Tables the ledger holds."""
    return tuple(table for table in _ALL if table.kind == "evidence")


def run_tables() -> tuple[Table, ...]:
    """Tables of a sealed run: every finding, and the fates."""
    return tuple(table for table in _ALL if table.kind == "finding" or table.name == "fates")


def as_declared(name: str, table: pa.Table) -> pa.Table:
    """The same table with its columns in declared order and type; an undeclared or missing column is an error."""
    declared = TABLES[name]
    strays = [column for column in table.column_names if declared.column(column) is None]
    absent = [c.name for c in declared.columns if "*" not in c.name and c.name not in table.column_names]
    if strays or absent:
        raise BadInput(
            f"the table {name} has undeclared columns {strays} and lacks {absent}",
            cure="declare the columns in tables/, or make the table as declared there",
        )
    order = [column for pattern in declared.columns for column in _matching(pattern, table.column_names)]
    fields = [pa.field(column, declared.column(column).arrow) for column in order]  # type: ignore[union-attr]
    return table.select(order).cast(pa.schema(fields))


def from_rows(name: str, rows: Iterable[Mapping[str, Any]] | Sequence[Mapping[str, Any]]) -> pa.Table:
    """A declared table from dictionaries; a key left out is null, an undeclared key is an error."""
    rows = list(rows)
    names = list(
        dict.fromkeys([c.name for c in TABLES[name].columns if "*" not in c.name] + [k for r in rows for k in r])
    )
    columns = {}
    for key in names:
        column = TABLES[name].column(key)
        if column is None:
            raise BadInput(f"the table {name} has no column {key}", cure="declare it in tables/")
        columns[key] = pa.array([row.get(key) for row in rows], type=column.arrow)
    return as_declared(name, pa.table(columns))


def cell_name(name: str, row: Mapping[str, Any]) -> str:
    """How a finding names a row it rests on: `journeys:source=talk;step=question`, by the columns that name a cell,
    null ones left out."""
    keys = (f"{key}={row[key]}" for key in TABLES[name].cell if row[key] is not None)
    return f"{name}:{';'.join(keys)}"


def empty(name: str) -> pa.Table:
    """The table with no rows: what a stage writes when there is nothing to say."""
    return from_rows(name, [])


def _matching(column: Column, names: Sequence[str]) -> list[str]:
    """Names a declared column stands for, patterns in alphabetical order."""
    if "*" in column.name:
        return sorted(name for name in names if fnmatch.fnmatchcase(name, column.name))
    return [column.name] if column.name in names else []


@dataclass(frozen=True)
class View:
    """A table for reading in a notebook: it says what it holds, and hands itself to pandas, polars or Arrow."""

    name: str
    arrow: pa.Table
    rows_shown: int = 20

    @property
    def about(self) -> Table:
        """What the table says, column by column."""
        return TABLES[self.name]

    def __len__(self) -> int:
        return self.arrow.num_rows

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Arrow's own exchange: `polars.DataFrame(view)` and `pyarrow.table(view)` work without a copy."""
        return self.arrow.__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> Any:
        """A pandas DataFrame (needs pandas)."""
        return self.arrow.to_pandas()

    def __repr__(self) -> str:
        return f"{self.name}: {len(self)} rows. {self.about.says}"

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.arrow.column_names)
        shown = self.arrow.slice(0, self.rows_shown).to_pylist()
        body = "".join(f"<tr>{''.join(_cell(value) for value in row.values())}</tr>" for row in shown)
        more = f"; the first {self.rows_shown} are shown" if len(self) > self.rows_shown else ""
        caption = f"<caption>{escape(self.about.says)} ({len(self)} rows{more})</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"<td>{escape(text)}</td>"
