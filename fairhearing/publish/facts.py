"""What a page says that no table holds: which run, which files, which rules, which versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

__all__ = ["Facts", "RulesChange", "SourceFacts"]


@dataclass(frozen=True)
class SourceFacts:
    """One source as it was gathered."""

    source: str
    """Id in programme.toml."""
    sha256: str
    """Of the file (or of the folder's files, in order)."""
    rows: int
    """Rows in the file."""
    fates: Mapping[str, int] = field(default_factory=dict)
    """used, set aside, duplicate, refused → rows. They sum to `rows`."""
    notes: tuple[str, ...] = ()
    """What gathering noticed: encoding, redactions, columns not taken in."""


@dataclass(frozen=True)
class RulesChange:
    """The decision rules as they stood on one day."""

    seen_on: date
    """Day on which these rules were first seen."""
    sha256: str
    """Of the rules, from `Programme.rules_hash`."""
    what: str
    """What changed, in words; for the first entry: as first fixed."""


@dataclass(frozen=True)
class Facts:
    """Everything is passed in: `publish` reads no clock, no environment and no file of the run."""

    run: str
    """Name of the sealed run."""
    manifest_hash: str
    """SHA-256 of its manifest: what `fairhearing verify` re-derives."""
    ledger_head: str
    """Root hash of the ledger the run was made from."""
    generated_on: date
    """Day of publication, shown on the page."""
    edition: int | None = None
    """Number of the edition; None: the next free one, or the existing one with the same content."""
    sources: tuple[SourceFacts, ...] = ()
    rules_history: tuple[RulesChange, ...] = ()
    experiences: Mapping[str, str] = field(default_factory=dict)
    """Experience id → its name, for those that the library (not the programme) declares."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Software → version."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Setting → value."""
    unanswered: tuple[str, ...] = ()
    """Ids of adverse findings that no recommendation answers."""
    notes: tuple[str, ...] = ()
    """Anything else a reader must know, one sentence each."""
