"""The tree, its proofs and signed notes against vectors from elsewhere: Certificate Transparency's and Go's."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairhearing.errors import NotVerified
from fairhearing.ledger import merkle, notes
from fairhearing.ledger.tree import Tree

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
"""The eight leaves of the Certificate Transparency test vectors."""

_ROOTS = """
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
"""
ROOTS = _ROOTS.split()

INCLUSION = {
    (1, 1): "",
    (1, 8): """96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7
               5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e
               6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4""",
    (6, 8): """bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b
               ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0
               d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7""",
    (3, 3): "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    (2, 5): """6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
               5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e
               bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b""",
}
"""(leaf, 1 the first; size of the tree) → the path."""

CONSISTENCY = {
    (1, 1): "",
    (1, 8): """96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7
               5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e
               6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4""",
    (6, 8): """0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a
               ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0
               d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7""",
    (2, 5): """5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e
               bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b""",
}
"""(old size, new size) → the proof."""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path / "tree")
    assert tree.append(LEAVES) == 8
    return tree


def hashes(text: str) -> list[bytes]:
    return [bytes.fromhex(word) for word in text.split()]


@pytest.mark.parametrize("size", range(9))
def test_roots(tree: Tree, size: int) -> None:
    assert tree.root(size).hex() == ROOTS[size]
    assert merkle.tree_hash(merkle.leaf_hash(each) for each in LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("leaf", "size"), INCLUSION)
def test_inclusion(tree: Tree, leaf: int, size: int) -> None:
    path = tree.inclusion(leaf - 1, size)
    assert path == hashes(INCLUSION[leaf, size])
    root = merkle.root_from_inclusion(merkle.leaf_hash(LEAVES[leaf - 1]), leaf - 1, size, path)
    assert root is not None
    assert root.hex() == ROOTS[size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency(tree: Tree, old: int, new: int) -> None:
    path = tree.consistency(old, new)
    assert path == hashes(CONSISTENCY[old, new])
    assert merkle.is_consistent(old, new, *(bytes.fromhex(ROOTS[size]) for size in (old, new)), path)


def test_a_leaf_cannot_pass_for_a_node() -> None:
    """The reason for the zero and the one before what is hashed."""
    left, right = (merkle.leaf_hash(each) for each in LEAVES[:2])
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


# --- signed notes -------------------------------------------------------------------------------------------------

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="


def test_the_key_and_signature_of_the_note_in_the_go_documentation() -> None:
    key = notes.read_key(PETER, where="test")
    mark = base64.b64decode(SIGNATURE)
    assert (str(key), key.name, key.id.hex()) == (PETER, "PeterNeumann", "c74f20a3")
    assert mark[:4] == key.id
    assert key.signed(TEXT, mark[4:])
    assert not key.signed(TEXT + b" ", mark[4:])


@pytest.fixture
def private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def test_a_checkpoint_has_the_lines_of_the_specification(private: Ed25519PrivateKey) -> None:
    key = notes.public_key("example.com/log", private)
    said = notes.Checkpoint("example.com/log", 8, bytes.fromhex(ROOTS[8]))
    note = notes.signed_checkpoint(said, key, private)
    assert note.decode().split("\n")[:5] == [
        "example.com/log", "8", base64.b64encode(bytes.fromhex(ROOTS[8])).decode(), "", note.decode().split("\n")[4],
    ]  # fmt: skip
    assert note.decode().split("\n")[4].startswith("— example.com/log ")
    assert notes.signed_checkpoint(said, key, private) == note, "signing draws nothing at random"
    assert notes.read_checkpoint(note, key, where="x") == said


def test_every_single_bit_of_a_checkpoint_and_of_a_key_counts(private: Ed25519PrivateKey) -> None:
    key = notes.public_key("log", private)
    note = notes.signed_checkpoint(notes.Checkpoint("log", 8, bytes.fromhex(ROOTS[8])), key, private)
    for bit in range(8 * len(note)):
        changed = bytearray(note)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NotVerified):
            notes.read_checkpoint(bytes(changed), key, where="x")
    for bit in range(8 * len(str(key))):
        text = bytearray(str(key).encode())
        text[bit // 8] ^= 1 << bit % 8
        with pytest.raises((NotVerified, UnicodeDecodeError)):
            notes.read_key(text.decode("ascii"), where="x")


def test_another_key_of_the_same_name_did_not_sign(private: Ed25519PrivateKey) -> None:
    key = notes.public_key("log", private)
    note = notes.signed_checkpoint(notes.Checkpoint("log", 1, bytes(32)), key, private)
    other = notes.public_key("log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    with pytest.raises(NotVerified, match="not signed with the key log"):
        notes.read_checkpoint(note, other, where="x")
