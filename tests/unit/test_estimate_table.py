"""The direct door: what it returns, and how it answers a mistake: what, where, and what to do."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from fairhearing.errors import BadInput, CannotEstimate, FairHearingError
from fairhearing.measure import estimate_table
from tests.helpers import ascii_table

PEOPLE = pa.Table.from_pylist(
    ascii_table("""
    trust | told | area  | sex | w | place
    4     | 1    | north | f   | 1 | a
    2     | 0    | north | m   | 1 | a
    5     | 1    | north | f   | 2 | b
    3     | 1    | south | f   | 1 | c
    1     | 0    | south | m   | 1 | c
    NA    | 0    | south | m   | 2 | d
    3     | 1    | west  | m   | 1 | d
    4     | 0    |       | f   | 1 | d
    """)
)
MARGINS = [("sex", "f", "500"), ("sex", "m", "500"), ("area", "north", "400"), ("area", "south", "500")]


def margins(*rows: tuple[str, str, str], key: str = "characteristic") -> pa.Table:
    return pa.table(dict(zip((key, "category", "people"), map(list, zip(*rows, strict=True)), strict=True)))


def estimated(**given: Any) -> list[dict[str, Any]]:
    wanted: dict[str, Any] = {"item": "trust", "by": "area", "margins": None, "where": "trust.csv"}
    return estimate_table(PEOPLE, **(wanted | given)).to_pylist()


def test_the_columns_and_the_first_row_are_stable() -> None:
    rows = estimated()
    assert list(rows[0]) == ["domain", "n", "n_effective", "estimate", "se", "low", "high", "method"]
    assert [(row["domain"], row["n"]) for row in rows] == [("everyone", 7), ("north", 3), ("south", 2), ("west", 1)]
    assert rows[0]["estimate"] == pytest.approx(22 / 7)


def test_one_person_is_cannot_tell() -> None:
    west = estimated()[3]
    assert west["method"].startswith("cannot tell: one person answered")
    assert [west[key] for key in ("n_effective", "estimate", "se", "low", "high")] == [None] * 5


def test_without_by_there_is_everyone() -> None:
    assert [row["domain"] for row in estimated(by=None)] == ["everyone"]


def test_ones_and_zeros_are_a_share_whose_interval_stays_between_0_and_1() -> None:
    everyone, north = estimated(item="told")[:2]
    assert everyone["estimate"] == 0.5
    assert everyone["method"].startswith("weighted share of told")
    assert 0 < north["low"] < north["estimate"] < north["high"] < 1


def test_weights_are_used_and_named_no_more_as_unknown() -> None:
    row = estimated(weights="w", cluster="place")[0]
    assert row["estimate"] == pytest.approx((4 + 2 + 10 + 3 + 1 + 3 + 4) / 8)
    assert "4 clusters" in row["method"]
    assert "unknown" not in row["method"]
    assert "design effect is unknown" in estimated()[0]["method"]


@pytest.mark.parametrize("key", ["characteristic", "column"])
def test_margins_are_met(key: str) -> None:
    """Women trust 4, 5, 3, 4; men 2, 1, 3 and one who said nothing: half and half."""
    figures = margins(("sex", "f", "900"), ("sex", "m", "100"), key=key)
    row = estimated(by=None, margins=figures)[0]
    assert row["estimate"] == pytest.approx((0.9 * 4 + 0.1 * 2 * 3 / 4) / (0.9 + 0.1 * 3 / 4))
    assert "calibration-aware (residuals from sex)" in row["method"]


def same_as_documented(**layout: list[Any]) -> None:
    """But for the last bits: shares and counts are different numbers."""
    documented = margins(("sex", "f", "900"), ("sex", "m", "100"))
    pairs = zip(estimated(margins=pa.table(layout)), estimated(margins=documented), strict=True)
    for row, told in pairs:
        assert row == {key: pytest.approx(v, rel=1e-13) if isinstance(v, float) else v for key, v in told.items()}


def test_margins_under_other_common_headers() -> None:
    same_as_documented(Variable=["sex", "sex"], Level=["f", "m"], Freq=["900", "100"], source=["census", "census"])
    same_as_documented(characteristic=["sex", "sex"], category=["F", "M"], population=["9,000", "1,000"])
    same_as_documented(variable=["sex", "sex"], value=["f", "m"], percent=[90.0, 10.0])


def test_margins_under_the_name_of_the_characteristic_one_below_the_other() -> None:
    same_as_documented(sex=["f", "m"], Freq=["900", "100"])
    areas = (("area", "north", "300"), ("area", "south", "300"), ("area", "west", "400"))
    both = estimated(margins=margins(("sex", "f", "900"), ("sex", "m", "100"), *areas))
    below = {"sex": ["f", "m", "area", "north", "south", "west"], "n": ["900", "100", "n", "300", "300", "400"]}
    assert estimated(margins=pa.table(below)) == both


def test_a_crossed_table_of_people_is_one_margin_of_combinations() -> None:
    """Answers 4, 2, 5 of f, m, f in the north and 3, 1 in the south: who named no area keeps their share."""
    crossed = pa.table({"sex": ["f", "m", "f", "m", "m"], "area": ["north", "north", "south", "south", "west"],
                        "people": [20, 20, 20, 20, 20]})  # fmt: skip
    row = estimated(by=None, margins=crossed)[0]
    weights = {
        "f north": 7 / 8 / 5,
        "m north": 7 / 8 / 5,
        "f south": 7 / 8 / 5,
        "m south": 7 / 8 / 5 / 2,
        "m west": 7 / 8 / 5,
    }
    asked = [
        (4, "f north", 2),
        (2, "m north", 1),
        (5, "f north", 2),
        (3, "f south", 1),
        (1, "m south", 1),
        (3, "m west", 1),
    ]
    shares = [(y, weights[who] / count) for y, who, count in asked] + [(4, 1 / 8)]
    assert row["estimate"] == pytest.approx(sum(y * w for y, w in shares) / sum(w for _, w in shares))
    assert "residuals from sex by area" in row["method"]


def test_yes_and_no_are_a_share_of_yes() -> None:
    table = pa.table({"y": ["Yes", "no", "", "YES", "No"], "t": ["TRUE", "false", "NA", "True", "FALSE"]})
    for item, word in (("y", "Yes"), ("t", "TRUE")):
        (row,) = estimate_table(table, item=item, by=None, margins=None, where="y.csv").to_pylist()
        assert (row["n"], row["estimate"]) == (4, 0.5)
        assert row["method"].startswith(f"weighted share of {item} (share of {word})")


def test_the_same_number_is_one_category_however_it_was_written() -> None:
    table = pa.table({"y": ["1", "2", "3", "5"], "code": ["1.0", "10", "2.00", "2"]})
    rows = estimate_table(table, item="y", by="code", margins=None, where="y.csv").to_pylist()
    assert [(row["domain"], row["n"]) for row in rows] == [("everyone", 4), ("1", 1), ("2", 2), ("10", 1)]


def test_a_decimal_comma_is_named() -> None:
    with pytest.raises(BadInput, match="'4,88', not a number") as raised:
        estimate_table(pa.table({"y": ["4,88"]}), item="y", by=None, margins=None, where="y.csv")
    assert "with a point" in raised.value.cure


WRONG: list[Any] = [
    pytest.param({"item": "trsut"}, BadInput, "no column 'trsut'", "did you mean 'trust'?", id="item"),
    pytest.param({"by": "aera"}, BadInput, "no column 'aera'", "did you mean 'area'?", id="by"),
    pytest.param({"weights": "zzz"}, BadInput, "no column 'zzz'", "the columns are trust, told", id="weights"),
    pytest.param(
        {"item": "sex", "wanted": {"statistic": "mean"}}, BadInput, "row 1 of sex holds 'f', not a number",
        "1 for those counted", id="text",
    ),
    pytest.param({"weights": "trust"}, BadInput, "respondent 6 has no weight", "from 0 up", id="no weight"),
    pytest.param(
        {"margins": margins(("sex", "female", "1"), ("sex", "m", "1"))}, BadInput,
        "the column sex holds 'f', for which the margins have no row", "did you mean 'female'?|add a row",
        id="category",
    ),
    pytest.param(
        {"margins": margins(("sxe", "f", "1"), ("sxe", "m", "1"))}, BadInput, "no column 'sxe'", "'sex'", id="column"
    ),
    pytest.param(
        {"margins": margins(("sex", "f", "1"), ("sex", "f", "1"))}, BadInput, "row 2 repeats a category", "one row",
        id="twice",
    ),
    pytest.param({"margins": margins(("sex", "f", "-1"))}, BadInput, "row 1 lacks a name", "one row", id="negative"),
    pytest.param(
        {"margins": pa.table({"a": ["b"]})}, BadInput, "these are not margins: the columns are a", "sex, Female",
        id="not margins",
    ),
    pytest.param(
        {"margins": margins(*MARGINS)}, CannotEstimate,
        "the margin area adds up to 900 but sex to 1,000: 100 people apart", "same population", id="contradictory",
    ),
    pytest.param(
        {"margins": margins(("sex", "f", "1"), ("sex", "m", "1"), ("sex", "x", "1"))}, CannotEstimate,
        "the margin sex has .* at 'x', but no respondent", "join this category", id="nobody there",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "error", "what", "cure"), WRONG)
def test_a_mistake_is_named_with_its_cure(
    given: dict[str, Any], error: type[FairHearingError], what: str, cure: str
) -> None:
    with pytest.raises(error, match=what) as raised:
        estimated(**given)
    assert raised.value.where is not None
    assert raised.value.where.startswith("trust.csv")
    assert any(part in raised.value.cure for part in cure.split("|"))


def test_a_file_in_which_nobody_answered() -> None:
    table = pa.table({"y": ["", "NA"], "g": ["a", "b"]})
    rows = estimate_table(table, item="y", by="g", margins=None, where="empty.csv").to_pylist()
    assert [row["method"] for row in rows] == ["cannot tell: nobody answered"] * 3
