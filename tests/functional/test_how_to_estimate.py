"""Every command of the how-to page on estimates is carried out as it is printed, on the files the page shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairhearing.__main__ import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "estimate-from-a-survey.md"
BLOCKS = re.findall(r"^```(console|csv file)([^`]*)^```", PAGE.read_text(encoding="utf-8"), re.M)
COMMANDS = [
    line[2:] for kind, body in BLOCKS if kind == "console" for line in body.splitlines() if line.startswith("$ ")
]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for kind, body in BLOCKS:
        if kind == "csv file":
            name, _, text = body.partition("\n")
            (tmp_path / name.strip()).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("files")
def test_the_command_works(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    program, *words = command.split()
    assert program == "fairhearing"
    assert run(words) == 0, capsys.readouterr().err
    told = capsys.readouterr().out
    assert "everyone" in told
    assert "cannot tell" not in told


WORDS = ("total", "ratio", "quantile", "variance", "regression", "--differences", "linear", "logit", "poststratify")


@pytest.mark.parametrize("word", [*WORDS, "jackknife", "bootstrap", "--fpc"])
def test_the_page_shows_every_statistic_and_calibration(word: str) -> None:
    assert any(word in command for command in COMMANDS)
