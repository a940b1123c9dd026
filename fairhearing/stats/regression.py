"""Regression of a survey: weighted least squares and logistic, with the sandwich covariance of any design.

β solves Σ w·x·(y - μ(x'β)) = 0 (pseudo maximum likelihood; Binder 1983); its influences are A⁻¹x(y - μ) with
A = Σ w·μ'·xx', so its covariance comes from the same linearisation as every other statistic's (R `svyglm`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy import special

from ..errors import BadInput, CannotEstimate
from .calibration import scaled_inverse
from .cells import Floats, Ints
from .estimators import Estimator

__all__ = ["FAMILIES", "Fit", "Model", "model_of", "regression"]

FAMILIES = ("gaussian", "logistic")

_TIGHT = 1e-13
_STEPS = 60
_CERTAIN = 15.0
"""Below this log odds nobody's share is taken for 0 or 1."""
_SATURATED = 1e-12
"""A part of its weight that the bend of the likelihood keeps only where every share it is about is 0 or 1."""
_NUDGE = 1e-10  # keeps predictors that are nearly alike from being a matrix that cannot be divided by
_ALIKE = 1e-7
"""A predictor of which less than this part is its own says what the ones before it say (R's tolerance)."""
_BLOCK = 1 << 15


@dataclass(frozen=True)
class Model:
    """terms: p names, the intercept first · X: (rows, p), numbers less their middle, zero where something is missing
    · middle: (p,) what was taken off, so that years or amounts far from zero cancel nothing · complete: (rows,)."""

    terms: tuple[str, ...]
    X: Floats
    middle: Floats
    complete: Ints


@dataclass(frozen=True)
class Fit:
    """estimator: the coefficients of `kept`, for any covariance · kept: positions of the terms that have a
    coefficient · dropped: positions of those that say only what earlier ones say · counted: (rows,) used."""

    estimator: Estimator
    kept: tuple[int, ...]
    dropped: tuple[int, ...]
    counted: Ints

    @property
    def coefficients(self) -> Floats:
        return self.estimator.full


Predictor = tuple[str, Floats | Ints, Sequence[str] | None]


def model_of(predictors: Sequence[Predictor], rows: int) -> Model:
    """Design matrix with an intercept. Each predictor: name, values (rows,), None for a number, not-a-number where
    missing; or codes (rows,) 0 … L-1, L where missing, and its L levels in order: a column for each but the first."""
    complete = np.ones(rows, bool)
    for name, values, levels in predictors:
        complete &= ~np.isnan(values) if levels is None else values < len(levels)
        if levels is not None and len(levels) < 2:
            raise CannotEstimate(f"everybody has the same {name}, so nothing can be told of it", cure="leave it out")
    terms = ["(intercept)", *(term for predictor in predictors for term in _terms(predictor))]
    X, middle = np.empty((rows, len(terms))), np.zeros(len(terms))
    X[:, 0] = complete
    at = 1
    for _, values, levels in predictors:
        if levels is None and complete.any():
            given = values[complete]
            middle[at] = given[0] if np.ptp(given) == 0 else given.mean()
        for level in range(1, 2 if levels is None else len(levels)):
            X[:, at] = np.where(complete, values - middle[at] if levels is None else values == level, 0.0)
            at += 1
    return Model(tuple(terms), X, middle, complete)


def _terms(predictor: Predictor) -> list[str]:
    name, _, levels = predictor
    return [name] if levels is None else [f"{name} {level}" for level in levels[1:]]


def regression(y: Floats, model: Model, weights: Floats, inside: Ints, family: str) -> Fit:
    """Coefficients among the rows inside that have an answer and every predictor.

    y: (rows,) numbers; 0 and 1 where logistic · weights, inside: (rows,). Raises CannotEstimate where nobody or too
    few are left, all gave the same answer, or predictors tell every answer apart (separation), naming the term.
    """
    if family not in FAMILIES:
        raise BadInput(f"there is no family {family!r}", cure=f"choose one of {', '.join(FAMILIES)}")
    here = inside & model.complete & ~np.isnan(y) & (weights != 0)
    _enough(y[here], model, family)
    # mostly everybody: a weight of zero instead of a copy of the matrix without them
    at = slice(None) if here.mean() > 0.5 else here
    X, answer = model.X[at], np.where(here, y, 0.0)[at]

    def own(w: Floats) -> Floats:
        return np.where(here, w, 0.0)[at]

    kept = _told_apart(X, np.sqrt(np.abs(own(weights))))
    if len(kept) < X.shape[1]:
        X = X[:, kept]
    names = [model.terms[k] for k in kept]
    logistic = family == "logistic"
    back = np.eye(len(kept))  # from coefficients of numbers less their middle to those of the numbers
    back[0, 1:] = -model.middle[kept[1:]]
    beta, bread = _fitted(X, answer, own(weights), logistic, names, None)

    def point(w: Floats) -> Floats:
        if _smallest(_gram(X, own(w))) < _ALIKE**2:  # who told a predictor from the others is not in this replicate
            return np.full(len(beta), np.nan)
        return np.asarray(back @ _fitted(X, answer, own(w), logistic, names, beta)[0])

    def columns() -> Iterator[Floats]:
        residual = np.where(here[at], answer - _mean(X @ beta, logistic), 0.0)
        for j in range(X.shape[1]):
            column = np.zeros(len(y))
            column[at] = X[:, j] * residual
            yield column

    dropped = tuple(sorted(set(range(len(model.terms))) - set(kept)))
    return Fit(Estimator(back @ beta, point, columns, back @ bread), tuple(kept), dropped, here)


def _enough(answer: Floats, model: Model, family: str) -> None:
    if len(answer) <= len(model.terms):
        raise CannotEstimate(
            f"{len(answer) or 'nobody'} answered everything, too few for {len(model.terms)} coefficients",
            cure="leave predictors out, or join small categories",
        )
    if np.ptp(answer) == 0:
        raise CannotEstimate("everyone gave the same answer, so nothing explains it", cure="choose another item")
    if family == "logistic" and not np.isin(answer, (0.0, 1.0)).all():
        raise CannotEstimate("a logistic regression needs answers of 0 and 1", cure="choose --family gaussian")


def _told_apart(X: Floats, root: Floats) -> list[int]:
    """Positions of the columns that are no combination of earlier ones. X: (n, p) · root: (n,) of the weights."""
    triangle = np.zeros((0, X.shape[1]))
    for at in range(0, len(X), _BLOCK):
        block = X[at : at + _BLOCK] * root[at : at + _BLOCK, None]
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, block]), mode="r"))
    size = np.sqrt(np.sum(triangle**2, axis=0))
    kept = list(range(X.shape[1]))
    while kept:
        own = np.abs(np.diag(np.linalg.qr(triangle[:, kept], mode="r")))
        alike = np.flatnonzero(~(own > _ALIKE * size[kept]))
        if not len(alike):
            break
        del kept[int(alike[0])]
    return kept


def _mean(eta: Floats, logistic: bool) -> Floats:
    return np.asarray(special.expit(eta)) if logistic else eta


def _fitted(
    X: Floats, y: Floats, weights: Floats, logistic: bool, names: Sequence[str], start: Floats | None
) -> tuple[Floats, Floats]:
    """β and A⁻¹, by Newton's method until a step no longer changes β; the score, not A, decides where it ends."""
    beta = np.zeros(X.shape[1]) if start is None else start
    unit = np.sqrt(np.einsum("ij,ij->j", X, X) / len(X))
    fit = _objective(X, y, weights, beta, logistic)
    for _ in range(_STEPS):
        mu = _mean(X @ beta, logistic)
        inverse = scaled_inverse(_gram(X, weights * mu * (1 - mu) if logistic else weights))
        change = inverse @ (X.T @ (weights * (y - mu)))
        moved, after = _nearer(X, y, weights, beta, change, fit, logistic)
        size = float(np.max(np.abs(moved - beta) * unit))
        beta, fit = moved, after
        if size <= _TIGHT * max(1.0, float(np.max(np.abs(beta) * unit))):
            break
    if logistic and _flat(X, weights, beta):
        raise _separated(X, beta, names)
    return beta, inverse


def _flat(X: Floats, weights: Floats, beta: Floats) -> bool:
    """Whether some combination of predictors moves nobody's share: all it concerns have come to 0 or 1."""
    eta = X @ beta
    if float(np.max(np.abs(eta))) < _CERTAIN:
        return False
    mu, size = _mean(eta, True), np.abs(weights)
    return _smallest(_gram(X, size * mu * (1 - mu)), _gram(X, size)) < _SATURATED


def _smallest(bend: Floats, whole: Floats | None = None) -> float:
    """Smallest eigenvalue of (p, p) as a part of `whole`, else of its own diagonal; 0 where that has a zero."""
    size = np.diag(bend if whole is None else whole)
    if not np.all(size > 0):
        return 0.0
    units = np.outer(1 / np.sqrt(size), 1 / np.sqrt(size))
    of = None if whole is None else whole * units + _NUDGE * np.eye(len(units))
    return float(scipy.linalg.eigh(bend * units, of, eigvals_only=True)[0])


def _objective(X: Floats, y: Floats, weights: Floats, beta: Floats, logistic: bool) -> float:
    """Minus twice the weighted log likelihood (of a normal: the weighted sum of squares)."""
    eta = X @ beta
    if logistic:
        return float(2 * weights @ (np.logaddexp(0.0, eta) - y * eta))
    return float(weights @ (y - eta) ** 2)


def _nearer(
    X: Floats, y: Floats, weights: Floats, beta: Floats, change: Floats, fit: float, logistic: bool
) -> tuple[Floats, float]:
    """A whole step, or a half of one, and so on, until the fit is not worse than rounding makes it."""
    length = 1.0
    while length > 1e-6:
        moved = beta + length * change
        after = _objective(X, y, weights, moved, logistic)
        if after <= fit + 1e-10 * (abs(fit) + 1e-300):
            return moved, after
        length /= 2
    return beta, fit


def _gram(X: Floats, weights: Floats) -> Floats:
    """Σ w·xx' in blocks that stay in a processor's cache."""
    total = np.zeros((X.shape[1], X.shape[1]))
    for at in range(0, len(X), _BLOCK):
        block = X[at : at + _BLOCK]
        total += block.T @ (block * weights[at : at + _BLOCK, None])
    return total


def _separated(X: Floats, beta: Floats, names: Sequence[str]) -> CannotEstimate:
    reach = np.abs(beta) * np.ptp(X, axis=0)
    name = names[int(np.argmax(reach))] if reach.any() else names[0]
    return CannotEstimate(
        f"among {name} and what it is compared with, answers of 1 and of 0 are told apart without exception "
        "(separation): its coefficient has no bound",
        cure="join categories, leave this predictor out, or ask more people",
    )
