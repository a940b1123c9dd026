"""`effects`: what each funded project changed, as far as its design can tell.

Rules, fixed here and printed with each row (NUMBERS.md §4). With θ the effect in standard deviations of the baseline:
- *works*: P(θ > the programme's effect that matters) reaches its required probability, and Maryland level 3 or more.
- *negligible*: P(|θ| < 0.1) ≥ .95.
- *harm signal*: P(θ < -0.1) ≥ .80: at any level, because a signal of harm is a reason to look, not a claim.
- *promising change*: the rule of *works* at level 1 or 2, where a change cannot be ascribed to the project.
- otherwise, and wherever no standard error exists: *not known*.
"""

from __future__ import annotations

from typing import Any

from ..errors import CannotEstimate
from ..programme import Rules
from ..stage import Context, Stage, Tables
from ..stats.effects import Change, difference_in_changes, maryland_level, standardised_mean_change
from ..tables import from_rows

__all__ = ["STAGE", "effect_verdict"]

Row = dict[str, Any]

NEGLIGIBLE = 0.1
"""An effect within ± this many standard deviations is practically none."""
SURE_IT_IS_NEGLIGIBLE = 0.95
ENOUGH_FOR_A_HARM_SIGNAL = 0.80

_RETROSPECTIVE = (
    "the baseline was asked afterwards: that reduces shifting standards but flatters items people wish to look well "
    "on, and is not to be pooled with a baseline taken before"
)


def _run(context: Context) -> Tables:
    projects = context.query("SELECT * FROM projects ORDER BY source, row").to_pylist()
    return {"effects": from_rows("effects", [_effect_row(row, context.programme.rules) for row in projects])}


STAGE = Stage(
    name="effects",
    reads=("projects",),
    writes=("effects",),
    run=_run,
    why="Good work is to be built upon: which project changed anything, and could its design have told?",
)


def _effect_row(row: Row, rules: Rules) -> Row:
    level = maryland_level(row["design"], baseline=_has_baseline(row), comparison=_has_comparison(row))
    change, why_not = _change(row, level)
    ends = change.interval() if change is not None else None
    return {
        "source": row["source"],
        "project": row["project"],
        "activity": row["activity"],
        "instrument": row["instrument"],
        "design": row["design"],
        "level": level,
        "n": row["n"] or 0,
        "effect": None if change is None else change.effect,
        "se": None if change is None else change.se,
        "low": None if ends is None else ends[0],
        "high": None if ends is None else ends[1],
        "reach": row["reach"],
        "answered": row["n"] / row["reach"] if row["n"] is not None and row["reach"] else None,
        "cost_per_person": row["cost"] / row["reach"] if row["cost"] is not None and row["reach"] else None,
        "verdict": effect_verdict(change, level, rules),
        "method": _method(row, level, change),
        "cannot_tell": why_not,
    }


def _has_baseline(row: Row) -> bool:
    return all(row[key] is not None for key in ("n", "mean_pre", "mean_post", "sd_pre"))


def _has_comparison(row: Row) -> bool:
    keys = ("n_comparison", "mean_pre_comparison", "mean_post_comparison", "sd_pre_comparison")
    return all(row[key] is not None for key in keys)


def _change(row: Row, level: int) -> tuple[Change | None, str | None]:
    """The effect, positive = better, and why it, or its interval, is missing."""
    if level == 0:
        return None, "no baseline, no effect claimed"
    try:
        change = _one_group(row, "")
        if level >= 2:
            change = difference_in_changes(change, _one_group(row, "_comparison"))
    except CannotEstimate as error:
        return None, error.what
    if change.se is None:
        low, high = change.se_between
        return change, (
            "the correlation of before and after was not reported and is never assumed, so there is no interval "
            f"(the standard error lies between {low:.2g} and {high:.2g})"
        )
    return change, None


def _one_group(row: Row, suffix: str) -> Change:
    """The change of one group; where a high score is worse, less of it is better."""
    before, after = row[f"mean_pre{suffix}"], row[f"mean_post{suffix}"]
    if row["higher_is"] == "worse":
        before, after = -before, -after
    return standardised_mean_change(row[f"n{suffix}"], before, after, row[f"sd_pre{suffix}"], row[f"r{suffix}"])


def effect_verdict(change: Change | None, level: int, rules: Rules) -> str:
    """The first rule of this module that holds; `not known` where none does."""
    if change is None or change.se is None:
        return "not known"
    matters = change.probability_above(rules.effect_that_matters) or 0.0
    above, below = change.probability_above(NEGLIGIBLE) or 0.0, 1 - (change.probability_above(-NEGLIGIBLE) or 0.0)
    if matters >= rules.probability:
        return "works" if level >= 3 else "promising change"
    if 1 - above - below >= SURE_IT_IS_NEGLIGIBLE:
        return "negligible"
    return "harm signal" if below >= ENOUGH_FOR_A_HARM_SIGNAL else "not known"


def _method(row: Row, level: int, change: Change | None) -> str:
    if level == 0:
        return f"design as declared: {row['design']}; without a baseline of n, means and spread no effect is claimed"
    words = ["standardised mean change, (after - before) ÷ standard deviation before, corrected for small samples"]
    if level >= 2:
        words.append("less that of a comparison group")
    if level == 2:
        words.append("which nobody declared comparable")
    if row["design"] in ("comparison", "randomised") and level == 1:
        words.append(f"declared {row['design']}, but the comparison group's figures are missing")
    if row["design"] == "retrospective":
        words.append(_RETROSPECTIVE)
    if level < 3:
        words.append("a change that others may have seen too cannot be ascribed to the project")
    if change is not None and change.se is not None:
        words.append("t interval, degrees of freedom from the numbers measured twice")
    return "; ".join(words)
