"""Weighted responses → estimates and gaps, over communities and rounds; results of projects → effects; published
figures → funnels, shares with their unknown, series and disproportions.

`estimate_table`, `pool_table`, `evaluate_table`, `pool_effects_table` and the two of bounds are direct doors: one
file, no programme."""

from .bounds_door import bounds_table, published_bounds_table
from .columns import emptied
from .door import Wanted, estimate_table
from .evaluation import Asked, Evaluated, PooledEffects, evaluate_table, pool_effects_table
from .monitor_door import monitor_table
from .official import STAGE as OFFICIAL
from .pooled import Pooled, pool_table
from .projects import STAGE as EFFECTS
from .responses import STAGE as MEASURE
from .small import STAGE as SMALL

__all__ = [
    "STAGES", "Asked", "Evaluated", "Pooled", "PooledEffects", "Wanted", "bounds_table", "emptied", "estimate_table",
    "evaluate_table", "monitor_table", "pool_effects_table", "pool_table", "published_bounds_table",
]  # fmt: skip

STAGES = (MEASURE, SMALL, OFFICIAL, EFFECTS)
