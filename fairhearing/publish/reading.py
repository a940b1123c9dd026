"""The safe tables and the programme's own names, as the sections of the page read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..programme import Measure, Programme, Source, Step
from ..protect import EITHER, FEW, OTHERS, Safe
from .facts import Facts

__all__ = ["Evidence", "Row", "anchor", "grouped", "hidden"]

Row = Mapping[str, Any]

_HIDDEN = {
    FEW: "too few to report",
    OTHERS: "withheld to protect others",
    EITHER: "too few, or withheld to protect others",
}
_SHARES = frozenset(
    {
        "estimates", "gaps", "changes", "prevalence", "journeys", "statements", "statement_shares", "group_shares",
        "statement_rounds",
    }
)  # fmt: skip


def anchor(*parts: object) -> str:
    """An id for an element: 'gap-trust-religion-muslim'. The same parts always give the same id."""
    words = "-".join(str(part) for part in parts if part is not None)
    return re.sub(r"[^a-z0-9_-]+", "-", words.lower()).strip("-") or "x"


def hidden(row: Row) -> str:
    """Why a row is withheld, in the few words that fit a chart."""
    return _HIDDEN.get(row["withheld"], "withheld")


def grouped(rows: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by the values of `keys`, groups and rows in the order met."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


@dataclass(frozen=True)
class Evidence:
    """One edition's material. A table that was not handed over reads as empty."""

    safe: Mapping[str, Safe]
    programme: Programme
    facts: Facts
    _read: dict[str, list[Row]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Rows as read once: a page asks for the same table hundreds of times."""

    def all(self, name: str) -> list[Row]:
        """Every row, withheld ones too (their counts and figures are null, `withheld` says why).

        A share of people who were not chosen at random is shown without an interval, whatever its table holds:
        brackets after a percentage are read as a margin of error, and there is none (AAPOR)."""
        if name not in self._read:
            self._read[name] = self._rows_of(name)
        return list(self._read[name])

    def _rows_of(self, name: str) -> list[Row]:
        rows = self.safe[name].rows() if name in self.safe else []
        if name not in _SHARES:
            return list(rows)
        return [row if self.source(row["source"]).has_margin else {**row, "low": None, "high": None} for row in rows]

    def rows(self, name: str) -> list[Row]:
        """Published rows."""
        return [row for row in self.all(name) if row.get("withheld") is None]

    def withheld(self, name: str) -> list[Row]:
        """Rows whose counts may not be published."""
        return [row for row in self.all(name) if row.get("withheld") is not None]

    def names(self, rows: Iterable[Row], because: str) -> tuple[str, ...]:
        """Communities among the rows that are withheld for one reason, in declared order."""
        cells = [
            row for row in self.declared_order(rows) if row["withheld"] == because and row["community"] is not None
        ]
        return tuple(
            self.community(row["characteristic"], row["community"])
            for row in cells
            if self.is_community(row["characteristic"], row["community"])
        )

    def asked(self, source: str, characteristic: str) -> bool:
        """Whether a source asked people for a characteristic at all."""
        declared = self.source(source)
        stated = {means.characteristic for means in declared.statements}
        return characteristic in declared.columns.characteristics or characteristic in stated

    def source(self, id: str) -> Source:
        return self.programme.source(id)

    def source_name(self, id: str) -> str:
        source = self.source(id)
        return source.card.title or capital_words(source.id)

    def has_measure(self, id: str) -> bool:
        return any(measure.id == id for measure in self.programme.measures)

    def measure(self, id: str) -> Measure:
        return {measure.id: measure for measure in self.programme.measures}[id]

    def community(self, characteristic: str | None, category: str | None) -> str:
        """A community's own name; 'everyone' without a characteristic, 'did not say' without a category."""
        if characteristic is None:
            return "everyone"
        return "did not say" if category is None else self.programme.category_name(characteristic, category)

    def characteristic_name(self, id: str) -> str:
        return self.programme.characteristic(id).name

    def is_community(self, characteristic: str, category: str | None) -> bool:
        """False for 'Not answered' and the like: shown as coverage, never reported as a community."""
        categories = {each.id: each for each in self.programme.characteristic(characteristic).categories}
        return category in categories and categories[category].community

    def declared_order(self, rows: Iterable[Row]) -> list[Row]:
        """Rows in the order communities are declared in programme.toml: never a ranking."""
        place = {
            (each.id, category.id): (c, k)
            for c, each in enumerate(self.programme.characteristics)
            for k, category in enumerate(each.categories)
        }
        last = (len(place), len(place))
        return sorted(rows, key=lambda row: place.get((row["characteristic"], row["community"]), last))

    def round_name(self, id: str | None) -> str:
        """The round's own name; empty where the source has no rounds."""
        return {each.id: each.name for each in self.programme.rounds}.get(id or "", id or "")

    def latest(self, rows: Sequence[Row]) -> list[Row]:
        """The rows of the last round among them."""
        last = max((self.programme.round_place(row["round"]) for row in rows), default=-1)
        return [row for row in rows if self.programme.round_place(row["round"]) == last]

    def activity_name(self, id: str | None) -> str:
        names = {activity.id: activity.name for activity in self.programme.activities}
        return names.get(id or "", id or "the programme as a whole")

    def step(self, id: str | None) -> Step | None:
        return next((step for _activity, step in self.programme.steps() if step.id == id), None)

    def element_name(self, activity: str | None, step: str | None) -> str:
        """'Questioning at school (Referral)', or the activity alone."""
        found = self.step(step)
        name = self.activity_name(activity)
        return f"{found.name} ({name})" if found else name

    def experience_name(self, id: str) -> str:
        names = dict(self.facts.experiences) | {each.id: each.name for each in self.programme.experiences}
        return names.get(id, id.replace("-", " ").replace("_", " "))


def capital_words(id: str) -> str:
    """An id as words, for a source whose card has no title."""
    text = id.replace("-", " ").replace("_", " ")
    return text[:1].upper() + text[1:]
