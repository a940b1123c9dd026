"""The worked example `docs/explanation/worked-example-trust-belgium.md`: every table in it is computed here from the
real answers, by the stages and doors a user has, and must stand there as computed.

Reliability is computed a second time, by the textbook formula on pandas' covariances; the bounds by counting.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fairhearing._wording import between, points, with_interval
from fairhearing.measure import STAGES
from fairhearing.programme import Programme
from fairhearing.tables import from_rows
from fairhearing.weigh import STAGE as WEIGH
from tests.external.test_ess_belgium import measured as belgium
from tests.helpers import SHARED, needs_shared, programme, run_stage

pytestmark = needs_shared

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "worked-example-trust-belgium.md"
BRITAIN = SHARED / "trust-survey" / "ess9_great_britain.csv"
ITEMS = ("imbgeco", "imueclt", "imwbcnt")
NAMES = {
    "female": "Women", "male": "Men", "young": "Under 35", "middle": "35 to 59", "older": "60 and over",
    "comfortable": "Living comfortably", "coping": "Coping", "difficult": "Finding it difficult",
    "very_difficult": "Finding it very difficult",
}  # fmt: skip


def test_the_answers_are_those_described() -> None:
    trust = pd.read_csv(SHARED / "trust-survey" / "ess5_belgium.csv")["trstplc"]
    assert (len(trust), int(trust.isna().sum())) == (1704, 3)
    frame = pd.read_csv(BRITAIN)
    assert (len(frame), frame["region"].nunique(), len(frame[list(ITEMS)].dropna())) == (1905, 12, 1850)


# --- Belgium ----------------------------------------------------------------------------------------------------


def trust() -> list[str]:
    rows = belgium()["estimates"]
    return [
        f"| {NAMES.get(row['community'], 'Everyone')} | {row['n']:,} | "
        f"{with_interval(row['estimate'], row['low'], row['high'], scale='fine')} | {row['missing']} | "
        f"{row['bound_low']:.2f} to {row['bound_high']:.2f} |"
        for row in rows
    ]


def gaps() -> list[str]:
    """A gap is told where the rule fixed beforehand lets it; else it cannot be."""
    words = {"no difference that matters": "no difference that matters", "cannot tell": "cannot tell"}
    lines = []
    for row in belgium()["gaps"]:
        ends = "no interval" if row["low"] is None else between(row["low"], row["high"], scale="fine")
        told = words.get(row["verdict"], row["verdict"])
        size = f"{row['gap']:+.2f} ({ends})".replace("-", "−")
        undo = "nothing" if row["flips_at"] is None else f"an average of {row['flips_at']:.1f}"
        lines.append(f"| {NAMES[row['community']]} | {size} | {row['p_adjusted']:.3f} | {told} | {undo} |")
    return lines


def test_bounds_against_counting() -> None:
    """Three people did not answer: all at 0, or all at 10."""
    answers = pd.read_csv(SHARED / "trust-survey" / "ess5_belgium.csv")["trstplc"]
    everyone = belgium()["estimates"][0]
    ends = [(answers.sum() + 3 * end) / 1704 for end in (0, 10)]
    assert [everyone["bound_low"], everyone["bound_high"]] == pytest.approx(ends)


def test_no_weights_came_with_the_file_and_it_is_said() -> None:
    assert all("the design effect is unknown" in row["method"] for row in belgium()["estimates"])
    assert all("one question, of which it cannot be tested" in row["method"] for row in belgium()["gaps"])


# --- Great Britain ----------------------------------------------------------------------------------------------


@cache
def respondents() -> tuple[dict[str, str], ...]:
    with BRITAIN.open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def regions() -> dict[str, str]:
    """id → name, in the order of the alphabet."""
    names = sorted({row["region"] for row in respondents()})
    return {name.lower().replace(" (england)", "").replace(" ", "_"): name for name in names}


def britain() -> Programme:
    items = [{"id": item, "wording": f"{item} (wording not in the extract)", "low": 0, "high": 10} for item in ITEMS]
    region = {"id": "region", "name": "Region", "categories": [{"id": k, "name": n} for k, n in regions().items()]}
    measure = {"id": "immigration", "name": "welcome of immigration", "report": "mean", "items": items}
    source = {"id": "ess9", "file": BRITAIN.name, "kind": "survey", "sample": "probability"}
    source["columns"] = {"characteristics": {"region": "region"}}  # type: ignore[assignment]
    return programme(characteristics=[region], measures=[measure | {"answer_at_least": 3}], sources=[source])


@cache
def measured() -> dict[str, list[dict[str, Any]]]:
    ids = {name: id for id, name in regions().items()}
    rows = [
        {"source": "ess9", "row": number, "person": str(number), "weight": 1.0, "c_region": ids[row["region"]]}
        | {f"q_{item}": float(row[item]) if row[item] else None for item in ITEMS}
        for number, row in enumerate(respondents(), 1)
    ]
    people = from_rows("people", rows)
    weighed = run_stage(WEIGH, britain(), people=people)
    tables = {"people": people, "weights": weighed["weights"], "weighting": weighed["weighting"]}
    return {name: each.to_pylist() for name, each in run_stage(STAGES[0], britain(), **tables).items()}


def test_alpha_is_the_textbooks() -> None:
    """k/(k-1)·(1 - Σ variances / variance of the sum), from pandas."""
    whole = pd.read_csv(BRITAIN)[list(ITEMS)].dropna()
    expected = 1.5 * (1 - whole.var().sum() / whole.sum(axis=1).var())
    assert measured()["scales"][0]["alpha"] == pytest.approx(expected, rel=1e-12)


def reliability() -> list[str]:
    row = measured()["scales"][0]
    return [
        f"| people who answered all three | {row['n']:,} of {row['n'] + row['left_out']:,} |",
        f"| Cronbach's alpha | {with_interval(row['alpha'], row['alpha_low'], row['alpha_high'], scale='fine')} |",
        f"| McDonald's omega | {with_interval(row['omega'], row['omega_low'], row['omega_high'], scale='fine')} |",
        f"| goes least with the others | {row['weakest']}: correlation {row['weakest_rest']:.2f} |",
        f"| alpha without it | {row['alpha_without']:.2f} |",
    ]


def invariance() -> list[str]:
    """A line a region: both levels, then whether its mean may be compared."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in measured()["invariance"]:
        found.setdefault(row["community"], {})[row["level"]] = row
    lines = []
    for id, name in regions().items():
        levels = found[id]
        told = [
            "–" if level["p_adjusted"] is None else f"p {level['p_adjusted']:.2f}, {max(level['cfi_fall'], 0):.3f}"
            for level in (levels["metric"], levels["scalar"])
        ]
        lines.append(f"| {name} | {levels['scalar']['n']} | {told[0]} | {told[1]} | {levels['scalar']['verdict']} |")
    return lines


def regional_gaps() -> list[str]:
    """Regions of which anything is found."""
    lines = []
    for row in measured()["gaps"]:
        if row["verdict"] in ("higher", "lower"):
            ends = between(row["low"], row["high"], scale="fine")
            size = f"{row['verdict']} by {points(row['gap'], scale='fine')} ({ends})"
            lines.append(f"| {regions()[row['community']]} | {row['n']} | {size} | {row['comparable']} |")
    return lines


def test_too_few_people_is_told_of_the_two_smallest() -> None:
    """Wales (90) and Northern Ireland (62) have fewer than 100 people altogether."""
    untold = {row["community"] for row in measured()["invariance"] if row["verdict"] == "cannot tell"}
    assert {"wales", "northern_ireland"} <= untold


# --- the page ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table", [trust, gaps, reliability, invariance, regional_gaps], ids=lambda function: function.__name__
)
def test_the_page_says_what_is_computed(table: Callable[[], list[str]]) -> None:
    assert "\n".join(table()) in PAGE.read_text(encoding="utf-8"), "\n".join(["the table is:", *table()])


def test_the_page_says_in_words_what_is_computed() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    tests = sum(row["p_adjusted"] is not None for row in measured()["invariance"])
    assert measured()["scales"][0]["says"] in page
    assert f"adjusted for the {tests} tests made" in page
    assert "7 did not say how they live on their income" in page
    missing = pd.read_csv(SHARED / "trust-survey" / "ess5_belgium.csv")[["hincfel", "agea"]].isna().sum()
    assert missing.to_dict() == {"hincfel": 7, "agea": 0}
