"""What binds tables to each other: the same people counted twice, and rows that rest on withheld rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import Unsafe
from ..programme import Rules
from ..tables import TABLES
from .as_published import hide_repeated
from .cells import Sheet
from .suppress import UNBOUNDED, Cells, Mask, exposed

__all__ = ["Resting", "accounting", "hide", "quoted", "totals_left_out"]

_SAME_ROWS = ("estimates", "gaps", "unheard", "pooled")
"""A gap, what the unheard might think and a pooled estimate tell a community's estimate: withheld together."""

_ROUNDS_TOLD = {"changes": ("round_from", "round_to"), "comparisons": ("round_from", "round_to"), "monitoring": ()}
"""A change tells the estimates of two rounds, and is withheld with either; monitoring those of all of them, and is
withheld with any."""

_NO_ROUNDS = "\x00"
"""Stands for the round in a table that does not tell rounds apart."""

_EVERYONE = ("characteristic", "community")

Key = tuple[Any, ...]


def hide(sheets: Mapping[str, Sheet]) -> None:
    """Primary and complementary suppression of every table, until no table gives away what another withholds."""
    for sheet in sheets.values():
        sheet.hide_small_rows()
    # the people of a change are those of two estimates, and protected there
    apart = _ROUNDS_TOLD if "estimates" in sheets else ()
    _hide_people({name: sheet for name, sheet in sheets.items() if name not in apart})
    for sheet in sheets.values():
        sheet.hide_more_rows()
    _hide_same_rows(sheets)
    _hide_changes(sheets)
    hide_repeated(sheets)


def _hide_people(sheets: Mapping[str, Sheet]) -> None:
    """Numbers of people: hidden in one table, hidden wherever the same community is counted nearly the same."""
    base = {name: sheet.small_base() for name, sheet in sheets.items()}
    before = -1
    while before != sum(int(mask.sum()) for mask in base.values()):
        before = sum(int(mask.sum()) for mask in base.values())
        base = {name: sheets[name].hide_more_people(mask) for name, mask in base.items()}
        known = _hidden_people(sheets, base)
        base = {name: mask | _also_hidden(sheets[name], known) for name, mask in base.items()}


def _names_communities(sheet: Sheet) -> bool:
    return {"source", *_EVERYONE} <= set(sheet.table.column_names)


def _people(sheet: Sheet, rows: Mask) -> Iterator[tuple[int, Key, str | None, int]]:
    """(row, (source, characteristic, community), round, how many) of rows about a community."""
    places = np.flatnonzero(rows & sheet.of_community)
    taken = sheet.table.take(pa.array(places))
    has_rounds = "round" in taken.column_names
    rounds = taken["round"].to_pylist() if has_rounds else [_NO_ROUNDS] * len(places)
    counts = sheet.count(sheet.declared.counts[0])[places].tolist()
    return zip(places.tolist(), _keys(taken, ("source", *_EVERYONE)), rounds, counts, strict=True)


def _hidden_people(sheets: Mapping[str, Sheet], base: Mapping[str, Mask]) -> dict[Key, set[tuple[str | None, int]]]:
    """Of each hidden community, in which rounds and how many, in any table."""
    known: dict[Key, set[tuple[str | None, int]]] = {}
    for name, mask in base.items():
        if _names_communities(sheets[name]):
            for _row, key, round, count in _people(sheets[name], mask):
                known.setdefault(key, set()).add((round, count))
    return known


def _also_hidden(sheet: Sheet, known: Mapping[Key, set[tuple[str | None, int]]]) -> Mask:
    """Rows counting a hidden community, with a number that differs by less than what may be published."""
    mask = np.zeros(sheet.table.num_rows, bool)
    if known and _names_communities(sheet):
        for row, key, round, count in _people(sheet, ~sheet.hidden):
            mask[row] = any(
                abs(count - other) < sheet.rules.publish_at_least and (round == where or _NO_ROUNDS in (round, where))
                for where, other in known.get(key, ())
            )
    return mask


def _hide_same_rows(sheets: Mapping[str, Sheet]) -> None:
    names = [name for name in _SAME_ROWS if name in sheets]
    keys = {name: _keys(sheets[name].table, TABLES[name].cell) for name in names}
    for what in ("hidden", "few", "weak"):  # and for the same reason
        masks = {name: getattr(sheets[name], what) for name in names}
        found = {key for name in names for key, is_so in zip(keys[name], masks[name], strict=True) if is_so}
        for name in names:
            same = np.fromiter((key in found for key in keys[name]), bool, len(keys[name]))
            setattr(sheets[name], what, masks[name] | same)


def _hide_changes(sheets: Mapping[str, Sheet]) -> None:
    if "estimates" not in sheets:
        return
    for name in (each for each in _ROUNDS_TOLD if each in sheets):
        for round in _ROUNDS_TOLD[name] or (None,):
            _hide_with_estimates(sheets[name], sheets["estimates"], round)


def _hide_with_estimates(sheet: Sheet, estimates: Sheet, round: str | None) -> None:
    """Rows that tell an estimate which is withheld. round: the column that names its round; None, of any round."""
    cell = [column for column in TABLES["estimates"].cell if column != "round" or round is not None]
    known = _keys(estimates.table, cell)
    keys = _keys(sheet.table, [round if column == "round" and round else column for column in cell])
    for what in ("hidden", "few", "weak"):
        found = {key for key, is_so in zip(known, getattr(estimates, what), strict=True) if is_so}
        same = np.fromiter((key in found for key in keys), bool, len(keys))
        setattr(sheet, what, getattr(sheet, what) | same)


def _keys(table: pa.Table, columns: Iterable[str]) -> list[Key]:
    lists = [table[column].to_pylist() for column in columns]
    return list(zip(*lists, strict=True)) if lists else []


# --- rows that rest on others -------------------------------------------------------------------------------------


class Resting:
    """Looks up whether a row named as `table:key=value;key=value` is withheld."""

    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        self._sheets = sheets
        self._found: dict[tuple[str, tuple[str, ...]], dict[Key, bool]] = {}

    def withheld(self, name: str) -> bool:
        """A key left out stands for any value; characteristic and community left out, for everyone.

        False for what is about the programme and counts nobody. Raises Unsafe where there is no such row."""
        table, _, text = name.partition(":")
        if table not in TABLES or not TABLES[table].counts:
            return False
        given = self._parse(name, table, text)
        keys = tuple(sorted({*given, *(set(_EVERYONE) & set(TABLES[table].cell))}))
        index = self._index(table, keys)
        key = tuple(given.get(column) for column in keys)
        if key not in index:
            raise Unsafe(
                f"a finding rests on {name!r}, which is not among the tables to publish",
                where="findings",
                cure="assess again; if it stays so, report it: a finding must name a row of its run",
            )
        return index[key]

    def _parse(self, name: str, table: str, text: str) -> dict[str, str]:
        cell = TABLES[table].cell
        if table in self._sheets and text:
            found = dict(re.findall(rf"(?:^|;)({'|'.join(cell)})=(.*?)(?=;(?:{'|'.join(cell)})=|$)", text, re.DOTALL))
            if ";".join(f"{key}={value}" for key, value in found.items()) == text:
                return found
        raise Unsafe(
            f"a finding rests on {name!r}, which names no row",
            where="findings",
            cure=f"name it as {table}:{cell[0]}=…, with the columns {', '.join(cell)}",
        )

    def _index(self, table: str, keys: tuple[str, ...]) -> dict[Key, bool]:
        """Whether any row with these values is withheld."""
        if (table, keys) not in self._found:
            found: dict[Key, bool] = {}
            sheet = self._sheets[table]
            for key, gone in zip(_keys(sheet.table, keys), sheet.hidden.tolist(), strict=True):
                found[key] = found.get(key, False) or gone
            self._found[table, keys] = found
        return self._found[table, keys]


def quoted(quotes: pa.Table, sheets: Mapping[str, Sheet]) -> Mask:
    """Quotes that may stand: those about a theme or an experience that is itself published for everyone."""
    themes = _published(sheets, "themes", ("source", "theme"))
    told = _published(sheets, "journeys", ("source", "step", "experience"))
    steps = {key[:2] for key in told}
    stands = [
        (source, key) in themes if about == "theme"
        else (source, key, experience) in told if experience is not None
        else (source, key) in steps
        for source, about, key, experience in _keys(quotes, ("source", "about", "key", "experience"))
    ]  # fmt: skip
    return np.array(stands, bool)


def _published(sheets: Mapping[str, Sheet], name: str, columns: tuple[str, ...]) -> set[Key]:
    if name not in sheets:
        return set()
    sheet = sheets[name]
    shown = ~sheet.hidden & sheet.of_everyone
    return {key for key, is_shown in zip(_keys(sheet.table, columns), shown, strict=True) if is_shown}


def totals_left_out(sheets: Mapping[str, Sheet]) -> Mask:
    """Themes whose total over the rounds would give away a round that is withheld."""
    themes, rounds = sheets["themes"], sheets.get("prevalence")
    totals = set()
    if rounds is not None and rounds.hidden.any():
        group = np.where(rounds.of_everyone, rounds.group(("source", "theme")), -1)
        mentions = rounds.count("mentions")
        least = rounds.rules.publish_at_least
        small = mentions < least
        cells = Cells(group, mentions, np.where(small, 0, least), np.where(small, least - 1, UNBOUNDED))
        bare = exposed(cells, rounds.hidden, width=rounds.width, least=least)
        totals = {key for key, out in zip(_keys(rounds.table, ("source", "theme")), bare, strict=True) if out}
    mask = np.array([key in totals for key in _keys(themes.table, ("source", "theme"))], bool)
    return mask & ~themes.hidden


# --- every row and response accounted for -------------------------------------------------------------------------


def accounting(tables: Mapping[str, pa.Table], least: int) -> pa.Table:
    """Rows of `accounting`: how many rows of each source met each fate, and how many responses each reading.
    Languages of fewer than `least` responses are one row that names them, so that their sum can be told."""
    stages = [("gathered", "fates", "fate"), ("read", "readings", "reading")]
    rows: list[dict[str, Any]] = []
    for stage, name, fate in stages:
        if name not in tables:
            continue
        table = tables[name].select(["source", fate, "reason"])
        plain = pa.table(
            {"source": table["source"], "fate": table[fate], "reason": _without_numbers(table["reason"])}
        )
        for row in (
            plain.group_by(["source", "fate", "reason"], use_threads=False).aggregate([([], "count_all")]).to_pylist()
        ):
            rows.append({"stage": stage, "n": row.pop("count_all"), **row})
    rows = _small_languages_together(rows, least)
    rows.sort(key=lambda row: (row["source"], row["stage"], row["fate"], row["reason"] or ""))
    return pa.Table.from_pylist(
        rows, pa.schema([(column.name, column.arrow) for column in TABLES["accounting"].columns])
    )


_LANGUAGE = "language: "


def _small_languages_together(rows: list[dict[str, Any]], least: int) -> list[dict[str, Any]]:
    small: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if (row["reason"] or "").startswith(_LANGUAGE) and row["n"] < least:
            small.setdefault((row["source"], row["stage"], row["fate"]), []).append(row)
    made = [row for row in rows if not any(row is each for group in small.values() for each in group)]
    for group in small.values():
        names = ", ".join(sorted(row["reason"].removeprefix(_LANGUAGE) for row in group))
        told = f"languages, each of few: {names}" if len(group) > 1 else group[0]["reason"]
        made.append(group[0] | {"reason": told, "n": sum(row["n"] for row in group)})
    return made


def _without_numbers(reasons: pa.ChunkedArray) -> pa.ChunkedArray:
    """Reasons without what is particular to a row: its number, or the words quoted from it."""
    return pc.replace_substring_regex(reasons, r"""\d+|'[^']*'|"[^"]*"|“[^”]*”|‘[^’]*’""", "…")


_AS_PUBLISHED = (
    "These figures stand as an office published them, unrounded. Small counts, and shares of few people, are not "
    "repeated here; the source has them, and what the office itself withholds is never worked out."
)


def rules_in_words(rules: Rules, *, as_published: bool = False) -> tuple[str, ...]:
    """What is done to every table of counts."""
    rounded = (
        f"Counts are rounded to the nearest {rules.round_counts_to}, so that columns need not add up; shares and "
        "means have at most two decimals, standard errors and probabilities three."
    )
    return (
        f"Counts of 1 to {rules.publish_at_least - 1} people are withheld, as are shares of so few people or of all "
        "but so few, and 0 where some of a community were heard. That nobody of a community was heard is told.",
        "Further cells are withheld where a total would give one away: no withheld number of people can be narrowed "
        f"to fewer than {rules.publish_at_least // 2} between its lowest and highest value.",
        "Numbers of people who did not say or did not answer are withheld where small, but can be worked out: they "
        "tell nothing about anybody.",
        _AS_PUBLISHED if as_published else rounded,
    )
