"""Section 2, in short: three to seven sentences. What hurts and what works stand side by side, and neither may be
left out in silence: where there is nothing to say of one of them, that is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...protect import FEW
from ..reading import Evidence, Row
from ..sentences import listed
from .heard import less_heard
from .judgement import Finding, Recommendations, Verdicts

__all__ = ["InShort", "ShortItem", "in_short"]

_KINDS = ("harm", "gap", "effect", "strength", "safeguard", "common ground", "coverage", "comparison", "change")
"""People's experience comes before papers."""
_ADVERSE = {"safeguard": "What is missing", "coverage": "Who was missed"}
_FAVOURABLE = {"safeguard": "What is in place"}
_CANNOT = "cannot tell"
"""The words of a finding that says so; a finding that points neither way may also be one that was clearly made."""


@dataclass(frozen=True)
class ShortItem:
    """One sentence, what sort of finding it is, and where its evidence stands."""

    tag: str
    sentence: str
    href: str
    link: str


@dataclass(frozen=True)
class InShort:
    """Section 2."""

    items: tuple[ShortItem, ...]
    silences: tuple[str, ...]
    more: str
    not_heard: str


def in_short(evidence: Evidence, verdicts: Verdicts, asked: Recommendations) -> InShort:
    adverse, favourable, neither = (
        _best(evidence, verdicts.findings, way) for way in ("adverse", "favourable", "neither")
    )
    chosen = [
        *(_item(_ADVERSE.get(each.kind, "What hurts"), each) for each in adverse[:2]),
        *(_item(_FAVOURABLE.get(each.kind, "What works"), each) for each in favourable[:2]),
        *[_item("Common ground", each) for each in neither if each.kind == "common ground"][:1],
        *[_item("Cannot be told", each) for each in neither if _CANNOT in each.sentence][:1],
        *_moved(verdicts.findings),
        *_change(asked),
    ]
    silences = []
    if not adverse:
        silences.append("Nothing adverse met the rules fixed beforehand. That is not proof that there is no harm.")
    if not favourable:
        silences.append("Nothing favourable met the rules fixed beforehand. That is not proof that nothing works.")
    return InShort(tuple(chosen), tuple(silences), _more(adverse, favourable), _not_heard(evidence))


def _best(evidence: Evidence, findings: Sequence[Finding], direction: str) -> list[Finding]:
    """Findings of one direction, the strongest of each kind first, kinds in a fixed order; then the rest.

    Strongest: from the latest round before earlier ones, about everyone before one community, then the most probable,
    then the largest. The order of findings of equal standing is that of the table."""
    rows = zip(evidence.rows("findings"), findings, strict=True)
    own = sorted(
        ((_standing(evidence, row), each) for row, each in rows if each.direction == direction),
        key=lambda pair: pair[0],
    )
    ordered = [each for _standing, each in own]
    lead = list({each.kind: each for each in reversed(ordered)}.values())
    lead.sort(key=ordered.index)
    return lead + [each for each in ordered if each not in lead]


def _standing(evidence: Evidence, row: Row) -> tuple[float, ...]:
    place = {kind: number for number, kind in enumerate(_KINDS)}
    round = re.search(r"(?:^|[:;])round=([^;]*)", (row["rests_on"] or [""])[0])
    age = len(evidence.programme.rounds) - evidence.programme.round_place(round[1]) if round else 0
    return (
        place.get(row["kind"], len(place)),
        age,
        row["kind"] != "gap" and row["community"] is not None,
        -(row["probability"] or 0.0),
        -abs(row["estimate"] or 0.0),
    )


def _item(tag: str, finding: Finding) -> ShortItem:
    return ShortItem(tag, finding.sentence, f"#{finding.evidence}", f"Evidence for F{finding.number}")


def _moved(findings: Sequence[Finding]) -> list[ShortItem]:
    """Whether anything moved: the first comparison declared beforehand, else everyone's first change that is told,
    else that it cannot be told."""
    declared = [each for each in findings if each.kind == "comparison"]
    changes = [each for each in findings if each.kind == "change"]
    changes.sort(key=lambda each: _CANNOT in each.sentence)
    return [_item("What moved", each) for each in [*declared, *changes][:1]]


def _change(asked: Recommendations) -> list[ShortItem]:
    if not asked.asked:
        return []
    first, others = asked.asked[0], len(asked.asked) - 1
    link = f"All {others + 1} recommendations" if others else "The recommendation"
    return [ShortItem("What we ask to change", first.change, f"#{first.id}", link)]


def _more(adverse: Sequence[Finding], favourable: Sequence[Finding]) -> str:
    """Nothing adverse is dropped silently: what is not above is counted here."""
    parts = [
        f"{len(rows) - 2} more {word}"
        for rows, word in ((adverse, "adverse"), (favourable, "favourable"))
        if len(rows) > 2
    ]
    return f"{listed(parts)}" if parts else ""


def _not_heard(evidence: Evidence) -> str:
    """Communities too small to report, or heard less than half as much as their numbers, in any source."""
    rows = [
        row
        for row in evidence.all("coverage")
        if row["community"] is not None and evidence.asked(row["source"], row["characteristic"])
    ]
    few = [row for row in rows if row["withheld"] == FEW]
    less = less_heard(evidence, [row for row in rows if row["withheld"] is None])
    cells = {(row["characteristic"], row["community"]) for row in [*few, *less]}
    named = [
        category.name
        for characteristic in evidence.programme.characteristics
        for category in characteristic.categories
        if category.community and (characteristic.id, category.id) in cells
    ]
    if not rows:
        return "Nobody's characteristics were recorded, so who was not heard cannot be told."
    if not named and all(row["population_share"] is None for row in rows):
        return "No population figures are declared, so who was heard less than their numbers cannot be told."
    if not named:
        return "No community with a population figure was heard less than half as much as its numbers."
    return f"In at least one source, too few to report or less than half as many as live here: {listed(named)}."
