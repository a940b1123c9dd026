"""The files votes come in: a Polis export folder, a votes log, or a participants' matrix.

In every export met so far 1 is agree, 0 pass and -1 disagree; Polis's own database has it the other way round. So
where `agrees` and `disagrees` of comments.csv fit the votes only with the signs turned, they are turned, and a note
says so. Nothing else is taken from those counts: they count re-votes twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..errors import BadInput
from .ballot_files import (
    AGREES,
    AUTHOR,
    BODY,
    DISAGREES,
    LISTED,
    MODERATED,
    PERSON,
    STATEMENT,
    TIME,
    VOTE,
    Kind,
    find,
    find_export,
    moderation,
    need,
    times,
    vote_codes,
)
from .files import read_sheet
from .redact import redact_text
from .refuse import refuse_case_records
from .sheets import check_file, only
from .text import counted, fold, number
from .values import Coded, coded

__all__ = [
    "Log",
    "Statement",
    "in_order",
    "not_voted_on_yet",
    "plain_id",
    "read_ballots",
    "statements_voted_on",
    "superseded_by",
]


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
    words: Mapping[str, str] = field(default_factory=dict)
    """Statement → its words, where the log gives them."""
    turned: bool = False
    """-1 is agree in the file."""

    @property
    def codes(self) -> np.ndarray:
        """1 agree, 0 pass, -1 disagree, a row; 9 where it is none of these."""
        codes = vote_codes(self.vote)
        return np.where(np.abs(codes) == 1, -codes, codes) if self.turned else codes


@dataclass(frozen=True)
class Statement:
    """One statement; `author` is the person's number in the export, "" where unknown."""

    id: str
    text: str
    moderated: int = 0
    author: str = ""
    most: float = 0.0
    """Votes agreeing less votes disagreeing, as the export counts them."""


def read_ballots(path: Path, largest_file_mb: int) -> tuple[Log, list[Statement], list[str]]:
    """The votes, the statements where they are listed, and notes. Raises BadInput."""
    if not path.is_dir():
        check_file(path, largest_file_mb)
        log = _read_any(path, largest_file_mb)
        return log, [], [*log.notes, *_unlisted(log)]
    export = find_export(path)
    log = _read_any(export.votes, largest_file_mb) if export.votes else _read_matrix(export.matrix, largest_file_mb)
    notes = list(log.notes)
    statements = _read_statements(export.statements, largest_file_mb, notes) if export.statements else []
    log = _right_way_round(log, statements, notes)
    if export.votes and export.matrix:
        notes.append(_cross_check(log, _read_wide(export.matrix, largest_file_mb)))
    if export.words and not statements:
        told = _read_statements(export.words, largest_file_mb, notes)
        log = replace(log, words={each.id: each.text for each in told})
    return log, statements, [*notes, *([] if statements else _unlisted(log))]


def not_voted_on_yet(path: Path, largest_file_mb: int) -> list[Statement] | None:
    """The statements of a conversation nobody has voted in yet; None where somebody has, or none are listed."""
    if not path.is_dir():
        return None
    export = find_export(path, votes_needed=False)
    files = [file for file in (export.votes, export.matrix) if file is not None]
    if export.statements is None or not all(_only_a_header(file) for file in files):
        return None
    return _read_statements(export.statements, largest_file_mb, [])


def _only_a_header(path: Path) -> bool:
    with path.open("rb") as file:
        return path.suffix.lower() in (".csv", ".tsv") and len(file.read(1 << 16).split()) <= 1


def _read_matrix(path: Path | None, largest_file_mb: int) -> Log:
    if path is None:
        raise BadInput("there are no votes", cure="put votes.csv or participants-votes.csv there")
    return _read_wide(path, largest_file_mb)


def _unlisted(log: Log) -> list[str]:
    if log.words:
        return []
    return ["no comments.csv beside the votes: statements are known by what the votes call them"]


def _read_any(path: Path, largest_file_mb: int) -> Log:
    """One file: a log if it has a column of votes, else a matrix."""
    headers: list[str] = []

    def look(found: Sequence[str]) -> Sequence[str]:
        refuse_case_records(found, path)
        headers.extend(found)
        return found[:1]

    read_sheet(path, look, largest_file_mb=largest_file_mb)
    wide = find(STATEMENT, headers) is None and any(header.isdigit() for header in headers)
    return _read_wide(path, largest_file_mb) if wide else _read_long(path, largest_file_mb)


def _read_long(path: Path, largest_file_mb: int) -> Log:
    """A votes log: one row a vote."""
    names: list[str] = []
    further: dict[Kind, str] = {}

    def choose(headers: Sequence[str]) -> Sequence[str]:
        refuse_case_records(headers, path)
        names.extend(need(each, headers, path) for each in (STATEMENT, PERSON, VOTE))
        rest = [header for header in headers if header not in names]
        further.update({kind: name for kind in (TIME, BODY) if (name := find(kind, rest)) is not None})
        return only([*names, *further.values()], path)(headers)

    sheet = read_sheet(path, choose, largest_file_mb=largest_file_mb)
    statement, person, vote = (coded(sheet.column(name)) for name in names)
    statement = _plain_ids(statement)
    words = _words(statement, sheet.column(further[BODY])) if BODY in further else {}
    time, notes = np.full(len(sheet.row), np.nan), list(sheet.notes)
    if TIME in further:
        time = times(said := coded(sheet.column(further[TIME])))
        unread = int((np.isnan(time) & ~said.empty).sum())
        notes += [_UNREAD.format(counted(unread, "time"), further[TIME])] if unread else []
    return Log(person, statement, vote, time, sheet.row, sheet.spoilt, tuple(notes), words)


_UNREAD = "{} in the column {!r} cannot be read: of votes without a time the one further down counts"


def _words(statement: Coded, text: pa.Array) -> dict[str, str]:
    """Statement → the first words given for it."""
    told = coded(text)
    rows = np.flatnonzero((statement.codes >= 0) & (told.codes >= 0))
    codes, first = np.unique(statement.codes[rows], return_index=True)
    return {
        statement.values[code]: told.values[told.codes[rows[at]]]
        for code, at in zip(codes.tolist(), first.tolist(), strict=True)
    }


def _read_wide(path: Path, largest_file_mb: int) -> Log:
    """A participants' matrix: each filled cell of a statement's column is a vote, numbered along the rows."""
    chosen: list[str] = []

    def choose(headers: Sequence[str]) -> Sequence[str]:
        person = need(PERSON, headers, path)
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


def plain_id(value: str) -> str:
    """A statement's id as it is compared: 7.0 is 7. A statement given by its words is redacted like any text."""
    return fold(value) if number(value) is not None else redact_text(" ".join(value.split()))[0]


def _plain_ids(column: Coded) -> Coded:
    plain = [plain_id(value) for value in column.values]
    distinct = tuple(dict.fromkeys(plain))
    place = {value: i for i, value in enumerate(distinct)}
    return Coded(column.spread(np.array([place[value] for value in plain], np.int32), -1), distinct)


def _read_statements(path: Path, largest_file_mb: int, notes: list[str]) -> list[Statement]:
    """Statements of comments.csv; the first of a repeated id counts."""
    names: list[str] = []

    def choose(headers: Sequence[str]) -> Sequence[str]:
        id = need(LISTED, headers, path)
        rest = [header for header in headers if header != id]
        names.extend([id, need(BODY, rest, path)])
        names.extend(find(each, rest) or "" for each in (MODERATED, AUTHOR, AGREES, DISAGREES))
        return only([name for name in names if name], path)(headers)

    sheet = read_sheet(path, choose, largest_file_mb=largest_file_mb)
    columns = [sheet.column(name).to_pylist() if name else [""] * len(sheet.row) for name in names]
    found: dict[str, Statement] = {}
    lost = len(sheet.spoilt)
    for row, (id, text, moderated, author, agrees, disagrees) in enumerate(zip(*columns, strict=True)):
        key = plain_id(id or "")
        if not key or key in found:
            lost += 1
            continue
        state = _moderation(moderated or "", names[2], f"{path}, row {sheet.row[row]}")
        most = (number(agrees or "") or 0) - (number(disagrees or "") or 0)
        found[key] = Statement(key, text or "", state, fold(author or ""), most)
    if lost:
        notes.append(f"{path.name}: {counted(lost, 'row')} without a usable id or repeating one: not read")
    return list(found.values())


def _moderation(value: str, column: str, where: str) -> int:
    state = moderation(value)
    if state is None:
        raise BadInput(
            f"the column {column!r} holds {value!r:.40}, which says neither that the statement was accepted nor that "
            "it was rejected",
            where=where,
            cure="write 1 (accepted), 0 (not moderated) or -1 (rejected)",
        )
    return state


def statements_voted_on(log: Log) -> dict[str, Statement]:
    """Without a list of statements, those that were voted on."""
    return {id: Statement(id, log.words.get(id, id)) for id in sorted(log.statement.values, key=in_order) if id}


def in_order(id: str) -> tuple[float, str]:
    """Numbers by size, then words."""
    value = number(id)
    return (float("inf") if value is None else value), id


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
    votes = log.codes
    who, what = [fold(each) for each in log.person.values], log.statement.values
    pairs = zip(
        log.person.codes[rows].tolist(), log.statement.codes[rows].tolist(), votes[rows].tolist(), strict=True
    )
    return {(who[person], what[statement]): vote for person, statement, vote in pairs}


# --- which way round -----------------------------------------------------------------------------------------------

_FEWEST = 5  # statements voted on both ways, and votes a statement, on which signs are judged
_TURNED = "-1 is agree in this file (agrees and disagrees of comments.csv say so): the signs were turned"


def _right_way_round(log: Log, statements: Sequence[Statement], notes: list[str]) -> Log:
    """The log with signs turned where only that fits the counts of the export itself."""
    votes = log.codes
    usable = (np.abs(votes) == 1) & ~log.statement.empty
    most = dict(
        zip(
            log.statement.values,
            np.bincount(log.statement.codes[usable], votes[usable], len(log.statement.values)).tolist(),
            strict=True,
        )
    )
    pairs = np.array([(each.most, most.get(each.id, 0)) for each in statements]).reshape(-1, 2)
    told, seen = pairs[(pairs != 0).all(axis=1)].T
    if len(told) < _FEWEST or usable.sum() < _FEWEST * len(told):
        return log
    turned, as_is = np.abs(told + seen).sum(), np.abs(told - seen).sum()
    if turned > 0.2 * np.abs(seen).sum() or as_is < np.abs(seen).sum():
        return log
    notes.append(_TURNED)
    return replace(log, turned=True)
