"""Real evaluations that come with R, through the direct doors, against R itself (packages AER, MASS, metafor and
clubSandwich; skipped where one is absent). Nobody tuned anything on them.

- STAR (Tennessee's class-size trial): drawn by lot within schools, so errors by school; covariates in words.
- sleep (Student 1908): a row a person and drug, so two rows each are put together.
- anorexia (Hand et al. 1994): three arms, each against the control.
- Fatalities (US states by year): states that brought in a jail sentence in 1983, beside those that never did.
- konstantopoulos2011, raudenbush1985, baskerville2012: results with variances, several of one district, and
  moderators in numbers and in words.

Tolerance: 1e-6 relative, as the project asks of effects; R prints 17 digits."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fairhearing.doors.evaluating import effect, pool_effects
from tests.helpers import needs_r

PACKAGES = ("AER", "MASS", "metafor", "metadat", "clubSandwich", "jsonlite")
SCRIPT = r"""
suppressMessages({library(AER); library(metafor); library(clubSandwich); library(jsonlite)})
here <- commandArgs(TRUE)[1]
save <- function(x, name) write.csv(x, file.path(here, name), row.names = FALSE)
club <- function(fit, name, cluster) {
  t <- conf_int(fit, vcov = "CR2", cluster = cluster)[name, ]
  list(effect = t$beta, se = t$SE, df = t$df, low = t$CI_L, high = t$CI_U)
}
two <- function(y, x) club(lm(y ~ x), 2, seq_along(y))
out <- list()
data(STAR)
star <- STAR[, c("stark", "readk", "gender", "lunchk", "schoolidk")]
save(star, "star.csv")
s <- star[complete.cases(star) & star$stark %in% c("small", "regular"), ]
s$small <- as.numeric(s$stark == "small")
out$star <- club(lm(readk ~ small + gender + lunchk, s), 2, s$schoolidk)
save(sleep, "sleep.csv")
first <- sleep$extra[sleep$group == 1]; last <- sleep$extra[sleep$group == 2]
t <- t.test(last, first, paired = TRUE)
g <- escalc("SMCR", m1i = mean(last), m2i = mean(first), sd1i = sd(first), ni = 10, ri = cor(first, last))
out$sleep <- list(effect = unname(t$estimate), low = t$conf.int[1], high = t$conf.int[2], p = t$p.value,
                  standardised = as.numeric(g$yi))
save(MASS::anorexia, "anorexia.csv")
a <- MASS::anorexia; a$change <- a$Postwt - a$Prewt
for (arm in c("CBT", "FT")) {
  b <- a[a$Treat %in% c(arm, "Cont"), ]
  out[[arm]] <- two(b$change, as.numeric(b$Treat == arm))
}
data(Fatalities)
f <- Fatalities[, c("state", "year", "jail", "fatal", "pop")]
f$state <- as.character(f$state); f$year <- as.integer(as.character(f$year)); f$rate <- 1e4 * f$fatal / f$pop
starts <- sapply(split(f, f$state), function(x) if (any(x$jail %in% "yes")) min(x$year[x$jail %in% "yes"]) else Inf)
keep <- names(starts)[is.infinite(starts) | starts == 1983]
f <- f[f$state %in% keep, ]; f$treated <- as.numeric(starts[f$state] == 1983)
save(f, "fatalities.csv")
change <- sapply(split(f, f$state), function(x) mean(x$rate[x$year >= 1983]) - mean(x$rate[x$year < 1983]))
out$fatalities <- c(two(change, as.numeric(starts[names(change)] == 1983)),
                    units = sum(starts[names(change)] == 1983))
tight <- list(threshold = 1e-13, maxiter = 1000)
k <- metadat::dat.konstantopoulos2011; save(k, "schools.csv")
fit <- rma(yi, vi, data = k, control = tight)
c2 <- conf_int(fit, vcov = "CR2", cluster = k$district)
out$schools <- list(reml = c2$beta, low = c2$CI_L, high = c2$CI_U, i2 = fit$I2, q = fit$QE)
r <- metadat::dat.raudenbush1985; save(r, "teachers.csv")
fit <- rma(yi, vi, mods = ~ weeks, data = r, test = "knha", control = tight)
out$weeks <- list(slope = fit$beta[2], low = fit$ci.lb[2], high = fit$ci.ub[2])
b <- metadat::dat.baskerville2012; save(b, "practices.csv")
fit <- rma(smd, sei = se, mods = ~ design, data = b, test = "knha", control = tight)
out$design <- lapply(2:3, function(i) list(slope = fit$beta[i], low = fit$ci.lb[i], high = fit$ci.ub[i]))
cat(toJSON(out, auto_unbox = TRUE, digits = NA))
"""


pytestmark = needs_r(*PACKAGES)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("r")


@pytest.fixture(scope="module")
def r(files: Path) -> dict[str, Any]:
    script = files / "evaluations.R"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(["Rscript", str(script), str(files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def same(ours: float | None, theirs: float) -> None:
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_pupils_drawn_by_lot_within_schools(files: Path, r: dict[str, Any]) -> None:
    """Published (Finn & Achilles 1990; Krueger 1999): small classes read better by about a fifth of a standard
    deviation; an aide in a regular class changes little."""
    found = effect(
        files / "star.csv", outcome="readk", arm="stark", control="regular", cluster="schoolidk",
        covariates=["gender", "lunchk"], randomised=True,
    )  # fmt: skip
    aide, small = found.rows
    same(small["raw"], r["star"]["effect"])
    same(small["raw_se"], r["star"]["se"])
    same(small["df"], r["star"]["df"])
    assert (small["design"], small["level"]) == ("randomised within clusters, after only", 5)
    assert 0.1 < small["effect"] < 0.3
    assert small["low"] > 0
    assert aide["low"] < 0 < aide["high"]


def test_two_rows_of_a_person_are_one_change(files: Path, r: dict[str, Any]) -> None:
    found = effect(files / "sleep.csv", outcome="extra", person="ID", wave="group", waves=["1", "2"])
    (row,) = found.rows
    for ours, theirs in (("raw", "effect"), ("raw_low", "low"), ("raw_high", "high"), ("p", "p"),
                         ("effect", "standardised")):  # fmt: skip
        same(row[ours], r["sleep"][theirs])
    assert (row["design"], row["level"], row["verdict"]) == ("before and after", 1, "promising change")
    assert found.notes[0] == "20 rows of 10 people, 1 beside 2"


def test_each_of_three_arms_against_the_control(files: Path, r: dict[str, Any]) -> None:
    rows = effect(files / "anorexia.csv", outcome="Postwt", before="Prewt", arm="Treat", control="Cont").rows
    for row in rows:
        for ours, theirs in (("raw", "effect"), ("raw_low", "low"), ("raw_high", "high")):
            same(row[ours], r[row["arm"]][theirs])


def test_states_that_brought_in_a_law_beside_states_that_did_not(files: Path, r: dict[str, Any]) -> None:
    (row,) = effect(
        files / "fatalities.csv", outcome="rate", unit="state", time="year", arm="treated", control="0", start="1983"
    ).rows
    assert row["n"] == r["fatalities"]["units"]
    for ours, theirs in (("raw", "effect"), ("raw_low", "low"), ("raw_high", "high")):
        same(row[ours], r["fatalities"][theirs])
    assert row["design"] == "difference in differences"


def test_results_of_one_district_are_no_separate_news(files: Path, r: dict[str, Any]) -> None:
    found = pool_effects(files / "schools.csv", effect="yi", variance="vi", study="district")
    pool = found.pools[0]
    for ours, theirs in (("reml", "reml"), ("reml_low", "low"), ("reml_high", "high"), ("i2", "i2"), ("q", "q")):
        same(pool[ours], r["schools"][theirs])
    assert pool["reml_high"] - pool["reml_low"] > 1.5 * (pool["high"] - pool["low"])
    assert "believe the wider" in found.notes[0]


def test_moderators_in_numbers_and_in_words(files: Path, r: dict[str, Any]) -> None:
    (weeks,) = pool_effects(files / "teachers.csv", effect="yi", variance="vi", moderators=["weeks"]).moderators
    designs = pool_effects(files / "practices.csv", effect="smd", se="se", moderators=["design"]).moderators
    assert [row["moderator"] for row in designs] == ["design crct", "design rct"]
    for row, theirs in ((weeks, r["weeks"]), *zip(designs, r["design"], strict=True)):
        for key in ("slope", "low", "high"):
            same(row[key], theirs[key])
