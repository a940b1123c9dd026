"""A prevention programme as a process: steps, safeguards, documented harms, checklists, and sources that conflict.

`seen`: whether the entry was seen in a public source while the notes it was taken from were written; else it was
recalled. `checked`: whether a person has since compared it with its source. Neither stands for the other, and only
the second takes away the words "source not yet checked". A blank is printed as a blank.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from .reading import _broken, _one_of, _read, _rows, _unique

__all__ = [
    "Checklist", "Conflict", "Harm", "Point", "Safeguard", "Step", "checklists", "conflicts", "expected", "find_step",
    "safeguard_rows", "safeguards", "steps",
]  # fmt: skip

_FILE = "safeguards.toml"
_CLASSES = ("", "law", "statutory guidance", "good practice")
_STEP = ("id", "also", "name", "listed", "duty", "duty_seen", "note", "note_seen", "harms", "safeguards")
_SAFEGUARD = ("id", "name", "listed", "kind", "source", "edition", "seen", "checked")
_POINT = ("id", "question", "protects", "name")


@dataclass(frozen=True)
class Harm:
    """Something documented to have gone wrong at a step. harm_of: by acting, or by not acting."""

    what: str
    harm_of: Literal["action", "inaction"]
    seen: bool


@dataclass(frozen=True)
class Safeguard:
    """A protection a step should have. Blank `kind`, `source` or `edition`: nobody has established it. listed: the
    words of the domain notes · question: of a checklist, and `protects` the answer to it that protects."""

    id: str
    step: str
    name: str
    listed: str
    kind: Literal["", "law", "statutory guidance", "good practice"]
    source: str
    edition: str
    seen: bool
    checked: bool
    question: str = ""
    protects: Literal["", "yes", "no"] = ""


@dataclass(frozen=True)
class Step:
    """A step of such a process: its legal duty where known, what is documented to have gone wrong, a note on law."""

    id: str
    also: tuple[str, ...]
    name: str
    listed: str
    duty: str
    duty_seen: bool
    harms: tuple[Harm, ...]
    note: str
    note_seen: bool


@dataclass(frozen=True)
class Point:
    """One question of a checklist. protects: the answer that protects, where the list is one of questions · name: the
    safeguard it asks after."""

    id: str
    question: str
    protects: Literal["", "yes", "no"]
    name: str


@dataclass(frozen=True)
class Checklist:
    """Points to go through, in order; of a step, where `step` is given. seen: as in `Safeguard`."""

    id: str
    name: str
    step: str
    points: tuple[Point, ...]
    source: str
    seen: bool


@dataclass(frozen=True)
class Conflict:
    """Sources that say different things of one fact, side by side: nobody has decided between them."""

    id: str
    about: str
    says: tuple[str, ...]
    seen: bool


@cache
def steps() -> tuple[Step, ...]:
    """Every step of the library, in the order of the process."""
    rows = _rows(_FILE, _read(_FILE), "steps", _STEP, optional=("safeguards", "harms"))
    _unique(_FILE, rows)
    return tuple(_step(row) for row in rows)


def _step(row: dict[str, Any]) -> Step:
    harms = _rows_without_id(row, "harms", ("what", "harm_of", "seen"))
    for harm in harms:
        _one_of(_FILE, {"id": row["id"]} | harm, "harm_of", ("action", "inaction"))
    kept = {key: value for key, value in row.items() if key not in ("safeguards", "harms", "also")}
    return Step(**kept, also=tuple(row["also"]), harms=tuple(Harm(**harm) for harm in harms))


def _rows_without_id(row: dict[str, Any], name: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    for each in row.get(name, []):
        if each.keys() != set(keys):
            raise _broken(_FILE, str(row["id"]), f"{name} has missing or unknown keys")
    return list(row.get(name, []))


@cache
def safeguards() -> tuple[Safeguard, ...]:
    """Every safeguard of the library, by step; after those of a step, the points of its checklist."""
    found: list[Safeguard] = []
    lists = checklists()
    for step in _read(_FILE)["steps"]:
        for row in _rows(_FILE, step, "safeguards", _SAFEGUARD, optional=("edition",)):
            found.append(_safeguard(step["id"], {"edition": ""} | row))
        found += [
            _point(step["id"], each, point) for each in lists if each.step == step["id"] for point in each.points
        ]
    _unique(_FILE, [{"id": each.id} for each in found])
    return tuple(found)


def _safeguard(step: str, row: dict[str, Any]) -> Safeguard:
    _one_of(_FILE, row, "kind", _CLASSES)
    if row["checked"] and not row["source"]:
        raise _broken(_FILE, row["id"], "is marked as checked but names no source")
    return Safeguard(step=step, **row)


def _point(step: str, of: Checklist, point: Point) -> Safeguard:
    return Safeguard(
        point.id, step, point.name, point.question, "", of.source, "", of.seen, False, point.question, point.protects
    )


@cache
def checklists() -> tuple[Checklist, ...]:
    """The child-questioning checklist and the local-authority toolkit's domains."""
    rows = _rows(_FILE, _read(_FILE), "checklists", ("id", "name", "step", "points", "source", "seen"))
    for row in rows:
        for point in _rows(_FILE, row, "points", _POINT):
            _one_of(_FILE, point, "protects", ("", "yes", "no"))
    return tuple(Checklist(**row | {"points": tuple(Point(**point) for point in row["points"])}) for row in rows)


@cache
def conflicts() -> tuple[Conflict, ...]:
    """What sources say against each other."""
    rows = _rows(_FILE, _read(_FILE), "conflicts", ("id", "about", "says", "seen"))
    return tuple(Conflict(**row | {"says": tuple(row["says"])}) for row in rows)


def find_step(id: str) -> Step | None:
    """The step of that id, or that answers to it under another."""
    return next((step for step in steps() if id == step.id or id in step.also), None)


def expected(step: str) -> tuple[Safeguard, ...]:
    """What should protect people at a step of the library, checklist included."""
    return tuple(each for each in safeguards() if each.step == step)


# --- as rows ------------------------------------------------------------------------------------------------------

NOT_CHECKED = "source not yet checked"


def safeguard_rows(step: str | None = None) -> list[dict[str, Any]]:
    """One row a step, with its safeguards and documented harms, in the order of the process. Blanks stay blank."""
    chosen = [each for each in steps() if step is None or each.id == step]
    return [
        {
            "step": each.id, "name": each.name, "also": list(each.also),
            "duty": each.duty, "duty_seen_in_a_public_source": each.duty_seen,
            "note": each.note,
            "safeguards": [_row(one) for one in expected(each.id)],
            "documented_harms": [
                {"what": one.what, "harm_of": one.harm_of, "seen_in_a_public_source": one.seen} for one in each.harms
            ],
        }
        for each in chosen
    ]  # fmt: skip


def _row(each: Safeguard) -> dict[str, Any]:
    return {
        "id": each.id, "name": each.name, "class": each.kind, "source": each.source, "edition": each.edition,
        "seen_in_a_public_source": each.seen, "checked_by_a_person": each.checked,
        "question": each.question, "answer_that_protects": each.protects,
    }  # fmt: skip
