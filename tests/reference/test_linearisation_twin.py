"""The covariance of any statistic against the recursion of the textbook, and against the fast path of domain means.

The slow twin goes stage by stage, stratum by stratum, unit by unit, in loops (Cochran 1977 §10.3-10.8); calibration
is a least-squares regression solved by numpy. Tolerance 1e-10 of the largest variance: two orders of summation; 1e-12
between the two fast paths, which differ in nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.errors import BadInput, CannotEstimate
from fairhearing.stats import variance
from fairhearing.stats.calibration import NumericTotal, auxiliary
from fairhearing.stats.estimators import Domains, Survey, mean_of, means_of
from fairhearing.stats.linearisation import LONELY, Calibration, covariance, degrees_of_freedom, sampling
from fairhearing.stats.weights import Margin, contrasts


@dataclass(frozen=True)
class Drawn:
    strata: np.ndarray | None
    clusters: list[np.ndarray]
    fpc: list[np.ndarray]
    weights: np.ndarray
    influence: np.ndarray


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    """One to three stages; corrections as counts or shares; strata with one unit among others."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(5, 70))
    strata = rng.integers(0, draw(st.integers(1, 4)), n) if draw(st.booleans()) else None
    stages = draw(st.integers(0, 2))
    clusters = [rng.integers(0, draw(st.integers(2, 8)), n) for _ in range(stages)]
    parents = [np.zeros(n, int) if strata is None else strata]
    for each in clusters:
        parents.append(numbered(parents[-1] * 100 + each))
    fpc: list[np.ndarray] = []
    share = draw(st.booleans())
    for stage in range(draw(st.integers(0, stages + 1))):
        units = parents[stage + 1] if stage < stages else np.arange(n)
        sizes = {p: len(set(units[parents[stage] == p])) for p in set(parents[stage])}
        counts = {p: size + int(rng.integers(0, 6)) for p, size in sizes.items()}
        fpc.append(np.array([sizes[p] / counts[p] if share else float(max(counts[p], 1)) for p in parents[stage]]))
    return Drawn(strata, clusters, fpc, rng.gamma(2, 1, n), rng.normal(1, 2, (n, 2)))


def numbered(codes: np.ndarray) -> np.ndarray:
    return np.unique(codes, return_inverse=True)[1].reshape(-1)


def recursion(rows: np.ndarray, u: np.ndarray, d: Drawn, stage: int, lonely: str, strata: np.ndarray) -> np.ndarray:
    """Variance of the total of u among these rows, from this stage on."""
    codes = [*d.clusters, np.arange(len(u))][stage]
    total, used = np.zeros((u.shape[1], u.shape[1])), []
    for h in set(strata[rows]):
        here = [r for r in rows if strata[r] == h]
        units = sorted({codes[r] for r in here})
        sums = np.array([sum(u[r] for r in here if codes[r] == c) for c in units])
        m = len(units)
        size = d.fpc[stage][here[0]] if stage < len(d.fpc) else np.inf
        known = np.concatenate(d.fpc) if d.fpc else np.ones(1)
        taken = m / size if np.any(known > 1) or size == np.inf else size
        if 1 - taken < 1e-7:
            used.append(True)
        elif m > 1:
            away = sums - sums.mean(axis=0)
            total += (1 - taken) * m / (m - 1) * away.T @ away
            used.append(True)
        else:
            used.append(lonely != "average")
            if lonely == "adjust":
                total += (1 - taken) * sums.T @ sums
    if not any(used):
        raise CannotEstimate("no stratum left", cure="-")
    total = total * len(used) / sum(used)
    if stage < len(d.fpc) and stage + 1 < max(len(d.clusters), len(d.fpc)):  # nobody is sampled within people
        for h in set(strata[rows]):
            here = [r for r in rows if strata[r] == h]
            units = sorted({codes[r] for r in here})
            taken = len(units) / d.fpc[stage][here[0]] if np.any(np.concatenate(d.fpc) > 1) else d.fpc[stage][here[0]]
            for c in units:
                inner = np.array([r for r in here if codes[r] == c])
                total = total + taken * recursion(inner, u, d, stage + 1, lonely, np.zeros(len(u), int))
    return total


@settings(max_examples=150, deadline=None)
@given(d=drawn(), lonely=st.sampled_from([each for each in LONELY if each != "fail"]))
def test_any_stages_as_the_textbook_adds_them_up(d: Drawn, lonely: str) -> None:
    u = d.influence * d.weights[:, None]
    n = len(u)
    strata = np.zeros(n, int) if d.strata is None else d.strata
    try:
        told = recursion(np.arange(n), u, d, 0, lonely, strata)
    except CannotEstimate:
        with pytest.raises(CannotEstimate, match="every stratum has one sampling unit"):
            sampling(n, strata=d.strata, clusters=d.clusters, fpc=d.fpc, lonely=lonely)
        return
    design = sampling(n, strata=d.strata, clusters=d.clusters, fpc=d.fpc, lonely=lonely)
    found = covariance(d.influence.T, d.weights, design)
    assert found == pytest.approx(told, abs=1e-10 * max(1.0, float(np.abs(told).max())))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_residuals_are_those_of_a_weighted_regression(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 80
    margins = [Margin(str(k), rng.integers(0, k, n), np.full(k, 100.0 / k), tuple("abcd"[:k])) for k in (2, 3)]
    number = NumericTotal("age", rng.uniform(18, 90, n), 4000.0)
    base, weights, z = rng.gamma(2, 1, n), rng.gamma(2, 1, n), rng.normal(2, 1, n)
    x = np.column_stack([np.eye(2)[margins[0].codes], np.eye(3)[margins[1].codes], number.values])
    root = np.sqrt(base)[:, None]
    slope = np.linalg.lstsq(x * root, z * root[:, 0], rcond=None)[0]
    held = Calibration.of(auxiliary(margins, [number], n), base)
    residual = z - x @ slope
    assert held.residual(z) == pytest.approx(residual, abs=1e-9)
    strata = rng.integers(0, 3, n)
    design = sampling(n, strata=strata)
    told = covariance([residual], weights, design)
    assert covariance([z], weights, design, held) == pytest.approx(told, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), clustered=st.booleans(), stratified=st.booleans(), calibrated=st.booleans())
def test_both_fast_paths_agree(seed: int, clustered: bool, stratified: bool, calibrated: bool) -> None:
    """Sums over cells (`variance`) and over rows (`linearisation`): one arithmetic in two orders."""
    rng = np.random.default_rng(seed)
    n = 120
    y, codes = rng.normal(3, 1, n), rng.integers(0, 4, n)
    y[rng.random(n) < 0.2] = np.nan
    base = rng.gamma(2, 1, n)
    weights = base * rng.uniform(0.5, 2, n)
    known = [Margin(str(k), rng.integers(0, k, n), np.full(k, 1.0 / k), tuple("abcd"[:k])) for k in (2, 4)]
    known = known if calibrated else []
    strata = rng.integers(0, 3, n) if stratified else None
    clusters = rng.integers(0, 9, n) if clustered else None
    fast = variance.design(
        weights, base=base, domains=[(codes, 4)], margins=[(m.codes, len(m.targets)) for m in known],
        held=contrasts(known) if known else None, strata=strata, clusters=clusters,
    )  # fmt: skip
    inside = np.vstack([np.ones(4), np.eye(4), 1 - np.eye(4)])
    one = variance.domain_means(variance.partition_totals(fast, variance.answers(fast, y), 0), inside)
    design = sampling(n, strata=strata, clusters=[] if clusters is None else [clusters])
    held = Calibration.of(auxiliary(known, [], n), base) if known else None
    domains = Domains(codes, inside)
    survey = Survey(weights, design, held)
    counted = ~np.isnan(y)
    other = means_of(survey, mean_of(y, domains, weights), counted, np.where(counted, y, 0.0), domains)
    largest = float(np.max(np.abs(one.covariance)))
    assert other.mean == pytest.approx(one.mean, rel=1e-12)
    assert other.covariance == pytest.approx(one.covariance, abs=1e-12 * largest)
    assert other.n == pytest.approx(one.n)
    assert other.n_effective == pytest.approx(one.n_effective, rel=1e-12)
    assert list(other.df) == list(one.df)
    assert list(other.low) == list(one.low)


def test_a_lonely_stratum_can_be_refused() -> None:
    with pytest.raises(CannotEstimate, match="1 strata have only one sampling unit at stage 1") as raised:
        sampling(3, strata=np.array([0, 1, 1]), lonely="fail")
    assert "--lonely adjust" in raised.value.cure


def test_a_complete_count_is_no_lonely_stratum() -> None:
    """All of its one unit was taken: nothing is left that could differ."""
    design = sampling(3, strata=np.array([0, 1, 1]), fpc=[np.array([1.0, 9.0, 9.0])], lonely="fail")
    assert design.stages[0].scale[0] == 0


CORRECTIONS = [
    ([np.array([5.0, 6.0, 5.0])], "of stage 1 differs within a stratum"),
    ([np.array([2.0, 2.0, 2.0])], "of stage 1 is smaller than the sample"),
    ([np.array([0.5, 9.0, 9.0])], "counts on some rows and shares on others"),
    ([np.array([np.nan, 9.0, 9.0])], "missing, zero or negative"),
    ([np.full(3, 9.0)] * 2, "2 population sizes for 1 stages"),
]


@pytest.mark.parametrize(("fpc", "what"), CORRECTIONS, ids=[what for _, what in CORRECTIONS])
def test_corrections_that_cannot_be(fpc: list[np.ndarray], what: str) -> None:
    with pytest.raises(BadInput, match=what):
        sampling(3, fpc=fpc)


def test_degrees_of_freedom_count_units_and_strata_with_somebody() -> None:
    design = sampling(6, strata=np.array([0, 0, 0, 1, 1, 1]), clusters=[np.array([1, 1, 2, 3, 4, 4])])
    assert degrees_of_freedom(design, np.ones(6, bool)) == 2
    assert degrees_of_freedom(design, np.array([True, True, True, False, False, False])) == 1
    assert degrees_of_freedom(design, np.zeros(6, bool)) == 0
