"""What the report says of agreed themes and of those who coded by them."""

from __future__ import annotations

from typing import Any

import pytest

from fairhearing.protect import protect
from fairhearing.publish.reading import Evidence
from fairhearing.publish.sections.agreed import agreed, agreement
from fairhearing.tables import from_rows
from tests.example_tables import facts, programme, tables


def evidence(**changes: list[dict[str, Any]]) -> Evidence:
    made = tables() | {name: from_rows(name, rows) for name, rows in changes.items()}
    return Evidence(protect(made, programme()), programme(), facts())


def rows(name: str, **changes: Any) -> list[dict[str, Any]]:
    return [row | changes for row in tables()[name].to_pylist()]


def test_the_share_is_told_between_two_others_and_beside_the_machine() -> None:
    """No brackets: people chose to answer, and brackets are read as a margin of error for everybody."""
    block = agreed(evidence(), "consultation")
    assert block is not None and block.plot is not None
    assert [(row.label, row.value, row.note) for row in block.plot.rows] == [
        ("Questioned at school", "29%, between 24% and 34%", "machine alone: 27%"),
        ("Not told", "17%, between 12% and 22%", "machine alone: 21%"),
        ("Support that helped", "14%, between 9% and 19%", "machine alone: 11%"),
    ]
    assert "the machine's mistakes alone" in block.told
    assert block.too_few == 0


def test_a_theme_seen_in_few_responses_is_withheld_and_said_to_be() -> None:
    few = rows("prevalence_corrected")
    few[2]["seen"] = 3
    block = agreed(evidence(prevalence_corrected=few), "consultation")
    assert block is not None and block.plot is not None
    assert (len(block.plot.rows), block.too_few) == (2, 1)


def test_nothing_corrected_is_called_uncorrected() -> None:
    bare = {"estimate": None, "low": None, "high": None, "cannot_tell": "people coded 12 authors' responses"}
    block = agreed(evidence(prevalence_corrected=rows("prevalence_corrected", **bare)), "consultation")
    assert block is not None and block.plot is None
    assert "uncorrected, and is no share to rely on" in block.told
    assert {row[1] for row in block.table.rows} == {"cannot tell"}
    assert {row[5] for row in block.table.rows} == {"people coded 12 authors' responses"}


def test_a_theme_the_machine_does_not_look_for_has_no_count_of_zero() -> None:
    block = agreed(evidence(prevalence_corrected=rows("prevalence_corrected", machine_share=None)), "consultation")
    assert block is not None and block.plot is not None
    assert {row.note for row in block.plot.rows} == {"the machine does not look for it"}


def test_without_agreed_themes_the_report_says_nothing_of_them() -> None:
    bare = evidence(prevalence_corrected=[], coder_agreement=[])
    assert agreed(bare, "consultation") is None
    assert agreement(bare) is None


LOWS = [
    (0.70, "1 reach the alpha of 0.67 that the rules, fixed beforehand, ask for; of 1 it cannot be told."),
    (0.50, "(1 of them not for certain: the interval goes below it, or there is none)"),
    (None, "(1 of them not for certain: the interval goes below it, or there is none)"),
]


@pytest.mark.parametrize(("low", "words"), LOWS)
def test_agreement_is_not_told_for_certain_where_its_interval_goes_below(low: float | None, words: str) -> None:
    told = rows("coder_agreement")
    told[0]["low"] = low
    block = agreement(evidence(coder_agreement=told))
    assert block is not None
    assert words in block.told
    assert [row[-1] for row in block.table.rows] == ["agreed enough", "not yet", "cannot tell"]
