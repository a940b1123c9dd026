"""What a file of rows looks like once read, whatever its format, and the checks every format shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..errors import BadInput
from .text import close_to

__all__ = ["Choose", "Sheet", "check_file", "everything", "only", "places_of", "tidy_headers"]

MOST_COLUMNS = 20_000
"""A wider header is not a survey; an export of votes with this many statements is not known."""

Choose = Callable[[Sequence[str]], Sequence[str]]
"""Given the headers, which to read; raises if one that is needed is missing."""


LARGEST_COLUMN = 2**31 - 1  # bytes of one column of text held as one array


@dataclass(frozen=True)
class Sheet:
    """`table`: string columns, whole rows only; `row`: their numbers in the file; `spoilt`: row → why it could
    not be read; `rows` = whole + spoilt. Blank lines are not rows."""

    table: pa.Table
    row: np.ndarray
    spoilt: dict[int, str]
    headers: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.row) + len(self.spoilt)

    def column(self, name: str) -> pa.Array:
        """One column as one array."""
        column = self.table.column(name)
        if column.nbytes > LARGEST_COLUMN:
            raise BadInput(f"the column {name!r} holds {column.nbytes / 1e9:.1f} GB of text", cure="split the file")
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def everything(headers: Sequence[str]) -> Sequence[str]:
    """Choose every column."""
    return headers


def only(names: Sequence[str], path: Path) -> Choose:
    """Choose these columns; a missing one is an error that names the closest header."""

    def choose(headers: Sequence[str]) -> Sequence[str]:
        for name in names:
            if name not in headers:
                raise BadInput(
                    f"there is no column {name!r}", where=path, cure=close_to(name, headers, "columns of the file")
                )
        return tuple(dict.fromkeys(names))

    return choose


def check_file(path: Path, largest_file_mb: int) -> None:
    """A file that is absent, empty, a folder or too large is an error before anything is read."""
    if not path.is_file():
        what = "this is a folder, not a file" if path.is_dir() else "there is no such file"
        raise BadInput(what, where=path, cure="check the path; of a source, that is `file` in programme.toml")
    size = path.stat().st_size
    if size == 0:
        raise BadInput(
            "the file is empty", where=path, cure="export it again; an empty file usually means a failed save"
        )
    if size > largest_file_mb * 1_000_000:
        raise BadInput(
            f"the file is {size / 1e6:,.0f} MB, above the limit of {largest_file_mb:,} MB",
            where=path,
            cure="split the file, or raise the setting largest_file_mb",
        )


def tidy_headers(names: Sequence[object], path: Path) -> list[str]:
    """Headers without surrounding space; a header left empty is named by its place."""
    if len(names) > MOST_COLUMNS:
        raise BadInput(f"the header has {len(names):,} columns", where=path, cure=f"keep at most {MOST_COLUMNS:,}")
    tidy = ["" if name is None else str(name).replace("\ufeff", "").strip() for name in names]
    return [name or f"(column {place})" for place, name in enumerate(tidy, 1)]


def places_of(headers: Sequence[str], chosen: Sequence[str], path: Path) -> list[int]:
    """Where the chosen columns stand. A chosen name that stands twice is an error: nobody can say which is meant."""
    places = []
    for name in chosen:
        if headers.count(name) > 1:
            raise BadInput(
                f"the header has {headers.count(name)} columns named {name!r}", where=path, cure="rename one of them"
            )
        places.append(headers.index(name))
    return places
