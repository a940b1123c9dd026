"""`fairhearing themes` from the command line: JSON, a list for people, and the files that other doors read."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from fairhearing.__main__ import run
from tests.helpers import SHARED, needs_shared

pytestmark = needs_shared
COMMENTS = SHARED / "austin-survey" / "comments.csv"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 600 of the real comments."""
    rows = rows_of(COMMENTS)[:600]
    path = tmp_path_factory.mktemp("themes") / "some.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_json_files_and_coding_fit_together(some: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    long, book = tmp_path / "coded.csv", tmp_path / "themes.csv"
    files = ["--responses-out", str(long), "--codebook-out", str(book)]
    assert run(["themes", str(some), "--text", "text", "--id", "id", "--themes", "15", *files, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(found["fates"].values()) == 600
    text = {row["id"]: row["text"] for row in rows_of(some)}
    wanted = {"theme", "parent", "label", "description", "responses", "distinct", "share", "stability", "terms",
              "differs", "quotes"}  # fmt: skip
    for theme in found["themes"]:
        assert wanted <= set(theme)
        for quote in theme["quotes"]:
            assert quote["exact"] == text[quote["response"]][quote["start"] : quote["end"]]
    rows = rows_of(long)
    assert list(rows[0]) == ["response", "theme", "similarity", "assigned_by"]
    assert len({row["response"] for row in rows}) >= found["fates"]["themed"]
    out = tmp_path / "by-codebook.csv"
    assert run(["code", str(some), "--text", "text", "--codebook", str(book), "--out", str(out)]) == 0
    names = {row["theme"] for row in rows_of(book)}
    assert {row["theme"] for row in rows_of(out)} <= names | {""}


def test_what_austin_is_known_to_talk_of_is_proposed(some: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["themes", str(some), "--text", "text", "--by", "Council_District"]) == 0
    told = capsys.readouterr().out
    assert "agreed by nobody yet" in told
    for words in ("traffic", "affordable housing", "property taxes", "public transportation"):
        assert words in told.lower()


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--themes", "0"], "there cannot be 0 themes"), (["--text", "nothing"], "there is no column 'nothing'")],
)
def test_a_mistake_has_a_cure(
    some: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:  # fmt: skip
    assert run(["themes", str(some), "--text", "text", *options, "--json"]) > 2
    error = json.loads(capsys.readouterr().out)
    assert words in error["what"]
    assert error["cure"]
