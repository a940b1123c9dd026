"""The covariance of any statistic from its influence values, under any sampling with one or more stages.

A statistic's linearised variance is that of a total of its influence values (Binder 1983; Deville 1999). Where the
weights were calibrated, the values are first replaced by their residuals from the regression, with base weights, on
what the weights were held to (Deville & Särndal 1992; R `calibrate`; not the step-by-step residuals of R `rake`).
Several stages add up recursively (Cochran 1977 §10; R `svyrecvar`): each later stage counts for the share of units
taken at the stages before it, so it matters only where these shares are known.

`variance` is the same arithmetic for means of many domains of one variable, summed over cells instead of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput, CannotEstimate
from .calibration import Auxiliary, scaled_inverse
from .cells import Floats, Ints, summed

__all__ = [
    "LONELY", "Calibration", "Sampling", "Stage", "contributions", "covariance", "degrees_of_freedom", "renumbered",
    "sampling",
]  # fmt: skip

LONELY = ("adjust", "certainty", "average", "remove", "fail")
"""What a stratum with one sampled unit adds, named as R's `survey.lonely.psu` names them."""
_ALL_TAKEN = 1e-7
"""A stratum of which less than this share was left out adds nothing."""


@dataclass(frozen=True)
class Stage:
    """One stage. unit: (rows,) 0 … U-1, a unit being one only within its stratum; None where each row is its own ·
    stratum: (U,) of each unit, 0 … H-1 · size: (H,) units sampled · centred: (H,) whether units are compared with
    their stratum's mean · scale: (H,) what the sum of squares counts for, earlier stages included."""

    unit: Ints | None
    stratum: Ints
    size: Floats
    centred: Ints
    scale: Floats

    @property
    def strata(self) -> int:
        return len(self.size)

    def unit_sums(self, column: Floats) -> Floats:
        """Sums of a column (rows,) by unit, (U,)."""
        return column if self.unit is None else summed(self.unit, column, len(self.stratum))


@dataclass(frozen=True)
class Sampling:
    """rows: people · stages: at least one · lonely: the option for strata with one unit · alone: how many there are
    at the first stage."""

    rows: int
    stages: tuple[Stage, ...]
    lonely: str
    alone: int

    @property
    def units(self) -> int:
        return len(self.stages[0].stratum)

    @property
    def strata(self) -> int:
        return self.stages[0].strata


@dataclass(frozen=True)
class Calibration:
    """held: what the final weights were held to · base: (rows,) weights before calibration · inverse: (k, k)."""

    held: Auxiliary
    base: Floats
    inverse: Floats

    @classmethod
    def of(cls, held: Auxiliary, base: Floats) -> Calibration:
        return cls(held, base, scaled_inverse(held.gram(base)))

    def residual(self, column: Floats) -> Floats:
        """What the regression on x does not explain of a column (rows,)."""
        return column - self.held.along(self.inverse @ self.held.sums(self.base * column))


# --- the sampling -----------------------------------------------------------------------------------------------


def sampling(
    rows: int,
    *,
    strata: Ints | None = None,
    clusters: Sequence[Ints] = (),
    fpc: Sequence[Floats] = (),
    lonely: str = "adjust",
    where: str | None = None,
) -> Sampling:
    """How `rows` people were sampled; all arrays (rows,), untouched, codes any integers.

    strata: of the first stage · clusters: units of each stage, first stage first; without any, people are the units ·
    fpc: of each stage the number of units in the population of the row's stratum (at later stages: of the unit it was
    drawn in), or the share sampled, all of one kind; one more than there are clusters is of people within the last.
    A stage without one counts as drawn with replacement, and later stages then add nothing.
    Raises BadInput for corrections that differ within a stratum or are smaller than the sample; CannotEstimate for a
    stratum with one unit under "fail", and where "average" has no other stratum to average over.
    """
    if lonely not in LONELY:
        raise BadInput(f"there is no way {lonely!r} to treat a stratum with one unit", where=where,
                       cure=f"choose one of {', '.join(LONELY)}")  # fmt: skip
    _one_kind(fpc, where)
    given: list[Ints | None] = [*clusters]
    if not clusters or len(fpc) > len(clusters):
        given.append(None)
    if len(fpc) > len(given):
        raise BadInput(f"{len(fpc)} population sizes for {len(given)} stages of sampling", where=where,
                       cure="give one column a stage, in the order of the clusters")  # fmt: skip
    stratum = renumbered(np.zeros(rows, np.int64) if strata is None else strata)
    parent = np.zeros(int(stratum.max(initial=-1)) + 1, np.int64)  # of each stratum: the unit it was drawn in
    share = np.ones(len(parent))  # sampled at the stages before, of each stratum
    stages: list[Stage] = []
    for number, codes in enumerate(given):
        size = fpc[number] if number < len(fpc) else None
        stage, left = _stage(number + 1, stratum, codes, size, parent, share, lonely, where)
        stages.append(stage)
        if size is None or stage.unit is None:
            break
        share = (share * (1 - left))[stage.stratum]
        parent, stratum = np.arange(len(stage.stratum)), stage.unit
    alone = int(np.sum(stages[0].size == 1))
    return Sampling(rows, tuple(stages), lonely, alone)


def renumbered(codes: Ints) -> Ints:
    """0 … count-1, in the order of the codes."""
    return np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int32)


def _one_kind(fpc: Sequence[Floats], where: str | None) -> None:
    """Counts or shares, not a mixture."""
    if any(not np.all(each > 0) for each in fpc):
        raise BadInput(
            "a finite population correction is missing, zero or negative", where=where,
            cure="give, on each row, the units in the population of its stratum, or the share of them sampled",
        )  # fmt: skip
    if _counts(fpc) and any(np.any(each < 1) for each in fpc):
        raise BadInput("finite population corrections are counts on some rows and shares on others", where=where,
                       cure="give numbers of units everywhere, or shares of them everywhere")  # fmt: skip


def _counts(fpc: Sequence[Floats]) -> bool:
    return any(bool(np.any(each > 1)) for each in fpc)


def _stage(
    number: int, stratum: Ints, codes: Ints | None, fpc: Floats | None, parent: Ints, share: Floats, lonely: str,
    where: str | None,
) -> tuple[Stage, Floats]:  # fmt: skip
    """The stage, and the share left out of each of its strata."""
    H = len(parent)
    unit = None if codes is None else renumbered(renumbered(codes).astype(np.int64) * H + stratum)
    of_unit = stratum
    if unit is not None:
        of_unit = np.zeros(int(unit.max(initial=-1)) + 1, np.int32)
        of_unit[unit] = stratum
    size = np.bincount(of_unit, minlength=H).astype(np.float64)
    left = np.ones(H) if fpc is None else _left_out(fpc, stratum, size, number, where)
    single = (size == 1) & (left >= _ALL_TAKEN)
    if lonely == "fail" and single.any():
        raise CannotEstimate(
            f"{int(single.sum())} strata have only one sampling unit at stage {number}", where=where,
            cure="join each to a similar stratum, or say how to treat them: --lonely adjust",
        )  # fmt: skip
    scale = left * np.where(size > 1, size / np.maximum(size - 1, 1), 1.0 if lonely == "adjust" else 0.0)
    if lonely == "average":
        scale = scale * _spread_over_others(single, parent, where)
    scale = np.where(left < _ALL_TAKEN, 0.0, scale * share)
    return Stage(unit, of_unit, size, size > 1, scale), left


def _left_out(fpc: Floats, stratum: Ints, size: Floats, number: int, where: str | None) -> Floats:
    """1 - sampling fraction of each stratum."""
    known = np.zeros(len(size))
    known[stratum] = fpc
    if np.any(known[stratum] != fpc):
        raise BadInput(
            f"the finite population correction of stage {number} differs within a stratum", where=where,
            cure="give every row of a stratum the number of units in the population of that stratum",
        )  # fmt: skip
    if not np.any(fpc > 1):
        return 1 - known
    if np.any(known < size):
        raise BadInput(
            f"the finite population correction of stage {number} is smaller than the sample", where=where,
            cure="give, on each row, the number of sampling units in the population of its stratum",
        )  # fmt: skip
    return 1 - size / known


def _spread_over_others(single: Ints, parent: Ints, where: str | None) -> Floats:
    """Strata ÷ strata with two units, of the unit each stratum was drawn in. (H,)"""
    every, fine = np.bincount(parent), np.bincount(parent[~single], minlength=int(parent.max(initial=-1)) + 1)
    if np.any(fine == 0):
        raise CannotEstimate("every stratum has one sampling unit, so there is nothing to average", where=where,
                             cure="join strata, or choose --lonely adjust")  # fmt: skip
    return np.asarray((every / fine)[parent])


# --- the covariance ---------------------------------------------------------------------------------------------


def covariance(
    columns: Iterable[Floats], weights: Floats, design: Sampling, calibration: Calibration | None = None
) -> Floats:
    """Covariance of p statistics, (p, p).

    columns: p influences (rows,), by how much each statistic would change for a unit more of the row's weight, zero
    outside its domain; taken one at a time, so that they need not all be held · weights: (rows,), final.
    """
    units: list[list[Floats]] = [[] for _ in design.stages]
    for column in columns:
        weighted = weights * (column if calibration is None else calibration.residual(column))
        for sums, stage in zip(units, design.stages, strict=True):
            sums.append(_centred(stage, stage.unit_sums(weighted)))
    p = len(units[0])
    total = np.zeros((p, p))
    for sums in units:
        total += _products(sums)
    return total


def contributions(
    columns: Iterable[Floats], weights: Floats, design: Sampling, calibration: Calibration | None = None
) -> Floats:
    """What each unit of the first stage adds to p statistics, (p, U). Summed over the units of one sample, their
    products are `covariance` of its first stage; over the units two samples share, the covariance between them."""
    first = design.stages[0]
    residual = (lambda column: column) if calibration is None else calibration.residual
    return np.array([_centred(first, first.unit_sums(weights * residual(column))) for column in columns])


_AT_ONCE = 1 << 16
"""Units whose products are summed at a time."""


def _products(sums: Sequence[Floats]) -> Floats:
    """Σ over units of the products of p columns (units,), (p, p), in blocks that stay in a processor's cache."""
    total = np.zeros((len(sums), len(sums)))
    for at in range(0, len(sums[0]) if len(sums) else 0, _AT_ONCE):
        block = np.array([column[at : at + _AT_ONCE] for column in sums])
        total += block @ block.T
    return total


def _centred(stage: Stage, sums: Floats) -> Floats:
    """What each unit adds beyond its stratum's mean, times the root of what its square counts for. (units,)"""
    if stage.strata == 1:
        middle = sums.mean() if stage.centred[0] else 0.0
        return (sums - middle) * np.sqrt(stage.scale[0])
    middle = np.where(stage.centred, summed(stage.stratum, sums, stage.strata) / stage.size, 0.0)
    return (sums - middle[stage.stratum]) * np.sqrt(stage.scale)[stage.stratum]


def degrees_of_freedom(design: Sampling, counted: Ints) -> int:
    """First-stage units with somebody counted, less strata with somebody counted. counted: (rows,) true or false."""
    first = design.stages[0]
    present = counted.astype(bool) if first.unit is None else _present(first.unit[counted], len(first.stratum))
    return int(present.sum()) - int(_present(first.stratum[present], first.strata).sum())


def _present(codes: Ints, count: int) -> Ints:
    found = np.zeros(count, bool)
    found[codes] = True
    return found
