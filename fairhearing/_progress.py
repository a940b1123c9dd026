"""How work under way is told: one line of text a step."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Say", "silent"]

Say = Callable[[str], None]


def silent(_text: str) -> None:
    """Progress for nobody: a library call, or a pipe."""
