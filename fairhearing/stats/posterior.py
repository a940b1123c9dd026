"""What a count says about the share behind it, as a probability a decision rule can use."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincc

from ..errors import CannotEstimate

__all__ = ["probability_above"]


def probability_above(reports: ArrayLike, n: ArrayLike, threshold: float) -> NDArray[np.float64]:
    """Probability that the share behind each count lies above a threshold.

    reports, n: same shape; effective counts may be fractions, 0 ≤ reports ≤ n. threshold: share in (0, 1).
    Posterior Beta(reports + ½, n − reports + ½), Jeffreys' prior (Brown, Cai & DasGupta 2001, Statistical Science).
    With n = 0 this is the prior alone: a caller that wants "cannot tell" must say so itself.
    Raises CannotEstimate for counts that are negative, not finite, or more reports than people.
    """
    told, asked = np.asarray(reports, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if not (np.isfinite(asked).all() and (told >= 0).all() and (told <= asked).all()):
        raise CannotEstimate(
            "counts must satisfy 0 ≤ reports ≤ n", cure="check the counts: a share cannot lie outside 0 to 1"
        )
    if not 0 < threshold < 1:
        raise CannotEstimate(f"the threshold {threshold} is not a share", cure="give a share between 0 and 1")
    return np.asarray(betaincc(told + 0.5, asked - told + 0.5, threshold), dtype=np.float64)
