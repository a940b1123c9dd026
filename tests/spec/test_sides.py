"""Two sides of one theme: what is said well or ill of a thing, and what people answered for or against."""

from __future__ import annotations

import csv
import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.errors import BadInput
from fairhearing.hear.discover_door import themes_table
from fairhearing.hear.sides import position, side_of, tone_in_words
from fairhearing.hear.tone import tone
from tests.helpers import SHARED, ascii_table, needs_shared

SENTENCES = """
| sentence                                           | tone   |
| The staff were kind and helpful.                   | praise |
| The staff were rude to my mother.                  | blame  |
| The officer was not helpful at all.                | blame  |
| Nobody was rude to us.                             |        |
| The building is on the high street.                |        |
| I wish they were more friendly.                    |        |
| Are the staff friendly?                            |        |
| Friendly people, but it was filthy.                | both   |
| Not good enough.                                   | blame  |
| We could not fault them.                           | praise |
| They should have been kinder.                      | blame  |
| The meetings are a waste of time.                  | blame  |
| <b>Excellent</b> 👍                                 | praise |
|                                                    |        |
"""


@pytest.mark.parametrize("row", ascii_table(SENTENCES), ids=lambda row: row["sentence"])
def test_what_a_sentence_tells(row: dict[str, str]) -> None:
    assert tone(row["sentence"]) == row["tone"]


ANSWERS = """
| answer             | side    |
| For                | for     |
| strongly  support  | for     |
| tend to disagree   | against |
| NO                 | against |
| neither            | mixed   |
| the third option   |         |
|                    |         |
"""


@pytest.mark.parametrize("row", ascii_table(ANSWERS), ids=lambda row: row["answer"])
def test_usual_answers_to_a_closed_question(row: dict[str, str]) -> None:
    assert side_of(row["answer"]) == row["side"]


POSITIONS = """
| for | against | position                                                     |
| 9   | 0       | too few answered                                             |
| 40  | 9       | for, as people answered                                      |
| 40  | 11      | for, as people answered (about 80% for, about 20% against)   |
| 30  | 30      | mixed, as people answered (about 50% for, about 50% against) |
"""


@pytest.mark.parametrize("row", ascii_table(POSITIONS), ids=lambda row: row["position"])
def test_a_side_of_few_people_has_no_number(row: dict[str, str]) -> None:
    assert position(["for"] * int(row["for"]) + ["against"] * int(row["against"]), 10) == row["position"]


TONES = """
| praise | blame | both | in words                                                             |
| 40     | 30    | 2    | praise and blame: of its sentences about 40% praise and about 30% blame |
| 40     | 3     | 0    | mostly praise: of its sentences about 40% praise                     |
| 20     | 7     | 0    | praise and blame: of its sentences about 20% praise and few blame    |
| 3      | 4     | 0    |                                                                      |
"""


@pytest.mark.parametrize("row", ascii_table(TONES), ids=lambda row: row["in words"] or "few")
def test_how_a_theme_is_spoken_of(row: dict[str, str]) -> None:
    """Of a hundred sentences; sides of fewer than ten are not numbered."""
    tones = {"sentences": 100} | {key: int(row[key]) for key in ("praise", "blame", "both")}
    assert tone_in_words(tones, 10).removesuffix(", as their words tell") == row["in words"]


WHO = ("nurse", "nurse on the ward", "night nurse", "nurse in clinic", "nurse who saw me", "nurse at reception")
KIND = ("was kind to me", "was friendly and kind", "was so helpful and kind", "was very kind to my son")
RUDE = ("was rude to me", "was unfriendly and rude", "was so unhelpful and rude", "was very rude to my son")
PARK = ("I parked", "We parked", "My son parked", "The car was parked", "Visitors park", "People park")
WHERE = ("behind the building", "two streets away", "on the grass", "near the gate", "beside the road")


def both_sides() -> list[str]:
    about_nurses = [f"The {who} {how} {n}" for n, how in enumerate((*KIND, *RUDE)) for who in WHO]
    return about_nurses + [f"{who} {where} and walked" for who in PARK for where in WHERE]


def test_praise_and_blame_of_one_thing_are_both_counted_and_quoted() -> None:
    texts = both_sides()
    table = pa.table({"id": [f"r{n}" for n in range(len(texts))], "text": texts})
    found = themes_table(table, text="text", wanted=2, at_least=5, rng=np.random.default_rng(1))
    (theme,) = [each for each in found.themes if "nurse" in " ".join(each["terms"]) and each["tone"]["blame"] >= 5]
    assert theme["tone"]["praise"] >= 5
    quoted = {quote["kind"]: quote["exact"] for quote in theme["quotes"]}
    assert tone(quoted["praise"]) == "praise"
    assert tone(quoted["blame"]) == "blame"
    assert len(theme["quotes"]) == 4
    other = next(each for each in found.themes if each["tone"]["praise"] + each["tone"]["blame"] == 0)
    assert {quote["kind"] for quote in other["quotes"]} <= {"typical", "strongest"}


def test_a_closed_question_beside_gives_each_theme_its_sides() -> None:
    texts = both_sides()
    answers = ["Agree" if n % 2 else "disagree" for n in range(len(texts))]
    table = pa.table({"id": [f"r{n}" for n in range(len(texts))], "text": texts, "plan": answers})
    found = themes_table(table, text="text", closed="plan", wanted=2, at_least=5, rng=np.random.default_rng(1))
    of = dict(zip(table["id"].to_pylist(), answers, strict=True))
    for theme in found.themes:
        assert theme["position"].endswith("as people answered (about 50% for, about 50% against)")
        sides = {
            quote["kind"]: of[quote["response"]] for quote in theme["quotes"] if quote["kind"] in ("for", "against")
        }
        assert sides == {"for": "Agree", "against": "disagree"}
    with pytest.raises(BadInput, match="no answer in 'id' is for or against: r0, r1"):
        themes_table(table, text="text", closed="id", rng=np.random.default_rng(1))


@needs_shared
def test_real_comments_that_people_called_good_or_bad() -> None:
    """Half of the comments that people marked 1 or 2 (good), 4 or 5 (bad); the lists were looked over on the other
    half. Said to praise: good in 96%; said to blame: bad in 88%; three in ten good ones have no such word."""
    with (SHARED / "nhs-comments/comments.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["sentiment"] in {"1", "2", "4", "5"}]
    rows = [row for row in rows if len(row["text"].split()) >= 3]
    random.Random(1).shuffle(rows)
    said = Counter((tone(row["text"]), row["sentiment"] in {"1", "2"}) for row in rows[len(rows) // 2 :])
    assert said["praise", True] / (said["praise", True] + said["praise", False]) > 0.94
    assert said["blame", False] / (said["blame", False] + said["blame", True]) > 0.85
    assert said["praise", True] > 600
