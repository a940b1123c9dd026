"""The ledger: evidence and human decisions, only ever added to, in a form that shows when it was touched.

    ledger/
      parts/<table>-<random>.parquet   what one append brought; never changed
      events.jsonl                     one line an append, each naming the hash of the line before
      lock                             taken by a writer for the moment of its line
      key                              32 random bytes, for pseudonyms

Parts are written and synced first. The line in `events.jsonl` is the commit: it names the parts and says who did it,
when and why, so a change and its audit event are one write. A writer killed before its line leaves parts that nobody
reads (`orphans`); killed within its line, it leaves a tail without a newline, which readers skip and the next writer
cuts off. Readers take no lock.

What the chain cannot show by itself is that the last events were cut off, or all of it written anew by somebody who
holds the folder. Sealed runs and published editions therefore carry the hash of an event, and `check` compares them.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from ._durable import explained, locked, opened, sync_folder
from .errors import BadInput, LedgerBroken
from .tables import TABLES, as_declared, empty, from_rows

__all__ = ["GATHERED", "NO_EVENT", "RECORDED", "Event", "Ledger", "Part"]

GATHERED = "evidence gathered"
RECORDED = "status recorded"
NO_EVENT = "0" * 64
"""The hash before the first event."""

Content: TypeAlias = pa.Table | Iterable[pa.RecordBatch]

_ROW_GROUP = 65_536
_NOTHING_ADDED = "the ledger cannot be written, and nothing was added"


@dataclass(frozen=True)
class Part:
    """One immutable Parquet file under `ledger/parts`."""

    table: str
    file: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class Event:
    """One line of the log. `hash` covers everything else in it, `previous` included."""

    number: int
    at: str
    who: str
    what: str
    why: str
    facts: Mapping[str, Any]
    parts: tuple[Part, ...]
    previous: str
    hash: str = field(default="")


class Ledger:
    """One folder. Safe with any number of writing and reading processes; nothing in it is ever overwritten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "events.jsonl"
        self._parts = folder / "parts"

    # --- writing ------------------------------------------------------------------------------------------------

    def append(
        self,
        what: str,
        *,
        who: str,
        why: str,
        facts: Mapping[str, Any] | None = None,
        tables: Mapping[str, Content] | None = None,
    ) -> Event:
        """Add evidence, a decision or a note, all or nothing; returned once it is on disk.

        facts: what JSON can hold. tables: evidence tables by name, whole or as batches (memory then holds one row
        group of 65,536 rows). Raises BadInput for what cannot be written, LedgerBroken if the log is not whole.
        """
        said = json.loads(_canonical(dict(facts or {})))
        with explained(self.folder, _NOTHING_ADDED):
            _make_folder(self._parts)
            parts = self._write_parts(tables or {})
            return self._commit(who=who, what=what, why=why, facts=said, parts=parts)

    def _write_parts(self, tables: Mapping[str, Content]) -> tuple[Part, ...]:
        """All or none. Once the line is being written nothing is removed any more: it may be out already."""
        written: list[Part] = []
        try:
            for name, content in tables.items():
                written.append(self._write_part(name, content))
            sync_folder(self._parts)
        except BaseException:
            _remove(self._parts / part.file for part in written)
            raise
        return tuple(written)

    def _write_part(self, name: str, content: Content) -> Part:
        """Under a temporary name, synced, then renamed: a part is there whole or not at all."""
        if name not in TABLES or TABLES[name].kind != "evidence":
            raise BadInput(
                f"the ledger holds evidence, and {name} is not a table of evidence",
                cure="findings belong to a sealed run, which is made anew from the evidence",
            )
        temporary = self._parts / f".writing-{secrets.token_hex(8)}"
        try:
            rows = _write_parquet(temporary, name, content)
            with temporary.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
            final = f"{name}-{secrets.token_hex(8)}.parquet"
            temporary.rename(self._parts / final)
        finally:
            _remove([temporary])
        return Part(name, final, sha256, rows)

    def _commit(self, **said: Any) -> Event:
        """Number the event and write its line, alone: the moment from which readers see it."""
        with self._locked(), opened(self._log, os.O_RDWR | os.O_CREAT) as log:
            size = _whole_lines(log)
            if size != os.fstat(log).st_size:
                os.ftruncate(log, size)  # the tail of a writer that was killed; it was never acknowledged
            last = _parse(_last_line(log, size), self._log) if size else None
            event = _sealed(
                number=last.number + 1 if last else 1,
                at=datetime.now(UTC).isoformat(timespec="seconds"),
                previous=last.hash if last else NO_EVENT,
                **said,
            )
            sync_folder(self.folder)  # the log itself may be new
            _write_line(log, size, _canonical(_as_json(event)) + b"\n")
            return event

    def _locked(self) -> AbstractContextManager[None]:
        return locked(self.folder / "lock")

    def key(self) -> bytes:
        """32 random bytes, made once, for keyed hashes of people's numbers. They never leave this folder."""
        path = self.folder / "key"
        with explained(path, _NOTHING_ADDED):
            if not path.exists():
                _make_folder(self.folder)
                _create_once(path, secrets.token_bytes(32))
            key = path.read_bytes()
        if len(key) != 32:
            raise LedgerBroken(f"the key has {len(key)} bytes, not 32", where=path, cure="restore it from a backup")
        return key

    # --- reading ------------------------------------------------------------------------------------------------

    def events(self) -> tuple[Event, ...]:
        """Every event in order, its hash, number and link to the one before checked.

        Raises LedgerBroken naming the line where the log stops being what was written."""
        try:
            return self._read()
        except LedgerBroken:
            # A reader may catch a writer between cutting off a torn tail and writing its own line; not under lock.
            if not os.access(self.folder / "lock", os.W_OK):
                raise
        with self._locked():
            return self._read()

    def _read(self) -> tuple[Event, ...]:
        try:
            lines = self._log.read_bytes().split(b"\n")[:-1]  # what follows the last newline was never acknowledged
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unreadable(self._log, error) from None
        events: list[Event] = []
        previous = NO_EVENT
        for number, line in enumerate(lines, 1):
            event = _parse(line, self._log, number)
            if (event.number, event.previous) != (number, previous):
                raise LedgerBroken(
                    f"event {event.number} does not follow the event before it: one was changed, removed or moved",
                    where=f"{self._log}, line {number}",
                    cure="restore the ledger from a backup; do not rely on what was made from it",
                )
            events.append(event)
            previous = event.hash
        return tuple(events)

    def head(self) -> str:
        """Hash of the last event; 64 zeros for an empty ledger."""
        events = self.events()
        return events[-1].hash if events else NO_EVENT

    def path(self, part: Part) -> Path:
        """Where a part lies."""
        return self._parts / part.file

    def gathered(self, source: str) -> Event | None:
        """The latest reading of a source: its parts are the evidence that counts; earlier readings only stay."""
        for event in reversed(self.events()):
            if event.what == GATHERED and event.facts.get("source") == source:
                return event
        return None

    def decisions(self) -> pa.Table:
        """What people recorded, in order, as the table `decisions`."""
        return from_rows(
            "decisions",
            [
                {"event": event.number, "who": event.who, "at": event.at, "why": event.why}
                | {key: event.facts[key] for key in ("on", "column", "value")}
                for event in self.events()
                if event.what == RECORDED
            ],
        )

    def check(self, heads: Collection[str] = ()) -> None:
        """Verify the whole log and every part it names; `heads`: hashes of events, as runs and editions carry them.

        Raises LedgerBroken naming the file and the event."""
        events = self.events()
        for event in events:
            for part in event.parts:
                self._check_part(event, part)
        gone = [head for head in heads if head not in {NO_EVENT, *(event.hash for event in events)}]
        if gone:
            raise LedgerBroken(
                f"the event with hash {gone[0]} was on the log and is no more: the log was cut short or replaced",
                where=self._log,
                cure="restore the ledger from a backup",
            )

    def _check_part(self, event: Event, part: Part) -> None:
        path = self.path(part)
        try:
            with path.open("rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == part.sha256
        except FileNotFoundError:
            same = None
        except OSError as error:
            raise _unreadable(path, error) from None
        if not same:
            fault = "is missing" if same is None else "was changed"
            raise LedgerBroken(
                f"the part that event {event.number} ({event.what}) brought {fault}",
                where=path,
                cure="restore the file from a backup; do not rely on what was made from it",
            )

    def orphans(self) -> tuple[Path, ...]:
        """Files under `parts` that no event names: left by a writer that was killed, or of one still writing."""
        present = sorted(self._parts.iterdir()) if self._parts.is_dir() else []
        named = {part.file for event in self.events() for part in event.parts}
        return tuple(path for path in present if path.name not in named)


# --- lines --------------------------------------------------------------------------------------------------------


def _canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, ASCII only: one text for one value, and no character can be torn."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"an event cannot hold this: {error}", cure="give text, whole numbers, finite numbers, lists or mappings"
        ) from None


def _as_json(event: Event) -> dict[str, Any]:
    return {**vars(event), "parts": [vars(part) for part in event.parts]}


def _sealed(**said: Any) -> Event:
    body = _as_json(Event(**said))
    del body["hash"]
    return Event(**said, hash=hashlib.sha256(_canonical(body)).hexdigest())


def _parse(line: bytes, log: Path, number: int | None = None) -> Event:
    """The event of one line; LedgerBroken where a single character of it is not as written."""
    try:
        said = json.loads(line)
        claimed = said.pop("hash")
        event = _sealed(**{**said, "parts": tuple(Part(**part) for part in said["parts"])})
    except (ValueError, TypeError, KeyError, AttributeError):
        claimed, event = None, None
    if event is None or event.hash != claimed or _canonical(_as_json(event)) != line:
        raise LedgerBroken(
            "this event is not as it was written",
            where=log if number is None else f"{log}, line {number}",
            cure="restore the ledger from a backup; do not rely on what was made from it",
        )
    return event


def _whole_lines(log: int) -> int:
    """Bytes up to and with the last newline, read from the end."""
    end = os.fstat(log).st_size
    while end > 0:
        start = max(0, end - _ROW_GROUP)
        found = os.pread(log, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _last_line(log: int, size: int) -> bytes:
    """The last whole line, without its newline."""
    start, tail = size, b""
    while start > 0 and tail.count(b"\n") < 2:
        step = min(_ROW_GROUP, start)
        start -= step
        tail = os.pread(log, step, start) + tail
    return tail[:-1].rsplit(b"\n", 1)[-1]


def _write_line(log: int, size: int, line: bytes) -> None:
    """One write and a sync; if either fails the log is cut back to what it was, and nothing has happened."""
    try:
        written = os.pwrite(log, line, size)
        if written != len(line):
            raise OSError(errno.ENOSPC, f"only {written} of {len(line)} bytes could be written")
        os.fsync(log)
    except BaseException:
        os.ftruncate(log, size)
        raise


# --- files --------------------------------------------------------------------------------------------------------


def _write_parquet(path: Path, name: str, content: Content) -> int:
    """Rows written. Batches are gathered into row groups, so that memory stays bounded and files stay well formed."""
    tables = [as_declared(name, content)] if isinstance(content, pa.Table) else _row_groups(name, content)
    rows, writer = 0, None
    try:
        for table in tables:
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(_same_columns(name, table, writer.schema), row_group_size=_ROW_GROUP)
            rows += table.num_rows
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        pq.write_table(empty(name), path, compression="zstd")
    return rows


def _row_groups(name: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    for batch in batches:
        held.append(as_declared(name, pa.Table.from_batches([batch])))
        if sum(table.num_rows for table in held) >= _ROW_GROUP:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _same_columns(name: str, table: pa.Table, schema: pa.Schema) -> pa.Table:
    if table.schema.names != schema.names:
        raise BadInput(
            f"the batches of {name} have different columns: {table.schema.names}, first {schema.names}",
            cure="give every batch of a table the same columns",
        )
    return table


def _create_once(path: Path, data: bytes) -> None:
    """Whoever comes first creates the file, whole and for the owner only; everybody else keeps what is there."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        with opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600) as file:
            os.write(file, data)
            os.fsync(file)
        path.hardlink_to(temporary)
    except FileExistsError:
        return
    finally:
        _remove([temporary])
    sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _unreadable(path: Path, error: OSError) -> LedgerBroken:
    return LedgerBroken(
        f"this file of the ledger cannot be read: {error.strerror or error}",
        where=path,
        cure="see that the file is there and may be read, or restore it from a backup",
    )
