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
    pooled: tuple[str, ...]
    """What the results say together, a sentence for each kind of baseline."""
    theories: DataTable | None
    """How projects are meant to work, where no effect could be estimated or where it was stated."""


def works(evidence: Evidence) -> Works:
    rows = evidence.all("effects")
    shown = [row for row in rows if row["withheld"] is None]
    measured = [row for row in shown if row["effect"] is not None]
    unclaimed = [(_name(row), str(row["cannot_tell"] or row["method"])) for row in shown if row["effect"] is None]
    unclaimed += [(_name(row), "too few people to report") for row in rows if row["withheld"] is not None]
    return Works(
        plot=_plot(evidence, measured) if measured else None,
        table=_short_table(shown) if shown else None,
        unclaimed=tuple(unclaimed),
        limit=_limit(shown),
        pooled=tuple(_pooled(row) for row in evidence.all("pooled_effects")),
        theories=_theories(evidence),
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


def _pooled(row: Row) -> str:
    """What one kind of baseline says together, or why it says nothing."""
    asked = "asked for before" if row["baseline"] == "before" else "asked for afterwards"
    what = (
        f"Of the family {row['family']}, with a baseline {asked}"
        if row["family"]
        else f"All results with a baseline {asked}"
    )
    if row["pooled"] is None or row["low"] is None or row["high"] is None:
        return f"{what}: not pooled, {row['cannot_tell']}."
    average = f"{_number(row['pooled'])} ({_number(row['low'])} to {_number(row['high'])})"
    ahead = f"{_number(row['prediction_low'])} to {_number(row['prediction_high'])}"
    return (
        f"{what}: on average {average} over {row['k']} results; the true effect of one more project like them could "
        f"be anything from {ahead}."
    )


def _theories(evidence: Evidence) -> DataTable | None:
    rows = evidence.all("theories")
    if not rows:
        return None
    keys = ("context", "mechanism", "outcome", "unintended", "stated_in")
    body = tuple(
        (str(row["project"]), "none could be" if row["no_effect"] else "see above",
         *(str(row[key] or "not stated") for key in keys))
        for row in rows
    )  # fmt: skip
    head = ("Project", "Effect estimated", "Context", "Mechanism", "Outcome", "Unintended effects", "Stated in")
    return DataTable("How projects are meant to work, as stated", head, body)


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


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
            *((Key("ring", "rest", "drawn towards the others"),) if any(map(_drawn, rows)) else ()),
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
    ring = () if row["shrunken"] is None else (Mark("ring", scale.place(row["shrunken"]), "rest", size=size),)
    return PlotRow(_name(row), _effect(row), f"{row['verdict']}, level {row['level']}", (band, zero, *marks, *ring))


def _drawn(row: Row) -> bool:
    return row["shrunken"] is not None


def _effect(row: Row) -> str:
    if row["effect"] is None:
        return "no effect claimed"
    value = f"{row['effect']:+.2f}".replace("-", "−")
    if row["low"] is None or row["high"] is None:
        return value
    return f"{value} ({row['low']:.2f} to {row['high']:.2f})".replace("-", "−")


def _table(evidence: Evidence, rows: Sequence[Row]) -> DataTable:
    head = (
        "Project", "Activity", "Design", "Maryland level", "People", "Effect", "Drawn towards others", "Own unit",
        "Verdict", "Reached", "Answered", "Lost", "Cost per person", "Cost per unit better", "How it was made",
    )  # fmt: skip
    body = tuple(
        (
            _name(row),
            evidence.activity_name(row["activity"]),
            str(row["design"]),
            _level(row),
            count(row["n"]),
            _effect(row),
            _ends(row["shrunken"], row["shrunken_low"], row["shrunken_high"]),
            _ends(row["raw"], row["raw_low"], row["raw_high"]),
            str(row["verdict"]),
            "not given" if row["reach"] is None else f"{row['reach']:,}",
            "not known" if row["answered"] is None else percent(row["answered"]),
            "not known" if row["lost"] is None else percent(row["lost"]),
            "not known" if row["cost_per_person"] is None else f"£{row['cost_per_person']:,.2f}",
            _per_unit(row),
            _made(row),
        )
        for row in rows
    )
    return DataTable("Funded projects and activities", head, body)


def _short_table(rows: Sequence[Row]) -> DataTable:
    """One line a project, also on paper; how each figure was made is in the chart's table and in the open data."""
    head = ("Project", "Design, Maryland level", "People", "Effect", "Drawn towards others",
            "Answered of those reached", "Lost", "Cost per person, per unit better", "Verdict")  # fmt: skip
    body = tuple(
        (
            _name(row),
            f"{row['design']}, {count(row['level'])}",
            count(row["n"]),
            _effect(row) + (f"; no interval: {row['cannot_tell'].split(',')[0]}" if _no_interval(row) else ""),
            _ends(row["shrunken"], row["shrunken_low"], row["shrunken_high"]),
            "not known" if row["answered"] is None else f"{percent(row['answered'])} of {row['reach']:,}",
            "not known" if row["lost"] is None else percent(row["lost"]),
            ("not known" if row["cost_per_person"] is None else f"£{row['cost_per_person']:,.2f}")
            + ("" if row["cost_per_unit"] is None else f", {_per_unit(row)}"),
            str(row["verdict"]),
        )
        for row in rows
    )  # fmt: skip
    return DataTable("Funded projects, one line each", head, body)


def _no_interval(row: Row) -> bool:
    return row["effect"] is not None and row["low"] is None and bool(row["cannot_tell"])


def _level(row: Row) -> str:
    return f"{count(row['level'])}: {row['why_level']}" if row["why_level"] else count(row["level"])


def _ends(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "–"
    return _number(value) if low is None or high is None else f"{_number(value)} ({_number(low)} to {_number(high)})"


def _per_unit(row: Row) -> str:
    if row["cost_per_unit"] is None:
        return "not known"
    top = "no upper end" if row["cost_per_unit_high"] is None else f"£{row['cost_per_unit_high']:,.0f}"
    low = row["cost_per_unit_low"]
    return f"£{row['cost_per_unit']:,.0f}" + ("" if low is None else f" (£{low:,.0f} to {top})")


def _made(row: Row) -> str:
    """How, or why not; then what weakens it."""
    parts = (row["cannot_tell"] or row["method"], row["sensitivity"], row["balance"] and f"before: {row['balance']}",
             row["tipping"], row["warnings"] if row["design"] != "retrospective" else None)  # fmt: skip
    return "; ".join(str(part) for part in parts if part)
