"""Which files of an export hold what, how their columns may be called, and what their cells may say.

Names of files and of columns are compared without case, spaces, dashes and underscores: `commentId` is `comment-id`.
A file may have the name of the conversation in front (`2024-05-abc-votes.csv`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ..errors import BadInput
from .text import fold, number
from .values import Coded, numbers

__all__ = [
    "AGREES", "AUTHOR", "BODY", "DISAGREES", "LISTED", "MODERATED", "PERSON", "STATEMENT", "TIME", "VOTE", "Export",
    "Kind", "find", "find_export", "moderation", "need", "times", "vote_codes", "without_a_vote",
]  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """`what` a column says, the names it may have, first those that decide; and the one to give it."""

    what: str
    names: tuple[str, ...]
    name: str = ""


STATEMENT = Kind(
    "the statement",
    ("comment-id", "statement-id", "statement", "tid", "proposition", "item-id", "item"),
    "statement",
)
LISTED = Kind("the statement", (*STATEMENT.names, "id"), "statement")
PERSON = Kind(
    "the person",
    ("voter-id", "voter", "participant", "participant-id", "person-id", "person", "pid", "respondent-id",
     "respondent", "user-id", "user"),
    "person",
)  # fmt: skip
VOTE = Kind("the vote", ("vote", "response", "answer", "choice", "value"), "vote")
TIME = Kind("the time", ("timestamp", "time", "created-at", "datetime"))
AUTHOR = Kind("the author", ("author-id", "author"))
MODERATED = Kind("the moderation", ("moderated", "mod", "moderation"))
BODY = Kind(
    "the words of the statement", ("comment-body", "statement-text", "text", "body", "comment", "statement"), "text"
)

AGREES, DISAGREES = Kind("those who agree", ("agrees",)), Kind("those who disagree", ("disagrees",))

_SUFFIXES = (".csv", ".tsv", ".xlsx", ".parquet")
_MATRIX = ("participants-votes", "participant-votes")
_LISTS, _WORDS = ("comments", "statements"), ("comment-groups",)
_PEOPLE = ("participants", "people", "voters")

_AGREE = ("1", "+1", "agree", "agreed", "agrees", "strongly agree", "yes", "true")
_DISAGREE = ("-1", "disagree", "disagreed", "disagrees", "strongly disagree", "no", "false")
_PASS = ("0", "pass", "passed", "skip", "skipped", "unsure", "not sure", "neutral", "don't know",
         "neither agree nor disagree")  # fmt: skip
_MEANINGS = dict.fromkeys(_AGREE, 1) | dict.fromkeys(_DISAGREE, -1) | dict.fromkeys(_PASS, 0)
_LETTERS = ({"a": 1, "d": -1, "p": 0, "u": 0}, {"y": 1, "n": -1, "p": 0})
"""Letters mean something together only: the n beside a and d may be "no" or "neutral"."""
_NO_VOTE = ("na", "n/a", "nan", "null", "none")
_STATES = {"-1": -1, "rejected": -1, "hidden": -1, "0": 0, "": 0, "unmoderated": 0, "pending": 0,
           "1": 1, "accepted": 1, "approved": 1}  # fmt: skip


# --- files ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Export:
    """The files of one conversation; None where there is none. `votes`: a log, one row a vote (or a matrix under that
    name); `matrix`: one row a person, one column a statement; `statements`: all of them, with their words and
    moderation; `words`: the words of some; `people`: who people say they are."""

    votes: Path | None
    matrix: Path | None
    statements: Path | None
    words: Path | None
    people: Path | None


def find_export(path: Path, *, votes_needed: bool = True) -> Export:
    """The files of a folder. Raises BadInput where none, or more than one, could hold the votes."""
    files = sorted(each for each in path.iterdir() if each.is_file() and each.suffix.lower() in _SUFFIXES)
    matrix = _one(files, _MATRIX)
    votes = _one([each for each in files if not _called(each, _MATRIX)], ("votes",))
    if votes is None and matrix is None and votes_needed:
        raise BadInput(
            "the folder holds neither votes.csv nor participants-votes.csv",
            where=path,
            cure="put the files of the export there, under the names they came with",
        )
    return Export(votes, matrix, _one(files, _LISTS), _one(files, _WORDS), _one(files, _PEOPLE))


def _one(files: Sequence[Path], names: Sequence[str]) -> Path | None:
    found = [each for each in files if _called(each, names)]
    exact = [each for each in found if each.stem.lower() in names]
    if len(exact or found) > 1:
        both = ", ".join(each.name for each in (exact or found)[:3])
        cure = "keep one conversation in a folder"
        raise BadInput(f"several files could be {names[0]}.csv: {both}", where=found[0].parent, cure=cure)
    return next(iter(exact or found), None)


def _called(file: Path, names: Sequence[str]) -> bool:
    stem = re.sub(r"[ _.]", "-", file.stem.lower())
    return any(stem == name or stem.endswith(f"-{name}") for name in names)


# --- columns -------------------------------------------------------------------------------------------------------


def find(kind: Kind, headers: Sequence[str]) -> str | None:
    """The header that has one of the names; the earliest name wins."""
    plain = {_plain(header): header for header in reversed(headers)}
    return next((plain[name] for each in kind.names if (name := _plain(each)) in plain), None)


def need(kind: Kind, headers: Sequence[str], path: Path) -> str:
    found = find(kind, headers)
    if found is None:
        shown = ", ".join(f"{header:.40}" for header in headers[:8]) + (" …" if len(headers) > 8 else "")
        raise BadInput(
            f"no column says {kind.what}: the first row holds {shown}",
            where=path,
            cure=f"call it {kind.name!r} or, as Polis does, {kind.names[0]!r}; a matrix of people has a column a "
            "statement instead, headed by its number",
        )
    return found


def _plain(header: str) -> str:
    return re.sub(r"[\s_-]", "", header).casefold()


# --- cells ---------------------------------------------------------------------------------------------------------


def vote_codes(vote: Coded) -> np.ndarray:
    """1, 0, -1 per row; 9 where it is none of these."""
    said = [_said(value) for value in vote.values]
    meanings = _MEANINGS | next((each for each in _LETTERS if {"a", "d", "y"} & set(said) & each.keys()), {})
    return vote.spread(np.array([meanings.get(each, 9) for each in said], np.int64), 9)


def without_a_vote(vote: Coded) -> np.ndarray:
    """Rows that say that there is no vote, rather than one that cannot be read."""
    return vote.empty | vote.where(lambda value: _said(value) in _NO_VOTE)


def _said(value: str) -> str:
    return fold(value.replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-").replace("\u2019", "'"))


def moderation(value: str) -> int | None:
    """-1 rejected, 0 not moderated, 1 accepted; None where it says something else."""
    return _STATES.get(fold(value))


def times(column: Coded) -> np.ndarray:
    """Numbers as they are, ISO dates as seconds (without a zone, of UTC); NaN where it is empty or neither."""
    if all(number(value) is not None for value in column.values):
        return numbers(column)
    return column.spread(np.array([_moment(value) for value in column.values], float), np.nan)


def _moment(value: str) -> float:
    if (plain := number(value)) is not None:
        return plain
    try:
        told = datetime.fromisoformat(value)
    except ValueError:
        return float("nan")
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
