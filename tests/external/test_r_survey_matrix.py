"""Every statistic under every design and calibration of the reference file, beside R 4.2.2, package survey 4.1-1.

| what                                | tolerance | why not smaller                                                |
|-------------------------------------|-----------|----------------------------------------------------------------|
| estimates, quantiles and their ends | 1e-10     | as the raked weights; without raking, rounding of sums only    |
| standard errors                     | 1e-9      | as the weights                                                 |
| weights                             | 1e-9      | R and ours both stop at a distance from the margins            |
| logistic coefficients               | 1e-8      | R's iteration ends at 1e-15 of the deviance, ours at rounding  |
| logistic standard errors            | 1e-8      | R's come from the weights of the step before the last          |
| intervals of a share                | 1e-6      | R fits the share by iteration and stops at 1e-8                |

Where the calibration fixes a number, R's standard error is rounding (1e-13, or 3e-6 of a domain), and so is its
interval: these cells are not compared, but it is checked that ours is rounding too. R's `rake()` has residuals taken
margin by margin: its weights and estimates are compared, and the standard errors are those of `calibrate("raking")`
(see test_r_survey.py). Post-stratification to one margin is the same either way.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from fairhearing.measure import Wanted, estimate_table
from fairhearing.stats.calibration import NumericTotal, auxiliary, calibrate
from fairhearing.stats.cells import Floats
from fairhearing.stats.estimators import (
    Domains,
    Estimator,
    Survey,
    mean_of,
    quantiles,
    ratio_of,
    total_of,
    variance_of,
)
from fairhearing.stats.intervals import korn_graubard, logit_interval
from fairhearing.stats.linearisation import LONELY, Calibration, covariance, sampling
from fairhearing.stats.regression import model_of, regression
from tests.external.test_r_survey import FOLDER, Schools, expected, margins, of_adjusted, reference, schools
from tests.helpers import needs_shared

pytestmark = needs_shared

#  case                       kind            margins                            number
CALIBRATED = {
    "poststrat_stype": ("poststratify", ("stype",), False),
    "rake3": ("rake", ("stype", "sch.wide", "awards"), False),
    "calibrate_linear": ("linear", ("stype", "sch.wide", "awards"), False),
    "calibrate_raking": ("rake", ("stype", "sch.wide", "awards"), False),
    "calibrate_logit": ("logit", ("stype", "sch.wide", "awards"), False),
    "calibrate_linear_api99": ("linear", ("stype", "sch.wide", "awards"), True),
}
CASES = ["strat_fpc", "strat_nofpc", "clus1_fpc", *CALIBRATED]


@dataclass(frozen=True)
class Case:
    sample: Schools
    survey: Survey

    def domains(self, column: str | None = None) -> Domains:
        codes = np.zeros(len(self.sample.rows), int) if column is None else self.sample.codes(column)
        return Domains(codes, np.eye(int(codes.max()) + 1))

    def told(self, of: Estimator) -> tuple[Floats, Floats]:
        """Estimates and standard errors."""
        return of.full, np.sqrt(np.diag(self.survey.covariance(of)))


@cache
def api99() -> float:
    with (FOLDER / "apipop.csv").open() as file:
        return sum(float(row["api99"]) for row in csv.DictReader(file))


@cache
def case(name: str) -> Case:
    clustered = name == "clus1_fpc"
    sample = schools("apiclus1" if clustered else "apistrat")
    base, rows = sample.number("pw"), len(sample.rows)
    design = sampling(
        rows,
        strata=None if clustered else sample.codes("stype"),
        clusters=[sample.codes("dnum")] if clustered else [],
        fpc=[sample.number("fpc")] if name in ("strat_fpc", "clus1_fpc") else [],
    )
    if name not in CALIBRATED:
        return Case(sample, Survey(base, design))
    kind, columns, number = CALIBRATED[name]
    known = margins(columns)
    numbers = [NumericTotal("api99", sample.number("api99"), api99())] if number else []
    weights = calibrate(base, known, numbers, kind=kind).weights
    return Case(sample, Survey(weights, design, Calibration.of(auxiliary(known, numbers, rows), base)))


def compared(name: str, key: str, of: Callable[[Case], Estimator], *, fixed: float = 0.0) -> None:
    """Estimate and standard error; `fixed`: what R's standard error is rounding below."""
    told, (estimate, se) = expected(name)[key], case(name).told(of(case(name)))
    assert estimate == pytest.approx(np.atleast_1d(told["est"]), rel=1e-10)
    truth = np.atleast_1d(expected("calibrate_raking" if name == "rake3" else name)[key]["se"])
    rounding = truth <= fixed
    assert se[~rounding] == pytest.approx(truth[~rounding], rel=1e-9)
    assert np.all(se[rounding] <= 1e-6)


STATISTICS = [
    ("mean_api00", lambda c: mean_of(c.sample.number("api00"), c.domains(), c.survey.weights)),
    ("total_enroll", lambda c: total_of(c.sample.number("enroll"), c.domains(), c.survey.weights)),
    ("var_api00", lambda c: variance_of(c.sample.number("api00"), c.domains(), c.survey.weights)),
    (
        "ratio_apistu_enroll",
        lambda c: ratio_of(c.sample.number("api.stu"), c.sample.number("enroll"), c.domains(), c.survey.weights),
    ),
    ("by_stype_api00", lambda c: mean_of(c.sample.number("api00"), c.domains("stype"), c.survey.weights)),
    ("by_awards_schwide", lambda c: mean_of(c.sample.yes("sch.wide"), c.domains("awards"), c.survey.weights)),
]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("key", "of"), STATISTICS, ids=[key for key, _ in STATISTICS])
def test_functions_of_totals(name: str, key: str, of: Callable[[Case], Estimator]) -> None:
    compared(name, key, of, fixed=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_proportions_of_every_category(name: str) -> None:
    told = expected(name)["mean_stype"]
    for level, (estimate, se) in enumerate(zip(told["est"], told["se"], strict=True)):
        one = case(name)
        y = (one.sample.codes("stype") == level).astype(float)
        share, own = one.told(mean_of(y, one.domains(), one.survey.weights))
        assert share[0] == pytest.approx(estimate, rel=1e-10)
        assert own[0] == pytest.approx(se, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_quantiles_and_their_ends(name: str) -> None:
    """Ends are answers that were given, so they are the same or another school's."""
    told = expected(name)["quantile_api00"]
    one = case(name)
    found = quantiles(
        one.survey, one.sample.number("api00"), np.ones(len(one.sample.rows), bool), np.array(told["q"])
    )
    assert [q.estimate for q in found] == told["est"]
    assert [[q.low, q.high] for q in found] == told["ci"]
    assert [q.se for q in found] == pytest.approx(told["se"], rel=1e-12)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    ("family", "key", "item", "of_estimate", "of_se"),
    [("gaussian", "glm_gauss", "api00", 1e-10, 1e-9), ("logistic", "glm_logit_tight", "sch.wide", 1e-8, 1e-8)],
)
def test_regressions(name: str, family: str, key: str, item: str, of_estimate: float, of_se: float) -> None:
    one, told = case(name), expected(name)[key]
    y = one.sample.number(item) if family == "gaussian" else one.sample.yes(item)
    predictors = [(column, one.sample.number(column), None) for column in ("ell", "meals", "mobility")]
    everyone = np.ones(len(y), bool)
    fit = regression(y, model_of(predictors, len(y)), one.survey.weights, everyone, family)
    covariance = one.survey.covariance(fit.estimator)
    truth = expected("calibrate_raking" if name == "rake3" else name)[key]
    assert fit.coefficients == pytest.approx(told["est"], rel=of_estimate)
    assert np.sqrt(np.diag(covariance)) == pytest.approx(truth["se"], rel=of_se)
    assert covariance == pytest.approx(np.array(truth["vcov"]), rel=4 * of_se, abs=1e-12)
    assert one.survey.df(fit.counted) + 1 - len(fit.kept) == told["df"]


@pytest.mark.parametrize("name", ["strat_fpc", "strat_nofpc", "clus1_fpc", "poststrat_stype"])
def test_intervals_of_a_share(name: str) -> None:
    one, told = case(name), expected(name)
    share, se = (
        float(each[0]) for each in one.told(mean_of(one.sample.yes("sch.wide"), one.domains(), one.survey.weights))
    )
    df, n = told["degf"], len(one.sample.rows)
    assert logit_interval(share, se, df) == pytest.approx(told["ciprop_logit"]["ci"], rel=1e-6)
    assert korn_graubard(share, se, n, df) == pytest.approx(told["ciprop_beta"]["ci"], rel=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_degrees_of_freedom(name: str) -> None:
    assert case(name).survey.df(np.ones(len(case(name).sample.rows), bool)) == expected(name)["degf"]


@pytest.mark.parametrize("name", CALIBRATED)
def test_weights(name: str) -> None:
    assert case(name).survey.weights == pytest.approx(of_adjusted(name)["weights"], rel=1e-9)


def test_a_contrast_of_two_domains() -> None:
    one, told = case("strat_nofpc"), reference()["contrast"]
    of = mean_of(one.sample.number("api00"), one.domains("stype"), one.survey.weights)
    across = np.array([-1.0, 1.0, 0.0])
    assert across @ of.full == pytest.approx(told["est"], rel=1e-10)
    assert np.sqrt(across @ one.survey.covariance(of) @ across) == pytest.approx(told["se"], rel=1e-9)


@pytest.mark.parametrize("lonely", [option for option in LONELY if option != "fail"])
def test_a_stratum_with_one_school(lonely: str) -> None:
    sample = schools("apistrat")
    alone = sample.codes("stype") + 1
    alone[0] = 0
    y, w = sample.number("api00"), sample.number("pw")
    mean = w @ y / w.sum()
    design = sampling(len(y), strata=alone, lonely=lonely)
    se = np.sqrt(covariance([(y - mean) / w.sum()], w, design)[0, 0])
    assert se == pytest.approx(reference()["lonely_psu"][lonely]["se"], rel=1e-12)


#            reference          how the door is asked
REPLICATES = [
    ("JKn_strat", {"make_replicates": "jackknife"}, ()),
    ("JKn_strat_raked", {"make_replicates": "jackknife"}, ("stype", "sch.wide", "awards")),
    ("subboot_strat_200", {"replicate_type": "bootstrap", "scale": 0.0050251256281407}, ()),
]


@pytest.mark.parametrize(("key", "wanted", "known"), REPLICATES, ids=[each[0] for each in REPLICATES])
def test_replicates_through_the_door(key: str, wanted: Wanted, known: tuple[str, ...]) -> None:
    told = reference()["replicate"][key]
    table = pa.Table.from_pylist(list(schools("apistrat").rows))
    if "replicate_type" in wanted:
        wanted["replicates"] = pa.csv.read_csv(FOLDER / "apistrat_bootrepw.csv")
    rows = [(name, row[name], str(row["Freq"])) for name in known for row in reference()["margins"][name]]
    names = ("characteristic", "category", "people")
    figures = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))) if rows else None

    def found(item: str, statistic: str, by: str | None = None) -> list[dict[str, float]]:
        asked: Wanted = {**wanted, "statistic": statistic}
        return estimate_table(
            table, item=item, by=by, weights="pw", strata="stype", margins=figures, where="apistrat", wanted=asked
        ).to_pylist()

    for item, statistic, each in (("api00", "mean", "mean_api00"), ("enroll", "total", "total_enroll")):
        assert found(item, statistic)[0]["estimate"] == pytest.approx(told[each]["est"], rel=1e-9)
        assert found(item, statistic)[0]["se"] == pytest.approx(told[each]["se"], rel=1e-8)
    if "by" in told:
        assert [row["se"] for row in found("api00", "mean", "stype")[1:]] == pytest.approx(told["by"]["se"], rel=1e-9)
