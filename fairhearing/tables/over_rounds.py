"""Changes looked for because they were declared, and what is watched round by round: findings of one sealed run."""

from __future__ import annotations

from .declaring import CANNOT, CHARACTERISTIC, COMMUNITY, HIGH, LOW, METHOD, SOURCE, Table, column

__all__ = ["OVER_ROUNDS"]

OVER_ROUNDS = (
    Table(
        "comparisons", "finding", "Changes looked for because they were declared: did it move after what was done? "
        "After is not because: that would take people whom what was done could not reach.",
        (
            column("comparison", "text", "Id of the comparison."),
            SOURCE,
            column("measure", "text", "Id of the measure."),
            CHARACTERISTIC, COMMUNITY,
            column("round_from", "text", "Id of the round before."),
            column("round_to", "text", "Id of the round after."),
            column("n_from", "whole", "People it rests on before, unweighted.", "people"),
            column("n", "whole", "People it rests on after, unweighted.", "people"),
            column("estimate_from", "number", "Before.", "share or scale", "cannot tell"),
            column("estimate", "number", "After.", "share or scale", "cannot tell"),
            column("change", "number", "estimate − estimate_from.", "as estimate", "cannot tell"),
            column("se", "number", "Its standard error; what is in both rounds taken into account.", "as estimate",
               "cannot tell"),
            LOW, HIGH,
            column("p", "number", "Probability of a change so large, in either direction, if there were none.",
               "probability", "cannot tell"),
            column("p_adjusted", "number", "The same, adjusted (Holm) for all comparisons declared in time; of one that "
               "was not, for all that are declared.", "probability", "cannot tell"),
            column("probability", "number", "Probability that the change is at least the smallest difference that "
               "matters, in the direction found (normal approximation, flat prior).", "probability", "cannot tell"),
            column("expected", "text", "higher, lower or either, as declared. The test is two-sided whatever was "
               "expected."),
            column("found", "text", "moved as expected, moved the other way, moved higher, moved lower, no change that "
               "matters, or cannot tell."),
            column("declared_on", "date", "Day it was declared."),
            column("declared_before", "yes/no", "Whether that was no later than the day the later round began; if not, "
               "it was declared after the evidence could be seen.",
               empty_means="the round has no start in programme.toml"),
            column("follows", "text", "Recommendation or commitment it is expected to follow.",
               empty_means="none named"),
            METHOD,
            column("cannot_tell", "text", "Why no change can be told.", empty_means="it has an interval"),
        ),
        "shares", source="measure", counts=("n_from", "n"),
        hides=("estimate_from", "estimate", "change", "se", "low", "high", "p", "p_adjusted", "probability", "found"),
        cell=("comparison",),
        missing="Whatever was not declared; `changes` looks everywhere, and is adjusted for that.",
    ),
    Table(
        "monitoring", "finding", "Has a measure moved since its series began, however often one looks? Of every survey "
        "with three rounds or more; a series begins anew after a break.",
        (
            SOURCE,
            column("measure", "text", "Id of the measure."),
            CHARACTERISTIC, COMMUNITY,
            column("round_from", "text", "Id of the first round of the series."),
            column("round", "text", "Id of the round of this look."),
            column("looks", "whole", "Looks so far, this one included.", "looks"),
            column("n_from", "whole", "People it rests on in the first round, unweighted.", "people"),
            column("n", "whole", "People it rests on in this round, unweighted; those between are in `estimates`.",
               "people"),
            column("change", "number", "Average of the rounds since the first, each weighted with its precision, less "
               "the first.", "share or scale", "cannot tell"),
            column("se", "number", "Its standard error, of this one look alone.", "as change", "cannot tell"),
            column("low", "number", "Lower end of the confidence sequence: it holds at every look.", "as change",
               "cannot tell"),
            column("high", "number", "Upper end of the confidence sequence.", "as change", "cannot tell"),
            column("verdict", "text", "moved, not shown to have moved, or cannot tell."),
            METHOD, CANNOT,
        ),
        "shares", source="measure", counts=("n_from", "n"), hides=("change", "se", "low", "high", "verdict"),
        cell=("source", "measure", "characteristic", "community", "round_from", "round"),
        within=("source", "measure", "characteristic", "round_from", "round"),
        missing="Communities withheld in any round of the source: what their other rounds say together would tell it.",
    ),
)  # fmt: skip
