"""The next statement for one person in a live conversation; see `stats.routing` for what makes it worth showing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ..stats import opinion, routing
from .opinion import Heard

__all__ = ["learn", "next_statement"]


def learn(votes: pa.Table, rng: np.random.Generator) -> Heard:
    """What the votes so far say of statements and people (rows of person, statement, vote; the last of a pair
    counts), without the search for groups that stay, which a live session need not wait for."""
    people, statements = (sorted(set(votes[name].to_pylist())) for name in ("person", "statement"))
    person, statement, vote = _cells(votes, people, statements)
    found = opinion.fit(person, statement, vote, len(people), len(statements), rng, subsamples=0)
    return Heard(people, statements, found)


def next_statement(
    votes: pa.Table, heard: Heard | None, person: str, open_to: Sequence[str], rng: np.random.Generator
) -> str | None:
    """Id of the statement to show `person` next, None when they have voted on all.

    `votes`: all votes so far; `heard`: what was last learned from them (may be some votes behind; None at the
    start); `open_to`: ids of the statements that may be shown. A person not met before stands in the middle."""
    cast = _cells(votes, sorted(set(votes["person"].to_pylist())), list(open_to))
    shown = cast[1] >= 0
    at, vote = cast[1][shown], cast[2][shown]
    mine = {id for who, id in zip(votes["person"].to_pylist(), votes["statement"].to_pylist(), strict=True)
            if who == person}  # fmt: skip
    coefficient, position, covariance = _known(heard, person, open_to)
    chosen = routing.next_statement(
        np.bincount(at, minlength=len(open_to)), np.bincount(at[vote == 1], minlength=len(open_to)),
        np.array([id in mine for id in open_to], bool), coefficient, position, covariance, rng,
    )  # fmt: skip
    return None if chosen is None else open_to[chosen]


# --- workings ----------------------------------------------------------------------------------------------------


def _cells(
    votes: pa.Table, people: Sequence[str], statements: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Person, statement (−1 where not among these) and vote of the last row of each pair."""
    who, what = ({id: at for at, id in enumerate(ids)} for ids in (people, statements))
    rows = zip(*(votes[name].to_pylist() for name in ("person", "statement", "vote")), strict=True)
    last = {(who[person], what.get(statement, -1), statement): vote for person, statement, vote in rows}
    made = np.array([(person, at, vote) for (person, at, _id), vote in last.items()], np.int64).reshape(-1, 3)
    return made[:, 0], made[:, 1], made[:, 2]


def _known(heard: Heard | None, person: str, open_to: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients of the statements, and the person's position with its covariance; what is not known is 0, and as
    wide as people differ."""
    rank = heard.found.space.rank if heard else 0
    coefficient = np.zeros((len(open_to), 1 + rank))
    if heard is None:
        return coefficient, np.zeros(rank), np.eye(rank)
    space, place = heard.found.space, {id: at for at, id in enumerate(heard.statements)}
    for row, id in enumerate(open_to):
        if id in place:
            coefficient[row] = space.statement[place[id]]
    if person not in heard.people:
        return coefficient, np.zeros(rank), np.eye(rank)
    at = heard.people.index(person)
    return coefficient, space.person[at, 1:], space.person_cov[at, 1:, 1:]
