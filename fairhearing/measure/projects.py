"""`effects`, `pooled_effects`, `theories`: what each funded project changed, as far as its design can tell.

Results come as aggregates (`projects`) or as rows of participants (`participants`); both end in the same rows, judged
by the same rules (`evaluation.verdicts`, printed with each row). Where three or more results share a kind of
baseline, each is also drawn towards the others: a claim needs both its own and the shrunken probability, a signal of
harm one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import CannotEstimate
from ..programme import TRIED, Programme, Rules, Theory
from ..stage import Context, Stage, Tables
from ..stats.attrition import standing
from ..stats.effects import (
    Change,
    correlation,
    difference_in_changes,
    maryland_level,
    mean_change,
    small_sample_factor,
    standardised_mean_change,
)
from ..tables import from_rows
from .evaluation.effect import RETROSPECTIVE
from .evaluation.participants import participant_rows
from .evaluation.pooled_projects import pool_projects
from .evaluation.rows import PER, Money
from .evaluation.verdicts import Chances, verdict_of

__all__ = ["STAGE"]

Row = dict[str, Any]

_CORRELATIONS = (0.0, 0.3, 0.6, 0.9)
"""Shown where none was reported: what the interval would be, so that a reader sees how much hangs on it."""


_FIGURES = ("n", "mean_pre", "mean_post", "sd_pre", "sd_post", "r")


def _run(context: Context) -> Tables:
    programme = context.programme
    projects = context.query("SELECT * FROM projects ORDER BY source, row").to_pylist()
    people = context.query("SELECT * FROM participants ORDER BY source, row")
    rows, pooled = _measured(programme, projects, people)
    finished = [_judged(row, programme.rules) for row in rows]
    return {
        "effects": from_rows("effects", finished),
        "effects_tried": from_rows("effects_tried", _tried(programme, projects, people, rows)),
        "pooled_effects": from_rows("pooled_effects", pooled),
        "theories": from_rows("theories", _theories(programme, finished)),
    }


def _measured(programme: Programme, projects: list[Row], people: pa.Table) -> tuple[list[Row], list[Row]]:
    """Rows of `effects` without their verdicts, drawn towards each other, and rows of `pooled_effects`."""
    rows = [_effect_row(row, programme.rules) for row in projects] + participant_rows(programme, people)
    return rows, pool_projects(rows, programme.rules)


def _tried(programme: Programme, projects: list[Row], people: pa.Table, rows: list[Row]) -> list[Row]:
    """What the verdicts would be by each other value of the rules they rest on. rows: measured by the rules fixed;
    only what matters changes what is measured (what attrition could have made), and is measured again."""
    told: list[Row] = []
    for threshold in ("effect_that_matters", "probability"):
        for value in TRIED[threshold]:
            rules = programme.rules.model_copy(update={threshold: value})
            again = rows
            if threshold == "effect_that_matters":
                again, _ = _measured(programme.model_copy(update={"rules": rules}), projects, people)
            told += [_other(_judged(row, rules), threshold, value) for row in again]
    return told


def _other(row: Row, threshold: str, value: float) -> Row:
    kept = ("source", "project", "instrument", "verdict", "level")
    return {key: row[key] for key in kept} | {"threshold": threshold, "value": value}


STAGE = Stage(
    name="effects",
    reads=("projects", "participants"),
    writes=("effects", "effects_tried", "pooled_effects", "theories"),
    run=_run,
    why="Good work is to be built upon: which project changed anything, and could its design have told?",
)


def _judged(row: Row, rules: Rules) -> Row:
    """The row with its verdict, and without what only served to reach it (keys with an underscore)."""
    own, drawn = row["_chances"], row.get("_shrunken")
    chances: Chances | None = own.with_shrunken(drawn) if own is not None and drawn is not None else own
    told = verdict_of(
        chances, row["level"], matters=rules.effect_that_matters, probability=rules.probability,
        why_not=[row["cannot_tell"] or ""],
    )  # fmt: skip
    said = {"verdict": told.verdict, "rule": told.rule}
    if chances is not None:
        said |= {"p_matters": chances.matters, "p_negligible": chances.negligible, "p_harm": chances.harm}  # type: ignore[dict-item]
    return {key: value for key, value in row.items() if not key.startswith("_")} | said


# --- results as aggregates --------------------------------------------------------------------------------------


def _effect_row(row: Row, rules: Rules) -> Row:
    row = row | {"r": _known_r(row, ""), "r_comparison": _known_r(row, "_comparison")}
    level = maryland_level(row["design"], baseline=_has_baseline(row), comparison=_has_comparison(row))
    apart = _balance(row) if level >= 2 else None
    lowered = level == 3 and apart is not None and standing(apart) == "not alike"
    level = 2 if lowered else level
    change, why_not = _change(row, level)
    raw = _raw(row, level) if change is not None else None
    ends, raw_ends = (None if each is None else each.interval() for each in (change, raw))
    sign = -1.0 if row["higher_is"] == "worse" else 1.0
    better = None if raw is None else sign * raw.effect
    better_ends = None if raw_ends is None else tuple(sorted(sign * end for end in raw_ends))
    money = Money(row["reach"], row["cost"]).row(row["n"] or 0, better, better_ends)  # type: ignore[arg-type]
    return {
        "source": row["source"], "project": row["project"], "activity": row["activity"],
        "instrument": row["instrument"], "family": row["family"], "design": row["design"],
        "baseline": _baseline(row, level), "level": level,
        "why_level": "the groups differed by more than .25 SD before, so the comparison is not justified"
        if lowered else None,
        "n": row["n"] or 0,
        "effect": None if change is None else change.effect, "se": None if change is None else change.se,
        "low": None if ends is None else ends[0], "high": None if ends is None else ends[1],
        "raw": None if raw is None else raw.effect,
        "raw_low": None if raw_ends is None else raw_ends[0], "raw_high": None if raw_ends is None else raw_ends[1],
        "r": row["r"], "sensitivity": _sensitivity(row, level, change),
        "balance": None if apart is None else f"the outcome before: {apart:+.2f} SD, {standing(apart)}",
        **_lost(row, rules), "reach": row["reach"],
        "answered": money["coverage"] if row["n"] is not None else None,
        **{key: money[key] for key in PER},
        "warnings": RETROSPECTIVE if row["design"] == "retrospective" else None,
        "method": _method(row, level, change), "cannot_tell": why_not,
        "_chances": None if change is None or change.se is None
        else Chances.of(lambda value: change.probability_above(value) or 0.0, rules.effect_that_matters),
    }  # fmt: skip


def _has_baseline(row: Row) -> bool:
    return all(row[key] is not None for key in ("n", "mean_pre", "mean_post", "sd_pre"))


def _has_comparison(row: Row) -> bool:
    keys = ("n_comparison", "mean_pre_comparison", "mean_post_comparison", "sd_pre_comparison")
    return all(row[key] is not None for key in keys)


def _baseline(row: Row, level: int) -> str:
    if level == 0:
        return "none"
    return "asked afterwards" if row["design"] == "retrospective" else "before"


def _known_r(row: Row, suffix: str) -> float | None:
    """As reported; else from the three spreads, which give it exactly; else not known."""
    spreads = [row[f"{name}{suffix}"] for name in ("sd_pre", "sd_post", "sd_change")]
    if row[f"r{suffix}"] is not None or None in spreads:
        return row[f"r{suffix}"]
    try:
        return correlation(*spreads)
    except CannotEstimate:
        return None


def _balance(row: Row) -> float | None:
    """Baseline difference in pooled standard deviations, from the two groups' figures."""
    n, m = row["n"], row["n_comparison"]
    pooled = ((n - 1) * row["sd_pre"] ** 2 + (m - 1) * row["sd_pre_comparison"] ** 2) / (n + m - 2)
    if not pooled > 0:
        return None
    return small_sample_factor(n + m - 2) * (row["mean_pre"] - row["mean_pre_comparison"]) / float(np.sqrt(pooled))


def _change(row: Row, level: int) -> tuple[Change | None, str | None]:
    """The effect, positive = better, and why it, or its interval, is missing."""
    if level == 0:
        return None, "no baseline, no effect claimed"
    try:
        change = _standardised(row, level, row["r"], row["r_comparison"])
    except CannotEstimate as error:
        return None, error.what
    if change.se is None:
        low, high = change.se_between
        return change, (
            "the correlation of before and after was not reported and is never assumed, so there is no interval "
            f"(the standard error lies between {low:.2g} and {high:.2g})"
        )
    return change, None


def _standardised(row: Row, level: int, r: float | None, r_comparison: float | None) -> Change:
    change = _one_group(row, "", r)
    return difference_in_changes(change, _one_group(row, "_comparison", r_comparison)) if level >= 2 else change


def _one_group(row: Row, suffix: str, r: float | None) -> Change:
    """The change of one group; where a high score is worse, less of it is better."""
    before, after = row[f"mean_pre{suffix}"], row[f"mean_post{suffix}"]
    if row["higher_is"] == "worse":
        before, after = -before, -after
    return standardised_mean_change(row[f"n{suffix}"], before, after, row[f"sd_pre{suffix}"], r)


def _raw(row: Row, level: int) -> Change | None:
    """The same in the instrument's unit, as measured."""
    groups = ["", "_comparison"] if level >= 2 else [""]
    try:
        found = [mean_change(*(row[f"{name}{suffix}"] for name in _FIGURES)) for suffix in groups]
    except CannotEstimate:
        return None
    return difference_in_changes(*found) if level >= 2 else found[0]


def _sensitivity(row: Row, level: int, change: Change | None) -> str | None:
    """The interval for each correlation there could be: what hangs on the one that was not reported."""
    if change is None or change.se is not None:
        return None
    said = []
    for r in _CORRELATIONS:
        own, other = (row[key] if row[key] is not None else r for key in ("r", "r_comparison"))
        ends = _standardised(row, level, own, other).interval()
        if ends is not None:
            said.append(f"{r:g}: {ends[0]:.2f} to {ends[1]:.2f}")
    return f"were the correlation {'; '.join(said)}"


def _lost(row: Row, rules: Rules) -> Row:
    """From how many began, where the project says; an effect of aggregates has no bounds."""
    if row["n_began"] is None or row["n"] is None:
        return {}
    began, stayed = [row["n_began"]], [row["n"]]
    if row["n_began_comparison"] is not None and row["n_comparison"] is not None:
        began, stayed = [*began, row["n_began_comparison"]], [*stayed, row["n_comparison"]]
    enough = min(b - s for s, b in zip(stayed, began, strict=True)) >= rules.publish_at_least
    shares = [1 - s / b for s, b in zip(stayed, began, strict=True)]
    return {
        "lost_people": sum(began) - sum(stayed),
        "lost": 1 - sum(stayed) / sum(began),
        "lost_apart": shares[0] - shares[1] if len(shares) == 2 and enough else None,
    }


def _method(row: Row, level: int, change: Change | None) -> str:
    if level == 0:
        return f"design as declared: {row['design']}; without a baseline of n, means and spread no effect is claimed"
    words = ["standardised mean change, (after - before) ÷ standard deviation before, corrected for small samples"]
    if level >= 2:
        words.append("less that of a comparison group")
    if level == 2:
        words.append(
            "which nobody declared comparable" if row["design"] != "comparison" else "which was not alike before"
        )
    if row["design"] in ("comparison", "randomised") and level == 1:
        words.append(f"declared {row['design']}, but the comparison group's figures are missing")
    if row["design"] == "retrospective":
        words.append(RETROSPECTIVE)
    if level < 3:
        words.append("a change that others may have seen too cannot be ascribed to the project")
    if change is not None and change.se is not None:
        words.append("t interval, degrees of freedom from the numbers measured twice")
    return "; ".join(words)


# --- where no effect can be estimated ---------------------------------------------------------------------------


def _theories(programme: Programme, effects: list[Row]) -> list[Row]:
    """One row a project: of every one without an effect, stated or not; of the others where something was stated."""
    stated = {theory.project.casefold(): theory for theory in programme.theories}
    projects: dict[tuple[str, str], Row] = {}
    for row in effects:
        known = projects.setdefault((row["source"], row["project"]), row | {"no_effect": True})
        known["no_effect"] &= row.get("effect") is None
    rows = []
    for row in projects.values():
        theory = stated.get(row["project"].casefold())
        if row["no_effect"] or theory is not None:
            own = {key: row[key] for key in ("source", "project", "activity", "no_effect")}
            rows.append(own | _stated(theory))
    return rows


def _stated(theory: Theory | None) -> Row:
    keys = ("context", "mechanism", "outcome", "unintended", "stated_in")
    return {key: None if theory is None else getattr(theory, key) or None for key in keys}
