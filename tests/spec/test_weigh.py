"""Respondents in; weights, what they cost, and who was not heard out. Tables an official could check by hand."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from fairhearing.errors import BadInput, CannotEstimate
from fairhearing.programme import Programme
from fairhearing.stage import Tables
from fairhearing.tables import from_rows
from fairhearing.weigh import STAGE
from tests.helpers import ascii_table, programme, run_stage


def made(population: str, *, sample: str = "probability", **rules: Any) -> Programme:
    """A programme whose characteristics are the rows of `population`; a category marked * is no community."""
    characteristics: dict[str, dict[str, Any]] = {}
    for row in ascii_table(population):
        each = characteristics.setdefault(
            row["characteristic"], {"id": row["characteristic"], "name": row["characteristic"], "categories": []}
        )
        people = int(row["people"]) if row["people"] else None
        id = row["category"].removesuffix("*")
        community = not row["category"].endswith("*")
        each["categories"].append({"id": id, "name": id, "people": people, "community": community})
    columns = {"characteristics": {id: id for id in characteristics}}
    source = {"id": "s", "file": "s.csv", "kind": "survey", "sample": sample, "columns": columns}
    return programme(
        characteristics=list(characteristics.values()),
        sources=[source],
        rules={"fixed_on": "2026-01-01", "cell_at_least": 1} | rules,
    )


def people(*groups: dict[str, Any]) -> pa.Table:
    """Each group: times, weight, and a category a characteristic."""
    rows: list[dict[str, Any]] = []
    for group in groups:
        for _ in range(group.get("times", 1)):
            row = len(rows) + 1
            declared = {f"c_{key}": value for key, value in group.items() if key not in ("times", "weight", "round")}
            rows.append(
                {"source": "s", "row": row, "person": f"p{row}", "weight": group.get("weight", 1.0)}
                | {"round": group.get("round")}
                | declared
            )
    return from_rows("people", rows)


def weighed(programme: Programme, *groups: dict[str, Any]) -> Tables:
    return run_stage(STAGE, programme, people=people(*groups))


SEX = """
characteristic | category | people
sex            | f        | 500
sex            | m        | 500
"""


def test_each_counts_for_whom_they_stand() -> None:
    """Three quarters of the respondents are women, half the population is: a woman counts 2/3, a man 2."""
    out = weighed(made(SEX), {"times": 6, "sex": "f"}, {"times": 2, "sex": "m"})
    assert out["weights"]["base"].to_pylist() == [1.0] * 8
    assert out["weights"]["weight"].to_pylist() == pytest.approx([2 / 3] * 6 + [2.0] * 2, rel=1e-10)
    row = out["weighting"].to_pylist()[0]
    assert row["n"] == 8
    assert row["design_effect"] == pytest.approx(8 * (6 * 4 / 9 + 2 * 4) / 64)
    assert row["n_effective"] == pytest.approx(8 / row["design_effect"])
    assert row["margins"] == ["sex"]
    assert row["method"].startswith("every respondent counted once, raked to sex")


def test_weights_within_bounds() -> None:
    """Raked, a man here counts 5/2 = 2.5 times (half the population, two of ten heard). Kept
    within bounds that allow it, the same; bounds too narrow are told, never quietly broken."""
    heard = ({"times": 8, "sex": "f"}, {"times": 2, "sex": "m"})
    out = weighed(made(SEX, calibrate="logit", calibrate_within=(0.5, 3.0)), *heard)
    assert out["weights"]["weight"].to_pylist() == pytest.approx([0.625] * 8 + [2.5] * 2, rel=1e-9)
    assert "calibrated within 0.5 to 3 times that (logit) to sex" in out["weighting"]["method"][0].as_py()
    with pytest.raises(CannotEstimate, match=r"(?s)between 0\.5 and 2 times .*'m' comes to 0\.4 .*widen the bounds"):
        weighed(made(SEX, calibrate="logit", calibrate_within=(0.5, 2.0)), *heard)


def test_coverage_has_a_row_for_everybody_heard_or_not() -> None:
    population = (
        SEX + "sex            | x        | 0\nage            | young    | 300\nage            | old      | 700"
    )
    out = weighed(made(population), {"times": 6, "sex": "f", "age": "young"}, {"times": 2, "sex": "m"})
    rows = {(row["characteristic"], row["community"]): row for row in out["coverage"].to_pylist()}
    told = ascii_table("""
    characteristic | community | heard | heard_share | population_share | weighted_share | why
    sex            | f         | 6     | 0.75        | 0.5              | 0.5            |
    sex            | m         | 2     | 0.25        | 0.5              | 0.5            | fewer of the people sampled answered; the file does not say why
    sex            | x         | 0     | 0           | 0                | 0              | nobody of this community is in the file
    sex            |           | 0     |             |                  |                |
    age            | young     | 6     | 1           | 0.3              | 1              |
    age            | old       | 0     | 0           | 0.7              | 0              | nobody of this community is in the file
    age            |           | 2     |             |                  |                |
    """)  # noqa: E501
    assert len(rows) == len(told)
    for want in told:
        row = rows[want["characteristic"], want["community"] or None]
        assert row["heard"] == int(want["heard"])
        assert row["not_heard_because"] == (want["why"] or None)
        for key in ("heard_share", "population_share", "weighted_share"):
            assert row[key] == (pytest.approx(float(want[key])) if want[key] else None), (want, key)


REASONS = ascii_table("""
sample         | reason
self-selected  | people chose whether to answer
panel          | people had signed up to a panel
focus group    | people were invited to a discussion
administrative | these are records, not a sample of the population
""")


@pytest.mark.parametrize("case", REASONS, ids=lambda case: case["sample"])
def test_why_heard_less_says_only_what_is_known(case: dict[str, str]) -> None:
    out = weighed(made(SEX, sample=case["sample"]), {"times": 3, "sex": "f"}, {"sex": "m"})
    rows = {row["community"]: row["not_heard_because"] for row in out["coverage"].to_pylist()}
    assert rows == {"f": None, "m": case["reason"], None: None}


def test_a_source_that_did_not_ask_says_so() -> None:
    programme_ = made(SEX).model_copy(
        update={"sources": (made(SEX).sources[0].model_copy(update={"columns": _none()}),)}
    )
    out = weighed(programme_, {"times": 3, "sex": None})
    assert {row["not_heard_because"] for row in out["coverage"].to_pylist() if row["community"]} == {
        "the source did not ask this"
    }
    assert "not weighted to the population: nobody declared" in out["weighting"].to_pylist()[0]["method"]


def _none() -> Any:
    from fairhearing.programme import Columns

    return Columns()


def test_whoever_did_not_say_is_left_as_they_are() -> None:
    out = weighed(made(SEX), {"times": 6, "sex": "f"}, {"times": 2, "sex": "m"}, {"times": 2, "sex": None})
    weights = out["weights"]["weight"].to_pylist()
    assert sum(weights[8:]) == pytest.approx(2), "one each, as they came"
    assert sum(weights[:6]) == pytest.approx(4)
    assert sum(weights[6:8]) == pytest.approx(4)
    assert "whoever did not say is left as they are" in out["weighting"].to_pylist()[0]["method"]


def test_small_categories_join_the_next_smallest() -> None:
    population = """
    characteristic | category | people
    faith          | a        | 500
    faith          | b        | 300
    faith          | c        | 100
    faith          | d        | 100
    """
    heard = [{"times": n, "faith": k} for k, n in (("a", 20), ("b", 12), ("c", 6), ("d", 2))]
    out = weighed(made(population, cell_at_least=5), *heard)
    assert out["weighting"].to_pylist()[0]["collapsed"] == ["c + d"]
    weights = out["weights"]["weight"].to_pylist()
    assert weights[32:] == pytest.approx([8 / 8] * 8), "200 of 1,000 people, 8 of 40 respondents"


def test_a_category_that_is_no_community_and_that_nobody_is_in_takes_nobody_over() -> None:
    """The census has 'Not answered'; a survey without that answer must not give its people to the smallest faith."""
    population = """
    characteristic | category      | people
    faith          | a             | 600
    faith          | b             | 300
    faith          | not_answered* | 100
    """
    out = weighed(made(population, cell_at_least=2), {"times": 6, "faith": "a"}, {"times": 6, "faith": "b"})
    assert out["weighting"].to_pylist()[0]["collapsed"] == []
    assert out["weights"]["weight"].to_pylist() == pytest.approx([8 / 6] * 6 + [4 / 6] * 6)


def test_large_weights_are_cut_and_counted() -> None:
    out = weighed(made(SEX, weight_at_most=2.0), {"times": 9, "sex": "f"}, {"times": 1, "sex": "m"})
    row = out["weighting"].to_pylist()[0]
    assert row["trimmed"] == 1
    assert out["weights"]["weight"].to_pylist() == pytest.approx([8 / 9] * 9 + [2.0])
    assert (
        "weights above 2 times the mean cut to it, which leaves margins up to 30.0 percentage points off"
        in row["method"]
    )


def test_design_weights_are_where_raking_starts() -> None:
    out = weighed(made(SEX), {"weight": 1.0, "sex": "f"}, {"weight": 3.0, "sex": "f"}, {"weight": 4.0, "sex": "m"})
    assert out["weights"]["base"].to_pylist() == pytest.approx([3 / 8, 9 / 8, 12 / 8])
    assert out["weights"]["weight"].to_pylist() == pytest.approx([3 / 8, 9 / 8, 12 / 8])
    assert out["weighting"].to_pylist()[0]["method"].startswith("design weights as delivered")


def test_without_population_figures_people_keep_their_weights_and_it_is_said() -> None:
    population = SEX.replace("500", "   ")
    out = weighed(made(population), {"times": 3, "sex": "f"}, {"sex": "m"})
    row = out["weighting"].to_pylist()[0]
    assert out["weights"]["weight"].to_pylist() == [1.0] * 4
    assert row["margins"] == []
    assert row["method"].endswith(
        "not weighted to the population: no characteristic has population figures for every category"
    )
    assert {each["not_heard_because"] for each in out["coverage"].to_pylist() if each["community"]} == {
        "no population figure is declared, so nobody can say whether it was heard in proportion"
    }


def test_rounds_are_weighed_apart() -> None:
    rounds = {"rounds": [{"id": "r1", "name": "One"}, {"id": "r2", "name": "Two"}]}
    base = made(SEX)
    both = Programme.model_validate(base.model_dump() | rounds)
    out = weighed(both, *({"times": n, "sex": s, "round": r} for r, s, n in (
        ("r1", "f", 3), ("r1", "m", 1), ("r2", "f", 1), ("r2", "m", 1))))  # fmt: skip
    assert [(row["round"], row["n"]) for row in out["weighting"].to_pylist()] == [("r1", 4), ("r2", 2)]
    assert out["weights"]["weight"].to_pylist() == pytest.approx([2 / 3] * 3 + [2.0] + [1.0] * 2)


def test_nobody_heard_is_no_rows_and_no_error() -> None:
    out = run_stage(STAGE, made(SEX))
    assert [out[name].num_rows for name in STAGE.writes] == [0, 0, 0]


# --- what cannot be weighed is an error that names it --------------------------------------------------------------


def test_margins_that_contradict_each_other() -> None:
    population = SEX + "age            | young    | 300\nage            | old      | 800"
    with pytest.raises(
        CannotEstimate, match="the margin age adds up to 1,100 but sex to 1,000: 100 people apart"
    ) as error:
        weighed(made(population), {"sex": "f", "age": "young"}, {"sex": "m", "age": "old"})
    assert error.value.where == "source s"


@pytest.mark.parametrize(
    ("weights", "error", "says"),
    [
        pytest.param((1.0, -2.0), BadInput, "respondent 2 has the weight -2", id="negative"),
        pytest.param((1.0, float("nan")), BadInput, "respondent 2 has no weight", id="not a number"),
        pytest.param((0.0, 0.0), CannotEstimate, "every weight is zero", id="all zero"),
    ],
)
def test_weights_nobody_can_use(weights: tuple[float, float], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        weighed(made(SEX), {"sex": "f", "weight": weights[0]}, {"sex": "m", "weight": weights[1]})


def test_somebody_twice_in_a_round() -> None:
    twice = people({"sex": "f"}, {"sex": "m"}).set_column(2, "person", pa.array(["p1", "p1"]))
    with pytest.raises(BadInput, match="1 rows are of people who are in it already"):
        run_stage(STAGE, made(SEX), people=twice)


def test_a_weight_of_zero_stands_for_nobody() -> None:
    out = weighed(made(SEX), {"times": 3, "sex": "f"}, {"sex": "m"}, {"sex": "m", "weight": 0.0})
    assert out["weights"]["weight"].to_pylist() == pytest.approx([5 / 6] * 3 + [2.5, 0.0])
