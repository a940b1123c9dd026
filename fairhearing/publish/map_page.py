"""The process map by itself: one page that a programme can look at before it has any evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..programme import Programme
from ..protect import Safe
from .facts import Facts
from .language import Rule, check
from .process_map import Steps, steps
from .reading import Evidence
from .rendering import environment

__all__ = ["MapPage", "MapTitle", "map_page"]

BEFORE = "Drawn before any evidence: what should protect people at each step, and what is known of it."
AFTER = "With what people report at each step, from the latest sealed run, after disclosure control."
_NO_RUN = Facts(run="", manifest_hash="", ledger_head="", generated_on=date.min)


@dataclass(frozen=True)
class MapTitle:
    """What stands above the map and at the foot of its printed pages."""

    name: str
    edition: str
    synthetic: bool


@dataclass(frozen=True)
class MapPage:
    """What the page receives."""

    title: MapTitle
    about: str
    standing: str
    steps: Steps


def map_page(
    programme: Programme, language_rules: Sequence[Rule], safe: Mapping[str, Safe] | None = None,
    facts: Facts | None = None,
) -> str:  # fmt: skip
    """One self-contained HTML page, the same bytes every time. safe, facts: of the latest run, where there is one.

    Raises Unsafe for a sentence that breaks a rule of language."""
    subject = programme.programme
    evidence = Evidence(safe or {}, programme, facts or _NO_RUN)
    page = MapPage(
        title=MapTitle(f"{subject.name}: its process", subject.edition, subject.synthetic),
        about=subject.about,
        standing=AFTER if safe else BEFORE,
        steps=replace(steps(evidence), whole=True),
    )
    html = environment().get_template("map.html.j2").render(page=page)
    check(html, programme, language_rules)
    return html
