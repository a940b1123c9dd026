"""The tree on disk: one file of hashes, only ever added to, from which any proof is read in a few steps.

After each leaf's hash come the nodes it completes, lowest first. A node of level L whose last leaf is leaf m (0 the
first) is then the entry 2m − ones(m) + L, so nothing needs an index; n leaves are 2n − ones(n) entries of 32 bytes.

Everything in it follows from the log. A writer that is killed leaves it short or torn, and the next one catches up.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from .._durable import opened
from ..errors import LedgerBroken
from .merkle import EMPTY, Frontier, RangeHash, consistency, inclusion, leaf_hash, node_hash

__all__ = ["Tree"]

_BYTES = 32
_AT_ONCE = 1 << 20
"""Bytes of hashes held before they are written."""


class Tree:
    """The hashes of a growing tree. Writers hold the ledger's lock; readers need none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def size(self) -> int:
        """Leaves whose hashes are all there."""
        try:
            return _leaves(self.path.stat().st_size // _BYTES)
        except FileNotFoundError:
            return 0

    def append(self, leaves: Iterable[bytes]) -> int:
        """Add leaves and return the new size. Memory does not grow with their number."""
        with opened(self.path, os.O_RDWR | os.O_CREAT) as file:
            size = _leaves(os.fstat(file).st_size // _BYTES)
            frontier = Frontier(size, [_at(file, level, last) for level, last in _whole(0, size)])
            end, held = _BYTES * _entries(size), bytearray()
            os.ftruncate(file, end)  # what a killed writer left of a leaf
            for data in leaves:
                held += b"".join(frontier.add(leaf_hash(data)))
                if len(held) >= _AT_ONCE:
                    end, held = _written(file, held, end), bytearray()
            _written(file, held, end)
            os.fsync(file)
            return frontier.size

    def root(self, size: int) -> bytes:
        """Root of the first `size` leaves."""
        if not size:
            return EMPTY
        with opened(self.path, os.O_RDONLY) as file:
            return _range(file, self.path)(0, size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Proof that leaf `index` (0 first) is in the tree of the first `size` leaves."""
        with opened(self.path, os.O_RDONLY) as file:
            return inclusion(index, size, _range(file, self.path))

    def inclusions(self, indices: Iterable[int], size: int) -> Iterable[list[bytes]]:
        """The same for many leaves. Neighbours share most of their paths, so a few hashes are kept between them."""
        with opened(self.path, os.O_RDONLY) as file:
            of = lru_cache(maxsize=256)(_range(file, self.path))
            for index in indices:
                yield inclusion(index, size, of)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Proof that the tree of `new` leaves only added to the tree of `old`."""
        with opened(self.path, os.O_RDONLY) as file:
            return consistency(old, new, _range(file, self.path))


def _entries(leaves: int) -> int:
    return 2 * leaves - leaves.bit_count()


def _leaves(entries: int) -> int:
    """The most leaves that so many entries hold whole."""
    low = entries // 2
    while _entries(low + 1) <= entries:
        low += 1
    return low


def _whole(start: int, end: int) -> Iterable[tuple[int, int]]:
    """The whole subtrees of a range, largest first: (level, last leaf). `start` is a multiple of the largest."""
    while start < end:
        level = (end - start).bit_length() - 1
        start += 1 << level
        yield level, start - 1


def _at(file: int, level: int, last: int) -> bytes:
    return os.pread(file, _BYTES, _BYTES * (_entries(last) + level))


def _range(file: int, path: Path) -> RangeHash:
    def of(start: int, end: int) -> bytes:
        hashes = [_at(file, level, last) for level, last in _whole(start, end)]
        if any(len(each) != _BYTES for each in hashes):
            raise LedgerBroken("the tree is shorter than the log", where=path, cure=REMAKE)
        *rest, root = hashes
        for left in reversed(rest):
            root = node_hash(left, root)
        return root

    return of


REMAKE = "remove this file: it is made anew from the log the next time something is written"


def _written(file: int, held: bytes | bytearray, end: int) -> int:
    """Where the next bytes go."""
    at = 0
    while at < len(held):
        at += os.pwrite(file, held[at:], end + at)
    return end + at
