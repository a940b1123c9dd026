"""Sampling columns → the design that standard errors need, for the stage and for the direct door alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ..stats.cells import Floats, Ints, labels_of
from ..stats.domains import how_varied
from ..stats.variance import Design, design
from ..stats.weights import Margin, contrasts

__all__ = ["alone", "sampled_design", "scores"]


def sampled_design(
    base: Floats,
    weights: Floats,
    domains: Sequence[tuple[Ints, int]],
    margins: Sequence[Margin],
    strata: pa.ChunkedArray | None,
    clusters: pa.ChunkedArray | None,
) -> tuple[Design, str]:
    """The design, and in words how its standard errors are made. The first domain is everyone.

    An empty stratum is a stratum of its own; somebody without a cluster is a cluster of their own.
    """
    stratum = None if strata is None else labels_of(strata)[0]
    cluster = None if clusters is None else labels_of(clusters)[0]
    if stratum is not None and not np.any(stratum >= 0):
        stratum = None
    if cluster is not None:
        cluster = alone(cluster) if np.any(cluster >= 0) else None
    made = design(
        weights,
        base=base,
        domains=[(np.zeros(len(weights), np.int8), 1), *domains],
        margins=[(margin.codes, len(margin.targets)) for margin in margins],
        held=contrasts(margins) if margins else None,
        strata=stratum,
        clusters=cluster,
    )
    words = how_varied(
        clusters=None if cluster is None else len(made.stratum_of_cluster),
        strata=None if stratum is None else made.strata,
        lonely=made.lonely,
        held="residuals from " + ", ".join(margin.name for margin in margins) if margins else "",
        weighted=len(base) > 0 and bool(np.ptp(base) > 0),
    )
    return made, words


def alone(cluster: Ints) -> Ints:
    """Whoever has no cluster (-1) becomes one of their own."""
    missing = cluster < 0
    return np.where(missing, int(cluster.max()) + np.cumsum(missing), cluster)


def scores(items: Sequence[Floats], turned: Sequence[float | None], at_least: int) -> Floats:
    """Mean of the items each person answered, not-a-number for fewer than `at_least`. items: each (rows,), untouched.

    turned: for a reversed item low + high, which its codes are taken from; None for the others.
    """
    total, answered = np.zeros(len(items[0])), np.zeros(len(items[0]), np.int16)
    for codes, turn in zip(items, turned, strict=True):
        given = ~np.isnan(codes)
        total += np.where(given, codes if turn is None else turn - codes, 0.0)
        answered += given
    return np.where(answered >= at_least, total / np.maximum(answered, 1), np.nan)
