"""Section 3, who was heard: each community's share of the population against its share of respondents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...protect import FEW, OTHERS
from ..charts import DataTable, Key, Mark, Plot, PlotRow, Scale, share_scale
from ..reading import Evidence, Row, anchor, grouped, hidden
from ..sentences import SAMPLE_WORDS, capital, count, listed, people, percent

__all__ = ["Heard", "SourceHeard", "heard", "less_heard"]

Cell = tuple[Any, ...]
_HALF = 0.5  # a share of respondents below half the share of the population is called out in the headline


@dataclass(frozen=True)
class SourceHeard:
    """One source: how people came to answer, what weighting cost, and a chart per characteristic."""

    id: str
    name: str
    sample: str
    weighting: tuple[str, ...]
    plots: tuple[Plot, ...]
    """Where a community was heard less than half as much as its numbers; else the first."""
    others: tuple[Plot, ...]
    """The rest, one click away."""
    too_few: tuple[str, ...]
    protecting: tuple[str, ...]
    """Communities withheld only so that another's number cannot be worked out."""
    not_asked: tuple[str, ...]
    """Characteristics this source did not ask about."""
    reasons: tuple[tuple[str, str], ...]
    """(community, what is known of why it was not heard, or heard less)."""


@dataclass(frozen=True)
class Heard:
    """Section 3."""

    sources: tuple[SourceHeard, ...]
    silent: tuple[str, ...]
    """Sources of people's views that no table speaks about."""


def heard(evidence: Evidence) -> Heard:
    told = grouped(evidence.all("coverage"), "source")
    weighted = grouped(evidence.all("weighting"), "source")
    ids = [each.id for each in evidence.programme.sources if (each.id,) in told or (each.id,) in weighted]
    silent = [
        evidence.source_name(each.id)
        for each in evidence.programme.sources
        if each.kind in ("survey", "consultation", "votes") and each.id not in ids
    ]
    sources = tuple(_source(evidence, id, told.get((id,), []), weighted.get((id,), [])) for id in ids)
    return Heard(sources, tuple(silent))


def _source(evidence: Evidence, id: str, rows: Sequence[Row], weighting: Sequence[Row]) -> SourceHeard:
    latest = [row for row in evidence.latest(rows) if evidence.asked(id, row["characteristic"])]
    parts = grouped(latest, "characteristic")
    asked = {key: part for key, part in parts.items() if any(row["community"] is not None for row in part)}
    every = grouped(rows, "characteristic")
    plots, others = _by_finding(evidence, id, asked, every)
    reasons = [row for row in latest if row["not_heard_because"] and row["community"] is not None]
    return SourceHeard(
        id=anchor("heard", id),
        name=evidence.source_name(id),
        sample=SAMPLE_WORDS[evidence.source(id).sample],
        weighting=tuple(_weighting(evidence, row) for row in _in_order(evidence, weighting)),
        plots=plots,
        others=others,
        too_few=evidence.names(latest, FEW),
        protecting=evidence.names(latest, OTHERS),
        not_asked=tuple(
            each.name.lower() for each in evidence.programme.characteristics if not evidence.asked(id, each.id)
        ),
        reasons=tuple((_names(evidence, [row])[0], str(row["not_heard_because"])) for row in reasons),
    )


def _in_order(evidence: Evidence, rows: Sequence[Row]) -> list[Row]:
    """Earliest round first."""
    return sorted(rows, key=lambda row: evidence.programme.round_place(row["round"]))


def _by_finding(
    evidence: Evidence, id: str, asked: Mapping[Cell, Sequence[Row]], every: Mapping[Cell, Sequence[Row]]
) -> tuple[tuple[Plot, ...], tuple[Plot, ...]]:
    """Charts with a finding first; those without one come after, folded."""
    made = [(key, _plot(evidence, id, key[0], part, every[key])) for key, part in asked.items()]
    plots = [(bool(less_heard(evidence, asked[key])), plot) for key, plot in made if plot is not None]
    if plots and not any(found for found, _plot in plots):
        plots[0] = (True, plots[0][1])
    return tuple(plot for found, plot in plots if found), tuple(plot for found, plot in plots if not found)


def _names(evidence: Evidence, rows: Sequence[Row]) -> list[str]:
    return [evidence.community(row["characteristic"], row["community"]) for row in evidence.declared_order(rows)]


def _weighting(evidence: Evidence, row: Row) -> str:
    """'2026: about 1,005 people, counting as about 690 after weighting; weighted to religion and age.'"""
    round = evidence.round_name(row["round"])
    start = f"{round}: " if round else ""
    if row["withheld"] is not None:
        return f"{capital(start + hidden(row))}."
    margins = [evidence.characteristic_name(id).lower() for id in row["margins"] or ()]
    how = f"weighted to {listed(margins)}" if margins else "not weighted: nothing to weight to was declared"
    cost = ""
    if margins and row["n_effective"] is not None:
        cost = f", worth about {row['n_effective']:,.0f} after weighting (design effect {row['design_effect']:.1f})"
    groups = "; ".join(_joined(evidence, each) for each in row["collapsed"] or ())
    joined = f" Counted together for weighting, because few answered: {groups}." if groups else ""
    return f"{capital(start + people(row['n']))}{cost}; {how}.{joined}"


def _joined(evidence: Evidence, ids: str) -> str:
    """'sikh + other' as the communities' own names."""
    names = {
        category.id: category.name for each in evidence.programme.characteristics for category in each.categories
    }
    return " with ".join(names.get(id, id) for id in ids.split(" + "))


def _plot(
    evidence: Evidence, source: str, characteristic: str, rows: Sequence[Row], every: Sequence[Row]
) -> Plot | None:
    """Ring: share of population; dot: share of respondents; a line joins them."""
    named = [row for row in evidence.declared_order(rows) if row["community"] is not None]
    shown = [row for row in named if row["withheld"] is None]
    if not shown:
        return None
    scale = share_scale([row[key] for row in shown for key in ("population_share", "heard_share")])
    name = evidence.characteristic_name(characteristic)
    population = evidence.programme.characteristic(characteristic).population_source
    hides = len(shown) < len(named)
    total = "some counts are withheld" if hides else people(sum(row["heard"] or 0 for row in shown))
    has_population = any(row["population_share"] is not None for row in shown)
    keys = [Key("dot", "accent", "share of those who answered and said")]
    if has_population:
        keys.insert(0, Key("ring", "rest", "share of the population"))
    against = f"; population: {population}" if population else "; no population figure is declared"
    return Plot(
        id=anchor("coverage", source, characteristic),
        headline=_headline(evidence, shown, name, hides),
        subtitle=f"{name}: share of respondents, before weighting; {total}{against}.",
        alternative=_alternative(evidence, shown, name),
        keys=tuple(keys),
        ticks=scale.ticks(),
        rows=tuple(_row(evidence, row, scale) for row in named),
        table=_table(evidence, evidence.source_name(source), name, every),
    )


def _row(evidence: Evidence, row: Row, scale: Scale) -> PlotRow:
    label = evidence.community(row["characteristic"], row["community"])
    population = row["population_share"]
    marks: list[Mark] = []
    if population is not None and row["heard_share"] is not None:
        low, high = sorted((scale.place(population), scale.place(row["heard_share"])))
        marks.append(Mark("line", low, "mid", to=high))
    if population is not None:
        marks.append(Mark("ring", scale.place(population), "rest"))
    if row["withheld"] is not None:
        return PlotRow(label, hidden(row), "", tuple(marks))
    if row["heard_share"] is not None:
        marks.append(Mark("dot", scale.place(row["heard_share"]), "accent"))
    value = f"{percent(row['heard_share'] or 0)} of answers"
    note = people(row["heard"])
    if population is not None:
        note = f"{percent(population)} of people; about {row['heard']:,} heard"
    return PlotRow(label, value, note, tuple(marks))


def less_heard(evidence: Evidence, rows: Sequence[Row]) -> list[Row]:
    """Communities whose share of respondents is under half their share of the population, in declared order."""
    return [
        row
        for row in evidence.declared_order(rows)
        if row["heard_share"] is not None
        and row["population_share"]
        and row["heard_share"] < _HALF * row["population_share"]
        and evidence.is_community(row["characteristic"], row["community"])
    ]


def _headline(evidence: Evidence, rows: Sequence[Row], name: str, hides: bool) -> str:
    """Claims nothing about communities whose numbers are withheld."""
    less = less_heard(evidence, rows)
    if less:
        return f"Heard less than half as much as their numbers: {listed(_names(evidence, less))}"
    if all(row["population_share"] is None for row in rows):
        return f"Who answered, by {name.lower()}: there is no population figure to compare with"
    if hides:
        told = "of the communities that may be shown, none was heard less than half as much as its numbers"
        return f"By {name.lower()}, {told}"
    return f"By {name.lower()}, no community was heard less than half as much as its numbers"


def _alternative(evidence: Evidence, rows: Sequence[Row], name: str) -> str:
    parts = []
    for row in rows:
        label = evidence.community(row["characteristic"], row["community"])
        population = row["population_share"]
        of = (
            f" of respondents, {percent(population)} of the population"
            if population is not None
            else " of respondents"
        )
        parts.append(f"{label}: {percent(row['heard_share'] or 0)}{of}")
    return capital(f"{name}. " + "; ".join(parts) + ".")


def _table(evidence: Evidence, source: str, name: str, rows: Sequence[Row]) -> DataTable:
    head = (name, "Round", "Population", "Share of population", "Heard", "Share of answers", "Share after weighting")
    body = []
    for row in _in_order(evidence, evidence.declared_order(rows)):
        gone = row["withheld"] is not None
        shares = [row["population_share"], row["heard_share"], row["weighted_share"]]
        told = ["–" if share is None else percent(share) for share in shares]
        body.append(
            (
                capital(evidence.community(row["characteristic"], row["community"])),
                evidence.round_name(row["round"]) or "–",
                count(row["population"]),
                told[0],
                "withheld" if gone else count(row["heard"]),
                "withheld" if gone else told[1],
                "withheld" if gone else told[2],
            )
        )
    return DataTable(f"{name}: who was heard, against who lives there; {source}", head, tuple(body))
