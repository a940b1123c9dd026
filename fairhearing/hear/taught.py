"""What a machine makes of responses once people have coded some of them: learned from their codes, and honest about
those it learned from, each of which is predicted by the others alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..stage import Context
from ..stats.cells import Floats, Ints
from .coding import Theme, cuts, learned
from .readers import open_reader

__all__ = ["BY_LEARNED", "LEAST_CODED", "LEAST_SEEN", "Taught", "enough", "taught"]

BY_LEARNED = "machine: learned from people's codes"
FOLDS = 3
LEAST_CODED, LEAST_SEEN = 30, 5
"""Coded responses, and of these with and without the theme, below which nothing is learned of it."""


def enough(seen: Sequence[bool]) -> bool:
    """Whether a theme can be learned. seen: of each coded response, whether people saw the theme."""
    return len(seen) >= LEAST_CODED and min(sum(seen), len(seen) - sum(seen)) >= LEAST_SEEN


@dataclass(frozen=True)
class Taught:
    """probability: (responses, themes), of each coded response by the others · cut: (themes,) from which on a theme
    is given · coded: how many responses it learned from."""

    probability: Floats
    cut: Floats
    coded: int


def taught(
    context: Context, purpose: str, themes: Sequence[Theme], texts: Sequence[str], places: Sequence[int],
    labels: np.ndarray, clusters: np.ndarray | None = None,
) -> Taught:  # fmt: skip
    """places: of the coded responses among `texts` · labels: (places, themes) true where people saw the theme ·
    purpose: what the random numbers are for, where more was coded than is learned from · clusters: (texts,) numbers
    of people; given, it is cross-fitted in FOLDS."""
    if clusters is not None:
        return _cross_fitted(context, purpose, themes, texts, np.array(places, np.int64), labels, clusters)
    distinct = list(dict.fromkeys(texts))
    number = {text: at for at, text in enumerate(distinct)}
    coded = [texts[at] for at in places]
    found = learned(open_reader(), themes, coded, labels, distinct, context.rng(purpose), context.say)
    every = found.probability[[number[text] for text in texts]].astype(np.float64)
    every[np.array(places, np.int64)[found.used]] = found.left_out
    return Taught(every, cuts(found.probability), len(found.used))


def _cross_fitted(
    context: Context, purpose: str, themes: Sequence[Theme], texts: Sequence[str], places: Ints, labels: np.ndarray,
    clusters: Ints,
) -> Taught:  # fmt: skip
    """What is said of the coded responses of a fold is learned and calibrated from the other folds alone; of the rest
    it is the mean of what all folds teach (Zrnic & Candès 2024, cross-prediction).

    Scores that each response got from the others are not enough to correct shares by: their calibration has seen
    every label, so the sample looks better coded than the rest, and intervals come out too short.
    """
    rng = context.rng(purpose)
    fold = rng.permutation(int(clusters.max()) + 1)[clusters] % FOLDS
    number = {text: at for at, text in enumerate(dict.fromkeys(texts))}
    of = np.array([number[text] for text in texts], np.int64)
    made = np.zeros((FOLDS, len(texts), len(themes)))
    for k in range(FOLDS):
        others = np.flatnonzero(fold[places] != k)
        examples = [texts[at] for at in places[others].tolist()]
        found = learned(open_reader(), themes, examples, labels[others], list(number), rng, context.say)
        made[k] = found.probability[of]
    every = made.mean(axis=0)
    every[places] = made[fold[places], places]
    return Taught(every, cuts(every), len(places))
