"""Doors to numbers: what was answered, what an office published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Unpack

import numpy as np
import pyarrow as pa

from .. import gather as gathering
from .. import measure
from ..errors import BadInput
from ..library.instruments import instrument_rows
from ..settings import Settings, read_settings

__all__ = ["Official", "bounds", "estimate", "instruments", "monitor", "official", "pool"]


def estimate(
    file: Path, *, item: str, by: str | None = None, margins: Path | None = None, weights: str | None = None,
    strata: str | None = None, cluster: str | None = None, missing: Sequence[str] = (),
    settings: Settings | None = None,
    **wanted: Unpack[measure.Wanted],
) -> pa.Table:  # fmt: skip
    """Weighted mean or share of one column, or another statistic of it, for everyone and by other columns, with
    intervals. `measure.Wanted` lists what else can be asked; replicates may also be a file."""
    settings = settings or read_settings()
    limit = settings.largest_file_mb
    given = wanted.get("replicates")
    if isinstance(given, str) and Path(given).is_file():
        wanted["replicates"] = gathering.read_table(Path(given), largest_file_mb=limit)
    wanted.setdefault("rng", np.random.default_rng(settings.seed))
    table, note = _answered(file, item, missing, limit)
    found = measure.estimate_table(
        table, item=item, by=by, weights=weights, strata=strata, cluster=cluster, where=str(file), wanted=wanted,
        margins=None if margins is None else gathering.read_table(margins, largest_file_mb=limit),
    )  # fmt: skip
    return _noted(found, note)


def _answered(file: Path, item: str, missing: Sequence[str], limit: int) -> tuple[pa.Table, str]:
    """A file without the values that hold no answer, and how many there were."""
    table, notes = measure.emptied(gathering.read_table(file, largest_file_mb=limit), [item], missing, str(file))
    return table, "".join(f"; {note}" for note in notes)


def _noted(table: pa.Table, note: str) -> pa.Table:
    at = table.column_names.index("method")
    return table.set_column(at, "method", pa.array([f"{said}{note}" for said in table["method"].to_pylist()]))


def pool(
    file: Path, *, item: str, by: Sequence[str], population: Path, covariates: Sequence[str] = (),
    weights: str | None = None, cluster: str | None = None, family: Literal["share", "mean"] | None = None,
    crossing: Sequence[str] = (), missing: Sequence[str] = (), settings: Settings | None = None,
) -> measure.Pooled:  # fmt: skip
    """Shares or means of small communities, each with what the others tell, beside what it says alone."""
    settings = settings or read_settings()
    people, note = _answered(file, item, missing, settings.largest_file_mb)
    cells = gathering.read_table(population, largest_file_mb=settings.largest_file_mb)
    rng = np.random.default_rng(settings.seed)
    found = measure.pool_table(
        people, item=item, by=by, population=cells, covariates=covariates, weights=weights, cluster=cluster,
        family=family, crossing=crossing, rng=rng, where=str(file),
    )  # fmt: skip
    return replace(found, rows=_noted(found.rows, note))


def monitor(
    file: Path, *, item: str, period: str, by: str | None = None, weights: str | None = None, smallest: float = 0.05,
    missing: Sequence[str] = (), settings: Settings | None = None,
) -> pa.Table:  # fmt: skip
    """Has it moved since the first period? With intervals that hold however often one looks."""
    limit = (settings or read_settings()).largest_file_mb
    table, note = _answered(file, item, missing, limit)
    found = measure.monitor_table(
        table, item=item, period=period, by=by, weights=weights, smallest=smallest, where=str(file)
    )
    return _noted(found, note)


def bounds(
    file: Path, *, item: str | None = None, by: str | None = None, missing: Sequence[str] = (),
    count: str | None = None, ends: tuple[float, float] | None = None, share: str | None = None,
    unknown: str | None = None, settings: Settings | None = None,
) -> pa.Table:  # fmt: skip
    """How far a share or mean could lie if everybody whose answer is unknown had answered one way or the other: of
    answers (`item`), or of shares published beside the share unknown (`share` and `unknown`)."""
    limit = (settings or read_settings()).largest_file_mb
    answers = item is not None and share is None and unknown is None
    published = item is None and share is not None and unknown is not None and not (missing or count or ends)
    if not answers and not published:
        raise BadInput(
            "bounds are of answers or of published shares, not of both or of half",
            cure="name --item, with what belongs to it; or --share and --unknown together, with --by if you like",
        )
    table = gathering.read_table(file, largest_file_mb=limit)
    if item is not None:
        return measure.bounds_table(table, item=item, by=by, missing=missing, count=count, ends=ends, where=str(file))
    return measure.published_bounds_table(table, share=str(share), unknown=str(unknown), by=by, where=str(file))


@dataclass(frozen=True)
class Official:
    """Published figures as read. rows: the figures, as in the table `figures` · read: rows of the file · fates: of
    these, they sum to `read` · set_aside: the rows not used, each with its reason · breaks: periods before which a
    series may not be compared, with what the file says · notes: how the file was understood."""

    rows: list[dict[str, Any]]
    read: int
    fates: dict[str, int]
    set_aside: list[dict[str, Any]]
    breaks: list[dict[str, Any]]
    notes: list[str]


def official(file: Path, *, layout: str | None = None, settings: Settings | None = None) -> Official:
    """The figures of one file that an office published. layout: long, pas or tables; None to tell by the headers."""
    if layout is not None and layout not in gathering.LAYOUTS:
        raise BadInput(f"there is no layout {layout!r}", cure=f"choose one of: {', '.join(gathering.LAYOUTS)}")
    limit = (settings or read_settings()).largest_file_mb
    found = gathering.official_figures(file, layout, largest_file_mb=limit)
    fates = found.tables["fates"].to_pylist()
    rows = found.tables["figures"].drop_columns("source").to_pylist()
    broken = {(row["series"], row["measure"], row["period"]): row["note"] for row in rows if row["break_before"]}
    return Official(
        rows, found.rows, found.fates,
        [{"row": row["row"], "fate": row["fate"], "reason": row["reason"]} for row in fates if row["fate"] != "used"],
        [{"series": s, "measure": m, "period": p, "note": note} for (s, m, p), note in broken.items()],
        list(found.notes),
    )  # fmt: skip


def instruments(search: str = "") -> list[dict[str, Any]]:
    """Survey items that others have asked, word for word: what a programme may name as `instrument`."""
    return instrument_rows(search)
