"""Participants of an evaluation: of each nothing is taken in but two measurements, a group, and what the programme
declared as known before. A file of one row a person and wave becomes one row a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from .text import close_to, counted, fold, number
from .waves import in_numbers, paired

__all__ = ["read_evaluation"]

_COLUMNS = ("after", "before", "arm", "cluster", "person", "wave")
_MOST_GROUPS = 20
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


def read_evaluation(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `participants` and `fates`. People lost on the way are used: who was lost is part of the evidence. Set
    aside are rows without a group, and without a baseline where groups were not drawn by lot. Refused where a column
    named identifies people. No person's hash is made here: a number that puts two rows together is not kept."""
    declared = source.evaluation
    if declared is None:
        raise BadInput("nothing says what the columns hold", where=path, cure="add [sources.evaluation]")
    mapped = {name: str(getattr(declared, name)) for name in _COLUMNS if getattr(declared, name) is not None}
    mapped |= {f"covariate {at}": name for at, name in enumerate(declared.covariates)}

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
    for places, own, why in _people(declared, cells, sheet.row.tolist(), path):
        read, why = ({}, why) if why else _participant(declared, own, clusters)
        fates += [_fate(source, row, "set aside" if why else FATES[0], why) for row in places]
        rows += [] if why else [{"source": source.id, "row": places[0], **read}]
    fates.sort(key=lambda each: each["row"])
    rows.sort(key=lambda each: each["row"])
    lost = sum(np.isnan(row["after"]) if row["after"] is not None else True for row in rows)
    notes = [*sheet.notes, *left_out(sheet.headers, mapped.values()),
             f"{counted(len(rows), 'participant')} used, {lost:,} of them without an outcome"]  # fmt: skip
    return {"participants": from_rows("participants", rows), "fates": from_rows("fates", fates)}, notes


def _people(
    declared: Evaluation, cells: dict[str, list[str]], rows: list[int], path: Path
) -> Iterator[tuple[list[int], dict[str, str], str | None]]:
    """Rows of one person, what they say as one row, and why they cannot be used."""
    if declared.person is None:
        for at, row in enumerate(rows):
            yield [row], {name: column[at] for name, column in cells.items()}, None
        return
    found = paired(cells["person"], cells["wave"], declared.waves, path)
    for at, left in found.left.items():
        yield [rows[at]], {}, left
    for pair in found.people:
        places = [at for at in (pair.first, pair.last) if at is not None]
        told = {name: pair.says(column) for name, column in cells.items() if name not in ("person", "wave", "after")}
        own = {name: said for name, (said, _) in told.items()}
        own["before"], own["after"] = ("" if at is None else cells["after"][at] for at in (pair.first, pair.last))
        moved = [name for name, (_, agrees) in told.items() if not agrees]
        why = f"the two waves do not agree on the {moved[0].rstrip(' 0123456789')}" if moved else None
        yield sorted(rows[at] for at in places), own, why


def _fate(source: Source, row: int, fate: str, reason: str | None) -> dict[str, Any]:
    return {"source": source.id, "row": row, "fate": fate, "reason": reason}


def _refuse_contact_details(cells: dict[str, list[str]], path: Path) -> None:
    for name, column in cells.items():
        group = name in ("arm", "cluster") or name.startswith("covariate")
        if group and pc.any(pc.match_substring_regex(pa.array(column, pa.string()), CONTACT)).as_py():
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
    scale = in_numbers(declared.words) or _WORDS
    for name in ("before", "after"):
        text = cells.get(name, "")
        value = scale.get(fold(text), number(text)) if text else None
        if text and value is None:
            return {}, f"{name} is not a number" + (", and none of the declared words" if declared.words else "")
        measured[name] = None if value in declared.missing else value
    if declared.arm is not None and not cells["arm"]:
        return {}, "nobody knows in which group"
    if declared.cluster is not None and not cells["cluster"]:
        return {}, "the cluster is missing"
    if declared.has_baseline and measured["before"] is None and not declared.randomised:
        return {}, "no baseline"
    known = [cells[f"covariate {at}"] for at in range(len(declared.covariates))]
    if not all(known):
        return {}, "a covariate is missing"
    group = {"arm": cells.get("arm"), "cluster": clusters.get(cells.get("cluster", ""))}
    return {**group, "covariates": known or None, **measured}, None
