"""Nearest neighbours and communities against slow, obvious versions."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import sparse

from fairhearing.stats import communities as pure

SEEDS = [1, 2, 3]


def points(seed: int, n: int = 700) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Some of them equal, so that ties must be broken."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 24))
    vectors[::7] = vectors[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = sparse.random(n, 60, 0.1, random_state=np.random.default_rng(seed), format="csr")
    length = np.sqrt(np.asarray(words.multiply(words).sum(axis=1)).ravel())
    words = sparse.diags(1 / np.where(length > 0, length, 1)) @ words
    return pure.whole(vectors), pure.whole(words)


@pytest.mark.parametrize("seed", SEEDS)
def test_neighbours_are_what_comparing_every_pair_finds(seed: int) -> None:
    """In Python's whole numbers, which are exact: so the fast version must be equal, not near."""
    vectors, words = points(seed)
    found = pure.nearest(vectors, words, 5, 2)
    dense = [[int(each) for each in row] for row in np.hstack([vectors, words.toarray()])]
    for i in range(0, len(dense), 97):
        scores = [
            2 * sum(a * b for a, b in zip(dense[i][:24], row[:24], strict=True))
            + sum(a * b for a, b in zip(dense[i][24:], row[24:], strict=True))
            for row in dense
        ]
        order = sorted((j for j in range(len(dense)) if j != i), key=lambda j: (-scores[j], j))[:5]
        assert found.at[i].tolist() == order
        assert found.alike[i].tolist() == [scores[j] / (3 * 2048**2) for j in order]


@pytest.mark.parametrize("seed", SEEDS)
def test_whole_numbers_add_up_the_same_in_any_order(seed: int) -> None:
    vectors, _words = points(seed)
    turned = np.random.default_rng(seed).permutation(vectors.shape[1])
    assert (vectors @ vectors.T == vectors[:, turned] @ vectors[:, turned].T).all()


def cliques(sizes: list[int], bridge: float = 0.01) -> sparse.csr_matrix:
    """Groups all of whose members are linked, each group with a weak link to the next."""
    n = sum(sizes)
    matrix = np.zeros((n, n))
    start = 0
    for size in sizes:
        for i, j in combinations(range(start, start + size), 2):
            matrix[i, j] = matrix[j, i] = 1
        if start:
            matrix[start - 1, start] = matrix[start, start - 1] = bridge
        start += size
    return sparse.csr_matrix(matrix)


def again(resolution: float) -> pure.Again:
    return lambda edges, _at, seed: pure.communities(edges, resolution, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_joined_are_the_two_most_alike_until_none_are(seed: int) -> None:
    """Slow twin: every pair of centres compared anew after each joining; the tiny community has no say."""
    rng = np.random.default_rng(seed)
    subjects = rng.normal(size=(4, 16))
    labels = np.repeat(np.arange(10), [40, 36, 33, 30, 27, 24, 21, 18, 15, 3])
    cloud = subjects[labels % 4] + rng.normal(size=(len(labels), 16)) * 0.8
    vectors = pure.whole(cloud / np.linalg.norm(cloud, axis=1, keepdims=True))
    groups = [{k} for k in range(9)]

    def alike(one: set[int], other: set[int]) -> float:
        a, b = (np.sum([vectors[labels == k].sum(axis=0) for k in each], axis=0) for each in (one, other))
        return float(a @ b / np.sqrt(float(a @ a) * float(b @ b)))

    while True:
        score, one, other = max((alike(a, b), i, j) for (i, a), (j, b) in combinations(list(enumerate(groups)), 2))
        if score < 0.65:
            break
        groups[one] |= groups.pop(other)
    found = pure.joined(vectors, labels, 0.65)
    made = {frozenset(np.unique(labels[found == k]).tolist()) for k in np.unique(found).tolist()}
    assert made == {frozenset(each) for each in [*groups, {9}]}
    assert len(groups) == 4  # the four subjects it was made of


def test_cliques_are_communities_and_always_found_again() -> None:
    edges = cliques([12, 20, 6, 15])
    labels = pure.communities(edges, 1.0)
    assert [np.unique(labels[a:b]).tolist() for a, b in ((0, 12), (12, 32), (32, 38), (38, 53))] == [
        [2],
        [0],
        [3],
        [1],
    ]
    assert pure.about(edges, 4, 3).labels.tolist() == labels.tolist()
    assert pure.stability(edges, labels, again(1.0), np.random.default_rng(1)).tolist() == [1.0] * 4


def test_a_split_that_is_not_there_is_not_stable() -> None:
    """One clique cut in two by hand: a rerun finds the whole, of which each half is a half."""
    edges = cliques([40])
    halves = np.repeat([0, 1], 20)
    stable = pure.stability(edges, halves, again(0.5), np.random.default_rng(1), runs=20)
    assert stable == pytest.approx([0.5, 0.5], abs=0.05)  # parts drawn are not exactly halves


def test_broader_communities_join_what_is_linked_most() -> None:
    """Modularity counted by hand over every way of joining three pairs of cliques into three."""
    edges = cliques([8] * 6).tolil()
    for one, other in ((0, 8), (16, 24), (32, 40)):
        for i in range(4):
            edges[one + i, other + i] = edges[other + i, one + i] = 1
    labels = np.repeat(np.arange(6), 8)
    of = pure.broader(edges.tocsr(), labels, 3)
    assert of.tolist() == [0, 0, 1, 1, 2, 2]
    assert modularity(edges.toarray(), of[labels]) == pytest.approx(
        max(modularity(edges.toarray(), np.array(way)[labels]) for way in PAIRINGS), abs=1e-12
    )


PAIRINGS = [
    [way.index(next(pair for pair in way if clique in pair)) for clique in range(6)]
    for way in (
        [(0, 1), (2, 3), (4, 5)], [(0, 1), (2, 4), (3, 5)], [(0, 1), (2, 5), (3, 4)], [(0, 2), (1, 3), (4, 5)],
        [(0, 2), (1, 4), (3, 5)], [(0, 3), (1, 2), (4, 5)], [(0, 4), (1, 5), (2, 3)], [(0, 5), (1, 2), (3, 4)],
    )
]  # fmt: skip


def modularity(edges: np.ndarray, labels: np.ndarray) -> float:
    total, degree = edges.sum(), edges.sum(axis=1)
    same = labels[:, None] == labels[None, :]
    return float(((edges / total - np.outer(degree, degree) / total**2) * same).sum())
