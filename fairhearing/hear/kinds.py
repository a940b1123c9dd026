"""Of which kind a statement is: common ground, a majority, divisive, mixed, or it cannot be told.

Communities and groups of opinion are asked alike. Passes are votes seen and not taken: they are in n, and never
disagreements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..stats.shares import weighted_share
from .counting import Share, share

__all__ = ["Votes", "kind_of", "soft_votes", "votes_of", "worst"]

HALF, THIRD = 1 / 2, 1 / 3


@dataclass(frozen=True)
class Votes:
    """Votes of one group of people on one statement: agreeing, disagreeing, and passes within n."""

    who: str
    agree: Share
    disagree: Share

    @property
    def side(self) -> int:
        """1 or -1 where the interval of agreeing or of disagreeing lies above one half, otherwise 0."""
        return int(_above(self.agree, HALF)) - int(_above(self.disagree, HALF))

    def told(self, at_least: int) -> str:
        """The numbers in words, without any that rests on fewer people than may be published: `because` is prose,
        which disclosure control cannot round. What stands in brackets is no margin of error of any population."""
        parts = [
            _percent(part, word, at_least) for word, part in (("agree", self.agree), ("disagree", self.disagree))
        ]
        given = any("between" in part for part in parts)
        return f"{self.who}: {', '.join(parts)}" + (", had all who took part voted on it" if given else "")


def kind_of(
    everyone: Votes, communities: Sequence[Votes], at_least: int, groups: Sequence[Votes] = ()
) -> tuple[str, str]:
    """(kind, because) of one statement. `communities`, and `groups` of opinion: those below `at_least` people decide
    nothing."""
    if everyone.agree.n < at_least:
        return "cannot tell", f"fewer than {at_least} people voted"
    tested = [each for each in (*communities, *groups) if each.agree.n >= at_least]
    told = everyone.told(at_least)
    if everyone.side and all(each.side == everyone.side for each in tested):
        return "common ground", f"{_common(everyone, tested, communities, groups)}: {told}"
    opposed = _opposed(everyone, tested)
    if opposed:
        both = "; ".join(each.told(at_least) for each in opposed)
        return "divisive", f"most of some agree and most of others disagree, with 95% confidence: {both}"
    if everyone.side:
        return "majority", f"{_majority(everyone, tested)}: {told}"
    if _above(everyone.agree, THIRD) and _above(everyone.disagree, THIRD):
        return "divisive", f"both agreeing and disagreeing are above one third with 95% confidence: {told}"
    if _too_wide(everyone.agree):
        return "cannot tell", f"too few votes: agreeing could be below one third or above two thirds: {told}"
    return "mixed", f"neither common ground nor divisive: {told}"


def _common(everyone: Votes, tested: list[Votes], communities: Sequence[Votes], groups: Sequence[Votes]) -> str:
    word = "agree" if everyone.side == 1 else "disagree"
    if not tested:
        why = "none has enough votes" if communities else "none is declared"
        return f"with 95% confidence more than half {word} (everyone; no community could be compared: {why})"
    skipped = len(communities) + len(groups) - len(tested)
    told = [
        f"{sum(each in tested for each in some)} {name}"
        for some, name in ((communities, "communities"), (groups, "groups of opinion"))
        if some
    ]
    left = f"; {skipped} with too few votes not compared" if skipped else ""
    return f"with 95% confidence more than half {word}, of everyone and of each of {' and '.join(told)}{left}"


def _majority(everyone: Votes, tested: list[Votes]) -> str:
    """More than half of everyone, where of some communities that cannot be told."""
    word = "agree" if everyone.side == 1 else "disagree"
    others = ", ".join(each.who for each in tested if each.side != everyone.side)
    return (
        f"with 95% confidence more than half of everyone {word}; whether more than half do cannot be told of {others}"
    )


def _opposed(everyone: Votes, tested: list[Votes]) -> tuple[Votes, Votes] | None:
    """The first most of whom agree, and the first most of whom disagree, if there are both."""
    agree = next((each for each in (*tested, everyone) if each.side == 1), None)
    disagree = next((each for each in (*tested, everyone) if each.side == -1), None)
    return (agree, disagree) if agree and disagree else None


def _above(part: Share, line: float) -> bool:
    return part.low is not None and part.low > line


def _too_wide(part: Share) -> bool:
    return part.low is None or part.high is None or (part.low < THIRD and part.high > 1 - THIRD)


def _percent(part: Share, word: str, at_least: int) -> str:
    if part.count < at_least or part.estimate is None or part.low is None or part.high is None:
        return f"fewer than {at_least} {word}"
    return f"{100 * part.estimate:.0f}% {word} (between {100 * part.low:.0f}% and {100 * part.high:.0f}%)"


def votes_of(who: str, vote: np.ndarray, weight: np.ndarray) -> Votes:
    """Votes of one group on one statement, each person in it or not."""
    return Votes(who, share(weight, vote == 1), share(weight, vote == -1))


def soft_votes(who: str, vote: np.ndarray, weight: np.ndarray, held: np.ndarray, likeliest: np.ndarray) -> Votes:
    """Votes of a group whose members are known with probability `held`. Shares are weighted by it; people are counted
    where the group is their likeliest."""
    return Votes(who, *(_soft_share(weight, held, likeliest, vote == side) for side in (1, -1)))


def _soft_share(weight: np.ndarray, held: np.ndarray, likeliest: np.ndarray, yes: np.ndarray) -> Share:
    n, count = int(np.count_nonzero(likeliest)), int(np.count_nonzero(likeliest & yes))
    if n == 0:
        return Share(n, count, 0.0, None, None, None)
    told = weighted_share(weight, yes, held)
    return Share(n, count, told.n_effective, told.estimate, told.low, told.high)


def worst(everyone: Votes, others: Sequence[Votes], at_least: int) -> tuple[str, float | None] | None:
    """Of everyone and all who could be compared, whose side is least sure to be that of everyone: name, and the lower
    bound of their share on it (None where it would give away that fewer than `at_least` of them are on one side or
    the other). None where it cannot be said which side most of everyone are on."""
    agree, disagree = everyone.agree, everyone.disagree
    if agree.n < at_least or agree.estimate is None or disagree.estimate is None:
        return None
    on = "agree" if agree.estimate >= disagree.estimate else "disagree"
    bounds = [
        (part.low, each.who, min(part.count, part.n - part.count) >= at_least)
        for each in (everyone, *others)
        if (part := getattr(each, on)).n >= at_least and part.low is not None
    ]
    low, who, told = min(bounds, key=lambda bound: bound[0])
    return who, low if told else None
