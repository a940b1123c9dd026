"""Calibration of weights to known totals: linear, raking, bounded, and post-stratification.

Weights w = d·g(x'λ) as near as possible to the base weights d, in the distance that belongs to g, with Σ w·x equal to
the population's totals (Deville & Särndal 1992; R `survey::calibrate`). Totals are margins (people per category) and
numbers (the sum of a column in the population).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from ..errors import BadInput, CannotEstimate
from .cells import Floats, Ints, group, summed
from .weights import Margin, agree_in_total, contrasts, nobody_at, rake, scaled

__all__ = ["KINDS", "Auxiliary", "Calibrated", "NumericTotal", "auxiliary", "calibrate", "scaled_inverse"]

KINDS = ("rake", "linear", "logit", "poststratify")

_FAR = 20.0
"""Base weights whose sum is this many times off the population are first scaled to it (as R does)."""
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
    whose sum is more than 20 times off the population are scaled to it first. Whoever is at a level with nobody in
    the population gets the weight zero.
    Raises CannotEstimate, naming the margin or total and how far it is off, for an empty level, totals that
    contradict each other, and where no weights (within the bounds) meet them; BadInput for an unknown kind or bounds.
    """
    _check(kind, bounds, margins, numbers, where)
    scaled(base, where=where)
    if kind in ("rake", "poststratify") and not numbers:
        raked = rake(base, margins, tolerance=tolerance, steps=steps, where=where)
        return _told(kind, base, raked.weights, raked.iterations, raked.worst)
    agree_in_total([m.name for m in margins], [float(m.targets.sum()) for m in margins], where=where)
    held = auxiliary(margins, numbers, len(base))
    start = _started(base, margins, held.people, where)
    small, mass = (held, start) if numbers else (held.by_cell(), summed(held.of_row, start, len(held.matrix)))
    ratio = _ratio(kind, bounds)
    slope, iterations, worst = _solve(mass, small, ratio, tolerance, steps, (kind, bounds), where)
    g = ratio(small.along(slope))[0]
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
        said = np.ones(len(margin.targets), bool)
        said[:-1] = margin.targets[:-1] > 0
        said[-1] = margin.unsaid or margin.targets[-1] > 0
        start = np.where(said[margin.codes], start, 0.0)
    for margin in margins:
        nobody_at(margin, summed(margin.codes, start, len(margin.targets)), where)
    off = people / max(float(start.sum()), _EMPTY)
    return start * off if off > _FAR or off < 1 / _FAR else start


Ratio = Callable[[Floats], tuple[Floats, Floats]]


def _ratio(kind: str, bounds: tuple[float, float]) -> Ratio:
    """g(η) and its derivative; g(0) = g'(0) = 1."""
    low, high = bounds
    steep = (high - low) / ((1 - low) * (high - 1)) if kind == "logit" else 1.0

    def linear(eta: Floats) -> tuple[Floats, Floats]:
        return 1 + eta, np.ones_like(eta)

    def raking(eta: Floats) -> tuple[Floats, Floats]:
        grown = np.exp(eta)
        return grown, grown

    def logit(eta: Floats) -> tuple[Floats, Floats]:
        grown = np.exp(np.clip(steep * eta, -700, 700))
        below, above = high - 1, (1 - low) * grown
        share = above / (below + above)
        return low + (high - low) * share, (high - low) * steep * share * (below / (below + above))

    return {"linear": linear, "rake": raking, "logit": logit}[kind]


def _solve(
    base: Floats, held: Auxiliary, ratio: Ratio, tolerance: float, steps: int,
    asked: tuple[str, tuple[float, float]], where: str | None,
) -> tuple[Floats, int, float]:  # fmt: skip
    """λ by Newton's method, each step halved until it brings the totals nearer; steps taken; largest distance."""
    slope = np.zeros(len(held.targets))
    g, steep = ratio(held.along(slope))
    size = _size(base, held)
    short = held.targets - held.sums(base * g)
    step = 0
    for step in range(1, steps + 1):  # noqa: B007 - how many it took is told
        with np.errstate(over="ignore", invalid="ignore"):
            moved = _step(base, held, ratio, slope, short, size, scaled_inverse(held.gram(base * steep)) @ short)
        if moved is None:  # no nearer
            break
        slope, g, steep, short = moved
        if np.max(np.abs(short) / size) <= tolerance / 1000:
            break
    worst = float(np.max(np.abs(short) / size))
    if not worst <= tolerance:
        raise _unmet(held, short, size, step, asked, where)
    return slope, step, worst


def _size(base: Floats, held: Auxiliary) -> Floats:
    """What a distance from each total is compared with: the total, or where that is zero, what it is made of."""
    made_of = Auxiliary(
        held.of_row, np.abs(held.matrix), np.abs(held.numeric), held.names, held.targets, held.people
    ).sums(base)
    return np.where(held.targets != 0, np.abs(held.targets), np.maximum(made_of, _EMPTY))


def _step(
    base: Floats, held: Auxiliary, ratio: Ratio, slope: Floats, short: Floats, size: Floats, direction: Floats
) -> tuple[Floats, Floats, Floats, Floats] | None:
    """λ, g, g' and what is still short after a step, or None where even the smallest brings nothing nearer."""
    before, length = float(np.linalg.norm(short / size)), 1.0
    while length > 1e-8:
        moved = slope + length * direction
        g, steep = ratio(held.along(moved))
        left = held.targets - held.sums(base * g)
        after = float(np.linalg.norm(left / size))
        if np.isfinite(after) and after < before * (1 - 1e-4 * length):
            return moved, g, steep, left
        length /= 2
    return None


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
        f"after {steps} steps no weights{within} meet every total: {held.names[at]} comes to {aim - short[at]:,.10g} "
        f"instead of {aim:,.10g}, {abs(short[at]) / size[at]:.4%} off",
        where=where,
        cure="widen the bounds, join small categories, or leave a total out"
        if within
        else "check that the totals are of one population; join small categories, or leave a total out",
    )
