"""A published bundle checked by somebody who has nothing else: no programme folder, no network, no trust.

What holds is said in sentences, and so is what a log cannot show. Anything that does not hold is a NotVerified that
names the file. The forms are read strictly: every byte of a bundle is under a hash, a signature or a fixed form.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..errors import NotVerified
from .files import Files, bundle_files
from .keys import handed_over
from .lines import GATHERED, KEY, PUBLISHED, RULES, SEALED, canonical
from .merkle import is_consistent, leaf_hash, root_from_inclusion
from .notes import Checkpoint, PublicKey, read_checkpoint, read_key
from .proofs import PROOF

__all__ = ["NOT_PROVEN", "BundleVerified", "check_files", "verify_bundle"]

MANIFEST = "edition.json"

NOT_PROVEN = (
    "that the evidence is true: a log shows what was written down and when in order, not that it is so",
    "that nothing was left out before it was logged",
    "that everybody is shown the same log: compare the checkpoint with one that somebody else was given",
    "the hour of anything: days are those of the publisher's clock; only the order is proven",
    "the figures themselves: `fairhearing verify DIR` derives them again where the evidence may be seen",
)
"""What no bundle can show, whoever checks it."""


@dataclass(frozen=True)
class BundleVerified:
    """What was checked; everything held, or there would have been an error."""

    bundle: str
    programme: str
    edition: int
    published_on: str
    run: str
    files: int
    events: int
    log_size: int
    root: str
    key: str
    key_given: bool
    proven: tuple[str, ...]
    not_proven: tuple[str, ...]


@dataclass(frozen=True)
class _Leaves:
    """The events a bundle shows, each proven to be on the log."""

    by_number: Mapping[int, Mapping[str, Any]]
    size: int

    def of(self, *kinds: str) -> list[tuple[int, Mapping[str, Any]]]:
        return [(number, said) for number, said in self.by_number.items() if said["what"] in kinds]


def verify_bundle(place: Path, *, key: str | None = None) -> BundleVerified:
    """Check a bundle: a folder, or a .zip of one. key: the public key as published, if the reader has it from
    elsewhere; an older one will do if it handed over to the present one on the log."""
    with bundle_files(place) as files:
        return check_files(files, where=str(place), key=key)


def check_files(files: Files, *, where: str, key: str | None = None) -> BundleVerified:
    """The same for files however they are held."""
    try:
        return _checked(files, where, key)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise NotVerified(
            f"this is not in the form of a bundle, though it is signed: {type(error).__name__} {error}",
            where=where,
            cure="do not rely on it; ask the publisher with which version of this software it was made",
        ) from None


def _checked(files: Files, where: str, key: str | None) -> BundleVerified:
    checkpoint, signer = _signed(files, where)
    leaves = _events(files, checkpoint, where)
    trusted = _trusted(leaves, signer, key, where)
    published = _publication(leaves, where)
    manifest = _manifest(files, published, where)
    _check_names(files, manifest, published, where)
    _check_contents(files, manifest, where)
    sealed = _sealed_run(leaves, manifest, where)
    rules = _rules(leaves, sealed, manifest, where)
    grown = _grown(files, leaves, checkpoint, signer, where)
    proven = (
        f"all {len(manifest['files'])} files are those that were published as edition {manifest['edition']}",
        f"the publication, the sealed run {manifest['run']} and {len(leaves.by_number) - 2} more events that concern "
        f"it are on a log of {checkpoint.size} events, in this order",
        rules,
        *grown,
        trusted,
    )
    return BundleVerified(
        where, manifest["programme"], manifest["edition"], manifest["published_on"], manifest["run"],
        len(files.names), len(leaves.by_number), checkpoint.size, base64.b64encode(checkpoint.root).decode(),
        str(signer), key is not None, proven, NOT_PROVEN,
    )  # fmt: skip


# --- who signed ---------------------------------------------------------------------------------------------------


def _signed(files: Files, where: str) -> tuple[Checkpoint, PublicKey]:
    text = _read(files, f"{PROOF}/key.pub", where)
    key = read_key(_text(text, f"{where}/{PROOF}/key.pub"), where=f"{where}/{PROOF}/key.pub")
    if text != f"{key}\n".encode():
        raise _fault("is not a public key on a line", f"{where}/{PROOF}/key.pub")
    note = _read(files, f"{PROOF}/checkpoint", where)
    return read_checkpoint(note, key, where=f"{where}/{PROOF}/checkpoint"), key


def _trusted(leaves: _Leaves, signer: PublicKey, given: str | None, where: str) -> str:
    """From the key the reader holds, along the hand-overs on the log, to the one that signed."""
    keys = [(said["facts"], number) for number, said in leaves.of(KEY)]
    chain: list[PublicKey] = []
    by: list[bool] = []
    for facts, number in keys:
        if facts["replaces"] == (str(chain[-1]) if chain else None):
            new = read_key(facts["key"], where=f"{where}, event {number}")
            by.append(bool(chain) and handed_over(chain[-1], new, facts["signature"]))
            chain.append(new)
    if not chain or chain[-1] != signer:
        raise _fault("is not the key in force on the log", f"{where}/{PROOF}/key.pub")
    if given is None:
        return (
            f"the checkpoint is signed with the key {signer}, which came with the bundle: compare it with the one "
            "that the publisher shows elsewhere, or give that one with --key"
        )
    held = read_key(given.strip(), where="the key given")
    if held not in chain or not all(by[chain.index(held) + 1 :]):
        raise NotVerified(
            "the bundle is not signed with the key given, nor with one that it handed over to",
            where=f"{where}/{PROOF}/checkpoint",
            cure="ask the publisher which key is theirs, by another way than this bundle",
        )
    return "the checkpoint is signed with the key given" + ("" if held == signer else ", handed over on the log")


# --- what is on the log -------------------------------------------------------------------------------------------


def _events(files: Files, checkpoint: Checkpoint, where: str) -> _Leaves:
    """Each line of events.jsonl with its path to the signed root, in the order of the log."""
    place = f"{where}/{PROOF}/events.jsonl"
    *lines, rest = _read(files, f"{PROOF}/events.jsonl", where).split(b"\n")
    paths = _proof(files, where)["inclusion"]
    numbers = [number for number, _path in paths]
    if rest or len(lines) != len(paths) or any(one >= two for one, two in pairwise(numbers)):
        raise _fault("does not list the events that are proven, in their order", place)
    said: dict[int, Mapping[str, Any]] = {}
    for line, (number, path) in zip(lines, paths, strict=True):
        hashes = _hashes(path, where)
        if root_from_inclusion(leaf_hash(line), number - 1, checkpoint.size, hashes) != checkpoint.root:
            raise _fault(f"holds an event that is not number {number} of the log that was signed", place)
        said[number] = json.loads(line)
    return _Leaves(said, checkpoint.size)


def _proof(files: Files, where: str) -> dict[str, Any]:
    place, content = f"{where}/{PROOF}/proof.json", _read(files, f"{PROOF}/proof.json", where)
    try:
        said: dict[str, Any] = json.loads(content)
        well = canonical(said) + b"\n" == content and set(said) == {"edition", "inclusion", "consistency"}
        well = well and all(type(number) is int and number > 0 for number, _path in said["inclusion"])
    except (ValueError, TypeError, RecursionError):
        said, well = {}, False
    if not well:
        raise _fault("is not a proof as it was written", place)
    return said


def _hashes(texts: Any, where: str) -> list[bytes]:
    place = f"{where}/{PROOF}/proof.json"
    try:
        hashes = [base64.b64decode(text, validate=True) for text in texts]
    except (binascii.Error, ValueError, TypeError):
        raise _fault("is not a proof as it was written", place) from None
    if any(len(each) != 32 for each in hashes) or [base64.b64encode(each).decode() for each in hashes] != texts:
        raise _fault("is not a proof as it was written", place)
    return hashes


def _publication(leaves: _Leaves, where: str) -> Mapping[str, Any]:
    """The last event proven is the publication, and it names every other that must be here."""
    last = leaves.by_number.get(leaves.size, {"what": ""})
    if last["what"] != PUBLISHED or "concerns" not in last["facts"]:
        raise _fault("does not end with the publication of an edition", f"{where}/{PROOF}/events.jsonl")
    missing = {*last["facts"]["concerns"], leaves.size} ^ leaves.by_number.keys()
    if missing:
        raise _fault(f"drops or adds an event: number {min(missing)}", f"{where}/{PROOF}/events.jsonl")
    facts: Mapping[str, Any] = last["facts"]
    return facts


def _sealed_run(leaves: _Leaves, manifest: Mapping[str, Any], where: str) -> int:
    for number, said in leaves.of(SEALED):
        run, whole = said["facts"]["run"], said["facts"]["manifest"]
        if (run, whole, said["hash"]) == (manifest["run"], manifest["manifest_sha256"], manifest["ledger_head"]):
            return number
    raise _fault("names a sealed run that is not among the events", f"{where}/{MANIFEST}")


def _rules(leaves: _Leaves, sealed: int, manifest: Mapping[str, Any], where: str) -> str:
    """The order of leaves shows whether the rules came first. If they did not, it is said; a bundle can be whole and
    say so."""
    before = [(number, said["facts"]) for number, said in leaves.of(*RULES) if number < sealed]
    if not before or before[-1][1]["hash"] != manifest["rules_sha256"]:
        raise _fault("was not judged by the rules that were on the log", f"{where}/{MANIFEST}")
    number = before[-1][0]
    evidence = [each for each, _said in leaves.of(GATHERED)]
    early = sum(each < number for each in evidence)
    if not early:
        return f"the decision rules (event {number}) were logged before all evidence that they judge"
    return (
        f"the decision rules were changed (event {number}) after {early} of {len(evidence)} sources had been read: "
        "what changed is in events.jsonl and in the report"
    )


def _grown(files: Files, leaves: _Leaves, checkpoint: Checkpoint, signer: PublicKey, where: str) -> Sequence[str]:
    """The log of the edition before is the beginning of this one."""
    path, name = _proof(files, where)["consistency"], f"{PROOF}/previous-checkpoint"
    now = leaves.by_number[leaves.size]["facts"]["edition"]
    first: dict[int, int] = {}
    for number, said in leaves.of(PUBLISHED):
        if "concerns" in said["facts"] and said["facts"]["edition"] != now:
            first.setdefault(said["facts"]["edition"], number)
    if not first:
        if path is not None or name in files.names:
            raise _fault("is of an edition that is not among the events", f"{where}/{name}")
        return ()
    edition, size = list(first.items())[-1]
    key = _key_then(leaves, size, signer, where)
    before = read_checkpoint(_read(files, name, where), key, where=f"{where}/{name}")
    hashes = _hashes(path, where)
    if before.size != size or not is_consistent(size, checkpoint.size, before.root, checkpoint.root, hashes):
        raise _fault("is not of the beginning of this log: the log was written anew", f"{where}/{name}")
    return (f"since edition {edition} ({size} events) the log was only added to",)


def _key_then(leaves: _Leaves, size: int, signer: PublicKey, where: str) -> PublicKey:
    key: PublicKey | None = None
    for number, said in leaves.of(KEY):
        if number <= size and said["facts"]["replaces"] == (str(key) if key else None):
            key = read_key(said["facts"]["key"], where=f"{where}, event {number}")
    return key or signer


# --- what was published -------------------------------------------------------------------------------------------


def _manifest(files: Files, published: Mapping[str, Any], where: str) -> dict[str, Any]:
    content = _read(files, MANIFEST, where)
    if hashlib.sha256(content).hexdigest() != published["seal_sha256"]:
        raise _fault("is not the manifest that was published", f"{where}/{MANIFEST}")
    said: dict[str, Any] = json.loads(content)
    if (said["edition"], said["run"]) != (published["edition"], published["run"]):
        raise _fault("is of another edition", f"{where}/{MANIFEST}")
    if _proof(files, where)["edition"] != said["edition"]:
        raise _fault("is of another edition", f"{where}/{PROOF}/proof.json")
    return said


def _check_names(files: Files, manifest: Mapping[str, Any], published: Mapping[str, Any], where: str) -> None:
    proofs = {"checkpoint", "events.jsonl", "key.pub", "proof.json"}
    expected = {*manifest["files"], MANIFEST, *(f"{PROOF}/{name}" for name in proofs)}
    for name in sorted(files.names ^ expected - {f"{PROOF}/previous-checkpoint"}):
        if name != f"{PROOF}/previous-checkpoint":
            how = "is missing" if name in expected else "is in the bundle and was not published with it"
            raise _fault(how, f"{where}/{name}")


def _check_contents(files: Files, manifest: Mapping[str, Any], where: str) -> None:
    for name, sha256 in manifest["files"].items():
        if files.sha256(name) != sha256:
            raise _fault("is not the file that was published", f"{where}/{name}")


def _read(files: Files, name: str, where: str) -> bytes:
    if name not in files.names:
        raise _fault("is missing", f"{where}/{name}")
    return files.read(name)


def _text(content: bytes, where: str) -> str:
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise _fault("is not as it was written", where) from None


def _fault(what: str, where: str) -> NotVerified:
    return NotVerified(
        f"this file of the bundle {what}",
        where=where,
        cure="do not rely on this bundle; get it again from the publisher, and ask them if it is the same",
    )
