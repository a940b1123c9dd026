"""The words of a response as received, where details in them were replaced: kept sealed, for a named reviewer alone.

AES-SIV (RFC 5297) under a key derived (HKDF, RFC 5869) from the ledger's secret, which only the owner of the folder
may read. The same words give the same bytes, so that gathering can be repeated; the response's id is bound in, so
that no sealed words can be put under another.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import LedgerBroken

__all__ = ["sealed", "unsealed"]


def sealed(key: bytes, responses: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Each text as letters and digits that say nothing. key: the ledger's secret · responses: their ids."""
    cipher = _cipher(key)
    pairs = zip(responses, texts, strict=True)
    return [
        base64.b64encode(cipher.encrypt(text.encode("utf-8", "surrogatepass"), [id.encode()])).decode()
        for id, text in pairs
    ]


def unsealed(key: bytes, response: str, words: str, *, where: Path) -> str:
    """The text again; LedgerBroken where the key is another, or the words were changed."""
    try:
        return (
            _cipher(key)
            .decrypt(base64.b64decode(words, validate=True), [response.encode()])
            .decode("utf-8", "surrogatepass")
        )
    except (InvalidTag, binascii.Error):
        raise LedgerBroken(
            f"the sealed words of {response} do not open",
            where=where,
            cure="restore the ledger's own key from a backup: another cannot open them",
        ) from None


def _cipher(key: bytes) -> AESSIV:
    return AESSIV(HKDF(SHA256(), 64, salt=None, info=b"fairhearing: words as received").derive(key))
