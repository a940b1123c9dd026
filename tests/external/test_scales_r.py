"""Reliability and measurement invariance against R: psych 2.2.9, lavaan 0.6-14, survey 4.1-1 (six items, 600 people).

| what                                   | tolerance | why not smaller                                             |
|----------------------------------------|-----------|-------------------------------------------------------------|
| alpha, weighted alpha, Feldt's interval, item statistics | 1e-12 | closed forms; rounding only                   |
| chi-square of every model              | 1e-9      | flat at its lowest, so R's early stop does not show         |
| omega (lavaan), srmr                   | 1e-6      | lavaan stops at its own tolerance                           |
| loadings, unique variances (lavaan)    | 1e-6      | as above; ours solve the equations to rounding              |
| omega of minres (psych)                | 1e-6      | from the loadings below, whose errors nearly cancel         |
| minres loadings (psych)                | 2e-5      | psych stops early: our sum of squares is the lower one      |
"""

from __future__ import annotations

import csv
import json
from functools import cache

import numpy as np
import pytest

from fairhearing.stats.cells import Floats, Ints
from fairhearing.stats.invariance import compare, of_communities
from fairhearing.stats.one_factor import Level, fit, moments
from fairhearing.stats.scales import alpha, items_in_scale, minres, omega
from tests.helpers import SHARED, needs_shared

pytestmark = needs_shared

FOLDER = SHARED / "r-reference"
ITEMS = ("q1", "q2", "q3", "q4", "q5", "q6")


@cache
def reference() -> dict:
    return json.loads((FOLDER / "effects_and_scales.json").read_text())["likert"]


@cache
def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open() as file:
        return list(csv.DictReader(file))


def columns(*names: str, of: str = "likert.csv") -> Floats:
    return np.array(
        [[float(row[name]) if row[name] not in ("", "NA") else np.nan for name in names] for row in rows(of)]
    )


def groups() -> Ints:
    return np.array(["AB".index(row["grp"]) for row in rows("likert.csv")])


def test_alpha_and_its_interval_are_those_of_psych() -> None:
    found = alpha(columns(*ITEMS))
    assert (found.low, found.estimate, found.high) == pytest.approx(reference()["alpha_feldt"], rel=1e-12)
    assert (found.n, found.left_out, found.items, found.against) == (600, 0, 6, ())


def test_items_in_the_scale_are_those_of_psych() -> None:
    found = items_in_scale(columns(*ITEMS))
    assert [item.alpha_without for item in found] == pytest.approx(reference()["alpha_drop"], rel=1e-12)
    assert [item.rest for item in found] == pytest.approx(reference()["item_rest_r"], rel=1e-12)


def test_weighted_alpha_is_that_of_svycralpha() -> None:
    found = alpha(columns(*ITEMS), columns("w")[:, 0])
    assert found.estimate == pytest.approx(reference()["weighted_alpha_svycralpha"], rel=1e-12)
    assert "weighted" in found.method


def test_alpha_below_zero_is_that_of_svycralpha() -> None:
    """Items that do not belong together: alpha is negative and is told as it is."""
    told = json.loads((FOLDER / "survey.json").read_text())["cralpha"]
    found = alpha(columns(*told["items"], of="apistrat.csv"), columns("pw", of="apistrat.csv")[:, 0])
    assert found.estimate == pytest.approx(told["alpha"], rel=1e-12)
    assert found.against == (1, 2, 5)


def test_a_reversed_item_left_unreversed_is_named() -> None:
    assert alpha(columns("q1", "q2", "q3", "q4", "q5", "q6r")).against == (6,)


def test_omega_and_its_factor_are_those_of_lavaan() -> None:
    fitted, told = fit([moments(columns(*ITEMS))]), reference()
    assert fitted.loadings[0] == pytest.approx(told["cfa_loadings"], rel=1e-6)
    assert fitted.unique[0] == pytest.approx(told["cfa_theta"], rel=1e-6)
    assert omega(columns(*ITEMS)).estimate == pytest.approx(told["omega_cfa_cov"], rel=1e-6)
    assert fitted.chi_square == pytest.approx(told["cfa_fit"]["chisq"], rel=1e-9)
    assert (fitted.df, fitted.cfi, fitted.rmsea) == tuple(told["cfa_fit"][key] for key in ("df", "cfi", "rmsea"))
    assert fitted.srmr == pytest.approx(told["cfa_fit"]["srmr"], rel=1e-6)


def test_minres_is_that_of_psych() -> None:
    found, told = minres(columns(*ITEMS)), np.array(reference()["minres_loadings"])
    assert found.loadings == pytest.approx(told, rel=2e-5)
    assert found.omega == pytest.approx(reference()["omega_total_minres_cor"], rel=1e-6)
    correlation = np.corrcoef(columns(*ITEMS).T)
    off = np.triu_indices(6, 1)
    squares = [np.sum((correlation - np.outer(each, each))[off] ** 2) for each in (found.loadings, told)]
    assert squares[0] < squares[1]


@pytest.mark.parametrize("level", ["configural", "metric", "scalar"])
def test_invariance_is_that_of_lavaan(level: Level) -> None:
    told = reference()["invariance"][level]
    fitted = fit([moments(columns(*ITEMS)[groups() == code]) for code in (0, 1)], level)
    assert fitted.chi_square == pytest.approx(told["chisq"], rel=1e-9)
    assert (fitted.df, fitted.cfi, fitted.rmsea) == (told["df"], told["cfi"], told["rmsea"])
    assert fitted.srmr == pytest.approx(told["srmr"], rel=1e-6)


def test_the_verdict_on_these_two_groups() -> None:
    """Differences of the chi-squares above: 7.21 on 5, then 2.76 on 5; CFI stays at 1."""
    found, told = compare(columns(*ITEMS), groups(), ("A", "B")), reference()["invariance"]
    rises = [told["metric"]["chisq"] - told["configural"]["chisq"], told["scalar"]["chisq"] - told["metric"]["chisq"]]
    assert [step.chi_square for step in found.steps] == pytest.approx(rises, rel=1e-8)
    assert [step.df for step in found.steps] == [5, 5]
    assert (found.verdict, found.n) == ("comparable", (316, 284))


def test_a_scale_of_real_people_across_regions() -> None:
    """Immigration (European Social Survey 9, Great Britain, no weights came with the file): three items, 12 regions.

    Counts are taken from the file here; two regions are too small to be told apart from the rest.
    """
    path = SHARED / "trust-survey" / "ess9_great_britain.csv"
    with path.open() as file:
        people = list(csv.DictReader(file))
    names = ("imbgeco", "imueclt", "imwbcnt")
    items = np.array([[float(row[name] or "nan") for name in names] for row in people])
    labels = sorted({row["region"] for row in people})
    found = of_communities(items, np.array([labels.index(row["region"]) for row in people]), labels)
    whole = [row["region"] for row in people if all(row[name] for name in names)]
    assert [each.n[0] for each in found] == [whole.count(label) for label in labels]
    assert {each.community for each in found if each.verdict == "cannot tell"} == {"Northern Ireland", "Wales"}
    assert {each.verdict for each in found} == {"comparable", "cannot tell"}
    assert alpha(items).n == len(whole) == 1850
    covariance = np.cov(items[~np.isnan(items).any(axis=1)].T)
    assert alpha(items).estimate == pytest.approx(1.5 * (1 - np.trace(covariance) / covariance.sum()), rel=1e-12)
