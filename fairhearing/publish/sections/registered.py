"""The register as a reader sees it: what is overdue, claimed beside verified, moved, narrowed, and on which evidence.

Overdue is counted to the day the edition is dated, which is the day its run was sealed: no clock is in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from ..._wording import due_state
from ..reading import Evidence, Row
from ..sentences import day, listed
from .over_rounds import since

__all__ = ["Commitment", "RegisterShown", "registered"]


@dataclass(frozen=True)
class Commitment:
    """One entry: the response, what its owner claims, what an assessor verified, and what became of its words."""

    text: str
    kind: str
    said: str
    owner: str
    due: str
    """As said and as a day, whether that is past, and every time it was moved."""
    response: str
    claimed: str
    verified: str
    since: tuple[tuple[str, str], ...]
    """What moved since, as declared beforehand: words, and where they stand."""
    drift: str
    """What it was narrowed to, by whom; empty where nobody found so."""
    evidence: str
    """Pieces for and against, and how many from somebody independent; empty where there are none."""
    part: bool
    """Whether it is a part of the entry before it."""


@dataclass(frozen=True)
class RegisterShown:
    """headline: counts of what is overdue, claimed and verified; new: how many are only recommended by this run."""

    headline: str
    entries: tuple[Commitment, ...]
    new: int


def registered(evidence: Evidence) -> RegisterShown:
    """Every entry with a history of its own; a recommendation that this edition makes for the first time, on which
    nothing was recorded, stands in the section on what is asked for and is only counted here."""
    on = evidence.facts.generated_on
    rows = evidence.rows("commitments")
    told = {row["commitment"] for row in evidence.rows("register_history") if row["column"] != "entry"}
    old = [row for row in rows if row["entered"] != "recommended by this run" or row["commitment"] in told]
    return RegisterShown(
        _headline(old, on), tuple(_entry(evidence, row, on) for row in _with_parts(old)), len(rows) - len(old)
    )


def _with_parts(rows: list[Row]) -> list[Row]:
    """Each entry followed by its parts."""
    known = {row["commitment"] for row in rows}
    told: list[Row] = []

    def add(row: Row) -> None:
        told.append(row)
        for part in rows:
            if part["part_of"] == row["commitment"] and part not in told:
                add(part)

    for row in rows:
        if row["part_of"] not in known:
            add(row)
    return told + [row for row in rows if row not in told]


def _headline(rows: list[Row], on: date) -> str:
    """'Of 12 on the register: 3 were past the day on 22 November 2026 and of 5 claimed delivered, 2 verified so …'"""
    if not rows:
        return ""
    state = Counter(due_state(row, on)[0] for row in rows)
    claimed = [row for row in rows if row["claimed"] == "delivered"]
    verified = sum(row["verified"] == "delivered" for row in claimed)
    told = [f"{state['overdue']} {'was' if state['overdue'] == 1 else 'were'} past the day on {day(on)}"]
    told += [f"{state['no day']} had no day to be late by"] if state["no day"] else []
    if claimed:
        told.append(f"of {len(claimed)} claimed delivered, {verified} verified so by somebody else")
    narrowed = sum(bool(row["narrowed"]) for row in rows)
    told += [f"{narrowed} narrowed since first said"] if narrowed else []
    return f"Of {len(rows)} on the register: {listed(told)}."


def _entry(evidence: Evidence, row: Row, on: date) -> Commitment:
    said = [part for part in (row["made_by"], day(row["made_on"]) if row["made_on"] else None, row["source"]) if part]
    return Commitment(
        text=str(row["text"]),
        kind=f"{'part of the entry before; ' if row['part_of'] else ''}{row['kind']}; {row['entered']}",
        said=", ".join(said) or "where and when is not said",
        owner=str(row["owner"] or "not said"),
        due=_due(row, on),
        response=str(row["response"]),
        claimed=f"{row['claimed']} ({row['claimed_by']})" if row["claimed"] else "nothing claimed",
        verified=f"{row['verified']} ({row['verified_by']})" if row["verified"] else _unverified(row),
        since=since(evidence, row["commitment"]),
        drift=f"{row['narrowed']} ({row['narrowed_by']})" if row["narrowed"] else "",
        evidence=_pieces(row),
        part=bool(row["part_of"]),
    )


def _unverified(row: Row) -> str:
    return f"not verified ({row['verified_by']})" if row["verified_by"] else "not verified"


def _due(row: Row, on: date) -> str:
    parts = dict.fromkeys((row["due_as_said"], day(row["due"]) if row["due"] else None))
    told = " / ".join(part for part in parts if part) or "not said"
    state, days = due_state(row, on)
    if state == "overdue" and days is not None:
        told += f"; overdue by {-days} day{'s' if days != -1 else ''}"
    moved = len(row["due_moved"] or ())
    return told + (f"; moved {moved} time{'s' if moved > 1 else ''}" if moved else "")


def _pieces(row: Row) -> str:
    if not row["supports"] and not row["contradicts"]:
        return ""
    return f"{row['supports']} for, {row['contradicts']} against, {row['independent']} of them independent"
