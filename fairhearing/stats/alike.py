"""Votes that look mechanical: the same vote on everything, and many people with one and the same long list of votes.

Both can be honest. Each is marked only where chance makes it improbable, given how everybody voted on the statements
concerned; marking sets nobody aside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

__all__ = ["Alike", "alike"]

LONG = 10  # votes from which a list of votes is long
FEWEST = 3  # people with the same list
RARE = 0.05  # over all people, or over all lists: not for each of them


@dataclass(frozen=True)
class Alike:
    """Masks over people (n,). `straight`: cast at least 10 votes, all the same, where the statements' own rates make
    that so rare that not 1 in 20 conversations would have one by chance; `copied`: at least 3 people cast the same 10
    votes or more on the same statements, and that many would be met by chance in 1 of 20 (Poisson, over all
    lists)."""

    straight: np.ndarray
    copied: np.ndarray

    @property
    def marked(self) -> np.ndarray:
        return self.straight | self.copied


def alike(person: np.ndarray, statement: np.ndarray, vote: np.ndarray, n_people: int, n_statements: int) -> Alike:
    """Mark people. One row a cell, `vote` 1, 0 or -1; whole numbers from 0."""
    rate = (
        np.column_stack([np.bincount(statement[vote == side], minlength=n_statements) for side in (-1, 0, 1)]) + 1.0
    )
    log = np.log(rate / rate.sum(axis=1, keepdims=True))
    chance = np.bincount(person, log[statement, vote + 1], n_people)
    votes = np.bincount(person, minlength=n_people)
    most = np.max([np.bincount(person[vote == side], minlength=n_people) for side in (-1, 0, 1)], axis=0)
    straight = (votes >= LONG) & (most == votes) & (chance < np.log(RARE / max(n_people, 1)))
    return Alike(straight, _copied(person, statement, vote, chance, votes >= LONG))


# --- workings ----------------------------------------------------------------------------------------------------


def _copied(
    person: np.ndarray, statement: np.ndarray, vote: np.ndarray, chance: np.ndarray, long: np.ndarray
) -> np.ndarray:
    """More people with one list than those who voted on the same statements would give by chance."""
    order = np.lexsort((statement, person))
    ends = np.searchsorted(person[order], np.arange(len(long) + 1))
    seen: dict[bytes, int] = {}
    lists: dict[bytes, list[int]] = {}
    for each in np.flatnonzero(long).tolist():
        cells = order[ends[each] : ends[each + 1]]
        met = statement[cells].astype(np.int64).tobytes()
        seen[met] = seen.get(met, 0) + 1
        lists.setdefault(met + vote[cells].astype(np.int8).tobytes(), []).append(each)
    out = np.zeros(len(long), bool)
    for key, people in lists.items():
        met = key[: len(key) * 8 // 9]
        others = (seen[met] - 1) * np.exp(chance[people[0]])
        if len(people) >= FEWEST and poisson.sf(len(people) - 2, others) < RARE / len(lists):
            out[people] = True
    return out
