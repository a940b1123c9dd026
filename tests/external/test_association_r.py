"""Tests of a table and of means: every one of the reference file, and random designs asked of R's `survey`.

| what                            | tolerance | why not smaller                                                |
|---------------------------------|-----------|----------------------------------------------------------------|
| F, degrees of freedom, t        | 1e-11     | the same closed form, with R's weights; rounding only          |
| p                               | 1e-10     | a tail changes faster than its argument                        |
| Wald F of more than two means   | 1e-9      | R gets the means from a regression fitted by iteration         |

`rake3` is left out: R's `rake()` has a standard error of its own, which projects on each margin in turn and makes
this F a quarter smaller. Ours is that of `calibrate("raking")` for the same weights, which is here.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from fairhearing.stats.association import Outcome, equal_means, rao_scott
from fairhearing.stats.calibration import NumericTotal, auxiliary
from fairhearing.stats.estimators import Survey
from fairhearing.stats.linearisation import Calibration, sampling
from fairhearing.stats.replicates import jackknife
from tests.external.test_r_survey import MARGINS, expected, margins, schools
from tests.external.test_replicates_r import Case, _write, case
from tests.helpers import RSCRIPT, needs_r, needs_shared

REFERENCE = (
    "strat_fpc", "strat_nofpc", "clus1_fpc", "poststrat_stype", "calibrate_linear", "calibrate_raking",
    "calibrate_logit", "calibrate_linear_api99",
)  # fmt: skip


def of_schools(name: str) -> Survey:
    sample = schools("apiclus1" if name == "clus1_fpc" else "apistrat")
    base, rows = sample.number("pw"), len(sample.rows)
    fpc = [sample.number("fpc")] if name.endswith("_fpc") else []
    if name == "clus1_fpc":
        return Survey(base, sampling(rows, clusters=[sample.codes("dnum")], fpc=fpc))
    design = sampling(rows, strata=sample.codes("stype"), fpc=fpc)
    if name.startswith("strat_"):
        return Survey(base, design)
    weights = np.array(expected(name)["weights"])
    held = margins(("stype",) if name == "poststrat_stype" else MARGINS)
    api99 = sample.number("api99")
    numbers = [NumericTotal("api99", api99, float(weights @ api99))] if name.endswith("api99") else []
    return Survey(weights, design, Calibration.of(auxiliary(held, numbers, rows), base))


@needs_shared
@pytest.mark.parametrize("name", REFERENCE)
def test_school_types_and_targets_met(name: str) -> None:
    sample = schools("apiclus1" if name == "clus1_fpc" else "apistrat")
    found = rao_scott(of_schools(name), sample.codes("stype"), sample.codes("sch.wide"), (3, 2))
    told = expected(name)["raoscott_F_stype_schwide"]
    assert found.statistic == pytest.approx(told["F"], rel=1e-11)
    assert (found.df, found.df_within) == pytest.approx((told["ndf"], told["ddf"]), rel=1e-11)
    assert found.p == pytest.approx(told["p"], rel=1e-10)
    assert found.n == len(sample.rows)


@needs_shared
@pytest.mark.parametrize("name", REFERENCE)
def test_scores_of_schools_that_met_their_target_and_did_not(name: str) -> None:
    sample = schools("apiclus1" if name == "clus1_fpc" else "apistrat")
    found = equal_means(of_schools(name), sample.number("api00"), sample.codes("sch.wide"), 2)
    told = expected(name)["ttest_api00_schwide"]
    assert found.statistic == pytest.approx(told["t"], rel=1e-11)
    assert found.df_within == told["df"]
    assert found.p == pytest.approx(told["p"], rel=1e-10)


# --- random designs ---------------------------------------------------------------------------------------------

SCRIPT = """
suppressMessages(library(survey)); options(survey.lonely.psu = "adjust", warn = -1)
put <- function(...) cat(paste(..., sep = "\\t"), "\\n", sep = "")
folder <- commandArgs(TRUE)[1]
for (k in 0:9) {
  d <- read.csv(file.path(folder, paste0(k, ".csv"))); d$a <- findInterval(d$y, c(4, 6))
  d$community <- factor(d$g); d$g <- NULL  # R's svyglm keeps a variable of its own by that name
  flat <- svydesign(id = ~c, strata = ~s, weights = ~w, data = d, nest = TRUE)
  for (des in list(flat, as.svrepdesign(flat, type = "JKn"))) {
    name <- paste0(if (inherits(des, "svyrep.design")) "jackknife" else "linearised", k)
    f <- svychisq(~a + community, des)
    put(name, "table", format(f$statistic, digits = 17), format(f$parameter[1], digits = 17),
        format(f$parameter[2], digits = 17), format(f$p.value, digits = 17))
    fit <- svyglm(y ~ community, des); w <- regTermTest(fit, ~community)
    put(name, "means", format(w$Ftest, digits = 17), w$df, w$ddf, format(w$p, digits = 17))
  }
}
"""


@cache
def r() -> dict[tuple[str, str], list[float]]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(10):
            _write(folder / f"{number}.csv", case(number))
        (folder / "tests.R").write_text(SCRIPT)
        run = [str(RSCRIPT), str(folder / "tests.R"), name]
        said = subprocess.run(run, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    lines = [line.split("\t") for line in said.stdout.splitlines()]
    return {(line[0], line[1]): [float(value) for value in line[2:]] for line in lines}


def surveyed(d: Case, how: str) -> Survey:
    design = sampling(len(d["y"]), strata=d["s"], clusters=[d["c"]])
    return Survey(d["w"], design, replicates=jackknife(d["w"], d["s"], d["c"]) if how == "jackknife" else None)


def told(found: Outcome) -> list[float]:
    return [found.statistic, found.df, found.df_within, found.p]


@needs_r("survey")
@pytest.mark.parametrize("number", [1, 2, 4, 5, 7, 8])
@pytest.mark.parametrize("how", ["linearised", "jackknife"])
def test_random_designs(number: int, how: str) -> None:
    """Without 0, 3, 6, 9: a lonely stratum's degrees of freedom are asked in test_replicates_r. In 4 and 7 nobody of
    one cluster answered: with replicate weights R counts it as a degree of freedom all the same, we do not."""
    d = case(number)
    survey, g = surveyed(d, how), d["g"].astype(int)
    a = np.where(np.isnan(d["y"]), 3, np.searchsorted([4, 6], np.nan_to_num(d["y"]), side="right"))
    levels = int(g.max()) + 1
    assert told(rao_scott(survey, a, g, (3, levels))) == pytest.approx(r()[f"{how}{number}", "table"], rel=1e-10)
    means, theirs = equal_means(survey, d["y"], g, levels), r()[f"{how}{number}", "means"]
    assert [means.statistic, means.df] == pytest.approx(theirs[:2], rel=1e-9)
    silent = how == "jackknife" and number in (4, 7)
    assert means.df_within == theirs[2] - silent
    assert silent or means.p == pytest.approx(theirs[3], rel=1e-9)
