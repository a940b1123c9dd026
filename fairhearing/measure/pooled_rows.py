"""Rows of the pooled door: each domain's pooled figures beside its own, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ..stats.domains import Estimate
from ..stats.limited import Alike, Limits, widened
from ..stats.poststratification import Shares

__all__ = ["as_table", "direct_row", "pooled_rows"]

_FIGURES = (
    "direct", "direct_low", "direct_high", "estimate", "low", "high", "gap", "gap_low", "gap_high", "population",
)  # fmt: skip


def pooled_rows(
    direct: list[Estimate], shares: Shares, heard: Shares, share: bool, method: str
) -> list[dict[str, Any]]:
    """heard: the same shares by the model among the people heard, as many as they count as."""
    low, high = shares.interval()
    gaps = _gaps(shares)
    rows = []
    for k, alone in enumerate(direct):
        row = direct_row(alone) | {"population": float(shares.people[k])}
        if alone.n == 0 or not shares.people[k] > 0:
            row["method"] = "cannot tell: " + (
                "nobody answered" if alone.n == 0 else "nobody of it in the population"
            )
        else:
            moved = float(shares.estimate[k] - heard.estimate[k])
            ends = _limits((float(low[k]), float(high[k])), alone, moved, float(heard.people[k]), share, k == 0)
            row |= {"estimate": float(shares.estimate[k]), "low": ends.low, "high": ends.high}
            row |= _as_wide(gaps[k], ends)
            said = f"; {ends.words}" if ends.wider else ""
            row["method"] = f"{method}; direct: {alone.cannot_tell or alone.interval}{said}"
        rows.append(row)
    return rows


def _limits(
    ends: tuple[float, float], alone: Estimate, moved: float, people: float, share: bool, whole: bool
) -> Limits:
    """people: how many those heard count as · Everyone (`whole`) borrows from nobody."""
    if whole:
        return Limits(*ends)
    own = (alone.estimate, alone.low, alone.high)
    alike = None if alone.same is None else Alike(alone.same, min(people, alone.n_effective or people))
    return widened(ends, alone.n, own, share=share, moved=moved, alike=alike)


def _as_wide(gap: dict[str, float], ends: Limits) -> dict[str, float]:
    """Everyone else does not depend on the community's own effect alone, so its gap reaches as much further."""
    if not gap:
        return gap
    return gap | {"gap_low": gap["gap_low"] - ends.below, "gap_high": gap["gap_high"] + ends.above}


def direct_row(alone: Estimate) -> dict[str, Any]:
    return {"n": alone.n, "direct": alone.estimate, "direct_low": alone.low, "direct_high": alone.high}


def _gaps(shares: Shares) -> list[dict[str, float]]:
    """Each domain less everyone else in the population, draw by draw; empty where there is nobody else."""
    found: list[dict[str, float]] = [{}]
    for k in range(1, len(shares.people)):
        others = shares.people[0] - shares.people[k]
        if not (others > 0 and shares.people[k] > 0):
            found.append({})
            continue
        rest = (shares.draws[:, 0] * shares.people[0] - shares.draws[:, k] * shares.people[k]) / others
        gap = shares.draws[:, k] - rest
        low, high = np.quantile(gap, [0.025, 0.975])
        found.append({"gap": float(gap.mean()), "gap_low": float(low), "gap_high": float(high)})
    return found


def as_table(domains: list[str], rows: Sequence[dict[str, Any]]) -> pa.Table:
    head = {"domain": pa.array(domains, pa.string()), "n": pa.array([row["n"] for row in rows], pa.int64())}
    figures = {key: pa.array([row.get(key) for row in rows], pa.float64()) for key in _FIGURES}
    return pa.table(head | figures | {"method": pa.array([row["method"] for row in rows], pa.string())})
