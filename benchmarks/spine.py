"""The main job at size: a million people, ten items, five margins, fifty communities; and the bundled example.

Each command is a process of its own; CPU and peak memory are the operating system's own accounting of it. Run
`python benchmarks/spine.py [ROWS]`; it prints a Markdown table.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

ROOT = Path(__file__).resolve().parents[1]
MARGINS = {"sex": 2, "age": 6, "ethnicity": 5, "religion": 8, "area": 50}
ITEMS = 10


def programme() -> str:
    """A programme whose fifty areas are its communities; every margin has population figures."""
    text = """
[programme]
id = "size"
name = "A programme at size"
about = "Made for a benchmark."
synthetic = true
[rules]
fixed_on = 2026-01-05
[[objectives]]
id = "o"
text = "An objective"
[[activities]]
id = "a"
name = "An activity"
objective = "o"
[[sources]]
id = "survey"
file = "survey.csv"
kind = "survey"
sample = "probability"
[sources.columns]
person = "id"
weight = "weight"
"""
    text += "characteristics = { " + ", ".join(f'{name} = "{name}"' for name in MARGINS) + " }\n"
    for name, size in MARGINS.items():
        text += f'[[characteristics]]\nid = "{name}"\nname = "{name}"\n'
        for number in range(size):
            people = 9_000_000 // size + (number - size // 2) * (9_000_000 // size // (2 * size))
            people += 9_000_000 - _total(size) if number == 0 else 0
            community = "true" if name == "area" else "false"
            text += f'[[characteristics.categories]]\nid = "{name}{number}"\nname = "{name} {number}"\n'
            text += f"people = {people}\ncommunity = {community}\n"
    for number in range(ITEMS):
        text += f'[[measures]]\nid = "m{number}"\nname = "agree with item {number}"\nreport = "share"\n'
        text += "favourable = [4, 5]\n[[measures.items]]\n"
        text += f'id = "i{number}"\nwording = "Item {number}"\nlow = 1\nhigh = 5\n'
    return text


def _total(size: int) -> int:
    return sum(9_000_000 // size + (number - size // 2) * (9_000_000 // size // (2 * size)) for number in range(size))


def write_survey(path: Path, rows: int) -> None:
    """Answers that depend a little on the area; 3% missing."""
    rng = np.random.default_rng(1)
    columns: dict[str, pa.Array] = {"id": pa.array(np.arange(1, rows + 1))}
    columns["weight"] = pa.array(np.round(rng.uniform(0.5, 2.0, rows), 3))
    for name, size in MARGINS.items():
        codes = (rng.beta(1.2, 1.4, rows) * size).astype(np.int32)
        columns[name] = pa.array([f"{name}{number}" for number in range(size)]).take(pa.array(codes))
    shift = (codes - 25) / 100
    for number in range(ITEMS):
        answer = np.clip(np.round(rng.normal(3.2 + shift, 1.1)), 1, 5).astype(np.int8)
        columns[f"i{number}"] = pa.array(answer, mask=rng.random(rows) < 0.03)
    pa.csv.write_csv(pa.table(columns), path)


def measured(words: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of one command."""
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(words)} failed with {os.waitstatus_to_exitcode(status)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(rows: int) -> None:
    """Measure gather, assess, publish and verify; then the example."""
    command = [sys.executable, "-m", "fairhearing"]
    print(f"| job ({rows:,} rows × {ITEMS} items, {len(MARGINS)} margins, {MARGINS['area']} communities) "
          "| wall s | CPU s | peak MB |\n| --- | --- | --- | --- |")  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "evidence").mkdir()
        (folder / "programme.toml").write_text(programme(), encoding="utf-8")
        write_survey(folder / "evidence" / "survey.csv", rows)
        for verb in ("gather", "assess", "publish", "verify"):
            _row(verb, *measured([*command, verb, str(folder)]))
    with tempfile.TemporaryDirectory() as place:
        example = Path(place) / "examples"
        subprocess.run(["cp", "-r", str(ROOT / "examples"), place], check=True)
        for made in ("ledger", "runs", "published", "evidence"):
            subprocess.run(["rm", "-rf", str(example / "prevent-london" / made)], check=True)
        _row("the example: generate", *measured([sys.executable, str(example / "generate.py")]))
        _row("the example: run", *measured([*command, "run", str(example / "prevent-london")]))


def _row(name: str, wall: float, cpu: float, peak: float) -> None:
    print(f"| {name} | {wall:.1f} | {cpu:.1f} | {peak:,.0f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
