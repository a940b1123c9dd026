"""Least squares whose standard errors hold with few clusters: CR2 and Satterthwaite degrees of freedom.

Ordinary cluster-robust errors are too small when there are few clusters. CR2 (Bell & McCaffrey 2002; Pustejovsky &
Tipton 2018, R `clubSandwich`) corrects each cluster's residuals by what the fit took from them, and counts degrees of
freedom from how evenly the clusters bear on the coefficient. With every person a cluster of their own it is HC2; of
two groups, Welch's standard error.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import CannotEstimate
from .cells import Floats, Ints
from .distributions import t_above, t_quantile

__all__ = ["KINDS", "Coefficient", "coefficient"]

KINDS = ("CR2", "CR0", "CR1", "CR1S")
_WHOLE = 1e-10
"""Of a cluster's leverage: what is left below this share is nothing."""
_ALIKE = 1e-9


@dataclass(frozen=True)
class Coefficient:
    """A linear combination of coefficients. df: Satterthwaite's."""

    estimate: float
    se: float
    df: float
    clusters: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """estimate ± t(df)·se."""
        half = t_quantile(0.5 + level / 2, self.df) * self.se
        return self.estimate - half, self.estimate + half

    @property
    def p(self) -> float:
        """Two-sided p of no effect."""
        return 2 * t_above(abs(self.estimate) / self.se, self.df) if self.se > 0 else math.nan


def coefficient(
    X: Floats, y: Floats, contrast: Floats, *, clusters: Ints | None = None, weights: Floats | None = None,
    kind: str = "CR2",
) -> Coefficient:  # fmt: skip
    """contrast'β of the (weighted) least squares of y on X, with its cluster-robust standard error.

    X: (n, p) of full rank · y: (n,) · contrast: (p,) · clusters: (n,) any integers, None where each row is its own ·
    weights: (n,) the inverse of the working variance (as `clubSandwich` takes those of a meta-analysis).
    Raises CannotEstimate where columns cannot be told apart, for fewer than two clusters, and where nothing varies.
    """
    w = np.ones(len(y)) if weights is None else weights
    inverse = _inverse((X * w[:, None]).T @ X)
    beta = inverse @ (X.T @ (w * y))
    residual = y - X @ beta
    estimate = float(contrast @ beta)
    pieces = list(_pieces(X, residual, w, inverse, contrast, clusters, kind == "CR2"))
    if len(pieces) < 2:
        raise CannotEstimate("there is one cluster", cure="at least two are needed, and 20 or more are wanted")
    score, own, through = (np.array(column) for column in zip(*pieces, strict=True))
    variance = float(score @ score) * _factor(kind, len(pieces), len(y), X.shape[1])
    if not variance > 0:
        raise CannotEstimate("every answer is what the groups' means say, so nothing varies",
                             cure="check the outcome: a standard error of zero is no certainty")  # fmt: skip
    return Coefficient(estimate, math.sqrt(variance), _satterthwaite(own, through, inverse), len(pieces))


def _inverse(gram: Floats) -> Floats:
    size = np.sqrt(np.diag(gram))
    if not (size > 0).all() or np.linalg.cond(gram / np.outer(size, size)) > 1 / _ALIKE:
        raise CannotEstimate(
            "two of the columns say the same, or one does not vary",
            cure="leave out a covariate, or name another group",
        )
    return np.asarray(np.linalg.inv(gram / np.outer(size, size)) / np.outer(size, size))


def _factor(kind: str, clusters: int, n: int, p: int) -> float:
    return {"CR1": clusters / (clusters - 1), "CR1S": clusters / (clusters - 1) * (n - 1) / (n - p)}.get(kind, 1.0)


def _pieces(
    X: Floats, residual: Floats, w: Floats, inverse: Floats, contrast: Floats, clusters: Ints | None, corrected: bool
) -> Iterator[tuple[float, float, Floats]]:
    """Of each cluster: its score v'e; v'v/w; X'v; where v = A·w·X·(X'wX)⁻¹c."""
    direction = inverse @ contrast
    if clusters is None:
        leverage = np.einsum("ij,jk,ik->i", X, inverse, X) * w
        left = np.where(leverage < 1 - _WHOLE, 1 - leverage, np.inf) if corrected else np.ones(len(w))
        v = w * (X @ direction) / np.sqrt(left)
        yield from zip((v * residual).tolist(), (v * v / w).tolist(), X * v[:, None], strict=True)
        return
    order = np.argsort(clusters, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(clusters[order])) + 1):
        x, weight = X[rows], w[rows]
        v = weight * (x @ direction)
        v = _adjusted(x, weight, inverse, v) if corrected else v
        yield float(v @ residual[rows]), float(np.sum(v * v / weight)), x.T @ v


def _adjusted(x: Floats, weight: Floats, inverse: Floats, v: Floats) -> Floats:
    """A·v with A = D'(D B D')⁻½D, D = w^-½, B = 1/w - X M X'. Of equal weights through the few directions in which
    the fit reached this cluster; else whole."""
    if np.ptp(weight) == 0:
        q, r = np.linalg.qr(x * math.sqrt(weight[0]))
        value, vector = np.linalg.eigh(r @ inverse @ r.T)
        along = q @ vector
        return np.asarray(v + along @ ((_root(1 - value) - 1) * (along.T @ v)))
    d = 1 / np.sqrt(weight)
    whole = np.outer(d, d) * (np.diag(1 / weight) - x @ inverse @ x.T)
    value, vector = np.linalg.eigh(whole)
    return np.asarray(d * (vector @ (_root(value, float(value.max())) * (vector.T @ (d * v)))))


def _root(value: Floats, size: float = 1.0) -> Floats:
    """Inverse square roots, 0 of what is none (the generalised inverse)."""
    some = value > _WHOLE * size
    return np.where(some, 1 / np.sqrt(np.where(some, value, 1.0)), 0.0)


def _satterthwaite(own: Floats, through: Floats, inverse: Floats) -> float:
    """(Σ P_jj)²/Σ P_ij², P = diag(own) - U M U' under the working model."""
    reached = np.einsum("ij,jk,ik->i", through, inverse, through)
    squares = inverse @ (through.T @ through)
    trace = float(np.sum(own) - np.sum(reached))
    total = float(np.sum(own**2) - 2 * np.sum(own * reached) + np.trace(squares @ squares))
    if not total > 0:
        raise CannotEstimate("no cluster says more than the fit took from it", cure="more clusters are needed")
    return trace**2 / total
