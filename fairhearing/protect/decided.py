"""Findings that a person withheld or amended: the row stays, and says who, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

import pyarrow as pa

from ..tables import TABLES
from .safe import Safe, made

__all__ = ["Reviewed", "as_reviewed"]


class Reviewed(Protocol):
    """One decision about one finding."""

    @property
    def kind(self) -> str:
        """withheld or amended."""

    @property
    def by(self) -> str: ...

    @property
    def on(self) -> date: ...

    @property
    def reason(self) -> str: ...

    @property
    def words(self) -> str: ...


def as_reviewed(findings: Safe, reviewed: Mapping[str, Reviewed]) -> Safe:
    """The table of findings after what people decided. A finding that disclosure control withheld stays so."""
    rows = [_row(row, reviewed.get(row["finding"])) for row in findings.rows()]
    changed = sum(one != two for one, two in zip(rows, findings.rows(), strict=True))
    withheld = sum(row["withheld"] is not None for row in rows)
    notes = (*findings.notes, f"A person withheld or amended {changed} findings; each says who, when and why.")
    return made("findings", pa.Table.from_pylist(rows, findings.table.schema), notes, withheld)


def _row(row: dict[str, Any], decided: Reviewed | None) -> dict[str, Any]:
    if decided is None or row["withheld"] is not None:
        return row
    said = f"{decided.kind} by {decided.by} on {decided.on.isoformat()}: {decided.reason}"
    if decided.kind == "amended":
        return {**row, "sentence": f"{decided.words} ({said})"}
    return {**row, **dict.fromkeys((*TABLES["findings"].hides, *TABLES["findings"].counts)), "withheld": said}
