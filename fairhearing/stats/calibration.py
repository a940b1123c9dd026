"""Calibration of weights to known totals: linear, raking, bounded, and post-stratification.

Weights w = d·g(x'λ) as near as possible to the base weights d, in the distance that belongs to g, with Σ w·x equal to
the population's totals (Deville & Särndal 1992; R `survey::calibrate`). Totals are margins (people per category) and
numbers (the sum of a column in the population).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy import special

from ..errors import BadInput, CannotEstimate
from .cells import Floats, Ints, group, summed
from .weights import Margin, agree_in_total, contrasts, nobody_at, rake, scaled

__all__ = ["KINDS", "Auxiliary", "Calibrated", "NumericTotal", "auxiliary", "calibrate", "scaled_inverse"]

KINDS = ("rake", "linear", "logit", "poststratify")

_FAR = 2.0
"""Base weights whose sum is this many times off the population were not made to add up to it, and are first scaled to
it (R does so from 20 times): bounds are then of what they were made for, their differences."""
_EMPTY = 1e-300


@dataclass(frozen=True)
class NumericTotal:
    """A number known of everybody asked, and its sum over the population. values: (rows,)."""

    name: str
    values: Floats
    total: float


@dataclass(frozen=True)
class Auxiliary:
    """What the weights were held to: x of each row is its cell's line of `matrix` beside its `numeric` values.

    of_row: (rows,) · matrix: (cells, k), indicators of margins as `weights.contrasts` combines them · numeric:
    (rows, q) · names, targets: (k + q,) · people: the population's size, not-a-number where only numbers are known.
    """

    of_row: Ints
    matrix: Floats
    numeric: Floats
    names: tuple[str, ...]
    targets: Floats
    people: float

    def sums(self, values: Floats) -> Floats:
        """Σ values·x. values: (rows,) → (k + q,); (rows, p) → (k + q, p)."""
        if values.ndim == 2:
            return np.column_stack([self.sums(column) for column in values.T])
        by_cell = summed(self.of_row, values, len(self.matrix))
        return np.concatenate([self.matrix.T @ by_cell, self.numeric.T @ values])

    def along(self, slope: Floats) -> Floats:
        """x'slope of each row. slope: (k + q,) → (rows,)."""
        k = self.matrix.shape[1]
        found = (self.matrix @ slope[:k])[self.of_row]
        return found + self.numeric @ slope[k:] if self.numeric.shape[1] else found

    def gram(self, weights: Floats) -> Floats:
        """Σ weights·xx', (k + q, k + q). weights: (rows,)."""
        cell = self.matrix.T @ (self.matrix * summed(self.of_row, weights, len(self.matrix))[:, None])
        if not self.numeric.shape[1]:
            return cell
        weighted = self.numeric * weights[:, None]
        by_cell = [summed(self.of_row, column, len(self.matrix)) for column in weighted.T]
        cross = self.matrix.T @ np.column_stack(by_cell)
        return np.block([[cell, cross], [cross.T, self.numeric.T @ weighted]])

    def by_cell(self) -> Auxiliary:
        """One row a cell: enough where no number tells the rows of a cell apart."""
        count = len(self.matrix)
        return Auxiliary(
            np.arange(count), self.matrix, np.zeros((count, 0)), self.names, self.targets, self.people
        )  # fmt: skip


@dataclass(frozen=True)
class Calibrated:
    """weights: (rows,), adding up to the population · kind: as asked · iterations, worst: steps taken and largest
    relative distance from a total · negative: how many weights are below zero (only `linear` makes them) ·
    least, most: smallest and largest weight divided by its base weight."""

    weights: Floats
    kind: str
    iterations: int
    worst: float
    negative: int
    least: float
    most: float


def auxiliary(margins: Sequence[Margin], numbers: Sequence[NumericTotal], rows: int) -> Auxiliary:
    """The auxiliary information of `rows` respondents. Of a margin some did not say, the shares among those who did
    are fixed (`weights.contrasts`). Raises BadInput where a number is missing for somebody."""
    for each in numbers:
        missing = np.flatnonzero(~np.isfinite(each.values))
        if len(missing):
            raise BadInput(
                f"respondent {missing[0] + 1} and {len(missing) - 1} others have no {each.name}, which the weights "
                "are to be calibrated to",
                cure="set these rows aside, fill the column, or leave its total out",
            )
    cells = group([m.codes for m in margins], [len(m.targets) for m in margins], rows)
    held = contrasts(margins) if margins else np.zeros((0, 0))
    indicators = [np.eye(len(m.targets))[codes] for m, codes in zip(margins, cells.codes, strict=True)]
    matrix = np.hstack(indicators) @ held if margins else np.zeros((cells.count, 0))
    names, targets = _constraints(margins)
    people = float(margins[0].targets.sum()) if margins else float("nan")
    return Auxiliary(
        cells.of_row, matrix, np.column_stack([n.values for n in numbers]) if numbers else np.zeros((rows, 0)),
        (*names, *(each.name for each in numbers)), np.array([*targets, *(each.total for each in numbers)]), people,
    )  # fmt: skip


def _constraints(margins: Sequence[Margin]) -> tuple[list[str], list[float]]:
    """Name and target of each column of `contrasts`, in people of the first margin's population."""
    names: list[str] = []
    targets: list[float] = []
    people = float(margins[0].targets.sum()) if margins else 0.0
    for margin in margins:
        labels = [f"{margin.name} at {label!r}" for label in margin.labels]
        names += labels[: len(labels) - margin.unsaid]
        targets += [0.0] * (len(labels) - 1) if margin.unsaid else list(margin.aim(margin.targets) * people)
    if margins and all(margin.unsaid for margin in margins):
        names.append("all people")
        targets.append(people)
    return names, targets


def calibrate(
    base: Floats,
    margins: Sequence[Margin] = (),
    numbers: Sequence[NumericTotal] = (),
    *,
    kind: str = "rake",
    bounds: tuple[float, float] = (0.2, 5.0),
    tolerance: float = 1e-10,
    steps: int = 100,
    where: str | None = None,
) -> Calibrated:
    """Weights nearest to `base` (rows,) that meet every margin and total. Inputs stay untouched.

    kind: "rake" g = exp(η), never negative · "linear" g = 1 + η (GREG), may be negative, counted · "logit" g within
    `bounds` = (low, high), low < 1 < high · "poststratify" to one margin, which may be a crossed one. Base weights
    whose sum is more than twice off the population are scaled to it first. Whoever is at a level with nobody in
    the population gets the weight zero; whoever did not say has the share that the margin's target gives them, or, in
    raking to margins alone, about that (`weights.rake`).
    Raises CannotEstimate, naming the margin or total and how far it is off, for an empty level, totals that
    contradict each other, and where no weights (within the bounds) meet them; BadInput for an unknown kind or bounds.
    """
    _check(kind, bounds, margins, numbers, where)
    scaled(base, where=where)
    if kind in ("rake", "poststratify") and not numbers:
        raked = rake(base, margins, tolerance=tolerance, steps=steps, where=where)
        return _told(kind, base, raked.weights, raked.iterations, raked.worst)
    agree_in_total([m.name for m in margins], [float(m.targets.sum()) for m in margins], where=where)
    margins = [dataclasses.replace(margin, unsaid=False) for margin in margins]  # who did not say keep their share
    held = auxiliary(margins, numbers, len(base))
    start = _started(base, margins, held.people, where)
    small, mass = (held, start) if numbers else (held.by_cell(), summed(held.of_row, start, len(held.matrix)))
    distance = _distance(kind, bounds)
    slope, iterations, worst = _solve(mass, small, distance, tolerance, steps, (kind, bounds), where)
    g = distance.of(small.along(slope))[1]
    return _told(kind, base, start * (g if numbers else g[held.of_row]), iterations, worst)


def _check(
    kind: str, bounds: tuple[float, float], margins: Sequence[Margin], numbers: Sequence[NumericTotal],
    where: str | None,
) -> None:  # fmt: skip
    if kind not in KINDS:
        raise BadInput(f"there is no calibration {kind!r}", where=where, cure=f"choose one of {', '.join(KINDS)}")
    if kind == "logit" and not 0 <= bounds[0] < 1 < bounds[1] < np.inf:
        raise BadInput(
            f"weights cannot be kept between {bounds[0]:g} and {bounds[1]:g} times the base weight", where=where,
            cure="give a low end from 0 to below 1 and a high end above 1, such as 0.2,5",
        )  # fmt: skip
    if kind == "poststratify" and (len(margins) != 1 or numbers):
        raise BadInput(
            f"post-stratification is to one table of people, not to {len(margins) + len(numbers)}", where=where,
            cure="give one characteristic or one crossed table, or choose rake, linear or logit",
        )  # fmt: skip


def _told(kind: str, base: Floats, weights: Floats, iterations: int, worst: float) -> Calibrated:
    ratio = np.divide(weights, base, out=np.full(len(base), np.nan), where=base > 0)
    known = ratio[~np.isnan(ratio)]
    least, most = (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)
    return Calibrated(weights, kind, iterations, worst, int(np.sum(weights < 0)), least, most)


def _started(base: Floats, margins: Sequence[Margin], people: float, where: str | None) -> Floats:
    """Base weights, near the population in size, zero at levels where nobody lives."""
    start = base.astype(np.float64)
    for margin in margins:
        start = np.where((margin.targets > 0)[margin.codes], start, 0.0)
    for margin in margins:
        nobody_at(margin, summed(margin.codes, start, len(margin.targets)), where)
    off = people / max(float(start.sum()), _EMPTY)
    return start * off if off > _FAR or off < 1 / _FAR else start


@dataclass(frozen=True)
class _Distance:
    """g(η), what base weights are multiplied by, with g(0) = g'(0) = 1: its integral, itself, its derivative.
    farthest: by how much η may change in one step, so that nothing overflows or saturates far from the answer."""

    of: Callable[[Floats], tuple[Floats, Floats, Floats]]
    farthest: float


def _distance(kind: str, bounds: tuple[float, float]) -> _Distance:
    low, high = bounds
    steep = (high - low) / ((1 - low) * (high - 1)) if kind == "logit" else 1.0

    def linear(eta: Floats) -> tuple[Floats, Floats, Floats]:
        return eta + eta**2 / 2, 1 + eta, np.ones_like(eta)

    def raking(eta: Floats) -> tuple[Floats, Floats, Floats]:
        grown = np.exp(eta)
        return grown, grown, grown

    def logit(eta: Floats) -> tuple[Floats, Floats, Floats]:
        odds = steep * eta + np.log((1 - low) / (high - 1))
        share = special.expit(odds)
        integral = low * eta + (high - low) / steep * np.logaddexp(0.0, odds)
        return integral, low + (high - low) * share, (high - low) * steep * share * special.expit(-odds)

    if kind == "linear":
        return _Distance(linear, np.inf)
    return _Distance(raking, 5.0) if kind == "rake" else _Distance(logit, 5.0 / steep)


@dataclass(frozen=True)
class _At:
    """Where Newton's method stands. value: of the dual Σd·G(x'λ) - targets'λ, which is convex · short: (k,)."""

    slope: Floats
    value: float
    bend: Floats
    short: Floats


def _solve(
    base: Floats, held: Auxiliary, distance: _Distance, tolerance: float, steps: int,
    asked: tuple[str, tuple[float, float]], where: str | None,
) -> tuple[Floats, int, float]:  # fmt: skip
    """λ by Newton's method on the dual (Deville, Särndal & Sautory 1993); steps taken; largest distance."""
    size = _size(base, held)
    at, step = _standing(base, held, distance, np.zeros(len(held.targets))), 0
    for step in range(1, steps + 1):  # noqa: B007 - how many it took is told
        moved = _step(base, held, distance, at)
        before, after = (float(np.max(np.abs(each.short) / size)) for each in (at, moved))
        if before <= tolerance and not after < before:
            break
        at = moved
        if after <= tolerance / 1000:
            break
    worst = float(np.max(np.abs(at.short) / size))
    if not worst <= tolerance:
        raise _unmet(held, at.short, size, step, asked, where)
    return at.slope, step, worst


def _size(base: Floats, held: Auxiliary) -> Floats:
    """What a distance from each total is compared with: the total, or where that is zero, what it is made of."""
    made_of = dataclasses.replace(held, matrix=np.abs(held.matrix), numeric=np.abs(held.numeric)).sums(base)
    return np.where(held.targets != 0, np.abs(held.targets), np.maximum(made_of, _EMPTY))


def _standing(base: Floats, held: Auxiliary, distance: _Distance, slope: Floats) -> _At:
    integral, g, bend = distance.of(held.along(slope))
    value = float(base @ integral - held.targets @ slope)
    return _At(slope, value, bend, held.targets - held.sums(base * g))


def _step(base: Floats, held: Auxiliary, distance: _Distance, at: _At) -> _At:
    """A whole step or a half of one and so on, until the dual is lower by enough; where none is, no step."""
    direction = scaled_inverse(held.gram(base * at.bend)) @ at.short
    promised = float(at.short @ direction)
    change = float(np.max(np.abs(held.along(direction)), initial=0.0))
    length = min(1.0, distance.farthest / max(change, _EMPTY))
    rounding = 1e-13 * (abs(at.value) + float(np.abs(held.targets) @ np.abs(at.slope)))
    while length > 1e-8:
        moved = _standing(base, held, distance, at.slope + length * direction)
        if moved.value <= at.value - 1e-4 * length * promised + rounding:
            return moved
        length /= 2
    return at


def scaled_inverse(symmetric: Floats) -> Floats:
    """Pseudo-inverse of a positive semidefinite matrix, (p, p), whose rows may be in very different units."""
    scale = np.sqrt(np.maximum(np.diag(symmetric), 0.0))
    scale = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    return np.asarray(scipy.linalg.pinvh(symmetric * np.outer(scale, scale), rtol=1e-12) * np.outer(scale, scale))


def _unmet(
    held: Auxiliary, short: Floats, size: Floats, steps: int, asked: tuple[str, tuple[float, float]],
    where: str | None,
) -> CannotEstimate:  # fmt: skip
    at = int(np.argmax(np.abs(short) / size))
    within = f" between {asked[1][0]:g} and {asked[1][1]:g} times the base weights" if asked[0] == "logit" else ""
    aim = held.targets[at]
    return CannotEstimate(
        f"after {steps} steps no weights{within} meet every total: {held.names[at]} comes to {aim - short[at]:,.8g} "
        f"instead of {aim:,.8g}, {abs(short[at]) / size[at]:.4%} off",
        where=where,
        cure="widen the bounds, join small categories, or leave a total out"
        if within
        else "check that the totals are of one population; join small categories, or leave a total out",
    )
