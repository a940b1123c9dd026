"""Every command of the how-to page on evaluations is carried out as it is printed, on the files the page shows."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from fairhearing.__main__ import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "evaluate-a-project.md"
BLOCKS = re.findall(r"^```(console|csv file)([^`]*)^```", PAGE.read_text(encoding="utf-8"), re.M)
COMMANDS = [
    shlex.split(line[2:])[1:]
    for kind, body in BLOCKS
    if kind == "console"
    for line in body.splitlines()
    if line.startswith("$ fairhearing ")
]
DESIGNS = [
    "before and after with a comparison group", "randomised, wait-list", "retrospective pretest",
    "before and after with a comparison group", "difference in differences",
]  # fmt: skip


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for kind, body in BLOCKS:
        if kind == "csv file":
            name, _, text = body.strip().partition("\n")
            (tmp_path / name.strip()).write_text(text + "\n", encoding="utf-8")


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run([*words, "--json"]) == 0, capsys.readouterr().err
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize("at", range(len(DESIGNS)))
def test_each_shape_is_read_and_its_design_found(at: int, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(COMMANDS[at], capsys)
    (row,) = found["rows"]
    assert row["design"] == DESIGNS[at]
    assert row["low"] < row["effect"] < row["high"]
    assert not any("lies far" in warning for warning in row["warnings"])


def test_people_who_never_came_back_count_as_lost_in_both_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    wide, long = told(COMMANDS[0], capsys)["rows"][0], told(COMMANDS[3], capsys)["rows"][0]
    assert wide["lost"] == long["lost"] == pytest.approx(2 / 24)


def test_results_are_pooled_each_kind_of_baseline_apart(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(COMMANDS[5], capsys)
    assert [(pool["baseline"], pool["k"]) for pool in found["pools"]] == [("afterwards", 3), ("before", 5)]
