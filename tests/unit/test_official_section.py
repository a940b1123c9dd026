"""How figures over time are worded in the report."""

from __future__ import annotations

from typing import Any

import pytest

from fairhearing.publish.sections.official_shapes import _slope


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
