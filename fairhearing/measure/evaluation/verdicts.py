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
    if chances.matters >= probability:
        rule = f"P(effect > {matters:g} SD) = {chances.matters:.2f}, at least {probability:g}; Maryland level {level}"
        return Verdict(
            *(("works", f"{rule}, at least 3") if level >= 3 else ("promising change", f"{rule}, below 3"))
        )
    if chances.negligible >= SURE_IT_IS_NEGLIGIBLE:
        return Verdict("negligible", f"P(|effect| < {NEGLIGIBLE:g} SD) = {chances.negligible:.2f}, at least "
                       f"{SURE_IT_IS_NEGLIGIBLE:g}")  # fmt: skip
    if chances.harm >= ENOUGH_FOR_A_HARM_SIGNAL:
        return Verdict("harm signal", f"P(effect < -{NEGLIGIBLE:g} SD) = {chances.harm:.2f}, at least "
                       f"{ENOUGH_FOR_A_HARM_SIGNAL:g}")  # fmt: skip
    return Verdict(
        "not known",
        f"no rule fired: P(effect > {matters:g} SD) = {chances.matters:.2f} of {probability:g}, P(|effect| < "
        f"{NEGLIGIBLE:g} SD) = {chances.negligible:.2f} of {SURE_IT_IS_NEGLIGIBLE:g}, P(effect < -{NEGLIGIBLE:g} SD) "
        f"= {chances.harm:.2f} of {ENOUGH_FOR_A_HARM_SIGNAL:g}",
    )
