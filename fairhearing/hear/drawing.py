"""Which responses people should code: a blind random sample, and those of which the machine is least sure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .agreed import Agreed
from .coding import Theme, described, next_to_code
from .readers import FAST, open_reader

__all__ = ["BOTH_CODE", "Draw", "dealt", "draw"]

BOTH_CODE, BOTH_SHARE = 60, 0.3
"""Random responses that every coder codes: all up to this many, else this share of them and at least as many."""


@dataclass(frozen=True)
class Draw:
    """random, targeted: positions, ascending · probability: with which every response came into the random part ·
    method: of the targeted part, in words."""

    random: np.ndarray
    targeted: np.ndarray
    probability: float
    method: str


def draw(
    texts: Sequence[str], earlier: np.ndarray, themes: Sequence[Agreed], rng: np.random.Generator, *,
    random: int, targeted: int, unclear: np.ndarray | None = None, reader: str = FAST,
) -> Draw:  # fmt: skip
    """A random sample of all responses not drawn at random earlier, so that all such draws together are again one;
    then, of the rest, up to half for a person to say what the machine could not, and those that lie nearest to the
    doubt about each theme.

    texts: (N,) · earlier: (N,) true where a response is in an earlier random sample, which alone keeps it out ·
    unclear: (N,) true where an account of an experience is unclear.
    """
    left = np.flatnonzero(~earlier)
    chosen = np.sort(rng.choice(left, min(random, len(left)), replace=False))
    rest = np.setdiff1d(left, chosen)
    asked = rest[unclear[rest]] if unclear is not None else rest[:0]
    asked = np.sort(rng.choice(asked, min(targeted // 2, len(asked)), replace=False)) if len(asked) else asked
    rest = np.setdiff1d(rest, asked)
    doubtful, method = _doubtful([texts[at] for at in rest.tolist()], themes, targeted - len(asked), rng, reader)
    if len(asked):
        method = f"{len(asked)} with an unclear account of an experience; the others {method}"
    return Draw(chosen, np.sort(np.concatenate([asked, rest[doubtful]])), len(chosen) / max(len(texts), 1), method)


def _doubtful(
    texts: Sequence[str], themes: Sequence[Agreed], n: int, rng: np.random.Generator, by: str
) -> tuple[np.ndarray, str]:
    if not n or not texts:
        return np.zeros(0, np.int64), "none"
    reader = open_reader(by)
    words = [
        Theme(theme.name, theme.description, (*theme.examples, *((" ".join(theme.words),) if theme.words else ())))
        for theme in themes
    ]
    probability, cut = described(reader, words, texts)
    _, found = next_to_code(probability, cut, n, rng, blind=0.0)
    return found, f"least sure from the themes' own words, by {reader.name}"


def dealt(drawn: Draw, coders: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Positions for each coder, in random order, so that neither their place nor where somebody stops tells which
    sample they are of. A random part of the random sample goes to everybody."""
    n = len(drawn.random)
    both = n if n <= BOTH_CODE or coders == 1 else max(BOTH_CODE, math.ceil(BOTH_SHARE * n))
    random = rng.permutation(drawn.random)
    alone = np.concatenate([random[both:], drawn.targeted]).astype(np.int64)
    return [rng.permutation(np.concatenate([random[:both], alone[coder::coders]])) for coder in range(coders)]
