"""Reading words: which texts can be read, their sentences, and phrases found as whole words.

Every function keeps character positions: whatever is blanked out is replaced by as many spaces, so a position found
here is a position in the text as it stands in the evidence.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .. import library

__all__ = [
    "Hit",
    "PhraseFinder",
    "around",
    "blanked",
    "folded",
    "normal",
    "nothing_because",
    "says_nothing_because",
    "sentences",
]

_NOT_WORDS = re.compile(
    r"<!--(?:(?!<!--).){0,4000}?-->|<(script|style)\b(?:(?!<\1\b).){0,4000}?</\1>"
    r"|</?[a-zA-Z][^<>]{0,2000}>"  # mark-up
    r"|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});"
    r"|\[[^\[\]\n]{1,40}\]"  # what redaction puts in place of a detail
    r"|https?://\S+|www\.\S+",
    re.DOTALL,
)
_SENTENCE = re.compile(r"[^.!?\n\r…]*(?:[.!?…]+(?!\s|$)[^.!?\n\r…]*)*(?:[.!?…]+|[\n\r]+|$)")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_ENOUGH_WORDS = 6
_SCRIPT_SAMPLE = 2000


def folded(text: str) -> str:
    """The text with curly apostrophes and odd spaces made plain, character for character."""
    return text.translate(_PLAIN)


_PLAIN = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "\u00a0": " ", "\u2011": "-", "\u2010": "-"})


def blanked(text: str) -> str:
    """`folded`, with mark-up, links and redaction marks turned into as many spaces."""
    return _NOT_WORDS.sub(lambda found: " " * len(found.group()), folded(text))


def normal(text: str) -> str:
    """Small letters, no mark-up, no punctuation around words, single spaces: the same words, the same text."""
    plain = unicodedata.normalize("NFKC", blanked(text)).lower()
    words = [word if word.isalnum() else word.strip(_ENDS) for word in plain.split()]
    return " ".join([word for word in words if word])


_ENDS = "".join(chr(code) for code in range(0x2100) if unicodedata.category(chr(code))[0] in "PS")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every sentence, without the spaces around it. A line break ends a sentence."""
    for found in _SENTENCE.finditer(text):
        start, end = found.span()
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start < end:
            yield start, end


def around(text: str, spans: Sequence[tuple[int, int]], start: int, end: int, longest: int = 320) -> tuple[int, int]:
    """The sentence that holds text[start:end], or whole words around it where that sentence is very long.

    spans: `sentences(text)`, in order.
    """
    place = bisect_right(spans, (start, len(text))) - 1
    first, last = spans[place] if place >= 0 and spans[place][1] > start else (start, end)
    if last - first <= longest:
        return first, max(last, end)
    spare = max(0, longest - (end - start)) // 2
    first, last = max(first, start - spare), min(last, end + spare)
    while first < start and first > 0 and not text[first - 1].isspace():
        first += 1
    while last > end and last < len(text) and not text[last].isspace():
        last -= 1
    return first, last


class PhraseFinder:
    """Finds phrases as whole words, whatever the capitals and spacing; what they overlap does not matter.

    phrases: key → its phrases. One pass over the words of a text, so a thousand phrases cost little more than one.
    """

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        self._by_word: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        for key, wanted in phrases.items():
            for phrase in sorted({_bare(phrase) for phrase in wanted} - {""}):
                first = _WORDS.match(phrase)
                if first:
                    entry = (_whole(phrase), key)
                    self._by_word.setdefault(first.group().lower(), []).append(entry)

    def find(self, text: str) -> list[Hit]:
        """Every hit in a text as it stands in the evidence, in order."""
        plain = blanked(text)
        hits = []
        for word in _WORDS.finditer(plain):
            for pattern, key in self._by_word.get(word.group().lower(), ()):
                found = pattern.match(plain, word.start())
                if found:
                    hits.append(Hit(found.start(), found.end(), key))
        return hits


class Hit(NamedTuple):
    """Characters start to end (one past the last) hold a phrase of `key`."""

    start: int
    end: int
    key: str


_WORDS = re.compile(r"\w+")


def _bare(phrase: str) -> str:
    """A phrase from its first word character on; "" if it has none."""
    return re.sub(r"^\W+", "", folded(phrase).strip())


def _whole(phrase: str) -> re.Pattern[str]:
    body = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.compile(rf"{body}(?!\w)", re.IGNORECASE)


def says_nothing_because(text: str) -> str | None:
    """Why a text says nothing that could be themed; None if it says something."""
    return nothing_because(text, normal(text))


def nothing_because(text: str, plain: str) -> str | None:
    """The same where `normal(text)` is known."""
    if not plain:
        return "no words" if text.strip() else "empty"
    if plain in library.uninformative():
        return f"says only “{plain}”"
    return None if any(character.isalpha() for character in plain) else "no letters"
