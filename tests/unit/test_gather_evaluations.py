"""Participants of an evaluation: two measurements and a group are taken in, and nothing else about anybody."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairhearing.doors.evaluating import effect
from fairhearing.errors import BadInput, BadProgramme, Refused
from fairhearing.gather import Gathered, read_source
from fairhearing.measure import STAGES
from fairhearing.programme import Source, read_programme
from tests.helpers import ascii_table, programme, run_stage

EFFECTS = next(stage for stage in STAGES if stage.name == "effects")
MAPPING = {"project": "Bridges", "before": "pre", "after": "post", "arm": "group", "control": "others"}
FILE = """pre,post,group,site,age
3,4,part,a,12
2,,part,a,13
3,3,others,b,14
,3,others,b,15
3,2,,b,16
x,2,part,a,17
"""


def gathered(folder: Path, text: str = FILE, **more: Any) -> Gathered:
    (folder / "bridges.csv").write_text(text, encoding="utf-8")
    source = Source(
        id="bridges", file="bridges.csv", kind="evaluation", sample="administrative", evaluation=MAPPING | more
    )
    return read_source(source, programme(), folder / "bridges.csv", key=b"secret", largest_file_mb=1)


def test_who_was_lost_stays_and_who_cannot_be_placed_is_set_aside(tmp_path: Path) -> None:
    found = gathered(tmp_path)
    fates = found.tables["fates"].to_pylist()
    assert [(row["fate"], row["reason"]) for row in fates] == [
        ("used", None), ("used", None), ("used", None), ("set aside", "no baseline"),
        ("set aside", "nobody knows in which group"), ("set aside", "before is not a number"),
    ]  # fmt: skip
    assert [row["after"] for row in found.tables["participants"].to_pylist()] == [4.0, None, 3.0]
    assert "3 participants used, 1 of them without an outcome" in found.notes


def test_nothing_else_about_anybody_is_taken_in(tmp_path: Path) -> None:
    found = gathered(tmp_path, cluster="site")
    assert found.tables["participants"].column_names == [
        "source", "row", "arm", "cluster", "before", "after", "covariates"
    ]  # fmt: skip
    assert found.tables["participants"]["cluster"].to_pylist() == [0, 0, 1]  # a number in the order met
    assert "1 column not mapped in programme.toml: never read" in found.notes


def test_drawn_by_lot_a_missing_baseline_is_no_reason_to_leave_somebody_out(tmp_path: Path) -> None:
    assert gathered(tmp_path, randomised=True).fates["used"] == 4


@pytest.mark.parametrize(
    ("text", "more", "says"),
    [
        (
            "surname,post\nx,1\n",
            {"before": "surname", "arm": None, "control": None},
            "identifies people|identify people",
        ),
        ("pre,post,group\n1,2,others\n1,2,someone@example.org\n", {}, "contact details"),
    ],
)
def test_what_identifies_people_is_refused(tmp_path: Path, text: str, more: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        gathered(tmp_path, text, **more)


@pytest.mark.parametrize(
    ("more", "says"), [({"before": "prae"}, "no column 'prae'"), ({"control": "other"}, "never says 'other'")]
)
def test_a_mapping_that_does_not_fit_says_what_would(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says) as error:
        gathered(tmp_path, **more)
    assert "did you mean" in error.value.cure


DECLARED = """
declared                                          | says
evaluation.after = "a"                            | evaluation.project
                                                  | needs [sources.evaluation]
evaluation = {project = "x", after = "a", arm = "g"}   | need each other
evaluation = {project = "x", after = "a", randomised = true} | nobody to compare with
evaluation = {project = "x", after = "a", retrospective = true} | a baseline asked afterwards
evaluation = {project = "x", after = "a", activity = "nn"} | there is no activity 'nn'
"""


@pytest.mark.parametrize("case", ascii_table(DECLARED), ids=lambda case: case["declared"])
def test_a_declaration_that_cannot_be_is_told_with_its_line(tmp_path: Path, case: dict[str, str]) -> None:
    file = tmp_path / "programme.toml"
    file.write_text(
        '[programme]\nid = "p"\nname = "P"\nabout = "P."\n[[objectives]]\nid = "o"\ntext = "O"\n'
        '[[activities]]\nid = "a"\nname = "A"\nobjective = "o"\n[rules]\nfixed_on = 2026-01-01\n'
        '[[sources]]\nid = "s"\nfile = "f.csv"\nkind = "evaluation"\nsample = "administrative"\n'
        f"{case['declared']}\n",
        encoding="utf-8",
    )
    with pytest.raises(BadProgramme) as error:
        read_programme(file)
    assert case["says"] in str(error.value)
    assert "line" in str(error.value)


# --- through the stage ------------------------------------------------------------------------------------------


def through(folder: Path, text: str, **more: Any) -> dict[str, list[dict[str, Any]]]:
    tables = gathered(folder, text, **more).tables
    source = {"id": "bridges", "file": "bridges.csv", "kind": "evaluation", "sample": "administrative",
              "evaluation": MAPPING | more}  # fmt: skip
    theories = [{"project": "bridges", "mechanism": "talk"}]
    written = run_stage(EFFECTS, programme(sources=[source], theories=theories), participants=tables["participants"])
    return {name: table.to_pylist() for name, table in written.items()}


def test_rows_of_participants_and_figures_of_the_same_people_say_the_same(tmp_path: Path) -> None:
    """Before and after alone: the raw change and its r, against the figures a project would report."""
    pairs = [(3, 4), (2, 2), (4, 5), (3, 3), (1, 3), (2, 4), (5, 5), (3, 5), (2, 3), (4, 4)]
    text = "pre,post\n" + "".join(f"{before},{after}\n" for before, after in pairs)
    (row,) = through(tmp_path, text, arm=None, control=None)["effects"]
    assert row["raw"] == pytest.approx(0.9)
    assert (row["level"], row["n"], row["baseline"], row["lost"]) == (1, 10, "before", 0.0)
    before, after = zip(*pairs, strict=True)
    assert row["r"] == pytest.approx(statistics.correlation(before, after))


def test_no_baseline_no_effect_and_a_review_instead(tmp_path: Path) -> None:
    tables = through(tmp_path, "post\n4\n5\n3\n", arm=None, control=None, before=None)
    (row,) = tables["effects"]
    assert (row["effect"], row["verdict"], row["level"]) == (None, "not known", 0)
    assert row["cannot_tell"].startswith("no baseline, no effect claimed")
    (theory,) = tables["theories"]
    assert (theory["no_effect"], theory["mechanism"], theory["context"]) == (True, "talk", None)


def test_a_method_tells_no_count(tmp_path: Path) -> None:
    """Counts of people are protected in their own columns; words would tell them past disclosure control."""
    text = "pre,post,group\n" + "".join(
        f"{at % 4},{(at * 7) % 5},{'part' if at % 2 else 'others'}\n" for at in range(40)
    )
    (row,) = through(tmp_path, text)["effects"]
    for key in ("method", "why_level", "tipping"):
        assert "20" not in row[key]
        assert "40" not in row[key]


# --- as teams keep them: waves, words, what else was known ----------------------------------------------------------

LONG = """person,when,group,answer,age band
p1,Before,part,Rarely,11-15
p1,After,part,Often,11-15
p2,Before,others,Never,16-17
p2,after ,others,Rarely,16-17
p3,Before,part,Sometimes,11-15
p4,After,part,Often,11-15
p5,Before,part,Never,16-17
p5,After,others,Never,16-17
p2,After,others,Often,16-17
p6,Interim,others,Often,16-17
,After,part,Often,11-15
p7,Before,others,Maybe,11-15
"""
WAVES = {
    "before": None, "after": "answer", "person": "person", "wave": "when", "waves": ["Before", "After"],
    "words": ["Never", "Rarely", "Sometimes", "Often"], "covariates": ["age band"],
}  # fmt: skip


def test_a_row_for_each_person_and_wave_becomes_a_row_a_person(tmp_path: Path) -> None:
    found = gathered(tmp_path, LONG, **WAVES)
    kept = [(row["row"], row["arm"], row["before"], row["after"]) for row in found.tables["participants"].to_pylist()]
    assert kept == [(1, "part", 2.0, 4.0), (3, "others", 1.0, 2.0), (5, "part", 3.0, None)]
    reasons = {row["row"]: row["reason"] for row in found.tables["fates"].to_pylist() if row["fate"] == "set aside"}
    assert reasons == {
        6: "no baseline",
        7: "the two waves do not agree on the arm",
        8: "the two waves do not agree on the arm",
        9: "a second row of the same person at After: the first is used",
        10: "of another wave (Interim)",
        11: "nobody knows whose row it is",
        12: "before is not a number, and none of the declared words",
    }
    assert found.rows == 12


def test_whose_row_it_is_is_never_kept(tmp_path: Path) -> None:
    table = gathered(tmp_path, LONG, **WAVES).tables["participants"]
    assert not any(f"p{number}" in str(table.to_pylist()) for number in range(1, 8))


def test_a_wave_that_the_file_has_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as error:
        gathered(tmp_path, LONG, **WAVES | {"waves": ["Befor", "After"]})
    assert (error.value.what, error.value.cure) == ("there is no wave 'Befor'", "did you mean 'Before'?")


def test_a_programme_adjusts_for_what_was_known_before_as_the_direct_door_does(tmp_path: Path) -> None:
    """The same file through both doors; ages differ between the groups and go with the outcome."""
    rng = np.random.default_rng(31)
    rows = ["age,pre,post,group"]
    for number in range(120):
        part, old = number % 2, rng.random() < 0.4 + 0.2 * (number % 2)
        before = rng.normal(3, 1) + 0.5 * old
        rows.append(f"{'16-17' if old else '11-15'},{before:.2f},{before + old + rng.normal(0.3 * part, 0.5):.2f},"
                    f"{'part' if part else 'others'}")  # fmt: skip
    text = "\n".join(rows) + "\n"
    (row,) = through(tmp_path, text, covariates=["age"])["effects"]
    (direct,) = effect(
        tmp_path / "bridges.csv", outcome="post", before="pre", arm="group", control="others", covariates=["age"]
    ).rows
    (without,) = through(tmp_path, text)["effects"]
    assert row["effect"] == pytest.approx(direct["effect"], rel=1e-12)
    assert row["se"] == pytest.approx(direct["se"], rel=1e-12)
    assert "adjusted for age 16-17" in row["method"]
    assert "age 16-17" in row["balance"]
    assert row["effect"] < without["effect"] - 0.05


def test_a_project_of_whom_nobody_can_be_used_is_not_known_and_not_missing(tmp_path: Path) -> None:
    (row,) = through(tmp_path, "pre,post,group\nlow,high,part\nlow,low,others\n")["effects"]
    assert (row["project"], row["n"], row["effect"], row["verdict"]) == ("Bridges", 0, None, "not known")
    assert row["cannot_tell"] == "no row of its file could be used; `fates` say why"
