"""Results of several projects as one: what is common to them, how much they differ, each drawn towards the others.

The verdict of each rests on the Bayesian model (half-normal on how much projects differ); `metafor`'s REML with Knapp
and Hartung's interval stands beside it as a check. Results whose baseline was asked before and those whose baseline
was asked afterwards are never pooled together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ...errors import BadInput, CannotEstimate
from ...stats.cells import Floats, Ints
from ...stats.clustered import coefficient
from ...stats.meta import random_effects
from ...stats.shrinkage import PRIORS, Shrunken, shrink
from ..columns import categories, numbers, texts
from .covariates import covariates_in

__all__ = ["LEAST", "SCALE", "PooledEffects", "pool_effects_table", "pooled_row"]

Row = dict[str, Any]
SCALE = 0.3
"""Of the half-normal prior of τ, in standard deviations."""
LEAST = 3
"""Results below which nothing is pooled in a programme: two cannot say how much results differ."""


@dataclass(frozen=True)
class PooledEffects:
    """rows: a result each, its own figures and drawn towards the others · pools: one for each baseline kind ·
    moderators: what goes with larger effects · set_aside: rows not used · notes: how the file was understood."""

    rows: list[Row]
    pools: list[Row]
    moderators: list[Row]
    set_aside: list[Row]
    method: str
    notes: list[str]


def pooled_row(
    shrunken: Shrunken, effect: Floats, se: Floats, matters: float | None = None, groups: Ints | None = None
) -> Row:
    """The average, heterogeneity and prediction, Bayesian first, REML with Knapp-Hartung beside it. groups: whose
    result each is; where one has several, the check's interval is CR2 by group, since they are no separate news."""
    check = random_effects(effect, se, knapp_hartung=True)
    check_ends: tuple[float | None, float | None] = float(check.low[0]), float(check.high[0])
    if groups is not None and len(np.unique(groups)) < len(groups):
        check_ends = _by_group(effect, se, check.tau2, groups)
    low, high = shrunken.mu.interval()
    ahead = shrunken.new.interval()
    return {
        "k": len(effect), "pooled": shrunken.mu.mean, "low": low, "high": high, "prediction_low": ahead[0],
        "prediction_high": ahead[1], "tau": shrunken.tau_mean, "tau_low": shrunken.tau_quantile(0.025),
        "tau_high": shrunken.tau_quantile(0.975), "i2": check.I2, "q": check.Q, "q_p": check.Q_p,
        "tau2_reml": check.tau2, "reml": float(check.beta[0]), "reml_low": check_ends[0], "reml_high": check_ends[1],
        "p_next_matters": None if matters is None else shrunken.new.above(matters),
    }  # fmt: skip


def _by_group(effect: Floats, se: Floats, tau2: float, groups: Ints) -> tuple[float | None, float | None]:
    """Interval of the average with results of one group allowed to be alike (Hedges, Tipton & Johnson 2010; CR2)."""
    ones = np.ones((len(effect), 1))
    try:
        return coefficient(ones, effect, np.ones(1), clusters=groups, weights=1 / (se**2 + tau2)).interval()
    except CannotEstimate:
        return None, None


def pool_effects_table(
    table: pa.Table, *, effect: str, se: str | None = None, variance: str | None = None,
    study: str | None = None, baseline: str | None = None, moderators: Sequence[str] = (), prior: str = "half-normal",
    scale: float = SCALE, matters: float | None = None, where: str = "",
) -> PooledEffects:  # fmt: skip
    """One row a result, with its standard error or its variance. baseline: a column of kinds of baseline, pooled
    apart. study: whose result it is; where one has several they are allowed to be alike in the check. scale: of the
    prior, in the effects' unit. Raises BadInput for unknown columns, CannotEstimate for too few results."""
    if prior not in PRIORS:
        raise BadInput(f"there is no prior {prior!r}", where=where, cure=f"choose one of {', '.join(PRIORS)}")
    y, s = numbers(table, effect, where), _errors(table, se, variance, where)
    names = [str(n) for n in range(1, len(y) + 1)] if study is None else texts(table, study, where).to_pylist()
    usable = np.isfinite(y) & np.isfinite(s) & (s > 0)
    kinds, kind = ([""], np.zeros(len(y), np.int64)) if baseline is None else categories(table, baseline, where)
    usable &= kind < len(kinds)
    set_aside = [{"row": int(at) + 1, "reason": "no effect, no standard error above 0, or no kind of baseline"}
                 for at in np.flatnonzero(~usable)]  # fmt: skip
    rows: list[Row] = []
    pools, told = [], []
    groups = None if study is None else np.unique([name or "" for name in names], return_inverse=True)[1]
    for code, name in enumerate(kinds):
        here = usable & (kind == code)
        if not here.any():
            continue
        pools.append({"baseline": name or None, **_pool(y[here], s[here], prior, scale, matters, rows, [
            {"study": names[at], "baseline": name or None} for at in np.flatnonzero(here)],
            None if groups is None else groups[here])})  # fmt: skip
        told += [{"baseline": name or None, **row} for row in _moderators(table, moderators, y, s, here, where)]
    several = 0 if groups is None else int((np.bincount(groups[usable]) > 1).sum())
    notes = [] if not several else [
        f"{several} of {study} have several results: the average and its interval take them as separate news; the "
        "interval of the check does not (CR2 by group), so believe the wider"
    ]  # fmt: skip
    return PooledEffects(rows, pools, told, set_aside, _method(prior, scale), notes)


_VARIANCES = ("v", "vi", "var", "variance", "vg", "sampling variance")


def _errors(table: pa.Table, se: str | None, variance: str | None, where: str) -> Floats:
    if (se is None) == (variance is None):
        raise BadInput("name how sure each result is, once", where=where, cure="--se COLUMN, or --variance COLUMN")
    if variance is not None:
        v = numbers(table, variance, where)
        return np.sqrt(np.where(v > 0, v, np.nan))
    if str(se).casefold().replace("_", " ") in _VARIANCES:
        raise BadInput(f"{se!r} is what variances are called, not standard errors", where=where,
                       cure=f"--variance {se}; should it hold standard errors, call it so")  # fmt: skip
    return numbers(table, str(se), where)


def _pool(
    y: Floats, s: Floats, prior: str, scale: float, matters: float | None, rows: list[Row], names: list[Row],
    groups: Ints | None = None,
) -> Row:  # fmt: skip
    """The pool's row; its results' are added to `rows`."""
    try:
        shrunken = shrink(y, s, prior=prior, scale=scale)
        pool = pooled_row(shrunken, y, s, matters, groups)
    except CannotEstimate as error:
        rows += [name | _own(y[at], s[at]) | {"cannot_tell": error.what} for at, name in enumerate(names)]
        return {"k": len(y), "cannot_tell": error.what}
    for at, name in enumerate(names):
        each = shrunken.effects[at]
        low, high = each.interval()
        drawn = {"shrunken": each.mean, "shrunken_sd": each.sd, "shrunken_low": low,
                 "shrunken_median": each.quantile(0.5), "shrunken_high": high,
                 "p_above_0": each.above(0.0)}  # fmt: skip
        chance = {} if matters is None else {"p_matters": each.above(matters)}
        rows.append(name | _own(y[at], s[at]) | drawn | chance | {"cannot_tell": None})
    return pool | {"cannot_tell": None}


def _own(effect: float, se: float) -> Row:
    return {"effect": float(effect), "se": float(se), "low": float(effect - 1.959963984540054 * se),
            "high": float(effect + 1.959963984540054 * se)}  # fmt: skip


_NO_SLOPE: Row = {"slope": None, "low": None, "high": None, "tau2_left": None}


def _moderators(
    table: pa.Table, names: Sequence[str], y: Floats, s: Floats, here: np.ndarray, where: str
) -> list[Row]:
    """Meta-regression on each moderator alone (REML, Knapp-Hartung): few results bear no more at once. Of words,
    each against the first."""
    told: list[Row] = []
    for name in names:
        x, labels = covariates_in(table, [name], where)
        known = here & np.isfinite(x).all(axis=1)
        differs = np.ptp(x[known], axis=0) > 0 if known.any() else np.zeros(len(labels), bool)
        row: Row = {"moderator": name, "k": int(known.sum())}
        try:
            fit = random_effects(y[known], s[known], moderators=x[known][:, differs], knapp_hartung=True)
            told += [row | {"moderator": label, "slope": float(fit.beta[at]), "low": float(fit.low[at]),
                            "high": float(fit.high[at]), "tau2_left": fit.tau2, "cannot_tell": None}
                     for at, label in enumerate(np.array(labels)[differs].tolist(), 1)]  # fmt: skip
            told += [] if differs.any() else [row | _NO_SLOPE | {"cannot_tell": "it does not vary"}]
        except CannotEstimate as error:
            told.append(row | _NO_SLOPE | {"cannot_tell": error.what})
    return told


def _method(prior: str, scale: float) -> str:
    words = prior if prior == "flat" else f"{prior}({scale:g})"
    return (
        f"effects normal around a common average, {words} prior on how much they differ, flat on the average; "
        "posterior by quadrature, 95% intervals; reml: restricted maximum likelihood with Knapp and Hartung's "
        "interval, as a check"
    )
