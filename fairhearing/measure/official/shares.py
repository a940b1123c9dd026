"""`known_shares` and `share_changes`: what part of everybody a category is, when some have none recorded.

Each table of a file has its own denominator. A full count has no sampling error, so no interval is made; what is
unknown is said by bounds (`stats.missing`), and what became of a share is told only where the bounds of both periods
leave one sign, and never across a break of the series.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import CannotEstimate
from ...programme import Programme
from ...stats.missing import Bounded, difference, published_share
from .figures import Figure, broken_before, grouped, in_order, marks_of

__all__ = ["change_rows", "share_rows"]

Row = dict[str, Any]

_TABLE = ("source", "series", "period", "measure", "dimension")
_KNOWN = re.compile(r"\b(?:known|recorded|stated|less the unknown)\b", re.I)
"""A denominator of those whose category is known, by what the file says it counts."""
_ROUNDING = 1e-9
_BOUNDS = "bound_low, bound_high: none or all of the unknown belong to it; a full count, so no interval"


@dataclass(frozen=True)
class _Base:
    """Whom a table is about. n: everybody, unknown: those without a category, both None where only shares were
    published · unknown_share: of everybody · how: where these come from."""

    n: int | None
    unknown: int | None
    unknown_share: float
    how: str


class _Unclear(Exception):
    """Why nobody can say whom a table is about."""


def share_rows(figures: Sequence[Figure]) -> Iterator[Row]:
    """Every known category of every divided table, in the order of the file."""
    totals = {
        key: part[0] for key, part in grouped((each for each in figures if each.undivided), *_TABLE[:-1]).items()
    }
    for key, part in _tables(figures).items():
        known = [each for each in part if not each.unknown]
        lost = [each for each in part if each.unknown]
        if known and (lost or not known[0].is_share):  # a share beside nothing unknown has no bounds
            yield from _rows_of(known, lost, totals.get(key[:-1]))


def _tables(figures: Sequence[Figure]) -> dict[tuple[Any, ...], list[Figure]]:
    divided = (each for each in figures if each.category is not None and (each.unit == "count" or each.is_share))
    return grouped(divided, *_TABLE)


def _rows_of(known: Sequence[Figure], lost: Sequence[Figure], total: Figure | None) -> Iterator[Row]:
    base: _Base | None
    try:
        base, why = _base(known, lost, total), ""
    except _Unclear as unclear:
        base, why = None, str(unclear)
    for each in known:
        row = {name: getattr(each, name) for name in (*_TABLE, "category")} | {"count": each.count}
        row |= {"dimension": each.dimension or "not named", "marks": marks_of([each, *lost]), "method": _BOUNDS}
        yield row | (_told(each, base, alone=len(known) == 1) if base is not None else {"cannot_tell": why})


def _told(figure: Figure, base: _Base, *, alone: bool) -> Row:
    """alone: nothing else is recorded in this table, so that all of the known may be in the one category."""
    row: Row = {"n": base.n, "unknown": base.unknown, "unknown_share": base.unknown_share}
    row["method"] = f"{base.how}; {_BOUNDS}"
    share = figure.share if figure.is_share else _part(figure.count, base.n)
    if share is None:
        return row | {"cannot_tell": "the office shows no figure for it"}
    try:
        found = published_share(share, base.unknown_share)
    except CannotEstimate:
        return row | {"cannot_tell": "the category and the unknown come to more than everybody"}
    known = None if found.known is None else found.known.value
    if alone and base.unknown_share and known is not None and known > 1 - _ROUNDING:
        known, row["method"] = (
            None,
            f"{row['method']}; nothing else is recorded, so a share of the known says nothing",
        )
    return row | {"of_known": known, "bound_low": found.low, "bound_high": found.high}


def _part(count: int | None, n: int | None) -> float | None:
    return None if count is None or not n else count / n


# --- whom a table is about ----------------------------------------------------------------------------------------


def _base(known: Sequence[Figure], lost: Sequence[Figure], total: Figure | None) -> _Base:
    if known[0].is_share:
        shares = [each.share for each in lost]
        if None in shares:
            raise _Unclear("the office does not show what part is unknown")
        unknown_share = sum(share for share in shares if share is not None)
        return _Base(None, None, unknown_share, "shares of everybody, as published")
    unknown = _sum(lost, "how many are unknown")
    n, unknown, how = _everybody(known, unknown if lost else None, total)
    how += "" if unknown else ", in which nobody is counted as unknown"
    if n <= 0 or unknown > n:
        raise _Unclear("nobody was counted" if n <= 0 else "more are unknown than there are")
    return _Base(n, unknown, unknown / n, how)


def _everybody(known: Sequence[Figure], unknown: int | None, total: Figure | None) -> tuple[int, int, str]:
    """n, the unknown, and how they are known: from the table's total, else its denominators, else what is printed."""
    base = {each.denominator for each in known if each.denominator is not None}
    of_known = any(_KNOWN.search(each.denominator_is) for each in known)
    size = base.pop() if len(base) == 1 else None
    if base and size is None:
        raise _Unclear("the categories of one table have different denominators")
    if total is not None and total.count is not None:
        if unknown is None and size is not None and of_known:
            return total.count, total.count - int(size), "the unknown are the total less the denominator published"
        return total.count, unknown or 0, "of the total published"
    if size is not None and of_known:
        return int(size) + (unknown or 0), unknown or 0, "of the known, whom the denominator counts, and the unknown"
    if size is not None:
        return int(size), unknown or 0, "of the denominator published"
    return _sum(known, "every category") + (unknown or 0), unknown or 0, "of the categories printed, added up"


def _sum(figures: Sequence[Figure], what: str) -> int:
    counts = [each.count for each in figures]
    if None in counts:
        raise _Unclear(f"the office does not show {what}")
    return sum(count for count in counts if count is not None)


# --- from one period to the next ----------------------------------------------------------------------------------


def change_rows(programme: Programme, figures: Sequence[Figure], shares: Sequence[Row]) -> Iterator[Row]:
    """Each category from a period to the next in which its table was published. shares: rows of `known_shares`."""
    broken = {
        key: broken_before(programme, part)
        for key, part in grouped(figures, "source", "series", "measure", "dimension").items()
    }
    told: dict[tuple[Any, ...], dict[str, Row]] = {}
    for row in shares:
        key = tuple(row[name] for name in ("source", "series", "measure", "dimension", "category"))
        told.setdefault(key, {})[row["period"]] = row
    for key, rows in told.items():
        table = (*key[:3], None if key[3] == "not named" else key[3])
        why = broken.get((*key[:3], None), {}) | broken.get(table, {})
        for earlier, later in itertools.pairwise(in_order(rows)):
            yield _change(rows[earlier], rows[later], _between(why, earlier, later))


def _between(why: Mapping[str, str], earlier: str, later: str) -> tuple[str, str] | None:
    """The first break after one period and up to another, with its reason."""
    periods = in_order([earlier, later, *why])
    on_the_way = periods[periods.index(earlier) + 1 : periods.index(later) + 1]
    return next(((period, why[period]) for period in on_the_way if period in why), None)


def _change(earlier: Row, later: Row, broken: tuple[str, str] | None) -> Row:
    row = {name: later[name] for name in ("source", "series", "measure", "dimension", "category")}
    row |= {"period_from": earlier["period"], "period_to": later["period"]}
    row |= {"count_from": earlier["count"], "count": later["count"]}
    row["method"] = "bounds of the later share less bounds of the earlier; full counts, so no interval"
    if broken is not None:
        reason = f"the series breaks at {broken[0]}: “{broken[1]}”"
        return row | {"verdict": "not comparable", "cannot_tell": reason}
    lost = next((each["cannot_tell"] for each in (earlier, later) if each.get("cannot_tell")), None)
    if lost is not None:
        return row | {"verdict": "cannot be established", "cannot_tell": lost}
    found = difference(_bounded(later), _bounded(earlier))
    return row | {
        "known_change": None if found.known is None else found.known.value,
        "bound_low": found.bound_low, "bound_high": found.bound_high, "verdict": found.sign,
        "flips_at": found.flips_at,
    }  # fmt: skip


def _bounded(row: Row) -> Bounded:
    return published_share(row["bound_low"], row["unknown_share"])
