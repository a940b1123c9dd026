"""The boundary that holds at every look: worked out by hand, against a slow twin, and by simulation."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from fairhearing.errors import CannotEstimate
from fairhearing.stats.monitoring import boundary, mixture_variance, monitor, widened


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.05 / 14])
@pytest.mark.parametrize("matters", [0.05, 0.2])
def test_the_boundary_is_tightest_where_it_is_as_wide_as_what_matters(alpha: float, matters: float) -> None:
    """Of all mixtures, the one chosen is narrowest at the variance where its boundary is `matters` wide."""
    tau2 = mixture_variance(matters, alpha)
    at = optimize.brentq(lambda v: boundary(np.array([v]), tau2, alpha)[0] - matters, 1e-8, 1.0)
    others = [boundary(np.array([at]), tau2 * factor, alpha)[0] for factor in (0.5, 0.9, 1.1, 2.0)]
    assert min(others) > matters * (1 - 1e-12)


@pytest.mark.parametrize("variance", [1e-4, 4e-4, 3e-3])
def test_on_the_boundary_the_mixed_likelihood_ratio_is_one_over_alpha(variance: float) -> None:
    """The mixture integrated slowly over the prior, instead of in closed form (Robbins 1970)."""
    tau2 = mixture_variance(0.05)
    reach = float(boundary(np.array([variance]), tau2)[0])

    def mixed(delta: float) -> float:
        ratio = exp((reach * delta - delta * delta / 2) / variance)
        return ratio * float(stats.norm.pdf(delta, scale=sqrt(tau2)))

    value = integrate.quad(mixed, -1, 1, points=[0, reach], limit=500)[0]
    assert value == pytest.approx(1 / 0.05, rel=1e-6)


def test_three_rounds_by_hand() -> None:
    """0.50 ± 0.02, then 0.54 ± 0.02 and 0.60 ± 0.01: weights 2,500 and 10,000, variance 0.0004 + 1/12,500."""
    first, second = monitor([0.50, 0.54, 0.60], [0.02, 0.02, 0.01], matters=0.05)
    assert (first.looks, second.looks) == (1, 2)
    assert first.change == pytest.approx(0.04)
    assert second.change == pytest.approx((2500 * 0.54 + 10000 * 0.60) / 12500 - 0.50)
    v, tau2 = 0.0004 + 1 / 12500, mixture_variance(0.05)
    half = sqrt(v * (1 + v / tau2) * (2 * log(20) + log(1 + tau2 / v)))
    assert (second.low, second.high) == pytest.approx((second.change - half, second.change + half))
    assert (first.moved, second.moved) == (False, True)


def test_all_looks_share_the_error_of_the_first_round() -> None:
    """However many rounds follow, the variance never falls below that of the first."""
    looks = monitor([0.5] * 100, [0.03] + [0.01] * 99, matters=0.05)
    assert all(look.se > 0.03 for look in looks)
    assert looks[-1].se == pytest.approx(sqrt(0.03**2 + 0.01**2 / 99))


@pytest.mark.parametrize("df", [1, 5, 30, 1e6])
def test_few_degrees_of_freedom_widen(df: float) -> None:
    assert widened(0.02, df) >= 0.02 * (1 - 1e-9)
    assert widened(0.02, df) >= widened(0.02, df * 2)
    if df == 1e6:
        assert widened(0.02, df) == pytest.approx(0.02, rel=1e-4)


@pytest.mark.parametrize(
    ("estimates", "ses"),
    [([0.5], [0.1]), ([0.5, 0.5], [0.1]), ([0.5, 0.5], [0.1, 0.0]), ([0.5, float("nan")], [0.1, 0.1])],
)
def test_what_cannot_be_monitored_is_refused(estimates: list[float], ses: list[float]) -> None:
    with pytest.raises(CannotEstimate) as caught:
        monitor(estimates, ses, matters=0.05)
    assert caught.value.cure


def looked_at(share: float, people: int, move: float, rng: np.random.Generator) -> tuple[bool, bool]:
    """Whether 36 monthly looks ever claim a change: the boundary, and the plain interval month by month."""
    shares = np.full(37, share)
    shares[1:] += move
    seen = rng.binomial(people, shares) / people
    ses = np.sqrt(seen * (1 - seen) / (people - 1))
    looks = monitor(list(seen), list(ses * widened(1.0, people - 1)), matters=0.05)
    plain = np.abs(seen[1:] - seen[0]) > 1.96 * np.hypot(ses[1:], ses[0])
    return any(look.moved for look in looks), bool(plain.any())


@pytest.mark.parametrize(("share", "people"), [(0.6, 300), (0.9, 150)])
def test_with_no_change_three_years_of_looking_claim_one_in_at_most_one_of_twenty(share: float, people: int) -> None:
    """400 replicates: were the chance 5%, 34 claims or fewer would be seen with probability 0.999."""
    rng = np.random.default_rng(people)
    claims = np.array([looked_at(share, people, 0.0, rng) for _ in range(400)])
    always, plain = claims.sum(0)
    assert always <= 20
    assert plain > 120  # what looking every month with the ordinary interval does: about half


def test_a_move_of_ten_points_is_seen() -> None:
    rng = np.random.default_rng(7)
    seen = [looked_at(0.6, 1000, 0.10, rng)[0] for _ in range(100)]
    assert sum(seen) >= 95
