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
    place = np.array([number.get(id, -1) for id in table["statement"].to_pylist()], np.int64)
    table = table.filter(pa.array(place >= 0))
    coded = table["person"].combine_chunks().dictionary_encode()
    person, kept = coded.indices.to_numpy().astype(np.int64), place[place >= 0]
    inside = {
        (of, id): members(table[f"c_{of}"], id) for of, id in communities(context.programme, table)
    }  # fmt: skip
    return Cast(
        coded.dictionary.to_pylist(), list(number), person, kept, table["round"].to_pylist(),
        table["vote"].to_numpy().astype(np.int64), table["weight"].to_numpy(), inside,
        np.append((np.diff(person) != 0) | (np.diff(kept) != 0), True)[: len(kept)],
    )  # fmt: skip


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
