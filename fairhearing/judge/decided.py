"""What people decide about a judgement: who sees it otherwise and why, what is answered without a change, and where
strengths or harms were looked for and none was found.

Dissent is part of the record: it changes no verdict and stands beside it in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from ..errors import BadInput
from ..programme import Programme
from .finding import Row

__all__ = ["DECIDES", "DISSENT", "NONE_FOUND", "NO_CHANGE", "check_decision", "dissent_rows", "element"]

DISSENT, NO_CHANGE, NONE_FOUND = "dissent", "no change", "none found"
DECIDES = (DISSENT, NO_CHANGE, NONE_FOUND)
"""Columns of `decisions` that belong to judging."""

_SIDES = ("strengths", "harms")


def element(activity: str, step: str | None) -> str:
    """The id under which a person speaks about a verdict: `activity`, or `activity/step`."""
    return activity if step is None else f"{activity}/{step}"


def check_decision(programme: Programme, tables: Mapping[str, pa.Table], on: str, column: str, value: str) -> None:
    """Before it is recorded: it must be about something the latest run judged, found or recommended.

    tables: of the latest run, none before any run. Raises BadInput naming what may be meant."""
    if column == NO_CHANGE:
        _choose("adverse finding", on, _ids(tables, "findings", "finding", direction="adverse"))
    elif column == NONE_FOUND:
        _choose("activity", on, [each.id for each in programme.activities])
        _choose("side of the evidence", value, _SIDES)
    else:
        _choose("verdict, finding or recommendation", on, list(_judged(programme, tables)))
        if not value.strip():
            raise BadInput("a dissent without words", cure="say what should stand instead")


def _judged(programme: Programme, tables: Mapping[str, pa.Table]) -> Iterable[str]:
    for activity in programme.activities:
        yield activity.id
        yield from (element(activity.id, step.id) for step in activity.steps)
    yield from _ids(tables, "findings", "finding")
    yield from _ids(tables, "recommendations", "recommendation")


def _ids(tables: Mapping[str, pa.Table], table: str, id: str, **only: str) -> list[str]:
    rows = tables[table].to_pylist() if table in tables else []
    return [row[id] for row in rows if all(row[name] == value for name, value in only.items())]


def _choose(what: str, given: str, choices: Iterable[str]) -> None:
    choices = list(choices)
    if given not in choices:
        near = [each for each in choices if given.casefold() in each.casefold()] or choices
        more = "" if len(near) <= 20 else f" and {len(near) - 20} more"
        listed = ", ".join(near[:20]) or "none yet: run `fairhearing assess`"
        raise BadInput(f"there is no {what} {given!r}", cure=f"use one of: {listed}{more}")


def dissent_rows(programme: Programme, decisions: Iterable[Row]) -> list[dict[str, Any]]:
    """Who disagrees with what, and why, in the order recorded. decisions: rows of `decisions`, by event. A person who
    speaks again about the same thing is shown with their last words."""
    elements: dict[str, tuple[str | None, str | None]] = {
        activity.id: (activity.id, None) for activity in programme.activities
    }
    elements |= {element(activity.id, step.id): (activity.id, step.id) for activity, step in programme.steps()}
    last = {(each["on"], each["who"]): each for each in decisions if each["column"] == DISSENT}
    return [
        {
            "on": each["on"],
            "activity": elements.get(each["on"], (None, None))[0],
            "step": elements.get(each["on"], (None, None))[1],
            "who": each["who"],
            "at": each["at"],
            "instead": each["value"],
            "why": each["why"],
        }
        for each in sorted(last.values(), key=lambda each: int(each["event"]))
    ]
