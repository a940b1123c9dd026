"""The embedded default: DuckDB in memory, over Parquet parts, with no extension to download."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

__all__ = ["DuckDBEngine"]


class DuckDBEngine:
    """One in-memory database per run. It spills to `scratch` and never touches the network."""

    def __init__(self, *, threads: int = 2, memory_mb: int = 1500, scratch: Path | None = None) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "memory_limit": f"{memory_mb}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": True,
        }
        if scratch is not None:
            config["temp_directory"] = str(scratch)
        self._db = duckdb.connect(":memory:", config=config)
        self._held: dict[str, pa.Table] = {}

    def load(self, name: str, source: pa.Table | Sequence[Path]) -> None:
        """Arrow tables are scanned in place; Parquet parts become a view that unites columns by name."""
        if isinstance(source, pa.Table):
            self._held[name] = source  # DuckDB scans the object itself, so it must stay alive
            self._db.register(name, source)
            return
        files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in source)
        self._db.execute(f"""CREATE OR REPLACE VIEW "{name}" AS FROM read_parquet([{files}], union_by_name = true)""")

    def query(self, sql: str) -> pa.Table:
        return self._db.sql(sql).to_arrow_table()

    def batches(
        self, sql: str, function: Callable[[pa.RecordBatch], pa.RecordBatch], rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        for batch in self._db.sql(sql).to_arrow_reader(rows):
            yield function(batch)

    def columns(self, name: str) -> tuple[str, ...]:
        return tuple(row[0] for row in self._db.execute(f'DESCRIBE "{name}"').fetchall())

    def close(self) -> None:
        self._db.close()
        self._held.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
