"""Which of many points lie together: nearest neighbours, and communities of the graph that they make.

Vectors are rounded to whole multiples of 1/2048 first. Products and sums of such numbers are exact in the arithmetic
used here, so they are the same on every machine, however many threads share the work and in whatever order they add.
Communities: Leiden (Traag, Waltman & van Eck 2019), as implemented in graspologic-native (MIT), with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import graspologic_native
import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = [
    "SCALE", "Found", "Nearest", "about", "broader", "communities", "graph", "joined", "nearest", "nearest_centre",
    "stability", "whole",
]  # fmt: skip

SCALE = 2048
_BLOCK, _PASSES, _TRIES = 512, 2, 10

_CENTRED = 5
"""Points of the smallest community that has a centre to speak of."""

Floats = npt.NDArray[Any]
Ints = npt.NDArray[Any]
Again = Callable[[sparse.csr_matrix, Ints, int], Ints]


def whole(vectors: Any) -> Any:
    """Vectors of length 1 as whole numbers of 1/2048, in float32; sparse stays sparse. A product of two rows is
    exact: at most 2048², well below the 2²⁴ to which float32 counts."""
    if sparse.issparse(vectors):
        made = vectors.tocsr().astype(np.float32)
        made.data = np.rint(made.data * SCALE).astype(np.float32)
        made.sort_indices()
        return made
    return np.rint(np.asarray(vectors, np.float32) * SCALE)


@dataclass(frozen=True)
class Nearest:
    """at: (points, k) positions of the nearest others, nearest first · alike: (points, k), 1 for equal points."""

    at: Ints
    alike: Floats


def nearest(vectors: Floats, words: sparse.csr_matrix, k: int, words_count: int) -> Nearest:
    """Exact nearest neighbours by the cosine of `vectors` plus that of `words` divided by `words_count`.

    vectors: (points, width), words: (points, terms), both by `whole`. Of equally near points the earlier comes first.
    """
    n = vectors.shape[0]
    k = min(k, n - 1)
    at, score = np.zeros((n, k), np.int64), np.zeros((n, k), np.int64)
    terms = words.T.tocsr()
    late = np.arange(n, dtype=np.int64)
    bits = max(int(n).bit_length(), 1)
    for start in range(0, n, _BLOCK):
        near = (vectors[start : start + _BLOCK] @ vectors.T).astype(np.int64) * words_count
        near += (words[start : start + _BLOCK] @ terms).toarray().astype(np.int64)
        key = (near << bits) - late  # no two are equal, so there is one answer
        key[np.arange(len(key)), np.arange(start, start + len(key))] = np.iinfo(np.int64).min
        best = np.argpartition(key, n - k, axis=1)[:, n - k :]
        order = np.argsort(-np.take_along_axis(key, best, 1), axis=1)
        at[start : start + _BLOCK] = np.take_along_axis(best, order, 1)
        score[start : start + _BLOCK] = np.take_along_axis(near, at[start : start + _BLOCK], 1)
    return Nearest(at, score / (SCALE * SCALE * (words_count + 1)))


def graph(found: Nearest) -> sparse.csr_matrix:
    """(points, points) symmetric: how alike two points are where either is among the other's nearest."""
    n, k = found.at.shape
    rows = np.repeat(np.arange(n), k)
    weight = np.maximum(found.alike.ravel(), 1e-6)
    one_way = sparse.csr_matrix((weight, (rows, found.at.ravel())), shape=(n, n))
    both = one_way.maximum(one_way.T).tocsr()
    both.sort_indices()
    return both


def communities(edges: sparse.csr_matrix, resolution: float, seed: int = 1) -> Ints:
    """(points,) number of the community of each, the largest first; of equal ones that of the earliest point."""
    n = edges.shape[0]
    _quality, found = graspologic_native.leiden_csr(
        edges.indptr.astype(np.int64), edges.indices.astype(np.int32), edges.data.astype(np.float64), n,
        resolution=resolution, seed=seed, iterations=_PASSES,
    )  # fmt: skip
    return by_size(np.array([found[i] for i in range(n)], np.int64))


def by_size(labels: Ints) -> Ints:
    """The same groups, numbered from the largest to the smallest."""
    _, first, number, size = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(first), np.int64)
    rank[np.lexsort((first, -size))] = np.arange(len(first))
    return np.asarray(rank[number.reshape(-1)], np.int64)


@dataclass(frozen=True)
class Found:
    """labels: (points,) · resolution: at which they were found."""

    labels: Ints
    resolution: float


def about(edges: sparse.csr_matrix, number: int, at_least: int) -> Found:
    """Communities at the resolution at which about `number` of them have `at_least` points: the nearest tried."""
    low, high = 0.02, 200.0
    best: tuple[int, Found] | None = None
    for _ in range(_TRIES):
        middle = float((low * high) ** 0.5)
        labels = communities(edges, middle)
        n = int((np.bincount(labels) >= at_least).sum())
        if best is None or abs(n - number) < best[0]:
            best = (abs(n - number), Found(labels, middle))
        if n == number:
            break
        fragments = int(labels.max()) + 1 > 4 * max(number, 1)
        low, high = (middle, high) if n < number and not fragments else (low, middle)
    return best[1] if best else Found(np.zeros(edges.shape[0], np.int64), 1.0)


def joined(vectors: Floats, labels: Ints, alike: float) -> Ints:
    """(points,) the communities with those joined whose centres are at least so alike, the most alike first, until
    none are. vectors: (points, width), by `whole`.

    The more is said of one thing, the more communities it is cut into: modularity likes them of one size (Fortunato &
    Barthélemy 2007). How far apart centres lie does not depend on how many points there are."""
    n = int(labels.max()) + 1
    member = sparse.csr_matrix((np.ones(len(labels)), (np.arange(len(labels)), labels)), shape=(len(labels), n))
    total = np.asarray(member.T @ vectors.astype(np.float64))
    of, alive = np.arange(n), np.flatnonzero(np.bincount(labels) >= _CENTRED).tolist()
    while len(alive) > 1:
        centres = total[alive] / np.maximum(np.linalg.norm(total[alive], axis=1, keepdims=True), 1e-9)
        near = np.round(centres @ centres.T, 9)
        near[np.tril_indices(len(alive))] = -np.inf
        one, other = (alive[i] for i in np.unravel_index(int(near.argmax()), near.shape))
        if near.max() < alike:
            break
        total[one] += total[other]
        of[of == other] = one
        alive.remove(other)
    return by_size(of[labels])


def stability(
    edges: sparse.csr_matrix, labels: Ints, again: Again, rng: np.random.Generator, runs: int = 10,
    kept: tuple[float, float] = (0.80, 0.95),
) -> Floats:  # fmt: skip
    """(communities,) mean over reruns, on random parts of the points, of the greatest Jaccard similarity between a
    community and any community of the rerun, among the points that are in both (Hennig 2007). 1: always found again;
    below .5 it is dissolved more often than not. again: labels of some points, from their graph, their positions and
    a seed, found as the communities were."""
    n, number = len(labels), int(labels.max()) + 1
    total = np.zeros(number)
    for run in range(runs):
        part = np.flatnonzero(rng.random(n) < rng.uniform(*kept))
        other = again(edges[part][:, part].tocsr(), part, run + 2)
        total += _best_jaccard(labels[part], other, number)
    return total / runs


def _best_jaccard(one: Ints, other: Ints, number: int) -> Floats:
    both = sparse.coo_matrix((np.ones(len(one)), (one, other)), shape=(number, int(other.max()) + 1)).toarray()
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    return np.asarray((both / np.maximum(either, 1)).max(axis=1))


def broader(edges: sparse.csr_matrix, labels: Ints, number: int) -> Ints:
    """(communities,) the broader community of each, at most `number` of them: the two whose joining adds most to the
    modularity are joined, again and again (Clauset, Newman & Moore 2004). A point of label -1 counts for nothing."""
    n = int(labels.max()) + 1
    inside = np.flatnonzero(labels >= 0)
    member = sparse.csr_matrix((np.ones(len(inside)), (inside, labels[inside])), shape=(len(labels), n))
    between = np.round((member.T @ edges @ member).toarray(), 6)
    of, alive = np.arange(n), list(range(n))
    total = max(float(between.sum()), 1e-9)
    while len(alive) > number:
        part = between[np.ix_(alive, alive)]
        degree = part.sum(axis=1)
        gain = np.round(part / total - np.outer(degree, degree) / total**2, 12)
        gain[np.tril_indices(len(alive))] = -np.inf
        one, other = (alive[i] for i in np.unravel_index(int(gain.argmax()), gain.shape))
        between[one] += between[other]
        between[:, one] += between[:, other]
        of[of == other] = one
        alive.remove(other)
    return np.unique(of, return_inverse=True)[1].reshape(-1)


def nearest_centre(vectors: Floats, centres: Floats) -> tuple[Ints, Floats, Floats]:
    """Of each point the nearest centre, how alike they are, and by how much more than the next. All by `whole`."""
    alike = (vectors @ centres.T).astype(np.float64) / (SCALE * SCALE)
    best = alike.argmax(axis=1)
    first = alike[np.arange(len(best)), best]
    second = np.partition(alike, -2, axis=1)[:, -2] if alike.shape[1] > 1 else np.zeros(len(best))
    return np.asarray(best, np.int64), first, first - second
