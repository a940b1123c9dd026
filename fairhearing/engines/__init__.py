"""Where SQL is answered. One engine today, embedded; the protocol is what a cluster must meet."""

from .base import Engine
from .duckdb import DuckDBEngine

__all__ = ["DuckDBEngine", "Engine"]
