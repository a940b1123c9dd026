"""Effects, pooling and cluster-robust errors against metafor 3.8-1 and clubSandwich 0.5.8.

From the files of R's answers: `escalc` (SMCR), `rma` (REML, DL, Knapp-Hartung), `CR2` of a meta-analysis, and a
difference in differences. On the spot, where R has these packages: the other measures of `escalc`, meta-regression,
and CR2 of random, unbalanced regressions.

| what                              | tolerance  | why not smaller                                              |
|-----------------------------------|------------|--------------------------------------------------------------|
| `escalc`                          | 1e-12      | the same closed forms, with the exact small-sample factor    |
| `rma` from the file               | 1e-10      | both solve for tau² to 1e-12 or so                           |
| `rma` on the spot                 | 1e-7       | metafor stops at 1e-5 unless told; told 1e-12 here           |
| CR2 of a meta-analysis            | 1e-9       | R's tau² was found to 1e-13, and rests in every weight       |
| CR2 of regressions                | 1e-9       | eigenvalues of each cluster                                  |
"""

from __future__ import annotations

import csv
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairhearing.stats.clustered import KINDS, coefficient
from fairhearing.stats.effects import (
    change_by_its_own_spread,
    correlation,
    difference_in_changes,
    difference_in_means,
    mean_change,
    small_sample_factor,
    standardised_difference,
    standardised_mean_change,
)
from fairhearing.stats.meta import random_effects
from tests.helpers import RSCRIPT, SHARED, needs_r, needs_shared

needs_metafor, needs_sandwich = needs_r("metafor"), needs_r("clubSandwich")


@needs_shared
def test_effects_and_their_variances() -> None:
    with (SHARED / "r-reference" / "projects_prepost.csv").open() as file:
        projects = list(csv.DictReader(file))
    told = json.loads((SHARED / "r-reference" / "effects_and_scales.json").read_text())["escalc_SMCR"]
    assert len(projects) == len(told["yi"]) == 14
    for project, effect, variance in zip(projects, told["yi"], told["vi"], strict=True):
        before, after, sd, r = (float(project[key]) for key in ("m_pre", "m_post", "sd_pre", "r"))
        found = standardised_mean_change(int(project["n"]), before, after, sd, r)
        assert found.effect == pytest.approx(effect, rel=1e-12)
        assert found.se is not None
        assert found.se**2 == pytest.approx(variance, rel=1e-12)
        assert found.se_between[0] < found.se < found.se_between[1]


def test_a_difference_in_changes_adds_the_variances() -> None:
    one = standardised_mean_change(30, 3.0, 3.5, 1.0, 0.5)
    other = standardised_mean_change(40, 3.0, 3.1, 1.0, 0.6)
    both = difference_in_changes(one, other)
    assert both.effect == pytest.approx(one.effect - other.effect)
    assert both.se is not None and one.se is not None and other.se is not None
    assert both.se**2 == pytest.approx(one.se**2 + other.se**2)


@pytest.mark.parametrize(("df", "factor"), [(2, 0.5642), (9, 0.9139), (19, 0.9599), (49, 0.9846)])
def test_the_small_sample_factor_of_hedges_1981(df: int, factor: float) -> None:
    """c(m) as printed in Hedges' (1981) table, to its four figures."""
    assert round(small_sample_factor(df), 4) == factor


# --- pooling and clusters, from the file of R's answers ---------------------------------------------------------


@cache
def told() -> dict[str, Any]:
    return dict(json.loads((SHARED / "r-reference" / "effects_and_scales.json").read_text()))


def results() -> tuple[np.ndarray, np.ndarray]:
    return np.array(told()["escalc_SMCR"]["yi"]), np.sqrt(told()["escalc_SMCR"]["vi"])


@needs_shared
@pytest.mark.parametrize(
    ("name", "method", "knapp_hartung"),
    [("rma_REML", "REML", False), ("rma_DL", "DL", False), ("rma_REML_knha", "REML", True)],
)
def test_pooling_as_metafor(name: str, method: str, knapp_hartung: bool) -> None:
    found, expected = random_effects(*results(), method=method, knapp_hartung=knapp_hartung), told()[name]
    ours = {
        "b": found.beta[0], "se": found.se[0], "ci": [found.low[0], found.high[0]], "tau2": found.tau2,
        "se_tau2": found.tau2_se, "I2": found.I2, "H2": found.H2, "QE": found.Q, "QEp": found.Q_p,
        "pi": list(found.prediction),
    }  # fmt: skip
    for key, value in ours.items():
        assert value == pytest.approx(expected[key], rel=1e-10), key
    assert found.shrunken == pytest.approx(expected["blup"]["pred"], rel=1e-10)
    assert found.shrunken_se == pytest.approx(expected["blup"]["se"], rel=1e-10)


@needs_shared
def test_pooling_with_projects_of_one_provider() -> None:
    """CR2 of a meta-analysis: weights 1/(v + tau²), clustered by who ran the project."""
    y, s = results()
    with (SHARED / "r-reference" / "projects_prepost.csv").open() as file:
        provider = np.array([int(row["provider"]) for row in csv.DictReader(file)])
    weights = 1 / (s**2 + random_effects(y, s).tau2)
    found = coefficient(np.ones((14, 1)), y, np.ones(1), clusters=provider, weights=weights)
    expected = told()["CR2"]
    for ours, key in ((found.estimate, "beta"), (found.se, "SE"), (found.df, "df"), (found.p, "p")):
        assert ours == pytest.approx(expected[key], rel=1e-9), key


@needs_shared
@pytest.mark.parametrize("kind", KINDS)
def test_difference_in_differences_as_clubsandwich(kind: str) -> None:
    with (SHARED / "r-reference" / "did.csv").open() as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    column = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    dummies = [(column[name] == level).astype(float) for name in ("c", "t") for level in np.unique(column[name])]
    X = np.column_stack([*dummies[:16], *dummies[17:], column["treat"] * column["post"]])
    last = np.eye(X.shape[1])[-1]
    found = coefficient(X, column["y"], last, clusters=column["c"].astype(int), kind=kind)
    expected = told()["did"][kind]
    assert found.estimate == pytest.approx(expected["beta"], rel=1e-9)
    assert found.se == pytest.approx(expected["se"], rel=1e-9)
    assert found.df == pytest.approx(expected["df"], rel=1e-9)


# --- on the spot ------------------------------------------------------------------------------------------------


def asked_of_r(script: str, folder: Path, **tables: list[dict[str, float]]) -> list[list[float]]:
    """Lines of numbers that an R script prints, given tables as CSV files."""
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows({key: repr(float(value)) for key, value in row.items()} for row in rows)
    (folder / "script.R").write_text("options(digits = 17)\n" + script)
    done = subprocess.run([str(RSCRIPT), "script.R"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines() if line.strip()]


ESCALC = """
suppressMessages(library(metafor)); d <- read.csv("d.csv")
say <- function(x) cat(paste(format(c(rbind(x$yi, x$vi)), digits = 17), collapse = " "), "\\n")
say(escalc("SMCC", m1i = d$b, m2i = d$a, sd1i = d$sb, sd2i = d$sa, ni = d$n, ri = d$r))
say(escalc("MC", m1i = d$b, m2i = d$a, sd1i = d$sb, sd2i = d$sa, ni = d$n, ri = d$r))
say(escalc("SMD", m1i = d$b, m2i = d$a, sd1i = d$sb, sd2i = d$sa, n1i = d$n, n2i = d$m))
say(escalc("MD", m1i = d$b, m2i = d$a, sd1i = d$sb, sd2i = d$sa, n1i = d$n, n2i = d$m))
"""


@needs_metafor
def test_the_other_measures_of_escalc(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = [
        {"n": int(rng.integers(5, 200)), "m": int(rng.integers(5, 200)), "a": rng.normal(), "b": rng.normal(),
         "sa": rng.uniform(0.5, 2), "sb": rng.uniform(0.5, 2), "r": rng.uniform(-0.5, 0.9)} for _ in range(20)
    ]  # fmt: skip
    smcc, mc, smd, md = (np.reshape(line, (-1, 2)) for line in asked_of_r(ESCALC, tmp_path, d=rows))
    for at, row in enumerate(rows):
        n, m, a, b, sa, sb, r = (row[key] for key in ("n", "m", "a", "b", "sa", "sb", "r"))
        sd_change = float(np.sqrt(sa**2 + sb**2 - 2 * r * sa * sb))
        both = {"n": (int(n), int(m)), "mean": (b, a), "sd": (sb, sa)}
        for ours, theirs in (
            (change_by_its_own_spread(int(n), b - a, sd_change), smcc), (mean_change(int(n), a, b, sa, sb, r), mc),
            (standardised_difference(**both), smd), (difference_in_means(**both), md),
        ):  # fmt: skip
            assert ours.se is not None
            assert (ours.effect, ours.se**2) == pytest.approx(tuple(theirs[at]), rel=1e-10)
        assert correlation(sa, sb, sd_change) == pytest.approx(r, abs=1e-12)


REGRESSION = """
suppressMessages(library(metafor)); d <- read.csv("d.csv")
for (m in c("REML", "DL")) for (k in c("z", "knha")) {
  f <- rma(y, s^2, mods = ~x, data = d, method = m, test = k, control = list(threshold = 1e-13, maxiter = 1000))
  cat(format(c(f$tau2, coef(f), f$se, f$ci.lb, f$QE, f$I2), digits = 17), "\\n")
}
"""


@needs_metafor
def test_moderators_as_metafor(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    rows = [{"y": rng.normal(0.2, 0.4), "s": rng.uniform(0.1, 0.4), "x": rng.integers(0, 2)} for _ in range(12)]
    y, s, x = (np.array([float(row[key]) for row in rows]) for key in "ysx")
    cases = [(method, knapp) for method in ("REML", "DL") for knapp in (False, True)]
    for (method, knapp), theirs in zip(cases, asked_of_r(REGRESSION, tmp_path, d=rows), strict=True):
        fit = random_effects(y, s, moderators=x[:, None], method=method, knapp_hartung=knapp)
        ours = [fit.tau2, *fit.beta, *fit.se, *fit.low, fit.Q, fit.I2]
        assert ours == pytest.approx(theirs, rel=1e-7)


CLUSTERS = """
suppressMessages(library(clubSandwich)); d <- read.csv("d.csv")
for (k in unique(d$case)) {
  e <- d[d$case == k, ]
  f <- lm(y ~ a + x, data = e)
  t <- coef_test(f, vcov = "CR2", cluster = e$c, test = "Satterthwaite")
  cat(format(c(t[2, "beta"], t[2, "SE"], t[2, "df_Satt"]), digits = 17), "\\n")
}
"""


@needs_sandwich
def test_cr2_of_random_regressions(tmp_path: Path) -> None:
    """Unbalanced clusters, some of them wholly in one arm, some of one person."""
    rng = np.random.default_rng(13)
    rows: list[dict[str, float]] = []
    for case in range(12):
        n = int(rng.integers(20, 80))
        c = rng.integers(0, int(rng.integers(4, 20)), n)
        a = (c % 2 if case % 2 else rng.integers(0, 2, n)).astype(float)
        x = rng.normal(size=n)
        y = a + x + rng.normal(size=30)[c] + rng.normal(size=n)
        rows += [dict(zip(("case", "c", "a", "x", "y"), each, strict=True))
                 for each in zip([case] * n, c, a, x, y, strict=True)]  # fmt: skip
    for case, theirs in enumerate(asked_of_r(CLUSTERS, tmp_path, d=rows)):
        own = [row for row in rows if row["case"] == case]
        c, a, x, y = (np.array([row[key] for row in own]) for key in "caxy")
        fit = coefficient(np.column_stack([np.ones(len(own)), a, x]), y, np.array([0.0, 1.0, 0.0]), clusters=c)
        assert [fit.estimate, fit.se, fit.df] == pytest.approx(theirs, rel=1e-9)
