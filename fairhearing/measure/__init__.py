"""Weighted responses → estimates and gaps, over communities and rounds; results of projects → effects.

`estimate_table` and `pool_table` are direct doors: the same arithmetic on one file, no programme needed.
"""

from .door import estimate_table
from .pooled import Pooled, pool_table
from .projects import STAGE as EFFECTS
from .responses import STAGE as MEASURE

__all__ = ["STAGES", "Pooled", "estimate_table", "pool_table"]

STAGES = (MEASURE, EFFECTS)
