"""Participants of an evaluation: one row a person, of whom nothing is taken in but two measurements and a group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput, Refused
from ..programme import Evaluation, Programme, Source
from ..tables import FATES, from_rows
from .files import read_sheet
from .redact import CONTACT
from .refuse import left_out, refuse_case_records, refuse_identifying_columns
from .text import close_to, counted, number

__all__ = ["read_evaluation"]

_COLUMNS = ("after", "before", "arm", "cluster")
_MOST_GROUPS = 20
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


def read_evaluation(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `participants` and `fates`. People lost on the way are used: who was lost is part of the evidence. Set
    aside are rows without a group, and without a baseline where groups were not drawn by lot. Refused where a column
    named identifies people. No person's hash is made here."""
    declared = source.evaluation
    if declared is None:
        raise BadInput("nothing says what the columns hold", where=path, cure="add [sources.evaluation]")
    mapped = {name: str(getattr(declared, name)) for name in _COLUMNS if getattr(declared, name) is not None}

    def choose(headers: Sequence[str]) -> Sequence[str]:
        refuse_case_records(headers, path)
        refuse_identifying_columns({header: name for name, header in mapped.items()}, path)
        for header in mapped.values():
            if header not in headers:
                raise BadInput(
                    f"there is no column {header!r}", where=path, cure=close_to(header, headers, "columns")
                )
        return list(dict.fromkeys(mapped.values()))

    sheet = read_sheet(path, choose, largest_file_mb=largest_file_mb)
    cells = {
        name: [(cell or "").strip() for cell in sheet.column(header).to_pylist()] for name, header in mapped.items()
    }
    _refuse_contact_details(cells, path)
    _check_groups(declared, cells.get("arm"), path)
    clusters = {name: at for at, name in enumerate(dict.fromkeys(filter(None, cells.get("cluster", []))))}
    rows: list[dict[str, Any]] = []
    fates = [_fate(source, row, "set aside", why) for row, why in sheet.spoilt.items()]
    for at, row in enumerate(sheet.row.tolist()):
        own = {name: column[at] for name, column in cells.items()}
        read, why = _participant(declared, own, clusters)
        fates.append(_fate(source, row, "set aside" if why else FATES[0], why))
        rows += [] if why else [{"source": source.id, "row": row, **read}]
    fates.sort(key=lambda each: each["row"])
    lost = sum(np.isnan(row["after"]) if row["after"] is not None else True for row in rows)
    notes = [*sheet.notes, *left_out(sheet.headers, mapped.values()),
             f"{counted(len(rows), 'participant')} used, {lost:,} of them without an outcome"]  # fmt: skip
    return {"participants": from_rows("participants", rows), "fates": from_rows("fates", fates)}, notes


def _fate(source: Source, row: int, fate: str, reason: str | None) -> dict[str, Any]:
    return {"source": source.id, "row": row, "fate": fate, "reason": reason}


def _refuse_contact_details(cells: dict[str, list[str]], path: Path) -> None:
    for name, column in cells.items():
        if pc.any(pc.match_substring_regex(pa.array(column, pa.string()), CONTACT)).as_py() and name in (
            "arm",
            "cluster",
        ):
            raise Refused(
                f"the column mapped as {name} holds contact details of people",
                where=path,
                cure="map a column of groups; take the other out of the file",
            )


def _check_groups(declared: Evaluation, arm: list[str] | None, path: Path) -> None:
    if arm is None:
        return
    groups = list(dict.fromkeys(filter(None, arm)))
    if declared.control not in groups:
        raise BadInput(
            f"the column {declared.arm!r} never says {declared.control!r}",
            where=path,
            cure=f"correct `control`: {close_to(str(declared.control), groups[:_MOST_GROUPS], 'groups')}",
        )
    if not 2 <= len(groups) <= _MOST_GROUPS:
        raise BadInput(
            f"the column {declared.arm!r} has {len(groups)} different values", where=path,
            cure="map a column of 2 to 20 groups",
        )  # fmt: skip


def _participant(
    declared: Evaluation, cells: dict[str, str], clusters: dict[str, int]
) -> tuple[dict[str, Any], str | None]:
    """The row as the table wants it, and why it is set aside."""
    measured: dict[str, float | None] = {}
    for name in ("before", "after"):
        text = cells.get(name, "")
        value = _WORDS.get(text.lower(), number(text)) if text else None
        if text and value is None:
            return {}, f"{name} is not a number"
        measured[name] = None if value in declared.missing else value
    if declared.arm is not None and not cells["arm"]:
        return {}, "nobody knows in which group"
    if declared.cluster is not None and not cells["cluster"]:
        return {}, "the cluster is missing"
    if declared.before is not None and measured["before"] is None and not declared.randomised:
        return {}, "no baseline"
    return {"arm": cells.get("arm"), "cluster": clusters.get(cells.get("cluster", "")), **measured}, None
