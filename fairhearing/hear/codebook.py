"""The files a coding starts from: a codebook of themes, and texts that people have coded by it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput
from ..tables import columns_in
from .coded import as_named
from .coding import Theme

__all__ = ["Labelled", "names_of", "read_codebook", "read_labelled", "texts_of"]

BETWEEN = ";"
"""Between the labels of one response, and between the examples of one theme."""
_OTHERWISE = ("|", ",", "/", "\n", "\t")
"""What else people put between labels."""


@dataclass(frozen=True)
class Labelled:
    """Texts that people coded. id: their responses, "" where unknown · labels: (texts, themes) · notes: what was set
    aside and why."""

    id: tuple[str, ...]
    text: tuple[str, ...]
    labels: np.ndarray
    notes: tuple[str, ...]


def read_codebook(table: pa.Table, *, where: str) -> tuple[Theme, ...]:
    """`theme`, and if there are such columns `description` and `examples` (between semicolons)."""
    table = as_named(table, ("theme", "description", "examples"))
    name, about, like = (_cells(table, each, where, each == "theme") for each in ("theme", "description", "examples"))
    themes = tuple(
        Theme(each, about[row], tuple(part.strip() for part in like[row].split(BETWEEN) if part.strip()))
        for row, each in enumerate(name)
        if each
    )
    if not themes:
        raise BadInput("the codebook holds no theme", where=where, cure="put the name of a theme into each row")
    twice = [each for each, n in Counter(theme.name for theme in themes).items() if n > 1]
    if twice:
        raise BadInput(f"the theme {twice[0]!r} is there twice", where=where, cure="merge the two, or rename one")
    split = next((theme.name for theme in themes if BETWEEN in theme.name), None)
    if split:
        raise BadInput(
            f"the theme {split!r} has a semicolon in its name", where=where,
            cure="rename it: semicolons part the labels of a response",
        )  # fmt: skip
    return themes


def read_labelled(
    table: pa.Table, themes: Sequence[Theme], *, text: str, labels: str, id: str | None,
    known: dict[str, str], where: str,
) -> Labelled:  # fmt: skip
    """Rows with their text, or with an id under which `known` holds it. An empty cell of labels means that people
    saw no theme. Labels that the codebook does not have are set aside and told, unless one is nearly a theme's name.
    """
    given = _cells(table, labels, where, True)
    here = columns_in(table)
    called = "response" if id is None and text != "response" and "id" not in here and "response" in here else id
    ids = names_of(table, called, where) if _id_column(table, called) else [""] * len(given)
    texts = _cells(table, text, where, False) if text in here else _by_id(table, ids, known, text, where)
    place = {_plain(theme.name): at for at, theme in enumerate(themes)}
    marks, unknown = np.zeros((len(given), len(themes)), bool), Counter[str]()
    for row, cell in enumerate(given):
        for label in filter(None, (part.strip() for part in cell.split(BETWEEN))):
            at = place.get(_plain(label))
            if at is None:
                unknown[label] += 1
                _refuse_slip(label, themes, place, f"{where}, row {row + 1}")
            else:
                marks[row, at] = True
    if not marks.any():
        raise BadInput(
            f"none of the labels in {labels!r} is a theme of the codebook", where=where,
            cure=f"labels are the names of themes between semicolons, such as {themes[0].name}",
        )  # fmt: skip
    notes = [f"label {label!r} is not in the codebook: set aside, {n} times" for label, n in sorted(unknown.items())]
    return _each_once(Labelled(tuple(ids), tuple(texts), marks, tuple(notes)))


def _each_once(found: Labelled) -> Labelled:
    """A response that several people coded is one example, of the themes that at least half of them saw: were it
    two, each would be scored by a machine that had seen it in the other."""
    key = [id or f"row {row}" for row, id in enumerate(found.id)]
    first, of = np.unique(key, return_index=True, return_inverse=True)[1:]
    if len(first) == len(key):
        return found
    order = np.argsort(first)
    place = np.argsort(order)[of.reshape(-1)]
    seen = np.zeros((len(first), found.labels.shape[1]))
    np.add.at(seen, place, found.labels)
    labels = 2 * seen >= np.maximum(np.bincount(place), 1)[:, None]
    at = first[order].tolist()
    again = (
        f"{len(key) - len(at):,} rows code a response again: it has the themes that at least half of its coders saw"
    )
    return Labelled(
        tuple(found.id[i] for i in at), tuple(found.text[i] for i in at), labels & (seen > 0), (*found.notes, again)
    )


def texts_of(table: pa.Table, name: str, where: str) -> list[str]:
    """What people wrote, "" where nothing."""
    return _cells(table, name, where, True)


def names_of(table: pa.Table, id: str | None, where: str) -> list[str]:
    """What the responses are called: the column named, else `id`, else the number of the row; each once."""
    column = _id_column(table, id)
    if column is None:
        if id is not None:
            _cells(table, id, where, True)
        return [str(row + 1) for row in range(table.num_rows)]
    return _cells(table, column, where, True)


def _id_column(table: pa.Table, id: str | None) -> str | None:
    wanted = id or "id"
    return wanted if wanted in columns_in(table) else None


def _by_id(table: pa.Table, ids: Sequence[str], known: dict[str, str], text: str, where: str) -> list[str]:
    if not any(ids):
        _cells(table, text, where, True)  # says that the column is missing
    lost = next((each for each in ids if each not in known), None)
    if lost is not None:
        raise BadInput(
            f"the labelled response {lost!r} is not in the file of responses", where=where,
            cure=f"put its text into a column {text!r}, or correct its id",
        )  # fmt: skip
    return [known[each] for each in ids]


def _refuse_slip(label: str, themes: Sequence[Theme], place: Mapping[str, int], where: str) -> None:
    """A label that is nearly a theme's name is a slip of the pen, and would silently teach the machine less; so
    would several in one, parted by something else."""
    mark = next((each for each in _OTHERWISE if _are_themes(label.split(each), place)), None)
    if mark:
        raise BadInput(
            f"the labels {label!r} are parted by {mark!r}", where=where,
            cure="put semicolons between the labels of a response",
        )  # fmt: skip
    close = difflib.get_close_matches(_plain(label), [_plain(theme.name) for theme in themes], 1, 0.85)
    if close:
        meant = next(theme.name for theme in themes if _plain(theme.name) == close[0])
        raise BadInput(f"the label {label!r} is not in the codebook", where=where, cure=f"did you mean {meant!r}?")


def _are_themes(parts: Sequence[str], place: Mapping[str, int]) -> bool:
    return len(parts) > 1 and all(_plain(part) in place for part in parts)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _cells(table: pa.Table, name: str, where: str, needed: bool) -> list[str]:
    """A column as text without spaces around it, "" where empty or, if it is not needed, where there is none."""
    columns = columns_in(table)
    if name not in columns:
        if not needed:
            return [""] * table.num_rows
        close = difflib.get_close_matches(name, columns, 1, 0.6)
        cure = f"did you mean {close[0]!r}?" if close else f"the columns are {', '.join(columns)}"
        raise BadInput(f"there is no column {name!r}", where=where, cure=cure)
    text = pc.fill_null(pc.cast(table[name], pa.string()), "")
    return [str(each).strip() for each in text.to_pylist()]
