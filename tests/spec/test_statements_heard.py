"""Bridging, who stands out, votes that look mechanical, Polis's grouping, what to show next: what was planted is
found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, ndtri

from fairhearing.hear.groups import STAGE
from fairhearing.hear.next_shown import learn, next_statement
from fairhearing.stats import opinion
from fairhearing.stats.alike import alike
from fairhearing.stats.bridging import Crowd, bridging, crowd
from fairhearing.stats.polis import consensus, polis_groups, priority
from fairhearing.stats.representative import benjamini_hochberg, representative
from fairhearing.tables import from_rows
from tests.helpers import ascii_table, programme, run_stage

TWO_ROUNDS = [{"id": "before", "name": "Before"}, {"id": "after", "name": "After"}]


def planted(seed: int, sizes: tuple[int, int] = (120, 60), m: int = 40) -> tuple[np.ndarray, ...]:
    """Two groups that vote opposite ways on the first twelve statements and alike on the rest."""
    rng = np.random.default_rng(seed)
    group = np.repeat([0, 1], sizes)
    chance = np.tile(np.where(np.arange(m) % 2, 0.75, 0.45), (2, 1))
    chance[0, :12], chance[1, :12] = 0.85, 0.15
    person, statement = np.nonzero(rng.random((len(group), m)) < 0.7)
    vote = np.where(rng.random(len(person)) < chance[group[person], statement], 1, -1)
    return person, statement, vote, group


BRIDGES = ascii_table("""
    | agreeable | divides | sides | passes | score | against | what                                      |
    | 3         | 0       | 400   | 0      | .91   | .09     | nearly everyone agrees                    |
    | -3        | 0       | 400   | 0      | .09   | .91     | nearly everyone disagrees                 |
    | 0         | 3       | 400   | 0      | .18   | .18     | a divided crowd: neither half joins       |
    | 3         | 0       | 4     | 0      | .54   | .46     | four votes show next to nothing           |
    | 3         | 0       | 400   | 400    | .72   | .28     | a pass is neither for nor against         |
""")


BELL = Crowd(np.zeros(1), np.eye(1), ndtri((np.arange(1000) + 0.5) / 1000)[:, None], np.ones(1000))


@pytest.mark.parametrize("row", BRIDGES, ids=lambda row: row["what"])
def test_bridging(row: dict[str, str]) -> None:
    told = bridging(
        np.array([[float(row["agreeable"]), float(row["divides"])]]), 0.01 * np.eye(2)[None],
        np.array([int(row["sides"])]), np.array([int(row["passes"])]), BELL, np.random.default_rng(1),
    )  # fmt: skip
    assert told.score[0] == pytest.approx(float(row["score"]), abs=0.015)
    assert told.against[0] == pytest.approx(float(row["against"]), abs=0.015)
    assert told.low[0] <= told.score[0] + 0.02 and told.high[0] >= told.score[0] - 0.02


def test_nobody_took_a_side() -> None:
    passes, rng = np.array([9]), np.random.default_rng(1)
    told = bridging(np.zeros((1, 2)), np.eye(2)[None], np.array([0]), passes, BELL, rng)
    assert np.isnan([told.score[0], told.low[0], told.against_high[0]]).all()


def test_weights_move_the_crowd() -> None:
    place, nothing = np.array([[-1.0], [1.0], [1.0]]), np.zeros((3, 1, 1))
    assert crowd(place, nothing, np.array([2.0, 1.0, 1.0]), place).mean[0] == pytest.approx(0)
    assert crowd(place, nothing, np.ones(3), place).covariance[0, 0] == pytest.approx(8 / 9)


def test_a_crowd_of_two_blocs_is_asked_as_two_blocs() -> None:
    """Half stand at −1, half at 1; who stands at −1 agrees with chance 1 ÷ (1 + e) = .27, whatever a bell would say.
    By weight three quarters stand at 1, and the lower half of the people holds as many of either."""
    place, nothing = np.repeat([-1.0, 1.0], 100)[:, None], np.zeros((200, 1, 1))
    sides, none = np.array([100_000]), np.array([0])
    asked = [
        bridging(np.array([[0.0, 1.0]]), 1e-9 * np.eye(2)[None], sides, none, crowd(place, nothing, weight, place),
                 np.random.default_rng(1)).score[0]
        for weight in (np.ones(200), np.repeat([1.0, 3.0], 100))
    ]  # fmt: skip
    assert asked == pytest.approx([0.269, 0.5], abs=0.002)


def test_bridging_does_not_depend_on_the_order_of_many_people() -> None:
    rng = np.random.default_rng(2)
    place, order = rng.standard_normal((5000, 2)), rng.permutation(5000)
    nothing, weight = np.zeros((5000, 2, 2)), rng.uniform(0.5, 2, 5000)
    told = [
        bridging(np.array([[0.3, 1.0, -0.5]]), 0.01 * np.eye(3)[None], np.array([90]), np.array([5]),
                 crowd(place[at], nothing, weight[at], place[at]), np.random.default_rng(1))
        for at in (np.arange(5000), order)
    ]  # fmt: skip
    assert told[0] == told[1]


SHAPES = ("one bell", "two blocs", "a minority")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_interval_of_bridging_covers(shape: str) -> None:
    """Known positions and statements, votes drawn from them; of 2 × 60 scores about 95 in 100 lie in their intervals.
    Errors of one conversation hang together, so 88 are asked for (benchmarks/RESULTS.md has many conversations)."""
    rng, n, m = np.random.default_rng(5), 300, 60
    place = {"one bell": np.zeros(n), "two blocs": np.where(np.arange(n) < 150, -0.95, 0.95),
             "a minority": np.where(np.arange(n) < 45, 2.2, -0.4)}[shape]  # fmt: skip
    place = place + {"one bell": 1.0, "two blocs": 0.3, "a minority": 0.4}[shape] * rng.standard_normal(n)
    chance = expit(rng.normal(0.3, 1.2, m) + np.outer(place, rng.normal(0, 1.3, m)))
    person, statement = np.nonzero(rng.random((n, m)) < 0.3)
    vote = np.where(rng.random(len(person)) < chance[person, statement], 1, -1)
    found = opinion.fit(person, statement, vote, n, m, rng, subsamples=0)
    sides = np.bincount(statement, minlength=m)
    people = crowd(found.space.person[:, 1:], found.space.person_cov[:, 1:, 1:], np.ones(n), found.position)
    told = bridging(found.space.statement, found.space.statement_cov, sides, np.zeros(m), people, rng)
    in_order = np.sort(chance, axis=0)
    truth = [
        (sides * each + 20) / (sides + 40) for each in (in_order[: n // 2].mean(0), 1 - in_order[n // 2 :].mean(0))
    ]
    inside = [(told.low <= truth[0]) & (truth[0] <= told.high),
              (told.against_low <= truth[1]) & (truth[1] <= told.against_high)]  # fmt: skip
    assert np.mean(inside) > 0.88


def test_benjamini_and_hochberg_by_hand() -> None:
    """Five tests: p × 5 ÷ rank, made monotone from the largest down; a test that was not made counts for none."""
    p = np.array([[0.01, 0.04, np.nan], [0.03, 0.005, 0.5]])
    assert benjamini_hochberg(p)[np.isfinite(p)] == pytest.approx([0.025, 0.05, 0.05, 0.025, 0.5])


def test_statements_that_tell_a_group_are_found_and_others_are_not() -> None:
    person, statement, vote, group = planted(1)
    probability = np.column_stack([group == 0, group == 1]).astype(float)
    kind = representative(person, statement, vote, probability, 40, np.random.default_rng(1)).kind
    assert (kind[:12] == [1, -1]).all()
    assert np.count_nonzero(kind[12:]) <= 2


def test_groups_built_from_noise_have_no_statements() -> None:
    """People are cut in two by the very votes that are tested; by votes that did not build them nothing differs."""
    called = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        person, statement = np.nonzero(rng.random((150, 40)) < 0.6)
        vote = rng.choice([1, -1], len(person))
        one = np.bincount(person, vote * (statement < 20), 150) > 0
        probability = np.column_stack([one, ~one]).astype(float)
        called += np.count_nonzero(representative(person, statement, vote, probability, 40, rng).kind)
    assert called <= 0.05 * 4 * 80


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_votes_and_people_changes_no_test(seed: int) -> None:
    person, statement, vote, group = planted(2, (40, 30), 20)
    probability = np.column_stack([group == 0, group == 1]).astype(float)
    rng = np.random.default_rng(seed)
    turn, cells = rng.permutation(len(group)), rng.permutation(len(vote))
    one = representative(person, statement, vote, probability, 20, np.random.default_rng(1))
    moved = np.empty_like(probability)
    moved[turn] = probability
    other = representative(turn[person][cells], statement[cells], vote[cells], moved, 20, np.random.default_rng(1))
    assert np.array_equal(one.agrees, other.agrees, equal_nan=True)


def test_mechanical_votes_are_marked_and_honest_ones_are_not() -> None:
    rng = np.random.default_rng(3)
    vote = rng.choice([1, -1], (100, 30))
    vote[0] = 1  # agrees with everything
    vote[1:5] = rng.choice([1, -1], 30)  # four people with one list
    person, statement = np.divmod(np.arange(vote.size), 30)
    told = alike(person, statement, vote.ravel(), 100, 30)
    assert np.flatnonzero(told.straight).tolist() == [0]
    assert np.flatnonzero(told.copied).tolist() == [1, 2, 3, 4]


def test_agreeing_with_what_nearly_everybody_agrees_with_is_not_mechanical() -> None:
    vote = np.where(np.random.default_rng(1).random((60, 12)) < 0.97, 1, -1)
    person, statement = np.divmod(np.arange(vote.size), 12)
    assert not alike(person, statement, vote.ravel(), 60, 12).marked.any()


def test_polis_groups_two_blocs_and_leaves_out_who_voted_little() -> None:
    person, statement, vote, group = planted(4)
    person, statement, vote = np.r_[person, 180], np.r_[statement, 0], np.r_[vote, 1]
    found = polis_groups(person, statement, vote, 181, 40)
    assert found.k == 2
    same = found.group[:180] == group
    assert max(same.mean(), 1 - same.mean()) > 0.95
    assert found.inside.sum() == 180 and not found.inside[180]


def test_polis_formulas_by_hand() -> None:
    """Two groups, one statement: 3 of 4 agree, 1 of 2: (4 ÷ 6) × (2 ÷ 4). Priority of a statement nobody has seen:
    [(1 − ½) × 1 × ½ × 9]²."""
    group, person = np.array([0, 0, 0, 0, 1, 1]), np.arange(6)
    told = consensus(group, person, np.zeros(6, int), np.array([1, 1, 1, -1, 1, 0]), 1)
    assert told == pytest.approx([1 / 3])
    nothing = np.zeros(1)
    assert priority(nothing, nothing, nothing, nothing) == pytest.approx([2.25**2])


def test_nobody_and_everybody_alike_make_no_polis_groups() -> None:
    empty = np.zeros(0, int)
    assert polis_groups(empty, empty, empty, 0, 0).k == 1
    person, statement = np.divmod(np.arange(40), 10)
    assert polis_groups(person, statement, np.ones(40, int), 4, 10).k == 1


def rows(person: np.ndarray, statement: np.ndarray, vote: np.ndarray, **more: Any) -> list[dict[str, Any]]:
    return [
        {"source": "talk", "person": f"p{p:03}", "statement": str(s), "vote": int(v)} | more
        for p, s, v in zip(person, statement, vote, strict=True)
    ]


def heard(votes: list[dict[str, Any]], **declared: Any) -> dict[str, Any]:
    ids = sorted({row["statement"] for row in votes})
    texts = [{"source": "talk", "statement": id, "text": f"S{id}", "moderated": 1} for id in ids]
    sources = [{"id": "talk", "file": "talk", "kind": "votes", "sample": "self-selected"}]
    return run_stage(
        STAGE, programme(sources=sources, **declared), votes=from_rows("votes", votes),
        propositions=from_rows("propositions", texts),
    )  # fmt: skip


def test_the_run_finds_two_groups_and_publishes_nobody() -> None:
    person, statement, vote, _group = planted(5)
    out = heard(rows(person, statement, vote))
    told = out["groups"].to_pylist()[0]
    assert (told["verdict"], told["k"], told["n"]) == ("groups", 2, 180)
    assert [row["opinion_group"] for row in out["opinion_groups"].to_pylist()] == ["A", "B"]
    assert sum(row["n"] for row in out["opinion_groups"].to_pylist()) == 180
    tiles = out["opinion_map"].to_pylist()
    assert sum(row["n"] for row in tiles) == 180 and min(row["n"] for row in tiles) >= 10
    apart = {(row["statement"], row["differs"]) for row in out["group_shares"].to_pylist() if row["differs"]}
    assert {(str(s), f"{word} more than the rest") for s in range(12) for word in ("agrees", "disagrees")} <= apart
    kinds = {row["statement"]: row["kind"] for row in out["statements"].to_pylist()}
    assert {kinds[str(s)] for s in range(12)} == {"divisive"}


def test_too_few_votes_is_an_answer() -> None:
    person, statement = np.divmod(np.arange(30), 10)
    out = heard(rows(person, statement, np.ones(30)))
    assert out["groups"].to_pylist()[0]["verdict"] == "too few votes"
    assert out["opinion_map"].num_rows == 0


def test_mechanical_votes_are_shown_with_and_without() -> None:
    rng = np.random.default_rng(6)
    person, statement = np.divmod(np.arange(60 * 25), 25)
    vote = rng.choice([1, -1], len(person))
    vote[person < 12] = 1
    out = heard(rows(person, statement, vote))
    told = out["groups"].to_pylist()[0]
    assert (told["n"], told["alike"]) == (60, 12)
    assert told["verdict_without"] is not None and told["change_without"] > 0.05
    row = out["statements"].to_pylist()[0]
    kept = vote[(statement == 0) & (person >= 12)]
    assert row["without_alike"] == pytest.approx((kept == 1).mean())
    assert row["n"] == 60


def test_rounds_are_compared_with_the_first() -> None:
    """30 of 40 agreed before, 20 of 40 after: 25 points down; Newcombe's interval, −.44 to −.04."""
    before = rows(np.arange(40), np.zeros(40, int), np.where(np.arange(40) < 30, 1, -1), round="before")
    after = rows(np.arange(40, 80), np.zeros(40, int), np.where(np.arange(40) < 20, 1, -1), round="after")
    out = heard(after + before, rounds=TWO_ROUNDS)["statement_rounds"].to_pylist()
    assert [(row["round"], row["n"], row["agree"], row["change"]) for row in out] == [
        ("before", 40, 30, None), ("after", 40, 20, -0.25),
    ]  # fmt: skip
    assert (out[1]["change_low"], out[1]["change_high"]) == pytest.approx((-0.43, -0.04), abs=0.01)


def test_order_of_rows_changes_no_table() -> None:
    person, statement, vote, _group = planted(7, (40, 20), 15)
    votes = rows(person, statement, vote)
    assert heard(votes) == heard(votes[::-1])


def test_the_next_statement_is_one_not_seen_and_little_voted_on() -> None:
    person, statement, vote, _group = planted(8, (30, 20), 12)
    keep = statement != 11
    votes = from_rows("votes", rows(person[keep], statement[keep], vote[keep]))
    open_to = [str(at) for at in range(12)]
    known = learn(votes, np.random.default_rng(1))
    assert next_statement(votes, known, "somebody new", open_to, np.random.default_rng(1)) == "11"
    mine = {row["statement"] for row in votes.to_pylist() if row["person"] == "p000"}
    assert next_statement(votes, known, "p000", sorted(mine), np.random.default_rng(1)) is None
    assert next_statement(votes, None, "p000", open_to, np.random.default_rng(1)) not in mine
