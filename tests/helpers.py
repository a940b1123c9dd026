"""What several tests share: the real data beside the project, small programmes, and a context for one stage."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from fairhearing.engines import DuckDBEngine
from fairhearing.programme import Programme
from fairhearing.stage import Context, Stage, Tables
from fairhearing.tables import empty

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"real data is not here: no folder {SHARED.parent.name}/data"
)

RSCRIPT = shutil.which("Rscript")


@cache
def needs_r(*packages: str) -> pytest.MarkDecorator:
    """Skips where R, or one of these packages of it, is not on this machine."""
    asked = "".join(f"library({package});" for package in packages)
    there = RSCRIPT and subprocess.run([RSCRIPT, "-e", asked], capture_output=True, check=False).returncode == 0
    return pytest.mark.skipif(not there, reason=f"R with {', '.join(packages)} is not on this machine")


def ascii_table(text: str) -> list[dict[str, str]]:
    """Rows of a table drawn with |, its first line the names of the columns; a line of dashes is decoration."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip("\n").splitlines()]
    head, *rows = [line for line in lines if set("".join(line)) - set("-+")]
    return [dict(zip(head, row, strict=True)) for row in rows]


def programme(**changes: Any) -> Programme:
    """The smallest valid programme, with top-level parts replaced by `changes`."""
    document: dict[str, Any] = {
        "programme": {
            "id": "test",
            "name": "Test programme",
            "about": "A programme made for a test.",
            "synthetic": True,
        },
        "objectives": [{"id": "safety", "text": "Safeguard the vulnerable"}],
        "activities": [
            {
                "id": "referral",
                "name": "Referral",
                "objective": "safety",
                "owner": "Safety office",
                "steps": [
                    {"id": "notice", "name": "Notice a concern"},
                    {"id": "question", "name": "Questioning at school"},
                ],
            }
        ],
        "rules": {"fixed_on": "2026-01-01"},
    }
    return Programme.model_validate(document | changes)


def run_stage(stage: Stage, programme: Programme, *, seed: int = 1, **tables: pa.Table) -> Tables:
    """Run one stage over the given tables; a table it reads that is not given is empty."""
    engine = DuckDBEngine()
    try:
        for name in stage.reads:
            engine.load(name, tables.get(name, empty(name)))
        columns = {name: engine.columns(name) for name in stage.reads}
        written = stage.run(Context(programme=programme, query=engine.query, seed=seed, columns=columns))
        assert set(written) == set(stage.writes)
        return written
    finally:
        engine.close()
