"""A spreadsheet somebody already keeps of recommendations, as events on the register: every word it uses is mapped to
one of the two axes in sight of whoever imports it, and what cannot be mapped is set aside with the reason.

A sheet says what its owner claims: nothing in it is a verification. Colours are kept as said: a colour is no status.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ..errors import BadInput
from .entries import CLAIMED, DUE, ENTRY, EVIDENCE, RESPONSE, UPDATE, day_due
from .register import DELIVERY, RESPONSES
from .sentences import alike

__all__ = ["FIELDS", "IGNORED", "Import", "columns_of", "read_register", "words_of"]

FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "ref", "reference", "no", "number", "rec", "rec no", "rec number", "recommendation number",
           "recommendation no", "recommendation id", "action no", "action id"),
    "text": ("recommendation", "recommendations", "recommendation text", "text", "action", "commitment",
             "description", "what"),
    "owner": ("owner", "lead", "responsible", "action owner", "lead organisation", "responsible body",
              "responsible officer", "assigned to", "accountable", "lead agency"),
    "response": ("response", "decision", "accepted", "government response", "management response", "position"),
    "delivery": ("delivery", "delivery status", "implementation status", "implementation", "progress status"),
    "status": ("status", "current status", "state"),
    "due": ("due", "due date", "deadline", "target date", "target", "by when", "timescale", "completion date",
            "date due", "expected completion"),
    "rag": ("rag", "rag status", "rag rating", "bragg", "brag"),
    "update": ("progress", "progress update", "update", "latest update", "comments", "comment", "notes", "narrative"),
    "made_by": ("made by", "recommended by", "author", "body"),
    "made_on": ("made on", "date made", "date of recommendation", "published", "date published"),
    "source": ("source", "report", "review", "document"),
    "part_of": ("part of", "parent", "parent id", "sub action of"),
    "evidence": ("evidence", "evidence url", "evidence link", "link", "url"),
    "verified": ("verified", "verification", "assured", "assurance", "verified by"),
}  # fmt: skip
"""Field → headers it is known by, in lower case without marks."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    "accepted": ("accepted", "accept", "agreed", "agree", "accepted in full", "fully accepted", "yes"),
    "in principle": ("in principle", "accepted in principle", "agreed in principle", "accept in principle",
                     "agree in principle"),
    "in part": ("in part", "accepted in part", "partially accepted", "partly accepted", "partially agreed",
                "partly agreed", "agreed in part", "accepted partially"),
    "rejected": ("rejected", "reject", "not accepted", "not agreed", "declined", "disagreed", "no"),
    "deferred": ("deferred", "postponed", "decision deferred"),
    "acknowledged": ("acknowledged", "noted"),
    "no response": ("no response", "awaiting response", "response awaited", "no response yet"),
    "not started": ("not started", "not yet started", "yet to start", "to do", "not begun"),
    "in progress": ("in progress", "ongoing", "underway", "under way", "started", "in train", "being implemented"),
    "stalled": ("stalled", "on hold", "paused", "blocked"),
    "partly": ("partly", "partly delivered", "partially delivered", "partially implemented", "partly implemented",
               "partially complete", "partially completed", "partly complete"),
    "delivered": ("delivered", "complete", "completed", "implemented", "done", "fully implemented",
                  "fully delivered"),
    "superseded": ("superseded", "overtaken", "overtaken by events", "replaced"),
    "abandoned": ("abandoned", "dropped", "cancelled", "withdrawn", "will not be implemented"),
    "cannot be determined": ("cannot be determined", "unknown", "not known", "unclear"),
}  # fmt: skip
"""What a status is called in spreadsheets. Colours, 'closed' and 'on track' are not here: they say neither what was
answered nor what was delivered."""

IGNORED = "ignored"
"""What a person maps a word to that says nothing on either axis."""
_EITHER = (*RESPONSES, *DELIVERY)
_AXES = {"response": RESPONSES, "delivery": DELIVERY, "status": _EITHER, "rag": _EITHER}
_OF_RESPONSE_ONLY = ("yes", "no")
_ID = re.compile(r"[^\W_][\w.:-]{0,59}")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_ALIKE = 0.2
"""Below this the words under one id are taken for another recommendation."""
_VERIFIED = "a sheet its owner keeps cannot verify; whoever verified records it: fairhearing record … --verified"


@dataclass
class Import:
    """events: to be recorded, in order · rows: each with its id, fate and reason · words, columns: how read."""

    events: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)


# --- how it is read ----------------------------------------------------------------------------------------------


def columns_of(headers: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Field → header. given: header → field, as a person says. BadInput where two headers claim one field."""
    for header, name in given.items():
        if header not in headers or name not in (*FIELDS, IGNORED):
            what = f"there is no column {header!r}" if header not in headers else f"there is no field {name!r}"
            choices = headers if header not in headers else (*FIELDS, IGNORED)
            raise BadInput(what, cure=f"use one of: {', '.join(choices)}")
    told: dict[str, str] = {name: header for header, name in given.items() if name != IGNORED}
    for header in headers:
        found = [name for name, known in FIELDS.items() if _plain(header) in known and name not in given.values()]
        if not found or header in given or (found == ["update"] and "update" in told):
            continue
        name = found[0]
        if name in told:
            raise BadInput(
                f"the columns {told[name]!r} and {header!r} both look like {name}",
                cure=f"say which with --map {json.dumps(header)}={name}, or ={IGNORED}",
            )
        told[name] = header
    if "text" not in told:
        cure = "say which column holds the recommendation with --map COLUMN=text; columns: " + ", ".join(headers)
        raise BadInput("no column holds what was recommended or promised", cure=cure)
    return told


def words_of(given: Mapping[str, str]) -> dict[str, str]:
    """A status as sheets word it → the word of the register. given: what a person adds; it comes first."""
    for said, word in given.items():
        if word not in (*RESPONSES, *DELIVERY, IGNORED):
            cure = f"map {said!r} to one of: {', '.join((*RESPONSES, *DELIVERY, IGNORED))}"
            raise BadInput(f"there is no status {word!r}", cure=cure)
    own = {_plain(said): word for said, word in given.items()}
    return {said: word for word, every in _WORDS.items() for said in every} | own


def read_register(
    table: Iterable[Mapping[str, str]],
    columns: Mapping[str, str],
    words: Mapping[str, str],
    *,
    file: Mapping[str, str],
    row_name: str,
    known: Mapping[str, str],
    before: Mapping[str, Mapping[str, str]],
    own_words: Iterable[str] = (),
    list_name: str = "",
) -> Import:
    """Events for what is new in a sheet. A row comes in whole or is set aside.

    file: name and sha256 · row_name: column with the row's number · known: id → words of what the register holds ·
    before: id → field → what a sheet last said, so that the same sheet again adds nothing · own_words: what a person
    mapped, which alone decides on colours · list_name: put before ids, so that two lists' "1" are two entries."""
    told, seen, read_as = Import(), dict[str, int](), Counter[tuple[str, str, str, str]]()
    colours = {_plain(said) for said in own_words}
    for raw in table:
        number = int(raw[row_name])
        cells = {name: " ".join(str(raw[header] or "").split()) for name, header in columns.items()}
        try:
            id = _id(cells, list_name, known)
            if id in seen:
                raise _SetAside(f"the same id as row {seen[id]}")
            statuses = _statuses(cells, columns, words, colours, read_as)
            said = before.get(id, {})
            events = _events(id, cells, statuses, columns, known.get(id), said)
            seen[id] = number
        except _SetAside as aside:
            told.rows.append({"row": number, "id": None, "fate": "set aside", "reason": str(aside)})
            continue
        imported = {"file": file["name"], "sha256": file["sha256"], "row": number}
        told.events += [event | {"imported": imported | {"cells": event["cells"]}} for event in events]
        fate = "imported" if events else "unchanged"
        told.rows.append({"row": number, "id": id, "fate": fate, "reason": None})
    told.words = [
        {"column": column, "said": said, "axis": axis, "read_as": word, "rows": n}
        for (column, said, axis, word), n in sorted(read_as.items())
    ]
    told.columns = [
        {"column": header, "read_as": name, "note": _VERIFIED if name == "verified" else None}
        for name, header in columns.items()
    ]
    return told


class _SetAside(Exception):
    """Why a row does not come in."""


def _id(cells: Mapping[str, str], list_name: str, known: Mapping[str, str]) -> str:
    if not cells["text"]:
        raise _SetAside("no words of a recommendation in it")
    said = cells.get("id", "")
    if not said:
        digest = hashlib.sha256(_plain(cells["text"]).encode()).hexdigest()[:8]
        return f"{list_name}:{digest}" if list_name else f"I.{digest}"
    id = said.replace(" ", "-")
    id = id if id in known and not list_name else f"{list_name}:{id}" if list_name else id
    if not _ID.fullmatch(id):
        raise _SetAside(f"{said!r} is no id: letters, digits and . : - _ , 60 at most")
    if id in known and max(alike(cells["text"], [known[id]])) < _ALIKE:
        raise _SetAside(f"{id} stands for other words on the register ({known[id]:.60}); name this list with --list")
    return id


# --- two axes ----------------------------------------------------------------------------------------------------


def _statuses(
    cells: Mapping[str, str], columns: Mapping[str, str], words: Mapping[str, str], colours: set[str], read_as: Any
) -> dict[str, str]:
    """Axis → word of the register, from every column that holds a status."""
    told: dict[str, str] = {}
    for name, choices in _AXES.items():
        said = cells.get(name, "")
        if not said:
            continue
        if name == "rag" and _plain(said) not in colours:
            read_as[columns[name], said, "none", "kept as said: a colour is no status"] += 1
            continue
        for word in _mapped(said, columns[name], words, choices):
            axis = RESPONSE if word in RESPONSES else CLAIMED
            if word != IGNORED and told.setdefault(axis, word) != word:
                raise _SetAside(f"it says both {told[axis]!r} and {word!r}")
            read_as[columns[name], said, "none" if word == IGNORED else axis, word] += 1
    return told


def _mapped(said: str, column: str, words: Mapping[str, str], choices: Sequence[str]) -> list[str]:
    """The whole cell as one word, else its parts, each of which must be one. Yes and no are responses only."""
    whole = _plain(said)
    parts = [whole] if whole in words else [_plain(part) for part in re.split(r"\s*(?:[;,/]|\s[-–—]\s)\s*", said)]
    told = []
    for part in parts:
        word = words.get(part)
        fits = word == IGNORED or (word in choices and not (part in _OF_RESPONSE_ONLY and "delivered" in choices))
        if word is None or not fits:
            raise _SetAside(
                f"the words {said!r} in the column {column!r} say neither a response nor a delivery that is known "
                f"there; say which with --word {json.dumps(part)}=STATUS"
            )
        told.append(word)
    return told


# --- events ------------------------------------------------------------------------------------------------------


def _events(
    id: str, cells: Mapping[str, str], statuses: Mapping[str, str], columns: Mapping[str, str],
    known: str | None, said: Mapping[str, str],
) -> list[dict[str, Any]]:  # fmt: skip
    """What the row says that the last sheet did not. The words an entry came with are never written over."""
    new = {name: text for name, text in cells.items() if text and said.get(name) != text and name != "verified"}
    told: list[dict[str, Any]] = []

    def event(column: str, value: str, *names: str) -> None:
        quoted = "; ".join(f"{columns[name]}: {cells[name]:.200}" for name in names if cells.get(name))
        told.append({"on": id, "column": column, "value": value, "said": quoted,
                     "cells": {name: cells[name] for name in names if cells.get(name)}})  # fmt: skip

    first = known is None
    if first:
        event(ENTRY, json.dumps(_entry(cells), sort_keys=True), *_OF_ENTRY)
    for axis, names in ((RESPONSE, ("response", "status")), (CLAIMED, ("delivery", "status", "rag"))):
        if axis in statuses and any(name in new for name in names):
            event(axis, statuses[axis], *names)
    if "due" in new and not first:
        event(DUE, _day(cells["due"]) or cells["due"], "due")
    for name in ("update", "rag", *(() if first else ("text", "owner"))):
        if name in new and not (name == "text" and cells[name] == known):
            event(UPDATE, f"{_SAYS[name]}{cells[name]}", name)
    if "evidence" in new and re.match(r"https?://\S+$", cells["evidence"]):
        value = {"url": cells["evidence"], "bearing": "supports", "independence": "the owner's own"}
        event(EVIDENCE, json.dumps(value, sort_keys=True), "evidence")
    return told


_OF_ENTRY = ("id", "text", "owner", "due", "made_by", "made_on", "source", "part_of")
_SAYS = {"update": "", "rag": "colour: ", "text": "worded now: ", "owner": "owner now: "}


def _entry(cells: Mapping[str, str]) -> dict[str, Any]:
    names = ("text", "owner", "made_by", "source", "part_of")
    told: dict[str, Any] = {name: cells.get(name) or None for name in names}
    return told | {
        "kind": "recommendation", "entered": "imported", "due_as_said": cells.get("due") or None,
        "due": _day(cells.get("due", "")), "made_on": _day(cells.get("made_on", "")),
    }  # fmt: skip


def _day(said: str) -> str | None:
    """31/03/2027 is read day first, as offices here write it; a day with its hour is that day."""
    found = _DAY_FIRST.fullmatch(said)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        return date.fromisoformat(said[:10]).isoformat()
    except ValueError:
        parsed = day_due(said, None)
        return parsed.isoformat() if parsed else None


def _plain(text: str) -> str:
    """Lower case, without marks."""
    return " ".join(re.sub(r"[^\w]+", " ", text.casefold()).split())
