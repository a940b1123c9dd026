"""One event: its line in the log, which holds everything, and its leaf in the tree, which may be shown to anybody.

A line names the hash of the line before: that is what a writer needs to see where the log stops being whole. A leaf
is a statement about the event without what must not leave the folder (row counts, notes, who typed it): its number,
its day, what it is, its public facts and the hash of the whole line. Which facts are public is written in the line
itself, so that a later version of this software makes the same leaf of an old event.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import BadInput, LedgerBroken

__all__ = [
    "GATHERED", "KEY", "NO_EVENT", "PUBLISHED", "RECOMMENDED", "RECORDED", "REVIEWED", "RULES", "SEALED", "SIGNED",
    "Event", "Part", "as_json", "canonical", "leaf", "parse", "public_facts", "sealed",
]  # fmt: skip

GATHERED = "evidence gathered"
RECORDED = "status recorded"
RECOMMENDED = "recommendations named"
SEALED = "run sealed"
PUBLISHED = "edition published"
REVIEWED = "finding reviewed"
SIGNED = "run signed"
KEY = "signing key"
RULES = ("rules fixed", "rules changed")

NO_EVENT = "0" * 64
"""The hash before the first event."""

_FIRST_PUBLIC: Mapping[str, tuple[str, ...]] = {
    GATHERED: ("sha256", "source"),
    RECORDED: ("column", "on", "value"),
    SEALED: ("manifest", "run"),
    PUBLISHED: ("edition", "report_sha256", "run"),
    **dict.fromkeys(RULES, ("hash", "rules")),
}
"""Public facts of lines that do not name theirs, written before there was a tree. Never to be changed."""

_PUBLIC: Mapping[str, tuple[str, ...]] = {
    **_FIRST_PUBLIC,
    PUBLISHED: ("concerns", "edition", "report_sha256", "run", "seal_sha256"),
    RECOMMENDED: ("run",),
    SIGNED: ("manifest", "run"),
    REVIEWED: ("by", "edition", "finding", "kind", "reason", "words"),
    KEY: ("key", "replaces", "signature"),
}
"""Public facts of an event appended now, by what it is; of any other kind, none."""


@dataclass(frozen=True)
class Part:
    """One immutable Parquet file under `ledger/parts`."""

    table: str
    file: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class Event:
    """One line of the log. `hash` covers everything else in it, `previous` included."""

    number: int
    at: str
    who: str
    what: str
    why: str
    facts: Mapping[str, Any]
    parts: tuple[Part, ...]
    previous: str
    hash: str = field(default="")
    public: tuple[str, ...] | None = None
    """Names of the facts that its leaf shows; None in a line from before there was a tree."""


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, ASCII only: one text for one value, and no character can be torn."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"an event cannot hold this: {error}", cure="give text, whole numbers, finite numbers, lists or mappings"
        ) from None


def public_facts(what: str, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of those facts of an event of that kind that its leaf shows."""
    return tuple(name for name in _PUBLIC.get(what, ()) if name in facts)


def leaf(event: Event) -> bytes:
    """The event's leaf: what may be shown of it, and the hash of all of it, as canonical JSON."""
    public = event.public
    if public is None:
        public = tuple(name for name in _FIRST_PUBLIC.get(event.what, ()) if name in event.facts)
    facts = {name: event.facts[name] for name in public}
    return canonical(
        {"event": event.number, "on": event.at[:10], "what": event.what, "facts": facts, "hash": event.hash}
    )


def as_json(event: Event) -> dict[str, Any]:
    """What a line holds."""
    held = {**vars(event), "parts": [vars(part) for part in event.parts]}
    if event.public is None:
        del held["public"]
    return held


def sealed(**said: Any) -> Event:
    """The event with the hash of all that was said."""
    body = as_json(Event(**said))
    del body["hash"]
    return Event(**said, hash=hashlib.sha256(canonical(body)).hexdigest())


def parse(line: bytes, log: Path, number: int | None = None) -> Event:
    """The event of one line; LedgerBroken where a single character of it is not as written."""
    try:
        said = json.loads(line)
        claimed = said.pop("hash")
        event = sealed(**_with_tuples(said))
    except (ValueError, TypeError, KeyError, AttributeError):
        claimed, event = None, None
    if event is None or event.hash != claimed or canonical(as_json(event)) != line:
        raise LedgerBroken(
            "this event is not as it was written",
            where=log if number is None else f"{log}, line {number}",
            cure="restore the ledger from a backup; do not rely on what was made from it",
        )
    return event


def _with_tuples(said: dict[str, Any]) -> dict[str, Any]:
    public = {"public": tuple(said["public"])} if "public" in said else {}
    return {**said, "parts": tuple(Part(**part) for part in said["parts"]), **public}
