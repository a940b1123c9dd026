"""`Safe`: a table that disclosure control has passed. Only this part can make one; `publish` takes nothing else."""

from __future__ import annotations

from typing import Any, NoReturn

import pyarrow as pa

from ..errors import Unsafe

__all__ = ["Safe"]

_SEAL = object()
"""Known to this part alone."""


class Safe:
    """A table as it may be published. Its attributes cannot be set, and it cannot be copied, pickled or derived from:
    each of these would be a way around disclosure control."""

    __slots__ = ("name", "notes", "table", "withheld")

    name: str
    table: pa.Table
    notes: tuple[str, ...]
    """What was done to it, a sentence each."""
    withheld: int
    """Rows whose figures are withheld, or that were left out."""

    def __init__(self, seal: object, name: str, table: pa.Table, notes: tuple[str, ...], withheld: int) -> None:
        if seal is not _SEAL:
            raise _around(f"a Safe table {name!r} was made outside disclosure control")
        for attribute, value in {"name": name, "table": table, "notes": notes, "withheld": withheld}.items():
            object.__setattr__(self, attribute, value)

    def rows(self) -> list[dict[str, Any]]:
        """Every row, withheld ones too: their figures are null and `withheld` says why."""
        rows: list[dict[str, Any]] = self.table.to_pylist()
        return rows

    def __repr__(self) -> str:
        return f"Safe {self.name}: {self.table.num_rows} rows, {self.withheld} withheld"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise _around(f"{name} of a Safe table was set")

    def __delattr__(self, name: str) -> NoReturn:
        raise _around(f"{name} of a Safe table was deleted")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise _around("a Safe table was copied or pickled")

    def __init_subclass__(cls) -> NoReturn:
        raise _around("a class was derived from Safe")


def made(name: str, table: pa.Table, notes: tuple[str, ...], withheld: int) -> Safe:
    """For this part only."""
    return Safe(_SEAL, name, table, notes, withheld)


def _around(what: str) -> Unsafe:
    return Unsafe(what, cure="pass the table through `protect`; there is no other way to publish")
