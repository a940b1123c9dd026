"""Missing safeguards → recommendations: which step, which safeguard, who is to act, what will show that it helped.

Never a generality: a recommendation names one step and one safeguard, and cites the findings it rests on. An adverse
finding that no recommendation answers is not lost: `unanswered` lists it.

Rank: the probability that the step hurts × the people who reported that harm × the weight of the safeguard's class,
from the harm finding that gives most, in any round. Where nobody has described the step that is 0. Ties: class, then
state (in the order of `_CHANGES`), then the order of programme.toml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ._wording import identifier, no_margin, people, quoted, scale_of, with_interval, with_margin
from .programme import Activity, Measure, Programme, Safeguard, Step
from .stage import Context, Stage, Tables
from .tables import cell_name, from_rows

__all__ = ["CLASS_WEIGHTS", "STAGE", "unanswered"]

Row = Mapping[str, Any]

CLASS_WEIGHTS = {"law": 3, "statutory guidance": 2, "good practice": 1}

_CHANGES = {
    "absent": "At {step} ({activity}), put this in place: {safeguard}.",
    "not legally covered": "At {step} ({activity}), which law does not reach, extend this by policy: {safeguard}.",
    "partial": "At {step} ({activity}), complete what is only partly in place: {safeguard}.",
    "unknown": "At {step} ({activity}), where something adverse was found, establish whether this is in place: "
    "{safeguard}.",
}


def _run(context: Context) -> Tables:
    findings = context.query("SELECT * FROM findings ORDER BY finding").to_pylist()
    journeys = context.query(
        "SELECT * FROM journeys WHERE experience = 'any bad' AND community IS NULL ORDER BY source, round, step"
    ).to_pylist()
    estimates = context.query(
        "SELECT * FROM estimates WHERE community IS NULL ORDER BY source, round, measure"
    ).to_pylist()
    made = []
    for activity, step, safeguard in _lacking(context.programme, findings):
        here = [each for each in findings if each["step"] == step.id]
        measured = _measured(context.programme, activity, step, journeys, estimates)
        made.append((_order(safeguard, here), _recommendation(activity, step, safeguard, here, measured)))
    made.sort(key=lambda each: each[0])  # stable: what still ties keeps the order of programme.toml
    return {
        "recommendations": from_rows("recommendations", [row | {"rank": i} for i, (_, row) in enumerate(made, 1)])
    }


def unanswered(findings: pa.Table, recommendations: pa.Table) -> list[str]:
    """Ids of adverse findings that no recommendation rests on, in the order of the findings. What is adverse about
    the listening or a whole activity is among them: no safeguard of a step answers it."""
    answered = {finding for cited in recommendations["findings"].to_pylist() for finding in cited}
    return [
        row["finding"]
        for row in findings.select(["finding", "direction"]).to_pylist()
        if row["direction"] == "adverse" and row["finding"] not in answered
    ]


def _lacking(programme: Programme, findings: Sequence[Row]) -> Iterator[tuple[Activity, Step, Safeguard]]:
    """Safeguards to change; one whose state is unknown only where something adverse was found at its step."""
    hurt = {each["step"] for each in findings if each["direction"] == "adverse"}
    for activity, step in programme.steps():
        for safeguard in step.safeguards:
            if safeguard.has != "met" and (safeguard.has != "unknown" or step.id in hurt):
                yield activity, step, safeguard


def _order(safeguard: Safeguard, here: Sequence[Row]) -> tuple[float, int, int]:
    """Smallest first."""
    weight = CLASS_WEIGHTS[safeguard.kind]
    harms = [each for each in here if each["kind"] == "harm" and each["probability"] is not None]
    hurt = max((each["probability"] * each["n"] * each["estimate"] for each in harms), default=0.0)
    return -hurt * weight, -weight, list(_CHANGES).index(safeguard.has)


@dataclass(frozen=True)
class _Measured:
    """How one will know whether a change helped, what that says now, and the row that says it."""

    how: str | None
    baseline: str | None = None
    rests_on: str | None = None


def _recommendation(
    activity: Activity, step: Step, safeguard: Safeguard, here: Sequence[Row], measured: _Measured
) -> dict[str, Any]:
    cited = [each["finding"] for each in here if _bears_on(each, safeguard, measured)]
    named = {"step": quoted(step.name), "activity": activity.name, "safeguard": quoted(safeguard.name)}
    return {
        "recommendation": identifier("R", step.id, safeguard.id),
        "activity": activity.id,
        "step": step.id,
        "safeguard": safeguard.id,
        "kind": safeguard.kind,
        "state": safeguard.has,
        "change": _CHANGES[safeguard.has].format(**named),
        "owner": step.owner or activity.owner or None,
        "measured_how": measured.how,
        "baseline": measured.baseline,
        "baseline_rests_on": [measured.rests_on] if measured.baseline and measured.rests_on else [],
        "source": safeguard.source or None,
        "checked": safeguard.checked,
        "findings": cited,
    }


def _bears_on(finding: Row, safeguard: Safeguard, measured: _Measured) -> bool:
    """The safeguard's own finding, whatever else is adverse at its step, and where the baseline comes from."""
    if finding["kind"] == "safeguard":
        return any(row.endswith(f";safeguard={safeguard.id}") for row in finding["rests_on"])
    return finding["direction"] == "adverse" or measured.rests_on in finding["rests_on"]


def _measured(
    programme: Programme, activity: Activity, step: Step, journeys: Sequence[Row], estimates: Sequence[Row]
) -> _Measured:
    """The first that has a baseline: a measure of the step, the bad experiences reported there, a measure of the
    whole activity. Without any baseline, the measure that is to be asked."""
    own = [_by_measure(programme, each, estimates) for each in programme.measures if each.step == step.id]
    whole = [
        _by_measure(programme, each, estimates)
        for each in programme.measures
        if each.activity == activity.id and each.step is None
    ]
    options = [*own, _by_accounts(programme, step, journeys), *whole]
    return next((each for each in options if each.baseline), next((each for each in options if each.how), options[0]))


def _by_measure(programme: Programme, measure: Measure, estimates: Sequence[Row]) -> _Measured:
    rows = [each for each in estimates if each["measure"] == measure.id and each["estimate"] is not None]
    row = _telling(programme, rows, "favourable")
    how = f"The measure {quoted(measure.name)}, asked again in a later round of listening"
    if row is None:
        return _Measured(how)
    share = measure.report == "share"
    value = with_interval(row["estimate"], *with_margin(programme, row), scale=scale_of(measure))
    on = "" if share else f" on a scale of {measure.low:g} to {measure.high:g}"
    return _Measured(how, f"{value}{on} of {_asked(programme, row)}", cell_name("estimates", row))


def _by_accounts(programme: Programme, step: Step, journeys: Sequence[Row]) -> _Measured:
    rows = [each for each in journeys if each["step"] == step.id and each["estimate"] is not None]
    row = _telling(programme, rows, "reports")
    if row is None:
        return _Measured(None)
    value = with_interval(row["estimate"], *with_margin(programme, row))
    return _Measured(
        "The share of people describing this step who report a bad experience there, in a later round of listening",
        f"{value} of {_asked(programme, row)} who described it",
        cell_name("journeys", row),
    )


def _telling(programme: Programme, rows: Sequence[Row], count: str) -> Row | None:
    """The row that tells most: a sample with a margin first, then the latest round, then the most people. Never one
    whose people, or people counted in its share, are too few to publish."""
    least = programme.rules.publish_at_least
    enough = [each for each in rows if each["n"] >= least and (each[count] is None or each[count] >= least)]
    margins = {each.id for each in programme.sources if each.has_margin}
    return max(
        enough,
        key=lambda each: (each["source"] in margins, programme.round_place(each["round"]), each["n"], each["source"]),
        default=None,
    )


def _asked(programme: Programme, row: Row) -> str:
    margin = "" if with_margin(programme, row)[0] is not None else f" ({no_margin(programme, row['source'])})"
    return f"{people(row['n'], programme.rules)}{margin}"


STAGE = Stage(
    name="recommend",
    reads=("findings", "journeys", "estimates"),
    writes=("recommendations",),
    run=_run,
    why="what to change, at which step, and what will show that it helped",
)
