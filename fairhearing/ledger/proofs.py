"""What an edition carries so that a stranger can check it: `published/<n>/proof/`.

    checkpoint            the signed root of the tree as of the event that published the edition
    previous-checkpoint   that of the edition before, if there was one
    key.pub               the public key
    events.jsonl          the leaves of the events that concern the edition, one a line, in order
    proof.json            the path of each to the root, and the proof that the log only grew since the edition before

Everything follows from the log and the key in force then, so whoever makes it makes the same bytes: a publisher
killed half-way, or two at once, leave nothing to repair.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._durable import create_once, explained, make_folder
from ..errors import LedgerBroken
from .keys import key_at, private_key
from .lines import GATHERED, KEY, PUBLISHED, RECOMMENDED, RECORDED, REVIEWED, RULES, SIGNED, Event, canonical, leaf
from .log import Ledger
from .merkle import Frontier, leaf_hash, root_from_inclusion
from .notes import Checkpoint, PublicKey, read_checkpoint, signed_checkpoint
from .tree import REMAKE

__all__ = ["PROOF", "check_checkpoints", "concerns", "edition_proof", "publication"]

PROOF = "proof"
"""The folder inside an edition. What is in it is not in the edition's manifest, which the log names."""


def concerns(events: Sequence[Event], sealed: str) -> list[int]:
    """Numbers of the events that an edition rests on. sealed: hash of the event that sealed its run.

    Keys, rules, decisions and earlier editions; of evidence, what was read last of each source before the seal."""
    end = next(event.number for event in events if event.hash == sealed)
    evidence = {event.facts["source"]: event.number for event in events[:end] if event.what == GATHERED}
    always = {KEY, PUBLISHED, REVIEWED, SIGNED, *RULES}
    rest = {event.number for event in events if event.what in always}
    decided = {event.number for event in events[:end] if event.what in (RECORDED, RECOMMENDED)}
    return sorted({*evidence.values(), *rest, *decided, end})


def publication(events: Sequence[Event], edition: int) -> Event | None:
    """The event that published the edition: of two at once, the first."""
    return next((each for each in events if each.what == PUBLISHED and each.facts.get("edition") == edition), None)


def edition_proof(ledger: Ledger, edition: int) -> dict[str, bytes]:
    """File name → content of the edition's proof; empty for one published before there was a tree."""
    events = ledger.grown()
    published = publication(events, edition)
    if published is None or "concerns" not in published.facts:
        return {}
    size = published.number
    numbers = [*published.facts["concerns"], size]
    files = {"checkpoint": _checkpoint(ledger, events, size), "key.pub": f"{_key(ledger, events, size)}\n".encode()}
    files["events.jsonl"] = b"".join(leaf(events[number - 1]) + b"\n" for number in numbers)
    paths = [[number, _texts(_path(ledger, events, number, size))] for number in numbers]
    proof: dict[str, Any] = {"edition": edition, "inclusion": paths, "consistency": None}
    before = before_it(events, published)
    if before is not None:
        files["previous-checkpoint"] = _checkpoint(ledger, events, before.number)
        proof["consistency"] = _texts(ledger.tree.consistency(before.number, size))
    return files | {"proof.json": canonical(proof) + b"\n"}


def before_it(events: Sequence[Event], published: Event) -> Event | None:
    """The publication of the edition before, if that has a checkpoint. Of those it names: another publisher may have
    come in between."""
    named = [events[number - 1] for number in published.facts["concerns"]]
    first: dict[int, Event] = {}
    for each in named:
        if (
            each.what == PUBLISHED
            and "concerns" in each.facts
            and each.facts["edition"] != published.facts["edition"]
        ):
            first.setdefault(each.facts["edition"], each)
    return list(first.values())[-1] if first else None


def check_checkpoints(ledger: Ledger) -> int:
    """Every checkpoint kept is signed and is the root of the log as it stands; how many there are."""
    folder = ledger.folder / "checkpoints"
    kept = {int(path.name): path for path in folder.glob("[0-9]*")} if folder.is_dir() else {}
    events, frontier = ledger.events(), Frontier()
    for event in events:
        frontier.add(leaf_hash(leaf(event)))
        if event.number in kept:
            _check_one(kept[event.number], _key(ledger, events, event.number), frontier.root())
    beyond = [size for size in kept if size > len(events)]
    if beyond:
        raise _rewritten(kept[min(beyond)])
    return len(kept)


def _check_one(path: Path, key: PublicKey, root: bytes) -> None:
    if read_checkpoint(path.read_bytes(), key, where=path) != Checkpoint(key.name, int(path.name), root):
        raise _rewritten(path)


def _checkpoint(ledger: Ledger, events: Sequence[Event], size: int) -> bytes:
    """Signed once and kept: one that was acknowledged is read, never signed anew over something else."""
    path = ledger.folder / "checkpoints" / str(size)
    if not path.exists():
        key = _key(ledger, events, size)
        note = signed_checkpoint(Checkpoint(key.name, size, ledger.tree.root(size)), key, private_key(ledger, key))
        with explained(path, "the checkpoint cannot be written"):
            make_folder(path.parent)
            create_once(path, note, mode=0o644)
    _check_one(path, _key(ledger, events, size), ledger.tree.root(size))
    return path.read_bytes()


def _key(ledger: Ledger, events: Sequence[Event], size: int) -> PublicKey:
    key = key_at(events[:size], where=ledger.folder)
    if key is None:
        raise _rewritten(ledger.folder / "checkpoints")
    return key


def _path(ledger: Ledger, events: Sequence[Event], number: int, size: int) -> list[bytes]:
    """A path that was read from the tree on disk is checked before it is given away."""
    path = ledger.tree.inclusion(number - 1, size)
    root = root_from_inclusion(leaf_hash(leaf(events[number - 1])), number - 1, size, path)
    if root != ledger.tree.root(size):
        raise LedgerBroken("the tree is not that of the log", where=ledger.tree.path, cure=REMAKE)
    return path


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in hashes]


def _rewritten(where: Path) -> LedgerBroken:
    return LedgerBroken(
        "this checkpoint is not of the log as it stands: the log was cut short or written anew",
        where=where,
        cure="restore the ledger from a backup; do not rely on what was made from it",
    )
