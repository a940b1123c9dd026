"""Section 5, what was said: every response accounted for, themes with both counts, exact quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..charts import DataTable, Key, Mark, Plot, PlotRow, Scale, interval_marks, share_scale, stacked
from ..reading import Evidence, Row, anchor, grouped, hidden
from ..sentences import SAMPLE_WORDS, capital, count, people, percent, with_interval
from .agreed import Agreed, Agreement, agreed, agreement

__all__ = ["Quote", "Said", "SaidSource", "ThemeBlock", "accounting_plot", "quotes_about", "said", "theme_anchor"]

_DRAWN = 12  # themes and phrases on one chart; all of them are in the table beside it
_LEFT_OVER = "left over"
_UNSTABLE = 0.5
_SIDES = (("for", "against"), ("praise", "blame"))
_SIDE_WORDS = {"for": "answered for; ", "against": "answered against; ", "praise": "praise; ", "blame": "blame; "}


@dataclass(frozen=True)
class Quote:
    """Somebody's exact words, and where they stand in the evidence."""

    words: str
    place: str


@dataclass(frozen=True)
class ThemeBlock:
    """One theme. Every theme of publishable size has the same form, whatever its size."""

    id: str
    label: str
    told: str
    about: str
    """What it is part of, nearest to, and how firm it is."""
    over: str
    """Communities among whom it is commoner; read by the language check, as `about` is not."""
    labelled: bool
    """Whether its label is a model's: not people's own words."""
    differs: tuple[str, ...]
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class SaidSource:
    """One source of free text."""

    id: str
    name: str
    sample: str
    plot: Plot | None
    themes: tuple[ThemeBlock, ...]
    proposed_by: str
    labelled_by: str
    """Who labelled themes, where a server was asked; their words and quotes were sent there."""
    too_few: int
    """Themes too few people mention to be published."""
    left_over: ThemeBlock | None
    """Responses in no theme, described like one."""
    agreed: Agreed | None
    """Themes people agreed on; shown first."""


@dataclass(frozen=True)
class Said:
    """Section 5."""

    accounting: Plot | None
    sources: tuple[SaidSource, ...]
    agreement: Agreement | None


def said(evidence: Evidence) -> Said:
    themes = grouped(evidence.all("themes"), "source")
    sources = tuple(_source(evidence, id[0], rows) for id, rows in themes.items())
    return Said(accounting_plot(evidence), sources, agreement(evidence))


# --- every response accounted for -----------------------------------------------------------------------------

_ORDER = (
    "used", "themed", "other", "uninformative", "duplicate", "not yet read", "set aside", "refused",
)  # fmt: skip
_TONES: dict[str, Any] = {"used": "accent", "themed": "accent", "other": "mid", "duplicate": "rest"}


def accounting_plot(evidence: Evidence) -> Plot | None:
    """A bar a source and stage; parts are the fates of its rows, and sum to all of them."""
    rows = evidence.rows("accounting")
    parts = grouped(rows, "source", "stage")
    if not parts:
        return None
    short = {(row["source"], row["stage"]) for row in evidence.all("accounting") if row["withheld"] is not None}
    drawn = tuple(_bar(evidence, key[0], key[1], part, key in short) for key, part in parts.items())
    return Plot(
        id="accounting",
        headline="What became of every row and every response",
        subtitle="Rows of each file as gathered, and responses as read. The parts of a bar are all there is, but for "
        "numbers too small to publish, which are named.",
        alternative=". ".join(f"{row.label}: {row.value}" for row in drawn) + ".",
        keys=(),
        ticks=(),
        rows=drawn,
        table=_accounting_table(evidence, rows),
    )


def _bar(evidence: Evidence, source: str, stage: str, rows: Sequence[Row], short: bool) -> PlotRow:
    totals: dict[str, int] = {}
    for row in rows:
        totals[row["fate"]] = totals.get(row["fate"], 0) + (row["n"] or 0)
    order = sorted(totals, key=lambda fate: _ORDER.index(fate) if fate in _ORDER else len(_ORDER))
    words = ", ".join(f"{totals[fate]:,} {fate}" for fate in order)
    words += ", and some too few to report" if short else ""
    bar = stacked([(totals[fate], _TONES.get(fate, "pale"), fate) for fate in order])
    what = "rows gathered" if stage == "gathered" else "responses read"
    return PlotRow(f"{evidence.source_name(source)}: {what}", words, f"about {sum(totals.values()):,}", bar)


def _accounting_table(evidence: Evidence, rows: Sequence[Row]) -> DataTable:
    body = [
        (evidence.source_name(row["source"]), row["stage"], row["fate"], row["reason"] or "–", count(row["n"]))
        for row in rows
    ]
    return DataTable(
        "Every row and response: what became of it, and why",
        ("Source", "Stage", "Fate", "Why", "How many"),
        tuple(body),
    )


# --- themes ---------------------------------------------------------------------------------------------------


def _source(evidence: Evidence, id: str, themes: Sequence[Row]) -> SaidSource:
    left = [row for row in themes if row["kind"] == _LEFT_OVER and row["withheld"] is None]
    themes = [row for row in themes if row["kind"] != _LEFT_OVER]
    shown = [row for row in themes if row["withheld"] is None]
    counted = [row for row in evidence.all("prevalence") if row["source"] == id]
    prevalence = evidence.latest(counted)
    overall = {row["theme"]: row for row in prevalence if row["characteristic"] is None and row["withheld"] is None}
    shown = sorted(shown, key=lambda row: -(overall.get(row["theme"], {}).get("estimate") or 0.0))
    return SaidSource(
        id=anchor("said", id),
        name=evidence.source_name(id),
        sample=SAMPLE_WORDS[evidence.source(id).sample],
        plot=_plot(evidence, id, shown, overall, _by_round(evidence, counted)) if shown and overall else None,
        themes=tuple(_theme(evidence, row, overall.get(row["theme"]), prevalence) for row in shown),
        proposed_by=next((str(row["proposed_by"]) for row in (*shown, *left)), ""),
        labelled_by="; ".join(sorted({str(row["label_by"]) for row in shown if row["label_by"]})),
        too_few=len(themes) - len(shown),
        left_over=_theme(evidence, left[0], None, ()) if left else None,
        agreed=agreed(evidence, id),
    )


def _by_round(evidence: Evidence, rows: Sequence[Row]) -> dict[str, dict[str, Row]]:
    """Name of each round, where there are several → theme → its row for everyone."""
    everyone = [row for row in rows if row["characteristic"] is None]
    ids = sorted(dict.fromkeys(row["round"] for row in everyone), key=evidence.programme.round_place)
    if len(ids) < 2:
        return {}
    return {
        evidence.round_name(id) or "No round": {row["theme"]: row for row in everyone if row["round"] == id}
        for id in ids
    }


def _plot(
    evidence: Evidence, id: str, themes: Sequence[Row], overall: dict[str, Row], rounds: dict[str, dict[str, Row]]
) -> Plot:
    rows = [(theme, overall[theme["theme"]]) for theme in themes if theme["theme"] in overall]
    scale = share_scale([row[key] for _theme, row in rows for key in ("estimate", "high")])
    asked = max((row["n"] or 0 for _theme, row in rows), default=0)
    margin = evidence.source(id).has_margin
    sample = "95% intervals" if margin else SAMPLE_WORDS[evidence.source(id).sample].rstrip(".").lower()
    first = rows[0][0]["label"] if rows else ""
    when = f"In {list(rounds)[-1]}: share" if rounds else "Share"
    return Plot(
        id=anchor("prevalence", id),
        headline=f"Most mentioned: “{first}”, by {percent(rows[0][1]['estimate'])} of those who wrote"
        if rows
        else "",
        subtitle=f"{when} of those who wrote who spoke of it, as the machine reads it, {people(asked)}; {sample}. "
        "Both counts are given: people, and distinct texts (a text sent by many counts once).",
        alternative="; ".join(f"{theme['label']}: {_told(row)}" for theme, row in rows[:_DRAWN]) + ".",
        keys=(Key("bar", "accent", "people who mention it"),),
        ticks=scale.ticks(),
        rows=tuple(_row(theme, row, scale) for theme, row in rows[:_DRAWN]),
        table=_table(evidence, id, rows, rounds),
    )


def _told(row: Row) -> str:
    return with_interval(row["estimate"], row["low"], row["high"])


def _row(theme: Row, row: Row, scale: Scale) -> PlotRow:
    marks: tuple[Mark, ...] = (Mark("bar", 0.0, "accent", to=scale.place(row["estimate"])),)
    if row["low"] is not None and row["high"] is not None:
        marks += interval_marks(scale, row["estimate"], row["low"], row["high"], "ink", 0)[:1]
    counts = f"{people(row['mentions'])}, {count(row['distinct'])} distinct texts"
    return PlotRow(theme["label"], _told(row), counts, marks, own_words=True)


def theme_anchor(theme: Row) -> str:
    return anchor("theme", theme["source"], theme["theme"])


def _table(
    evidence: Evidence, id: str, rows: Sequence[tuple[Row, Row]], rounds: dict[str, dict[str, Row]]
) -> DataTable:
    """The share in every round where there are several; people and texts of the last."""
    shares = tuple(f"Share of those who wrote, {name}" for name in rounds) or ("Share of those who wrote",)
    head = ("Theme, in people's own words", *shares, "People", "Distinct texts")
    body = tuple(
        (theme["label"], *_shares(theme, row, rounds), count(row["mentions"]), count(row["distinct"]))
        for theme, row in rows
    )
    return DataTable(f"Themes in {evidence.source_name(id)}", head, body)


def _shares(theme: Row, row: Row, rounds: dict[str, dict[str, Row]]) -> tuple[str, ...]:
    if not rounds:
        return (_told(row),)
    found = [by_theme.get(theme["theme"]) for by_theme in rounds.values()]
    return tuple("–" if each is None else hidden(each) if each["withheld"] else _told(each) for each in found)


def _theme(evidence: Evidence, theme: Row, overall: Row | None, prevalence: Sequence[Row]) -> ThemeBlock:
    told = (
        f"{capital(people(theme['n']))} in {count(theme['responses'])} responses, {count(theme['distinct'])} "
        "counting near-identical texts once"
    )
    if theme["n"] is None:
        told = "In how many responses is not told, so that the small number of one round cannot be worked out"
    if overall is not None:
        when = evidence.round_name(overall["round"]) if overall["round"] else ""
        told += f"; in {when}, " if when else ": "
        told += f"{_told(overall)} of those who wrote"
    own = [row for row in prevalence if row["theme"] == theme["theme"] and row["source"] == theme["source"]]
    return ThemeBlock(
        id=theme_anchor(theme),
        label=str(theme["label"]),
        told=f"{told}.",
        about=_about(theme),
        over=_over(evidence, theme["over"]),
        labelled=bool(theme["label_by"]),
        differs=_differences(evidence, own, overall),
        quotes=quotes_about(evidence, "theme", theme["theme"], theme["source"]),
    )


def _about(theme: Row) -> str:
    """In a few sentences; what was not looked at is left out."""
    parts = [str(theme["description"] or "")]
    parts += [f"Part of “{theme['broad']}”."] if theme["broad"] else []
    parts += [f"{capital(theme['differs'])}."] if theme["differs"] else []
    if theme["stability"] is not None and theme["stability"] < _UNSTABLE:
        parts.append("Unstable: found again on parts of the responses, less than half of it came back.")
    if theme["position"] and theme["position"] not in ("not read", "not asked"):
        parts.append(f"Position: {theme['position']}.")
    if theme["tone"] and theme["tone"].startswith("praise and blame"):
        parts.append(f"{capital(theme['tone'])}.")
    return " ".join(part for part in parts if part)


def _over(evidence: Evidence, over: Sequence[str] | None) -> str:
    """Which communities speak of it more, in declared order as the run lists them; one that is no longer declared or
    not reported is left out."""
    pairs = [each.split(": ", 1) for each in over or ()]
    names = [evidence.community(of, name) for of, name in pairs if evidence.is_community(of, name)]
    return f"At least twice as common among {' and '.join(names)} as among the others." if names else ""


def _differences(evidence: Evidence, rows: Sequence[Row], overall: Row | None) -> tuple[str, ...]:
    """Communities whose interval does not reach the overall figure, in declared order: never a ranking."""
    if overall is None or overall["estimate"] is None:
        return ()
    return tuple(
        f"{evidence.community(row['characteristic'], row['community'])}: {_told(row)} of {people(row['n'])}"
        for row in evidence.declared_order([row for row in rows if row["characteristic"] is not None])
        if row["withheld"] is None
        and row["low"] is not None
        and row["high"] is not None
        and (row["low"] > overall["estimate"] or row["high"] < overall["estimate"])
        and evidence.is_community(row["characteristic"], row["community"])
    )


def quotes_about(evidence: Evidence, about: str, key: str, source: str | None = None) -> tuple[Quote, ...]:
    """Exact words about a theme or a step, in the order chosen by the run; of each kind the first, and where a theme
    has two sides one of each. The others are in the open data."""
    mine = [
        row
        for row in evidence.rows("quotes")
        if row["about"] == about and row["key"] == key and source in (None, row["source"])
    ]
    kinds = {row["kind"] for row in mine}
    wanted = next((pair for pair in _SIDES if kinds.issuperset(pair)), ("typical", "strongest"))
    first = [next(row for row in mine if row["kind"] == kind) for kind in wanted if kind in kinds]
    return tuple(
        Quote(
            str(row["exact"]),
            f"{_SIDE_WORDS.get(row['kind'], '')}{row['response']}, characters {row['start']:,} to {row['end']:,}",
        )
        for row in (*first, *(row for row in mine if row["kind"] is None))
    )
