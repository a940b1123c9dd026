"""Experiences reported at one step, drawn: bad beside good, harm of not acting beside harm of acting.

Where people coded a blind sample, the corrected share and its interval stand in place of what the phrases count.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..programme import Step
from .charts import DataTable, Key, Mark, Plot, PlotRow, Scale, interval_marks
from .reading import Evidence, Row, anchor
from .sentences import SAMPLE_WORDS, capital, count, people, with_interval

__all__ = ["beside", "by_community", "plot"]

_HARMS = {"action": "harm of acting", "inaction": "harm of not acting"}


def beside(evidence: Evidence, rows: Sequence[Row]) -> str:
    """The harm of each kind that most report, in one sentence; empty where only one kind is reported."""
    most = {}
    for harm_of in _HARMS:
        of_kind = [row for row in rows if row.get("harm_of") == harm_of]
        most[harm_of] = max(of_kind, key=lambda row: row["estimate"], default=None)
    told = [
        f"{_HARMS[harm_of]}: {_name(evidence, row['experience']).lower()}, "
        f"{with_interval(row['estimate'], row['low'], row['high'])}"
        for harm_of, row in most.items() if row is not None
    ]  # fmt: skip
    return f"{capital(told[0])}. {capital(told[1])}." if len(told) == len(_HARMS) else ""


def by_community(evidence: Evidence, step: Step) -> DataTable | None:
    """Any bad and any good experience of each community, in declared order: never a ranking."""
    rows = [
        row for row in evidence.rows("journeys")
        if row["step"] == step.id and row["characteristic"] is not None and row["experience"].startswith("any")
        and row["estimate"] is not None and evidence.is_community(row["characteristic"], row["community"])
    ]  # fmt: skip
    if not rows:
        return None
    coded = any(_corrected(evidence, row) for row in rows)
    body = tuple(
        (
            evidence.community(row["characteristic"], row["community"]), evidence.round_name(row["round"]),
            _name(evidence, row["experience"]), count(row["n"]),
            with_interval(row["estimate"], row["low"], row["high"]),
        )
        + ((_corrected_words(evidence, row),) if coded else ())
        for row in evidence.declared_order(rows)
    )  # fmt: skip
    head = (
        "Community",
        "Round",
        "Experience",
        "Described the step",
        "Share",
        *(("Corrected by people",) if coded else ()),
    )
    return DataTable(f"Experiences at “{step.name}”, by community", head, body)


def _corrected(evidence: Evidence, row: Row) -> Row | None:
    """What people's codes make of the same cell, if it can be told."""
    keys = ("source", "round", "step", "experience", "characteristic", "community")
    return next(
        (
            each for each in evidence.rows("journeys_corrected")
            if each["estimate"] is not None and all(each[key] == row[key] for key in keys)
        ),
        None,
    )  # fmt: skip


def _corrected_words(evidence: Evidence, row: Row) -> str:
    found = _corrected(evidence, row)
    return with_interval(found["estimate"], found["low"], found["high"]) if found else "not coded by people"


def plot(evidence: Evidence, step: Step, rows: Sequence[Row]) -> Plot | None:
    """Experiences reported at a step: bad ones first, good ones in the same form."""
    order = {"bad": 0, "good": 1}
    named = sorted(
        (row for row in rows if row["estimate"] is not None),
        key=lambda row: (
            order.get(row["valence"], 2), not row["experience"].startswith("any"), row.get("harm_of") == "inaction",
        ),
    )  # fmt: skip
    if not named:
        return None
    scale = Scale(0.0, 1.0)
    drawn = tuple(_row(evidence, row, scale) for row in named)
    source = evidence.source(named[0]["source"])
    asked = max(row["n"] for row in named)
    return Plot(
        id=anchor("experiences", step.id, source.id),
        headline=f"What {people(asked)} who described this step report",
        subtitle=f"Share of accounts of “{step.name}”, {evidence.source_name(source.id)}. "
        f"{SAMPLE_WORDS[source.sample]} People who went through the step and told nobody are not here.",
        alternative="; ".join(f"{row.label}: {row.value}" for row in drawn) + ".",
        keys=(Key("bar", "adverse", "bad experience"), Key("bar", "accent", "good experience")),
        ticks=scale.ticks(),
        rows=drawn,
        table=_table(evidence, step, named),
    )


def _row(evidence: Evidence, row: Row, scale: Scale) -> PlotRow:
    tone = "adverse" if row["valence"] == "bad" else "accent"
    better = _corrected(evidence, row)
    shown = better or row
    marks: tuple[Mark, ...] = (Mark("bar", 0.0, tone, to=scale.place(shown["estimate"])),)  # type: ignore[arg-type]
    if shown["low"] is not None and shown["high"] is not None:
        marks += interval_marks(scale, shown["estimate"], shown["low"], shown["high"], "ink", 0)[:1]
    note = f"corrected by people; by phrases {with_interval(row['estimate'], None, None)}" if better else ""
    value = with_interval(shown["estimate"], shown["low"], shown["high"])
    return PlotRow(_label(evidence, row), value, note or people(row["reports"]), marks)


def _label(evidence: Evidence, row: Row) -> str:
    name = _name(evidence, row["experience"])
    return f"{name} (harm of not acting)" if row.get("harm_of") == "inaction" else name


def _name(evidence: Evidence, experience: str) -> str:
    named = {"any bad": "Any bad experience", "any good": "Any good experience"}
    return named.get(experience) or capital(evidence.experience_name(experience))


def _table(evidence: Evidence, step: Step, rows: Sequence[Row]) -> DataTable:
    """With a column of what people's codes make of it, where they coded any of it."""
    coded = any(_corrected(evidence, row) for row in rows)
    head = ("Experience", "Kind", "Described the step", "Report it", "Share")
    body = tuple(
        (
            _label(evidence, row), row["valence"], count(row["n"]), count(row["reports"]),
            with_interval(row["estimate"], row["low"], row["high"]),
        )
        + ((_corrected_words(evidence, row),) if coded else ())
        for row in rows
    )  # fmt: skip
    return DataTable(
        f"Experiences reported at “{step.name}”", (*head, *(("Corrected by people",) if coded else ())), body
    )
