"""Which texts of a file are the same or nearly the same: counts both ways, submissions and distinct texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput
from ..tables import columns_in
from .copies import JACCARD, NEAR_WORDS, representatives
from .words import normal

__all__ = ["Duplicates", "duplicates_table"]

METHOD = (
    "exact: the same words, whatever the capitals, punctuation and spaces; near: texts of "
    f"{NEAR_WORDS} words or more that share at least {JACCARD:.0%} of their words and word pairs with the "
    "representative, the text of their group sent most often (exact Jaccard similarity; candidates by MinHash); "
    "nothing is removed"
)


@dataclass(frozen=True)
class Duplicates:
    """rows: one for every response whose text somebody else sent too: group, response, copies, kind (exact or near
    the representative's text), representative · summary: counts both ways."""

    rows: pa.Table
    summary: dict[str, int | str]


def duplicates_table(table: pa.Table, *, text: str, id: str | None = None, where: str = "the file") -> Duplicates:
    """Groups in the order of their first response. id: column that names responses; without it, `id`, or the row."""
    given = _column(table, text, where)
    names = _names(table, id, where)
    plain = [normal(each) if each else "" for each in given.to_pylist()]
    said = np.flatnonzero(np.array([bool(each) for each in plain], bool))
    of = said[representatives([plain[at] for at in said])] if len(said) else said
    leader = np.arange(len(plain))
    leader[said] = of
    size = np.bincount(leader, minlength=len(plain))
    place = np.flatnonzero((size[leader] > 1) & np.isin(np.arange(len(plain)), said))
    rows = _rows(names, plain, leader, size, place)
    distinct = len({plain[at] for at in said})
    groups = len(np.unique(leader[place]))
    summary: dict[str, int | str] = {
        "submissions": len(plain), "empty": len(plain) - len(said), "distinct_texts": distinct,
        "distinct_but_for_small_edits": len(said) - len(place) + groups, "groups": groups,
        "submissions_in_groups": len(place), "largest_group": int(size.max(initial=0)) if groups else 0,
        "method": METHOD,
    }  # fmt: skip
    return Duplicates(rows, summary)


def _rows(names: list[str], plain: list[str], leader: np.ndarray, size: np.ndarray, place: np.ndarray) -> pa.Table:
    """Of the responses at `place`; groups are numbered from 1 in the order of their first response."""
    heads, first, number = np.unique(leader[place], return_index=True, return_inverse=True)
    rank = np.empty(len(heads), np.int64)
    rank[np.argsort(first)] = np.arange(1, len(heads) + 1)
    group = rank[number.reshape(-1)] if len(place) else number
    order = np.lexsort((place, group))
    place, group = place[order], group[order]
    kinds = ["exact" if plain[at] == plain[leader[at]] else "near" for at in place]
    return pa.table(
        {
            "group": pa.array(group, pa.int64()),
            "response": pa.array([names[at] for at in place], pa.string()),
            "copies": pa.array(size[leader[place]], pa.int64()),
            "kind": pa.array(kinds, pa.string()),
            "representative": pa.array([names[leader[at]] for at in place], pa.string()),
        }
    )


def _column(table: pa.Table, name: str, where: str) -> pa.ChunkedArray:
    known = columns_in(table)
    if name not in known:
        raise BadInput(f"there is no column {name!r}", where=where, cure=f"the columns are {', '.join(known)}")
    return pc.cast(table[name], pa.string())


def _names(table: pa.Table, id: str | None, where: str) -> list[str]:
    """What each response is called; its row where no column says."""
    if id is None and "id" not in table.column_names:
        return [str(row) for row in range(1, table.num_rows + 1)]
    given = _column(table, id or "id", where).to_pylist()
    names = [value or f"row {row}" for row, value in enumerate(given, 1)]
    if len(set(names)) < len(names):
        raise BadInput(f"the column {id or 'id'!r} names two responses alike", where=where,
                       cure="give each response its own id, or name another column with --id")  # fmt: skip
    return names
