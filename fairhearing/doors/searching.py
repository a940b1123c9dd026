"""A door to everything gathered and made, by its words.

Findings, themes and recommendations are searched as they may be published: what disclosure control or a person
withheld is not found. Responses are the redacted text of the ledger; they never leave the folder by themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from .. import runs
from .._folder import Folder
from .._progress import Say, silent
from ..errors import BadInput, NotReady
from ..find import KINDS, Document, Hit, Index, Term, matches, parse, snippet
from ..ledger import Part
from ..protect import Safe, protect
from .registering import register

__all__ = ["KINDS", "open_index", "safe_tables", "search"]

MOST = 500
_TAIL = 4096
_LONGEST_TITLE = 200


def search(
    folder: Path, query: str, *, kinds: Sequence[str] = (), since: date | None = None, limit: int = 20,
    say: Say = silent,
) -> list[dict[str, Any]]:  # fmt: skip
    """The best of everything gathered, each with a snippet and the places of what was found in its text.

    kinds: of KINDS, none is all · since: an earlier day, or no day, leaves a document out · start, end: of the
    snippet in the text, in characters; matches: of the words found, in the same text."""
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise BadInput(f"there is no kind {unknown[0]!r}", cure=f"use one of: {', '.join(KINDS)}")
    if not 1 <= limit <= MOST:
        raise BadInput(f"{limit} results cannot be given", cure=f"ask for 1 to {MOST}")
    terms = parse(query)
    found = open_index(Folder.open(folder), say).search(terms, kinds=kinds, since=since, limit=limit)
    return [_shown(rank, hit, terms) for rank, hit in enumerate(found, 1)]


def _shown(rank: int, hit: Hit, terms: Sequence[Term]) -> dict[str, Any]:
    each = hit.document
    found = matches(each.text, terms)
    start, end = snippet(each.text, found)
    return {
        "rank": rank, "score": hit.score, "kind": each.kind, "id": each.id, "source": each.source, "day": each.day,
        "title": each.title, "snippet": each.text[start:end], "start": start, "end": end,
        "matches": [list(place) for place in found if start <= place[0] and place[1] <= end],
        "in_title": bool(matches(each.title, terms)),
    }  # fmt: skip


def open_index(here: Folder, say: Say = silent) -> Index:
    """The index of a folder, made anew only where the ledger or the latest run is another."""
    return Index(here.path / "cache" / "search.sqlite", _key(here), lambda: _told(here, say))


def _key(here: Folder) -> str:
    """The end of the log holds the hash of all of it; reading all of it would cost more than the search."""
    log = here.ledger.folder / "events.jsonl"
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            tail = file.read()
    except FileNotFoundError:
        raise NotReady("nothing was gathered yet", where=here.path, cure="run `fairhearing gather` first") from None
    run = runs.latest(here.path / "runs")
    version = runs.versions()["fairhearing"]
    said = "\n".join([str(size), hashlib.sha256(tail).hexdigest(), run.name if run else "", version, here.toml])
    return hashlib.sha256(said.encode()).hexdigest()


# --- what is searched --------------------------------------------------------------------------------------------


def _told(here: Folder, say: Say) -> Iterator[Document]:
    say("search: index what was gathered")
    parts = [part for source in here.programme.sources if (event := here.ledger.gathered(source.id))
             for part in event.parts]  # fmt: skip
    titles: dict[tuple[str, str], tuple[str, date | None]] = {}
    for row in _rows(here, parts, "questions", ("source", "question", "title", "text", "session_date")):
        title = row["title"] or ""
        about = title or (row["text"] or "")[:_LONGEST_TITLE]
        titles[row["source"], row["question"]] = (about, row["session_date"])
        id = f"{row['source']}:{row['question']}"
        yield Document("question", id, row["source"], title, row["text"] or "", row["session_date"])
    for row in _rows(here, parts, "answers", ("source", "question", "position", "text", "date")):
        title, asked = titles.get((row["source"], row["question"]), ("", None))
        id = f"{row['source']}:{row['question']}/{row['position']}"
        yield Document("answer", id, row["source"], title, row["text"] or "", row["date"] or asked)
    for row in _rows(here, parts, "texts", ("source", "response", "text")):
        yield Document("response", row["response"], row["source"], "", row["text"] or "")
    say("search: index what was found and promised")
    yield from _made(here)


def _rows(here: Folder, parts: Iterable[Part], table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for part in parts:
        if part.table == table:
            with pq.ParquetFile(here.ledger.path(part)) as file:
                for batch in file.iter_batches(batch_size=5_000, columns=list(columns)):
                    yield from batch.to_pylist()


def safe_tables(here: Folder) -> dict[str, Safe]:
    """Of the latest run, as they may be published; empty where there is none."""
    run = runs.latest(here.path / "runs")
    return protect(runs.read_tables(run), here.programme, here.reviewed()) if run else {}


def _made(here: Folder) -> Iterator[Document]:
    safe = safe_tables(here)
    for row in safe["themes"].rows() if safe else ():
        if row["label"] and not row.get("withheld"):
            id, words = f"{row['source']}:{row['theme']}", ", ".join(row["words"] or ())
            yield Document("theme", id, row["source"], row["label"], f"{row['description'] or ''} {words}".strip())
    for row in safe["findings"].rows() if safe else ():
        if row["sentence"] and not row.get("withheld"):
            yield Document("finding", row["finding"], "", "", row["sentence"])
    for row in register(here.path)["entries"]:
        kind = "recommendation" if row["kind"] == "recommendation" else "commitment"
        yield Document(kind, row["commitment"], row["source"] or "", "", row["text"], row["made_on"])
