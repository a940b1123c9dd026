"""The quadratic form over cells against the plain definition, row by row: residuals, cluster sums, strata, loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.stats.variance import answers, design, domain_means, partition_totals
from fairhearing.stats.weights import Margin, contrasts


@dataclass(frozen=True)
class Sample:
    y: np.ndarray
    domain: np.ndarray
    margins: list[np.ndarray]
    held: np.ndarray | None
    base: np.ndarray
    weights: np.ndarray
    strata: np.ndarray | None
    clusters: np.ndarray | None


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Small random designs: few and many strata, clusters that cross strata, missing answers, weights of zero."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(6, 60))
    y = np.round(rng.normal(3, 2, n), 1)
    y[rng.random(n) < 0.2] = np.nan
    base = rng.gamma(2, 0.5, n) * (rng.random(n) > 0.1)
    base[0] = 1.0
    weights = base * rng.uniform(0.5, 2, n)
    margins = [rng.integers(0, rng.integers(1, 4) + 1, n) for _ in range(draw(st.integers(0, 3)))]
    strata = rng.integers(0, draw(st.integers(1, 5)), n) if draw(st.booleans()) else None
    clusters = rng.integers(0, draw(st.integers(2, 20)), n) if draw(st.booleans()) else None
    held = None
    if margins and draw(st.booleans()):  # some did not say: shares are held fixed among those who did
        names = [
            Margin("m", codes, rng.uniform(1, 2, codes.max() + 1), (), unsaid=bool(codes.max() > 0 and m == 0))
            for m, codes in enumerate(margins)
        ]
        held = contrasts(names)
    return Sample(y, rng.integers(0, 4, n), margins, held, base, weights, strata, clusters)


def slow(s: Sample, domains: list[set[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Means of domains and the covariance of their linearised scores, as the textbook writes it."""
    n = len(s.y)
    answered = ~np.isnan(s.y)
    means, scores = [], []
    for members in domains:
        inside = np.array([answered[i] and s.domain[i] in members and s.weights[i] > 0 for i in range(n)])
        size = sum(s.weights[i] for i in range(n) if inside[i])
        mean = sum(s.weights[i] * s.y[i] for i in range(n) if inside[i]) / size
        z = np.array([(s.y[i] - mean) / size if inside[i] else 0.0 for i in range(n)])
        means.append(mean)
        scores.append(s.weights * residual(z, s))
    return np.array(means), between_clusters(np.array(scores), s)


def residual(z: np.ndarray, s: Sample) -> np.ndarray:
    """z less its regression on the margins, fitted with the weights before calibration."""
    if not s.margins:
        return z
    x = np.hstack([np.eye(codes.max() + 1)[codes] for codes in s.margins])
    x = x if s.held is None else x @ s.held
    root = np.sqrt(s.base)
    return z - x @ np.linalg.lstsq(x * root[:, None], z * root, rcond=None)[0]


def between_clusters(scores: np.ndarray, s: Sample) -> np.ndarray:
    n = scores.shape[1]
    stratum = [0] * n if s.strata is None else list(s.strata)
    cluster = list(range(n)) if s.clusters is None else list(s.clusters)
    covariance = np.zeros((len(scores), len(scores)))
    for h in set(stratum):
        units = sorted({cluster[i] for i in range(n) if stratum[i] == h})
        sums = [
            sum(scores[:, i] for i in range(n) if stratum[i] == h and cluster[i] == c) for c in units
        ]  # each (domains,)
        m = len(sums)
        centre = sum(sums) / m if m > 1 else 0.0
        for each in sums:
            covariance += (m / (m - 1) if m > 1 else 1.0) * np.outer(each - centre, each - centre)
    return covariance


@settings(max_examples=150, deadline=None)
@given(samples())
def test_every_domain_and_every_covariance(s: Sample) -> None:
    made = design(
        s.weights,
        base=s.base,
        domains=[(s.domain, 4)],
        margins=[(codes, int(codes.max()) + 1) for codes in s.margins],
        held=s.held,
        strata=s.strata,
        clusters=s.clusters,
    )
    totals = partition_totals(made, answers(made, s.y), 0)
    usable = [k for k in range(4) if totals.n[k] > 0]
    domains = [{k} for k in usable] + [set(usable)]
    if not usable:
        return
    found = domain_means(totals, np.array([[k in members for k in range(4)] for members in domains]))
    means, covariance = slow(s, domains)
    assert found.mean == pytest.approx(means, rel=1e-10, abs=1e-10)
    scale = max(float(np.nanmax(np.abs(s.y))), 1.0) ** 2
    assert found.covariance == pytest.approx(covariance, rel=1e-8, abs=1e-11 * scale)


@settings(max_examples=50, deadline=None)
@given(samples())
def test_people_and_degrees_of_freedom_are_counted(s: Sample) -> None:
    made = design(s.weights, base=s.base, domains=[(s.domain, 4)], strata=s.strata, clusters=s.clusters)
    found = domain_means(partition_totals(made, answers(made, s.y), 0), np.eye(4))
    strata = np.zeros(len(s.y), int) if s.strata is None else s.strata
    clusters = np.arange(len(s.y)) if s.clusters is None else s.clusters
    for k in range(4):
        counted = [i for i in range(len(s.y)) if s.domain[i] == k and s.weights[i] > 0 and not np.isnan(s.y[i])]
        units = {(strata[i], clusters[i]) for i in counted}
        assert found.n[k] == len(counted)
        assert found.df[k] == len(units) - len({h for h, _ in units})
        if counted:
            assert found.low[k] == min(s.y[counted])
            assert found.high[k] == max(s.y[counted])
            w = s.weights[counted]
            assert found.n_effective[k] == pytest.approx(w.sum() ** 2 / (w**2).sum())
