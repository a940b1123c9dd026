"""Coding texts by the themes of a codebook: learned from texts that people coded, or from the themes' own words.

Learned: each text is its reader's vectors beside its terms; ridge regression of every theme at once, probabilities
calibrated on scores that each text got from the others, and for every theme the cut at which the F1 to be expected
on the texts at hand is greatest. From descriptions alone: how much nearer a text is to the theme's words than other
texts are; there is nothing to calibrate that by, and the result says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from ..stats.cells import Floats
from ..stats.multilabel import Calibrated, best_cut, calibrate, dual_ridge
from .readers import Reader, unit
from .terms import Terms

__all__ = [
    "MOST_EXAMPLES", "Fitted", "Theme", "chances", "chunks", "cuts", "described", "drawn", "fitted", "learned",
    "next_to_code",
]  # fmt: skip

MOST_EXAMPLES = 8000
"""Examples learned from; of more, a random part (their similarities must fit into memory)."""
CHUNK = 20_000
FEW = 5
"""Examples below which a theme is hardly learned, and is said to be."""
USUAL_CUT, DRAWN = 0.35, 0.15
"""Where a label is usually worth giving, and how far (in logarithms) a theme's own best cut is drawn to it: it costs
rare themes little, and spares the common ones many false alarms."""
THEMES_A_TEXT, TERMS_WEIGHT = 1.5, 2.0
"""From descriptions alone: themes a text is taken to have on average, and how much shared words count."""

VECTORS_COUNT = 0.5
"""How much each block of a reader's vectors counts beside the terms, in learning."""
EVEN, RAREST = 0.2, 0.001
"""Of a draw by doubt, the part drawn evenly; and the mean doubt from which on a theme counts as much as any."""

Say = Callable[[str], None]


def _silent(_text: str) -> None:
    """Progress for nobody."""


@dataclass(frozen=True)
class Theme:
    """A theme of a codebook: its name and what it means, in words; texts that are examples of it."""

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Texts that say what it is."""
        name = re.sub(r"\s*[&/]\s*", " and ", self.name)
        return (name, *((f"{name}. {self.description}",) if self.description else ()), *self.examples)


class _Space:
    """Where texts lie: their terms, and their reader's vectors, each block centred and of length 1. texts: those that
    teach which terms are telling, and where the centre is."""

    def __init__(self, reader: Reader, texts: Sequence[str]) -> None:
        self._reader, self.terms = reader, Terms(texts)
        vectors = reader.embed(texts)
        self._centre = vectors.mean(axis=0)
        self.vectors = self._centred(vectors, self._centre)

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """(texts, widths) of other texts, as the reader read them, around the same centre."""
        return self._centred(vectors, self._centre)

    def place_themes(self, words: Sequence[str]) -> np.ndarray:
        """The same of the words of themes, which have a centre of their own: what all names of themes share."""
        vectors = self._reader.embed(words)
        return self._centred(vectors, vectors.mean(axis=0) if len(words) > 1 else self._centre)

    def _centred(self, vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
        blocks = np.split(vectors - centre, np.cumsum(self._reader.widths)[:-1], axis=1)
        return np.hstack([unit(block) for block in blocks])


@dataclass(frozen=True)
class Learned:
    """probability: (texts, themes) float32 · left_out: (used, themes), of each example by the others · used: (used,)
    positions of the examples learned from."""

    probability: np.ndarray
    left_out: Floats
    used: np.ndarray


def learned(
    reader: Reader, themes: Sequence[Theme], examples: Sequence[str], labels: np.ndarray, texts: Sequence[str],
    rng: np.random.Generator, say: Say = _silent,
) -> Learned:  # fmt: skip
    """Probability of every theme in every text. labels: (examples, themes), true where people gave the theme.

    The words of a theme are learned from as if they were a text with that theme alone; calibration and cuts are
    found on people's examples only.
    """
    used = np.arange(len(examples))
    if len(used) > MOST_EXAMPLES:
        used = np.sort(rng.choice(used, MOST_EXAMPLES, replace=False))
    say(f"learn from {len(used):,} coded texts")
    lesson = fitted(reader, themes, [examples[i] for i in used.tolist()], labels[used])
    made = np.zeros((len(texts), len(themes)), np.float32)
    for start, part in chunks(texts):
        say(f"code {start:,} of {len(texts):,}")
        made[start : start + len(part)] = lesson.probability(part, reader.embed(part))
    return Learned(made, lesson.left_out, used)


@dataclass(frozen=True)
class Fitted:
    """What was learned of every theme from some examples. left_out: (examples, themes) probability of each by the
    others · the rest: scores are level + terms @ of_terms + vectors @ of_vectors, and a curve makes them chances."""

    left_out: Floats
    space: _Space
    curve: Calibrated
    level: Floats
    of_terms: Any
    of_vectors: Floats

    def probability(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """(texts, themes) float32. vectors: of the texts, by the reader, so that they are read once however
        many lessons there are."""
        terms = self.space.terms.vectors(texts) @ self.of_terms
        scores = self.level + terms + self.space.place(vectors) @ self.of_vectors
        return np.round(self.curve.probability(scores).astype(np.float32), 4)


def fitted(reader: Reader, themes: Sequence[Theme], given: Sequence[str], labels: np.ndarray) -> Fitted:
    """given: examples · labels: (examples, themes)."""
    wanted = labels.astype(np.float64)
    space = _Space(reader, given)
    words, of = _words(themes)
    terms = sparse.vstack([space.terms.vectors(given), space.terms.vectors(words)]).tocsr()
    vectors = np.vstack([space.vectors, space.place_themes(words)]).astype(np.float64)
    alike = (terms @ terms.T).toarray().astype(np.float64) + VECTORS_COUNT * (vectors @ vectors.T)
    fit = dual_ridge(alike, np.vstack([wanted, np.eye(len(themes))[of]]))
    left_out = fit.left_out[: len(given)]
    curve = calibrate(left_out, wanted)
    of_terms, of_vectors = terms.T @ fit.weights, VECTORS_COUNT * (vectors.T @ fit.weights)
    known = np.round(curve.probability(left_out), 4)
    return Fitted(known, space, curve, fit.level, of_terms, of_vectors)


def cuts(probability: np.ndarray) -> Floats:
    """(themes,) probability from which on a theme is given, from the probabilities of the texts at hand."""
    best = np.array([best_cut(column) for column in probability.T])
    return np.asarray(np.round(best ** (1 - DRAWN) * USUAL_CUT**DRAWN, 4))


def described(
    reader: Reader, themes: Sequence[Theme], texts: Sequence[str], *, share: float | None = None, say: Say = _silent
) -> tuple[np.ndarray, Floats]:
    """(texts, themes) float32 of 0 to 1 from the themes' words alone, and the cut of each: an order made into
    numbers, not frequencies. share: part of the texts each is taken to be in, where that is known."""
    words, of = _words(themes)
    raw = np.zeros((len(texts), len(themes)), np.float32)
    if len(texts):
        space = _Space(reader, texts[:CHUNK])
        terms, vectors = _means(space.terms.vectors(words), of), _means(space.place_themes(words), of)
        for start, part in chunks(texts):
            say(f"compare {start:,} of {len(texts):,}")
            placed = space.place(reader.embed(part)) if start else space.vectors
            near = placed @ vectors.T / len(reader.widths)
            raw[start : start + len(part)] = near + TERMS_WEIGHT * (space.terms.vectors(part) @ terms.T)
    return _as_probability(raw, min(THEMES_A_TEXT / len(themes), 1 / 3) if share is None else share)


def _as_probability(raw: np.ndarray, share: float) -> tuple[np.ndarray, Floats]:
    """A logistic curve that is ½ where `share` of all pairs of text and theme lie above."""
    cut = float(np.quantile(raw, 1 - share)) if raw.size else 0.0
    made = 1 / (1 + np.exp(-2 * (raw - cut) / max(float(raw.std()), 1e-6))) if raw.size else raw
    return np.round(made, 4).astype(np.float32), np.full(raw.shape[1], 0.5)


def _words(themes: Sequence[Theme]) -> tuple[list[str], np.ndarray]:
    """The texts that say what themes are, and of each the position of its theme."""
    of = np.repeat(np.arange(len(themes)), [len(theme.words) for theme in themes])
    return [text for theme in themes for text in theme.words], of


def _means(rows: Any, of: np.ndarray) -> np.ndarray:
    """Mean row of each theme, dense."""
    return np.vstack([np.asarray(rows[of == i].mean(axis=0)).reshape(1, -1) for i in range(int(of.max()) + 1)])


def chunks(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    return ((start, texts[start : start + CHUNK]) for start in range(0, len(texts), CHUNK))


def chances(probability: np.ndarray, n: int) -> Floats:
    """(texts,) chance of each of being among n drawn for people to code, greater where the machine doubts more.

    probability: (texts, themes), a row of nan where the machine cannot tell. The best chance for one theme is in
    proportion to the root of the variance p(1 − p) (Neyman 1934; Zrnic & Candès 2024, active inference); here the
    variances of all themes are added, each over its mean, and a part is drawn evenly, in case the machine is wrong.
    """
    doubt = probability.astype(np.float64) * (1 - probability.astype(np.float64))
    known = ~np.isnan(doubt).any(axis=1)
    weight = np.ones(len(doubt))
    if known.any():
        found = np.sqrt((doubt[known] / np.maximum(doubt[known].mean(axis=0), RAREST)).sum(axis=1))
        weight[known] = found / found.mean() if found.mean() > 0 else 1.0
    return _to_sum(EVEN + (1 - EVEN) * weight, min(n, len(weight)))


def _to_sum(weight: Floats, n: int) -> Floats:
    """Weights above 0 as probabilities that sum to n; what would be above 1 is certain."""
    certain = np.zeros(len(weight), bool)
    while True:
        rest = weight[~certain].sum()
        found = np.where(certain, 1.0, weight * (n - certain.sum()) / rest if rest > 0 else 1.0)
        more = found > 1
        if not more.any():
            return np.asarray(found)
        certain |= more


def drawn(chance: Floats, rng: np.random.Generator) -> np.ndarray:
    """Positions, each drawn with its chance, and as many as these sum to: systematically, in random order."""
    order = rng.permutation(len(chance))
    ends = np.cumsum(chance[order])
    at = np.searchsorted(ends, rng.random() + np.arange(round(float(chance.sum()))), side="right")
    return np.sort(order[np.unique(np.minimum(at, len(order) - 1))])


def next_to_code(
    probability: np.ndarray, cut: Floats, n: int, rng: np.random.Generator, *, blind: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of n texts to be coded by people next: (random, targeted).

    The random part, `blind` of n, is drawn with equal chances and is the only one fit for prevalence. The targeted
    part is where the machine is least sure, taken theme by theme in turn, so that rare themes get their share.
    """
    every = np.arange(len(probability))
    n = min(n, len(every))
    random = np.sort(rng.choice(every, round(n * blind), replace=False))
    left = np.setdiff1d(every, random)
    unsure = np.abs(probability[left] - cut)
    ranked = np.argsort(unsure, axis=0, kind="stable")
    turns = dict.fromkeys(ranked.ravel().tolist())
    return random, np.sort(left[list(turns)[: n - len(random)]])
