"""Doors to the codebook people own: see it, and change it.

Whatever changes is one event in the ledger with who, when and why; undoing is another event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from .. import runs
from .._folder import CODEBOOK_CHANGED, Folder, who
from ..errors import BadInput, NotReady
from ..hear.agreed import ACTIONS, Codebook, codebook, new_ids, refuse_if_idle
from ..ledger import Event
from ..settings import Settings, read_settings

__all__ = ["Row", "Shown", "append", "book_of", "change", "latest", "rows_of", "show"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """proposed: themes of the latest run, with `adopted_as` · agreed: themes in use, with what people coded and how
    far they agree in that run · gone: themes merged, split or retired · without_effect: events and why."""

    proposed: tuple[Row, ...]
    agreed: tuple[Row, ...]
    gone: tuple[Row, ...]
    without_effect: tuple[Row, ...]
    run: str | None


# --- see --------------------------------------------------------------------------------------------------------


def show(folder: Path) -> Shown:
    """Proposed beside agreed, with the counts of the latest run."""
    here = Folder.open(folder)
    book, (run, tables) = book_of(here), latest(here)
    stands = {id: theme.name for theme in book.in_use for id in theme.proposed}
    counted = {row["theme"]: row for row in rows_of(tables, "agreed_themes")}
    agreed_on = {row["theme"]: row for row in rows_of(tables, "coder_agreement")}
    proposed = [
        {key: row[key] for key in ("source", "theme", "label", "n", "responses")}
        | {"adopted_as": stands.get(row["theme"])}
        for row in rows_of(tables, "themes")
        if row.get("kind") != "left over"
    ]
    agreed = [
        {
            "theme": theme.id, "name": theme.name, "description": theme.description,
            "proposed": list(theme.proposed), "coded": counted.get(theme.id, {}).get("coded"),
            "alpha": agreed_on.get(theme.id, {}).get("alpha"),
            "alpha_low": agreed_on.get(theme.id, {}).get("low"),
            "alpha_high": agreed_on.get(theme.id, {}).get("high"),
            "agreement": agreed_on.get(theme.id, {}).get("verdict"),
            "event": theme.event, "who": theme.who, "at": theme.at, "why": theme.why,
        }
        for theme in book.in_use
    ]  # fmt: skip
    gone = [
        {"theme": theme.id, "name": theme.name, "state": theme.state, "became": list(theme.became),
         "event": theme.event, "who": theme.who, "why": theme.why}
        for theme in book.themes if theme not in book.in_use
    ]  # fmt: skip
    idle = tuple({"event": event, "because": why} for event, why, _cure in book.idle)
    return Shown(tuple(proposed), tuple(agreed), tuple(gone), idle, run.name if run else None)


def book_of(here: Folder) -> Codebook:
    return codebook(here.codebook_events().to_pylist())


def latest(here: Folder) -> tuple[Path | None, Mapping[str, pa.Table]]:
    run = runs.latest(here.path / "runs")
    return run, runs.read_tables(run) if run else {}


def rows_of(tables: Mapping[str, pa.Table], name: str) -> list[Row]:
    return tables[name].to_pylist() if name in tables else []


# --- change -----------------------------------------------------------------------------------------------------


def change(
    folder: Path, action: str, themes: Sequence[str] = (), *, names: Sequence[str] = (), description: str = "",
    examples: Sequence[str] = (), undoes: int | None = None, why: str, settings: Settings | None = None,
) -> Event:  # fmt: skip
    """One decision about themes. themes: ids or names of agreed themes; of `adopt`, one id or label of a proposed
    theme · names: of the themes made, or the new name. Raises BadInput where it could have no effect."""
    if action not in ACTIONS:
        raise BadInput(f"there is no action {action!r}", cure=f"use one of: {', '.join(ACTIONS)}")
    if not why.strip():
        raise BadInput("no reason is given", cure="say why in a sentence: whoever reads the codebook will ask")
    here = Folder.open(folder)
    said: Row = {
        "action": action,
        "names": list(names),
        "description": description or None,
        "examples": list(examples),
    }
    if action == "adopt":
        said |= _adopted(here, themes, names)
    elif action == "undo":
        said |= {"undoes": undoes}
    else:
        said |= {"themes": [book_of(here).find(name).id for name in themes]}
    return append(here, CODEBOOK_CHANGED, who(settings or read_settings()), why, {}, [said], None)


def _adopted(here: Folder, themes: Sequence[str], names: Sequence[str]) -> Row:
    """The proposed theme with its words of today: a later run may propose others."""
    run, tables = latest(here)
    rows = [row for row in rows_of(tables, "themes") if row.get("kind") != "left over"]
    if run is None:
        raise NotReady("nothing is proposed before the first run", cure="run `fairhearing assess` first")
    found = [row for row in rows if len(themes) == 1 and themes[0] in (row["theme"], row["label"])]
    if len(found) != 1:
        listed = ", ".join(row["theme"] for row in rows) or "none"
        raise BadInput(f"there is no proposed theme {', '.join(themes)!r}", cure=f"give the id of one: {listed}")
    row = found[0]
    return {"proposed": row["theme"], "words": row["words"], "names": list(names) or [row["label"]]}


def append(
    here: Folder, what: str, by: str, why: str, facts: Row, changes: Sequence[Row],
    tables: Mapping[str, pa.Table] | None,
) -> Event:  # fmt: skip
    """Decisions and codes in one event, all or nothing. Each change is checked against all before it."""
    before = here.codebook_events().to_pylist()
    number = len(here.ledger.events()) + 1
    blank: Row = {"themes": [], "makes": [], "names": [], "description": None, "examples": [], "proposed": None,
             "words": [], "undoes": None}  # fmt: skip
    full = [blank | each for each in changes]
    for each in full:
        if each["action"] in ("add", "adopt", "merge", "split") and not each["makes"]:
            each["makes"] = new_ids(here.ledger.head(), each["names"])
    rows = [each | {"event": number, "part": part, "who": by, "at": "", "why": why} for part, each in enumerate(full)]
    refuse_if_idle(before, rows)
    return here.ledger.append(what, who=by, why=why, facts=facts | {"changes": full}, tables=tables)
