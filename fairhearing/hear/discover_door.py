"""`fairhearing themes`: themes proposed for a file of responses, what became of every response, and exact quotes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import BadInput
from .codebook import names_of, texts_of
from .copies import representatives
from .discover import GRAIN, Discovered, Say, Sentences, discover, granularity, sentences_of
from .readers import FAST, Reader, open_reader, reads
from .sides import side_of
from .telling import AT_LEAST, Responses, communities_of, fate_of, method, named, rows_of
from .words import normal

__all__ = ["FATES", "Themes", "themes_table"]

FATES = ("themed", "duplicate", "other", "uninformative", "not yet read")
COPY_WORDS = 5


@dataclass(frozen=True)
class Themes:
    """themes: broad ones and, under their `parent`, narrower ones · other: what was left, described · fates: sum to
    the responses · responses: response, theme, similarity, assigned_by · codebook: theme, description, examples, as
    `fairhearing code` reads it."""

    themes: tuple[dict[str, Any], ...]
    other: dict[str, Any]
    fates: dict[str, int]
    reasons: dict[str, int]
    reader: dict[str, str]
    granularity: str
    method: str
    responses: pa.Table
    codebook: pa.Table


def themes_table(
    table: pa.Table, *, text: str, id: str | None = None, by: str | None = None, closed: str | None = None,
    wanted: int | str = "medium", reader: str | None = None, at_least: int = AT_LEAST, rng: np.random.Generator,
    where: str = "the file",
    say: Say = lambda _text: None,
) -> Themes:  # fmt: skip
    """Proposed themes. closed: a closed question that was put beside, answered for or against; wanted: how many
    narrower themes, or coarse, medium or fine; at_least: responses of the smallest theme."""
    _refuse(wanted)
    with_reader = open_reader(reader or FAST)
    file = _read(table, text, id, by, closed, where, reads(with_reader), say)
    said = sentences_of(file.texts, file.can_be_read)
    found = discover(
        said, with_reader, wanted=wanted, at_least=at_least, rng=rng, of=communities_of(said, file), say=say
    )
    say("put the themes into words")
    return _told(file, said, found, with_reader, at_least, wanted)


def _refuse(wanted: int | str) -> None:
    if not (wanted in GRAIN or (isinstance(wanted, int) and wanted >= 1)):
        raise BadInput(f"there cannot be {wanted!r} themes", where="--themes",
                       cure="give a number, or coarse, medium or fine")  # fmt: skip


# --- reading ------------------------------------------------------------------------------------------------------


def _read(
    table: pa.Table, text: str, id: str | None, by: str | None, closed: str | None, where: str,
    languages: frozenset[str], say: Say,
) -> Responses:  # fmt: skip
    texts, names = texts_of(table, text, where), names_of(table, id, where)
    name, n = Counter(names).most_common(1)[0] if names else ("", 1)
    if n > 1 or not all(names):
        raise BadInput(
            f"{n} rows are called {name!r}" if n > 1 else "a row has no id", where=where,
            cure="give every response an id of its own, or leave the column out: rows then count from 1",
        )  # fmt: skip
    say(f"sort {len(texts):,} responses")
    why = {each: fate_of(each, languages) for each in set(texts)}
    fate = [why[each][0] for each in texts]
    reason = [why[each][1] for each in texts]
    group = _groups(texts, names)
    for at, first in enumerate(group.tolist()):
        if first != at and not fate[at] and len(texts[at].split()) >= COPY_WORDS:
            fate[at], reason[at] = "duplicate", f"of {names[first]}"
    told = {by: texts_of(table, by, where)} if by else {}
    answered = _answered(texts_of(table, closed, where), closed, where) if closed else []
    return Responses(names, texts, fate, reason, group, np.arange(len(texts)), told, answered=answered)


def _answered(answers: Sequence[str], closed: str, where: str) -> list[str]:
    sides = [side_of(answer) for answer in answers]
    if not any(sides):
        found = ", ".join(sorted({*answers} - {""})[:5]) or "all are empty"
        raise BadInput(
            f"no answer in {closed!r} is for or against: {found}", where=where,
            cure="write for, against or mixed; or name the column of the closed question",
        )  # fmt: skip
    return sides


def _groups(texts: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """Group of each response; the order of the rows decides nothing."""
    plain = [normal(text) for text in texts]
    order = np.array(sorted(range(len(texts)), key=lambda i: (plain[i], texts[i], names[i])), np.int64)
    group = np.arange(len(texts))
    if len(texts):
        group[order] = order[representatives([plain[i] for i in order.tolist()])]
    return group


# --- telling ------------------------------------------------------------------------------------------------------


def _told(
    file: Responses, said: Sentences, found: Discovered, reader: Reader, at_least: int, wanted: int | str
) -> Themes:
    told = named(file, said, found, at_least)
    rows = rows_of(file, said, found, told)
    themed = set(rows["response"].to_pylist())
    fate = [each or ("themed" if file.names[at] in themed else "other") for at, each in enumerate(file.fate)]
    count = Counter(fate)
    reasons = Counter(reason for each, reason in zip(fate, file.reason, strict=True) if each == "not yet read")
    return Themes(
        told.themes, told.other(fate), {each: count[each] for each in FATES}, dict(sorted(reasons.items())),
        {"name": reader.name, "sha256": reader.hash}, granularity(found, wanted, sum(1 for _each in told.narrow())),
        method(reader, found), rows, told.codebook(),
    )  # fmt: skip
