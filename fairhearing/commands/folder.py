"""Commands on a programme folder."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .building import Call, command

if TYPE_CHECKING:
    from .._progress import Say
    from ..main import Assessed, Gathered, Published

__all__ = ["add_folder_commands"]


_DECISIONS = (
    ("response", "STATUS", "what the owner answers to it: accepted, in principle, rejected, …"),
    ("claimed", "STATUS", "how far it has come, as its owner claims"),
    ("verified", "STATUS", "how far it has come, as an assessor found"),
    ("standing", "WORD", "a recommendation is adopted, rejected, or proposed again"),
    ("change", "TEXT", "a recommendation in better words"),
    ("owner", "OFFICE", "who is to act on a recommendation"),
    ("by when", "TEXT", "by when a recommendation is asked for"),
    ("measured how", "TEXT", "what will show whether a recommendation helped"),
    ("effort", "NUMBER", "what a recommendation takes, in one unit for all"),
    ("no change", "TEXT", "an adverse finding is answered without a change: what stays as it is"),
    ("none found", "SIDE", "of an activity, strengths or harms were looked for and none was found"),
    ("answered", "VERDICT", "a part of a question is answered, partly, not answered or declined"),
    ("promise", "WORD", "a sentence proposed as a commitment is accepted or rejected"),
    ("narrowed", "TEXT", "what a promise or recommendation has become where that is less than was meant"),
    ("due", "TEXT", "when it is due now, in words or as a day; the day before stays on the record"),
    ("sub-action", "TEXT", "a part of it that is followed up on its own"),
    ("update", "TEXT", "what is said of its progress, in words"),
    ("evidence", "URL", "a document on what became of it (- for none, with --quote); see --quote to --independence"),
    ("dissent", "TEXT", "what should stand instead of a verdict, finding or recommendation"),
)
"""Column of `decisions`, what is given for it, and what it says."""


def add_folder_commands(commands: Any) -> None:
    """Commands on a programme folder, in the order they are used."""
    rows: list[tuple[str, str, Call, Callable[[Any], str] | None]] = [
        ("new", "start a programme folder with a commented programme.toml", lambda o, s: _main().new(o.folder),
         lambda path: f"Wrote {path}\nNext: edit it, put evidence files under evidence/, then `fairhearing run`."),
        ("gather", "read new and changed evidence files into the ledger",
         lambda o, s: _main().gather(o.folder, say=s), _gathered),
        ("assess", "derive every table into a sealed run", lambda o, s: _main().assess(o.folder, say=s), _assessed),
        ("publish", "write the report and open data of the latest run", lambda o, s: _main().publish(o.folder, say=s),
         _published),
        ("run", "gather, assess and publish in turn", lambda o, s: _main().run(o.folder, say=s), _ran),
    ]  # fmt: skip
    for name, help, call, say in rows:
        command(commands, name, help, call, say).add_argument("folder", type=Path, metavar="DIR")
    parser = command(commands, "record", "record a decision: what became of a promise, what is adopted, who dissents",
                      _record, lambda event: f"Recorded as event {event.number}.")  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("on", metavar="ID", help="id of the commitment, recommendation, finding, activity[/step]")
    kinds = parser.add_mutually_exclusive_group(required=True)
    for column, metavar, help in _DECISIONS:
        kinds.add_argument(f"--{column.replace(' ', '-')}", dest=column, metavar=metavar, help=help)
    parser.add_argument("--quote", help="of --evidence: its words")
    parser.add_argument("--sha256", help="of --evidence: SHA-256 of the document as seen")
    parser.add_argument(
        "--contradicts", action="store_true", help="of --evidence: it speaks against delivery, not for"
    )
    parser.add_argument("--independence", choices=("independent", "the owner's own", "not known"),
                        default="not known", help="of --evidence: of whoever has to deliver")  # fmt: skip
    parser.add_argument("--why", required=True, help="the reason, or the evidence, in a sentence")
    parser = command(commands, "sign", "sign the latest run, once nothing adverse is unanswered", _sign,
                      lambda event: f"Signed as event {event.number}; `fairhearing publish` prints it.")  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--why", required=True, help="on what grounds, in a sentence: it is printed")
    parser = command(commands, "doctor", "check the installation, and a folder where one is given",
                      lambda o, s: _main().doctor(o.folder))  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR", nargs="?")
    parser.set_defaults(code=lambda checks: int(not all(check["well"] for check in checks)))


def _record(options: argparse.Namespace, _say: Say) -> Any:
    column = next(name for name, *_ in _DECISIONS if getattr(options, name) is not None)
    value = _evidence(options) if column == "evidence" else getattr(options, column)
    return _main().record(options.folder, options.on, column, value, why=options.why)


def _evidence(options: argparse.Namespace) -> str:
    """As it stands in the log."""
    url = None if options.evidence == "-" else options.evidence
    said = {"url": url, "quote": options.quote, "sha256": options.sha256, "independence": options.independence}
    said["bearing"] = "contradicts" if options.contradicts else "supports"
    return json.dumps({key: value for key, value in said.items() if value}, sort_keys=True, ensure_ascii=False)


def _sign(options: argparse.Namespace, _say: Say) -> Any:
    return _main().sign(options.folder, why=options.why)


def _gathered(result: Gathered) -> str:
    lines = [f"Decision rules: {result.rules}."]
    for source in result.sources:
        fates = ", ".join(f"{fate} {count:,}" for fate, count in source["fates"].items() if count)
        lines.append(f"{source['source']}: {source['rows']:,} rows ({fates}); {source['state']}")
        lines += [f"    {note}" for note in source["notes"]]
    return "\n".join(lines)


def _assessed(result: Assessed) -> str:
    lines = [f"Sealed run: {result.run}" + (" (already there)" if result.already_there else "")]
    for row in result.verdicts:
        place = row["activity"] + (f" / {row['step']}" if row["step"] else "")
        lines.append(f"{row['verdict']:>12}  {place}")
    return "\n".join(lines)


def _published(result: Published) -> str:
    cells = sum(result.withheld.values())
    withheld = f"\nWithheld so that nobody can be identified: {cells:,} cells." if cells else ""
    return f"The report is at {result.report}{withheld}"


def _ran(result: tuple[Gathered, Assessed, Published]) -> str:
    return "\n".join((_gathered(result[0]), "", _assessed(result[1]), "", _published(result[2])))


def _main() -> Any:
    """Imported when a command is carried out: half of it is arithmetic that `--help` and a typing error can do
    without, and Ctrl-C is answered while it loads."""
    from .. import main

    return main
