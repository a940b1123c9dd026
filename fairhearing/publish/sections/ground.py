"""Section 6, common ground and disagreement: the statements everyone agrees on, and those that divide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..charts import DataTable, Plot, PlotRow, stacked
from ..opinion_map import OpinionMap, opinion_map
from ..reading import Evidence, Row, anchor, grouped
from ..sentences import SAMPLE_WORDS, capital, count, people, percent, with_interval

__all__ = ["Ground", "GroundSource", "ground"]

_DRAWN = 8  # statements drawn per kind; all of them are in the table


@dataclass(frozen=True)
class GroundSource:
    """One vote. `groups`: the verdict on groups of opinion, in sentences; `differ`: where a community or a group
    stands out; `bridging`: statements that bring together people who are otherwise divided."""

    id: str
    name: str
    sample: str
    groups: tuple[str, ...]
    map: OpinionMap | None
    differ: DataTable | None
    rounds: DataTable | None
    bridging: tuple[str, ...]
    common: Plot | None
    majority: Plot | None
    divisive: Plot | None
    rest: str
    too_few: int
    by_community: DataTable | None


@dataclass(frozen=True)
class Ground:
    """Section 6."""

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
        groups=_verdict(evidence, id),
        map=opinion_map(evidence, id, _headline(evidence, id), shown),
        differ=_differ(evidence, id, shown),
        rounds=_rounds(evidence, id),
        bridging=_bridging(shown),
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


# --- groups of opinion -------------------------------------------------------------------------------------------

_HEADLINES = {
    "groups": "{k} groups of opinion stand apart",
    "no distinct groups": "No distinct groups of opinion",
    "unstable": "Groups of opinion are not stable enough to report",
    "too few votes": "Too few people voted to look for groups of opinion",
}


def _headline(evidence: Evidence, source: str) -> str:
    row = _group_row(evidence, source)
    return _HEADLINES[str(row["verdict"])].format(k=row["k"]) if row else "Groups were not looked for"


def _group_row(evidence: Evidence, source: str) -> Row | None:
    return next((row for row in evidence.all("groups") if row["source"] == source), None)


def _verdict(evidence: Evidence, source: str) -> tuple[str, ...]:
    row = _group_row(evidence, source)
    if row is None:
        return ()
    because = row["because"] if row["verdict"] == "groups" else f"{_headline(evidence, source)}: {row['because']}"
    told = [f"{because}. How this was tested: {row['tested']}."]
    sizes = [each for each in evidence.rows("opinion_groups") if each["source"] == source]
    if sizes:
        parts = "; ".join(
            f"group {each['opinion_group']}, {percent(each['share'])} ({people(each['n'])})" for each in sizes
        )
        told.append(f"{capital(parts)}. Who belongs is a probability and is published of nobody.")
    return (*told, *_mechanical(row))


def _mechanical(row: Row) -> tuple[str, ...]:
    """Votes that look mechanical: said, with what would be found without them."""
    if not row["alike"] or row["change_without"] is None:
        return ()
    same = "the same verdict" if row["verdict_without"] == row["verdict"] else f"“{row['verdict_without']}”"
    kinds = row["kinds_without"]
    return (
        f"The votes of {people(row['alike'])} look mechanical (the same on everything, or a long list that others "
        f"cast too). They are counted. Without them: {same}, {kinds} statement{'s' if kinds != 1 else ''} of another "
        f"kind, and no share of agreement moves by more than {100 * row['change_without']:.0f} points.",
    )


def _bridging(shown: Sequence[Row]) -> tuple[str, ...]:
    """Statements on which even the half least inclined to is on the side of most, the clearest first."""
    told = []
    for word, score in (("agree", "bridging"), ("disagree", "against")):
        rows = [row for row in shown if f"bridges: {word}" in (row["flags"] or [])]
        told += [(row[score], str(row["text"])) for row in rows if row[score] is not None]
    return tuple(text for _score, text in sorted(told, key=lambda each: -each[0])[:3])


def _differ(evidence: Evidence, source: str, shown: Sequence[Row]) -> DataTable | None:
    """Communities and groups whose position differs from the rest, whatever their size: minorities are not averaged
    away."""
    texts = {row["statement"]: str(row["text"]) for row in shown}
    body = [
        (texts[row["statement"]], _who(evidence, row), *_numbers(row), row["differs"])
        for table in ("statement_shares", "group_shares")
        for row in evidence.all(table)
        if row["source"] == source and row["statement"] in texts and row["differs"]
    ]
    if not body:
        return None
    head = ("Statement", "Who", "Voted", "Agreeing, weighted", "Against the rest")
    return DataTable("Communities and groups whose position differs from the rest", head, tuple(body))


def _numbers(row: Row) -> tuple[str, str]:
    """Where fewer than may be published took one side, only that the position differs is said."""
    if row["withheld"] is not None or row["estimate"] is None:
        return "withheld", "withheld"
    return count(row["n"]), percent(row["estimate"])


def _who(evidence: Evidence, row: Row) -> str:
    if "opinion_group" in row:
        return f"Group {row['opinion_group']}"
    return capital(evidence.community(row["characteristic"], row["community"]))


def _rounds(evidence: Evidence, source: str) -> DataTable | None:
    rows = [row for row in evidence.rows("statement_rounds") if row["source"] == source]
    body = tuple(
        (
            str(row["text"]), evidence.round_name(row["round"]), count(row["n"]), percent(row["estimate"]),
            "–" if row["change"] is None else f"{100 * row['change']:+.0f} points",
        )
        for row in rows
        if row["estimate"] is not None
    )  # fmt: skip
    head = ("Statement", "Round", "Voted", "Agreeing, weighted", "Since the first round")
    return DataTable("How agreement changed over rounds", head, body) if body else None
