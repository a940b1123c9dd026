"""Rows of participants in a programme → rows of `effects`, one for each project, instrument and arm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from ...programme import Evaluation, Programme, Source
from .covariates import covariates_in
from .design import Balance
from .effect import Found, found, tipping_words
from .people import People
from .rows import PER, Money
from .verdicts import Chances

__all__ = ["participant_rows"]

Row = dict[str, Any]


def participant_rows(programme: Programme, participants: pa.Table) -> list[Row]:
    """participants: in the order of source and row. Sources in the programme's order."""
    sources = np.array(participants["source"].to_pylist(), dtype=object)
    rows: list[Row] = []
    for source in programme.sources:
        if source.evaluation is not None:
            rows += _of_source(
                programme, source, source.evaluation, participants.filter(pa.array(sources == source.id))
            )
    return rows


def _of_source(programme: Programme, source: Source, declared: Evaluation, table: pa.Table) -> list[Row]:
    covariates, labels = _covariates(table, declared, source.id)
    whole = People(
        after=_numbers(table, "after"), before=_numbers(table, "before") if declared.has_baseline else None,
        cluster=None if declared.cluster is None else np.asarray(table["cluster"].to_pylist(), np.int64),
        randomised=declared.randomised, waitlist=declared.waitlist, retrospective=declared.retrospective,
        lower_is_better=declared.higher_is == "worse", covariates=covariates, covariate_names=labels,
    )  # fmt: skip
    if not len(whole):
        return [_nobody(source, declared)]
    if declared.arm is None:
        return [_row(programme, source, declared, declared.project, whole)]
    groups = np.array(table["arm"].to_pylist(), dtype=object)
    names = [name for name in dict.fromkeys(sorted(set(groups.tolist()))) if name != declared.control]
    rows = []
    for name in names:
        pair = (groups == name) | (groups == declared.control)
        people = whole.only(pair).in_arms((groups[pair] == name).astype(np.int64))
        called = declared.project if len(names) == 1 else f"{declared.project}: {name}"
        rows.append(_row(programme, source, declared, called, people))
    return rows


def _nobody(source: Source, declared: Evaluation) -> Row:
    """A project of whose file no row could be used has a row all the same: it is not known what it changes."""
    return {
        "source": source.id, "project": declared.project, "activity": declared.activity,
        "instrument": declared.instrument or None, "family": declared.family or None, "design": "not known",
        "baseline": "none", "level": 0, "n": 0, "reach": declared.reach, "method": "rows of participants",
        "cannot_tell": "no row of its file could be used; `fates` say why", "_chances": None,
    }  # fmt: skip


def _covariates(table: pa.Table, declared: Evaluation, where: str) -> tuple[np.ndarray | None, tuple[str, ...]]:
    if not declared.covariates:
        return None, ()
    known = table["covariates"].to_pylist()
    columns = {
        name: pa.array([each[at] for each in known], pa.string()) for at, name in enumerate(declared.covariates)
    }
    return covariates_in(pa.table(columns), declared.covariates, where)


def _numbers(table: pa.Table, name: str) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in table[name].to_pylist()], np.float64)


def _row(programme: Programme, source: Source, declared: Evaluation, called: str, people: People) -> Row:
    told = found(people, programme.rules.effect_that_matters)
    effect, sign = told.effect, people.sign
    better = None if effect is None else tuple(sorted(sign * end for end in effect.raw_interval))
    money = Money(declared.reach, declared.cost).row(
        told.n[0], None if effect is None else sign * effect.raw, better  # type: ignore[arg-type]
    )  # fmt: skip
    gone = [int((side & ~people.answered).sum()) for side in (people.project, ~people.project)]
    enough = min(gone) >= programme.rules.publish_at_least  # of each arm, or the difference would tell how few
    row: Row = {
        "source": source.id, "project": called, "activity": declared.activity,
        "instrument": declared.instrument or None, "family": declared.family or None, "design": told.design.name,
        "baseline": _baseline(people, told), "level": told.level, "why_level": "; ".join(told.why_level),
        "n": told.n[0], "balance": _balance(told.balance), "lost_people": sum(gone), "lost": told.lost.overall,
        "lost_apart": told.lost.differential if enough else None, "tipping": tipping_words(people, told),
        "reach": declared.reach,
        "answered": money["coverage"],
        **{key: money[key] for key in PER},
        "warnings": "; ".join(told.warnings) or None, "method": _method(people, told),
        "cannot_tell": told.cannot_tell, "_chances": None,
    }  # fmt: skip
    if effect is None:
        return row
    if told.lee is not None:
        row |= {"lee_low": told.lee.low / effect.sd, "lee_high": told.lee.high / effect.sd}
    return row | {
        "effect": effect.standardised, "se": effect.se, "low": effect.interval[0], "high": effect.interval[1],
        "raw": effect.raw, "raw_low": effect.raw_interval[0], "raw_high": effect.raw_interval[1], "r": effect.r,
        "_chances": Chances.of(effect.above, programme.rules.effect_that_matters),
    }  # fmt: skip


def _baseline(people: People, told: Found) -> str:
    if people.before is None:
        return "none"
    return "asked afterwards" if people.retrospective else "before"


def _balance(rows: tuple[Balance, ...]) -> str | None:
    return "; ".join(f"{each.what}: {each.g:+.2f} SD, {each.standing}" for each in rows) or None


def _method(people: People, told: Found) -> str:
    """Without a number: a count of people or clusters would be told past disclosure control."""
    if told.effect is None:
        return f"rows of participants, {told.design.name}"
    kind = "HC2" if people.cluster is None else "CR2 by cluster"
    return (
        f"rows of participants: {told.effect.words}; standardised by the spread {told.effect.by}, corrected for "
        f"small samples; standard error {kind}, t with Satterthwaite's degrees of freedom"
    )
