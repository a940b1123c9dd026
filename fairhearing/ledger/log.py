"""The ledger: evidence and human decisions, only ever added to, in a form that shows when it was touched.

    ledger/
      parts/<table>-<random>.parquet   what one append brought; never changed
      events.jsonl                     one line an append, each naming the hash of the line before
      tree                             hashes of the Merkle tree whose leaves are the events
      checkpoints/<events>             the tree's root at a publication, signed
      signing/<key>                    private keys, for the owner only; never published
      lock                             taken by a writer for the moment of its line
      key                              32 random bytes, for pseudonyms

Parts are written and synced first. The line in `events.jsonl` is the commit: it names the parts and says who did it,
when and why, so a change and its audit event are one write. A writer killed before its line leaves parts that nobody
reads (`orphans`); killed within its line, it leaves a tail without a newline, which readers skip and the next writer
cuts off. Readers take no lock.

What a folder cannot show by itself is that all of it was written anew by whoever holds it. Sealed runs and published
editions therefore carry the hash of an event, and each edition a signed checkpoint of the tree (`proofs`): who kept
one can see whether what came later only added to it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from .._durable import create_once, explained, locked, make_folder, opened, sync_folder
from ..errors import BadInput, LedgerBroken
from ..tables import TABLES, from_rows
from .lines import GATHERED, NO_EVENT, RECORDED, Event, Part, as_json, canonical, leaf, parse, public_facts, sealed
from .merkle import leaf_hash, tree_hash
from .parts import Content, write_parquet
from .tree import REMAKE, Tree

__all__ = ["Ledger"]

_STEP = 65_536
"""Bytes read at once from the end of the log."""
_NOTHING_ADDED = "the ledger cannot be written, and nothing was added"


class Ledger:
    """One folder. Safe with any number of writing and reading processes; nothing in it is ever overwritten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "events.jsonl"
        self._parts = folder / "parts"
        self.tree = Tree(folder / "tree")

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
        said = json.loads(canonical(dict(facts or {})))
        with explained(self.folder, _NOTHING_ADDED):
            make_folder(self._parts)
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
            rows = write_parquet(temporary, name, content)
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
            last = parse(_last_line(log, size), self._log) if size else None
            self._not_cut(self.tree.size, last.number if last else 0)
            event = sealed(
                number=last.number + 1 if last else 1,
                at=datetime.now(UTC).isoformat(timespec="seconds"),
                previous=last.hash if last else NO_EVENT,
                public=public_facts(said["what"], said["facts"]),
                **said,
            )
            sync_folder(self.folder)  # the log itself may be new
            _write_line(log, size, canonical(as_json(event)) + b"\n")
            with suppress(OSError):  # the event is on disk; a tree that is behind is brought up by the next
                self._grow_tree(event)
            return event

    def _grow_tree(self, event: Event) -> None:
        """Add the leaf of an event just written, and of any whose writer was killed before its leaf."""
        behind = event.number - 1 - self.tree.size
        before = self._read()[-behind - 1 : -1] if behind else ()
        self.tree.append([leaf(each) for each in (*before, event)])

    def grown(self) -> tuple[Event, ...]:
        """Every event, the tree brought up to the last of them: before a proof is made."""
        if self.tree.size < len(self.events()):
            with explained(self.folder, _NOTHING_ADDED), self._locked():
                events = self._read()
                self.tree.append([leaf(each) for each in events[self.tree.size :]])
        return self.events()

    def _locked(self) -> AbstractContextManager[None]:
        return locked(self.folder / "lock")

    def key(self) -> bytes:
        """32 random bytes, made once, for keyed hashes of people's numbers. They never leave this folder."""
        path = self.folder / "key"
        with explained(path, _NOTHING_ADDED):
            if not path.exists():
                make_folder(self.folder)
                create_once(path, secrets.token_bytes(32))
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
            event = parse(line, self._log, number)
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
        size = self.tree.size  # before the log is read: another process may add to both
        events = self.events()
        self._check_tree(events, size)
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

    def _check_tree(self, events: tuple[Event, ...], size: int) -> None:
        """The tree is that of these events, as far as it reaches: it may be behind by what a killed writer left."""
        self._not_cut(size, len(events))
        if self.tree.root(size) != tree_hash(leaf_hash(leaf(event)) for event in events[:size]):
            raise LedgerBroken("the tree is not that of the log", where=self.tree.path, cure=REMAKE)

    def _not_cut(self, leaves: int, events: int) -> None:
        if leaves > events:
            raise LedgerBroken(
                f"the tree has {leaves} leaves and the log {events} events: the log was cut short",
                where=self._log,
                cure="restore the ledger from a backup; do not rely on what was made from it",
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


def _whole_lines(log: int) -> int:
    """Bytes up to and with the last newline, read from the end."""
    end = os.fstat(log).st_size
    while end > 0:
        start = max(0, end - _STEP)
        found = os.pread(log, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _last_line(log: int, size: int) -> bytes:
    """The last whole line, without its newline."""
    start, tail = size, b""
    while start > 0 and tail.count(b"\n") < 2:
        step = min(_STEP, start)
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


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _unreadable(path: Path, error: OSError) -> LedgerBroken:
    return LedgerBroken(
        f"this file of the ledger cannot be read: {error.strerror or error}",
        where=path,
        cure="see that the file is there and may be read, or restore it from a backup",
    )
