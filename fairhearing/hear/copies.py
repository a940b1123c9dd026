"""Texts that are the same, or nearly the same: campaigns and templates, found so that every count can be given both
ways. Nothing is removed.

MinHash and banding propose pairs of texts, the exact Jaccard similarity of their words and word pairs decides (Broder
1997). A is near B and B near C does not make A near C: at a million texts chains would join strangers. So every text
of a group must also be near the group's representative, the text sent most often; those that are not form groups of
their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import rensa
from scipy import sparse
from scipy.sparse.csgraph import connected_components

__all__ = ["JACCARD", "NEAR_WORDS", "copies", "representatives"]

JACCARD = 0.6
"""Texts sharing at least this part of their words and word pairs are copies of one another: one word changed in eight
leaves .67. On real comments pairs at .6 are one text in two versions; at .5 some only share turns of phrase."""
NEAR_WORDS = 8
"""Shorter texts are copies only when they are equal: in a few words people coincide."""
_BANDS, _ROWS = 40, 4  # finds a pair at .6 with probability 1 − (1 − .6⁴)⁴⁰ ≈ .996, at .7 .99999
_LOOKS_NEAR = 0.4  # part of the MinHash that agrees; a pair at .6 falls below it once in 10 million
_AT_ONCE = 1 << 15  # texts hashed, and pairs compared, at a time

Ints = npt.NDArray[Any]


def copies(texts: Sequence[str]) -> Ints:
    """Group of each text, as the position of the first text of that group.

    texts: normalised (`words.normal`), in a fixed order. Returns (texts,) of int64; a lone text points to itself.
    """
    return _first_of(representatives(texts))


def representatives(texts: Sequence[str]) -> Ints:
    """Group of each text, as the position of its representative: the text sent most often, the first of equals."""
    encoded = pa.array(texts, pa.large_string()).dictionary_encode()
    distinct, which = encoded.dictionary, encoded.indices.to_numpy()
    first = np.unique(which, return_index=True)[1]
    sent = np.bincount(which, minlength=len(first))
    near = np.flatnonzero(pc.count_substring(distinct, " ").to_numpy() + 1 >= NEAR_WORDS)
    group = np.arange(len(first))
    if len(near) > 1:
        group[near] = near[_near(_Shingles.of(distinct.take(pa.array(near))), sent[near])]
    return np.asarray(first[group][which], np.int64)


def _first_of(group: Ints) -> Ints:
    """The same groups, each named by the first position in it."""
    _, first, number = np.unique(group, return_index=True, return_inverse=True)
    return np.asarray(first[number.reshape(-1)], np.int64)


# --- shingles ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Shingles:
    """Words and word pairs as numbers: those of text i are hashes[start[i]:start[i + 1]], sorted, each once."""

    hashes: Ints
    start: Ints
    digests: Ints
    """(texts, permutations)"""

    @classmethod
    def of(cls, texts: pa.Array) -> _Shingles:
        digests = np.empty((len(texts), _BANDS * _ROWS), np.uint32)  # the largest by far: filled, never copied
        hashes, sizes = list[Ints](), list[Ints]()
        for at in range(0, len(texts), _AT_ONCE):
            values, size, digests[at : at + _AT_ONCE] = _hashed(texts.slice(at, _AT_ONCE))
            hashes.append(values)
            sizes.append(size)
        start = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
        return cls(np.concatenate(hashes), start, digests)

    def jaccard(self, one: Ints, other: Ints) -> npt.NDArray[np.float64]:
        """Similarity of pairs of texts, (pairs,)."""
        lists = np.stack([one, other], axis=1).reshape(-1)
        size = self.start[lists + 1] - self.start[lists]
        pair = np.repeat(np.arange(len(lists)) // 2, size)
        within = np.arange(len(pair)) - np.repeat(np.cumsum(size) - size, size)
        values = self.hashes[np.repeat(self.start[lists], size) + within]
        order = np.lexsort((values, pair))
        pair, values = pair[order], values[order]
        twice = (pair[1:] == pair[:-1]) & (values[1:] == values[:-1])
        shared = np.bincount(pair[1:][twice], minlength=len(one))
        return shared / (size.reshape(-1, 2).sum(axis=1) - shared)


def _hashed(texts: pa.Array) -> tuple[Ints, Ints, Ints]:
    """Sorted distinct hashes of the shingles of some texts, how many each has, and their MinHashes."""
    lists = pc.split_pattern(texts, " ")
    words = pc.list_flatten(lists).dictionary_encode()
    known = np.array([_hash(word) for word in words.dictionary.to_pylist()], np.uint64)
    word = known[words.indices.to_numpy()]
    text = np.repeat(np.arange(len(texts)), pc.list_value_length(lists).to_numpy())
    beside = text[1:] == text[:-1]
    pairs = _mixed(word[:-1] * np.uint64(0x9E3779B97F4A7C15) + word[1:])[beside]
    values, owner = np.concatenate([word, pairs]), np.concatenate([text, text[1:][beside]])
    order = np.lexsort((values, owner))
    values, owner = values[order], owner[order]
    new = np.concatenate([[True], (values[1:] != values[:-1]) | (owner[1:] != owner[:-1])])
    values, size = values[new], np.bincount(owner[new], minlength=len(texts))
    return values, size, _digests(values, size)


def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _mixed(values: Ints) -> Ints:
    """Every bit of 64 made to depend on every other (Steele, Lea & Flood 2014)."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _digests(hashes: Ints, size: Ints) -> Ints:
    offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.uint64)
    made = rensa.RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, _BANDS * _ROWS, 20190225)
    return np.array(made.to_rows(), np.uint32)


# --- groups -----------------------------------------------------------------------------------------------------


def _near(shingles: _Shingles, sent: Ints) -> Ints:
    """Position of the representative of each text, among distinct texts. sent: (texts,) how often each was sent."""
    group, left = np.arange(len(sent)), np.arange(len(sent))
    while len(left) > 1:
        joined = _joined(shingles, left)
        leader = _leaders(joined, sent[left])
        apart = np.zeros(len(left), bool)
        for at in _chunks(np.flatnonzero(leader != np.arange(len(left)))):
            apart[at] = shingles.jaccard(left[leader[at]], left[at]) < JACCARD
        group[left[~apart]] = left[leader[~apart]]
        left = left[apart]
    return group


def _leaders(joined: Ints, sent: Ints) -> Ints:
    """Of each text, the text of its group sent most often, the first of equals."""
    best = np.lexsort((np.arange(len(sent)), -sent, joined))
    heads = best[np.concatenate([[True], joined[best][1:] != joined[best][:-1]])]
    leader = np.zeros(int(joined.max()) + 1, np.int64)
    leader[joined[heads]] = heads
    return leader[joined]


def _joined(shingles: _Shingles, places: Ints) -> Ints:
    """Number of the chain of near texts that each of some texts belongs to."""
    number = np.arange(len(places))
    for one, other in _proposed(shingles.digests, places):
        open_ = number[one] != number[other]
        one, other = one[open_], other[open_]
        near = np.zeros(len(one), bool)
        for at in _chunks(np.arange(len(one))):
            near[at] = _is_near(shingles, places[one[at]], places[other[at]])
        edges = (np.ones(int(near.sum())), (number[one[near]], number[other[near]]))
        chains = sparse.coo_matrix(edges, shape=(len(places), len(places)))
        number = connected_components(chains, directed=False)[1][number]
    return number


def _proposed(digests: Ints, places: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Pairs that agree in a band of their MinHash, band by band. A bucket of many texts proposes each with the first
    and with the one before it, so that a campaign costs no more than its size; one more value of the MinHash orders
    the bucket, or strangers would come between."""
    within = np.uint64(0xFFFFF)
    for band in range(_BANDS):
        part = digests[places, band * _ROWS : (band + 1) * _ROWS].astype(np.uint64)
        key = _mixed(_mixed(part[:, 0] << np.uint64(32) | part[:, 1]) + (part[:, 2] << np.uint64(32) | part[:, 3]))
        key = key & ~within
        beyond = digests[places, (band + 1) * _ROWS % digests.shape[1]].astype(np.uint64)
        order = np.argsort(key | (_mixed(beyond) & within), kind="stable")
        same = key[order][1:] == key[order][:-1]
        starts = np.maximum.accumulate(np.where(np.concatenate([[True], ~same]), np.arange(len(order)), 0))
        before, member, first = order[:-1][same], order[1:][same], order[starts[1:][same]]
        far = first != before
        yield np.concatenate([before, first[far]]), np.concatenate([member, member[far]])


def _is_near(shingles: _Shingles, one: Ints, other: Ints) -> npt.NDArray[np.bool_]:
    near = (shingles.digests[one] == shingles.digests[other]).mean(axis=1) >= _LOOKS_NEAR
    near[near] = shingles.jaccard(one[near], other[near]) >= JACCARD
    return near


def _chunks(places: Ints) -> Iterator[Ints]:
    for at in range(0, len(places), _AT_ONCE):
        yield places[at : at + _AT_ONCE]
