"""Data, not code: experiences, safeguards and word lists, each entry with its source or with a blank.

`checked` is false where nobody has confirmed the source yet: such an entry is printed as "source not yet checked".
A blank is printed as a blank; nothing here is filled in by guessing. Every list is validated when it is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from .process import Checklist, Conflict, Harm, Safeguard, Step, checklists, conflicts, safeguards, steps
from .reading import _broken, _one_of, _pattern, _phrases, _read, _rows, _unique

__all__ = [
    "Checklist",
    "Conflict",
    "Experience",
    "Guards",
    "Harm",
    "LanguageRule",
    "Safeguard",
    "Step",
    "StepCue",
    "checklists",
    "conflicts",
    "experiences",
    "guards",
    "language_rules",
    "safeguards",
    "step_cues",
    "steps",
    "stop_words",
    "tone_words",
    "uninformative",
]

_HARMS = ("", "action", "inaction")


@dataclass(frozen=True)
class Experience:
    """Something that can happen to a person at a step. `harm_of`: action, inaction, or "" for a good one."""

    id: str
    name: str
    valence: Literal["good", "bad"]
    harm_of: Literal["", "action", "inaction"]
    words: tuple[str, ...]


@dataclass(frozen=True)
class StepCue:
    """How people refer to a step. `ids`: the step ids of a programme it serves; `words`: phrases in a text."""

    ids: tuple[str, ...]
    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class LanguageRule:
    """Wording the report must not use as its own. `pattern`: matches whole words, capitals ignored."""

    id: str
    pattern: re.Pattern[str]
    reason: str
    instead: str
    source: str

    def found_in(self, text: str) -> str | None:
        """The first offending words of `text`, as they stand there; None if there are none."""
        found = self.pattern.search(text)
        return found.group() if found else None


@dataclass(frozen=True)
class Guards:
    """Words before a phrase that turn it round (`negations`) or into a wish; `breaks` end their reach. And phrases
    further before, in order: what follows did not happen (`denials`), was `feared`, told by somebody else, of no case
    of the writer's, `compared`, or may be irony."""

    negations: frozenset[str]
    wishes: frozenset[str]
    breaks: frozenset[str]
    denials: tuple[str, ...]
    feared: tuple[str, ...]
    hearsay: tuple[str, ...]
    imagined: tuple[str, ...]
    compared: tuple[str, ...]
    mocking: tuple[str, ...]


@cache
def experiences() -> tuple[Experience, ...]:
    """Every experience of the library, in its order."""
    file = "experiences.toml"
    rows = _rows(file, _read(file), "experiences", ("id", "name", "valence", "harm_of", "words"))
    _unique(file, rows)
    for row in rows:
        _one_of(file, row, "valence", ("good", "bad"))
        _one_of(file, row, "harm_of", _HARMS)
        if (row["valence"] == "bad") != bool(row["harm_of"]):
            raise _broken(file, row["id"], "harm_of is given for a bad experience, and only for one")
    return tuple(Experience(**row | {"words": _phrases(file, row["id"], row["words"])}) for row in rows)


@cache
def step_cues() -> tuple[StepCue, ...]:
    """Phrases that name a step, for every step of the library."""
    cues = _read("words.toml")["cues"]
    known = {step.id: step for step in steps()}
    for id in [*cues.keys() - known.keys(), *known.keys() - cues.keys()]:
        raise _broken("words.toml", id, "is not both a step of safeguards.toml and a key of [cues]")
    return tuple(
        StepCue((id, *known[id].also), known[id].name, _phrases("words.toml", id, words))
        for id, words in cues.items()
    )


@cache
def uninformative() -> frozenset[str]:
    """Whole responses, in small letters and without final punctuation, that say nothing that could be themed."""
    return frozenset(_phrases("words.toml", "uninformative", _read("words.toml")["uninformative"]["phrases"]))


@cache
def stop_words() -> tuple[frozenset[str], frozenset[str]]:
    """(grammar, general): words no phrase starts or ends with, and words that are never a theme alone."""
    stop = _read("words.toml")["stop"]
    return frozenset(stop["grammar"]), frozenset(stop["general"])


@cache
def guards() -> Guards:
    """Words that turn a phrase into its opposite or into a wish."""
    given = dict(_read("words.toml")["guards"])
    negations, wishes, breaks = (frozenset(given.pop(key)) for key in ("negations", "wishes", "breaks"))
    phrases = {key: _phrases("words.toml", key, words) for key, words in given.items()}
    return Guards(negations, wishes, breaks, **phrases)


@cache
def tone_words() -> dict[str, tuple[str, ...]]:
    """Words of `praise` and of `blame`; and `turned`: what before a word of praise makes it one of blame."""
    return {key: _phrases("words.toml", key, words) for key, words in _read("words.toml")["tone"].items()}


@cache
def language_rules() -> tuple[LanguageRule, ...]:
    """Wording to keep out of what is published, each with the reason and its source."""
    file = "words.toml"
    rows = _rows(file, _read(file), "language", ("id", "pattern", "reason", "instead", "source"))
    _unique(file, rows)
    return tuple(LanguageRule(**row | {"pattern": _pattern(file, row["id"], row["pattern"])}) for row in rows)
