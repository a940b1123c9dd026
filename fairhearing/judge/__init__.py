"""Evidence → findings → one verdict for every activity and every step: build upon, improve, revise, or cannot tell.

The rules stand here as a table, in the order in which they are tried; the first that holds gives the verdict. Their
thresholds come from the programme's own `[rules]`, fixed before the evidence is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._wording import percent, quoted
from ..programme import Activity, Programme, Step
from ..stage import Context, Stage, Tables
from ..tables import TABLES, from_rows
from .accounts import journey_findings, safeguard_findings, severe_share
from .changes import change_findings, comparison_findings
from .decided import DECIDES, check_decision, dissent_rows
from .finding import Finding, Rows
from .listening import coverage_findings, effect_findings, gap_findings, statement_findings
from .sensitivity import sensitivity

__all__ = [
    "ACTIVITY_RULES", "DECIDES", "STAGE", "STEP_RULES", "Case", "Rule", "check_decision", "find_all", "verdicts",
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What a rule looks at: the findings on one step or activity, and for an activity its steps' verdicts."""

    programme: Programme
    findings: tuple[Finding, ...]
    steps: tuple[str, ...] = ()

    def any(self, kind: str, direction: str) -> bool:
        return any((each.kind, each.direction) == (kind, direction) for each in self.findings)

    def adverse(self) -> bool:
        return any(each.direction == "adverse" for each in self.findings)

    def safeguard(self, *states: str) -> bool:
        return any(each.state in states for each in self.findings)


@dataclass(frozen=True)
class Rule:
    """`when` is printed with its thresholds filled in; `holds` is the same condition, computed."""

    verdict: str
    when: str
    holds: Callable[[Case], bool]


STEP_RULES = (
    Rule(
        "revise",
        "more than {harm} report a bad experience there (probability at least {probability}), and a safeguard is "
        "absent or not legally covered",
        lambda case: case.any("harm", "adverse") and case.safeguard("absent", "not legally covered"),
    ),
    Rule(
        "revise",
        "more than {severe} report a bad experience there (probability at least {probability}), whatever its "
        "safeguards",
        lambda case: any(each.severe for each in case.findings),
    ),
    Rule(
        "improve",
        "something adverse is found: more than {harm} report a bad experience, a safeguard is absent, partial or not "
        "legally covered, or a community trusts the programme less by at least {difference}",
        lambda case: case.adverse(),
    ),
    Rule(
        "build upon",
        "more than {harm} report a good experience there and not more than {harm} a bad one (probability at least "
        "{probability} each), nothing adverse is found, and the state of every safeguard is known",
        lambda case: _good(case) and _shown_not_to_hurt(case) and not case.safeguard("unknown"),
    ),
    Rule("cannot tell", "the evidence meets none of the conditions for another verdict", lambda case: True),
)
"""Shares are of the people who described the step."""

ACTIVITY_RULES = (
    Rule("revise", "the verdict on at least one of its steps is revise", lambda case: "revise" in case.steps),
    Rule(
        "improve",
        "a step is to be improved, or something adverse is found about the whole activity: a project that may do "
        "harm or changes too little to matter, or a community that trusts the programme less by at least "
        "{difference}",
        lambda case: "improve" in case.steps or case.adverse(),
    ),
    Rule(
        "build upon",
        "a project is shown to work or people report good experiences, nothing adverse is found, and each of its "
        "steps is to be built upon",
        lambda case: (case.any("effect", "favourable") or bool(case.steps)) and set(case.steps) <= {"build upon"},
    ),
    Rule("cannot tell", "the evidence meets none of the conditions for another verdict", lambda case: True),
)


_EVIDENCE = (
    "estimates", "gaps", "comparisons", "changes", "journeys", "effects", "effects_tried", "coverage", "statements",
    "weighting",
)  # fmt: skip


def _run(context: Context) -> Tables:
    evidence = {name: _rows(context, name) for name in _EVIDENCE}
    findings = find_all(context.programme, evidence)
    decisions = context.query("SELECT * FROM decisions ORDER BY event").to_pylist()
    return {
        "findings": from_rows("findings", [each.row() for each in findings]),
        "verdicts": from_rows("verdicts", verdicts(context.programme, findings)),
        "sensitivity": from_rows("sensitivity", sensitivity(context.programme, evidence, _judged)),
        "dissent": from_rows("dissent", dissent_rows(context.programme, decisions)),
    }


def _judged(programme: Programme, evidence: Mapping[str, Rows]) -> list[dict[str, Any]]:
    return verdicts(programme, find_all(programme, evidence))


def _rows(context: Context, table: str) -> Rows:
    """All rows of a table, in the order of the columns that name its cells."""
    order = ", ".join(f'"{column}"' for column in TABLES[table].cell)
    rows: Rows = context.query(f'SELECT * FROM "{table}" ORDER BY {order}').to_pylist()
    return rows


def find_all(programme: Programme, evidence: Mapping[str, Rows]) -> list[Finding]:
    """Every finding, in the order a reader meets them: within a kind the latest round first, everyone before each
    community. `evidence`: table name → rows in a fixed order."""
    accounts = list(journey_findings(programme, evidence["journeys"], evidence["weighting"]))
    kinds = [
        [each for each in accounts if each.kind == "harm"],
        [each for each in accounts if each.kind == "strength"],
        safeguard_findings(programme),
        gap_findings(programme, evidence["gaps"], evidence["estimates"]),
        comparison_findings(programme, evidence["comparisons"]),
        change_findings(programme, evidence["changes"]),
        effect_findings(programme, evidence["effects"]),
        coverage_findings(programme, evidence["coverage"]),
        statement_findings(programme, evidence["statements"]),
    ]
    return [each for kind in kinds for each in sorted(kind, key=_everyone_first)]


def _everyone_first(finding: Finding) -> tuple[bool, bool]:
    return not finding.current, finding.community is not None


def verdicts(programme: Programme, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """One row for every activity and, under it, every step of it, those without evidence included."""
    rows = []
    for activity in programme.activities:
        steps = [_step_verdict(programme, activity, step, findings) for step in activity.steps]
        rows += [_activity_verdict(programme, activity, steps, findings), *steps]
    return rows


def _step_verdict(
    programme: Programme, activity: Activity, step: Step, findings: Sequence[Finding]
) -> dict[str, Any]:
    here = [each for each in findings if each.step == step.id]
    case = Case(programme, tuple(each for each in here if each.current and each.decides))
    rule = _first(STEP_RULES, case)
    row = {
        "activity": activity.id,
        "step": step.id,
        "verdict": rule.verdict,
        "rule": _said(rule, STEP_RULES, case) + _here(rule, case),
    }
    return row | _listed(here) | {"would_change": _sentence(_step_would_change(case))}


def _activity_verdict(
    programme: Programme, activity: Activity, steps: Sequence[Mapping[str, Any]], findings: Sequence[Finding]
) -> dict[str, Any]:
    """The worst step governs, together with what is found about the activity as a whole."""
    here = [each for each in findings if each.activity == activity.id]
    whole = tuple(each for each in here if each.step is None and each.current and each.decides)
    case = Case(programme, whole, tuple(step["verdict"] for step in steps))
    rule = _first(ACTIVITY_RULES, case)
    told = Case(programme, tuple(each for each in here if each.current and each.decides), case.steps)
    row = {
        "activity": activity.id,
        "verdict": rule.verdict,
        "rule": _said(rule, ACTIVITY_RULES, told) + _here(rule, case),
    }
    return row | _listed(here) | {"would_change": _sentence(_activity_would_change(activity, case, steps))}


def _first(rules: Sequence[Rule], case: Case) -> Rule:
    return next(rule for rule in rules if rule.holds(case))


def _said(rule: Rule, rules: Sequence[Rule], case: Case) -> str:
    """The rule with its thresholds, its place among the rules, and for whom it can speak."""
    fixed = case.programme.rules
    when = rule.when.format(
        harm=percent(fixed.harm_share),
        severe=percent(severe_share(case.programme)),
        probability=f"{fixed.probability:g}",
        difference=f"{100 * fixed.smallest_difference:g} points",
    )
    told = any(each.told_us for each in case.findings) and rule.verdict != "cannot tell"
    among = " Among those who told us." if told else ""
    return f"Rule {rules.index(rule) + 1} of {len(rules)}: {rule.verdict}, because {when}.{among}"


_ADVERSE = {
    "harm": "bad experiences",
    "gap": "less trust in a community",
    "change": "a change for the worse",
    "comparison": "a change for the worse",
    "effect": "a project's result",
}


def _here(rule: Rule, case: Case) -> str:
    """Of a rule with several conditions, which of them are met."""
    if rule.verdict != "improve":
        return ""
    adverse = [each for each in case.findings if each.direction == "adverse"]
    met = ["a step to be improved"] if "improve" in case.steps else []
    met += [_ADVERSE.get(each.kind) or f"a safeguard {each.state}" for each in adverse]
    return f" Here: {'; '.join(dict.fromkeys(met))}."


def _listed(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Strengths and harms both, always; findings of earlier rounds too."""
    columns = {"strengths": "favourable", "harms": "adverse", "undecided": "neither"}
    found = list(findings)
    return {
        column: [each.finding for each in found if each.direction == direction]
        for column, direction in columns.items()
    }


# --- conditions --------------------------------------------------------------------------------------------------


def _good(case: Case) -> bool:
    """Shown for everyone who described the step: what is good for one community only is not enough."""
    return any((each.kind, each.direction) == ("strength", "favourable") and each.everyone for each in case.findings)


def _shown_not_to_hurt(case: Case) -> bool:
    """Not finding a harm is not enough: every source with enough accounts must show that bad ones are few."""
    accounts = [each for each in case.findings if each.kind == "harm" and each.everyone and each.overall]
    needed = case.programme.rules.probability
    return bool(accounts) and all(1 - (each.probability or 0.0) >= needed for each in accounts)


# --- what evidence would change a verdict --------------------------------------------------------------------------


def _step_would_change(case: Case) -> list[str]:
    accounts = [each for each in case.findings if each.kind == "harm" and each.everyone and each.overall]
    limit = percent(case.programme.rules.harm_share)
    missing = []
    if not accounts:
        missing.append(_no_accounts(case))
    elif case.any("harm", "adverse"):
        missing.append(f"a round of listening that shows not more than {limit} report a bad experience")
    elif not _shown_not_to_hurt(case):
        missing.append(f"more accounts: those heard cannot settle whether it hurts more than {limit} of people")
    if accounts and not _good(case):
        missing.append(f"accounts that show more than {limit} report a good experience")
    for each in case.findings:
        if each.state == "unknown":
            missing.append(f"the state of the safeguard {quoted(each.name)} is unknown")
        elif each.kind == "safeguard" and each.direction == "adverse":
            missing.append(f"the safeguard {quoted(each.name)} found to be in place")
    return missing + _gaps_would_change(case)


def _no_accounts(case: Case) -> str:
    if any(each.kind == "harm" for each in case.findings):
        return "too few people have described this step"
    if any(each.kind == "strength" for each in case.findings):
        return "a count of the people who report a bad experience at this step"
    return "no one has described this step"


def _gaps_would_change(case: Case) -> list[str]:
    measures = dict.fromkeys(
        each.name for each in case.findings if each.kind == "gap" and each.direction == "adverse"
    )
    return [f"a round of listening that shows no gap that matters in {quoted(name)}" for name in measures]


def _activity_would_change(activity: Activity, case: Case, steps: Sequence[Mapping[str, Any]]) -> list[str]:
    names = {step.id: step.name for step in activity.steps}
    missing = [
        f"a better verdict on the step {quoted(names[row['step']])} (now {row['verdict']})"
        for row in steps
        if row["verdict"] != "build upon"
    ]
    effects = [each for each in case.findings if each.kind == "effect"]
    if not effects:
        missing.append("no project result is reported for this activity")
    elif not any(each.overall for each in effects):
        missing.append("no project result has a baseline and enough people to report")
    elif not case.any("effect", "favourable"):
        missing.append("a project result, with a comparison group, that shows it works")
    adverse = [each.name for each in effects if each.direction == "adverse"]
    missing += [f"a later result of {quoted(name)} that shows it helps" for name in adverse]
    return missing + _gaps_would_change(case)


def _sentence(parts: Sequence[str]) -> str:
    """One sentence; a verdict of build upon says what would undo it."""
    if not parts:
        return "Any adverse finding in a later round of listening."
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


STAGE = Stage(
    name="judge",
    reads=(*_EVIDENCE, "decisions"),
    writes=("findings", "verdicts", "sensitivity", "dissent"),
    run=_run,
    why="what the evidence shows about each activity and step, and what it cannot tell",
)
