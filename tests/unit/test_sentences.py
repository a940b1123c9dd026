# ruff: noqa: E501  (the tables of cases read best with one case a line)
"""Numbers in words, as a table that an official could check by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fairhearing._wording import named
from fairhearing.programme import Measure, Source
from fairhearing.publish import sentences as s


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0%"),
        (0.0004, "under 1%"),
        (0.005, "1%"),
        (0.125, "13%"),  # halves up, as on paper
        (0.145, "15%"),  # 14.499999… in binary, 14.5 to a reader
        (0.605, "61%"),
        (0.994, "99%"),
        (0.996, "over 99%"),
        (1.0, "100%"),
    ],
)
def test_percentages_are_whole_and_never_round_something_to_nothing(share: float, words: str) -> None:
    assert s.percent(share) == words


@pytest.mark.parametrize(
    ("value", "low", "high", "scale", "words"),
    [
        (0.61, 0.562, 0.658, "share", "61% (56 to 66)"),
        (0.61, None, None, "share", "61%"),
        (None, None, None, "share", "cannot tell"),
        (6.42, 6.21, 6.63, "mean", "6.4 (6.2 to 6.6)"),
        (3.14, 3.02, 3.27, "fine", "3.14 (3.02 to 3.27)"),
        (0.02, 0.0, 0.04, "share", "2% (0 to 4)"),
    ],
)
def test_a_figure_with_its_interval(value: Any, low: Any, high: Any, scale: str, words: str) -> None:
    assert s.with_interval(value, low, high, scale=scale) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.14, -0.04, "4 to 14"),
        (0.04, 0.14, "4 to 14"),
        (-0.06, 0.02, "anything from 6 points lower to 2 points higher"),
        (-0.01, 0.01, "anything from 1 point lower to 1 point higher"),
        (-0.001, 0.3, "anything from under 1 point lower to 30 points higher"),
    ],
)
def test_the_interval_of_a_difference(low: float, high: float, words: str) -> None:
    assert s.between(low, high) == words


@pytest.mark.parametrize(
    ("n", "words"), [(1395, "about 1,395 people"), (None, "too few people to report"), (1, "about 1 person")]
)
def test_counts_of_people_are_about(n: int | None, words: str) -> None:
    assert s.people(n) == words


def test_lists_and_days_are_written_as_people_write_them() -> None:
    lists: tuple[list[str], ...] = ([], ["a"], ["a", "b"], ["a", "b", "c"])
    assert [s.listed(each) for each in lists] == ["", "a", "a and b", "a, b and c"]
    assert s.day(date(2019, 2, 25)) == "25 February 2019"
    assert s.day(None) == "date not said"


def measure(about: str = "trust", report: str = "share", higher_is: str = "better") -> Measure:
    return Measure.model_validate(
        {
            "id": "m",
            "name": "trust it",
            "about": about,
            "report": report,
            "higher_is": higher_is,
            "favourable": [1] if report == "share" else [],
            "items": [{"id": "i", "wording": "Do you trust it?", "low": 0, "high": 10}],
        }
    )


def source(sample: str = "probability", kind: str = "survey") -> Source:
    return Source.model_validate({"id": "s", "file": "s.csv", "kind": kind, "sample": sample})


CHANGES = [
    # measure, sample · change, low, high, verdict, why not · in a sentence · in a table
    ("share", "probability", (0.06, 0.02, 0.10, "higher", None), "Up 6 points (2 to 10) since Spring 2025.", "+6 (2 to 10): up"),
    ("share", "probability", (-0.09, -0.14, -0.04, "lower", None), "Down 9 points (4 to 14) since Spring 2025.", "−9 (−14 to −4): down"),
    (
        "share", "probability", (0.01, -0.02, 0.04, "no difference that matters", None),
        "No change that matters since Spring 2025: a difference of 1 point (anything from 2 points lower to 4 points higher).",
        "+1 (−2 to 4): no change that matters",
    ),
    (
        "share", "probability", (0.07, -0.01, 0.15, "cannot tell", None),
        "The survey cannot tell whether it changed since Spring 2025: a difference of 7 points (anything from 1 point lower to "
        "15 points higher).",
        "+7 (−1 to 15): cannot tell",
    ),
    (
        "share", "probability", (0.12, 0.03, 0.20, "cannot tell", None),
        "The survey cannot tell whether it changed since Spring 2025: a difference of 12 points (3 to 20), which may be chance, "
        "since many communities are compared.",
        "+12 (3 to 20): cannot tell",
    ),
    (
        "share", "self-selected", (None, None, None, "cannot tell", "those who answered differ each time"),
        "The survey cannot tell whether it changed since Spring 2025: those who answered differ each time.",
        "cannot tell",
    ),
    ("mean", "probability", (-0.8, -1.2, -0.4, "lower", None), "Down 0.8 on the scale (0.4 to 1.2) since Spring 2025.", "−0.8 (−1.2 to −0.4): down"),
]  # fmt: skip


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case[4])
def test_a_change_is_claimed_with_its_interval_or_not_at_all(case: Any) -> None:
    report, sample, numbers, sentence, cell = case
    row = dict(zip(("change", "low", "high", "verdict", "cannot_tell"), numbers, strict=True)) | {"community": "one"}
    assert s.change_sentence(row, measure(report=report), source(sample), "Spring 2025") == sentence
    assert s.change_cell(row, measure(report=report)) == cell


def test_a_change_that_is_withheld_is_not_told() -> None:
    told = s.change_sentence(None, measure(), source(), "Spring 2025")
    assert told == "The survey cannot tell whether it changed since Spring 2025: too few people to report."


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.5, "0.50"), (0.99, "0.99"), (0.994, "over 0.99"), (1.0, "over 0.99"), (0.01, "0.01"), (0.004, "under 0.01"), (0.0, "under 0.01")],
)  # fmt: skip
def test_no_probability_is_printed_as_a_certainty(probability: float, words: str) -> None:
    assert s.chance(probability) == words


@pytest.mark.parametrize(
    ("name", "words"), [("Muslim Londoners", "Muslim Londoners"), ("Women", "Women"), ("very difficult", "“very difficult”")]
)  # fmt: skip
def test_a_community_is_named_as_it_names_itself(name: str, words: str) -> None:
    assert named(name) == words


def test_every_kind_of_measure_has_the_programme_as_subject() -> None:
    for about in ("trust", "alienation", "confidence", "experience", "other"):
        for verdict in ("lower", "higher", "no difference that matters", "cannot tell"):
            assert s.gap_lead(measure(about), verdict).startswith("The programme ")
    for about, worse in (
        ("trust", "trusted less by"),
        ("alienation", "more alienating to"),
        ("other", "does less well for"),
    ):
        assert s.gap_lead(measure(about, higher_is="better"), "lower").endswith(worse)
        assert s.gap_lead(measure(about, higher_is="worse"), "higher").endswith(worse)


def test_every_sample_but_a_random_one_is_said_to_have_no_margin() -> None:
    assert {sample for sample, words in s.SAMPLE_WORDS.items() if "no margin of error" not in words} == {
        "probability"
    }
