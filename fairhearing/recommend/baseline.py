"""How one will know whether a change helped, and what that says now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._wording import no_margin, people, quoted, scale_of, with_interval, with_margin
from ..programme import Activity, Measure, Programme, Step
from ..tables import cell_name
from .ranking import Row

__all__ = ["Measured", "measured"]


@dataclass(frozen=True)
class Measured:
    """How one will know whether a change helped, what that says now, and the row that says it."""

    how: str | None
    baseline: str | None = None
    rests_on: str | None = None


def measured(
    programme: Programme,
    activity: Activity,
    step: Step | None,
    journeys: Sequence[Row],
    estimates: Sequence[Row],
) -> Measured:
    """The first that has a baseline: a measure of the step, the bad experiences reported there, a measure of the
    whole activity. Without any baseline, the measure that is to be asked."""
    asked = [each for each in programme.measures if each.activity == activity.id]
    own = [_by_measure(programme, each, estimates) for each in asked if step is not None and each.step == step.id]
    told = [] if step is None else [_by_accounts(programme, step, journeys)]
    whole = [_by_measure(programme, each, estimates) for each in asked if each.step is None]
    options = [*own, *told, *whole, Measured(None)]
    return next((each for each in options if each.baseline), next((each for each in options if each.how), options[0]))


def _by_measure(programme: Programme, measure: Measure, estimates: Sequence[Row]) -> Measured:
    rows = [each for each in estimates if each["measure"] == measure.id and each["estimate"] is not None]
    row = _telling(programme, rows, "favourable")
    how = f"The measure {quoted(measure.name)}, asked again in a later round of listening"
    if row is None:
        return Measured(how)
    share = measure.report == "share"
    value = with_interval(row["estimate"], *with_margin(programme, row), scale=scale_of(measure))
    on = "" if share else f" on a scale of {measure.low:g} to {measure.high:g}"
    return Measured(how, f"{value}{on} of {_asked(programme, row)}", cell_name("estimates", row))


def _by_accounts(programme: Programme, step: Step, journeys: Sequence[Row]) -> Measured:
    rows = [each for each in journeys if each["step"] == step.id and each["estimate"] is not None]
    row = _telling(programme, rows, "reports")
    if row is None:
        return Measured(None)
    value = with_interval(row["estimate"], *with_margin(programme, row))
    return Measured(
        "The share of people describing this step who report a bad experience there, in a later round of listening",
        f"{value} of {_asked(programme, row)} who described it",
        cell_name("journeys", row),
    )


def _telling(programme: Programme, rows: Sequence[Row], count: str) -> Row | None:
    """The row that tells most: a sample with a margin first, then the latest round, then the most people. Never one
    whose people, or people counted in its share, are too few to publish."""
    least = programme.rules.publish_at_least
    enough = [each for each in rows if each["n"] >= least and (each[count] is None or each[count] >= least)]
    margins = {each.id for each in programme.sources if each.has_margin}
    return max(
        enough,
        key=lambda each: (each["source"] in margins, programme.round_place(each["round"]), each["n"], each["source"]),
        default=None,
    )


def _asked(programme: Programme, row: Row) -> str:
    margin = "" if with_margin(programme, row)[0] is not None else f" ({no_margin(programme, row['source'])})"
    return f"{people(row['n'], programme.rules)}{margin}"
