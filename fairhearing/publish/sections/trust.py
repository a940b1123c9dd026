"""Section 4, trust and alienation: every measure for everyone and for each community, and the gap in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...programme import Measure
from ...protect import EITHER, FEW, OTHERS
from ...tables import cell_name
from ..charts import DataTable, Key, Mark, Plot, PlotRow, Scale, Slope, dot_size, interval_marks, share_scale
from ..reading import Evidence, Row, anchor, grouped, hidden
from ..sentences import (
    SAMPLE_WORDS,
    capital,
    chance,
    count,
    gap_lead,
    listed,
    people,
    points,
    scale_of,
    with_interval,
)
from .measuring import Unheard, holds_together, undone, unheard
from .over_rounds import Declared, declared, watched
from .slopes import change, slope
from .small import Small, small

__all__ = ["GapLine", "MeasureBlock", "Trust", "gap_anchor", "latest_gaps", "trust"]

_FIRST = ("trust", "alienation", "confidence")


@dataclass(frozen=True)
class GapLine:
    """One gap in words, and what it rests on."""

    anchor: str
    sentence: str
    rests_on: str


@dataclass(frozen=True)
class MeasureBlock:
    """One measure in one source: definition, charts, sentences, what is missing."""

    id: str
    name: str
    source: str
    heading: str
    """What is measured, without the full stop."""
    wordings: tuple[str, ...]
    sample: str
    overall: str
    change: str
    """Since the round before, for everyone."""
    missing: str
    not_asked: str
    """Characteristics that the source did not ask, so that nothing is told by them."""
    plots: tuple[Plot, ...]
    """Charts that show a gap; else the first, unless people were not chosen at random."""
    others: tuple[Plot, ...]
    """The rest, one click away."""
    slopes: tuple[Slope, ...]
    declared: tuple[Declared, ...]
    """Comparisons declared beforehand."""
    gaps: tuple[GapLine, ...]
    """Gaps that were found, in either direction."""
    untold: tuple[GapLine, ...]
    """Communities for which the survey cannot tell, or finds no difference that matters."""
    untold_names: str
    too_few: tuple[str, ...]
    protecting: tuple[str, ...]
    """Communities withheld, but not (or not surely) because they are few."""
    small: Small | None
    """Communities too small to tell alone, with what the others tell."""
    holds: tuple[str, ...]
    """Whether several questions go together, and mean the same to all; none for one question."""
    unheard: Unheard | None
    """Where people were not chosen at random: what those not heard might think."""


@dataclass(frozen=True)
class Trust:
    """Section 4."""

    blocks: tuple[MeasureBlock, ...]
    watched: tuple[Slope, ...]
    """What monitoring tells at every look, one chart a source."""


def trust(evidence: Evidence) -> Trust:
    told = grouped(evidence.all("estimates"), "measure", "source")
    measures = sorted(evidence.programme.measures, key=lambda each: each.about not in _FIRST)
    blocks = [
        _block(evidence, measure, source.id, told[measure.id, source.id])
        for measure in measures
        for source in evidence.programme.sources
        if (measure.id, source.id) in told
    ]
    return Trust(tuple(blocks), watched(evidence))


def _block(evidence: Evidence, measure: Measure, source: str, rows: list[Row]) -> MeasureBlock:
    latest = evidence.latest(rows)
    everyone = [row for row in latest if row["characteristic"] is None]
    gaps = latest_gaps(evidence, measure.id, source)
    every_part = grouped([row for row in latest if row["characteristic"] is not None], "characteristic")
    parts = {id: part for id, part in every_part.items() if evidence.asked(source, id[0])}
    communities = [row for row in latest if row["characteristic"] is not None]
    plots = {id[0]: _plot(evidence, measure, source, id[0], part, everyone, rows, gaps) for id, part in parts.items()}
    ordered = [
        row for row in evidence.declared_order(gaps) if evidence.is_community(row["characteristic"], row["community"])
    ]
    found = [row for row in ordered if row["verdict"] in ("lower", "higher")]
    untold = [row for row in ordered if row["verdict"] not in ("lower", "higher")]
    shown = {row["characteristic"] for row in found} or set(list(plots)[: int(evidence.source(source).has_margin)])
    return MeasureBlock(
        id=anchor("measure", measure.id, source),
        name=measure.name,
        source=evidence.source_name(source),
        heading=_definition(measure).rstrip("."),
        wordings=tuple(item.wording for item in measure.items),
        sample=SAMPLE_WORDS[evidence.source(source).sample],
        overall=_overall(evidence, measure, everyone),
        change=change(evidence, measure, source, rows),
        missing=_missing(measure, everyone),
        not_asked=listed([evidence.characteristic_name(id[0]).lower() for id in every_part if id not in parts]),
        plots=tuple(plot for id, plot in plots.items() if id in shown),
        others=tuple(plot for id, plot in plots.items() if id not in shown),
        slopes=tuple(
            made
            for id in parts
            if (made := slope(evidence, measure, source, id[0], rows, _scale(measure))) is not None
        ),
        declared=declared(evidence, measure.id, source),
        gaps=_lines(evidence, measure, found),
        untold=_lines(evidence, measure, untold),
        untold_names=listed([evidence.community(row["characteristic"], row["community"]) for row in untold]),
        too_few=evidence.names(communities, FEW),
        protecting=evidence.names(communities, OTHERS) + evidence.names(communities, EITHER),
        small=small(evidence, measure, source, _scale(measure)),
        holds=holds_together(evidence, measure, source),
        unheard=unheard(evidence, measure, source),
    )


def latest_gaps(evidence: Evidence, measure: str, source: str) -> list[Row]:
    """Published gaps of the latest round: those said in words, each with an anchor."""
    rows = evidence.rows("gaps")
    return evidence.latest([row for row in rows if (row["measure"], row["source"]) == (measure, source)])


def gap_anchor(row: Row) -> str:
    return anchor("gap", row["measure"], row["source"], row["characteristic"], row["community"])


def _scale(measure: Measure) -> Scale:
    return share_scale() if measure.report == "share" else Scale(measure.low, measure.high, "mean")


def _definition(measure: Measure) -> str:
    if measure.report == "share":
        return f"Share of people who {measure.name}."
    return f"{capital(measure.name)}: a mean from {measure.low:g} to {measure.high:g}, where high means more."


def _overall(evidence: Evidence, measure: Measure, rows: Sequence[Row]) -> str:
    if not rows or rows[0]["withheld"] is not None:
        return ""
    row = rows[0]
    if row["estimate"] is None:
        return f"For everyone: cannot tell, {row['cannot_tell']}."
    told = with_interval(row["estimate"], row["low"], row["high"], scale=scale_of(measure))
    round = evidence.round_name(row["round"])
    return f"Everyone{f', {round}' if round else ''}: {told}, {people(row['n'])}."


def _missing(measure: Measure, rows: Sequence[Row]) -> str:
    """What the figure could have been, had the people who gave no answer all answered one way."""
    row = rows[0] if rows else None
    if row is None or not row["missing"] or row["bound_low"] is None:
        return ""
    scale = scale_of(measure)
    low, high = (with_interval(row[key], None, None, scale=scale) for key in ("bound_low", "bound_high"))
    told = f"{capital(people(row['missing']))} gave no answer."
    return f"{told} Had they all answered one way, it would lie between {low} and {high}."


def _plot(
    evidence: Evidence,
    measure: Measure,
    source: str,
    characteristic: str,
    rows: Sequence[Row],
    everyone: Sequence[Row],
    every: Sequence[Row],
    gaps: Sequence[Row],
) -> Plot:
    """Everyone first, then communities as declared; a rule marks everyone's figure on each row."""
    scale, kind = _scale(measure), scale_of(measure)
    name = evidence.characteristic_name(characteristic)
    named = [row for row in evidence.declared_order(rows) if evidence.is_community(characteristic, row["community"])]
    largest = max((row["n"] or 0 for row in named), default=0)
    all_ = [row for row in everyone if row["estimate"] is not None]
    rule = (Mark("rule", scale.place(all_[0]["estimate"]), "rest"),) if all_ else ()
    drawn = [_row(evidence, row, scale, kind, largest, rule) for row in named]
    if all_:
        drawn.insert(0, _everyone(all_[0], scale, kind))
    own = [row for row in gaps if row["characteristic"] == characteristic]
    margin = evidence.source(source).has_margin
    told = [f"{row.label}: {row.value}" for row in drawn]
    return Plot(
        id=anchor("trust", measure.id, source, characteristic),
        headline=_headline(evidence, measure, name, own, margin),
        subtitle=f"{_definition(measure)} {evidence.source_name(source)}{_in_round(evidence, rows)}"
        + (f", {people(all_[0]['n'])}. " if all_ else ". ")
        + ("95% intervals." if margin else SAMPLE_WORDS[evidence.source(source).sample]),
        alternative=capital(f"{measure.name}, by {name.lower()}. " + "; ".join(told) + "."),
        keys=_keys(margin, bool(all_)),
        ticks=scale.ticks(),
        rows=tuple(drawn),
        table=_table(
            evidence, measure, name, [row for row in every if row["characteristic"] in (None, characteristic)]
        ),
    )


def _keys(margin: bool, has_everyone: bool) -> tuple[Key, ...]:
    own = (
        Key("line", "accent", "a community, with its interval; a larger dot is more people")
        if margin
        else Key("ring", "accent", "a community")
    )
    return (own, Key("rule", "rest", "everyone")) if has_everyone else (own,)


def _in_round(evidence: Evidence, rows: Sequence[Row]) -> str:
    name = evidence.round_name(rows[0]["round"]) if rows else ""
    return f", {name}" if name else ""


def _everyone(row: Row, scale: Scale, kind: str) -> PlotRow:
    marks = interval_marks(scale, row["estimate"], row["low"], row["high"], "rest", 6)
    value = with_interval(row["estimate"], row["low"], row["high"], scale=kind)
    return PlotRow("Everyone", value, people(row["n"]), (Mark("rule", scale.place(row["estimate"]), "rest"), *marks))


def _row(evidence: Evidence, row: Row, scale: Scale, kind: str, largest: int, rule: tuple[Mark, ...]) -> PlotRow:
    label = capital(evidence.community(row["characteristic"], row["community"]))
    if row["withheld"] is not None:
        return PlotRow(label, hidden(row), "", rule)
    if row["estimate"] is None:
        return PlotRow(label, "cannot tell", people(row["n"]), rule)
    size = dot_size(row["n"], largest)
    marks = interval_marks(scale, row["estimate"], row["low"], row["high"], "accent", size)
    value = with_interval(row["estimate"], row["low"], row["high"], scale=kind)
    return PlotRow(label, value, people(row["n"]), rule + marks)


def _headline(evidence: Evidence, measure: Measure, name: str, gaps: Sequence[Row], margin: bool) -> str:
    """The finding: whom the programme reaches less well; or that the survey cannot tell."""
    bad = "lower" if measure.higher_is == "better" else "higher"
    adverse = [row for row in evidence.declared_order(gaps) if row["verdict"] == bad]
    if adverse:
        names = [evidence.community(row["characteristic"], row["community"]) for row in adverse]
        return f"{gap_lead(measure, bad)} {listed(names)}"
    if not margin:
        return f"What those who answered said, by {name.lower()}; it cannot be extended to everyone"
    if gaps and all(row["verdict"] == "no difference that matters" for row in gaps):
        return f"No difference that matters by {name.lower()}"
    return f"No gap by {name.lower()} is shown against the programme; where intervals are wide, it cannot be told"


def _lines(evidence: Evidence, measure: Measure, gaps: Sequence[Row]) -> tuple[GapLine, ...]:
    """Each gap in the words of its finding: there is no second wording."""
    told = {row["rests_on"][0]: str(row["sentence"]) for row in evidence.rows("findings") if row["kind"] == "gap"}
    pairs = ((row, told.get(cell_name("gaps", row))) for row in gaps)
    return tuple(
        GapLine(gap_anchor(row), sentence, _rests_on(evidence, measure, row))
        for row, sentence in pairs
        if sentence is not None
    )


def _rests_on(evidence: Evidence, measure: Measure, row: Row) -> str:
    basis = f"Everyone else: {people(row['n_rest'])}"
    if row["probability"] is not None:
        matters = evidence.programme.rules.smallest_difference
        size = points(matters) if measure.report == "share" else f"{100 * matters:.0f}% of the scale"
        basis += f"; probability {chance(row['probability'])} that the gap is at least the {size} that matters"
    return f"{basis}. {undone(row, measure, 'those of this community')}".rstrip()


def _table(evidence: Evidence, measure: Measure, name: str, rows: Sequence[Row]) -> DataTable:
    head = (name, "Round", "People", "Counting as", "Estimate", "No answer")
    kind, body = scale_of(measure), []
    for row in sorted(evidence.declared_order(rows), key=lambda row: evidence.programme.round_place(row["round"])):
        gone = row["withheld"] is not None
        told = with_interval(row["estimate"], row["low"], row["high"], scale=kind)
        told = f"cannot tell: {row['cannot_tell']}" if row["cannot_tell"] else told
        body.append(
            (
                capital(evidence.community(row["characteristic"], row["community"])),
                evidence.round_name(row["round"]) or "–",
                "withheld" if gone else count(row["n"]),
                "withheld" if gone else count(row["n_effective"]),
                "withheld" if gone else told,
                "withheld" if gone else count(row["missing"]),
            )
        )
    return DataTable(
        f"{capital(measure.name)}, by {name.lower()}; {evidence.source_name(rows[0]['source'])}", head, tuple(body)
    )
