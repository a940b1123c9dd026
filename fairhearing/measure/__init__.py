"""Weighted responses → estimates and gaps, over communities and rounds; results of projects → effects.

`estimate_table` is the direct door: the same arithmetic on one file, no programme needed.
"""

from .door import estimate_table
from .projects import STAGE as EFFECTS
from .responses import STAGE as MEASURE

__all__ = ["STAGES", "estimate_table"]

STAGES = (MEASURE, EFFECTS)
