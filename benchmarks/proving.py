"""The log's tree at scale, and tampering with a bundle: what `benchmarks/RESULTS.md` reports.

    python benchmarks/proving.py [LEAVES] [TAMPERINGS]

A million leaves are appended to the tree on disk, every one is proven and every proof checked; then a bundle is
tampered with in ten thousand ways, each of which must be noticed.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fairhearing.errors import NotVerified
from fairhearing.ledger import merkle
from fairhearing.ledger.bundles import check_files
from fairhearing.ledger.files import InMemory
from fairhearing.ledger.tree import Tree
from tests import bundles


def leaf(number: int) -> bytes:
    return b'{"event":%d,"facts":{},"hash":"%064x","on":"2026-11-22","what":"status recorded"}' % (number, number)


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def million(folder: Path, leaves: int) -> None:
    tree, before = Tree(folder / "tree"), memory()
    start, used = time.perf_counter(), time.process_time()
    for first in range(1, leaves + 1, 10_000):
        tree.append(leaf(number) for number in range(first, min(first + 10_000, leaves + 1)))
    appended = time.perf_counter()
    root = tree.root(leaves)
    for index, path in enumerate(tree.inclusions(range(leaves), leaves)):
        if merkle.root_from_inclusion(merkle.leaf_hash(leaf(index + 1)), index, leaves, path) != root:
            raise SystemExit(f"leaf {index} is not proven")
    proven, used = time.perf_counter(), time.process_time() - used
    rng = random.Random(1)
    for old in (rng.randint(1, leaves) for _ in range(1000)):
        if not merkle.is_consistent(old, leaves, tree.root(old), root, tree.consistency(old, leaves)):
            raise SystemExit(f"the tree of {old} is not proven")
    grown = time.perf_counter()
    single = time.perf_counter()
    for number in range(1000):
        tree.append([leaf(leaves + number)])
    one = time.perf_counter() - single
    print(f"{leaves:,} leaves appended in {appended - start:.1f} s, {tree.path.stat().st_size / 1e6:.0f} MB on disk")
    print(f"every leaf proven and the proof checked in {proven - appended:.1f} s")
    print(f"processor time of both: {used:.1f} s")
    print(f"1,000 earlier trees proven to be its beginning in {grown - proven:.2f} s")
    print(f"one more leaf, synced to disk: {one:.2f} ms each")
    print(f"memory above what was there: {memory() - before:.0f} MB")


def tamper(folder: Path, times: int) -> None:
    places = bundles.two_editions(folder)
    one, two = (bundles.contents(place) for place in places)
    key = (places[1] / "proof" / "key.pub").read_text()
    missed: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    start = time.perf_counter()
    for kind, changed in islice(bundles.tamperings(two, one, random.Random(2026)), times):
        kinds[kind] += 1
        try:
            check_files(InMemory(changed), where="bundle", key=key)
            missed[kind] += 1
        except NotVerified:
            pass
    took = time.perf_counter() - start
    print(
        f"{times:,} tamperings of {len(kinds)} kinds in {took:.0f} s: {sum(missed.values())} unnoticed {dict(missed)}"
    )


def main() -> None:
    given = [int(word) for word in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        million(Path(folder), given[0] if given else 1_000_000)
        tamper(Path(folder), given[1] if len(given) > 1 else 10_000)


if __name__ == "__main__":
    main()
