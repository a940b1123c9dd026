"""Themes that nobody named before: what many people wrote about in like words or with a like meaning.

A response may speak of several things, so sentences are compared, not responses. Each distinct sentence is embedded
once; sentences near each other in meaning (the reader's vectors) and in telling words form a graph, whose communities
are the themes and whose communities of communities are the broad themes. Where there are very many sentences the
themes are found on some of them, chosen by their own letters and not by their place in the file, and the others join
the nearest theme. Nothing depends on the order of rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse

from ..stats import communities as pure
from .readers import Reader, unit
from .theme_words import Vocabulary
from .words import normal, nothing_because, sentences

__all__ = [
    "GRAIN", "LEAST_COMPARED", "MOST_COMPARED", "Discovered", "Sentences", "discover", "granularity",
    "sentences_of",
    "themes_wanted",
]  # fmt: skip

MOST_COMPARED = 16_000
"""Distinct sentences the themes are found on."""
NEIGHBOURS, WORDS_COUNT = 15, 2  # telling words count half as much as meaning
LEAST_COMPARED = 2 * NEIGHBOURS + 1
"""Distinct sentences below which each would be near to most: nothing to be found by comparing."""
SHORT, PIECE = 160, 100
"""Characters of a text that is compared whole, and of the shortest piece of a longer one: split further, a message
loses what its sentences share ("Hello. I paid by card. It failed.")."""
FLOOR = 0.02
"""Part of the sentences a theme was found on that lie too far from its centre to be counted to it."""
GRAIN = {"coarse": 0.5, "medium": 1.0, "fine": 2.0}
FEWEST, MOST = 4, 60
FINER = 4.0
"""Resolution, times that of the themes, at which small themes apart from the others are looked for."""
SAME = 0.65
"""Cosine of the centres of two themes that are one. Traffic in Austin was cut into five at .66 to .88."""
APART, ALONE, SMALL = 0.75, 0.33, 0.1
"""Least part of a small theme's links that stay inside it; most of its larger theme that it may be; how many such
small ones are taken, as a part of the themes."""
TIMES = 3.0
"""How many times commoner in one community than among the others makes a theme that community's own."""
CHUNK = 20_000

Say = Callable[[str], None]
Ints = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Sentences:
    """Every sentence that says something, and the distinct ones. response, start, end, which: (sentences,) ·
    texts: distinct, normalised, sorted · written: of each, a form in which it was written."""

    response: Ints
    start: Ints
    end: Ints
    which: Ints
    texts: list[str]
    written: list[str]


def sentences_of(texts: Sequence[str], read: np.ndarray) -> Sentences:
    """read: (texts,) false where a text is not to be read."""
    found: list[tuple[int, int, int]] = []
    plain: list[str] = []
    known: dict[str, bool] = {}
    written: dict[str, str] = {}
    for response in np.flatnonzero(read).tolist():
        for start, end in _parts(texts[response]):
            exact = texts[response][start:end]
            words = normal(exact)
            if words not in known:
                known[words] = nothing_because(exact, words) is None
            if known[words]:
                found.append((response, start, end))
                plain.append(words)
                if exact < written.setdefault(words, exact):
                    written[words] = exact
    distinct = sorted(written)
    place = {text: number for number, text in enumerate(distinct)}
    at = np.array(found, np.int64).reshape(-1, 3)
    which = np.array([place[each] for each in plain], np.int64)
    return Sentences(at[:, 0], at[:, 1], at[:, 2], which, distinct, [written[each] for each in distinct])


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """A short text is one thing said; of a longer one every sentence is, the short ones with those after them."""
    spans = list(sentences(text))
    if not spans:
        return
    first, last = spans[0][0], spans[-1][1]
    for (_, end), (start, _) in pairwise(spans) if last - first > SHORT else ():
        if end - first >= PIECE and last - end >= PIECE:
            yield first, end
            first = start
    yield first, last


@dataclass(frozen=True)
class Discovered:
    """theme: (distinct sentences,) number of its theme, -1 of none · alike, margin: (distinct sentences,) to its
    theme's centre, and how much more than to the next · broad, stability: (themes,) · inside: (themes,) part of a
    theme's links that stay in it · near: (themes, themes) how alike centres are · vocabulary, basis: of the sentences
    the themes were found on; their positions."""

    theme: Ints
    alike: np.ndarray
    margin: np.ndarray
    broad: Ints
    stability: np.ndarray
    inside: np.ndarray
    near: np.ndarray
    vocabulary: Vocabulary
    basis: Ints


def themes_wanted(texts: int, wanted: int | str) -> int:
    """How many themes to look for: the number given, or by the grain (coarse, medium, fine) and how much was said."""
    if isinstance(wanted, int):
        return wanted
    return round(min(max(0.7 * texts**0.5, FEWEST), MOST) * GRAIN[wanted])


def granularity(found: Discovered, wanted: int | str, kept: int) -> str:
    """What was asked for against what was found: how many themes there are is somebody's choice. kept: themes of
    enough people."""
    n = len(found.basis)
    asked = f"{wanted} by the user" if isinstance(wanted, int) else f"{wanted}, as {n:,} distinct sentences call for"
    return f"about {themes_wanted(n, wanted)} themes looked for ({asked}), {kept} found of which enough people speak"


def discover(
    said: Sentences, reader: Reader, *, wanted: int | str, at_least: int, rng: np.random.Generator,
    of: np.ndarray | None = None, say: Say = lambda _text: None,
) -> Discovered:  # fmt: skip
    """Themes of the distinct sentences. at_least: sentences of the smallest theme; of: (characteristics, distinct
    sentences) community of whoever wrote each, -1 unknown or several."""
    basis = _basis(said.texts)
    texts = [said.texts[i] for i in basis.tolist()]
    say(f"read {len(texts):,} of {len(said.texts):,} distinct sentences with {reader.name}")
    vectors, centre = _centred(reader, texts)
    vocabulary = Vocabulary.of([said.written[i] for i in basis.tolist()])
    say(f"compare {len(texts):,} distinct sentences")
    if len(texts) < LEAST_COMPARED:
        return _nothing(said, vocabulary, basis)
    near = pure.nearest(vectors, pure.whole(vocabulary.vectors()), NEIGHBOURS, WORDS_COUNT)
    edges = pure.graph(near)
    found = pure.about(edges, themes_wanted(len(texts), wanted), at_least)
    say("look for small themes, and how stable all are")
    large = _Way(vectors, found.resolution, None if isinstance(wanted, int) else SAME)
    small = _Way(vectors, found.resolution * FINER, None)
    themes, finer = large.labels(found.labels), small(edges, np.arange(len(texts)), 1)
    stable = pure.stability(edges, themes, large, rng)
    again = pure.stability(edges, finer, small, rng, runs=5)
    labels = _with_small(edges, themes, finer, at_least, None if of is None else of[:, basis])
    kept, labels = _large_enough(labels, at_least)
    if not len(kept):
        return _nothing(said, vocabulary, basis)
    both = np.concatenate([stable, again])
    centres = _centres(vectors, labels)
    broad = pure.broader(edges, labels, max(2, round(len(kept) ** 0.5))) if len(kept) > 3 else np.arange(len(kept))
    theme, alike, margin = _assigned(said, reader, basis, vectors, centre, centres, labels, say)
    return Discovered(
        theme, alike, margin, broad, both[kept], _inside(edges, labels)[: len(kept)],
        (centres @ centres.T) / pure.SCALE**2, vocabulary, basis,
    )  # fmt: skip


@dataclass(frozen=True)
class _Way:
    """How themes are found: communities at a resolution, those with centres as alike as `same` joined; None: none."""

    vectors: np.ndarray
    resolution: float
    same: float | None

    def __call__(self, edges: sparse.csr_matrix, at: Ints, seed: int) -> Ints:
        """(at,) labels of some sentences. edges: of these."""
        return self.labels(pure.communities(edges, self.resolution, seed), at)

    def labels(self, found: Ints, at: Ints | slice = slice(None)) -> Ints:
        return found if self.same is None else pure.joined(self.vectors[at], found, self.same)


def _nothing(said: Sentences, vocabulary: Vocabulary, basis: Ints) -> Discovered:
    """Too little was said for a theme."""
    n, none = len(said.texts), np.zeros(0)
    return Discovered(
        np.full(n, -1), np.zeros(n), np.zeros(n), np.zeros(0, np.int64), none, none, np.zeros((0, 0)), vocabulary,
        basis,
    )  # fmt: skip


def _basis(texts: Sequence[str]) -> Ints:
    """Positions of the sentences the themes are found on: all, or those whose hashes come first."""
    if len(texts) <= MOST_COMPARED:
        return np.arange(len(texts))
    keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts]
    order = sorted(range(len(texts)), key=lambda i: (keys[i], i))
    return np.sort(np.array(order[:MOST_COMPARED], np.int64))


def _centred(reader: Reader, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(texts, widths) whole numbers around what all texts share, and that centre."""
    vectors = reader.embed(texts)
    centre = pure.whole(vectors).astype(np.float64).sum(axis=0) / max(len(texts), 1) / pure.SCALE
    return _around(reader, vectors, centre), centre


def _around(reader: Reader, vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    blocks = np.split(vectors - centre.astype(np.float32), np.cumsum(reader.widths)[:-1], axis=1)
    made: np.ndarray = pure.whole(np.hstack([unit(block) for block in blocks]) / len(reader.widths) ** 0.5)
    return made


def _with_small(
    edges: sparse.csr_matrix, labels: Ints, finer: Ints, at_least: int, of: np.ndarray | None
) -> Ints:  # fmt: skip
    """Themes, with small ones taken out of the larger they were swallowed by: those of one community, and the few
    hardly linked to anything else. A small one keeps its number plus that of the themes."""
    inside, size = _inside(edges, finer), np.bincount(labels)
    made, number = labels.copy(), int(labels.max()) + 1
    places = [np.flatnonzero(finer == small) for small in range(len(inside))]
    swallowed = [
        small
        for small, at in enumerate(places)
        if len(at) >= at_least and len(at) < ALONE * size[np.bincount(labels[at]).argmax()]
    ]
    kinds = [] if of is None else list(of)
    own = [small for small in swallowed if any(_of_one_community(kind, places[small], at_least) for kind in kinds)]
    apart = sorted((small for small in swallowed if inside[small] >= APART), key=lambda i: (-inside[i], i))
    for small in {*own, *apart[: max(FEWEST, int(SMALL * (size >= at_least).sum()))]}:
        made[places[small]] = number + small
    return made


def _inside(edges: sparse.csr_matrix, labels: Ints) -> np.ndarray:
    """(communities,) part of the weight of each one's links that stays inside it; label -1, of none, comes last."""
    number = np.where(labels >= 0, labels, int(labels.max()) + 1)
    member = sparse.csr_matrix((np.ones(len(labels)), (np.arange(len(labels)), number)))
    between = np.round((member.T @ edges @ member).toarray(), 6)
    return np.asarray(np.round(between.diagonal() / np.maximum(between.sum(axis=1), 1e-9), 9))


def _of_one_community(of: np.ndarray, at: Ints, at_least: int) -> bool:
    """Whether one community writes so at least TIMES as often as the others do."""
    for community in np.unique(of[at][of[at] >= 0]).tolist():
        n = int((of[at] == community).sum())
        rest = int(((of[at] != community) & (of[at] >= 0)).sum())
        theirs, others = int((of == community).sum()), int(((of != community) & (of >= 0)).sum())
        if n >= at_least and n * others >= TIMES * max(rest, 1) * theirs:
            return True
    return False


def _large_enough(labels: Ints, at_least: int) -> tuple[Ints, Ints]:
    """Numbers of the themes of enough sentences, and labels numbered so; -1 for the rest."""
    size = np.bincount(labels)
    kept = np.flatnonzero(size >= at_least)
    kept = kept[np.lexsort((kept, -size[kept]))]
    rank = np.full(len(size), -1)
    rank[kept] = np.arange(len(kept))
    return kept, rank[labels]


def _centres(vectors: np.ndarray, labels: Ints) -> np.ndarray:
    """(themes, widths) whole numbers: the mean of each theme's sentences, made as long as theirs."""
    inside = np.flatnonzero(labels >= 0)
    shape = (len(labels), int(labels.max()) + 1)
    member = sparse.csr_matrix((np.ones(len(inside)), (inside, labels[inside])), shape=shape)
    mean = np.asarray(member.T @ vectors.astype(np.float64))
    made: np.ndarray = pure.whole(unit(mean))
    return made


def _assigned(
    said: Sentences, reader: Reader, basis: Ints, vectors: np.ndarray, centre: np.ndarray, centres: np.ndarray,
    labels: Ints, say: Say,
) -> tuple[Ints, np.ndarray, np.ndarray]:  # fmt: skip
    """Sentences the themes were found on keep theirs, the others take the nearest; none of them too far from it."""
    n = len(said.texts)
    theme, alike, margin = np.full(n, -1, np.int64), np.zeros(n), np.zeros(n)
    in_basis = np.zeros(n, bool)
    in_basis[basis] = True
    for places, placed in _placed(said.texts, reader, basis, vectors, centre, in_basis, say):
        theme[places], alike[places], margin[places] = pure.nearest_centre(placed, centres)
    own = np.flatnonzero(labels >= 0)
    at = basis[own]
    exact = (vectors[own].astype(np.float64) * centres[labels[own]]).sum(axis=1) / pure.SCALE**2
    margin[at] = np.where(theme[at] == labels[own], margin[at], exact - alike[at])
    theme[at], alike[at] = labels[own], exact
    floor = np.zeros(len(centres))
    for number in range(len(centres)):
        floor[number] = np.sort(exact[labels[own] == number])[int(FLOOR * (labels[own] == number).sum())]
    theme[alike < floor[theme]] = -1
    return theme, alike, margin


def _placed(
    texts: Sequence[str], reader: Reader, basis: Ints, vectors: np.ndarray, centre: np.ndarray, in_basis: np.ndarray,
    say: Say,
) -> Iterator[tuple[Ints, np.ndarray]]:  # fmt: skip
    """Positions and vectors, some at a time; each distinct sentence is embedded once."""
    for start in range(0, len(basis), CHUNK):
        yield basis[start : start + CHUNK], vectors[start : start + CHUNK]
    rest = np.flatnonzero(~in_basis)
    for start in range(0, len(rest), CHUNK):
        say(f"read {start:,} of {len(rest):,} more distinct sentences")
        part = rest[start : start + CHUNK]
        yield part, _around(reader, reader.embed([texts[i] for i in part.tolist()]), centre)
