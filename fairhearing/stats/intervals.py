"""Intervals for a share that behave near 0 and 1 and at small n."""

from __future__ import annotations

import math

from scipy.special import ndtri

from ..errors import CannotEstimate

__all__ = ["wilson"]


def wilson(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a share.

    successes, n: counts, or effective counts (share × effective n, effective n); 0 ≤ successes ≤ n, n > 0.
    Returns (low, high), both within 0–1. Raises CannotEstimate where there is nobody to estimate from.
    Wilson (1927), JASA 22, 209–212; effective n: Kish (1965), Survey Sampling, §8.2.
    """
    if not (n > 0 and 0 <= successes <= n * (1 + 1e-12) and 0 < level < 1):
        raise CannotEstimate(
            f"there is no interval for {successes} of {n} at level {level}",
            cure="give 0 ≤ successes ≤ n with n above 0, and a level between 0 and 1",
        )
    share, z = min(successes / n, 1.0), float(ndtri(0.5 + level / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
