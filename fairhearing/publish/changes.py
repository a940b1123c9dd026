"""What is different between two editions, from what each published: a finding that vanished shows, with its words.

Rows are matched by what they are about, never by their place. Every difference has both values, as in the open data.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..programme import Programme

__all__ = ["Change", "Changes", "ChangesPage", "as_published", "changes_page", "compare"]

MATCHED_BY: Mapping[str, tuple[str, ...]] = {
    "findings": ("finding",),
    "verdicts": ("activity", "step"),
    "recommendations": ("recommendation",),
    "commitments": ("commitment",),
    "estimates": ("source", "round", "measure", "characteristic", "community"),
}
"""Tables that are compared, and the columns that say what a row is about."""

_IN_WORDS = {"findings": "sentence", "verdicts": "verdict", "recommendations": "change", "commitments": "text"}
"""The column that tells a reader what a row that came or went said; of estimates, the estimate."""

SHOWN_THEN = "shown, in that edition"
"""In place of words that are withheld now: a page that repeated them would undo it."""

_SEAL = "edition.json"


@dataclass(frozen=True)
class Change:
    """One difference."""

    table: str
    """One of those compared, or rules."""
    what: str
    """added, gone, changed, withheld (was shown before) or shown (was withheld before)."""
    about: str
    """The row, by its ids."""
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Changes:
    """Everything that differs between two editions."""

    before: int
    after: int
    rows: tuple[Change, ...]
    unchanged: Mapping[str, int]
    """Table → rows that are the same in both."""


def as_published(edition: Path) -> dict[str, str]:
    """What of an edition is compared, as text by file name; BadInput where there is no such edition."""
    names = [_SEAL, *(f"open-data/{name}.csv" for name in MATCHED_BY)]
    files = {name: edition / name for name in names}
    if not files[_SEAL].is_file():
        raise BadInput("there is no edition here", where=edition, cure="name a folder under published/ that is there")
    return {name: path.read_text(encoding="utf-8") for name, path in files.items() if path.is_file()}


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    """The later edition against the earlier, each as `as_published` gives it."""
    seals = [json.loads(files[_SEAL]) for files in (before, after)]
    changes = list(_rules(*(seal.get("rules") for seal in seals)))
    unchanged = {}
    for name in MATCHED_BY:
        one, two = (_by_key(name, files.get(f"open-data/{name}.csv", "")) for files in (before, after))
        changes += _rows(name, one, two)
        unchanged[name] = sum(row == two.get(key) for key, row in one.items())
    return Changes(int(seals[0]["edition"]), int(seals[1]["edition"]), tuple(changes), unchanged)


def _by_key(table: str, text: str) -> dict[tuple[str, ...], dict[str, str]]:
    """Rows by what they are about; of several about the same, the second is the second on both sides."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    for row in csv.DictReader(io.StringIO(text)):
        key = tuple(row.get(column) or "" for column in MATCHED_BY[table])
        seen[key] += 1
        rows[(*key, f"({seen[key]})") if seen[key] > 1 else key] = row
    return rows


def _rows(
    table: str,
    before: Mapping[tuple[str, ...], Mapping[str, str]],
    after: Mapping[tuple[str, ...], Mapping[str, str]],
) -> Iterator[Change]:
    said = _IN_WORDS.get(table, "estimate")
    for key in sorted(before.keys() | after.keys()):
        one, two, about = before.get(key), after.get(key), " · ".join(part for part in key if part)
        if one is None and two is not None:
            yield Change(table, "added", about, said, None, _said(two, said))
        elif two is None and one is not None:
            yield Change(table, "gone", about, said, _said(one, said), None)
        elif one is not None and two is not None and bool(one.get("withheld")) != bool(two.get("withheld")):
            if two.get("withheld"):
                yield Change(table, "withheld", about, said, SHOWN_THEN, _said(two, said))
            else:
                yield Change(table, "shown", about, said, _said(one, said), _said(two, said))
        elif one is not None and two is not None:
            for column in (*one, *(column for column in two if column not in one)):
                if one.get(column, "") != two.get(column, ""):
                    yield Change(table, "changed", about, column, one.get(column), two.get(column))


def _said(row: Mapping[str, str], column: str) -> str:
    return row.get("withheld") or row.get(column) or ""


def _rules(before: dict[str, Any] | None, after: dict[str, Any] | None) -> Iterator[Change]:
    if before is None or after is None:
        return
    for name in sorted(before.keys() | after.keys()):
        one, two = (json.dumps(each[name]) if name in each else None for each in (before, after))
        if one != two:
            yield Change("rules", "changed", name, name, one, two)


# --- the page -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChangesPage:
    """What changes.html receives."""

    name: str
    synthetic: bool
    changes: Changes
    first: tuple[tuple[str, tuple[Change, ...]], ...]
    """What vanished or was withheld, rules, then the rest: (heading, changes)."""
    figures: tuple[Change, ...]
    """Of estimates, which are many."""


def changes_page(changes: Changes, programme: Programme) -> ChangesPage:
    """In the order in which a reader should see them: what is gone comes first."""
    rows = [each for each in changes.rows if each.table != "estimates"]
    lost = tuple(each for each in rows if each.what in ("gone", "withheld"))
    rules = tuple(each for each in rows if each.table == "rules")
    new = tuple(each for each in rows if each.what in ("added", "shown"))
    other = tuple(each for each in rows if each not in (*lost, *rules, *new))
    groups = (("Gone or withheld", lost), ("Decision rules", rules), ("New", new), ("Changed", other))
    figures = tuple(each for each in changes.rows if each.table == "estimates")
    return ChangesPage(programme.programme.name, programme.programme.synthetic, changes, groups, figures)
