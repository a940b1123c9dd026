"""Gaps between communities, effects of projects, who was not heard, and what people agree or disagree on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._wording import (
    between,
    by_chance,
    figure,
    gap_lead,
    identifier,
    interval,
    named,
    no_margin,
    people,
    percent,
    points,
    quoted,
    scale_of,
    source_noun,
    told_us,
    with_interval,
    with_margin,
)
from ..programme import Measure, Programme
from ..tables import TABLES, cell_name
from .finding import Finding, Row, Rows, community_of, in_round, latest_rounds, title_of

__all__ = ["coverage_findings", "effect_findings", "gap_findings", "statement_findings"]

# --- gaps: trust and alienation between communities ---------------------------------------------------------------


def gap_findings(programme: Programme, rows: Rows, estimates: Rows) -> Iterator[Finding]:
    measures = {each.id: each for each in programme.measures}
    held = {_estimate_key(row): row for row in estimates}
    latest = latest_rounds(programme, rows, "source", "measure")
    for row in rows:
        enough = min(row["n"], row["n_rest"]) >= programme.rules.publish_at_least
        community = community_of(programme, row)
        if not enough or community is None or row["measure"] not in measures:
            continue
        current = latest[row["source"], row["measure"]] == row["round"]
        level = held.get(_estimate_key(row))
        yield _gap_finding(programme, measures[row["measure"]], community, row, level, current)


def _estimate_key(row: Row) -> tuple[Any, ...]:
    return tuple(row[key] for key in TABLES["estimates"].cell)


def _gap_finding(
    programme: Programme, measure: Measure, community: str, row: Row, level: Row | None, current: bool
) -> Finding:
    adverse = row["verdict"] == ("lower" if measure.higher_is == "better" else "higher")
    usable = level if level is not None and level["estimate"] is not None else None
    return Finding(
        identifier("F-gap", measure.id, row["source"], row["characteristic"], row["community"], row["round"]),
        "gap",
        "adverse" if adverse else "neither",
        _gap_sentence(programme, measure, community, row, usable),
        (cell_name("gaps", row), *(() if usable is None else (cell_name("estimates", usable),))),
        measure.activity,
        measure.step,
        row["characteristic"],
        row["community"],
        row["n"],
        row["gap"],
        *with_margin(programme, row),
        row["probability"],
        current=current,
        told_us=told_us(programme, row["source"]),
        name=measure.name,
    )


def _gap_sentence(programme: Programme, measure: Measure, community: str, row: Row, level: Row | None) -> str:
    """REPORT.md's pattern: the gap is a property of the programme, never of the community."""
    lead, numbers = gap_lead(measure, row["verdict"]), _gap_numbers(programme, measure, row, level)
    if row["verdict"] == "cannot tell":
        nouns = {each.id: source_noun(each) for each in programme.sources}
        noun = nouns.get(row["source"], "evidence")
        return f"The {noun} cannot tell whether {lead[0].lower()}{lead[1:]} {named(community)}: {numbers}."
    return f"{lead} {named(community)}: {numbers}."


def _gap_numbers(programme: Programme, measure: Measure, row: Row, level: Row | None) -> str:
    """`61% (56 to 66) against 70% (67 to 73) of everyone else, a difference of 9 points (4 to 14) in …`"""
    if row["gap"] is None:
        return f"{row['cannot_tell']}{in_round(programme, row)}"
    scale, ends = scale_of(measure), (None, None) if level is None else with_margin(programme, level)
    here = with_interval(row["estimate"], *ends, scale=scale)
    low, high = with_margin(programme, row)
    rest = (None, None) if low is None else (row["rest_low"], row["rest_high"])
    there = f"{with_interval(row['rest'], *rest, scale=scale)} {'of' if scale == 'share' else 'for'} everyone else"
    margin = no_margin(programme, row["source"]) if low is None or high is None else between(low, high, scale=scale)
    size = f"a difference of {points(row['gap'], scale=scale)} ({margin})"
    basis = f"{in_round(programme, row)}; {people(row['n'], programme.rules)} of that community"
    return f"{here} against {there}, {size} {_gap_of_what(measure)}{by_chance(row)}{basis}"


def _gap_of_what(measure: Measure) -> str:
    if measure.report == "share":
        return f"in the share who {quoted(measure.name)}"
    return f"on a scale of {measure.low:g} to {measure.high:g} for {quoted(measure.name)}"


# --- effects, coverage, common ground -------------------------------------------------------------------------------

_EFFECTS = {
    "works": ("favourable", "{project} works"),
    "negligible": ("adverse", "{project} changes too little to matter"),
    "harm signal": ("adverse", "There is a sign, to be looked into, that {project} may do harm"),
    "promising change": ("neither", "{project} saw a promising change, which its design cannot ascribe to it"),
    "not known": ("neither", "It is not known what {project} changes"),
}


def effect_findings(programme: Programme, rows: Rows) -> list[Finding]:
    """One finding for every project and instrument."""
    return [_effect_finding(programme, row) for row in rows]


def _effect_finding(programme: Programme, row: Row) -> Finding:
    """A project too small to report is said without a number, and decides nothing."""
    enough = (row["n"] or 0) >= programme.rules.publish_at_least
    claimed = enough and row["effect"] is not None
    direction, pattern = _EFFECTS[row["verdict"] if claimed else "not known"]
    what = pattern.format(project=quoted(row["project"]))
    return Finding(
        identifier("F-effect", row["source"], row["project"], row["instrument"]),
        "effect",
        direction,
        f"{what}: {_effect_numbers(programme, row) if claimed else _no_effect(row, enough)}.",
        (cell_name("effects", row) if claimed else f"programme:source={row['source']}",),
        row["activity"],
        n=row["n"] if claimed else None,
        estimate=row["effect"] if claimed else None,
        low=row["low"] if claimed else None,
        high=row["high"] if claimed else None,
        name=row["project"],
        overall=claimed,
    )


def _effect_numbers(programme: Programme, row: Row) -> str:
    instrument = f" in {quoted(row['instrument'])}" if row["instrument"] else ""
    known = row["low"] is not None and row["high"] is not None
    margin = interval(row["low"], row["high"], scale="fine") if known else "no interval"
    change = f"a change of {figure(row['effect'], scale='fine')} standard deviations ({margin})"
    size = f"{change}{instrument}, better being above 0"
    return f"{size}; {people(row['n'], programme.rules)}; level {row['level']} of 5 on the Maryland scale"


def _no_effect(row: Row, enough: bool) -> str:
    if not enough and row["effect"] is not None:
        return "too few people took part to report"
    return (row["cannot_tell"] or "no baseline, no effect claimed").rstrip(".")


def coverage_findings(programme: Programme, rows: Rows) -> Iterator[Finding]:
    """Communities heard at less than half their share, or too few to report; and where nobody can know."""
    said: dict[tuple[Any, ...], int] = {}
    first: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        if row["community"] is not None:
            said[_family(row)] = said.get(_family(row), 0) + row["heard"]
            first.setdefault(_family(row), row)
    yield from (_nobody_said(programme, first[family]) for family, total in said.items() if total == 0)
    for row in rows:
        community, share = community_of(programme, row), row["population_share"]
        total = said.get(_family(row), 0)
        if community is None or not share or total == 0:
            continue
        if row["heard"] < programme.rules.publish_at_least:
            yield _unheard(programme, community, row, expected=share * total)
        elif row["heard_share"] is not None and row["heard_share"] < share / 2:
            yield _coverage_finding(programme, community, row)


def _family(row: Row) -> tuple[Any, ...]:
    return row["source"], row["round"], row["characteristic"]


def _nobody_said(programme: Programme, row: Row) -> Finding:
    """A source that did not ask is one finding, not one for each community it might have heard."""
    names = {each.id: each.name for each in programme.characteristics}
    name = names.get(row["characteristic"], str(row["characteristic"]))
    return Finding(
        identifier("F-coverage", row["source"], row["characteristic"], row["round"]),
        "coverage",
        "neither",
        f"Nobody can tell who was heard and who was not in {title_of(programme, row)} by {quoted(name)}: people were "
        "not asked, or did not say.",
        (f"programme:source={row['source']};characteristic={row['characteristic']}",),
        characteristic=row["characteristic"],
        name=name,
    )


def _unheard(programme: Programme, community: str, row: Row, expected: float) -> Finding:
    """Fewer than may be published. Adverse where a sample in proportion would have heard enough of them; that says
    no more about how few they were than the suppressed count does."""
    adverse = expected >= programme.rules.publish_at_least
    why = (
        "the listening reached them less than their share" if adverse else "the listening was too small to hear them"
    )
    return Finding(
        _coverage_id(row),
        "coverage",
        "adverse" if adverse else "neither",
        f"Too few people were heard among {named(community)} in {title_of(programme, row)} to report, not too few to "
        f"matter: they are {percent(row['population_share'])} of the population, and {why}.",
        (f"programme:characteristic={row['characteristic']};category={row['community']}",),
        characteristic=row["characteristic"],
        community=row["community"],
        name=community,
    )


def _coverage_finding(programme: Programme, community: str, row: Row) -> Finding:
    return Finding(
        _coverage_id(row),
        "coverage",
        "adverse",
        f"The listening reached {named(community)} at less than half their share: "
        f"they are {percent(row['population_share'])} of the population and {percent(row['heard_share'])} of those "
        f"heard in {title_of(programme, row)} ({people(row['heard'], programme.rules)}; "
        "a count, so it has no interval).",
        (cell_name("coverage", row),),
        characteristic=row["characteristic"],
        community=row["community"],
        n=row["heard"],
        estimate=row["heard_share"],
        name=community,
    )


def _coverage_id(row: Row) -> str:
    return identifier("F-coverage", row["source"], row["characteristic"], row["community"], row["round"])


def statement_findings(programme: Programme, rows: Rows) -> Iterator[Finding]:
    openings = {"common ground": "People find common ground", "divisive": "People disagree"}
    for row in rows:
        if row["kind"] not in openings or row["n"] < programme.rules.publish_at_least or row["estimate"] is None:
            continue
        low, high = with_margin(programme, row)
        share = with_interval(row["estimate"], low, high)
        margin = "" if low is not None else f" ({no_margin(programme, row['source'])})"
        yield Finding(
            identifier("F-common-ground", row["source"], row["statement"]),
            "common ground",
            "neither",
            f"{openings[row['kind']]}: {share} of {people(row['n'], programme.rules)} who voted agree with "
            f"{quoted(row['text'])}{margin}.",
            (cell_name("statements", row),),
            n=row["n"],
            estimate=row["estimate"],
            low=low,
            high=high,
            told_us=told_us(programme, row["source"]),
            name=row["statement"],
        )
