"""Opinion groups as an official could check them: what was planted is found, and nothing where nothing was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.errors import BadInput
from fairhearing.stats import opinion
from tests.helpers import ascii_table


def conversation(blocs: list[int], seed: int, *, statements: int = 60, density: float = 0.5) -> tuple[Any, ...]:
    """People of several blocs: a bloc differs from the first on 4 statements in 10, where most vote the other way."""
    rng = np.random.default_rng(seed)
    common = rng.beta(2, 2, statements)
    chance = np.tile(common, (len(blocs), 1))
    for other in chance[1:]:
        differs = rng.random(statements) < 0.4
        other[differs] = np.where(common[differs] < 0.5, 0.9, 0.1)
    bloc = np.repeat(np.arange(len(blocs)), blocs)
    person, statement = np.nonzero(rng.random((len(bloc), statements)) < density)
    vote = np.where(rng.random(len(person)) < chance[bloc[person], statement], 1, -1)
    vote[rng.random(len(vote)) < 0.1] = 0
    return person, statement, vote, len(bloc), statements, bloc


def spread_out(n: int, seed: int, shape: str) -> tuple[Any, ...]:
    """One crowd along one line of opinion."""
    rng = np.random.default_rng(seed)
    place = {"bell": rng.standard_normal(n), "long tail": rng.exponential(1, n) - 1}[shape]
    chance = 1 / (1 + np.exp(-(rng.standard_normal(50) + np.outer(place, 1.2 * rng.standard_normal(50)))))
    person, statement = np.nonzero(rng.random((n, 50)) < 0.5)
    vote = np.where(rng.random(len(person)) < chance[person, statement], 1, -1)
    return person, statement, vote, n, 50


def found(case: tuple[Any, ...], **options: Any) -> opinion.Opinion:
    return opinion.fit(*case[:5], np.random.default_rng(7), **({"subsamples": 2} | options))


PLANTED = ascii_table("""
    | blocs       | verdict            | k |
    |-------------|--------------------|---|
    | 300         | no distinct groups | 1 |
    | 150 150     | groups             | 2 |
    | 270 30      | groups             | 2 |
    | 130 130 40  | groups             | 3 |
""")


@pytest.mark.parametrize("row", PLANTED, ids=lambda row: row["blocs"])
def test_planted_groups_are_found_and_none_invented(row: dict[str, str]) -> None:
    case = conversation([int(size) for size in row["blocs"].split()], 3)
    told = found(case)
    assert (told.verdict, str(told.k)) == (row["verdict"], row["k"])
    assert told.probability.shape == (case[3], told.k)
    assert np.allclose(told.probability.sum(axis=1), 1)
    sizes = np.bincount(told.group, minlength=told.k)
    assert list(sizes) == sorted(sizes, reverse=True)
    right = sum(np.bincount(case[5][told.group == group]).max() for group in range(told.k))
    assert right >= 0.93 * case[3] or told.k == 1


@pytest.mark.parametrize("shape", ["bell", "long tail"])
def test_opinion_spread_out_is_one_crowd(shape: str) -> None:
    assert found(spread_out(300, 5, shape)).verdict == opinion.NONE


@pytest.mark.parametrize("seed", range(3))
def test_votes_shuffled_within_each_statement_have_no_groups(seed: int) -> None:
    person, statement, vote, *sizes, _bloc = conversation([100, 60, 40], seed)
    rng = np.random.default_rng(seed)
    order, other = np.lexsort((statement,)), np.lexsort((rng.random(len(vote)), statement))
    shuffled = np.empty_like(vote)
    shuffled[order] = vote[other]
    assert found((person, statement, shuffled, *sizes)).verdict == opinion.NONE


@pytest.fixture(scope="module")
def small_conversation() -> tuple[tuple[Any, ...], opinion.Opinion]:
    case = conversation([40, 34], 11, statements=40, density=0.8)
    return case, found(case)


def test_groups_are_found_in_the_small_conversation(small_conversation: tuple[Any, ...]) -> None:
    """So that the next test compares memberships, and not one crowd with itself."""
    assert small_conversation[1].k == 2


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_people_statements_and_votes_changes_nothing(
    small_conversation: tuple[Any, ...], seed: int
) -> None:
    (person, statement, vote, n, m, _bloc), given_so = small_conversation
    rng = np.random.default_rng(seed)
    people, statements, cells = rng.permutation(n), rng.permutation(m), rng.permutation(len(vote))
    otherwise = found((people[person][cells], statements[statement][cells], vote[cells], n, m))
    assert (otherwise.verdict, otherwise.k, otherwise.heldout) == (given_so.verdict, given_so.k, given_so.heldout)
    assert np.array_equal(otherwise.probability[people], given_so.probability)
    assert np.array_equal(otherwise.position[people], given_so.position)
    assert np.array_equal(otherwise.loading[statements], given_so.loading)


def test_the_same_seed_gives_the_same_answer_bit_for_bit() -> None:
    case = conversation([60, 60], 2, statements=30)
    one, two = found(case), found(case)
    assert np.array_equal(one.probability, two.probability)
    assert one.stability == two.stability


def test_passes_are_no_side() -> None:
    """Without its passes a conversation says the same (the own order of people moves, and rounding with it)."""
    person, statement, vote, n, m, _bloc = conversation([100, 100], 2, statements=40)
    taken = vote != 0
    whole = found((person, statement, vote, n, m), subsamples=0)
    sides = found((person[taken], statement[taken], vote[taken], n, m), subsamples=0)
    assert whole.k == sides.k == 2
    assert np.mean(whole.group == sides.group) > 0.98 or np.mean(whole.group != sides.group) > 0.98


def test_weights_move_the_shares_and_not_who_belongs_where() -> None:
    case = conversation([150, 150], 4)
    weight = np.where(case[5] == 0, 3.0, 1.0)
    plain, weighted = found(case), found(case, weights=weight)
    assert plain.share == pytest.approx([0.5, 0.5], abs=0.05)
    assert sorted(weighted.share) == pytest.approx([0.25, 0.75], abs=0.05)


def test_a_group_too_small_to_publish_is_not_published() -> None:
    case = conversation([270, 30], 3)
    assert found(case, smallest=10).k == 2
    assert found(case, smallest=60).k == 1


def test_probabilities_mean_what_they_say() -> None:
    """Of people given a probability between .5 and .95 about as many as it says are of the group (binomial 99.9%)."""
    case = conversation([400, 400], 9, density=0.12)
    told = found(case, subsamples=0)
    assert told.k == 2
    sure = told.probability.max(axis=1)
    right = case[5] == told.group if np.mean(case[5] == told.group) > 0.5 else case[5] != told.group
    doubt = (sure > 0.5) & (sure < 0.95)
    assert doubt.sum() > 50
    slack = 3.3 * np.sqrt(np.sum(sure[doubt] * (1 - sure[doubt]))) / doubt.sum()
    assert np.mean(right[doubt]) == pytest.approx(np.mean(sure[doubt]), abs=slack + 0.04)


def test_somebody_who_voted_little_is_not_drawn_in_the_middle_for_it() -> None:
    person, statement, vote, n, m = spread_out(400, 6, "bell")
    rng = np.random.default_rng(1)
    patience = rng.random(n) ** 2
    kept = rng.random(len(person)) < np.maximum(patience, 0.15)[person]
    told = found((person[kept], statement[kept], vote[kept], n, m), subsamples=0)
    cast = np.bincount(person[kept], minlength=n)
    drawn, held = (np.abs(each) for each in (told.position[:, 0], told.space.person[:, 1]))
    ranks = [np.argsort(np.argsort(each)) for each in (cast, drawn, held)]
    assert abs(np.corrcoef(ranks[0], ranks[1])[0, 1]) < abs(np.corrcoef(ranks[0], ranks[2])[0, 1]) - 0.1
    assert np.var(drawn[cast < 10]) > np.var(held[cast < 10])


EMPTY = ascii_table("""
    | what                     | person  | statement | vote     | people | statements |
    |--------------------------|---------|-----------|----------|--------|------------|
    | no votes                 |         |           |          | 3      | 3          |
    | nobody                   |         |           |          | 0      | 0          |
    | one person               | 0 0 0   | 0 1 2     | 1 -1 1   | 1      | 3          |
    | one statement            | 0 1 2 3 | 0 0 0 0   | 1 -1 1 1 | 4      | 1          |
    | everybody agrees         | 0 0 1 1 | 0 1 0 1   | 1 1 1 1  | 2      | 2          |
    | everybody passes         | 0 0 1 1 | 0 1 0 1   | 0 0 0 0  | 2      | 2          |
    | nobody on the same       | 0 1 2 3 | 0 1 2 3   | 1 -1 1 1 | 4      | 4          |
    | one of them never voted  | 0 0 2 2 | 0 1 0 1   | 1 -1 1 1 | 3      | 2          |
""")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("row", EMPTY, ids=lambda row: row["what"])
def test_too_little_to_say_is_said(row: dict[str, str]) -> None:
    cells = [np.array(row[name].split(), dtype=np.int64) for name in ("person", "statement", "vote")]
    told = found((*cells, int(row["people"]), int(row["statements"])))
    assert (told.verdict, told.k) == (opinion.NONE, 1)
    assert told.reason
    assert told.probability.shape == (int(row["people"]), 1)
    assert len(told.agreeable) == int(row["statements"])


WRONG = [
    ({"vote": np.array([2, 1])}, "none of 1, 0 and -1"),
    ({"person": np.array([0, 9])}, "beyond the numbers given"),
    ({"person": np.array([0, 0]), "statement": np.array([1, 1])}, "voted twice"),
    ({"person": np.array([0])}, "do not pair up"),
    ({"weights": np.array([1.0, -1.0])}, "weights are not 2 numbers"),
]


@pytest.mark.parametrize(("change", "what"), WRONG, ids=[what for _change, what in WRONG])
def test_arrays_that_do_not_fit_are_refused(change: dict[str, np.ndarray], what: str) -> None:
    cells = {"person": np.array([0, 1]), "statement": np.array([0, 1]), "vote": np.array([1, -1])} | change
    with pytest.raises(BadInput, match=what):
        opinion.fit(**cells, n_people=2, n_statements=2, rng=np.random.default_rng(1))
