"""The fast survey reader against an obvious slow one: a loop over rows with the csv module, on random files."""

from __future__ import annotations

import csv
import io
import math
import random
from pathlib import Path
from typing import Any

import pytest

from fairhearing.gather import read_source
from tests.helpers import programme

LABELS = {"never": 1.0, "always": 4.0}
WHOLE = programme(
    characteristics=[
        {"id": "age", "name": "Age", "categories": [{"id": "young", "name": "Young"}, {"id": "old", "name": "Old"}]}
    ],
    measures=[
        {
            "id": "m",
            "name": "M",
            "report": "mean",
            "items": [
                {
                    "id": "q",
                    "wording": "?",
                    "low": 1,
                    "high": 4,
                    "missing": [9],
                    "codes": {"1": "Never", "4": "Always"},
                }
            ],
        }
    ],
    rounds=[{"id": "r1", "name": "One"}, {"id": "r2", "name": "Two"}],
    sources=[
        {
            "id": "s",
            "file": "s.csv",
            "kind": "survey",
            "sample": "panel",
            "columns": {
                "person": "id",
                "round": "round",
                "weight": "w",
                "characteristics": {
                    "age": {
                        "column": "age",
                        "values": {"kid": "young"},
                        "bands": [{"category": "old", "low": 25, "high": 99}],
                    }
                },
                "items": {"q": "answer"},
            },
        }
    ],
)
CELLS = {
    "id": ["1", "2", "3", "4", " 4 ", ""],
    "round": ["r1", "R2", "one", "Two", "r3", ""],
    "w": ["1", "2.5", "0", "-1", "", "x", "nan", "1e-3"],
    "age": ["kid", "KID", "Young", "old", "30", "25.0", "99.5", "", "??"],
    "answer": ["1", "4.0", "2.5", "9", "0", "Never", "always ", "", "maybe", "1_0"],
}


def random_file(draw: random.Random) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*CELLS, "spare"])
    for _ in range(draw.randint(1, 60)):
        row = [draw.choice(values) for values in CELLS.values()] + ["left out"]
        writer.writerow(row[: draw.choice((6, 6, 6, 6, 6, 4))])
    return out.getvalue()


def plain_number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def slow(text: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Fates in order, and (row, round, weight, age, answer) of the rows used."""
    fates, people, seen = [], [], set()
    for number, cells in enumerate(list(csv.reader(io.StringIO(text)))[1:], 1):
        if len(cells) != 6:
            fates.append("set aside")
            continue
        id, round, weight, age, answer, _spare = (cell.strip() for cell in cells)
        known = {"r1": "r1", "one": "r1", "r2": "r2", "two": "r2"}.get(round.lower())
        size = plain_number(weight)
        if known is None or size is None or size <= 0:
            fates.append("set aside")
            continue
        if id and (id, known) in seen:
            fates.append("duplicate")
            continue
        seen.add((id, known))
        fates.append("used")
        people.append((number, known, size, slow_age(age), slow_answer(answer)))
    return fates, people


def slow_age(text: str) -> str | None:
    years = plain_number(text)
    if years is not None:
        return "old" if 25 <= years <= 99 else None
    return {"kid": "young", "young": "young", "old": "old"}.get(text.lower())


def slow_answer(text: str) -> float | None:
    code = LABELS.get(text.lower(), plain_number(text))
    return code if code is not None and 1 <= code <= 4 else None


@pytest.mark.parametrize("seed", range(40))
def test_fast_and_slow_agree(tmp_path: Path, seed: int) -> None:
    text = random_file(random.Random(seed))
    path = tmp_path / "s.csv"
    path.write_text(text, encoding="utf-8", newline="")
    found = read_source(WHOLE.sources[0], WHOLE, path, key=b"k", largest_file_mb=1)
    fates, people = slow(text)
    assert found.tables["fates"]["fate"].to_pylist() == fates
    columns = ("row", "round", "weight", "c_age", "q_q")
    assert [tuple(row[name] for name in columns) for row in found.tables["people"].to_pylist()] == people
