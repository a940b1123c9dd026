"""Several results as one: random effects, how much they differ, and what another project might find.

y_i ~ N(x_i'β + u_i, v_i), u_i ~ N(0, τ²), as R `metafor::rma` (Viechtbauer 2010). v_i: the squared standard errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput, CannotEstimate
from .cells import Floats
from .distributions import chi2_above, normal_quantile, t_quantile

__all__ = ["METHODS", "Pool", "checked", "random_effects"]

METHODS = ("REML", "DL")
_TIGHT = 1e-12
_STEPS = 1000


@dataclass(frozen=True)
class Pool:
    """k results, p coefficients. beta, se, low, high: (p,) · tau2: variance between results, beyond chance, with its
    standard error · I2: percentage of the differences that is more than chance · H2 · Q: Cochran's, on `df`, with its
    p · shrunken, shrunken_se: (k,) of each result, drawn towards what its like found · prediction: where the true
    effect of one more result like them (all moderators 0) lies · knapp_hartung: whether the t of Knapp and Hartung is
    used."""

    k: int
    beta: Floats
    se: Floats
    low: Floats
    high: Floats
    tau2: float
    tau2_se: float
    I2: float
    H2: float
    Q: float
    df: int
    Q_p: float
    shrunken: Floats
    shrunken_se: Floats
    prediction: tuple[float, float]
    knapp_hartung: bool


def random_effects(
    effect: Floats, se: Floats, *, moderators: Floats | None = None, method: str = "REML",
    knapp_hartung: bool = False, level: float = 0.95,
) -> Pool:  # fmt: skip
    """effect, se: (k,) · moderators: (k, p-1) without the intercept. Raises BadInput for standard errors that are not
    above 0, CannotEstimate for no more results than coefficients and for moderators that cannot be told apart."""
    y, v = checked(effect, se)
    if method not in METHODS:
        raise BadInput(f"there is no way {method!r} to pool", cure=f"choose one of {', '.join(METHODS)}")
    X = np.column_stack([np.ones(len(y)), *([] if moderators is None else [moderators])])
    k, p = X.shape
    if k <= p or np.linalg.matrix_rank(X) < p:
        raise CannotEstimate(
            f"{k} results cannot tell {p} coefficients apart", cure="pool more results, or leave a moderator out"
        )
    fixed = _projection(X, 1 / v)
    Q = float(y @ fixed @ y)
    tau2 = _reml(X, y, v) if method == "REML" else max(0.0, (Q - (k - p)) / float(np.trace(fixed)))
    w = 1 / (v + tau2)
    P = _projection(X, w)
    covariance = np.linalg.inv((X * w[:, None]).T @ X)
    beta = covariance @ (X.T @ (w * y))
    if knapp_hartung:
        covariance = covariance * float(y @ P @ y) / (k - p)
    z = t_quantile(0.5 + level / 2, k - p) if knapp_hartung else normal_quantile(0.5 + level / 2)
    own = np.sqrt(np.diag(covariance))
    within = (k - p) / float(np.trace(fixed))
    drawn = tau2 / (tau2 + v)
    fitted_variance = np.einsum("ij,jk,ik->i", X, covariance, X)
    ahead = z * math.sqrt(float(covariance[0, 0]) + tau2)
    return Pool(
        k=k, beta=beta, se=own, low=beta - z * own, high=beta + z * own, tau2=tau2,
        tau2_se=_tau2_error(method, fixed, P, tau2, k - p), I2=100 * tau2 / (within + tau2), H2=tau2 / within + 1,
        Q=Q, df=k - p, Q_p=chi2_above(Q, k - p), shrunken=drawn * y + (1 - drawn) * (X @ beta),
        shrunken_se=np.sqrt(drawn * v + (1 - drawn) ** 2 * fitted_variance),
        prediction=(float(beta[0]) - ahead, float(beta[0]) + ahead), knapp_hartung=knapp_hartung,
    )  # fmt: skip


def checked(effect: Floats, se: Floats) -> tuple[Floats, Floats]:
    """Effects and sampling variances, both (k,) and usable."""
    y, s = np.asarray(effect, np.float64), np.asarray(se, np.float64)
    if y.shape != s.shape or y.ndim != 1 or not np.isfinite(y).all() or not (np.isfinite(s) & (s > 0)).all():
        raise BadInput("each result needs an effect and a standard error above 0", cure="leave out those without")
    return y, s**2


def _projection(X: Floats, w: Floats) -> Floats:
    """W - WX(X'WX)⁻¹X'W."""
    wx = X * w[:, None]
    return np.asarray(np.diag(w) - wx @ np.linalg.solve(wx.T @ X, wx.T))


def _reml(X: Floats, y: Floats, v: Floats) -> float:
    """Fisher scoring, halving a step that would leave 0 or make the fit worse."""
    tau2 = max(0.0, float(np.var(y, ddof=1) - np.mean(v)))
    fit = _restricted(X, y, v, tau2)
    for _ in range(_STEPS):
        P = _projection(X, 1 / (v + tau2))
        Py = P @ y
        step = (float(Py @ Py) - float(np.trace(P))) / float(np.sum(P * P))
        moved = max(0.0, tau2 + step)
        after = _restricted(X, y, v, moved)
        while after < fit - 1e-12 * abs(fit) and abs(moved - tau2) > _TIGHT * (tau2 + float(v.min())):
            moved = (moved + tau2) / 2
            after = _restricted(X, y, v, moved)
        if abs(moved - tau2) <= _TIGHT * (moved + float(np.mean(v))):
            return moved
        tau2, fit = moved, after
    raise CannotEstimate("how much the results differ was not found", cure="look for a result far from all others")


def _restricted(X: Floats, y: Floats, v: Floats, tau2: float) -> float:
    """The restricted log likelihood, less a constant."""
    w = 1 / (v + tau2)
    gram = (X * w[:, None]).T @ X
    return float(0.5 * (np.sum(np.log(w)) - np.linalg.slogdet(gram)[1] - y @ _projection(X, w) @ y))


def _tau2_error(method: str, fixed: Floats, P: Floats, tau2: float, df: int) -> float:
    if method == "REML":
        return math.sqrt(2 / float(np.sum(P * P)))
    trace = float(np.trace(fixed))
    return math.sqrt(2 * df + 4 * tau2 * trace + 2 * tau2**2 * float(np.sum(fixed * fixed))) / trace
