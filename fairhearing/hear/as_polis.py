"""What Polis itself would say of the same votes, in the shape of the door `fairhearing votes`: to compare with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..stats.polis import consensus, polis_groups
from .statements import BRIDGING

__all__ = ["WHY", "AsPolis", "as_polis"]

WHY = "Polis's own method, which does not test whether groups are there"


@dataclass(frozen=True)
class AsPolis:
    """`k` groups; rows of participants (id, group, probability: null where they cast too few votes for Polis to
    place, and have the nearest group) and of statements (`bridging` is the group-aware consensus, without an
    interval)."""

    k: int
    participants: list[dict[str, Any]]
    statements: list[dict[str, Any]]


def as_polis(
    people: Sequence[str],
    statements: Sequence[str],
    cells: tuple[np.ndarray, np.ndarray, np.ndarray],
    moderated: np.ndarray,
    rows: Sequence[Mapping[str, Any]],
) -> AsPolis:
    """`people` and `statements` by number, as Polis takes them; `cells`: person, statement (places in these) and
    vote, one a vote; `moderated` (statements,); `rows`: the door's rows of statements."""
    found = polis_groups(*cells, len(people), len(statements), moderated)
    participants = [
        {"id": id, "group": group, "probability": 1.0 if inside else None}
        for id, group, inside in zip(people, found.group.tolist(), found.inside.tolist(), strict=True)
    ]
    agreed = consensus(np.where(found.inside, found.group, -1), *cells, len(statements))
    told = dict(zip(statements, agreed.tolist(), strict=True))
    blank = dict.fromkeys(BRIDGING)
    return AsPolis(
        found.k, participants, [{**row, **blank, "bridging": told.get(row["id"])} for row in rows]
    )  # fmt: skip
