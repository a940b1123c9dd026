"""The two sides of a theme: what those who speak of it answered to a closed question, and what they praise or blame.

Numbers are told in twentieths, and only of sides that enough stand behind: these are words, which disclosure control
cannot round.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from .tone import BLAME, BOTH, PRAISE

__all__ = ["SIDES", "is_split", "parted", "position", "side_of", "tone_in_words"]

SIDES = ("for", "against", "mixed")
MOSTLY = 2 / 3
"""Part of those who speak of a theme and answered the closed question that makes its position."""
LEAST_OF_A_SIDE, PART_OF_A_SIDE = 5, 0.2
"""Sentences of praise and of blame, and their part of both, from which on a theme is said to hold the two."""


_ANSWERS = {
    "for": {"for", "in favour", "in favor", "support", "supports", "agree", "agrees", "yes", "approve"},
    "against": {"against", "oppose", "opposes", "disagree", "disagrees", "no", "disapprove", "object"},
    "mixed": {"mixed", "both", "neither", "neutral", "neither agree nor disagree", "neither support nor oppose"},
}
_HOW_MUCH = re.compile(r"^(?:strongly|fully|completely|partly|somewhat|slightly|tend to|mostly)\s+")


def side_of(answer: str) -> str:
    """for, against or mixed of an answer to a closed question in usual words; "" of any other."""
    plain = _HOW_MUCH.sub("", " ".join(answer.split()).casefold())
    return next((side for side, words in _ANSWERS.items() if plain in words), "")


def is_split(tones: Mapping[str, int]) -> bool:
    """Whether a theme holds praise and blame, neither of them a trifle."""
    fewer, both = min(tones[PRAISE], tones[BLAME]), tones[PRAISE] + tones[BLAME]
    return fewer >= LEAST_OF_A_SIDE and fewer >= PART_OF_A_SIDE * both


def parted(
    of: Mapping[int, str], ranked: Sequence[int], sides: tuple[str, str] = (SIDES[0], SIDES[1])
) -> dict[str, list[int]]:
    """The ranked sentences of each side; nothing where one has none that can be quoted."""
    made = {side: [i for i in ranked if of[i] == side] for side in sides}
    return made if all(made.values()) else {}


def position(answers: Sequence[str], at_least: int) -> str:
    """The side most people answered, and how many of them each side has where it has enough people to be told."""
    counts = Counter(each for each in answers if each in SIDES)
    told = sum(counts.values())
    if told < at_least:
        return "too few answered"
    side = next((each for each in SIDES if counts[each] >= MOSTLY * told), "mixed")
    parts = [f"about {_twentieth(counts[each] / told)} {each}" for each in SIDES if counts[each] >= at_least]
    return f"{side}, as people answered" + (f" ({', '.join(parts)})" if len(parts) > 1 else "")


def tone_in_words(tones: Mapping[str, int], at_least: int) -> str:
    """How a theme is spoken of, without a number that rests on few sentences; "" where hardly any word tells."""
    n, sides = tones["sentences"], {side: tones[side] + tones[BOTH] for side in (PRAISE, BLAME)}
    if max(sides.values()) < at_least:
        return ""
    parts = [f"about {_twentieth(of / n)} {side}" for side, of in sides.items() if of >= at_least]
    parts += [f"few {side}" for side, of in sides.items() if of < at_least and is_split(tones)]
    kind = "praise and blame" if is_split(tones) else "mostly " + max(sides, key=lambda side: sides[side])
    return f"{kind}: of its sentences {' and '.join(parts)}, as their words tell"


def _twentieth(share: float) -> str:
    return f"{round(20 * share) * 5}%"
