"""Commands on what was promised, asked and gathered: the register, a search, a draft answer."""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from .building import command
from .printing import grid

if TYPE_CHECKING:
    from .._progress import Say

__all__ = ["add_registering_commands"]


def add_registering_commands(commands: Any) -> None:
    """register, search, ask."""
    _add_register(commands)
    _add_search(commands)
    parser = command(
        commands, "ask", "draft an answer to a new question, every sentence with its source", _ask, _asked
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("question", type=Path, metavar="FILE", help="the question: a text, or a question page")
    parser.add_argument("--as-of", type=_date, metavar="DATE", help="overdue on this day (today)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it here: .html, .md or .json")


def _ask(options: argparse.Namespace, say: Say) -> Any:
    from ..doors import answering

    if options.out and options.out.suffix == ".html":
        options.say = lambda pack: answering.as_html(pack).rstrip("\n")
    return answering.ask(options.folder, options.question, as_of=options.as_of, say=say)


def _asked(pack: dict[str, Any]) -> str:
    from ..doors import answering

    return answering.as_markdown(pack).rstrip("\n")


def _add_register(commands: Any) -> None:
    parser = command(commands, "register", "what was promised or recommended, what became of it, what is overdue",
                     _register, _registered)  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--as-of", type=_date, metavar="DATE", help="overdue on this day (today)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it here: .csv, .json, or .ics for a calendar")
    parser.add_argument("--import", dest="sheet", type=Path, metavar="FILE",
                        help="put a spreadsheet (XLSX, CSV) on the register, as events")  # fmt: skip
    parser.add_argument("--map", dest="columns", action="append", default=[], metavar="COLUMN=FIELD",
                        help="with --import: what a column holds; again for more")  # fmt: skip
    parser.add_argument("--word", dest="words", action="append", default=[], metavar="WORD=STATUS",
                        help="with --import: a status in the sheet's words, or =ignored; again for more")  # fmt: skip
    parser.add_argument("--list", dest="list_name", default="", metavar="NAME",
                        help="with --import: put before the sheet's ids, where two lists number alike")  # fmt: skip
    parser.add_argument("--check", action="store_true", help="with --import: show how it is read, record nothing")


def _add_search(commands: Any) -> None:
    parser = command(commands, "search", "find what was asked, answered, said, found or promised by its words",
                     _search, _found)  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("query", metavar="WORDS", help='words, "a phrase", the beginning of one: referr*, -without')
    parser.add_argument("--kind", dest="kinds", action="append", default=[], metavar="KIND",
                        help="question, answer, response, theme, finding, recommendation or commitment")  # fmt: skip
    parser.add_argument("--since", type=_date, metavar="DATE", help="of this day or later")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many at most (20)")


def _search(options: argparse.Namespace, say: Say) -> Any:
    from ..doors import searching

    return searching.search(
        options.folder, options.query, kinds=options.kinds, since=options.since, limit=options.limit, say=say
    )


def _found(hits: list[dict[str, Any]]) -> str:
    if not hits:
        return "Nothing found."
    return "\n".join(
        f"{hit['rank']:>3}  {hit['kind']} {hit['id']}{', ' + str(hit['day']) if hit['day'] else ''}"
        f"{': ' + hit['title'] if hit['title'] else ''}\n     {' '.join(hit['snippet'].split())}"
        for hit in hits
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2027-03-31") from None


def _pairs(given: list[str]) -> dict[str, str]:
    told = {}
    for each in given:
        left, equals, right = each.rpartition("=")
        if not equals or not left.strip():
            raise BadInput(f"{each!r} maps nothing", cure="write it as WORD=MEANING, in quotes where it holds spaces")
        told[left.strip()] = right.strip()
    return told


def _register(options: argparse.Namespace, _say: Say) -> Any:
    from ..doors import registering

    if options.sheet:
        return registering.import_sheet(
            options.folder, options.sheet, columns=_pairs(options.columns), words=_pairs(options.words),
            list_name=options.list_name, check=options.check,
        )  # fmt: skip
    found = registering.register(options.folder, as_of=options.as_of)
    if options.out and options.out.suffix == ".csv" and not options.json:
        return found["entries"]
    if options.out and options.out.suffix == ".ics" and not options.json:
        options.say = lambda told: registering.calendar(told).rstrip("\n")
    return found


def _registered(found: dict[str, Any]) -> str:
    if "entries" not in found:
        return _imported(found)
    states = ", ".join(f"{n} {state}" for state, n in found["states"].items()) or "nothing on it"
    lines = [f"{found['programme']}: the register as of {found['as_of']}: {states}."]
    names = ("commitment", "state", "due", "response", "claimed", "verified", "owner")
    rows = [{name: row[name] for name in names} | {"text": _words(row)} for row in found["entries"]]
    return "\n".join([*lines, grid(rows).rstrip()])


def _imported(found: dict[str, Any]) -> str:
    """Every column and word as it was read, and every row that did not come in."""
    lines = [f"column {each['column']!r}: {each['read_as'] or each['note']}" for each in found["columns"]]
    lines += [
        f"{each['said']!r} in {each['column']!r} → {each['axis']}: {each['read_as']} ({each['rows']} rows)"
        for each in found["words"]
    ]
    lines += [f"row {each['row']} set aside: {each['reason']}" for each in found["rows"] if each["reason"]]
    fates = ", ".join(f"{fate} {n}" for fate, n in sorted(Counter(row["fate"] for row in found["rows"]).items()))
    said = "nothing recorded (--check)" if found["checked_only"] else f"{found['recorded']} events recorded"
    return "\n".join([*lines, f"{len(found['rows'])} rows: {fates or 'none'}; {said}."])


def _words(row: dict[str, Any]) -> str:
    """What it has become, where somebody found it narrowed."""
    return f"{row['text']} [narrowed to: {row['narrowed']}]" if row["narrowed"] else str(row["text"])
