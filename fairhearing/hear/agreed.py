"""The codebook people own: what the events about themes come to. Events in, codebook out; nothing else.

A theme keeps its id whatever it is called. Codes follow a merge; they do not follow a split, for nobody has said yet
which part a response belongs to: it must be coded again. An event that can have no effect any more (somebody else was
quicker, or what it rested on was undone) is kept and named, with the reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import BadInput

__all__ = ["ACTIONS", "Agreed", "Codebook", "codebook", "new_ids", "plain", "refuse_if_idle", "said_of"]

ACTIONS = ("add", "adopt", "merge", "split", "rename", "describe", "retire", "undo")
IN_USE, LONGEST = "in use", 120
_PARTS_LABELS = ";"

Row = Mapping[str, Any]
_Themes = dict[str, "Agreed"]


class _Idle(Exception):
    """Why an event has no effect, and what to do instead."""

    def __init__(self, why: str, cure: str = "see `fairhearing codebook DIR` for the themes there are") -> None:
        super().__init__(why)
        self.cure = cure


@dataclass(frozen=True)
class Agreed:
    """A theme of the codebook. proposed, words: of the proposed themes it stands for · state: in use, merged, split
    or retired · who, at, why, event: of its last change."""

    id: str
    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    made_from: tuple[str, ...] = ()
    made_by: str = ""
    became: tuple[str, ...] = ()
    state: str = IN_USE
    event: int = 0
    who: str = ""
    at: str = ""
    why: str = ""


@dataclass(frozen=True)
class Codebook:
    """themes: every theme there ever was, in the order made · idle: (event, why it has no effect, cure)."""

    themes: tuple[Agreed, ...]
    idle: tuple[tuple[int, str, str], ...] = ()

    @property
    def in_use(self) -> tuple[Agreed, ...]:
        return tuple(theme for theme in self.themes if theme.state == IN_USE)

    def find(self, name: str) -> Agreed:
        """The theme in use with that id or name; BadInput naming those there are."""
        for theme in self.in_use:
            if name == theme.id or plain(name) == plain(theme.name):
                return theme
        listed = ", ".join(f"{theme.id} ({theme.name})" for theme in self.in_use) or "none yet: adopt or add one"
        raise BadInput(f"there is no agreed theme {name!r} in use", cure=f"use the id or name of one: {listed}")


def plain(name: str) -> str:
    """A name as it is compared: spaces and capitals do not matter."""
    return " ".join(name.split()).casefold()


def new_ids(after: str, names: Sequence[str]) -> list[str]:
    """Ids of themes made by an event that follows the event with hash `after`: the same for ever."""
    told = [json.dumps([after, number, name]) for number, name in enumerate(names)]
    return [f"T{hashlib.sha256(each.encode()).hexdigest()[:8]}" for each in told]


def codebook(events: Iterable[Row]) -> Codebook:
    """events: rows of `codebook_events`, in order."""
    rows = list(events)
    undone = _undone(rows)
    themes: _Themes = {}
    idle: list[tuple[int, str, str]] = []
    for row in rows:
        try:
            if row["event"] not in undone:
                themes = _applied(themes, row, {each["event"] for each in rows})
        except _Idle as why:
            idle.append((row["event"], str(why), why.cure))
    return Codebook(tuple(themes.values()), tuple(idle))


def refuse_if_idle(before: Sequence[Row], new: Sequence[Row]) -> None:
    """Before events are written: each must have its effect, and none may take it from an earlier one."""
    was, will = codebook(before), codebook([*before, *new])
    for event, why, cure in will.idle:
        if not any(event == row["event"] for row in new):
            if (event, why, cure) not in was.idle:
                cure = f"undo event {event} first, if that is meant"
                raise BadInput(f"event {event} would lose its effect: {why}", cure=cure)
        else:
            raise BadInput(why, cure=cure)


def _undone(rows: Sequence[Row]) -> set[int]:
    """Events that are undone; an undoing that is itself undone undoes nothing."""
    gone: set[int] = set()
    for row in reversed(rows):
        if row["action"] == "undo" and row["event"] not in gone:
            gone.add(row["undoes"])
    return gone


# --- one event --------------------------------------------------------------------------------------------------


def _applied(themes: _Themes, row: Row, events: set[int]) -> _Themes:
    """A new codebook; the old one is untouched."""
    action = row["action"]
    if action == "undo":
        if row["undoes"] not in events or row["undoes"] >= row["event"]:
            raise _Idle(
                f"event {row['undoes']} changed no theme, so there is nothing to undo",
                "give the number of an event that did",
            )
        return themes
    old = [_in_use(themes, id) for id in row["themes"] or ()]
    made = dict(themes)
    if action in ("rename", "describe", "retire"):
        made[old[0].id] = _changed(themes, old[0], row)
    else:
        _check_numbers(action, old, row["names"] or ())
        for theme in old:
            made[theme.id] = _stamped(theme, row, state={"merge": "merged"}.get(action, action), became=_ids(row))
        for id, name in zip(row["makes"] or (), row["names"] or (), strict=True):
            made[id] = _made(made, id, name, old, row)
    return made


def _in_use(themes: _Themes, id: str) -> Agreed:
    theme = themes.get(id)
    if theme is None or theme.state != IN_USE:
        raise _Idle(f"the theme {id} {'is not in the codebook' if theme is None else 'is ' + theme.state}")
    return theme


def _changed(themes: _Themes, theme: Agreed, row: Row) -> Agreed:
    if row["action"] == "retire":
        return _stamped(theme, row, state="retired")
    if row["action"] == "rename":
        return _stamped(theme, row, name=_free(themes, row["names"][0], but=theme.id))
    examples = tuple(row["examples"] or ()) or theme.examples
    return _stamped(theme, row, description=row["description"] or theme.description, examples=examples)


def _made(themes: _Themes, id: str, name: str, old: Sequence[Agreed], row: Row) -> Agreed:
    """A merged theme stands for the proposed themes of its parts; a part of a split one for none, until coded."""
    if row["proposed"] and any(row["proposed"] in each.proposed for each in themes.values() if each.state == IN_USE):
        raise _Idle(f"the proposed theme {row['proposed']} is already adopted", "merge or rename it")
    follows = old if row["action"] == "merge" else ()
    proposed = [row["proposed"]] if row["proposed"] else [each for theme in follows for each in theme.proposed]
    words = [*(row["words"] or ()), *(word for theme in follows for word in theme.words)]
    examples = [*(row["examples"] or ()), *(each for theme in follows for each in theme.examples)]
    return Agreed(
        id, _free(themes, name), row["description"] or "", tuple(dict.fromkeys(examples)),
        tuple(dict.fromkeys(proposed)), tuple(dict.fromkeys(words)), tuple(theme.id for theme in old), row["action"],
        (), IN_USE, row["event"], row["who"], row["at"], row["why"],
    )  # fmt: skip


def _stamped(theme: Agreed, row: Row, **changes: Any) -> Agreed:
    return replace(theme, event=row["event"], who=row["who"], at=row["at"], why=row["why"], **changes)


def _ids(row: Row) -> tuple[str, ...]:
    return tuple(row["makes"] or ())


def _check_numbers(action: str, old: Sequence[Agreed], names: Sequence[str]) -> None:
    if action == "merge" and (len(old) < 2 or len({theme.id for theme in old}) != len(old)):
        raise _Idle("a merge needs two different themes or more", "to change a name use rename")
    if action == "split" and len(names) < 2:
        raise _Idle("a split needs two new names or more", "give --into for each part; or use rename")


def _free(themes: _Themes, name: str, but: str = "") -> str:
    """The name as it will stand, if it can be one and no other theme in use has it."""
    clean = " ".join(name.split())
    if not clean or _PARTS_LABELS in clean or len(clean) > LONGEST:
        raise _Idle(f"{clean[:60]!r} cannot be a name", f"use 1 to {LONGEST} characters, without semicolons")
    for theme in themes.values():
        if theme.state == IN_USE and theme.id != but and plain(theme.name) == plain(clean):
            raise _Idle(
                f"the theme {theme.id} is already called {theme.name!r}", "choose another name, or merge them"
            )
    return clean


# --- what was said of a theme -----------------------------------------------------------------------------------


def said_of(theme: str, book: Mapping[str, Agreed], codes: Mapping[str, bool]) -> bool | None:
    """Whether a coder saw a theme, from what the coder said of the themes on the sheet; None: was not asked.

    Of a merged theme: seen with any of its parts, not seen only where every part was asked about."""
    if theme in codes:
        return codes[theme]
    agreed = book[theme]
    if agreed.made_by != "merge":
        return None
    parts = [said_of(part, book, codes) for part in agreed.made_from]
    return True if True in parts else None if None in parts else False
