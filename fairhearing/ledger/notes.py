"""Signed notes and checkpoints: a few lines of text that a program and a person can both read.

    fairhearing/prevent-london                       origin: whose log
    27                                               leaves
    3Jr0...=                                         root of the tree over them, base64
                                                     (an empty line)
    — fairhearing/prevent-london aX3f...=            who signed: four bytes of the key's id, then Ed25519

The forms are C2SP's signed-note and tlog-checkpoint. They are read strictly: one text for one meaning, so that a
single bit cannot be changed without the signature, the key's id or the form showing it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ..errors import NotVerified

__all__ = ["Checkpoint", "PublicKey", "public_key", "read_checkpoint", "read_key", "signed_checkpoint"]

_ED25519 = b"\x01"
_DO_NOT_RELY = "do not rely on it; ask the publisher for the file again, and where it was changed"


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 key and the name of the log it signs."""

    name: str
    raw: bytes
    """32 bytes."""

    @property
    def id(self) -> bytes:
        """Four bytes that say which key signed (they prove nothing)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        """As it is published: name+id+key."""
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.raw)}"

    def signed(self, text: bytes, signature: bytes) -> bool:
        """Whether this key signed that text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Checkpoint:
    """What was signed: the root of a log's tree at one size."""

    origin: str
    size: int
    root: bytes


def public_key(name: str, private: Ed25519PrivateKey) -> PublicKey:
    """The public half."""
    return PublicKey(name, private.public_key().public_bytes_raw())


def read_key(text: str, *, where: Path | str) -> PublicKey:
    """A key as published; NotVerified where it is not one, or was changed."""
    found = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\n?", text)
    raw = _bytes(found[3]) if found else None
    if found and raw and len(raw) == 33 and raw[:1] == _ED25519:
        key = PublicKey(found[1], raw[1:])
        if key.id.hex() == found[2]:
            return key
    raise NotVerified(
        "this is not a public key as a log publishes it (name+id+key)",
        where=where,
        cure="take the line from the publisher's own page, whole and unchanged",
    )


def signed_checkpoint(said: Checkpoint, key: PublicKey, private: Ed25519PrivateKey) -> bytes:
    """The checkpoint as a signed note; the same every time, for Ed25519 draws nothing at random."""
    text = f"{said.origin}\n{said.size}\n{_base64(said.root)}\n".encode()
    return text + f"\n— {key.name} {_base64(key.id + private.sign(text))}\n".encode()


def read_checkpoint(note: bytes, key: PublicKey, *, where: Path | str) -> Checkpoint:
    """What the note says, once the signature of `key` over it is checked; NotVerified where it is not that."""
    pattern = rb"(([^\n]+)\n(0|[1-9][0-9]{0,17})\n([A-Za-z0-9+/=]+)\n)\n\xe2\x80\x94 ([^ \n]+) ([A-Za-z0-9+/=]+)\n"
    found = re.fullmatch(pattern, note)
    root = _bytes(found[4].decode()) if found else None
    mark = _bytes(found[6].decode()) if found else None
    if not found or root is None or len(root) != 32 or mark is None or len(mark) != 68:
        raise NotVerified("this is not a checkpoint as it was signed", where=where, cure=_DO_NOT_RELY)
    name = key.name.encode()
    if found[2] != name or found[5] != name or mark[:4] != key.id:
        raise NotVerified(
            f"this checkpoint is not signed with the key {key.name}+{key.id.hex()}", where=where, cure=_DO_NOT_RELY
        )
    if not key.signed(found[1], mark[4:]):
        raise NotVerified("the signature is not of this checkpoint: it is forged or changed", where=where,
                          cure=_DO_NOT_RELY)  # fmt: skip
    return Checkpoint(key.name, int(found[3]), root)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes | None:
    """Strictly: of the several texts that a lax reader takes for the same bytes, only the one that writing gives."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _base64(data) == text else None
