"""A ranked full-text index (BM25) in one file that holds nothing of its own: lost or damaged, it is made again.

SQLite's FTS5, of Python's own library: nothing is fetched. Documents are put in by kind and then by day, so that a
kind, and a kind from a day on, is a range of rows, and a filter costs nothing. The file is made under another name
and renamed: whoever is searching goes on with the one they opened.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from .._durable import explained, locked
from ..errors import BadInput, NotReady
from .words import Term, folded

__all__ = ["KINDS", "Document", "Hit", "Index"]

KINDS = ("question", "answer", "response", "theme", "finding", "recommendation", "commitment")

_FORMAT = "1"
_BATCH = 5_000
_TITLE, _TEXT = 2.0, 1.0
"""How much a word in the title counts beside one in the text."""
_COMMON = 0.05
"""A word in more than this share of documents does not bring a document in alone, where a rarer one was asked for."""
MOST_RANKED = 10_000
"""Where more documents of a kind match, the newest of them are ranked: a word so common tells little about any."""
_TOKENS = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"


@dataclass(frozen=True)
class Document:
    """kind: one of KINDS · id: of it in its table · day: None where it has none."""

    kind: str
    id: str
    source: str
    title: str
    text: str
    day: date | None = None


@dataclass(frozen=True)
class Hit:
    """score: BM25, larger is better."""

    document: Document
    score: float


class Index:
    """One file. `key` says what it was made from; another key, and it is made anew from `documents`."""

    def __init__(self, path: Path, key: str, documents: Callable[[], Iterable[Document]]) -> None:
        self._path, self._documents = path, documents
        self._key = f"{_FORMAT}:{key}"

    def search(
        self, terms: Sequence[Term], *, kinds: Sequence[str] = (), since: date | None = None, limit: int = 20,
        any_word: bool = False,
    ) -> list[Hit]:  # fmt: skip
        """The best documents first: those with every term, then, where they are fewer than asked for, with some.

        kinds: none is all · since: documents of an earlier day, or of none, are left out · any_word: some at once."""
        try:
            with closing(self._opened()) as index:
                return self._found(index, terms, kinds, since, limit, any_word)
        except sqlite3.DatabaseError:  # damaged: there is nothing in it that cannot be made again
            with suppress(FileNotFoundError):
                self._path.unlink()
            with closing(self._opened()) as index:
                return self._found(index, terms, kinds, since, limit, any_word)

    # --- making -------------------------------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        found = self._if_current()
        if found is not None:
            return found
        with explained(self._path, "the index for searching could not be written"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._path.with_suffix(".lock")):
                found = self._if_current()  # of several at once, the second finds what the first has made
                if found is None:
                    self._make()
                    found = self._if_current()
        if found is None:
            raise NotReady("the index changed while it was made", where=self._path, cure="search again")
        return found

    def _if_current(self) -> sqlite3.Connection | None:
        """Open, if it is there, whole as far as can be seen, and made from what there is now."""
        if not self._path.is_file():
            return None
        index = sqlite3.connect(f"file:{self._path.absolute().as_posix().replace('?', '%3f')}?mode=ro", uri=True)
        try:
            row = index.execute("SELECT value FROM about WHERE name = 'key'").fetchone()
        except sqlite3.DatabaseError:
            row = None
        if row != (self._key,):
            index.close()
            return None
        return index

    def _make(self) -> None:
        temporary = self._path.with_name(f".{self._path.name}-{secrets.token_hex(8)}")
        try:
            with closing(sqlite3.connect(temporary)) as index:
                self._fill(index)
                index.commit()
            temporary.replace(self._path)
        finally:
            temporary.unlink(missing_ok=True)

    def _fill(self, index: sqlite3.Connection) -> None:
        index.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;")
        index.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT)")
        index.execute("CREATE TABLE taken (kind INT, id TEXT, source TEXT, title TEXT, text TEXT, day TEXT)")
        index.execute(
            "CREATE TABLE documents "
            "(number INTEGER PRIMARY KEY, kind INT, id TEXT, source TEXT, title TEXT, text TEXT, day TEXT)"
        )
        for batch in _batches(self._documents()):
            index.executemany("INSERT INTO taken VALUES (?, ?, ?, ?, ?, ?)", map(_row, batch))
        index.execute("INSERT INTO documents SELECT NULL, * FROM taken ORDER BY kind, day, source, id")
        index.execute("DROP TABLE taken")
        index.create_function("folded", 1, folded, deterministic=True)
        try:
            index.execute(
                f"CREATE VIRTUAL TABLE words USING fts5(title, text, content='', tokenize=\"{_TOKENS}\", prefix='3')"
            )
        except sqlite3.OperationalError as error:
            raise BadInput(
                f"this Python's SQLite cannot search texts: {error}", cure="install a Python whose sqlite3 has FTS5"
            ) from None
        index.execute(
            "INSERT INTO words (rowid, title, text) "
            "SELECT number, folded(title), folded(text) FROM documents ORDER BY number"
        )
        index.execute("INSERT INTO words (words) VALUES ('optimize')")
        self._about(index)

    def _about(self, index: sqlite3.Connection) -> None:
        (total,) = index.execute("SELECT count(*) FROM documents").fetchone()
        index.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, words, row)")
        often = index.execute("SELECT term FROM temp.terms WHERE doc > ? ORDER BY term", (max(50, total * _COMMON),))
        said = {"key": self._key, "total": str(total), "common": json.dumps([term for (term,) in often])}
        index.executemany("INSERT INTO about VALUES (?, ?)", said.items())
        index.execute("CREATE INDEX places ON documents (kind, day, number)")

    # --- searching ----------------------------------------------------------------------------------------------

    def _found(
        self, index: sqlite3.Connection, terms: Sequence[Term], kinds: Sequence[str], since: date | None, limit: int,
        any_word: bool,
    ) -> list[Hit]:  # fmt: skip
        wanted = [term for term in terms if not term.without]
        without = [term for term in terms if term.without]
        ranges = _ranges(index, kinds, since)
        told: dict[int, float] = {}
        if not any_word:
            told |= _ranked(index, _match(wanted, without, " AND "), ranges, limit)
        if len(told) < limit and (len(wanted) > 1 or any_word):
            some = _ranked(index, _match(_rarer(index, wanted), without, " OR "), ranges, limit)
            told |= {number: score for number, score in some.items() if number not in told}
        return [_hit(index, number, score) for number, score in list(told.items())[:limit]]


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    source = iter(documents)
    while batch := list(islice(source, _BATCH)):
        yield batch


def _row(each: Document) -> tuple[int, str, str, str, str, str | None]:
    day = each.day.isoformat() if each.day else None
    return KINDS.index(each.kind), each.id, each.source, each.title, each.text, day


def _match(wanted: Sequence[Term], without: Sequence[Term], joined: str) -> str:
    """In FTS5's own language. Words are folded and hold letters, digits and marks only, so quotes keep them."""
    told = "(" + joined.join(_quoted(term) for term in wanted) + ")"
    return told + "".join(f" NOT {_quoted(term)}" for term in without)


def _quoted(term: Term) -> str:
    return '"' + " ".join(term.words) + '"' + ("*" if term.prefix else "")


def _rarer(index: sqlite3.Connection, wanted: Sequence[Term]) -> Sequence[Term]:
    (said,) = index.execute("SELECT value FROM about WHERE name = 'common'").fetchone()
    common = set(json.loads(said))
    return [term for term in wanted if len(term.words) > 1 or term.words[0] not in common] or wanted


def _ranges(index: sqlite3.Connection, kinds: Sequence[str], since: date | None) -> list[tuple[int, int]]:
    """First and last row of each kind asked for, from the day on."""
    told = []
    for kind in kinds or KINDS:
        row = index.execute(
            "SELECT min(number), max(number) FROM documents WHERE kind = ? AND (? IS NULL OR day >= ?)",
            (KINDS.index(kind), *(since and since.isoformat(),) * 2),
        ).fetchone()
        if row[0] is not None:
            told.append((row[0], row[1]))
    return told


def _ranked(index: sqlite3.Connection, match: str, ranges: Sequence[tuple[int, int]], limit: int) -> dict[int, float]:
    """Row → score, best first; of equals the first in the index. Of a kind at most MOST_RANKED are ranked."""
    found: list[tuple[float, int]] = []
    for low, high in ranges:
        found += index.execute(
            f"SELECT score, number FROM (SELECT bm25(words, {_TITLE}, {_TEXT}) AS score, rowid AS number FROM words "
            "WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?) "
            "ORDER BY score, number LIMIT ?",
            (match, low, high, MOST_RANKED, limit),
        )
    return {number: -score for score, number in sorted(found)[:limit]}


def _hit(index: sqlite3.Connection, number: int, score: float) -> Hit:
    kind, id, source, title, text, day = index.execute(
        "SELECT kind, id, source, title, text, day FROM documents WHERE number = ?", (number,)
    ).fetchone()
    found = Document(KINDS[kind], id, source, title, text, day and date.fromisoformat(day))
    return Hit(found, round(score, 4))
