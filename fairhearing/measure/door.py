"""The direct door: one file, one column, one table of estimates. No programme folder, the same arithmetic."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..stats import variance
from ..stats.domains import Estimate, estimate_of
from ..stats.variance import Means, domain_means, partition_totals
from ..stats.weights import rake, scaled
from .columns import answers, categories, numbers, texts
from .margins_file import margins_from
from .sampling import sampled_design

__all__ = ["estimate_table"]


def estimate_table(
    table: pa.Table,
    *,
    item: str,
    by: str | None,
    margins: pa.Table | None,
    weights: str | None = None,
    strata: str | None = None,
    cluster: str | None = None,
    where: str,
) -> pa.Table:
    """Weighted mean of `item` for everyone and for each value of `by`; a share where every answer is 0 or 1.

    table: one row a person, columns of text or numbers · margins: columns characteristic, category and people (or as
    `margins_file` says), to which the weights are raked · where: the file's name, for errors.
    Returns domain, n, n_effective, estimate, se, low, high, method; where nothing can be told the numbers are null
    and `method` says why. People sampled at random are assumed, since a file cannot say how they came to answer.
    Raises BadInput (a column or category that is not there, text where a number belongs) and CannotEstimate.
    """
    y, counted = answers(table, item, where)
    base = np.ones(len(y)) if weights is None else numbers(table, weights, where)
    base = scaled(base, where=where if weights is None else f"{where}, column {weights}")
    targets = [] if margins is None else margins_from(table, margins, base, where)
    weighted = rake(base, targets, where=where).weights
    labels, codes = ([], np.zeros(len(y), np.int16)) if by is None else categories(table, by, where)
    sampling = [None if name is None else texts(table, name, where) for name in (strata, cluster)]
    final = scaled(weighted, where=where)
    design, how = sampled_design(base, final, [(codes, len(labels) + 1)], targets, *sampling)
    summary = variance.answers(design, y)
    given = y[~np.isnan(y)]
    share = bool(len(given)) and bool(np.isin(given, (0.0, 1.0)).all())
    everyone = domain_means(partition_totals(design, summary, 0), np.ones((1, 1)))
    parts = domain_means(partition_totals(design, summary, 1), np.eye(len(labels) + 1)[: len(labels)])
    span = float(np.ptp(given)) if len(given) else 1.0
    found = [_one(everyone, 0, share, span), *(_one(parts, k, share, span) for k in range(len(labels)))]
    return _as_table(
        ["everyone", *labels], found, f"weighted {'share' if share else 'mean'} of {item}{counted}; {how}"
    )


def _one(means: Means, at: int, share: bool, span: float) -> Estimate:
    return estimate_of(means, at, share=share, sampled=True, span=span)


def _as_table(domains: list[str], found: list[Estimate], how: str) -> pa.Table:
    figures = ("n_effective", "estimate", "se", "low", "high")
    columns = {key: pa.array([getattr(each, key) for each in found], pa.float64()) for key in figures}
    methods = [
        f"{how}; {each.interval}" if not each.cannot_tell else f"cannot tell: {each.cannot_tell}" for each in found
    ]
    head = {"domain": pa.array(domains, pa.string()), "n": pa.array([each.n for each in found], pa.int64())}
    return pa.table(head | columns | {"method": pa.array(methods, pa.string())})
