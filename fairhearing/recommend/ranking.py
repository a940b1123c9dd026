"""The order in which changes are asked for: harm × people × confidence × weight ÷ effort, every part of it visible.

harm         share who report the harm at the step; of a gap, its size as a share of the scale
people       people who described the step, or of the community the gap is about, rounded as published
confidence   probability that the finding's condition holds
weight       what the law asks before what guidance asks before what is merely good practice
effort       as a person estimated it, in one unit for all; 1 where nobody has, and then said so

harm, people and confidence come from the one finding whose product is greatest, of the latest round of its source:
what a change has eased since is not counted again. Where no one has described the step they are 0: such a change is
still asked for, after those that people's accounts call for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..programme import Programme

__all__ = ["CLASS_WEIGHTS", "Parts", "Row", "parts_of"]

Row = Mapping[str, Any]

CLASS_WEIGHTS = {"law": 3, "statutory guidance": 2, "good practice": 1, "not established": 1}


@dataclass(frozen=True)
class Parts:
    """What a rank is made of. rests_on: id of the finding that gives harm, people and confidence."""

    harm: float
    people: int
    confidence: float
    weight: int
    effort: float | None
    rests_on: str | None = None

    @property
    def hurt(self) -> float:
        """Harm × people × confidence."""
        return self.harm * self.people * self.confidence

    @property
    def score(self) -> float:
        return self.hurt * self.weight / (self.effort or 1.0)

    def row(self) -> dict[str, Any]:
        names = ("harm", "people", "confidence", "weight", "effort", "score")
        return {name: getattr(self, name) for name in names} | {"rank_rests_on": self.rests_on}


def parts_of(programme: Programme, here: Iterable[Row], kind: str | None, effort: float | None) -> Parts:
    """here: the findings a change bears on · kind: class of the safeguard, None where it puts none in place."""
    weight = CLASS_WEIGHTS[kind] if kind else 1
    options = [_from(programme, each, weight, effort) for each in here if _counts(each)]
    return max(options, key=lambda each: each.hurt, default=Parts(0.0, 0, 0.0, weight, effort))


def _counts(finding: Row) -> bool:
    numbers = ("n", "estimate", "probability")
    told = finding["kind"] in ("harm", "gap") and all(finding[name] is not None for name in numbers)
    return told and finding["current"] is not False


def _from(programme: Programme, finding: Row, weight: int, effort: float | None) -> Parts:
    size = abs(float(finding["estimate"])) / (_span(programme, finding) if finding["kind"] == "gap" else 1.0)
    to = programme.rules.round_counts_to
    people = round(int(finding["n"]) / to) * to
    return Parts(min(size, 1.0), people, float(finding["probability"]), weight, effort, finding["finding"])


def _span(programme: Programme, finding: Row) -> float:
    """Range of the measure that a gap is in: 1 for a share."""
    for measure in programme.measures:
        if f"measure={measure.id};" in f"{finding['rests_on'][0]};":
            return 1.0 if measure.report == "share" else measure.high - measure.low
    return 1.0
