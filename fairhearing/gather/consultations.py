"""Consultations: one row a response in people's own words, redacted before anything else sees it.

Repeated texts are kept: a campaign is people too, and it is counted both ways later.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..programme import Programme, Source
from ..tables import as_declared
from .as_received import sealed
from .redact import Redacted, redact
from .respondents import Respondents, read_respondents
from .surveys import first_rows
from .text import counted, fold
from .values import coded

__all__ = ["read_consultation"]

NO_TEXT = (
    r"(?i)^[\s\pP\pS]*(?:n\s*/\s*a|na|nan|null|nil|not applicable|did not answer|not answered|no answer|"
    r"no response|no reply|blank|left blank)?[\s\pP\pS]*$"
)
"""What stands in the box when nothing was written (RE2 syntax). "No" or "nothing" can be an answer, so they stay."""

_ID = re.compile(r"[a-z][a-z0-9_-]{0,59}")


def read_consultation(
    source: Source, programme: Programme, path: Path, *, key: bytes, largest_file_mb: int
) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables `people`, `texts` and `fates` of a consultation, and notes.

    A person who wrote nothing stays in `people`: they answered, though not in words.
    """
    found = read_respondents(source, programme, path, key=key, largest_file_mb=largest_file_mb)
    keep, _first = first_rows(found)
    people = as_declared("people", found.people.filter(pa.array(found.fates.used & keep)))
    step, experience = _steps(source, programme, found), _experiences(source, programme, found)
    words = redact(found.sheet.column(source.columns.text or ""))
    blank = pc.match_substring_regex(pc.fill_null(words.texts, ""), NO_TEXT).to_numpy(zero_copy_only=False)
    silent = found.fates.set_aside(blank, "no text given")
    found.notes.extend(_notes(words, found.fates.used, silent))
    texts = _texts(source, found, words, step, experience)
    received = _sealed(texts, found.sheet.column(source.columns.text or ""), found, key)
    fates = found.fates.table(source.id, found.sheet.row, found.sheet.spoilt)
    return {"people": people, "texts": texts, "sealed_texts": received, "fates": fates}, found.notes


def _texts(source: Source, found: Respondents, words: Redacted, step: pa.Array, experience: pa.Array) -> pa.Table:
    people, row = found.people, pc.cast(found.people["row"], pa.string())
    table = pa.table(
        {
            "source": people["source"],
            "row": people["row"],
            "response": pc.binary_join_element_wise(people["source"], row, ":"),
            "person": people["person"],
            "round": people["round"],
            "question": _question(source, found),
            "text": words.texts,
            "step": step,
            "experience": experience,
            "redactions": pa.array(words.counts, pa.int64()),
        }
    )
    return as_declared("texts", table.filter(pa.array(found.fates.used)))


def _sealed(texts: pa.Table, received: pa.Array, found: Respondents, key: bytes) -> pa.Table:
    """Of responses in which a detail was replaced, the words as received, sealed."""
    replaced = pc.greater(texts["redactions"], 0)
    ids = texts.filter(replaced)["response"]
    words = received.filter(pa.array(found.fates.used)).filter(replaced.combine_chunks()).to_pylist()
    kept = sealed(key, ids.to_pylist(), words)
    source = texts.filter(replaced)["source"]
    return as_declared(
        "sealed_texts", pa.table({"source": source, "response": ids, "sealed": pa.array(kept, pa.string())})
    )


def _question(source: Source, found: Respondents) -> pa.Array:
    """What was asked, redacted too: it is free text."""
    if source.columns.question is None:
        return pa.nulls(len(found.sheet.row), pa.string())
    asked = coded(found.sheet.column(source.columns.question))
    return asked.texts(redact(pa.array(asked.values, pa.string())).texts.to_pylist())


def _notes(words: Redacted, used: np.ndarray, silent: int) -> list[str]:
    notes = [f"{counted(silent, 'row')} without text: counted as people, not as responses"] if silent else []
    if words.kinds:
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in words.kinds.items())
        within = counted(int(np.count_nonzero(words.counts[used])), "response")
        notes.append(f"{counted(sum(words.kinds.values()), 'identifying detail')} replaced in {within}: {kinds}")
    return notes


def _steps(source: Source, programme: Programme, found: Respondents) -> pa.Array:
    """Step ids, by id or by name."""
    known = {fold(word): step.id for _activity, step in programme.steps() for word in (step.name, step.id)}
    return _named(source.columns.step, "step", found, lambda value: known.get(fold(value)))


def _experiences(source: Source, programme: Programme, found: Respondents) -> pa.Array:
    """Experience ids: the programme's by id or name, the library's by id (which only later stages know)."""
    known = {fold(word): each.id for each in programme.experiences for word in (each.name, each.id)}

    def id(value: str) -> str | None:
        return known.get(fold(value)) or (value if _ID.fullmatch(value) else None)

    return _named(source.columns.experience, "experience", found, id)


def _named(header: str | None, what: str, found: Respondents, id: Callable[[str], str | None]) -> pa.Array:
    if header is None:
        return pa.nulls(len(found.sheet.row), pa.string())
    column = coded(found.sheet.column(header))
    ids = [id(value) for value in column.values]
    unknown = column.spread(np.array([each is None for each in ids], bool), False)
    missed = found.fates.remark(unknown, f"the {what} named is not known: counted as not said")
    if missed:
        found.notes.append(f"{counted(missed, 'row')} name an unknown {what} in {header!r}: counted as not said")
    return column.texts(ids)
