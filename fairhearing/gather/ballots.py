"""The files votes come in: a Polis export folder, a votes log, or a participants' matrix.

In every export met so far 1 is agree, 0 pass and -1 disagree. `agrees` and `disagrees` in comments.csv count re-votes
twice and are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..errors import BadInput
from .files import read_sheet
from .redact import redact_text
from .refuse import refuse_case_records
from .sheets import check_file, only
from .text import close_to, counted, fold, number
from .values import Coded, coded, numbers

__all__ = ["Log", "Statement", "in_order", "read_ballots", "statements_voted_on", "superseded_by", "vote_codes"]

_STATEMENT = ("comment-id", "comment_id", "statement-id", "statement_id", "statement", "tid")
_PERSON = ("voter-id", "voter_id", "voter", "participant", "participant-id", "participant_id", "person", "pid")
_VOTE = ("vote",)
_TIME = ("timestamp", "time")
_AUTHOR = ("author-id", "author_id", "author")
_MODERATED = ("moderated", "mod")
_BODY = ("comment-body", "comment_body", "comment", "text", "body")
_MEANINGS = {"agree": 1, "pass": 0, "disagree": -1, "1": 1, "0": 0, "-1": -1, "+1": 1, "unsure": 0, "neutral": 0}


@dataclass(frozen=True)
class Log:
    """Votes in the order of the file. `time` is NaN where there is none."""

    person: Coded
    statement: Coded
    vote: Coded
    time: np.ndarray
    row: np.ndarray
    spoilt: dict[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """One statement; `author` is the person's number in the export, "" where unknown."""

    id: str
    text: str
    moderated: int = 0
    author: str = ""


def read_ballots(path: Path, largest_file_mb: int) -> tuple[Log, list[Statement], list[str]]:
    if not path.is_dir():
        check_file(path, largest_file_mb)
        log = _read_any(path, largest_file_mb)
        return log, [], [*log.notes, "no comments.csv beside it: statements are known by their number only"]
    long, wide, comments = (path / f"{name}.csv" for name in ("votes", "participants-votes", "comments"))
    if not long.is_file() and not wide.is_file():
        raise BadInput(
            "the folder holds neither votes.csv nor participants-votes.csv",
            where=path,
            cure="put the files of the export there, under the names they came with",
        )
    log = _read_long(long, largest_file_mb) if long.is_file() else _read_wide(wide, largest_file_mb)
    notes = list(log.notes)
    statements = _read_statements(comments, largest_file_mb, notes) if comments.is_file() else []
    if long.is_file() and wide.is_file():
        notes.append(_cross_check(log, _read_wide(wide, largest_file_mb)))
    return log, statements, notes


def _find(names: Sequence[str], headers: Sequence[str]) -> str | None:
    """The header that is one of the names; the earliest name wins."""
    folded = {fold(header): header for header in reversed(headers)}
    return next((folded[name] for name in names if name in folded), None)


def _need(names: Sequence[str], headers: Sequence[str], path: Path) -> str:
    found = _find(names, headers)
    if found is None:
        raise BadInput(f"there is no column {names[0]!r}", where=path, cure=close_to(names[0], headers, "columns"))
    return found


def _read_any(path: Path, largest_file_mb: int) -> Log:
    """One file: a log if it has a column of votes, else a matrix."""
    headers: list[str] = []

    def look(found: Sequence[str]) -> Sequence[str]:
        refuse_case_records(found, path)
        headers.extend(found)
        return found[:1]

    read_sheet(path, look, largest_file_mb=largest_file_mb)
    wide = _find(_VOTE, headers) is None and any(number(header) is not None for header in headers)
    return _read_wide(path, largest_file_mb) if wide else _read_long(path, largest_file_mb)


def _read_long(path: Path, largest_file_mb: int) -> Log:
    """A votes log: one row a vote."""
    names: list[str] = []

    def choose(headers: Sequence[str]) -> Sequence[str]:
        refuse_case_records(headers, path)
        names.extend(_need(each, headers, path) for each in (_STATEMENT, _PERSON, _VOTE))
        time = _find(_TIME, headers)
        names.extend([time] if time is not None else [])
        return only(names, path)(headers)

    sheet = read_sheet(path, choose, largest_file_mb=largest_file_mb)
    statement, person, vote = (coded(sheet.column(name)) for name in names[:3])
    time = numbers(coded(sheet.column(names[3]))) if len(names) > 3 else np.full(len(sheet.row), np.nan)
    return Log(person, _plain_ids(statement), vote, time, sheet.row, sheet.spoilt, sheet.notes)


def _read_wide(path: Path, largest_file_mb: int) -> Log:
    """A participants' matrix: each filled cell of a statement's column is a vote, numbered along the rows."""
    chosen: list[str] = []

    def choose(headers: Sequence[str]) -> Sequence[str]:
        person = _need(_PERSON, headers, path)
        chosen.extend([person, *(header for header in headers if header.isdigit())])
        return chosen

    sheet = read_sheet(path, choose, largest_file_mb=largest_file_mb)
    if sheet.spoilt:
        row, why = min(sheet.spoilt.items())
        raise BadInput(why, where=f"{path}, row {row}", cure="export the matrix again")
    cells = pa.chunked_array([sheet.column(name) for name in chosen[1:]], pa.string()).combine_chunks()
    values = coded(cells)
    people = coded(sheet.column(chosen[0]))
    codes = values.codes.reshape(len(chosen) - 1, len(sheet.row)).T
    where_person, where_statement = np.nonzero(codes >= 0)
    if not len(where_person):
        raise BadInput("nobody voted on anything in this matrix", where=path, cure="check that it is the right file")
    return Log(
        Coded(people.codes[where_person], people.values),
        _plain_ids(Coded(where_statement.astype(np.int32), tuple(chosen[1:]))),
        Coded(codes[where_person, where_statement], values.values),
        np.full(len(where_person), np.nan),
        np.arange(1, len(where_person) + 1),
        notes=(*sheet.notes, "read from the matrix of participants: each filled cell is counted as a row"),
    )


def _plain_ids(column: Coded) -> Coded:
    """Statement ids as they are compared: 7.0 is 7. A statement given by its words is redacted like any text."""
    folded = [fold(value) if number(value) is not None else redact_text(value)[0] for value in column.values]
    distinct = tuple(dict.fromkeys(folded))
    place = {value: i for i, value in enumerate(distinct)}
    return Coded(column.spread(np.array([place[value] for value in folded], np.int32), -1), distinct)


def _read_statements(path: Path, largest_file_mb: int, notes: list[str]) -> list[Statement]:
    """Statements of comments.csv; the first of a repeated id counts."""
    names: list[str] = []

    def choose(headers: Sequence[str]) -> Sequence[str]:
        names.extend([_need(_STATEMENT, headers, path), _need(_BODY, headers, path)])
        names.extend(_find(each, headers) or "" for each in (_MODERATED, _AUTHOR))
        return only([name for name in names if name], path)(headers)

    sheet = read_sheet(path, choose, largest_file_mb=largest_file_mb)
    id, text, moderated, author = (
        sheet.column(name).to_pylist() if name else [""] * len(sheet.row) for name in names
    )
    found: dict[str, Statement] = {}
    lost = len(sheet.spoilt)
    for row in range(len(sheet.row)):
        key = fold(id[row] or "")
        state = number(moderated[row] or "0")
        if not key or key in found or state not in (-1, 0, 1):
            lost += 1
            continue
        found[key] = Statement(key, text[row] or "", int(state), fold(author[row] or ""))
    if lost:
        notes.append(f"comments.csv: {counted(lost, 'row')} without a usable id or repeating one: not read")
    return list(found.values())


def statements_voted_on(log: Log) -> dict[str, Statement]:
    """Without a list of statements, those that were voted on."""
    return {id: Statement(id, id) for id in sorted(log.statement.values, key=in_order) if id}


def in_order(id: str) -> tuple[float, str]:
    """Numbers by size, then words."""
    value = number(id)
    return (float("inf") if value is None else value), id


def vote_codes(vote: Coded) -> np.ndarray:
    """1, 0, -1 per row; 9 where it is none of these."""
    by_value = [_MEANINGS.get(fold(value), 9) for value in vote.values]
    return vote.spread(np.array(by_value, np.int64), 9)


def superseded_by(log: Log, eligible: np.ndarray) -> np.ndarray:
    """For each row the place of the last vote of the same person on the same statement, or -1 if it is the last.

    Last by timestamp, then by place in the file; votes without a timestamp come before those with one.
    """
    later = np.full(len(log.row), -1)
    rows = np.flatnonzero(eligible)
    time = np.nan_to_num(log.time[rows], nan=-np.inf)
    pair = log.person.codes[rows].astype(np.int64) * (len(log.statement.values) + 1) + log.statement.codes[rows]
    order = np.lexsort((rows, time, pair))
    pairs = pair[order]
    ends = np.append(np.flatnonzero(pairs[1:] != pairs[:-1]), len(pairs) - 1) if len(pairs) else np.array([], int)
    last = np.repeat(rows[order][ends], np.diff(ends, prepend=-1))
    later[rows[order]] = np.where(last == rows[order], -1, last)
    return later


def _cross_check(log: Log, matrix: Log) -> str:
    """How many of the last votes the export's own matrix shows differently."""
    latest, shown = _latest(log), _latest(matrix)
    differ = sum(latest.get(pair) != shown.get(pair) for pair in latest.keys() | shown.keys())
    if differ:
        return f"votes.csv and participants-votes.csv differ on {counted(differ, 'vote')}; votes.csv was used"
    return f"votes.csv and participants-votes.csv agree on all {len(latest):,} last votes"


def _latest(log: Log) -> dict[tuple[str, str], int]:
    readable = ~log.person.empty & ~log.statement.empty
    rows = np.flatnonzero(readable & (superseded_by(log, readable) < 0))
    votes = vote_codes(log.vote)
    who, what = [fold(each) for each in log.person.values], log.statement.values
    pairs = zip(
        log.person.codes[rows].tolist(), log.statement.codes[rows].tolist(), votes[rows].tolist(), strict=True
    )
    return {(who[person], what[statement]): vote for person, statement, vote in pairs}
