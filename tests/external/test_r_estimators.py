"""The door `estimate` beside R's `survey` on the spot: stages with corrections, bounded calibration, lonely strata,
ratios, totals, quantiles, variances, regressions with categories, domains and their differences.

| what                | tolerance | why not smaller                                                           |
|---------------------|-----------|---------------------------------------------------------------------------|
| estimates           | 1e-9      | R stops calibrating at 1e-12 of (1 + the total), we at 1e-13 of the total |
| standard errors     | 1e-8      | as the weights; R takes residuals by QR                                   |
| logistic regression | 1e-7      | R's iteration ends at 1e-15 of the deviance                               |

The two-stage sample of schools in districts is the one that comes with R (`data(api)`, apiclus2).
"""

from __future__ import annotations

import csv
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.measure import Wanted, estimate_table
from tests.helpers import RSCRIPT, needs_r

pytestmark = needs_r("survey")

SCRIPT = """
suppressMessages(library(survey)); options(digits = 17)
say <- function(name, key, est, se)
  cat(paste(name, key, format(est, digits = 17), format(se, digits = 17)), sep = "\\n")
all_of <- function(name, d, des, tight) {
  say(name, "mean", coef(svymean(~y, des)), SE(svymean(~y, des)))
  say(name, "total", coef(svytotal(~y, des)), SE(svytotal(~y, des)))
  r <- svyratio(~y, ~x, des); say(name, "ratio", coef(r), SE(r))
  v <- svyvar(~y, des); say(name, "variance", coef(v), SE(v))
  q <- svyquantile(~y, des, c(0.2, 0.5, 0.7))
  say(name, paste0("quantile", c(0.2, 0.5, 0.7)), coef(q), SE(q))
  say(name, c("low0.5", "high0.5"), confint(q)[2, ], 0)
  p <- svymean(~g, des); say(name, paste0("proportion", levels(d$g)), coef(p), SE(p))
  m <- svyglm(y ~ x + a + b, des); say(name, paste0("gaussian", 1:length(coef(m))), coef(m), SE(m))
  m <- svyglm(told ~ x + a, des, family = quasibinomial(), control = tight)
  say(name, paste0("logistic", 1:length(coef(m))), coef(m), SE(m))
  say(name, "df", degf(des), m$df.residual)
}
domains <- function(name, d, des) {
  b <- svyby(~y, ~g, des, svymean); say(name, paste0("by", b$g), coef(b), SE(b))
  for (l in levels(d$g)) {
    e <- svyglm(y ~ here, update(des, here = as.numeric(g == l))); say(name, paste0("less", l), coef(e)[2], SE(e)[2])
    r <- svytotal(~y, subset(des, g == l)); say(name, paste0("total", l), coef(r), SE(r))
  }
}
tight <- glm.control(epsilon = 1e-15, maxit = 100)
for (name in commandArgs(TRUE)) {
  d <- read.csv(name); for (v in c("g", "a", "b")) d[[v]] <- factor(d[[v]])
  k <- d[1, ]; options(survey.lonely.psu = k$lonely)
  id <- if (k$stages == 2) ~c1 + c2 else if (k$stages == 1) ~c1 else ~1
  fpc <- if (k$corrected == 0) NULL else if (k$stages == 2) ~f1 + f2 else ~f1
  des <- svydesign(id = id, strata = if (k$stratified) ~s else NULL, fpc = fpc, weights = ~w, data = d, nest = TRUE)
  if (k$calibrated != "no") {
    m <- read.csv(sub("csv$", "margins", name))
    n <- setNames(m$people, paste0(m$characteristic, m$category))
    n <- c("(Intercept)" = sum(n[startsWith(names(n), "a")]), n[!names(n) %in% c("a0", "b0")])
    names(n)[names(n) == "zNA"] <- "z"
    des <- calibrate(des, if ("z" %in% names(n)) ~a + b + z else ~a + b, n, calfun = k$calibrated,
                     bounds = if (k$calibrated == "logit") c(k$lower, k$upper) else c(-Inf, Inf),
                     epsilon = 1e-12, maxit = 200)
  }
  all_of(name, d, des, tight)
  if (k$lonely != "average") domains(name, d, des)
}
data(api)
d <- transform(apiclus2, y = api00, x = api99, told = as.numeric(growth > 30), g = stype, a = awards, b = both)
des <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = d)
all_of("schools", d, des, tight); domains("schools", d, des)
kept <- c("dnum", "snum", "fpc1", "fpc2", "pw", "y", "x", "told", "g", "a", "b")
write.csv(d[, kept], "schools.csv", row.names = FALSE)
"""


@dataclass(frozen=True)
class Case:
    """Columns of a sample, its margins, and how it is to be analysed."""

    columns: dict[str, np.ndarray]
    margins: list[tuple[str, str, float]]
    how: dict[str, Any]

    @property
    def table(self) -> pa.Table:
        return pa.table({name: pa.array(values.tolist()) for name, values in self.columns.items()})


KINDS = ["no", "logit", "linear", "raking"]
LONELY = ["adjust", "certainty", "remove", "average"]


def case(number: int) -> Case:
    """One seeded sample: districts in strata, classes in districts, people in classes."""
    rng = np.random.default_rng([1936, number])
    n, strata = int(rng.integers(150, 400)), int(rng.integers(2, 5))
    s = rng.integers(0, strata, n)
    c1 = s * 10 + rng.integers(0, 6, n)
    if number % 4 == 1:
        c1[s == 0] = 0  # a stratum with one district
    c2 = c1 * 10 + rng.integers(0, 5, n)
    district = rng.integers(8, 20, strata)[s].astype(float)
    classes = rng.integers(6, 12, 1000)[c1].astype(float)
    g, a, b = (rng.integers(0, levels, n) for levels in (3, 3, 2))
    x = np.round(rng.normal(10, 2, n), 3)
    y = np.round(5 + 0.3 * x + 0.5 * a + rng.normal(0, 1, n) + rng.normal(0, 0.5, 1000)[c1], 2)
    told = (rng.random(n) < 1 / (1 + np.exp(-(0.3 * (x - 10) + 0.4 * a - 0.5)))).astype(int)
    w, z = np.round(rng.gamma(4, 10, n) + 5, 4), np.round(rng.normal(40, 10, n), 1)
    kind, stages = KINDS[number % len(KINDS)], number % 3
    how = {
        "stages": stages, "stratified": int(number % 2 or stages == 0),
        "corrected": int(stages > 0 and number % 5 > 0),
        "lonely": LONELY[number // 4 % 4] if number % 4 == 1 else "adjust", "calibrated": kind,
        "lower": round(float(rng.uniform(0.2, 0.7)), 3), "upper": round(float(rng.uniform(1.5, 4)), 3),
    }  # fmt: skip
    columns = {"y": y, "x": x, "told": told, "g": g, "a": a, "b": b, "z": z, "w": w, "s": s, "c1": c1, "c2": c2,
               "f1": district if how["stratified"] else np.full(n, 60.0), "f2": classes}  # fmt: skip
    return Case(columns, margins(rng, columns, kind, number), how)


def margins(rng: np.random.Generator, columns: dict[str, np.ndarray], kind: str, number: int) -> list[Any]:
    """Totals up to a tenth away from the sample's, so that weights within the bounds exist; of z for some."""
    if kind == "no":
        return []
    w, found = columns["w"], []
    for name in "ab":
        have = np.bincount(columns[name], w) * rng.uniform(0.9, 1.1, int(columns[name].max()) + 1)
        found += [(name, str(k), float(v)) for k, v in enumerate(have * (w.sum() / have.sum()))]
    if number % 8 >= 4:
        found.append(("z", "", float(w @ columns["z"] * 1.02)))
    return found


CASES = range(16)


@cache
def said_by_r() -> tuple[subprocess.CompletedProcess[str], list[dict[str, str]]]:
    """What R printed, and the rows of its own two-stage sample."""
    with TemporaryDirectory() as folder:
        files = [written(Path(folder), number) for number in CASES]
        script, schools = Path(folder) / "estimators.R", Path(folder) / "schools.csv"
        script.write_text(SCRIPT)
        call = [str(RSCRIPT), str(script), *files]
        told = subprocess.run(call, capture_output=True, text=True, check=False, cwd=folder)
        return told, list(csv.DictReader(schools.read_text().splitlines())) if schools.exists() else []


@cache
def of_r() -> dict[tuple[str, str], tuple[float, float]]:
    """R's estimates and standard errors by case and statistic."""
    told, _ = said_by_r()
    assert told.returncode == 0, told.stderr
    lines = [line.split() for line in told.stdout.splitlines() if line.strip()]
    return {(Path(name).stem, key): (float(est), float(se)) for name, key, est, se in lines}


def written(folder: Path, number: int) -> str:
    one, file = case(number), folder / f"{number}.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*one.columns, *one.how])
        writer.writerows([*row, *one.how.values()] for row in zip(*one.columns.values(), strict=True))
    with file.with_suffix(".margins").open("w", newline="") as out:
        rows = [(name, category or "NA", repr(people)) for name, category, people in one.margins]
        csv.writer(out).writerows([("characteristic", "category", "people"), *rows])
    return str(file)


@dataclass(frozen=True)
class Asked:
    """The same through our door."""

    name: str
    table: pa.Table
    sampling: dict[str, Any]
    wanted: Wanted

    def rows(self, item: str, by: str | None = None, **more: Any) -> list[dict[str, Any]]:
        wanted: Wanted = {**self.wanted, **more}  # type: ignore[typeddict-item]
        return estimate_table(
            self.table, item=item, by=by, where=self.name, wanted=wanted, **self.sampling
        ).to_pylist()


def asked(number: int) -> Asked:
    one = case(number)
    names, categories, people = zip(*one.margins, strict=True) if one.margins else ((), (), ())
    sampling = {
        "weights": "w", "strata": "s" if one.how["stratified"] else None,
        "cluster": ["c1", "c2"][: one.how["stages"]] or None,
        "margins": pa.table({"characteristic": names, "category": categories, "people": people}) if names else None,
    }  # fmt: skip
    wanted: Wanted = {"lonely": one.how["lonely"]}
    if one.how["corrected"]:
        wanted["fpc"] = ["f1", "f2"][: one.how["stages"]]
    if one.how["calibrated"] != "no":
        wanted["calibrate"] = {"raking": "rake"}.get(one.how["calibrated"], one.how["calibrated"])
    if one.how["calibrated"] == "logit":
        wanted["bounds"] = (one.how["lower"], one.how["upper"])
    return Asked(str(number), one.table, sampling, wanted)


def schools() -> Asked:
    table = pa.Table.from_pylist(said_by_r()[1])
    return Asked("schools", table, {"weights": "pw", "cluster": ["dnum", "snum"]}, {"fpc": ["fpc1", "fpc2"]})


ALL = [*(str(number) for number in CASES), "schools"]


WITHOUT_AVERAGE = [name for name in ALL if name == "schools" or case(int(name)).how["lonely"] != "average"]
"""R drops strata with nobody of a domain before it averages; we average over all strata."""


def our(name: str) -> Asked:
    return schools() if name == "schools" else asked(int(name))


def same(ours: Asked, row: dict[str, Any], key: str, of_estimate: float = 1e-9, of_se: float = 1e-8) -> None:
    estimate, se = of_r()[ours.name, key]
    assert row["estimate"] == pytest.approx(estimate, rel=of_estimate), (key, row)
    assert row["se"] == pytest.approx(se, rel=of_se), (key, row)


@pytest.mark.parametrize("name", ALL)
def test_functions_of_totals(name: str) -> None:
    ours = our(name)
    same(ours, ours.rows("y")[0], "mean")
    same(ours, ours.rows("y", statistic="total")[0], "total")
    same(ours, ours.rows("y", statistic="ratio", over="x")[0], "ratio")
    same(ours, ours.rows("y", statistic="variance")[0], "variance")
    for row in ours.rows("g", statistic="proportion"):
        same(ours, row, f"proportion{row['category']}")


@pytest.mark.parametrize("name", ALL)
def test_quantiles(name: str) -> None:
    ours = our(name)
    for row in ours.rows("y", statistic="quantile", quantiles=[0.2, 0.5, 0.7]):
        same(ours, row, f"quantile{row['quantile']:g}")
        if row["quantile"] == 0.5:
            assert row["low"] == of_r()[name, "low0.5"][0]
            assert row["high"] == of_r()[name, "high0.5"][0]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("item", "on", "key", "tolerance"),
    [("y", "x,factor(a),factor(b)", "gaussian", 1e-8), ("told", "x,factor(a)", "logistic", 1e-7)],
)
def test_regressions_on_numbers_and_categories(name: str, item: str, on: str, key: str, tolerance: float) -> None:
    ours = our(name)
    rows = ours.rows(item, statistic="regression", on=on)
    assert len(rows) == sum(1 for at, each in of_r() if at == name and each.startswith(key))
    for number, row in enumerate(rows, 1):
        same(ours, row, f"{key}{number}", tolerance, tolerance)
        assert key in row["method"]
    if key == "logistic":
        assert rows[0]["df"] == of_r()[name, "df"][1]


@pytest.mark.parametrize("name", WITHOUT_AVERAGE)
def test_domains_and_each_less_the_rest(name: str) -> None:
    ours = our(name)
    everyone, *rows = ours.rows("y", by="g", differences=True)
    assert everyone["difference"] is None
    for row, total in zip(rows, ours.rows("y", by="g", statistic="total")[1:], strict=True):
        same(ours, row, f"by{row['domain']}")
        same(ours, total, f"total{row['domain']}")
        difference, se = of_r()[name, f"less{row['domain']}"]
        assert row["difference"] == pytest.approx(difference, rel=1e-7)
        assert row["difference_se"] == pytest.approx(se, rel=1e-7)
        assert row["p"] <= row["p_holm"] <= 1


def test_the_cases_hold_every_kind_of_calibration_and_lonely_stratum() -> None:
    hows = [case(number).how for number in CASES]
    assert {how["calibrated"] for how in hows} == set(KINDS)
    assert {how["lonely"] for how in hows} == set(LONELY)
    assert {(how["stages"], how["corrected"]) for how in hows} >= {(2, 1), (2, 0), (1, 1), (0, 0)}
