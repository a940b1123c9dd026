"""Reading the files of the library, and saying what is wrong with an entry."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from ..errors import BadInput

__all__ = ["_broken", "_frozen", "_one_of", "_pattern", "_phrases", "_read", "_rows", "_unique"]

_ID = re.compile(r"[a-z][a-z0-9-]{0,59}")


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
