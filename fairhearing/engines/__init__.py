"""Where SQL is answered. One engine today, embedded; the protocol is what a cluster must meet."""

from .base import Engine
from .duckdb import DuckDBEngine
from .running import run_stages

__all__ = ["DuckDBEngine", "Engine", "run_stages"]
