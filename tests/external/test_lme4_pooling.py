"""The multilevel model against R's lme4 (`glmer`, Laplace): 5,000 people, six group effects, two covariates.

| what                              | tolerance | why not smaller                                               |
|-----------------------------------|-----------|---------------------------------------------------------------|
| log-likelihood, stored            | 5e-6      | glmer stops its inner steps at 1e-7 of the penalised deviance |
| log-likelihood, R asked for 1e-13 | 1e-6      | glmer takes log|H| one step before the mode (dense twin)      |
| most likely σ, β                  | 1e-5      | glmer's search stops where the likelihood is flat to 1e-10    |
| most likely effects of groups     | 2e-5      | as the log-likelihood                                         |
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairhearing.stats.laplace import build, solve
from fairhearing.stats.pooling import Answers, Factor, log_likelihood, mode
from tests.helpers import SHARED, needs_shared

RSCRIPT = shutil.which("Rscript")
HERE = SHARED / "r-reference"

SCRIPT = """
suppressMessages(library(lme4)); d <- read.csv(commandArgs(TRUE)[1])
for (g in c("a", "b")) d[[g]] <- factor(d[[g]])
tight <- glmerControl(tolPwrss = 1e-13, optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9))
m <- glmer(cbind(y, n - y) ~ x + (1 | a) + (1 | b), d, binomial, control = tight)
s <- sqrt(unlist(VarCorr(m)))
cat(format(c(logLik(m), s[["a"]], s[["b"]], fixef(m)), digits = 16), "\\n")
"""


@cache
def reference() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "mrp_lme4_5000.json").read_text())
    return found


@cache
def answers() -> Answers:
    with (HERE / "mrp_5000.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    factors = []
    for name in reference()["sd"]:
        levels, codes = np.unique(columns[name], return_inverse=True)
        factors.append(Factor(name, codes, len(levels)))
    X = np.column_stack([np.ones(len(rows)), columns["dep"], columns["sex"]])
    return Answers(columns["y"], columns["n"], X, tuple(factors))


@needs_shared
def test_log_likelihood_at_lme4s_estimates() -> None:
    sigma, beta = (np.array(list(reference()[key].values())) for key in ("sd", "fixef"))
    assert log_likelihood(answers(), sigma, beta) == pytest.approx(reference()["logLik"], abs=5e-6)


@needs_shared
def test_most_likely_standard_deviations_and_fixed_effects() -> None:
    found = mode(answers(), prior=None)
    assert found.sigma == pytest.approx(list(reference()["sd"].values()), abs=1e-5)
    assert found.beta == pytest.approx(list(reference()["fixef"].values()), abs=1e-5)
    assert found.log_density >= reference()["logLik"], "a likelihood above glmer's own best"
    assert found.gradient < 1e-4


@needs_shared
def test_most_likely_effects_of_each_group() -> None:
    asked, sigma = answers(), np.array(list(reference()["sd"].values()))
    codes, levels = [f.codes for f in asked.factors], [f.levels for f in asked.factors]
    design = build(asked.y, asked.n, asked.X[:, :0], codes, levels, 0.0)
    beta = np.array(list(reference()["fixef"].values()))
    inner = solve(design, sigma, offset=asked.X @ beta, tolerance=1e-16)
    for k, (name, groups) in enumerate(reference()["ranef"].items()):
        ours = sigma[k] * inner.x[design.owner == k]
        assert ours == pytest.approx(list(groups.values()), abs=2e-5), name


def _lme4_is_there() -> bool:
    if RSCRIPT is None:
        return False
    return subprocess.run([RSCRIPT, "-e", "library(lme4)"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _lme4_is_there(), reason="R with lme4 is not installed")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lme4_asked_on_the_spot(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    cells = 300
    a, b, n = rng.integers(0, 30, cells), rng.integers(0, 8, cells), rng.integers(1, 9, cells)
    x = rng.normal(size=cells)
    logit = 0.3 + 0.4 * x + rng.normal(0, 0.7, 30)[a] + rng.normal(0, 0.5, 8)[b]
    y = rng.binomial(n, 1 / (1 + np.exp(-logit)))
    file = tmp_path / "cells.csv"
    np.savetxt(file, np.column_stack([y, n, x, a, b]), delimiter=",", header="y,n,x,a,b", comments="", fmt="%.17g")
    said = subprocess.run([str(RSCRIPT), "-", str(file)], input=SCRIPT, capture_output=True, text=True, check=True)
    value, *rest = map(float, said.stdout.split())
    asked = Answers(
        y.astype(float),
        n.astype(float),
        np.column_stack([np.ones(cells), x]),
        (Factor("a", a, 30), Factor("b", b, 8)),
    )
    assert log_likelihood(asked, np.array(rest[:2]), np.array(rest[2:])) == pytest.approx(value, abs=1e-6)
    found = mode(asked, prior=None)
    assert [*found.sigma, *found.beta] == pytest.approx(rest, abs=1e-5)
