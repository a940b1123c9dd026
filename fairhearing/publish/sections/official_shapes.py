"""Drawings of published figures: a funnel of one period, lines that end at a break, shares with their unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from ..charts import DataTable, Key, Mark, Plot, PlotRow, Scale, Slope, SlopePanel, share_scale, slope_x, slope_y
from ..reading import Evidence, Row, anchor, grouped, hidden
from ..sentences import count, listed, percent

__all__ = ["funnel", "known", "trend"]

_CHANCE = "what chance alone does to a process with so many (95%)"


# --- a funnel -------------------------------------------------------------------------------------------------------


def funnel(evidence: Evidence, rows: Sequence[Row]) -> Plot:
    """Stages of one period as bars, each a share of the first."""
    rows = sorted(rows, key=lambda row: row["place"])
    first, scale = rows[0], share_scale()
    drawn = tuple(_stage(row, scale.place) for row in rows)
    return Plot(
        id=anchor("funnel", first["source"], first["series"], first["period"], first["category"]),
        headline=_funnel_headline(rows),
        subtitle=f"“{first['series']}”. Counts of one period: nobody is followed from stage to stage. Thin lines: "
        f"{_CHANCE}; no margin of error, because every one was counted.",
        alternative="; ".join(f"{row.label}: {row.value} {row.note}".strip() for row in drawn) + ".",
        keys=(Key("bar", "accent", "share of the first stage"),),
        ticks=scale.ticks(),
        rows=drawn,
        table=_funnel_table(rows),
    )


def _funnel_headline(rows: Sequence[Row]) -> str:
    first = rows[0]
    told = [
        f"{percent(row['of_first'])} are counted at “{row['stage']}”" for row in rows if row["of_first"] is not None
    ]
    if not told or first["count"] is None:
        return f"“{first['series']}”, {first['period']}: shares of the first stage cannot be told"
    return f"Of {first['count']:,} “{first['stage']}” in {first['period']}, {listed(told)}"


def _stage(row: Row, place: Callable[[float], float]) -> PlotRow:
    label = str(row["stage"])
    if row["withheld"] is not None:
        return PlotRow(label, hidden(row), "", (), own_words=True)
    if row["of_first"] is None:
        told = "no figure" if row["count"] is None else count(row["count"])
        marks = () if row["count"] is None or row["previous"] else (Mark("bar", 0.0, "rest", to=100.0),)
        return PlotRow(label, told, str(row["cannot_tell"] or "first stage"), marks, own_words=True)
    chance = Mark("line", place(row["of_first_low"]), "ink", to=place(row["of_first_high"]))
    bar = Mark("bar", 0.0, "accent", to=place(row["of_first"]))
    note = f"{percent(row['of_previous'])} of {row['previous']}" if row["place"] > 2 else ""
    return PlotRow(label, f"{count(row['count'])}, {percent(row['of_first'])}", note, (bar, chance), own_words=True)


def _funnel_table(rows: Sequence[Row]) -> DataTable:
    head = (
        "Stage",
        "Count",
        "Of the first stage",
        "By chance alone",
        "Of the stage before",
        "By chance alone",
        "Remarks",
    )
    body = tuple(
        (
            str(row["stage"]),
            hidden(row) if row["withheld"] else "no figure" if row["count"] is None else count(row["count"]),
            _share(row["of_first"]),
            _reach(row["of_first_low"], row["of_first_high"]),
            _share(row["of_previous"]),
            _reach(row["low"], row["high"]),
            _remarks(row),
        )
        for row in rows
    )
    return DataTable(f"“{rows[0]['series']}”, {rows[0]['period']}", head, body)


def _remarks(row: Row) -> str:
    marks = f"“{row['marks']}”" if row["marks"] else None
    return "; ".join(str(part) for part in (row["cannot_tell"], marks) if part) or "–"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def _reach(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f}"


# --- over time ------------------------------------------------------------------------------------------------------


def trend(evidence: Evidence, lines: Sequence[Sequence[Row]]) -> Slope:
    """One panel a measure; within a panel, no line from one unbroken run to the next."""
    head = lines[0][0]
    broken = list(dict.fromkeys(row["period"] for line in lines for row in line if row["broken_because"]))
    panels = tuple(_panel(line) for line in lines)
    told = (
        f"The series breaks at {listed(broken)}: no line is drawn across"
        if broken
        else "No break of the series is known"
    )
    return Slope(
        id=anchor("series", head["source"], head["series"]),
        headline=told,
        subtitle=f"“{head['series']}”. Each panel starts at zero, on a scale of its own. {_breaks(lines)}".strip(),
        alternative="; ".join(f"{p.label}: {p.first}, then {p.last}" for p in panels) + f". {told}.",
        panels=panels,
        table=_trend_table(lines),
    )


def _breaks(lines: Sequence[Sequence[Row]]) -> str:
    """Each break once, with its reason."""
    met = {row["period"]: row["broken_because"] for line in lines for row in line if row["broken_because"]}
    return " ".join(f"Dashed, before {period}: “{str(why).rstrip('.')}”." for period, why in met.items())


def _panel(rows: Sequence[Row]) -> SlopePanel:
    values = [_value(row) for row in rows]
    top = max((value for value in values if value is not None), default=0.0) or 1.0
    scale, many = Scale(0.0, top, "mean"), len(rows)
    at = [
        None if value is None else (slope_x(place, many), slope_y(value, scale)) for place, value in enumerate(values)
    ]
    joined = [
        (*at[i], *at[j])  # type: ignore[misc]
        for i, j in pairwise([place for place, dot in enumerate(at) if dot is not None])
        if rows[i]["run"] == rows[j]["run"]
    ]
    breaks = [slope_x(place - 0.5, many) for place, row in enumerate(rows) if place and row["broken_because"]]
    return SlopePanel(
        label=str(rows[0]["measure"]),
        first=_figure(rows[0]),
        last=_figure(rows[-1]),
        rounds=(str(rows[0]["period"]), str(rows[-1]["period"])),
        rest_lines=(),
        own_lines=tuple(joined),
        whiskers=(),
        rest_dots=(),
        own_dots=tuple(dot for dot in at if dot is not None),
        breaks=tuple(breaks),
    )


def _value(row: Row) -> float | None:
    if row["withheld"] is not None:
        return None
    return row["share"] if row["count"] is None else float(row["count"])


def _figure(row: Row) -> str:
    if row["withheld"] is not None:
        return hidden(row)
    if row["count"] is None and row["share"] is None:
        return "no figure"
    return percent(row["share"]) if row["count"] is None else count(row["count"])


def _trend_table(lines: Sequence[Sequence[Row]]) -> DataTable:
    by_period = grouped([row for line in lines for row in line], "period")
    measures = [str(line[0]["measure"]) for line in lines]
    body = []
    for (period,), rows in by_period.items():
        told = {row["measure"]: row for row in rows}
        figures = [_figure(told[name]) if name in told else "no figure" for name in measures]
        why = next((row["broken_because"] for row in rows if row["broken_because"]), None)
        body.append((str(period), *figures, f"break: “{why}”" if why else "–"))
    slopes = [_slope(line) for line in lines]
    body.append(("Change per period, last unbroken run", *slopes, "–"))
    return DataTable(f"“{lines[0][0]['series']}” over time", ("Period", *measures, "Break"), tuple(body))


def _slope(line: Sequence[Row]) -> str:
    last = line[-1]
    if last["slope"] is None:
        return f"cannot tell: {last['cannot_tell']}" if last["cannot_tell"] else "cannot tell"
    digits = 0 if any(row["count"] is not None for row in line) else 3  # the last may be withheld
    low, high = (f"{last[end]:,.{digits}f}" for end in ("low", "high"))
    return f"{last['slope']:+,.{digits}f} (line fits within {low} to {high})".replace("-", "−")


# --- shares with their unknown ------------------------------------------------------------------------------------


def known(evidence: Evidence, rows: Sequence[Row]) -> Plot:
    """Each category of one table: its share among the known, inside what the unknown allow."""
    head = rows[0]
    lost = next((row["unknown_share"] for row in rows if row["unknown_share"] is not None), None)
    scale = share_scale(row["bound_high"] for row in rows)
    drawn = tuple(_known_row(row, scale.place) for row in rows)
    people = next((row["n"] for row in rows if row["n"] is not None), None)
    of = f"“{head['measure']}”, by “{head['dimension']}”, {head['period']}"
    return Plot(
        id=anchor("known", head["source"], head["series"], head["measure"], head["dimension"], head["period"]),
        headline=_known_headline(head, lost),
        subtitle=f"{of}, of {count(people)} counted." if people else f"{of}; shares as published.",
        alternative="; ".join(f"{row.label}: {row.value}, {row.note}" for row in drawn) + ".",
        keys=(
            Key(
                "line",
                "accent",
                "dot: share of the known, if the unknown are like them; line: whatever the unknown are",
            ),
        ),
        ticks=scale.ticks(),
        rows=drawn,
        table=_known_table(rows),
    )


def _known_headline(head: Row, lost: float | None) -> str:
    what = f"“{head['dimension']}” of “{head['measure']}”"
    if lost is None:
        return f"{what}: how much is unknown cannot be told here"
    if lost == 0:
        return f"{what}: nobody is counted as unknown"
    told = f"{what} is unknown for {percent(lost)}"
    return f"{told}, so each share is a range" if lost >= 0.005 else told


def _known_row(row: Row, place: Callable[[float], float]) -> PlotRow:
    label = str(row["category"])
    if row["withheld"] is not None:
        return PlotRow(label, hidden(row), "", (), own_words=True)
    if row["bound_low"] is None:
        return PlotRow(label, "cannot tell", str(row["cannot_tell"]), (), own_words=True)
    line = Mark("line", place(row["bound_low"]), "accent", to=place(row["bound_high"]))
    dot = () if row["of_known"] is None else (Mark("dot", place(row["of_known"]), "accent"),)
    of_known = "nothing else recorded" if row["of_known"] is None else f"{percent(row['of_known'])} of the known"
    ends = f"{percent(row['bound_low'])} to {percent(row['bound_high'])} of all"
    same = row["bound_high"] - row["bound_low"] < 0.005
    return PlotRow(label, of_known, "" if same else ends, (line, *dot), own_words=True)


def _known_table(rows: Sequence[Row]) -> DataTable:
    head = ("Category", "Count", "Of all, at least", "Of the known", "Of all, at most", "Unknown", "Remarks")
    body = tuple(
        (
            str(row["category"]),
            hidden(row) if row["withheld"] else count(row["count"]),
            _share(row["bound_low"]),
            _share(row["of_known"]),
            _share(row["bound_high"]),
            count(row["unknown"]) if row["unknown"] is not None else _share(row["unknown_share"]),
            _remarks(row),
        )
        for row in rows
    )
    return DataTable(f"“{rows[0]['measure']}” by “{rows[0]['dimension']}”, {rows[0]['period']}", head, body)
