"""The library's door is small and every name in it is meant."""

from __future__ import annotations

import importlib

import fairhearing


def test_the_door_of_the_library() -> None:
    assert fairhearing.__all__ == ["__version__", "open_programme"]
    assert all(hasattr(fairhearing, name) for name in fairhearing.__all__)


def test_every_name_declared_public_exists() -> None:
    for part in (
        "errors",
        "settings",
        "tables",
        "stage",
        "programme",
        "ledger",
        "runs",
        "protect",
        "main",
        "publish",
    ):
        module = importlib.import_module(f"fairhearing.{part}")
        missing = [name for name in module.__all__ if not hasattr(module, name)]
        assert not missing, f"{part}.__all__ names {missing}"
