"""Votes of one source as arrays: who is in which community, and with which probability of which group of opinion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..programme import Source
from ..stage import Context
from .counting import communities, joined, members
from .opinion import Heard, hear_opinion

__all__ = ["Cast", "cast", "letter", "listen"]


@dataclass(frozen=True)
class Cast:
    """Votes on opinions, sorted by statement, person and round; one entry a vote in every array. `person`,
    `statement`: places in `people` and `statements`; `round`: its id or None; `inside`: (characteristic, category) →
    mask; `latest`: the vote that counts of several by one person on one statement."""

    people: list[str]
    statements: list[str]
    person: np.ndarray
    statement: np.ndarray
    round: list[str | None]
    vote: np.ndarray
    weight: np.ndarray
    inside: dict[tuple[str, str], np.ndarray]
    latest: np.ndarray

    def rows(self, place: int) -> slice:
        """Where the votes on one statement lie."""
        low, high = np.searchsorted(self.statement, (place, place + 1))
        return slice(int(low), int(high))

    def person_weights(self) -> np.ndarray:
        """Weight of each person (by place)."""
        out = np.ones(len(self.people))
        out[self.person] = self.weight
        return out


def cast(context: Context, source: Source, statements: list[str]) -> Cast:
    """The votes of one source on these statements."""
    table = joined(
        context, "votes", ("statement", "person", "round", "vote"), source, "t.statement, t.person, t.round"
    )
    number = {id: place for place, id in enumerate(sorted(statements))}
    codes, named = _coded(table["statement"])
    place = np.array([number.get(id, -1) for id in named], np.int64)[codes]
    if (place < 0).any():
        table, place = table.filter(pa.array(place >= 0)), place[place >= 0]
    person, people = _coded(table["person"])
    asked, rounds = _coded(table["round"])
    inside = {
        (of, id): members(table[f"c_{of}"], id) for of, id in communities(context.programme, table)
    }  # fmt: skip
    return Cast(
        people, list(number), person, place, list(map([*rounds, None].__getitem__, asked.tolist())),
        table["vote"].to_numpy().astype(np.int64), table["weight"].to_numpy(), inside,
        np.append((np.diff(person) != 0) | (np.diff(place) != 0), True)[: len(place)],
    )  # fmt: skip


def _coded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Places in the values there are, by first appearance, and these; -1 where there is none."""
    coded = column.combine_chunks().dictionary_encode()
    return coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist()


def listen(context: Context, source: Source, made: Cast, without: np.ndarray | None = None) -> Heard | None:
    """Look for groups of opinion in them, the people of the mask `without` left out; None without any vote."""
    keep = made.latest if without is None else made.latest & ~without[made.person]
    if not keep.any():
        return None
    table = pa.table(
        {
            "person": pa.chunked_array([pa.array(made.people).take(pa.array(made.person[keep]))]),
            "statement": pa.chunked_array([pa.array(made.statements).take(pa.array(made.statement[keep]))]),
            "vote": pa.chunked_array([pa.array(made.vote[keep])]),
        }
    )
    weights = dict(zip(made.people, made.person_weights().tolist(), strict=True))
    rng = context.rng(f"opinion {source.id}")
    return hear_opinion(table, rng, smallest=context.programme.rules.publish_at_least, weights=weights)


def letter(group: int) -> str:
    """Groups of opinion are named A, B, …, the largest first: names that say nothing about anybody."""
    return chr(ord("A") + group)
