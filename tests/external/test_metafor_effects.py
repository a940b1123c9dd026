"""Standardised mean change against metafor 3.8-1, `escalc(measure = "SMCR")`: 14 projects.

Tolerance 1e-12: the same closed form, with the exact small-sample factor.
"""

from __future__ import annotations

import csv
import json

import pytest

from fairhearing.stats.effects import difference_in_changes, small_sample_factor, standardised_mean_change
from tests.helpers import SHARED, needs_shared

pytestmark = needs_shared


def test_effects_and_their_variances() -> None:
    with (SHARED / "r-reference" / "projects_prepost.csv").open() as file:
        projects = list(csv.DictReader(file))
    told = json.loads((SHARED / "r-reference" / "effects_and_scales.json").read_text())["escalc_SMCR"]
    assert len(projects) == len(told["yi"]) == 14
    for project, effect, variance in zip(projects, told["yi"], told["vi"], strict=True):
        before, after, sd, r = (float(project[key]) for key in ("m_pre", "m_post", "sd_pre", "r"))
        found = standardised_mean_change(int(project["n"]), before, after, sd, r)
        assert found.effect == pytest.approx(effect, rel=1e-12)
        assert found.se is not None
        assert found.se**2 == pytest.approx(variance, rel=1e-12)
        assert found.se_between[0] < found.se < found.se_between[1]


def test_a_difference_in_changes_adds_the_variances() -> None:
    one = standardised_mean_change(30, 3.0, 3.5, 1.0, 0.5)
    other = standardised_mean_change(40, 3.0, 3.1, 1.0, 0.6)
    both = difference_in_changes(one, other)
    assert both.effect == pytest.approx(one.effect - other.effect)
    assert both.se is not None and one.se is not None and other.se is not None
    assert both.se**2 == pytest.approx(one.se**2 + other.se**2)


@pytest.mark.parametrize(("df", "factor"), [(2, 0.5642), (9, 0.9139), (19, 0.9599), (49, 0.9846)])
def test_the_small_sample_factor_of_hedges_1981(df: int, factor: float) -> None:
    """c(m) as printed in Hedges' (1981) table, to its four figures."""
    assert round(small_sample_factor(df), 4) == factor
