"""Sealed runs: every table of an assessment with its hash, so that anybody can derive them again and compare.

    runs/0003-1f2e3d4c/
      manifest.json          what the run was made from, and SHA-256 and rows of every table
      tables/<table>.parquet

A run is written under a temporary name and renamed: it is there whole or not at all, and never changed. Its number
counts runs; the rest of its name is the start of the hash of its inputs. Parquet is written in one fixed way, without
anything that depends on how a table was cut into chunks, so the same table is always the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ._durable import explained, locked, write_folder
from .errors import BadInput, NotVerified
from .tables import TABLES, as_declared

__all__ = ["Difference", "compare", "find", "latest", "read_manifest", "read_tables", "seal", "versions"]

_NAME = re.compile(r"^(\d{4,})-([0-9a-f]{8})$")
_DECIDES_BYTES = ("duckdb", "numpy", "phonenumbers", "pyarrow", "pydantic", "rensa", "scipy")
"""Software whose version can change what a table holds."""


# --- sealing ------------------------------------------------------------------------------------------------------


def seal(runs: Path, tables: Mapping[str, pa.Table], manifest: Mapping[str, Any]) -> Path:
    """Write a run and return its folder.

    tables: declared tables by name. manifest: what JSON can hold; `manifest["inputs"]` is all that decides what the
    tables contain. If the latest run has these inputs it is returned; earlier runs with them must have the same
    tables. Raises NotVerified where the same inputs gave other tables, BadInput where nothing can be written.
    """
    contents = {name: _parquet(name, table) for name, table in sorted(tables.items())}
    listed = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "rows": tables[name].num_rows}
        for name, content in contents.items()
    }
    with explained(runs, "the run cannot be written, and nothing was sealed"):
        runs.mkdir(parents=True, exist_ok=True)
    with explained(runs, "the run cannot be written, and nothing was sealed"), locked(runs / ".lock"):
        _same_as_before(runs, manifest["inputs"], listed)
        there = find(runs, manifest["inputs"])
        if there is not None:
            return there
        names = _names(runs)
        number = int(names[-1].split("-")[0]) + 1 if names else 1
        run = runs / f"{number:04d}-{_hash(manifest['inputs'])[:8]}"
        _write(run, contents, _sealed({**manifest, "run": run.name, "tables": listed}))
        return run


def find(runs: Path, inputs: Mapping[str, Any]) -> Path | None:
    """The latest run, if it was made from these inputs. An older one is not it: what was assessed last counts."""
    run = latest(runs)
    if run is None or run.name.split("-")[1] != _hash(inputs)[:8]:
        return None
    return run if read_manifest(run)["inputs"] == json.loads(_canonical(inputs)) else None


def latest(runs: Path) -> Path | None:
    """The run sealed last; None where there is none."""
    names = _names(runs)
    return runs / names[-1] if names else None


def _same_as_before(runs: Path, inputs: Mapping[str, Any], listed: Mapping[str, Any]) -> None:
    wanted = json.loads(_canonical(inputs))
    for name in _names(runs):
        if name.split("-")[1] != _hash(inputs)[:8]:
            continue
        before = read_manifest(runs / name)
        changed = sorted(t for t in {*before["tables"], *listed} if before["tables"].get(t) != listed.get(t))
        if before["inputs"] == wanted and changed:
            raise NotVerified(
                f"the same inputs gave other tables than before: {', '.join(changed)}",
                where=runs / name,
                cure="report this: something that decides a result is not among the inputs of the run",
            )


def _names(runs: Path) -> list[str]:
    """Names of sealed runs, oldest first; unfinished ones begin with a dot."""
    if not runs.is_dir():
        return []
    names = [path.name for path in runs.iterdir() if _NAME.match(path.name)]
    return sorted(names, key=lambda name: int(name.split("-")[0]))


def _write(run: Path, contents: Mapping[str, bytes], manifest: dict[str, Any]) -> None:
    tables = {f"tables/{name}.parquet": content for name, content in contents.items()}
    write_folder(run, {**tables, "manifest.json": _text(manifest)})


def _parquet(name: str, table: pa.Table) -> bytes:
    """The one way a table becomes bytes: declared columns, no metadata, one chunk, fixed row groups."""
    if name not in TABLES:
        raise BadInput(f"no table {name} is declared", cure="declare it in tables/")
    plain = as_declared(name, table)
    fields = [pa.field(field.name, field.type) for field in plain.schema]
    sink = pa.BufferOutputStream()
    pq.write_table(
        plain.cast(pa.schema(fields)).combine_chunks(), sink, compression="zstd", compression_level=3, version="2.6",
        row_group_size=65_536, use_dictionary=True, write_statistics=True, data_page_version="1.0",
    )  # fmt: skip
    return bytes(sink.getvalue())


def versions() -> dict[str, str]:
    """Software and machine that a bit-for-bit comparison needs to be the same."""
    own = {"fairhearing": metadata.version("fairhearing"), "python": platform.python_version()}
    return {
        **own,
        **{name: metadata.version(name) for name in _DECIDES_BYTES},
        "machine": f"{platform.system()} {platform.machine()}",
    }


# --- reading ------------------------------------------------------------------------------------------------------


def read_manifest(run: Path) -> dict[str, Any]:
    """The manifest, after checking its own hash and that of every table.

    Raises NotVerified naming the file that was changed, removed or added."""
    path = run / "manifest.json"
    try:
        content = path.read_bytes()
        manifest: dict[str, Any] = json.loads(content)
        whole = _text(_sealed({key: value for key, value in manifest.items() if key != "sha256"})) == content
        listed = {f"{name}.parquet": entry["sha256"] for name, entry in manifest["tables"].items()}
    except OSError as error:
        raise _changed(path, f"cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        whole, listed, manifest = False, {}, {}
    if not whole or manifest.get("run") != run.name:
        raise _changed(path, "is not as it was sealed")
    for name in sorted(listed.keys() | {file.name for file in (run / "tables").glob("*")}):
        _check_file(run / "tables" / name, listed.get(name))
    return manifest


def read_tables(run: Path) -> dict[str, pa.Table]:
    """Every table of a run, checked."""
    names = sorted(read_manifest(run)["tables"])
    return {name: pq.read_table(run / "tables" / f"{name}.parquet", partitioning=None) for name in names}


def _check_file(path: Path, sha256: str | None) -> None:
    if sha256 is None:
        raise _changed(path, "was added after the run was sealed")
    try:
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError as error:
        raise _changed(path, f"cannot be read: {error.strerror or error}") from None
    if not same:
        raise _changed(path, "is not as it was sealed")


def _changed(path: Path, how: str) -> NotVerified:
    return NotVerified(
        f"this file of a sealed run {how}",
        where=path,
        cure="do not rely on this run; restore it from a backup, or assess again",
    )


# --- comparing ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One table that did not come out the same."""

    table: str
    what: str
    rows: int = 0
    """Rows that differ, or are in one only."""
    cells: int = 0
    first: str = ""
    """The first cell that differs: row, column, sealed value, derived value."""

    def __str__(self) -> str:
        return f"{self.table}: {self.what}" + (f"; first, {self.first}" if self.first else "")


def compare(run: Path, tables: Mapping[str, pa.Table]) -> list[Difference]:
    """Tables derived again against those sealed, byte for byte; empty if all are the same.

    Raises NotVerified where the sealed run itself was changed."""
    sealed = read_manifest(run)["tables"]
    found: list[Difference] = []
    for name in sorted(sealed.keys() | tables.keys()):
        if name not in tables:
            found.append(Difference(name, "was sealed and is not derived any more", rows=sealed[name]["rows"]))
        elif name not in sealed:
            found.append(Difference(name, "is derived now and was not sealed", rows=tables[name].num_rows))
        elif hashlib.sha256(_parquet(name, tables[name])).hexdigest() != sealed[name]["sha256"]:
            found.append(_difference(name, pq.read_table(run / "tables" / f"{name}.parquet"), tables[name]))
    return found


def _difference(name: str, sealed: pa.Table, derived: pa.Table) -> Difference:
    derived = as_declared(name, derived)
    if sealed.column_names != derived.column_names:
        gone = sorted(set(sealed.column_names) ^ set(derived.column_names))
        return Difference(name, f"columns in one only: {', '.join(gone)}", rows=sealed.num_rows)
    rows = min(sealed.num_rows, derived.num_rows)
    extra = max(sealed.num_rows, derived.num_rows) - rows
    unequal = {
        column: _unequal(sealed[column].slice(0, rows), derived[column].slice(0, rows))
        for column in sealed.column_names
    }
    differs = np.logical_or.reduce([np.zeros(rows, bool), *unequal.values()])
    cells = sum(int(mask.sum()) for mask in unequal.values())
    what = f"{int(differs.sum())} of {rows} rows differ, in {cells} cells"
    if extra:
        what += f"; {sealed.num_rows} rows sealed, {derived.num_rows} derived"
    if not cells and not extra:
        what = "the same values in other bytes: the file format's own version changed"
    return Difference(name, what, int(differs.sum()) + extra, cells, _first(sealed, derived, unequal, differs))


def _unequal(one: pa.ChunkedArray, two: pa.ChunkedArray) -> np.ndarray:
    """Cells that differ. Numbers are compared by their bits: 0.0 and -0.0 differ, a NaN equals itself."""
    if pa.types.is_floating(one.type):
        gone = pc.is_null(one).to_numpy() ^ pc.is_null(two).to_numpy()
        bits = [pc.fill_null(each, 0.0).to_numpy().view(np.int64) for each in (one, two)]
        return np.asarray(gone | (bits[0] != bits[1]))
    if pa.types.is_list(one.type):
        pairs = zip(one.to_pylist(), two.to_pylist(), strict=True)
        return np.fromiter((a != b for a, b in pairs), bool, len(one))
    differs = pc.fill_null(pc.not_equal(one, two), False).to_numpy()
    return np.asarray(differs | (pc.is_null(one).to_numpy() ^ pc.is_null(two).to_numpy()))


def _first(sealed: pa.Table, derived: pa.Table, unequal: Mapping[str, np.ndarray], differs: np.ndarray) -> str:
    if not differs.any():
        return ""
    row = int(np.flatnonzero(differs)[0])
    column = next(name for name, mask in unequal.items() if mask[row])
    pair = [table[column][row].as_py() for table in (sealed, derived)]
    return f"row {row + 1}, column {column}: sealed {pair[0]!r}, derived {pair[1]!r}"


# --- files --------------------------------------------------------------------------------------------------------


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _hash(value: Any) -> str:
    return hashlib.sha256(_canonical(value)).hexdigest()


def _sealed(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest as JSON holds it, with the hash of all else in it."""
    held: dict[str, Any] = json.loads(_canonical(manifest))
    return {**held, "sha256": _hash(held)}


def _text(manifest: dict[str, Any]) -> bytes:
    return json.dumps(manifest, sort_keys=True, indent=2).encode("ascii") + b"\n"
