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
from ...stats.cells import Floats
from ...stats.meta import random_effects
from ...stats.shrinkage import PRIORS, Shrunken, shrink
from ..columns import categories, numbers, texts

__all__ = ["LEAST", "SCALE", "PooledEffects", "pool_effects_table", "pooled_row"]

Row = dict[str, Any]
SCALE = 0.3
"""Of the half-normal prior of τ, in standard deviations."""
LEAST = 3
"""Results below which nothing is pooled in a programme: two cannot say how much results differ."""


@dataclass(frozen=True)
class PooledEffects:
    """rows: a result each, its own figures and drawn towards the others · pools: one for each baseline kind ·
    moderators: what goes with larger effects · set_aside: rows not used."""

    rows: list[Row]
    pools: list[Row]
    moderators: list[Row]
    set_aside: list[Row]
    method: str


def pooled_row(shrunken: Shrunken, effect: Floats, se: Floats, matters: float | None = None) -> Row:
    """The average, heterogeneity and prediction, Bayesian first, REML with Knapp-Hartung beside it."""
    check = random_effects(effect, se, knapp_hartung=True)
    low, high = shrunken.mu.interval()
    ahead = shrunken.new.interval()
    return {
        "k": len(effect), "pooled": shrunken.mu.mean, "low": low, "high": high, "prediction_low": ahead[0],
        "prediction_high": ahead[1], "tau": shrunken.tau_mean, "tau_low": shrunken.tau_quantile(0.025),
        "tau_high": shrunken.tau_quantile(0.975), "i2": check.I2, "q": check.Q, "q_p": check.Q_p,
        "tau2_reml": check.tau2, "reml": float(check.beta[0]), "reml_low": float(check.low[0]),
        "reml_high": float(check.high[0]),
        "p_next_matters": None if matters is None else shrunken.new.above(matters),
    }  # fmt: skip


def pool_effects_table(
    table: pa.Table, *, effect: str, se: str, study: str | None = None, baseline: str | None = None,
    moderators: Sequence[str] = (), prior: str = "half-normal", scale: float = SCALE, matters: float | None = None,
    where: str = "",
) -> PooledEffects:  # fmt: skip
    """One row a result. baseline: a column of kinds of baseline, pooled apart. scale: of the prior, in the effects'
    unit. Raises BadInput for unknown columns, CannotEstimate for too few results."""
    if prior not in PRIORS:
        raise BadInput(f"there is no prior {prior!r}", where=where, cure=f"choose one of {', '.join(PRIORS)}")
    y, s = numbers(table, effect, where), numbers(table, se, where)
    names = [str(n) for n in range(1, len(y) + 1)] if study is None else texts(table, study, where).to_pylist()
    usable = np.isfinite(y) & np.isfinite(s) & (s > 0)
    kinds, kind = ([""], np.zeros(len(y), np.int64)) if baseline is None else categories(table, baseline, where)
    usable &= kind < len(kinds)
    set_aside = [{"row": int(at) + 1, "reason": "no effect, no standard error above 0, or no kind of baseline"}
                 for at in np.flatnonzero(~usable)]  # fmt: skip
    rows: list[Row] = []
    pools, told = [], []
    for code, name in enumerate(kinds):
        here = usable & (kind == code)
        if not here.any():
            continue
        pools.append({"baseline": name or None, **_pool(y[here], s[here], prior, scale, matters, rows, [
            {"study": names[at], "baseline": name or None} for at in np.flatnonzero(here)])})  # fmt: skip
        told += [{"baseline": name or None, **row} for row in _moderators(table, moderators, y, s, here, where)]
    return PooledEffects(rows, pools, told, set_aside, _method(prior, scale))


def _pool(
    y: Floats, s: Floats, prior: str, scale: float, matters: float | None, rows: list[Row], names: list[Row]
) -> Row:
    """The pool's row; its results' are added to `rows`."""
    try:
        shrunken = shrink(y, s, prior=prior, scale=scale)
        pool = pooled_row(shrunken, y, s, matters)
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


def _moderators(
    table: pa.Table, names: Sequence[str], y: Floats, s: Floats, here: np.ndarray, where: str
) -> list[Row]:
    """Meta-regression on each moderator alone (REML, Knapp-Hartung): few results bear no more at once."""
    told = []
    for name in names:
        x = numbers(table, name, where)
        known = here & np.isfinite(x)
        row: Row = {"moderator": name, "k": int(known.sum())}
        try:
            fit = random_effects(y[known], s[known], moderators=x[known][:, None], knapp_hartung=True)
            told.append(row | {"slope": float(fit.beta[1]), "low": float(fit.low[1]), "high": float(fit.high[1]),
                               "tau2_left": fit.tau2, "cannot_tell": None})  # fmt: skip
        except CannotEstimate as error:
            told.append(
                row | {"slope": None, "low": None, "high": None, "tau2_left": None, "cannot_tell": error.what}
            )
    return told


def _method(prior: str, scale: float) -> str:
    words = prior if prior == "flat" else f"{prior}({scale:g})"
    return (
        f"effects normal around a common average, {words} prior on how much they differ, flat on the average; "
        "posterior by quadrature, 95% intervals; reml: restricted maximum likelihood with Knapp and Hartung's "
        "interval, as a check"
    )
