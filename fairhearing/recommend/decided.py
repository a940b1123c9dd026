"""What people decide about a recommendation: whether it is adopted, and in which words.

The machine proposes; a person adopts or rejects, with a reason, and may say it better. Each is an event with who,
when and why; the proposal as it was stays derivable from the evidence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from ..errors import BadInput
from ..programme import Programme
from .ranking import Row

__all__ = ["DECIDES", "EDITED", "STANDINGS", "check_decision", "decided", "effort_of"]

STANDINGS = ("adopted", "rejected", "proposed")
"""`proposed` again takes an earlier decision back."""

EDITED = {
    "change": "change",
    "owner": "owner",
    "by when": "by_when",
    "measured how": "measured_how",
}
"""Column of `decisions` → column of `recommendations` whose words it replaces."""

DECIDES = ("standing", *EDITED, "effort")
"""Columns of `decisions` that belong to recommending."""


def check_decision(programme: Programme, tables: Mapping[str, pa.Table], on: str, column: str, value: str) -> None:
    """Before it is recorded: it must be about a recommendation of the latest run.

    tables: of the latest run, none before any run. Raises BadInput naming what may be meant."""
    known = tables["recommendations"]["recommendation"].to_pylist() if tables else []
    if on not in known:
        listed = ", ".join(known) or "none yet: run `fairhearing assess`"
        raise BadInput(f"there is no recommendation {on!r}", cure=f"use one of: {listed}")
    if column == "standing" and value not in STANDINGS:
        raise BadInput(f"there is no standing {value!r}", cure=f"use one of: {', '.join(STANDINGS)}")
    if column == "effort" and not _number(value):
        raise BadInput(
            f"{value!r} is no effort", cure="give a number above 0, in the same unit for all: days, or £1,000"
        )
    if column in EDITED and not value.strip():
        raise BadInput(f"nothing is said for {column!r}", cure="say it in a sentence")


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def effort_of(decisions: Sequence[Row], proposed: float | None) -> float | None:
    """The latest estimate recorded, else the one in programme.toml. decisions: on this recommendation, by event."""
    return next((_number(each["value"]) for each in reversed(decisions) if each["column"] == "effort"), proposed)


def decided(row: Mapping[str, Any], decisions: Sequence[Row]) -> dict[str, Any]:
    """The row with what people decided of it. decisions: on this recommendation, by event."""
    last = {each["column"]: each for each in decisions}
    standing = last.get("standing")
    words = {EDITED[column]: each["value"] for column, each in last.items() if column in EDITED}
    edits = [
        f"{column} by {each['who']}, {_day(each)}: {each['why']}" for column, each in last.items() if column in EDITED
    ]
    given = standing if standing and standing["value"] != "proposed" else None
    return {
        **row,
        **words,
        "standing": given["value"] if given else "proposed",
        "decided_by": f"{given['who']}, {_day(given)}" if given else None,
        "decided_why": given["why"] if given else None,
        "edited": edits,
    }


def _day(decision: Row) -> str:
    return date.fromisoformat(str(decision["at"])[:10]).isoformat()
