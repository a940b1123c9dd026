"""Sealed runs: the same tables are the same bytes, a run is there whole or not at all, and a difference is named."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairhearing import _durable
from fairhearing.errors import BadInput, NotVerified
from fairhearing.runs import compare, find, latest, read_manifest, read_tables, seal, versions
from fairhearing.tables import from_rows

INPUTS: dict[str, Any] = {"seed": 1, "parts": [["fates", "ab"]]}
MANIFEST: dict[str, Any] = {"inputs": INPUTS, "programme_toml": "title = 'Größe'"}


def weights(*values: float | None) -> pa.Table:
    return from_rows("weights", [{"source": "s", "person": f"p{n}", "weight": v} for n, v in enumerate(values)])


def verdicts(*strengths: str) -> pa.Table:
    return from_rows("verdicts", [{"activity": "a", "verdict": "improve", "strengths": list(strengths)}])


def tables(*values: float | None) -> dict[str, pa.Table]:
    return {"weights": weights(*values), "verdicts": verdicts("f1")}


# --- sealing -------------------------------------------------------------------------------------------------------


def test_a_run_says_what_it_was_made_from_and_holds_its_tables(tmp_path: Path) -> None:
    run = seal(tmp_path, tables(1.0, 2.0), MANIFEST)
    manifest = read_manifest(run)
    assert run.name.startswith("0001-")
    assert manifest["run"] == run.name
    assert manifest["inputs"] == INPUTS
    assert manifest["programme_toml"] == MANIFEST["programme_toml"]
    assert {name: entry["rows"] for name, entry in manifest["tables"].items()} == {"weights": 2, "verdicts": 1}
    assert read_tables(run) == tables(1.0, 2.0)
    assert latest(tmp_path) == find(tmp_path, INPUTS) == run


def test_the_same_inputs_again_are_the_same_run(tmp_path: Path) -> None:
    first = seal(tmp_path, tables(1.0), MANIFEST)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert seal(tmp_path, tables(1.0), MANIFEST) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_the_same_inputs_with_other_tables_are_an_error(tmp_path: Path) -> None:
    seal(tmp_path, tables(1.0), MANIFEST)
    with pytest.raises(NotVerified, match="the same inputs gave other tables than before: weights"):
        seal(tmp_path, tables(1.5), MANIFEST)
    with pytest.raises(NotVerified, match="verdicts"):
        seal(tmp_path, {"weights": weights(1.0)}, MANIFEST)


def test_what_was_assessed_last_counts_also_when_it_returns_to_earlier_inputs(tmp_path: Path) -> None:
    other = {"inputs": {"seed": 2}}
    names = [seal(tmp_path, tables(v), m).name for v, m in ((1.0, MANIFEST), (2.0, other), (1.0, MANIFEST))]
    assert [name[:4] for name in names] == ["0001", "0002", "0003"]
    assert names[0][5:] == names[2][5:]
    assert latest(tmp_path) == tmp_path / names[2]
    assert find(tmp_path, other["inputs"]) is None
    with pytest.raises(NotVerified):
        seal(tmp_path, tables(9.0), other)  # still compared with the older run of these inputs


def test_no_runs(tmp_path: Path) -> None:
    assert latest(tmp_path / "runs") is None
    assert find(tmp_path / "runs", INPUTS) is None


def test_a_run_killed_half_way_is_not_there_and_is_cleared_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = tmp_path / ".writing-0123"
    (dead / "tables").mkdir(parents=True)
    (dead / "manifest.json").write_text("{")
    assert latest(tmp_path) is None
    seal(tmp_path, tables(1.0), MANIFEST)
    assert not dead.exists()

    def full_disk(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_durable, "_write_file", full_disk)
    with pytest.raises(BadInput, match="nothing was sealed: No space left"):
        seal(tmp_path, tables(2.0), {"inputs": {"seed": 3}})
    assert [path.name[:4] for path in sorted(tmp_path.iterdir()) if path.is_dir()] == ["0001"]


def test_the_same_table_is_the_same_bytes_however_it_was_cut(tmp_path: Path) -> None:
    whole = weights(*(math.sin(n) for n in range(10_000)))
    cut = pa.concat_tables([whole.slice(start, 7) for start in range(0, 10_000, 7)])
    labelled = whole.replace_schema_metadata({"pandas": "{}"})
    made = [
        seal(tmp_path / name, {"weights": t}, MANIFEST) for name, t in (("a", whole), ("b", cut), ("c", labelled))
    ]
    contents = {(run / "tables" / "weights.parquet").read_bytes() for run in made}
    assert len(contents) == 1
    assert pq.read_schema(made[0] / "tables" / "weights.parquet").metadata is None


def test_versions_name_all_that_decides_bytes() -> None:
    assert {"fairhearing", "python", "numpy", "scipy", "pyarrow", "duckdb", "machine"} <= versions().keys()
    assert all(versions().values())


# --- touching it is noticed ----------------------------------------------------------------------------------------


def _flip(run: Path, name: str) -> None:
    data = bytearray((run / name).read_bytes())
    data[len(data) // 2] ^= 1
    (run / name).write_bytes(bytes(data))


def _reseal_without_care(run: Path) -> None:
    text = (run / "manifest.json").read_text()
    (run / "manifest.json").write_text(text.replace('"seed": 1', '"seed": 2'))


def _reindent(run: Path) -> None:
    (run / "manifest.json").write_text((run / "manifest.json").read_text().replace("  ", " "))


@pytest.mark.parametrize(
    ("touch", "says"),
    [
        (lambda run: _flip(run, "tables/weights.parquet"), "weights.parquet: this file of a sealed run is not as"),
        (lambda run: (run / "tables/weights.parquet").unlink(), "weights.parquet: this file .* cannot be read"),
        (lambda run: (run / "tables/gaps.parquet").write_text(""), "gaps.parquet: this file .* was added"),
        (lambda run: _flip(run, "manifest.json"), "manifest.json: this file of a sealed run is not as it was"),
        (lambda run: (run / "manifest.json").unlink(), "manifest.json: this file .* cannot be read"),
        (lambda run: (run / "manifest.json").write_text("[]"), "manifest.json: this file .* is not as it was"),
        (_reseal_without_care, "manifest.json: this file of a sealed run is not as it was sealed"),
        (_reindent, "manifest.json: this file of a sealed run is not as it was sealed"),
    ],
)  # fmt: skip
def test_a_touched_run_is_named(tmp_path: Path, touch: Callable[[Path], object], says: str) -> None:
    run = seal(tmp_path, tables(1.0), MANIFEST)
    touch(run)
    for read in (read_manifest, read_tables, lambda run: compare(run, tables(1.0))):
        with pytest.raises(NotVerified, match=says):
            read(run)


def test_a_run_under_another_name_is_not_that_run(tmp_path: Path) -> None:
    run = seal(tmp_path, tables(1.0), MANIFEST)
    with pytest.raises(NotVerified, match="not as it was sealed"):
        read_manifest(run.rename(run.with_name("0002-" + run.name[5:])))


# --- comparing -----------------------------------------------------------------------------------------------------


def test_nothing_differs(tmp_path: Path) -> None:
    run = seal(tmp_path, tables(1.0, math.nan, None), MANIFEST)
    assert compare(run, tables(1.0, math.nan, None)) == []


@pytest.mark.parametrize(
    ("derived", "says"),
    [
        ((1.0, 2.0, None), None),
        ((1.0, 2.0 + 2**-51, None), "1 of 3 rows differ, in 1 cells; first, row 2, column weight: sealed 2.0, de"),
        ((1.0, None, None), "1 of 3 rows differ, in 1 cells; first, row 2, column weight: sealed 2.0, derived None"),
        ((1.0, 2.0, 0.0), "1 of 3 rows differ, in 1 cells; first, row 3, column weight: sealed None, derived 0.0"),
        ((1.0, 2.0), "0 of 2 rows differ, in 0 cells; 3 rows sealed, 2 derived"),
        ((9.0, 2.0, None, 4.0), "1 of 3 rows differ, in 1 cells; 3 rows sealed, 4 derived; first, row 1"),
    ],
)  # fmt: skip
def test_a_difference_says_which_cell(tmp_path: Path, derived: tuple[float | None, ...], says: str | None) -> None:
    run = seal(tmp_path, tables(1.0, 2.0, None), MANIFEST)
    found = [str(difference) for difference in compare(run, tables(*derived))]
    assert len(found) == (0 if says is None else 1)
    assert says is None or found[0].startswith(f"weights: {says}")


def test_zero_and_minus_zero_differ(tmp_path: Path) -> None:
    run = seal(tmp_path, tables(0.0), MANIFEST)
    assert compare(run, tables(-0.0))[0].cells == 1


def test_lists_tables_and_columns_that_differ(tmp_path: Path) -> None:
    run = seal(tmp_path, {"weights": weights(1.0), "verdicts": verdicts("f1")}, MANIFEST)
    found = compare(run, {"verdicts": verdicts("f1", "f2"), "record": from_rows("record", [])})
    assert [(each.table, each.what) for each in found] == [
        ("record", "is derived now and was not sealed"),
        ("verdicts", "1 of 1 rows differ, in 1 cells"),
        ("weights", "was sealed and is not derived any more"),
    ]
    assert found[1].first == "row 1, column strengths: sealed ['f1'], derived ['f1', 'f2']"
