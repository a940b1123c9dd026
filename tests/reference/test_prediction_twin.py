"""Corrected shares against the published formula, a slow twin in loops, the survey's own standard error, closed
cases, and simulated samples whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhearing.errors import BadInput
from fairhearing.stats.prediction import Sums, blind, corrected, told
from fairhearing.stats.variance import answers, design, domain_means, partition_totals

# --- the formula, as PPI++ writes it ----------------------------------------------------------------------------


def with_unlabelled(y: np.ndarray, f: np.ndarray, g: np.ndarray, tuning: float, each: int) -> tuple[float, float]:
    """λ·mean(g) + mean(y − λ·f) with g the machine's codes of U, and its variance from sums of clusters of `each`."""

    def part(values: np.ndarray) -> float:
        sums = (values - values.mean()).reshape(-1, each).sum(axis=1) / len(values)
        k = len(sums)
        return k / (k - 1) * float((sums**2).sum())

    return tuning * g.mean() + (y - tuning * f).mean(), np.sqrt(part(y - tuning * f) + tuning**2 * part(g))


@pytest.mark.parametrize("each", [1, 5])
def test_it_is_the_published_formula(each: int) -> None:
    """λ here is of all responses, λ_U of PPI++ is λ·N/(n + N). Clusters of one size, labelled whole: exact."""
    rng = np.random.default_rng(each)
    n, N = 200, 800
    y, f = (rng.random(n + N) < 0.3).astype(float), rng.random(n + N)
    clusters = np.arange(n + N) // each
    sample = blind(n + N, np.arange(n), clusters=clusters)
    for tuning in (0.0, 0.4, 1.0, 1.7):
        found, _ = corrected(sample, f, y[:n], tuning=tuning)
        expected = with_unlabelled(y[:n], f[:n], f[n:], tuning * N / (n + N), each)
        assert (found.estimate[0], found.se[0]) == pytest.approx(expected, rel=1e-12)


def test_tuning_is_that_of_the_paper() -> None:
    """λ_U = Cov(y, f)/((1 + n/N)·Var f); ours weighs the variances of f in L and U otherwise: as 1/n."""
    rng = np.random.default_rng(3)
    n, N = 4000, 16000
    y = (rng.random(n + N) < 0.3).astype(float)
    f = np.clip(0.3 + 0.4 * (y - 0.3) + rng.normal(0, 0.15, n + N), 0, 1)
    found, _ = corrected(blind(n + N, np.arange(n)), f, y[:n])
    paper = np.cov(y[:n], f[:n])[0, 1] / ((1 + n / N) * f.var(ddof=1))
    assert found.tuning * N / (n + N) == pytest.approx(paper, rel=0.03)


# --- the twin ---------------------------------------------------------------------------------------------------


def slow(case: dict[str, Any], domain: int | None, tuning: float) -> tuple[float, float] | None:
    """Estimate and standard error of one domain, response by response and cluster by cluster."""
    y, f, w, cluster, code = case["y"], case["f"], case["weights"], case["clusters"], case["domain"]
    drawn = dict(zip(case["coded"].tolist(), case["probability"].tolist(), strict=True))
    inside = [i for i in range(len(f)) if w[i] > 0 and (domain is None or code[i] == domain)]
    coded = [i for i in inside if i in drawn]
    if not coded:
        return None
    raised = {i: w[i] / drawn[i] for i in coded}
    size, whole = sum(raised.values()), sum(w[i] for i in inside)
    y_mean = sum(raised[i] * y[i] for i in coded) / size
    f_mean = sum(raised[i] * f[i] for i in coded) / size
    f_all = sum(w[i] * f[i] for i in inside) / whole
    sums: dict[int, float] = {}
    for i in inside:
        psi = tuning * w[i] * (f[i] - f_all) / whole if case["people"] else 0.0
        if i in drawn:
            own = raised[i] * ((y[i] - y_mean) - tuning * (f[i] - f_mean)) / size
            psi += own if case["people"] else own * np.sqrt(1 - drawn[i])
        sums[cluster[i]] = sums.get(cluster[i], 0.0) + psi
    with_codes = {cluster[i] for i in coded}
    equal, variance = len(set(drawn.values())) == 1 and case["people"], 0.0
    for part in ([c for c in sums if c in with_codes], [c for c in sums if c not in with_codes]):
        middle = sum(sums[c] for c in part) / len(part) if equal and part else 0.0
        scale = len(part) / (len(part) - 1) if len(part) > 1 else 1.0
        variance += scale * sum((sums[c] - middle) ** 2 for c in part)
    return y_mean + tuning * (f_all - f_mean), np.sqrt(variance) if len(with_codes) > 1 else np.nan


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Small samples: clusters cut through by the sample and by domains, weights of zero, two coders' halves."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    N = draw(st.integers(12, 60))
    chance = rng.uniform(0.2, 1, N) if draw(st.booleans()) else np.full(N, 0.5)
    coded = np.flatnonzero(rng.random(N) < chance)
    coded = coded if len(coded) > 3 else np.arange(5)
    return {
        "y": rng.integers(0, 3, N) / 2, "f": rng.random(N) * (rng.random(N) > 0.3), "coded": coded,
        "probability": chance[coded], "weights": rng.gamma(2, 1, N) * (rng.random(N) > 0.1),
        "clusters": rng.integers(0, draw(st.integers(4, 40)), N), "domain": rng.integers(0, 4, N),
        "people": draw(st.booleans()),
    }  # fmt: skip


def run(case: dict[str, Any], tuning: float | None = None) -> tuple[Sums, Sums]:
    sample = blind(
        len(case["f"]), case["coded"], weights=case["weights"], probability=case["probability"],
        clusters=case["clusters"], domains=[(case["domain"], 3)], people=case["people"],
    )  # fmt: skip
    whole, (parts,) = corrected(sample, case["f"], case["y"][case["coded"]], tuning=tuning)
    return whole, parts


@settings(max_examples=150, deadline=None)
@given(cases())
def test_cells_and_clusters_are_summed_as_written(case: dict[str, Any]) -> None:
    """Domain 3 of the codes is nobody's: in no domain, but in everyone. Tolerance: sums in another order."""
    whole, parts = run(case)
    for sums, at, domain in [(whole, 0, None), *((parts, d, d) for d in range(3))]:
        expected = slow(case, domain, whole.tuning)
        if expected is None:
            assert sums.n_human[at] == 0
            assert np.isnan(sums.se[at])
        else:
            found = float(sums.estimate[at]), float(sums.se[at])
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@settings(max_examples=100, deadline=None)
@given(cases(), st.floats(0, 3))
def test_no_other_tuning_is_better(case: dict[str, Any], other: float) -> None:
    whole, _ = run(case)
    if whole.tuning > 0:
        assert whole.se[0] <= run(case, other)[0].se[0] + 1e-12


# --- closed cases -----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(cases())
def test_without_the_machine_it_is_the_survey_estimate(case: dict[str, Any]) -> None:
    """λ = 0: mean and standard error of `stats.variance` for the coded, weighted by weight over probability."""
    case = case | {"people": True}
    whole, _ = run(case, 0.0)
    at = case["coded"][case["weights"][case["coded"]] > 0]
    raised = (case["weights"][case["coded"]] / case["probability"])[case["weights"][case["coded"]] > 0]
    d = design(raised, domains=[(np.zeros(len(at), np.int64), 1)], clusters=case["clusters"][at])
    means = domain_means(partition_totals(d, answers(d, case["y"][at]), 0), np.array([[True]]))
    if means.df[0] >= 1:
        assert whole.estimate[0] == pytest.approx(means.mean[0], rel=1e-12)
        assert whole.se[0] == pytest.approx(means.se[0], rel=1e-9, abs=1e-12)


def test_a_perfect_machine_leaves_the_sampling_of_all_responses() -> None:
    """f = y: as if people had coded all 5,000; of these responses alone nothing is left but mistakes not yet seen."""
    rng = np.random.default_rng(8)
    y = (rng.random(5000) < 0.3).astype(float)
    found, _ = corrected(blind(5000, np.arange(300)), y, y[:300])
    assert found.tuning == pytest.approx(1, abs=0.01)
    assert found.estimate[0] == pytest.approx(y.mean(), abs=1e-4)
    assert found.se[0] == pytest.approx(y.std(ddof=1) / np.sqrt(5000), rel=0.01)
    these, _ = corrected(blind(5000, np.arange(300), people=False), y, y[:300])
    assert these.se[0] < 1e-12
    row = told(these, 0)
    assert row.low is not None and row.high is not None
    assert 2 * 1.96 * np.sqrt(2) / 300 == pytest.approx(row.high - row.low, rel=0.02)  # one mistake each way


def test_a_useless_machine_costs_nothing() -> None:
    rng = np.random.default_rng(9)
    y = (rng.random(4000) < 0.2).astype(float)
    constant, _ = corrected(blind(4000, np.arange(300)), np.full(4000, 0.4), y[:300])
    against, _ = corrected(blind(4000, np.arange(300)), 1 - y, y[:300])
    assert constant.tuning == against.tuning == 0
    assert told(constant, 0).narrower_by == 0


def test_order_and_input_do_not_matter() -> None:
    rng = np.random.default_rng(10)
    N, coded = 500, np.arange(0, 500, 5)
    y, f, w, clusters = (rng.random(N) < 0.3).astype(float), rng.random(N), rng.gamma(2, 1, N), np.arange(N) // 3
    before = [each.copy() for each in (y, f, w, clusters, coded)]
    whole, _ = corrected(blind(N, coded, weights=w, clusters=clusters), f, y[coded])
    order = rng.permutation(N)
    place = np.argsort(order)
    again, _ = corrected(blind(N, place[coded], weights=w[order], clusters=clusters[order]), f[order], y[coded])
    assert again.se[0] == pytest.approx(whole.se[0], rel=1e-12)
    assert again.estimate[0] == pytest.approx(whole.estimate[0], rel=1e-12)
    assert all(np.array_equal(a, b) for a, b in zip(before, (y, f, w, clusters, coded), strict=True))


@pytest.mark.parametrize("wrong", [{"coded": [1, 1]}, {"probability": np.array([0.0, 0.5])}])
def test_a_sample_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    given = {"coded": np.array(wrong.pop("coded", [1, 2]))} | wrong
    with pytest.raises(BadInput, match="the sample is not one"):
        blind(5, **given)


@pytest.mark.parametrize(
    ("coded", "seen", "why"),
    [
        (29, 10, "people coded 29 responses; at least 30 are needed"),
        (40, 0, "people saw it in none of the responses they coded"),
        (40, 40, "people saw it in all of the responses they coded"),
    ],
)
def test_what_cannot_be_told_says_why(coded: int, seen: int, why: str) -> None:
    y = (np.arange(coded) < seen).astype(float)
    row = told(corrected(blind(500, np.arange(coded)), np.linspace(0, 1, 500), y)[0], 0)
    assert (row.cannot_tell, row.estimate, row.low) == (why, None, None)
    assert row.human == seen / coded


def test_with_few_positives_people_count_alone() -> None:
    """4 of 300: what the machine gains cannot be judged, however well it did on those 4."""
    y = (np.arange(300) < 4).astype(float)
    f = np.concatenate([y, (np.arange(3700) % 60 == 0).astype(float)])
    row = told(corrected(blind(4000, np.arange(300)), f, y)[0], 0)
    assert (row.tuning, row.interval) == (0.0, "Korn–Graubard interval")
    assert row.estimate == pytest.approx(4 / 300, rel=1e-12)


# --- coverage ---------------------------------------------------------------------------------------------------


def sessions(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Sessions of 20 texts; how common the theme is differs between them (intra-class correlation .1, mean .3)."""
    chance = np.repeat(rng.beta(2.7, 6.3, count), 20)
    y = (rng.random(len(chance)) < chance).astype(float)
    return y, np.where(y > 0, rng.beta(4, 2, len(y)), rng.beta(1.5, 5, len(y)))


@pytest.mark.parametrize("labelled", [30, 60])
def test_intervals_of_sessions_hold_the_truth(labelled: int) -> None:
    """400 worlds at 95%: two binomial standard errors are 2.2 points. The machine's own count never does."""
    rng, held, naive, width = np.random.default_rng(labelled), [], [], []
    for _ in range(400):
        y, f = sessions(rng, labelled + 300)
        coded = np.arange(labelled * 20)
        row = told(corrected(blind(len(y), coded, clusters=np.arange(len(y)) // 20), f, y[coded])[0], 0)
        assert row.low is not None and row.high is not None and row.machine and row.narrower_by
        held.append(row.low <= 0.3 <= row.high)
        width.append(row.narrower_by)
        half = 1.96 * f.std() / np.sqrt(len(f))
        naive.append(abs(row.machine - 0.3) <= half)
    assert 0.925 <= np.mean(held) <= 0.98
    assert np.mean(naive) < 0.05
    assert np.mean(width) > 0.3


def test_a_targeted_sample_of_known_chances_is_not_biased() -> None:
    """People are given the doubtful half three times as often as the rest; counting their codes plainly is wrong."""
    rng, held, plain = np.random.default_rng(12), [], []
    for _ in range(400):
        y, f = sessions(rng, 100)
        chance = np.where(f > 0.35, 0.3, 0.1)
        coded = np.flatnonzero(rng.random(len(y)) < chance)
        sample = blind(len(y), coded, probability=chance[coded], people=False)
        row = told(corrected(sample, f, y[coded])[0], 0)
        assert row.low is not None and row.high is not None
        held.append(row.low <= y.mean() <= row.high)
        plain.append(y[coded].mean() - y.mean())
    assert 0.925 <= np.mean(held) <= 0.98
    assert np.mean(plain) > 0.1
