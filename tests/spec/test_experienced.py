"""Experiences at steps, as people code them: which themes are meant, what a sample corrects, who is recorded."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.hear import experienced
from fairhearing.hear.agreed import Agreed
from fairhearing.hear.journeys import Reader
from fairhearing.programme import Programme
from fairhearing.tables import from_rows
from tests.helpers import ascii_table, programme, run_stage

POOL = ascii_table((Path(__file__).parents[1] / "journey_texts.txt").read_text(encoding="utf-8"))
SOURCE = {"id": "talk", "file": "t.csv", "kind": "consultation", "sample": "self-selected", "columns": {"text": "t"}}


def made(**changes: Any) -> Programme:
    return programme(sources=[SOURCE | changes])


NAMED = """
| name                             | step     | experience     |
| Humiliated                       |          | humiliated     |
| not told why                     |          | not-told-why   |
| Any bad                          |          | any bad        |
| Questioning at school: any good  | question | any good       |
| notice: helped                   | notice   | helped         |
| Publish the figures              | none     | none           |
| Appeal: humiliated               | none     | none           |
| Questioning at school: the venue | none     | none           |
"""


@pytest.mark.parametrize("row", ascii_table(NAMED), ids=lambda row: row["name"])
def test_a_theme_stands_for_an_experience_by_its_name(row: dict[str, str]) -> None:
    found = experienced.codes_in(Reader(made()), [Agreed("T1", row["name"])])
    expected = [] if row["step"] == "none" else [(row["step"] or None, row["experience"])]
    assert [(code.step, code.experience) for code in found] == expected


def world(seed: int, n: int = 1200, coded: int = 150, slips: float = 0.0, **names: str) -> dict[str, Any]:
    """n responses about one step, each two sentences of the pool; `coded` of them drawn blind and coded for "any bad"
    as the pool has it, with slips. truth: share of all n in which it is so."""
    rng = np.random.default_rng(seed)
    bad = {id for id, valence in Reader(made()).valence.items() if valence == "bad"}
    pairs = [[POOL[at] for at in rng.choice(len(POOL), 2)] for _ in range(n)]
    words = [" ".join(each["text"] for each in pair) + f" ({at})" for at, pair in enumerate(pairs)]
    true = np.array([any(set(each["reports"].split()) & bad for each in pair) for pair in pairs])
    random = np.sort(rng.choice(n, coded, replace=False))
    said = true[random] ^ (rng.random(coded) < slips)
    texts = [
        {"source": "talk", "row": at, "response": f"talk:{at}", "person": f"p{at}", "text": text, "redactions": 0,
         "step": "question"}
        for at, text in enumerate(words)
    ]  # fmt: skip
    event = {"event": 1, "part": 0, "action": "add", "makes": ["T1"], "names": [names.get("theme", "any bad")],
             "who": "A", "at": "2026-01-01T00:00:00Z", "why": "agreed"}  # fmt: skip
    codes = [
        {"sheet": "S1", "source": "talk", "response": f"talk:{at}", "coder": "A", "kind": "random",
         "probability": coded / n, "drawn_from": n, "text_sha256": hashlib.sha256(words[at].encode()).hexdigest(),
         "reading": "coded", "theme": "T1", "seen": bool(seen)}
        for at, seen in zip(random.tolist(), said.tolist(), strict=True)
    ]  # fmt: skip
    return {
        "truth": float(true.mean()),
        "tables": {"texts": from_rows("texts", texts), "codebook_events": from_rows("codebook_events", [event]),
                   "human_codes": from_rows("human_codes", codes)},
    }  # fmt: skip


def corrected(world: dict[str, Any], **tables: pa.Table) -> dict[str, pa.Table]:
    return run_stage(experienced.STAGE, made(), **(world["tables"] | tables))


def test_the_sample_corrects_what_phrases_miss() -> None:
    """The machine's own count is wrong; the corrected share holds the truth and is narrower than the sample alone."""
    here = world(3)
    row = corrected(here)["journeys_corrected"].to_pylist()[0]
    assert (row["step"], row["experience"], row["valence"], row["n"], row["n_human"]) == (
        "question", "any bad", "bad", 1200, 150,
    )  # fmt: skip
    assert row["low"] < here["truth"] < row["high"]
    assert row["narrower_by"] > 0.1
    assert "prediction-powered" in row["method"] and "not who responded" in row["method"]


def test_the_machine_learns_and_who_assigned_is_recorded() -> None:
    codings = corrected(world(3))["codings"].to_pylist()
    assert {row["assigned_by"] for row in codings} == {"machine: learned from people's codes"}
    assert {row["theme"] for row in codings} == {"T1"} and all(0 < row["score"] <= 1 for row in codings)


def test_of_few_codes_nothing_is_learned_and_nothing_told() -> None:
    made = corrected(world(3, coded=20))
    assert made["codings"].num_rows == 0
    row = made["journeys_corrected"].to_pylist()[0]
    assert row["estimate"] is None and row["cannot_tell"] == (
        "people coded 20 authors' responses at this step; at least 30 are needed"
    )


def test_other_words_than_were_coded_correct_nothing() -> None:
    here = world(3)
    texts = here["tables"]["texts"].to_pylist()
    changed = from_rows("texts", [row | {"text": row["text"] + "!"} for row in texts])
    row = corrected(here, texts=changed)["journeys_corrected"].to_pylist()[0]
    assert row["estimate"] is None and "draw another" in row["cannot_tell"]


def test_a_step_nobody_describes_has_no_row_and_themes_that_are_no_experience_none() -> None:
    rows = corrected(world(3))["journeys_corrected"].to_pylist()
    assert {row["step"] for row in rows} == {"question"}
    assert corrected(world(3, theme="Publish the figures"))["journeys_corrected"].num_rows == 0


def test_twice_is_the_same_bit_for_bit() -> None:
    assert corrected(world(5)) == corrected(world(5))


def test_what_is_neither_at_a_step_nor_coded_is_not_read() -> None:
    """One response in five at a step: the codes learned are of these and of the coded ones."""
    here = world(3)
    texts = [row | {"step": None, "text": f"Words of {row['row']}"}
             if row["row"] % 5 else row for row in here["tables"]["texts"].to_pylist()]  # fmt: skip
    shas = {row["response"]: hashlib.sha256(row["text"].encode()).hexdigest() for row in texts}
    codes = [row | {"text_sha256": shas[row["response"]]} for row in here["tables"]["human_codes"].to_pylist()]
    made = corrected(here, texts=from_rows("texts", texts), human_codes=from_rows("human_codes", codes))
    wanted = {row["response"] for row in texts if row["step"]} | {row["response"] for row in codes}
    assert made["journeys_corrected"].to_pylist()[0]["n"] == 240
    given = {row["response"] for row in made["codings"].to_pylist()}
    assert given and given <= wanted
