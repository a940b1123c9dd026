"""Disclosure control: what could tell something about a few people is withheld before anything leaves the folder.

Only `protect` makes a `Safe` table, and `publish` accepts nothing else. Small counts are withheld (primary
suppression), then the counts from which they could be worked out (complementary suppression), in every table in which
the same people are counted; findings, quotes and baselines that rest on withheld rows go with them; what is left is
rounded. A withheld row stays in its table and says why.

Figures that an office has printed already are protected in the same way, table by table, but not rounded: whoever
looks them up must find the same. A small one is not repeated here; its source is not ours to withhold.

Not protected against: an attacker who holds some of the answers already, and sums of survey weights.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import Unsafe
from ..programme import Programme
from ..tables import TABLES, as_declared
from .cells import EITHER, FEW, OTHERS, Sheet, published
from .decided import Reviewed, as_reviewed
from .linked import Resting, accounting, hide, quoted, rules_in_words, totals_left_out
from .safe import Safe, made

__all__ = ["EITHER", "FEW", "OTHERS", "Reviewed", "Safe", "protect"]


def protect(
    tables: Mapping[str, pa.Table], programme: Programme, reviewed: Mapping[str, Reviewed] | None = None
) -> dict[str, Safe]:
    """Make every table that may leave the folder safe to publish.

    tables: declared tables of one run, all of them: what one withholds, another must. Tables of individual rows are
    not returned; `accounting` is made from two of them. Raises Unsafe for a table that is not declared, or a finding
    that names no row. The input is not changed. reviewed: findings that a person withheld or amended, by id.
    """
    whole = {name: _declared(name, table) for name, table in tables.items()}
    whole["accounting"] = accounting(tables, programme.rules.publish_at_least)
    counted = {
        name: Sheet.of(name, table, programme.rules, _total_is_public(name, table))
        for name, table in whole.items()
        if TABLES[name].counts and name not in ("findings", *_NEVER)
    }
    hide(counted)
    findings = _findings(whole, counted, programme)
    sheets = counted if findings is None else counted | {"findings": findings}
    made_safe = {name: _counts(sheet, sheets) for name, sheet in sheets.items()}
    for name, table in whole.items():
        if name not in made_safe and name not in _NEVER:
            made_safe[name] = _words(name, table, sheets)
    if reviewed and "findings" in made_safe:
        made_safe["findings"] = as_reviewed(made_safe["findings"], reviewed)
    return {name: made_safe[name] for name in whole if name in made_safe}


_NEVER = frozenset({name for name, table in TABLES.items() if table.disclosure == "never"} | {"fates"})
"""Rows about one person, one response or one row of a file."""


def _declared(name: str, table: pa.Table) -> pa.Table:
    if name not in TABLES:
        raise Unsafe(
            f"no table {name} is declared, so nothing is known of what it may tell", cure="declare it in tables/"
        )
    return as_declared(name, table)


def _total_is_public(name: str, table: pa.Table) -> np.ndarray | None:
    """Readings add up to the texts of a source; nobody is told how many rows a file had."""
    return np.array([stage == "read" for stage in table["stage"].to_pylist()], bool) if name == "accounting" else None


def _findings(whole: Mapping[str, pa.Table], counted: Mapping[str, Sheet], programme: Programme) -> Sheet | None:
    """Findings that rest on few people, or on a row that is withheld, are withheld."""
    if "findings" not in whole:
        return None
    sheet = Sheet.of("findings", whole["findings"], programme.rules)
    resting = Resting(counted)
    sheet.hide_small_rows()
    named = whole["findings"]["rests_on"].to_pylist()
    sheet.few |= np.array([any(resting.withheld(row) for row in rows or ()) for rows in named], bool)
    sheet.hidden |= sheet.few
    return sheet


def _counts(sheet: Sheet, sheets: Mapping[str, Sheet]) -> Safe:
    name = sheet.declared.name
    totals = [(totals_left_out(sheets), ("n", "responses", "distinct"))] if name == "themes" else []
    withheld = int(sheet.hidden.sum())
    notes = rules_in_words(sheet.rules, as_published=sheet.declared.as_published)
    return made(name, published(sheet, totals), notes, withheld)


def _words(name: str, table: pa.Table, sheets: Mapping[str, Sheet]) -> Safe:
    """Tables that count nobody: quotes and statements with what may stand, recommendations without a baseline that
    rests on withheld rows, and the others as they are."""
    if name == "quotes":
        stands = quoted(table, sheets)
        gone = int((~stands).sum())
        table = table.set_column(table.column_names.index("response"), "response", _numbered(table.num_rows))
        note = f"{gone} quotes were left out: too few people spoke of their theme or step to report it."
        return made(name, table.filter(pa.array(stands)), (note,) if gone else (), gone)
    if name == "recommendations":
        return _recommendations(table, sheets)
    if name == "propositions":
        stands = np.array([moderated != -1 for moderated in table["moderated"].to_pylist()], bool)
        return made(
            name,
            table.filter(pa.array(stands)),
            ("Statements that moderation rejected are left out.",),
            int((~stands).sum()),
        )
    return made(name, table, (), 0)


def _numbered(quotes: int) -> pa.Array:
    """A number for each quote in place of its row in a file, which would lead whoever holds the file to one person,
    and tie together what one person said. Whoever holds the run finds the row under the same number."""
    return pa.array([f"quote {number}" for number in range(1, quotes + 1)], pa.string())


def _recommendations(table: pa.Table, sheets: Mapping[str, Sheet]) -> Safe:
    """The recommendation stays; a number that comes from a withheld row or finding does not."""
    resting = Resting(sheets)
    baseline = [
        None if any(resting.withheld(row) for row in rows or ()) else value
        for value, rows in zip(table["baseline"].to_pylist(), table["baseline_rests_on"].to_pylist(), strict=True)
    ]
    lost = table.num_rows - table["baseline"].null_count - sum(value is not None for value in baseline)
    place = table.column_names.index("baseline")
    note = f"Baselines withheld, because the row they come from is: {lost}."
    made_of = table.set_column(place, "baseline", pa.array(baseline, pa.string()))
    hidden = pa.array(
        [bool(id) and resting.withheld(f"findings:finding={id}") for id in table["rank_rests_on"].to_pylist()],
        pa.bool_(),
    )
    for name in ("harm", "people", "confidence", "score"):
        column = pc.if_else(hidden, None, made_of[name])
        made_of = made_of.set_column(table.column_names.index(name), name, column)
    return made("recommendations", made_of, (note,) if lost else (), 0)
