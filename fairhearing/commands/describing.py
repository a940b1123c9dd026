"""Doors to the process: `safeguards` and `map`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .building import command

if TYPE_CHECKING:
    from .._progress import Say

__all__ = ["add_describing_commands"]


def add_describing_commands(commands: Any) -> None:
    """What should protect people at each step of such a process; and a map of one programme's own."""
    door = command(commands, "safeguards", "what should protect people at each step, with class, source and standing",
                    _safeguards, _listed)  # fmt: skip
    door.add_argument("step", metavar="STEP", nargs="?", help="one step of the library, such as questioning")
    door = command(commands, "map", "draw a programme's process, with or without evidence, as one page", _map, _drawn)
    door.add_argument("folder", type=Path, metavar="DIR")
    door.add_argument("--out", dest="page", type=Path, metavar="MAP.html", default=Path("map.html"),
                      help="the page (map.html)")  # fmt: skip


def _safeguards(options: argparse.Namespace, _say: Say) -> Any:
    return _doors().safeguards(options.step)


def _listed(found: dict[str, Any]) -> str:
    """What a person describing a process reads; --json has the rest."""
    lines: list[str] = []
    for step in found["steps"]:
        lines += [f"{step['step']}: {step['name']}", *_law(step)]
        lines += [f"    {_mark(each)} {each['name']}\n        {_standing(each)}" for each in step["safeguards"]]
        lines += [f"    documented: {harm['what']}{_seen(harm)}" for harm in step["documented_harms"]]
    for each in found["checklists"]:
        lines += [f"{each['name']}: {', '.join(each['points'])}"]
    for each in found["sources_that_conflict"]:
        lines += [f"sources conflict on {each['about']}: {'; '.join(each['says'])}"]
    return "\n".join(lines)


def _law(step: dict[str, Any]) -> list[str]:
    told = [f"    duty: {step['duty']}{'' if step['duty_seen_in_a_public_source'] else ' (not yet checked)'}"]
    return (told if step["duty"] else []) + ([f"    law: {step['note']}"] if step["note"] else [])


def _mark(each: dict[str, Any]) -> str:
    return f"[{each['question']}]" if each["question"] else "-"


def _standing(each: dict[str, Any]) -> str:
    source = each["source"] or "no document is named"
    edition = f", {each['edition']}" if each["edition"] else ", edition not known" if each["source"] else ""
    checked = "checked by a person" if each["checked_by_a_person"] else "source not yet checked"
    return f"{each['class'] or 'class not established'}; {source}{edition}; {checked}{_seen(each)}"


def _seen(each: dict[str, Any]) -> str:
    return "; seen in a public source" if each["seen_in_a_public_source"] else ""


def _map(options: argparse.Namespace, _say: Say) -> Any:
    return _doors().process_map(options.folder, options.page)


def _drawn(found: dict[str, Any]) -> str:
    evidence = "with what people report" if found["with_accounts"] else "before any evidence"
    lines = [f"The map is at {found['map']}, {evidence}."]
    for row in found["steps"]:
        if row["library_also_expects"]:
            lines.append(f"{row['name']}: the library also expects {', '.join(row['library_also_expects'])}")
    return "\n".join(lines)


def _doors() -> Any:
    """Imported when a command is carried out, as `main` is."""
    from ..doors import describing

    return describing
