"""What may be said of one project's effect, by rules fixed before (NUMBERS.md §4), printed with every verdict.

With θ the effect in standard deviations of the baseline, positive = better:
- *works*: P(θ > the effect that matters) reaches the required probability, and Maryland level 3 or more;
- *promising change*: the same at level 1 or 2, where a change cannot be ascribed to the project;
- *negligible*: P(|θ| < 0.1) ≥ .95;
- *harm signal*: P(θ < -0.1) ≥ .80, at any level, because a signal of harm is a reason to look, not a claim;
- otherwise, and wherever no standard error exists: *not known*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = [
    "ENOUGH_FOR_A_HARM_SIGNAL", "NEGLIGIBLE", "SURE_IT_IS_NEGLIGIBLE", "Chances", "Verdict", "verdict_of",
]  # fmt: skip

NEGLIGIBLE = 0.1
"""An effect within ± this many standard deviations is practically none."""
SURE_IT_IS_NEGLIGIBLE = 0.95
ENOUGH_FOR_A_HARM_SIGNAL = 0.80


@dataclass(frozen=True)
class Chances:
    """Probabilities that the effect matters, is practically none, is harm; in this order they are tested."""

    matters: float
    negligible: float
    harm: float

    @classmethod
    def of(cls, above: Callable[[float], float], matters: float) -> Chances:
        """above: probability of an effect above a value."""
        harm = 1 - above(-NEGLIGIBLE)
        return cls(above(matters), max(1 - harm - above(NEGLIGIBLE), 0.0), harm)

    def with_shrunken(self, other: Chances) -> Chances:
        """For a claim (works, negligible) the less favourable of the two; for harm the more alarming."""
        return Chances(
            min(self.matters, other.matters), min(self.negligible, other.negligible), max(self.harm, other.harm)
        )


@dataclass(frozen=True)
class Verdict:
    """verdict: works, promising change, negligible, harm signal or not known · rule: the one that fired, with its
    numbers."""

    verdict: str
    rule: str


def verdict_of(
    chances: Chances | None, level: int, *, matters: float, probability: float, why_not: Sequence[str] = ()
) -> Verdict:
    """The first rule of this module that holds; `not known` where none does, or where no chances exist."""
    if chances is None:
        return Verdict("not known", "no standard error, no verdict: " + ("; ".join(why_not) or "none exists"))
    large = f"P(effect > {matters:g} SD) = {_shown(chances.matters, probability)}"
    none = f"P(|effect| < {NEGLIGIBLE:g} SD) = {_shown(chances.negligible, SURE_IT_IS_NEGLIGIBLE)}"
    harm = f"P(effect < -{NEGLIGIBLE:g} SD) = {_shown(chances.harm, ENOUGH_FOR_A_HARM_SIGNAL)}"
    if chances.matters >= probability:
        rule = f"{large}, at least {probability:g}; Maryland level {level}"
        return Verdict(
            *(("works", f"{rule}, at least 3") if level >= 3 else ("promising change", f"{rule}, below 3"))
        )
    if chances.negligible >= SURE_IT_IS_NEGLIGIBLE:
        return Verdict("negligible", f"{none}, at least {SURE_IT_IS_NEGLIGIBLE:g}")
    if chances.harm >= ENOUGH_FOR_A_HARM_SIGNAL:
        return Verdict("harm signal", f"{harm}, at least {ENOUGH_FOR_A_HARM_SIGNAL:g}")
    return Verdict(
        "not known",
        f"no rule fired: {large} of {probability:g}, {none} of {SURE_IT_IS_NEGLIGIBLE:g}, {harm} of "
        f"{ENOUGH_FOR_A_HARM_SIGNAL:g}",
    )


def _shown(probability: float, required: float) -> str:
    """Two digits, or more where rounding would put it on the other side of what is required."""
    digits = 2
    while probability < required <= float(f"{probability:.{digits}f}"):
        digits += 1
    return f"{probability:.{digits}f}"
