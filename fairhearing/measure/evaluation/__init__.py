"""What one project changed: the design present, the effect, who was lost, what may be said of it."""

from .door import Asked, Evaluated, evaluate_table
from .pooling import PooledEffects, pool_effects_table

__all__ = ["Asked", "Evaluated", "PooledEffects", "evaluate_table", "pool_effects_table"]
