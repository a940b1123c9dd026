"""Keys of a log: made on first use, changed by an event, the private half never published.

The log says which key signs: the latest event `signing key`. A change carries the old key's signature over the new
one, so that whoever trusted the old can follow; where the old is lost there is none, and readers must ask.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .._durable import create_once, explained, make_folder
from ..errors import LedgerBroken
from .lines import KEY, Event
from .log import Ledger
from .notes import PublicKey, public_key, read_key

__all__ = ["change_key", "handed_over", "key_at", "private_key", "signing_key"]


def key_at(events: Iterable[Event], *, where: Path) -> PublicKey | None:
    """The key in force after these events; None where there is none yet. Of two made at once the first counts."""
    key: PublicKey | None = None
    for event in events:
        if event.what == KEY and event.facts["replaces"] == (str(key) if key else None):
            key = read_key(event.facts["key"], where=where)
    return key


def signing_key(ledger: Ledger, origin: str, *, who: str) -> PublicKey:
    """The key in force, made now if there is none. origin: the log's name, without spaces or plus signs."""
    there = key_at(ledger.events(), where=ledger.folder)
    if there is None:
        facts = {"key": str(_made(ledger, origin)), "replaces": None, "signature": None}
        ledger.append(KEY, who=who, why="first use", facts=facts)
        there = key_at(ledger.events(), where=ledger.folder)
    if there is None:
        raise _lost(ledger.folder, "was made and is not on the log")
    private_key(ledger, there)  # before anything is logged that only it could sign
    return there


def change_key(ledger: Ledger, origin: str, *, who: str, why: str) -> PublicKey:
    """A new key from now on. The old one signs it, where it is still there."""
    old = key_at(ledger.events(), where=ledger.folder)
    new = _made(ledger, old.name if old else origin)
    signature = None
    if old is not None and _place(ledger, old).exists():
        signature = base64.b64encode(private_key(ledger, old).sign(_hand_over(new))).decode()
    facts = {"key": str(new), "replaces": str(old) if old else None, "signature": signature}
    ledger.append(KEY, who=who, why=why, facts=facts)
    return new


def handed_over(old: PublicKey, new: PublicKey, signature: str | None) -> bool:
    """Whether the old key signed that the new one replaces it."""
    return bool(signature) and old.signed(_hand_over(new), base64.b64decode(signature or ""))


def private_key(ledger: Ledger, key: PublicKey) -> Ed25519PrivateKey:
    """The private half, from the folder; LedgerBroken where it is not there or not its."""
    path = _place(ledger, key)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _lost(path, f"cannot be read: {error.strerror or error}") from None
    if len(raw) != 32 or public_key(key.name, Ed25519PrivateKey.from_private_bytes(raw)) != key:
        raise _lost(path, "is not the private half of the key in force")
    return Ed25519PrivateKey.from_private_bytes(raw)


def _made(ledger: Ledger, origin: str) -> PublicKey:
    """The private half is on disk, for the owner only, before anything names the public one."""
    private = Ed25519PrivateKey.generate()
    key = public_key(origin, private)
    path = _place(ledger, key)
    with explained(path, "no signing key could be made"):
        make_folder(path.parent)
        path.parent.chmod(0o700)
        create_once(path, private.private_bytes_raw())
    return key


def _place(ledger: Ledger, key: PublicKey) -> Path:
    return ledger.folder / "signing" / key.raw.hex()


def _hand_over(new: PublicKey) -> bytes:
    return f"fairhearing: this log is signed from now on with the key\n{new}\n".encode()


def _lost(path: Path, how: str) -> LedgerBroken:
    return LedgerBroken(
        f"the private signing key {how}",
        where=path,
        cure="restore it from a backup; if it is lost, begin a new one with `fairhearing key DIR --new --why …`",
    )
