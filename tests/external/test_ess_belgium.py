"""Trust in the police of 1,704 people in Belgium (European Social Survey round 5), against sums made by hand.

The extract has no weights, strata or clusters: the standard error of a mean is then the textbook s/√n, except that
whoever did not answer is part of the sample (n/(n-1) of all 1,704). Tolerance 1e-12: rounding of sums.
"""

from __future__ import annotations

import csv
from functools import cache
from math import sqrt
from statistics import fmean
from typing import Any

import pyarrow as pa
import pytest

from fairhearing.measure import STAGES, estimate_table
from fairhearing.programme import Programme
from fairhearing.tables import from_rows
from fairhearing.weigh import STAGE as WEIGH
from tests.helpers import SHARED, needs_shared, programme, run_stage

pytestmark = needs_shared

FILE = SHARED / "trust-survey" / "ess5_belgium.csv"
CATEGORIES = {
    "sex": ["female", "male"],
    "age": ["young", "middle", "older"],
    "income": ["comfortable", "coping", "difficult", "very_difficult"],
}


@cache
def respondents() -> tuple[dict[str, str], ...]:
    with FILE.open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def categories(row: dict[str, str]) -> dict[str, str | None]:
    age = float(row["agea"]) if row["agea"] else None
    feeling = int(float(row["hincfel"])) if row["hincfel"] else None
    return {
        "sex": "female" if row["female"] == "1" else "male",
        "age": None if age is None else "young" if age < 35 else "middle" if age < 60 else "older",
        "income": None if feeling is None else CATEGORIES["income"][feeling - 1],
    }


def belgium() -> Programme:
    characteristics = [
        {"id": id, "name": id, "categories": [{"id": each, "name": each} for each in names]}
        for id, names in CATEGORIES.items()
    ]
    item = {"id": "trust", "wording": "trust in the police", "low": 0, "high": 10}
    return programme(
        characteristics=characteristics,
        measures=[{"id": "trust", "name": "trust", "about": "trust", "report": "mean", "items": [item]}],
        sources=[{"id": "ess5", "file": FILE.name, "kind": "survey", "sample": "probability"}],
    )


@cache
def measured() -> dict[str, list[dict[str, Any]]]:
    rows = [
        {"source": "ess5", "row": number, "person": row["idno"], "weight": 1.0}
        | {f"c_{key}": value for key, value in categories(row).items()}
        | {"q_trust": float(row["trstplc"]) if row["trstplc"] else None}
        for number, row in enumerate(respondents(), 1)
    ]
    people = from_rows("people", rows)
    weighed = run_stage(WEIGH, belgium(), people=people)
    tables = {"people": people, "weights": weighed["weights"], "weighting": weighed["weighting"]}
    written = run_stage(STAGES[0], belgium(), **tables)
    return {name: table.to_pylist() for name, table in (weighed | written).items()}


def answers(key: str | None = None, category: str | None = None, *, rest: bool = False) -> list[float]:
    return [
        float(row["trstplc"])
        for row in respondents()
        if row["trstplc"] and (key is None or (categories(row)[key] == category) != rest)
    ]


def spread(values: list[float]) -> float:
    """Sum of squares about the mean, over n²."""
    middle = fmean(values)
    return sum((value - middle) ** 2 for value in values) / len(values) ** 2


@pytest.mark.parametrize("row", range(10))
def test_means_and_standard_errors(row: int) -> None:
    estimates = measured()["estimates"]
    assert len(estimates) == 10
    found = estimates[row]
    values = answers(found["characteristic"], found["community"])
    n = len(respondents())
    assert found["n"] == len(values)
    assert found["estimate"] == pytest.approx(fmean(values), rel=1e-12)
    assert found["se"] == pytest.approx(sqrt(spread(values) * n / (n - 1)), rel=1e-12)
    assert "the design effect is unknown and simple random sampling is assumed" in found["method"]


@pytest.mark.parametrize("row", range(9))
def test_gaps(row: int) -> None:
    """Without clusters nobody is in both groups, so the covariance comes from centring alone, and is zero here."""
    found = measured()["gaps"][row]
    here = answers(found["characteristic"], found["community"])
    there = answers(found["characteristic"], found["community"], rest=True)
    n = len(respondents())
    assert (found["n"], found["n_rest"]) == (len(here), len(there))
    assert found["gap"] == pytest.approx(fmean(here) - fmean(there), rel=1e-10)
    assert found["se"] == pytest.approx(sqrt((spread(here) + spread(there)) * n / (n - 1)), rel=1e-12)


def test_people_in_difficulty_trust_the_police_less() -> None:
    verdicts = {row["community"]: row["verdict"] for row in measured()["gaps"]}
    gaps = {row["community"]: row["gap"] for row in measured()["gaps"]}
    assert gaps["very_difficult"] < gaps["difficult"] < 0 < gaps["comfortable"]
    assert verdicts["comfortable"] in ("higher", "no difference that matters")


def test_the_direct_door_gives_the_same_numbers() -> None:
    table = pa.Table.from_pylist([dict(row) for row in respondents()])
    found = estimate_table(table, item="trstplc", by="female", margins=None, where=FILE.name).to_pylist()
    stage = measured()["estimates"]
    assert [row["domain"] for row in found] == ["everyone", "0", "1"]
    for one, other in zip(found, (stage[0], stage[2], stage[1]), strict=True):
        for key in ("n", "n_effective", "estimate", "se", "low", "high"):
            assert one[key] == pytest.approx(other[key], rel=1e-12), key


def test_nobody_was_weighed_and_it_is_said() -> None:
    assert (
        "not weighted to the population: no characteristic has population figures"
        in measured()["weighting"][0]["method"]
    )
