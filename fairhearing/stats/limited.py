"""Borrowing with a limit: a pooled interval that does not shut out what a community says of itself.

A posterior interval holds the truth in 95 of 100 cases over communities like those it was learnt from. Of one
community far from all others it can hold it much less often, and where chance makes its own answers look like the
others', no check for a conflict sees anything. So the pooled interval is joined to the 85% interval of its own
answers. A truth is then missed only if both shut it out. Own answers shut out a truth beyond the pooled limit, on
one side, in 7.5 surveys of 100: whoever lies far on one side is held in 92 of 100 or so, wherever that is. Spending
the error on the side away from the others is the idea of Yu & Hoff (2018, Biometrika 105:319); the limit on borrowing
that of Efron & Morris (1972, JASA 67:130). Estimates stay as they are.

Where everybody of it gave the same answer there is no standard error; a share then has the exact limits at that
level, of which one is 0 or 1. A mean has none without knowing how answers are spread; its pooled interval is not held
to the scale, so that an end is not shut out by its shape as it is of a share.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy import special

from .distributions import normal_quantile
from .intervals import exact_share

__all__ = ["FEWEST_OWN", "OWN_LEVEL", "Alike", "Limits", "own_limits", "widened"]

OWN_LEVEL = 0.85
"""Level at which a community's own answers are heard: .075 on a side."""
FEWEST_OWN = 15
"""People from whom on own answers limit what is borrowed; of fewer they would leave the model no say."""
_WIDENED = (
    f"interval widened to the {OWN_LEVEL:.0%} interval of the community's own answers, which reach further than what "
    "others tell"
)
_ALIKE = (
    f"interval widened to the exact {OWN_LEVEL:.0%} interval (Clopper–Pearson, effective number of people) of the "
    "community's own answers, which are all the same"
)

_DRAWN_IN = normal_quantile(0.5 + OWN_LEVEL / 2) / normal_quantile(0.975)


@dataclass(frozen=True)
class Alike:
    """A community of which everybody said 1, or nobody did. share: 1 or 0 · people: how many they count as."""

    share: float
    people: float


@dataclass(frozen=True)
class Limits:
    """below, above: by how much each limit was moved outwards, 0 or more · words: to what, or nothing."""

    low: float
    high: float
    below: float = 0.0
    above: float = 0.0
    words: str = ""

    @property
    def wider(self) -> bool:
        return self.below > 0 or self.above > 0


def own_limits(estimate: float, low: float, high: float, *, share: bool) -> tuple[float, float]:
    """A 95% interval drawn in to 85%: its arms by the ratio of normal quantiles, of a share in log odds. With few
    degrees of freedom it is then a little too long, never too short."""
    if not (share and 0 < low <= estimate <= high < 1):
        return estimate - _DRAWN_IN * (estimate - low), estimate + _DRAWN_IN * (high - estimate)
    at, start, end = (float(special.logit(value)) for value in (estimate, low, high))
    ends = at - _DRAWN_IN * (at - start), at + _DRAWN_IN * (end - at)
    return float(special.expit(ends[0])), float(special.expit(ends[1]))


def widened(
    pooled: tuple[float, float], n: int, own: tuple[float | None, float | None, float | None], *, share: bool,
    moved: float = 0.0, alike: Alike | None = None,
) -> Limits:  # fmt: skip
    """The pooled limits, joined to what the community's own answers allow.

    n: people of it · own: direct estimate and its 95% limits, None where there is none: then nothing is widened,
    unless it is a share and they are `alike` · moved: added to the own limits, where those heard differ from the
    population in what is pooled over; a share's limit of 0 or 1 stays.
    """
    low, high = pooled
    estimate, start, end = own
    if n < FEWEST_OWN:
        return Limits(low, high)
    if share and alike is not None:
        ends, words = exact_share(alike.share, alike.people, OWN_LEVEL), _ALIKE
    elif estimate is None or start is None or end is None:
        return Limits(low, high)
    else:
        ends, words = own_limits(estimate, start, end, share=share), _WIDENED
    first, last = (_moved(each, moved, share) for each in ends)
    below, above = max(0.0, low - first), max(0.0, last - high)
    return Limits(min(low, first), max(high, last), below, above, words if below or above else "")


def _moved(limit: float, by: float, share: bool) -> float:
    if not share:
        return limit + by
    return min(max(limit + by, 0.0), 1.0) if 0 < limit < 1 else limit
