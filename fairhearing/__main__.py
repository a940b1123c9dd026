"""The command line: parse, call `main`, print, exit code. Nothing else happens here.

On a terminal a line of progress is shown; in a pipe there is silence until the result. Results go to standard
output, progress and errors to standard error; with --json an error is JSON on standard output too. Exit codes: 0
well, 1 a check of `doctor` failed, 2 wrong usage, 3 to 10 one per class in `errors.py`, 130 interrupted.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
import json
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console
from rich.table import Table

from . import __version__, _estimate_options
from .errors import BadInput, FairHearingError

if TYPE_CHECKING:
    from . import main

__all__ = ["parser", "run"]

WRONG_USAGE, INTERRUPTED = 2, 130
NARROWEST = 60
"""Columns below which a table is no longer readable; a narrower terminal wraps its lines."""


class _WrongUsage(Exception):
    """What argparse found wrong, with the usage of the command it was about."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _WrongUsage(message, self.format_usage().strip())


def run(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the `fairhearing` command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without some letter is no reason to stop
    try:
        return _run(given)
    except _WrongUsage as wrong:
        return _explain_usage(given, *wrong.args)
    except KeyboardInterrupt:
        print("Stopped. Nothing is half-written; give the command again and it goes on from here.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _print_no_more()
        return 0


def _run(given: list[str]) -> int:
    if not given:
        print(parser().format_help(), end="", file=sys.stderr)
        return WRONG_USAGE
    options = parser().parse_args(given)
    progress = Console(stderr=True)
    try:
        with progress.status("") as status:
            result = options.call(options, lambda text: _show(progress, status, text))
        _write(options, result)
    except FairHearingError as error:
        return _fail(options, progress, error)
    except BrokenPipeError:
        raise
    except OSError as error:
        _print_no_more()
        return _fail(options, progress, _refused_by_system(error))
    return int(options.code(result))


def _print_no_more() -> None:
    """What could not be printed is not tried again when the process ends, which would change its exit code."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused_by_system(error: OSError) -> BadInput:
    return BadInput(
        f"the system refused to read or write: {error.strerror or error}",
        where=error.filename,
        cure="see that it is there, that you may read and write it, and that the disk has room",
    )


def _explain_usage(given: list[str], message: str, usage: str) -> int:
    if "--json" in given:
        cure = " ".join(usage.split())
        error = {"error": "WrongUsage", "what": message, "where": "command line", "cure": cure}
        print(json.dumps(error | {"exit_code": WRONG_USAGE}))
    else:
        print(f"{usage}\nfairhearing: error: {message}", file=sys.stderr)
    return WRONG_USAGE


def _show(progress: Console, status: Any, text: str) -> None:
    """One line a step on a terminal; nothing in a pipe."""
    if progress.is_terminal:
        progress.print(f"[dim]✓ {status.status}[/dim]") if status.status else None
        status.update(text)


def _fail(options: argparse.Namespace, progress: Console, error: FairHearingError) -> int:
    if getattr(options, "json", False):
        sys.stdout.write(_as_json(error.as_dict(), indent=None))
    else:
        progress.print(f"fairhearing: {error}", markup=False, highlight=False, soft_wrap=True)
    return error.exit_code


# --- printing ---------------------------------------------------------------------------------------------------


def _write(options: argparse.Namespace, result: Any) -> None:
    """As JSON where asked, else for people; to a file where asked (CSV if it ends so), else standard output."""
    plain = _plain(result)
    out = getattr(options, "out", None)
    if options.json or (out and out.suffix == ".json"):
        text = _as_json(plain, utf_8=out is not None)
    elif out and out.suffix == ".csv":
        text = _as_csv(plain if isinstance(plain, list) else plain.get("rows", [plain]))
    else:
        text = _for_people(options, result, plain)
    if out:
        _write_file(out, text)
    else:
        sys.stdout.write(text)
        sys.stdout.flush()


def _as_json(value: Any, *, indent: int | None = 2, utf_8: bool = False) -> str:
    """JSON in UTF-8; where standard output speaks something else, in ASCII, which is the same JSON."""
    ascii = not utf_8 and (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    return json.dumps(value, ensure_ascii=ascii, indent=indent, default=str) + "\n"


def _write_file(out: Path, text: str) -> None:
    """Whole or not at all: written beside it, then renamed. A device such as /dev/stdout is written to directly."""
    if out.exists() and not out.is_file() and not out.is_dir():
        out.write_text(text, encoding="utf-8")
        return
    if out.is_dir() or not out.parent.is_dir():
        what = "this is a folder" if out.is_dir() else "its folder is not there"
        raise BadInput(
            f"the result cannot be written here: {what}", where=out, cure="name a file in a folder that is"
        )
    there = out.resolve()  # a link stays a link
    temporary = there.with_name(f".fairhearing-{secrets.token_hex(8)}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(there)
    finally:
        temporary.unlink(missing_ok=True)


def _plain(result: Any) -> Any:
    """Dataclasses, paths and Arrow tables, inside each other too, as what JSON knows."""
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return {field.name: _plain(getattr(result, field.name)) for field in dataclasses.fields(result)}
    if isinstance(result, tuple) and result and all(dataclasses.is_dataclass(part) for part in result):
        return {type(part).__name__.lower(): _plain(part) for part in result}
    if hasattr(result, "to_pylist"):  # an Arrow table
        return result.to_pylist()
    return str(result) if isinstance(result, Path) else result


def _as_csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, dict)) else value


def _for_people(options: argparse.Namespace, result: Any, plain: Any) -> str:
    say = getattr(options, "say", None)
    if say is not None:
        return str(say(result)) + "\n"
    if isinstance(plain, list):
        return _grid(plain)
    return "".join(f"{key}: {_short(value)}\n" for key, value in plain.items())


def _grid(rows: list[dict[str, Any]]) -> str:
    """Rows as a table that fits the terminal; in a pipe or a file, one line a row."""
    if not rows:
        return "nothing to show\n"
    table = Table(*rows[0], box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(_short(value) for value in row.values()))
    width = max(Console().width, NARROWEST) if sys.stdout.isatty() else 10_000
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    drawn: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "".join(line.rstrip() + "\n" for line in drawn.splitlines())


def _estimates(table: Any) -> str:
    """Estimates; on a terminal with their methods as notes below, for they are long and mostly the same."""
    rows = table.to_pylist()
    notes = list(dict.fromkeys(row["method"] for row in rows))
    if not sys.stdout.isatty():
        return _grid(rows).rstrip("\n")
    numbered = _grid([row | {"method": f"[{notes.index(row['method']) + 1}]"} for row in rows])
    return "\n".join((numbered, *(f"[{number}] {note}" for number, note in enumerate(notes, 1))))


def _short(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _gathered(result: main.Gathered) -> str:
    lines = [f"Decision rules: {result.rules}."]
    for source in result.sources:
        fates = ", ".join(f"{fate} {count:,}" for fate, count in source["fates"].items() if count)
        lines.append(f"{source['source']}: {source['rows']:,} rows ({fates}); {source['state']}")
        lines += [f"    {note}" for note in source["notes"]]
    return "\n".join(lines)


def _assessed(result: main.Assessed) -> str:
    lines = [f"Sealed run: {result.run}" + (" (already there)" if result.already_there else "")]
    for row in result.verdicts:
        place = row["activity"] + (f" / {row['step']}" if row["step"] else "")
        lines.append(f"{row['verdict']:>12}  {place}")
    return "\n".join(lines)


def _published(result: main.Published) -> str:
    cells = sum(result.withheld.values())
    withheld = f"\nWithheld so that nobody can be identified: {cells:,} cells." if cells else ""
    return f"The report is at {result.report}{withheld}"


def _ran(result: tuple[main.Gathered, main.Assessed, main.Published]) -> str:
    return "\n".join((_gathered(result[0]), "", _assessed(result[1]), "", _published(result[2])))


def _verified(result: main.Verified) -> str:
    rows = sum(result.tables.values())
    edition = (
        f"\nEdition {result.edition} is byte for byte what it makes." if result.edition else "\nNothing is published."
    )
    return (
        f"Verified: {result.events} events of the ledger, {result.files} evidence files; {len(result.tables)} tables "
        f"({rows:,} rows) of run {result.run} came out bit for bit the same.{edition}"
    )


# --- parsing ----------------------------------------------------------------------------------------------------

Call = Callable[[argparse.Namespace, "main.Say"], Any]


def parser() -> argparse.ArgumentParser:
    """The whole command line, also read by the reference page."""
    command = _Parser(
        prog="fairhearing", description="A full and frank assessment of a programme and its steps, never of people."
    )
    command.add_argument("--version", action="version", version=f"fairhearing {__version__}")
    commands = command.add_subparsers(metavar="COMMAND", required=True)
    _folder_commands(commands)
    _doors(commands)
    return command


def _command(
    commands: Any, name: str, help: str, call: Call, say: Callable[[Any], str] | None = None
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(call=call, say=say, code=lambda _result: 0)
    return parser


def _main() -> Any:
    """Imported when a command is carried out: half of it is arithmetic that `--help` and a typing error can do
    without, and Ctrl-C is answered while it loads."""
    from . import main

    return main


def _folder_commands(commands: Any) -> None:
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
        ("verify", "derive everything again and compare it bit for bit", lambda o, s: _main().verify(o.folder, say=s),
         _verified),
    ]  # fmt: skip
    for name, help, call, say in rows:
        _command(commands, name, help, call, say).add_argument("folder", type=Path, metavar="DIR")
    parser = _command(commands, "record", "record what became of a commitment or recommendation", _record,
                      lambda event: f"Recorded as event {event.number}.")  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("on", metavar="ID", help="id of the commitment or recommendation")
    kinds = parser.add_mutually_exclusive_group(required=True)
    for column in ("response", "claimed", "verified"):
        kinds.add_argument(f"--{column}", metavar="STATUS")
    parser.add_argument("--why", required=True, help="the reason, or the evidence, in a sentence")
    parser = _command(commands, "doctor", "check the installation, and a folder where one is given",
                      lambda o, s: _main().doctor(o.folder))  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="DIR", nargs="?")
    parser.set_defaults(code=lambda checks: int(not all(check["well"] for check in checks)))


def _record(options: argparse.Namespace, _say: main.Say) -> Any:
    column = next(name for name in ("response", "claimed", "verified") if getattr(options, name) is not None)
    return _main().record(options.folder, options.on, column, getattr(options, column), why=options.why)


def _doors(commands: Any) -> None:
    """One verb on one file: no programme folder needed."""
    door = _command(commands, "question", "fields of one page of a public question and its answers",
                    lambda o, s: _main().question(o.file))  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE")
    _out(door)
    door = _command(commands, "estimate", "a weighted statistic of a column, by community, with intervals", _estimate,
                    _estimates)  # fmt: skip
    _estimate_options.add_to(door)
    _out(door)
    door = _command(commands, "bounds", "how far a share or mean could lie, whatever the unknown would have said",
                    _bounds)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a person or a count")
    door.add_argument("--item", metavar="COLUMN", help="answers: 1 and 0, numbers, or words")
    door.add_argument("--share", metavar="COLUMN", help="or published shares of everybody, one row a period or group")
    door.add_argument("--unknown", metavar="COLUMN", help="with --share: the share of everybody that is unknown")
    door.add_argument("--by", metavar="COLUMN", help="communities to report, and their differences; with --share, "
                      "what each row is, in order")  # fmt: skip
    door.add_argument("--missing", default="", metavar="A,B", help="values that hold no answer, besides empty cells; "
                      "with an equals sign where the first is below 0: --missing=-1,-2")  # fmt: skip
    door.add_argument("--count", metavar="COLUMN", help="how many people a row stands for")
    door.add_argument("--ends", metavar="LOW,HIGH", help="ends of the scale of a mean")
    _out(door)
    door = _command(commands, "monitor", "has it moved since the first period, however often one looks",
                    _monitor)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a person")
    door.add_argument("--item", required=True, metavar="COLUMN", help="answers: numbers, or 1 and 0 for a share")
    door.add_argument("--period", required=True, metavar="COLUMN", help="2026-03 and the like in their order; names "
                      "in the order in which the file first gives them")  # fmt: skip
    door.add_argument("--by", metavar="COLUMN", help="communities to watch too")
    door.add_argument("--weights", metavar="COLUMN")
    door.add_argument("--smallest", type=float, default=0.05, metavar="SHARE", help="smallest difference that "
                      "matters, as a part of the range of the answers (0.05)")  # fmt: skip
    _out(door)
    door = _command(commands, "official", "figures that an office published, as read, with what was understood",
                    _official, _figures)  # fmt: skip
    door.add_argument(
        "file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet of published totals, never of people"
    )
    door.add_argument("--layout", metavar="LAYOUT", help="long, pas or tables; left out, told by the headers")
    _out(door)
    door = _command(commands, "pool", "shares of small communities, with what the others tell beside their own",
                    _pool, lambda pooled: _grid(pooled.rows.to_pylist()).rstrip())  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a person")
    door.add_argument("--item", required=True, metavar="COLUMN", help="1 and 0, yes and no, or a score")
    door.add_argument("--by", required=True, metavar="A,B,C", help="characteristics, in both files")
    door.add_argument("--population", required=True, type=Path, metavar="CELLS.csv",
                      help="a column for each of them, and people")  # fmt: skip
    door.add_argument("--covariates", default="", metavar="X,Y", help="numbers in CELLS.csv that hold for a cell")
    door.add_argument("--weights", metavar="COLUMN", help="design weights; people then count as fewer")
    door.add_argument("--cluster", metavar="COLUMN", help="whom people were sampled together with")
    door.add_argument("--family", choices=["share", "mean"], help="left out: a share of answers that are 1 or 0")
    door.add_argument("--cells", default="", metavar="A,B", help="rows for these characteristics combined, too")
    _out(door)
    _words_doors(commands)
    door = _command(commands, "instruments", "survey items that others have asked, word for word", _instruments,
                    _wordings)  # fmt: skip
    door.add_argument("search", metavar="WORD", nargs="*", help="only those with every one of these words")
    _out(door)
    door = _command(commands, "votes", "how people voted on each statement of a Polis export",
                    lambda o, s: _main().votes(o.folder, say=s))  # fmt: skip
    door.add_argument("folder", type=Path, metavar="FOLDER")
    _out(door)


def _words_doors(commands: Any) -> None:
    """What people wrote, counted."""
    door = _command(commands, "prevalence",
                    "how common each theme is: a machine's count corrected by a human sample", _prevalence)
    door.add_argument("file", type=Path, metavar="CODED.csv", help="response, theme, probability, assigned_by")
    door.add_argument("--human", required=True, type=Path, metavar="SAMPLE.csv",
                      help="response and theme, or response and labels; coder, probability")  # fmt: skip
    door.add_argument("--responses", type=Path, metavar="FILE",
                      help="all responses, where CODED.csv has no row for those without a theme")  # fmt: skip
    for name, help in (("weights", "survey weight of a response"), ("cluster", "sampling cluster: session, person"),
                       ("by", "communities or rounds to report")):  # fmt: skip
        door.add_argument(f"--{name}", metavar="COLUMN", help=help)
    door.add_argument("--only-these", action="store_true",
                      help="the share of these responses, who stand for nobody else (a consultation)")  # fmt: skip
    _out(door)
    door = _command(commands, "duplicates", "texts that are the same or nearly the same, counted both ways",
                    _duplicates, _copied)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a response")
    door.add_argument("--text", required=True, metavar="COLUMN", help="what people wrote")
    door.add_argument("--id", metavar="COLUMN", help="what responses are called; without it `id`, or the row")
    _out(door)


def _out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help="write here instead (.json or .csv by its ending)")


def _estimate(options: argparse.Namespace, _say: main.Say) -> Any:
    return _main().estimate(
        options.file, item=options.item, by=options.by, margins=options.margins, weights=options.weights,
        strata=options.strata, cluster=options.cluster, **_estimate_options.wanted_of(options),
    )  # fmt: skip


def _monitor(options: argparse.Namespace, _say: main.Say) -> Any:
    return _main().monitor(
        options.file, item=options.item, period=options.period, by=options.by, weights=options.weights,
        smallest=options.smallest,
    )  # fmt: skip


def _bounds(options: argparse.Namespace, _say: main.Say) -> Any:
    missing = [value for value in options.missing.split(",") if value]
    return _main().bounds(
        options.file, item=options.item, by=options.by, missing=missing, count=options.count,
        ends=_ends(options.ends), share=options.share, unknown=options.unknown,
    )  # fmt: skip


def _official(options: argparse.Namespace, _say: main.Say) -> Any:
    return _main().official(options.file, layout=options.layout)


def _figures(found: main.Official) -> str:
    """What a person checking a file reads: the figures, then how they were understood."""
    names = ("row", "series", "period", "dimension", "category", "measure", "value", "denominator", "denominator_is")
    lines = [_grid([{name: row[name] for name in names} for row in found.rows])]
    lines += [f"note: {note}" for note in found.notes]
    lines += [f"break: {each['series']}, {each['measure']}, before {each['period']}: {each['note'] or 'not said why'}"
              for each in found.breaks]  # fmt: skip
    lines += [f"row {each['row']} {each['fate']}: {each['reason']}" for each in found.set_aside]
    fates = ", ".join(f"{fate} {count:,}" for fate, count in found.fates.items() if count)
    return "\n".join([*lines, f"{found.read:,} rows: {fates}"])


def _ends(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"--ends must be two numbers, not {text!r}", cure="write for example --ends 1,5") from None
    return low, high


def _instruments(options: argparse.Namespace, _say: main.Say) -> Any:
    return _main().instruments(" ".join(options.search))


def _wordings(rows: list[dict[str, Any]]) -> str:
    """What a person choosing a question reads; --json has the rest."""
    lines = []
    for row in rows:
        codes = ", ".join(f"{code} {label}" for code, label in row["codes"].items()) or "not held here"
        seen = "" if row["checked"] else "; wording not yet checked against its source"
        lines += [f"{row['id']}: {row['wording']}", f"    {row['source']}, {row['number']}; codes: {codes}{seen}"]
    return "\n".join(lines)


def _prevalence(options: argparse.Namespace, _say: main.Say) -> Any:
    return _main().prevalence(
        options.file, human=options.human, responses=options.responses, weights=options.weights,
        cluster=options.cluster, by=options.by, only_these=options.only_these,
    )  # fmt: skip


def _duplicates(options: argparse.Namespace, _say: main.Say) -> Any:
    return _main().duplicates(options.file, text=options.text, id=options.id)


def _copied(found: Any) -> str:
    """The counts; the rows are for --json and --out."""
    return "\n".join(f"{name.replace('_', ' ')}: {_short(value)}" for name, value in found.summary.items())


def _pool(options: argparse.Namespace, _say: main.Say) -> Any:
    lists = (options.by, options.covariates, options.cells)
    by, covariates, crossing = ([name for name in text.split(",") if name] for text in lists)
    return _main().pool(
        options.file, item=options.item, by=by, population=options.population, covariates=covariates,
        weights=options.weights, cluster=options.cluster, family=options.family, crossing=crossing,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(run())
