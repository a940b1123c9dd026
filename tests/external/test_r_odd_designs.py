"""Data that come with R, and odd ones made from them, through the door `estimate` beside R's `survey` on the spot.

Each line of CASES is a file: data in R, its design in R, and the same as options of ours. Each line of ASKED is a
statistic of one of them, for everyone and, with `by`, for each community (in R `subset`). Files are written by R and
read by ours: missing values as NA, capitals, dots, accents and all.

| what                        | tolerance | why not smaller                                                   |
|-----------------------------|-----------|-------------------------------------------------------------------|
| estimates                   | 1e-10     |                                                                   |
| standard errors             | 1e-9      | different order of sums                                           |
| calibrated, either          | 1e-9      | R stops calibrating at 1e-12 of (1 + the total), we at 1e-13      |
| logistic regression, either | 1e-8      | R's iteration ends at 1e-15 of the deviance                       |

Told otherwise than R, on purpose, so that ours is compared only where both answer: a community of one person, or one
in which everybody answered the same, has no estimate here. Of a variance or quantile R counts the degrees of freedom
and n of people who did not answer too; here it is asked about those who did. Where a quantile or an end of its
interval lies within the weight of the smallest answer, R 4.1-1 names the second smallest (against the definition of
its `qrule = "math"`); we name the smallest, so such lines are not here but in `tests/unit/test_estimate_hostile.py`.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from fairhearing.doors.measuring import estimate
from tests.helpers import RSCRIPT, needs_r

pytestmark = needs_r("survey")


@dataclass(frozen=True)
class Case:
    """data, design: in R, which calls them d and des · ours: the same design as options of `estimate` · margins:
    name → R expression of a named vector, to which R calibrates too, in the way `calibrate`."""

    data: str
    design: str
    ours: dict[str, Any]
    margins: dict[str, str] = field(default_factory=dict)


SIMPLE = "svydesign(ids = ~1, weights = ~w, data = d)"
SCHOOLS = {"weights": "pw", "strata": "stype", "fpc": "fpc"}

CASES = {
    # --- R's own data, as their help pages design them
    "nhanes": Case(
        "data(nhanes); d <- nhanes",
        "svydesign(ids = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = d)",
        {"weights": "WTMEC2YR", "strata": "SDMVSTRA", "cluster": "SDMVPSU"},
    ),
    "nhanes raked, many did not say": Case(
        "data(nhanes); d <- subset(nhanes, !is.na(HI_CHOL)); d$sex <- factor(d$RIAGENDR)",
        "svydesign(ids = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = d)",
        {"weights": "WTMEC2YR", "strata": "SDMVSTRA", "cluster": "SDMVPSU"},
        {"sex": "c(`1` = 135e6, `2` = 142e6)",
         "agecat": "c(`(0,19]` = 80e6, `(19,39]` = 80e6, `(39,59]` = 77e6, `(59,Inf]` = 40e6)"},
    ),
    "nhanes, jackknife made here": Case(
        "data(nhanes); d <- nhanes",
        "as.svrepdesign(svydesign(ids = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = d))",
        {"weights": "WTMEC2YR", "strata": "SDMVSTRA", "cluster": "SDMVPSU", "make_replicates": "jackknife"},
    ),
    "half samples of cardiac arrests": Case(
        "data(scd); d <- scd; d$w <- 2; R <- 2 * 2 * cbind(c(1,0,1,0,1,0), c(1,0,0,1,0,1), c(0,1,1,0,0,1), "
        "c(0,1,0,1,1,0)); colnames(R) <- paste0('brr.', 1:4); d <- cbind(d, R)",
        "svrepdesign(weights = ~w, repweights = '^brr', type = 'BRR', combined.weights = TRUE, data = d)",
        {"weights": "w", "replicates": "brr.", "replicate_type": "BRR"},
    ),
    "six households": Case(
        "data(crowd); d <- crowd",
        "svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = d)",
        {"weights": "weight", "strata": "stratum", "cluster": "cluster"},
    ),
    "counties by size": Case(
        "data(election); d <- election_pps",
        "svydesign(ids = ~1, weights = ~wt, data = d)",
        {"weights": "wt"},
    ),
    "Swedish towns in clusters": Case(
        "data(mu284); d <- mu284; d$w <- with(d, n1 / 5 * n2 / 3)",
        "svydesign(ids = ~id1 + id2, fpc = ~n1 + n2, data = d)",
        {"weights": "w", "cluster": "id1,id2", "fpc": "n1,n2"},
    ),
    "finite population of eight": Case(
        "data(fpc); d <- fpc",
        "svydesign(ids = ~psuid, strata = ~stratid, weights = ~weight, fpc = ~Nh, data = d, nest = TRUE)",
        {"weights": "weight", "strata": "stratid", "cluster": "psuid", "fpc": "Nh"},
    ),
    "the same, shares sampled": Case(
        "data(fpc); d <- fpc; d$share <- with(d, nh / Nh)",
        "svydesign(ids = ~psuid, strata = ~stratid, weights = ~weight, fpc = ~share, data = d, nest = TRUE)",
        {"weights": "weight", "strata": "stratid", "cluster": "psuid", "fpc": "share"},
    ),
    "young people's risks": Case(
        "data(yrbs); d <- yrbs; d$hat <- 2 - d$qn8; d$hat[d$qn8 == 2] <- 0; d$hat[d$qn8 == 1] <- 1",
        "svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = d)",
        {"weights": "weight", "strata": "stratum", "cluster": "psu"},
    ),
    "hospitals": Case(
        "data(hospital); d <- hospital",
        "svydesign(ids = ~1, strata = ~oblevel, fpc = ~tothosp, weights = ~weighta, data = d)",
        {"weights": "weighta", "strata": "oblevel", "fpc": "tothosp"},
    ),
    "schools by type": Case(
        "data(api); d <- apistrat",
        "svydesign(ids = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = d)",
        SCHOOLS,
    ),
    **{
        f"schools by type, {kind}": Case(
            "data(api); d <- apistrat",
            "svydesign(ids = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = d)",
            {**SCHOOLS, "calibrate": {"raking": "rake"}.get(kind, kind)}
            | ({"bounds": (0.6, 1.6)} if kind == "logit" else {}),
            {"stype": "c(E = 4421, H = 755, M = 1018)", "sch.wide": "c(No = 1072, Yes = 5122)",
             "api99": "3914069"},
        )
        for kind in ("raking", "linear", "logit")
    },
    "schools post-stratified": Case(
        "data(api); d <- apisrs; d$w <- 6194 / 200",
        "postStratify(svydesign(ids = ~1, weights = ~w, data = d), ~stype, "
        "data.frame(stype = c('E', 'H', 'M'), Freq = c(4421, 755, 1018)))",
        {"weights": "w", "calibrate": "poststratify"},
        {"stype": "c(E = 4421, H = 755, M = 1018)"},
    ),
    # --- odd files made from them
    "missing everywhere": Case(
        "data(api); d <- apistrat; set.seed(3); for (v in c('api00', 'stype', 'awards', 'growth', 'both', 'meals')) "
        "d[[v]][sample(200, 15)] <- NA",
        "svydesign(ids = ~1, weights = ~pw, data = d)",
        {"weights": "pw"},
    ),
    "weights of zero": Case(
        "data(api); d <- apistrat; d$w <- d$pw; d$w[seq(1, 200, 7)] <- 0",
        "svydesign(ids = ~1, strata = ~stype, weights = ~w, data = d)",
        {"weights": "w", "strata": "stype"},
    ),
    "huge and tiny weights": Case(
        "data(api); d <- apisrs; d$w <- rep(c(1e9, 1e-9, 1), length.out = 200)", SIMPLE, {"weights": "w"}
    ),
    "every weight tiny": Case("data(api); d <- apistrat; d$w <- d$pw * 1e-12", SIMPLE, {"weights": "w"}),
    "every weight huge": Case("data(api); d <- apistrat; d$w <- d$pw * 1e12", SIMPLE, {"weights": "w"}),
    "odd names and letters": Case(
        "data(api); d <- apistrat; names(d)[names(d) == 'api00'] <- 'Résultat 2000 (%)'; d$`área/zona` <- "
        "c(E = 'élémentaire', H = 'Ünï, \"x\"', M = '中学')[as.character(d$stype)]; d$w <- d$pw",
        SIMPLE,
        {"weights": "w"},
    ),
    "logical, negative and far from zero": Case(
        "data(api); d <- apistrat; d$w <- d$pw; d$met <- d$awards == 'Yes'; d$debt <- -d$api00 * 1000.5; "
        "d$year <- 1e9 + d$api00; d$small <- d$api00 * 1e-12",
        SIMPLE,
        {"weights": "w"},
    ),
    "air in New York": Case(
        "d <- airquality; d$w <- 1 + d$Day %% 4; d$s <- d$Month; d$hot <- as.numeric(d$Temp > 80)",
        "svydesign(ids = ~1, strata = ~s, weights = ~w, data = d)",
        {"weights": "w", "strata": "s"},
    ),
    "chicks weighed again and again": Case(
        "d <- as.data.frame(ChickWeight); d$w <- 1; d$heavy <- as.numeric(d$weight > 100)",
        "svydesign(ids = ~Chick, strata = ~Diet, weights = ~w, data = d)",
        {"weights": "w", "strata": "Diet", "cluster": "Chick"},
    ),
    "earthquakes": Case("d <- quakes; d$w <- d$stations; d$deep <- d$depth > 300", SIMPLE, {"weights": "w"}),
    "matched sets, one unit in most": Case(
        "d <- infert; d$w <- d$age; d$s <- d$pooled.stratum",
        "svydesign(ids = ~1, strata = ~s, weights = ~w, data = d)",
        {"weights": "w", "strata": "s"},
    ),
    "two people": Case("d <- data.frame(y = c(3, 5), w = c(1, 2), x = c(1, 4))", SIMPLE, {"weights": "w"}),
    "looms, jackknife made here": Case(
        "d <- warpbreaks; d$w <- rep(1:3, 18); d$s <- d$tension; d$c <- rep(1:9, each = 6)",
        "as.svrepdesign(svydesign(ids = ~c, strata = ~s, weights = ~w, nest = TRUE, data = d), type = 'JKn')",
        {"weights": "w", "strata": "s", "cluster": "c", "make_replicates": "jackknife"},
    ),
    "plants, jackknife made here, no strata": Case(
        "d <- as.data.frame(CO2); d$w <- d$conc",
        "as.svrepdesign(svydesign(ids = ~Plant, weights = ~w, data = d), type = 'JK1')",
        {"weights": "w", "cluster": "Plant", "make_replicates": "jackknife"},
    ),
    "plants, bootstrap weights of R": Case(
        "d <- as.data.frame(CO2); d$w <- d$conc; set.seed(4); R <- weights(as.svrepdesign(svydesign(ids = ~Plant, "
        "weights = ~w, data = d), type = 'bootstrap', replicates = 60), 'analysis'); "
        "colnames(R) <- paste0('boot', 1:60); d <- cbind(d, R)",
        "svrepdesign(weights = ~w, repweights = '^boot', type = 'bootstrap', combined.weights = TRUE, data = d)",
        {"weights": "w", "replicates": "boot", "replicate_type": "bootstrap"},
    ),
}  # fmt: skip

ASKED = """
case                                   | statistic  | item              | more           | by
nhanes                                 | mean       | HI_CHOL           |                | race
nhanes                                 | total      | HI_CHOL           |                | agecat
nhanes                                 | variance   | HI_CHOL           |                | RIAGENDR
nhanes                                 | proportion | agecat            |                | race
nhanes                                 | ratio      | HI_CHOL           | RIAGENDR       | race
nhanes                                 | logistic   | HI_CHOL           | race agecat    | RIAGENDR
nhanes                                 | quantile   | WTMEC2YR          |                | race
nhanes raked, many did not say         | mean       | HI_CHOL           |                | race
nhanes raked, many did not say         | total      | HI_CHOL           |                |
nhanes raked, many did not say         | proportion | race              |                |
nhanes raked, many did not say         | logistic   | HI_CHOL           | race agecat    |
nhanes, jackknife made here            | mean       | HI_CHOL           |                | race
nhanes, jackknife made here            | total      | HI_CHOL           |                | race
nhanes, jackknife made here            | ratio      | HI_CHOL           | RIAGENDR       |
nhanes, jackknife made here            | logistic   | HI_CHOL           | RIAGENDR agecat |
half samples of cardiac arrests        | ratio      | alive             | arrests        | ambulance
half samples of cardiac arrests        | total      | alive             |                | ambulance
half samples of cardiac arrests        | mean       | arrests           |                |
half samples of cardiac arrests        | gaussian   | alive             | arrests        |
six households                         | mean       | rooms             |                |
six households                         | ratio      | person            | rooms          |
six households                         | total      | person            |                |
counties by size                       | total      | Bush              |                |
counties by size                       | total      | Nader             |                |
counties by size                       | ratio      | Kerry             | votes          |
counties by size                       | gaussian   | Bush              | votes Nader    |
Swedish towns in clusters              | total      | y1                |                |
Swedish towns in clusters              | mean       | y1                |                |
Swedish towns in clusters              | variance   | y1                |                |
Swedish towns in clusters              | quantile   | y1                |                |
finite population of eight             | mean       | x                 |                | stratid
finite population of eight             | total      | x                 |                | stratid
the same, shares sampled               | mean       | x                 |                | stratid
young people's risks                   | mean       | hat               |                |
young people's risks                   | total      | hat               |                |
hospitals                              | total      | births            |                | oblevel
hospitals                              | mean       | births            |                | oblevel
schools by type                        | mean       | api00             |                | awards
schools by type                        | total      | enroll            |                | stype
schools by type                        | ratio      | api.stu           | enroll         | stype
schools by type                        | variance   | api00             |                | stype
schools by type                        | proportion | sch.wide          |                | stype
schools by type                        | quantile   | api00             |                | stype
schools by type                        | gaussian   | api00             | ell meals stype | awards
schools by type, raking                | mean       | api00             |                | awards
schools by type, raking                | total      | enroll            |                | stype
schools by type, raking                | ratio      | api.stu           | enroll         |
schools by type, raking                | gaussian   | api00             | ell meals      |
schools by type, linear                | mean       | api00             |                | awards
schools by type, linear                | total      | enroll            |                | stype
schools by type, linear                | variance   | api00             |                |
schools by type, linear                | gaussian   | api00             | ell meals      |
schools by type, logit                 | mean       | api00             |                | awards
schools by type, logit                 | total      | enroll            |                | stype
schools by type, logit                 | quantile   | api00             |                | awards
schools post-stratified                | mean       | api00             |                | stype
schools post-stratified                | total      | enroll            |                | awards
schools post-stratified                | ratio      | api.stu           | enroll         |
schools post-stratified                | proportion | awards            |                |
missing everywhere                     | mean       | api00             |                | stype
missing everywhere                     | total      | growth            |                | awards
missing everywhere                     | ratio      | growth            | meals          | awards
missing everywhere                     | variance   | growth            |                | both
missing everywhere                     | proportion | awards            |                | stype
missing everywhere                     | quantile   | meals             |                | stype
missing everywhere                     | gaussian   | api00             | growth stype both |
weights of zero                        | mean       | api00             |                | awards
weights of zero                        | total      | api00             |                | awards
weights of zero                        | ratio      | api.stu           | enroll         |
weights of zero                        | variance   | api00             |                |
weights of zero                        | quantile   | api00             |                |
weights of zero                        | gaussian   | api00             | ell meals      |
huge and tiny weights                  | mean       | api00             |                | stype
huge and tiny weights                  | total      | enroll            |                | stype
huge and tiny weights                  | gaussian   | api00             | ell meals      |
huge and tiny weights                  | quantile   | api00             |                |
every weight tiny                      | mean       | api00             |                | stype
every weight tiny                      | total      | enroll            |                | stype
every weight tiny                      | gaussian   | api00             | ell            |
every weight huge                      | mean       | api00             |                | stype
every weight huge                      | ratio      | api.stu           | enroll         | stype
every weight huge                      | gaussian   | api00             | ell            |
odd names and letters                  | mean       | Résultat 2000 (%) |                | área/zona
odd names and letters                  | proportion | área/zona         |                |
logical, negative and far from zero    | mean       | met               |                | stype
logical, negative and far from zero    | mean       | debt              |                | stype
logical, negative and far from zero    | total      | debt              |                | stype
logical, negative and far from zero    | ratio      | debt              | api99          | stype
logical, negative and far from zero    | mean       | year              |                | stype
logical, negative and far from zero    | mean       | small             |                | stype
logical, negative and far from zero    | variance   | small             |                |
logical, negative and far from zero    | gaussian   | small             | api99          |
air in New York                        | mean       | Ozone             |                | Month
air in New York                        | total      | Solar.R           |                | Month
air in New York                        | quantile   | Ozone             |                |
air in New York                        | gaussian   | Ozone             | Wind Solar.R   |
air in New York                        | logistic   | hot               | Wind           |
chicks weighed again and again         | mean       | weight            |                | Diet
chicks weighed again and again         | variance   | weight            |                | Diet
chicks weighed again and again         | gaussian   | weight            | Time Diet      |
chicks weighed again and again         | logistic   | heavy             | Time           | Diet
earthquakes                            | mean       | depth             |                | deep
earthquakes                            | ratio      | lat               | long           |
earthquakes                            | gaussian   | mag               | depth stations |
matched sets, one unit in most         | mean       | parity            |                | education
matched sets, one unit in most         | total      | parity            |                | education
matched sets, one unit in most         | logistic   | case              | spontaneous induced |
matched sets, one unit in most         | proportion | education         |                |
two people                             | mean       | y                 |                |
two people                             | total      | y                 |                |
two people                             | ratio      | y                 | x              |
two people                             | variance   | y                 |                |
looms, jackknife made here             | mean       | breaks            |                | wool
looms, jackknife made here             | total      | breaks            |                | wool
looms, jackknife made here             | gaussian   | breaks            | wool tension   |
plants, jackknife made here, no strata | mean       | uptake            |                | Type
plants, jackknife made here, no strata | ratio      | uptake            | conc           | Treatment
plants, jackknife made here, no strata | variance   | uptake            |                |
plants, bootstrap weights of R         | mean       | uptake            |                | Type
plants, bootstrap weights of R         | total      | uptake            |                | Type
plants, bootstrap weights of R         | variance   | uptake            |                |
plants, bootstrap weights of R         | gaussian   | uptake            | conc           |
"""

HEAD, *LINES = [tuple(cell.strip() for cell in line.split("|")) for line in ASKED.strip().splitlines()]

PRELUDE = """
suppressMessages(library(survey)); options(survey.lonely.psu = "adjust", stringsAsFactors = FALSE, digits = 17)
tight <- list(epsilon = 1e-15, maxit = 100)
tell <- function(line, domain, part, est, se)
  cat(paste(line, domain, part, format(est, digits = 17), format(se, digits = 17), sep = "\\t"), sep = "\\n")
one <- function(line, domain, des, statistic, item, more) {
  y <- as.formula(paste0("~`", item, "`"))
  x <- if (statistic == "ratio") as.formula(paste0("~`", more, "`"))
  if (statistic %in% c("variance", "quantile")) des <- des[!is.na(des$variables[[item]]), ]
  r <- switch(statistic,
    mean = svymean(y, des, na.rm = TRUE), total = svytotal(y, des, na.rm = TRUE),
    ratio = svyratio(y, x, des, na.rm = TRUE), variance = svyvar(y, des, na.rm = TRUE),
    proportion = svymean(y, des, na.rm = TRUE),
    quantile = svyquantile(y, des, c(0.25, 0.5, 0.75), na.rm = TRUE),
    logistic = svyglm(reformulate(more, paste0("`", item, "`")), des, family = quasibinomial(), control = tight),
    gaussian = svyglm(reformulate(more, paste0("`", item, "`")), des, control = tight))
  est <- as.vector(coef(r)); se <- as.vector(SE(r))
  if (is.logical(des$variables[[item]]) && statistic == "mean") { est <- est[2]; se <- se[2] }
  part <- if (statistic == "proportion") levels(factor(des$variables[[item]])) else seq_along(est)
  tell(line, domain, part, est, se)
}
ask <- function(line, d, des, statistic, item, more, by) {
  one(line, "everyone", des, statistic, item, more)
  if (by != "") for (l in unique(na.omit(as.character(d[[by]])))) {
    part <- subset(des, !is.na(d[[by]]) & as.character(d[[by]]) == l)
    tryCatch(one(line, l, part, statistic, item, more), error = function(e) tell(line, l, "failed", NA, NA))
  }
}
calibrated <- function(des, d, m, kind) {
  each <- names(m)[lengths(m) > 1]
  f <- reformulate(names(m)); n <- unlist(lapply(each, function(v) setNames(m[[v]], paste0(v, names(m[[v]])))))
  n <- c("(Intercept)" = sum(m[[each[1]]]), n, unlist(m[lengths(m) == 1]))
  calibrate(des, f, n[colnames(model.matrix(f, d))], calfun = kind, epsilon = 1e-12, maxit = 500,
            bounds = if (kind == "logit") c(0.6, 1.6) else c(-Inf, Inf))
}
"""


def _script() -> str:
    """All cases, one after the other."""
    parts = [PRELUDE]
    for number, (name, case) in enumerate(CASES.items()):
        parts.append(f"{case.data}; write.csv(d, '{number}.csv', row.names = FALSE, fileEncoding = 'UTF-8')")
        for v in ("agecat", "race", "stype", "awards", "education", "Diet", "wool", "tension", "sex", "sch.wide",
                  "both", "área/zona"):  # fmt: skip
            parts.append(f"if ('{v}' %in% names(d)) d$`{v}` <- factor(as.character(d$`{v}`))")
        parts.append(f"des <- {case.design}")
        if case.margins and not case.design.startswith("postStratify"):
            kind = {"rake": "raking"}.get(case.ours.get("calibrate", "rake"), case.ours.get("calibrate"))
            vectors = ", ".join(f"`{name}` = {vector}" for name, vector in case.margins.items())
            parts.append(f"des <- calibrated(des, d, list({vectors}), '{kind}')")
        for line, (of, statistic, item, more, by) in enumerate(LINES):
            if of == name:
                predictors = ", ".join(f"'{each}'" for each in more.split()) or "''"
                parts.append(f"ask({line}, d, des, '{statistic}', '{item}', c({predictors}), '{by}')")
    return "\n".join(parts)


@cache
def said_by_r() -> tuple[Path, dict[tuple[int, str, str], tuple[float, float]]]:
    """A folder with a file for each case; R's estimates and standard errors by line, domain and part."""
    folder = Path(mkdtemp())
    (folder / "odd.R").write_text(_script(), encoding="utf-8")
    call = [str(RSCRIPT), "--encoding=UTF-8", "odd.R"]
    told = subprocess.run(call, capture_output=True, text=True, check=False, cwd=folder,
                          env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})  # fmt: skip
    assert told.returncode == 0, told.stderr
    found = {}
    for line in told.stdout.splitlines():
        number, domain, part, est, se = line.split("\t")
        found[int(number), domain, part] = float(est), float(se)
    return folder, found


def _margins(case: Case, folder: Path) -> Path | None:
    """The margins as a file, read from the R vectors: `c(A = 1, B = 2)`, or one number for a sum."""
    if not case.margins:
        return None
    rows = ["characteristic,category,people"]
    for name, vector in case.margins.items():
        if not vector.startswith("c("):
            rows.append(f"{name},,{vector}")
            continue
        for pair in vector[2:-1].split(", "):
            category, people = pair.split(" = ")
            rows.append(f'{name},"{category.strip("`")}",{float(people):.0f}')
    file = folder / "margins.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


def ours(line: int) -> list[dict[str, Any]]:
    """Rows of our door for one line of ASKED."""
    name, statistic, item, more, by = LINES[line]
    case, folder = CASES[name], said_by_r()[0]
    wanted: dict[str, Any] = {
        "statistic": {"gaussian": "regression", "logistic": "regression"}.get(statistic, statistic)
    }
    if statistic == "ratio":
        wanted["over"] = more
    if wanted["statistic"] == "regression":
        factors = ("race",) if name.startswith("nhanes") else ("Diet",)
        wanted |= {"on": [f"factor({each})" if each in factors else each for each in more.split()],
                   "family": statistic}  # fmt: skip
    file = folder / f"{list(CASES).index(name)}.csv"
    return estimate(file, item=item, by=by or None, margins=_margins(case, folder), **case.ours, **wanted).to_pylist()


def tolerances(line: int) -> tuple[float, float]:
    name, statistic, *_ = LINES[line]
    if statistic == "logistic":
        return 1e-8, 1e-8
    return (1e-9, 1e-9) if CASES[name].margins else (1e-10, 1e-9)


@pytest.mark.parametrize("line", range(len(LINES)), ids=[" ".join(line[:3]) for line in LINES])
def test_the_same_as_r(line: int) -> None:
    of_estimate, of_se = tolerances(line)
    statistic, told = LINES[line][1], said_by_r()[1]
    parts: dict[str, int] = {}
    compared = 0
    for row in ours(line):
        parts[row["domain"]] = parts.get(row["domain"], 0) + 1
        part = row["category"] if statistic == "proportion" else str(parts[row["domain"]])
        if row["estimate"] is None:
            assert row["method"].startswith("cannot tell"), row
            continue
        estimate, se = told[line, row["domain"], part]
        assert row["estimate"] == pytest.approx(estimate, rel=of_estimate, abs=0), row
        if row["se"] == 0:
            assert se < 1e-12 * abs(estimate) and "no interval" in row["method"], row
        elif row["se"] is not None:
            assert row["se"] == pytest.approx(se, rel=of_se, abs=0), row
        compared += 1
    assert compared
