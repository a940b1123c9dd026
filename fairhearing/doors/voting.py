"""The door to votes: one export, without a programme."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from .. import gather as gathering
from .. import weigh
from .._progress import Say, silent
from ..engines import DuckDBEngine, run_stages
from ..gather.votes import voter_ids
from ..hear import groups, opinion
from ..programme import Programme, Source
from ..settings import Settings, read_settings
from ..tables import empty, evidence_tables

__all__ = ["Voted", "votes"]

_KEY = b"one run"


@dataclass(frozen=True)
class Voted:
    """What `fairhearing votes` prints. `verdict`: groups, no distinct groups or unstable, because of `reason`; `k`
    groups (1: everybody together); `participants`: id, group, probability; `statements`: `STATEMENT_KEYS` and
    bridging, bridging_low, bridging_high; `heldout`: auc, log_loss, cells; `cpu_seconds`: processor time of all of
    it."""

    verdict: str
    reason: str
    k: int
    participants: list[dict[str, Any]]
    statements: list[dict[str, Any]]
    heldout: dict[str, Any]
    cpu_seconds: float

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What a CSV holds: the statements."""
        return self.statements


def votes(folder: Path, *, heldout: int | None = None, settings: Settings | None = None, say: Say = silent) -> Voted:
    """How people voted on each statement of one Polis export, or of a votes.csv of person, statement, vote, and
    whether they fall into groups of opinion. `heldout`: seed of the tenth of the votes that is hidden and
    predicted."""
    began = time.process_time()
    settings = settings or read_settings()
    source = Source(id="votes", file=folder.name or "votes", kind="votes", sample="self-selected")
    programme = _bare_programme(source)
    evidence = gathering.read_source(
        source, programme, folder, key=_KEY, largest_file_mb=settings.largest_file_mb, say=say
    )
    with DuckDBEngine(threads=settings.threads, memory_mb=settings.memory_mb) as engine:
        for table in evidence_tables():
            engine.load(table.name, evidence.tables.get(table.name, empty(table.name)))
        written = run_stages(engine, (weigh.STAGE, groups.STAGE), programme=programme, seed=settings.seed, say=say)
    say("look for groups of opinion")
    heard = opinion.hear_opinion(
        evidence.tables["votes"],
        np.random.default_rng([settings.seed, *b"opinion"]),
        smallest=programme.rules.publish_at_least,
        hide=None if heldout is None else np.random.default_rng(heldout),
    )
    names = voter_ids(folder, source.id, _KEY, settings.largest_file_mb)
    people = [row | {"id": names[row["id"]]} for row in opinion.participant_rows(heard)]
    found = heard.found
    return Voted(
        found.verdict, found.reason, found.k, people, opinion.with_bridging(groups.statement_rows(written), heard),
        opinion.scores(heard), round(time.process_time() - began, 3),
    )  # fmt: skip


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
