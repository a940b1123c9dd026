"""Doors to numbers: estimate, bounds, monitor, official, pool, instruments."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from . import estimating
from .building import command, names, out
from .printing import grid

if TYPE_CHECKING:
    from .._progress import Say
    from ..doors.measuring import Official

__all__ = ["add_measuring_commands"]


def add_measuring_commands(commands: Any) -> None:
    """One verb on one file of answers, or of published figures."""
    for add in (_add_estimate, _add_bounds, _add_monitor, _add_official, _add_pool, _add_instruments):
        add(commands)


def _add_estimate(commands: Any) -> None:
    door = command(commands, "estimate", "a weighted statistic of a column, by community, with intervals", _estimate,
                    _estimates)  # fmt: skip
    estimating.add_to(door)
    _missing(door)
    out(door)


def _missing(door: argparse.ArgumentParser) -> None:
    door.add_argument("--missing", default="", metavar="A,B", help="values that hold no answer, besides empty cells; "
                      "with an equals sign where the first is below 0: --missing=-1,-2")  # fmt: skip


def _add_bounds(commands: Any) -> None:
    door = command(commands, "bounds", "how far a share or mean could lie, whatever the unknown would have said",
                    _bounds)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a person or a count")
    door.add_argument("--item", metavar="COLUMN", help="answers: 1 and 0, numbers, or words")
    door.add_argument("--share", metavar="COLUMN", help="or published shares of everybody, one row a period or group")
    door.add_argument("--unknown", metavar="COLUMN", help="with --share: the share of everybody that is unknown")
    door.add_argument("--by", metavar="COLUMN", help="communities to report, and their differences; with --share, "
                      "what each row is, in order")  # fmt: skip
    _missing(door)
    door.add_argument("--count", metavar="COLUMN", help="how many people a row stands for")
    door.add_argument("--ends", metavar="LOW,HIGH", help="ends of the scale of a mean")
    out(door)


def _add_monitor(commands: Any) -> None:
    door = command(commands, "monitor", "has it moved since the first period, however often one looks",
                    _monitor)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a person")
    door.add_argument("--item", required=True, metavar="COLUMN", help="answers: numbers, or 1 and 0 for a share")
    door.add_argument("--period", required=True, metavar="COLUMN", help="months, days, numbers in their order; names "
                      "in the order in which the file first gives them")  # fmt: skip
    door.add_argument("--by", metavar="COLUMN", help="communities to watch too")
    door.add_argument("--weights", metavar="COLUMN")
    _missing(door)
    door.add_argument("--smallest", type=float, default=0.05, metavar="SHARE", help="smallest difference that "
                      "matters, as a part of the range of the answers (0.05)")  # fmt: skip
    out(door)


def _add_official(commands: Any) -> None:
    door = command(commands, "official", "figures that an office published, as read, with what was understood",
                    _official, _figures)  # fmt: skip
    door.add_argument(
        "file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet of published totals, never of people"
    )
    door.add_argument("--layout", metavar="LAYOUT", help="long, pas or tables; left out, told by the headers")
    out(door)


def _add_pool(commands: Any) -> None:
    door = command(commands, "pool", "shares of small communities, with what the others tell beside their own",
                    _pool, _pooled)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a person")
    door.add_argument("--item", required=True, metavar="COLUMN", help="1 and 0, yes and no, or a score")
    door.add_argument("--by", required=True, metavar="A,B,C", help="characteristics, in both files")
    door.add_argument("--population", required=True, type=Path, metavar="CELLS.csv",
                      help="a column for each of them, and people")  # fmt: skip
    door.add_argument("--covariates", default="", metavar="X,Y", help="numbers in CELLS.csv that hold for a cell")
    door.add_argument("--weights", metavar="COLUMN", help="design weights; people then count as fewer")
    door.add_argument("--cluster", metavar="COLUMN", help="whom people were sampled together with")
    door.add_argument("--family", choices=["share", "mean"], help="left out: a share of answers that are 1 or 0")
    _missing(door)
    door.add_argument("--cells", default="", metavar="A,B", help="rows for these characteristics combined, too")
    out(door)


def _add_instruments(commands: Any) -> None:
    door = command(commands, "instruments", "survey items that others have asked, word for word", _instruments,
                    _wordings)  # fmt: skip
    door.add_argument("search", metavar="WORD", nargs="*", help="only those with every one of these words")
    out(door)


def _estimate(options: argparse.Namespace, _say: Say) -> Any:
    return _doors().estimate(
        options.file, item=options.item, by=options.by, margins=options.margins, weights=options.weights,
        strata=options.strata, cluster=options.cluster, missing=names(options.missing),
        **estimating.wanted_of(options),
    )  # fmt: skip


def _monitor(options: argparse.Namespace, _say: Say) -> Any:
    return _doors().monitor(
        options.file, item=options.item, period=options.period, by=options.by, weights=options.weights,
        smallest=options.smallest, missing=names(options.missing),
    )  # fmt: skip


def _bounds(options: argparse.Namespace, _say: Say) -> Any:
    return _doors().bounds(
        options.file, item=options.item, by=options.by, missing=names(options.missing), count=options.count,
        ends=_ends(options.ends), share=options.share, unknown=options.unknown,
    )  # fmt: skip


def _ends(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"--ends must be two numbers, not {text!r}", cure="write for example --ends 1,5") from None
    return low, high


def _official(options: argparse.Namespace, _say: Say) -> Any:
    return _doors().official(options.file, layout=options.layout)


def _figures(found: Official) -> str:
    """What a person checking a file reads: the figures, then how they were understood."""
    names = ("row", "series", "period", "dimension", "category", "measure", "value", "denominator", "denominator_is")
    lines = [grid([{name: row[name] for name in names} for row in found.rows])]
    lines += [f"note: {note}" for note in found.notes]
    lines += [f"break: {each['series']}, {each['measure']}, before {each['period']}: {each['note'] or 'not said why'}"
              for each in found.breaks]  # fmt: skip
    lines += [f"row {each['row']} {each['fate']}: {each['reason']}" for each in found.set_aside]
    fates = ", ".join(f"{fate} {count:,}" for fate, count in found.fates.items() if count)
    return "\n".join([*lines, f"{found.read:,} rows: {fates}"])


def _instruments(options: argparse.Namespace, _say: Say) -> Any:
    return _doors().instruments(" ".join(options.search))


def _wordings(rows: list[dict[str, Any]]) -> str:
    """What a person choosing a question reads; --json has the rest."""
    lines = []
    for row in rows:
        codes = ", ".join(f"{code} {label}" for code, label in row["codes"].items()) or "not held here"
        seen = "" if row["checked"] else "; wording not yet checked against its source"
        lines += [f"{row['id']}: {row['wording']}", f"    {row['source']}, {row['number']}; codes: {codes}{seen}"]
    return "\n".join(lines)


def _pool(options: argparse.Namespace, _say: Say) -> Any:
    by, covariates, crossing = map(names, (options.by, options.covariates, options.cells))
    return _doors().pool(
        options.file, item=options.item, by=by, population=options.population, covariates=covariates,
        weights=options.weights, cluster=options.cluster, family=options.family, crossing=crossing,
        missing=names(options.missing),
    )  # fmt: skip


def _pooled(found: Any) -> str:
    """The rows, then what to look at before relying on them; --json has the rest."""
    facts = found.diagnostics
    aside = [f"{count:,} {why}" for why, count in facts["fates"].items() if count and why not in ("rows", "used")]
    lines = [grid(found.rows.to_pylist()), f"{facts['fates']['used']:,} of {facts['fates']['rows']:,} rows used"
             + (f"; {', '.join(aside)}" if aside else "")]  # fmt: skip
    if facts["model"] is None:
        return "\n".join(lines)
    unit = "in log odds" if "logistic" in facts["model"] else "on the scale of the answers"
    for name, each in facts["sigma"].items():
        lines.append(f"spread of {name}, {unit}: {each['median']:.2f} ({each['low']:.2f} to {each['high']:.2f})")
    for name, each in facts["covariates"].items():
        told = f"{each['median']:+.2f} ({each['low']:+.2f} to {each['high']:+.2f})"
        lines.append(f"one standard deviation more of {name}, {unit}: {told}")
    lines += [f"not crossed, too many categories: {pair}" for pair in facts["left_out"]]
    tries = f"{facts['effective_proposals']:.0f} of {facts['proposals']} tries count (below 50 nothing is told)"
    lines.append(f"{tries}; the heaviest carries {facts['largest_weight']:.0%}")
    return "\n".join(lines)


def _estimates(table: Any) -> str:
    """Estimates; on a terminal with their methods as notes below, for they are long and mostly the same."""
    rows = table.to_pylist()
    notes = list(dict.fromkeys(row["method"] for row in rows))
    if not sys.stdout.isatty():
        return grid(rows).rstrip("\n")
    numbered = grid([row | {"method": f"[{notes.index(row['method']) + 1}]"} for row in rows])
    return "\n".join((numbered, *(f"[{number}] {note}" for number, note in enumerate(notes, 1))))


def _doors() -> Any:
    """Imported when a command is carried out, as `main` is."""
    from ..doors import measuring

    return measuring
