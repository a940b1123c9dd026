"""What can be said when part of the answers is unknown: worst-case bounds, and what it would take to overturn them.

Nothing is assumed of the unknown but that each answer lies on the scale (Manski 1989, *Journal of Human Resources*
24), and, where it is unknown to which community somebody belongs, that they belong to one of them. With k the known
part of everyone, e the estimate among the known and the scale from `least` to `most`:

    k·e + (1 - k)·least  ≤  estimate of everyone  ≤  k·e + (1 - k)·most

The known-only estimate is the point at which the unknown are just like the known: an assumption, so it never stands
alone. A difference is established only if it has one sign at every point of both bounds, sampling error included
where the number of people is known: at either end, intervals are added in squares (Newcombe 1998; Zou & Donner 2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import CannotEstimate
from .cells import Floats
from .domains import bounds
from .intervals import t_interval, wilson

__all__ = [
    "Bounded", "Difference", "Elsewhere", "Point", "Sums", "bounded", "difference", "elsewhere", "flips_at",
    "published_share",
]  # fmt: skip

_ROUNDING = 1e-9
"""Bounds that touch zero by rounding alone do not establish a sign."""

Sign = Literal["higher", "lower", "cannot be established"]


@dataclass(frozen=True)
class Sums:
    """Answers added up. known, unknown: people with and without an answer · total, squares: Σy and Σy² of the known;
    of a share both are how many are counted in it."""

    known: float
    unknown: float
    total: float
    squares: float

    @classmethod
    def of_share(cls, counted: float, known: float, unknown: float) -> Sums:
        """`counted` of `known` people, `unknown` more without an answer."""
        return cls(known, unknown, counted, counted)


@dataclass(frozen=True)
class Elsewhere:
    """People of whom it is unknown to which community they belong. upwards, downwards: (3, people + 1) running sums
    of people, y and y² from the lowest answer up, and from the highest down · unknown: those without an answer."""

    upwards: Floats
    downwards: Floats
    unknown: float


@dataclass(frozen=True)
class Point:
    """An estimate in one state of the unknown. n: people behind it · low, high: 95% interval under simple random
    sampling; None where no number of people was published, or, of a mean, fewer than 2 answered or all the same."""

    value: float
    n: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Bounded:
    """One share or mean. n: people asked, None where only shares were published · unknown: part of them without an
    answer, 0–1 · known: among those with one, None where nobody has · lowest, highest: what it can be."""

    n: float | None
    unknown: float
    known: Point | None
    lowest: Point
    highest: Point
    least: float = 0.0
    most: float = 1.0

    @property
    def low(self) -> float:
        return self.lowest.value

    @property
    def high(self) -> float:
        return self.highest.value

    def at(self, unknown: float) -> float:
        """The estimate of everyone asked if the unknown had this share or mean."""
        known = 0.0 if self.known is None else self.known.value
        return (1 - self.unknown) * known + self.unknown * unknown


@dataclass(frozen=True)
class Difference:
    """`one` less `other`, each within its bounds.

    known: among the known of both, with its interval, None where there are none · bound_low, bound_high: worst cases
    · low, high: with sampling error, None where it is not known · sign: what holds wherever the unknown lie, sampling
    error included unless no number of people was published · flips_at: share or mean among the unknown of `one` at
    which there is no difference, those of `other` being like its known; None where no value brings that about.
    """

    known: Point | None
    bound_low: float
    bound_high: float
    low: float | None
    high: float | None
    sign: Sign
    flips_at: float | None


def bounded(sums: Sums, *, least: float = 0.0, most: float = 1.0, other: Elsewhere | None = None) -> Bounded:
    """Bounds from sums. least, most: ends of the scale; 0 and 1 of a share · other: people who may belong here too.

    Raises CannotEstimate where nobody was asked, or where the sums contradict each other.
    """
    _check(sums, least, most)
    found = [_extreme(sums, least, other, up=True), _extreme(sums, most, other, up=False)]
    lowest, highest = (_point(each, least, most) for each in found)
    known = _point(Sums(sums.known, 0.0, sums.total, sums.squares), least, most) if sums.known else None
    n = sums.known + sums.unknown
    return Bounded(n, sums.unknown / n if n else 0.0, known, lowest, highest, least, most)


def elsewhere(values: Floats, people: Floats) -> Elsewhere:
    """People who may belong to any community. values: (rows,) answers, not-a-number where there is none · people:
    (rows,) how many each row stands for."""
    told = ~np.isnan(values)
    order = np.argsort(values[told], kind="stable")
    y, w = values[told][order], people[told][order]
    parts = np.vstack([w, w * y, w * y * y])
    start = np.zeros((3, 1))
    upwards, downwards = (np.hstack([start, np.cumsum(each, axis=1)]) for each in (parts, parts[:, ::-1]))
    return Elsewhere(upwards, downwards, float(people[~told].sum()))


def published_share(share: float, unknown: float) -> Bounded:
    """A share published beside the part unknown, both of everyone: 43% with 32% unknown is (0.43, 0.32).

    Raises CannotEstimate where the two are not shares or come to more than everyone.
    """
    if not (0 <= share <= 1 and 0 <= unknown <= 1) or share + unknown > 1 + _ROUNDING:
        raise CannotEstimate(
            f"{share:g} and {unknown:g} are not two parts of everyone",
            cure="give both as shares of everyone, the unknown included; together they are at most 1",
        )
    low, high = bounds(share, 1 - unknown, unknown, 0.0, 1.0)
    known = Point(min(share / (1 - unknown), 1.0), None, None, None) if unknown < 1 else None
    return Bounded(None, unknown, known, Point(low, None, None, None), Point(min(high, 1.0), None, None, None))


def difference(one: Bounded, other: Bounded) -> Difference:
    """`one` less `other`: two communities, or a later period less an earlier one. Nobody may be in both."""
    least, most = one.low - other.high, one.high - other.low
    down, up = _apart(one.lowest, other.highest), _apart(one.highest, other.lowest)
    known = None if one.known is None or other.known is None else _apart(one.known, other.known)
    published = one.n is None or other.n is None
    low, high = (least, most) if published else (down.low, up.high)
    sign: Sign = "cannot be established"
    if low is not None and low > _ROUNDING:
        sign = "higher"
    elif high is not None and high < -_ROUNDING:
        sign = "lower"
    level = None if other.known is None else other.known.value
    flips = None if level is None else flips_at(one, level)
    return Difference(known, least, most, down.low, up.high, sign, flips)


def flips_at(found: Bounded, threshold: float) -> float | None:
    """What would have to be true: the share or mean among the unknown at which everyone asked is exactly at
    `threshold`.

    None where no value on the scale does it: then the unknown cannot change on which side of it everyone is.
    """
    if not found.unknown:
        return None
    needed = (threshold - found.at(0.0)) / found.unknown
    return needed if found.least <= needed <= found.most else None


# --- workings ---------------------------------------------------------------------------------------------------


def _check(sums: Sums, least: float, most: float) -> None:
    figures = (sums.known, sums.unknown, sums.total, sums.squares, least, most)
    if not all(math.isfinite(each) for each in figures) or min(sums.known, sums.unknown) < 0:
        raise CannotEstimate("a count is missing, infinite or below 0", cure="correct the counts")
    if sums.known + sums.unknown <= 0:
        raise CannotEstimate("nobody was asked", cure="give the number of people, those without an answer included")
    slack = _ROUNDING * max(abs(least), abs(most), 1.0) * max(sums.known, 1.0)
    if not sums.known * least - slack <= sums.total <= sums.known * most + slack:
        raise CannotEstimate(
            f"{sums.known:g} answers between {least:g} and {most:g} cannot sum to {sums.total:g}",
            cure="correct the counts, or the ends of the scale",
        )


def _extreme(sums: Sums, end: float, other: Elsewhere | None, *, up: bool) -> Sums:
    """Everyone unknown at one end of the scale, and from elsewhere whoever pulls the mean furthest that way."""
    n, total, squares = (
        sums.known + sums.unknown,
        sums.total + sums.unknown * end,
        sums.squares + sums.unknown * end**2,
    )
    if other is None:
        return Sums(n, 0.0, total, squares)
    extra, lost = (other.upwards if up else other.downwards), other.unknown
    counts = n + lost + extra[0]
    means = (total + lost * end + extra[1]) / counts
    at = int(np.argmin(means) if up else np.argmax(means))
    return Sums(
        float(counts[at]),
        0.0,
        float(total + lost * end + extra[1, at]),
        float(squares + lost * end**2 + extra[2, at]),
    )


def _point(sums: Sums, least: float, most: float) -> Point:
    """The mean with its interval: Wilson's of a share, t of any other mean."""
    n, mean = sums.known, min(max(sums.total / sums.known, least), most)
    if (least, most) == (0.0, 1.0) and abs(sums.squares - sums.total) <= _ROUNDING * n:
        return Point(mean, n, *wilson(min(sums.total, n), n))
    spread = max(sums.squares / n - mean**2, 0.0)
    if n < 2 or spread <= _ROUNDING * (most - least) ** 2:
        return Point(mean, n, None, None)
    variance = spread * n / (n - 1)
    return Point(mean, n, *t_interval(mean, math.sqrt(variance / n), n - 1))


def _apart(one: Point, other: Point) -> Point:
    """one - other. Intervals added in squares, as far as each reaches towards the other."""
    gap = one.value - other.value
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return Point(gap, None, None, None)
    down = math.hypot(one.value - one.low, other.high - other.value)
    up = math.hypot(one.high - one.value, other.value - other.low)
    return Point(gap, (one.n or 0.0) + (other.n or 0.0), gap - down, gap + up)
