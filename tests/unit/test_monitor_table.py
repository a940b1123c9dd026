"""The direct door for monitoring: one file, a column of periods."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from fairhearing.errors import BadInput
from fairhearing.measure import monitor_table
from fairhearing.stats.monitoring import monitor, widened


def people(yes: dict[str, int], of: int = 200) -> pa.Table:
    period = [name for name in yes for _ in range(of)]
    said = [str(int(k < count)) for count in yes.values() for k in range(of)]
    return pa.table({"month": period, "trust": said, "sex": ["F", "M"] * (len(said) // 2)})


def asked(table: pa.Table, by: str | None = None) -> list[dict[str, object]]:
    found = monitor_table(table, item="trust", period="month", by=by, weights=None, smallest=0.05, where="a file")
    return list(found.to_pylist())


def test_each_month_is_a_sample_of_its_own() -> None:
    yes = {"2026-01": 100, "2026-02": 110, "2026-03": 150}
    rows = asked(people(yes))
    share = np.array([count / 200 for count in yes.values()])
    ses = [widened(float(np.sqrt(p * (1 - p) / 199)), 199) for p in share]
    looks = monitor(list(share), ses, matters=0.05)
    assert [row["verdict"] for row in rows] == ["the first", "not shown to have moved", "moved"]
    for row, look in zip(rows[1:], looks, strict=True):
        assert (row["change"], row["low"], row["high"]) == pytest.approx((look.change, look.low, look.high), rel=1e-9)


def test_dates_stand_in_their_order_and_names_as_the_file_first_gives_them() -> None:
    dates = asked(people({"2026-02": 100, "2026-01": 90}))
    assert [row["period"] for row in dates] == ["2026-01", "2026-02"]
    names = asked(people({"Spring": 100, "Autumn": 90}))
    assert [row["period"] for row in names] == ["Spring", "Autumn"]
    assert "since Spring" in str(names[1]["method"])


def test_communities_share_one_chance_in_twenty() -> None:
    rows = asked(people({"2026-01": 100, "2026-02": 110}), by="sex")
    assert [row["domain"] for row in rows] == ["everyone"] * 2 + ["F"] * 2 + ["M"] * 2
    assert "95% confidence sequence" in str(rows[1]["method"]) and "97.5% confidence" in str(rows[3]["method"])


def test_a_month_in_which_all_said_the_same_cannot_be_told() -> None:
    rows = asked(people({"2026-01": 100, "2026-02": 200, "2026-03": 110}))
    assert [row["verdict"] for row in rows] == ["the first", "cannot tell", "not shown to have moved"]


def test_one_period_is_nothing_to_monitor() -> None:
    with pytest.raises(BadInput, match="the column month holds fewer than two periods") as caught:
        asked(people({"2026-01": 100}))
    assert "at least two" in str(caught.value.cure)


@pytest.mark.parametrize(
    ("given", "in_order"),
    [
        (["Mar 2020", "Jan 2020", "Feb 2020"], ["Jan 2020", "Feb 2020", "Mar 2020"]),
        (["Mar-20", "Dec-19"], ["Dec-19", "Mar-20"]),
        (["01/02/2020", "01/01/2021"], ["01/02/2020", "01/01/2021"]),
        (["2020-10", "2020-9"], ["2020-9", "2020-10"]),
        (["January 2021", "2020-02"], ["2020-02", "January 2021"]),
        (["10", "9", "1"], ["1", "9", "10"]),
        (["2020 wave 2", "2020 wave 1"], ["2020 wave 1", "2020 wave 2"]),
    ],
)
def test_the_calendar_orders_months_and_days_however_the_file_does(given: list[str], in_order: list[str]) -> None:
    yes = {name: 40 + 10 * at for at, name in enumerate(given)}
    rows = asked(people(yes))
    assert [row["period"] for row in rows] == in_order
    assert [row["estimate"] for row in rows] == pytest.approx([yes[name] / 200 for name in in_order])


def test_an_interval_that_holds_every_change_there_could_be_is_said_to_tell_nothing() -> None:
    rows = asked(people({"2026-01": 2, "2026-02": 1, "2026-03": 3}, of=4))
    for row in rows[1:]:
        assert (row["n"], row["change"], row["low"], row["high"]) == (4, None, None, None)
        assert row["verdict"] == "cannot tell" and "too few people" in str(row["method"])


@pytest.mark.parametrize("of", range(4, 120, 8))
def test_no_change_of_a_share_lies_outside_minus_one_to_one(of: int) -> None:
    found = asked(people({"2026-01": of - 1, "2026-02": 1, "2026-03": 2}, of=of))
    told = [(row["low"], row["high"]) for row in found if row["change"] is not None]
    assert all(-1 <= float(str(low)) < float(str(high)) <= 1 for low, high in told)
    assert len(told) == (2 if of > 4 else 0)
