"""What replicates multiply weights by: a table, or only the rule by which a table could be made; and its rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.linalg

from .cells import Floats, Ints

__all__ = ["Dense", "Factors", "LeaveOneOut", "rank"]

_NEGLIGIBLE = 1e-5
"""A column this much shorter than it was, once the others are taken out of it, adds no rank (R `degf`)."""
_BLOCK = 1 << 22  # numbers held at once while columns are turned into floats


class Factors(Protocol):
    """What each replicate multiplies the weights of a sampling unit by: (units, R)."""

    @property
    def count(self) -> int: ...
    def column(self, replicate: int) -> Floats: ...
    def totals(self, sums: Floats) -> Floats: ...


@dataclass(frozen=True)
class Dense:
    """table: (units, R), floats, or small whole numbers for counts of draws."""

    table: Ints | Floats

    @property
    def count(self) -> int:
        return int(self.table.shape[1])

    def column(self, replicate: int) -> Floats:
        return self.table[:, replicate].astype(np.float64)

    def totals(self, sums: Floats) -> Floats:
        """sums: (units, k) → (R, k)."""
        step = max(1, _BLOCK // max(1, len(self.table)))
        blocks = (self.table[:, at : at + step].astype(np.float64) for at in range(0, self.count, step))
        return np.vstack([block.T @ sums for block in blocks])


@dataclass(frozen=True)
class LeaveOneOut:
    """Replicate r leaves unit r out; the others of its stratum stand in for it, or, where it was alone, everybody
    else does (R's "adjust"). stratum: (units,) · units: (strata,) how many each has."""

    stratum: Ints
    units: Ints

    @property
    def count(self) -> int:
        return len(self.stratum)

    def column(self, replicate: int) -> Floats:
        here = int(self.stratum[replicate])
        n, strata = int(self.units[here]), len(self.units)
        inside = self.stratum == here
        if n == 1:
            return np.where(inside, 0.0, strata / (strata - 1))
        factors = np.where(inside, n / (n - 1), 1.0)
        factors[replicate] = 0.0
        return factors

    def totals(self, sums: Floats) -> Floats:
        """sums: (units, k) → (R, k), without any (units, R) table."""
        strata = len(self.units)
        of_stratum = np.zeros((strata, sums.shape[1]))
        np.add.at(of_stratum, self.stratum, sums)
        whole, mine, n = of_stratum.sum(0), of_stratum[self.stratum], self.units[self.stratum][:, None]
        others = whole + (mine - n * sums) / np.maximum(n - 1, 1)
        return np.where(n == 1, (whole - mine) * (strata / max(strata - 1, 1)), others)


def rank(table: Ints | Floats) -> int:
    """Rank of (rows, columns) by a pivoted Cholesky of the columns' products, each column taken as its distance from
    the mean column so that near-equal columns stay distinct."""
    tall = table if table.shape[0] >= table.shape[1] else table.T
    k = tall.shape[1]
    products = np.zeros((k + 1, k + 1))
    step = max(1, _BLOCK // max(1, k))
    for at in range(0, len(tall), step):
        block = tall[at : at + step].astype(np.float64)
        middle = block.mean(axis=1, keepdims=True)
        joined = np.hstack([block - middle, middle])
        products += joined.T @ joined
    length = np.sqrt(np.diag(products))
    there = length > _NEGLIGIBLE * length[-1]
    unit = products[np.ix_(there, there)] / np.outer(length[there], length[there])
    _, _, found, _ = scipy.linalg.lapack.dpstrf(unit, tol=_NEGLIGIBLE**2)
    return int(found)
