"""What two samples have in common: the covariance of their estimates, from the units that are in both.

The variance of a change is V1 + V2 - 2·C. V1 and V2 are those of each round alone; C is the sum, over the primary
units in both, of what each adds to the one estimate times what it adds to the other (the estimator of Kish 1965 §12.4
and Tam 1984 for two overlapping samples, of influence values; strata keep the sizes they had in each round, as in
Berger & Priam 2016). With nobody in both, C is nothing and the change is that of two separate samples; with the same
units in both it is that of R's `survey` over the stacked rounds, and of a simple sample the paired t test. Where only
some of a stratum are in both, R takes being in a round as chance within the stratum, which says more variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import BadInput
from .cells import Floats, Ints, summed
from .linearisation import Calibration, Sampling, contributions

__all__ = ["Common", "Shared", "UnitParts", "shared", "unit_parts"]


@dataclass(frozen=True)
class UnitParts:
    """One round, D domain means. key: (units,) what names a unit in every round, ascending · part: (D, units) what
    each adds · present: (D, units) whether somebody of the domain is in it."""

    key: Ints
    part: Floats
    present: Ints


@dataclass(frozen=True)
class Common:
    """One domain in two rounds. covariance: between its two means · earlier, later: what the common units add to
    each variance · units: how many of the domain's primary units are common · share_earlier, share_later: of those
    with somebody of the domain in that round, the share that is common."""

    covariance: float
    earlier: float
    later: float
    units: int
    share_earlier: float
    share_later: float

    @property
    def change(self) -> float:
        """What the common units add to the variance of the change."""
        return max(self.earlier + self.later - 2 * self.covariance, 0.0)


@dataclass(frozen=True)
class Shared:
    """Everything (D,), as in `Common`."""

    covariance: Floats
    earlier: Floats
    later: Floats
    units: Ints
    share_earlier: Floats
    share_later: Floats

    def at(self, domain: int) -> Common:
        return Common(
            float(self.covariance[domain]), float(self.earlier[domain]), float(self.later[domain]),
            int(self.units[domain]), float(self.share_earlier[domain]), float(self.share_later[domain]),
        )  # fmt: skip


def unit_parts(
    y: Floats,
    inside: Ints,
    weights: Floats,
    unit_of_row: Ints,
    design: Sampling,
    calibration: Calibration | None = None,
) -> UnitParts:
    """What each primary unit adds to the mean of y in D domains.

    y: (rows,), not-a-number without an answer · inside: (D, rows) true where the row is of the domain · weights:
    (rows,), final · unit_of_row: (rows,) whole numbers that name the row's primary unit in every round; rows of one
    unit of the design have one · design: of these rows. An empty domain adds nothing.
    """
    given = ~np.isnan(y) & (weights > 0)
    columns = (_influence(y, weights, domain & given) for domain in inside)
    part = contributions(columns, weights, design, calibration)
    first, units = design.stages[0], design.units
    at = np.arange(len(y)) if first.unit is None else first.unit
    key = np.zeros(units, np.int64)
    key[at] = unit_of_row
    if np.any(key[at] != unit_of_row):
        raise BadInput("a primary unit has two names", cure="name each cluster of a stratum in one way")
    present = np.array([summed(at, (domain & given).astype(np.float64), units) > 0 for domain in inside], bool)
    order = np.argsort(key, kind="stable")
    return UnitParts(key[order], part[:, order], present[:, order])


def _influence(y: Floats, weights: Floats, counted: Ints) -> Floats:
    """By how much the mean of those counted would change for a unit more of each row's weight. (rows,)"""
    value, weight = np.where(counted, y, 0.0), np.where(counted, weights, 0.0)
    size = float(weight.sum())
    return np.where(counted, (value - float(weight @ value) / size) / size, 0.0) if size > 0 else np.zeros(len(y))


def shared(earlier: UnitParts, later: UnitParts) -> Shared:
    """Domain by domain, what the rounds have in common. Units are the same where their key is."""
    _keys, one, other = np.intersect1d(earlier.key, later.key, assume_unique=True, return_indices=True)
    a, b = earlier.part[:, one], later.part[:, other]
    here, there = earlier.present[:, one], later.present[:, other]
    return Shared(
        np.einsum("du,du->d", a, b),
        np.einsum("du,du->d", a, a),
        np.einsum("du,du->d", b, b),
        (here & there).sum(1),
        _share(here, earlier.present),
        _share(there, later.present),
    )


def _share(common: Ints, present: Ints) -> Floats:
    return common.sum(1) / np.maximum(present.sum(1), 1)
