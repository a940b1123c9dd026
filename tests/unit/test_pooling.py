"""The pooled door and the model under it: what comes out of ordinary, odd and hostile input."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.errors import BadInput, CannotEstimate
from fairhearing.measure import estimate_table
from fairhearing.measure.pooled import Pooled, crossed_pairs, pool_table
from fairhearing.stats.laplace import build, solve
from fairhearing.stats.pooling import Answers, Factor, Posterior, answers_of_people, fit, mode
from fairhearing.stats.poststratification import Population, Shares, poststratify
from tests.helpers import ascii_table

# In the west four answered, all yes; in the north nobody did.
CELLS = ascii_table("""
age   | area  | people | deprived
young | south | 300    | 0.2
young | east  | 500    | 0.9
young | west  | 200    | 0.5
young | north | 100    | 0.4
old   | south | 700    | 0.2
old   | east  | 400    | 0.9
old   | west  | 250    | 0.5
old   | north | 150    | 0.4
""")


def people(seed: int = 1, n: int = 300) -> pa.Table:
    """A survey of the south and east; those few in the west all say yes."""
    rng = np.random.default_rng(seed)
    age, area = rng.choice(["young", "old"], n).tolist(), rng.choice(["south", "east"], n).tolist()
    said = (rng.random(n) < np.where(np.array(area) == "east", 0.4, 0.7)).astype(int).tolist()
    west = {"age": ["young", "young", "old", "old"], "area": ["west"] * 4, "trust": [1] * 4}
    return pa.table({"age": age + west["age"], "area": area + west["area"], "trust": said + west["trust"]})


def cells(rows: list[dict[str, str]] = CELLS, **changed: list[str]) -> pa.Table:
    table = pa.Table.from_pylist(rows)
    for name, values in changed.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return table


def pooled(table: pa.Table | None = None, **given: Any) -> Pooled:
    wanted: dict[str, Any] = {"item": "trust", "by": ["age", "area"], "population": cells(), "where": "trust.csv"}
    return pool_table(people() if table is None else table, rng=np.random.default_rng(1), **(wanted | given))


@cache
def plain() -> Pooled:
    return pooled()


def by_domain(found: Pooled) -> dict[str, dict[str, Any]]:
    return {row["domain"]: row for row in found.rows.to_pylist()}


# --- the door ----------------------------------------------------------------------------------------------------


def test_every_category_of_every_characteristic_is_a_row_and_everyone_the_first() -> None:
    rows = plain().rows.to_pylist()
    assert list(rows[0]) == [
        "domain", "n", "direct", "direct_low", "direct_high", "estimate", "low", "high", "gap", "gap_low", "gap_high",
        "population", "method",
    ]  # fmt: skip
    assert [row["domain"] for row in rows] == [
        "everyone", "age=old", "age=young", "area=east", "area=north", "area=south", "area=west",
    ]  # fmt: skip
    assert [row["population"] for row in rows] == [2600, 1500, 1100, 900, 250, 1000, 450]
    for row in rows:
        if row["estimate"] is not None:
            assert 0 < row["low"] < row["estimate"] < row["high"] < 1


def test_four_people_who_all_say_yes_borrow_from_the_others() -> None:
    west = by_domain(plain())["area=west"]
    assert (west["n"], west["direct"], west["direct_low"]) == (4, None, None)
    assert "gave the same answer" in west["method"]
    assert 0.5 < west["estimate"] < 0.95
    assert west["high"] - west["low"] > 0.2, "four people cannot tell much"


def test_a_community_nobody_of_which_answered_is_not_told() -> None:
    north = by_domain(plain())["area=north"]
    assert (north["n"], north["estimate"], north["low"], north["gap"]) == (0, None, None, None)
    assert north["method"] == "cannot tell: nobody answered"


def test_everyone_is_the_population_not_the_sample() -> None:
    """Estimates of a characteristic's categories add up to everyone's, weighted by who lives there."""
    found = by_domain(plain())
    age = [found["age=old"], found["age=young"]]
    total = sum(row["estimate"] * row["population"] for row in age) / 2600
    assert total == pytest.approx(found["everyone"]["estimate"], abs=1e-12)


def test_a_gap_is_the_category_less_everyone_else() -> None:
    found = by_domain(plain())
    old, young = found["age=old"], found["age=young"]
    assert old["gap"] == pytest.approx(old["estimate"] - young["estimate"], abs=1e-12)
    assert old["gap_low"] == pytest.approx(-young["gap_high"], abs=1e-12)
    assert found["everyone"]["gap"] is None


def test_the_direct_estimate_is_that_of_the_estimate_door() -> None:
    table, found = people(), by_domain(plain())
    direct = estimate_table(table, item="trust", by="area", margins=None, where="trust.csv").to_pylist()
    for row in direct:
        ours = found["everyone" if row["domain"] == "everyone" else f"area={row['domain']}"]
        assert ours["n"] == row["n"]
        if row["estimate"] is not None:
            figures = [ours[key] for key in ("direct", "direct_low", "direct_high")]
            assert figures == pytest.approx([row[key] for key in ("estimate", "low", "high")], abs=1e-9)


def test_rows_in_another_order_give_the_same_numbers_to_the_last_bit() -> None:
    table = people()
    shuffled = table.take(pa.array(np.random.default_rng(3).permutation(len(table))))
    again = pooled(shuffled, population=cells(CELLS[::-1]))
    figures = ["estimate", "low", "high", "gap", "gap_low", "gap_high", "population"]
    assert again.rows.select(figures).equals(plain().rows.select(figures))


def test_yes_and_no_are_a_share() -> None:
    table = people()
    words = pa.array(["Yes" if value else "No" for value in table["trust"].to_pylist()])
    found = pooled(table.set_column(2, "trust", words))
    assert "share of trust (share of Yes)" in found.rows["method"][0].as_py()
    assert found.rows["estimate"].equals(plain().rows["estimate"])


def test_every_row_has_a_fate() -> None:
    odd = pa.table(
        {"age": ["young", None, "old"], "area": ["south", "south", ""], "trust": pa.array([None, 1, 0], pa.int64())}
    )
    fates = pooled(pa.concat_tables([people(), odd])).diagnostics["fates"]
    assert fates == {
        "rows": 307, "no answer": 1, "did not say: age": 1, "did not say: area": 1,
        "no such cell in the population": 0, "used": 304,
    }  # fmt: skip


def test_a_combination_the_population_lacks_still_informs_the_model() -> None:
    rows = [row for row in CELLS if (row["age"], row["area"]) != ("old", "west")]
    found = pooled(population=cells(rows))
    assert found.diagnostics["fates"]["no such cell in the population"] == 2
    assert found.diagnostics["fates"]["used"] == 304
    assert by_domain(found)["area=west"]["population"] == 200


def test_cells_listed_twice_are_added() -> None:
    halves = [row | {"people": str(int(row["people"]) / 2)} for row in CELLS]
    assert pooled(population=cells(halves + halves)).rows.equals(plain().rows)


def test_a_covariate_tells_of_an_area_where_few_answered() -> None:
    found = pooled(covariates=["deprived"])
    assert "with deprived" in found.diagnostics["model"]
    assert by_domain(found)["area=west"]["estimate"] != by_domain(plain())["area=west"]["estimate"]


def test_the_diagnostics_say_how_far_to_trust_it() -> None:
    facts = plain().diagnostics
    assert set(facts["sigma"]) == {"age", "area", "age × area"}
    for sigma in facts["sigma"].values():
        assert 0 < sigma["low"] < sigma["median"] < sigma["high"]
    assert 150 <= facts["effective_proposals"] <= facts["proposals"]
    assert facts["mode_gradient"] < 1e-4
    assert pooled(interactions=False).diagnostics["sigma"].keys() == {"age", "area"}


@pytest.mark.parametrize(
    ("sizes", "taken", "left"),
    [
        ([2, 3], [(0, 1)], []),
        ([5, 9, 6, 33], [(0, 1), (0, 2), (1, 2), (1, 3)], [(0, 3), (2, 3)]),
        ([40, 30, 20], [(0, 1)], [(0, 2), (1, 2)]),
        ([500, 400], [], [(0, 1)]),
        ([2] * 6, [(0, 1), (4, 5)], sorted({*combinations(range(6), 2)} - {(0, 1), (4, 5)})),
        ([7], [], []),
    ],
)
def test_pairs_that_would_cost_too_much_are_left_out(
    sizes: list[int], taken: list[tuple[int, int]], left: list[tuple[int, int]]
) -> None:
    assert crossed_pairs(sizes) == (taken, left)


def test_the_same_answer_from_everybody_is_cannot_tell() -> None:
    table = people().set_column(2, "trust", pa.array([1] * 304))
    found = pooled(table)
    for row in found.rows.to_pylist():
        assert row["method"].startswith("cannot tell: ")
        assert "gave the same answer" in row["method"]
    assert found.rows["estimate"].null_count == found.rows.num_rows
    assert by_domain(pooled(table.slice(0, 0)))["everyone"]["method"] == "cannot tell: nobody answered"


@pytest.mark.parametrize(
    ("given", "what", "cure"),
    [
        ({"item": "trsut"}, "there is no column 'trsut'", "did you mean 'trust'?"),
        ({"by": ["age", "aera"]}, "there is no column 'aera'", "did you mean 'area'?"),
        ({"by": []}, "no characteristic to pool over, or one twice", "name each once"),
        ({"by": ["age", "age"]}, "no characteristic to pool over, or one twice", "name each once"),
        ({"population": cells().drop(["people"])}, "there is no column 'people'", "the columns are"),
        ({"population": cells(people=["-1"] * 8)}, "row 1 has no count of people from 0 up", "number of people"),
        ({"population": cells(people=["0"] * 8)}, "nobody lives in any cell", "number of people"),
        ({"population": cells(age=["young"] * 7 + [""])}, "row 8 has no age", "every cell its categories"),
        ({"population": cells(area=["North"] * 2 + ["1"] * 6)}, "the column area holds 'east'", "add its cells"),
        ({"covariates": ["deprivd"]}, "there is no column 'deprivd'", "did you mean 'deprived'?"),
        (
            {"covariates": ["deprived"], "population": cells([*CELLS, CELLS[0] | {"deprived": "3"}])},
            "row 9 has another deprived than an earlier row", "one number for each combination",
        ),
        ({"covariates": ["deprived"], "population": cells(deprived=["1"] * 8)}, "the same for everybody", "leave it"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_a_cure(given: dict[str, Any], what: str, cure: str) -> None:
    with pytest.raises(BadInput) as error:
        pooled(**given)
    assert what in error.value.what
    assert cure in error.value.cure


def test_an_item_that_is_no_share_is_refused() -> None:
    table = people().set_column(2, "trust", pa.array([3, *[1, 0] * 151, 5]))
    with pytest.raises(BadInput, match="row 1 of trust is 3, and a share is of those who said 1"):
        pooled(table, family="share")


def test_a_category_spelled_otherwise_is_named() -> None:
    table = people().set_column(1, "area", pa.array(["sotuh", *people()["area"].to_pylist()[1:]]))
    with pytest.raises(BadInput, match="holds 'sotuh'") as error:
        pooled(table)
    assert "did you mean 'south'?" in error.value.cure


def test_a_score_is_a_mean_on_its_own_scale() -> None:
    """Doubled and moved by 1, everything told of it is (to a tenth of its standard error: the draws may differ)."""
    rng = np.random.default_rng(5)
    score = np.clip(np.round(rng.normal(5, 2, 304) + (np.arange(304) % 3)), 0, 10)
    found, moved = (pooled(people().set_column(2, "trust", pa.array(values))) for values in (score, 2 * score + 1))
    assert found.rows["method"][0].as_py().startswith("mean of trust, multilevel linear regression on age, area")
    for one, two in zip(found.rows.to_pylist(), moved.rows.to_pylist(), strict=True):
        if one["estimate"] is not None:
            assert [two[key] for key in ("estimate", "low", "high")] == pytest.approx(
                [2 * one[key] + 1 for key in ("estimate", "low", "high")], abs=0.1
            )
            assert 0 < one["low"] < one["estimate"] < one["high"] < 10


def test_people_who_count_twice_are_said_to_and_clusters_widen() -> None:
    table = people().append_column("w", pa.array([1.0, 3.0] * 152))
    table = table.append_column("street", pa.array([str(k // 2) for k in range(304)]))
    twice = table.take(pa.array(np.repeat(np.arange(304), 2)))
    weighted = by_domain(pooled(table, weights="w"))["everyone"]
    assert "weighted pseudo-likelihood (weights w): people count as 80% of their number" in weighted["method"]
    assert "no survey weights" in plain().rows["method"][0].as_py()
    alone, together = (by_domain(pooled(twice, **given))["everyone"] for given in ({}, {"cluster": "street"}))
    assert together["high"] - together["low"] > 1.3 * (alone["high"] - alone["low"])
    with pytest.raises(BadInput, match="row 1 has no weight above 0"):
        pooled(table.set_column(3, "w", pa.array([0.0] * 304)), weights="w")


def test_combinations_have_rows_on_request_and_add_up() -> None:
    found = by_domain(pooled(crossing=["age", "area"]))
    east = [found[f"age={age}, area=east"] for age in ("old", "young")]
    total = sum(row["estimate"] * row["population"] for row in east)
    assert total == pytest.approx(found["area=east"]["estimate"] * found["area=east"]["population"], abs=1e-9)
    assert sum(row["n"] for row in east) == found["area=east"]["n"]
    with pytest.raises(BadInput, match="cells of age, faith are not a combination"):
        pooled(crossing=["age", "faith"])


# --- the model ---------------------------------------------------------------------------------------------------


def three_groups(y: list[float], n: list[float], X: np.ndarray | None = None) -> Answers:
    codes = np.arange(len(y)) % 3
    return Answers(np.array(y), np.array(n), np.ones((len(y), 1)) if X is None else X, (Factor("area", codes, 3),))


def shares(answers: Answers, seed: int = 1) -> Shares:
    found = fit(answers, np.random.default_rng(seed))
    return poststratify(found, Population(np.ones(3), np.ones((3, 1)), (np.arange(3),)), [np.arange(3)], [3])


def test_a_factor_with_one_level_is_named() -> None:
    answers = Answers(
        np.array([1.0, 2]), np.array([4.0, 4]), np.ones((2, 1)),
        (Factor("area", np.array([0, 1]), 2), Factor("faith", np.array([0, 0]), 5)),
    )  # fmt: skip
    with pytest.raises(CannotEstimate, match="everybody who answered is in one group of faith") as error:
        mode(answers)
    assert error.value.cure == "leave faith out"


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        (three_groups([5, 5, 5], [5, 5, 5]), "all 15 people gave the same answer"),
        (three_groups([0, 0, 0], [5, 5, 5]), "all 15 people gave the same answer"),
        (three_groups([0, 0, 0], [0, 0, 0]), "nobody answered"),
        (three_groups([6, 1, 1], [5, 5, 5]), "0 ≤ yes ≤ asked"),
        (three_groups([1, 1, np.nan], [5, 5, 5]), "0 ≤ yes ≤ asked"),
        (three_groups([1, 1, 1], [5, 5, np.inf]), "0 ≤ yes ≤ asked"),
        (three_groups([1, 1, 1], [5, 5, 5], np.ones((2, 1))), "are not the same"),
        (Answers(np.ones(2), np.full(2, 5.0), np.ones((2, 1)), ()), "no characteristic to pool over"),
        (
            Answers(np.ones(2), np.full(2, 5.0), np.ones((2, 1)), (Factor("area", np.array([0, 2]), 2),)),
            "a code of area is not among its 2 levels",
        ),
    ],
)
def test_counts_that_tell_nothing_are_an_error(answers: Answers, what: str) -> None:
    with pytest.raises(CannotEstimate, match=what):
        mode(answers)


def test_a_group_of_identical_answers_is_pulled_towards_the_others() -> None:
    found = shares(three_groups([8, 20, 12], [8, 50, 40]))
    low, high = found.interval()
    assert 0.5 < found.estimate[1] < 0.97
    assert 0.3 < low[1] < high[1] < 1


def test_cells_nobody_is_in_change_nothing() -> None:
    some, more = three_groups([8, 20, 12], [10, 50, 40]), three_groups([8, 20, 12, 0, 0], [10, 50, 40, 0, 0])
    assert np.array_equal(shares(some).draws, shares(more).draws)


def test_a_level_nobody_was_in_is_as_uncertain_as_a_new_one() -> None:
    """Its effect is drawn from N(0, σ²): centred, and wider than a level of 50 people."""
    answers = Answers(
        np.array([8.0, 20, 12]), np.array([10.0, 50, 40]), np.ones((3, 1)), (Factor("area", np.array([0, 1, 3]), 4),)
    )
    found = fit(answers, np.random.default_rng(1), draws=4000)
    unseen, seen = found.effects[0][2], found.effects[0][1]
    sd = float(np.sqrt(np.mean(found.sigma[:, 0] ** 2)))
    assert abs(unseen.mean()) < 4 * sd / np.sqrt(4000)
    assert np.std(unseen) == pytest.approx(sd, rel=0.1)
    assert np.std(unseen) > np.std(seen + found.beta[:, 0])


def test_separation_has_an_end_with_a_prior_and_is_named_without() -> None:
    X = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    answers = three_groups([0, 0, 0, 5, 5, 5], [5] * 6, X)
    assert 1 < mode(answers).beta[1] < 10
    with pytest.raises(CannotEstimate, match="a fixed effect separates those who answered yes"):
        mode(answers, prior=None)


def test_effects_without_an_end_are_an_error_of_the_inner_search_too() -> None:
    X = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    design = build(np.array([0.0, 0, 0, 5, 5, 5]), np.full(6, 5.0), X, [np.arange(6) % 3], [3], 0.0)
    with pytest.raises(CannotEstimate, match="the most likely effects of groups were not found in 60 steps"):
        solve(design, np.array([0.5]), tolerance=1e-30)


def test_people_are_collapsed_to_cells_first() -> None:
    y, a, b = np.array([1.0, 0, 1, 1]), np.array([0, 1, 0, 0]), np.array([1, 0, 1, 0])
    found = answers_of_people(y, [Factor("a", a, 2), Factor("b", b, 2)])
    cells_found = sorted(zip(found.factors[0].codes, found.factors[1].codes, found.y, found.n, strict=True))
    assert cells_found == [(0, 0, 1, 1), (0, 1, 2, 2), (1, 0, 0, 1)]


def test_the_same_generator_gives_the_same_bits_and_inputs_stay() -> None:
    answers = three_groups([8, 20, 12], [10, 50, 40])
    before = answers.y.copy(), answers.n.copy()
    one, two, other = (fit(answers, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.sigma, two.sigma)
    assert np.array_equal(one.effects[0], two.effects[0])
    assert not np.array_equal(one.sigma, other.sigma)
    assert np.array_equal(before[0], answers.y)
    assert np.array_equal(before[1], answers.n)


def test_how_many_draws_may_be_chosen_and_sigma_has_an_interval() -> None:
    found: Posterior = fit(three_groups([8, 20, 12], [10, 50, 40]), np.random.default_rng(1), draws=37)
    assert [found.sigma.shape, found.beta.shape, found.effects[0].shape] == [(37, 1), (37, 1), (3, 37)]
    middle, low, high = found.sigma_interval()
    assert 0 < low[0] < middle[0] < high[0]
