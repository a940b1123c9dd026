"""`fairhearing estimate --test`: one answer to whether communities differ at all, or why there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import scipy.stats

from fairhearing.__main__ import run
from fairhearing.errors import BadInput, CannotEstimate
from fairhearing.measure import estimate_table
from tests.external.test_r_survey import FOLDER, reference
from tests.helpers import ascii_table, needs_shared

TWELVE = """
community | answer | score | same
----------+--------+-------+-----
a         | yes    | 4     | 5
a         | yes    | 5     | 5
a         | no     | 3     | 5
a         | yes    | 5     | 5
a         | yes    | 4     | 5
b         | no     | 2     | 5
b         | no     | 1     | 5
b         | yes    | 3     | 5
b         | no     | 2     | 5
c         | no     | 1     | 3
c         |        |       |
          | yes    | 5     | 4
"""


def asked_for(item: str, rows: list[dict[str, str]] | None = None, **more: Any) -> dict[str, Any]:
    table = pa.Table.from_pylist(ascii_table(TWELVE) if rows is None else rows)
    asked = {"statistic": "test", **more}
    (row,) = estimate_table(table, item=item, by="community", where="twelve", wanted=asked).to_pylist()  # type: ignore[arg-type]
    return row


def test_two_means_are_compared_by_t_with_their_difference() -> None:
    """c has one answer and is left out; with equal weights the standard error is that of unequal variances times
    sqrt(n/(n-1)) of each group's own n replaced by the sample's: checked by hand below."""
    row = asked_for("score")
    a, b = [4, 5, 3, 5, 4], [2, 1, 3, 2]
    n = 12  # people in the file: each is a sampling unit, in the variance whether or not they count here
    squares = sum((y - 4.2) ** 2 for y in a) / 5**2 + sum((y - 2.0) ** 2 for y in b) / 4**2
    se = (squares * n / (n - 1)) ** 0.5
    assert row["estimate"] == pytest.approx(-2.2, rel=1e-12)
    assert row["se"] == pytest.approx(se, rel=1e-12)
    assert row["statistic"] == pytest.approx(-2.2 / se, rel=1e-12)
    assert (row["n"], row["df"], row["df_within"]) == (9, 1, 9 - 1 - 1)
    assert row["p"] == pytest.approx(2 * scipy.stats.t.sf(2.2 / se, 7), rel=1e-10)
    assert row["low"] < row["estimate"] < row["high"] < 0
    assert "score of b less that of a" in row["method"]
    assert "too few answers, or all the same, from c" in row["method"]


def test_words_are_compared_as_a_table() -> None:
    row = asked_for("answer")
    assert row["method"].startswith("Rao–Scott F test of a two-way table of answer, comparing a, b, c")
    assert row["n"] == 10
    assert 0 < row["p"] < 1
    assert row["estimate"] is row["low"] is None


def test_under_simple_random_sampling_the_table_is_pearsons() -> None:
    """One person a unit, all weights one: one generalised design effect, so F is a little below Pearson's."""
    rows = [{"community": c, "answer": a} for c, a, n in
            (("a", "x", 20), ("a", "y", 9), ("b", "x", 11), ("b", "y", 17)) for _ in range(n)]  # fmt: skip
    pearson = scipy.stats.chi2_contingency([[20, 9], [11, 17]], correction=False).statistic
    row = asked_for("answer", rows)
    assert row["df"] == pytest.approx(1, rel=1e-12)
    assert row["statistic"] < pearson
    assert row["statistic"] == pytest.approx(_by_hand(), rel=1e-12)


def _by_hand() -> float:
    """Of a 2 × 2 table: the squared interaction of shares, over its variance under the sample's own shares."""
    p = {("a", "x"): 20 / 57, ("a", "y"): 9 / 57, ("b", "x"): 11 / 57, ("b", "y"): 17 / 57}
    row, column = {"a": 29 / 57, "b": 28 / 57}, {"x": 31 / 57, "y": 26 / 57}
    phi = sum((p[r, c] - row[r] * column[c]) ** 2 / (row[r] * column[c]) for r, c in p)
    sign = {("a", "x"): 1, ("a", "y"): -1, ("b", "x"): -1, ("b", "y"): 1}
    scores = {cell: sign[cell] / p[cell] for cell in p}  # of log odds ratio
    mean = sum(p[cell] * scores[cell] for cell in p)
    variance = sum(p[cell] * (scores[cell] - mean) ** 2 for cell in p) / 56
    return phi / (variance / sum(1 / share for share in p.values()))


#                item     rows left  says
NOTHING = [
    pytest.param("same", None, "fewer than two groups have answers that differ", id="everyone says the same"),
    pytest.param("answer", 4, "there is only one answer, or one community, in the data", id="one community"),
    pytest.param("answer", 0, "nobody has a value of community", id="nobody says where they belong"),
]


@pytest.mark.parametrize(("item", "rows", "says"), NOTHING)
def test_where_nothing_can_be_asked_for(item: str, rows: int | None, says: str) -> None:
    people = ascii_table(TWELVE)
    if rows == 0:
        with pytest.raises(CannotEstimate, match=says) as caught:
            asked_for(item, people[-1:])
        assert "--by" in caught.value.cure
        return
    row = asked_for(item, people[:rows])
    assert row["method"] == f"cannot tell: {says}"
    assert row["p"] is row["statistic"] is None


def test_differences_belong_to_another_statistic() -> None:
    with pytest.raises(BadInput, match="all communities at once"):
        asked_for("score", differences=True)


@needs_shared
@pytest.mark.parametrize(
    ("item", "by", "told"),
    [("sch.wide", "stype", "raoscott_F_stype_schwide"), ("api00", "sch.wide", "ttest_api00_schwide")],
)
def test_from_the_command_line(item: str, by: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(FOLDER / "apiclus1.csv")
    more = ["--weights", "pw", "--cluster", "dnum", "--fpc", "fpc"]
    assert run(["estimate", file, "--item", item, "--by", by, "--test", "--json", *more]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    expected = reference()["clus1_fpc"][told]
    assert row["p"] == pytest.approx(expected["p"], rel=1e-10)
    assert row["df_within"] == pytest.approx(expected.get("ddf", expected.get("df")), rel=1e-10)
    assert row["n"] == len(Path(file).read_text().splitlines()) - 1
