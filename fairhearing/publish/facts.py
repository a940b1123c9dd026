"""What a page says that no table holds: which run, which files, which rules, which versions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ..programme import Rules

__all__ = ["Facts", "Review", "RulesChange", "Signature", "SourceFacts", "about", "public_note"]


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
class Review:
    """A finding that a person withheld or amended."""

    finding: str
    kind: str
    """withheld or amended."""
    by: str
    on: date
    reason: str
    words: str = ""
    """The amended words; those of the run stay in the run."""


@dataclass(frozen=True)
class Signature:
    """Who signed a run: everything adverse answered, strengths and harms both shown."""

    by: str
    on: date
    why: str


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
    notes: tuple[str, ...] = ()
    """Anything else a reader must know, one sentence each."""
    not_proven: tuple[str, ...] = ()
    """What checking a published edition cannot show, a clause each."""
    reviews: tuple[Review, ...] = ()
    """Findings withheld or amended by a person."""
    signed: Signature | None = None
    """Who signed the run; None: nobody has, and the page says so."""


# --- what gathering counted, as it may be published ---------------------------------------------------------------

_NUMBER = r"(?<![\w.\-/])(\d[\d,]*)(?=\s+[a-z])"
"""A count stands before what it counts; part of a name, a code or a decimal does not."""
_OF_ONE = r"(?<![\w.\-/])1 (identifying detail|question page|[a-z]+)"
_WORDS = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”")


def about(n: int, rules: Rules) -> str:
    """A count of rows as a count of people is published: rounded, and of few only that they are few."""
    if 0 < n < rules.publish_at_least:
        return f"fewer than {rules.publish_at_least}"
    unit = rules.round_counts_to
    return f"{n:,}" if n == 0 or unit == 1 else f"about {unit * ((2 * n + unit) // (2 * unit)):,}"


def public_note(note: str, rules: Rules) -> str:
    """A note of gathering without exact counts and without row numbers; what it quotes stays as it is."""
    note = re.sub(r" ?\(first in row [\d,]+\)", "", note)
    kept = _WORDS.findall(note)
    plain = [_rounded(part, rules) for part in _WORDS.split(note)]
    return "".join(part for pair in zip(plain, [*kept, ""], strict=True) for part in pair)


def _rounded(text: str, rules: Rules) -> str:
    text = re.sub(_OF_ONE, lambda found: f"1 {_many(found[1])}", text)
    return re.sub(_NUMBER, lambda found: about(int(found[1].replace(",", "")), rules), text)


def _many(one: str) -> str:
    return "people" if one == "person" else one if one.endswith("s") else f"{one}s"
