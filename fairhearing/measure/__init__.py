"""Weighted responses → estimates and gaps, over communities and rounds; results of projects → effects.

`estimate_table`, `pool_table` and `bounds_table` are direct doors: one file, no programme.
"""

from .bounds_door import bounds_table
from .door import Wanted, estimate_table
from .pooled import Pooled, pool_table
from .projects import STAGE as EFFECTS
from .responses import STAGE as MEASURE

__all__ = ["STAGES", "Pooled", "Wanted", "bounds_table", "estimate_table", "pool_table"]

STAGES = (MEASURE, EFFECTS)
