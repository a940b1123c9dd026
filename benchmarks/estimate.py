"""The door `estimate` at size, beside R's `survey`: calibration, domain means, quantiles, a logistic regression.

`.venv/bin/python benchmarks/estimate.py [ROWS]` prints a Markdown table: R and ours on ROWS (100,000) in one run,
then ours alone on ten times as many. Lines named `fairhearing estimate` are whole commands: starting, reading,
estimating, printing; the others are the work alone, in a process of their own. CPU and peak memory are the operating
system's accounting. R calibrates in two ways: `rake`, the usual one, and `calibrate`, whose standard errors are ours.
The libraries `svy`, `samplics` and `balance` are compared too where SVY_PYTHON, SAMPLICS_PYTHON or BALANCE_PYTHON
names an interpreter that has it: each does what it can do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from measure import LEVELS, people, spent

from fairhearing.measure import estimate_table

ON = ",".join(["ethnicity", "area", *(f"x{k}" for k in range(4))])  # 32 coefficients

JOBS = [
    ("rake to 5 margins, mean, 19 domains", ["--item", "y", "--by", "ethnicity"], True),
    ("the same with bounded weights (logit)", ["--item", "y", "--by", "ethnicity", "--calibrate", "logit",
                                                "--bounds", "0.01,100"], True),
    ("the same, and each less the rest", ["--item", "y", "--by", "ethnicity", "--differences"], True),
    ("rake, three quantiles of 19 domains", ["--item", "y", "--by", "ethnicity", "--statistic", "quantile"], True),
    ("rake, logistic regression, 32 coefficients", ["--item", "told", "--statistic", "regression", "--on", ON], True),
]  # fmt: skip

R = """
suppressMessages(library(survey)); d <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
vars <- c("sex", "age", "ethnicity", "religion", "area"); spent <- function(what, s) {
  s <- proc.time() - s; cat(sprintf("%s|%.2f|%.2f\\n", what, s[["elapsed"]], s[["user.self"]] + s[["sys.self"]])) }
s <- proc.time(); d0 <- svydesign(ids = ~cluster, weights = ~weight, data = d)
each <- lapply(vars, function(v) { x <- data.frame(levels(d[[v]]), 9e6 / nlevels(d[[v]]))
  names(x) <- c(v, "Freq"); x })
if (commandArgs(TRUE)[2] == "calibrate") {
  n <- unlist(lapply(1:5, function(k) setNames(each[[k]]$Freq, paste0(vars[k], each[[k]][[1]]))))
  f <- ~sex + age + ethnicity + religion + area; m <- colnames(model.matrix(f, d[1:10, ]))
  r <- calibrate(d0, f, c("(Intercept)" = 9e6, n)[m], calfun = "raking", epsilon = 1e-10, maxit = 100)
} else r <- rake(d0, lapply(vars, function(v) as.formula(paste0("~", v))), each,
                 control = list(maxit = 200, epsilon = 1e-6))
spent("calibrate", s)
s <- proc.time(); a <- svymean(~y, r); b <- svyby(~y, ~ethnicity, r, svymean); spent("domains", s)
s <- proc.time(); g <- svyglm(told ~ ethnicity + area + x0 + x1 + x2 + x3, r, family = quasibinomial())
spent("logistic", s)
cat(sprintf("mean|%.10f|%.10f\\nlast|%.10f|%.10f\\n", coef(a), SE(a), coef(g)[["x3"]], SE(g)[["x3"]]))
"""


SVY = """
import sys, time, polars as pl, svy
def spent(what, wall, cpu):
    print(f"{what}|{time.perf_counter() - wall:.2f}|{time.process_time() - cpu:.2f}", flush=True)
def now(): return time.perf_counter(), time.process_time()
d = pl.read_csv(sys.argv[1])
if d["told"].dtype != pl.Int64: d = d.with_columns(pl.col("told").cast(pl.Int64))
names = ["sex", "age", "ethnicity", "religion", "area"]
known = {n: {k: 9e6 / d[n].n_unique() for k in d[n].unique().to_list()} for n in names}
start = now(); s = svy.Sample(d, svy.Design(wgt="weight", psu="cluster"))
s = s.weighting.rake(controls=known); spent("calibrate", *start)
start = now(); a = s.estimation.mean("y"); s.estimation.mean("y", by="ethnicity"); spent("domains", *start)
x = [svy.Cat("ethnicity"), svy.Cat("area"), "x0", "x1", "x2", "x3"]
start = now(); g = s.glm.fit("told", x=x, family="binomial"); spent("logistic", *start)
row = a.to_polars().row(0, named=True)
print(f"mean|{row['est']:.10f}|{row['se']:.10f}")
"""


SAMPLICS = """
import sys, time, pandas as pd
from samplics.weighting import SampleWeight
from samplics.estimation import TaylorEstimator
from samplics.utils.types import PopParam
def spent(what, wall, cpu):
    print(f"{what}|{time.perf_counter() - wall:.2f}|{time.process_time() - cpu:.2f}", flush=True)
def now(): return time.perf_counter(), time.process_time()
d = pd.read_csv(sys.argv[1]); names = ["sex", "age", "ethnicity", "religion", "area"]
known = {n: {k: 9e6 / d[n].nunique() for k in sorted(d[n].unique())} for n in names}
start = now(); w = SampleWeight().rake(samp_weight=d.weight.to_numpy(), control=known, tol=1e-6, max_iter=500,
                                       margins={n: d[n].to_numpy() for n in names}); spent("calibrate", *start)
start = now(); a, b = TaylorEstimator(PopParam.mean), TaylorEstimator(PopParam.mean)
a.estimate(d.y, samp_weight=w, psu=d.cluster)
b.estimate(d.y, samp_weight=w, psu=d.cluster, domain=d.ethnicity); spent("domains", *start)
print(f"mean|{a.point_est:.10f}|{a.stderror:.10f}")
"""

BALANCE = """
import logging, sys, time, numpy as np, pandas as pd
logging.disable(logging.WARNING)
from balance import Sample
d = pd.read_csv(sys.argv[1]); names = ["sex", "age", "ethnicity", "religion", "area"]
d["id"] = range(len(d)); people = pd.DataFrame({n: np.resize(sorted(d[n].unique()), 17100) for n in names})
people["id"] = range(len(people))
wall, cpu = time.perf_counter(), time.process_time()
sample = Sample.from_frame(d[["id", "weight", *names]], id_column="id", weight_column="weight")
sample.set_target(Sample.from_frame(people, id_column="id")).adjust(method="rake", transformations=None)
print(f"calibrate|{time.perf_counter() - wall:.2f}|{time.process_time() - cpu:.2f}")
"""

PEERS = {"svy": SVY, "samplics": SAMPLICS, "balance": BALANCE}


def table(rows: int) -> pa.Table:
    """Correlated characteristics, a score and a share that depend on them, and four numbers."""
    made = people(rows)
    rng = np.random.default_rng(1936)
    flat = {name.removeprefix("c_"): made[name] for name in made.column_names if name.startswith("c_")}
    y = made["q_i3"].fill_null(3.0).to_numpy()
    numbers = {f"x{k}": rng.normal(size=rows) for k in range(4)}
    told = rng.random(rows) < 1 / (1 + np.exp(-(0.4 * (y - 3) + 0.3 * numbers["x0"] - 0.2 * numbers["x3"])))
    return pa.table(
        flat | {"weight": made["weight"], "cluster": made["cluster"], "y": y, "told": told.astype(np.int8)} | numbers
    )


def margins(folder: Path) -> Path:
    """Published figures of the five characteristics."""
    file = folder / "margins.csv"
    rows = [f"{name},{name}{k},{9_000_000 / levels}" for name, levels in LEVELS.items() for k in range(levels)]
    file.write_text("\n".join(["characteristic,category,people", *rows]))
    return file


def run(call: list[str]) -> tuple[str, float, float, float]:
    """What it printed, wall seconds, CPU seconds and peak memory in MB."""
    wall = time.perf_counter()
    process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(call)}")
    return printed, time.perf_counter() - wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def ours(file: Path, known: Path, rows: int) -> None:
    """Whole commands."""
    for name, asked, clustered in JOBS:
        design = ["--weights", "weight", "--margins", str(known), *(["--cluster", "cluster"] if clustered else [])]
        call = [sys.executable, "-m", "fairhearing", "estimate", str(file), *asked, *design, "--json"]
        printed, wall, cpu, peak = run(call)
        print(f"| `fairhearing estimate`, {rows:,}: {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |", flush=True)
        first = next(line for line in printed.splitlines() if '"estimate"' in line)
        print(f"{name}: {first.strip()}", file=sys.stderr)


def inside(file: str, known: str) -> None:
    """The work alone: rake, mean and 19 domains; rake and regression."""
    made, figures = pyarrow.parquet.read_table(file), pyarrow.csv.read_csv(known)
    plain = {"weights": "weight", "cluster": "cluster", "margins": figures, "where": "people"}
    last: list[pa.Table] = []

    def means() -> None:
        last.append(estimate_table(made, item="y", by="ethnicity", **plain))

    def logistic() -> None:
        last.append(estimate_table(made, item="told", wanted={"statistic": "regression", "on": ON}, **plain))

    for name, work in (("calibrate, mean, 19 domains", means), ("calibrate, logistic", logistic)):
        wall, cpu, peak = spent(work)
        print(f"| ours, {made.num_rows:,}: {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |", flush=True)
    for row in (last[0].to_pylist()[0], last[1].to_pylist()[-1]):
        print(f"ours: {row['estimate']:.10f} ({row['se']:.10f})", file=sys.stderr)


def theirs(folder: Path, made: pa.Table) -> None:
    """R reads the same people as CSV; its starting and reading are in its last line only."""
    if shutil.which("Rscript") is None:
        print("Rscript is not here: no comparison made", file=sys.stderr)
        return
    file, script = folder / "people.csv", folder / "survey.R"
    pyarrow.csv.write_csv(made, file)
    script.write_text(R)
    for how in ("calibrate", "rake"):
        printed, wall, cpu, peak = run(["Rscript", str(script), str(file), how])
        for line in printed.splitlines():
            what, first, second = line.split("|")
            if what in ("mean", "last"):
                print(f"R {how}, {what}: {first} ({second})", file=sys.stderr)
            else:
                print(f"| R `{how}`, {made.num_rows:,}: {what} | {first} | {second} | |")
        print(
            f"| R `{how}`, {made.num_rows:,}: all, with starting and reading | {wall:.2f} | {cpu:.2f} | {peak:.0f} |"
        )


def peer(folder: Path, rows: int, name: str) -> None:
    """The library of that name, on the file that R read."""
    python, script = os.environ.get(f"{name.upper()}_PYTHON"), folder / f"{name}_.py"
    if python is None:
        print(f"{name.upper()}_PYTHON names no interpreter with {name}: not compared", file=sys.stderr)
        return
    script.write_text(PEERS[name])
    printed, wall, cpu, peak = run([python, str(script), str(folder / "people.csv")])
    for what, first, second in (line.split("|") for line in printed.splitlines() if line.count("|") == 2):
        if what == "mean":
            print(f"{name}, mean: {first} ({second})", file=sys.stderr)
        else:
            print(f"| `{name}`, {rows:,}: {what} | {first} | {second} | |")
    print(f"| `{name}`, {rows:,}: all, with starting and reading | {wall:.2f} | {cpu:.2f} | {peak:.0f} |")


def main(rows: int) -> None:
    print("| what | wall s | CPU s | peak MB |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as made_in:
        folder = Path(made_in)
        known = margins(folder)
        for size in (rows, 10 * rows):
            made, file = table(size), folder / f"people{size}.parquet"
            pyarrow.parquet.write_table(made, file)
            print(run([sys.executable, __file__, "inside", str(file), str(known)])[0], end="", flush=True)
            ours(file, known, size)
            if size == rows:
                theirs(folder, made)
                for name in PEERS:
                    peer(folder, rows, name)


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(*sys.argv[2:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
