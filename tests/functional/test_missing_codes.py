"""A code that means “no answer” is no answer in any command on one file: -9 is not added to a mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairhearing.doors.measuring import estimate, monitor, pool

ANSWERS = "score,grp,month\n" + "".join(
    f"{score},{'ab'[k % 2]},2026-0{1 + k // 6}\n" for k, score in enumerate([1, 2, 3, 4, 5, -9, 2, 3, 4, 5, 3, -9])
)
KNOWN = 32 / 10
SAID = "2 cells of score hold -9: read as no answer"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    path.write_text(ANSWERS, encoding="utf-8")
    return path


def test_a_mean_is_of_those_who_answered(file: Path) -> None:
    (row,) = estimate(file, item="score", missing=["-9"]).to_pylist()
    assert (row["n"], row["estimate"]) == (10, pytest.approx(KNOWN))
    assert row["method"].endswith(SAID)


def test_months_are_compared_by_those_who_answered(file: Path) -> None:
    rows = monitor(file, item="score", period="month", missing=["-9"]).to_pylist()
    assert [(row["n"], row["estimate"]) for row in rows] == [(5, pytest.approx(3.0)), (5, pytest.approx(3.4))]
    assert all(row["method"].endswith(SAID) for row in rows)


def test_pooling_is_of_those_who_answered(file: Path, tmp_path: Path) -> None:
    cells = tmp_path / "cells.csv"
    cells.write_text("grp,people\na,50\nb,50\n", encoding="utf-8")
    found = pool(file, item="score", by=["grp"], population=cells, missing=["-9"]).rows.to_pylist()
    assert (found[0]["n"], found[0]["direct"]) == (10, pytest.approx(KNOWN))
    assert all(row["method"].endswith(SAID) for row in found)
