"""Replicate weights asked of R's `survey` on the spot, and its answers on the California schools.

| what                                  | tolerance | why not smaller                                                |
|---------------------------------------|-----------|----------------------------------------------------------------|
| standard errors, degrees of freedom   | 1e-11     | the same closed form; rounding of differences of replicates    |
| the same, raked again in each         | 1e-9      | R stops raking at 1e-12 of the margins, we at 1e-10            |
| scales by kind                        | 1e-14     | one division                                                   |

R's half samples use another Hadamard matrix than ours. Any fully balanced set gives the same variance of a total
(McCarthy 1969), so totals are compared with ours, and means with R's own weights read back.
"""

from __future__ import annotations

import csv
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from fairhearing.stats.cells import Floats, Ints
from fairhearing.stats.replicates import (
    Replicates,
    balanced,
    bootstrap,
    covariance,
    imported,
    jackknife,
    of_domains,
    recalibrated,
)
from fairhearing.stats.variance import Means, answers, design, domain_means, partition_totals
from fairhearing.stats.weights import rake
from tests.external.test_r_survey import FOLDER, margins, raked, reference, schools
from tests.helpers import RSCRIPT, needs_r, needs_shared

SCRIPT = """
suppressMessages(library(survey)); options(survey.lonely.psu = "adjust", warn = -1)
put <- function(...) cat(paste(..., sep = "\\t"), "\\n", sep = "")
show <- function(name, des, by = TRUE) {
  m <- svymean(~y, des, na.rm = TRUE); t <- svytotal(~x, des)
  put(name, "mean", format(SE(m)[1], digits = 17)); put(name, "total", format(SE(t)[1], digits = 17))
  put(name, "df", degf(des)); put(name, "scale", format(des$scale, digits = 17))
  put(name, "rscale", format(des$rscales[1], digits = 17))
  if (by) { b <- svyby(~y, ~g, des, svymean, na.rm = TRUE)
    for (i in seq_len(nrow(b))) put(name, paste0("g", b$g[i]), format(b$se[i], digits = 17)) }
}
folder <- commandArgs(TRUE)[1]
for (k in 0:9) {
  d <- read.csv(file.path(folder, paste0(k, ".csv")))
  for (clustered in c(FALSE, TRUE)) {
    id <- if (clustered) ~c else ~1
    jk1 <- as.svrepdesign(svydesign(id = id, weights = ~w, data = d), type = "JK1", mse = k %% 2 == 1)
    show(paste0("JK1-", k, clustered), jk1)
    flat <- svydesign(id = id, strata = ~s, weights = ~w, data = d, nest = TRUE)
    show(paste0("JKn-", k, clustered), as.svrepdesign(flat, type = "JKn", mse = k %% 2 == 1))
    show(paste0("fpc-", k, clustered), as.svrepdesign(
      svydesign(id = id, strata = ~s, weights = ~w, data = d[d$many, ], nest = TRUE, fpc = ~N), type = "JKn"))
  }
  set.seed(k)
  boot <- as.svrepdesign(svydesign(id = ~c, strata = ~s, weights = ~w, data = d[d$many, ], nest = TRUE),
                         type = "subbootstrap", replicates = 25)
  show(paste0("boot-", k), boot)
  write.table(weights(boot, "analysis"), file.path(folder, paste0("boot-", k)), row.names = FALSE, col.names = FALSE)
  jkn <- as.svrepdesign(svydesign(id = ~c, strata = ~s, weights = ~w, data = d, nest = TRUE), type = "JKn")
  factors <- as.matrix(weights(jkn, "replication")); all <- factors * d$w
  show(paste0("complete-JKn-", k), svrepdesign(data = d, weights = ~w, repweights = all, type = "JKn",
                                                scale = 1, rscales = jkn$rscales, mse = TRUE))
  one <- as.matrix(weights(as.svrepdesign(svydesign(id = ~c, weights = ~w, data = d), type = "JK1"), "replication"))
  for (type in c("JK1", "JKn")) for (complete in c(FALSE, TRUE)) if (type == "JK1" || !complete)
    show(paste0(type, complete, "-", k), svrepdesign(data = d, weights = ~w, repweights = if (complete) one * d$w
         else one, type = type, combined.weights = complete))
  show(paste0("other-", k), svrepdesign(data = d, weights = ~w, repweights = all, type = "other", scale = 0.3,
                                         rscales = seq_len(ncol(all)) / ncol(all)))
  for (type in c("JK2", "successive-difference"))
    show(paste0(type, "-", k), svrepdesign(data = d, weights = ~w, repweights = all, type = type))
  two <- read.csv(file.path(folder, paste0("two", k, ".csv")))
  pairs <- svydesign(id = ~c, strata = ~s, weights = ~w, data = two, nest = TRUE)
  for (rho in c(0, 0.3)) {
    half <- as.svrepdesign(pairs, type = if (rho) "Fay" else "BRR", fay.rho = rho)
    name <- paste0(if (rho) "Fay-" else "BRR-", k)
    show(name, half, by = FALSE)
    write.table(weights(half, "analysis"), file.path(folder, name), row.names = FALSE, col.names = FALSE)
  }
  n <- table(factor(d$g)) * 10
  jk <- as.svrepdesign(svydesign(id = ~c, strata = ~s, weights = ~w, data = d, nest = TRUE), type = "JKn")
  again <- calibrate(jk, ~factor(g), c("(Intercept)" = sum(n), setNames(n[-1], paste0("factor(g)", names(n)[-1]))),
                     calfun = "raking", epsilon = 1e-12, maxit = 200)
  put(paste0("again-", k), "mean", format(SE(svymean(~y, again, na.rm = TRUE))[1], digits = 17))
}
"""

CASES = range(10)
Case = dict[str, Floats]


@cache
def case(number: int) -> Case:
    """A small stratified, clustered sample; in some a stratum has one cluster. `many`: not in such a stratum."""
    rng = np.random.default_rng([20221031, number])
    n, strata = int(rng.integers(40, 90)), int(rng.integers(2, 5))
    s = rng.integers(0, strata, n)
    c = s * 100 + rng.integers(0, 6, n)
    if number % 3 == 0:
        c[s == 0] = 0
    g = rng.integers(0, 3, n)
    y = np.round(rng.normal(5, 2, n) + g + rng.normal(0, 1, 1000)[c], 3)
    y[rng.random(n) < 0.15] = np.nan
    units = np.array([len(np.unique(c[s == h])) for h in range(strata)])
    rows = np.array([int(np.sum(s == h)) for h in range(strata)])
    return {
        "y": y, "x": np.round(rng.gamma(2, 5, n), 3), "w": np.round(rng.gamma(2, 20, n) + 6, 4), "s": s.astype(float),
        "c": c.astype(float), "g": g.astype(float), "N": rows[s] * 3.0, "many": (units[s] > 1).astype(float),
    }  # fmt: skip


@cache
def pairs(number: int) -> Case:
    """Strata with two clusters each."""
    rng = np.random.default_rng([1969, number])
    strata = int(rng.integers(2, 12))
    s = np.repeat(np.arange(strata), 8)
    c = np.tile(np.repeat([0, 1], 4), strata) + 10 * s
    n = len(s)
    return {
        "y": np.round(rng.normal(5, 2, n) + rng.normal(0, 1, 1000)[c], 3), "x": np.round(rng.gamma(2, 5, n), 3),
        "w": np.round(rng.gamma(2, 20, n) + 6, 4), "s": s.astype(float), "c": c.astype(float),
    }  # fmt: skip


def _write(path: Path, columns: Case) -> None:
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            cells = ["" if np.isnan(value) else repr(float(value)) for value in row]
            writer.writerow([*cells[:-1], str(bool(row[-1])).upper()] if "many" in columns else cells)


@cache
def r() -> tuple[dict[str, dict[str, float]], dict[str, Floats]]:
    """What R tells of each design, and the replicate weights it made."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number in CASES:
            _write(folder / f"{number}.csv", case(number))
            _write(folder / f"two{number}.csv", pairs(number))
        (folder / "replicates.R").write_text(SCRIPT)
        run = [str(RSCRIPT), str(folder / "replicates.R"), name]
        said = subprocess.run(run, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stderr
        tables = {f.name: np.loadtxt(f) for f in folder.iterdir() if f.name.startswith(("boot-", "BRR-", "Fay-"))}
    told: dict[str, dict[str, float]] = {}
    for line in said.stdout.splitlines():
        design_name, what, value = line.split("\t")
        told.setdefault(design_name, {})[what] = float(value)
    return told, tables


def linear(d: Case) -> Means:
    """Everyone, then each g; only the numbers that replicates do not change are used."""
    g = d["g"].astype(int)
    levels = int(g.max()) + 1
    made = design(d["w"], domains=[(g, levels)])
    return domain_means(partition_totals(made, answers(made, d["y"]), 0), domains(levels))


def domains(levels: int) -> Ints:
    return np.vstack([np.ones(levels), np.eye(levels)])


def only_many(d: Case) -> Case:
    return {name: values[d["many"] > 0] for name, values in d.items()}


def same(name: str, d: Case, found: Replicates, *, scales: bool = True) -> None:
    """Standard errors of the mean, of each domain's mean and of a total; scales; degrees of freedom."""
    told, by = r()[0][name], "g" in d
    here = d if by else d | {"g": np.zeros(len(d["y"]))}
    means = linear(here)
    ours = of_domains(found, means, d["y"], here["g"].astype(int), domains(len(means.mean) - 1))
    total = covariance(found, lambda weights: np.array([weights @ d["x"]]), np.array([d["w"] @ d["x"]]))
    assert ours.se[0] == pytest.approx(told["mean"], rel=1e-11)
    assert np.sqrt(total[0, 0]) == pytest.approx(told["total"], rel=1e-11)
    assert found.df == told["df"]
    if by:
        groups = [told[f"g{g}"] for g in range(len(means.mean) - 1)]
        exist = np.isfinite(ours.se[1:])  # R leaves out a replicate in which nobody of the domain is left; see below
        assert ours.se[1:][exist] == pytest.approx(np.array(groups)[exist], rel=1e-11)
        assert list(exist) == [_in_every_replicate(found, here, g) for g in range(len(groups))]
    if scales:
        assert found.scale == pytest.approx(told["scale"], rel=1e-14)
        assert found.rscales[0] == pytest.approx(told["rscale"], rel=1e-14)


def _in_every_replicate(found: Replicates, d: Case, g: int) -> bool:
    """Whether somebody of the domain who answered counts in each replicate."""
    there = (d["g"] == g) & ~np.isnan(d["y"])
    return all(bool(np.any(weights[there] > 0)) for weights in found.each())


@needs_r("survey")
@pytest.mark.parametrize("number", CASES)
@pytest.mark.parametrize("clustered", [False, True])
def test_jackknives(number: int, clustered: bool) -> None:
    d, flag = case(number), "TRUE" if clustered else "FALSE"
    mse = number % 2 == 1
    cluster = d["c"] if clustered else None
    same(f"JK1-{number}{flag}", d, jackknife(d["w"], None, cluster, mse=mse))
    same(f"JKn-{number}{flag}", d, jackknife(d["w"], d["s"], cluster, mse=mse), scales=False)
    many = only_many(d)
    corrected = jackknife(many["w"], many["s"], many["c"] if clustered else None, fpc=many["N"])
    same(f"fpc-{number}{flag}", many, corrected, scales=False)


@needs_r("survey")
@pytest.mark.parametrize("number", CASES)
def test_bootstrap_weights_that_r_made(number: int) -> None:
    d = only_many(case(number))
    same(f"boot-{number}", d, imported(r()[1][f"boot-{number}"], "bootstrap", base=d["w"]))


@needs_r("survey")
@pytest.mark.parametrize("number", CASES)
def test_complete_weights_and_factors_of_every_kind(number: int) -> None:
    d = case(number)
    jkn, jk1 = jackknife(d["w"], d["s"], d["c"]), jackknife(d["w"], None, d["c"])
    complete = jkn.weights()
    # R numbers replicates by first appearance, ours by stratum and cluster: scales are put in R's order by hand
    first = np.sort(np.unique(jkn.unit, return_index=True)[1])
    strata = {h: k for k, h in enumerate(dict.fromkeys(d["s"][first]))}
    order = sorted(range(len(first)), key=lambda i: (strata[d["s"][first[i]]], first[i]))
    in_rs_order = complete[:, jkn.unit[first[order]]]
    rscales = jkn.rscales[jkn.unit[first[order]]]
    same(f"complete-JKn-{number}", d, imported(in_rs_order, "JKn", 1.0, rscales, True, d["w"]))
    rising = (1 + np.arange(len(first))) / len(first)
    same(f"other-{number}", d, imported(in_rs_order, "other", 0.3, rising, base=d["w"]))
    for kind in ("JK2", "successive-difference"):
        same(f"{kind}-{number}", d, imported(in_rs_order, kind, base=d["w"]))
    factors = jk1.weights() / d["w"][:, None]
    same(f"JK1FALSE-{number}", d, imported(factors, "JK1", base=d["w"], combined=False))
    same(f"JKnFALSE-{number}", d, imported(factors, "JKn", base=d["w"], combined=False))
    same(f"JK1TRUE-{number}", d, imported(factors * d["w"][:, None], "JK1", base=d["w"]))


@needs_r("survey")
@pytest.mark.parametrize("number", CASES)
def test_balanced_half_samples(number: int) -> None:
    d, (told, tables) = pairs(number), r()
    for kind, rho in (("BRR", 0.0), ("Fay", 0.3)):
        same(f"{kind}-{number}", d, imported(tables[f"{kind}-{number}"], kind, base=d["w"], rho=rho or None))
        ours = balanced(d["w"], d["s"], d["c"], rho=rho)
        total = covariance(ours, lambda weights: np.array([weights @ d["x"]]), np.array([d["w"] @ d["x"]]))
        assert np.sqrt(total[0, 0]) == pytest.approx(told[f"{kind}-{number}"]["total"], rel=1e-11)
        assert (ours.kind, ours.df) == (kind, told[f"{kind}-{number}"]["df"])


@needs_r("survey")
@pytest.mark.parametrize("number", CASES)
def test_calibrated_again_in_each_replicate(number: int) -> None:
    d = case(number)
    g = d["g"].astype(int)
    people = np.bincount(g) * 10.0

    def calibrate(weights: Floats) -> Floats:
        return weights * (people / np.bincount(g, weights))[g]

    again = recalibrated(jackknife(d["w"], d["s"], d["c"]), calibrate)
    means = linear(d | {"w": calibrate(d["w"])})
    ours = of_domains(again, means, d["y"], g, domains(len(people)))
    assert ours.se[0] == pytest.approx(r()[0][f"again-{number}"]["mean"], rel=1e-9)


# --- the schools ------------------------------------------------------------------------------------------------


def of_schools(found: Replicates, weights: Floats) -> Means:
    """Everyone, then each school type."""
    sample = schools("apistrat")
    made = design(weights, domains=[(sample.codes("stype"), 3)])
    means = domain_means(partition_totals(made, answers(made, sample.number("api00")), 0), domains(3))
    return of_domains(found, means, sample.number("api00"), sample.codes("stype"), domains(3))


def total_of_schools(found: Replicates, weights: Floats) -> float:
    enrolled = np.nan_to_num(schools("apistrat").number("enroll"))
    return float(covariance(found, lambda w: np.array([w @ enrolled]), np.array([weights @ enrolled]))[0, 0] ** 0.5)


@needs_shared
def test_schools_each_left_out_once() -> None:
    weights, told = schools("apistrat").number("pw"), reference()["replicate"]["JKn_strat"]
    found = jackknife(weights, schools("apistrat").codes("stype"))
    means = of_schools(found, weights)
    assert means.se == pytest.approx([told["mean_api00"]["se"], *told["by"]["se"]], rel=1e-11)
    assert total_of_schools(found, weights) == pytest.approx(told["total_enroll"]["se"], rel=1e-11)
    assert (found.count, found.scale, found.df) == (told["nrep"], told["scale"], 197)


@needs_shared
def test_schools_raked_again_in_each_replicate() -> None:
    told, levels = reference()["replicate"]["JKn_strat_raked"], margins()
    found = recalibrated(
        jackknife(schools("apistrat").number("pw"), schools("apistrat").codes("stype")),
        lambda weights: rake(weights, levels).weights,
    )
    means = of_schools(found, raked())
    assert means.mean[0] == pytest.approx(told["mean_api00"]["est"], rel=1e-10)
    assert means.se[0] == pytest.approx(told["mean_api00"]["se"], rel=1e-9)
    assert total_of_schools(found, raked()) == pytest.approx(told["total_enroll"]["se"], rel=1e-9)


@needs_shared
def test_bootstrap_weights_delivered_with_the_schools() -> None:
    told, weights = reference()["replicate"]["subboot_strat_200"], schools("apistrat").number("pw")
    columns = np.loadtxt(FOLDER / "apistrat_bootrepw.csv", delimiter=",", skiprows=1)
    found = imported(columns, base=weights)
    means = of_schools(found, weights)
    assert means.se == pytest.approx([told["mean_api00"]["se"], *told["by"]["se"]], rel=1e-11)
    assert total_of_schools(found, weights) == pytest.approx(told["total_enroll"]["se"], rel=1e-11)
    assert found.scale == pytest.approx(told["scale"], rel=1e-14)


@needs_shared
def test_our_own_bootstrap_of_the_schools_is_near_the_linearised_standard_error() -> None:
    """2,000 draws: the Monte-Carlo error of a standard error is about 1/sqrt(2·2,000) = 1.6%, so 6% is four of them;
    R's linearised standard error is 9.517."""
    sample = schools("apistrat")
    found = bootstrap(sample.number("pw"), sample.codes("stype"), None, 2000, np.random.default_rng(8))
    means = of_schools(found, sample.number("pw"))
    linearised = reference()["strat_nofpc"]["mean_api00"]["se"]
    assert means.se[0] == pytest.approx(linearised, rel=0.06)
    assert found.df == 197
