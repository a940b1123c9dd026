"""The complete run over real data: every row has a fate, the report is written, a reviewer can derive it again."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from fairhearing import main, open_programme
from tests import real_programmes
from tests.helpers import SHARED, needs_shared

pytestmark = needs_shared


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return open_programme(folder).tables[table].arrow.to_pylist()


@pytest.fixture(scope="module", params=["london_youth", "austin", "belgium", "great_britain"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    build: Callable[[Path], Path] = getattr(real_programmes, request.param)
    made = build(tmp_path_factory.mktemp(request.param))
    main.run(made)
    return made


def test_every_row_has_one_fate(folder: Path) -> None:
    gathered = {source["source"]: source for source in main.gather(folder).sources}
    fates = Counter((row["source"]) for row in rows(folder, "fates"))
    assert fates == {source: row["rows"] for source, row in gathered.items()}
    for row in gathered.values():
        assert sum(row["fates"].values()) == row["rows"]


def test_the_reviewer_derives_every_table_and_the_report_again(folder: Path) -> None:
    verified = main.verify(folder)
    assert verified.edition is not None
    assert verified.tables == {name: len(view) for name, view in open_programme(folder).tables.items()}


def test_the_report_names_the_programme(folder: Path) -> None:
    report = Path(main.publish(folder).report).read_text(encoding="utf-8")
    assert open_programme(folder).programme.programme.name.replace("'", "&#39;") in report
    assert "<script" not in report


# --- what each should say -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def youth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = real_programmes.london_youth(tmp_path_factory.mktemp("youth"))
    main.run(made)
    return made


def test_young_londoners_are_counted_by_what_they_said_they_are(youth: Path) -> None:
    """Independently from the matrix: who agreed with a statement that declares a characteristic, and nothing else."""
    with (SHARED / "polis" / "london.youth.policing" / "participants-votes.csv").open(encoding="utf-8") as file:
        voters = list(csv.DictReader(file))
    women = sum(row["6"] == "1" and row["5"] != "1" for row in voters)
    coverage = {
        (r["characteristic"], r["community"]): r for r in rows(youth, "coverage") if r["source"] == "conversation"
    }
    assert coverage["gender", "female"]["heard"] == women
    assert sum(row["heard"] for key, row in coverage.items() if key[0] == "gender") == len(voters) == 26


def test_demographic_statements_are_not_opinions(youth: Path) -> None:
    statements = {row["statement"] for row in rows(youth, "statements")}
    assert statements.isdisjoint({"5", "6", "9", "10", "11", "12"})
    assert {"18", "20", "38"} <= statements


def test_the_question_that_started_all_this_is_on_the_record(youth: Path) -> None:
    (record,) = rows(youth, "record")
    assert record["title"] == "Positive Image and Countering Violent Extremism"
    assert str(record["session_date"]) == "2019-02-25"
    assert record["asked_by"] == "Jennette Arnold OBE"
    assert record["answered_by"] == "The Mayor"
    assert record["answer"].startswith("I asked my Countering Violent Extremism (CVE) programme")


@pytest.fixture(scope="module")
def austin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = real_programmes.austin(tmp_path_factory.mktemp("austin"))
    main.run(made)
    return made


def test_a_consultation_has_rounds_and_districts(austin: Path) -> None:
    with (SHARED / "austin-survey" / "comments.csv").open(encoding="utf-8-sig") as file:
        comments = list(csv.DictReader(file))
    heard = {
        (row["round"], row["community"]): row["heard"]
        for row in rows(austin, "coverage")
        if row["characteristic"] == "district" and row["community"]
    }
    assert heard == Counter((f"y{row['year']}", f"d{row['Council_District']}") for row in comments)


def test_every_comment_is_read_or_said_not_to_be(austin: Path) -> None:
    with_text = sum(row["fate"] == "used" for row in rows(austin, "fates"))
    assert len(rows(austin, "readings")) == with_text
    assert {row["reading"] for row in rows(austin, "readings")} <= {
        "themed", "other", "uninformative", "duplicate", "not yet read"
    }  # fmt: skip


@pytest.fixture(scope="module")
def belgium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = real_programmes.belgium(tmp_path_factory.mktemp("belgium"))
    main.run(made)
    return made


def test_trust_in_belgium_is_the_plain_mean_and_says_that_weights_are_missing(belgium: Path) -> None:
    with (SHARED / "trust-survey" / "ess5_belgium.csv").open(encoding="utf-8") as file:
        people = list(csv.DictReader(file))
    answers = [float(row["trstplc"]) for row in people if row["trstplc"]]
    women = [float(row["trstplc"]) for row in people if row["trstplc"] and row["female"] == "1"]
    estimates = {row["community"]: row for row in rows(belgium, "estimates")}
    assert estimates[None]["n"] == len(answers) == 1701
    assert estimates[None]["missing"] == 3
    assert estimates[None]["estimate"] == pytest.approx(fmean(answers), abs=1e-12)
    assert estimates["female"]["estimate"] == pytest.approx(fmean(women), abs=1e-12)
    assert estimates[None]["bound_low"] < estimates[None]["estimate"] < estimates[None]["bound_high"]
    assert "design effect is unknown" in estimates[None]["method"]


def test_gaps_in_belgium_are_judged_not_just_drawn(belgium: Path) -> None:
    gaps = {row["community"]: row for row in rows(belgium, "gaps")}
    assert set(gaps) == {
        "female", "male", "young", "middle", "older", "comfortable", "coping", "difficult", "very_difficult"
    }  # fmt: skip
    for row in gaps.values():
        assert row["verdict"] in {"lower", "higher", "no difference that matters", "cannot tell"}
        if row["low"] < 0 < row["high"]:
            assert row["verdict"] not in {"lower", "higher"}
    assert gaps["female"]["gap"] == pytest.approx(-gaps["male"]["gap"], abs=1e-12)


def test_twelve_regions_of_great_britain(tmp_path: Path) -> None:
    folder = real_programmes.great_britain(tmp_path)
    main.gather(folder)
    main.assess(folder)
    regions = [row for row in rows(folder, "estimates") if row["characteristic"] == "region"]
    assert len(regions) == 12
    assert sum(row["n"] + row["missing"] for row in regions) == 1905
