"""Sentences of a text with their places in it, and how much two of them have in common."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Sentence", "alike", "sentences"]

_END = re.compile(
    r"(?<=[a-z]{2})[.?!]\d{1,2}(?=\s+[A-Z])|[.?!…]+[\"”’')\]]*(?=\s|$)|\n\s*\n|\n(?=\s*(?:[•*-]|\(?[a-z0-9]{1,2}[.)])\s)"
)
_SHORT = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Sir|No|e\.g|i\.e|etc|vs|Cllr|Rt|Hon|approx|Ltd|[A-Z])\.$")
_WORD = re.compile(r"[a-z][a-z’'-]+|\d[\d,.]*\d|\d")
_COMMON = frozenset(
    [
        "a",
        "about",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "each",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "me",
        "more",
        "my",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "out",
        "please",
        "she",
        "should",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "under",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "mayor",
    ]
)


@dataclass(frozen=True)
class Sentence:
    """text[start:end] of what it was taken from."""

    start: int
    end: int
    text: str


def sentences(text: str) -> list[Sentence]:
    """Sentences and list items, none of them blank, in order."""
    told, start = [], 0
    for found in [*_END.finditer(text), None]:
        end = len(text) if found is None else found.end()
        if found is not None and (found[0] == "." and _SHORT.search(text[start:end])):
            continue
        part = text[start:end]
        left = len(part) - len(part.lstrip())
        if part.strip():
            told.append(Sentence(start + left, start + left + len(part.strip()), part.strip()))
        start = end
    return told


def _terms(text: str) -> Counter[str]:
    words = [word for word in _WORD.findall(text.casefold().replace("’", "'")) if word not in _COMMON]
    return Counter(_stem(word) for word in words)


def _stem(word: str) -> str:
    """`referrals`, `referred` and `referral` meet; crude, but the same everywhere."""
    for ending in (
        "ations",
        "ation",
        "ments",
        "ment",
        "ings",
        "ing",
        "als",
        "al",
        "ies",
        "ied",
        "ed",
        "es",
        "s",
        "'s",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def alike(text: str, others: Sequence[str]) -> list[float]:
    """Cosine of the words of a text and of each of the others, rare words weighing more; 0 where none is shared."""
    bags = [_terms(each) for each in (text, *others)]
    seen = Counter(term for bag in bags for term in bag)
    rare = {term: math.log((1 + len(bags)) / (1 + n)) + 1 for term, n in seen.items()}
    weighed = [{term: (1 + math.log(n)) * rare[term] for term, n in bag.items()} for bag in bags]
    lengths = [math.sqrt(sum(weight**2 for _, weight in sorted(bag.items()))) for bag in weighed]
    first = sorted(weighed[0].items())
    return [
        round(sum(weight * bag.get(term, 0.0) for term, weight in first) / (lengths[0] * length), 3)
        if lengths[0] and length
        else 0.0
        for bag, length in zip(weighed[1:], lengths[1:], strict=True)
    ]
