"""Doors to what works: one evaluation from its participants, several evaluations from their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import pyarrow as pa
import pyarrow.compute as pc

from .. import gather as gathering
from .. import measure
from ..errors import BadInput, Refused
from ..gather.refuse import identifying
from ..gather.text import fold
from ..gather.waves import scored, widened
from ..settings import Settings, read_settings

__all__ = ["effect", "pool_effects"]

_MOST_WAVES = 8


def effect(
    file: Path, *, outcome: str, settings: Settings | None = None, person: str | None = None, wave: str | None = None,
    waves: Sequence[str] = (), words: Sequence[str] = (), **asked: Unpack[measure.Asked],
) -> measure.Evaluated:  # fmt: skip
    """What one project changed, as far as the rows of its participants can tell. `measure.Asked` lists what can be
    said of them. person, wave and waves (the first and the last): the file has one row a person and wave. words:
    answers in words, from low to high. Refused where a column named here identifies people; the other columns are
    not looked at."""
    named = [outcome, wave, *(asked.get(key) for key in ("before", "arm", "cluster", "unit"))]
    named += [*asked.get("covariates", ()), person]
    personal = identifying([str(name) for name in named if name])
    if personal:
        raise Refused(
            f"the column {personal[0]!r} identifies people",
            where=file,
            cure="name columns of answers and groups only; better take such columns out of the file",
        )
    limit = (settings or read_settings()).largest_file_mb
    table = gathering.read_table(file, largest_file_mb=limit)
    if words:
        table = scored(table, [outcome, asked.get("before")], words, file)
    if not (person or wave or waves):
        found = measure.evaluate_table(table, outcome=outcome, asked=asked, where=str(file))
        return replace(found, notes=[*found.notes, *_perhaps_long(table, outcome, asked)])
    if not (person and wave and len(waves) == 2) or asked.get("before") or asked.get("time"):
        raise BadInput(
            "a file of one row a person and wave needs --person, --wave and --waves, without --before and --time",
            where=file, cure="--person COLUMN --wave COLUMN --waves FIRST,LAST, as the file calls them",
        )  # fmt: skip
    same = [str(each) for each in (asked.get("arm"), asked.get("cluster"), *asked.get("covariates", ())) if each]
    table, before, after, notes = widened(
        table, outcome=outcome, person=person, wave=wave, waves=waves, same=same, where=file
    )
    wide: measure.Asked = {**asked, "before": before}
    found = measure.evaluate_table(table, outcome=after, asked=wide, where=str(file))
    return replace(found, outcome=outcome, notes=[*notes, *found.notes])


_WAVE = (
    "wave",
    "time",
    "timepoint",
    "time point",
    "phase",
    "occasion",
    "stage",
    "when",
    "measurement",
    "survey round",
)


def _perhaps_long(table: pa.Table, outcome: str, asked: measure.Asked) -> list[str]:
    """A file read as one row a person that has a column of waves nobody named."""
    if asked.get("time") or asked.get("before"):
        return []
    for name in table.column_names:
        values = [each for each in pc.unique(table[name]).to_pylist() if each]
        if fold(name).replace("_", " ") in _WAVE and name != outcome and 2 <= len(values) <= _MOST_WAVES:
            shown = ", ".join(map(str, values))
            return [f"the file has a column {name!r} ({shown}): if it has one row a person and wave, name them: "
                    f"--person COLUMN --wave {name} --waves FIRST,LAST"]  # fmt: skip
    return []


def pool_effects(
    file: Path, *, effect: str, se: str | None = None, variance: str | None = None, study: str | None = None,
    baseline: str | None = None, moderators: Sequence[str] = (), prior: str = "half-normal",
    scale: float = 0.3, matters: float | None = None,
    settings: Settings | None = None,
) -> measure.PooledEffects:  # fmt: skip
    """Results of several projects, one row each with its standard error, drawn towards each other as far as they are
    alike; kinds of baseline apart."""
    limit = (settings or read_settings()).largest_file_mb
    table = gathering.read_table(file, largest_file_mb=limit)
    return measure.pool_effects_table(
        table, effect=effect, se=se, variance=variance, study=study, baseline=baseline,
        moderators=moderators, prior=prior, scale=scale, matters=matters, where=str(file),
    )  # fmt: skip
