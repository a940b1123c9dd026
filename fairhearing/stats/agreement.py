"""How far people who code the same responses agree, beyond chance: Krippendorff's alpha and Cohen's kappa.

    α = 1 − D_o/D_e,   D_o = Σ_u Σ_{v≠w} n_uv·n_uw/(m_u − 1) / n,   D_e = Σ_{v≠w} n_v·n_w / (n·(n − 1))

n_uv: coders who gave response u the value v; m_u = Σ_v n_uv, and only responses with m_u ≥ 2 count; n_v, n: sums over
them (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"). Any number of coders, any of them missing
anywhere. Values are names: two are the same or they are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import BadInput
from .cells import Floats, Ints, summed
from .distributions import t_quantile

__all__ = ["Agreement", "alpha", "kappa", "tally"]

FEWEST = 10
"""Responses (or clusters) coded twice for an interval; with fewer, one response decides it."""


@dataclass(frozen=True)
class Agreement:
    """alpha: 1 is agreement, 0 chance, below 0 less than chance · n: responses coded at least twice · low, high: 95%
    · cannot_tell: why there is no alpha · no_interval: why there is none around it."""

    n: int
    alpha: float | None = None
    low: float | None = None
    high: float | None = None
    cannot_tell: str | None = None
    no_interval: str | None = None


def tally(unit: Ints, value: Ints, units: int, values: int) -> Floats:
    """(units, values) coders who gave each unit each value. unit, value: (codings,), numbered from 0."""
    return summed(unit * np.int64(values) + value, None, units * values).reshape(units, values)


def alpha(counts: Floats, clusters: Ints | None = None, *, level: float = 0.95) -> Agreement:
    """Krippendorff's alpha of names, with a jackknife interval. counts: (units, values) as `tally` makes them;
    clusters: (units,), such as who wrote the response.

    The interval is of log(D_o/D_e), t on clusters less one: it cannot pass 1, and its tails are those of a ratio.
    """
    twice = counts.sum(axis=1) >= 2
    kept = counts[twice]
    group = np.unique(np.arange(len(counts))[twice] if clusters is None else clusters[twice], return_inverse=True)[1]
    if not len(kept):
        return Agreement(0, cannot_tell="no response was coded by two people")
    apart, given = _disagreements(kept), kept.sum(axis=0)
    if np.count_nonzero(given) < 2:
        return Agreement(
            len(kept), cannot_tell="coders gave every response the same value, so chance explains it all"
        )
    ratio = float(_ratio(apart.sum(), given))
    if ratio == 0:
        return Agreement(len(kept), 1.0, no_interval="the coders never differed")
    G = int(group.max()) + 1
    if G < FEWEST:
        return Agreement(len(kept), 1 - ratio, no_interval=f"only {G} responses were coded twice")
    ends = _jackknife(apart, kept, group.reshape(-1), ratio, level)
    if ends is None:
        return Agreement(len(kept), 1 - ratio, no_interval="it rests on one response")
    return Agreement(len(kept), 1 - ratio, *ends)


def _disagreements(counts: Floats) -> Floats:
    """Pairs of coders who differ, over coders less one: (units,)."""
    m = counts.sum(axis=1)
    return (m**2 - (counts**2).sum(axis=1)) / (m - 1)


def _ratio(apart: Floats, given: Floats) -> Floats:
    """D_o/D_e of total disagreements (…,) and of how often each value was given (…, values)."""
    n = given.sum(axis=-1)
    return apart * (n - 1) / (n**2 - (given**2).sum(axis=-1))


def _jackknife(apart: Floats, counts: Floats, group: Ints, ratio: float, level: float) -> tuple[float, float] | None:
    """Ends of the interval of alpha, each cluster left out in turn; None where one decides whether any differ."""
    G = int(group.max()) + 1
    without = apart.sum() - summed(group, apart, G)
    values = np.column_stack([summed(group, column, G) for column in counts.T])
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(_ratio(without, counts.sum(axis=0) - values))
    if not np.all(np.isfinite(logs)):
        return None
    se = float(np.sqrt((G - 1) / G * ((logs - logs.mean()) ** 2).sum()))
    half = t_quantile(0.5 + level / 2, G - 1) * se
    return float(1 - ratio * np.exp(half)), float(1 - ratio * np.exp(-half))


def kappa(one: Ints, other: Ints) -> tuple[float, float] | None:
    """Cohen's kappa of two coders, unweighted, and its standard error (Fleiss, Cohen & Everitt 1969), beside which
    alpha can be read by those used to it. one, other: (units,) codes; None where neither ever varied."""
    if len(one) != len(other) or not len(one):
        raise BadInput("two coders must have coded the same responses", cure="give both codes of each response")
    codes = np.unique(np.concatenate([one, other]), return_inverse=True)[1].reshape(2, -1)
    values = int(codes.max()) + 1
    table = tally(codes[0], codes[1], values, values) / len(one)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    same, chance = float(np.trace(table)), float(rows @ columns)
    if chance == 1:
        return None
    margins = rows[None, :] + columns[:, None]  # of row j and column i, at (i, j)
    off = table * (1 - np.eye(values))
    on = np.diag(table) * ((1 - chance) - (rows + columns) * (1 - same)) ** 2
    total = on.sum() + (1 - same) ** 2 * (off * margins**2).sum() - (same * chance - 2 * chance + same) ** 2
    variance = max(float(total), 0.0) / (len(one) * (1 - chance) ** 4)
    return (same - chance) / (1 - chance), float(np.sqrt(variance))
