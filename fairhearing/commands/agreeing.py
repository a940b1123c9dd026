"""Commands on proposed themes and the codebook people own: `label`, `codebook` and `sheet`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .building import command
from .printing import grid

if TYPE_CHECKING:
    from .._progress import Say

__all__ = ["add_agreeing_commands", "sheet_either_way", "sheet_options"]

_ACTIONS: dict[str, tuple[str, str, Any, tuple[str, ...]]] = {
    "add": ("a theme the machine did not propose", "NAME", 1, ()),
    "adopt": ("a proposed theme", "PROPOSED", 1, ("as",)),
    "merge": ("agreed themes into one; their codes go with them", "THEME", "+", ("into",)),
    "split": ("an agreed theme into several; what was coded under it must be coded again", "THEME", 1, ("into",)),
    "rename": ("an agreed theme; its id stays", "THEME", 1, ("as",)),
    "describe": ("what an agreed theme means", "THEME", 1, ()),
    "retire": ("an agreed theme, which stays in the record", "THEME", 1, ()),
    "undo": ("an earlier decision, by the number of its event", "EVENT", 1, ()),
}  # fmt: skip


def add_agreeing_commands(commands: Any) -> None:
    """Labels from a server; see and change the codebook; hand out sheets to code in, and take them back."""
    parser = command(commands, "label", "ask the server named in programme.toml for labels of the proposed themes",
                      _label, _labelled)  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--why", required=True, help="why words may leave this machine: it stays on the log")
    parser = command(commands, "codebook", "the themes people agreed on, beside those the machine proposes",
                      _codebook, _shown)  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR")
    actions = parser.add_subparsers(metavar="ACTION", dest="action", help="add, adopt, merge, split, rename, "
                                    "describe, retire or undo; without one, the codebook is shown")  # fmt: skip
    for name, (help, what, number, options) in _ACTIONS.items():
        action = actions.add_parser(name, help=help, description=f"{name} {help}")
        action.add_argument("on", metavar=what, nargs=number, type=int if name == "undo" else str)
        if "as" in options:
            action.add_argument("--as", dest="names", action="append", metavar="NAME", required=name == "rename",
                                help="its name")  # fmt: skip
        if "into" in options:
            action.add_argument("--into", dest="names", action="append", metavar="NAME", required=True,
                                help="name of the new theme; repeat it for each part of a split")  # fmt: skip
        if name in ("add", "adopt", "merge", "describe"):
            action.add_argument("--description", default="", help="what it means, in a sentence or two")
            action.add_argument(
                "--example", dest="examples", action="append", metavar="TEXT", help="a text that expresses it"
            )
        action.add_argument("--why", required=True, help="the reason, in a sentence")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print the result as JSON")
    parser = command(commands, "sheet", "hand out a spreadsheet to code in, and take it back", _sheet, _sheet_told)
    parser.add_argument("folder", type=Path, metavar="DIR")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--out", dest="hand_out", type=Path, metavar="FILE.xlsx", help="draw responses and write them here"
    )
    way.add_argument("--in", dest="take_back", type=Path, metavar="FILE.xlsx", help="what a coder sent back")
    sheet_options(parser)


def sheet_options(parser: argparse.ArgumentParser) -> None:
    """What can be said of a coding sheet, by `sheet` and by `code --sheet` alike."""
    parser.add_argument("--coder", metavar="WHO", help="role or initials of whoever coded the sheet that comes back")
    parser.add_argument("--coders", type=int, default=1, metavar="N", help="people who will code, a file for each")
    parser.add_argument("--source", metavar="ID", help="source to draw from, where several hold words")
    parser.add_argument("--random", type=int, default=200, metavar="N", help="responses drawn blind, at random")
    parser.add_argument("--targeted", type=int, default=50, metavar="N",
                        help="responses the machine is least sure of: to learn from, not to count by")  # fmt: skip


def sheet_either_way(options: argparse.Namespace) -> Any:
    """`code DIR --sheet FILE`: out where the file is not there yet, back in where it is."""
    there = options.sheet.exists()
    options.folder, options.say = options.file, _sheet_told
    options.hand_out, options.take_back = (None, options.sheet) if there else (options.sheet, None)
    return _sheet(options, None)


def _label(options: argparse.Namespace, say: Say) -> Any:
    from ..doors.labelling import label

    return label(options.folder, why=options.why, say=say)


def _labelled(found: Any) -> str:
    used = [row for row in found.themes if row["label"]]
    lines = [f"{found.model} at {found.url}: {found.sent}."]
    lines += [f"{row['label']} (in place of: {row['label_before']})" for row in used]
    if len(used) < len(found.themes):
        lines += [f"{len(found.themes) - len(used)} themes keep their own: no label that can be used came back."]
    return "\n".join([*lines, f"Event {found.event}. Assess again, and they are used."])


def _codebook(options: argparse.Namespace, _say: Say) -> Any:
    if options.action is None:
        return _doors().show(options.folder)
    given, names = list(options.on), list(getattr(options, "names", None) or [])
    return _doors().change(
        options.folder, options.action, [] if options.action in ("add", "undo") else given,
        names=given if options.action == "add" else names, description=getattr(options, "description", ""),
        examples=getattr(options, "examples", None) or [],
        undoes=given[0] if options.action == "undo" else None, why=options.why,
    )  # fmt: skip


def _shown(result: Any) -> str:
    if not hasattr(result, "proposed"):
        made = [
            f"{id} {name}"
            for each in result.facts["changes"]
            for id, name in zip(each["makes"], each["names"], strict=False)
        ]
        return f"Recorded as event {result.number}." + (f" Made: {', '.join(made)}." if made else "")
    columns = {
        "Agreed": (result.agreed, ("theme", "name", "coded", "alpha", "alpha_low", "alpha_high", "agreement", "who")),
        "No longer in use": (result.gone, ("theme", "name", "state", "event", "who")),
        "Proposed by the machine": (result.proposed, ("theme", "label", "n", "adopted_as")),
        "Without effect": (result.without_effect, ("event", "because")),
    }
    parts = [
        f"{title}\n{grid([{key: row[key] for key in keys} for row in rows])}"
        for title, (rows, keys) in columns.items()
        if rows or title == "Agreed"
    ]
    return "\n".join(parts).rstrip("\n")


def _sheet(options: argparse.Namespace, _say: Say | None) -> Any:
    if options.take_back is not None:
        return _sheets().take_back(options.folder, options.take_back, coder=options.coder or "")
    return _sheets().hand_out(
        options.folder, options.hand_out, source=options.source, coders=options.coders, random=options.random,
        targeted=options.targeted,
    )  # fmt: skip


def _sheet_told(result: Any) -> str:
    if hasattr(result, "sheets"):
        lines = [
            f"Drawn from {result.drawn_from:,} responses of {result.source}: {result.random:,} at random, "
            f"{result.targeted:,} targeted; {result.both:,} go to every coder. Event {result.event}."
        ]
        return "\n".join(
            lines + [f"{row['file']}: {row['responses']:,} responses ({row['sheet']})" for row in result.sheets]
        )
    number = "nothing new; no event" if result.event is None else f"event {result.event}"
    told = (
        f"{result.sheet} by {result.coder}: {result.coded:,} coded, {result.other:,} other, {result.cannot_code:,} "
        f"cannot code, {result.not_read:,} not read; {number}."
    )
    changed = [
        f"{each['action']}: {', '.join(each.get('names') or each.get('themes') or [])}" for each in result.changes
    ]
    return "\n".join([told, *changed])


def _doors() -> Any:
    """Imported when a command is carried out, as `main` is."""
    from ..doors import agreeing

    return agreeing


def _sheets() -> Any:
    """The same, with what draws and writes workbooks."""
    from ..doors import sheets

    return sheets
