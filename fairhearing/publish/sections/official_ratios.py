"""Disproportions side by side: the same programme by each denominator it chose, with what the unknown could do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..charts import DataTable, Key, Mark, Plot, PlotRow, Scale, Tick
from ..reading import Evidence, Row, anchor, grouped, hidden
from ..sentences import count, listed, percent

__all__ = ["RatioLine", "Ratios", "ratios"]

_TICKS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0, 25.0)


@dataclass(frozen=True)
class RatioLine:
    """One ratio in words, and why this denominator."""

    anchor: str
    sentence: str
    why: str


@dataclass(frozen=True)
class Ratios:
    """Every disproportion declared of one source."""

    plot: Plot | None
    lines: tuple[RatioLine, ...]
    several: bool
    """Whether more than one denominator is declared."""


def ratios(evidence: Evidence, source: str, rows: Sequence[Row]) -> Ratios | None:
    """None where none is declared. Of each, the latest period is drawn; all are in the table."""
    if not rows:
        return None
    latest = [part[-1] for part in grouped(rows, "disproportion").values()]
    drawn = [row for row in latest if row["ratio"] is not None]
    against = {row["against"] for row in rows}
    return Ratios(
        plot=_plot(evidence, source, latest, rows) if drawn else None,
        lines=tuple(_line(evidence, row) for row in latest),
        several=len(against) > 1,
    )


def _name(row: Row) -> str:
    """What is compared: “cases” of “referrals”, or “referrals” per resident."""
    resident = str(row["against"]).startswith("residents by ")
    return f"“{row['measure']}” per resident" if resident else f"“{row['measure']}” of “{row['against']}”"


def _line(evidence: Evidence, row: Row) -> RatioLine:
    why = next(each.why for each in evidence.programme.disproportions if each.id == row["disproportion"])
    other = f"“{row['compared_with']}”" if row["compared_with"] else "everybody else with figures on both sides"
    head = f"{_name(row)}, “{row['category']}” against {other}, {row['period']}: "
    return RatioLine(anchor("ratio", row["disproportion"]), head + _told(row), why)


def _told(row: Row) -> str:
    if row["withheld"] is not None:
        return f"{hidden(row)}."
    if row["ratio"] is None or row["verdict"] is None:
        return f"cannot tell, because {row['cannot_tell'] or 'nobody was counted in the other group'}."
    rates = f"{_rate(row, 'rate')} against {_rate(row, 'rate_other')}"
    told = f"{rates}, {_times(row['ratio'])} as often (by chance alone {_ends(row['low'], row['high'])})."
    return " ".join(part for part in (told, _sensitivity(row)) if part)


def _rate(row: Row, name: str) -> str:
    if str(row["against"]).startswith("residents by "):
        return f"{100_000 * row[name]:.1f} per 100,000"
    return percent(row[name])


def _times(ratio: float) -> str:
    return f"{_figure(ratio)} times"


def _figure(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _ends(low: float | None, high: float | None) -> str:
    if high is None:
        return f"{_figure(low or 0.0)} and above"
    return f"{_figure(low or 0.0)} to {_figure(high)}"


def _sensitivity(row: Row) -> str:
    """What the unknown could do to it, and what would have to be true for it to be no disproportion."""
    if row["left_out"]:
        return f"Those of unknown group are too few to be counted here; whatever it is: {_verdict(row['verdict'])}."
    if not (row["unknown_counted"] or row["unknown"] or row["unrecorded"]):
        return "No group is unknown."
    told = (
        f"Whatever group the unknown belong to, {_ends(row['lowest'], row['highest'])}: {_verdict(row['verdict'])}."
    )
    if row["verdict_all"]:
        more = _ends(row["lowest_all"], row["highest_all"])
        told += f" With those of whom nothing is recorded, {more}: {_verdict(row['verdict_all'])}."
    if row["flips_at"] is not None:
        needed = f"{percent(row['flips_at'])} of the counted without a group"
        told += f" There would be no disproportion if {needed} belonged to it."
    return told


def _verdict(verdict: str) -> str:
    return {"above 1": "more often, wherever they belong", "below 1": "less often, wherever they belong"}.get(
        verdict, verdict
    )


# --- the drawing --------------------------------------------------------------------------------------------------


def _plot(evidence: Evidence, source: str, latest: Sequence[Row], rows: Sequence[Row]) -> Plot:
    shown = [row for row in latest if row["withheld"] is None and row["ratio"] is not None]
    ends = [row[key] for row in shown for key in ("low", "high", "lowest", "highest", "ratio") if row[key]]
    reach = max(2.2, *(max(end, 1 / end) for end in ends))
    scale = Scale(-math.log2(reach * 1.1), math.log2(reach * 1.1), "ratio")
    drawn = tuple(_row(row, scale) for row in latest)
    return Plot(
        id=anchor("disproportion", source),
        headline=_headline(shown),
        subtitle=f"Ratio of two rates, on a scale where half and twice as often are equally far from 1; "
        f"{evidence.source_name(source)}. Thick line: what chance alone does (95%), no margin of error, because "
        "every one was counted. Thin line: whatever group the unknown belong to.",
        alternative="; ".join(f"{row.label}: {row.value}, {row.note}" for row in drawn) + ".",
        keys=(Key("line", "accent", "ratio among the known"), Key("rule", "ink", "as often as the other group")),
        ticks=tuple(Tick(scale.place(math.log2(at)), f"{at:g}×") for at in _TICKS if 1 / reach <= at <= reach),
        rows=drawn,
        table=_table(rows),
    )


def _headline(rows: Sequence[Row]) -> str:
    holds = [row for row in rows if "established" not in row["verdict_all" if row["verdict_all"] else "verdict"]]
    lost = [row for row in rows if row not in holds]
    words = {"above 1": "higher", "below 1": "lower"}
    told = [
        f"{_name(row)}: {words[row['verdict']]} for “{row['category']}”, wherever the unknown belong" for row in holds
    ]
    if lost:
        told.append(f"{listed([_name(row) for row in lost])}: a disproportion cannot be established")
    return "; ".join(told)


def _row(row: Row, scale: Scale) -> PlotRow:
    label = _name(row).replace("“", "").replace("”", "") + f", {row['category']}"
    one = Mark("rule", scale.place(0.0), "ink")
    if row["withheld"] is not None or row["ratio"] is None:
        return PlotRow(label, hidden(row) if row["withheld"] else "cannot tell", "", (one,), own_words=True)

    def at(value: float | None, end: float) -> float:
        return scale.place(math.log2(value)) if value else end

    ends = (
        row["lowest_all"] if row["verdict_all"] else row["lowest"],
        row["highest_all"] if row["verdict_all"] else row["highest"],
    )
    unknown = () if row["left_out"] else (Mark("line", at(ends[0], 0.0), "mid", to=at(ends[1], 100.0)),)
    chance = Mark("line", at(row["low"], 0.0), "accent", to=at(row["high"], 100.0))
    dot = Mark("dot", at(row["ratio"], 50.0), "accent")
    note = "few are unknown" if row["left_out"] else f"{_ends(*ends)} with the unknown"
    return PlotRow(label, _times(row["ratio"]), note, (one, *unknown, chance, dot), own_words=True)


def _table(rows: Sequence[Row]) -> DataTable:
    head = (
        "Ratio", "Period", "Group compared", "The other", "Ratio among the known", "Whatever the unknown", "Then",
        "Unknown, counted", "How it was made",
    )  # fmt: skip
    body = tuple(
        (
            _name(row).replace("“", "").replace("”", "") + f", {row['category']}",
            str(row["period"]),
            _counted(row, "counted", "denominator"),
            _counted(row, "counted_other", "denominator_other"),
            "–" if row["ratio"] is None else f"{_figure(row['ratio'])}, {_ends(row['low'], row['high'])} by chance",
            "–" if row["lowest"] is None else _ends(row["lowest"], row["highest"]),
            hidden(row) if row["withheld"] else str(row["verdict"] or f"cannot tell: {row['cannot_tell']}"),
            count(row["unknown_counted"]),
            str(row["method"] or "–"),
        )
        for row in rows
    )
    return DataTable("Disproportions, by each denominator declared", head, body)


def _counted(row: Row, counted: str, of: str) -> str:
    return "–" if row[counted] is None else f"{row[counted]:,} of {row[of]:,}"
