"""Opinion groups in one conversation: the table of votes as a matrix, and what is found in it.

Each vote is counted once however often it was cast (`gather` keeps the last). Over several rounds a person's latest
vote on a statement counts. What is found never depends on the order of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..stats import opinion

__all__ = ["Heard", "hear_opinion", "participant_rows", "scores"]


@dataclass(frozen=True)
class Heard:
    """Opinion of one conversation. `people` and `statements`: their ids, in the order in which `found` numbers
    them."""

    people: list[str]
    statements: list[str]
    found: opinion.Opinion


def hear_opinion(
    votes: pa.Table,
    rng: np.random.Generator,
    *,
    smallest: int,
    weights: dict[str, float] | None = None,
    hide: np.random.Generator | None = None,
) -> Heard:
    """Look for opinion groups in rows of person, statement, vote (1, 0, -1). `weights`: by person, 1 where not named;
    `smallest`: the fewest people a group may have; `hide`: chooses the votes hidden and predicted."""
    person, people = _numbered(votes["person"])
    statement, statements = _numbered(votes["statement"])
    vote = votes["vote"].to_numpy()
    last = _last(person, statement, len(statements))
    weight = np.array([(weights or {}).get(each, 1.0) for each in people])
    found = opinion.fit(
        person[last], statement[last], vote[last], len(people), len(statements), rng,
        weights=weight, smallest=smallest, hide=hide,
    )  # fmt: skip
    return Heard(people, statements, found)


def participant_rows(heard: Heard) -> list[dict[str, Any]]:
    """One row a person: id, group (from 0, the largest first) and the probability of being of it."""
    group, sure = heard.found.group.tolist(), heard.found.probability.max(axis=1, initial=0.0).tolist()
    return [
        {"id": id, "group": of, "probability": round(p, 6)}
        for id, of, p in zip(heard.people, group, sure, strict=True)
    ]


def scores(heard: Heard) -> dict[str, Any]:
    """How well hidden votes were predicted; empty figures where there were too few to hide any."""
    held = heard.found.heldout
    if held is None:
        return {"auc": None, "log_loss": None, "cells": 0}
    return {"auc": held.auc, "log_loss": held.log_loss, "cells": held.cells}


# --- workings ----------------------------------------------------------------------------------------------------


def _numbered(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    coded = column.combine_chunks().dictionary_encode()
    return coded.indices.to_numpy().astype(np.int64), coded.dictionary.to_pylist()


def _last(person: np.ndarray, statement: np.ndarray, n_statements: int) -> np.ndarray:
    """Places of the last row of each pair."""
    pair = (person * n_statements + statement)[::-1]
    _pairs, first = np.unique(pair, return_index=True)
    return np.sort(len(pair) - 1 - first)
