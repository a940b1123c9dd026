"""Results of projects in; what can be claimed of them out."""

from __future__ import annotations

from typing import Any

import pytest

from fairhearing.measure import STAGES
from fairhearing.tables import from_rows
from tests.helpers import ascii_table, programme, run_stage

EFFECTS = next(stage for stage in STAGES if stage.name == "effects")

PROJECTS = """
project    | design        | higher_is | n   | pre | post | sd  | r   | n_c | pre_c | post_c | sd_c | r_c | level | verdict          | says
works      | comparison    | better    | 200 | 3.0 | 3.6  | 0.8 | 0.6 | 190 | 3.0   | 3.05   | 0.8  | 0.6 | 3     | works            |
random     | randomised    | better    | 200 | 3.0 | 3.6  | 0.8 | 0.6 | 190 | 3.0   | 3.05   | 0.8  | 0.6 | 5     | works            |
undeclared | pre-post      | better    | 200 | 3.0 | 3.6  | 0.8 | 0.6 | 190 | 3.0   | 3.05   | 0.8  | 0.6 | 2     | promising change | which nobody declared comparable
alone      | pre-post      | better    | 200 | 3.0 | 3.6  | 0.8 | 0.6 |     |       |        |      |     | 1     | promising change | cannot be ascribed to the project
named only | comparison    | better    | 200 | 3.0 | 3.6  | 0.8 | 0.6 |     |       |        |      |     | 1     | promising change | the comparison group's figures are missing
looked back| retrospective | better    | 200 | 3.0 | 3.6  | 0.8 | 0.6 |     |       |        |      |     | 1     | promising change | the baseline was asked afterwards
harms      | comparison    | better    | 100 | 3.0 | 2.6  | 0.8 | 0.6 | 100 | 3.0   | 3.05   | 0.8  | 0.6 | 3     | harm signal      |
turned     | comparison    | worse     | 100 | 3.0 | 2.4  | 0.8 | 0.6 | 100 | 3.0   | 3.05   | 0.8  | 0.6 | 3     | works            |
nothing    | randomised    | better    | 3000| 3.0 | 3.0  | 0.8 | 0.6 | 3000| 3.0   | 3.0    | 0.8  | 0.6 | 5     | negligible       |
small      | comparison    | better    | 12  | 3.0 | 3.3  | 0.8 | 0.6 | 11  | 3.0   | 3.05   | 0.8  | 0.6 | 3     | not known        |
no r       | pre-post      | better    | 200 | 3.0 | 3.6  | 0.8 |     |     |       |        |      |     | 1     | not known        | never assumed
after only | post only     | better    | 200 |     | 4.6  |     |     |     |       |        |      |     | 0     | not known        | no baseline, no effect claimed
no design  | none          | better    |     |     |      |     |     |     |       |        |      |     | 0     | not known        | no baseline, no effect claimed
two people | pre-post      | better    | 2   | 3.0 | 3.6  | 0.8 | 0.6 |     |       |        |      |     | 1     | not known        | 2 people were measured twice
all alike  | pre-post      | better    | 20  | 3.0 | 3.6  | 0   | 0.6 |     |       |        |      |     | 1     | not known        | the standard deviation before is 0
"""  # noqa: E501

_NAMES = {
    "pre": "mean_pre", "post": "mean_post", "sd": "sd_pre", "n_c": "n_comparison", "pre_c": "mean_pre_comparison",
    "post_c": "mean_post_comparison", "sd_c": "sd_pre_comparison", "r_c": "r_comparison",
}  # fmt: skip


def effect(case: dict[str, str], **more: Any) -> dict[str, Any]:
    """One project through the stage."""
    row: dict[str, Any] = {"source": "p", "row": 1, "project": case["project"], "instrument": "belonging"}
    row |= {"design": case["design"], "higher_is": case["higher_is"]}
    for key in ("n", "pre", "post", "sd", "r", "n_c", "pre_c", "post_c", "sd_c", "r_c"):
        number = int if key in ("n", "n_c") else float
        row[_NAMES.get(key, key)] = number(case[key]) if case[key] else None
    return run_stage(EFFECTS, programme(), projects=from_rows("projects", [row | more]))["effects"].to_pylist()[0]


@pytest.mark.parametrize("case", ascii_table(PROJECTS), ids=lambda case: case["project"])
def test_what_a_design_lets_one_claim(case: dict[str, str]) -> None:
    found = effect(case)
    assert found["level"] == int(case["level"])
    assert found["verdict"] == case["verdict"]
    assert case["says"] in f"{found['method']} {found['cannot_tell']}"
    if found["effect"] is not None and found["se"] is not None:
        assert found["low"] < found["effect"] < found["high"]
        assert found["cannot_tell"] is None
    else:
        assert found["low"] is found["high"] is found["se"] is None
        assert found["cannot_tell"]


def test_without_a_correlation_the_change_is_shown_with_what_its_error_could_be() -> None:
    case = next(row for row in ascii_table(PROJECTS) if row["project"] == "no r")
    found = effect(case)
    assert found["effect"] == pytest.approx(0.75, abs=0.005)
    assert found["cannot_tell"].endswith("(the standard error lies between 0.037 and 0.15)")


def test_reach_and_cost() -> None:
    case = ascii_table(PROJECTS)[0]
    assert effect(case, reach=1000, cost=5000.0)["answered"] == 0.2
    assert effect(case, reach=1000, cost=5000.0)["cost_per_person"] == 5.0
    assert effect(case, reach=0, cost=5000.0)["cost_per_person"] is None
