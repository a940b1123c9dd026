"""Texts that are the same, or nearly the same: campaigns and templates, found so that every count can be given both
ways. Nothing is removed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import rensa

__all__ = ["JACCARD", "NEAR_WORDS", "copies"]

JACCARD = 0.7
"""Texts sharing at least this part of their words and word pairs are copies of one another."""
NEAR_WORDS = 8
"""Shorter texts are copies only when they are equal: in a few words people coincide."""
_BANDS, _ROWS = 32, 4  # finds a pair at .7 with probability 1 − (1 − .7⁴)³² ≈ .9998


def copies(texts: Sequence[str]) -> np.ndarray:
    """Group of each text, as the position of the first text of that group.

    texts: normalised (`words.normal`), in a fixed order. Returns (texts,) of int64; a lone text points to itself.
    MinHash and banding propose pairs, the exact Jaccard similarity of words and word pairs decides: Broder (1997).
    """
    first: dict[str, int] = {}
    parent = np.array([first.setdefault(text, place) for place, text in enumerate(texts)], dtype=np.int64)
    long = [place for place in first.values() if texts[place].count(" ") + 1 >= NEAR_WORDS]
    shingles = {place: _shingles(texts[place]) for place in long}
    for one, other in _proposed(long, shingles):
        a, b = _root(parent, one), _root(parent, other)
        if a != b and _jaccard(shingles[one], shingles[other]) >= JACCARD:
            parent[max(a, b)] = min(a, b)
    return np.array([_root(parent, place) for place in range(len(texts))], dtype=np.int64)


def _shingles(text: str) -> frozenset[str]:
    words = text.split()
    return frozenset(words) | {f"{a} {b}" for a, b in pairwise(words)}


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def _proposed(places: list[int], shingles: dict[int, frozenset[str]]) -> list[tuple[int, int]]:
    """Pairs that agree in at least one band of their MinHash, each once, in order. A bucket of many texts proposes
    each with the first and with the one before it, so that a campaign costs no more than its size."""
    if len(places) < 2:
        return []
    digests = np.array([_digest(shingles[place]) for place in places], dtype=np.uint32)
    pairs: set[tuple[int, int]] = set()
    for band in range(_BANDS):
        part = np.ascontiguousarray(digests[:, band * _ROWS : (band + 1) * _ROWS])
        _, bucket = np.unique(
            part.view(np.dtype((np.void, part.dtype.itemsize * _ROWS))).ravel(), return_inverse=True
        )
        order = np.argsort(bucket, kind="stable")
        starts = np.flatnonzero(np.diff(bucket[order], prepend=-1))
        for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
            members = [places[place] for place in order[start:end]]
            for before, member in pairwise(members):
                pairs.update({(before, member), (members[0], member)})
    return sorted(pairs)


def _digest(shingles: frozenset[str]) -> list[int]:
    made = rensa.RMinHash(num_perm=_BANDS * _ROWS, seed=20190225)
    made.update(sorted(shingles))
    return made.digest()


def _root(parent: np.ndarray, place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = int(parent[place])
    return place
