"""Projects of one programme drawn towards each other, each kind of baseline apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import CannotEstimate
from ...programme import Rules
from ...stats.cells import Floats
from ...stats.meta import random_effects
from ...stats.shrinkage import Shrunken, shrink
from .pooling import LEAST, SCALE, pooled_row
from .verdicts import Chances

__all__ = ["pool_projects"]

Row = dict[str, Any]
_POOLED = ("before", "asked afterwards")
_KEPT = (
    "k", "pooled", "low", "high", "prediction_low", "prediction_high", "p_next_matters", "tau", "tau_low", "tau_high",
    "i2", "q", "q_p", "reml", "reml_low", "reml_high",
)  # fmt: skip
_HOW = (
    "true effects normal around a common average; half-normal(0.3) prior on how much they differ, by quadrature, "
    "central 95%; REML with Knapp and Hartung's interval as a check (CR2 by project where one has several results); "
    "only results with a standard error and of enough people to publish"
)


def pool_projects(rows: Sequence[Row], rules: Rules) -> list[Row]:
    """Rows of `pooled_effects`: for each kind of baseline all its results, and each family of instruments with enough
    of them. The rows of results that are pooled gain `shrunken`, its ends, and `_shrunken`, its chances."""
    pools: list[Row] = []
    for baseline in _POOLED:
        own = [row for row in rows if row["baseline"] == baseline and row.get("effect") is not None]
        if not own:
            continue
        usable = [
            row for row in own if row["se"] is not None and row["se"] > 0 and row["n"] >= rules.publish_at_least
        ]
        pools.append(_pool(baseline, None, usable, rules, drawn=True))
        families = dict.fromkeys(row["family"] for row in usable if row["family"])
        pools += [
            _pool(baseline, family, [row for row in usable if row["family"] == family], rules, drawn=False)
            for family in families
        ]
    return pools


def _pool(baseline: str, family: str | None, rows: list[Row], rules: Rules, *, drawn: bool) -> Row:
    head: Row = {"baseline": baseline, "family": family, "k": len(rows), "method": _HOW}
    if len(rows) < LEAST:
        return head | {"cannot_tell": f"only {len(rows)} with a standard error; at least {LEAST} are needed to "
                       "say how much projects differ"}  # fmt: skip
    effect, se = (np.array([row[key] for row in rows], np.float64) for key in ("effect", "se"))
    shrunken = shrink(effect, se, scale=SCALE)
    whose = np.unique([f"{row['source']} {row['project']}" for row in rows], return_inverse=True)[1]
    told = pooled_row(shrunken, effect, se, rules.effect_that_matters, whose)
    if drawn:
        _draw(rows, shrunken, rules)
    return head | {key: told[key] for key in _KEPT} | _comparison_adds(rows, effect, se)


def _draw(rows: list[Row], shrunken: Shrunken, rules: Rules) -> None:
    for row, each in zip(rows, shrunken.effects, strict=True):
        low, high = each.interval()
        row |= {"shrunken": each.mean, "shrunken_low": low, "shrunken_high": high}
        row["_shrunken"] = Chances.of(each.above, rules.effect_that_matters)


def _comparison_adds(rows: list[Row], effect: Floats, se: Floats) -> Row:
    """Whether projects with a comparison group show other effects than those without: what no comparison hides."""
    compared = np.array([row["level"] >= 2 for row in rows], np.float64)
    if len(rows) < 5 or min(compared.sum(), len(rows) - compared.sum()) < 2:
        return {}
    try:
        fit = random_effects(effect, se, moderators=compared[:, None], knapp_hartung=True)
    except CannotEstimate:
        return {}
    names = ("comparison_adds", "comparison_adds_low", "comparison_adds_high")
    return dict(zip(names, (float(part[1]) for part in (fit.beta, fit.low, fit.high)), strict=True))
