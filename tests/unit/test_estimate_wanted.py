"""What can be asked of `estimate` beyond a mean: rows, columns, and how a mistake is answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.__main__ import run
from fairhearing.errors import BadInput, CannotEstimate, FairHearingError
from fairhearing.measure import estimate_table
from tests.helpers import ascii_table

PLAIN = ["domain", "n", "n_effective", "estimate", "se", "low", "high", "method"]

PEOPLE = pa.Table.from_pylist(
    ascii_table("""
    trust | told | area  | sex | age | w | place | size | r1 | r2 | r3 | said
    4     | 1    | north | f   | 20  | 1 | a     | 20   | 2  | 0  | 1  | yes, often
    2     | 0    | north | m   | 30  | 1 | a     | 20   | 0  | 2  | 1  | never
    5     | 1    | north | f   | 40  | 2 | b     | 20   | 2  | 2  | 2  | never
    3     | 1    | south | f   | 50  | 1 | c     | 20   | 2  | 0  | 1  | sometimes
    1     | 0    | south | m   | 60  | 1 | c     | 20   | 0  | 2  | 1  | never
    2     | 1    | south | m   | 70  | 2 | d     | 20   | 2  | 2  | 2  | sometimes
    3     | 0    | west  | m   | 80  | 1 | d     | 20   | 1  | 1  | 1  | never
    4     | 0    |       | f   | 25  | 1 | d     | 20   | 1  | 1  | 1  |
    """)
)


def asked(
    item: str = "trust", by: Any = None, margins: pa.Table | None = None, **wanted: Any
) -> list[dict[str, Any]]:
    design = {key: wanted.pop(key) for key in ("weights", "strata", "cluster") if key in wanted}
    return estimate_table(
        PEOPLE, item=item, by=by, margins=margins, where="people.csv", wanted=wanted, **design
    ).to_pylist()


def population(*rows: tuple[str, str, str]) -> pa.Table:
    return pa.table(
        dict(zip(("characteristic", "category", "people"), map(list, zip(*rows, strict=True)), strict=True))
    )


#            asked                                                           columns beside the plain ones
COLUMNS: list[Any] = [
    pytest.param({}, [], id="nothing more"),
    pytest.param({"statistic": "mean"}, ["df", "deff"], id="mean"),
    pytest.param({"statistic": "total"}, ["df", "deff"], id="total"),
    pytest.param({"statistic": "ratio", "over": "age"}, ["df", "deff"], id="ratio"),
    pytest.param({"statistic": "variance"}, ["df", "deff"], id="variance"),
    pytest.param({"item": "said"}, ["category", "df", "deff"], id="words"),
    pytest.param({"statistic": "quantile"}, ["quantile", "df"], id="quantile"),
    pytest.param({"statistic": "regression", "on": "age"}, ["term", "df", "p"], id="regression"),
    pytest.param(
        {"by": "sex", "differences": True},
        ["df", "deff", "rest", "difference", "difference_se", "difference_low", "difference_high", "p", "p_holm"],
        id="differences",
    ),
]


@pytest.mark.parametrize(("wanted", "more"), COLUMNS)
def test_the_columns(wanted: dict[str, Any], more: list[str]) -> None:
    assert list(asked(**wanted)[0]) == [*PLAIN, *more]


#            asked                                                                     estimate of everyone, by hand
BY_HAND: list[Any] = [
    pytest.param({"statistic": "total", "weights": "w"}, 4 + 2 + 10 + 3 + 1 + 4 + 3 + 4, id="total"),
    pytest.param({"statistic": "ratio", "over": "age"}, 24 / 375, id="ratio"),
    pytest.param({"statistic": "variance"}, float(np.var([4, 2, 5, 3, 1, 2, 3, 4], ddof=1)), id="variance"),
    pytest.param({"statistic": "quantile", "quantiles": [0.5]}, 3, id="median"),
    pytest.param({"statistic": "quantile", "quantiles": [0.51], "weights": "w"}, 3, id="weighted quantile"),
    pytest.param({"item": "said", "statistic": "proportion"}, 4 / 7, id="never"),
]


@pytest.mark.parametrize(("wanted", "estimate"), BY_HAND)
def test_estimates_by_hand(wanted: dict[str, Any], estimate: float) -> None:
    assert asked(**wanted)[0]["estimate"] == pytest.approx(estimate)


def test_a_regression_is_the_least_squares_line() -> None:
    intercept, slope = asked(statistic="regression", on="age")
    trust, age = np.array([4, 2, 5, 3, 1, 2, 3, 4.0]), np.array([20, 30, 40, 50, 60, 70, 80, 25.0])
    b, a = np.polyfit(age, trust, 1)
    assert (intercept["term"], slope["term"]) == ("(intercept)", "age")
    assert (intercept["estimate"], slope["estimate"]) == (pytest.approx(a), pytest.approx(b))
    assert slope["low"] < slope["estimate"] < slope["high"]
    assert slope["method"].startswith("gaussian regression (mean of trust) on age; linearised standard error")


def test_words_are_categories_with_the_first_as_the_base_and_numbers_on_request() -> None:
    assert [row["term"] for row in asked(statistic="regression", on="sex")] == ["(intercept)", "sex m"]
    terms = [row["term"] for row in asked(statistic="regression", on="factor(w),sex")]
    assert terms == ["(intercept)", "w 2", "sex m"]
    female = np.mean([4, 5, 3, 4])
    rows = asked(statistic="regression", on="sex")
    assert [row["estimate"] for row in rows] == [pytest.approx(female), pytest.approx(np.mean([2, 1, 2, 3]) - female)]


def test_ones_and_zeros_are_explained_by_a_logistic_regression() -> None:
    rows = asked("told", statistic="regression", on="age")
    assert rows[0]["method"].startswith("logistic regression (log odds of told)")
    gaussian = asked("told", statistic="regression", on="age", family="gaussian")
    assert gaussian[0]["method"].startswith("gaussian regression (mean of told)")


def test_what_cannot_be_told_of_a_regression_is_a_row() -> None:
    rows = asked(statistic="regression", on="age,w", by="area")
    west = [row for row in rows if row["domain"] == "west"]
    assert [row["term"] for row in west] == ["(intercept)", "age", "w"]
    assert all(row["estimate"] is None and "too few for 3 coefficients" in row["method"] for row in west)


def test_a_predictor_that_repeats_another_says_so() -> None:
    rows = asked(statistic="regression", on="size,age")
    assert [row["estimate"] is None for row in rows] == [False, True, False]
    assert "says only what the predictors before it say" in rows[1]["method"]


def test_separation_is_named() -> None:
    rows = asked("told", statistic="regression", on="r1,age")
    assert {row["estimate"] for row in rows} == {None}
    assert "are told apart without exception (separation)" in rows[0]["method"]


def test_crossed_communities_are_those_that_occur() -> None:
    rows = asked(by="area,sex")
    assert [row["domain"] for row in rows] == [
        "everyone",
        "north / f",
        "north / m",
        "south / f",
        "south / m",
        "west / m",
    ]
    assert [row["n"] for row in rows] == [8, 2, 1, 1, 2, 1]


def test_each_less_the_rest_with_p_adjusted() -> None:
    everyone, *rows = asked(by="sex", differences=True)
    assert everyone["difference"] is everyone["p"] is everyone["p_holm"] is None
    assert [row["difference"] for row in rows] == [pytest.approx(2.0), pytest.approx(-2.0)]
    assert rows[0]["rest"] == pytest.approx(rows[1]["estimate"])
    assert rows[0]["difference_low"] < 2.0 < rows[0]["difference_high"]
    assert [row["p_holm"] for row in rows] == [pytest.approx(2 * rows[0]["p"])] * 2


def test_a_whole_column_can_be_missing_from_a_community() -> None:
    table = PEOPLE.set_column(0, "trust", pa.array([None, None, None, 3, 1, 2, 3, 4]))
    for statistic in ("mean", "total", "variance", "quantile"):
        rows = estimate_table(table, item="trust", by="area", where="x", wanted={"statistic": statistic}).to_pylist()
        north = [row for row in rows if row["domain"] == "north"]
        assert {(row["n"], row["estimate"], row["method"]) for row in north} == {
            (0, None, "cannot tell: nobody answered")
        }


def test_a_total_of_ones_is_not_known_beforehand() -> None:
    """Everybody counts one: how many there are still differs from sample to sample."""
    table = PEOPLE.append_column("one", pa.array([1] * 8))
    (row,) = estimate_table(table, item="one", where="x", weights="w", wanted={"statistic": "total"}).to_pylist()
    assert row["estimate"] == 10
    assert row["se"] == pytest.approx(np.sqrt(8 * np.var([1, 1, 2, 1, 1, 2, 1, 1], ddof=1)))


def test_a_ratio_to_nothing() -> None:
    table = PEOPLE.append_column("none", pa.array([0] * 8))
    (row,) = estimate_table(table, item="trust", where="x", wanted={"statistic": "ratio", "over": "none"}).to_pylist()
    assert row["method"] == "cannot tell: what it is divided by adds up to nothing"


def test_one_cluster_has_no_interval() -> None:
    for statistic in ("mean", "total", "variance"):
        (row,) = asked(cluster="size", statistic=statistic)
        assert "in one sampling cluster" in row["method"]
        assert row["low"] is None
    for row in asked(cluster="size", statistic="quantile"):
        assert (row["low"], row["se"]) == (None, None)
        assert row["method"].endswith("no interval: everyone who answered is in one sampling cluster")
    for row in asked(cluster="size", statistic="regression", on="age"):
        assert (row["low"], row["p"]) == (None, None)
        assert "no interval: too few sampling units" in row["method"]


def test_a_community_that_some_replicate_leaves_out() -> None:
    """The north is all of the places a and b; a jackknife of areas leaves it out whole."""
    rows = asked(by="area", cluster="area", make_replicates="jackknife")
    assert rows[1]["method"].startswith("cannot tell: everyone who answered is in one sampling cluster")
    rows = asked(by="sex", cluster="sex", make_replicates="jackknife")
    assert rows[0]["se"] > 0
    table = PEOPLE.append_column("q1", pa.array([0, 0, 0, 1, 1, 1, 1, 1])).append_column("q2", pa.array([2] * 8))
    wanted: dict[str, Any] = {"replicates": "q", "replicate_type": "bootstrap"}

    def north(table: pa.Table) -> str:
        rows = estimate_table(table, item="trust", by="area", weights="w", where="x", wanted=wanted).to_pylist()  # type: ignore[arg-type]
        return str(rows[1]["method"])

    assert "everyone who answered is in one sampling cluster" in north(table)  # the replicates move all of it alike
    apart = table.append_column("q3", pa.array([1, 2, 3, 1, 2, 3, 1, 2]))
    assert "nobody of it is left in some of the replicates" in north(apart)


# --- sampling, calibration, replicates ----------------------------------------------------------------------------


def test_finite_populations_shrink_the_standard_error_and_are_named() -> None:
    """Eight of twenty: the variance falls by 1 - 8/20."""
    plain, corrected = asked()[0], asked(fpc="size")[0]
    assert corrected["se"] == pytest.approx(plain["se"] * np.sqrt(1 - 8 / 20))
    assert "finite population correction" in corrected["method"]


def test_stages_are_named() -> None:
    row = asked(cluster="area,place", fpc="size,size")[0]
    assert "clusters, 2 stages, finite population correction" in row["method"]


def test_a_number_s_total_is_met() -> None:
    """A row without a category is the sum of a column; the ratio of two known totals is then known."""
    known = population(("sex", "f", "50"), ("sex", "m", "50"), ("age", "", "4500"))
    for kind in ("rake", "linear", "logit"):
        (row,) = asked("age", margins=known, statistic="total", calibrate=kind)
        assert (row["estimate"], row["se"], row["low"]) == (pytest.approx(4500), 0.0, None)
        assert "no interval: the weighting or the strata fixed this number" in row["method"]
        (row,) = asked("told", margins=known, calibrate=kind)
        assert "residuals from sex, age" in row["method"]


def test_the_kind_of_calibration_and_negative_weights_are_said() -> None:
    known = population(("sex", "f", "90"), ("sex", "m", "10"), ("age", "", "6500"))
    (row,) = asked("told", margins=known, calibrate="linear")
    assert "calibrated (linear)" in row["method"]
    assert "weights negative" in row["method"]


def test_replicates_in_columns_in_a_file_and_made_here() -> None:
    """Three replicates of the file: their mean's distance is R's svrVar by hand."""
    trust = np.array([4, 2, 5, 3, 1, 2, 3, 4.0])
    each = [np.array(PEOPLE[name].to_pylist(), float) for name in ("r1", "r2", "r3")]
    thetas = np.array([w @ trust / w.sum() for w in each])
    spread = np.sqrt(np.sum((thetas - thetas.mean()) ** 2) / 2)
    columns = asked(weights="w", replicates="r", replicate_type="bootstrap")[0]
    file = asked(weights="w", replicates=PEOPLE.select(["r1", "r2", "r3"]), replicate_type="bootstrap")[0]
    assert columns["se"] == pytest.approx(spread)
    assert file == columns
    assert "standard error from 3 replicates (bootstrap)" in columns["method"]
    assert asked(make_replicates="jackknife")[0]["se"] == pytest.approx(asked()[0]["se"])


def test_a_bootstrap_is_repeatable() -> None:
    first, second = (asked(make_replicates="bootstrap:50", rng=np.random.default_rng(7)) for _ in range(2))
    assert first == second
    assert first[0]["se"] == pytest.approx(asked()[0]["se"], rel=0.5)


#            asked                                                  error           what                        cure
WRONG: list[Any] = [
    ({"statistic": "mode"}, BadInput, "there is no statistic 'mode'", "mean, total, ratio"),
    ({"statistic": "ratio"}, BadInput, "a ratio needs --over", "--over COLUMN"),
    ({"statistic": "regression"}, BadInput, "a regression needs --on", "--on COLUMN"),
    ({"over": "age"}, BadInput, "--over belongs to a ratio, not to a mean", "--statistic ratio"),
    ({"statistic": "quantile", "quantiles": [2.0]}, BadInput, "between 0 and 1", "--quantiles"),
    ({"statistic": "regression", "on": "agee"}, BadInput, "no column 'agee'", "did you mean 'age'"),
    ({"item": "said", "statistic": "mean"}, BadInput, "'yes, often', not a number", "column of numbers"),
    ({"lonely": "ignore"}, BadInput, "no way 'ignore'", "adjust, certainty"),
    ({"strata": "age", "lonely": "fail"}, CannotEstimate, "8 strata have only one", "--lonely adjust"),
    ({"strata": "age", "lonely": "average"}, CannotEstimate, "nothing to average", "join strata"),
    ({"calibrate": "linear"}, BadInput, "nothing to calibrate to", "--margins"),
    ({"bounds": (0.5, 2)}, BadInput, "bounds on the weights belong", "--calibrate logit"),
    ({"replicates": "q", "weights": "w", "replicate_type": "BRR"}, BadInput, "no column starts with 'q'", "file"),
    ({"replicates": "r", "replicate_type": "BRR"}, BadInput, "without the full weights", "--weights"),
    ({"replicates": "r", "weights": "w"}, BadInput, "kind of replicates is unknown", "--replicate-type, one of"),
    ({"make_replicates": "bootstrap:x"}, BadInput, "'bootstrap:x'", "bootstrap:N"),
    ({"make_replicates": "jackknife", "replicates": "r"}, BadInput, "both given and to be made", "choose"),
    ({"fpc": "r1"}, BadInput, "missing, zero or negative", "units in the population"),
    ({"rho": 0.5}, BadInput, "--rho belongs to replicate weights", "--replicates PREFIX_OR_FILE"),
    ({"make_replicates": "jackknife", "scale": 0.5}, BadInput, "--scale belongs to replicate", "leave it out"),
    ({"make_replicates": "balanced"}, CannotEstimate, "1 of 1 strata do not have two sampling units", "jackknife"),
    ({"make_replicates": "balanced", "fpc": "size"}, BadInput, "'balanced' know no finite", "jackknife"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "error", "what", "cure"), WRONG, ids=[each[2] for each in WRONG])
def test_a_mistake_is_named_with_its_cure(
    wanted: dict[str, Any], error: type[FairHearingError], what: str, cure: str
) -> None:
    with pytest.raises(error, match=what) as raised:
        asked(**wanted)
    assert cure in raised.value.cure


HALF = [("sex", "f", "5"), ("sex", "m", "5")]
NINE_TO_ONE = [("sex", "f", "90"), ("sex", "m", "10")]
MARGINS: list[Any] = [
    ([*HALF, ("sex", "x", "5")], {}, CannotEstimate, "5 people at 'x', but no respondent"),
    ([("sex", "f", "0"), ("sex", "m", "9")], {}, CannotEstimate,
     "4 rows have 'f' as sex, of whom the margins say there are 0 people"),
    ([*HALF, ("area", "north", "9"), ("area", "south", "9"), ("area", "west", "9")], {}, CannotEstimate,
     "the margin area adds up to 27 but sex to 10: 17 people apart"),
    (NINE_TO_ONE, {"calibrate": "logit", "bounds": (0.9, 1.1)}, CannotEstimate,
     "no weights between 0.9 and 1.1 times the base weights meet every total: sex at 'm' comes to 45 instead of 10"),
    (NINE_TO_ONE, {"calibrate": "logit", "bounds": (1.2, 3)}, BadInput,
     "weights cannot be kept between 1.2 and 3"),
    ([("sex", "f", "50"), ("sex", "m", "50"), ("age", "", "9900")], {}, CannotEstimate, "instead of"),
    ([*HALF, ("said", "", "7")], {}, BadInput, "row 1 of said holds 'yes, often'"),
    ([*HALF, ("age", "", "old")], {}, BadInput, "row 3 has no category and 'old'"),
    ([*HALF, ("place", "a", "9"), ("place", "", "1")], {}, BadInput, "row 4 lacks a name"),
    ([*HALF, ("area", "north", "10")], {"calibrate": "poststratify"}, BadInput,
     "margins have no row"),
    ([*HALF, ("age", "", "400")], {"calibrate": "poststratify"}, BadInput,
     "to one table of people, not to 2"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "wanted", "error", "what"), MARGINS, ids=[each[3] for each in MARGINS])
def test_figures_that_cannot_be_met(
    rows: list[Any], wanted: dict[str, Any], error: type[FairHearingError], what: str
) -> None:
    with pytest.raises(error, match=what):
        asked(margins=population(*rows), **wanted)


# --- the command line ---------------------------------------------------------------------------------------------


def said(capsys: pytest.CaptureFixture[str], file: Path, *more: str) -> Any:
    assert run(["estimate", str(file), "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    names = [name for name in PEOPLE.column_names if name != "said"]
    rows = [",".join("" if row[name] is None else str(row[name]) for name in names) for row in PEOPLE.to_pylist()]
    path.write_text("\n".join([",".join(names), *rows]))
    return path


def test_the_options_reach_the_same_door(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    told = said(capsys, file, "--item", "trust", "--statistic", "quantile", "--quantiles", ".5,.75", "--weights", "w")
    assert told == asked(statistic="quantile", quantiles=[0.5, 0.75], weights="w")
    told = said(
        capsys, file, "--item", "told", "--statistic", "regression", "--on", "age,sex", "--family", "gaussian"
    )
    assert told == asked("told", statistic="regression", on="age,sex", family="gaussian")
    told = said(
        capsys, file, "--item", "trust", "--by", "area,sex", "--differences", "--fpc", "size", "--lonely", "remove"
    )
    assert told == asked(by="area,sex", differences=True, fpc="size", lonely="remove")


def test_replicates_may_be_a_file(capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path) -> None:
    weights = tmp_path / "replicates.csv"
    weights.write_text("\n".join(["r1,r2,r3", *(f"{r['r1']},{r['r2']},{r['r3']}" for r in PEOPLE.to_pylist())]))
    told = said(capsys, file, "--item", "trust", "--weights", "w", "--replicates", str(weights),
                "--replicate-type", "bootstrap", "--scale", "0.5")  # fmt: skip
    assert told == asked(weights="w", replicates="r", replicate_type="bootstrap", scale=0.5)


def test_numbers_that_are_none(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    assert run(["estimate", str(file), "--item", "trust", "--calibrate", "logit", "--bounds", "1", "--json"]) == 4
    assert "--bounds cannot be '1'" in json.loads(capsys.readouterr().out)["what"]
