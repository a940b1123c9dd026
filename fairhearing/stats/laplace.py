"""Answers with many group effects: the most likely effects given their standard deviations, and how peaked they are.

y yes of n in each cell, logit p = η = offset + Xβ + Σ σ_k·v_k[group], v ~ N(0, 1); or, with a noise φ, y is the sum
of n answers on a scale, each N(η, φ²), for which all of this is exact. Newton's method on (v, β); of its
curvature H the part of the largest factor is diagonal and is eliminated first (Schur complement), so what is left is
dense and small. log p(y | σ) ≈ f(v̂, β̂) - ½ log|H| (Laplace; Tierney & Kadane 1986; as in lme4 and INLA).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse, special

from ..errors import CannotEstimate
from .cells import Floats, Ints, summed

__all__ = [
    "Design",
    "Inner",
    "Normal",
    "Peak",
    "build",
    "mean",
    "normal_at",
    "slope",
    "slope_of_noise",
    "slope_of_offset",
    "solve",
]

_STEPS = 60


@dataclass(frozen=True)
class Design:
    """What does not change with σ. Coordinates: levels of the largest factor, columns of X, levels of the others.

    squares: Σ of squared answers on a scale, None for yes and no.
    A: (cells, dim) sparse, unscaled · pairs: (cells, slots) sparse, the products a_i·a_j that A'WA adds up; row, col:
    (slots,) where they go · owner: (dim,) factor of a coordinate, -1 for X · precision: (dim,) of the prior. The
    transposes are kept because each is multiplied thousands of times.
    """

    y: Floats
    n: Floats
    squares: float | None
    constant: float
    A: Any
    A_T: Any
    pairs: Any
    by_pair: Any
    row: Ints
    col: Ints
    big: int
    owner: Ints
    precision: Floats

    def scale(self, sigma: Floats, wider: Floats | None = None) -> Floats:
        """σ of each coordinate, 1 for X; √(σ² + wider) where some levels have a wider prior. (dim,)"""
        own = np.append(sigma, 1.0)[self.owner]
        return own if wider is None else np.sqrt(own**2 + wider)


@dataclass(frozen=True)
class Peak:
    """H = [[diag d, B], [B', C]] at one point, ready to solve with. root: upper Cholesky factor of C - B'd⁻¹B."""

    d: Floats
    B: Floats
    root: Floats

    @property
    def log_det(self) -> float:
        return float(np.log(self.d).sum() + 2 * np.log(np.diag(self.root)).sum())

    def solve(self, g: Floats) -> Floats:
        """H⁻¹g."""
        big = len(self.d)
        first = g[:big] / self.d
        rest = linalg.cho_solve((self.root, False), g[big:] - self.B.T @ first, check_finite=False)
        return np.concatenate([first - (self.B @ rest) / self.d, rest])

    def solve_all(self, g: Floats) -> Floats:
        """H⁻¹ times every column of g (dim, columns)."""
        big = len(self.d)
        first = g[:big] / self.d[:, None]
        rest = linalg.cho_solve((self.root, False), g[big:] - self.B.T @ first, check_finite=False)
        return np.concatenate([first - (self.B @ rest) / self.d[:, None], rest])

    def draws(self, z: Floats) -> Floats:
        """Standard normal z (dim, draws) → draws of N(0, H⁻¹)."""
        big = len(self.d)
        rest = linalg.solve_triangular(self.root, z[big:], check_finite=False)
        first = z[:big] / np.sqrt(self.d)[:, None] - (self.B @ rest) / self.d[:, None]
        return np.concatenate([first, rest])

    def inverse(self) -> tuple[Floats, Floats, Floats]:
        """Of H⁻¹: the diagonal of the largest factor, its rows by the rest, the rest: (big,), (big, q), (q, q)."""
        rest = linalg.cho_solve((self.root, False), np.eye(len(self.root)), check_finite=False)
        half = self.B / self.d[:, None]
        across = -half @ rest
        return 1 / self.d - np.einsum("ij,ij->i", across, half), across, rest


@dataclass(frozen=True)
class Inner:
    """v̂ and β̂ given σ. value: f - ½ log|H|, to which priors on σ are added · w: (cells,) weights in H · gradient:
    largest entry left · noise: φ, None for yes and no."""

    x: Floats
    scale: Floats
    eta: Floats
    w: Floats
    noise: float | None
    value: float
    peak: Peak
    iterations: int
    gradient: float


def build(
    y: Floats, n: Floats, X: Floats, codes: Sequence[Ints], levels: Sequence[int], precision: float,
    squares: float | None = None,
) -> Design:  # fmt: skip
    """y, n: (cells,) · X: (cells, p) with a prior of that precision on each β, 0 for none · codes: 0 … levels-1 ·
    squares: Σ of squared answers on a scale, None for yes and no."""
    order = sorted(range(len(codes)), key=lambda k: (-levels[k], k))
    first, others = order[0], order[1:]
    blocks = [(first, levels[first]), *[(-1, 1)] * X.shape[1], *[(k, levels[k]) for k in others]]
    starts = np.concatenate([[0], np.cumsum([size for _, size in blocks])])
    ones = np.ones(len(y))
    values = [ones, *X.T, *[ones] * len(others)]
    where = [
        start + (0 if k < 0 else codes[k].astype(np.int64)) for (k, _), start in zip(blocks, starts, strict=False)
    ]
    places = [np.broadcast_to(place, len(y)) for place in where]
    A = _by_cell(places, values, int(starts[-1]))
    pairs, row, col = _pairs(places, values, int(starts[-1]))
    owner = np.concatenate([np.full(size, k) for k, size in blocks])
    return Design(
        y, n, squares, _constant(y, n) if squares is None else 0.0, A, A.T.tocsr(),
        pairs, pairs.T.tocsr(), row, col, levels[first], owner,
        np.where(owner < 0, precision, 1.0),
    )  # fmt: skip


def _constant(y: Floats, n: Floats) -> float:
    """Σ log of n over y."""
    return float(np.sum(special.gammaln(n + 1) - special.gammaln(y + 1) - special.gammaln(n - y + 1)))


def _by_cell(places: Sequence[Ints], values: Sequence[Floats], width: int) -> Any:
    """A sparse matrix with one row a cell and the same number of entries in each."""
    index = np.stack(places, axis=1).astype(np.int32)
    rows, entries = index.shape
    pointer = np.arange(0, rows * entries + 1, entries)
    return sparse.csr_matrix((np.stack(values, axis=1).ravel(), index.ravel(), pointer), (rows, width))


def _pairs(places: Sequence[Ints], values: Sequence[Floats], dim: int) -> tuple[Any, Ints, Ints]:
    """Every product of two entries of a row of A: (cells, slots), and the slots' rows and columns, row ≤ col."""
    slots, products, keys, count = [], [], [], 0
    for a in range(len(places)):
        for b in range(a, len(places)):
            key, slot = np.unique(places[a] * np.int64(dim) + places[b], return_inverse=True)
            slots.append(slot.reshape(-1) + count)
            products.append(values[a] * values[b])
            keys.append(key)
            count += len(key)
    flat = np.concatenate(keys)
    return _by_cell(slots, products, count), flat // dim, flat % dim


def solve(
    design: Design, sigma: Floats, *, start: Floats | None = None, offset: Floats | None = None, tolerance: float,
    wider: Floats | None = None, noise: float | None = None,
) -> Inner:  # fmt: skip
    """v̂, β̂ given σ, by Newton's method with step halving, until g'H⁻¹g ≤ tolerance.

    start: (dim,) · offset: (cells,) added to η · wider: (dim,) added to σ² · noise: φ of answers on a scale.
    Raises CannotEstimate where there is no such point: columns of X without a prior that separate yes from no.
    """
    scale = design.scale(sigma, wider)
    x = np.zeros(len(scale)) if start is None else start
    base = np.zeros(len(design.y)) if offset is None else offset
    eta = base + design.A @ (scale * x)
    f, residual, w = _joint(design, x, eta, noise)
    for iteration in range(1, _STEPS + 1):
        g = scale * (design.A_T @ residual) - design.precision * x
        peak = _peak(design, design.by_pair @ w, scale)
        step = peak.solve(g)
        gain = float(g @ step)
        if gain <= tolerance:
            value = f - peak.log_det / 2 + design.constant
            return Inner(x, scale, eta, w, noise, value, peak, iteration, float(np.abs(g).max()))
        x, eta, (f, residual, w) = _moved(design, scale, base, noise, x, step, f, gain)
    raise _astray()


def _astray() -> CannotEstimate:
    return CannotEstimate(
        f"the most likely effects of groups were not found in {_STEPS} steps",
        cure="check for a covariate that separates yes from no, or pool over fewer characteristics",
    )


def _joint(design: Design, x: Floats, eta: Floats, noise: float | None) -> tuple[float, Floats, Floats]:
    """Log of p(y | η)·p(x) without constants, y - np, and n·p·(1 - p); on a scale (y - nη)/φ² and n/φ²."""
    prior = design.precision @ (x * x) / 2
    if noise is not None:
        off = _squares_left(design, eta) / noise**2
        f = -off / 2 - design.n.sum() * (np.log(noise) + np.log(2 * np.pi) / 2) - prior
        return float(f), (design.y - design.n * eta) / noise**2, design.n / noise**2
    small = np.exp(-np.abs(eta))
    p = np.where(eta >= 0, 1.0, small) / (1 + small)
    f = design.y @ eta - design.n @ (np.maximum(eta, 0) + np.log1p(small)) - prior
    return float(f), design.y - design.n * p, design.n * small / (1 + small) ** 2


def _squares_left(design: Design, eta: Floats) -> float:
    """Σ (answer - η)² over everybody."""
    return float((design.squares or 0.0) - 2 * design.y @ eta + design.n @ (eta * eta))


def _moved(
    design: Design, scale: Floats, base: Floats, noise: float | None, x: Floats, step: Floats, f: float, gain: float
) -> tuple[Floats, Floats, tuple[float, Floats, Floats]]:
    """The longest of the steps 1, ½, ¼ … that raises the joint density enough; f is concave, so there is one."""
    length = 1.0
    while True:
        moved = x + length * step
        eta = base + design.A @ (scale * moved)
        there = _joint(design, moved, eta, noise)
        if there[0] >= f + 1e-4 * length * gain - 1e-11 * abs(f) or length < 1e-6:
            return moved, eta, there
        length /= 2


@dataclass(frozen=True)
class Normal:
    """What the answers say of all effects, as if it were normal: products (slots,) of A'WA, linear (dim,)."""

    design: Design
    products: Floats
    linear: Floats

    def at(self, scale: Floats, wanted: Ints) -> tuple[Floats, Floats]:
        """Means and covariance of the effects wanted (some,), where the priors have those scales (dim,)."""
        peak = _peak(self.design, self.products, scale)
        units = (np.arange(len(scale))[:, None] == wanted) * scale[:, None]
        both = peak.solve_all(np.column_stack([units, scale * self.linear]))[wanted] * scale[wanted, None]
        return both[:, -1], (both[:, :-1] + both[:, :-1].T) / 2


def normal_at(design: Design, inner: Inner) -> Normal:
    """At v̂ and β̂, where there was no offset."""
    residual = _joint(design, inner.x, inner.eta, inner.noise)[1]
    return Normal(design, design.by_pair @ inner.w, design.A_T @ (inner.w * inner.eta + residual))


def _peak(design: Design, products: Floats, scale: Floats) -> Peak:
    """H = A'WA + prior precision, from one product a cell and pair of its groups."""
    big, size = design.big, len(scale) - design.big
    entries = products * scale[design.row] * scale[design.col]
    d = entries[:big] + design.precision[:big]  # the first slots are the largest factor with itself, in order
    within = design.row >= big
    across = ~within
    across[:big] = False
    B, C = np.zeros((big, size)), np.diag(design.precision[big:])
    B[design.row[across], design.col[across] - big] = entries[across]
    C[design.row[within] - big, design.col[within] - big] += entries[within]
    half = B / np.sqrt(d)[:, None]
    try:
        return Peak(d, B, linalg.cholesky(C - half.T @ half, check_finite=False))
    except linalg.LinAlgError:
        raise _astray() from None


def mean(design: Design, inner: Inner) -> Floats:
    """Posterior mean of (v, β) given σ, to the next order than its mode: x̂ - ½H⁻¹A'c (Tierney & Kadane 1986). A share
    near 0 or 1 leans, and its mode is further out than the answers say. (dim,)"""
    return inner.x - _pull(design, inner)[0] / 2


def slope(design: Design, inner: Inner, factors: int, wider: Floats | None = None) -> Floats:
    """Derivative of `Inner.value` by log σ_k: Σ v̂² - 1 + (H⁻¹)_jj - u_j·v̂_j over the factor's levels, each times
    σ² / (σ² + wider). (factors,)"""
    u, variances, _ = _pull(design, inner)
    v, own = inner.x, design.owner >= 0
    parts = v * v - 1 + variances - u * v
    if wider is not None:
        parts = parts * (1 - wider / inner.scale**2)
    return summed(design.owner[own], parts[own], factors)


def slope_of_noise(design: Design, inner: Inner) -> float:
    """Derivative of `Inner.value` by log φ: what is left of the squares, less the number of answers, plus what the
    effects use of them."""
    noise = inner.noise or 1.0
    left = _squares_left(design, inner.eta) / noise**2 - design.n.sum()
    return float(left + inner.w @ _variances(design, inner)[0])


def slope_of_offset(design: Design, inner: Inner, X: Floats) -> Floats:
    """Derivative of `Inner.value` by β where the offset is Xβ. (p,)"""
    u, _, c = _pull(design, inner)
    back = inner.scale[:, None] * (design.A_T @ (inner.w[:, None] * X))
    residual = _joint(design, inner.x, inner.eta, inner.noise)[1]
    return np.asarray(X.T @ residual - (X.T @ c - back.T @ u) / 2)


def _pull(design: Design, inner: Inner) -> tuple[Floats, Floats, Floats]:
    """How log|H| moves when η does: c = w'(η)·var(η) (cells,), w being the weights in H; u = H⁻¹A'c (dim,); and the
    diagonal of H⁻¹ (dim,). On a scale w is constant, and nothing moves."""
    variance, diagonal = _variances(design, inner)
    if inner.noise is not None:
        return np.zeros(len(diagonal)), diagonal, np.zeros(len(variance))
    c = inner.w * (1 - 2 * special.expit(inner.eta)) * variance
    return inner.peak.solve(inner.scale * (design.A_T @ c)), diagonal, c


def _variances(design: Design, inner: Inner) -> tuple[Floats, Floats]:
    """Var(η) of each cell (cells,), and the diagonal of H⁻¹ (dim,)."""
    big, scale = design.big, inner.scale
    first, across, rest = inner.peak.inverse()
    covariance = np.empty(len(design.row))
    covariance[:big] = first
    one, both = design.row < big, design.row >= big
    one[:big] = False
    covariance[one] = 2 * across[design.row[one], design.col[one] - big]
    covariance[both] = rest[design.row[both] - big, design.col[both] - big] * np.where(
        design.row[both] == design.col[both], 1, 2
    )
    variance = design.pairs @ (covariance * scale[design.row] * scale[design.col])
    return np.asarray(variance), np.concatenate([first, np.diag(rest)])
