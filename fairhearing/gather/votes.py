"""Votes on statements: which of them count, and who the voters say they are.

The last vote of a person on a statement counts, unless the statement was moderated out or is the voter's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..errors import BadInput
from ..programme import Programme, Source
from ..tables import as_declared, from_rows
from .ballot_files import without_a_vote
from .ballots import (
    Log,
    Statement,
    in_order,
    not_voted_on_yet,
    plain_id,
    read_ballots,
    statements_voted_on,
    superseded_by,
)
from .fates import Fates
from .redact import redact, redact_text
from .refuse import set_contact_details_aside
from .text import close_to, counted, fold
from .values import hashes
from .voters import Told, told_of_voters

__all__ = ["AllVotes", "all_votes", "read_votes", "seen_by", "statements_to_start_with", "voter_ids"]

_SUPERSEDED = "superseded by a later vote, row"


def read_votes(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `people`, `votes`, `propositions` and `fates`, and notes. `path`: an export folder, or one file."""
    log, statements, notes = read_ballots(path, largest_file_mb)
    by_id = {each.id: each for each in statements} or statements_voted_on(log)
    declares = _declarations(source, by_id, path)
    votes = log.codes
    told = told_of_voters(source, programme, path, log.person.values, largest_file_mb, notes)
    fates = _fates_of(source, log, votes, by_id, path, known=bool(statements), notes=notes)
    if told.weight is not None:
        fates.set_aside(log.person.spread(np.isnan(told.weight), False), "no weight above 0 is given for the voter")
    person = hashes(log.person, log.row, source.id, key)
    tables = {
        "people": _people(source, log, person, told, _declared(log, votes, fates.used, declares, notes)),
        "votes": _votes(source, log, person, votes, fates.used),
        "propositions": _propositions(source, by_id, declares, notes),
        "fates": fates.table(source.id, log.row, log.spoilt),
    }
    return tables, notes


def voter_ids(path: Path, source: str, key: bytes, largest_file_mb: int) -> dict[str, str]:
    """The voters of an export by the key they have in the ledger: for whoever holds the export and asks about it
    directly. A run never undoes its keys."""
    log, _statements, _notes = read_ballots(path, largest_file_mb)
    person = hashes(log.person, log.row, source, key)
    _codes, first = np.unique(log.person.codes, return_index=True)
    first = first[log.person.codes[first] >= 0]
    codes = log.person.codes[first].tolist()
    return {
        hashed: log.person.values[code]
        for hashed, code in zip(person.take(pa.array(first)).to_pylist(), codes, strict=True)
    }


def statements_to_start_with(path: Path, largest_file_mb: int, *, strict: bool = False) -> dict[str, str] | None:
    """Statement → its words, redacted, of those let in, where nobody has voted yet; otherwise None."""
    listed = not_voted_on_yet(path, largest_file_mb)
    if listed is None:
        return None
    let_in = sorted((each for each in listed if each.moderated >= (1 if strict else 0)), key=lambda s: in_order(s.id))
    return {each.id: redact_text(each.text)[0] for each in let_in}


@dataclass(frozen=True)
class AllVotes:
    """The last vote of each person on each statement, as whoever holds the export has it: moderated statements and
    authors' own votes too. `people`, `statements`: their ids there, by number; `person`, `statement`: places in
    these, one row a vote; `moderated` (statements,): moderated out."""

    people: list[str]
    statements: list[str]
    person: np.ndarray
    statement: np.ndarray
    vote: np.ndarray
    moderated: np.ndarray


def all_votes(path: Path, largest_file_mb: int, *, strict: bool = False) -> AllVotes:
    """Every vote of an export, for comparing with what Polis makes of it. `strict`: statements that
    nobody accepted are moderated out too. A run never reads votes so."""
    log, told, _notes = read_ballots(path, largest_file_mb)
    vote = log.codes
    usable = (vote != 9) & ~log.person.empty & ~log.statement.empty
    usable &= superseded_by(log, usable) < 0
    people, person = _by_number(log.person.values, log.person.codes[usable])
    statements, statement = _by_number(log.statement.values, log.statement.codes[usable])
    out = {each.id for each in told if each.moderated < (1 if strict else 0)}
    moderated = np.array([id in out for id in statements], bool)
    return AllVotes(people, statements, person, statement, vote[usable], moderated)


def seen_by(path: Path, person: str, largest_file_mb: int) -> set[str]:
    """Statements one person has voted on, in whatever way: their own and moderated ones too."""
    log, _statements, _notes = read_ballots(path, largest_file_mb)
    mine = log.person.where(person.__eq__) & ~log.statement.empty & ~without_a_vote(log.vote)
    return {log.statement.values[code] for code in np.unique(log.statement.codes[mine]).tolist()}


# --- deciding -----------------------------------------------------------------------------------------------


def _by_number(values: Sequence[str], codes: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The values in use, by number, and each row's place among them."""
    used = sorted(np.unique(codes).tolist(), key=lambda code: in_order(values[code]))
    place = np.full(len(values), -1)
    place[used] = np.arange(len(used))
    return [values[code] for code in used], place[codes]


def _fates_of(
    source: Source,
    log: Log,
    votes: np.ndarray,
    by_id: dict[str, Statement],
    path: Path,
    *,
    known: bool,
    notes: list[str],
) -> Fates:
    """Which votes count: readable, on a known statement, the last, not moderated, not one's own; in this order."""
    none = without_a_vote(log.vote)
    _refuse_other_codes(log, votes, none, path)
    fates = Fates(len(log.row))
    set_contact_details_aside({"person": log.person, "vote": log.vote}, "person", fates, path)
    fates.set_aside(log.person.empty, "no voter is given")
    fates.set_aside(log.statement.empty, "no statement is given")
    fates.set_aside(none, "no vote is given")
    fates.set_aside(votes == 9, "the vote is none of agree (1), pass (0) and disagree (-1)")
    if known:
        unknown = fates.set_aside(~log.statement.where(by_id.__contains__), "the statement is not in comments.csv")
        notes.extend([f"{counted(unknown, 'vote')} on statements not in comments.csv"] if unknown else [])
    later = superseded_by(log, fates.used)
    again = fates.duplicate(later >= 0, log.row[later], _SUPERSEDED)
    rejected = fates.set_aside(_moderated(log, by_id, below=0), "the statement was moderated out")
    if source.strict_moderation:
        rejected += fates.set_aside(_moderated(log, by_id, below=1), "the statement was not accepted by a moderator")
    own = 0
    if source.exclude_own_votes:
        own = fates.set_aside(_own(log, by_id), "the author's own vote on the statement, cast automatically")
    for n, what in (
        (again, "superseded by a later vote"),
        (rejected, "on moderated statements"),
        (own, "by authors on their own statements"),
    ):
        notes.extend([f"{counted(n, 'vote')} {what}"] if n else [])
    notes += _one_sided(votes, fates.used)
    return fates


def _refuse_other_codes(log: Log, votes: np.ndarray, none: np.ndarray, path: Path) -> None:
    """Votes coded in another way are a mistake, not silence: on a scale of 1 to 5 the 1 would be read as agreeing."""
    unread = (votes == 9) & ~none
    if len(votes) and (none.all() or unread.sum() > _MOST_UNREAD * (~none).sum()):
        values, counts = np.unique(log.vote.codes[unread], return_counts=True)
        often = [log.vote.values[values[at]] for at in np.argsort(-counts, kind="stable")[:5].tolist()]
        seen = ", ".join(repr(f"{value:.20}") for value in often) or "only empty cells"
        some = "no vote is" if np.all(votes == 9) else "not all votes are"
        raise BadInput(
            f"{some} agree (1), pass (0) or disagree (-1): the column holds {seen}",
            where=path,
            cure="recode the votes as 1, 0 and -1, or as agree, pass and disagree",
        )


_MOST_UNREAD = 0.1
"""Share of the votes above which those that cannot be read are no slips."""


def _one_sided(votes: np.ndarray, used: np.ndarray) -> list[str]:
    """A note where nobody disagrees and some pass: perhaps 0 was meant as disagreeing."""
    passes = int(np.sum(used & (votes == 0)))
    if not passes or not np.any(used & (votes == 1)) or np.any(used & (votes == -1)):
        return []
    return [f"nobody disagrees, and {counted(passes, 'vote')} of 0 are read as passes: if 0 means disagree, write -1"]


def _moderated(log: Log, by_id: dict[str, Statement], *, below: int) -> np.ndarray:
    return log.statement.where(lambda id: id in by_id and by_id[id].moderated < below)


def _own(log: Log, by_id: dict[str, Statement]) -> np.ndarray:
    """Whether the voter wrote the statement."""
    voters = {fold(value): place for place, value in enumerate(log.person.values)}
    authors = [voters.get(by_id[id].author, -2) if id in by_id else -2 for id in log.statement.values]
    return log.statement.spread(np.array(authors, np.int64), -2) == log.person.codes


def _declarations(source: Source, by_id: dict[str, Statement], path: Path) -> dict[str, tuple[str, str]]:
    """Statement → (characteristic, category), as the programme says."""
    for means in source.statements:
        if plain_id(means.statement) not in by_id:
            raise BadInput(
                f"source {source.id!r} gives a meaning to statement {means.statement!r}, which is not there",
                where=path,
                cure=close_to(means.statement, by_id, "statements"),
            )
    return {plain_id(means.statement): (means.characteristic, means.category) for means in source.statements}


# --- tables -------------------------------------------------------------------------------------------------


def _votes(source: Source, log: Log, person: pa.Array, votes: np.ndarray, used: np.ndarray) -> pa.Table:
    n = len(log.row)
    table = pa.table(
        {
            "source": pa.repeat(pa.scalar(source.id), n),
            "person": person,
            "round": pa.repeat(pa.scalar(source.round, pa.string()), n),
            "statement": log.statement.texts(list(log.statement.values)),
            "vote": pa.array(votes, pa.int64()),
        }
    )
    return as_declared("votes", table.filter(pa.array(used)))


def _propositions(
    source: Source, by_id: dict[str, Statement], declares: dict[str, tuple[str, str]], notes: list[str]
) -> pa.Table:
    statements = sorted(by_id.values(), key=lambda each: in_order(each.id))
    words = redact(pa.array([each.text for each in statements], pa.string()))
    if words.kinds:
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in words.kinds.items())
        notes.append(f"identifying details replaced in statements: {kinds}")
    rows = [
        {
            "source": source.id,
            "statement": each.id,
            "text": text,
            "moderated": each.moderated,
            "declares": "=".join(declares[each.id]) if each.id in declares else None,
        }
        for each, text in zip(statements, words.texts.to_pylist(), strict=True)
    ]
    return from_rows("propositions", rows)


def _people(
    source: Source, log: Log, person: pa.Array, told: Told, declared: dict[str, dict[int, str | None]]
) -> pa.Table:
    """One row a voter, by first appearance, also where none of their votes counts; but for a voter without a weight
    that can be used, of whom nothing counts."""
    _values, first = np.unique(log.person.codes, return_index=True)
    first = np.sort(first[log.person.codes[first] >= 0])
    weight = np.ones(len(log.person.values)) if told.weight is None else told.weight
    first = first[~np.isnan(weight[log.person.codes[first]])]
    who = log.person.codes[first]
    columns = {f"c_{id}": [by_voter[code] for code in who.tolist()] for id, by_voter in told.categories.items()}
    for id, by_person in declared.items():
        given = columns.get(f"c_{id}", [None] * len(who))
        columns[f"c_{id}"] = [
            mine or by_person.get(code) for mine, code in zip(given, who.tolist(), strict=True)
        ]  # fmt: skip
    n = len(first)
    table = pa.table(
        {
            "source": pa.repeat(pa.scalar(source.id), n),
            "row": pa.array(np.arange(1, n + 1)),
            "person": person.take(pa.array(first)),
            "round": pa.repeat(pa.scalar(source.round, pa.string()), n),
            "weight": pa.array(weight[who]),
            "stratum": pa.nulls(n, pa.string()),
            "cluster": pa.nulls(n, pa.string()),
        }
        | {name: pa.array(values, pa.string()) for name, values in columns.items()}
    )
    return as_declared("people", table)


def _declared(
    log: Log, votes: np.ndarray, used: np.ndarray, declares: dict[str, tuple[str, str]], notes: list[str]
) -> dict[str, dict[int, str | None]]:
    """Characteristic → person → category agreed to; two different ones are none."""
    told: dict[str, dict[int, str | None]] = {characteristic: {} for characteristic, _category in declares.values()}
    contradicted = 0
    for row in np.flatnonzero(used & (votes == 1) & log.statement.where(declares.__contains__)).tolist():
        characteristic, category = declares[log.statement.values[log.statement.codes[row]]]
        person = int(log.person.codes[row])
        before = told[characteristic].setdefault(person, category)
        if before is not None and before != category:
            told[characteristic][person] = None
            contradicted += 1
    if contradicted:
        people = counted(contradicted, "person", "people")
        notes.append(f"{people} agreed to two categories of one characteristic: counted as not declared")
    return told
