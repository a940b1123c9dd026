"""Keyphrases of a body of responses, and families of them: what people talk about, in their own words.

Everything here counts responses and compares counts; nothing interprets. Phrases of one to three words are kept where
their words keep company (normalised pointwise mutual information, Bouma 2009); they are then joined, the commonest
first, where they occur in the same responses and with the same other phrases. Counts are whole numbers and scores are
rounded before they are compared, so the result depends neither on the machine nor on the order of a set.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import scipy.sparse as sparse

from .. import library
from .words import blanked

__all__ = ["Family", "families", "grams", "runs", "stem"]

Phrase = tuple[str, ...]

COHESION, COHESION_GENERAL = 0.30, 0.40  # a phrase with a general word ("waiting time") must cohere more
JOINED_AT = 0.30  # mean of co-occurrence and shared company above which two phrases are one theme
KIN, QUALITIES = 0.30, 0.05  # added where phrases share a word; where both say how somebody was
COMPANY, TOGETHER = 0.10, 4  # least co-occurrence, and least responses it rests on
INSIDE = 0.30  # least part of a phrase's responses that also hold the phrase it joins
UNITS, PHRASES_PER_FAMILY = 600, 10

_TOKEN = re.compile(r"[^\W_]+(?:['&/-][^\W_]+)*|[^\w\s]+|\n")
_BEFORE_THINGS = frozenset(
    {
        "the",
        "a",
        "an",
        "my",
        "our",
        "your",
        "their",
        "his",
        "her",
        "this",
        "that",
        "these",
        "those",
        "of",
        "no",
        "any",
        "some",
    }
)
_BEFORE_QUALITIES = frozenset(
    {
        "very",
        "so",
        "really",
        "extremely",
        "always",
        "was",
        "were",
        "is",
        "are",
        "be",
        "been",
        "being",
        "more",
        "too",
        "quite",
        "most",
        "not",
        "felt",
        "feel",
    }
)


@dataclass(frozen=True)
class Family:
    """Phrases that belong together. `words`: every form of them that people wrote; `label`: two or three of them."""

    label: tuple[str, ...]
    words: tuple[str, ...]


def families(texts: Sequence[str], *, at_least: int, leave_out: frozenset[str] = frozenset()) -> list[Family]:
    """Families of keyphrases, the commonest first.

    texts: responses that say something, in a fixed order; at_least: responses a phrase must occur in;
    leave_out: words in small letters that are no theme here (the programme's own name, the question's words).
    """
    at_least = max(at_least, round(0.003 * len(texts)))
    read = [list(runs(text)) for text in texts]
    counts = _Counts.of(read)
    phrases = _cohesive(counts, len(texts), at_least)
    no_theme = frozenset().union(*library.stop_words(), leave_out)
    found = [frozenset(_units(each, phrases, no_theme)) for each in read]
    often = Counter(unit for units in found for unit in units)
    kept = sorted((unit for unit, n in often.items() if n >= at_least), key=lambda u: (-often[u], u))[:UNITS]
    groups = _grouped(kept, *_similarity(kept, found, len(texts)), counts)
    return [_family([kept[i] for i in group], counts, often) for group in groups]


# --- counting -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Counts:
    """Responses per word and per phrase, forms of each phrase, and what words stand before a word."""

    words: Counter[str]
    phrases: Counter[Phrase]
    forms: dict[Phrase, Counter[str]]
    things: Counter[str]
    qualities: Counter[str]

    @classmethod
    def of(cls, runs: list[list[list[str]]]) -> _Counts:
        made = cls(Counter(), Counter(), defaultdict(Counter), Counter(), Counter())
        for response in runs:
            seen: dict[Phrase, None] = {}
            for run in response:
                made._count_before(run)
                for phrase in grams(run):
                    key = tuple(map(stem, phrase))
                    made.forms[key][" ".join(phrase)] += 1
                    seen[key] = None
            made.phrases.update(seen.keys())
            made.words.update(key[0] for key in seen if len(key) == 1)
        return made

    def _count_before(self, run: list[str]) -> None:
        for before, word in pairwise(run):
            if before in _BEFORE_THINGS:
                self.things[stem(word)] += 1
            elif before in _BEFORE_QUALITIES:
                self.qualities[stem(word)] += 1

    def is_quality(self, unit: Phrase) -> bool:
        """Whether a word says how somebody or something was ("very helpful") rather than names it ("the driver")."""
        word = unit[0]
        return len(unit) == 1 and self.qualities[word] >= 5 and self.qualities[word] > self.things[word]


def runs(text: str) -> Iterator[list[str]]:
    """Words of a text in small letters, broken wherever punctuation breaks a phrase."""
    run: list[str] = []
    for found in _TOKEN.finditer(blanked(text).lower()):
        token = found.group()
        if token[0].isalnum():
            run.append(token)
        elif run:
            yield run
            run = []
    if run:
        yield run


def grams(run: list[str]) -> Iterator[Phrase]:
    """Phrases of one to three words that start and end with a word that can carry meaning."""
    grammar, _general = library.stop_words()
    fit = [len(word) > 1 and word not in grammar and not word[0].isdigit() for word in run]
    for start, word in enumerate(run):
        if fit[start]:
            yield (word,)
            for last in range(start + 1, min(start + 3, len(run))):
                if fit[last] and run[last] != word:
                    yield tuple(run[start : last + 1])


@cache
def stem(word: str) -> str:
    """The word without possessive and plural: property taxes, property tax."""
    word = word.removesuffix("'s")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@cache
def _general() -> frozenset[str]:
    grammar, general = library.stop_words()
    return frozenset(stem(word) for word in grammar | general)


def _cohesive(counts: _Counts, responses: int, at_least: int) -> dict[Phrase, float]:
    """Phrases of two or three words whose first and last word keep company more than chance would have it."""
    found = {}
    for phrase, n in counts.phrases.items():
        if len(phrase) == 1 or n < at_least or n == responses:
            continue
        first, last = phrase[0], phrase[-1]
        general = (first in _general()) + (last in _general())
        if general == 2:
            continue
        together = np.log(responses * n / (counts.words[first] * counts.words[last])) / -np.log(n / responses)
        if round(float(together), 9) >= (COHESION_GENERAL if general else COHESION):
            found[phrase] = float(together)
    return found


def _units(runs: list[list[str]], phrases: dict[Phrase, float], no_theme: frozenset[str]) -> Iterator[Phrase]:
    """The text as units: cohesive phrases first, the longest from the left, then words that can be a theme alone."""
    for run in runs:
        stems, place = tuple(map(stem, run)), 0
        while place < len(run):
            length = next((n for n in (3, 2) if stems[place : place + n] in phrases), 1)
            word = run[place]
            if length > 1:
                yield stems[place : place + length]
            elif len(word) > 1 and not word[0].isdigit() and not no_theme & {word, stems[place]}:
                yield (stems[place],)
            place += length


# --- joining ------------------------------------------------------------------------------------------------------


def _similarity(units: list[Phrase], found: list[frozenset[Phrase]], responses: int) -> tuple[np.ndarray, np.ndarray]:
    """(units, units) twice. How alike two units are: the mean of their normalised pointwise mutual information and
    of the cosine of the company they keep (positive pointwise mutual information, Bullinaria and Levy 2007), 0 where
    they hardly meet. And whether the rarer is often found where the commoner is."""
    place = {unit: i for i, unit in enumerate(units)}
    hits = [(row, place[unit]) for row, each in enumerate(found) for unit in each if unit in place]
    rows, columns = np.array(hits, dtype=np.int64).reshape(-1, 2).T
    shape = (responses, len(units))
    present = sparse.csr_matrix((np.ones(len(hits), dtype=np.int64), (rows, columns)), shape=shape)
    together = (present.T @ present).toarray()
    often = together.diagonal()
    enough = together >= TOGETHER
    information = np.where(enough, np.log(np.maximum(together, 1) * responses / np.outer(often, often)), 0.0)
    rarity = np.where(enough & (together < responses), -np.log(np.maximum(together, 1) / responses), 1.0)
    company = np.maximum(information, 0.0)
    np.fill_diagonal(company, 0.0)
    meeting = np.where(enough, information / rarity, 0.0)
    alike = np.round(np.where(meeting >= COMPANY, (meeting + _cosine(company)) / 2, 0.0), 9)
    return alike, together >= INSIDE * np.minimum.outer(often, often)


def _cosine(company: np.ndarray) -> np.ndarray:
    """Cosine between rows. The sparse product adds in one fixed order, which the dense one does not promise."""
    each = sparse.csr_matrix(company)
    length = np.sqrt(np.asarray(each.multiply(each).sum(axis=1)).ravel())
    length[length == 0] = 1.0
    made: np.ndarray = (each @ each.T).toarray() / np.outer(length, length)
    return made


def _grouped(units: list[Phrase], alike: np.ndarray, inside: np.ndarray, counts: _Counts) -> list[list[int]]:
    """Each unit, the commonest first, joins the family whose first unit it is most like, or starts its own."""
    groups: list[list[int]] = []
    for i, unit in enumerate(units):
        scores = [
            _score(unit, units[group[0]], float(alike[i, group[0]]), bool(inside[i, group[0]]), counts)
            if len(group) < PHRASES_PER_FAMILY
            else 0.0
            for group in groups
        ]
        best = max(range(len(groups)), key=lambda g: (scores[g], -g), default=None)
        if best is not None and scores[best] >= JOINED_AT:
            groups[best].append(i)
        else:
            groups.append([i])
    return groups


def _score(one: Phrase, other: Phrase, alike: float, inside: bool, counts: _Counts) -> float:
    if len(one) == len(other) == 1 and _inflected(one[0], other[0], counts.words):
        return 1.0
    if _kin(one, other):
        return alike + KIN
    if counts.is_quality(one) != counts.is_quality(other):
        return 0.0  # "helpful" and "driver" meet often, yet are not one theme
    if counts.is_quality(one):
        return alike + QUALITIES
    return alike if inside else 0.0


def _inflected(one: str, other: str, words: Counter[str]) -> bool:
    """listen, listened; quick, quicker, quickly; wait, waiting, because people also waited: but nobody says that
    the park parked, so a park is no parking."""
    short, long = sorted((one, other), key=lambda word: (len(word), word))
    if len(short) < 4:
        return False
    if long == short + "ing":
        return words[short + "ed"] * 10 >= words[long]
    return long in {short + "ed", short + "d", short + "er", short + "r", short + "ly"}


def _kin(one: Phrase, other: Phrase) -> bool:
    """Whether two phrases share a word that carries meaning, or its beginning."""
    words = [[word for word in unit if word not in _general()] for unit in (one, other)]
    return any(_same_beginning(a, b) for a in words[0] for b in words[1])


def _same_beginning(a: str, b: str) -> bool:
    shorter = min(len(a), len(b))
    if a != b and (a + "ing" == b or b + "ing" == a):
        return False
    return a == b or (shorter >= 5 and a[:shorter] == b[:shorter]) or (shorter >= 8 and a[:8] == b[:8])


# --- naming -------------------------------------------------------------------------------------------------------


def _family(units: list[Phrase], counts: _Counts, often: Counter[Phrase]) -> Family:
    """Forms of all the units; the label is the commonest unit and up to two more, or its commonest company."""
    forms = {form for unit in units for form in counts.forms[unit]}
    named = [_commonest(counts, unit) for unit in units[:3]]
    for phrase in _around(units[0], counts, often) if len(named) < 2 else ():
        if len(named) < 3:
            named.append(_commonest(counts, phrase))
    return Family(tuple(named), tuple(sorted(forms)))


def _commonest(counts: _Counts, unit: Phrase) -> str:
    return min(counts.forms[unit].items(), key=lambda pair: (-pair[1], pair[0]))[0]


def _around(unit: Phrase, counts: _Counts, often: Counter[Phrase]) -> list[Phrase]:
    """Longer phrases that contain the unit, in at least a twentieth of its responses, the commonest first."""
    least = max(3, often[unit] / 20)
    found = [
        phrase
        for phrase, n in counts.phrases.items()
        if n >= least and len(phrase) > len(unit) and unit[0] in phrase and set(unit) <= set(phrase)
    ]
    return sorted(found, key=lambda phrase: (-counts.phrases[phrase], phrase))
