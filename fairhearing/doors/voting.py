"""The door to votes: one export, without a programme."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from .. import gather as gathering
from .. import weigh
from .._progress import Say, silent
from ..engines import DuckDBEngine, run_stages
from ..hear import groups
from ..programme import Programme, Source
from ..settings import Settings, read_settings
from ..tables import empty, evidence_tables

__all__ = ["votes"]


def votes(folder: Path, *, settings: Settings | None = None, say: Say = silent) -> list[dict[str, Any]]:
    """How people voted on each statement of one Polis export, or of a votes.csv of person, statement, vote."""
    settings = settings or read_settings()
    source = Source(id="votes", file=folder.name or "votes", kind="votes", sample="self-selected")
    programme = _bare_programme(source)
    evidence = gathering.read_source(
        source, programme, folder, key=b"one run", largest_file_mb=settings.largest_file_mb, say=say
    )
    with DuckDBEngine(threads=settings.threads, memory_mb=settings.memory_mb) as engine:
        for table in evidence_tables():
            engine.load(table.name, evidence.tables.get(table.name, empty(table.name)))
        written = run_stages(engine, (weigh.STAGE, groups.STAGE), programme=programme, seed=settings.seed, say=say)
    return groups.statement_rows(written)


def _bare_programme(source: Source) -> Programme:
    """What a direct door needs of a programme: one source, no communities, the default rules."""
    return Programme.model_validate(
        {
            "programme": {"id": "door", "name": source.file, "about": "One file, read directly."},
            "objectives": [{"id": "none", "text": "Not part of a programme"}],
            "activities": [{"id": "none", "name": "None", "objective": "none"}],
            "sources": [source.model_dump()],
            "rules": {"fixed_on": date(2019, 2, 25)},
        }
    )
