"""Section 4, over rounds: one small panel a community, its line against everyone's, all on one scale."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ...programme import Measure
from ..charts import DataTable, Scale, Slope, SlopePanel, slope_x, slope_y
from ..reading import Evidence, Row, anchor
from ..sentences import capital, change_cell, change_sentence, figure, listed, scale_of, with_interval
from .measuring import undone
from .over_rounds import series_breaks

__all__ = ["change", "slope"]

Points = list[tuple[float, float]]


def slope(
    evidence: Evidence, measure: Measure, source: str, characteristic: str, rows: list[Row], scale: Scale
) -> Slope | None:
    """None with fewer than two rounds. Only rounds of one source are joined: no line crosses a change of method."""
    rows = [row for row in rows if row["withheld"] is None and row["estimate"] is not None]
    rounds = sorted({row["round"] for row in rows if row["round"]}, key=evidence.programme.round_place)
    if len(rounds) < 2:
        return None
    everyone = _series([row for row in rows if row["characteristic"] is None], rounds)
    communities = [
        row
        for row in evidence.declared_order(rows)
        if row["characteristic"] == characteristic and evidence.is_community(characteristic, row["community"])
    ]
    ids = list(dict.fromkeys(row["community"] for row in communities))
    broken = series_breaks(evidence, measure.id, source, rounds)
    own = {id: _series([row for row in communities if row["community"] == id], rounds) for id in ids}
    panels = tuple(
        _panel(evidence, characteristic, id, series, everyone, rounds, scale, scale_of(measure), broken)
        for id, series in own.items()
        if len(series) >= 2
    )
    if not panels:
        return None
    name = evidence.characteristic_name(characteristic)
    return Slope(
        id=anchor("slope", measure.id, source, characteristic),
        headline=_headline(evidence, measure, communities, name, evidence.round_name(rounds[-2])),
        subtitle=f"{capital(measure.name)}, by {name.lower()}, {evidence.round_name(rounds[0])} to "
        f"{evidence.round_name(rounds[-1])}; {evidence.source_name(source)}. Dark: the community, with its 95% "
        "interval. Grey: everyone. Every panel runs from the lowest to the highest value of the scale."
        + "".join(f" {why}" for why in dict.fromkeys(broken.values()))
        + (" No line is drawn across." if broken else ""),
        alternative=capital(
            f"{measure.name}, in the first and last round told. "
            + "; ".join(f"{p.label}: {p.first} in {p.rounds[0]}, {p.last} in {p.rounds[-1]}" for p in panels)
        )
        + ".",
        panels=panels,
        table=_table(evidence, measure, name, communities, rounds, _changes(evidence, measure, source)),
    )


def change(evidence: Evidence, measure: Measure, source: str, rows: Sequence[Row]) -> str:
    """What became of everyone's figure since the round before; empty with fewer than two rounds.

    Only the table of changes says so, which has an interval or the reason why there is none."""
    asked = [row["round"] for row in rows if row["characteristic"] is None and row["round"]]
    if len(set(asked)) < 2:
        return ""
    told = _changes(evidence, measure, source).get((None, None))
    before = told["round_from"] if told else sorted(set(asked), key=evidence.programme.round_place)[-2]
    sentence = change_sentence(told, measure, evidence.source(source), evidence.round_name(before))
    return f"{sentence} {'' if told is None else undone(told, measure, 'those')}".rstrip()


def _changes(evidence: Evidence, measure: Measure, source: str) -> dict[tuple[str | None, str | None], Row]:
    """Published changes up to the latest round, by community."""
    own = [row for row in evidence.rows("changes") if (row["measure"], row["source"]) == (measure.id, source)]
    last = max((evidence.programme.round_place(row["round_to"]) for row in own), default=-1)
    latest = [row for row in own if evidence.programme.round_place(row["round_to"]) == last]
    return {(row["characteristic"], row["community"]): row for row in latest}


def _series(rows: Sequence[Row], rounds: Sequence[str]) -> dict[int, Row]:
    """Position of the round → row."""
    return {rounds.index(row["round"]): row for row in rows if row["round"] in rounds}


def _points(series: dict[int, Row], rounds: Sequence[str], scale: Scale) -> Points:
    return [(slope_x(place, len(rounds)), slope_y(row["estimate"], scale)) for place, row in sorted(series.items())]


def _lines(
    series: dict[int, Row], rounds: Sequence[str], scale: Scale, broken: Collection[int]
) -> tuple[tuple[float, float, float, float], ...]:
    """Segments between rounds that follow each other; a round without a figure leaves a hole, and so does a break."""
    return tuple(
        (
            slope_x(place, len(rounds)),
            slope_y(series[place]["estimate"], scale),
            slope_x(place + 1, len(rounds)),
            slope_y(series[place + 1]["estimate"], scale),
        )
        for place in sorted(series)
        if place + 1 in series and place + 1 not in broken
    )


def _panel(
    evidence: Evidence,
    characteristic: str,
    community: str,
    series: dict[int, Row],
    everyone: dict[int, Row],
    rounds: Sequence[str],
    scale: Scale,
    kind: str,
    broken: Collection[int],
) -> SlopePanel:
    places = sorted(series)
    whiskers = tuple(
        (slope_x(place, len(rounds)), slope_y(row["low"], scale), slope_y(row["high"], scale))
        for place, row in sorted(series.items())
        if row["low"] is not None and row["high"] is not None
    )
    return SlopePanel(
        label=capital(evidence.community(characteristic, community)),
        first=figure(series[places[0]]["estimate"], scale=kind),
        last=figure(series[places[-1]]["estimate"], scale=kind),
        rounds=(evidence.round_name(rounds[places[0]]), evidence.round_name(rounds[places[-1]])),
        rest_lines=_lines(everyone, rounds, scale, broken),
        own_lines=_lines(series, rounds, scale, broken),
        whiskers=whiskers,
        rest_dots=tuple(_points(everyone, rounds, scale)),
        own_dots=tuple(_points(series, rounds, scale)),
        breaks=tuple(slope_x(place - 0.5, len(rounds)) for place in sorted(broken)),
    )


def _headline(evidence: Evidence, measure: Measure, communities: Sequence[Row], name: str, since: str) -> str:
    """Whose figure is shown to have changed; a change without an interval is no finding."""
    told = _changes(evidence, measure, communities[0]["source"])
    cells = dict.fromkeys((row["characteristic"], row["community"]) for row in communities)
    own = [told[cell] for cell in cells if cell in told]
    found = [
        f"{evidence.community(row['characteristic'], row['community'])} {_size(evidence, measure, row)}"
        for row in own
        if row["verdict"] in ("higher", "lower")
    ]
    if found:
        return f"By {name.lower()}, since {since}: {listed(found)}"
    if own and all(row["verdict"] == "no difference that matters" for row in own):
        return f"By {name.lower()}, since {since}: no change that matters"
    return f"By {name.lower()}, since {since}: of no community can a change be told"


def _size(evidence: Evidence, measure: Measure, row: Row) -> str:
    """'up 10 points (5 to 16)'."""
    told = change_sentence(row, measure, evidence.source(row["source"]), "").removesuffix(" since .")
    return told[:1].lower() + told[1:]


def _table(
    evidence: Evidence,
    measure: Measure,
    name: str,
    rows: Sequence[Row],
    rounds: Sequence[str],
    changes: Mapping[tuple[str | None, str | None], Row],
) -> DataTable:
    """Each round, and what became of it since the round before."""
    body = []
    for community in dict.fromkeys(row["community"] for row in rows):
        own = {row["round"]: row for row in rows if row["community"] == community}
        told = [
            with_interval(own[id]["estimate"], own[id]["low"], own[id]["high"], scale=scale_of(measure))
            if id in own
            else "–"
            for id in rounds
        ]
        last = change_cell(changes.get((rows[0]["characteristic"], community)), measure)
        body.append((capital(evidence.community(rows[0]["characteristic"], community)), *told, last))
    unit = ", in points" if measure.report == "share" else ""
    head = (
        name,
        *(evidence.round_name(id) for id in rounds),
        f"Change since {evidence.round_name(rounds[-2])}{unit}",
    )
    return DataTable(f"{capital(measure.name)}, round by round", head, tuple(body))
