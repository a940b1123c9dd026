"""Data, not code: experiences, safeguards and word lists, each entry with its source or with a blank.

`checked` is false where nobody has confirmed the source yet: such an entry is printed as "source not yet checked".
A blank is printed as a blank; nothing here is filled in by guessing. Every list is validated when it is read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from ..errors import BadInput

__all__ = [
    "Checklist",
    "Experience",
    "Guards",
    "LanguageRule",
    "Safeguard",
    "Step",
    "StepCue",
    "checklists",
    "experiences",
    "guards",
    "language_rules",
    "safeguards",
    "step_cues",
    "steps",
    "stop_words",
    "uninformative",
]

_ID = re.compile(r"[a-z][a-z0-9-]{0,59}")
_CLASSES = ("", "law", "statutory guidance", "good practice")
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
class Safeguard:
    """A protection a step should have. Blank `kind`, `source` or `edition`: nobody has established it."""

    id: str
    step: str
    name: str
    kind: Literal["", "law", "statutory guidance", "good practice"]
    source: str
    edition: str
    checked: bool


@dataclass(frozen=True)
class Step:
    """A step of such a process: its legal duty where known, what is documented to have gone wrong, a note on law."""

    id: str
    also: tuple[str, ...]
    name: str
    duty: str
    duty_checked: bool
    harms: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class StepCue:
    """How people refer to a step. `ids`: the step ids of a programme it serves; `words`: phrases in a text."""

    ids: tuple[str, ...]
    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Checklist:
    """Points to go through, in order."""

    id: str
    name: str
    points: tuple[str, ...]
    source: str


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
    """Words before a phrase that turn it round (`negations`) or into a wish; `breaks` end their reach."""

    negations: frozenset[str]
    wishes: frozenset[str]
    breaks: frozenset[str]


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
def steps() -> tuple[Step, ...]:
    """Every step of the library, in the order of the process."""
    file = "safeguards.toml"
    keys = ("id", "also", "name", "duty", "duty_checked", "harms", "note", "safeguards")
    rows = _rows(file, _read(file), "steps", keys, optional=("safeguards",))
    _unique(file, rows)
    return tuple(Step(**{key: _frozen(value) for key, value in row.items() if key != "safeguards"}) for row in rows)


@cache
def safeguards() -> tuple[Safeguard, ...]:
    """Every safeguard of the library, by step."""
    file, found = "safeguards.toml", []
    for step in _read(file)["steps"]:
        keys = ("id", "name", "kind", "source", "edition", "checked")
        for row in _rows(file, step, "safeguards", keys, optional=("edition",)):
            _one_of(file, row, "kind", _CLASSES)
            if row["checked"] and not row["source"]:
                raise _broken(file, row["id"], "is marked as checked but names no source")
            found.append(Safeguard(step=step["id"], **{"edition": ""} | row))
    _unique(file, [{"id": each.id} for each in found])
    return tuple(found)


@cache
def checklists() -> tuple[Checklist, ...]:
    """The child-questioning checklist and the local-authority toolkit's domains."""
    file = "safeguards.toml"
    rows = _rows(file, _read(file), "checklists", ("id", "name", "points", "source"))
    return tuple(Checklist(**row | {"points": tuple(row["points"])}) for row in rows)


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
    return Guards(**{key: frozenset(words) for key, words in _read("words.toml")["guards"].items()})


@cache
def language_rules() -> tuple[LanguageRule, ...]:
    """Wording to keep out of what is published, each with the reason and its source."""
    file = "words.toml"
    rows = _rows(file, _read(file), "language", ("id", "pattern", "reason", "instead", "source"))
    _unique(file, rows)
    return tuple(LanguageRule(**row | {"pattern": _pattern(file, row["id"], row["pattern"])}) for row in rows)


# --- reading and validating -------------------------------------------------------------------------------------


@cache
def _read(file: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"this is not valid TOML: {error}", where=f"library/{file}", cure=_CURE) from None


_CURE = "mend the entry, or reinstall fairhearing if nobody edited it"


def _broken(file: str, entry: str, what: str) -> BadInput:
    return BadInput(f"{entry}: {what}", where=f"library/{file}", cure=_CURE)


def _rows(
    file: str, document: Mapping[str, Any], name: str, keys: Iterable[str], optional: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """The tables [[name]], each with exactly the keys given and a well-formed id."""
    keys, rows = set(keys), [dict(row) for row in document.get(name, [])]
    for row in rows:
        id = str(row.get("id", f"an entry of {name}"))
        if wrong := sorted((keys - row.keys() - set(optional)) | (row.keys() - keys)):
            raise _broken(file, id, f"has missing or unknown keys: {', '.join(wrong)}")
        if not _ID.fullmatch(id):
            raise _broken(file, id, "cannot be an id: small letters, digits and hyphens")
        if blank := [key for key in ("name", "pattern", "reason") if key in row and not str(row[key]).strip()]:
            raise _broken(file, id, f"has an empty {blank[0]}")
    return rows


def _unique(file: str, rows: Iterable[Mapping[str, Any]]) -> None:
    seen: set[str] = set()
    for row in rows:
        if row["id"] in seen:
            raise _broken(file, row["id"], "is there twice")
        seen.add(row["id"])


def _one_of(file: str, row: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> None:
    if row[key] not in choices:
        named = ", ".join(repr(choice) for choice in choices)
        raise _broken(file, row["id"], f"{key} is {row[key]!r}, not one of {named}")


def _phrases(file: str, id: str, words: Iterable[str]) -> tuple[str, ...]:
    """Phrases as they are matched: small letters, straight apostrophes, each once."""
    phrases = tuple(words)
    for phrase in phrases:
        if phrase != " ".join(phrase.lower().replace("’", "'").split()) or not phrase:
            raise _broken(file, id, f"{phrase!r} needs small letters, straight apostrophes and single spaces")
    if len(set(phrases)) != len(phrases):
        raise _broken(file, id, "names a phrase twice")
    return phrases


def _pattern(file: str, id: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
    except re.error as error:
        raise _broken(file, id, f"its pattern is not a regular expression: {error}") from None


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
