"""Numbers in words, as a table that an official could check by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fairhearing.programme import Measure, Source
from fairhearing.publish import sentences as s


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0%"),
        (0.0004, "less than 1%"),
        (0.005, "1%"),
        (0.125, "13%"),  # halves up, as on paper
        (0.145, "15%"),  # 14.499999… in binary, 14.5 to a reader
        (0.605, "61%"),
        (0.994, "99%"),
        (0.996, "more than 99%"),
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
        (-0.001, 0.3, "anything from less than 1 point lower to 30 points higher"),
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


def gap(verdict: str, estimate: Any, rest: Any, low: Any, high: Any, cannot: str | None = None) -> dict[str, Any]:
    size = None if estimate is None else estimate - rest
    return {
        "estimate": estimate,
        "rest": rest,
        "gap": size,
        "low": low,
        "high": high,
        "verdict": verdict,
        "cannot_tell": cannot,
    }


PUBLIC = "Muslim Londoners"


@pytest.mark.parametrize(
    ("made", "row", "own", "words"),
    [
        (
            (measure(), source()),
            gap("lower", 0.61, 0.70, -0.14, -0.04),
            (0.56, 0.66),
            "The programme is trusted less by Muslim Londoners: 61% (56 to 66) against 70% of everyone else, "
            "a difference of 9 points (4 to 14).",
        ),
        (
            (measure(), source()),
            gap("cannot tell", 0.67, 0.63, -0.002, 0.082),
            (0.64, 0.70),
            "The survey cannot tell whether the programme is trusted less or more by Muslim Londoners: "
            "67% (64 to 70) against 63% of everyone else, a difference of 4 points "
            "(anything from less than 1 point lower to 8 points higher).",
        ),
        (
            (measure(), source()),
            gap("no difference that matters", 0.66, 0.65, -0.02, 0.04),
            (0.62, 0.70),
            "The programme is trusted about equally by Muslim Londoners: 66% (62 to 70) against 65% of everyone "
            "else, a difference of 1 point (anything from 2 points lower to 4 points higher).",
        ),
        (
            (measure(), source("self-selected", "consultation")),
            gap("cannot tell", 0.61, 0.70, None, None),
            (None, None),
            "Among those who answered, Muslim Londoners: 61% against 70% of everyone else, a difference of 9 points. "
            "People chose to answer, so no margin of error.",
        ),
        (
            (measure("alienation", "mean", "worse"), source()),
            gap("higher", 3.4, 2.6, 0.5, 1.1),
            (3.1, 3.7),
            "The programme is more alienating to Muslim Londoners: 3.4 (3.1 to 3.7) against 2.6 for everyone else, "
            "a difference of 0.8 on the scale (0.5 to 1.1).",
        ),
        (
            (measure(), source()),
            gap("cannot tell", None, None, None, None, "nobody of this community answered"),
            (None, None),
            "The survey cannot tell about Muslim Londoners: nobody of this community answered.",
        ),
    ],
    ids=["lower", "cannot tell", "no difference", "self-selected", "a mean", "no estimate"],
)
def test_a_gap_is_a_property_of_the_programme(made: Any, row: Any, own: Any, words: str) -> None:
    assert s.gap_sentence(row, *made, PUBLIC, own) == words


def test_every_kind_of_measure_has_the_programme_as_subject() -> None:
    for about in ("trust", "alienation", "confidence", "experience", "other"):
        for verdict in ("lower", "higher", "no difference that matters", "cannot tell"):
            assert s.gap_lead(measure(about), verdict).startswith("The programme ")
    assert (
        s.gap_lead(measure("experience", higher_is="worse"), "higher") == "The programme is experienced less well by"
    )


def test_every_sample_but_a_random_one_is_said_to_have_no_margin() -> None:
    assert {sample for sample, words in s.SAMPLE_WORDS.items() if "no margin of error" not in words} == {
        "probability"
    }
