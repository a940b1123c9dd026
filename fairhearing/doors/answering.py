"""A draft answer to a new question from what the programme holds: for a person to edit, every sentence cited.

Nothing is written that is not a row of a table or the words of an answer: findings stand in their own words, figures
with their interval, earlier answers as exact quotes with their places. Tables are taken as disclosure control lets
them out, so what is withheld is not in a draft. What was looked for and not found is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from .. import follow_up
from .. import gather as gathering
from .._folder import Folder
from .._progress import Say, silent
from ..errors import BadInput
from ..find import Document, parse
from ..follow_up.sentences import sentences
from ..hear.readers import open_reader
from ..programme import Programme
from ..protect import Safe
from .registering import register
from .searching import open_index, safe_tables

__all__ = ["as_html", "as_markdown", "ask"]

LEAST = 0.35
"""Cosine of meaning below which a row is not taken to bear on a part: chosen by eye, not measured on labels."""
MOST = {"findings": 5, "estimates": 3, "recommendations": 4, "commitments": 3, "answers": 3}
"""Rows of each kind in the draft of one part: the nearest."""
_CANDIDATES = 40
Row = dict[str, Any]


@dataclass
class _Sources:
    """Numbered in the order of first use; the same row or quote has one number."""

    rows: list[Row] = field(default_factory=list)

    def cite(self, table: str, row: str, **place: Any) -> int:
        source = {"table": table, "row": row} | place
        for each in self.rows:
            if {key: value for key, value in each.items() if key != "number"} == source:
                return int(each["number"])
        self.rows.append({"number": len(self.rows) + 1} | source)
        return len(self.rows)


def ask(folder: Path, file: Path, *, as_of: date | None = None, say: Say = silent) -> Row:
    """Each part of the question with a draft: sentences, each with the numbers of its sources, and what is not known.

    file: a question page, or a text that is the question. as_of: day on which things are overdue (today)."""
    here = Folder.open(folder)
    text = _question(file)
    parts = follow_up.parts_of(text)
    if not parts:
        raise BadInput("this text asks nothing", where=file, cure="give a text with a question in it")
    say("ask: read what the programme holds")
    held = _Held(here, safe_tables(here), as_of or date.today(), say)
    sources = _Sources()
    drafts = [
        {"part": part.part, "kind": part.kind, "quote": part.quote, "start": part.start, "end": part.end}
        | held.draft(" ".join(filter(None, (part.stem, part.quote))), sources)
        for part in parts
    ]
    return {
        "question": text, "programme": here.programme.programme.name, "run": held.run, "as_of": held.on,
        "parts": drafts, "sources": sources.rows,
    }  # fmt: skip


def _question(file: Path) -> str:
    """The question of a page in a layout that is known, else the whole text."""
    try:
        fields = gathering.read_page(file)
        found = fields[0]["question"] if len(fields) == 1 else None
    except BadInput:
        found = None
    if found:
        return str(found)
    try:
        return file.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError:
        raise BadInput("the question is not text in UTF-8", where=file, cure="save it as plain text") from None
    except OSError as error:
        cure = "give a file that is there and may be read"
        raise BadInput(f"the question cannot be read: {error.strerror or error}", where=file, cure=cure) from None


class _Held:
    """What a programme folder holds, as it may be published, with the meaning of every row that may be used."""

    def __init__(self, here: Folder, safe: dict[str, Safe], on: date, say: Say) -> None:
        self._here, self._safe, self.on, self._reader = here, safe, on, open_reader()
        self._index = open_index(here, say)
        told = register(here.path, as_of=on)
        self.run = told["run"]
        self._register = {row["commitment"]: row for row in told["entries"]}
        self._withheld = safe["findings"].withheld if safe else 0
        self._rows = {
            "findings": [row for row in self._of("findings") if row["sentence"] and row["current"]],
            "estimates": _latest(here.programme, self._of("estimates")),
            "recommendations": [row for row in self._of("recommendations") if row["standing"] != "rejected"],
            "commitments": [row for row in told["entries"] if row["entered"] != "recommended by this run"],
            "verdicts": [row for row in self._of("verdicts") if row["verdict"] == "cannot tell"],
        }
        self._meaning = {name: self._embed([_said(here.programme, name, row) for row in rows])
                         for name, rows in self._rows.items()}  # fmt: skip

    def _of(self, table: str) -> list[Row]:
        return [row for row in self._safe[table].rows() if not row.get("withheld")] if table in self._safe else []

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        return self._reader.embed(texts) if texts else np.zeros((0, sum(self._reader.widths)), np.float32)

    def draft(self, part: str, sources: _Sources) -> Row:
        """Sentences of the draft, and of what is not known, each with the numbers of its sources."""
        asked = self._embed([part])[0]
        near = {name: self._near(name, asked) for name in self._rows}
        told = [*self._findings(near, sources), *self._figures(near, sources), *self._asked(near, sources)]
        told += self._promised(near, sources)
        earlier = self._earlier(part, asked, sources)
        return {"draft": told + earlier, "not_known": self._not_known(near, earlier, sources)}

    def _near(self, name: str, asked: np.ndarray) -> list[Row]:
        alike = self._meaning[name] @ asked
        order = sorted(range(len(alike)), key=lambda n: (-round(float(alike[n]), 6), n))
        near = [self._rows[name][n] for n in order[: 2 * MOST.get(name, 3)] if alike[n] >= LEAST]
        if name == "findings":  # of those as near, what the evidence shows comes before what it cannot tell
            near.sort(key=lambda row: row["direction"] == "neither")
        return near[: MOST.get(name, 3)]

    # --- sentences ----------------------------------------------------------------------------------------------

    def _findings(self, near: dict[str, list[Row]], sources: _Sources) -> list[Row]:
        return [
            {"sentence": row["sentence"], "cites": [sources.cite("findings", f"finding={row['finding']}")]}
            for row in near["findings"]
        ]

    def _figures(self, near: dict[str, list[Row]], sources: _Sources) -> list[Row]:
        return [
            {"sentence": _figure(self._here.programme, row), "cites": [sources.cite("estimates", _cell(row))]}
            for row in near["estimates"]
        ]

    def _asked(self, near: dict[str, list[Row]], sources: _Sources) -> list[Row]:
        told = []
        for row in near["recommendations"]:
            id = row["recommendation"]
            cites = [sources.cite("recommendations", f"recommendation={id}"),
                     sources.cite("commitments", f"commitment={id}")]  # fmt: skip
            standing = f"Recommendation {row['rank']} ({row['standing']}): {row['change']}"
            told.append({"sentence": f"{standing} {self._status(self._register[id])}", "cites": cites})
        return told

    def _promised(self, near: dict[str, list[Row]], sources: _Sources) -> list[Row]:
        told = []
        for row in near["commitments"]:
            said = ", ".join(str(each) for each in (row["made_by"], row["made_on"], row["source"]) if each)
            sentence = f"On the register: “{row['text']}”{f' ({said})' if said else ''}. {self._status(row)}"
            told.append(
                {"sentence": sentence, "cites": [sources.cite("commitments", f"commitment={row['commitment']}")]}
            )
        return told

    def _status(self, row: Row) -> str:
        parts = [f"Response: {row['response']}", f"claimed: {row['claimed'] or 'nothing'}"]
        parts += [f"verified by somebody else: {row['verified'] or 'nothing'}"]
        parts += [f"due {row['due']}"] if row["due"] else []
        parts += [f"overdue on {self.on}"] if row["state"] == "overdue" else []
        return "; ".join(parts) + "."

    def _earlier(self, part: str, asked: np.ndarray, sources: _Sources) -> list[Row]:
        """Answers on the same subject, by words and by meaning; of each the sentence nearest to the part."""
        words = parse(part)
        found = [hit.document for hit in
                 self._index.search(words, kinds=("answer",), limit=_CANDIDATES, any_word=True)]  # fmt: skip
        near: list[tuple[float, int, Row]] = []
        for place, each in enumerate(found):
            pointers = [row for told in follow_up.pointed(part, [each.text]) for row in told["pointers"]]
            pointers = pointers or [_first(each.text)]
            alike = self._embed([row["quote"] for row in pointers]) @ asked
            title = float((self._embed([each.title]) @ asked)[0]) if each.title else 0.0
            near.append((max(title, float(alike.max())), place, pointers[int(alike.argmax())]))
        order = sorted((row for row in near if row[0] >= LEAST), key=lambda row: (-round(row[0], 6), row[1]))
        return [_quoted(found[place], pointer, sources) for _, place, pointer in order[: MOST["answers"]]]

    # --- what is not known --------------------------------------------------------------------------------------

    def _not_known(self, near: dict[str, list[Row]], earlier: list[Row], sources: _Sources) -> list[Row]:
        told: list[Row] = []
        for row in near["verdicts"]:
            where = f"activity={row['activity']}" + (f";step={row['step']}" if row["step"] else "")
            name = _element(self._here.programme, row["activity"], row["step"])
            sentence = f"On “{name}” the evidence cannot tell. What would change that: {row['would_change']}"
            told.append({"sentence": sentence, "cites": [sources.cite("verdicts", where)]})
        looked = {"findings": "finding", "estimates": "figure", "recommendations": "recommendation"}
        for table, what in looked.items():
            if not near[table]:
                rows = len(self._rows[table])
                sentence = f"No {what} of the latest run bears on this part ({rows} were looked at)."
                told.append({"sentence": sentence, "cites": [sources.cite(table, "every row")]})
        if not earlier:
            sentence = "No earlier answer on this subject was gathered."
            told.append({"sentence": sentence, "cites": [sources.cite("answers", "every row")]})
        if self._withheld:
            sentence = (
                f"{self._withheld} findings of this run are withheld, because they rest on too few people or a "
                "person withheld them; whether any of them bears on this part is not said."
            )
            told.append({"sentence": sentence, "cites": [sources.cite("findings", "withheld rows")]})
        return told


def _first(answer: str) -> Row:
    """The first sentence, where none has a word in common with what is asked: what follows can be read there."""
    first = next(iter(sentences(answer)), None)
    return {"quote": first.text if first else answer, "start": first.start if first else 0,
            "end": first.end if first else len(answer), "non_answer": None}  # fmt: skip


def _quoted(answer: Document, pointer: Row, sources: _Sources) -> Row:
    quote, start, end = pointer["quote"], pointer["start"], pointer["end"]
    name, _, position = answer.id.rpartition("/")
    row = f"source={answer.source};question={name.removeprefix(answer.source + ':')};position={position}"
    cite = sources.cite("answers", row, quote=quote, start=start, end=end)
    about = f" to “{answer.title}”" if answer.title else ""
    day = f" of {answer.day}" if answer.day else ""
    refuses = f" (it says of itself: {pointer['non_answer']})" if pointer["non_answer"] else ""
    return {"sentence": f"The answer{day}{about} says: “{quote}”{refuses}", "cites": [cite]}


# --- rows in words -----------------------------------------------------------------------------------------------


def _latest(programme: Programme, rows: Iterable[Row]) -> list[Row]:
    """For everyone, of each measure and source the latest round that has a figure."""
    order = {each.id: place for place, each in enumerate(programme.rounds)}
    told: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda row: order.get(row["round"] or "", -1)):
        if row["characteristic"] is None and row["estimate"] is not None:
            told[row["source"], row["measure"]] = row
    return list(told.values())


def _said(programme: Programme, table: str, row: Row) -> str:
    """What a row is about, for comparing meanings."""
    if table == "estimates":
        return _measure(programme, row["measure"])
    if table == "verdicts":
        return _element(programme, row["activity"], row["step"])
    return str(row[{"findings": "sentence", "recommendations": "change", "commitments": "text"}[table]])


def _measure(programme: Programme, id: str) -> str:
    return next((each.name for each in programme.measures if each.id == id), id)


def _element(programme: Programme, activity: str, step: str | None) -> str:
    for each, part in programme.steps():
        if (each.id, part.id) == (activity, step):
            return str(part.name)
    return next((each.name for each in programme.activities if each.id == activity), activity)


def _cell(row: Row) -> str:
    names = ("source", "round", "measure", "characteristic", "community")
    return ";".join(f"{name}={row[name]}" for name in names if row[name] is not None)


def _figure(programme: Programme, row: Row) -> str:
    """With its interval, or why there is none, and how many people it rests on."""
    share = row["favourable"] is not None

    def shown(value: float) -> str:
        return f"{100 * value:.0f}%" if share else f"{value:.2f}"

    margin = (
        f"95% interval {shown(row['low'])} to {shown(row['high'])}" if row["low"] is not None
        else f"no interval: {row['method']}"
    )  # fmt: skip
    place = f"{row['source']}{', ' + row['round'] if row['round'] else ''}"
    lead = "The share of people who " if share else ""
    told = f"{shown(row['estimate'])} ({margin}; n about {row['n']}; {place})"
    return f"{lead}{_measure(programme, row['measure'])}: {told}."


# --- as a page ---------------------------------------------------------------------------------------------------

_HEAD = (
    "A draft for a person to edit, not an answer: made by machine from what the programme holds, with its sources."
)


def as_markdown(pack: Row) -> str:
    """The pack to edit in any editor. Sources are numbered at the end."""
    lines = [
        f"# Draft: {pack['programme']}",
        "",
        f"*{_HEAD} As of {pack['as_of']}, run {pack['run'] or 'none'}.*",
        "",
    ]
    lines += [*(f"> {line}" for line in pack["question"].splitlines()), ""]
    for part in pack["parts"]:
        lines += [f"## Part {part['part']}: {' '.join(part['quote'].split())}", ""]
        for name, heading in (("draft", "What can be said"), ("not_known", "What is not known")):
            lines += [f"**{heading}**", ""]
            lines += [f"- {_flat(each['sentence'])} {_cites(each)}" for each in part[name]] or [
                "- Nothing that was found."
            ]
            lines += [""]
    lines += ["## Sources", "", *(f"{each['number']}. {_source(each)}" for each in pack["sources"])]
    return "\n".join(lines) + "\n"


def as_html(pack: Row) -> str:
    """The same as one page that needs nothing else; its sentences can be edited in the browser."""
    body = [f"<h1>Draft: {escape(pack['programme'])}</h1>",
            f"<p><em>{_HEAD} As of {pack['as_of']}, run {escape(pack['run'] or 'none')}.</em></p>",
            f"<blockquote>{escape(pack['question'])}</blockquote>"]  # fmt: skip
    for part in pack["parts"]:
        body.append(f"<h2>Part {part['part']}: {escape(part['quote'])}</h2>")
        for name, heading in (("draft", "What can be said"), ("not_known", "What is not known")):
            listed = "".join(f"<li>{escape(each['sentence'])} {_linked(each)}</li>" for each in part[name])
            body.append(f"<h3>{heading}</h3><ul contenteditable>{listed or '<li>Nothing that was found.</li>'}</ul>")
    listed = "".join(f'<li id="source-{each["number"]}">{escape(_source(each))}</li>' for each in pack["sources"])
    body.append(f"<h2>Sources</h2><ol>{listed}</ol>")
    style = (
        "body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 serif}blockquote{white-space:pre-wrap}"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Draft: {escape(pack['programme'])}</title><style>{style}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _flat(text: str) -> str:
    return " ".join(text.split())


def _cites(each: Row) -> str:
    return "".join(f"[{number}]" for number in each["cites"])


def _linked(each: Row) -> str:
    return "".join(f'<a href="#source-{number}">[{number}]</a>' for number in each["cites"])


def _source(each: Row) -> str:
    place = f", characters {each['start']} to {each['end']}: “{_flat(each['quote'])}”" if "quote" in each else ""
    return f"{each['table']}: {each['row']}{place}"
