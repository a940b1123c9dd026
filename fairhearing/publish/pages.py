"""What the page receives: one frozen dataclass, a field a section, in the order a reader meets them."""

from __future__ import annotations

from dataclasses import dataclass

from .process_map import Steps, steps
from .reading import Evidence
from .sections.ground import Ground, ground
from .sections.heard import Heard, heard
from .sections.in_short import InShort, in_short
from .sections.judgement import Recommendations, Record, Verdicts, recommendations, record, verdicts
from .sections.method import Method, method
from .sections.official import Official, official
from .sections.said import Said, said
from .sections.trust import Trust, trust
from .sections.works import Works, works
from .sentences import day

__all__ = ["SECTIONS", "Page", "TitleBlock", "page"]

SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("in_short", "in-short", "In short"),
    ("heard", "who-was-heard", "Who was heard"),
    ("trust", "trust", "Trust and alienation"),
    ("official", "published-figures", "What was counted"),
    ("said", "what-was-said", "What was said"),
    ("ground", "common-ground", "Common ground and disagreement"),
    ("steps", "step-by-step", "Step by step"),
    ("works", "what-works", "What works"),
    ("verdicts", "verdicts", "Verdicts"),
    ("recommendations", "recommendations", "Recommendations"),
    ("record", "on-the-record", "On the record"),
    ("method", "method", "Method and limits"),
)
"""(field of Page and name of its template, id on the page, heading)."""


@dataclass(frozen=True)
class TitleBlock:
    """Section 1: what is assessed, in which edition, and whether any of it is real."""

    name: str
    about: str
    place: str
    edition: int
    edition_named: str
    published_on: str
    objectives: tuple[str, ...]
    contact: str
    synthetic: bool
    sources: int
    listened: str
    """Dates of listening: 'March 2025 to May 2026'; empty where no round has dates."""


@dataclass(frozen=True)
class Page:
    """The whole report."""

    title: TitleBlock
    in_short: InShort
    heard: Heard
    trust: Trust
    official: Official
    said: Said
    ground: Ground
    steps: Steps
    works: Works
    verdicts: Verdicts
    recommendations: Recommendations
    record: Record
    method: Method


def page(evidence: Evidence, edition: int) -> Page:
    """Every section, from the same safe tables."""
    judged, asked = verdicts(evidence), recommendations(evidence)
    return Page(
        title=_title(evidence, edition),
        in_short=in_short(evidence, judged, asked),
        heard=heard(evidence),
        trust=trust(evidence),
        official=official(evidence),
        said=said(evidence),
        ground=ground(evidence),
        steps=steps(evidence),
        works=works(evidence),
        verdicts=judged,
        recommendations=asked,
        record=record(evidence),
        method=method(evidence),
    )


def _title(evidence: Evidence, edition: int) -> TitleBlock:
    subject = evidence.programme.programme
    return TitleBlock(
        name=subject.name,
        about=subject.about,
        place=subject.place,
        edition=edition,
        edition_named=subject.edition,
        published_on=day(evidence.facts.generated_on),
        objectives=tuple(each.text for each in evidence.programme.objectives),
        contact=subject.contact,
        synthetic=subject.synthetic,
        sources=len(evidence.programme.sources),
        listened=_listened(evidence),
    )


def _listened(evidence: Evidence) -> str:
    starts = [each.start for each in evidence.programme.rounds if each.start]
    ends = [each.end for each in evidence.programme.rounds if each.end]
    if not starts or not ends:
        return ""
    return f"{min(starts):%B %Y} to {max(ends):%B %Y}"
