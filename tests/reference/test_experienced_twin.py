"""Slow twin of `experienced`: each response looked at one by one, for every step, round and community."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from fairhearing.hear import experienced
from fairhearing.tables import from_rows
from tests.helpers import programme, run_stage

COMMUNITIES, STEPS, ROUNDS = ("a", "b", None), ("notice", "question", None), ("r1", "r2")
PLACE = {"id": "place", "name": "Place", "categories": [{"id": id, "name": id} for id in ("a", "b")]}
SOURCE = {"id": "talk", "file": "t.csv", "kind": "consultation", "sample": "self-selected", "columns": {"text": "t"}}


def world(seed: int, n: int = 500, coded: int = 220) -> list[dict[str, Any]]:
    """n responses of people who may write twice, at a step the form asked, weighted; some coded blind."""
    rng = np.random.default_rng(seed)
    drawn = set(rng.choice(n, coded, replace=False).tolist())
    rows = []
    for at in range(n):
        person = int(rng.integers(n // 2))
        bad = bool(rng.random() < 0.4)
        rows.append({
            "at": at, "person": f"p{person}", "round": ROUNDS[person % 2], "step": STEPS[int(rng.integers(3))],
            "place": COMMUNITIES[person % 3], "weight": 0.5 + person % 4,
            "text": f"{'They were rude to me' if bad else 'An hour in the office'} {at}",
            "coded": at in drawn, "seen": bad ^ bool(rng.random() < 0.1),
        })  # fmt: skip
    return rows


def tables(rows: list[dict[str, Any]]) -> dict[str, Any]:
    who = {(row["round"], row["person"]): row for row in rows}
    texts = [
        {"source": "talk", "row": row["at"], "response": f"talk:{row['at']}", "redactions": 0}
        | {key: row[key] for key in ("person", "round", "text", "step")} for row in rows
    ]  # fmt: skip
    people = [
        {"source": "talk", "row": at, "round": key[0], "person": key[1], "weight": 1.0, "c_place": row["place"]}
        for at, (key, row) in enumerate(who.items())
    ]
    weights = [
        {"source": "talk", "round": key[0], "person": key[1], "base": 1.0, "weight": row["weight"]}
        for key, row in who.items()
    ]
    event = {"event": 1, "part": 0, "action": "add", "makes": ["T1"], "names": ["disrespected"], "who": "A",
             "at": "2026-01-01T00:00:00Z", "why": "agreed"}  # fmt: skip
    codes = [
        {"sheet": "S1", "source": "talk", "response": f"talk:{row['at']}", "coder": "A", "kind": "random",
         "probability": 0.44, "drawn_from": len(rows), "reading": "coded", "theme": "T1", "seen": row["seen"],
         "text_sha256": hashlib.sha256(row["text"].encode()).hexdigest()}
        for row in rows if row["coded"]
    ]  # fmt: skip
    made = {"texts": texts, "people": people, "weights": weights, "codebook_events": [event], "human_codes": codes}
    return {name: from_rows(name, rows) for name, rows in made.items()}


@pytest.mark.parametrize("seed", range(3))
def test_every_cell_is_what_looking_at_each_response_gives(seed: int) -> None:
    """Counts exactly; the sample's own share to 1e-12, which leaves room for the order of a sum only."""
    rows = world(seed)
    subject = programme(sources=[SOURCE], characteristics=[PLACE], rounds=[{"id": id, "name": id} for id in ROUNDS])
    found = run_stage(experienced.STAGE, subject, **tables(rows))["journeys_corrected"].to_pylist()
    assert len(found) == 2 * 2 * 3  # steps, rounds, everyone and two communities
    for cell in found:
        here = [row for row in rows if (row["step"], row["round"]) == (cell["step"], cell["round"])]
        here = [row for row in here if cell["community"] in (None, row["place"])]
        people = [row for row in here if row["coded"]]
        assert cell["n"] == len(here) and cell["n_human"] == len(people)
        assert cell["seen"] == sum(row["seen"] for row in people)
        if people:
            share = sum(row["weight"] for row in people if row["seen"]) / sum(row["weight"] for row in people)
            assert cell["human_share"] == pytest.approx(share, abs=1e-12)
        clusters = {row["person"] for row in people}
        assert (cell["estimate"] is None) == (len(clusters) < 30), cell["cannot_tell"]
