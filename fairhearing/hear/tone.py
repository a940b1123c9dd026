"""Whether a sentence speaks well or ill of what it is about, as its words tell: praise and blame of the same thing
make one theme, and whoever reads it should see both.

Words of the library's two lists are looked for, and what stands around them is heeded as for experiences: not
"unfriendly staff" if it is wished away, feared, heard of or asked. English only. It tells no position: that is what
people answer to a closed question.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from .. import library
from .standing import DENIED, TOLD, standing
from .words import Hit, PhraseFinder, blanked

__all__ = ["BLAME", "BOTH", "NEITHER", "PRAISE", "tone"]

PRAISE, BLAME, BOTH, NEITHER = "praise", "blame", "both", ""


def tone(text: str) -> str:
    """praise, blame, both, or "" where no word tells."""
    plain = blanked(text)
    found = {side for hit in _longest(_finder().find(text)) if (side := _side(plain, hit))}
    return BOTH if len(found) > 1 else next(iter(found), NEITHER)


@cache
def _finder() -> PhraseFinder:
    words = library.tone_words()
    return PhraseFinder({key: words[key] for key in (PRAISE, BLAME)})


def _longest(hits: Sequence[Hit]) -> list[Hit]:
    """Without those inside a longer one: "not good enough" is one word of blame."""
    return [hit for hit in hits if not any(_inside(hit, other) for other in hits)]


def _inside(hit: Hit, other: Hit) -> bool:
    return other.start <= hit.start and hit.end <= other.end and hit[:2] != other[:2]


def _side(plain: str, hit: Hit) -> str:
    """What a word comes to by what stands around it: "not helpful" blames, "not rude" says nothing."""
    stands = standing(plain, hit.start, hit.end, good=hit.key == PRAISE)
    if stands.state == TOLD:
        return hit.key
    turned = stands.state == DENIED and (
        stands.why.endswith(("n't", "nt")) or stands.why in library.tone_words()["turned"]
    )
    return BLAME if turned and hit.key == PRAISE else NEITHER
