"""The door to the public record: one page of a question and its answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import gather as gathering

__all__ = ["question"]


def question(file: Path) -> dict[str, Any]:
    """The fields of one question page; null where the page does not carry the field."""
    return gathering.read_question(file)
