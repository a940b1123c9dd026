"""Published figures: what was counted at each stage, over time without a line across a break, shares with what nobody
recorded, and disproportions by each denominator declared.

Names of measures and categories are the file's own words, so they stand in quotation marks. A range from chance alone
is never put in brackets after a percentage, where it would be read as a margin of error: every case was counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..charts import DataTable, Plot, Slope
from ..reading import Evidence, Row, anchor, grouped
from ..sentences import between, listed, percent, points
from .official_ratios import Ratios, ratios
from .official_shapes import funnel, known, trend

__all__ = ["Official", "OfficialBlock", "official"]

_MOST_LINES = 6
"""Lines over time that a page can show; the rest are in the open data."""


@dataclass(frozen=True)
class OfficialBlock:
    """One source of published figures."""

    id: str
    name: str
    method: str
    funnels: tuple[Plot, ...]
    """The latest period of each series, and the latest that tells a share."""
    earlier: tuple[Plot, ...]
    """Earlier periods, one click away."""
    trends: tuple[Slope, ...]
    shares: tuple[Plot, ...]
    more_shares: tuple[Plot, ...]
    changes: tuple[str, ...]
    """What became of the shares of the charts that stand open: what holds, and what cannot be told."""
    each_change: tuple[str, ...]
    """The same for each share by itself, one click away."""
    change_table: DataTable | None
    ratios: Ratios | None
    not_shown: str
    """What is only in the open data."""


@dataclass(frozen=True)
class Official:
    """Published figures, after what people said of the programme when asked."""

    blocks: tuple[OfficialBlock, ...]


def official(evidence: Evidence) -> Official:
    sources = [source.id for source in evidence.programme.sources if source.kind == "official"]
    names = ("funnels", "known_shares", "share_changes", "official_series", "disproportions")
    told = {name: grouped(evidence.all(name), "source") for name in names}
    return Official(
        tuple(_block(evidence, id, {name: told[name].get((id,), []) for name in names}) for id in sources)
    )


def _block(evidence: Evidence, source: str, rows: dict[str, list[Row]]) -> OfficialBlock:
    flows = [part for part in _last_first(rows["funnels"]) if part[0]["dimension"] is None]
    parts = _last_first(rows["known_shares"], "measure", "dimension")
    latest = {_of_table(part): part for part in reversed(parts)}
    opened = [part for part in reversed(parts) if latest[_of_table(part)] is part]
    charts = [known(evidence, part) for part in opened]
    lines = [part for part in grouped(rows["official_series"], *_LINE).values() if part[0]["dimension"] is None]
    shown = _shown(flows)
    changes = [row for row in rows["share_changes"] if row["withheld"] is None]
    return OfficialBlock(
        id=anchor("official", source),
        name=evidence.source_name(source),
        method=evidence.source(source).card.method.rstrip("."),
        funnels=tuple(funnel(evidence, part) for part in flows if _of_flow(part) in shown),
        earlier=tuple(funnel(evidence, part) for part in flows if _of_flow(part) not in shown),
        trends=_trends(evidence, lines),
        shares=tuple(charts[:1]),
        more_shares=tuple(charts[1:]),
        changes=_summary(_last_changes(opened[:1], changes)),
        each_change=tuple(_sentence(row) for row in _last_changes(opened[:1], changes)),
        change_table=_change_table(changes),
        ratios=ratios(evidence, source, rows["disproportions"]),
        not_shown=_not_shown(rows, lines),
    )


def _shown(flows: Sequence[list[Row]]) -> set[tuple[str, str]]:
    """Series and periods of the funnels that stand open: the latest of each series, and the latest that tells a
    share."""
    latest: dict[str, tuple[str, str]] = {}
    telling: dict[str, tuple[str, str]] = {}
    for part in flows:
        series, period = _of_flow(part)
        latest.setdefault(series, (series, period))
        if any(row["of_first"] is not None for row in part):
            telling.setdefault(series, (series, period))
    return {*latest.values(), *telling.values()}


def _of_flow(rows: Sequence[Row]) -> tuple[str, str]:
    return rows[0]["series"], rows[0]["period"]


def _of_table(rows: Sequence[Row]) -> tuple[str, str, str]:
    return rows[0]["series"], rows[0]["measure"], rows[0]["dimension"]


_LINE = ("series", "measure", "dimension", "category")


def _last_first(rows: Sequence[Row], *more: str) -> list[list[Row]]:
    """Rows of one series and period together, the latest period first: tables come in the order of time."""
    return list(reversed(grouped(rows, "series", "period", *(more or ("dimension", "category"))).values()))


def _trends(evidence: Evidence, lines: Sequence[list[Row]]) -> tuple[Slope, ...]:
    """Series of two periods or more, in one drawing a series; at most so many lines."""
    long = sorted((part for part in lines if len(part) > 1), key=_largest_first)[:_MOST_LINES]
    own = grouped([row for part in long for row in part], "series")
    return tuple(trend(evidence, list(grouped(rows, "measure").values())) for rows in own.values())


def _largest_first(line: Sequence[Row]) -> float:
    """A process runs from its largest stage to its smallest; shares keep the order of the file."""
    return -float(max((row["count"] or 0 for row in line), default=0))


# --- what became of shares ------------------------------------------------------------------------------------------


def _last_changes(opened: Sequence[list[Row]], changes: Sequence[Row]) -> list[Row]:
    """Changes up to the period of the charts that stand open."""
    shown = {(*_of_table(part), row["period"]) for part in opened for row in part}
    return [row for row in changes if (*_of_table([row]), row["period_to"]) in shown]


def _summary(rows: Sequence[Row]) -> tuple[str, ...]:
    """What holds in full; what cannot be told, or must not be compared, once for all it is true of."""
    told = [_sentence(row) for row in rows if row["verdict"] in ("higher", "lower")]
    rest = [row for row in rows if row["verdict"] not in ("higher", "lower")]
    for (verdict, start, end), part in grouped(rest, "verdict", "period_from", "period_to").items():
        names = listed([f"“{row['category']}”" for row in part])
        if verdict == "not comparable":
            told.append(f"{start} and {end} are not compared for {names}: {part[0]['cannot_tell']}.")
        else:
            told.append(
                f"Whether the share rose or fell from {start} to {end} cannot be established for {names}: the "
                "unknown allow both."
            )
    return tuple(told)


def _sentence(row: Row) -> str:
    head = f"“{row['category']}”, from {row['period_from']} to {row['period_to']}: "
    if row["cannot_tell"]:
        return f"{head}{row['verdict']}, because {row['cannot_tell'].rstrip('.')}."
    apart = _direction(row["known_change"], "among the known ") if row["known_change"] is not None else ""
    reach = between(row["bound_low"], row["bound_high"])
    unit = "" if "point" in reach else " points"
    flips = (
        f" There was no change at all if {percent(row['flips_at'])} of those now unknown belong to it."
        if row["flips_at"] is not None and row["verdict"] == "cannot be established"
        else ""
    )
    words = {"higher": "it rose", "lower": "it fell"}.get(row["verdict"], "a change cannot be established")
    return f"{head}{apart}whatever the unknown are, {reach}{unit}: {words}.{flips}"


def _direction(change: float, lead: str) -> str:
    if abs(change) < 0.005:
        return f"{lead}about the same; "
    return f"{lead}{'up' if change > 0 else 'down'} {points(change)}; "


def _change_table(rows: Sequence[Row]) -> DataTable | None:
    if not rows:
        return None
    head = ("Category", "Of", "From", "To", "Among the known", "Whatever the unknown are", "What holds")
    body = tuple(
        (
            str(row["category"]),
            f"“{row['measure']}”, by “{row['dimension']}”",
            str(row["period_from"]),
            str(row["period_to"]),
            "cannot tell"
            if row["known_change"] is None
            else f"{100 * row['known_change']:+.0f} points".replace("-", "−"),
            "cannot tell" if row["bound_low"] is None else between(row["bound_low"], row["bound_high"]),
            f"{row['verdict']}: {row['cannot_tell']}" if row["cannot_tell"] else str(row["verdict"]),
        )
        for row in rows
    )
    return DataTable("Shares from one published period to the next", head, body)


def _not_shown(rows: dict[str, list[Row]], lines: Sequence[list[Row]]) -> str:
    every = len(grouped(rows["official_series"], *_LINE))
    drawn = min(len([part for part in lines if len(part) > 1]), _MOST_LINES)
    divided = len([part for part in _last_first(rows["funnels"]) if part[0]["dimension"] is not None])
    told = [f"{every - drawn} more series over time"] * (every > drawn) + [f"{divided} funnels of one category"] * (
        divided > 0
    )
    return f"In the open data only: {listed(told)}." if told else ""
