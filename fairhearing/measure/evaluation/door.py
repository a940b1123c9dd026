"""The direct door for one evaluation: a file of participants (or of units over time) in, what it can tell out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import BadInput
from ...stats.cells import Floats, Ints
from ..columns import NotNumbers, answers, categories, emptied, plain, texts
from ..monitor_door import periods_in
from .covariates import covariates_in
from .effect import found
from .panel import Panel, panel_effect
from .people import Arms, People
from .rows import Money, Thresholds, emmie, panel_row, person_row

__all__ = ["Asked", "Evaluated", "evaluate_table"]

Row = dict[str, Any]
_MOST_LEVELS = 20
_MOST_WORDS = 12
_OF_PEOPLE = ("before", "cluster", "covariates", "randomised", "waitlist", "retrospective")


class Asked(TypedDict, total=False):
    """What can be said of an evaluation besides its outcome. Columns: before, arm (with the value `control`, and the
    values `treated` for units), cluster, unit and time (with `start`, the first treated time), covariates. As
    declared: randomised, waitlist, retrospective, lower_is_better. missing: values that hold no answer. reach, cost,
    matters (standard deviations), probability."""

    before: str | None
    arm: str | None
    control: str | None
    treated: Sequence[str]
    cluster: str | None
    unit: str | None
    time: str | None
    start: str | None
    covariates: Sequence[str]
    randomised: bool
    waitlist: bool
    retrospective: bool
    lower_is_better: bool
    missing: Sequence[str]
    reach: int | None
    cost: float | None
    matters: float
    probability: float


@dataclass(frozen=True)
class Evaluated:
    """rows: one for each arm against the control · emmie: five rows an arm · set_aside: rows of the file not used,
    with why; rows used and set aside add up to `read` · notes: how the file was understood."""

    outcome: str
    design: str
    rows: list[Row]
    emmie: list[Row]
    read: int
    set_aside: list[Row]
    notes: list[str]


def evaluate_table(table: pa.Table, *, outcome: str, asked: Asked, where: str) -> Evaluated:
    """Raises BadInput for columns, values and declarations that contradict each other, with what to name instead."""
    _check(asked, where)
    thresholds = Thresholds(asked.get("matters", 0.15), asked.get("probability", 0.90))
    money = Money(asked.get("reach"), asked.get("cost"))
    table, empty = emptied(table, [outcome, asked.get("before")], asked.get("missing", ()), where)
    evaluated = _over_time if asked.get("time") else _of_people
    rows, set_aside, notes = evaluated(table, outcome, asked, thresholds, money, where)
    told = [{"arm": row["arm"], **each} for row in rows for each in emmie(row)]
    design = "; ".join(dict.fromkeys(row["design"] for row in rows))
    return Evaluated(outcome, design, rows, told, table.num_rows, set_aside, [*empty, *notes])


def _check(asked: Asked, where: str) -> None:
    """Options that need each other."""
    given = {key for key, value in asked.items() if value not in (None, False, ()) and value != []}
    wrong = [
        ("control" in given and "arm" not in given, "--control says nothing without --arm",
         "name the column: --arm COLUMN"),
        ("time" in given and "unit" not in given, "--time needs --unit",
         "name who was measured repeatedly: --unit COLUMN"),
        ("unit" in given and "time" not in given, "--unit needs --time", "name the column of times, and --from"),
        ("treated" in given and "unit" not in given, "--treated names units", "give --unit COLUMN and --time COLUMN"),
        ("randomised" in given and "arm" not in given, "--randomised needs --arm",
         "name the column that says who was drawn"),
        ("waitlist" in given and "arm" not in given, "--waitlist needs --arm",
         "name the column that says who waited"),
        ("retrospective" in given and "before" not in given, "--retrospective is of a baseline",
         "name it: --before COLUMN"),
    ]  # fmt: skip
    of_people = "leave it out; of people measured in waves, name --person, --wave and --waves instead"
    for key in _OF_PEOPLE:
        option = f"--{key.replace('_', '-')}"
        wrong.append((key in given and "time" in given, f"{option} says nothing of units over time", of_people))
    for bad, what, cure in wrong:
        if bad:
            raise BadInput(what, where=where, cure=cure)


# --- people -----------------------------------------------------------------------------------------------------

_Told = tuple[list[Row], list[Row], list[str]]


def _of_people(
    table: pa.Table, outcome: str, asked: Asked, thresholds: Thresholds, money: Money, where: str
) -> _Told:
    people, of_arm, names, notes = _people(table, outcome, asked, where)
    keep, set_aside = _kept(people, of_arm, asked)
    people = people.only(keep)
    if of_arm is None:
        return [_row(people, Arms(), thresholds, money)], set_aside, notes
    of_arm, control, other = of_arm[keep], str(asked.get("control")), _control(names, asked)
    rows = []
    for code, name in enumerate(names):
        if code == other:
            continue
        pair = (of_arm == code) | (of_arm == other)
        one = people.only(pair).in_arms((of_arm[pair] == code).astype(np.int64))
        rows.append(_row(one, Arms(name, control), thresholds, money))
    return rows, set_aside, notes


def _row(people: People, arms: Arms, thresholds: Thresholds, money: Money) -> Row:
    return person_row(people, found(people, thresholds.matters), arms, thresholds, money)


def _people(
    table: pa.Table, outcome: str, asked: Asked, where: str
) -> tuple[People, Ints | None, list[str], list[str]]:
    """Everybody in the file; the code of each one's arm (-1: not said); the arms' names; notes."""
    after, counted = _measured(table, outcome, where)
    notes = [f"the outcome is the share of{counted.removeprefix(' (share of').rstrip(')')}"] if counted else []
    if not (~np.isnan(after)).any():
        raise BadInput(f"nobody has an outcome in {outcome}", where=where, cure="check the column and --missing")
    before = None if asked.get("before") is None else _measured(table, str(asked["before"]), where)[0]
    names, of_arm = _arms(table, asked, where)
    cluster = None if asked.get("cluster") is None else _codes(table, str(asked["cluster"]), where)
    covariates, labels = covariates_in(table, asked.get("covariates", ()), where)
    people = People(
        after, before, None if of_arm is None else np.zeros(len(after), np.int64), cluster, covariates, labels,
        *(bool(asked.get(key)) for key in ("randomised", "waitlist", "retrospective", "lower_is_better")),
    )  # fmt: skip
    return people, of_arm, names, notes


def _measured(table: pa.Table, name: str, where: str) -> tuple[Floats, str]:
    """Numbers, or yes and no; of other words, which there are and how to say what they count."""
    try:
        return answers(table, name, where)
    except NotNumbers as error:
        words = [each for each in categories(table, name, where)[0] if not _is_number(each)]
        if not 2 <= len(words) <= _MOST_WORDS or any(character.isdigit() for word in words for character in word):
            raise
        cure = f"name the words from low to high: --words LOW,…,HIGH, of {', '.join(words)}"
        raise BadInput(error.what, where=where, cure=cure) from None


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _arms(table: pa.Table, asked: Asked, where: str) -> tuple[list[str], Ints | None]:
    if asked.get("arm") is None:
        return [], None
    arm = str(asked["arm"])
    names, codes = categories(table, arm, where)
    control = asked.get("control")
    shown = ", ".join(names[:_MOST_LEVELS])
    if control is None or plain(control) not in names:
        what = f"no value of {arm} was named as the control" if control is None else f"{arm} never says {control!r}"
        raise BadInput(what, where=where, cure=f"name who did not take part: --control, one of {shown}")
    if not 2 <= len(names) <= _MOST_LEVELS:
        raise BadInput(
            f"{arm} has {len(names)} different values", where=where, cure="name a column of 2 to 20 groups"
        )
    return names, np.where(codes < len(names), codes, -1)


def _control(names: list[str], asked: Asked) -> int:
    return names.index(plain(str(asked["control"])))


def _codes(table: pa.Table, name: str, where: str) -> Ints:
    """0 … for each distinct value in the order met, -1 where empty."""
    encoded = pc.dictionary_encode(texts(table, name, where)).combine_chunks()
    return np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)


def _kept(people: People, of_arm: Ints | None, asked: Asked) -> tuple[Ints, list[Row]]:
    """Who began, as far as the design can count them, and how many rows were set aside for which reason."""
    reasons: list[tuple[str, Any]] = []
    if of_arm is not None:
        reasons.append((f"no value of {asked.get('arm')}: nobody knows in which group", of_arm < 0))
    if people.before is not None and not people.randomised:
        reasons.append(("no baseline", np.isnan(people.before)))
    if people.cluster is not None:
        reasons.append((f"no value of {asked.get('cluster')}", people.cluster < 0))
    if people.covariates is not None:
        reasons.append(("a covariate is missing", np.isnan(people.covariates).any(axis=1)))
    keep, told = np.ones(len(people), bool), []
    for why, bad in reasons:
        if (count := int((bad & keep).sum())) > 0:
            told.append({"rows": count, "reason": why})
        keep &= ~bad
    return keep, told


# --- units over time --------------------------------------------------------------------------------------------


def _over_time(
    table: pa.Table, outcome: str, asked: Asked, thresholds: Thresholds, money: Money, where: str
) -> _Told:
    y, counted = _measured(table, outcome, where)
    names, unit = _units(table, str(asked["unit"]), where)
    periods, period = periods_in(table, str(asked["time"]), where)
    known = (unit >= 0) & (period < len(periods)) & ~np.isnan(y)
    start, treated, arms, said = _treated(table, names, unit, periods, period, asked, where)
    panel = Panel(y[known], unit[known], period[known], treated, start)
    row = panel_row(panel_effect(panel), thresholds, lower_is_better=bool(asked.get("lower_is_better")), arms=arms,
                    money=money)  # fmt: skip
    left = [{"rows": int((~known).sum()), "reason": "no outcome, unit or time"}] if not known.all() else []
    notes = [f"treated from {periods[start]} on, in the order {', '.join(periods[:_MOST_LEVELS])}", *said]
    return [row], left, [*notes, *([f"the outcome is a share{counted}"] if counted else [])]


def _units(table: pa.Table, name: str, where: str) -> tuple[list[str], Ints]:
    encoded = pc.dictionary_encode(texts(table, name, where)).combine_chunks()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return [str(value) for value in encoded.dictionary.to_pylist()], np.asarray(codes, np.int64)


def _treated(
    table: pa.Table, names: list[str], unit: Ints, periods: list[str], period: Ints, asked: Asked, where: str
) -> tuple[int, Ints, Arms, list[str]]:
    """First treated period, which units are treated (U,), what the arms are called, and notes."""
    if asked.get("treated"):
        return _named(names, periods, asked, where)
    if asked.get("arm") is None:
        raise BadInput("nothing says which units were treated", where=where,
                       cure="name them: --treated A,B; or a column: --arm COLUMN --control VALUE")  # fmt: skip
    values, of_arm = _arms(table, asked, where)
    other = np.zeros(len(unit), bool) if of_arm is None else (of_arm >= 0) & (of_arm != _control(values, asked))
    rows = other & (unit >= 0) & (period < len(periods))
    treated = np.bincount(unit[rows], minlength=len(names)) > 0
    arms = Arms("treated units", "the other units")
    if asked.get("start") is not None:
        return _place(periods, asked, where), treated, arms, []
    first = np.full(len(names), len(periods))
    np.minimum.at(first, unit[rows], period[rows])
    starts = np.unique(first[treated])
    if len(starts) == 1 and starts[0] > 0:
        return int(starts[0]), treated, arms, [f"from when is taken from {asked['arm']}"]
    raise _no_one_start(starts, bool(treated.all()), where)


def _no_one_start(starts: Ints, nobody_else: bool, where: str) -> BadInput:
    """Starts at different times are not averaged: units already treated would stand in for untreated ones."""
    if len(starts) == 1:
        return BadInput("treated units are treated throughout", where=where,
                        cure="name the first treated time of all: --from")  # fmt: skip
    kind = "a stepped wedge" if nobody_else else "a staggered start"
    cure = "those that start at one time beside those never treated, in a file of these units alone"
    if nobody_else:
        cure = "those that start first beside all others, with the times before a second unit starts"
    return BadInput(f"units were treated from {len(starts)} different times on ({kind})", where=where,
                    cure=f"evaluate one start at a time: {cure}")  # fmt: skip


def _named(names: list[str], periods: list[str], asked: Asked, where: str) -> tuple[int, Ints, Arms, list[str]]:
    wanted = [plain(name) for name in asked["treated"]]
    strays = [name for name in wanted if name not in names]
    if strays:
        raise BadInput(f"there is no unit {strays[0]!r} in {asked['unit']}", where=where,
                       cure=f"the units are {', '.join(names[:_MOST_LEVELS])}")  # fmt: skip
    treated = np.array([name in wanted for name in names])
    return _place(periods, asked, where), treated, Arms(", ".join(wanted), "the other units"), []


def _place(periods: list[str], asked: Asked, where: str) -> int:
    start = plain(str(asked.get("start") or ""))
    if start not in periods[1:]:
        what = "nothing says from when they were treated" if not start else f"{start!r} is no time after the first"
        raise BadInput(what, where=where, cure=f"--from, one of {', '.join(periods[1:_MOST_LEVELS])}")
    return periods.index(start)
