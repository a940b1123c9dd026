"""What people report at a step, and what should protect them there: harms, strengths and safeguards.

A harm of not acting is a finding beside a harm of acting; neither cancels the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._wording import identifier, named, no_margin, people, percent, quoted, told_us, with_interval, with_margin
from ..library import experiences
from ..programme import Activity, Programme, Safeguard, Step
from ..stats.posterior import probability_above
from ..tables import cell_name
from .finding import Finding, Row, Rows, community_of, in_round, latest_rounds

__all__ = ["journey_findings", "safeguard_findings", "severe_share"]


def severe_share(programme: Programme) -> float:
    """The share above which a step is held to hurt severely: twice `harm_share`, and never past half-way to all."""
    harm = programme.rules.harm_share
    return min(2 * harm, (1 + harm) / 2)


def _design_effects(weighting: Rows) -> dict[tuple[Any, ...], float]:
    """Kish's design effect of each source and round, by which its counts shrink; never below 1."""
    return {(row["source"], row["round"]): max(row["design_effect"] or 1.0, 1.0) for row in weighting}


def journey_findings(programme: Programme, rows: Rows, weighting: Rows) -> Iterator[Finding]:
    """Harms and strengths at every step that somebody described, in every round."""
    deff = _design_effects(weighting)
    known = {step.id: (activity, step) for activity, step in programme.steps()}
    enough = [row for row in rows if row["n"] >= programme.rules.publish_at_least]
    latest = latest_rounds(programme, (row for row in enough if row["community"] is None), "source", "step")
    compared = _compared(programme, enough)
    for row in enough:
        if row["step"] in known and (row["community"] is None or community_of(programme, row) is not None):
            activity, step = known[row["step"]]
            effective = row["n"] / deff.get((row["source"], row["round"]), 1.0)
            others = 1 if row["community"] is None else compared[_cell_family(row)]
            current = latest.get((row["source"], row["step"]), row["round"]) == row["round"]
            yield from _journey_finding(programme, activity, step, row, effective, others, current)
    described = {row["step"] for row in enough}
    for activity, step in programme.steps():
        if step.id not in described and any(row["step"] == step.id and row["n"] > 0 for row in rows):
            yield _too_few_accounts(activity, step)


def _cell_family(row: Row) -> tuple[Any, ...]:
    return row["source"], row["round"], row["step"], row["experience"]


def _compared(programme: Programme, rows: Rows) -> dict[tuple[Any, ...], int]:
    """How many communities are looked at for the same experience at the same step."""
    counts: dict[tuple[Any, ...], int] = {}
    for row in rows:
        if row["community"] is not None and community_of(programme, row) is not None:
            counts[_cell_family(row)] = counts.get(_cell_family(row), 0) + 1
    return counts


def _too_few_accounts(activity: Activity, step: Step) -> Finding:
    """Said once a step, with no number and resting on none."""
    return Finding(
        identifier("F-harm", step.id, "too-few"),
        "harm",
        "neither",
        f"Too few people described {quoted(step.name)} to report what they said: too few to report, not too few to "
        "matter.",
        (f"programme:activity={activity.id};step={step.id}",),
        activity.id,
        step.id,
        name=step.name,
    )


def _journey_finding(
    programme: Programme, activity: Activity, step: Step, row: Row, effective: float, compared: int, current: bool
) -> Iterator[Finding]:
    """What one row shows. For communities the error allowed is shared among those compared (Bonferroni), so that
    looking at more of them does not find more. A single experience that shows nothing is left to its table."""
    rules, bad = programme.rules, row["valence"] == "bad"
    overall = row["experience"] in ("any bad", "any good")
    if row["estimate"] is None:
        return
    reports = min(row["estimate"], 1.0) * effective
    probability = float(probability_above(reports, effective, rules.harm_share))
    needed = 1 - (1 - rules.probability) / compared
    shown = probability >= needed
    if not shown and not (overall and row["community"] is None):
        return
    direction = "neither" if not shown else "adverse" if bad else "favourable"
    yield Finding(
        identifier(
            "F-harm" if bad else "F-strength",
            *(step.id, row["experience"], row["source"], row["characteristic"], row["community"], row["round"]),
        ),
        "harm" if bad else "strength",
        direction,
        _journey_sentence(programme, step, row, shown, probability),
        (cell_name("journeys", row),),
        activity.id,
        step.id,
        row["characteristic"],
        row["community"],
        row["n"],
        row["estimate"],
        *with_margin(programme, row),
        probability,
        current=current,
        told_us=told_us(programme, row["source"]),
        everyone=row["community"] is None,
        severe=bad and bool(probability_above(reports, effective, severe_share(programme)) >= needed),
        name=step.name,
        overall=overall,
    )


def _journey_sentence(programme: Programme, step: Step, row: Row, shown: bool, probability: float) -> str:
    rules, bad, here = programme.rules, row["valence"] == "bad", quoted(step.name)
    limit, tail = percent(rules.harm_share), _accounts(programme, row)
    if shown:
        return f"{_opening(programme, row, here)}: {tail}"
    if not bad:
        return f"The accounts cannot tell whether more than {limit} of people find {here} good: {tail}"
    if 1 - probability >= rules.probability:
        return f"{here} is not found to hurt more than {limit} of people: {tail}"
    return f"The accounts cannot tell whether {here} hurts more than {limit} of people: {tail}"


def _accounts(programme: Programme, row: Row) -> str:
    """How many report what, of whom, and whether that has a margin."""
    low, high = with_margin(programme, row)
    share = with_interval(row["estimate"], low, high)
    margin = "" if low is not None else f" ({no_margin(programme, row['source'])})"
    community = community_of(programme, row)
    among = "" if community is None else f"among {named(community)}, "
    who = f"{people(row['n'], programme.rules)} who described it{in_round(programme, row)}"
    return f"{among}{share} of {who} report {_experience_words(programme, row)}{margin}."


def _opening(programme: Programme, row: Row, here: str) -> str:
    if row["valence"] != "bad":
        return f"{here} goes well for people"
    inaction = _experiences(programme).get(row["experience"], ("", "action"))[1] == "inaction"
    return f"{here} hurts people by not acting" if inaction else f"{here} hurts people"


def _experience_words(programme: Programme, row: Row) -> str:
    if row["experience"] in ("any bad", "any good"):
        return f"a {row['valence']} experience there"
    return quoted(_experiences(programme).get(row["experience"], (row["experience"], ""))[0]) + " there"


def _experiences(programme: Programme) -> dict[str, tuple[str, str]]:
    """Experience id → its name, and whether it is a harm of acting or of not acting."""
    known: dict[str, tuple[str, str]] = {each.id: (each.name, each.harm_of) for each in experiences()}
    return known | {each.id: (each.name, each.harm_of) for each in programme.experiences}


# --- safeguards: what protects people at a step -----------------------------------------------------------------

_STATES = {
    "met": ("favourable", "{what} is in place at {here}."),
    "partial": ("adverse", "{what} is only partly in place at {here}."),
    "absent": ("adverse", "{what} is absent at {here}."),
    "unknown": ("neither", "It is not known whether this is in place at {here}: {what}."),
    "not legally covered": ("adverse", "The law does not reach {here}, so this protects nobody there: {what}."),
}
_DUTY = {"law": "It is law", "statutory guidance": "It is statutory guidance", "good practice": "It is good practice",
         "not established": "Whether it is law, guidance or good practice is not established"}  # fmt: skip


def _safeguard_finding(activity: Activity, step: Step, safeguard: Safeguard) -> Finding:
    direction, pattern = _STATES[safeguard.has]
    source = f"source: {safeguard.source}" if safeguard.source else "its source is blank"
    checked = "source checked by a person" if safeguard.checked else "source not yet checked"
    found = f" Found in: {safeguard.found_in}." if safeguard.found_in else ""
    return Finding(
        identifier("F-safeguard", step.id, safeguard.id),
        "safeguard",
        direction,
        pattern.format(what=quoted(safeguard.name), here=quoted(step.name))
        + f" {_DUTY[safeguard.kind]} ({source}; {checked}).{found}",
        (f"programme:activity={activity.id};step={step.id};safeguard={safeguard.id}",),
        activity.id,
        step.id,
        state=safeguard.has,
        name=safeguard.name,
    )


def safeguard_findings(programme: Programme) -> Iterator[Finding]:
    """One finding for every safeguard of every step."""
    for activity, step in programme.steps():
        for safeguard in step.safeguards:
            yield _safeguard_finding(activity, step, safeguard)
