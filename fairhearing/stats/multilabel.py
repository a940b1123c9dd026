"""Several yes-or-no labels learned from few examples: ridge regression in its dual form, leave-one-out scores,
calibrated probabilities and the cut above which a label is given.

With K the (n, n) similarities of the examples and R the labels less their shares, α = (K + λI)⁻¹R, and the score an
example would get had it been left out is y_i − α_i / [(K + λI)⁻¹]_ii (Allen 1974; Rifkin & Lippert 2007). All labels
share one factorisation, so forty cost what one costs, and probabilities are calibrated on examples not learned from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from ..errors import CannotEstimate
from .cells import Floats

__all__ = ["Calibrated", "Dual", "best_cut", "brier", "calibrate", "calibration_error", "dual_ridge"]

PENALTY = 1.0
"""λ as a multiple of the mean similarity of an example with itself."""
SLOPE_SPREAD = 3.0
"""Standard deviation of a label's slope around that of all labels: a label with few examples borrows theirs."""
STEPS = 60


@dataclass(frozen=True)
class Dual:
    """weights: (n, labels) of the examples · level: (labels,) their shares · left_out: (n, labels) the score of each
    example by all the others."""

    weights: Floats
    level: Floats
    left_out: Floats


def dual_ridge(similarity: Floats, labels: Floats, *, penalty: float = PENALTY) -> Dual:
    """Scores of a new example are `level + its similarities @ weights`.

    similarity: (n, n), symmetric, no negative eigenvalue · labels: (n, labels) of 0 to 1.
    Raises CannotEstimate without at least two examples.
    """
    n = len(similarity)
    if n < 2:
        raise CannotEstimate("one example teaches nothing", cure="label at least two, better some hundreds")
    level = labels.mean(axis=0)
    ridge = penalty * max(float(np.trace(similarity)) / n, 1e-12)
    inverse = linalg.inv(similarity + ridge * np.eye(n), assume_a="pos", check_finite=False)
    weights = inverse @ (labels - level)
    return Dual(weights, level, labels - weights / np.diag(inverse)[:, None])


@dataclass(frozen=True)
class Calibrated:
    """Probability = 1/(1 + exp(−(slope·score + intercept))); slope, intercept: (labels,)."""

    slope: Floats
    intercept: Floats

    def probability(self, scores: Floats) -> Floats:
        """(…, labels) of scores as probabilities."""
        line = np.clip(scores * self.slope + self.intercept, -30, 30)
        return np.asarray(1 / (1 + np.exp(-line)))


def calibrate(scores: Floats, labels: Floats) -> Calibrated:
    """Platt's logistic curve of each label through scores of examples it has not learned from, with his smoothed
    targets (1999); slopes are drawn to their median over labels, so that five examples do not make a steep one.

    scores, labels: (n, labels).
    """
    free = _curves(scores, labels, np.full(scores.shape[1], 5.0), spread=30.0)
    middle = np.full(scores.shape[1], np.clip(np.median(free.slope), 0.5, 50.0))
    drawn = _curves(scores, labels, middle, spread=SLOPE_SPREAD)
    return Calibrated(np.maximum(drawn.slope, 0.0), drawn.intercept)


def _curves(scores: Floats, labels: Floats, slope: Floats, *, spread: float) -> Calibrated:
    """Newton's method on both parameters of every label at once; prior of the slope normal around `slope`."""
    yes = labels.sum(axis=0)
    target = np.where(labels > 0.5, (yes + 1) / (yes + 2), 1 / (len(labels) - yes + 2))
    prior, a = slope, slope.copy()
    share = target.mean(axis=0)
    b = np.log(share / (1 - share)) - a * scores.mean(axis=0)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(scores * a + b, -30, 30)))
        w = p * (1 - p)
        left = target - p
        g_a, g_b = (left * scores).sum(axis=0) - (a - prior) / spread**2, left.sum(axis=0)
        h_aa, h_ab = (w * scores**2).sum(axis=0) + spread**-2, (w * scores).sum(axis=0)
        h_bb = w.sum(axis=0) + 1e-9
        det = h_aa * h_bb - h_ab**2
        step_a = np.clip((h_bb * g_a - h_ab * g_b) / det, -3, 3)
        step_b = np.clip((h_aa * g_b - h_ab * g_a) / det, -3, 3)
        a, b = a + step_a, b + step_b
        if max(np.abs(step_a).max(), np.abs(step_b).max()) < 1e-9:
            break
    return Calibrated(a, b)


def best_cut(probability: Floats) -> float:
    """The probability from which on a label is given, so that the F1 to be expected is greatest.

    Of texts with probabilities p, giving the label to the k likeliest is expected to have an F1 of about
    2·Σ_{i≤k} p_i / (k + Σ p) (Lipton, Elkan & Naryanaswamy 2014). probability: (n,); 1 where there are none.
    """
    ordered = np.sort(probability)[::-1].astype(np.float64)
    if not len(ordered) or ordered[0] <= 0:
        return 1.0
    f1 = 2 * np.cumsum(ordered) / (np.arange(1, len(ordered) + 1) + ordered.sum())
    return float(ordered[int(np.argmax(f1))])


def brier(probability: Floats, labels: Floats) -> float:
    """Mean squared distance of probabilities from what was so: 0 is perfect; p(1 − p) is knowing the share alone."""
    return float(np.mean((probability - labels) ** 2))


def calibration_error(probability: Floats, labels: Floats, *, bins: int = 10) -> float:
    """Mean distance of the probability told from the share that was so, over `bins` equal parts of 0 to 1."""
    p, y = probability.ravel(), labels.ravel()
    part = np.minimum((p * bins).astype(np.int64), bins - 1)
    told, so = np.bincount(part, p, bins), np.bincount(part, y, bins)
    return float(np.abs(told - so).sum() / max(len(p), 1))
