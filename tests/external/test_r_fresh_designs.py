"""Surveys that nothing here was written against, beside R's `survey` on the spot: answers of voters, pupils, workers
and patients from a dozen of R's packages, sampled and weighted in every way `estimate` knows.

Compared are not only estimates and standard errors, as in `test_r_odd_designs`, but the ends of intervals, degrees
of freedom, design effects, p values, and each community less all others with the covariance: all to 1e-7 (R's
calibrations and regressions stop near 1e-13 of what they fit; a standard error of what calibration nearly fixes holds
the root of that).

Intervals of shares are R's `svyciprop`: `method = "beta"` with fewer than ten people on a side, else `"xlogit"`. Not
compared: where ours says that nothing can be told (one person, everybody alike, one sampling unit, a number the
design fixed) and R prints a zero; quantiles within the weight of the smallest answer (see `test_r_odd_designs`);
degrees of freedom of communities, and so intervals, where replicates are made or calibrated here: units less strata,
which is never more than R's rank of the weights less one.
"""

from __future__ import annotations

import math
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from fairhearing.doors.measuring import estimate
from tests.helpers import RSCRIPT, needs_r

R_DATA = ("AER", "MASS", "boot", "carData", "mlmRev", "nlme", "palmerpenguins", "survival")
pytestmark = needs_r("survey", *R_DATA)

SURVEYS = r"""
# Chileans before a plebiscite | weights=w strata=region cluster=city
data(Chile, package = "carData"); d <- Chile[c(TRUE, FALSE), ]; d$w <- d$population / 1000
d$city <- paste(d$region, d$population)
d$yes <- as.numeric(d$vote == "Y")
des <- svydesign(ids = ~city, strata = ~region, weights = ~w, data = d, nest = TRUE)

# Canadian workers, raked | weights=w margins
sex: Female 510000, Male 490000; language: English 700000, French 230000, Other 70000
data(SLID, package = "carData"); d <- SLID[!is.na(SLID$language), ][c(TRUE, rep(FALSE, 5)), ]; d$w <- 100 + d$age
des <- svydesign(ids = ~1, weights = ~w, data = d)

# Canadian workers, linear | weights=w calibrate=linear margins
sex: Female 510000, Male 490000; age: 46500000
data(SLID, package = "carData"); d <- SLID[seq(1, 7425, 6), ]; d$w <- 100 + d$age
des <- svydesign(ids = ~1, weights = ~w, data = d)

# Canadian workers, bounded | weights=w calibrate=logit bounds=.3,3 margins
sex: Female 810000, Male 690000; language: English 1100000, French 230000, Other 170000; age: 67500000
data(SLID, package = "carData"); d <- SLID[!is.na(SLID$language), ][c(TRUE, rep(FALSE, 5)), ]
d$w <- 6 * (150 + d$age)
des <- svydesign(ids = ~1, weights = ~w, data = d)

# Chileans post-stratified | weights=w strata=region calibrate=poststratify margins
cell: F P 2500000, F PS 800000, F S 2100000, M P 2200000, M PS 1000000, M S 2000000
data(Chile, package = "carData"); d <- Chile[!is.na(Chile$education) & !is.na(Chile$age), ]; d$w <- 1 + d$age / 50
d$cell <- paste(d$sex, d$education)
des <- svydesign(ids = ~1, strata = ~region, weights = ~w, data = d)

# pupils of sampled schools | weights=w cluster=school,kid fpc=N1,N2
data(Exam, package = "mlmRev"); set.seed(1); d <- Exam; d$N2 <- ave(rep(1, nrow(d)), d$school, FUN = sum)
d <- d[d$school %in% sample(levels(d$school), 22), ]
d <- do.call(rbind, lapply(split(d, as.character(d$school)), function(s) s[sample(nrow(s), min(nrow(s), 9)), ]))
d$n2 <- ave(rep(1, nrow(d)), as.character(d$school), FUN = sum); d$N1 <- 65; d$w <- 65 / 22 * d$N2 / d$n2
d$kid <- seq_len(nrow(d)); d$good <- as.numeric(d$normexam > .5); d$f1 <- 22 / 65; d$f2 <- d$n2 / d$N2
des <- svydesign(ids = ~school + kid, fpc = ~N1 + N2, weights = ~w, data = d)

# the same, shares taken | weights=w cluster=school fpc=f1,f2
des <- svydesign(ids = ~school + kid, fpc = ~f1 + f2, weights = ~w, data = d)

# pupils of public and Catholic schools | weights=w strata=Sector cluster=School fpc=N
data(MathAchieve, package = "nlme"); data(MathAchSchool, package = "nlme")
d <- merge(as.data.frame(MathAchieve), as.data.frame(MathAchSchool)[, c("School", "Sector", "Size")])
d <- d[as.integer(as.character(d$School)) %% 6 == 0, ]; d$w <- d$Size / 50
d$N <- ifelse(d$Sector == "Public", 99, 77)
d$School <- as.character(d$School)
des <- svydesign(ids = ~School, strata = ~Sector, fpc = ~N, weights = ~w, data = d)

# four stages | weights=w cluster=a,b,c fpc=A,B,C,D
set.seed(5); d <- expand.grid(k = 1:4, c = 1:3, b = 1:3, a = 1:6); d <- d[runif(nrow(d)) > .15, ]
d$A <- 20; d$D <- 30; d$B <- 5 + d$a; d$C <- 6 + d$b; d$y <- rnorm(nrow(d)) + d$a + d$b / 3; d$z <- rexp(nrow(d))
d$g <- letters[1 + d$k %% 2]; d$w <- d$A / 6 * d$B / 3 * d$C / 3 * d$D / 4; d$id <- seq_len(nrow(d))
des <- svydesign(ids = ~a + b + c + id, fpc = ~A + B + C + D, weights = ~w, data = d)

# American cities | weights=w fpc=N
data(bigcity, package = "boot"); d <- bigcity; d$w <- 196 / 49; d$N <- 196; d$size <- cut(d$u, c(0, 50, 100, 1000))
des <- svydesign(ids = ~1, weights = ~w, fpc = ~N, data = d)

# Californian districts, one in many counties: certainty | weights=w strata=county lonely=certainty
options(survey.lonely.psu = "certainty"); data(CASchools, package = "AER"); d <- CASchools; d$w <- d$students / 500
des <- svydesign(ids = ~1, strata = ~county, weights = ~w, data = d)

# Californian districts, one in many counties: remove | weights=w strata=county lonely=remove
options(survey.lonely.psu = "remove")
des <- svydesign(ids = ~1, strata = ~county, weights = ~w, data = d)

# Californian districts, one in many counties: average | weights=w strata=county lonely=average
options(survey.lonely.psu = "average")
des <- svydesign(ids = ~1, strata = ~county, weights = ~w, data = d)

# a stratum wholly taken | weights=pw strata=stype fpc=N
options(survey.lonely.psu = "adjust"); data(api); d <- apistrat; d$N <- ifelse(d$stype == "H", 50, d$fpc)
des <- svydesign(ids = ~1, strata = ~stype, weights = ~pw, fpc = ~N, data = d)

# applicants to Berkeley, as counts | weights=Freq
d <- as.data.frame(UCBAdmissions); d$let_in <- as.numeric(d$Admit == "Admitted")
des <- svydesign(ids = ~1, weights = ~Freq, data = d)

# Fay's half samples of a file | weights=WTMEC2YR replicates=fay_ replicate_type=Fay rho=.3
data(nhanes); d <- nhanes[nhanes$SDMVPSU < 3, ][c(TRUE, FALSE, FALSE, FALSE), ]; d$age <- d$agecat
r <- as.svrepdesign(svydesign(ids = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = d),
                    type = "Fay", fay.rho = 0.3)
R <- weights(r, "analysis"); colnames(R) <- paste0("fay_", seq_len(ncol(R))); d <- cbind(d, R)
des <- svrepdesign(weights = ~WTMEC2YR, repweights = "^fay_", type = "Fay", rho = 0.3, combined.weights = TRUE,
                   data = d)

# pairs, one of each left out | weights=WTMEC2YR replicates=jk replicate_type=JK2
s <- unique(d$SDMVSTRA)
R <- sapply(s, function(k) ifelse(d$SDMVSTRA == k, ifelse(d$SDMVPSU == 1, 0, 2), 1) * d$WTMEC2YR)
colnames(R) <- paste0("jk", seq_along(s)); d <- cbind(d[, !grepl("fay", names(d))], R)
des <- svrepdesign(weights = ~WTMEC2YR, repweights = "^jk", type = "JK2", combined.weights = TRUE, data = d)

# wages, successive differences | weights=w replicates=PWGTP replicate_type=successive-difference
set.seed(8); data(CPS1985, package = "AER"); d <- CPS1985; d$w <- 100 + 10 * d$age
R <- sapply(1:80, function(k) d$w * sample(c(.3, 1, 1.7), nrow(d), TRUE, c(.25, .5, .25)))
colnames(R) <- paste0("PWGTP", 1:80); d <- cbind(d, R)
des <- svrepdesign(weights = ~w, repweights = "^PWGTP", type = "ACS", combined.weights = TRUE, data = d)

# schools, a bootstrap whose districts no column names | weights=pw replicates=sb replicate_type=bootstrap
set.seed(9); data(api); d <- apiclus1
r <- as.svrepdesign(svydesign(ids = ~dnum, weights = ~pw, data = d), type = "subbootstrap", replicates = 70)
R <- weights(r, "analysis"); colnames(R) <- paste0("sb", 1:70); d <- cbind(d, R); d$dnum <- NULL
des <- svrepdesign(weights = ~pw, repweights = "^sb", type = "bootstrap", combined.weights = TRUE, data = d)

# looms, replicates of no known kind | weights=w replicates=x replicate_type=other scale=.05
set.seed(4); d <- warpbreaks; d$w <- 10 + d$breaks; R <- sapply(1:30, function(k) d$w * rgamma(54, 4, 4))
colnames(R) <- paste0("x", 1:30); d <- cbind(d, R)
des <- svrepdesign(weights = ~w, repweights = "^x", type = "other", scale = 0.05, rscales = rep(1, 30),
                   combined.weights = TRUE, data = d)

# schools, jackknife made here of a finite population | weights=pw strata=stype fpc=fpc make_replicates=jackknife
data(api); d <- apistrat
des <- as.svrepdesign(svydesign(ids = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = d))

# districts, jackknife made here, each raked again | weights=pw cluster=dnum make_replicates=jackknife margins
stype: E 4421, H 755, M 1018; sch.wide: No 1072, Yes 5122
d <- apiclus1
des <- as.svrepdesign(svydesign(ids = ~dnum, weights = ~pw, data = d))

# ambulances, half samples made here | weights=w strata=ESA cluster=ambulance make_replicates=balanced rho=.3
data(scd); d <- scd; d$w <- 2 + d$ESA / 10
des <- as.svrepdesign(svydesign(ids = ~ambulance, strata = ~ESA, weights = ~w, data = d, nest = TRUE), type = "Fay",
                      fay.rho = 0.3)

# penguins | weights=w cluster=flipper
data(penguins, package = "palmerpenguins"); d <- as.data.frame(penguins); d$w <- d$year - 2006
d$male <- as.numeric(d$sex == "male"); d$flipper <- paste0("f", d$flipper_length_mm %/% 5)
des <- svydesign(ids = ~flipper, weights = ~w, data = d)

# marriages | weights=w strata=religion
data(Affairs, package = "AER"); d <- Affairs; d$w <- 1 + d$rating; d$any <- as.integer(d$affairs > 0)
d$religion <- paste("level", d$religiousness); d$work <- paste0("w", d$occupation)
des <- svydesign(ids = ~1, strata = ~religion, weights = ~w, data = d)

# students | weights=w
data(survey, package = "MASS"); d <- survey; d$w <- 50; names(d)[2] <- "Writing hand (cm)"
des <- svydesign(ids = ~1, weights = ~w, data = d)

# patients | weights=w cluster=inst
data(cancer, package = "survival"); d <- lung[!is.na(lung$inst), ]; d$dead <- d$status - 1; d$w <- 1 + d$age / 10
des <- svydesign(ids = ~inst, weights = ~w, data = d)

# women of Bangladesh | weights=w strata=urban cluster=district
data(Contraception, package = "mlmRev"); d <- Contraception[c(TRUE, FALSE), ]; d$w <- 2 + as.numeric(d$livch)
d$uses <- as.numeric(d$use == "Y"); d$district <- as.character(d$district)
des <- svydesign(ids = ~district, strata = ~urban, weights = ~w, data = d, nest = TRUE)

# cattle | weights=w cluster=herd
data(cbpp, package = "lme4"); d <- cbpp; d$w <- d$size; d$herd <- as.character(d$herd)
des <- svydesign(ids = ~herd, weights = ~w, data = d)
"""

ASKED = """
survey                                | statistic  | item              | more                 | by
Chileans before a plebiscite          | mean       | income            |                      | education
Chileans before a plebiscite          | share      | yes               |                      | sex
Chileans before a plebiscite          | proportion | vote              |                      | sex
Chileans before a plebiscite          | total      | income            |                      | vote
Chileans before a plebiscite          | quantile   | age               |                      | sex
Chileans before a plebiscite          | variance   | statusquo         |                      | sex
Chileans before a plebiscite          | logistic   | yes               | age sex education    |
Canadian workers, raked               | mean       | wages             |                      | language
Canadian workers, raked               | ratio      | wages             | education            | sex
Canadian workers, raked               | gaussian   | wages             | education age sex    |
Canadian workers, linear              | mean       | wages             |                      | sex
Canadian workers, linear              | total      | education         |                      | language
Canadian workers, bounded             | mean       | wages             |                      | sex
Canadian workers, bounded             | total      | wages             |                      | language
Chileans post-stratified              | mean       | income            |                      | sex
Chileans post-stratified              | total      | income            |                      | region
pupils of sampled schools             | mean       | normexam          |                      | sex
pupils of sampled schools             | total      | good              |                      | sex
pupils of sampled schools             | share      | good              |                      | schgend
pupils of sampled schools             | gaussian   | normexam          | standLRT sex         |
pupils of sampled schools             | logistic   | good              | standLRT sex         |
pupils of sampled schools             | quantile   | standLRT          |                      | sex
the same, shares taken                | mean       | normexam          |                      | sex
pupils of public and Catholic schools | mean       | MathAch           |                      | Minority
pupils of public and Catholic schools | proportion | Minority          |                      | Sex
four stages                           | mean       | y                 |                      | g
four stages                           | total      | y                 |                      | g
four stages                           | ratio      | y                 | z                    | g
four stages                           | gaussian   | y                 | z g                  |
American cities                       | ratio      | x                 | u                    | size
Californian districts, one in many counties: certainty | mean | math    |                      | grades
Californian districts, one in many counties: remove | gaussian | math   | income english       |
Californian districts, one in many counties: average | ratio | teachers | students             |
a stratum wholly taken                | mean       | api00             |                      | awards
a stratum wholly taken                | gaussian   | api00             | ell meals            |
applicants to Berkeley, as counts     | share      | let_in            |                      | Dept
Fay's half samples of a file          | share      | HI_CHOL           |                      | age
Fay's half samples of a file          | proportion | age               |                      |
Fay's half samples of a file          | logistic   | HI_CHOL           | age                  |
pairs, one of each left out           | ratio      | HI_CHOL           | RIAGENDR             | age
wages, successive differences         | mean       | wage              |                      | occupation
wages, successive differences         | quantile   | wage              |                      | gender
wages, successive differences         | gaussian   | wage              | education gender     |
schools, a bootstrap whose districts no column names | mean | api00     |                      | stype
schools, a bootstrap whose districts no column names | total | enroll   |                      | stype
looms, replicates of no known kind    | mean       | breaks            |                      | tension
schools, jackknife made here of a finite population | mean | api00      |                      | awards
schools, jackknife made here of a finite population | gaussian | api00  | ell meals            |
districts, jackknife made here, each raked again | total | enroll       |                      | stype
districts, jackknife made here, each raked again | mean | api00         |                      | awards
ambulances, half samples made here    | total      | alive             |                      |
penguins                              | share      | male              |                      | species
penguins                              | mean       | body_mass_g       |                      | species
marriages                             | share      | any               |                      | gender
marriages                             | logistic   | any               | age yearsmarried gender rating |
marriages                             | gaussian   | affairs           | rating work          |
students                              | mean       | Writing hand (cm) |                      | Smoke
students                              | proportion | Exer              |                      | Sex
students                              | gaussian   | Height            | Sex Age Smoke        |
patients                              | quantile   | time              |                      | sex
patients                              | mean       | meal.cal          |                      | ph.ecog
women of Bangladesh                   | share      | uses              |                      | livch
women of Bangladesh                   | logistic   | uses              | age urban livch      |
cattle                                | ratio      | incidence         | size                 | period
"""

_, *LINES = [tuple(cell.strip() for cell in line.split("|")) for line in ASKED.strip().splitlines()]
NUMBERS = ("scale", "rho")
FIGURES = ("estimate", "se", "low", "high", "df", "deff", "difference", "difference_se", "p")


@dataclass(frozen=True)
class Survey:
    """code: R that makes d and des · ours: des as options of `estimate` · margins: of each characteristic its people,
    or the sum of a column of numbers."""

    code: str
    ours: dict[str, Any]
    margins: dict[str, dict[str, float] | float]


def _survey(text: str) -> tuple[str, Survey]:
    head, code = text.strip().split("\n", 1)
    name, _, options = head.removeprefix("# ").partition(" | ")
    ours: dict[str, Any] = dict(each.split("=") for each in options.split() if "=" in each)
    ours |= {key: float(ours[key]) for key in NUMBERS if key in ours}
    if "bounds" in ours:
        low, high = ours["bounds"].split(",")
        ours["bounds"] = float(low), float(high)
    if not options.endswith("margins"):
        return name, Survey(code, ours, {})
    line, code = code.split("\n", 1)
    return name, Survey(code, ours, dict(_margin(each) for each in line.split("; ")))


def _margin(text: str) -> tuple[str, dict[str, float] | float]:
    name, told = text.split(": ")
    if " " not in told:
        return name, float(told)
    pairs = (each.rsplit(" ", 1) for each in told.split(", "))
    return name, {category: float(people) for category, people in pairs}


CASES = dict(_survey(text) for text in SURVEYS.strip().split("\n\n"))

R_CODE = r"""
suppressMessages(library(survey)); options(survey.lonely.psu = "adjust", digits = 17, warn = -1)
tight <- list(epsilon = 1e-15, maxit = 100)
say <- function(line, domain, part, what, value)
  cat(paste(line, domain, part, what, format(value, digits = 17), sep = "\t"), sep = "\n")
tell <- function(line, domain, part, est, se, ci = NULL) {
  say(line, domain, part, "estimate", est); say(line, domain, part, "se", se)
  if (!is.null(ci)) { say(line, domain, part, "low", ci[, 1]); say(line, domain, part, "high", ci[, 2]) }
}
share <- function(line, domain, part, des, y) {
  des$variables$.y <- y
  for (m in c("beta", "xlogit")) {
    ci <- confint(svyciprop(~.y, des, method = m)); say(line, domain, part, paste("low", m), ci[1])
    say(line, domain, part, paste("high", m), ci[2]) }
}
answered <- function(des, item, more) {
  ok <- !is.na(des$variables[[item]])
  if (more[1] != "") ok <- ok & !is.na(des$variables[[more[1]]])
  for (v in c(item, if (more[1] != "") more[1])) if (is.numeric(des$variables[[v]])) des$variables[[v]][!ok] <- 0
  des[ok, ]
}
one <- function(line, domain, des, statistic, item, more) {
  y <- as.formula(paste0("~`", item, "`"))
  if (statistic %in% c("gaussian", "logistic")) {
    f <- reformulate(more, paste0("`", item, "`"))
    r <- if (statistic == "gaussian") svyglm(f, des, control = tight) else
      svyglm(f, des, family = quasibinomial(), control = tight)
    tell(line, domain, seq_along(coef(r)), as.vector(coef(r)), as.vector(SE(r)), confint(r))
    return(say(line, domain, seq_along(coef(r)), "p", coef(summary(r))[, 4])) }
  des <- answered(des, item, more); v <- des$variables[[item]]; df <- degf(des)
  if (statistic == "quantile") {
    r <- svyquantile(y, des, c(0.25, 0.5, 0.75))
    return(tell(line, domain, 1:3, as.vector(coef(r)), as.vector(SE(r)), confint(r))) }
  r <- switch(statistic, mean = svymean(y, des, deff = TRUE), share = svymean(y, des), total = svytotal(y, des),
    variance = svyvar(y, des), proportion = svymean(y, des, na.rm = TRUE),
    ratio = svyratio(y, as.formula(paste0("~`", more, "`")), des))
  est <- as.vector(coef(r)); se <- as.vector(SE(r)); part <- seq_along(est)
  if (statistic == "proportion") {
    v[is.na(v)] <- levels(v)[1]; part <- levels(v); for (l in part) share(line, domain, l, des, as.numeric(v == l)) }
  if (statistic == "share") share(line, domain, 1, des, v)
  if (statistic == "mean" && domain == "everyone") say(line, domain, 1, "deff", as.vector(deff(r)))
  if (statistic != "variance") say(line, domain, part, "df", rep(df, length(part)))
  tell(line, domain, part, est, se, if (statistic %in% c("mean", "total", "ratio")) confint(r, df = df))
}
apart <- function(line, des, statistic, item, more, by) {
  v <- as.character(des$variables[[by]]); des$variables$.v <- ifelse(is.na(v), "", v)
  des <- answered(des[!is.na(v), ], item, more)
  for (l in unique(na.omit(v))) {
    des$variables$.in <- as.numeric(des$variables$.v == l); des$variables$.y <- des$variables[[item]]
    des$variables$.less <- (2 * des$variables$.in - 1) * des$variables$.y
    if (statistic == "ratio") {
      for (v in c(item, more)) for (i in 0:1)
        des$variables[[paste0(v, i)]] <- des$variables[[v]] * (des$variables$.in == i)
      r <- svyratio(reformulate(paste0(item, 1:0)), reformulate(paste0(more, 1:0)), des, covmat = TRUE)
      V <- vcov(r); k <- c(coef(r)[1] - coef(r)[4], sqrt(V[1, 1] + V[4, 4] - 2 * V[1, 4]))
    } else if (statistic == "total") { r <- svytotal(~.less, des); k <- c(coef(r), SE(r))
    } else { r <- svyglm(.y ~ .in, des, control = tight); k <- c(coef(r)[2], SE(r)[2]) }
    say(line, l, 1, c("difference", "difference_se"), k) }
}
ask <- function(line, d, des, statistic, item, more, by) {
  one(line, "everyone", des, statistic, item, more)
  if (by == "") return(invisible())
  v <- as.character(d[[by]])
  for (l in unique(na.omit(v))) one(line, l, des[!is.na(v) & v == l, ], statistic, item, more)
  if (statistic %in% c("mean", "share", "total", "ratio")) apart(line, des, statistic, item, more, by)
}
calibrated <- function(des, d, m, kind, bounds) {
  if (kind == "poststratify")
    return(postStratify(des, reformulate(names(m)), setNames(data.frame(names(m[[1]]), m[[1]]), c(names(m), "Freq"))))
  each <- names(m)[lengths(m) > 1]; f <- reformulate(names(m))
  n <- unlist(lapply(each, function(v) setNames(m[[v]], paste0(v, names(m[[v]])))))
  n <- c("(Intercept)" = sum(m[[each[1]]]), n, unlist(m[lengths(m) == 1]))[colnames(model.matrix(f, d))]
  if (inherits(des, "svyrep.design"))
    return(calibrate(des, f, n, calfun = kind, epsilon = 1e-13, maxit = 500, compress = FALSE))
  calibrate(des, f, n, calfun = kind, epsilon = 1e-13, maxit = 500, bounds = bounds)
}
"""


def _vector(people: dict[str, float] | float) -> str:
    if not isinstance(people, dict):
        return repr(people)
    return f"c({', '.join(f'`{category}` = {count}' for category, count in people.items())})"


def _script() -> str:
    """Every survey and what is asked of it, one after the other."""
    parts = [R_CODE]
    for number, (name, survey) in enumerate(CASES.items()):
        made, design = survey.code.split("des <- ")
        parts += [made, f'write.csv(d, "{number}.csv", row.names = FALSE, fileEncoding = "UTF-8")']
        parts += ["for (v in names(d)) if (!is.numeric(d[[v]])) d[[v]] <- factor(as.character(d[[v]]))"]
        parts += [f"des <- {design}"]
        if survey.margins:
            known = ", ".join(f"`{each}` = {_vector(people)}" for each, people in survey.margins.items())
            kind = survey.ours.get("calibrate", "raking")
            low, high = survey.ours.get("bounds", ("-Inf", "Inf"))
            parts.append(f'des <- calibrated(des, d, list({known}), "{kind}", c({low}, {high}))')
        for line, (of, statistic, item, more, by) in enumerate(LINES):
            if of == name:
                predictors = ", ".join(f'"{each}"' for each in more.split()) or '""'
                parts.append(f'ask({line}, d, des, "{statistic}", "{item}", c({predictors}), "{by}")')
    return "\n".join(parts)


Said = dict[tuple[int, str, str, str], float]


@cache
def _run_r() -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = Path(mkdtemp())
    (folder / "fresh.R").write_text(_script(), encoding="utf-8")
    call = [str(RSCRIPT), "--encoding=UTF-8", "fresh.R"]
    alone = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    return folder, subprocess.run(call, capture_output=True, text=True, check=False, cwd=folder, env=alone)


@cache
def said_by_r() -> tuple[Path, Said]:
    """A folder with a file for each survey; R's figures by line, domain, part and what they are."""
    folder, told = _run_r()
    assert told.returncode == 0, told.stderr
    found: Said = {}
    for line in told.stdout.splitlines():
        number, domain, part, what, value = line.split("\t")
        found[int(number), domain, part, what] = math.nan if value.strip() == "NA" else float(value)
    return folder, found


def _margins_file(survey: Survey, folder: Path) -> Path | None:
    if not survey.margins:
        return None
    rows = ["characteristic,category,people"]
    for name, people in survey.margins.items():
        each = people.items() if isinstance(people, dict) else [("", people)]
        rows += [f"{name},{category},{count:.0f}" for category, count in each]
    file = folder / "margins.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


def ours(line: int) -> list[dict[str, Any]]:
    """Rows of our door for one line of ASKED."""
    name, statistic, item, more, by = LINES[line]
    survey, folder = CASES[name], said_by_r()[0]
    wanted: dict[str, Any] = {"statistic": statistic}
    if statistic in ("gaussian", "logistic"):
        wanted = {"statistic": "regression", "on": more.split(), "family": statistic}
    elif statistic in ("mean", "share", "total", "ratio"):
        wanted = {"statistic": "mean" if statistic == "share" else statistic, "differences": bool(by)}
    if statistic == "ratio":
        wanted["over"] = more
    file, margins = folder / f"{list(CASES).index(name)}.csv", _margins_file(survey, folder)
    return estimate(file, item=item, by=by or None, margins=margins, **survey.ours, **wanted).to_pylist()


def _fewer_degrees(line: int, row: dict[str, Any], what: str) -> bool:
    """Whether these are degrees of freedom of a community, or rest on them, where ours are on purpose not R's."""
    asked = CASES[LINES[line][0]].ours
    here = "make_replicates" in asked and row["domain"] != "everyone"
    return here and what in ("df", "low", "high")


@pytest.mark.parametrize("line", range(len(LINES)), ids=[" ".join(line[:3]) for line in LINES])
def test_every_figure_as_r_tells_it(line: int) -> None:
    statistic, told = LINES[line][1], said_by_r()[1]
    parts: dict[str, int] = {}
    compared: list[str] = []
    for row in ours(line):
        parts[row["domain"]] = parts.get(row["domain"], 0) + 1
        part = row["category"] if statistic == "proportion" else str(parts[row["domain"]])
        for what in FIGURES:
            kind = (" beta" if "Korn" in row["method"] else " xlogit") if statistic in ("share", "proportion") else ""
            figure = told.get((line, row["domain"], part, what + (kind if what in ("low", "high") else "")))
            if figure is None or row.get(what) is None or _fewer_degrees(line, row, what):
                continue
            near = pytest.approx(figure, rel=1e-7, abs=1e-9 * abs(row["estimate"]) if what.endswith("se") else 0)
            assert row[what] == near, (what, row)
            compared.append(what)
    wanted = {"estimate", "se"} | ({"p"} if statistic in ("gaussian", "logistic") else set())
    assert wanted <= set(compared)
    if LINES[line][4] and statistic in ("mean", "share", "total", "ratio"):
        assert {"difference", "difference_se"} <= set(compared)


def test_hardly_anything_is_left_without_a_comparison() -> None:
    """What ours does not tell, it says why; and every kind of design was asked about."""
    silent = [row["method"] for line in range(0, len(LINES), 7) for row in ours(line) if row["estimate"] is None]
    assert all(method.startswith("cannot tell: ") for method in silent)
    assert {name for name, *_ in LINES} == set(CASES)
    used = {key for survey in CASES.values() for key in survey.ours}
    assert used >= {"weights", "strata", "cluster", "fpc", "lonely", "calibrate", "bounds", "replicates",
                    "make_replicates", "rho", "scale"}  # fmt: skip
