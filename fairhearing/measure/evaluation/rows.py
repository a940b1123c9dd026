"""An evaluation as rows that explain themselves: the same keys from the direct door and from a programme's run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .effect import Found, tipping_words
from .panel import PanelEffect
from .people import Arms, People
from .verdicts import NEGLIGIBLE, Chances, Verdict, verdict_of

__all__ = ["PER", "Money", "Thresholds", "chances_of", "emmie", "panel_row", "person_row"]

Row = dict[str, Any]

_QUALITY = {0: "none", 1: "weak", 2: "weak", 3: "moderate", 4: "strong", 5: "strong"}
_NOT_STATED = "not stated"
PER = ("cost_per_person", "cost_per_unit", "cost_per_unit_low", "cost_per_unit_high")


@dataclass(frozen=True)
class Thresholds:
    """matters: smallest effect that matters, in standard deviations · probability: required before it is claimed."""

    matters: float = 0.15
    probability: float = 0.90


@dataclass(frozen=True)
class Money:
    """reach: people the project reached · cost: in pounds; None: not given."""

    reach: int | None = None
    cost: float | None = None

    def row(self, answers: int, better: float | None, ends: tuple[float, float] | None) -> Row:
        """coverage and costs. better: the effect in the outcome's unit, better above 0, with its interval. Cost per
        unit: per person reached, one unit better, if those who did not answer changed like those who did."""
        told: Row = {"reach": self.reach, "cost": self.cost}
        told["coverage"] = answers / self.reach if self.reach else None
        per_person = self.cost / self.reach if self.cost is not None and self.reach else None
        told["cost_per_person"] = per_person
        told |= dict.fromkeys(("cost_per_unit", "cost_per_unit_low", "cost_per_unit_high"))
        if per_person is not None and better is not None and better > 0:
            told["cost_per_unit"] = per_person / better
            if ends is not None:
                told["cost_per_unit_low"] = per_person / ends[1]
                told["cost_per_unit_high"] = per_person / ends[0] if ends[0] > 0 else None
        return told


def chances_of(found: Found, thresholds: Thresholds) -> Chances | None:
    """None without an effect."""
    return None if found.effect is None else Chances.of(found.effect.above, thresholds.matters)


def person_row(people: People, found: Found, arms: Arms, thresholds: Thresholds, money: Money) -> Row:
    """One contrast of people."""
    effect, lost = found.effect, found.lost
    chances = chances_of(found, thresholds)
    told = verdict_of(
        chances, found.level, matters=thresholds.matters, probability=thresholds.probability,
        why_not=[found.cannot_tell or ""],
    )  # fmt: skip
    better = None if effect is None else people.sign * effect.raw
    ends = (
        None
        if effect is None
        else _sorted(people.sign * effect.raw_interval[0], people.sign * effect.raw_interval[1])
    )
    return {
        "arm": arms.project, "against": None if people.arm is None else arms.control,
        "design": found.design.name, "level": found.level, "level_by_design": found.design.level,
        "why_level": "; ".join(found.why_level),
        "n": found.n[0], "n_others": found.n[1], "began": found.began[0], "began_others": found.began[1],
        **_effect(found), **_chances(chances, told),
        "lost": lost.overall, "lost_project": lost.project, "lost_others": lost.control,
        "lost_apart": lost.differential, **_lee(found), "tipping": found.tipping,
        "tipping_says": tipping_words(people, found),
        "balance": [{"what": each.what, "g": each.g, "standing": each.standing} for each in found.balance],
        **money.row(found.n[0], better, ends),
        "method": "" if effect is None
        else f"{effect.method}; standardised by the spread {effect.by} ({effect.sd:.4g})",
        "cannot_tell": found.cannot_tell, "warnings": list(found.warnings),
    }  # fmt: skip


def _sorted(a: float, b: float) -> tuple[float, float]:
    return (a, b) if a <= b else (b, a)


def _effect(found: Found) -> Row:
    keys = ("raw", "raw_se", "raw_low", "raw_high", "p", "effect", "se", "low", "high", "df", "r")
    effect = found.effect
    if effect is None:
        return dict.fromkeys(keys)
    values = (
        effect.raw, effect.raw_se, *effect.raw_interval, effect.p, effect.standardised, effect.se, *effect.interval,
        effect.df, effect.r,
    )  # fmt: skip
    return dict(zip(keys, values, strict=True))


def _chances(chances: Chances | None, told: Verdict) -> Row:
    return {
        "p_matters": None if chances is None else chances.matters,
        "p_negligible": None if chances is None else chances.negligible,
        "p_harm": None if chances is None else chances.harm,
        "verdict": told.verdict,
        "rule": told.rule,
    }


def _lee(found: Found) -> Row:
    keys = ("lee_low", "lee_high", "lee_interval_low", "lee_interval_high")
    told: Row = dict.fromkeys(keys)
    if found.lee is not None:
        told = dict(zip(keys, (found.lee.low, found.lee.high, *found.lee.interval), strict=True))
    return told | {"why_no_lee": found.why_no_lee}


def panel_row(found: PanelEffect, thresholds: Thresholds, *, lower_is_better: bool, arms: Arms, money: Money) -> Row:
    """A difference in differences. With one treated unit there are no probabilities: the interval decides."""
    sign = -1.0 if lower_is_better else 1.0
    effect, ends = (None if math.isnan(found.sd) else sign * found.effect / found.sd), None
    if found.interval is not None:
        ends = _sorted(*(sign * end / found.sd for end in found.interval))
    level, why = _panel_level(found)
    told = _panel_verdict(ends, level, thresholds)
    raw = found.interval or (None, None)
    return {
        "arm": arms.project, "against": arms.control, "design": "difference in differences", "level": level,
        "level_by_design": 3, "why_level": "; ".join(why), "n": found.treated, "n_others": found.others,
        "began": found.treated, "began_others": found.others, "raw": found.effect, "raw_se": found.se,
        "raw_low": raw[0], "raw_high": raw[1], "p": found.p, "effect": effect,
        "se": None if found.se is None else found.se / found.sd,
        "low": None if ends is None else ends[0], "high": None if ends is None else ends[1],
        "df": found.df, "r": None,
        "p_matters": None, "p_negligible": None, "p_harm": None, "verdict": told.verdict, "rule": told.rule,
        "drift": None if found.drift is None else found.drift[0],
        "drift_p": None if found.drift is None else found.drift[1],
        **money.row(found.treated, sign * found.effect,
                    None if ends is None else (ends[0] * found.sd, ends[1] * found.sd)),
        "coverage": None,
        "method": f"{found.periods[0]} periods before, {found.periods[1]} from the start on; {found.method}"
        + ("" if effect is None else f"; standardised by the spread between units before ({found.sd:.4g})"),
        "cannot_tell": None if told.verdict != "not known" else told.rule, "warnings": _panel_warnings(found),
    }  # fmt: skip


def _panel_level(found: PanelEffect) -> tuple[int, list[str]]:
    why = ["before and after, with units that were not treated"]
    if found.drift is not None and found.drift[1] <= 0.05:
        return 2, [*why, f"the treated already moved apart before (p = {found.drift[1]:.3f}), so the comparison "
                   "is not justified"]  # fmt: skip
    return 3, why


def _panel_verdict(ends: tuple[float, float] | None, level: int, thresholds: Thresholds) -> Verdict:
    if ends is None:
        return Verdict("not known", "no interval exists with so few units, so no verdict")
    shown = f"the 95% interval {ends[0]:.2f} to {ends[1]:.2f} SD"
    if ends[0] > thresholds.matters:
        words = f"{shown} lies above {thresholds.matters:g}; Maryland level {level}"
        return Verdict("works" if level >= 3 else "promising change", words)
    if ends[1] < -NEGLIGIBLE:
        return Verdict("harm signal", f"{shown} lies below -{NEGLIGIBLE:g}")
    if ends[0] > -NEGLIGIBLE and ends[1] < NEGLIGIBLE:
        return Verdict("negligible", f"{shown} lies within ±{NEGLIGIBLE:g}")
    return Verdict("not known", f"no rule fired: {shown} reaches to effects of different meaning")


def _panel_warnings(found: PanelEffect) -> list[str]:
    said = []
    if found.set_aside:
        said.append(f"{found.set_aside} units set aside: not measured both before and after")
    if found.periods[0] < 2:
        said.append("one period before: whether the units moved alike before cannot be checked")
    if found.treated == 1:
        said.append("one treated unit: whatever else happened to it at that time is part of this effect")
    return said


def emmie(row: Row, stated: dict[str, str] | None = None) -> list[Row]:
    """Effect, Mechanism, Moderators, Implementation, Economics: what evidence there is, and of what quality. stated:
    mechanism and moderators in a person's words; what nobody stated is said to be not stated."""
    said = stated or {}
    number = "no effect could be estimated" if row["effect"] is None else f"{row['effect']:.2f} SD, {row['verdict']}"
    carried = "coverage not known (reach not given)"
    if row["coverage"] is not None:
        carried = f"{100 * row['coverage']:.0f}% of the people reached answered"
    if row.get("lost") is not None:
        carried += f"; {100 * row['lost']:.0f}% of those who began were lost"
    money = (
        "cost not given" if row["cost_per_person"] is None else f"£{row['cost_per_person']:,.2f} per person reached"
    )
    tested = {name: "stated, not tested" if said.get(name) else "none" for name in ("mechanism", "moderators")}
    per_unit = row["cost_per_unit"] is not None and row["cost_per_unit_high"] is not None
    worth = "none" if row["cost_per_person"] is None else "moderate" if per_unit else "weak"
    return [
        _dimension("effect", number, _QUALITY[row["level"] if row["effect"] is not None else 0]),
        _dimension("mechanism", said.get("mechanism") or _NOT_STATED, tested["mechanism"]),
        _dimension("moderators", said.get("moderators") or "none examined", tested["moderators"]),
        _dimension("implementation", carried, "moderate" if row["coverage"] is not None else "weak"),
        _dimension("economics", money, worth),
    ]  # fmt: skip


def _dimension(dimension: str, evidence: str, quality: str) -> Row:
    return {"dimension": dimension, "evidence": evidence, "quality": quality}
