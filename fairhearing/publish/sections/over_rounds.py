"""Section 4, over rounds: where series break, what was declared beforehand, and what is watched at every look."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...programme import Measure
from ...tables import cell_name
from ..charts import DataTable, Scale, Slope, SlopePanel, slope_x, slope_y
from ..reading import Evidence, Row, anchor, grouped
from ..sentences import capital, interval, listed, people, percent, scale_of

__all__ = ["Declared", "declared", "series_breaks", "since", "watched"]

# --- breaks -------------------------------------------------------------------------------------------------------


def series_breaks(evidence: Evidence, measure: str, source: str, rounds: Sequence[str]) -> dict[int, str]:
    """Position among `rounds` of the first round after a break → why nothing is drawn across it."""
    place = evidence.programme.round_place
    told: dict[int, str] = {}
    for position, (earlier, later) in enumerate(pairwise(rounds), 1):
        for each in evidence.programme.breaks:
            own = each.source == source and each.measure in ("", measure)
            if own and place(earlier) < place(each.at) <= place(later):
                found = f" ({each.found_in})" if each.found_in else " (no document is named)"
                told[position] = (
                    f"The series breaks at {evidence.round_name(each.at)}: {each.why.rstrip('. ')}{found}."
                )
    tested = (row for row in evidence.rows("changes") if (row["measure"], row["source"]) == (measure, source))
    for row in tested:
        if row["comparable"] == "not comparable" and row["round_to"] in rounds[1:]:
            name = evidence.round_name(row["round_to"])
            told.setdefault(rounds.index(row["round_to"]), f"From {name} on the scale may mean something else.")
    return told


# --- declared beforehand ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Declared:
    """One comparison declared beforehand, in the words of its finding."""

    anchor: str
    sentence: str


def declared(evidence: Evidence, measure: str, source: str) -> tuple[Declared, ...]:
    """Those of one measure and source; withheld ones are not named."""
    said = _said(evidence)
    rows = [row for row in evidence.rows("comparisons") if (row["measure"], row["source"]) == (measure, source)]
    return tuple(
        Declared(anchor("comparison", row["comparison"]), said[cell_name("comparisons", row)])
        for row in rows
        if cell_name("comparisons", row) in said
    )


def _said(evidence: Evidence) -> dict[str, str]:
    return {row["rests_on"][0]: str(row["sentence"]) for row in evidence.rows("findings") if row["rests_on"]}


def since(evidence: Evidence, follows: str) -> tuple[tuple[str, str], ...]:
    """What moved since a commitment or recommendation, as declared beforehand: words and where they stand."""
    rows = [row for row in evidence.rows("comparisons") if row["follows"] == follows and follows]
    said = _said(evidence) if rows else {}
    undeclared = [row for row in evidence.rows("helped") if row["commitment"] == follows and not row["comparison"]]
    if undeclared:
        return tuple((str(row["says"]), "#earlier") for row in undeclared)
    return tuple(
        (_found(evidence, row), f"#{anchor('comparison', row['comparison'])}")
        for row in rows
        if cell_name("comparisons", row) in said
    )


def _found(evidence: Evidence, row: Row) -> str:
    """'cannot tell: share who “…”, Spring 2025 to Spring 2026'."""
    who = "" if row["community"] is None else f", {evidence.community(row['characteristic'], row['community'])}"
    before, after = evidence.round_name(row["round_from"]), evidence.round_name(row["round_to"])
    late = "" if row["declared_before"] else ", not shown to be declared beforehand"
    return f"{row['found']}: “{evidence.measure(row['measure']).name}”{who}, {before} to {after}{late}"


# --- watched ------------------------------------------------------------------------------------------------------


def watched(evidence: Evidence) -> tuple[Slope, ...]:
    """One chart a source: a panel for each measure, everyone; communities in the table."""
    rows = [row for row in evidence.rows("monitoring") if evidence.has_measure(row["measure"])]
    charts = (_watch(evidence, source, own) for (source,), own in grouped(rows, "source").items())
    return tuple(chart for chart in charts if chart is not None)


def _watch(evidence: Evidence, source: str, rows: Sequence[Row]) -> Slope | None:
    told = [row for row in rows if row["change"] is not None]
    everyone = grouped([row for row in told if row["characteristic"] is None], "measure")
    reach = _reach(evidence, [row for own in everyone.values() for row in own])
    panels = tuple(_panel(evidence, evidence.measure(id[0]), own, reach) for id, own in everyone.items())
    if not panels:
        return None
    last = {id[0]: own[-1] for id, own in everyone.items()}
    return Slope(
        id=anchor("watch", source),
        headline=_headline(evidence, last),
        subtitle=f"{evidence.source_name(source)}, everyone, {_people(list(last.values()))} a round. Dark: the "
        "average of all rounds since the first of a series, less that first. Grey: how far this may be off, with 95% "
        f"for all looks taken together. Line across: no change. A panel reaches {percent(reach)} of the measure's "
        "range up and down.",
        alternative="; ".join(f"{panel.label}: {panel.last}" for panel in panels) + ".",
        panels=panels,
        table=_table(evidence, told),
    )


def _people(rows: Sequence[Row]) -> str:
    counts = sorted({row["n"] for row in rows if row["n"] is not None})
    return (
        people(counts[0]) if counts and counts[0] == counts[-1] else f"{people(counts[0])} or more" if counts else "–"
    )


def _headline(evidence: Evidence, last: Mapping[str, Row]) -> str:
    moved = [evidence.measure(id).name for id, row in last.items() if row["verdict"] == "moved"]
    if not moved:
        return "Watched at every round: nothing is shown to have moved since its series began"
    named = listed([f"“{name}”" for name in moved])
    still = len(last) - len(moved)
    rest = f"; {still} other{'s' * (still != 1)} not shown to have" if still else ""
    return f"Watched at every round: {named} moved since the series began{rest}"


def _reach(evidence: Evidence, rows: Sequence[Row]) -> float:
    """How far up and down every panel goes, as a part of a measure's range: in steps of a twentieth."""
    spans = {each.id: each.high - each.low for each in evidence.programme.measures}
    largest = max((max(abs(row["low"]), abs(row["high"])) / spans[row["measure"]] for row in rows), default=0.0)
    return min(max(math.ceil(20 * largest), 1) / 20, 1.0)


def _panel(evidence: Evidence, measure: Measure, rows: Sequence[Row], reach: float) -> SlopePanel:
    """The look at each round, after the first round itself, where change is nothing by definition."""
    span = measure.high - measure.low
    scale = Scale(-reach * span, reach * span, scale_of(measure))
    count = len(rows) + 1
    at = [(slope_x(place, count), row) for place, row in enumerate(rows, 1)]
    lines = {key: [(slope_x(0, count), slope_y(0.0, scale))] for key in ("change", "low", "high")}
    for key, points in lines.items():
        points += [(x, slope_y(row[key], scale)) for x, row in at]
    start, end = rows[0]["round_from"], rows[-1]["round"]
    return SlopePanel(
        label=capital(measure.name),
        first="the first round",
        last=_figure(measure, rows[-1]),
        rounds=(evidence.round_name(start), evidence.round_name(end)),
        rest_lines=(*_joined(lines["low"]), *_joined(lines["high"])),
        own_lines=_joined(lines["change"]),
        whiskers=tuple((x, slope_y(row["low"], scale), slope_y(row["high"], scale)) for x, row in at),
        rest_dots=(),
        own_dots=tuple(lines["change"]),
        zero=slope_y(0.0, scale),
    )


def _joined(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float, float, float], ...]:
    return tuple((*one, *other) for one, other in pairwise(points))


def _figure(measure: Measure, row: Row) -> str:
    """'+4 (−1 to 9)', in points of a share."""
    kind = scale_of(measure)
    size = interval(row["change"], row["change"], scale=kind).split(" ")[0]
    sign = "" if size.startswith("−") or row["change"] == 0 else "+"
    return f"{sign}{size} ({interval(row['low'], row['high'], scale=kind)})"


def _table(evidence: Evidence, rows: Sequence[Row]) -> DataTable:
    """The latest look at every measure: everyone, and each community that moved; all of them are in the open data."""
    latest = {(row["measure"], row["characteristic"], row["community"]): row for row in rows}
    shown = [row for row in latest.values() if row["characteristic"] is None or row["verdict"] == "moved"]
    told = "of communities, those that moved" if len(shown) > len({row["measure"] for row in shown}) else ""
    none = "no community is shown to have moved"
    body = tuple(
        (
            capital(evidence.measure(row["measure"]).name),
            capital(evidence.community(row["characteristic"], row["community"])),
            f"{evidence.round_name(row['round_from'])} to {evidence.round_name(row['round'])}",
            str(row["looks"]),
            _figure(evidence.measure(row["measure"]), row),
            str(row["verdict"]),
        )
        for row in shown
    )
    head = ("Measure", "Of whom", "Rounds", "Looks", "Change since the first round", "So")
    return DataTable(f"What is watched, at the latest look, a share in points; {told or none}", head, body)
