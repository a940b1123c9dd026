"""Run the stages in order over one engine, each seeing only the tables it declared that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from ..errors import FairHearingError
from ..stage import Context, Stage, Tables
from ..tables import as_declared
from .base import Engine

__all__ = ["StageBroken", "run_stages"]


class StageBroken(FairHearingError):
    """A stage wrote something other than it declared: a fault in this software, not in the evidence."""

    exit_code = 70


def run_stages(
    engine: Engine, stages: Iterable[Stage], *, programme: Any, seed: int, say: Callable[[str], None]
) -> Tables:
    """Every table the stages write, by name.

    Two stages may add rows to one table (quotes are found by theme and by step); rows keep the order of the stages.
    """
    written: Tables = {}
    for stage in stages:
        say(stage.why or stage.name)
        context = Context(
            programme=programme,
            query=engine.query,
            seed=seed,
            columns={name: engine.columns(name) for name in stage.reads},
            say=say,
        )
        made = stage.run(context)
        if set(made) != set(stage.writes):
            raise StageBroken(
                f"the stage {stage.name} wrote {sorted(made)}, not {sorted(stage.writes)}",
                cure="report this as a fault of the software",
            )
        for name, table in made.items():
            table = as_declared(name, table).combine_chunks()
            written[name] = pa.concat_tables([written[name], table]) if name in written else table
            engine.load(name, written[name])
    return written
