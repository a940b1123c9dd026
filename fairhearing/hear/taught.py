"""What a machine makes of responses once people have coded some of them: learned from their codes, and honest about
those it learned from, each of which is predicted by the others alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..stage import Context
from ..stats.cells import Floats
from .coding import Theme, cuts, learned
from .readers import open_reader

__all__ = ["BY_LEARNED", "LEAST_CODED", "LEAST_SEEN", "Taught", "enough", "taught"]

BY_LEARNED = "machine: learned from people's codes"
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
    labels: np.ndarray,
) -> Taught:  # fmt: skip
    """places: of the coded responses among `texts` · labels: (places, themes) true where people saw the theme ·
    purpose: what the random numbers are for, where more was coded than is learned from."""
    distinct = list(dict.fromkeys(texts))
    number = {text: at for at, text in enumerate(distinct)}
    coded = [texts[at] for at in places]
    found = learned(open_reader(), themes, coded, labels, distinct, context.rng(purpose), context.say)
    every = found.probability[[number[text] for text in texts]].astype(np.float64)
    every[np.array(places, np.int64)[found.used]] = found.left_out
    return Taught(every, cuts(found.probability), len(found.used))
