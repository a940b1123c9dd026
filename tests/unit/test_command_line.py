"""The command line as a script meets it: what it prints where, with which exit code, and never half a file."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fairhearing.__main__ import run

PEOPLE = "trust,area\n1,north\n0,north\n1,south\n1,south\n0,south\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a file with é.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = run([str(each) for each in arguments])
    return code, *capsys.readouterr()


def estimate(file: Path, *more: str | Path) -> tuple[str | Path, ...]:
    return ("estimate", file, "--item", "trust", "--by", "area", *more)


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys)
    assert (code, out) == (2, "")
    assert "start a programme folder" in err


@pytest.mark.parametrize("wrong", [["bogus"], ["run"], ["estimate", "x.csv"], ["votes", "a", "b"]])
def test_wrong_usage_is_json_where_asked(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, *wrong)
    assert (code, out) == (2, "")
    assert err.startswith("usage: fairhearing")
    code, out, err = said(capsys, *wrong, "--json")
    assert (code, err) == (2, "")
    assert json.loads(out).keys() == {"error", "what", "where", "cure", "exit_code"}


COMMANDS = [
    ("gather", ()), ("assess", ()), ("publish", ()), ("run", ()), ("verify", ()), ("question", ()), ("votes", ()),
    ("estimate", ("--item", "x")), ("record", ("r", "--claimed", "delivered", "--why", "x")),
]  # fmt: skip


@pytest.mark.parametrize(("command", "more"), COMMANDS)
def test_a_path_that_is_not_there_is_an_error_in_json(
    command: str, more: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, command, tmp_path / "not there", *more, "--json")
    error: dict[str, Any] = json.loads(out)
    assert (code, err) == (error["exit_code"], "")
    assert code in (3, 4)
    assert "not there" in error["where"]
    assert error["cure"]


def test_results_are_written_whole(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    out.write_text("what was there")
    assert said(capsys, *estimate(file, "--out", out)) == (0, "", "")
    code, printed, _ = said(capsys, *estimate(file, "--json"))
    assert code == 0
    assert out.read_text(encoding="utf-8") == printed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a file with é.csv", "out.json"]


def test_rows_as_csv_hold_lists_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "votes.csv").write_text("voter,statement,vote\n1,1,agree\n2,1,pass\n")
    assert said(capsys, "votes", tmp_path, "--out", tmp_path / "rows.csv")[0] == 0
    with (tmp_path / "rows.csv").open(newline="") as rows:
        (row,) = csv.DictReader(rows)
    assert json.loads(row["flags"]) == ["too few votes", "many passes"]


@pytest.mark.parametrize(("out", "what"), [("no/out.json", "its folder is not there"), ("", "this is a folder")])
def test_where_a_result_cannot_be_written(
    out: str, what: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed, err = said(capsys, *estimate(file, "--json", "--out", tmp_path / out))
    assert (code, err) == (4, "")
    assert what in json.loads(printed)["what"]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_no_traceback(file: Path, unbuffered: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:
        told = command(*estimate(file), stdout=full, PYTHONUNBUFFERED=unbuffered)
    assert told.returncode == 4
    assert told.stderr.startswith("fairhearing: the system refused to read or write: No space left")


def test_in_a_pipe_there_is_one_line_a_row_and_silence_beside_it(file: Path) -> None:
    told = command(*estimate(file), stdout=subprocess.PIPE)
    assert [line.split()[0] for line in told.stdout.splitlines()] == ["domain", "everyone", "north", "south"]
    assert told.stderr == ""


def test_an_old_locale_gets_the_same_json(file: Path) -> None:
    old = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    page = "Straße\n\nSession date:\nMay 1, 2010\nQuestion By:\nZoë\n\nAsked Of:\nThe Mayor\n\nWhy?\n"
    file.with_name("page.txt").write_text(page, encoding="utf-8")
    told = command("question", file.with_name("page.txt"), "--json", stdout=subprocess.PIPE, **old)
    assert json.loads(told.stdout)["asked_by"] == "Zoë"
    assert told.stdout.isascii()


def test_doctor_says_by_its_exit_code_whether_all_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "doctor")[0] == 0
    assert said(capsys, "doctor", tmp_path / "not there")[0] == 1


def test_help_and_mistakes_do_not_wait_for_the_arithmetic() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, fairhearing.__main__ as c; c.parser(); print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not {"scipy", "duckdb", "pyarrow", "fairhearing.main"} & set(told.stdout.split())


def test_ctrl_c_is_answered_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_folder: Path | None) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)

    monkeypatch.setattr("fairhearing.main.doctor", interrupted)
    code, out, err = said(capsys, "doctor")
    assert (code, out) == (130, "")
    assert err.startswith("Stopped. Nothing is half-written")


def command(*arguments: str | Path, stdout: Any, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fairhearing", *map(str, arguments)], stdout=stdout, stderr=subprocess.PIPE, text=True,
        check=False, env=os.environ | environment,
    )  # fmt: skip


CELLS = "area,people\nnorth,600\nsouth,400\n"


def test_the_door_to_small_communities(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Thirty from the north, six from the south: the south borrows, and its interval is narrower than alone."""
    people = ["area,trust", *["north,1"] * 18, *["north,0"] * 12, *["south,1"] * 4, *["south,0"] * 2]
    (tmp_path / "people.csv").write_text("\n".join(people))
    (tmp_path / "cells.csv").write_text(CELLS)
    door = ["pool", str(tmp_path / "people.csv"), "--item", "trust", "--by", "area"]
    door += ["--population", str(tmp_path / "cells.csv")]
    code, printed, err = said(capsys, *door, "--json")
    assert (code, err) == (0, "")
    rows = {row["domain"]: row for row in json.loads(printed)["rows"]}
    assert list(rows) == ["everyone", "area=north", "area=south"]
    south = rows["area=south"]
    assert (south["n"], south["population"]) == (6, 400)
    assert south["high"] - south["low"] < south["direct_high"] - south["direct_low"]
    assert said(capsys, *door, "--out", tmp_path / "out.csv")[0] == 0
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["domain"] for row in csv.DictReader(file)] == list(rows)


def test_small_communities_are_printed_with_what_to_look_at_before_relying_on_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    yes = {"north": 18, "east": 12, "south": 9, "west": 4}
    people = [f"{area},{int(k < yes[area])}" for area in yes for k in range(25)]
    (tmp_path / "people.csv").write_text("\n".join(["area,trust", *people, "north,", ",1"]))
    cells = [f"{area},100,{20 - count}" for area, count in yes.items()]
    (tmp_path / "cells.csv").write_text("\n".join(["area,people,deprivation", *cells]))
    door = [
        "pool",
        tmp_path / "people.csv",
        "--item",
        "trust",
        "--by",
        "area",
        "--population",
        tmp_path / "cells.csv",
    ]
    _code, printed, _err = said(capsys, *door, "--covariates", "deprivation")
    below = printed.split("\n\n")[1].splitlines()
    assert below[0] == "100 of 102 rows used; 1 no answer, 1 did not say: area"
    assert below[1].startswith("spread of area, in log odds: 0.")
    assert below[2].startswith("one standard deviation more of deprivation, in log odds: -0.")
    assert below[3].endswith("%")


def test_the_door_to_bounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """43 of 100 say yes, 25 say no, 32 are unknown: 63% of the known, and anything from 43% to 75%."""
    rows = ["answer,people", "1,43", "0,25", "unknown,32"]
    (tmp_path / "shares.csv").write_text("\n".join(rows))
    door = ["bounds", tmp_path / "shares.csv", "--item", "answer", "--missing", "unknown", "--count", "people"]
    code, printed, err = said(capsys, *door, "--json")
    assert (code, err) == (0, "")
    (row,) = json.loads(printed)
    assert (row["n"], row["unknown"]) == (100, 32)  # n: everybody asked
    assert (row["known_only"], row["bound_low"], row["bound_high"]) == pytest.approx((43 / 68, 0.43, 0.75))
    assert said(capsys, *door, "--ends", "1")[0] == 4


@pytest.mark.parametrize(
    "asked",
    [
        "estimate FILE --item (row)", "estimate FILE --item trust --by (row)", "bounds FILE --item (row)",
        "monitor FILE --item trust --period (row)", "themes FILE --text (row)", "duplicates FILE --text (row)",
        "themes FILE --text area --by (row)", "duplicates FILE --text area --id (row)",
        "pool FILE --item (row) --by area --population FILE", "effect FILE --outcome (row) --before trust",
        "code FILE --text (row) --codebook CODEBOOK", "prevalence FILE --human CODEBOOK --cluster (row)",
        "estimate FILE --item trust --weights (row)",
    ],
)  # fmt: skip
def test_the_numbers_of_rows_are_no_column_of_a_file(
    asked: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codebook = tmp_path / "codebook.csv"
    codebook.write_text("theme,response\nLight,1\n", encoding="utf-8")
    named = {"FILE": file, "CODEBOOK": codebook}
    code, out, err = said(capsys, *(named.get(word, word) for word in asked.split()))
    assert (code, out) == (4, "")
    assert "there is no column" in err and "What to do" in err
    assert "(row)" not in err.split("What to do")[1]
