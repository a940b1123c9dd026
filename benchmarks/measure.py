"""Weighing and measuring at size: a million people, ten items, five margins, fifty communities; beside R's `survey`.

`.venv/bin/python benchmarks/measure.py [ROWS]` prints a Markdown table. Every run is a process of its own; CPU and
peak memory are the operating system's accounting of it, input tables included. R is run at a tenth of the rows.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from fairhearing.engines import DuckDBEngine
from fairhearing.measure import STAGES, estimate_table
from fairhearing.programme import Programme
from fairhearing.stage import Context
from fairhearing.tables import empty
from fairhearing.weigh import STAGE

LEVELS = {"sex": 2, "age": 10, "ethnicity": 19, "religion": 9, "area": 10}  # fifty communities
ITEMS = 10


def programme() -> Programme:
    """Five characteristics with population figures, ten items of which two are shares."""
    total = 9_000_000
    characteristics = []
    for name, levels in LEVELS.items():
        people = [total // levels] * levels
        people[0] += total - sum(people)
        categories = [{"id": f"{name}{k}", "name": f"{name} {k}", "people": n} for k, n in enumerate(people)]
        characteristics.append({"id": name, "name": name, "categories": categories})
    measures = [
        {
            "id": f"m{i}", "name": f"measure {i}", "report": "share" if i < 2 else "mean",
            "favourable": [4, 5] if i < 2 else [],
            "items": [{"id": f"i{i}", "wording": f"Item {i}", "low": 1, "high": 5}],
        }
        for i in range(ITEMS)
    ]  # fmt: skip
    return Programme.model_validate(
        {
            "programme": {"id": "size", "name": "Size", "about": "Made for a benchmark.", "synthetic": True},
            "objectives": [{"id": "o", "text": "An objective"}],
            "activities": [{"id": "a", "name": "An activity", "objective": "o"}],
            "characteristics": characteristics,
            "measures": measures,
            "sources": [{"id": "survey", "file": "survey.csv", "kind": "survey", "sample": "probability"}],
            "rules": {"fixed_on": "2026-01-05"},
        }
    )


def people(rows: int) -> pa.Table:
    """Unequal chances of being heard by correlated characteristics, and 5% of answers missing."""
    rng = np.random.default_rng(2019)
    tilt = rng.normal(size=rows)
    columns: dict[str, pa.Array] = {
        "source": pa.repeat("survey", rows),
        "row": pa.array(np.arange(1, rows + 1)),
        "person": pa.array([f"{k:032x}" for k in range(rows)]),
        "round": pa.nulls(rows, pa.string()),
        "weight": pa.array(rng.gamma(4, 0.25, rows)),
        "stratum": pa.nulls(rows, pa.string()),
        "cluster": pa.array((rng.integers(0, 660, rows)).astype(str)),
    }
    for name, levels in LEVELS.items():
        position = 1 / (1 + np.exp(-(0.4 * tilt + rng.normal(size=rows))))
        codes = np.minimum((position * levels).astype(np.int16), levels - 1)
        labels = pa.array([f"{name}{k}" for k in range(levels)])
        columns[f"c_{name}"] = labels.take(pa.array(codes))
    for i in range(ITEMS):
        answer = np.clip(np.round(3 + 0.3 * tilt + rng.normal(size=rows)), 1, 5)
        columns[f"q_i{i}"] = pa.array(answer, mask=rng.random(rows) < 0.05)
    return pa.table(columns)


def spent(work: object) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory in MB, of this process, while `work` runs."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.perf_counter() - wall, time.process_time() - cpu, peak


def stages(rows: int, clustered: bool) -> list[tuple[str, float, float, float]]:
    """weigh, then measure, over one in-memory table."""
    made, table, found = programme(), people(rows), []
    if not clustered:
        table = table.set_column(6, "cluster", pa.nulls(rows, pa.string()))
    with DuckDBEngine() as engine:
        engine.load("people", table)
        engine.load("projects", empty("projects"))
        for stage in (STAGE, *STAGES):
            columns = {name: engine.columns(name) for name in stage.reads}
            context = Context(programme=made, query=engine.query, seed=1, columns=columns)

            def work(stage: object = stage, context: Context = context) -> None:
                for name, written in stage.run(context).items():  # type: ignore[attr-defined]
                    engine.load(name, written)

            if stage.name != "effects":
                found.append((f"{stage.name}, {'660 clusters' if clustered else 'no clusters'}", *spent(work)))
    return found


R = """
suppressMessages(library(survey)); d <- read.csv(commandArgs(TRUE)[1]); n <- nrow(d)
s0 <- proc.time(); d0 <- svydesign(ids=~cluster, weights=~weight, data=d)
vars <- c("sex","age","ethnicity","religion","area")
pops <- lapply(vars, function(v) { t <- table(d[[v]]); x <- data.frame(names(t), 9e6/length(t))
  names(x) <- c(v,"Freq"); x })
r <- rake(d0, lapply(vars, function(v) as.formula(paste0("~",v))), pops, control=list(maxit=200, epsilon=1e-6))
m <- svymean(~y, r); b <- svyby(~y, ~ethnicity, r, svymean); s <- proc.time()-s0
cat(sprintf("%.2f %.2f %.10f %.10f\\n", s[["elapsed"]], s[["user.self"]]+s[["sys.self"]], coef(m), SE(m)))
"""


def beside_r(rows: int) -> list[tuple[str, float, float, float]]:
    """Rake to 5 margins, a mean and 19 domain means with raked standard errors: ours and R's, on the same file."""
    table = people(rows)
    flat = {name.removeprefix("c_"): table[name] for name in table.column_names if name.startswith("c_")}
    flat |= {"weight": table["weight"], "cluster": table["cluster"], "y": table["q_i3"].fill_null(3.0)}
    totals = [(n, f"{n}{k}", 9_000_000 / levels) for n, levels in LEVELS.items() for k in range(levels)]
    margins = pa.table(
        dict(zip(("characteristic", "category", "people"), map(list, zip(*totals, strict=True)), strict=True))
    )
    ours: list[pa.Table] = []

    def work() -> None:
        door = {"item": "y", "by": "ethnicity", "margins": margins, "weights": "weight", "cluster": "cluster"}
        ours.append(estimate_table(pa.table(flat), **door, where="benchmark"))

    found = [(f"rake 5, mean, 19 domains: estimate_table, {rows:,} rows", *spent(work))]
    if shutil.which("Rscript") is None:
        print("Rscript is not here: no comparison made", file=sys.stderr)
        return found
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "people.csv", Path(folder) / "rake.R"
        pa.csv.write_csv(pa.table(flat), file)
        script.write_text(R)
        process = subprocess.Popen(["Rscript", str(script), str(file)], stdout=subprocess.PIPE, text=True)
        output = process.stdout.read() if process.stdout else ""
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    wall, cpu, mean, se = map(float, output.split())
    found.append((f"the same in R's survey (rake, epsilon 1e-6), {rows:,} rows", wall, cpu, usage.ru_maxrss / 1024))
    first = ours[0].to_pylist()[0]
    print(
        f"mean {first['estimate']:.8f} (R {mean:.8f}), standard error {first['se']:.8f} (R, rake: {se:.8f})",
        file=sys.stderr,
    )
    return found


def main(argv: list[str]) -> None:
    if len(argv) > 1:  # one measurement, in a process of its own
        kind, rows = argv[0], int(argv[1])
        found = beside_r(rows) if kind == "r" else stages(rows, kind == "clusters")
        for name, wall, cpu, peak in found:
            print(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |")
        return
    rows = int(argv[0]) if argv else 1_000_000
    print(f"{rows:,} people × {ITEMS} items, 5 margins, 50 communities\n")
    print("| what | wall s | CPU s | peak MB |\n|---|---|---|---|", flush=True)
    for kind, size in (("plain", rows), ("clusters", rows), ("r", rows // 10)):
        subprocess.run([sys.executable, __file__, kind, str(size)], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
