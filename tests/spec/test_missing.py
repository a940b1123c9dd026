"""What can be said when part is unknown: the two published mistakes as tables, simulations, and the door's file."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.errors import BadInput, CannotEstimate
from fairhearing.measure.bounds_door import bounds_table, published_bounds_table
from fairhearing.stats.missing import Sums, bounded, difference, flips_at, published_share
from fairhearing.stats.series import break_between, segments, trends
from tests.helpers import ascii_table

MEDACT = """
year    | share | unknown | low   | high  | known only
2017/18 | 0.43  | 0.32    | 0.43  | 0.75  | 0.63
2018/19 | 0.264 | 0.529   | 0.264 | 0.793 | 0.56
"""


@pytest.mark.parametrize("row", ascii_table(MEDACT), ids=lambda row: row["year"])
def test_the_share_of_referrals_with_many_unknown(row: dict[str, str]) -> None:
    found = published_share(float(row["share"]), float(row["unknown"]))
    assert (found.low, found.high) == pytest.approx((float(row["low"]), float(row["high"])), abs=1e-12)
    assert found.known is not None
    assert round(found.known.value, 2) == float(row["known only"])


def test_the_apparent_fall_cannot_be_established() -> None:
    before, after = published_share(0.43, 0.32), published_share(0.264, 0.529)
    found = difference(after, before)
    assert found.sign == "cannot be established"
    assert (found.bound_low, found.bound_high) == pytest.approx((0.264 - 0.75, 0.793 - 0.43))
    assert found.low is None, "no number of people was published, so there is no sampling error to add"


def test_what_would_have_to_be_true_for_no_fall() -> None:
    """.264 + .529·u = .43/.68 gives u = .696: were 70% of the unknown of 2018/19 Muslim, nothing fell."""
    found = difference(published_share(0.264, 0.529), published_share(0.43, 0.32))
    assert found.flips_at == pytest.approx((0.43 / 0.68 - 0.264) / 0.529, abs=1e-12)
    assert round(found.flips_at or 0, 2) == 0.70


FLIPS = """
share | unknown | threshold | flips at
0.40  | 0.20    | 0.50      | 0.5
0.40  | 0.20    | 0.60      | 1
0.40  | 0.20    | 0.61      | never
0.40  | 0.20    | 0.39      | never
0.40  | 0       | 0.50      | never
"""


@pytest.mark.parametrize("row", ascii_table(FLIPS), ids=lambda row: f"{row['unknown']}-{row['threshold']}")
def test_tipping_values(row: dict[str, str]) -> None:
    found = flips_at(published_share(float(row["share"]), float(row["unknown"])), float(row["threshold"]))
    assert found is None if row["flips at"] == "never" else found == pytest.approx(float(row["flips at"]))


def test_bounds_always_contain_the_truth() -> None:
    """300 populations whose answers go missing at random, or because of the answer itself; also with some of whom the
    community is unknown. The bounds of everyone and of each community hold the mean of all."""
    rng = np.random.default_rng(5)
    for trial in range(300):
        n = int(rng.integers(2, 200))
        y = rng.integers(0, 2, n) if trial % 2 else rng.integers(1, 6, n)
        community = rng.integers(0, 3, n)
        chance = rng.uniform(0, 1) * (np.full(n, 0.5) if trial % 3 else (y - y.min() + 0.2) / (np.ptp(y) + 0.2))
        lost, stray = rng.random(n) < chance, rng.random(n) < rng.uniform(0, 0.5)
        if lost.all():
            continue
        table = pa.table(
            {
                "y": ["" if gone else str(value) for value, gone in zip(y, lost, strict=True)],
                "who": ["?" if gone else f"c{value}" for value, gone in zip(community, stray, strict=True)],
            }
        )
        ends = (0.0, 1.0) if trial % 2 else (1.0, 5.0)
        rows = bounds_table(table, item="y", by="who", missing=["?"], ends=ends, where="file").to_pylist()
        told = {row["domain"]: row for row in rows}
        truth = {"everyone": y.mean()} | {f"c{k}": y[community == k].mean() for k in np.unique(community)}
        truth |= {
            f"c{k} less everyone else": y[community == k].mean() - y[community != k].mean()
            for k in np.unique(community)
            if (community != k).any()
        }
        for domain in told.keys() & truth.keys():
            row = told[domain]
            assert row["bound_low"] - 1e-9 <= truth[domain] <= row["bound_high"] + 1e-9, (trial, domain)


def test_bounds_are_reached_and_not_wider() -> None:
    """Slow twin: every way in which three unknown answers and two unknown communities can come out."""
    who = ["a", "a", "a", "b", "b", "?", "?", "a"]
    y = ["1", "0", "", "1", "", "1", "", "0"]
    rows = bounds_table(pa.table({"y": y, "who": who}), item="y", by="who", missing=["?"], where="file").to_pylist()
    lost, stray = [i for i, v in enumerate(y) if not v], [i for i, v in enumerate(who) if v == "?"]
    seen: dict[str, list[float]] = {"a": [], "b": []}
    for values in itertools.product((0, 1), repeat=len(lost)):
        for places in itertools.product("ab", repeat=len(stray)):
            full = [dict(zip(lost, values, strict=True)).get(i, v) for i, v in enumerate(y)]
            group = [dict(zip(stray, places, strict=True)).get(i, v) for i, v in enumerate(who)]
            for k in "ab":
                seen[k].append(float(np.mean([int(v) for v, g in zip(full, group, strict=True) if g == k])))
    for row in rows[1:3]:
        possible = seen[row["domain"]]
        assert (row["bound_low"], row["bound_high"]) == pytest.approx((min(possible), max(possible)))


def test_a_mean_with_communities_unknown_is_reached() -> None:
    """1 to 5; the two strays answered 5 and 2: the highest mean of a takes the 5 only, the lowest the 2 only."""
    table = pa.table({"y": ["3", "4", "5", "2", "1"], "who": ["a", "a", "", "", "b"]})
    row = bounds_table(table, item="y", by="who", ends=(1, 5), where="file").to_pylist()[1]
    assert (row["bound_low"], row["bound_high"]) == pytest.approx((3.0, 4.0))


TRUST, AREA = ["Yes", "Yes", "Yes", "-1", "No", "No", "-1", "-1"], ["north"] * 4 + ["south"] * 4
DOOR = """
domain              | n | unknown | known_only | bound_low | bound_high | verdict
everyone            | 8 | 3       | 0.6        | 0.375     | 0.75       |
north               | 4 | 1       | 1.0        | 0.75      | 1.0        |
south               | 4 | 2       | 0.0        | 0.0       | 0.5        |
north less everyone else | 8 |    | 1.0        | 0.25      | 1.0        | cannot be established
south less everyone else | 8 |    | -1.0       | -1.0      | -0.25      | cannot be established
"""


def test_the_door_on_a_small_file() -> None:
    """By hand. The bounds lie apart, but 4 people on each side are too few for chance to be left out."""
    table = pa.table(
        {"trust": ["Yes", "Yes", "Yes", "-1", "No", "No", "-1", "-1"], "area": ["north"] * 4 + ["south"] * 4}
    )
    rows = bounds_table(table, item="trust", by="area", missing=["-1"], where="file").to_pylist()
    assert [row["domain"] for row in rows] == [row["domain"] for row in ascii_table(DOOR)]
    for found, told in zip(rows, ascii_table(DOOR), strict=True):
        for key in ("n", "unknown", "known_only", "bound_low", "bound_high"):
            assert found[key] == (pytest.approx(float(told[key])) if told[key] else None), (found["domain"], key)
        assert found["verdict"] == (told["verdict"] or None)
        assert found["low"] <= found["bound_low"] <= found["bound_high"] <= found["high"]
        assert found["method"]


def test_the_same_file_with_100_times_the_people_is_established() -> None:
    table = pa.table({"trust": TRUST, "area": AREA, "people": ["100"] * 8})
    rows = bounds_table(table, item="trust", by="area", missing=["-1"], count="people", where="file").to_pylist()
    assert [row["verdict"] for row in rows[3:]] == ["higher", "lower"]
    assert [row["flips_at"] for row in rows[3:]] == [None, None]


def test_a_gap_within_its_margin_is_not_established_though_nothing_is_missing() -> None:
    """The Crest figures as a file: 67 of 100 and 63 of 100 ten times over."""
    table = pa.table({"trust": ["1", "0", "1", "0"], "who": ["M", "M", "P", "P"], "n": ["630", "370", "670", "330"]})
    rows = bounds_table(table, item="trust", by="who", count="n", where="file").to_pylist()
    assert rows[3]["bound_low"] == pytest.approx(-0.04)
    assert rows[3]["verdict"] == "cannot be established"


def test_words_have_a_share_each_and_a_mean_its_scale() -> None:
    table = pa.table({"race": ["Black", "White", "Unknown", ""], "score": ["1", "5", "3", None]})
    rows = bounds_table(table, item="race", missing=["unknown"], where="file").to_pylist()
    assert [row["of"] for row in rows] == ["share of Black", "share of White"]
    assert [(row["bound_low"], row["bound_high"]) for row in rows] == [(0.25, 0.75), (0.25, 0.75)]
    mean = bounds_table(table, item="score", where="file").to_pylist()[0]
    assert (mean["of"], mean["known_only"], mean["bound_low"], mean["bound_high"]) == ("mean", 3, 2.5, 3.5)
    wider = bounds_table(table, item="score", ends=(0, 10), where="file").to_pylist()[0]
    assert (wider["bound_low"], wider["bound_high"]) == (2.25, 4.75)


def test_published_shares_of_a_file() -> None:
    table = pa.table({"year": ["2017/18", "2018/19"], "Muslim": ["43%", "26.4%"], "unknown": ["32%", "52.9%"]})
    rows = published_bounds_table(table, share="Muslim", unknown="unknown", by="year", where="file").to_pylist()
    assert [row["domain"] for row in rows] == ["2017/18", "2018/19", "2018/19 less 2017/18"]
    assert rows[2]["verdict"] == "cannot be established"
    assert "no interval: no number of people was published" in rows[2]["method"]
    shares = pa.table({"Muslim": [0.43, 0.264], "unknown": [0.32, 0.529]})
    again = published_bounds_table(shares, share="Muslim", unknown="unknown", by=None, where="file").to_pylist()
    assert [row["bound_high"] for row in again] == pytest.approx([row["bound_high"] for row in rows])


def test_one_person_or_the_same_answer_from_all_is_never_a_difference() -> None:
    """Scores 1 to 5: one person against three who all said 2. No interval exists, so no sign is told."""
    table = pa.table({"score": ["5", "2", "2", "2"], "who": ["a", "b", "b", "b"]})
    rows = bounds_table(table, item="score", by="who", ends=(1, 5), where="file").to_pylist()
    assert [(row["low"], row["high"]) for row in rows[1:]] == [(None, None)] * 4
    assert all("fewer than 2 people or none who differ" in row["method"] for row in rows[1:3])
    assert [row["verdict"] for row in rows[3:]] == ["cannot be established"] * 2


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda t: bounds_table(t, item="y", by="empty", where="f"), "no row of empty holds a value"),
        (lambda t: bounds_table(t, item="endless", where="f"), "endless holds 'inf'"),
        (lambda t: bounds_table(t, item="nothing", where="f"), "there is no column 'nothing'"),
        (lambda t: bounds_table(t, item="empty", where="f"), "no row of empty holds an answer"),
        (lambda t: bounds_table(t, item="y", ends=(2, 5), where="f"), "holds 1, outside 2 to 5"),
        (lambda t: bounds_table(t, item="y", ends=(5, 5), where="f"), "goes from 5 to 5"),
        (lambda t: bounds_table(t, item="y", count="bad", where="f"), "row 2 of bad is no count"),
        (lambda t: bounds_table(t, item="y", count="none", where="f"), "every count of none is 0"),
        (
            lambda t: published_bounds_table(t, share="over", unknown="over", by=None, where="f"),
            "not two parts of everyone",
        ),
        (
            lambda t: published_bounds_table(t, share="empty", unknown="y", by=None, where="f"),
            "row 1 of empty is empty",
        ),
    ],
)
def test_hostile_files_say_what_where_and_what_to_do(call, what: str) -> None:  # type: ignore[no-untyped-def]
    table = pa.table(
        {
            "y": ["1", "3"],
            "empty": ["", None],
            "bad": ["2", "-3"],
            "over": ["60", "70"],
            "endless": ["1", "inf"],
            "none": ["0", "0"],
        }
    )
    with pytest.raises((BadInput, CannotEstimate), match=what) as told:
        call(table)
    assert told.value.cure


@pytest.mark.parametrize(
    ("sums", "ends"),
    [((0, 0, 0, 0), (0, 1)), ((5, 1, 9, 9), (0, 1)), ((-1, 5, 0, 0), (0, 1)), ((5, 1, float("nan"), 0), (0, 1))],
)
def test_impossible_sums(sums: tuple[float, ...], ends: tuple[float, float]) -> None:
    with pytest.raises(CannotEstimate):
        bounded(Sums(*sums), least=ends[0], most=ends[1])


def test_nobody_known_is_all_that_is_possible() -> None:
    found = bounded(Sums.of_share(0, 0, 40))
    assert (found.low, found.high, found.known) == (0, 1, None)
    assert difference(found, found).sign == "cannot be established"


# --- series: a trend never crosses a break ----------------------------------------------------------------------

SERIES = """
period  | referrals | break before
2018/19 | 5737      | no
2019/20 | 6287      | no
2020/21 | 4915      | no
2021/22 |           | no
2022/23 |           | no
2023/24 | 6922      | no
2024/25 | 8778      | yes
"""


def test_no_comparison_across_the_change_of_database() -> None:
    """Two years are not among the figures held here: they are gaps, not neighbours."""
    rows = ascii_table(SERIES)
    breaks = [row["break before"] == "yes" for row in rows]
    assert segments(breaks) == [range(6), range(6, 7)]
    assert break_between(breaks, 0, 5) is None
    assert break_between(breaks, 5, 6) == 6
    values = [float(row["referrals"]) if row["referrals"] else None for row in rows]
    found = trends(values, breaks)
    assert [(line.first, line.last) for line in found] == [(0, 5), (6, 6)]
    assert found[0].slope == pytest.approx(np.polyfit([0, 1, 2, 5], [5737, 6287, 4915, 6922], 1)[0])
    assert found[0].low is not None
    assert found[0].low < 0 < (found[0].high or 0)
    assert found[1].slope is None
    assert found[1].cannot_tell == "1 figure between breaks; a trend needs 3"


def test_series_that_are_not_series() -> None:
    assert segments([]) == []
    assert [line.cannot_tell for line in trends([1.0, None, None], [True, False, False])] == [
        "1 figure between breaks; a trend needs 3"
    ]
    for earlier, later in ((1, 1), (0, 9), (-1, 0)):
        with pytest.raises(CannotEstimate, match="are not two periods"):
            break_between([False] * 3, earlier, later)
    with pytest.raises(CannotEstimate, match="a period has no value"):
        trends([1.0], [])
