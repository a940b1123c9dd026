"""Words, pairs of words and parts of words as sparse vectors, weighted by how telling they are (TF-IDF)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise

import numpy as np
from scipy import sparse

from .words import folded

__all__ = ["Terms"]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
SHORTEST_PART, LONGEST_PART = 2, 5
LONGEST_TEXT, LONGEST_WORD = 20_000, 30


class Terms:
    """What a set of texts has taught of terms; `vectors` then reads any text. A block of words and pairs, and a block
    of parts of words that at least two of the texts hold: a slip of spelling then costs little."""

    def __init__(self, texts: Sequence[str]) -> None:
        read = [_words(text) for text in texts]
        self._parts_of: dict[str, tuple[int, ...]] = {}
        self._word = _numbered(({*words, *_pairs(words)} for words in read), at_least=1)
        self._part = _numbered((set(chain.from_iterable(map(_parts, words))) for words in read), at_least=2)
        self._rarity = [_rarity(block, len(texts)) for block in (self._word, self._part)]

    @property
    def width(self) -> int:
        return len(self._word) + len(self._part)

    def vectors(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """(texts, width) float32; each of the two blocks of a row has length √½, or 0 where no term is known."""
        read = [_words(text) for text in texts]
        word = self._word
        whole = _counted([[word[t] for t in chain(words, _pairs(words)) if t in word] for words in read], len(word))
        parts = _counted([list(chain.from_iterable(map(self._known, words))) for words in read], len(self._part))
        blocks = [_weighted(*pair) for pair in zip((whole, parts), self._rarity, strict=True)]
        return sparse.hstack(blocks, format="csr", dtype=np.float32)

    def _known(self, word: str) -> tuple[int, ...]:
        """Numbers of the parts of a word; each word is taken apart once."""
        found = self._parts_of.get(word)
        if found is None:
            part = self._part
            found = tuple(part[each] for each in _parts(word) if each in part)
            if len(self._parts_of) < 500_000:
                self._parts_of[word] = found
        return found


def _words(text: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded(text[:LONGEST_TEXT]).lower())]


def _pairs(words: list[str]) -> Iterable[str]:
    return (f"{one} {other}" for one, other in pairwise(words))


def _parts(word: str) -> list[str]:
    edged = f" {word} "
    return [
        edged[start : start + size]
        for size in range(SHORTEST_PART, LONGEST_PART + 1)
        for start in range(len(edged) - size + 1)
    ]


class _Numbered(dict[str, int]):
    """Terms in the order of the alphabet, and in how many texts each is."""

    held: np.ndarray


def _numbered(terms: Iterable[set[str]], at_least: int) -> _Numbered:
    count: dict[str, int] = {}
    for each in terms:
        for term in each:
            count[term] = count.get(term, 0) + 1
    kept = sorted(term for term, n in count.items() if n >= at_least)
    made = _Numbered({term: number for number, term in enumerate(kept)})
    made.held = np.array([count[term] for term in kept], np.float64)
    return made


def _rarity(block: _Numbered, texts: int) -> np.ndarray:
    return np.asarray(np.log((1 + texts) / (1 + block.held)) + 1, np.float32)


def _counted(found: list[list[int]], width: int) -> sparse.csr_matrix:
    starts = np.zeros(len(found) + 1, np.int64)
    np.cumsum([len(each) for each in found], out=starts[1:])
    columns = np.fromiter(chain.from_iterable(found), np.int32, int(starts[-1]))
    made = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=(len(found), width))
    made.sum_duplicates()
    return made


def _weighted(counts: sparse.csr_matrix, rarity: np.ndarray) -> sparse.csr_matrix:
    weighted = counts.copy()
    weighted.data = (1 + np.log(weighted.data)) * rarity[weighted.indices]
    square = np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel()
    length = np.sqrt(np.where(square > 0, 2 * square, 1)).astype(np.float32)
    weighted.data /= np.repeat(length, np.diff(weighted.indptr))
    return weighted
