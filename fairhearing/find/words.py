"""Words of a text with their places, without case and accents; queries; and where a text matches one.

The index and the snippet read words alike, so that what is found can be shown: `Peñalosa`, `PENALOSA` and `penalosa`
are one word, and a vowel sign of Bengali is part of its word, not the end of it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from ..errors import BadInput

__all__ = ["Term", "folded", "matches", "parse", "snippet"]

MOST_TERMS = 32
LONGEST_QUERY = 2_000
_PIECE = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
_ACCENTS = re.compile("[\u0300-\u036f\u064b-\u0652]+")


@dataclass(frozen=True)
class Term:
    """words: one, or those of a phrase, in order · prefix: the last only begins so · without: must not be there."""

    words: tuple[str, ...]
    prefix: bool = False
    without: bool = False


def folded(text: str) -> str:
    """Lower case, letters without accents. Not of the same length: see `_words` for places."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


@cache
def _word() -> re.Pattern[str]:
    """Letters and digits with the marks that belong to them; `\\w` ends a word of Bengali at its vowel sign."""
    marks = "".join(
        re.escape(sign) for code in range(0x300, min(0x20000, sys.maxunicode))
        if unicodedata.category(sign := chr(code)) in ("Mn", "Mc")
    )  # fmt: skip
    return re.compile(rf"[^\W_](?:[^\W_]|[{marks}])*")


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _word().finditer(text):
        yield folded(found[0]), found.start(), found.end()


def parse(query: str) -> list[Term]:
    """`plain words`, `"a phrase"`, `prefi*` and `-without`. BadInput where nothing is left to look for."""
    told: list[Term] = []
    for minus, phrase, plain in _PIECE.findall(query[:LONGEST_QUERY]):
        words = tuple(word for word, _, _ in _words(phrase or plain))
        prefix = plain.endswith("*")
        if words:
            told.append(Term(words, prefix, bool(minus)))
    told = list(dict.fromkeys(told))[:MOST_TERMS]
    if not any(not term.without for term in told):
        raise BadInput(
            "there is no word to look for", cure='give a word, a "phrase" in quotes, or the beginning of one: referr*'
        )
    return told


def matches(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Where the terms stand in the text: start and end of each, in order, none twice."""
    read = list(_words(text))
    told = set()
    for term in terms:
        size = len(term.words)
        for place in range(len(read) - size + 1 if not term.without else 0):
            if _here([word for word, _, _ in read[place : place + size]], term):
                told.add((read[place][1], read[place + size - 1][2]))
    return sorted(told)


def _here(words: Sequence[str], term: Term) -> bool:
    *before, end = term.words
    return list(words[:-1]) == before and (words[-1].startswith(end) if term.prefix else words[-1] == end)


def snippet(text: str, found: Sequence[tuple[int, int]], *, length: int = 240) -> tuple[int, int]:
    """Start and end of the part of the text that holds most of what was found, cut between words."""
    if len(text) <= length:
        return 0, len(text)
    starts = [start for start, _ in found] or [0]
    best = max(starts, key=lambda start: (sum(start <= each < start + length * 3 // 4 for each in starts), -start))
    start = max(0, best - length // 4)
    end = min(len(text), start + length)
    start = max(0, end - length)
    return _between(text, start, +1), _between(text, end, -1)


def _between(text: str, place: int, step: int) -> int:
    """The nearest place between two words, towards the middle; the same place where there is none within 30."""
    for moved in range(30):
        at = place + step * moved
        if at <= 0 or at >= len(text) or text[at - 1].isspace() != text[at].isspace():
            return max(0, min(at, len(text)))
    return place
