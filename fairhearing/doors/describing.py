"""Doors to the process itself: what should protect people at each step, and a map of one programme's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import library, runs
from .._folder import Folder
from ..errors import BadInput
from ..library.process import expected, find_step, safeguard_rows
from ..programme import Programme, read_programme
from ..protect import protect
from ..publish.map_page import map_page

__all__ = ["Mapped", "process_map", "safeguards"]

Mapped = dict[str, Any]


def safeguards(step: str | None = None) -> dict[str, Any]:
    """The library's steps with their safeguards, sources and documented harms; checklists and sources that conflict.

    step: one step, by id or by another id it answers to: then the checklists of that step alone."""
    found = None if step is None else find_step(step)
    if step is not None and found is None:
        known = ", ".join(each.id for each in library.steps())
        raise BadInput(f"the library has no step {step!r}", cure=f"use one of: {known}")
    id = found.id if found else None
    return {
        "steps": safeguard_rows(id),
        "checklists": [
            {"id": each.id, "name": each.name, "step": each.step, "seen_in_a_public_source": each.seen,
             "points": [point.question for point in each.points]}
            for each in library.checklists() if id in (None, each.step)
        ],
        "sources_that_conflict": [
            {"about": each.about, "says": list(each.says), "seen_in_a_public_source": each.seen}
            for each in library.conflicts() if id is None
        ],
    }  # fmt: skip


def process_map(folder: Path, out: Path) -> Mapped:
    """Draw the process of a programme as one page at `out`: with what people report where a run is sealed, else with
    its steps and safeguards alone. Raises BadInput where nothing can be written there."""
    programme = read_programme(folder)
    with_accounts = (folder / "runs").is_dir() and runs.latest(folder / "runs") is not None
    page = _assessed(folder) if with_accounts else map_page(programme, library.language_rules())
    if out.is_dir() or out.suffix.lower() not in (".html", ".htm"):
        raise BadInput("this is not a place for a page", where=out, cure="name an .html file")
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        what = f"the map could not be written: {error.strerror or error}"
        raise BadInput(what, where=out, cure="name a file in a folder that is there and may be written in") from None
    return {"map": str(out), "with_accounts": with_accounts, "steps": _standing(programme)}


def _assessed(folder: Path) -> str:
    here = Folder.open(folder)
    run = here.latest_run()
    safe = protect(runs.read_tables(run), here.programme, here.reviewed())
    return map_page(here.programme, library.language_rules(), safe, here.facts(run))


def _standing(programme: Programme) -> list[dict[str, Any]]:
    """Each step with how its safeguards stand, and which of the library's it does not name."""
    rows = []
    for activity, step in programme.steps():
        states = [each.has for each in step.safeguards]
        known = find_step(step.library or step.id)
        named = {each.library or each.id for each in step.safeguards} | set(step.leave_out)
        rows.append(
            {"activity": activity.id, "step": step.id, "name": step.name}
            | {state: states.count(state) for state in dict.fromkeys(sorted(states))}
            | {"source_not_yet_checked": sum(not each.checked for each in step.safeguards)}
            | {
                "library_also_expects": [each.id for each in expected(known.id) if each.id not in named]
                if known
                else []
            }
        )
    return rows
