"""Section 6, common ground and disagreement: the statements everyone agrees on, and those that divide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..charts import DataTable, Plot, PlotRow, stacked
from ..reading import Evidence, Row, anchor, grouped
from ..sentences import SAMPLE_WORDS, capital, count, percent, with_interval

__all__ = ["Ground", "GroundSource", "ground"]

_DRAWN = 8  # statements drawn per kind; all of them are in the table


@dataclass(frozen=True)
class GroundSource:
    """One vote."""

    id: str
    name: str
    sample: str
    common: Plot | None
    majority: Plot | None
    divisive: Plot | None
    rest: str
    too_few: int
    by_community: DataTable | None


@dataclass(frozen=True)
class Ground:
    """Section 6. This edition looks at statements, not for groups of people."""

    sources: tuple[GroundSource, ...]


def ground(evidence: Evidence) -> Ground:
    told = grouped(evidence.all("statements"), "source")
    return Ground(tuple(_source(evidence, id[0], rows) for id, rows in told.items()))


def _source(evidence: Evidence, id: str, rows: Sequence[Row]) -> GroundSource:
    shown = [row for row in rows if row["withheld"] is None]
    kinds = grouped(shown, "kind")
    common, majority = (
        sorted(kinds.get((kind,), []), key=lambda row: -abs((row["estimate"] or 0.5) - 0.5))
        for kind in ("common ground", "majority")
    )
    divisive = sorted(kinds.get(("divisive",), []), key=lambda row: abs((row["estimate"] or 0.0) - 0.5))
    others = [
        (kind, part) for (kind,), part in kinds.items() if kind not in ("common ground", "majority", "divisive")
    ]
    rest = "; ".join(f"{len(part)} {'mixed' if kind == 'mixed' else kind}" for kind, part in others)
    every = _table(evidence, shown, "All statements that may be published")
    return GroundSource(
        id=anchor("ground", id),
        name=evidence.source_name(id),
        sample=SAMPLE_WORDS[evidence.source(id).sample],
        common=_plot("common", id, common, every),
        majority=_plot("majority", id, majority, _table(evidence, majority, "Agreed by most")),
        divisive=_plot("divisive", id, divisive, _table(evidence, divisive, "Divisive")),
        rest=rest,
        too_few=len(rows) - len(shown),
        by_community=_by_community(evidence, id, divisive),
    )


def _plot(kind: str, source: str, rows: Sequence[Row], table: DataTable) -> Plot | None:
    if not rows:
        return None
    drawn = tuple(_row(row) for row in rows[:_DRAWN])
    number = f"{len(rows)} statement{'s' if len(rows) != 1 else ''}"
    headline = {
        "common": f"Common ground: {number} on which most agree, or most disagree, together",
        "majority": f"{number} on which most agree, or most disagree, but of some communities it cannot be told",
        "divisive": f"{number} that divide{'s' if len(rows) == 1 else ''} people",
    }[kind]
    extent = "" if len(rows) <= _DRAWN else f" The {_DRAWN} clearest are drawn; all {len(rows)} are in the table."
    return Plot(
        id=anchor(kind, source),
        headline=headline,
        subtitle=f"Votes to agree, pass and disagree, as a share of the people who voted on it.{extent}",
        alternative="; ".join(f"“{row.label}” {row.value}" for row in drawn) + ".",
        keys=(),
        ticks=(),
        rows=drawn,
        table=table,
    )


def _row(row: Row) -> PlotRow:
    total = (row["agree"] or 0) + (row["passed"] or 0) + (row["disagree"] or 0)
    parts = [(row["agree"] or 0, "accent", "agree"), (row["passed"] or 0, "pale", "pass")]
    parts.append((row["disagree"] or 0, "mid", "disagree"))
    shares = ", ".join(f"{percent(amount / total)} {word}" for amount, _tone, word in parts) if total else "no votes"
    return PlotRow(
        str(row["text"]),
        shares,
        f"{count(row['n'])} voted",
        stacked(parts) if total else (),  # type: ignore[arg-type]
        own_words=True,
    )


def _table(evidence: Evidence, rows: Sequence[Row], caption: str) -> DataTable:
    head = ("Statement", "Voted", "Agree", "Pass", "Disagree", "Agreeing, weighted", "Kind", "Because")
    body = tuple(
        (
            str(row["text"]),
            count(row["n"]),
            count(row["agree"]),
            count(row["passed"]),
            count(row["disagree"]),
            with_interval(row["estimate"], row["low"], row["high"]),
            str(row["kind"]),
            str(row["because"]),
        )
        for row in rows
    )
    return DataTable(caption, head, body)


def _by_community(evidence: Evidence, source: str, divisive: Sequence[Row]) -> DataTable | None:
    """How communities voted on the statements that divide."""
    texts = {row["statement"]: str(row["text"]) for row in divisive}
    rows = [row for row in evidence.rows("statement_shares") if row["source"] == source and row["statement"] in texts]
    if not rows:
        return None
    body = tuple(
        (
            texts[row["statement"]],
            capital(evidence.community(row["characteristic"], row["community"])),
            count(row["n"]),
            with_interval(row["estimate"], row["low"], row["high"]),
        )
        for statement in texts
        for row in evidence.declared_order([row for row in rows if row["statement"] == statement])
    )
    return DataTable(
        "How each community voted on them", ("Statement", "Community", "Voted", "Agreeing, weighted"), body
    )
