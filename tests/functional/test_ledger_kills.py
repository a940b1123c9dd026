"""Writers killed with SIGKILL at random moments, and many writers at once: real processes on a real disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from fairhearing.ledger import PUBLISHED, Ledger, proofs
from fairhearing.ledger.bundles import verify_bundle
from fairhearing.publish import write_proof

PROGRAM = Path(__file__).with_name("ledger_writers.py")


def acknowledged(folder: Path, *words: str) -> tuple[list[str], set[str]]:
    """What writers said the ledger had taken, and the keys they were given."""
    root = PROGRAM.parents[2]
    run = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), *words], cwd=root, env={"PYTHONPATH": str(root)},
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    said = run.stdout.splitlines()
    return [line for line in said if "key" not in line], {line for line in said if "key" in line}


def test_120_kills_lose_nothing_that_was_acknowledged_and_show_nothing_that_was_torn(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    told, keys = acknowledged(folder, "kill", "120", "7")
    ledger = Ledger(folder)
    ledger.check()
    events = {event.facts["source"]: event for event in ledger.events()}
    assert len(told) > 100
    assert set(told) <= set(events)
    assert len(events) - len(told) <= 124, "beyond what was acknowledged: at most one commit a writer"
    for event in events.values():
        assert [pq.read_metadata(ledger.path(part)).num_rows for part in event.parts] == [event.facts["rows"]]
    assert len(keys) == 1
    named = {part.file for event in events.values() for part in event.parts}
    assert ledger.orphans(), "some writers were killed before their line; what they left is reported"
    assert not named & {path.name for path in ledger.orphans()}
    assert ledger.append("rules fixed", who="after", why="all of it").number == len(events) + 1


def test_60_kills_of_publishers_lose_no_edition_that_was_acknowledged(tmp_path: Path) -> None:
    """Killed anywhere between an edition, its event, its checkpoint and its proof: what was acknowledged is a whole
    bundle, and what was not is finished by whoever comes next."""
    told, _keys = acknowledged(tmp_path / "ledger", "editions", "60", "11")
    ledger, published = Ledger(tmp_path / "ledger"), tmp_path / "published"
    ledger.check()
    assert len(told) > 20
    for number in told:
        assert verify_bundle(published / number).edition == int(number)
    kept = proofs.check_checkpoints(ledger)
    logged = [event.facts["edition"] for event in ledger.events() if event.what == PUBLISHED]
    unfinished = [number for number in logged if not (published / str(number) / "proof").exists()]
    assert len(told) + 1 <= kept <= len(logged)
    for number in unfinished:
        write_proof(published / str(number), proofs.edition_proof(ledger, number))
        assert verify_bundle(published / str(number)).edition == number
    assert proofs.check_checkpoints(ledger) == len(logged)
    ledger.check()


def test_6_processes_with_200_appends_each_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    told, keys = acknowledged(folder, "all", "6", "200")
    ledger = Ledger(folder)
    ledger.check()
    assert len(told) == len(ledger.events()) == 1200
    assert {event.facts["source"] for event in ledger.events()} == set(told)
    assert ledger.orphans() == ()
    assert len(keys) == 1
