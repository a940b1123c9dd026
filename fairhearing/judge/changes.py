"""What moved from round to round, and what moved of that which was declared beforehand.

A change decides no verdict: that it came after something does not show that it came because of it. It is told as a
strength or a harm all the same, and where nothing can be told, that is a finding too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from .._wording import (
    between,
    by_chance,
    gap_lead,
    identifier,
    named,
    people,
    points,
    quoted,
    scale_of,
    source_noun,
    told_us,
    with_interval,
)
from ..programme import Comparison, Measure, Programme
from ..tables import cell_name
from .finding import Finding, Row, Rows, community_of

__all__ = ["change_findings", "comparison_findings"]

_MOVED = ("lower", "higher")
NOT_BECAUSE = (
    "After does not mean because: to show that, people whom it could not have reached would have to be heard in both "
    "rounds too"
)


# --- from round to round ------------------------------------------------------------------------------------------


def change_findings(programme: Programme, rows: Rows) -> Iterator[Finding]:
    """The latest two rounds of each measure and source: everyone, whatever is found, and communities that moved."""
    measures = {each.id: each for each in programme.measures}
    latest: dict[tuple[str, str], int] = {}
    for row in rows:
        key = row["source"], row["measure"]
        latest[key] = max(latest.get(key, -1), programme.round_place(row["round_to"]))
    for row in rows:
        now = latest[row["source"], row["measure"]] == programme.round_place(row["round_to"])
        moved = row["verdict"] in _MOVED and community_of(programme, row) is not None
        wanted = row["community"] is None or moved
        if now and wanted and row["measure"] in measures and _enough(programme, row):
            yield _change_finding(programme, measures[row["measure"]], row)


def _change_finding(programme: Programme, measure: Measure, row: Row) -> Finding:
    cell = (row["characteristic"], row["community"])
    parts = (measure.id, row["source"], *cell, row["round_from"], row["round_to"])
    sentence = f"{_told(programme, measure, row, row['verdict'])}."
    return _finding(programme, measure, row, row["verdict"], "change", identifier("F-change", *parts), sentence)


# --- declared beforehand ------------------------------------------------------------------------------------------


def comparison_findings(programme: Programme, rows: Rows) -> Iterator[Finding]:
    """One finding for each comparison declared, in the order of programme.toml."""
    measures = {each.id: each for each in programme.measures}
    found = {row["comparison"]: row for row in rows}
    for each in programme.comparisons:
        row = found.get(each.id)
        if row is not None and (_enough(programme, row) or row["change"] is None):
            yield _comparison_finding(programme, measures[each.measure], each, row)


def _comparison_finding(programme: Programme, measure: Measure, each: Comparison, row: Row) -> Finding:
    verdict = _verdict(row)
    sentence = f"{_told(programme, measure, row, verdict)}. {_as_declared(programme, each, row)}."
    return _finding(programme, measure, row, verdict, "comparison", identifier("F-comparison", each.id), sentence)


def _verdict(row: Row) -> str:
    """higher, lower, no difference that matters or cannot tell, from what is said in view of the expectation."""
    if str(row["found"]).startswith("moved"):
        return "higher" if row["change"] > 0 else "lower"
    return "no difference that matters" if row["found"] == "no change that matters" else "cannot tell"


def _as_declared(programme: Programme, each: Comparison, row: Row) -> str:
    """What was expected after what, and when that was written down."""
    expected = "a change" if each.expected == "either" else f"a {each.expected} figure"
    follows = f" after {quoted(_followed(programme, each.follows))}" if each.follows else ""
    found = {"moved as expected": ", as found", "moved the other way": "; it moved the other way"}.get(
        row["found"], ""
    )
    declared = f"Declared {_when(each.declared_on, row['declared_before'])}: {expected} was expected{follows}{found}"
    moved = str(row["found"]).startswith("moved")
    return f"{declared}. {NOT_BECAUSE}" if moved and each.follows else declared


def _when(day: date, before: bool | None) -> str:
    said = f"on {day.day} {day:%B %Y}"
    if before is None:
        return f"{said} (whether before the later round began is not known: it has no start date)"
    return f"{said}, before the later round" if before else f"{said}, after the evidence could be seen"


def _followed(programme: Programme, id: str) -> str:
    """A commitment's words, or the safeguard that a recommendation asks for."""
    said: Mapping[str, str] = {each.id: each.text for each in programme.commitments} | {
        f"R.{step.id}.{safeguard.id}": safeguard.name
        for _activity, step in programme.steps()
        for safeguard in step.safeguards
    }
    return said.get(id, id)


# --- both ---------------------------------------------------------------------------------------------------------


def _enough(programme: Programme, row: Row) -> bool:
    return bool(min(row["n_from"], row["n"]) >= programme.rules.publish_at_least)


def _finding(
    programme: Programme, measure: Measure, row: Row, verdict: str, kind: str, id: str, sentence: str
) -> Finding:
    worse = "lower" if measure.higher_is == "better" else "higher"
    moved = verdict in _MOVED
    told = row["change"] is not None
    return Finding(
        id, kind, ("adverse" if verdict == worse else "favourable") if moved else "neither", sentence,
        (cell_name("comparisons" if kind == "comparison" else "changes", row),), measure.activity, measure.step,
        row["characteristic"], row["community"], row["n"] if told else None, row["change"], row["low"], row["high"],
        row["probability"], told_us=told_us(programme, row["source"]), decides=False, name=measure.name,
    )  # fmt: skip


def _told(programme: Programme, measure: Measure, row: Row, verdict: str) -> str:
    """'The programme is trusted more than in Spring 2025: 53% in Spring 2026 against 47%, a change of 6 points (2 to
    10) in the share who “…”; about 1,445 people then and about 1,435 now'. Always the programme, never the people."""
    names = {each.id: each.name for each in programme.rounds}
    before, after = (names.get(row[key], str(row[key])) for key in ("round_from", "round_to"))
    lead = _lead(programme, measure, row, verdict)
    like = "as" if verdict == "no difference that matters" else "than"
    numbers = f"{_numbers(measure, row, after)}{by_chance({**row, 'verdict': verdict})}"
    if row["change"] is not None:
        rules = programme.rules
        numbers += f"; {people(row['n_from'], rules)} then and {people(row['n'], rules)} now"
    if verdict == "cannot tell":
        noun = {each.id: source_noun(each) for each in programme.sources}.get(row["source"], "evidence")
        return f"The {noun} cannot tell whether {lead[0].lower()}{lead[1:]} in {after} than in {before}: {numbers}"
    return f"{lead} {like} in {before}: {numbers}"


def _lead(programme: Programme, measure: Measure, row: Row, verdict: str) -> str:
    """Of everyone, without its last word: 'The programme is trusted more', not 'more by'."""
    lead, community = gap_lead(measure, verdict), community_of(programme, row)
    return lead.rsplit(" ", 1)[0] if community is None else f"{lead} {named(community)}"


def _numbers(measure: Measure, row: Row, after: str) -> str:
    if row["change"] is None or row["low"] is None or row["high"] is None:
        return str(row["cannot_tell"])
    scale = scale_of(measure)
    here, there = (with_interval(row[key], None, None, scale=scale) for key in ("estimate", "estimate_from"))
    size = f"{points(row['change'], scale=scale)} ({between(row['low'], row['high'], scale=scale)})"
    of = (
        f"in the share who {quoted(measure.name)}"
        if measure.report == "share"
        else f"on a scale of {measure.low:g} to {measure.high:g} for {quoted(measure.name)}"
    )
    return f"{here} in {after} against {there}, a change of {size} {of}"
