"""How figures over time are worded in the report."""

from __future__ import annotations

from typing import Any

import pytest

from fairhearing.publish.sections.official_ratios import _told
from fairhearing.publish.sections.official_shapes import _slope
from fairhearing.tables.official import OFFICIAL


@pytest.mark.parametrize(
    ("counts", "shares", "slope", "says"),
    [
        ([1328, 893], [None, None], (-100.0714, -241.7908, 41.6479), "−100 (line fits within −242 to 42)"),
        ([1328, None], [None, None], (-100.0714, -241.7908, 41.6479), "−100 (line fits within −242 to 42)"),
        ([None, None], [0.81, 0.8], (-0.0123, -0.0401, 0.0154), "−0.012 (line fits within −0.040 to 0.015)"),
    ],
)
def test_counts_change_by_whole_numbers_though_the_last_is_withheld(
    counts: list[int | None], shares: list[float | None], slope: tuple[float, float, float], says: str
) -> None:
    named = zip(("slope", "low", "high"), slope, strict=True)
    told: dict[str, Any] = {"cannot_tell": None, **dict(named)}
    line = [told | {"count": c, "share": s} for c, s in zip(counts, shares, strict=True)]
    assert _slope(line) == says


RATIO: dict[str, Any] = {
    "withheld": None, "ratio": 8.48, "verdict": "above 1", "against": "referrals", "rate": 0.17, "rate_other": 0.02,
    "low": 6.65, "high": 10.8, "lowest": None, "highest": None, "verdict_all": None, "flips_at": None,
    "unknown_counted": 0, "unknown": None, "unrecorded": 0, "left_out": "unknown, lowest, highest",
}  # fmt: skip


def test_unknown_too_few_to_be_counted_are_not_said_to_be_none() -> None:
    told = _told(RATIO)
    assert told.endswith("too few to be counted here; whatever it is: more often, wherever they belong.")
    assert _told(RATIO | {"unknown": 0, "left_out": None}).endswith("No group is unknown.")


def test_a_small_count_of_unknown_takes_with_it_what_would_give_it_away() -> None:
    """150 of 870 against 100 of 4,917: the lowest ratio, 8.3908, is that of 879, so it would tell the 9."""
    (declared,) = (each for each in OFFICIAL if each.name == "disproportions")
    assert all({"lowest", "highest", "flips_at"} <= set(names) for names in declared.beside)
