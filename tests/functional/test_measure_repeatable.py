"""The same evidence gives the same bits: however many cores, in whatever order the parts are read."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.engines import DuckDBEngine
from fairhearing.measure import STAGES
from fairhearing.programme import Programme
from fairhearing.stage import Context
from fairhearing.tables import from_rows
from fairhearing.weigh import STAGE as WEIGH
from tests.helpers import programme


def made() -> Programme:
    sex = {
        "id": "sex",
        "name": "Sex",
        "categories": [{"id": k, "name": k, "people": n} for k, n in (("f", 51), ("m", 49))],
    }
    area = {
        "id": "area",
        "name": "Area",
        "categories": [{"id": f"a{k}", "name": f"a{k}", "people": 10} for k in range(10)],
    }
    item = {"id": "q", "wording": "q", "low": 1, "high": 5}
    return programme(
        characteristics=[sex, area],
        measures=[{"id": "m", "name": "m", "report": "mean", "items": [item]}],
        sources=[{"id": "s", "file": "s.csv", "kind": "survey", "sample": "probability"}],
    )


def people(n: int = 5000) -> pa.Table:
    rng = np.random.default_rng(5)
    sex, area = rng.integers(0, 2, n), rng.integers(0, 10, n)
    return from_rows(
        "people",
        [
            {"source": "s", "row": i + 1, "person": f"p{i}", "weight": float(w), "cluster": f"c{c}"}
            | {"c_sex": "fm"[sex[i]], "c_area": f"a{area[i]}", "q_q": float(q) if q else None}
            for i, (w, c, q) in enumerate(
                zip(rng.gamma(2, 1, n), rng.integers(0, 90, n), rng.integers(0, 6, n), strict=True)
            )
        ],
    )


def run(table: pa.Table, threads: int) -> dict[str, pa.Table]:
    with DuckDBEngine(threads=threads) as engine:
        engine.load("people", table)
        written: dict[str, pa.Table] = {}
        for stage in (WEIGH, STAGES[0]):
            columns = {name: engine.columns(name) for name in stage.reads}
            out = stage.run(Context(programme=made(), query=engine.query, seed=1, columns=columns))
            for name, each in out.items():
                engine.load(name, each)
            written |= out
        return written


@pytest.fixture(scope="module")
def once() -> dict[str, pa.Table]:
    return run(people(), 1)


def test_however_many_cores(once: dict[str, pa.Table]) -> None:
    again = run(people(), 4)
    assert all(again[name].equals(once[name]) for name in once)


def test_in_whatever_order_the_rows_are_stored(once: dict[str, pa.Table]) -> None:
    order = pa.array(np.random.default_rng(6).permutation(5000))
    again = run(people().take(order), 2)
    assert all(again[name].equals(once[name]) for name in once)
    assert once["estimates"].num_rows == 13
    assert once["gaps"].column("se").null_count == 0
