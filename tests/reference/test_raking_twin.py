"""Newton over cells against plain iterative proportional fitting over rows (Deming & Stephan 1940)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.errors import CannotEstimate
from fairhearing.stats.trimming import trim
from fairhearing.stats.weights import Margin, collapse, rake


def plain(base: np.ndarray, margins: list[Margin], passes: int = 20_000) -> np.ndarray:
    """Scale to one margin after the other until nothing moves."""
    weights = base.copy()
    for _ in range(passes):
        before = weights.copy()
        for margin in margins:
            said = margin.targets[:-1] if margin.unsaid else margin.targets
            whole = weights[margin.codes < len(said)].sum() if margin.unsaid else said.sum()
            for level, target in enumerate(said / said.sum() * whole):
                inside = margin.codes == level
                if weights[inside].sum() > 0:
                    weights[inside] *= target / weights[inside].sum()
        if np.max(np.abs(weights - before)) <= 1e-15 * weights.max():
            break
    return weights


def nearest(start: np.ndarray, found: np.ndarray, margins: list[Margin]) -> bool:
    """Whether `found` is the solution nearest to `start`: the log of its factors is a combination of what is held
    fixed (the condition of Lagrange, written row by row)."""
    columns = [np.ones(len(start))]
    for margin in margins:
        said = margin.targets[:-1] if margin.unsaid else margin.targets
        for level, share in enumerate(said / said.sum()):
            inside = (margin.codes == level).astype(float)
            columns.append(inside - share * (margin.codes < len(said)) if margin.unsaid else inside)
    x, log = np.array(columns).T, np.log(found / start)
    return float(np.abs(log - x @ np.linalg.lstsq(x, log, rcond=None)[0]).max()) < 1e-9


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, list[Margin]]:
    """Margins that can be met: they are those of other positive weights on the same people."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(5, 80))
    base = rng.gamma(3, 0.3, n)
    true = base * rng.uniform(0.3, 3, n)
    margins = []
    for m in range(draw(st.integers(1, 4))):
        codes = rng.integers(0, draw(st.integers(2, 5)), n)
        targets = np.bincount(codes, true)
        unsaid = m > 0 and len(targets) > 1 and np.all(targets[:-1] > 0) and bool(rng.integers(0, 2))
        margins.append(Margin(f"m{m}", codes, targets, tuple(str(k) for k in range(len(targets))), unsaid))
    return base, margins


@settings(max_examples=100, deadline=None)
@given(problems())
def test_the_same_weights(problem: tuple[np.ndarray, list[Margin]]) -> None:
    base, margins = problem
    before = base.copy()
    found = rake(base, margins)
    once = plain(base, margins, 1)
    if not any(margin.unsaid for margin in margins):
        assert found.weights == pytest.approx(plain(base, margins), rel=1e-7)
    assert nearest(once, found.weights, margins)
    for margin in margins:
        have = np.bincount(margin.codes, found.weights, len(margin.targets))
        aim = margin.aim(have) if margin.unsaid else margin.targets
        assert have == pytest.approx(aim, rel=1.01e-10, abs=1e-300)
    assert np.array_equal(base, before), "the caller's weights are untouched"


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1.5, 6))
def test_trimming_keeps_the_total_and_the_bound(seed: int, most: float) -> None:
    weights = np.random.default_rng(seed).gamma(0.5, 2, 40)
    weights *= len(weights) / weights.sum()
    found, cut = trim(weights, upper=most)
    assert found.sum() == pytest.approx(40, rel=1e-12)
    assert found.max() <= most * (1 + 1e-12)
    assert cut >= np.sum(weights > most * (1 + 1e-12))
    kept = weights < found.max()
    shift = (found - weights)[kept & (found < most * (1 - 1e-9))]
    assert np.ptp(shift) < 1e-9 if len(shift) else True, "what was cut is shared equally"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=9), st.integers(1, 8))
def test_collapsing_leaves_no_small_category(heard: list[int], at_least: int) -> None:
    groups = collapse(np.array(heard), np.ones(len(heard)), at_least)
    sizes = np.bincount(groups, heard)
    assert len(sizes) == 1 or sizes.min() >= at_least
    if min(heard) >= at_least:
        assert list(groups) == list(range(len(heard))), "nothing is joined without need"


def margin(name: str, codes: list[int], targets: list[float]) -> Margin:
    return Margin(name, np.array(codes), np.array(targets, float), tuple("abcdef"[: len(targets)]))


@pytest.mark.parametrize(
    ("margins", "says"),
    [
        pytest.param(
            [margin("sex", [0, 0, 1, 1], [50, 50]), margin("age", [0, 1, 0, 1], [60, 50])],
            "the margin age adds up to 110 but sex to 100: 10 people apart",
            id="totals contradict each other",
        ),
        pytest.param(
            [margin("sex", [0, 0, 0, 0], [50, 50])],
            "the margin sex has 50 people at 'b', but no respondent who counts is there",
            id="empty level",
        ),
        pytest.param(
            [margin("sex", [0, 0, 1, 1], [50, 50]), margin("age", [0, 0, 1, 1], [60, 40])],
            "after 100 steps no weights meet every margin: ",
            id="contradict each other in the cells",
        ),
        pytest.param([margin("sex", [0, 0, 1, 1], [0, 0])], "the margin sex adds up to 0 people", id="empty margin"),
    ],
)
def test_what_cannot_be_raked_is_named(margins: list[Margin], says: str) -> None:
    with pytest.raises(CannotEstimate, match=says) as error:
        rake(np.ones(4), margins)
    assert error.value.cure


def test_a_level_whose_only_person_has_weight_zero_is_empty() -> None:
    with pytest.raises(CannotEstimate, match="no respondent who counts"):
        rake(np.array([1.0, 1.0, 0.0]), [margin("sex", [0, 0, 1], [5, 5])])


def test_a_level_without_population_weighs_nothing() -> None:
    found = rake(np.ones(3), [margin("sex", [0, 1, 2], [6, 4, 0])])
    assert list(found.weights) == pytest.approx([6, 4, 0])


def test_silence_confounded_with_another_margin_can_still_be_weighed() -> None:
    """No man gave his age. Held to their share, the silent would contradict the margin of sex; left free, not."""
    sex = margin("sex", [0, 0, 0, 0, 1, 1], [50, 50])
    age = Margin(
        "age", np.array([0, 1, 1, 1, 2, 2]), np.array([0.4, 0.3, 0.3]), ("young", "old", "did not say"), True
    )
    found = rake(np.ones(6), [sex, Margin("age", age.codes, age.targets * 100, age.labels, True)]).weights
    assert found[4:].sum() == pytest.approx(50), "men count for half"
    assert found[0] / found[:4].sum() == pytest.approx(4 / 7), "among those who said, four in seven are young"
