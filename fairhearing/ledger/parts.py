"""Evidence tables as immutable Parquet files, in memory that does not grow with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import BadInput
from ..tables import as_declared, empty

__all__ = ["Content", "write_parquet"]

Content: TypeAlias = pa.Table | Iterable[pa.RecordBatch]

_ROW_GROUP = 65_536


def write_parquet(path: Path, name: str, content: Content) -> int:
    """Rows written. Batches are gathered into row groups, so that memory stays bounded and files stay well formed."""
    tables = [as_declared(name, content)] if isinstance(content, pa.Table) else _row_groups(name, content)
    rows, writer = 0, None
    try:
        for table in tables:
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(_same_columns(name, table, writer.schema), row_group_size=_ROW_GROUP)
            rows += table.num_rows
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        pq.write_table(empty(name), path, compression="zstd")
    return rows


def _row_groups(name: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    for batch in batches:
        held.append(as_declared(name, pa.Table.from_batches([batch])))
        if sum(table.num_rows for table in held) >= _ROW_GROUP:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _same_columns(name: str, table: pa.Table, schema: pa.Schema) -> pa.Table:
    if table.schema.names != schema.names:
        raise BadInput(
            f"the batches of {name} have different columns: {table.schema.names}, first {schema.names}",
            cure="give every batch of a table the same columns",
        )
    return table
