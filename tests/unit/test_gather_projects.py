"""Results of projects: aggregates in, rows about participants refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhearing.errors import BadInput, Refused
from fairhearing.gather import Gathered, read_source
from fairhearing.programme import Source
from tests.helpers import programme

HEADER = "project,activity,instrument,design,higher_is,n,mean_pre,mean_post,sd_pre,sd_post,r,reach,cost\n"


def gathered(folder: Path, text: str) -> Gathered:
    path = folder / "projects.csv"
    path.write_text(text, encoding="utf-8")
    source = Source(id="fund", file="projects.csv", kind="projects", sample="administrative")
    return read_source(source, programme(), path, key=b"secret", largest_file_mb=1)


def test_a_result_becomes_a_row(tmp_path: Path) -> None:
    text = HEADER + 'Youth forum,referral,Belonging,pre-post,better,40,3.1,3.4,0.9,,0.5,"1,200","£5,000"\n'
    row = gathered(tmp_path, text).tables["projects"].to_pylist()[0]
    assert {name: row[name] for name in ("n", "mean_post", "sd_post", "r", "reach", "cost", "n_comparison")} == {
        "n": 40, "mean_post": 3.4, "sd_post": None, "r": 0.5, "reach": 1200, "cost": 5000.0, "n_comparison": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "fate", "reason"),
    [
        ("A,referral,B,Pre post,better,40,3,3,1,1,.5,9,9", "used", None),
        ("A,,,none,,,,,,,,9,9", "used", None),
        ("A,,,,,,,,,,,9,9", "used", None),
        (",,B,pre-post,better,40,3,3,1,1,.5,9,9", "set aside", "no project is named"),
        ("A,referal,B,pre-post,better,40,3,3,1,1,.5,9,9", "set aside", "did you mean 'referral'?"),
        ("A,,B,magic,better,40,3,3,1,1,.5,9,9", "set aside", "the design is none of"),
        ("A,,B,pre-post,,40,3,3,1,1,.5,9,9", "set aside", "higher_is must say better or worse"),
        ("A,,B,pre-post,better,1,3,3,1,1,.5,9,9", "set aside", "n is below 2"),
        ("A,,B,pre-post,better,2.5,3,3,1,1,.5,9,9", "set aside", "n is not a whole number"),
        ("A,,B,pre-post,better,40,x,3,1,1,.5,9,9", "set aside", "mean_pre is not a number"),
        ("A,,B,pre-post,better,40,3,3,-1,1,.5,9,9", "set aside", "sd_pre is below 0"),
        ("A,,B,pre-post,better,40,3,3,1,1,1.5,9,9", "set aside", "r is not a correlation"),
        ("A,,a@example.org,pre-post,better,40,3,3,1,1,.5,9,9", "set aside", "contact details"),
        ("A,,B,pre-post,better,40,3,3,1,1,.5,9", "set aside", "12 cells where the header has 13"),
    ],
)
def test_a_row_is_used_or_set_aside_with_a_reason(tmp_path: Path, row: str, fate: str, reason: str | None) -> None:
    found = gathered(tmp_path, HEADER + row + "\n")
    (told,) = found.tables["fates"].to_pylist()
    assert told["fate"] == fate
    assert told["reason"] is None if reason is None else reason in told["reason"]
    assert found.tables["projects"].num_rows == (fate == "used")


def test_the_same_project_and_instrument_twice_is_a_duplicate(tmp_path: Path) -> None:
    row = "A,,B,pre-post,better,40,3,3,1,1,.5,9,9\n"
    found = gathered(tmp_path, HEADER + row + row.lower())
    assert found.fates == {"used": 1, "set aside": 0, "duplicate": 1, "refused": 0}


@pytest.mark.parametrize(
    "text",
    [
        "project,design,Participant ID,mean_pre\nA,pre-post,1,3\n",
        "project,design,surname\nA,pre-post,x\n",
        "project,design,age,n\nA,pre-post,9,3\n",
        "project,design,n\nA,none,1\nA,none,1\nB,none,1\nC,none,30\n",
    ],
)
def test_rows_about_participants_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused, match="participant"):
        gathered(tmp_path, text)


def test_project_and_design_are_needed(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no column 'design'"):
        gathered(tmp_path, "project,n\nA,3\n")
