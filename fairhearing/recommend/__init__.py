"""Missing safeguards and people's own ideas → recommendations: which step, who is to act, what will show it helped.

Never a generality: a recommendation names one step or activity and one change, and cites the findings it rests on.
It is proposed until a person adopts or rejects it (`decided`). What it is ranked by is in its row (`ranking`). An
adverse finding that no recommendation answers is not lost: `sign_off` lists it.

Ties in rank: class of the safeguard, then its state (in the order of `_CHANGES`), then the order of programme.toml.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._wording import identifier, quoted
from ..programme import Activity, Idea, Programme, Safeguard, Step
from ..stage import Context, Stage, Tables
from ..tables import from_rows
from .baseline import Measured, measured
from .decided import DECIDES, check_decision, decided, effort_of
from .ranking import CLASS_WEIGHTS, Parts, Row, parts_of

__all__ = ["CLASS_WEIGHTS", "DECIDES", "STAGE", "check_decision"]

_CHANGES = {
    "absent": "At {step} ({activity}), put this in place: {safeguard}.",
    "not legally covered": "At {step} ({activity}), which law does not reach, extend this by policy: {safeguard}.",
    "partial": "At {step} ({activity}), complete what is only partly in place: {safeguard}.",
    "unknown": "At {step} ({activity}), where something adverse was found, establish whether this is in place: "
    "{safeguard}.",
}
_STATES = (*_CHANGES, "met")


@dataclass(frozen=True)
class _Candidate:
    """One change that could be asked for, the findings it bears on, and how one will know that it helped."""

    activity: Activity
    step: Step | None
    safeguard: Safeguard | None
    idea: Idea | None
    here: Sequence[Row]
    """Findings it is ranked by: of its step or activity and, where an idea names experiences, of those."""
    findings: tuple[Row, ...]
    """Findings it rests on."""
    measured: Measured

    @property
    def id(self) -> str:
        if self.idea is not None:
            return identifier("R-idea", self.idea.id)
        return identifier("R", *(part.id for part in (self.step, self.safeguard) if part))

    @property
    def kind(self) -> str | None:
        return self.safeguard.kind if self.safeguard else None

    @property
    def owner(self) -> str | None:
        offices = (self.idea and self.idea.owner, self.step and self.step.owner, self.activity.owner)
        return next((office for office in offices if office), None)


def _run(context: Context) -> Tables:
    findings = context.query("SELECT * FROM findings ORDER BY finding").to_pylist()
    journeys = context.query(
        "SELECT * FROM journeys WHERE experience = 'any bad' AND community IS NULL ORDER BY source, round, step"
    ).to_pylist()
    estimates = context.query(
        "SELECT * FROM estimates WHERE community IS NULL ORDER BY source, round, measure"
    ).to_pylist()
    said = _by(context.query("SELECT * FROM decisions ORDER BY event").to_pylist(), "on")
    made = []
    for each in _candidates(context.programme, findings, journeys, estimates):
        proposed = each.idea.effort if each.idea else None
        parts = parts_of(context.programme, each.here, each.kind, effort_of(said[each.id], proposed))
        made.append((_order(each, parts), decided(_row(each) | parts.row(), said[each.id])))
    made.sort(key=lambda each: (each[1]["standing"] == "rejected", each[0]))  # ties keep the order of programme.toml
    return {
        "recommendations": from_rows("recommendations", [row | {"rank": i} for i, (_, row) in enumerate(made, 1)])
    }


def _by(rows: Sequence[Row], key: str) -> Mapping[Any, list[Row]]:
    grouped: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[key]].append(row)
    return grouped


def _order(candidate: _Candidate, parts: Parts) -> tuple[float, int, int]:
    """Smallest first."""
    state = candidate.safeguard.has if candidate.safeguard else "met"
    return -parts.score, -parts.weight, _STATES.index(state)


# --- candidates ---------------------------------------------------------------------------------------------------


def _candidates(
    programme: Programme, findings: Sequence[Row], journeys: Sequence[Row], estimates: Sequence[Row]
) -> Iterator[_Candidate]:
    """What the missing safeguards call for, then what people proposed."""
    at_step, of_activity = _by(findings, "step"), _by(findings, "activity")
    in_measure = _by_measure(findings)
    in_own_words = {(idea.step, idea.safeguard) for idea in programme.ideas}
    for activity, step in programme.steps():
        here, told = at_step[step.id], measured(programme, activity, step, journeys, estimates)
        hurts = any(each["direction"] == "adverse" and each["current"] is not False for each in here)
        for safeguard in step.safeguards:
            # one whose state is unknown is asked about only where something adverse was found
            lacking = safeguard.has != "met" and (safeguard.has != "unknown" or hurts)
            if lacking and (step.id, safeguard.id) not in in_own_words:
                cited = tuple(each for each in here if _bears_on(each, safeguard, told))
                yield _Candidate(activity, step, safeguard, None, here, cited, told)
    places = {
        activity.id: (activity, {step.id: step for step in activity.steps}) for activity in programme.activities
    }
    for idea in programme.ideas:
        activity, steps = places[idea.activity]
        at = steps[idea.step] if idea.step else None
        there = at_step[at.id] if at else of_activity[activity.id]
        gaps = [each for name in idea.eases for each in in_measure[name] if each["activity"] != activity.id]
        near = [each for each in (*there, *gaps) if _eases(each, idea)]
        told = measured(programme, activity, at, journeys, estimates)
        put = next((each for each in at.safeguards if each.id == idea.safeguard), None) if at else None
        cited = tuple(each for each in near if each["direction"] == "adverse" or told.rests_on in each["rests_on"])
        own = replace(told, how=idea.measured_how, baseline=None, rests_on=None) if idea.measured_how else told
        yield _Candidate(activity, at, put, idea, near, cited, own)


def _bears_on(finding: Row, safeguard: Safeguard, told: Measured) -> bool:
    """The safeguard's own finding, whatever else is adverse at its step, and where the baseline comes from."""
    if finding["kind"] == "safeguard":
        return any(row.endswith(f";safeguard={safeguard.id}") for row in finding["rests_on"])
    return finding["direction"] == "adverse" or told.rests_on in finding["rests_on"]


def _by_measure(findings: Sequence[Row]) -> Mapping[str, list[Row]]:
    """Gaps by the measure they are in."""
    gaps: defaultdict[str, list[Row]] = defaultdict(list)
    for each in findings:
        if each["kind"] == "gap" and (named := re.search(r"[:;]measure=([^;]*)", each["rests_on"][0])):
            gaps[named[1]].append(each)
    return gaps


def _eases(finding: Row, idea: Idea) -> bool:
    """Its safeguard's own finding, and no other safeguard's; of experiences and gaps, those the idea names."""
    if finding["kind"] == "safeguard":
        return idea.safeguard is not None and finding["rests_on"][0].endswith(f";safeguard={idea.safeguard}")
    if not idea.eases or finding["kind"] not in ("harm", "strength", "gap"):
        return True
    keys = {*finding["rests_on"][0].partition(":")[2].split(";")}
    return any(keys & {f"experience={each}", f"measure={each}"} for each in (*idea.eases, "any bad"))


# --- rows ---------------------------------------------------------------------------------------------------------


def _row(each: _Candidate) -> dict[str, Any]:
    safeguard, idea = each.safeguard, each.idea
    return {
        "recommendation": each.id,
        "activity": each.activity.id,
        "step": each.step and each.step.id,
        "safeguard": safeguard and safeguard.id,
        "kind": each.kind,
        "state": safeguard and safeguard.has,
        "change": _change(each),
        "proposed_by": (idea.proposed_by or "the programme") if idea else "this assessment",
        "owner": each.owner,
        "by_when": (idea and idea.by_when) or None,
        "measured_how": each.measured.how,
        "baseline": each.measured.baseline,
        "baseline_rests_on": _rows_of(each.measured),
        "source": (safeguard and safeguard.source) or None,
        "checked": bool(safeguard and safeguard.checked),
        "findings": [finding["finding"] for finding in each.findings],
    }


def _rows_of(told: Measured) -> list[str]:
    return [told.rests_on] if told.baseline and told.rests_on else []


def _change(each: _Candidate) -> str:
    if each.idea is not None or each.safeguard is None or each.step is None:
        return each.idea.change if each.idea else ""
    named = {
        "step": quoted(each.step.name),
        "activity": each.activity.name,
        "safeguard": quoted(each.safeguard.name),
    }
    return _CHANGES[each.safeguard.has].format(**named)


STAGE = Stage(
    name="recommend",
    reads=("findings", "journeys", "estimates", "decisions"),
    writes=("recommendations",),
    run=_run,
    why="what to change, at which step, and what will show that it helped",
)
