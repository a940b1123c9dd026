"""Section 8, what works: one row a funded project, and no effect claimed where there was no baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..charts import DataTable, Key, Mark, Plot, PlotRow, Scale, dot_size, interval_marks
from ..reading import Evidence, Row
from ..sentences import count, percent

__all__ = ["Works", "works"]


@dataclass(frozen=True)
class Works:
    """Section 8."""

    plot: Plot | None
    table: DataTable | None
    unclaimed: tuple[tuple[str, str], ...]
    """(project, why no effect is claimed)."""
    limit: str


def works(evidence: Evidence) -> Works:
    rows = evidence.all("effects")
    shown = [row for row in rows if row["withheld"] is None]
    measured = [row for row in shown if row["effect"] is not None]
    unclaimed = [(_name(row), str(row["cannot_tell"] or row["method"])) for row in shown if row["effect"] is None]
    unclaimed += [(_name(row), "too few people to report") for row in rows if row["withheld"] is not None]
    return Works(
        plot=_plot(evidence, measured) if measured else None,
        table=_table(evidence, shown) if shown else None,
        unclaimed=tuple(unclaimed),
        limit=_limit(shown),
    )


def _name(row: Row) -> str:
    return f"{row['project']}: {row['instrument']}" if row["instrument"] else str(row["project"])


def _limit(rows: Sequence[Row]) -> str:
    strong = sum((row["level"] or 0) >= 3 for row in rows)
    if not rows:
        return ""
    if strong == len(rows):
        return "Every project was compared with people who did not take part."
    return (
        f"{strong} of {len(rows)} results rest on a comparison with people who did not take part (Maryland level 3 "
        "or more). The others cannot show that the project, and not something else, made the change."
    )


def _scale(rows: Sequence[Row], matters: float) -> Scale:
    ends = [row[key] for row in rows for key in ("low", "high", "effect") if row[key] is not None]
    reach = max(*(abs(end) for end in ends), 2 * matters)
    return Scale(-reach * 1.05, reach * 1.05, "effect")


def _plot(evidence: Evidence, rows: Sequence[Row]) -> Plot:
    """Zero in the middle; the band is what is too small to matter by the programme's own rule."""
    matters = evidence.programme.rules.effect_that_matters
    scale = _scale(rows, matters)
    largest = max(row["n"] or 0 for row in rows)
    band = Mark("band", scale.place(-matters), "pale", to=scale.place(matters))
    drawn = tuple(_row(row, scale, largest, band) for row in rows)
    return Plot(
        id="effects",
        headline=_headline(rows),
        subtitle="Standardised mean change, in standard deviations of the baseline; right of the line is better. "
        "95% intervals; a larger dot rests on more people.",
        alternative="; ".join(f"{row.label}: {row.value}, {row.note}" for row in drawn) + ".",
        keys=(
            Key("line", "accent", "effect, with its interval"),
            Key("band", "pale", f"smaller than matters (under {matters:g})"),
        ),
        ticks=scale.ticks(),
        rows=drawn,
        table=_table(evidence, rows),
    )


def _headline(rows: Sequence[Row]) -> str:
    verdicts = [row["verdict"] for row in rows]
    told = [
        f"{verdicts.count(verdict)} {words}"
        for verdict, words in (
            ("works", "shown to work"),
            ("promising change", "with a promising change"),
            ("negligible", "with no change that matters"),
            ("harm signal", "with a sign of harm"),
            ("not known", "not known"),
        )
        if verdict in verdicts
    ]
    return f"Of {len(rows)} results with a baseline: {', '.join(told)}"


def _row(row: Row, scale: Scale, largest: int, band: Mark) -> PlotRow:
    size = dot_size(row["n"], largest)
    tone = "adverse" if row["verdict"] == "harm signal" else "accent"
    marks = interval_marks(scale, row["effect"], row["low"], row["high"], tone, size)  # type: ignore[arg-type]
    zero = Mark("rule", scale.place(0.0), "ink")
    return PlotRow(_name(row), _effect(row), f"{row['verdict']}, level {row['level']}", (band, zero, *marks))


def _effect(row: Row) -> str:
    if row["effect"] is None:
        return "no effect claimed"
    value = f"{row['effect']:+.2f}".replace("-", "−")
    if row["low"] is None or row["high"] is None:
        return value
    return f"{value} ({row['low']:.2f} to {row['high']:.2f})".replace("-", "−")


def _table(evidence: Evidence, rows: Sequence[Row]) -> DataTable:
    head = (
        "Project", "Activity", "Design", "Maryland level", "People", "Effect", "Verdict", "Reached", "Answered",
        "Cost per person", "How it was made",
    )  # fmt: skip
    body = tuple(
        (
            _name(row),
            evidence.activity_name(row["activity"]),
            str(row["design"]),
            count(row["level"]),
            count(row["n"]),
            _effect(row),
            str(row["verdict"]),
            "not given" if row["reach"] is None else f"{row['reach']:,}",
            "not known" if row["answered"] is None else percent(row["answered"]),
            "not known" if row["cost_per_person"] is None else f"£{row['cost_per_person']:,.2f}",
            str(row["cannot_tell"] or row["method"]),
        )
        for row in rows
    )
    return DataTable("Funded projects and activities", head, body)
