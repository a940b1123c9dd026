"""An order of people and statements that comes from the votes themselves, so that no result depends on the file's.

Each person's key is made from the keys of the statements they voted on and how, each statement's from those of its
voters, a few times over (colour refinement, Weisfeiler and Leman 1968). Sums of whole numbers do not depend on their
order. People who still have the same key voted alike on alike statements, and may change places without effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..errors import BadInput
from .opinion_space import Ballots

__all__ = ["OwnOrder", "in_own_order"]

_ROUNDS = 3


@dataclass(frozen=True)
class OwnOrder:
    """Sides taken, in the votes' own order; `people[i]` and `statements[j]` are the places in the given order of the
    i-th person and j-th statement; `weight` (n,) in the own order."""

    ballots: Ballots
    weight: np.ndarray
    people: np.ndarray
    statements: np.ndarray

    def people_as_given(self, values: np.ndarray) -> np.ndarray:
        out = np.empty_like(values)
        out[self.people] = values
        return out

    def statements_as_given(self, values: np.ndarray) -> np.ndarray:
        out = np.empty_like(values)
        out[self.statements] = values
        return out


def in_own_order(
    person: np.ndarray,
    statement: np.ndarray,
    vote: np.ndarray,
    n_people: int,
    n_statements: int,
    weights: np.ndarray | None = None,
) -> OwnOrder:
    """Sort people and statements by what the votes say of them; keep the sides taken (passes are missing).

    `person`, `statement`, `vote` (c,) as in `opinion.fit`. Raises BadInput for arrays that do not fit together."""
    weight = np.ones(n_people) if weights is None else np.asarray(weights, float)
    _check(person, statement, vote, n_people, n_statements, weight)
    people_key, statement_key = _keys(person, statement, vote, n_people, n_statements, weight)
    people = np.lexsort((people_key, np.bincount(person, minlength=n_people)))
    statements = np.lexsort((statement_key, np.bincount(statement, minlength=n_statements)))
    taken = vote != 0
    new_person, new_statement = _places(people)[person[taken]], _places(statements)[statement[taken]]
    order = np.lexsort((new_statement, new_person))
    ballots = Ballots(new_person[order], new_statement[order], vote[taken][order] == 1, n_people, n_statements)
    return OwnOrder(ballots, weight[people], people, statements)


# --- workings ----------------------------------------------------------------------------------------------------


def _check(
    person: np.ndarray, statement: np.ndarray, vote: np.ndarray, n_people: int, n_statements: int, weight: np.ndarray
) -> None:
    if not len(person) == len(statement) == len(vote):
        raise BadInput(
            f"{len(person)} people, {len(statement)} statements and {len(vote)} votes do not pair up",
            where="votes",
            cure="give one person, one statement and one vote for each cell",
        )
    if len(vote) and not (np.isin(vote, (-1, 0, 1)).all()):
        raise BadInput(
            "a vote is none of 1, 0 and -1", where="votes", cure="code agree as 1, pass as 0 and disagree as -1"
        )
    if len(vote) and (person.min() < 0 or person.max() >= n_people or statement.max() >= n_statements):
        raise BadInput(
            "a vote is by a person or on a statement beyond the numbers given",
            where="votes",
            cure=f"number people from 0 to {n_people - 1} and statements from 0 to {n_statements - 1}",
        )
    pairs = np.sort(np.asarray(person, np.int64) * n_statements + statement)
    if np.any(pairs[1:] == pairs[:-1]):
        raise BadInput("somebody voted twice on one statement", where="votes", cure="keep the last vote of each")
    if (
        len(weight) != n_people
        or not np.isfinite(weight).all()
        or (weight < 0).any()
        or (not weight.any() and n_people)
    ):
        raise BadInput(
            f"weights are not {n_people} numbers of 0 or more, some above 0", where="weights", cure="weigh again"
        )


def _keys(
    person: np.ndarray, statement: np.ndarray, vote: np.ndarray, n_people: int, n_statements: int, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    cell = _mixed(np.asarray(vote + 2, np.uint64))
    people, statements = _mixed(weight.view(np.uint64)), np.zeros(n_statements, np.uint64)
    for _ in range(_ROUNDS):
        statements = _mixed(statements * np.uint64(3) + _sums(_mixed(people[person] ^ cell), statement, n_statements))
        people = _mixed(people * np.uint64(3) + _sums(_mixed(statements[statement] ^ cell), person, n_people))
    return people, statements


def _sums(values: np.ndarray, of: np.ndarray, size: int) -> np.ndarray:
    """Sums of whole numbers over the cells of each person or statement, wrapping round at 64 bits."""
    cells = np.arange(len(values))
    onto = sparse.csr_array((np.ones(len(values), np.uint64), (of, cells)), shape=(size, len(values)))
    return np.asarray(onto @ values)


def _mixed(values: np.ndarray) -> np.ndarray:
    """Whole numbers scattered over 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    x = np.asarray(values, np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _places(order: np.ndarray) -> np.ndarray:
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place
