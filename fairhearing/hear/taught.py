"""What a machine makes of responses once people have coded some of them: learned from their codes, and honest about
those it learned from, each of which is predicted by the others alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..stage import Context
from ..stats.cells import Floats, Ints
from .coding import MOST_EXAMPLES, Fitted, Theme, chunks, cuts, fitted
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
    """probability: (responses, themes), of each coded response by the others, nan where not read · cut: (themes,)
    from which on a theme is given · coded: how many responses it learned from."""

    probability: Floats
    cut: Floats
    coded: int


def taught(
    context: Context, purpose: str, themes: Sequence[Theme], texts: Sequence[str], places: Sequence[int],
    labels: np.ndarray, person: Ints, among: Ints | None = None,
) -> Taught:  # fmt: skip
    """places: of the coded responses among `texts` · labels: (places, themes) true where people saw the theme ·
    purpose: what the random numbers are for · person: (texts,) numbers of people, each of whom is in one fold ·
    among: places that are wanted, every coded one among them, so that no other is read; None: all.

    What is said of the coded responses of a fold is learned and calibrated from the other folds alone; of the rest
    it is the mean of what all folds teach (Zrnic & Candès 2024, cross-prediction).

    Scores that each response got from the others are not enough to correct shares by: their calibration has seen
    every label, so the sample looks better coded than the rest, and intervals come out too short.
    """
    rng, at = context.rng(purpose), np.array(places, np.int64)
    fold = rng.permutation(int(person.max()) + 1)[person[at]] % FOLDS
    lessons = [
        _lesson(context, rng, themes, [texts[i] for i in at[fold != k]], labels[fold != k]) for k in range(FOLDS)
    ]
    read = np.arange(len(texts)) if among is None else among
    number = {text: n for n, text in enumerate(dict.fromkeys(texts[i] for i in read.tolist()))}
    made = _applied(context, lessons, list(number), len(themes))
    every = np.full((len(texts), len(themes)), np.nan)
    every[read] = made.mean(axis=0, dtype=np.float64)[[number[texts[i]] for i in read.tolist()]]
    every[at] = made[fold, [number[texts[i]] for i in at.tolist()]]
    return Taught(every, cuts(every[read]), len(at))


def _lesson(
    context: Context, rng: np.random.Generator, themes: Sequence[Theme], examples: Sequence[str], labels: np.ndarray
) -> Fitted:
    """What some folds teach; of very many examples, a random part."""
    used = np.arange(len(examples))
    if len(used) > MOST_EXAMPLES:
        used = np.sort(rng.choice(used, MOST_EXAMPLES, replace=False))
    context.say(f"learn from {len(used):,} coded texts")
    reader = open_reader(context.programme.words.reader)
    return fitted(reader, themes, [examples[i] for i in used.tolist()], labels[used])


def _applied(context: Context, lessons: Sequence[Fitted], texts: Sequence[str], themes: int) -> np.ndarray:
    """(folds, texts, themes) float32; each text is read once for all of them."""
    made = np.zeros((len(lessons), len(texts), themes), np.float32)
    reader = open_reader(context.programme.words.reader)
    for start, part in chunks(texts):
        context.say(f"code {start:,} of {len(texts):,}")
        vectors = reader.embed(part)
        for k, lesson in enumerate(lessons):
            made[k, start : start + len(part)] = lesson.probability(part, vectors)
    return made
