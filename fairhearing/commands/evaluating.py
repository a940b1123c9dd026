"""Doors to what works: effect, pool-effects."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from .building import command, names, out
from .printing import grid

if TYPE_CHECKING:
    from .._progress import Say

__all__ = ["add_evaluating_commands"]

_COLUMNS = (
    ("before", "the same measured before the project"),
    ("arm", "who took part and who did not"),
    ("cluster", "whom people took part together with: a school, a group, a village"),
    ("unit", "difference in differences: who or what was measured again and again"),
    ("time", "difference in differences: when; numbers, months and days in order, else as the file has them"),
)
_DECLARED = (
    ("randomised", "who took part was decided by lot, which rows cannot show"),
    ("waitlist", "the others were waiting to take part"),
    ("retrospective", "the baseline was asked afterwards"),
    ("lower-is-better", "a lower outcome is better"),
)


def add_evaluating_commands(commands: Any) -> None:
    _add_effect(commands)
    _add_pool_effects(commands)


def _add_effect(commands: Any) -> None:
    door = command(commands, "effect", "what a project changed, and whether its design could have told", _effect,
                    _evaluated)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a participant, or a "
                      "unit and time")  # fmt: skip
    door.add_argument("--outcome", required=True, metavar="COLUMN", help="numbers, 1 and 0, or yes and no")
    for name, help in _COLUMNS:
        door.add_argument(f"--{name}", metavar="COLUMN", help=help)
    door.add_argument("--control", metavar="VALUE", help="with --arm: the value of those who did not take part")
    door.add_argument("--treated", default="", metavar="A,B", help="with --unit: which units took part")
    door.add_argument("--from", dest="start", metavar="WHEN", help="with --time: the first time with the project")
    door.add_argument("--covariates", default="", metavar="A,B", help="what else was known before; numbers or words")
    door.add_argument("--missing", default="", metavar="A,B", help="values of outcome and before that hold no "
                      "answer, besides empty cells; with an equals sign where the first is below 0: "
                      "--missing=-1")  # fmt: skip
    door.add_argument("--words", default="", metavar="LOW,…,HIGH", help="answers in words, from low to high: they "
                      "count 1, 2, 3, …")  # fmt: skip
    door.add_argument("--person", metavar="COLUMN", help="one row a person and wave: whose row it is")
    door.add_argument("--wave", metavar="COLUMN", help="with --person: when")
    door.add_argument("--waves", default="", metavar="FIRST,LAST", help="with --wave: which is before, which after")
    for name, help in _DECLARED:
        door.add_argument(f"--{name}", action="store_true", help=help)
    door.add_argument("--reach", type=_above_zero, metavar="N", help="people the project reached")
    door.add_argument("--cost", type=float, metavar="POUNDS", help="what it cost")
    door.add_argument("--matters", type=float, default=0.15, metavar="SD", help="smallest effect that matters, in "
                      "standard deviations, fixed before looking (0.15)")  # fmt: skip
    door.add_argument("--probability", type=float, default=0.90, metavar="P", help="required before anything is "
                      "claimed (0.9)")  # fmt: skip
    out(door)


def _add_pool_effects(commands: Any) -> None:
    door = command(commands, "pool-effects", "results of several projects, each with what the others tell",
                    _pool_effects, _pooled)  # fmt: skip
    door.add_argument("file", type=Path, metavar="FILE", help="CSV, XLSX or Parquet, one row a result")
    door.add_argument("--effect", required=True, metavar="COLUMN")
    sure = door.add_mutually_exclusive_group(required=True)
    sure.add_argument("--se", metavar="COLUMN", help="its standard error")
    sure.add_argument("--variance", metavar="COLUMN", help="or its variance")
    door.add_argument("--study", metavar="COLUMN", help="whose result it is; one may have several")
    door.add_argument("--baseline", metavar="COLUMN", help="kinds of baseline, which are never pooled together")
    door.add_argument(
        "--moderators", default="", metavar="X,Y", help="what may go with larger effects: numbers or words"
    )
    door.add_argument("--prior", default="half-normal", choices=["half-normal", "half-cauchy", "flat"],
                      help="of how much projects differ (half-normal)")  # fmt: skip
    door.add_argument("--scale", type=float, default=0.3, metavar="SIZE", help="of that prior, in the effects' unit: "
                      "0.3 suits standard deviations")  # fmt: skip
    door.add_argument("--matters", type=float, metavar="SIZE", help="smallest effect that matters, for probabilities")
    out(door)


def _above_zero(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _effect(options: argparse.Namespace, _say: Say) -> Any:
    if not 0.5 < options.probability < 1 or not options.matters >= 0:
        raise BadInput("--probability lies between 0.5 and 1, --matters is not below 0", cure="for example "
                       "--probability 0.9 --matters 0.15")  # fmt: skip
    from ..doors import evaluating

    asked = {name: getattr(options, name) for name, _ in _COLUMNS} | {
        name.replace("-", "_"): getattr(options, name.replace("-", "_")) for name, _ in _DECLARED
    }
    return evaluating.effect(
        options.file, outcome=options.outcome, control=options.control, start=options.start, reach=options.reach,
        cost=options.cost, matters=options.matters, probability=options.probability, treated=names(options.treated),
        covariates=names(options.covariates), missing=names(options.missing), words=names(options.words),
        person=options.person, wave=options.wave, waves=names(options.waves), **asked,
    )  # fmt: skip


def _evaluated(found: Any) -> str:
    """What a person reads: for each arm the design, the effect, what weakens it, and the verdict with its rule."""
    lines: list[str] = []
    for row in found.rows:
        lines += [*_arm(row, found.outcome), ""]
        own = [each for each in found.emmie if each["arm"] == row["arm"]]
        lines += [grid([{key: each[key] for key in ("dimension", "evidence", "quality")} for each in own])]
    lines += [f"note: {note}" for note in found.notes]
    lines += [f"set aside: {each['rows']:,} rows, {each['reason']}" for each in found.set_aside]
    return "\n".join([*lines, f"{found.read:,} rows read"])


def _arm(row: dict[str, Any], outcome: str) -> list[str]:
    against = f" against {row['against']}" if row["against"] else ""
    lines = [f"{row['arm']}{against}: {row['verdict']}", f"  rule      {row['rule']}",
             f"  design    {row['design']}; Maryland level {row['level']} of 5: {row['why_level']}"]  # fmt: skip
    if row["effect"] is None:
        lines += (
            [] if row["raw"] is None else [f"  effect    {row['raw']:.4g} in {outcome} as measured; {row['method']}"]
        )
        lines.append(f"  effect    {row['cannot_tell']}")
    else:
        lines.append(f"  effect    {_sized(row['raw'], row['raw_low'], row['raw_high'])} in {outcome} as measured; "
                     f"{_sized(row['effect'], row['low'], row['high'])} standard deviations, better above "
                     "0")  # fmt: skip
        lines.append(f"  people    {row['n']:,} and {row['n_others']:,} others; {row['method']}")
    if row.get("lost") is not None:
        lines.append(f"  lost      {_lost(row)}")
    lines += [
        f"  before    {each['what']}: {each['g']:+.2f} SD, {each['standing']}" for each in row.get("balance", [])
    ]
    lines += [f"  {label}{text}" for label, text in _money(row)]
    return lines + [f"  warning   {each}" for each in row["warnings"]]


def _sized(value: float, low: float | None, high: float | None) -> str:
    return f"{value:.4g} (no interval)" if low is None or high is None else f"{value:.4g} ({low:.4g} to {high:.4g})"


def _lost(row: dict[str, Any]) -> str:
    said = f"{100 * row['lost']:.0f}% of those who began"
    if row["lost_apart"] is not None:
        said += f"; the project's {100 * row['lost_apart']:+.0f} points against the others'"
    if row["lee_low"] is not None:
        said += (f"; Lee's bounds {row['lee_low']:.4g} to {row['lee_high']:.4g}, with chance "
                 f"{row['lee_interval_low']:.4g} to {row['lee_interval_high']:.4g}, better above 0")  # fmt: skip
    return f"{said}; {row['tipping_says']}"


def _money(row: dict[str, Any]) -> list[tuple[str, str]]:
    said = []
    if row["coverage"] is not None:
        said.append(("coverage  ", f"{100 * row['coverage']:.0f}% of {row['reach']:,} people reached answered"))
    if row["cost_per_person"] is not None:
        unit = ""
        if row["cost_per_unit"] is not None:
            top = "no upper end" if row["cost_per_unit_high"] is None else f"{row['cost_per_unit_high']:,.2f}"
            unit = (f"; £{row['cost_per_unit']:,.2f} for one unit better ({row['cost_per_unit_low']:,.2f} to {top}), "
                    "if those who did not answer changed like those who did")  # fmt: skip
        said.append(("cost      ", f"£{row['cost_per_person']:,.2f} per person reached{unit}"))
    return said


def _pool_effects(options: argparse.Namespace, _say: Say) -> Any:
    if not options.scale > 0:
        raise BadInput("--scale must be above 0", cure="for standardised effects 0.3")
    from ..doors import evaluating

    return evaluating.pool_effects(
        options.file, effect=options.effect, se=options.se, variance=options.variance, study=options.study,
        baseline=options.baseline, moderators=names(options.moderators), prior=options.prior, scale=options.scale,
        matters=options.matters,
    )  # fmt: skip


def _pooled(found: Any) -> str:
    shown = ("study", "effect", "low", "high", "shrunken", "shrunken_low", "shrunken_high", "cannot_tell")
    lines = [grid([{key: row.get(key) for key in shown} for row in found.rows])]
    for pool in found.pools:
        kind = f"{pool['baseline']}: " if pool["baseline"] else ""
        if pool["cannot_tell"]:
            lines.append(f"{kind}cannot tell: {pool['cannot_tell']}")
            continue
        lines.append(
            f"{kind}{pool['k']} results: average {_sized(pool['pooled'], pool['low'], pool['high'])}; one more "
            f"like them {pool['prediction_low']:.4g} to {pool['prediction_high']:.4g}; they differ by tau "
            f"{pool['tau']:.3g} ({pool['tau_low']:.3g} to {pool['tau_high']:.3g}), I2 {pool['i2']:.0f}%, Q "
            f"{pool['q']:.3g} (p {pool['q_p']:.2g}); check by REML "
            f"{_sized(pool['reml'], pool['reml_low'], pool['reml_high'])}"
        )
    for row in found.moderators:
        told = row["cannot_tell"] or f"{_sized(row['slope'], row['low'], row['high'])} for one more"
        lines.append(f"{row['moderator']}: {told}")
    lines += [f"note: {note}" for note in found.notes]
    lines += [f"row {each['row']} set aside: {each['reason']}" for each in found.set_aside]
    return "\n".join([*lines, f"method: {found.method}"])
