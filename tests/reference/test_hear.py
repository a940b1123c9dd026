"""Slow twins of what is fast in `hear`: every pair, every phrase, every vote, one by one."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.stats import t

from fairhearing.hear import groups, journeys, themes
from fairhearing.hear.copies import JACCARD, NEAR_WORDS, copies
from fairhearing.hear.words import PhraseFinder, normal
from fairhearing.programme import Programme
from fairhearing.tables import from_rows
from tests.helpers import programme, run_stage

WORDS = [
    *[
        "bus",
        "late",
        "street",
        "light",
        "park",
        "police",
        "rude",
        "kind",
        "humiliated",
        "scared",
        "questioned",
        "teacher",
    ],
    *["concern", "help", "never", "not", "told", "why", "the", "a", "and", "was", "very", "tax", "property", "taxes"],
    *["safe", "felt", "no", "one", "explained", "should", "be", ".", ",", "!", "😀", "بس"],
]
SEEDS = range(6)


def sentences(rng: np.random.Generator, n: int, longest: int = 25) -> list[str]:
    """Random words; about a third of the texts are an earlier one with a small change."""
    made: list[str] = []
    for _ in range(n):
        if made and rng.random() < 0.35:
            words = made[rng.integers(len(made))].split()
            if rng.random() < 0.6:
                words[rng.integers(len(words))] = str(rng.choice(WORDS))
        else:
            words = [str(word) for word in rng.choice(WORDS, rng.integers(1, longest))]
        made.append(" ".join(words))
    return made


def _community(rng: np.random.Generator) -> str | None:
    return [None, "a", "b", "unsaid"][int(rng.integers(4))]


def evidence(rng: np.random.Generator, n: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """People with a weight and perhaps a community, in two rounds."""
    people, weights = [], []
    for row in range(1, n + 1):
        key = {"source": "talk", "round": f"r{row % 2 + 1}", "person": f"p{row}"}
        people.append(key | {"row": row, "weight": 1.0, "c_place": _community(rng)})
        weights.append(key | {"base": 1.0, "weight": float(rng.uniform(0.2, 4))})
    return people, weights


def made(kind: str, sample: str) -> Programme:
    categories = [{"id": id, "name": id, "community": id != "unsaid"} for id in ("a", "b", "unsaid")]
    columns = {"columns": {"text": "t"}} if kind == "consultation" else {}
    return programme(
        sources=[{"id": "talk", "file": "t", "kind": kind, "sample": sample} | columns],
        characteristics=[{"id": "place", "name": "Place", "categories": categories}],
        rounds=[{"id": "r1", "name": "1"}, {"id": "r2", "name": "2"}],
        rules={"fixed_on": "2026-01-01", "publish_at_least": 3},
    )


def weighted(rows: list[tuple[float, bool]]) -> tuple[float | None, float | None, float | None]:
    """Share and Wilson interval, from the textbook, on Kish's effective n as corrected in `stats.shares`."""
    if not rows:
        return None, None, None
    total = math.fsum(w for w, _ in rows)
    p, z = math.fsum(w for w, yes in rows if yes) / total, 1.959963984540054
    n = total**2 / math.fsum(w * w for w, _ in rows) / _uneven(rows, p)
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p, max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))


def _uneven(rows: list[tuple[float, bool]], p: float) -> float:
    """How much more the weighted share varies than Kish takes it to, as far as the rarer side tells."""
    if not 0 < p < 1 or len({w for w, _ in rows}) == 1:
        return 1.0
    ratio = math.fsum((w * (yes - p)) ** 2 for w, yes in rows) / math.fsum(w * w * p * (1 - p) for w, _ in rows)
    rarer = min(
        math.fsum(w for w, yes in rows if yes is side) ** 2 / math.fsum(w * w for w, yes in rows if yes is side)
        for side in (True, False)
    )
    df = math.fsum(w**2 for w, _ in rows) ** 2 / math.fsum(w**4 for w, _ in rows)
    few = (t.ppf(0.975, max(df, 3)) / t.ppf(0.975, max(len(rows), 3))) ** 2
    return 1 + rarer / (rarer + (20 if ratio < 1 else 8)) * (ratio * few - 1)


def agree(row: dict[str, Any], rows: list[tuple[float, bool]], *, interval: bool = True) -> None:
    """Compare a row's numbers with the twin's; 1e-9 leaves room for the order of a float sum."""
    share, low, high = weighted(rows)
    expected = (share, low, high) if interval else (share, None, None)
    found = (row["estimate"], row["low"], row["high"])
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_copies_are_what_comparing_every_pair_finds(seed: int) -> None:
    """Pair by pair, whoever is joined by a chain; of each chain those near the text sent most often stay together,
    and the rest begin again. MinHash may miss a pair in about 250 of those just at the threshold."""
    texts = [normal(text) for text in sentences(np.random.default_rng(seed), 150, 14)]
    distinct = list(dict.fromkeys(texts))
    leader, left = {}, distinct
    while left:
        rest = []
        for chain in _chains(left):
            head = min(chain, key=lambda text: (-texts.count(text), distinct.index(text)))
            stays = {text for text in chain if text == head or _near(text.split(), head.split())}
            leader |= dict.fromkeys(stays, head)
            rest += [text for text in chain if text not in stays]
        left = [text for text in distinct if text in rest]
    group = [leader[text] for text in texts]
    assert copies(texts).tolist() == [group.index(each) for each in group]


def _chains(texts: list[str]) -> list[list[str]]:
    chains: list[list[str]] = []
    for text in texts:
        joined = [chain for chain in chains if any(_near(text.split(), each.split()) for each in chain)]
        chains = [chain for chain in chains if chain not in joined] + [
            [*(each for chain in joined for each in chain), text]
        ]
    return chains


def _near(one: list[str], other: list[str]) -> bool:
    if min(len(one), len(other)) < NEAR_WORDS:
        return False
    a, b = ({*words, *(" ".join(pair) for pair in pairwise(words))} for words in (one, other))
    return len(a & b) / len(a | b) >= JACCARD


@pytest.mark.parametrize("seed", SEEDS)
def test_phrases_are_what_one_pattern_after_another_finds(seed: int) -> None:
    """Overlapping hits included: "tax" inside "property tax", "not told" inside "not told why"."""
    rng = np.random.default_rng(seed)
    plain = [word for word in WORDS if word.isascii() and word.isalpha()]
    phrases = {str(key): [" ".join(rng.choice(plain, rng.integers(1, 4))) for _ in range(5)] for key in range(20)}
    finder = PhraseFinder(phrases)
    hits = 0
    for text in sentences(rng, 100):
        slow = {
            (found.start(1), found.end(1), key)
            for key, wanted in phrases.items()
            for phrase in wanted
            for found in re.finditer(rf"(?<!\w)(?=({re.escape(phrase)})(?!\w))", text, re.IGNORECASE)
        }
        assert {(hit.start, hit.end, hit.key) for hit in finder.find(text)} == slow
        hits += len(slow)
    assert hits > 100  # the comparison was not empty


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sample", ["self-selected", "probability"])
def test_themes_count_what_counting_by_hand_counts(seed: int, sample: str) -> None:
    """Of 90 texts of random words under whatever themes come out: every count again, response by response."""
    rng = np.random.default_rng(seed)
    people, weights = evidence(rng, 60)
    texts = [
        {"source": "talk", "row": row, "response": f"talk:{row}", "text": text, "redactions": 0}
        | {key: people[row % 60][key] for key in ("person", "round")}
        for row, text in enumerate(sentences(rng, 90), 1)
    ]
    out = run_stage(
        themes.STAGE, made("consultation", sample), texts=from_rows("texts", texts),
        people=from_rows("people", people), weights=from_rows("weights", weights),
    )  # fmt: skip
    readings = {row["response"]: row["reading"] for row in out["readings"].to_pylist()}
    assert list(readings) == [row["response"] for row in texts]
    person = {row["response"]: row["person"] for row in texts}
    coded: dict[str, set[str]] = defaultdict(set)
    for row in out["codings"].to_pylist():
        coded[row["theme"]].add(row["response"])
    heard = [row for row in texts if readings[row["response"]] in ("themed", "other", "duplicate")]
    in_any = set().union(*coded.values())
    assert in_any <= {row["response"] for row in heard}
    assert {id for id in in_any if readings[id] != "duplicate"} == {
        i for i, each in readings.items() if each == "themed"
    }
    found = {row["theme"]: row for row in out["themes"].to_pylist() if row["kind"] == "proposed"}
    assert set(found) == set(coded) != set()
    for id, row in found.items():
        assert (row["responses"], row["n"]) == (len(coded[id]), len({person[each] for each in coded[id]}))
        assert row["n"] >= 3
    weight = {row["person"]: row["weight"] for row in weights}
    place = {row["person"]: row["c_place"] for row in people}
    assert len(out["prevalence"]) == len(coded) * 2 * 3  # rounds, and everyone and two communities
    for row in out["prevalence"].to_pylist():
        said: dict[str, bool] = {}
        for text in heard:
            if text["round"] == row["round"] and row["community"] in (None, place[text["person"]]):
                mentions = text["response"] in coded[row["theme"]]
                said[text["person"]] = said.get(text["person"], False) or mentions
        assert (row["n"], row["mentions"]) == (len(said), sum(said.values()))
        agree(row, [(weight[person], yes) for person, yes in said.items()], interval=sample == "probability")
    for row in out["quotes"].to_pylist():
        text = texts[int(row["response"].split(":")[1]) - 1]["text"]
        assert row["exact"] == text[row["start"] : row["end"]] != ""
        assert row["key"] not in coded or row["response"] in coded[row["key"]]


@pytest.mark.parametrize("seed", SEEDS)
def test_votes_count_what_counting_by_hand_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    people, weights = evidence(rng, 40)
    votes = [
        {key: person[key] for key in ("source", "round", "person")} | {"statement": str(s), "vote": int(vote)}
        for person in people
        for s in range(12)
        if (vote := rng.choice([-1, 0, 1, 9])) != 9
    ]
    propositions = [
        {
            "source": "talk",
            "statement": str(s),
            "text": "?",
            "moderated": 1,
            "declares": "place=a" if s == 5 else None,
        }
        for s in range(12)
    ]
    out = run_stage(
        groups.STAGE, made("votes", "self-selected"), votes=from_rows("votes", votes),
        propositions=from_rows("propositions", propositions), people=from_rows("people", people),
        weights=from_rows("weights", weights),
    )  # fmt: skip
    weight = {row["person"]: row["weight"] for row in weights}
    place = {row["person"]: row["c_place"] for row in people}
    assert [row["statement"] for row in out["statements"].to_pylist()] == [str(s) for s in range(12) if s != 5]
    assert len(out["statement_shares"]) == 11 * 2
    for row in [*out["statements"].to_pylist(), *out["statement_shares"].to_pylist()]:
        of = row.get("community")
        cast = [v for v in votes if v["statement"] == row["statement"] and of in (None, place[v["person"]])]
        assert (row["n"], row["agree"], row["disagree"]) == tuple(
            sum(vote["vote"] in wanted for vote in cast) for wanted in ((-1, 0, 1), (1,), (-1,))
        )
        agree(row, [(weight[vote["person"]], vote["vote"] == 1) for vote in cast])


@pytest.mark.parametrize("seed", SEEDS)
def test_journeys_count_what_counting_by_hand_counts(seed: int) -> None:
    """With codes given by the form, so that the twin needs no reading."""
    rng = np.random.default_rng(seed)
    people, weights = evidence(rng, 50)
    codes = {"humiliated": "bad", "safe": "good", "ignored": "bad"}
    texts = []
    for row in range(1, 121):
        person = people[int(rng.integers(50))]
        step = [None, "notice", "question"][int(rng.integers(3))]
        code = [None, *codes][int(rng.integers(4))]
        texts.append(
            {"source": "talk", "row": row, "response": f"talk:{row}", "redactions": 0, "text": "It was a Monday."}
            | {"person": person["person"], "round": person["round"], "step": step, "experience": code}
        )
    out = run_stage(
        journeys.STAGE, made("consultation", "self-selected"), texts=from_rows("texts", texts),
        people=from_rows("people", people), weights=from_rows("weights", weights),
    )  # fmt: skip
    weight = {row["person"]: row["weight"] for row in weights}
    place = {row["person"]: row["c_place"] for row in people}
    rows = out["journeys"].to_pylist()
    assert len(rows) == 2 * 2 * 3 * 5  # rounds, steps, everyone and two communities, three experiences and two sums
    for row in rows:
        reported: dict[str, set[str]] = defaultdict(set)
        for text in texts:
            here = (text["round"], text["step"]) == (row["round"], row["step"])
            if here and row["community"] in (None, place[text["person"]]):
                reported[text["person"]] |= {text["experience"]} - {None}
        wanted = {
            code for code, valence in codes.items() if row["experience"] in (code, f"any {valence}")
        }  # fmt: skip
        yes = {person for person, said in reported.items() if said & wanted}
        assert (row["n"], row["reports"]) == (len(reported), len(yes))
        agree(row, [(weight[person], person in yes) for person in sorted(reported)])
