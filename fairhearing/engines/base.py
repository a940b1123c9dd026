"""What any engine must do: four verbs. Stages see only `query`; `main` uses all four."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa

__all__ = ["Engine"]


class Engine(Protocol):
    """Tables in by name, SQL over them, Arrow out."""

    def load(self, name: str, source: pa.Table | Sequence[Path]) -> None:
        """Make a table known by name: an Arrow table, or Parquet parts read as one (columns united by name)."""

    def query(self, sql: str) -> pa.Table:
        """Answer one SQL text, in the order it asks for."""

    def batches(
        self, sql: str, function: Callable[[pa.RecordBatch], pa.RecordBatch], rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """Apply an Arrow-batch function to the answer without holding all of it in memory."""

    def columns(self, name: str) -> tuple[str, ...]:
        """The columns of a table that was loaded."""

    def close(self) -> None:
        """Free what is held."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
