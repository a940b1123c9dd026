"""The words of themes: telling words of sentences, and the phrases that name a theme and part it from the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse

from .. import library
from .phrases import grams, runs, stem

__all__ = ["Vocabulary", "description"]

Phrase = tuple[str, ...]

LABEL, TERMS = 3, 8
LIFT = 2.0
"""How many times commoner in a theme than in all that was said a phrase that names it must be."""
LONGER, HOLDS = 0.5, 0.4
"""How much each further word of a phrase adds to its weight; part of a word's sentences that must hold the phrase for
the phrase to stand for it."""
COVERS = 0.25
"""Part of a theme's sentences that must hold a phrase of its label; else general words may name it too."""
SMOOTH = 0.5


@dataclass(frozen=True)
class Vocabulary:
    """words: of each sentence, in order, broken where punctuation breaks a phrase."""

    words: list[list[list[str]]]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Vocabulary:
        return cls([list(runs(text)) for text in texts])

    def vectors(self) -> sparse.csr_matrix:
        """(sentences, terms): words and pairs, weighted by rarity (TF-IDF), rows of length 1 or 0."""
        found = [sorted(set(_words_and_pairs(each))) for each in self.words]
        held = Counter(term for terms in found for term in terms)
        place = {term: number for number, term in enumerate(sorted(term for term, n in held.items() if n > 1))}
        rarity = {term: np.log((1 + len(found)) / (1 + held[term])) + 1 for term in place}
        kept = [[term for term in terms if term in place] for terms in found]
        rows = np.repeat(np.arange(len(kept)), [len(each) for each in kept])
        columns = [place[term] for terms in kept for term in terms]
        data = np.array([rarity[term] for terms in kept for term in terms], np.float64)
        length = np.sqrt(np.bincount(rows, data * data, minlength=len(kept)))
        shape = (len(kept), len(place))
        return sparse.csr_matrix((data / length[rows], (rows, columns)), shape=shape)

    @cached_property
    def phrases(self) -> list[frozenset[Phrase]]:
        """Stemmed phrases of one to three words of each sentence that can name a theme."""
        dull = frozenset(map(stem, frozenset().union(*library.stop_words())))
        return [frozenset(_fit_phrases(each, dull)) for each in self.words]

    @cached_property
    def plain_phrases(self) -> list[frozenset[Phrase]]:
        """The same with general words such as “good” and “service”, for themes that are made of them."""
        return [frozenset(_fit_phrases(each, frozenset())) for each in self.words]

    @cached_property
    def often(self) -> Counter[Phrase]:
        """Sentences that hold each phrase."""
        return _counted(self.phrases)

    @cached_property
    def plain_often(self) -> Counter[Phrase]:
        return _counted(self.plain_phrases)

    @cached_property
    def forms(self) -> dict[Phrase, str]:
        """The commonest form in which each phrase was written."""
        forms: dict[Phrase, Counter[str]] = {}
        for sentence in self.words:
            for run in sentence:
                for phrase in grams(run):
                    forms.setdefault(tuple(map(stem, phrase)), Counter())[" ".join(phrase)] += 1
        return {phrase: min(each.items(), key=lambda pair: (-pair[1], pair[0]))[0] for phrase, each in forms.items()}

    def inside(self, at: np.ndarray) -> Counter[Phrase]:
        """Of some sentences, those that hold each phrase."""
        return _counted([self.phrases[i] for i in at.tolist()])

    def telling(self, at: np.ndarray, number: int = TERMS) -> list[str]:
        """The phrases that tell some sentences from all, best first: how often, times the logarithm of how much more
        often than elsewhere; of phrases that share a word, the best. General words only where the others say little.
        """
        best = _telling([self.phrases[i] for i in at.tolist()], self.often, len(self.words), number)
        held = sum(not self.phrases[i].isdisjoint(best[:LABEL]) for i in at.tolist())
        if held < COVERS * len(at):
            best = _telling([self.plain_phrases[i] for i in at.tolist()], self.plain_often, len(self.words), number)
        return [self.forms[phrase] for phrase in best]

    def apart(self, at: np.ndarray, other: np.ndarray, number: int = 4) -> list[str]:
        """Phrases commoner in some sentences than in others, by weighted log odds (Monroe, Colaresi & Quinn 2008)."""
        one, two = self.inside(at), self.inside(other)
        scores = {
            phrase: round(_log_odds(n, len(at), two[phrase], len(other)), 9) for phrase, n in one.items() if n > 1
        }
        ranked = sorted((p for p in scores if scores[p] > 0), key=lambda phrase: (-scores[phrase], phrase))
        return [self.forms[phrase] for phrase in _different(ranked, one, number)]


def _counted(sentences: Sequence[frozenset[Phrase]]) -> Counter[Phrase]:
    return Counter(phrase for each in sentences for phrase in each)


def _telling(
    sentences: Sequence[frozenset[Phrase]], often: Counter[Phrase], whole: int, number: int
) -> list[Phrase]:  # fmt: skip
    found, part = _counted(sentences), max(len(sentences), 1)
    least = 2 if part < 100 else 3
    scores = {
        phrase: round(n * np.log(n * whole / (often[phrase] * part)) * (1 + LONGER * (len(phrase) - 1)), 9)
        for phrase, n in found.items()
        if n >= least and n * whole >= LIFT * often[phrase] * part
    }
    return _different(sorted(scores, key=lambda phrase: (-scores[phrase], phrase)), found, number)


def _log_odds(a: int, n: int, b: int, m: int) -> float:
    """Log odds ratio in units of its standard error."""
    odds = [np.log((each + SMOOTH) / (of - each + SMOOTH)) for each, of in ((a, n), (b, m))]
    error = np.sqrt(sum(1 / (each + SMOOTH) for each in (a, n - a, b, m - b)))
    return float((odds[0] - odds[1]) / error)


def _different(ranked: list[Phrase], often: Counter[Phrase], number: int) -> list[Phrase]:
    """The first phrases that share no word; a longer phrase stands for its word where it is in much of its
    sentences."""
    chosen: list[Phrase] = []
    for phrase in ranked:
        if len(chosen) == number:
            break
        if not any(set(phrase) & set(other) for other in chosen):
            longer = [p for p in ranked if set(phrase) < set(p) and often[p] >= HOLDS * often[phrase]]
            best = max(longer, key=lambda p: (often[p], p)) if len(phrase) == 1 and longer else phrase
            if not any(set(best) & set(other) for other in chosen):
                chosen.append(best)
    return chosen


def _words_and_pairs(sentence: list[list[str]]) -> Iterator[str]:
    for run in sentence:
        yield from run
        yield from (f"{one} {other}" for one, other in pairwise(run))


def _fit_phrases(sentence: list[list[str]], dull: frozenset[str]) -> Iterator[Phrase]:
    for run in sentence:
        for phrase in grams(run):
            key = tuple(map(stem, phrase))
            if not (dull & {key[0]} and (len(key) == 1 or key[-1] in dull)):
                yield key


def description(terms: Sequence[str], sentences: int) -> str:
    """One sentence made of people's own words: nothing is concluded from them."""
    if not terms:
        return "People write in words that others rarely use twice; read the quotes."
    quoted = [f"“{term}”" for term in terms[:6]]
    first, more = quoted[:3], quoted[3:]
    told = f"People write about {_listed(first)}"
    return f"{told}; also {_listed(more)}." if more else f"{told}."


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
