"""What single fields of programme.toml show to be wrong, in the words of somebody editing it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from .toml_lines import Location

__all__ = ["Problem", "problems_of", "unknown"]

Problem = tuple[Location, str, str]
"""Where in the document, what is wrong, what to do."""


def unknown(location: Location, kind: str, given: str, known: Iterable[str]) -> Problem:
    """There is none of that id; the cure is the nearest one, or all there are."""
    known = sorted(known)
    close = difflib.get_close_matches(given, known, 1)
    cure = f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(known) or 'none is declared yet'}"
    return location, f"there is no {kind} {given!r}", cure


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Pydantic's mistakes in words, without the shadow an invalid entry throws on its list (counted as absent)."""
    errors: list[Any] = list(error.errors(include_url=False))
    inside = {each["loc"][:depth] for each in errors for depth in range(len(each["loc"]))}
    told = (each for each in errors if each["type"] != "too_short" or each["loc"] not in inside)
    return [_as_problem(each, model) for each in told]


def _as_problem(error: Any, model: type[BaseModel]) -> Problem:
    """A pydantic error in the words of somebody editing the file."""
    location, kind, given, context = error["loc"], error["type"], error["input"], error.get("ctx", {})
    key = str(location[-1]) if location else "the file"
    if kind == "missing":
        return location, "is missing", f"add a line `{key} = …`, or a table of that name, here"
    if kind == "extra_forbidden":
        known = _known_keys(location, model)
        close = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"the keys known here are {', '.join(known)}"
        return location, "is not a known key", hint
    if kind == "literal_error":
        return location, f"{_shown(given)} is not one of the choices", f"choose {context['expected']}"
    if kind == "string_pattern_mismatch":
        cure = "use small letters, digits and _ (an id may also have -), at most 60, starting with a letter"
        return location, f"{_shown(given)} cannot be an id", cure
    if kind == "too_short":
        least, has = context["min_length"], context["actual_length"]
        return location, f"has {has} entries" if has else "is empty", f"give at least {least}"
    if kind == "string_too_short":
        return location, "is empty", "write some text between the quotes"
    message = str(error["msg"])
    return location, f"{message[:1].lower()}{message[1:]}, not {_shown(given)}", "correct the value on this line"


def _shown(value: Any) -> str:
    """A value as Python would write it, cut to what fits a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _known_keys(location: Location, whole: type[BaseModel]) -> list[str]:
    """Keys allowed where a location points, by walking the models."""
    model: Any = whole
    for part in location[:-1]:
        if isinstance(part, int) or not isinstance(model, type) or not issubclass(model, BaseModel):
            continue
        field = model.model_fields.get(part)
        model = _model_in(field.annotation) if field else None
    return sorted(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    """The model inside an annotation such as tuple[Step, ...] or dict[str, Recode]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
