"""A stage is one unit of the spine: it reads named tables and writes named tables, and nothing else.

Stages never call each other. They meet in the tables declared in `tables`, which is why any of them can be
replaced, and why every step of a run can be re-derived and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from .programme import Programme

__all__ = ["Context", "Query", "Stage", "Tables", "one_round"]

Tables = dict[str, pa.Table]


class Query(Protocol):
    """What a stage may ask of an engine: one SQL text over the tables it reads, answered as Arrow."""

    def __call__(self, sql: str) -> pa.Table: ...


@dataclass(frozen=True)
class Context:
    """All a stage may know. `query` answers SQL; rows come back in the order the SQL asks for, so a stage that
    adds floating-point numbers must ORDER BY (sums must not depend on how many cores there were)."""

    programme: Programme
    query: Query
    seed: int
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Column names present per table, since `people` has one column per declared characteristic and item."""
    say: Callable[[str], None] = lambda _text: None
    """Report progress in a few words; a terminal shows it, a pipe does not."""

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of its own per purpose, so adding one draw elsewhere moves nothing here."""
        return np.random.default_rng([self.seed, *purpose.encode()])


@dataclass(frozen=True)
class Stage:
    """`run(context)` returns exactly the tables named in `writes`."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: Callable[[Context], Tables]
    why: str = ""


def one_round(source: str, round: str | None) -> str:
    """SQL condition: the rows of one source and round; None is the round of a source without rounds."""
    quoted = ["'" + text.replace("'", "''") + "'" for text in (source, round or "")]
    return f"source = {quoted[0]} AND round {'IS NULL' if round is None else f'= {quoted[1]}'}"
