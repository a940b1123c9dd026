"""Section 4, one click away: how far a measure can be trusted as a measure, and what those not heard might think."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...programme import Measure
from ..charts import DataTable
from ..reading import Evidence, Row
from ..sentences import capital, count, figure, interval, listed, people, percent, points, scale_of

__all__ = ["Unheard", "holds_together", "undone", "unheard"]


@dataclass(frozen=True)
class Unheard:
    """What those not heard might think, where people were not chosen at random."""

    sentence: str
    """Of everyone, in words."""
    assumes: str
    table: DataTable


# --- the scale --------------------------------------------------------------------------------------------------


def holds_together(evidence: Evidence, measure: Measure, source: str) -> tuple[str, ...]:
    """Of a measure of several questions: whether they go together, and to whom they may mean something else."""
    own = [row for row in evidence.rows("scales") if (row["measure"], row["source"]) == (measure.id, source)]
    told = [_together(measure, row) for row in evidence.latest(own)]
    rows = [row for row in evidence.rows("invariance") if (row["measure"], row["source"]) == (measure.id, source)]
    return (*told, *_same_meaning(evidence, evidence.latest(rows)))


def _together(measure: Measure, row: Row) -> str:
    """Plain words first, the coefficients in brackets after them."""
    if row["alpha"] is None:
        return f"{capital(row['says'])}."
    named = {"alpha": "Cronbach's alpha", "omega": "McDonald's omega"}
    figures = [f"{name} {_coefficient(row, key)}" for key, name in named.items() if row[key] is not None]
    text = f"{capital(row['says'])}. {'; '.join(figures)}; {people(row['n'])} answered all {row['items']} questions."
    wording = {item.id: item.wording for item in measure.items}.get(row["weakest"] or "")
    if wording and row["alpha_without"] is not None:
        text += f" “{wording}” goes least with the others: without it alpha would be {row['alpha_without']:.2f}."
    return text


def _coefficient(row: Row, key: str) -> str:
    low, high = row[f"{key}_low"], row[f"{key}_high"]
    return f"{row[key]:.2f}" + (
        f" ({interval(low, high, scale='fine')})" if low is not None and high is not None else ""
    )


def _same_meaning(evidence: Evidence, rows: Sequence[Row]) -> tuple[str, ...]:
    """Each community once: its two levels have one verdict."""
    cells = {(row["characteristic"], row["community"]): row for row in evidence.declared_order(rows)}
    of_rounds = cells.pop((None, None), None)
    names: dict[str, list[str]] = {}
    for (characteristic, community), row in cells.items():
        if evidence.is_community(characteristic, community):
            names.setdefault(row["verdict"], []).append(evidence.community(characteristic, community))
    lead = "Whether the questions mean the same to a community as to everyone else was tested before any gap was told"
    words = {
        "comparable": "no sign against it for {}",
        "not comparable": "they may not mean the same to {}, so no gap is told",
        "cannot tell": "too few people, or answers too alike, to test it for {}",
    }
    told = [text.format(listed(names[verdict])) for verdict, text in words.items() if verdict in names]
    made = [f"{lead}: {'; '.join(told)}."] if told else []
    if of_rounds is not None:
        before = evidence.round_name(of_rounds["round_from"])
        verdict = {
            "comparable": "no sign that the questions mean something else than they did then",
            "not comparable": "the questions may mean something else than they did then, so no change is told",
        }.get(of_rounds["verdict"], "it cannot be told whether the questions mean what they did then")
        made.append(f"Against {before}: {verdict}.")
    return tuple(made)


# --- those who did not answer, and those not heard ----------------------------------------------------------------


def undone(row: Mapping[str, object], measure: Measure, whose: str) -> str:
    """A difference that was found, and that those asked who gave no answer could undo: what they would have had to
    answer. Empty where nothing they could have answered undoes it."""
    low, high, at = row["bound_low"], row["bound_high"], row["flips_at"]
    found = row["verdict"] in ("higher", "lower")
    if not found or not isinstance(low, float) or not isinstance(high, float) or not low < 0 < high:
        return ""
    if not isinstance(at, float):
        return f"Could be undone by those who gave no answer, had {whose} answered one way and the rest the other."
    if measure.report == "share":
        return f"Could be undone by {whose} who gave no answer: if {percent(at)} of them were counted in it."
    return f"Could be undone by {whose} who gave no answer: if they averaged {figure(at, scale=scale_of(measure))}."


def unheard(evidence: Evidence, measure: Measure, source: str) -> Unheard | None:
    """None for a random sample, and where nothing may be published."""
    own = [row for row in evidence.rows("unheard") if (row["measure"], row["source"]) == (measure.id, source)]
    rows = [row for row in evidence.declared_order(evidence.latest(own)) if row["estimate"] is not None]
    everyone = [row for row in rows if row["characteristic"] is None]
    if not everyone:
        return None
    communities = [row for row in rows if row["characteristic"] is not None]
    return Unheard(
        sentence=f"{capital(everyone[0]['says'])}.",
        assumes=f"{capital(everyone[0]['method'])}.",
        table=_unheard_table(evidence, measure, [*everyone, *communities]),
    )


def _unheard_table(evidence: Evidence, measure: Measure, rows: Sequence[Row]) -> DataTable:
    scale = scale_of(measure)
    by = points(rows[0]["differ_by"], scale=scale)
    head = (
        "Who was heard",
        "Heard",
        f"{by} lower",
        f"{by} higher",
        "At the very most",
        "What is said of those heard",
        "Not once others are",
    )
    body = []
    for row in rows:
        ends = interval(row["bound_low"], row["bound_high"], scale=scale)
        tips = "nothing undoes it" if row["conclusion"] else "–"
        if row["tips_at"] is not None:
            tips = f"{points(row['tips_at'], scale=scale)} {'lower' if row['tips_at'] < 0 else 'higher'}"
        name = capital(evidence.community(row["characteristic"], row["community"]))
        told = [figure(row[key], scale=scale) for key in ("estimate", "if_lower", "if_higher")]
        body.append((f"{name} ({count(row['n'])})", *told, ends, row["conclusion"] or "–", tips))
    return DataTable(f"{capital(measure.name)}: if those not heard differ from those heard", head, tuple(body))
