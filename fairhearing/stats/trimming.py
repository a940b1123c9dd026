"""Weights kept within bounds, what was cut shared among the others (Potter 1990; R `trimWeights`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import CannotEstimate
from .cells import Floats

__all__ = ["trim"]

_ROUNDING = 1e-14  # a weight this near its bound, relatively, is on it


def trim(weights: Floats, *, upper: float, lower: float = 0.0, strict: bool = True) -> tuple[Floats, int]:
    """Weights (rows,) cut to lower … upper, untouched themselves; and how many were cut. A weight of zero stays zero.

    What is cut is shared equally among those that were within the bounds, once. Where `strict`, what that pushes
    outside is cut and shared among all the others, again and again until none is outside: the limit of R's rounds,
    found at once. The total stays. Raises CannotEstimate where the bounds leave no room for it.
    """
    counts = weights > 0
    w = weights[counts].astype(np.float64)
    n, total = len(w), float(w.sum())
    if n and not lower * n <= total * (1 + 1e-12) <= upper * n * (1 + 2e-12):
        raise CannotEstimate(
            f"{n} weights that add up to {total:g} cannot all lie between {lower:g} and {upper:g}",
            cure="allow larger weights (rules.weight_at_most)",
        )
    kept, cut = _clipped(w, lower, upper)
    if not cut.any():
        return weights.astype(np.float64), 0
    free = cut if cut.all() else ~cut  # where all were outside, all share
    kept = np.where(free, kept + (total - float(kept.sum())) / int(free.sum()), kept)
    if strict:
        kept, again = _settled(kept, lower, upper, total)
        cut = cut | again
    out = np.zeros(len(weights))
    out[counts] = kept
    return out, int(cut.sum())


def _clipped(w: Floats, lower: float, upper: float) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Weights cut to the bounds, and which were outside by more than rounding."""
    kept = np.clip(w, lower, upper)
    return kept, np.abs(w - kept) > _ROUNDING * np.abs(kept)


def _settled(w: Floats, lower: float, upper: float, total: float) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """What sharing pushed outside, cut and shared until nothing is: all of it is too high, or all too low."""
    _, outside = _clipped(w, lower, upper)
    if not outside.any():
        return w, outside
    high = bool(np.any(w[outside] > upper))
    settled = _filled(w, upper, total) if high else -_filled(-w, -lower, -total)
    return settled, settled == (upper if high else lower)


def _filled(w: Floats, upper: float, total: float) -> Floats:
    """min(upper, w + c) for the c that keeps the total, as water finds its level. (n,)"""
    a = np.sort(w)[::-1]
    above = np.arange(len(a))  # that many, the largest, end at the bound
    rest = a.sum() - np.concatenate([[0.0], np.cumsum(a)[:-1]])
    level = (total - above * upper - rest) / (len(a) - above)
    first = int(np.argmax(a + level <= upper + _ROUNDING * abs(upper)))
    free = np.ones(len(w), bool)
    free[np.argsort(-w, kind="stable")[:first]] = False
    c = (total - first * upper - float(w[free].sum())) / int(free.sum())
    return np.where(free, np.minimum(w + c, upper), upper)
