"""Evidence files → tables. One reader per kind; every row gets a fate, and nobody is identified.

`read_source` is all that `main` needs for a programme; the rest serve the direct doors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadInput
from ..programme import Programme, Source
from ..tables import FATES
from .consultations import read_consultation
from .evaluations import read_evaluation
from .files import read_table
from .official import LAYOUTS, Layout, read_figures, read_official
from .population import read_population
from .projects import read_projects
from .scrutiny import read_page, read_question, read_questions
from .surveys import read_survey
from .votes import read_votes

__all__ = [
    "LAYOUTS", "Gathered", "fingerprint", "official_figures", "read_page", "read_question", "read_source",
    "read_table",
]  # fmt: skip

_READERS = {
    "survey": read_survey,
    "consultation": read_consultation,
    "votes": read_votes,
    "questions": read_questions,
    "projects": read_projects,
    "evaluation": read_evaluation,
    "official": read_official,
    "population": read_population,
}


@dataclass(frozen=True)
class Gathered:
    """What one source held: `tables` by name (`fates` always among them), `rows` read, `fates` counted by fate
    (they sum to rows), and `notes` on what a person should know of how it was read."""

    tables: dict[str, pa.Table]
    rows: int
    fates: dict[str, int]
    notes: tuple[str, ...]


def read_source(
    source: Source,
    programme: Programme,
    path: Path,
    *,
    key: bytes,
    largest_file_mb: int,
    say: Callable[[str], None] = lambda _text: None,
) -> Gathered:
    """Read one source completely, or raise: there is no partial result.

    path: the file, or for votes and questions also a folder. key: secret of the programme folder, for the hashes
    that stand for people. Raises BadInput where the file cannot be read as what it is said to be, and Refused where
    it holds what must not be taken in.
    """
    say(f"reading {source.id}")
    read = _gathered(*_READERS[source.kind](source, programme, path, key=key, largest_file_mb=largest_file_mb))
    say(f"{source.id}: {read.rows:,} rows, {read.fates['used']:,} used")
    return read


def official_figures(path: Path, layout: str | None, *, largest_file_mb: int) -> Gathered:
    """Published figures of one file without a programme. layout: one of LAYOUTS, or None to tell by the headers."""
    chosen: Layout | None = next((each for each in LAYOUTS if each == layout), None)
    return _gathered(*read_figures(path, chosen, largest_file_mb=largest_file_mb))


def _gathered(tables: dict[str, pa.Table], notes: list[str]) -> Gathered:
    counts = {row["values"]: row["counts"] for row in pc.value_counts(tables["fates"]["fate"]).to_pylist()}
    fates = {fate: counts.get(fate, 0) for fate in FATES}
    if not fates["used"]:
        notes = [*notes, f"no row could be used; most often: {_commonest(tables['fates']['reason'])}"]
    return Gathered(tables, tables["fates"].num_rows, fates, tuple(notes))


def _commonest(reasons: pa.ChunkedArray) -> str:
    counts = [(row["counts"], row["values"]) for row in pc.value_counts(reasons).to_pylist() if row["values"]]
    return str(max(counts)[1]) if counts else "no reason is known"


def fingerprint(path: Path) -> str:
    """SHA-256 of a file; of a folder, over its files' names and contents in the order of their names."""
    if path.is_file():
        return _sha256(path).hexdigest()
    if not path.is_dir():
        raise BadInput("there is no such file or folder", where=path, cure="correct `file` in programme.toml")
    whole = hashlib.sha256()
    for name, file in sorted((each.relative_to(path).as_posix(), each) for each in path.rglob("*") if each.is_file()):
        whole.update(f"{len(name.encode())}:{name}:".encode())
        whole.update(_sha256(file).digest())
    return whole.hexdigest()


def _sha256(path: Path) -> hashlib._Hash:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256")
