"""Agreement of coders against published tables, R's psych, and the definition written out pair by pair."""

from __future__ import annotations

import csv
import json
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.stats.agreement import Agreement, alpha, kappa, tally
from tests.helpers import SHARED, needs_shared

FOUR = "1 2 3 3 2 1 4 1 2 . . . / 1 2 3 3 2 2 4 1 2 5 . 3 / . 3 3 3 2 3 4 2 2 5 1 . / 1 2 3 3 2 4 4 1 2 5 1 ."
TWO = "a a b b d c c c e d d a / b a b b b c c c e d d d"
SAME = "coders gave every response the same value, so chance explains it all"
BINARY = "0 1 0 0 0 0 0 0 1 0 / 1 1 1 0 0 1 0 0 0 0"


def counts(rows: str) -> np.ndarray:
    """One line a coder, one column a response, a dot where it was not coded."""
    marks = [(unit, mark) for row in rows.split("/") for unit, mark in enumerate(row.split()) if mark != "."]
    values = sorted({mark for _, mark in marks})
    units = 1 + max(unit for unit, _ in marks)
    return tally(np.array([u for u, _ in marks]), np.array([values.index(m) for _, m in marks]), units, len(values))


@pytest.mark.parametrize(("rows", "published"), [(FOUR, 0.743), (TWO, 0.692), (BINARY, 0.095)])
def test_the_worked_examples_of_krippendorff_2011(rows: str, published: float) -> None:
    assert alpha(counts(rows)).alpha == pytest.approx(published, abs=0.0005)


def by_hand(codes: list[list[int | None]]) -> float | None:
    """1 less the disagreement among coders of one response over that among all codes, pair by pair."""
    units = [[row[u] for row in codes if row[u] is not None] for u in range(len(codes[0]))]
    units = [unit for unit in units if len(unit) >= 2]
    every = [value for unit in units for value in unit]
    apart = sum(sum(a != b for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units)
    expected = sum(a != b for a, b in permutations(every, 2)) / (len(every) - 1) if every else 0
    return None if expected == 0 else 1 - apart / expected


codings = st.integers(1, 4).flatmap(
    lambda n: st.lists(
        st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=n, max_size=n), min_size=2, max_size=4
    )
)


@settings(max_examples=150, deadline=None)
@given(codings)
def test_alpha_is_its_definition_pair_by_pair(codes: list[list[int | None]]) -> None:
    marks = [(u, v) for row in codes for u, v in enumerate(row) if v is not None]
    unit, value = (np.array([mark[at] for mark in marks], np.int64) for at in (0, 1))
    found, expected = alpha(tally(unit, value, len(codes[0]), 3)), by_hand(codes)
    if expected is None:
        assert found.alpha is None
        assert found.cannot_tell
    else:
        assert found.alpha == pytest.approx(expected, abs=1e-12)


@needs_shared
def test_kappa_is_that_of_r() -> None:
    """psych 2.2.9, estimate and variance. Tolerance: sums of 0 to 1 in another order."""
    told = json.loads((SHARED / "r-reference" / "effects_and_scales.json").read_text())["kappa"]
    with (SHARED / "r-reference" / "kappa.csv").open(newline="") as file:
        one, other = np.array([list(row.values())[-2:] for row in csv.DictReader(file)]).T
    found = kappa(one, other)
    assert found is not None
    assert found[0] == pytest.approx(told["kappa"], abs=1e-9)
    assert found[1] ** 2 == pytest.approx(told["var"], abs=1e-9)


def test_kappa_of_two_who_never_vary_is_not_told() -> None:
    assert kappa(np.zeros(5), np.zeros(5)) is None


def coded_twice(rng: np.random.Generator, n: int, share: float, wrong: float) -> np.ndarray:
    truth = rng.random(n) < share
    seen = sum((truth != (rng.random(n) < wrong)).astype(float) for _coder in range(2))
    return np.column_stack([2 - seen, seen])


def test_the_interval_holds_the_alpha_of_endless_coding() -> None:
    """100 responses coded twice, 500 times over. Binomial error of a coverage of 95% at 500: 1 point."""
    rng = np.random.default_rng(5)
    true = alpha(coded_twice(rng, 400_000, 0.25, 0.08)).alpha or 0.0
    found = [alpha(coded_twice(rng, 100, 0.25, 0.08)) for _ in range(500)]
    held = [each.low <= true <= each.high for each in found if each.low is not None and each.high is not None]
    assert len(held) >= 495
    assert 0.92 <= np.mean(held) <= 0.98


def test_responses_of_one_person_count_as_one() -> None:
    """Every response sent in three times over tells nothing new: the interval by person is the one without copies."""
    once = coded_twice(np.random.default_rng(1), 60, 0.3, 0.1)
    thrice, person = np.repeat(once, 3, axis=0), np.repeat(np.arange(60), 3)
    clustered, naive, alone = alpha(thrice, person), alpha(thrice), alpha(once)
    widths = [each.high - each.low for each in (clustered, naive, alone)]  # type: ignore[operator]
    assert widths[0] == pytest.approx(widths[2], rel=0.02)  # n - 1 of D_e is all that differs
    assert widths[1] < 0.7 * widths[0]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("a b c / . . .", Agreement(0, cannot_tell="no response was coded by two people")),
        ("a a / a a", Agreement(2, cannot_tell=SAME)),
        ("a b / a b", Agreement(2, 1.0, no_interval="the coders never differed")),
        (BINARY.replace("0 1 0 0 0 0 0 0 1 0", "0 1 0 0 0 0 0 0 1 ."), None),
    ],
)  # fmt: skip
def test_what_cannot_be_told_says_why(rows: str, why: Agreement | None) -> None:
    found = alpha(counts(rows))
    if why is None:
        assert found.no_interval == "only 9 responses were coded twice"
        assert found.low is None
    else:
        assert found == why
