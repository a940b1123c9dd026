"""Doors for a stranger: a published bundle checked with nothing else, and two editions side by side as a page."""

from __future__ import annotations

from pathlib import Path

from .. import publish
from ..ledger.bundles import BundleVerified, verify_bundle
from ..programme import read_programme
from ..publish import Changes

__all__ = ["BundleVerified", "changes_page", "is_programme", "verify"]


def is_programme(place: Path) -> bool:
    """Whether this is a programme folder (or meant as one) and not a published bundle."""
    return place.is_dir() and not (place / "edition.json").exists() and not (place / "proof").exists()


def verify(bundle: Path, *, key: str | None = None) -> BundleVerified:
    """Check a bundle offline. key: the public key as published, or a file that holds it."""
    if key and Path(key).is_file():
        key = Path(key).read_text(encoding="utf-8", errors="replace")
    return verify_bundle(bundle, key=key)


def changes_page(folder: Path, changes: Changes) -> str:
    """The difference between two editions as a page, as it is in the bundle of the later."""
    return publish.changes_html(changes, read_programme(folder))
