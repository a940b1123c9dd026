"""`disproportions`: how often something is done to one group against another, by each denominator declared.

One denominator is a choice. Searches of those stopped, and searches per resident, answer different questions; the
programme declares those it would defend, and each is worked out on its own. No ratio says why.

Unknown groups: those of whom it is known whether they were counted are spread over the two groups in the way that
moves the ratio furthest (`lowest`, `highest`); with those of whom nothing is known besides, further still
(`lowest_all`, `highest_all`). Everybody with a known group stays where the office put them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import CannotEstimate
from ...programme import Disproportion, Programme
from ...stats.disproportion import GroupCounts, RatioBounds, rate, ratio_bounds
from .figures import Figure, folded, in_order
from .funnels import CHANCE

__all__ = ["disproportion_rows"]

Row = dict[str, Any]
Table = Mapping[str, Figure]
"""Category in small letters → its figure."""


@dataclass(frozen=True)
class _Groups:
    """What goes into the ratio. unrecorded: of unknown group, and not known whether they were counted."""

    one: GroupCounts
    other: GroupCounts
    unknown: GroupCounts
    unrecorded: float
    how: str


class _Untold(Exception):
    """Why no ratio can be told."""


def disproportion_rows(programme: Programme, figures: Sequence[Figure]) -> Iterator[Row]:
    """Every disproportion declared, in every period of the file or in the one it names; at least one row each."""
    for declared in programme.disproportions:
        own = [each for each in figures if each.source == declared.source and _meant(declared, each)]
        periods = [declared.period] if declared.period else in_order(each.period for each in own) or ["none"]
        for period in periods:
            yield _row(programme, declared, period, [each for each in own if folded(each.period) == folded(period)])


def _meant(declared: Disproportion, figure: Figure) -> bool:
    same = figure.dimension is not None and folded(figure.dimension) == folded(declared.dimension)
    measures = {folded(declared.measure), folded(declared.against)}
    series = not declared.series or folded(declared.series) == folded(figure.series)
    return same and series and folded(figure.measure) in measures and figure.unit == "count"


def _row(programme: Programme, declared: Disproportion, period: str, figures: Sequence[Figure]) -> Row:
    row: Row = {
        "source": declared.source, "disproportion": declared.id, "series": figures[0].series if figures else None,
        "period": period, "measure": declared.measure, "dimension": declared.dimension, "category": declared.category,
        "compared_with": declared.compared_with or None, "against": _against(programme, declared),
    }  # fmt: skip
    events = declared.population is not None
    try:
        groups = _groups(programme, declared, figures)
        some = _bounds(groups, events, everything=False)
        whole = _bounds(groups, events, everything=True) if groups.unrecorded else None
    except _Untold as why:
        return row | {"method": "a ratio of two rates", "cannot_tell": str(why)}
    except CannotEstimate as error:
        return row | {"method": "a ratio of two rates", "cannot_tell": error.what}
    return row | _counts(groups, events) | _rates(groups, events) | _ratio(groups, some, whole, programme, declared)


def _against(programme: Programme, declared: Disproportion) -> str:
    if declared.population is None:
        return declared.against
    characteristic = programme.characteristic(declared.population)
    source = f" ({characteristic.population_source})" if characteristic.population_source else ""
    return f"residents by {characteristic.name.lower()}{source}"


# --- the counts ---------------------------------------------------------------------------------------------------


def _groups(programme: Programme, declared: Disproportion, figures: Sequence[Figure]) -> _Groups:
    if len({each.series for each in figures}) > 1:
        raise _Untold("several series of the file hold this measure and dimension: name one as `series`")
    counted = _table(declared.measure, figures)
    if not counted:
        raise _Untold(f"no count of “{declared.measure}” by “{declared.dimension}” is published for this period")
    if declared.population is not None:
        return _per_resident(programme, declared, counted)
    whole = _table(declared.against, figures)
    if not whole:
        raise _Untold(f"no count of “{declared.against}” by “{declared.dimension}” is published for this period")
    return _of_those(declared, counted, whole)


def _table(measure: str, figures: Iterable[Figure]) -> dict[str, Figure]:
    return {folded(each.category or ""): each for each in figures if folded(each.measure) == folded(measure)}


def _of_those(declared: Disproportion, counted: Table, whole: Table) -> _Groups:
    known = [name for name, figure in whole.items() if not figure.unknown and name in counted]
    one, others = _sides(declared, known)
    lost = [name for name, figure in whole.items() if figure.unknown]
    told = [name for name in lost if name in counted]
    if any(figure.unknown and name not in whole for name, figure in counted.items()):
        raise _Untold(
            f"“{declared.measure}” of unknown group are published, but not “{declared.against}” of the same"
        )
    left = [figure.category for name, figure in whole.items() if not figure.unknown and name not in counted]
    return _Groups(
        GroupCounts(_number(counted, [one]), _number(whole, [one])),
        GroupCounts(_number(counted, others), _number(whole, others)),
        GroupCounts(_number(counted, told), _number(whole, told)),
        _number(whole, [name for name in lost if name not in counted]),
        f"“{declared.measure}” of “{declared.against}”" + _left_out(left),
    )


def _per_resident(programme: Programme, declared: Disproportion, counted: Table) -> _Groups:
    sizes = _residents(programme, declared)
    known = [name for name, figure in counted.items() if not figure.unknown and name in sizes]
    one, others = _sides(declared, known)
    lost = _number(counted, [name for name, figure in counted.items() if figure.unknown])
    left = [figure.category for name, figure in counted.items() if not figure.unknown and name not in sizes]
    return _Groups(
        GroupCounts(_number(counted, [one]), float(sizes[one])),
        GroupCounts(_number(counted, others), float(sum(sizes[name] for name in others))),
        GroupCounts(lost, lost),
        0.0,
        f"“{declared.measure}” per resident; residents need not be whom it can happen to" + _left_out(left),
    )


def _residents(programme: Programme, declared: Disproportion) -> dict[str, int]:
    """Category in the file → people of the category it stands for: as declared, or of the same id or name."""
    categories = {each.id: each for each in programme.characteristic(declared.population or "").categories}
    named = {folded(name): each for each in categories.values() for name in (each.id, each.name)}
    named |= {folded(word): categories[id] for word, id in declared.residents.items()}
    return {name: each.people for name, each in named.items() if each.people}


def _sides(declared: Disproportion, known: Sequence[str]) -> tuple[str, list[str]]:
    """The group compared, and those it is compared with."""
    one, other = folded(declared.category), folded(declared.compared_with)
    for name, said in ((one, declared.category), (other, declared.compared_with)):
        if name and name not in known:
            raise _Untold(
                f"“{said}” has no figure on both sides of the ratio: it is not in the file, or not in the denominator"
            )
    others = [other] if other else [name for name in known if name != one]
    if not others or one == other:
        raise _Untold("there is nobody to compare with")
    return one, others


def _number(table: Table, names: Sequence[str]) -> float:
    counts = [table[name].count for name in names]
    if None in counts:
        unseen = next(table[name] for name in names if table[name].count is None)
        raise _Untold(f"the office does not show the count of “{unseen.measure}” for “{unseen.category}”")
    return float(sum(count for count in counts if count is not None))


def _left_out(categories: Sequence[str | None]) -> str:
    """Said, because a category that is missing on one side belongs to neither group."""
    return (
        f"; left out, having no figure on both sides: {', '.join(f'“{each}”' for each in categories)}"
        if categories
        else ""
    )


# --- the ratio ----------------------------------------------------------------------------------------------------


def _bounds(groups: _Groups, events: bool, *, everything: bool) -> RatioBounds:
    lost = groups.unrecorded if everything else 0.0
    return ratio_bounds(groups.one, groups.other, groups.unknown, unrecorded=lost, events=events)


def _counts(groups: _Groups, events: bool) -> Row:
    return {
        "counted": int(groups.one.counted), "denominator": int(groups.one.denominator),
        "counted_other": int(groups.other.counted), "denominator_other": int(groups.other.denominator),
        "unknown_counted": int(groups.unknown.counted),
        "unknown": None if events else int(groups.unknown.denominator),
        "unrecorded": int(groups.unrecorded),
    }  # fmt: skip


def _rates(groups: _Groups, events: bool) -> Row:
    one, other = (rate(each.counted, each.denominator, events=events) for each in (groups.one, groups.other))
    return {"rate": one.estimate, "rate_other": other.estimate}


def _ratio(
    groups: _Groups, some: RatioBounds, whole: RatioBounds | None, programme: Programme, declared: Disproportion
) -> Row:
    several = sum(each.source == declared.source for each in programme.disproportions)
    many = f"; one of {several} ratios declared of this source, not adjusted for being several" if several > 1 else ""
    row: Row = {
        "ratio": some.known.estimate, "low": some.known.low, "high": some.known.high,
        "lowest": some.lowest.estimate, "highest": some.highest.estimate, "verdict": some.sign,
        "flips_at": some.flips_at, "method": f"{groups.how}; {some.known.method}; {CHANCE}{many}",
    }  # fmt: skip
    if whole is None:
        return row
    return row | {
        "lowest_all": whole.lowest.estimate, "highest_all": whole.highest.estimate, "verdict_all": whole.sign
    }  # fmt: skip
