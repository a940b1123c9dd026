"""Small communities within section 4: what each says alone, beside what it says with what the others tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...programme import Measure
from ..charts import DataTable, Key, Plot, PlotRow, Scale, interval_marks
from ..reading import Evidence, Row, anchor
from ..sentences import capital, count, figure, listed, people, percent, scale_of, with_interval

__all__ = ["Small", "small"]

_CONFLICT = 0.5  # a community more likely apart from the others than not


@dataclass(frozen=True)
class Small:
    """Pooled estimates of one measure in one source."""

    plot: Plot
    """Two rows a community: alone, and with what the others tell."""
    sentence: str
    """What pooling is, and what it assumes."""
    conflict: str
    """Communities whose own answers and what the others tell disagree."""
    checks: DataTable
    """How far to trust it."""


def small(evidence: Evidence, measure: Measure, source: str, scale: Scale) -> Small | None:
    """Of communities too small to tell alone that are published; None where there is none."""
    own = [row for row in evidence.rows("pooled") if (row["measure"], row["source"]) == (measure.id, source)]
    shown = [row for row in own if row["small"] and row["estimate"] is not None]
    told = [
        row
        for row in evidence.declared_order(shown)
        if evidence.is_community(row["characteristic"], row["community"])
    ]
    if not told:
        return None
    return Small(
        _plot(evidence, measure, source, scale, told),
        _sentence(evidence, source),
        _conflict(evidence, told),
        _checks(evidence, measure, source),
    )


def _plot(evidence: Evidence, measure: Measure, source: str, scale: Scale, rows: Sequence[Row]) -> Plot:
    kind, margin = scale_of(measure), evidence.source(source).has_margin
    drawn = [line for row in rows for line in _lines(evidence, row, scale, kind)]
    names = listed([evidence.community(row["characteristic"], row["community"]) for row in rows])
    about = f"{capital(measure.name)}. {evidence.source_name(source)}"
    intervals = "95% intervals." if margin else "People were not sampled at random, so no margin of error."
    round = evidence.round_name(rows[0]["round"])
    return Plot(
        id=anchor("small", measure.id, source),
        headline=f"With what the others tell, more can be said of {names}" if margin
        else f"Adjusted for who answered: {names}",
        subtitle=f"{about}{f', {round}' if round else ''}. {intervals}",
        alternative=f"{about}. " + "; ".join(f"{row.label}: {row.value}" for row in drawn) + ".",
        keys=(
            Key("line" if margin else "ring", "rest", "the community alone"),
            Key("line" if margin else "ring", "accent", "with what the others tell"),
        ),
        ticks=scale.ticks(),
        rows=tuple(drawn),
        table=_table(evidence, measure, rows),
    )  # fmt: skip


def _lines(evidence: Evidence, row: Row, scale: Scale, kind: str) -> tuple[PlotRow, PlotRow]:
    name = capital(evidence.community(row["characteristic"], row["community"]))
    pooled = interval_marks(scale, row["estimate"], row["low"], row["high"], "accent", 6)
    value = with_interval(row["estimate"], row["low"], row["high"], scale=kind)
    together = PlotRow("with the others", value, "", pooled)
    if row["direct"] is None:
        return PlotRow(f"{name}, alone", "cannot tell", people(row["n"]), ()), together
    alone = interval_marks(scale, row["direct"], row["direct_low"], row["direct_high"], "rest", 5)
    value = with_interval(row["direct"], row["direct_low"], row["direct_high"], scale=kind)
    return PlotRow(f"{name}, alone", value, people(row["n"]), alone), together


def _sentence(evidence: Evidence, source: str) -> str:
    told = (
        "Few people say little on their own. Here each community is also estimated with what people of the same age, "
        "area or other characteristic say, as far as communities resemble each other; how far they do is estimated "
        "too. It is a model: the two figures stand beside each other, and the first is what they said."
    )
    if evidence.source(source).has_margin:
        return told
    return f"{told} It holds only if those who answered are, within each combination, as those who did not."


def _conflict(evidence: Evidence, rows: Sequence[Row]) -> str:
    apart = [row for row in rows if row["apart"] is not None and row["apart"] > _CONFLICT]
    if not apart:
        return ""
    names = listed([evidence.community(row["characteristic"], row["community"]) for row in apart])
    return f"What {names} say and what the others tell disagree: ask more people there before relying on either."


def _table(evidence: Evidence, measure: Measure, rows: Sequence[Row]) -> DataTable:
    kind = scale_of(measure)
    body = tuple(
        (
            capital(evidence.community(row["characteristic"], row["community"])),
            count(row["n"]),
            "cannot tell"
            if row["direct"] is None
            else with_interval(row["direct"], row["direct_low"], row["direct_high"], scale=kind),
            with_interval(row["estimate"], row["low"], row["high"], scale=kind),
            "–" if row["borrowed"] is None else percent(row["borrowed"]),
        )
        for row in rows
    )
    head = ("Community", "People", "Alone", "With the others", "Borrowed from the others")
    return DataTable(f"{capital(measure.name)}: small communities", head, body)


def _checks(evidence: Evidence, measure: Measure, source: str) -> DataTable:
    """The diagnostic page: what was sampled, how much communities differ, whether the model fits."""
    own = [row for row in evidence.rows("pooling_checks") if (row["measure"], row["source"]) == (measure.id, source)]
    body = tuple(
        (
            f"{row['check']}, {_pair(evidence, row['of'])}" if row["of"] else row["check"],
            "–" if row["value"] is None else _number(row),
            row["says"],
        )
        for row in own
    )
    return DataTable(f"{capital(measure.name)}: how far to trust it", ("Check", "Found", "Read it as"), body)


def _pair(evidence: Evidence, names: str) -> str:
    """Characteristics by their names; a covariate by its id."""
    known = {each.id: each.name.lower() for each in evidence.programme.characteristics}
    return " × ".join(known.get(each, each) for each in names.split(" × "))


def _number(row: Row) -> str:
    if row["low"] is None:
        return f"{row['value']:,.2f}".rstrip("0").rstrip(".")
    low, high = (figure(row[key], scale="mean") for key in ("low", "high"))
    return f"{figure(row['value'], scale='mean')} ({low} to {high})"
