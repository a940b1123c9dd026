"""How long it takes to gather a survey of a million rows and ten items, and how fast free text is redacted.

    python -m benchmarks.gather [ROWS]

Prints a markdown table. Each line is measured in a process of its own, so that peak memory is its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from fairhearing.gather import read_source
from fairhearing.gather.redact import redact
from fairhearing.programme import Programme

ITEMS = 10
CHARACTERISTICS = {"sex": 2, "age": 6, "ethnic": 5, "religion": 9, "borough": 33}
SENTENCE = "the police listen to us here when they come but nobody tells my school why they ask about it and"


def survey_programme() -> Programme:
    """Five characteristics and ten items on a scale of five, as the file below has them."""
    return Programme.model_validate(
        {
            "programme": {"id": "bench", "name": "Bench", "about": "A benchmark.", "synthetic": True},
            "objectives": [{"id": "o", "text": "Objective"}],
            "activities": [{"id": "a", "name": "Activity", "objective": "o"}],
            "characteristics": [
                {"id": name, "name": name, "categories": [{"id": f"k{i}", "name": f"Kind {i}"} for i in range(n)]}
                for name, n in CHARACTERISTICS.items()
            ],
            "measures": [
                {
                    "id": f"m{i}",
                    "name": f"Measure {i}",
                    "report": "mean",
                    "items": [{"id": f"item_{i}", "wording": "?", "low": 1, "high": 5, "missing": [-1]}],
                }
                for i in range(ITEMS)
            ],
            "rounds": [{"id": f"r{i}", "name": f"Round {i}"} for i in range(4)],
            "sources": [
                {
                    "id": "survey",
                    "file": "survey.csv",
                    "kind": "survey",
                    "sample": "probability",
                    "columns": {
                        "person": "id",
                        "round": "round",
                        "weight": "weight",
                        "stratum": "stratum",
                        "cluster": "cluster",
                        "characteristics": {name: name for name in CHARACTERISTICS},
                    },
                }
            ],
            "rules": {"fixed_on": "2026-01-01"},
        }
    )


def write_survey(path: Path, rows: int) -> None:
    """A seeded file with everything a real one has: missing codes, codes off the scale, weights, a stray column."""
    rng = np.random.default_rng(1)
    columns = {
        "id": np.arange(1, rows + 1),
        "round": np.char.add("r", rng.integers(0, 4, rows).astype(str)),
        "weight": np.round(rng.lognormal(0, 0.5, rows) + 0.001, 4),
        "stratum": rng.integers(1, 33, rows),
        "cluster": rng.integers(1, 1001, rows),
        "notes": np.full(rows, "not mapped"),
    }
    for name, n in CHARACTERISTICS.items():
        columns[name] = np.char.add("k", rng.integers(0, n, rows).astype(str))
    for i in range(ITEMS):
        columns[f"item_{i}"] = rng.choice([1, 2, 3, 4, 5, -1, 77], rows, p=[0.1, 0.2, 0.3, 0.2, 0.15, 0.04, 0.01])
    arrow_csv.write_csv(pa.table(columns), path)


def texts(rows: int) -> pa.Array:
    """Seeded short texts, one in ten with a detail to replace."""
    rng = np.random.default_rng(2)
    details = ("07911 123456", "a.b@example.org", "E8 3AB", "Mrs Example")
    drawn = (" ".join(rng.choice(SENTENCE.split(), 20)) for _ in range(rows))
    return pa.array([f"{text} {details[i % 4]}" if i % 10 == 0 else text for i, text in enumerate(drawn)])


def measure_survey(path: Path) -> str:
    programme = survey_programme()
    gathered = read_source(programme.sources[0], programme, path, key=b"bench", largest_file_mb=4000)
    size = path.stat().st_size / 1e6
    return f"{gathered.rows:,} rows, {ITEMS} items, {size:.0f} MB CSV: {gathered.fates['used']:,} used"


def measure_redaction(rows: int) -> str:
    words = texts(rows)
    start = time.process_time()
    found = redact(words)
    rate = rows / (time.process_time() - start)
    return (
        f"{rows:,} texts of 20 words redacted, {int(found.counts.sum()):,} details, {rate:,.0f} texts per CPU-second"
    )


def line(what: str, *arguments: str) -> None:
    """Run one measurement in its own process and print its row."""
    command = [sys.executable, "-m", "benchmarks.gather", what, *arguments]
    print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="", flush=True)


def measured(what: str, argument: str) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    said = measure_survey(Path(argument)) if what == "survey" else measure_redaction(int(argument))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {said} | {wall:.1f} | {cpu:.1f} | {peak:,.0f} |")


def run(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.csv"
        line("write", str(path), str(rows))  # in its own process too: a child starts with its parent's peak
        print("| what | wall s | CPU s | peak MB |\n|---|---|---|---|", flush=True)
        line("survey", str(path))
        line("redaction", "50000")


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write_survey(Path(sys.argv[2]), int(sys.argv[3]))
    elif len(sys.argv) == 3:
        measured(*sys.argv[1:])
    else:
        run(int(sys.argv[1]) if len(sys.argv) == 2 else 1_000_000)
