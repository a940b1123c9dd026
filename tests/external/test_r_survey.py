"""Survey estimation against R 4.2.2, package survey 4.1-1, on its California schools (`api`).

| what                              | tolerance | why not smaller                                                    |
|-----------------------------------|-----------|--------------------------------------------------------------------|
| estimates, standard errors        | 1e-11     | the same closed form; rounding of sums only                        |
| raked and post-stratified weights | 1e-9      | R and ours both stop at a distance from the margins, not at zero   |
| estimates after raking            | 1e-10     | as the weights, averaged                                           |
| standard errors after raking      | 1e-9      | as the weights                                                     |
| exact (beta) interval             | 1e-8      | R's share comes from that closed form                              |
| logit interval                    | 1e-6      | R fits the share by iteration and stops at 1e-8 of the deviance    |
| t of a difference                 | 1e-6      | R gets it from a regression fitted by iteration                    |

R's own `rake()` has another standard error (9.37250 rather than 9.36818 for the mean of api00): it projects on each
margin in turn. Ours is that of `calibrate("raking")`, and `method` says so.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.measure import estimate_table
from fairhearing.stats.cells import Floats, Ints
from fairhearing.stats.intervals import korn_graubard, logit_interval
from fairhearing.stats.trimming import trim
from fairhearing.stats.variance import Means, answers, design, domain_means, partition_totals
from fairhearing.stats.weights import Margin, poststratify, rake
from tests.helpers import SHARED, needs_shared

pytestmark = needs_shared

FOLDER = SHARED / "r-reference"
MARGINS = ("stype", "sch.wide", "awards")


@cache
def reference() -> dict:
    return json.loads((FOLDER / "survey.json").read_text())


def of_adjusted(name: str) -> dict:
    return reference()["adj_strat_nofpc"][name]


@dataclass(frozen=True)
class Schools:
    """One of the package's samples."""

    rows: tuple[dict[str, str], ...]

    def number(self, column: str) -> Floats:
        return np.array([float(row[column]) if row[column] not in ("", "NA") else np.nan for row in self.rows])

    def codes(self, column: str) -> Ints:
        levels = sorted({row[column] for row in self.rows})
        return np.array([levels.index(row[column]) for row in self.rows])

    def yes(self, column: str) -> Floats:
        return np.array([float(row[column] == "Yes") for row in self.rows])


@cache
def schools(name: str) -> Schools:
    with (FOLDER / f"{name}.csv").open() as file:
        return Schools(tuple(csv.DictReader(file)))


def margins(names: tuple[str, ...] = MARGINS) -> list[Margin]:
    made = []
    for name in names:
        rows = sorted((row[name], float(row["Freq"])) for row in reference()["margins"][name])
        codes = schools("apistrat").codes(name)
        made.append(Margin(name, codes, np.array([count for _, count in rows]), tuple(label for label, _ in rows)))
    return made


def raked() -> Floats:
    return rake(schools("apistrat").number("pw"), margins()).weights


def estimated(case: str, y: str | Floats, by: str) -> Means:
    """Everyone, then each level of `by`, under the design of a case of the reference file."""
    sample = schools("apiclus1" if case == "clus1_fpc" else "apistrat")
    base, groups = sample.number("pw"), sample.codes(by)
    levels = int(groups.max()) + 1
    fixed = {"strata": None if case == "clus1_fpc" else sample.codes("stype")}
    if case == "clus1_fpc":
        fixed["clusters"] = sample.codes("dnum")
    if case.endswith("_fpc") and case != "strat_nofpc":
        fixed["fpc"] = sample.number("fpc")
    weights, calibrated = base, []
    if case == "calibrate_raking":
        weights, calibrated = raked(), margins()
    if case == "poststrat_stype":
        calibrated = margins(("stype",))
        weights = poststratify(base, calibrated[0].codes, calibrated[0].targets)
    made = design(
        weights,
        base=base,
        domains=[(groups, levels)],
        margins=[(margin.codes, len(margin.targets)) for margin in calibrated],
        **fixed,
    )
    totals = partition_totals(made, answers(made, sample.number(y) if isinstance(y, str) else y), 0)
    return domain_means(totals, np.vstack([np.ones(levels), np.eye(levels)]))


def expected(case: str) -> dict:
    return reference()[case] if case in reference() else of_adjusted(case)


#            case                estimates  standard errors
CASES = [
    pytest.param("strat_fpc", 1e-11, 1e-11, id="strata, finite population"),
    pytest.param("strat_nofpc", 1e-11, 1e-11, id="strata"),
    pytest.param("clus1_fpc", 1e-11, 1e-11, id="clusters, finite population"),
    pytest.param("poststrat_stype", 1e-11, 1e-11, id="post-stratified"),
    pytest.param("calibrate_raking", 1e-10, 1e-9, id="raked to three margins"),
]


@pytest.mark.parametrize(("case", "of_estimate", "of_se"), CASES)
def test_means_and_domain_means(case: str, of_estimate: float, of_se: float) -> None:
    means, told = estimated(case, "api00", "stype"), expected(case)
    assert means.mean[0] == pytest.approx(told["mean_api00"]["est"], rel=of_estimate)
    assert means.se[0] == pytest.approx(told["mean_api00"]["se"], rel=of_se)
    assert means.mean[1:] == pytest.approx(told["by_stype_api00"]["est"], rel=of_estimate)
    assert means.se[1:] == pytest.approx(told["by_stype_api00"]["se"], rel=of_se)
    assert means.df[0] == told["degf"]


@pytest.mark.parametrize(("case", "of_estimate", "of_se"), CASES[:3])
def test_a_total(case: str, of_estimate: float, of_se: float) -> None:
    """A total is the mean's numerator: origin·(who answered) + (their y - origin)."""
    sample = schools("apiclus1" if case == "clus1_fpc" else "apistrat")
    made = design(
        sample.number("pw"),
        domains=[(np.zeros(len(sample.rows), int), 1)],
        strata=None if case == "clus1_fpc" else sample.codes("stype"),
        clusters=sample.codes("dnum") if case == "clus1_fpc" else None,
        fpc=sample.number("fpc") if case != "strat_nofpc" else None,
    )
    totals = partition_totals(made, answers(made, sample.number("enroll")), 0)
    slope = np.array([totals.origin, 1.0])
    assert slope @ totals.total == pytest.approx(expected(case)["total_enroll"]["est"], rel=of_estimate)
    assert np.sqrt(slope @ totals.covariance @ slope) == pytest.approx(
        expected(case)["total_enroll"]["se"], rel=of_se
    )


@pytest.mark.parametrize(("case", "of_estimate", "of_se"), CASES[:3])
def test_shares_by_domain_and_where_all_say_the_same(case: str, of_estimate: float, of_se: float) -> None:
    sample = schools("apiclus1" if case == "clus1_fpc" else "apistrat")
    means, told = estimated(case, sample.yes("sch.wide"), "awards"), expected(case)["by_awards_schwide"]
    assert means.mean[1:] == pytest.approx(told["est"], rel=of_estimate)
    assert means.se[1] == pytest.approx(told["se"][0], rel=of_se)
    assert told["se"][1] == 0, "R gives a standard error of zero here; this software says it cannot tell:"
    table = pa.table({"y": sample.yes("sch.wide"), "awards": [row["awards"] for row in sample.rows]})
    same = estimate_table(table, item="y", by="awards", margins=None, where="api").to_pylist()[2]
    assert same["domain"] == "Yes"
    assert same["low"] is same["high"] is same["se"] is same["estimate"] is None
    assert "gave the same answer" in same["method"]


@pytest.mark.parametrize("case", ["strat_fpc", "strat_nofpc", "clus1_fpc"])
def test_intervals_of_a_share(case: str) -> None:
    sample = schools("apiclus1" if case == "clus1_fpc" else "apistrat")
    means, told = estimated(case, sample.yes("sch.wide"), "stype"), expected(case)
    share, se, df, n = float(means.mean[0]), float(means.se[0]), float(means.df[0]), len(sample.rows)
    assert logit_interval(share, se, df) == pytest.approx(told["ciprop_logit"]["ci"], rel=1e-6)
    assert korn_graubard(share, se, n, df) == pytest.approx(told["ciprop_beta"]["ci"], rel=1e-8)


@pytest.mark.parametrize("case", ["strat_fpc", "strat_nofpc", "clus1_fpc", "calibrate_raking"])
def test_the_difference_of_two_domains(case: str) -> None:
    means, told = estimated(case, "api00", "sch.wide"), expected(case)["ttest_api00_schwide"]
    gap, se, _ = means.difference(2, 1)
    assert gap == pytest.approx(told["diff"], rel=1e-10)
    assert gap / se == pytest.approx(told["t"], rel=1e-6)


def test_a_contrast_of_domains() -> None:
    gap, se, _ = estimated("strat_nofpc", "api00", "stype").difference(2, 1)
    assert gap == pytest.approx(reference()["contrast"]["est"], rel=1e-11)
    assert se == pytest.approx(reference()["contrast"]["se"], rel=1e-11)


def test_raked_weights() -> None:
    found = rake(schools("apistrat").number("pw"), margins())
    assert found.weights == pytest.approx(of_adjusted("rake3")["weights"], rel=1e-9)
    assert found.weights == pytest.approx(of_adjusted("calibrate_raking")["weights"], rel=1e-9)
    assert found.worst <= 1e-10


def test_poststratified_weights() -> None:
    margin = margins(("stype",))[0]
    found = poststratify(schools("apistrat").number("pw"), margin.codes, margin.targets)
    assert found == pytest.approx(of_adjusted("poststrat_stype")["weights"], rel=1e-12)
    assert rake(schools("apistrat").number("pw"), [margin]).weights == pytest.approx(found, rel=1e-12)


def test_trimmed_weights() -> None:
    found, cut = trim(np.array(of_adjusted("rake3")["weights"]), lower=15, upper=50)
    assert found == pytest.approx(reference()["trim"]["weights"], rel=1e-12)
    assert cut == sum(weight in (15, 50) for weight in reference()["trim"]["weights"])


def test_a_stratum_with_one_school_is_centred_at_zero() -> None:
    """R's option "adjust"."""
    sample = schools("apistrat")
    alone = sample.codes("stype") + 1
    alone[0] = 0
    made = design(sample.number("pw"), domains=[(np.zeros(200, int), 1)], strata=alone)
    means = domain_means(partition_totals(made, answers(made, sample.number("api00")), 0), np.ones((1, 1)))
    assert made.lonely == 1
    assert means.se[0] == pytest.approx(reference()["lonely_psu"]["adjust"]["se"], rel=1e-11)


def test_the_direct_door_is_the_same_arithmetic() -> None:
    with (FOLDER / "apistrat.csv").open() as file:
        table = pa.Table.from_pylist(list(csv.DictReader(file)))
    rows = [(name, row[name], str(row["Freq"])) for name in MARGINS for row in reference()["margins"][name]]
    figures = dict(zip(("characteristic", "category", "people"), map(list, zip(*rows, strict=True)), strict=True))
    found = estimate_table(
        table, item="api00", by="stype", margins=pa.table(figures), weights="pw", strata="stype", where="apistrat.csv"
    ).to_pylist()  # fmt: skip
    told = of_adjusted("calibrate_raking")
    assert [row["domain"] for row in found] == ["everyone", "E", "H", "M"]
    assert [row["n"] for row in found] == [200, 100, 50, 50]
    estimates = [told["mean_api00"]["est"], *told["by_stype_api00"]["est"]]
    assert [row["estimate"] for row in found] == pytest.approx(estimates, rel=1e-10)
    assert [row["se"] for row in found] == pytest.approx(
        [told["mean_api00"]["se"], *told["by_stype_api00"]["se"]], rel=1e-9
    )
