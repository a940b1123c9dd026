"""Odd and hostile files through `fairhearing estimate`: each has an outcome of its own, never a traceback.

Each line: the file's rows (; between rows), what is asked, the exit code, and what is said: of an error its words, of
a result the first row's method.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.__main__ import run
from fairhearing.measure import estimate_table
from tests.helpers import ascii_table

MISTAKES = ascii_table("""
rows                    | asked                                   | code | says
y,w;1,0;2,0             | --weights w                             | 7    | every weight is zero
y,w;1,-1;2,2            | --weights w                             | 4    | respondent 1 has the weight -1
y,w;1,NA;2,2            | --weights w                             | 4    | respondent 1 has no weight
y,w;1,1;2,1e300         | --weights w                             | 4    | respondent 2 has the weight 1e+300
y,w;1,inf;2,2           | --weights w                             | 4    | row 1 of w is infinite
y,w;1,heavy;2,2         | --weights w                             | 4    | row 1 of w holds 'heavy', not a number
y,g                     |                                         | 4    | the file has a header and no rows
y,y;1,2;3,4             |                                         | 4    | the header has 2 columns named 'y'
y,g;1,;2,NA             | --by g                                  | 7    | nobody has a value of g
y,g;1,a;2,b             | --differences                           | 4    | there are no communities to compare
y,g;1,a;2,b             | --statistic quantile --differences      | 4    | --differences are not of a quantile
y,g;1,a;2,b             | --statistic regression --differences    | 4    | --differences are not of a regression
y,g;1,a;2,b             | --make-replicates bootstrap:99999999    | 4    | replicates cannot be made by 'bootstrap:99
y,g;1,a;2,b             | --statistic quantile --quantiles 0,2    | 4    | a quantile is a share between 0 and 1
y,s,c;1,a,1;2,a,1;3,b,2 | --strata s --cluster c --lonely fail    | 7    | 2 strata have only one sampling unit
y,s,c;1,a,1;2,a,1;3,b,2 | --strata s --cluster c --lonely average | 7    | every stratum has one sampling unit
""")

RESULTS = ascii_table("""
rows                    | asked                         | says
y;3                     |                               | cannot tell: one person answered
y;3;3;3                 |                               | cannot tell: everyone gave the same answer
y;NA;NA                 | --statistic quantile          | cannot tell: nobody answered
y,x;0,1;0,2;1,4;1,5     | --statistic regression --on x | cannot tell: among x and what it is compared with
y,f;1,p;1,p;1,q;0,q     | --statistic regression --on f | cannot tell: among f q and what it is compared with
y,x;1,2;2,4;3,6;4,8     | --statistic regression --on x | no interval: the predictors tell every answer without error
y,s,c;1,a,1;2,a,1;3,b,2 | --strata s --cluster c        | everyone who answered is in one sampling cluster
y,x;1,1;2,-1;1,0        | --statistic ratio --over x    | cannot tell: what it is divided by adds up to nothing
""")


def written(rows: str, folder: Path) -> Path:
    file = folder / "file.csv"
    file.write_text("\n".join(rows.split(";")) + "\n", encoding="utf-8")
    return file


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    """What was printed, which must be JSON, with nothing on standard error."""
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


@pytest.mark.parametrize("line", MISTAKES, ids=lambda line: line["says"])
def test_a_mistake_has_an_exit_code_words_and_a_cure(
    line: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(line["rows"], tmp_path)
    code = run(["estimate", str(file), "--item", "y", *shlex.split(line["asked"]), "--json"])
    error = told(capsys)
    assert code == int(line["code"]) == error["exit_code"]
    assert line["says"] in error["what"]
    assert error["cure"]


@pytest.mark.parametrize("line", RESULTS, ids=lambda line: line["says"])
def test_what_cannot_be_told_is_a_row_that_says_why(
    line: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(line["rows"], tmp_path)
    assert run(["estimate", str(file), "--item", "y", *shlex.split(line["asked"]), "--json"]) == 0
    row = told(capsys)[0]
    assert line["says"] in row["method"]
    assert row["low"] is row["high"] is None


MARGINS = {
    "a category with nobody": ("g,a,100\ng,b,200\ng,c,50", "the margin g has 50 people at 'c', but no respondent"),
    "nobody at all": ("g,a,0\ng,b,0", "the margin g adds up to 0 people"),
    "two populations": ("g,a,100\ng,b,200\nh,x,150\nh,y,190", "h adds up to 340 but g to 300: 40 people apart"),
    "the same, differently": ("g,a,100\ng,b,200\nh,x,200\nh,y,100", "g has 50.0000% at 'a' instead of 33.3333%"),
    "a number out of reach": ("g,a,100\ng,b,200\nz,,99999", "no weights meet every total"),
}  # fmt: skip


@pytest.mark.parametrize("name", MARGINS)
def test_margins_that_cannot_be_met_say_which_and_by_how_much(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever is a in g is x in h, and b is y."""
    rows, says = MARGINS[name]
    file = written("y,g,h,z;1,a,x,1;2,b,y,2;3,a,x,1;1,b,y,2", tmp_path)
    margins = tmp_path / "margins.csv"
    margins.write_text(f"characteristic,category,people\n{rows}\n")
    code = run(["estimate", str(file), "--item", "y", "--margins", str(margins), "--json"])
    error = told(capsys)
    assert (code, error["error"]) == (7, "CannotEstimate")
    assert says in error["what"]


def test_the_weighting_fixes_a_share_that_is_then_given_without_an_interval() -> None:
    """Two of four are a; the population says a third. R gives .333 and 0."""
    people = pa.table({"g": list("aabb"), "w": [1.0, 2, 3, 4]})
    known = pa.table({"characteristic": ["g", "g"], "category": ["a", "b"], "people": ["100", "200"]})
    rows = estimate_table(people, item="g", weights="w", margins=known, where="people").to_pylist()
    assert [row["estimate"] for row in rows] == pytest.approx([1 / 3, 2 / 3], rel=1e-12)
    assert [(row["se"], row["low"], row["high"]) for row in rows] == [(0.0, None, None)] * 2
    assert all("no interval: the weighting or the strata fixed this number" in row["method"] for row in rows)


def test_a_quantile_within_the_weight_of_the_smallest_answer_is_that_answer() -> None:
    """More than half of the weight is at 415: by the definition of a quantile, half lie at or below 415. R 4.1-1's
    `svyquantile` says 1111."""
    people = pa.table({"votes": [415, 1111, 1439, 4976], "w": [7000, 2614, 2018, 583]})
    rows = estimate_table(people, item="votes", weights="w", where="p",
                          wanted={"statistic": "quantile", "quantiles": [0.25, 0.5, 0.75]}).to_pylist()  # fmt: skip
    assert [row["estimate"] for row in rows] == [415.0, 415.0, 1111.0]


def _logistic(people: dict[str, Any], **wanted: Any) -> list[dict[str, Any]]:
    on = [name for name in people if name not in ("y", "c")]
    asked: Any = {"statistic": "regression", "family": "logistic", "on": on, **wanted}
    return list(estimate_table(pa.table(people), item="y", where="f", cluster="c" if "c" in people else None,
                               wanted=asked).to_pylist())  # fmt: skip


def test_one_person_who_is_a_category_of_their_own_separates() -> None:
    """R's `svyglm` prints 30.5 with a standard error of 1.0 for such a person."""
    rows = _logistic({"y": [0, 1] * 150 + [1], "g": ["a"] * 150 + ["b"] * 150 + ["c"]})
    assert [row["estimate"] for row in rows] == [None] * 3
    assert all("among g c and what it is compared with" in row["method"] for row in rows)


def test_answers_told_apart_nearly_without_exception_have_slopes() -> None:
    """One exception among 300 is enough for a slope, however steep."""
    rng = np.random.default_rng(5)
    x, z = rng.normal(size=(2, 300))
    y = (x + z > 0).astype(float)
    y[np.argsort(abs(x + z))[8]] = 1 - y[np.argsort(abs(x + z))[8]]
    rows = _logistic({"y": y, "x": x, "z": z})
    fitted = rows[0]["estimate"] + rows[1]["estimate"] * x + rows[2]["estimate"] * z
    residual = y - 1 / (1 + np.exp(-fitted))
    assert np.abs(fitted).max() > 200
    assert [residual.sum(), residual @ x, residual @ z] == pytest.approx([0, 0, 0], abs=1e-6)
    assert all(row["se"] > 0 for row in rows)


def test_a_category_that_a_replicate_loses_has_no_standard_error() -> None:
    c = np.repeat(np.arange(12), 10)
    g = np.where(c == 3, "only here", np.where(np.arange(120) % 3 == 0, "a", "b"))
    for row in _logistic({"y": np.arange(120) % 2 * 1.0, "g": g, "c": c}, make_replicates="jackknife"):
        assert row["estimate"] is not None and row["se"] is None
        assert "in some of the replicates nobody is left of a category" in row["method"]


@pytest.mark.parametrize("shift", [0, 2026, 1.7e9, -1e12])
def test_predictors_far_from_zero_keep_their_slope(shift: float) -> None:
    """Years or seconds since 1970 instead of small numbers move only the intercept."""
    rng = np.random.default_rng(1)
    x = np.round(rng.normal(0, 3, 60)).astype(float)
    y = 2 * x + np.round(rng.normal(0, 1, 60), 1)

    def slope(moved: np.ndarray) -> dict[str, Any]:
        table = pa.table({"y": y, "x": moved})
        rows: list[dict[str, Any]] = estimate_table(
            table, item="y", where="p", wanted={"statistic": "regression", "on": "x"}
        ).to_pylist()
        return rows[1]

    near, far = slope(x), slope(x + shift)
    assert far["estimate"] == pytest.approx(near["estimate"], rel=1e-12)
    assert far["se"] == pytest.approx(near["se"], rel=1e-12)


def test_a_constant_far_from_zero_says_only_what_the_intercept_says() -> None:
    people = pa.table({"y": [1.0, 2, 4, 3], "x": [1.1, 2, 3, 5], "year": [2026.1] * 4})
    rows = estimate_table(people, item="y", where="p", wanted={"statistic": "regression", "on": "year,x"}).to_pylist()
    assert [row["estimate"] is None for row in rows] == [False, True, False]


WRITTEN = ascii_table("""
as      | values                   | counted
numbers | 1;0;1;;0                 | 0.5
spaces  | 1 ; 0;1;NA;0             | 0.5
floats  | 1.0;0.0;1.00;;0          | 0.5
words   | Yes;no;YES;;No           | 0.5
logical | TRUE;FALSE;true;NA;False | 0.5
""")


@pytest.mark.parametrize("line", WRITTEN, ids=lambda line: line["as"])
def test_the_same_answers_however_written(line: dict[str, str]) -> None:
    people = pa.table({"y": line["values"].split(";")})
    (row,) = estimate_table(people, item="y", where="p").to_pylist()
    assert (row["n"], row["estimate"]) == (4, float(line["counted"]))


def test_codes_with_and_without_a_leading_zero_are_two_categories() -> None:
    people = pa.table({"y": ["1", "2", "4", "5", "3", "3"], "g": ["01", "01", "1", "1.0", "1", "01"]})
    rows = estimate_table(people, item="y", by="g", where="p").to_pylist()
    assert [(row["domain"], row["n"]) for row in rows] == [("everyone", 6), ("01", 3), ("1", 3)]


@pytest.mark.parametrize("smallest", ["0", "-1", "2", "nan"])
def test_the_smallest_difference_that_matters_is_a_part_of_the_range(
    smallest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written("y,p;1,1;2,1;3,2;1,2", tmp_path)
    assert run(["monitor", str(file), "--item", "y", "--period", "p", f"--smallest={smallest}", "--json"]) == 4
    assert "the smallest difference that matters cannot be" in told(capsys)["what"]
