"""Doors to what works: one evaluation from its participants, several evaluations from their results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from .. import gather as gathering
from .. import measure
from ..errors import Refused
from ..gather.refuse import identifying
from ..settings import Settings, read_settings

__all__ = ["effect", "pool_effects"]


def effect(
    file: Path, *, outcome: str, settings: Settings | None = None, **asked: Unpack[measure.Asked]
) -> measure.Evaluated:
    """What one project changed, as far as the rows of its participants can tell. `measure.Asked` lists what can be
    said of them. Refused where a column named here identifies people; the other columns are not looked at."""
    named = [outcome, *(asked.get(key) for key in ("before", "arm", "cluster", "unit")), *asked.get("covariates", ())]
    personal = identifying([str(name) for name in named if name])
    if personal:
        raise Refused(
            f"the column {personal[0]!r} identifies people",
            where=file,
            cure="name columns of answers and groups only; better take such columns out of the file",
        )
    limit = (settings or read_settings()).largest_file_mb
    table = gathering.read_table(file, largest_file_mb=limit)
    return measure.evaluate_table(table, outcome=outcome, asked=asked, where=str(file))


def pool_effects(
    file: Path, *, effect: str, se: str, study: str | None = None, baseline: str | None = None,
    moderators: Sequence[str] = (), prior: str = "half-normal", scale: float = 0.3, matters: float | None = None,
    settings: Settings | None = None,
) -> measure.PooledEffects:  # fmt: skip
    """Results of several projects, one row each with its standard error, drawn towards each other as far as they are
    alike; kinds of baseline apart."""
    limit = (settings or read_settings()).largest_file_mb
    table = gathering.read_table(file, largest_file_mb=limit)
    return measure.pool_effects_table(
        table, effect=effect, se=se, study=study, baseline=baseline, moderators=moderators, prior=prior, scale=scale,
        matters=matters, where=str(file),
    )  # fmt: skip
