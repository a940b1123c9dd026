"""One finding: a sentence about the programme, with its number and the rows it rests on.

A finding is adverse, favourable, or neither: what the evidence cannot tell is a finding too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._wording import quoted
from ..programme import Programme
from ..tables import TABLES

__all__ = ["Finding", "Row", "Rows", "community_of", "in_round", "latest_rounds", "title_of"]

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Finding:
    """One row of `findings`, with what the rules need to know besides."""

    finding: str
    kind: str
    direction: str
    sentence: str
    rests_on: tuple[str, ...]
    activity: str | None = None
    step: str | None = None
    characteristic: str | None = None
    community: str | None = None
    n: int | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    probability: float | None = None
    current: bool = True
    """From the latest round of its source; earlier rounds are shown and decide nothing."""
    told_us: bool = False
    """Rests on people who chose to answer or were chosen: it speaks for them only."""
    everyone: bool = False
    """Counts everybody who described a step, not one community (harms and strengths only)."""
    severe: bool = False
    """A harm shown to be above `severe_share` as well."""
    state: str | None = None
    """State of the safeguard (safeguards only)."""
    name: str = ""
    """What it is about, in words, for `would_change`."""
    decides: bool = True
    """False of what moved over the rounds: it is shown, and decides no verdict, because it does not say why."""
    overall: bool = False
    """Counts people with any bad (or any good) experience, not one kind of experience."""

    def row(self) -> dict[str, Any]:
        """The columns declared in `tables`."""
        return {column.name: getattr(self, column.name) for column in TABLES["findings"].columns}


def latest_rounds(programme: Programme, rows: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], str | None]:
    """The latest round, in the programme's order, of each combination of keys."""
    latest: dict[tuple[Any, ...], str | None] = {}
    for row in sorted(rows, key=lambda row: (programme.round_place(row["round"]), row["round"] or "")):
        latest[tuple(row[key] for key in keys)] = row["round"]
    return latest


def community_of(programme: Programme, row: Row) -> str | None:
    """The community's own name; None for a category that is no community, or is no longer declared."""
    for each in programme.characteristics:
        for category in each.categories:
            if (each.id, category.id) == (row["characteristic"], row["community"]) and category.community:
                return category.name
    return None


def in_round(programme: Programme, row: Row) -> str:
    names = {each.id: each.name for each in programme.rounds}
    return "" if row["round"] is None else f" ({names.get(row['round'], row['round'])})"


def title_of(programme: Programme, row: Row) -> str:
    titles = {each.id: each.card.title or each.id for each in programme.sources}
    return quoted(titles.get(row["source"], str(row["source"]))) + in_round(programme, row)
