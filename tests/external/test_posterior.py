"""The posterior probability of a share, against R's `pbeta` and scipy's own beta distribution.

R 4.2.2: pbeta(threshold, reports + 0.5, n - reports + 0.5, lower.tail = FALSE), printed to 15 digits. Tolerance 1e-12
relative: both evaluate the same incomplete beta function, by different algorithms (R: TOMS 708; here: Boost).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fairhearing.errors import CannotEstimate
from fairhearing.stats.posterior import probability_above

FROM_R = [
    # reports, n, threshold, probability
    (0, 10, 0.2, 0.0323874116752819),
    (3, 10, 0.2, 0.794557341526309),
    (30, 100, 0.2, 0.991700444590036),
    (7.5, 25, 0.2, 0.89087720400497),
    (60, 100, 0.4, 0.999972182461461),
    (1438, 1438, 0.9, 1.0),
    (200, 20_000, 0.02, 3.15434640542568e-29),
]


@pytest.mark.parametrize("reports, n, threshold, expected", FROM_R)
def test_against_r(reports: float, n: float, threshold: float, expected: float) -> None:
    assert float(probability_above(reports, n, threshold)) == pytest.approx(expected, rel=1e-12)


def test_against_scipys_distribution() -> None:
    n = np.repeat(np.arange(1, 60), 20)
    reports = n * np.tile(np.linspace(0, 1, 20), 59)
    ours = probability_above(reports, n, 0.2)
    np.testing.assert_allclose(ours, stats.beta(reports + 0.5, n - reports + 0.5).sf(0.2), rtol=1e-12)


@pytest.mark.parametrize(
    "reports, n, threshold", [(11, 10, 0.2), (-1, 10, 0.2), (1, np.inf, 0.2), (np.nan, 10, 0.2), (1, 10, 1.0)]
)
def test_counts_that_cannot_be_are_refused(reports: float, n: float, threshold: float) -> None:
    with pytest.raises(CannotEstimate, match=r"0 ≤ reports ≤ n|not a share"):
        probability_above(reports, n, threshold)
