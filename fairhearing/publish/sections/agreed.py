"""Within section 5: themes people agreed on, how common they are once the machine's mistakes are taken out, and how
far the people who coded agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..charts import DataTable, Key, Plot, PlotRow, Scale, interval_marks, share_scale
from ..reading import Evidence, Row, anchor
from ..sentences import count, percent

__all__ = ["Agreed", "Agreement", "agreed", "agreement"]


@dataclass(frozen=True)
class Agreed:
    """Agreed themes of one source."""

    told: str
    plot: Plot | None
    table: DataTable
    """Every agreed theme, those that cannot be corrected too, with the machine's count beside."""
    too_few: int
    """Agreed themes that too few of the responses coded express to be published."""


@dataclass(frozen=True)
class Agreement:
    """How far coders agree, in a sentence and theme by theme."""

    told: str
    table: DataTable


def agreed(evidence: Evidence, source: str) -> Agreed | None:
    """None where people have agreed on no theme yet."""
    rows = [row for row in evidence.all("prevalence_corrected") if row["source"] == source]
    everyone = [row for row in evidence.latest(rows) if row["characteristic"] is None]
    if not everyone:
        return None
    latest = [row for row in everyone if row["withheld"] is None]
    known = sorted((row for row in latest if row["estimate"] is not None), key=lambda row: -row["estimate"])
    unknown = [row for row in latest if row["estimate"] is None]
    return Agreed(
        told=_told(evidence, source, known, unknown),
        plot=_plot(evidence, source, known, unknown) if known else None,
        table=_table(evidence, source, known, unknown),
        too_few=len(everyone) - len(latest),
    )


def _told(evidence: Evidence, source: str, known: Sequence[Row], unknown: Sequence[Row]) -> str:
    most = max((row["n_human"] or 0 for row in (*known, *unknown)), default=0)
    if not known and not unknown:
        return "People agreed on themes; none was seen in enough of the responses they coded to be shown."
    if not known:
        return (
            "People agreed on themes and have not coded enough responses at random to correct the machine's count: "
            "what it counts is shown in the table, uncorrected, and is no share to rely on."
        )
    about = (
        "The intervals hold who was sampled as well as the machine's mistakes."
        if evidence.source(source).has_margin
        else "The intervals hold the machine's mistakes alone; nobody else is spoken for, as people chose to answer."
    )
    return (
        f"People agreed on these themes and coded up to {most:,} responses drawn at random, without seeing what the "
        f"machine said; its mistakes in them put its count of all responses right. {about}"
    )


def _plot(evidence: Evidence, source: str, known: Sequence[Row], unknown: Sequence[Row]) -> Plot:
    scale = share_scale([row[key] for row in known for key in ("estimate", "high")])
    first = known[0]
    return Plot(
        id=anchor("agreed", source),
        headline=f"Agreed themes: “{first['name']}” in {percent(first['estimate'])} of responses",
        subtitle="Share of responses that say something, corrected by what people coded; 95% intervals.",
        alternative="; ".join(f"{row['name']}: {_range(row)}" for row in known) + ".",
        keys=(Key("line", "accent", "corrected, with its interval"),),
        ticks=scale.ticks(),
        rows=tuple(_row(row, scale) for row in known),
        table=_table(evidence, source, known, unknown),
    )


def _row(row: Row, scale: Scale) -> PlotRow:
    marks = interval_marks(scale, row["estimate"], row["low"], row["high"], "accent")
    alone = row["machine_share"]
    note = "the machine does not look for it" if alone is None else f"machine alone: {percent(alone)}"
    return PlotRow(str(row["name"]), _range(row), note, marks, own_words=True)


def _range(row: Row, of: str = "") -> str:
    """No brackets, which are read as a margin of error for other people. of: "people_" for the share of people."""
    low, high = percent(row[f"{of}low"]), percent(row[f"{of}high"])
    return f"{percent(row[f'{of}estimate'])}, between {low} and {high}"


def _table(evidence: Evidence, source: str, known: Sequence[Row], unknown: Sequence[Row]) -> DataTable:
    head = ("Agreed theme", "Share of responses", "Share of people, each counted once", "Machine alone, uncorrected",
            "Coded by people", "Why not told")  # fmt: skip
    body = [
        (
            str(row["name"]),
            _range(row) if row["estimate"] is not None else "cannot tell",
            _range(row, "people_") if row["people_estimate"] is not None else "cannot tell",
            "–" if row["machine_share"] is None else percent(row["machine_share"]),
            count(row["n_human"]),
            row["cannot_tell"] or "–",
        )
        for row in (*known, *unknown)
    ]
    return DataTable(f"Agreed themes in {evidence.source_name(source)}", head, tuple(body))


def agreement(evidence: Evidence) -> Agreement | None:
    """None where there is no agreed theme."""
    rows = evidence.rows("coder_agreement")
    if not rows:
        return None
    head = ("Agreed theme", "Responses coded twice", "Alpha", "95% interval", "Same answer", "Verdict")
    body = tuple(
        (
            str(row["name"]), count(row["n"]), _number(row["alpha"]),
            "–" if row["low"] is None else f"{_number(row['low'])} to {_number(row['high'])}",
            "–" if row["percent"] is None else percent(row["percent"]), str(row["verdict"]),
        )
        for row in rows
    )  # fmt: skip
    return Agreement(_agreement_told(rows), DataTable("How far people who coded agree on each theme", head, body))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _agreement_told(rows: Sequence[Row]) -> str:
    required = rows[0]["required"]
    enough = [row for row in rows if row["verdict"] == "agreed enough"]
    unsure = sum(row["low"] is None or row["low"] < required for row in enough)
    unknown = sum(row["verdict"] == "cannot tell" for row in rows)
    told = (
        f"People coded some of the same responses without seeing each other's codes. Of {len(rows)} agreed themes, "
        f"{len(enough)} reach the alpha of {required:.2f} that the rules, fixed beforehand, ask for"
    )
    if unsure:
        told += f" ({unsure} of them not for certain: the interval goes below it, or there is none)"
    if unknown:
        told += f"; of {unknown} it cannot be told"
    return f"{told}. An alpha of 1 is full agreement, 0 is chance."
