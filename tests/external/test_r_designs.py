"""Twenty random designs, asked of R's `survey` on the spot: strata, clusters, weights, raking, silence, lonely units.

| what                    | tolerance | why not smaller                                                         |
|-------------------------|-----------|-------------------------------------------------------------------------|
| estimates               | 1e-9      | R stops raking at 1e-12 of the margins, we at 1e-10                     |
| standard errors         | 1e-8      | as the weights; R takes residuals by QR, we by sums over cells          |

R is asked for `calibrate(calfun = "raking")`, whose standard error is aware of the calibration, and centres a stratum
with one unit at the mean of all units (`lonely.psu = "adjust"`), which for a mean is zero.
"""

from __future__ import annotations

import csv
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.measure import estimate_table
from tests.helpers import RSCRIPT, needs_r

SCRIPT = """
suppressMessages(library(survey)); options(survey.lonely.psu = "adjust", digits = 17)
for (name in commandArgs(TRUE)) {
  d <- read.csv(name, colClasses = c(g = "character", a = "character", b = "character", s = "character",
                                     c = "character"))
  m <- read.csv(sub("csv$", "margins", name), colClasses = c(category = "character"))
  id <- if (d$clustered[1]) ~c else ~1
  st <- if (d$stratified[1]) ~s else NULL
  des <- svydesign(id = id, strata = st, weights = ~w, data = d, nest = TRUE)
  if (nrow(m)) {
    for (v in c("a", "b")) des$variables[[v]] <- factor(d[[v]], levels = m$category[m$characteristic == v])
    n <- setNames(m$people, paste0(m$characteristic, m$category))
    pop <- c("(Intercept)" = sum(n[startsWith(names(n), "a")]), n[!names(n) %in% c("a0", "b0")])
    des <- calibrate(des, ~a + b, pop[c("(Intercept)", setdiff(names(pop), "(Intercept)"))],
                     calfun = "raking", epsilon = 1e-12, maxit = 200)
  }
  all <- svymean(~y, des, na.rm = TRUE)
  by <- svyby(~y, ~g, des, svymean, na.rm = TRUE)
  cat(name, "everyone", format(coef(all), digits = 17), format(SE(all), digits = 17), "\\n")
  cat(paste(name, by$g, format(by$y, digits = 17), format(by$se, digits = 17)), sep = "\\n")
}
"""


@dataclass(frozen=True)
class Case:
    """Columns of the sample as text, and the margins it is raked to (none: not raked)."""

    columns: dict[str, list[str]]
    margins: list[tuple[str, str, float]]
    stratified: bool
    clustered: bool


def case(number: int) -> Case:
    """One seeded design. A fifth of the answers is missing; some strata hold one unit only."""
    rng = np.random.default_rng([20190225, number])
    n, strata = int(rng.integers(60, 400)), int(rng.integers(2, 7))
    s = rng.integers(0, strata, n)
    if number % 3 == 0:
        s[s == 0] = 1
        s[0] = 0  # a stratum of one person, so of one unit
    c = s * 100 + rng.integers(0, 8, n)
    g, a, b = (rng.integers(0, levels, n) for levels in (4, 3, 2))
    y = np.round(rng.normal(5, 2, n) + g + 0.5 * a + rng.normal(0, 1, 1000)[c], 3)
    y = (y > 6).astype(float) if number % 2 else y
    w = np.round(rng.gamma(2, 20, n) + 1, 4)
    people = [(1 + rng.random(levels)) * w.sum() for levels in (3, 2)]
    people[1] *= people[0].sum() / people[1].sum()
    margins = [
        (name, str(k), float(v)) for name, counts in zip("ab", people, strict=True) for k, v in enumerate(counts)
    ]
    columns = {"y": y, "w": w, "s": s, "c": c, "g": g, "a": a, "b": b}
    text = {
        name: [repr(v) if isinstance(v, float) else str(v) for v in values.tolist()]
        for name, values in columns.items()
    }
    text["y"] = ["" if gone else value for value, gone in zip(text["y"], rng.random(n) < 0.2, strict=True)]
    return Case(text, margins if number % 4 else [], bool(number & 1) or number % 3 == 0, bool(number & 2))


CASES = range(20)


@cache
def answers_of_r() -> dict[tuple[int, str], tuple[float, float]]:
    with TemporaryDirectory() as folder:
        files = [_written(Path(folder), number, case(number)) for number in CASES]
        script = Path(folder) / "designs.R"
        script.write_text(SCRIPT)
        said = subprocess.run([str(RSCRIPT), str(script), *files], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    lines = [line.split() for line in said.stdout.splitlines() if line.strip()]
    return {(int(Path(name).stem), domain): (float(mean), float(se)) for name, domain, mean, se in lines}


def _written(folder: Path, number: int, one: Case) -> str:
    file = folder / f"{number}.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*one.columns, "stratified", "clustered"])
        flags = [str(one.stratified).upper(), str(one.clustered).upper()]
        writer.writerows([*row, *flags] for row in zip(*one.columns.values(), strict=True))
    with file.with_suffix(".margins").open("w", newline="") as out:
        csv.writer(out).writerows([("characteristic", "category", "people"), *one.margins])
    return str(file)


@needs_r("survey")
@pytest.mark.parametrize("number", CASES)
def test_random_designs_as_r_estimates_them(number: int) -> None:
    one = case(number)
    names, categories, people = zip(*one.margins, strict=True) if one.margins else ((), (), ())
    margins = pa.table({"characteristic": names, "category": categories, "people": people}) if names else None
    ours = estimate_table(
        pa.table(one.columns), item="y", by="g", margins=margins, weights="w",
        strata="s" if one.stratified else None, cluster="c" if one.clustered else None, where="a random design",
    ).to_pylist()  # fmt: skip
    theirs = {domain: value for (at, domain), value in answers_of_r().items() if at == number}
    assert [row["domain"] for row in ours] == list(theirs)
    for row in ours:
        mean, se = theirs[row["domain"]]
        assert row["estimate"] == pytest.approx(mean, rel=1e-9), row
        assert row["se"] == pytest.approx(se, rel=1e-8), row


def test_the_cases_hold_every_kind_of_design() -> None:
    kinds = {(one.stratified, one.clustered, bool(one.margins)) for one in map(case, CASES)}
    assert {kind[:2] for kind in kinds} == {(a, b) for a in (True, False) for b in (True, False)}
    assert {kind[2] for kind in kinds} == {True, False}
