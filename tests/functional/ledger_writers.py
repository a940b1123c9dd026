"""Many processes writing one ledger, for `test_ledger_kills`. Run as a program of its own, so that writers are forked
from a process that is warm and has one thread:

    python ledger_writers.py FOLDER kill KILLS SEED       writers are killed at random moments and replaced
    python ledger_writers.py FOLDER editions KILLS SEED   the same, of publishers: editions, checkpoints and proofs
    python ledger_writers.py FOLDER all WRITERS APPENDS   every writer finishes

What was acknowledged is printed, one source a line; the exit code is 1 if a reader beside them read anything torn.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from fairhearing.ledger import Ledger
from fairhearing.tables import from_rows
from tests import bundles

WRITERS = 4


def append(ledger: Ledger, source: str, rows: int) -> None:
    table = from_rows("fates", [{"source": source, "row": n, "fate": "used"} for n in range(rows)])
    facts = {"source": source, "rows": rows}
    ledger.append("evidence gathered", who=source, why="test", facts=facts, tables={"fates": table})


def write(folder: Path, name: str, appends: int, most_rows: int) -> None:
    """Append, and say so only once the ledger has: a line this short goes through a pipe whole."""
    ledger, rng = Ledger(folder), random.Random(name)
    os.write(1, f"key {ledger.key().hex()}\n".encode())
    for number in range(appends):
        append(ledger, f"{name}-{number}", rng.randint(1, most_rows))
        os.write(1, f"{name}-{number}\n".encode())


def publish(folder: Path, name: str) -> None:
    """Publish one edition after the other, and say so only once its proof is beside it."""
    programme = bundles.small_programme()
    for number in range(1, 1_000_000):
        edition = 1000 * int(name[1:]) + number
        bundles.publish_plain(folder.parent, edition, programme)
        os.write(1, f"{edition}\n".encode())


def read_for_ever(folder: Path) -> None:
    """Everything visible is whole at every moment, and what was visible stays."""
    ledger, seen = Ledger(folder), 0
    while True:
        events = ledger.events()
        for event in events[seen:]:
            (part,) = event.parts
            if pq.read_table(ledger.path(part), use_threads=False).num_rows != event.facts["rows"]:
                raise SystemExit(f"event {event.number} is torn")
        if len(events) < seen:
            raise SystemExit("an event that was visible is gone")
        seen = len(events)
        time.sleep(0.02)


def fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def kill(kills: int, seed: int, work: Callable[[str], None], longest: float) -> None:
    """work: done by a process of that name until it is killed, `longest` seconds after the last at most."""
    rng = random.Random(seed)
    names = iter(range(1, 1_000_000))

    def start() -> int:
        name = f"s{next(names)}"
        return fork(lambda: work(name))

    alive = [start() for _ in range(WRITERS)]
    for _ in range(kills):
        time.sleep(rng.uniform(0.0, longest))
        place = rng.randrange(WRITERS)
        end(alive[place])
        alive[place] = start()
    for child in alive:
        end(child)


def end(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise SystemExit(f"a writer ended by itself, with {status}")


def main() -> int:
    folder, how, first, second = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    append(Ledger(folder.with_name("warm")), "warm", 1)  # what a first append loads, writers then have
    if how == "editions":
        bundles.log_rules(Ledger(folder), bundles.small_programme())
        bundles.publish_plain(folder.parent, 1, bundles.small_programme())
        kill(first, second, lambda name: publish(folder, name), 0.15)
        return 0
    reader = fork(lambda: read_for_ever(folder))
    if how == "kill":
        kill(first, second, lambda name: write(folder, name, 1_000_000, 2000), 0.06)
    else:
        writers = [fork(lambda name=f"w{n}": write(folder, name, second, 3)) for n in range(first)]  # type: ignore[misc]
        if any(os.waitpid(child, 0)[1] for child in writers):
            return 1
    if os.waitpid(reader, os.WNOHANG) != (0, 0):
        return 1  # the reader found something and stopped
    os.kill(reader, signal.SIGKILL)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
