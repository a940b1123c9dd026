"""Entries of the register: what people recorded of each, and what follows from it.

Everything here is derived from events in order; nothing is stored, so nothing can drift from what was recorded. What
is overdue depends on the day one looks, and is not here at all: see `_wording.due_in_words`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from ..errors import BadInput
from .due import due

__all__ = [
    "BEARINGS", "CLAIMED", "DUE", "ENTRY", "EVIDENCE", "INDEPENDENCE", "KEPT", "NARROWED", "RESPONSE", "SUB_ACTION",
    "UPDATE", "VERIFIED", "added", "check_evidence", "day_due", "evidence_rows", "history_rows", "with_events",
]  # fmt: skip

RESPONSE, CLAIMED, VERIFIED = "response", "claimed", "verified"
NARROWED, EVIDENCE, SUB_ACTION, DUE, UPDATE, ENTRY = "narrowed", "evidence", "sub-action", "due", "update", "entry"
KEPT = (RESPONSE, CLAIMED, VERIFIED, NARROWED, EVIDENCE, SUB_ACTION, DUE, UPDATE, ENTRY)
"""Columns of `decisions` that are about an entry of the register. `entry` is written by an import, and for what an
earlier run recommended; the others by a person, one at a time."""

BEARINGS = ("supports", "contradicts")
INDEPENDENCE = ("independent", "the owner's own", "not known")
_OWN = "claimed and verified by the same person: not independent"
_OF_CLAIMANT = "recorded by a person who claimed delivery: not independent"
_WORDS = ("kind", "text", "made_by", "source", "owner", "activity", "step", "due_as_said", "part_of")

Row = Mapping[str, Any]


def check_evidence(value: str) -> None:
    """Evidence is a JSON object: url or quote or both, sha256 of the document where known, bearing, independence."""
    try:
        said = json.loads(value)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not (said.get("url") or said.get("quote")):
        raise BadInput("this evidence names no document and quotes none", cure="give a URL, a quote, or both")
    url, sha256 = str(said.get("url") or ""), str(said.get("sha256") or "")
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise BadInput(f"{url!r} is no address of a document", cure="give one that begins with https:// or http://")
    if sha256 and (len(sha256) != 64 or set(sha256) - set("0123456789abcdef")):
        raise BadInput(f"{sha256!r} is no SHA-256", cure="give its 64 digits, 0-9 and a-f, as sha256sum prints them")
    for key, choices in (("bearing", BEARINGS), ("independence", INDEPENDENCE)):
        if said.get(key) not in choices:
            raise BadInput(f"there is no {key} {said.get(key)!r}", cure=f"use one of: {', '.join(choices)}")


# --- what is on the register ------------------------------------------------------------------------------------


def added(decisions: Sequence[Row]) -> list[dict[str, Any]]:
    """Entries that events brought: imported, named by an earlier run, or a part of another (`parent/1`)."""
    told: dict[str, dict[str, Any]] = {}
    for each in decisions:
        if each["column"] == ENTRY:
            told[each["on"]] = _entry(each)
        if each["column"] == SUB_ACTION:
            number = 1 + sum(row["part_of"] == each["on"] for row in told.values() if row["entered"] == SUB_ACTION)
            id = f"{each['on']}/{number}"
            told[id] = {
                "commitment": id, "kind": "commitment", "text": each["value"], "part_of": each["on"],
                "made_by": each["who"], "made_on": _day(each), "entered": SUB_ACTION, "response": "no response",
            }  # fmt: skip
    return list(told.values())


def _entry(event: Row) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(event["value"])
    row = {name: said.get(name) for name in _WORDS}
    made_on = date.fromisoformat(said["made_on"]) if said.get("made_on") else None
    own = date.fromisoformat(said["due"]) if said.get("due") else None
    return row | {
        "commitment": event["on"], "made_on": made_on, "due": own or day_due(row["due_as_said"], made_on),
        "entered": said["entered"], "response": "no response",
    }  # fmt: skip


def day_due(said: str | None, said_on: date | None) -> date | None:
    """The last day the words can mean; None where they name none. A day as 2027-03-31 stands for itself."""
    try:
        return date.fromisoformat((said or "").strip())
    except ValueError:
        found = due(said, said_on) or due(f"by {said}", said_on) if said else None
        return found.last if found else None


# --- what became of it ------------------------------------------------------------------------------------------


def with_events(row: Row, decisions: Sequence[Row]) -> dict[str, Any]:
    """The entry with its latest response, claim, independent verification, due day, drift and count of evidence.

    decisions: those on this entry, in order."""
    response, drift = last(decisions, RESPONSE), last(decisions, NARROWED)
    bearing = [(each["bearing"], each["independence"]) for each in evidence_rows(decisions)]
    return {
        **row,
        **_delivery(decisions),
        **_due(row, decisions),
        "response": response["value"] if response else row["response"],
        "narrowed": drift and drift["value"],
        "narrowed_by": drift and f"{_by(drift)}: {drift['why']}",
        "supports": sum(said == "supports" for said, _ in bearing),
        "contradicts": sum(said == "contradicts" for said, _ in bearing),
        "independent": sum(own == "independent" for _, own in bearing),
    }


def _delivery(decisions: Sequence[Row]) -> dict[str, Any]:
    """The latest claim; of verifications, the latest by somebody who never claimed this delivered."""
    claim, claimants = last(decisions, CLAIMED), _claimants(decisions)
    verified = [each for each in decisions if each["column"] == VERIFIED]
    independent = [each for each in verified if _person(each) not in claimants]
    own = bool(verified) and _person(verified[-1]) in claimants
    return {
        "claimed": claim and claim["value"],
        "claimed_by": claim and _by(claim),
        "verified": independent[-1]["value"] if independent else None,
        "verified_by": _verified_by(independent[-1] if independent else None, verified[-1] if own else None),
    }


def _verified_by(independent: Row | None, own: Row | None) -> str | None:
    parts = [_by(independent)] if independent else []
    if own:
        parts.append(f"{_OWN} ({own['value']}: {_by(own)})")
    return "; ".join(parts) or None


def _due(row: Row, decisions: Sequence[Row]) -> dict[str, Any]:
    """The day it is due as last said, and every day it was due before: a day that moved is no day kept."""
    said, on, moved = row.get("due_as_said"), row.get("due"), []
    for each in decisions:
        if each["column"] == DUE:
            was = " / ".join(str(part) for part in (said, on) if part) or "no day"
            moved.append(f"from {was} to {each['value']} by {_by(each)}: {each['why']}")
            said, on = each["value"], day_due(each["value"], _day(each))
    return {"due_as_said": said, "due": on, "due_moved": moved}


# --- rows of their own ------------------------------------------------------------------------------------------


def evidence_rows(decisions: Sequence[Row]) -> list[dict[str, Any]]:
    """One row a piece of evidence, in order. Who claimed delivery of an entry is no independent witness of it.

    decisions: those on one entry, in order."""
    told, claimants = [], _claimants(decisions)
    for each in decisions:
        if each["column"] != EVIDENCE:
            continue
        said, own = json.loads(each["value"]), _person(each) in claimants
        told.append(
            {
                "commitment": each["on"], "event": each["event"], "who": each["who"], "at": each["at"],
                "why": each["why"], "bearing": said["bearing"],
                "independence": _OF_CLAIMANT if own else said["independence"],
                **{key: said.get(key) or None for key in ("url", "quote", "sha256")},
            }
        )  # fmt: skip
    return told


def history_rows(decisions: Sequence[Row]) -> list[dict[str, Any]]:
    """Every event on one entry, in order, with what stood in that column before."""
    before: dict[str, str] = {}
    told = []
    for each in decisions:
        names = ("event", "at", "who", "column", "value", "why")
        said = {name: each[name] for name in names}
        told.append({"commitment": each["on"], "before": before.get(each["column"])} | said)
        before[each["column"]] = each["value"]
    return told


def last(decisions: Sequence[Row], column: str) -> Row | None:
    """The latest event in a column."""
    return next((each for each in reversed(decisions) if each["column"] == column), None)


def _claimants(decisions: Sequence[Row]) -> set[str]:
    return {_person(each) for each in decisions if each["column"] == CLAIMED}


def _person(decision: Row) -> str:
    """The same person, however the name was typed."""
    return " ".join(str(decision["who"]).split()).casefold()


def _by(decision: Row) -> str:
    return f"{decision['who']}, {decision['at']}"


def _day(decision: Row) -> date:
    return date.fromisoformat(str(decision["at"])[:10])
