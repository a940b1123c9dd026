"""The ledger: what was acknowledged stays, what was not is never read, and touching any of it is noticed."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairhearing.errors import BadInput, LedgerBroken
from fairhearing.ledger import NO_EVENT, Ledger, merkle
from fairhearing.ledger import lines as module
from fairhearing.tables import from_rows


def fates(source: str, rows: int) -> pa.Table:
    return from_rows("fates", [{"source": source, "row": n, "fate": "used"} for n in range(1, rows + 1)])


def gather(ledger: Ledger, source: str, rows: int = 3) -> Any:
    facts = {"source": source, "rows": rows}
    return ledger.append(
        "evidence gathered", who="clerk", why="new", facts=facts, tables={"fates": fates(source, rows)}
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


def lines(ledger: Ledger) -> list[str]:
    return (ledger.folder / "events.jsonl").read_text().splitlines()


def write_lines(ledger: Ledger, rows: list[str]) -> None:
    (ledger.folder / "events.jsonl").write_text("".join(f"{row}\n" for row in rows))


# --- what is appended is read --------------------------------------------------------------------------------------


def test_an_empty_ledger_reads_as_empty(ledger: Ledger) -> None:
    assert (ledger.events(), ledger.head(), ledger.orphans(), ledger.gathered("a")) == ((), NO_EVENT, (), None)
    assert ledger.decisions().num_rows == 0
    ledger.check()


def test_an_event_says_who_when_why_and_is_read_as_written(ledger: Ledger) -> None:
    facts = {"source": "résumé \u2028 বাংলা", "rows": 2, "share": 0.1}
    event = ledger.append("rules fixed", who="R. Officer", why="as written", facts=facts)
    assert ledger.events() == (event,)
    assert (event.number, event.who, event.what, event.why) == (1, "R. Officer", "rules fixed", "as written")
    assert event.facts == facts
    assert event.previous == NO_EVENT
    assert ledger.head() == event.hash
    assert event.at.endswith("+00:00")


def test_only_the_latest_reading_of_a_source_is_its_evidence(ledger: Ledger) -> None:
    gather(ledger, "survey", 3)
    gather(ledger, "votes", 5)
    gather(ledger, "survey", 4)
    latest = {source: ledger.gathered(source) for source in ("survey", "votes")}
    rows = {
        source: [pq.read_table(ledger.path(part)).num_rows for part in event.parts]
        for source, event in latest.items() if event
    }  # fmt: skip
    assert rows == {"survey": [4], "votes": [5]}
    assert len(ledger.events()) == 3  # the earlier reading stays


def test_decisions_are_the_recorded_statuses_in_order(ledger: Ledger) -> None:
    for column, value in (("claimed", "delivered"), ("verified", "partly")):
        facts = {"on": "c-1", "column": column, "value": value}
        ledger.append("status recorded", who="assessor", why="visit", facts=facts)
    told = ledger.decisions().select(["event", "on", "column", "value", "who", "why"]).to_pylist()
    assert [tuple(row.values()) for row in told] == [
        (1, "c-1", "claimed", "delivered", "assessor", "visit"),
        (2, "c-1", "verified", "partly", "assessor", "visit"),
    ]


def test_batches_become_one_well_formed_part(ledger: Ledger) -> None:
    batches = (batch for start in range(50) for batch in fates(f"s{start}", 3000).to_batches())
    event = ledger.append("evidence gathered", who="x", why="y", facts={"source": "s"}, tables={"fates": batches})
    (part,) = event.parts
    stored = pq.ParquetFile(ledger.path(part))
    assert part.rows == stored.metadata.num_rows == 150_000
    assert stored.metadata.num_row_groups <= 5
    assert stored.metadata.row_group(0).column(0).compression == "ZSTD"


def test_no_batches_are_a_table_without_rows(ledger: Ledger) -> None:
    event = ledger.append("evidence gathered", who="x", why="y", facts={"source": "s"}, tables={"texts": iter(())})
    assert pq.read_table(ledger.path(event.parts[0])).column_names[:2] == ["source", "row"]


def test_the_key_is_made_once_and_is_for_the_owner_only(ledger: Ledger) -> None:
    key = ledger.key()
    assert len(key) == 32
    assert Ledger(ledger.folder).key() == key
    assert stat.S_IMODE((ledger.folder / "key").stat().st_mode) == 0o600
    assert [path.name for path in ledger.folder.iterdir()] == ["key"]


def test_a_key_that_was_cut_is_not_used(ledger: Ledger) -> None:
    ledger.key()
    (ledger.folder / "key").write_bytes(b"short")
    with pytest.raises(LedgerBroken, match="5 bytes, not 32"):
        ledger.key()


# --- what goes wrong leaves nothing behind -----------------------------------------------------------------------


@pytest.mark.parametrize("fails", ["pwrite", "fsync", "short"])
def test_if_the_event_cannot_be_written_nothing_has_happened(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """The second write breaks: parts are there, their event is not. Nobody reads them, and the log is as before."""
    gather(ledger, "survey", 3)
    before = (ledger.folder / "events.jsonl").read_bytes()
    real_write, real_sync = os.pwrite, os.fsync
    log = (ledger.folder / "events.jsonl").stat().st_ino

    def full_disk(*_args: object) -> int:
        raise OSError(28, "No space left on device")

    def half(file: int, data: bytes, at: int) -> int:
        return real_write(file, data[: len(data) // 2], at)

    def no_sync(file: int) -> None:
        if os.fstat(file).st_ino == log:
            raise OSError(5, "Input/output error")
        real_sync(file)

    monkeypatch.setattr(os, "fsync" if fails == "fsync" else "pwrite",
                        {"pwrite": full_disk, "fsync": no_sync, "short": half}[fails])  # fmt: skip
    with pytest.raises(BadInput, match="nothing was added"):
        gather(ledger, "survey", 9)
    monkeypatch.undo()
    assert (ledger.folder / "events.jsonl").read_bytes() == before
    reading = ledger.gathered("survey")
    assert reading is not None
    assert reading.facts["rows"] == 3
    assert len(ledger.orphans()) == 1
    assert gather(ledger, "survey", 9).number == 2
    ledger.check()


def test_evidence_that_breaks_half_way_leaves_no_part(ledger: Ledger) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from fates("s", 70_000).to_batches()
        raise BadInput("row 70001 is torn", cure="mend it")

    tables = {"texts": iter(()), "fates": batches()}
    with pytest.raises(BadInput, match="row 70001"):
        ledger.append("evidence gathered", who="x", why="y", facts={"source": "s"}, tables=tables)
    assert list((ledger.folder / "parts").iterdir()) == []
    assert ledger.events() == ()


@pytest.mark.parametrize(
    ("tables", "facts", "says"),
    [
        ({"estimates": None}, {}, "estimates is not a table of evidence"),
        ({"nonsense": None}, {}, "nonsense is not a table of evidence"),
        ({"fates": pa.table({"source": ["a"]})}, {}, "lacks"),
        ({}, {"share": float("nan")}, "cannot hold this"),
        ({}, {"when": object()}, "cannot hold this"),
    ],
)
def test_what_the_ledger_does_not_take(ledger: Ledger, tables: Any, facts: Any, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        ledger.append("evidence gathered", who="x", why="y", facts=facts, tables=tables)
    assert ledger.events() == ()


def test_batches_with_other_columns_are_refused(ledger: Ledger) -> None:
    person = {"source": "s", "row": 1, "person": "p", "weight": 1.0}
    batches = [b for extra in ({}, {"c_sex": "f"}) for b in from_rows("people", [person | extra]).to_batches()]
    with pytest.raises(BadInput, match="different columns"):
        ledger.append("evidence gathered", who="x", why="y", tables={"people": _large(batches)})


def _large(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Each batch as a row group of its own."""
    for batch in batches:
        yield pa.concat_tables([pa.Table.from_batches([batch])] * 65_536).combine_chunks().to_batches()[0]


def test_a_folder_that_may_not_be_written_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file where the folder should be")
    with pytest.raises(BadInput, match="cannot be written") as caught:
        gather(Ledger(tmp_path / "ledger"), "survey")
    assert "make room" in caught.value.cure


def test_a_read_only_disk_is_said_to_be_so(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run as root, whom permissions do not stop: the system's answer is given in its place."""

    def refuse(path: Any, *_args: object) -> int:
        raise OSError(30, "Read-only file system", str(path))

    gather(ledger, "survey")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BadInput, match="Read-only file system"):
        gather(ledger, "survey")


def test_a_line_cut_by_a_kill_is_never_read_and_the_next_writer_heals_it(ledger: Ledger) -> None:
    gather(ledger, "survey", 3)
    whole = (ledger.folder / "events.jsonl").read_bytes()
    for cut in (1, 40, len(whole) - 1):
        with (ledger.folder / "events.jsonl").open("ab") as log:
            log.write(whole[:cut])
        assert [event.number for event in ledger.events()] == [1]
        ledger.check()
    assert gather(ledger, "survey", 4).number == 2
    assert [event.number for event in ledger.events()] == [1, 2]
    assert (ledger.folder / "events.jsonl").read_bytes().startswith(whole)


def test_a_first_line_that_was_cut_is_healed_too(ledger: Ledger) -> None:
    ledger.folder.mkdir()
    (ledger.folder / "events.jsonl").write_bytes(b'{"at":' + b"x" * 200_000)
    assert ledger.events() == ()
    assert gather(ledger, "survey").number == 1
    ledger.check()


def test_a_long_event_is_found_again_from_the_end(ledger: Ledger) -> None:
    for size in (65_536, 65_000, 200_000, 10):
        ledger.append("rules fixed", who="x", why="y" * size)
    assert [event.number for event in ledger.events()] == [1, 2, 3, 4]


# --- touching it is noticed ----------------------------------------------------------------------------------------


def _change_part(ledger: Ledger) -> None:
    path = ledger.path(ledger.events()[1].parts[0])
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def _remove_part(ledger: Ledger) -> None:
    ledger.path(ledger.events()[1].parts[0]).unlink()


def _swap_parts(ledger: Ledger) -> None:
    one, two = (ledger.path(event.parts[0]) for event in ledger.events()[:2])
    content = one.read_bytes(), two.read_bytes()
    one.write_bytes(content[1])
    two.write_bytes(content[0])


def _change_event(ledger: Ledger) -> None:
    write_lines(ledger, [line.replace('"why":"new"', '"why":"old"') for line in lines(ledger)])


def _change_last_event(ledger: Ledger) -> None:
    *rest, last = lines(ledger)
    write_lines(ledger, [*rest, last.replace("clerk", "nobody")])


def _space_in_event(ledger: Ledger) -> None:
    first, *rest = lines(ledger)
    write_lines(ledger, [first.replace('"number":1', '"number": 1'), *rest])


def _number_as_fraction(ledger: Ledger) -> None:
    first, *rest = lines(ledger)
    write_lines(ledger, [first.replace('"number":1', '"number":1.0'), *rest])


def _remove_event(ledger: Ledger) -> None:
    rows = lines(ledger)
    write_lines(ledger, [rows[0], *rows[2:]])


def _reorder_events(ledger: Ledger) -> None:
    rows = lines(ledger)
    write_lines(ledger, [rows[1], rows[0], *rows[2:]])


def _repeat_event(ledger: Ledger) -> None:
    rows = lines(ledger)
    write_lines(ledger, [*rows, rows[-1]])


def _forge_event(ledger: Ledger) -> None:
    """An event changed and sealed anew, without sealing those after it."""
    rows = lines(ledger)
    said = json.loads(rows[0])
    del said["hash"]
    said |= {"parts": tuple(module.Part(**part) for part in said["parts"]), "public": tuple(said["public"])}
    event = module.sealed(**said | {"who": "nobody"})
    write_lines(ledger, [module.canonical(module.as_json(event)).decode(), *rows[1:]])


def _not_json(ledger: Ledger) -> None:
    write_lines(ledger, [lines(ledger)[0], "[]", *lines(ledger)[2:]])


@pytest.mark.parametrize(
    ("touch", "says"),
    [
        (_change_part, "event 2 .evidence gathered. brought was changed"),
        (_remove_part, "event 2 .evidence gathered. brought is missing"),
        (_swap_parts, "event 1 .evidence gathered. brought was changed"),
        (_change_event, "line 1: this event is not as it was written"),
        (_change_last_event, "line 3: this event is not as it was written"),
        (_space_in_event, "line 1: this event is not as it was written"),
        (_number_as_fraction, "line 1: this event is not as it was written"),
        (_remove_event, "line 2: event 3 does not follow"),
        (_reorder_events, "line 1: event 2 does not follow"),
        (_repeat_event, "line 4: event 3 does not follow"),
        (_forge_event, "line 2: event 2 does not follow"),
        (_not_json, "line 2: this event is not as it was written"),
    ],
)
def test_what_is_touched_is_named(ledger: Ledger, touch: Callable[[Ledger], None], says: str) -> None:
    for source, rows in (("survey", 3), ("votes", 4), ("survey", 5)):
        gather(ledger, source, rows)
    ledger.check()
    touch(ledger)
    with pytest.raises(LedgerBroken, match=says):
        ledger.check()


def test_events_cut_off_at_the_end_are_noticed_by_the_tree_and_by_whoever_kept_a_hash(ledger: Ledger) -> None:
    for source in ("survey", "votes"):
        gather(ledger, source)
    head = ledger.head()
    write_lines(ledger, lines(ledger)[:1])
    for act in (ledger.check, lambda: gather(ledger, "survey")):
        with pytest.raises(LedgerBroken, match="the tree has 2 leaves and the log 1 events"):
            act()
    (ledger.folder / "tree").unlink()
    ledger.check()  # the folder alone cannot show it any more
    assert len(ledger.orphans()) == 2  # but what the events brought lies about
    with pytest.raises(LedgerBroken, match="cut short or replaced"):
        ledger.check([head])


# --- the tree ------------------------------------------------------------------------------------------------------


def root_of(ledger: Ledger) -> bytes:
    return merkle.tree_hash(merkle.leaf_hash(module.leaf(event)) for event in ledger.events())


def test_every_event_is_a_leaf(ledger: Ledger) -> None:
    for number in range(1, 12):
        ledger.append("rules fixed", who="x", why="y", facts={"hash": str(number)})
        assert ledger.tree.size == number
        assert ledger.tree.root(number) == root_of(ledger)


@pytest.mark.parametrize("left", [0, 1, 31, 32, 33, 100, 10_000])
def test_a_tree_that_is_behind_or_torn_is_caught_up(ledger: Ledger, left: int) -> None:
    """A writer killed after its line and before or within its leaf: bytes of the tree beyond `left` are not there."""
    for source in ("a", "b", "c", "d", "e"):
        gather(ledger, source)
    with ledger.tree.path.open("r+b") as file:
        file.truncate(min(left, ledger.tree.path.stat().st_size))
    ledger.check()
    gather(ledger, "f")
    assert ledger.tree.root(6) == root_of(ledger)
    ledger.check()


def test_a_ledger_from_before_there_was_a_tree_goes_on(ledger: Ledger) -> None:
    """Its lines do not name their public facts; they stay as they are, and become leaves all the same."""
    old = {"number": 1, "at": "2026-01-02T10:00:00+00:00", "who": "clerk", "why": "new", "previous": NO_EVENT}
    old |= {"what": "evidence gathered", "facts": {"source": "s", "sha256": "ab", "rows": 7}, "parts": ()}
    ledger.folder.mkdir()
    write_lines(ledger, [module.canonical(module.as_json(module.sealed(**old))).decode()])
    ledger.check()
    (first,) = ledger.events()
    assert json.loads(module.leaf(first))["facts"] == {"sha256": "ab", "source": "s"}
    ledger.append("run sealed", who="x", why="y", facts={"run": "0001-aa"})
    assert ledger.tree.root(2) == root_of(ledger)
    ledger.check()


def test_a_leaf_tells_nothing_that_must_not_leave(ledger: Ledger) -> None:
    """Counts of rows, notes and who typed it stay in the line; the leaf has its hash."""
    event = gather(ledger, "survey", 3)
    said = json.loads(module.leaf(event))
    assert said == {"event": 1, "on": event.at[:10], "what": "evidence gathered", "facts": {"source": "survey"},
                    "hash": event.hash}  # fmt: skip


@pytest.mark.parametrize("at", [0, 40, 200])
def test_a_tree_that_is_not_that_of_the_log_is_named(ledger: Ledger, at: int) -> None:
    for source in ("a", "b", "c", "d"):
        gather(ledger, source)
    hashes = bytearray(ledger.tree.path.read_bytes())
    assert len(hashes) == 32 * 7
    hashes[at] ^= 1
    ledger.tree.path.write_bytes(hashes)
    if at == 200:  # the last entry is the root that is read
        with pytest.raises(LedgerBroken, match="the tree is not that of the log"):
            ledger.check()
    else:  # a lower hash is not read by `check`; a proof that needs it does not hold, which its maker checks
        assert ledger.tree.root(4) == root_of(ledger)
