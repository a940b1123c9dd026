"""The tree on disk against the recursive definitions of RFC 6962 (2.1, 2.1.1, 2.1.2), written out word for word."""

from __future__ import annotations

import hashlib
import random

import pytest

from fairhearing.ledger import merkle
from fairhearing.ledger.tree import Tree

SIZES = [*range(1, 20), 31, 32, 33, 63, 64, 65, 100]


def mth(leaves: list[bytes]) -> bytes:
    """Merkle Tree Hash."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """Audit path."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """Consistency proof: PROOF and SUBPROOF."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*proof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*proof(m - k, leaves[k:], False), mth(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


LEAVES = [f"leaf {number}".encode() * (number % 5) for number in range(max(SIZES))]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Grown in uneven steps, as a log grows."""
    tree, rng, at = Tree(tmp_path_factory.mktemp("tree") / "tree"), random.Random(6962), 0
    while at < len(LEAVES):
        step = rng.randint(1, 9)
        at = tree.append(LEAVES[at : at + step])
    return tree


@pytest.mark.parametrize("size", SIZES)
def test_every_proof_is_the_one_defined_and_holds(tree: Tree, size: int) -> None:
    leaves = LEAVES[:size]
    root = mth(leaves)
    assert tree.root(size) == root
    for index in range(size):
        made = tree.inclusion(index, size)
        assert made == path(index, leaves)
        assert merkle.root_from_inclusion(merkle.leaf_hash(leaves[index]), index, size, made) == root
    for old in range(1, size + 1):
        made = tree.consistency(old, size)
        assert made == proof(old, leaves)
        assert merkle.is_consistent(old, size, mth(leaves[:old]), root, made)


@pytest.mark.parametrize("size", [2, 5, 8, 13, 33])
def test_a_proof_that_is_touched_does_not_hold(tree: Tree, size: int) -> None:
    """Another leaf, place or size, one hash more, less, changed or moved."""
    root = tree.root(size)
    for index in range(size):
        hashed, made = merkle.leaf_hash(LEAVES[index]), tree.inclusion(index, size)
        wrong = [[*made, root], made[:-1], [bytes(32), *made[1:]], [*made[1:], made[0]] if made[1:] else [root]]
        for each in wrong:
            assert each == made or merkle.root_from_inclusion(hashed, index, size, each) != root
        for other in range(size + 2):
            if other != index:
                assert merkle.root_from_inclusion(hashed, other, size, made) != root
    for old in range(1, size):
        made, before = tree.consistency(old, size), tree.root(old)
        for each in ([*made, root], made[:-1], [bytes(32), *made[1:]], []):
            assert not merkle.is_consistent(old, size, before, root, each)
        assert not merkle.is_consistent(old, size, root, root, made)
        assert not merkle.is_consistent(old, size, before, before, made)


def test_from_nothing_anything_grows_and_nothing_shrinks() -> None:
    root = mth(LEAVES[:3])
    assert merkle.is_consistent(0, 3, merkle.EMPTY, root, [])
    assert not merkle.is_consistent(0, 3, root, root, [])
    assert not merkle.is_consistent(3, 2, root, root, [])
    assert merkle.is_consistent(3, 3, root, root, [])
    assert not merkle.is_consistent(3, 3, root, root, [root])
