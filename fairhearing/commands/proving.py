"""Commands on what was published: check it, compare editions, withhold or amend a finding, the key that signs."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .building import command

if TYPE_CHECKING:
    from .._progress import Say
    from ..doors.proving import BundleVerified
    from ..main import Verified

__all__ = ["add_proving_commands"]


def add_proving_commands(commands: Any) -> None:
    """verify, compare, review, key, reveal."""
    parser = command(commands, "verify", "check a published bundle, or derive a programme folder again bit for bit",
                     _verify, _verified)  # fmt: skip
    parser.add_argument("place", type=Path, metavar="BUNDLE_OR_DIR",
                        help="a published edition (folder or .zip), or a programme folder")  # fmt: skip
    parser.add_argument("--key", help="the publisher's public key (or a file with it), if you have it from elsewhere")
    parser = command(commands, "compare", "what is different between two editions", _compare, _compared)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("before", type=int, metavar="EDITION")
    parser.add_argument("after", type=int, metavar="EDITION")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the page here (.html), or .json")
    parser = command(commands, "review", "withhold a finding, or amend its words; who and why are published", _review,
                     lambda event: f"Recorded as event {event.number}. The next edition says so.")  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("finding", metavar="FINDING", help="id, as in open-data/findings.csv")
    kinds = parser.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--withhold", action="store_true", help="its words and figures are not published")
    kinds.add_argument("--amend", metavar="WORDS", help="the words to publish in place of those of the run")
    parser.add_argument("--why", required=True, help="the reason, in a sentence that is published")
    parser = command(commands, "key", "the public key that signs a folder's log", _key, str)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--new", action="store_true", help="another key from now on, signed by the old one")
    parser.add_argument("--why", default="", help="why a new key: it stays on the log")
    parser = command(commands, "reveal", "words of one response as received, for a named reviewer; it is logged",
                     _reveal, lambda found: f"{found.words}\n\nLogged as event {found.event}.")  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("response", metavar="RESPONSE", help="its id, SOURCE:ROW")
    parser.add_argument("--why", required=True, help="why it must be read: it stays on the log")


def _verify(options: argparse.Namespace, say: Say) -> Any:
    from ..doors import proving

    if proving.is_programme(options.place):
        from .. import main

        return main.verify(options.place, say=say)
    return proving.verify(options.place, key=options.key)


def _reveal(options: argparse.Namespace, _say: Say) -> Any:
    from ..doors import revealing

    return revealing.reveal(options.folder, options.response, why=options.why)


def _compare(options: argparse.Namespace, _say: Say) -> dict[str, Any]:
    from .. import main
    from ..doors import proving

    changes = main.compare(options.folder, options.before, options.after)
    if options.out and options.out.suffix == ".html":
        page = proving.changes_page(options.folder, changes)
        options.say = lambda _result: page
    return asdict(changes)


def _review(options: argparse.Namespace, _say: Say) -> Any:
    from .. import main

    return main.review(options.folder, options.finding, words=options.amend, why=options.why)


def _key(options: argparse.Namespace, _say: Say) -> Any:
    from .. import main

    return main.key(options.folder, new=options.new, why=options.why)


def _verified(result: Verified | BundleVerified) -> str:
    if hasattr(result, "proven"):
        return _bundle(result)
    rows = sum(result.tables.values())
    edition = (
        f"\nEdition {result.edition} is byte for byte what it makes." if result.edition else "\nNothing is published."
    )
    return (
        f"Verified: {result.events} events of the ledger, {result.files} evidence files; {len(result.tables)} tables "
        f"({rows:,} rows) of run {result.run} came out bit for bit the same.{edition}"
    )


def _bundle(result: Any) -> str:
    lines = [f"Verified: {result.programme}, edition {result.edition}, published {result.published_on}.", "Proven:"]
    lines += [f"  - {line}" for line in result.proven]
    lines += ["What this cannot show:", *(f"  - {line}" for line in result.not_proven)]
    return "\n".join(lines)


def _compared(result: dict[str, Any]) -> str:
    lines = [f"Edition {result['after']} against edition {result['before']}."]
    counts = Counter((row["table"], row["what"]) for row in result["rows"])
    for name, same in result["unchanged"].items():
        said = ", ".join(f"{what} {n}" for (table, what), n in sorted(counts.items()) if table == name)
        lines.append(f"{name}: the same {same}" + (f", {said}" if said else ""))
    for row in result["rows"]:
        if row["table"] != "estimates":
            column = f" {row['column']}" if row["what"] == "changed" and row["table"] != "rules" else ""
            values = f"{_value(row['before'])} → {_value(row['after'])}"
            lines.append(f"  {row['what']} {row['table']} {row['about']}{column}: {values}")
    return "\n".join(lines)


def _value(text: str | None) -> str:
    return "not there" if text is None else text or "blank"
