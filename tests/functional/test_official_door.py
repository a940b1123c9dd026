"""`fairhearing official` and `bounds --share`: what the how-to says they print, and their mistakes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fairhearing import open_programme
from fairhearing.__main__ import run
from fairhearing.errors import BadInput

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "read-official-figures.md"


def files(folder: Path) -> tuple[Path, Path]:
    """The two files of the page, written as it shows them."""
    given = re.findall(r"^```csv\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    paths = folder / "figures.csv", folder / "shares.csv"
    for path, body in zip(paths, given, strict=True):
        path.write_text(body, encoding="utf-8")
    return paths


def asked(capsys: pytest.CaptureFixture[str], *words: object) -> Any:
    assert run([*map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_page_prints_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures, _shares = files(tmp_path)
    command, said = re.findall(r"^```console\n\$ (.*?)\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)[0]
    assert command == "fairhearing official figures.csv"
    assert run(["official", str(figures)]) == 0
    assert capsys.readouterr().out == said


def test_figures_come_as_rows_with_fates_that_sum_to_the_rows_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(capsys, "official", files(tmp_path)[0])
    assert set(found) == {"rows", "read", "fates", "set_aside", "breaks", "notes"}
    assert found["read"] == sum(found["fates"].values()) == 6
    assert found["fates"] == {"used": 5, "set aside": 0, "duplicate": 1, "refused": 0}
    assert found["rows"][3]["denominator_is"] == "age known"
    assert [each["period"] for each in found["breaks"]] == ["2024/25"]


def test_published_shares_have_bounds_and_their_change_cannot_be_established(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shares = files(tmp_path)[1]
    first, second, change = asked(
        capsys, "bounds", shares, "--share", "Muslim", "--unknown", "unknown", "--by", "year"
    )
    assert (first["bound_low"], first["bound_high"]) == pytest.approx((0.43, 0.75))
    assert (second["bound_low"], second["bound_high"]) == pytest.approx((0.264, 0.793))
    assert (first["known_only"], second["known_only"]) == pytest.approx((0.63, 0.56), abs=0.005)
    assert change["verdict"] == "cannot be established"


def test_answers_are_still_bounded_as_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("trust\n1\n0\n1\n-1\n-2\n", encoding="utf-8")
    (row,) = asked(capsys, "bounds", path, "--item", "trust", "--missing=-1,-2")
    assert (row["n"], row["unknown"], row["known_only"]) == (5, 2, pytest.approx(2 / 3))


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--share", "Muslim"],
        ["--unknown", "unknown"],
        ["--item", "Muslim", "--share", "Muslim", "--unknown", "unknown"],
        ["--share", "Muslim", "--unknown", "unknown", "--count", "n"],
    ],
    ids=["neither", "half", "the other half", "both", "what belongs to answers"],
)
def test_half_a_question_is_a_mistake_with_a_cure(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bounds", str(files(tmp_path)[1]), *words]) == BadInput.exit_code
    assert "name --item" in capsys.readouterr().err


def test_an_unknown_layout_names_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["official", str(files(tmp_path)[0]), "--layout", "wide"]) == BadInput.exit_code
    assert "choose one of: long, pas, tables" in capsys.readouterr().err


# --- and out of a programme -----------------------------------------------------------------------------------------


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = open_programme(folder).tables[table].arrow.to_pylist()
    return found


def test_what_was_planted_in_the_published_totals_is_found(example_run: Path) -> None:
    """The share seems to fall and nobody can know; one ratio holds whatever the unknown are, one does not."""
    verdicts = {row["disproportion"]: row["verdict"] for row in rows(example_run, "disproportions")}
    assert verdicts == {"referrals-per-resident": "above 1", "cases-of-referred": "cannot be established"}
    assert {row["verdict"] for row in rows(example_run, "share_changes")} == {"cannot be established"}
    runs = {(row["measure"], row["period"]): row["run"] for row in rows(example_run, "official_series")}
    assert [runs["cases", year] for year in ("2020/21", "2023/24", "2024/25", "2025/26")] == [1, 1, 2, 2]


def test_nobody_is_weighed_or_heard_through_published_totals(example_run: Path) -> None:
    """Totals are no respondents: no table about people has a row of this source."""
    for table in ("weighting", "coverage", "estimates", "gaps"):
        assert "referrals" not in {row["source"] for row in rows(example_run, table)}


def test_tables_of_published_totals_are_in_the_open_data_with_a_dictionary(example_run: Path) -> None:
    folder = example_run / "published" / "1" / "open-data"
    dictionary = (folder / "README.md").read_text(encoding="utf-8")
    for table in ("funnels", "known_shares", "share_changes", "official_series", "disproportions"):
        assert (folder / f"{table}.csv").is_file()
        assert f"## {table}.csv" in dictionary
