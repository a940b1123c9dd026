"""Words and phrases of a text: broken where punctuation breaks them, and told by their stems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from .. import library
from .words import blanked

__all__ = ["grams", "runs", "stem"]

Phrase = tuple[str, ...]

_TOKEN = re.compile(r"[^\W_]+(?:['&/-][^\W_]+)*|[^\w\s]+|\n")


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
