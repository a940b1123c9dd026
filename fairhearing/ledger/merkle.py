"""Hashes, paths and proofs of a Merkle tree as in RFC 6962 (section 2.1) and RFC 9162 (section 2.1): no files here.

A leaf is hashed after a zero byte and a node after a one, so neither can pass for the other. `inclusion` and
`consistency` make proofs from any function that knows the hash of a range of leaves; the `root_from_…` functions and
`is_consistent` check them, and need nothing but the proof.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

__all__ = [
    "EMPTY", "Frontier", "consistency", "inclusion", "is_consistent", "leaf_hash", "node_hash", "root_from_inclusion",
    "tree_hash",
]  # fmt: skip

EMPTY = hashlib.sha256().digest()
"""The root of a tree without leaves."""

RangeHash: TypeAlias = Callable[[int, int], bytes]
"""(start, end) → hash of the leaves from `start` up to, not with, `end`, as RFC 6962 defines it."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two neighbours."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: one hash for every whole subtree, at most 64 of them."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """hashes: of the whole subtrees of `size` leaves, largest first."""
        self.size = size
        self._hashes = list(hashes)

    def add(self, hashed: bytes) -> list[bytes]:
        """Add a leaf's hash; returns it and the nodes it completes, lowest first."""
        made = [hashed]
        for _ in range((~self.size & (self.size + 1)).bit_length() - 1):
            made.append(node_hash(self._hashes.pop(), made[-1]))
        self._hashes.append(made[-1])
        self.size += 1
        return made

    def root(self) -> bytes:
        """The tree's root."""
        if not self._hashes:
            return EMPTY
        *rest, root = self._hashes
        for left in reversed(rest):
            root = node_hash(left, root)
        return root


def tree_hash(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in memory that does not grow with them."""
    frontier = Frontier()
    for hashed in hashes:
        frontier.add(hashed)
    return frontier.root()


def split(size: int) -> int:
    """The largest power of two below `size` (above 1)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion(index: int, size: int, of: RangeHash) -> list[bytes]:
    """The path from a leaf (0 first) to the root of the tree of the first `size` leaves, lowest first."""
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(of(middle, end))
            end = middle
        else:
            path.append(of(start, middle))
            start = middle
    path.reverse()
    return path


def consistency(old: int, new: int, of: RangeHash) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the tree of `old`; empty where they are equal."""
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while end != old:
        middle = start + split(end - start)
        if old <= middle:
            path.append(of(middle, end))
            end = middle
        else:
            path.append(of(start, middle))
            start, whole = middle, False
    if not whole:
        path.append(of(start, end))
    path.reverse()
    return path


def root_from_inclusion(hashed: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to (RFC 9162, 2.1.3.2); None where it is too long, too short or out of the tree."""
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, hashed
    for neighbour in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(neighbour, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, neighbour)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of `new` leaves only added to the tree of `old` (RFC 9162, 2.1.4.2); from nothing, anything
    grows."""
    if not 0 <= old <= new or (old in (0, new) and path):
        return False
    if old == 0:
        return old_root == EMPTY
    if old == new:
        return old_root == new_root
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    return bool(steps) and _roots(old - 1, new - 1, steps) == (old_root, new_root)


def _roots(place: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for neighbour in steps[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old, new = node_hash(neighbour, old), node_hash(neighbour, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, neighbour)
        place, last = place >> 1, last >> 1
    return (old, new) if last == 0 else None
